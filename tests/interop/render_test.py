"""Points 4 and 6: what `render` writes passes its target's own checker, and servers started from it let the
client in and turn away everyone else."""

import base64
import contextlib
import http.server
import json
import os
import pathlib
import shlex
import threading

import yaml

import json_schema
import servers
from workbench import GUIDE_ROOT, GUIDE_SUBJECT, KEY, MTLSCTL, Workbench, main

VECTORS = pathlib.Path(__file__).resolve().parents[1] / "vectors/render"
GUIDE = ["--vswitch", "vsw-uf6ccg2a9g71hx8go0001", "--vswitch", "vsw-uf6nun9tql5t8nh15t0002",
         "--server-certificate-id", "756b0000-cn-hangzhou", "--ca-certificate-id", "1234567890"]
SERVERS = {"nginx": servers.nginx, "haproxy": servers.haproxy}
TLS = {"1.2": ["--tlsv1.2", "--tls-max", "1.2"], "1.3": ["--tlsv1.3"]}


class Rendered(Workbench):
    def setUp(self):
        super().setUp()
        self.port = servers.free_port()

    def make_pki(self):
        """A root with a client, a listener, an intermediate with a client of its own, and a stranger."""
        self.make_ca()
        self.mtlsctl("server", "issue", "--san", "dns:localhost", *KEY)
        self.mtlsctl("client", "issue", *KEY)
        self.mtlsctl("client", "issue", "--name", "revoked", *KEY)
        self.mtlsctl("ca", "init", "--ca", "issuing", "--parent", "ca", "--common-name", "Issuing", *KEY)
        self.mtlsctl("client", "issue", "--ca", "issuing", "--name", "below", *KEY)
        self.make_ca(directory="other")
        self.mtlsctl("client", "issue", "--ca", "other", "--name", "stranger", *KEY)

    def make_crl(self, ca, out, *revoked, days="9"):
        """A CRL by openssl, which mtlsctl does not make yet."""
        name = ca.replace("/", "_")
        self.path(f"{name}.index").write_text("")
        self.path(f"{name}.number").write_text("01\n")
        self.path(f"{name}.cnf").write_text(
            f"[x]\ndatabase = {name}.index\ndefault_md = sha256\ncrlnumber = {name}.number\n"
            f"default_crl_days = {days}\n")
        common = ["-config", f"{name}.cnf", "-name", "x", "-keyfile", f"{ca}/ca.key", "-cert", f"{ca}/ca.crt"]
        for certificate in revoked:
            self.openssl("ca", *common, "-revoke", certificate)
        self.openssl("ca", *common, "-gencrl", "-out", out)

    def render(self, target, *args, out=None):
        out = out or f"{target}.out"
        listen = ["--listen", f"127.0.0.1:{self.port}"] if target in ("nginx", "haproxy", "envoy") else []
        self.mtlsctl("render", target, "--out", out, "--force", *listen, *args)
        return self.path(out)

    def served(self, target, *args):
        """A server started from what is rendered."""
        return SERVERS[target](self.render(target, *args), self.port, self.dir)

    def status(self, client=None, *args, host="localhost"):
        """The HTTP status and body that curl gets; (0, "") where TLS or TCP failed."""
        presented = ["--cert", f"{client}.crt", "--key", f"{client}.key"] if client else []
        done = self.run_any(["curl", "-sS", "--max-time", "10", "--cacert", "ca/ca.crt", "-w", "%{http_code}",
                             *presented, *args, f"https://{host}:{self.port}/"])
        if done.code != 0:
            return 0, ""
        return int(done.out[-3:]), done.out[:-3].decode()

    def assert_in(self, client, *args):
        status, body = self.status(client, *args)
        self.assertEqual(status, 200, f"{client} does not get in")
        self.assertIn(f"CN={client}", body)

    def assert_out(self, client, *args):
        self.assertIn(self.status(client, *args)[0], (0, 400), f"{client} gets in")


class Checkers(Rendered):
    """Point 4, first half."""

    def check(self, target, file):
        if target == "nginx":
            self.tool(servers.program("nginx"), "-t", "-c", file)
        elif target == "haproxy":
            self.tool(servers.program("haproxy"), "-c", "-f", file)
        else:
            self.assertTrue(list(yaml.safe_load_all(file.read_text())))

    def check_all(self, *args):
        for target in ("nginx", "haproxy", "envoy"):
            with self.subTest(target=target, args=args):
                self.check(target, self.render(target, *args))

    def test_servers_in_every_form(self):
        self.make_pki()
        self.check_all()
        self.check_all("--backend", "127.0.0.1:9", "--host", "a.example", "--host", "b.example")
        self.check_all("--backend", "[::1]:9")
        self.check_all("--ca", "issuing")
        self.make_crl("ca", "ca/ca.crl")
        self.check_all()
        self.make_crl("issuing", "issuing.crl")
        self.path("both.crl").write_bytes(self.read("ca/ca.crl") + self.read("issuing.crl"))
        self.check_all("--ca", "issuing", "--crl", "both.crl", "--backend", "localhost:9")

    def test_addresses(self):
        self.make_pki()
        for target in ("nginx", "haproxy", "envoy"):
            out = self.path("v6.out")
            self.mtlsctl("render", target, "--out", out, "--force", "--listen", f"[::1]:{self.port}")
            self.check(target, out)

    def test_names_that_need_quoting(self):
        self.make_pki()
        odd = "a \"b\" 'c' #d \\ {e};"
        self.path(odd).mkdir()
        for name in ("server.crt", "server.key"):
            self.path(odd, name).write_bytes(self.read(name))
        self.path(odd, "ca.crt").write_bytes(self.read("ca/ca.crt"))
        args = ["--server-cert", f"{odd}/server.crt", "--server-key", f"{odd}/server.key"]
        self.check_all(*args)
        for target in SERVERS:
            with self.subTest(target=target), self.served(target, *args, "--trust-file", f"{odd}/ca.crt"):
                self.assert_in("client")
                self.assert_out(None)

    def test_kubernetes(self):
        self.make_pki()
        kinds = [d["kind"] for d in yaml.safe_load_all(self.render("k8s-demo").read_text())]
        self.assertEqual(kinds, ["Deployment", "Service", "Ingress"])
        self.make_crl("ca", "ca/ca.crl")
        file = self.render("k8s-secret", "--server-cert", "server.crt", "--server-key", "server.key")
        self.assertEqual(self.mode(file), 0o600)
        secret = yaml.safe_load(file.read_text())
        self.assertEqual(set(secret["data"]), {"ca.crt", "ca.crl", "tls.crt", "tls.key"})
        self.assertEqual(secret["type"], "kubernetes.io/tls")

    def test_no_key_is_written_over(self):
        """--force replaces what was rendered before, and nothing that cannot be made again."""
        self.make_pki()
        secret = ["k8s-secret", "--server-cert", "server.crt", "--server-key", "server.key"]
        for args in (["nginx"], secret):
            for name in ("ca/ca.key", "ca/ca.crt", "ca/ca.db", "ca/ca.crl", "client.key", "server.key"):
                with self.subTest(args=args[0], name=name):
                    before = self.read(name) if self.path(name).exists() else None
                    self.mtlsctl("render", *args, "--force", "--out", name, exit=5)
                    self.assertEqual(self.read(name) if self.path(name).exists() else None, before)
            for _ in range(2):
                self.mtlsctl("render", *args, "--force", "--out", "rendered")

    def test_the_ca_key_is_in_nothing(self):
        self.make_pki()
        body = self.read("ca/ca.key").decode().splitlines()[1].encode()
        for target in ("k8s-demo", "k8s-secret", "nginx", "haproxy", "envoy", "aliyun-cli", "curl"):
            args = ["--server-cert", "server.crt", "--server-key", "server.key"] if target == "k8s-secret" else []
            text = self.render(target, *args).read_bytes()
            self.assertNotIn(body, text, target)
            self.assertNotIn(b"PRIVATE KEY-----", text, target)
            if target == "k8s-secret":
                data = {k: base64.b64decode(v) for k, v in yaml.safe_load(text)["data"].items()}
                self.assertEqual([k for k, v in data.items() if b"PRIVATE KEY" in v], ["tls.key"])
                self.assertNotIn(body, data["tls.key"])

    def test_demo_is_of_one_piece(self):
        self.make_ca()
        deployment, service, ingress = yaml.safe_load_all(
            self.render("k8s-demo", "--name", "x", "--namespace", "n", "--host", "h.example", "--port", "8443",
                        "--ingress-class", "mtls").read_text())
        odd = "a \uffff\ufffe\u2028\x85\n\"'{{x}}"
        first, *_ = yaml.safe_load_all(self.render("k8s-demo", "--image", odd).read_text())
        self.assertEqual(first["spec"]["template"]["spec"]["containers"][0]["image"], odd)
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        self.assertEqual(deployment["spec"]["selector"]["matchLabels"], labels)
        self.assertEqual(service["spec"]["selector"], labels)
        self.assertEqual({d["metadata"]["namespace"] for d in (deployment, service, ingress)}, {"n"})
        backend = ingress["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]
        self.assertEqual(backend["name"], service["metadata"]["name"])
        self.assertEqual(backend["port"]["number"], service["spec"]["ports"][0]["port"])
        self.assertEqual(ingress["spec"]["ingressClassName"], "mtls")
        self.assertEqual(ingress["spec"]["rules"][0]["host"], "h.example")
        ports = ingress["metadata"]["annotations"]["alb.ingress.kubernetes.io/listen-ports"]
        self.assertEqual(json.loads(ports), [{"HTTPS": 8443}])

    def test_envoy_both_asks_and_judges(self):
        self.make_pki()
        self.make_crl("ca", "ca/ca.crl")
        document = yaml.safe_load(self.render("envoy").read_text())
        chain, = document["static_resources"]["listeners"][0]["filter_chains"]
        tls = chain["transport_socket"]["typed_config"]
        self.assertIs(tls["require_client_certificate"], True)
        validation = tls["common_tls_context"]["validation_context"]
        self.assertEqual(validation["trusted_ca"]["inline_string"].encode(), self.read("ca/ca.crt"))
        self.assertEqual(validation["crl"]["inline_string"].encode(), self.read("ca/ca.crl"))


class AlbConfig(Rendered):
    """Points 4 and 6."""

    SCHEMA = json.loads((VECTORS / "albconfig.schema.json").read_text())

    def load(self, *args):
        document, = yaml.safe_load_all(self.render("albconfig", *args).read_text())
        self.assertEqual(json_schema.problems(document, self.SCHEMA), [])
        return document

    def test_the_guides_yaml_from_the_guides_values(self):
        self.make_ca()
        self.assertEqual(self.load(*GUIDE), yaml.safe_load((VECTORS / "guide-albconfig.yaml").read_text()))

    def test_everything_that_can_be_said(self):
        self.make_ca()
        document = self.load(*GUIDE, "--edition", "Standard", "--address-type", "Intranet", "--port", "8443",
                             "--alb-name", "Alb.1", "--security-policy", "tls_cipher_policy_1_2_strict_with_1_3",
                             "--client-cert-header", "subjectdn=who", "--client-cert-header", "issuerdn",
                             "--client-cert-header", "fingerprint=f", "--client-cert-header", "clientverify")
        listener, = document["spec"]["listeners"]
        self.assertEqual(listener["xForwardedForConfig"]["XForwardedForClientCertSubjectDNAlias"], "who")

    def test_ids_stay_texts(self):
        self.make_ca()
        for odd in ("123e45", "0x10", "1_000", "no", "null", "0o7", "-1", "_"):
            with self.subTest(id=odd):
                document = self.load("--vswitch", odd, "--vswitch", "b", "--server-certificate-id", odd,
                                     "--ca-certificate-id=" + odd)
                listener, = document["spec"]["listeners"]
                self.assertEqual(listener["caCertificates"], [{"CertificateId": odd}])
                self.assertEqual(listener["certificates"][0]["CertificateId"], odd)

    def test_the_schema_can_say_no(self):
        good = yaml.safe_load((VECTORS / "guide-albconfig.yaml").read_text())
        for change in ({"caEnabled": False}, {"protocol": "HTTP"}, {"caCertificates": []},
                       {"caCertificates": [{"certificateId": "1"}]}, {"caCertificates": [{"CertificateId": 123e45}]},
                       {"quicConfig": {"quicUpgradeEnabled": True}}, {"unknown": 1},
                       {"xForwardedForConfig": {"XForwardedForClientCertIssuerDNAlias": "x"}}):
            bad = json.loads(json.dumps(good))
            bad["spec"]["listeners"][0].update(change)
            self.assertNotEqual(json_schema.problems(bad, self.SCHEMA), [], change)

    def test_a_changed_one_is_found(self):
        self.make_ca()
        file = self.render("albconfig", *GUIDE)
        check = ["render", "albconfig", *GUIDE, "--check"]
        self.mtlsctl(*check, file)
        # As kubectl shows it: a List, with what the server adds.
        live = yaml.safe_load(file.read_text())
        live["metadata"]["uid"] = "x"
        live["status"] = {"loadBalancer": {"id": "alb-1"}}
        live["spec"]["config"]["edition"] = "Standard"
        wrapped = self.path("live.yaml")

        def code(document, exit):
            wrapped.write_text(yaml.safe_dump({"apiVersion": "v1", "kind": "List", "items": [document]}))
            return self.mtlsctl(*check, wrapped, exit=exit)

        code(live, 0)
        for change in ({"caEnabled": False}, {"caCertificates": [{"CertificateId": "1"}]},
                       {"quicConfig": {"quicUpgradeEnabled": True}}, {"protocol": "HTTP"},
                       {"caCertificates": [{"CertificateId": "1234567890"}, {"CertificateId": "2"}]}):
            changed = json.loads(json.dumps(live))
            changed["spec"]["listeners"][0].update(change)
            code(changed, 1)
        live["spec"]["config"]["edition"] = "Basic"
        code(live, 1)


class Started(Rendered):
    """Point 4, second half: servers started from what was rendered."""

    def test_the_client_gets_in_and_others_do_not(self):
        self.make_pki()
        for target in SERVERS:
            with self.subTest(target=target), self.served(target):
                for options in TLS.values():
                    self.assert_in("client", *options)
                    self.assert_in("below", *options)
                    self.assert_out(None, *options)
                    self.assert_out("stranger", *options)
                    self.assert_out("server", *options)

    def test_below_an_intermediate(self):
        self.make_pki()
        for target in SERVERS:
            with self.subTest(target=target), self.served(target, "--ca", "issuing"):
                self.assert_in("below")
                self.assert_out(None)
                self.assert_out("stranger")

    def test_the_revoked_one_does_not(self):
        self.make_pki()
        self.make_crl("ca", "ca/ca.crl", "revoked.crt")
        for target in SERVERS:
            with self.subTest(target=target), self.served(target):
                for options in TLS.values():
                    self.assert_in("client", *options)
                    self.assert_out("revoked", *options)
                    self.assert_out(None, *options)

    def test_no_session_outlives_its_revocation(self):
        self.make_pki()
        common = ["s_client", "-connect", f"127.0.0.1:{self.port}", "-cert", "client.crt", "-key", "client.key",
                  "-CAfile", "ca/ca.crt", "-ign_eof"]
        request = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

        def reused(version):
            self.openssl(*common, f"-tls1_{version}", "-sess_out", "session", stdin=request)
            if not self.path("session").exists():
                return False
            again = self.openssl(*common, f"-tls1_{version}", "-sess_in", "session", stdin=request)
            self.path("session").unlink()
            self.assertIn(b"200 OK", again.out)
            return b"Reused, " in again.out

        for target in SERVERS:
            with self.subTest(target=target):
                self.path("ca/ca.crl").unlink(missing_ok=True)
                with self.served(target):
                    self.assertTrue(reused(2) or reused(3), "the test can see a resumed session")
                self.make_crl("ca", "ca/ca.crl")
                with self.served(target):
                    self.assertFalse(reused(2))
                    self.assertFalse(reused(3))

    def test_the_crls_of_a_whole_chain(self):
        self.make_pki()
        self.make_crl("ca", "root.crl")
        self.make_crl("issuing", "issuing/ca.crl")
        for target in SERVERS:
            with self.subTest(target=target):
                warned = self.mtlsctl("render", target, "--ca", "issuing")
                self.assertIn(b"holds no CRL of CN=Test root", warned.err)
                with self.served(target, "--ca", "issuing"):
                    self.assert_out("below")  # as the warning says
                self.path("both.crl").write_bytes(self.read("root.crl") + self.read("issuing/ca.crl"))
                with self.served(target, "--ca", "issuing", "--crl", "both.crl"):
                    self.assert_in("below")
                    self.assert_out(None)

    def test_the_back_end_is_told_who_it_is_and_clients_cannot_forge_it(self):
        self.make_pki()
        with back_end() as (backend, seen):
            for target in SERVERS:
                with self.subTest(target=target), self.served(target, "--backend", f"127.0.0.1:{backend}"):
                    status, _ = self.status("client", "-H", "X-Forwarded-Clientcert-subjectdn: CN=admin",
                                            "-H", "X-Forwarded-Clientcert-clientverify: forged")
                    self.assertEqual(status, 200)
                    headers = seen.pop()
                    self.assertEqual(headers.get_all("X-Forwarded-Clientcert-subjectdn"), ["CN=client"])
                    self.assertEqual(headers.get_all("X-Forwarded-Clientcert-issuerdn"), ["CN=Test root"])
                    self.assertIn(headers.get("X-Forwarded-Clientcert-clientverify"), ("SUCCESS", "0"))
                    self.assert_out(None)
                    self.assertEqual(seen, [])

    def test_live_files_are_checked(self):
        self.make_pki()
        listen = ["--listen", f"127.0.0.1:{self.port}"]
        for target in SERVERS:
            with self.subTest(target=target):
                file = self.render(target)
                self.mtlsctl("render", target, *listen, "--check", file)
                self.mtlsctl("render", target, *listen, "--ca", "other", "--check", file, exit=1)
                self.path("ca/ca.crl").unlink(missing_ok=True)
                self.make_crl("ca", "ca/ca.crl")
                self.mtlsctl("render", target, *listen, "--check", file, exit=1)
                self.path("ca/ca.crl").unlink()
        file = self.render("nginx")
        dump = self.tool(servers.program("nginx"), "-T", "-c", file)
        self.mtlsctl("render", "nginx", *listen, "--check", "-", stdin=dump.out)

    def gets_in(self, client, scheme="https"):
        presented = ["--cert", f"{client}.crt", "--key", f"{client}.key"] if client else []
        return self.run_any(["curl", "-s", "-f", "-k", "--max-time", "10", *presented,
                             f"{scheme}://localhost:{self.port}/"]).code == 0

    def test_whatever_lets_others_in_is_found(self):
        """The servers are the oracle: each change does let somebody in, and --check finds it."""
        self.make_pki()
        other, snippet = self.path("other/ca.crt"), self.path("snippet.conf")
        snippet.write_text("ssl_verify_client off;\n")
        mode = "ssl_verify_client on;"
        for target, client, scheme, changes in (
                ("nginx", None, "http", [(f"{self.port} ssl", str(self.port))]),
                ("nginx", None, "https", [(mode, f"{mode} error_page 495 496 =200 /;")]),
                ("nginx", "stranger", "https", [(mode, f"{mode} error_page 495 = @in; location @in {{ return 200; }}")]),
                ("nginx", None, "https", [(mode, f"{mode} error_page 496 = @in;"
                                                 " location @in { return 200; return 403; }")]),
                ("nginx", None, "https", [(mode, f"{mode} recursive_error_pages on; error_page 403 =200 /; error_page 496 @out;"
                                                 " location @out { return 403; }")]),
                ("nginx", "stranger", "https", [(mode, f"{mode} ssl_conf_command VerifyCAFile {other};")]),
                ("nginx", None, "https", [(mode, f"include {snippet};"), ("http {\n", f"http {{\n  {mode}\n")]),
                ("nginx", None, "https", [("  server {", f"  server {{ listen 127.0.0.1:{self.port}-{self.port} ssl; server_name localhost;"
                                           f" ssl_certificate {self.path('server.crt')};"
                                           f" ssl_certificate_key {self.path('server.key')}; return 200; }}\n  server {{")]),
                ("haproxy", None, "https", [("verify required", "verify required verify none")]),
                ("haproxy", "stranger", "https", [("ssl-min-ver", f"ca-file {other} ssl-min-ver")])):
            with self.subTest(target=target, changes=changes):
                file = self.render(target)
                text = file.read_text()
                for before, after in changes:
                    self.assertIn(before, text)
                    text = text.replace(before, after)
                file.write_text(text)
                with SERVERS[target](file, self.port, self.dir):
                    self.assertTrue(self.gets_in(client, scheme), "the change lets nobody in: it shows nothing")
                check = ["render", target, "--listen", f"127.0.0.1:{self.port}", "--check"]
                self.mtlsctl(*check, file, exit=1)
                if target == "nginx":
                    dump = self.tool(servers.program("nginx"), "-T", "-c", file)
                    self.mtlsctl(*check, "-", stdin=dump.out, exit=1)

    def test_haproxy_started_with_several_files(self):
        """The second one binds the same port, and the system gives each some of the connections."""
        self.make_pki()
        first, second = self.render("haproxy"), self.path("second.cfg")
        self.path("both.pem").write_bytes(self.read("server.crt") + self.read("server.key"))
        second.write_text(f"frontend open\n  bind 127.0.0.1:{self.port} ssl crt {self.path('both.pem')}\n"
                          "  http-request return status 200\n")
        with servers.running([servers.program("haproxy"), "-db", "-f", first, "-f", second], self.port, self.dir):
            self.assertTrue(any(self.gets_in(None) for _ in range(50)), "it lets nobody in: it shows nothing")
        check = ["render", "haproxy", "--listen", f"127.0.0.1:{self.port}", "--check", first]
        self.mtlsctl(*check)
        self.mtlsctl(*check, "--check", second, exit=1)
        # On another port: its sessions resume on ours, unless it has no TLS.
        other = second.read_text().replace(f":{self.port} ssl", f":{servers.free_port()} ssl")
        second.write_text(other)
        self.mtlsctl(*check, "--check", second, exit=1)
        second.write_text(other.replace(f" ssl crt {self.path('both.pem')}", ""))
        self.mtlsctl(*check, "--check", second)

    def test_a_dump_of_several_files_is_put_together(self):
        self.make_pki()
        file = self.render("nginx")
        self.path("verify.conf").write_text("ssl_verify_client on;\n")
        file.write_text(file.read_text().replace("ssl_verify_client on;", "include verif?.conf;"))
        with SERVERS["nginx"](file, self.port, self.dir):
            self.assert_in("client")
            self.assert_out(None)
        dump = self.tool(servers.program("nginx"), "-T", "-c", file)
        self.mtlsctl("render", "nginx", "--listen", f"127.0.0.1:{self.port}", "--check", "-", stdin=dump.out)

    def test_the_last_line_is_the_probe_command(self):
        self.make_pki()
        for target in ("albconfig", "k8s-demo", "k8s-secret", "nginx", "haproxy", "envoy", "aliyun-cli", "curl"):
            args = GUIDE if target == "albconfig" else []
            last = self.render(target, *args).read_text().splitlines()[-1]
            words = shlex.split(last.lstrip("# "))
            self.assertEqual(words[:2], ["mtlsctl", "probe"], target)
            self.assertTrue(words[2].startswith("https://"), target)


class Depth(Rendered):
    """Issue 9, point 10: as many intermediates as are said, and no more, with the real programs."""

    DEEPEST = 4

    def make_chains(self, *root_args):
        """A root and CAs i1 to i4, each below the one before, with a client c0 to c4 of each that sends its chain."""
        self.mtlsctl("ca", "init", "--common-name", "Test root", *root_args, *KEY)
        self.mtlsctl("server", "issue", "--san", "dns:localhost", *KEY)
        above = "ca"
        for level in range(self.DEEPEST + 1):
            if level:
                self.mtlsctl("ca", "init", "--ca", f"i{level}", "--parent", above, "--common-name", f"CA {level}",
                             "--path-length", str(self.DEEPEST - level), *KEY)
                above = f"i{level}"
            self.mtlsctl("client", "issue", "--ca", above, "--name", f"c{level}", *KEY)
            # With the root at the end too, as some clients send it.
            self.path(f"whole{level}.crt").write_bytes(self.read(f"c{level}.crt") + self.read("ca/ca.crt"))
            self.path(f"whole{level}.key").write_bytes(self.read(f"c{level}.key"))

    def assert_depth(self, allowed):
        for level in range(self.DEEPEST + 1):
            with self.subTest(intermediates=level, allowed=allowed):
                for name in (f"c{level}", f"whole{level}"):
                    for options in TLS.values():
                        status = self.status(name, *options)[0]
                        self.assertEqual(status == 200, level <= allowed, f"{name} {options}: {status}")

    def rendered_depth(self, target, *args):
        setting = {"nginx": "ssl_verify_depth ", "envoy": "max_verify_depth: "}[target]
        line, = [line for line in self.render(target, *args).read_text().splitlines() if setting in line]
        return int(line.split()[-1].rstrip(";"))

    def test_nginx_lets_in_as_many_intermediates_as_are_said(self):
        self.make_chains()
        for allowed in range(4):
            with self.served("nginx", "--verify-depth", str(allowed)):
                self.assert_depth(allowed)
            # Without the leaf and with the root, as Envoy's documentation has it; there is no Envoy here.
            self.assertEqual(self.rendered_depth("envoy", "--verify-depth", str(allowed)), allowed + 1)

    def test_nginx_with_the_intermediates_on_the_server(self):
        """What the client need not send counts as well."""
        self.make_chains()
        self.path("all.crt").write_bytes(b"".join(self.read(f"{ca}/ca.crt") for ca in ("ca", "i1", "i2", "i3", "i4")))
        for level in range(self.DEEPEST + 1):
            self.mtlsctl("client", "issue", "--ca", f"i{level}" if level else "ca", "--name", f"bare{level}", *KEY)
        file = self.render("nginx", "--verify-depth", "2")
        file.write_text(file.read_text().replace(str(self.path("ca/ca.crt")), str(self.path("all.crt"))))
        with SERVERS["nginx"](file, self.port, self.dir):
            for level in range(self.DEEPEST + 1):
                self.assertEqual(self.status(f"bare{level}")[0] == 200, level <= 2, level)

    def test_the_depth_without_a_flag(self):
        """The example of the issue: a root, and clients two intermediates down."""
        self.make_chains()
        said = self.mtlsctl("render", "nginx", "--out", "plain.conf").err
        self.assertIn(b"up to 3 intermediate CAs between them and the root get in", said)
        with self.served("nginx"):
            self.assert_depth(3)
        self.assertEqual(self.rendered_depth("envoy"), 4)
        # The chain of --client-cert is deeper than the least.
        given = ["--client-cert", "c4.crt", "--client-key", "c4.key"]
        with self.served("nginx", *given):
            self.assert_depth(4)
        said = self.mtlsctl("render", "nginx", *given, "--verify-depth", "2", "--out", "low.conf").err
        self.assertIn(b"warning: a chain that is known here has 4 intermediate CAs", said)
        # So is that of a CA directory.
        self.assertEqual(self.rendered_depth("nginx", "--ca", "i4"), 4)

    def test_the_path_length_of_the_root(self):
        for length in (0, 2):
            self.mtlsctl("ca", "init", "--ca", f"root{length}", "--common-name", "Short root", "--path-length",
                         str(length), *KEY)
            self.mtlsctl("server", "issue", "--ca", f"root{length}", "--san", "dns:localhost", "--force", "--force-key",
                         *KEY)
            self.assertEqual(self.rendered_depth("nginx", "--ca", f"root{length}"), length)
            self.assertEqual(self.rendered_depth("envoy", "--ca", f"root{length}"), length + 1)
            self.assertEqual(self.rendered_depth("nginx", "--ca", f"root{length}", "--verify-depth", "5"), 5)
            said = self.mtlsctl("render", "nginx", "--ca", f"root{length}", "--out", "x.conf", "--force").err
            self.assertIn(b"(the path length of CN=Short root)", said)

    def test_haproxy_has_no_depth_but_heeds_path_lengths(self):
        self.make_chains()
        self.mtlsctl("render", "haproxy", "--verify-depth", "2", exit=2)
        with self.served("haproxy"):
            self.assert_depth(self.DEEPEST)

    def test_a_check_compares_the_depth(self):
        self.make_chains()
        listen = ["--listen", f"127.0.0.1:{self.port}"]
        for target, changed in (("nginx", "ssl_verify_depth 1;"), ("envoy", "max_verify_depth: 2")):
            with self.subTest(target=target):
                file = self.render(target, "--verify-depth", "2")
                check = ["render", target, *listen, "--check", file]
                self.mtlsctl(*check, "--verify-depth", "2")
                self.mtlsctl(*check, "--verify-depth", "1", exit=1)
                self.mtlsctl(*check, "--verify-depth", "3", exit=1)
                # The chain of i1 and what its ledger has: i2. That of i2 has i3.
                self.mtlsctl(*check, "--ca", "i1")
                self.mtlsctl(*check, "--ca", "i2", exit=1)
                before = changed.replace("1;", "2;").replace(": 2", ": 3")
                self.assertIn(before, file.read_text())


class Inputs(Rendered):
    """Issue 9, point 11: what render is given is looked at. The servers and curl are the oracle where one is named."""

    SERVER_TARGETS = ("nginx", "haproxy", "envoy")

    def setUp(self):
        super().setUp()
        self.make_ca()
        self.mtlsctl("server", "issue", "--san", "dns:localhost", "--san", "ip:127.0.0.1", *KEY)
        self.mtlsctl("client", "issue", *KEY)

    def given(self, name):
        return ["--server-cert", f"{name}.crt", "--server-key", f"{name}.key"]

    def err(self, target, *args, exit=0):
        return self.mtlsctl("render", target, "--out", "out", "--force", *args, exit=exit).err.decode()

    def copy(self, name, certificate, key):
        self.path(f"{name}.crt").write_bytes(certificate)
        self.path(f"{name}.key").write_bytes(key)

    def starts(self, name):
        """Whether nginx takes the pair at all."""
        self.path("pair.conf").write_text(f"events {{}} http {{ server {{ listen 127.0.0.1:{self.port} ssl; "
                                          f"ssl_certificate {self.path(name + '.crt')}; "
                                          f"ssl_certificate_key {self.path(name + '.key')}; }} }}")
        return self.run_any([servers.program("nginx"), "-t", "-p", self.dir, "-c", self.path("pair.conf")]).code == 0

    def test_a_good_one_is_not_warned_of(self):
        for target in self.SERVER_TARGETS:
            self.assertNotIn("warning", self.err(target))
            self.assertNotIn("warning", self.err(target, "--host", "127.0.0.1", "--host", "LOCALHOST"))
        self.assertNotIn("warning", self.err("k8s-secret", *self.given("server")))

    def test_a_client_certificate_is_refused(self):
        for target in (*self.SERVER_TARGETS, "k8s-secret"):
            self.assertIn("client.crt is a client certificate", self.err(target, *self.given("client"), exit=6))

    def test_another_key_is_refused(self):
        self.copy("odd", self.read("server.crt"), self.read("client.key"))
        self.assertFalse(self.starts("odd"))
        for target in (*self.SERVER_TARGETS, "k8s-secret"):
            self.assertIn("odd.key is not the key of", self.err(target, *self.given("odd"), exit=6))

    def test_the_wrong_order_is_refused(self):
        self.copy("odd", self.read("ca/ca.crt") + self.read("server.crt"), self.read("server.key"))
        self.assertFalse(self.starts("odd"))
        for target in self.SERVER_TARGETS:
            self.assertIn("is the key of certificate 2 in it", self.err(target, *self.given("odd"), exit=6))

    def test_files_that_hold_nothing_are_refused(self):
        for empty in ("crt", "key"):
            self.copy("odd", self.read("server.crt"), self.read("server.key"))
            for content in (b"", b"nothing\n", self.read("ca/ca.toml")):
                self.path(f"odd.{empty}").write_bytes(content)
                self.assertFalse(self.starts("odd"))
                for target in (*self.SERVER_TARGETS, "k8s-secret"):
                    with self.subTest(target=target, empty=empty, octets=len(content)):
                        self.err(target, *self.given("odd"), exit=6)

    def test_the_cas_own_certificate_is_refused(self):
        self.copy("odd", self.read("ca/ca.crt"), self.read("ca/ca.key"))
        self.assertIn("whose key belongs on no server", self.err("nginx", *self.given("odd"), exit=6))

    def test_another_host_is_warned_of(self):
        self.mtlsctl("server", "issue", "--san", "dns:*.example.com", "--san", "ip:::1", "--name", "web", *KEY)
        for target in self.SERVER_TARGETS:
            for host in ("a.example.com", "A.EXAMPLE.com", "::1"):
                self.assertNotIn("warning", self.err(target, *self.given("web"), "--host", host))
            for host in ("example.com", "a.b.example.com", "127.0.0.1", "localhost"):
                self.assertIn(f"web.crt is not for {host}:", self.err(target, *self.given("web"), "--host", host))
            self.assertIn("not for other:", self.err(target, *self.given("web"), "--host", "a.example.com", "--host", "other"))
            self.assertIn("web.crt is not for localhost", self.err(target, *self.given("web")))

    def test_an_expired_one_is_warned_of(self):
        old = self.tool("faketime", "-f", "-400d", MTLSCTL, "ca", "init", "--ca", "past", "--common-name", "Past", *KEY)
        self.assertEqual(old.code, 0)
        self.tool("faketime", "-f", "-400d", MTLSCTL, "server", "issue", "--ca", "past", "--san", "dns:localhost",
                  "--name", "past", "--days", "10", *KEY)
        for target in self.SERVER_TARGETS:
            self.assertIn("past.crt is expired since", self.err(target, "--ca", "past", *self.given("past")))

    def test_a_missing_chain_is_warned_of(self):
        self.mtlsctl("ca", "init", "--ca", "issuing", "--parent", "ca", "--common-name", "Issuing", *KEY)
        self.mtlsctl("client", "issue", "--ca", "issuing", "--name", "below", *KEY)
        for name, chain in (("bare", ["--no-chain"]), ("whole", [])):
            self.mtlsctl("server", "issue", "--ca", "issuing", "--san", "dns:localhost", "--name", name, *chain, *KEY)
        for target in SERVERS:
            for ca in ("ca", "issuing"):
                args = ["--ca", ca]
                self.assertRegex(self.err(target, *args, *self.given("bare")),
                                 "bare.crt (lacks its chain|has no intermediates with it)")
                self.assertNotIn("warning", self.err(target, *args, *self.given("whole")))
            with self.served(target, *self.given("bare")):
                self.assertEqual(self.status("client")[0], 0, "curl takes it without its chain")
            with self.served(target, *self.given("whole")):
                self.assertEqual(self.status("client")[0], 200)

    def test_the_order_behind_the_first_is_warned_of(self):
        self.mtlsctl("ca", "init", "--ca", "a", "--parent", "ca", "--common-name", "A", "--path-length", "1", *KEY)
        self.mtlsctl("ca", "init", "--ca", "b", "--parent", "a", "--common-name", "B", *KEY)
        self.mtlsctl("server", "issue", "--ca", "b", "--san", "dns:localhost", "--name", "deep", *KEY)
        parts = [part + b"-----END CERTIFICATE-----\n"
                 for part in self.read("deep.crt").split(b"-----END CERTIFICATE-----\n")[:3]]
        self.copy("odd", parts[0] + parts[2] + parts[1], self.read("deep.key"))
        self.assertIn("put each certificate's issuer right behind it", self.err("nginx", *self.given("odd")))
        self.copy("odd", parts[0] + self.read("client.crt"), self.read("deep.key"))
        self.assertIn("leave out what does not belong", self.err("nginx", *self.given("odd")))
        self.assertNotIn("warning", self.err("nginx", *self.given("deep")))

    def test_files_of_the_server_elsewhere_are_named_as_not_checked(self):
        said = self.err("nginx", "--server-cert", "/absent/s.crt", "--server-key", "/absent/s.key")
        self.assertIn("note: /absent/s.crt is not on this machine: it was not checked", said)

    def test_a_copy_of_the_root_that_holds_something_else_is_refused(self):
        self.make_ca(directory="other")
        for content in (self.read("other/ca.crt"), self.read("client.crt"), b"", self.read("ca/ca.crt") + self.read("other/ca.crt")):
            self.path("copy.crt").write_bytes(content)
            for target in SERVERS:
                self.assertIn("copy.crt does not hold", self.err(target, "--trust-file", "copy.crt", exit=6))
        self.path("copy.crt").write_bytes(self.read("ca/ca.crt"))
        self.err("nginx", "--trust-file", "copy.crt")
        self.err("nginx", "--trust-file", "/absent/ca.crt")

    def test_an_anchor_that_is_no_root_is_refused_where_servers_need_one(self):
        self.mtlsctl("ca", "init", "--ca", "a", "--parent", "ca", "--common-name", "A", "--path-length", "1", *KEY)
        self.mtlsctl("ca", "init", "--ca", "b", "--parent", "a", "--common-name", "B", *KEY)
        self.mtlsctl("client", "issue", "--ca", "b", "--name", "deep", *KEY)
        files = {target: self.render(target, "--ca", "b") for target in SERVERS}
        for target, file in files.items():
            # The servers: with A as the anchor nobody gets in.
            file.write_text(file.read_text().replace(str(self.path("b/root.crt")), str(self.path("a/ca.crt"))))
            with SERVERS[target](file, self.port, self.dir):
                self.assertNotEqual(self.status("deep")[0], 200, f"{target} needs no root: do not refuse it")
        self.path("b/root.crt").chmod(0o644)
        self.path("b/root.crt").write_bytes(self.read("a/ca.crt"))
        self.path("b/chain.crt").chmod(0o644)
        self.path("b/chain.crt").write_bytes(self.read("b/ca.crt"))
        for target in (*SERVERS, "aliyun-cli"):
            self.assertIn("trusts self-signed roots only", self.err(target, "--ca", "b", exit=6))
        self.assertIn("which is no root", self.err("envoy", "--ca", "b"))

    def test_a_ca_directory_with_a_leaf_for_a_ca_is_refused(self):
        self.path("ca/ca.crt").chmod(0o644)
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                     "/CN=leaf", "-addext", "basicConstraints=critical,CA:FALSE", "-keyout", "leaf.key", "-out", "ca/ca.crt")
        for target in (*self.SERVER_TARGETS, "k8s-secret", "aliyun-cli"):
            self.err(target, exit=6)

    def test_lists_that_refuse_everyone_are_warned_of(self):
        self.mtlsctl("ca", "init", "--ca", "other", "--common-name", "Other", *KEY)
        self.make_ca(directory="impostor")  # the same name, another key
        for ca, words in (("other", ["is of no CA of the chain", "holds no CRL of CN=Test root"]),
                          ("impostor", ["is not signed by it"])):
            self.make_crl(ca, "odd.crl")
            for target in (*self.SERVER_TARGETS, "k8s-secret"):
                said = self.err(target, "--crl", "odd.crl")
                for words_said in [*words, "will refuse everyone"]:
                    self.assertIn(words_said, said)
        self.make_crl("impostor", "odd.crl")
        for target in SERVERS:
            with self.served(target, "--crl", "odd.crl"):
                self.assert_out("client")
        for content in (b"", self.read("ca/ca.crt")):
            self.path("odd.crl").write_bytes(content)
            self.err("nginx", "--crl", "odd.crl", exit=6)

    def test_a_list_from_the_future_is_warned_of(self):
        self.make_crl("ca", "soon.crl")
        self.tool("faketime", "-f", "+5d", "openssl", "ca", "-config", "ca.cnf", "-name", "x", "-keyfile", "ca/ca.key",
                  "-cert", "ca/ca.crt", "-gencrl", "-out", "soon.crl")
        self.assertIn("is not valid before", self.err("nginx", "--crl", "soon.crl"))
        with self.served("nginx", "--crl", "soon.crl"):
            self.assert_out("client")

    def test_crl_file_without_a_crl_is_refused(self):
        for target in SERVERS:
            self.assertIn("--crl-file without a CRL", self.err(target, "--crl-file", "/etc/ca.crl", exit=2))
        self.make_crl("ca", "ca/ca.crl")
        self.err("nginx", "--crl-file", "/etc/absent.crl")
        self.path("old.crl").write_bytes(self.read("ca/ca.crl"))
        self.assertNotIn("warning", self.err("nginx", "--crl-file", "old.crl"))
        self.make_crl("ca", "ca/ca.crl", "client.crt")
        self.assertIn("old.crl does not hold", self.err("nginx", "--crl-file", "old.crl"))

    def test_the_client_of_the_probe_command_is_looked_at(self):
        self.make_ca(directory="other")
        self.mtlsctl("client", "issue", "--ca", "other", "--name", "stranger", *KEY)
        for target in self.SERVER_TARGETS:
            for name in ("stranger", "server"):
                said = self.err(target, "--client-cert", f"{name}.crt", "--client-key", f"{name}.key")
                self.assertIn(f"{name}.crt, which the probe command presents, does not get in", said)

    def test_a_ledger_that_cannot_be_read_is_warned_of(self):
        """Only how deep chains get is looked up there, and only where nothing else says it."""
        self.path("ca/ca.db").rename(self.path("elsewhere.db"))
        for target in ("nginx", "envoy", "k8s-secret"):
            self.assertIn("was not looked up in the ledger", self.err(target))
            self.assertNotIn("ledger", self.err(target, "--verify-depth", "2"))
        self.assertNotIn("ledger", self.err("haproxy"))

    def test_a_check_does_not_ask_for_the_servers_files(self):
        file = self.render("nginx")
        self.path("server.crt").write_bytes(b"")
        self.mtlsctl("render", "nginx", "--listen", f"127.0.0.1:{self.port}", "--check", file)


class Proof(Rendered):
    """Every server that was rendered is judged by the command that it ends with."""

    def setUp(self):
        super().setUp()
        if self.run_any([MTLSCTL, "help", "probe"]).code != 0:
            self.skipTest("this build has no probe yet")

    def judge(self, target, exit, *args, change=lambda text: text):
        file = self.render(target, *args)
        words = shlex.split(file.read_text().splitlines()[-1].lstrip("# "))
        file.write_text(change(file.read_text()))
        with SERVERS[target](file, self.port, self.dir):
            self.mtlsctl(*words[1:], exit=exit)

    def test_enforced(self):
        self.make_pki()
        for target in SERVERS:
            with self.subTest(target=target):
                self.judge(target, 0)
                self.judge(target, 0, "--ca", "issuing", "--client-cert", "below.crt", "--client-key", "below.key")
        self.make_crl("ca", "ca/ca.crl", "revoked.crt")
        for target in SERVERS:
            with self.subTest(target=target, crl=True):
                self.judge(target, 0)

    def test_not_enforced(self):
        self.make_pki()
        self.judge("nginx", 1, change=lambda t: t.replace("ssl_verify_client on", "ssl_verify_client optional"))
        self.judge("haproxy", 1, change=lambda t: t.replace("verify required", "verify required ca-ignore-err all crt-ignore-err all"))


class Resolving(Rendered):
    """Issue 9, point 12: --resolve is curl's, and IPv6 hosts stand in brackets."""

    TAKEN = ("h:443:127.0.0.1", "h:443:::1", "h:443:[::1]", "h:443:127.0.0.1,[::1],::1", "+h:443:127.0.0.1",
             "*:443:127.0.0.1", "h:0443:127.0.0.1", "h:65535:127.0.0.1", "H.Example:443:127.0.0.1", "h.:443:127.0.0.1")
    REFUSED = ("h", "h:443", "h::127.0.0.1", "h:65536:127.0.0.1", "h:443x:127.0.0.1", "h:443:127.0.0.1x",
               "h:443:localhost", "h:443:1.2.3", "h:443:01.2.3.4", "h:443:[::1", "h:443:::1]", "h:-1:127.0.0.1",
               "::1:443:127.0.0.1", "[::1:443:127.0.0.1", "[::1]443:127.0.0.1", "h:443:127.0.0.1 ")

    def test_curl_is_the_oracle(self):
        self.make_ca()
        for entry in (*self.TAKEN, *self.REFUSED):
            with self.subTest(entry=entry):
                # 49: curl does not take the option; 7: it does, and nothing listens.
                curl = self.run_any(["curl", "-s", "--max-time", "5", "--resolve", entry, "http://127.0.0.1:1/"]).code
                self.assertEqual(curl == 49, entry in self.REFUSED, curl)
                ours = self.run_any([MTLSCTL, "render", "curl", "--resolve", entry])
                self.assertEqual(ours.code, 2 if entry in self.REFUSED else 0, str(ours))

    def test_an_ipv6_host_is_reached_elsewhere(self):
        """The example of the issue."""
        self.make_ca()
        self.mtlsctl("server", "issue", "--san", "ip:::1", *KEY)
        self.mtlsctl("client", "issue", *KEY)
        resolve = ["--resolve", f"[::1]:{self.port}:127.0.0.1"]
        with self.served("nginx", "--host", "::1", *resolve):
            last = self.path("nginx.out").read_text().splitlines()[-1]
            self.mtlsctl(*shlex.split(last.lstrip("# "))[1:])
            file = self.render("curl", "--host", "::1", "--port", str(self.port), *resolve, "--trust", "ca/ca.crt")
            result = self.run_any(["sh", file])
            self.assertEqual(result.code, 0, str(result))

    def test_all_options_say_it_in_one_wording(self):
        self.make_ca()
        said = {}
        for name, args in (("listen", ["serve", "--ca", "ca", "--listen"]), ("proxy", ["probe", "https://h/", "--proxy"]),
                           ("backend", ["render", "nginx", "--backend"]), ("render", ["render", "nginx", "--listen"])):
            for text in ("::1:443", "[::1]", "[::1]443", "[fe80::1%lo]:443", "127.0.0.1:x", "127.0.0.1:", "b\u00fccher.example:1"):
                error = self.run_any([MTLSCTL, *args, text])
                self.assertEqual(error.code, 2, str(error))
                first = error.err.decode().splitlines()[0].split("': ", 1)[1]
                said.setdefault(text, set()).add(first)
        self.assertEqual([text for text, ways in said.items() if len(ways) != 1], [])
        self.assertIn("write xn--bcher-kva.example", self.mtlsctl("probe", "https://b\u00fccher.example/", exit=2).err.decode())


class Scripts(Rendered):
    def script(self, file, **env):
        return self.run_any(["sh", file], env=env)

    def test_curl_takes_odd_names_of_certificates(self):
        """curl's --cert has a passphrase behind a colon, and a backslash that takes it back."""
        self.make_pki()
        with self.served("nginx"):
            for name in ("a:b", "a\\b", "a\\:b\\", "-a b"):
                with self.subTest(name=name):
                    for suffix in ("crt", "key"):
                        self.path(f"{name}.{suffix}").write_bytes(self.read(f"client.{suffix}"))
                    file = self.render("curl", "--host", "localhost", "--port", str(self.port),
                                       f"--client-cert={name}.crt", f"--client-key={name}.key")
                    result = self.script(file)
                    self.assertEqual(result.code, 0, str(result))

    def test_curl_says_what_it_saw(self):
        self.make_pki()
        args = ["--host", "localhost", "--port", str(self.port)]
        with self.served("nginx"):
            self.assertEqual(self.script(self.render("curl", *args)).code, 0)
            stranger = self.render("curl", *args, "--client-cert", "stranger.crt", "--client-key", "stranger.key")
            self.assertEqual(self.script(stranger).code, 7)
        open_door = self.render("nginx").read_text().replace("ssl_verify_client on", "ssl_verify_client optional")
        self.path("open.conf").write_text(open_door)
        with servers.nginx(self.path("open.conf"), self.port, self.dir):
            result = self.script(self.render("curl", *args))
            self.assertEqual(result.code, 1)
            self.assertIn(b"NOT ENFORCED", result.err)
        self.assertEqual(self.script(self.render("curl", *args)).code, 7)

    def aliyun(self, warehouses, gone=()):
        """A stand-in for the aliyun command line that writes down how it was called. As the real one it takes what
        begins with a dash for a flag, though it follows one that wants a value; without --force it refuses parameters
        that its metadata do not have, and a dotted name but for a RepeatList: CaCertificates is none."""
        self.path("bin").mkdir(exist_ok=True)
        self.path("calls").write_text("")
        self.path("warehouses").write_text(warehouses)
        self.path("bin/aliyun").write_text(f"""#!/usr/bin/env python3
import pathlib, sys
HERE, GONE = pathlib.Path({str(self.dir)!r}), {set(gone)!r}
KNOWN = {{"ListCertWarehouse": ["Type"], "CreateWarehouse": ["Name", "Type", "Biz"],
         "UploadPCACert": ["Cert", "WarehouseId", "Name", "PrivateKey"],
         "UpdateListenerAttribute": ["ListenerId", "CaEnabled", "CaCertificates", "SecurityPolicyId", "ClientToken",
                                     "DryRun"]}}
COMMON = ["region", "force", "profile", "quiet", "dryrun"]
product, action, *words = sys.argv[1:]
flags, i = {{}}, 0
while i < len(words):
    word = words[i]
    if not word.startswith("--"):
        sys.exit(f"ERROR: unexpected argument {{word}}")
    name, _, value = word[2:].partition("=")
    if not value and name != "force":
        i += 1
        value = words[i]
        if value.startswith("-"):
            sys.exit(f"ERROR: {{word}} must be assigned with value")
    flags[name] = value
    i += 1
with (HERE / "calls").open("a") as calls:
    calls.write("".join(word + "\\0" for word in sys.argv[1:]) + "\\n")
if "force" not in flags:
    for name in flags:
        if name not in KNOWN[action] + COMMON:
            sys.exit(f"ERROR: '--{{name}}' is not a valid parameter or flag. See `aliyun help {{product}} {{action}}`.")
if action in GONE:
    sys.exit("ERROR: SDK.ServerError\\nErrorCode: InvalidAction.NotFound")
if action == "ListCertWarehouse":
    print((HERE / "warehouses").read_text())
elif action == "CreateWarehouse":
    (HERE / "warehouses").write_text('{{"CertWarehouseList": [{{"WhId": 77, "Type": "uploadCA"}}]}}')
elif action == "UploadPCACert":
    print('{{"Identifier": "1f0c", "RequestId": "x"}}')
""")
        self.path("bin/aliyun").chmod(0o755)
        return {"PATH": f"{self.path('bin')}:{os.environ['PATH']}"}

    def calls(self):
        # The certificate has line ends of its own: calls end with NUL and a line end.
        return [call.split("\0") for call in self.path("calls").read_text().split("\0\n") if call]

    def test_aliyun_uploads_the_certificate_and_never_the_key(self):
        self.make_ca()
        env = self.aliyun('{"CertWarehouseList": []}')
        file = self.render("aliyun-cli", "--region", "cn-hangzhou", "--listener-id", "lsn-1")
        result = self.script(file, **env)
        self.assertEqual(result.code, 0, str(result))
        calls = self.calls()
        self.assertEqual([c[1] for c in calls], ["ListCertWarehouse", "CreateWarehouse", "ListCertWarehouse",
                                                 "UploadPCACert", "UpdateListenerAttribute"])
        upload, update = calls[3], calls[4]
        self.assertIn("--WarehouseId=77", upload)
        self.assertIn("--Cert=" + self.read("ca/ca.crt").decode().strip(), upload)
        self.assertNotIn("PRIVATE KEY", self.path("calls").read_text())
        self.assertFalse([word for word in upload if word.startswith("--PrivateKey")])
        self.assertEqual(update, ["alb", "UpdateListenerAttribute", "--force", "--ListenerId=lsn-1", "--CaEnabled=true",
                                  "--CaCertificates.1.CertificateId=1f0c", "--region", "cn-hangzhou"])

    def test_aliyun_with_what_is_there(self):
        self.make_ca()
        env = self.aliyun('{"CertWarehouseList": [{"WhId": 5, "Type": "uploadCA"}]}')
        self.assertEqual(self.script(self.render("aliyun-cli"), LISTENER_ID="l", **env).code, 0)
        self.assertEqual([c[1] for c in self.calls()],
                         ["ListCertWarehouse", "UploadPCACert", "UpdateListenerAttribute"])
        env = self.aliyun("")
        self.assertEqual(self.script(self.render("aliyun-cli", "--ca-certificate-id", "c", "--security-policy", "p"),
                                     LISTENER_ID="l", **env).code, 0)
        self.assertEqual([c[1] for c in self.calls()], ["UpdateListenerAttribute"])
        self.assertEqual(self.calls()[0][-1], "--SecurityPolicyId=p")

    def test_aliyun_needs_force_for_the_listener(self):
        """The stand-in refuses what the real command line refuses: without --force the second step fails."""
        self.make_ca()
        env = self.aliyun("")
        file = self.render("aliyun-cli", "--ca-certificate-id", "c")
        self.assertEqual(self.script(file, LISTENER_ID="l", **env).code, 0)
        text = file.read_text()
        self.assertIn(" --force ", text)
        file.write_text(text.replace(" --force ", " "))
        refused = self.script(file, LISTENER_ID="l", **env)
        self.assertNotEqual(refused.code, 0)
        self.assertIn(b"'--CaCertificates.1.CertificateId' is not a valid parameter", refused.err)

    def test_aliyun_when_the_upload_is_gone(self):
        self.make_ca()
        said = self.mtlsctl("render", "aliyun-cli", "--out", "x.sh").err
        for words in (b"no longer part of the public API", b"--ca-certificate-id"):
            self.assertIn(words, said)
        said = self.mtlsctl("render", "aliyun-cli", "--ca-certificate-id", "c", "--out", "y.sh").err
        self.assertNotIn(b"public API", said)
        for gone in ("ListCertWarehouse", "CreateWarehouse", "UploadPCACert"):
            with self.subTest(gone=gone):
                env = self.aliyun('{"CertWarehouseList": []}', gone=[gone])
                result = self.script(self.render("aliyun-cli"), LISTENER_ID="l", **env)
                self.assertEqual(result.code, 7, str(result))
                for words in (f"{gone} failed", "no longer part of the public API", "console", "--ca-certificate-id"):
                    self.assertIn(words.encode(), result.err)
                self.assertNotIn("UpdateListenerAttribute", self.path("calls").read_text())

    def test_aliyun_without_a_listener_changes_nothing(self):
        self.make_ca()
        env = self.aliyun("")
        self.assertNotEqual(self.script(self.render("aliyun-cli", "--ca-certificate-id", "c"), **env).code, 0)
        self.assertEqual(self.calls(), [])


class Guide(Rendered):
    """The render half of point 5, with nginx as the ALB."""

    def test_end_to_end(self):
        self.mtlsctl("ca", "init", *GUIDE_ROOT, *KEY)
        self.mtlsctl("client", "issue", "--days", "3650", "--profile", "alb-client", *GUIDE_SUBJECT, *KEY)
        self.assertEqual(yaml.safe_load(self.render("albconfig", *GUIDE).read_text()),
                         yaml.safe_load((VECTORS / "guide-albconfig.yaml").read_text()))
        ingress = list(yaml.safe_load_all(self.render("k8s-demo").read_text()))[2]
        host = ingress["spec"]["rules"][0]["host"]
        self.assertEqual(host, "alb.ingress.alibaba.com")
        self.mtlsctl("server", "issue", "--san", f"dns:{host}", *KEY)
        with self.served("nginx", "--host", host):
            resolve = ["--resolve", f"{host}:{self.port}:127.0.0.1"]
            status, body = self.status("client", *resolve, host=host)
            self.assertEqual(status, 200)
            self.assertIn("O=alibaba", body)
            self.assertEqual(self.status(None, *resolve, host=host)[0], 400)


@contextlib.contextmanager
def back_end():
    """An HTTP server that keeps the headers of every request."""
    seen = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append(self.headers)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1], seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


if __name__ == "__main__":
    main()
