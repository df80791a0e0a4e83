"""Certificate files and the advice on what to upload, with servers that trust the root, or an intermediate."""

import re
import socket
import ssl

import servers
from serving import ServeBench
from workbench import KEY, main

NGINX = """
events {{ }}
http {{
{map}
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {dir}/{name}.crt;
    ssl_certificate_key {dir}/{name}.key;
    ssl_client_certificate {dir}/{trust};
    ssl_verify_client {verify};
    ssl_verify_depth 3;
{only}
    location / {{ return 200 "in"; }}
  }}
}}
"""
HAPROXY = """
defaults
  mode http
  timeout client 9s
  timeout server 9s
  timeout connect 9s
frontend all
  bind 127.0.0.1:{port} ssl crt {dir}/both.pem ca-file {dir}/{trust} verify required
{only}
  http-request return status 200
"""
CADDY = """
{{
  admin off
  auto_https off
}}
https://localhost:{port} {{
  bind 127.0.0.1
  tls {dir}/web.crt {dir}/web.key {{
    client_auth {{
      mode require_and_verify
      trusted_ca_cert_file {dir}/{trust}
    }}
  }}
  respond "in"
}}
"""


class Chains(ServeBench):
    def setUp(self):
        super().setUp()
        self.make_ca("--path-length", "2")
        for name in ("Issuing", "Sales"):
            self.mtlsctl("ca", "init", "--ca", name, "--parent", "ca", "--common-name", name, *KEY)
            self.make_client(f"of-{name}", ca=name)
        self.port = servers.free_port()

    def status(self, client=None):
        own = ["--cert", f"{client}.crt", "--key", f"{client}.key"] if client else []
        done = self.run_any(["curl", "-sS", "--noproxy", "*", "--max-time", "10", "--cacert", "ca/ca.crt", "-o", "/dev/null",
                             "-w", "%{http_code}", *own, f"https://localhost:{self.port}/"])
        return int(done.out) if done.code == 0 else 0

    def nginx(self, name="web", trust="Issuing/root.crt", verify="on", map="", only=""):
        self.path("nginx.conf").write_text(NGINX.format(port=self.port, dir=self.dir, name=name, trust=trust,
                                                        verify=verify, map=map, only=only))
        return servers.nginx(self.path("nginx.conf"), self.port, self.dir)

    def haproxy(self, trust="Issuing/root.crt", only=""):
        self.path("both.pem").write_bytes(self.read("web.crt") + self.read("web.key"))
        self.path("haproxy.cfg").write_text(HAPROXY.format(port=self.port, dir=self.dir, trust=trust, only=only))
        return servers.haproxy(self.path("haproxy.cfg"), self.port, self.dir)

    def caddy(self, trust):
        self.path("Caddyfile").write_text(CADDY.format(port=self.port, dir=self.dir, trust=trust))
        return servers.running(["env", f"HOME={self.dir}", servers.program("caddy"), "run", "--config", "Caddyfile",
                                "--adapter", "caddyfile"], self.port, self.dir)

    def test_a_server_of_an_intermediate_is_verified_by_clients_that_have_the_root_alone(self):
        self.mtlsctl("server", "issue", "--ca", "Issuing", "--san", "dns:localhost", "--name", "web", *KEY)
        self.mtlsctl("server", "issue", "--ca", "Issuing", "--san", "dns:localhost", "--name", "bare", "--no-chain", *KEY)
        for name, whole in (("web", True), ("bare", False)):
            with self.nginx(name, verify="off"):
                self.assertEqual(self.status(), 200 if whole else 0, name)
                shown = self.openssl("s_client", "-connect", f"localhost:{self.port}", "-CAfile", "ca/ca.crt",
                                     "-verify_return_error", exit=None)
                self.assertEqual(b"Verification: OK" in shown.out, whole, str(shown))

    def advice(self, directory):
        shown = self.mtlsctl("ca", "show", "--ca", directory, "--json").json
        exported = self.mtlsctl("ca", "export", "--ca", directory, "--json").json
        for field in ("upload", "upload_file", "upload_notes", "admitted_cas", "never_upload"):
            self.assertEqual(shown[field], exported[field])
        told = self.mtlsctl("ca", "export", "--ca", directory).err.decode()
        # Of a root, what goes to standard output is the file to upload.
        self.assertIn(shown["upload_file"], told if shown["upload_notes"] else "ca/ca.crt")
        for text in (shown["upload"], *shown["upload_notes"]):
            self.assertIn(text, told)
            self.assertIn(text, self.mtlsctl("ca", "show", "--ca", directory).out.decode())
        return shown

    def test_what_to_upload_of_an_intermediate(self):
        self.mtlsctl("server", "issue", "--san", "dns:localhost", "--name", "web", *KEY)
        advice = self.advice("Issuing")
        self.assertEqual(advice["upload_file"], "Issuing/root.crt")
        self.assertEqual(advice["admitted_cas"], ["CN=Issuing"])
        for server in (self.nginx, self.haproxy):
            # What is advised admits clients of both; the certificate of the intermediate nobody.
            with server(trust=advice["upload_file"]):
                self.assertEqual([self.status(f"of-{name}") for name in ("Issuing", "Sales")], [200, 200])
            with server(trust="Issuing/ca.crt"):
                self.assertNotIn(200, [self.status(f"of-{name}") for name in ("Issuing", "Sales")])
        # Where only its own clients may enter: what the notes say.
        notes = " ".join(advice["upload_notes"])
        rule = re.search(r"http-request deny unless \{ .*? \}", notes)[0]
        self.assertIn('return 403 for every name but "CN=Issuing"', notes)
        own = 'map $ssl_client_i_dn $foreign {\n default 1;\n "CN=Issuing" 0;\n }'
        for server in (self.haproxy(only=rule), self.nginx(map=own, only="if ($foreign) { return 403; }"),
                       self.caddy("Issuing/ca.crt")):
            with server:
                self.assertEqual(self.status("of-Issuing"), 200)
                self.assertNotEqual(self.status("of-Sales"), 200)

    def test_the_cas_that_a_ledger_knows_are_named(self):
        self.mtlsctl("ca", "init", "--ca", "mid", "--parent", "ca", "--common-name", "Mid", "--path-length", "1", *KEY)
        for name in ("A", "B"):
            self.mtlsctl("ca", "init", "--ca", name, "--parent", "mid", "--common-name", name, *KEY)
        self.assertEqual(self.advice("mid")["admitted_cas"], ["CN=Mid", "CN=A", "CN=B"])
        self.assertEqual(self.advice("A")["admitted_cas"], ["CN=A", "CN=Mid"])
        # A ledger that cannot be read leaves the rest of the advice.
        self.path("A/ca.db").unlink()
        advice = self.mtlsctl("ca", "show", "--ca", "A", "--json").json
        self.assertEqual((advice["upload_file"], advice["admitted_cas"]), ("A/root.crt", ["CN=A", "CN=Mid"]))
        self.assertIn("was not looked up in the ledger", " ".join(advice["upload_notes"]))

    def test_a_root_is_uploaded_itself(self):
        advice = self.advice("ca")
        self.assertEqual((advice["upload_file"], advice["upload_notes"], advice["admitted_cas"]), ("ca/ca.crt", [], []))

    # --- the root first ----------------------------------------------------------------------------

    def reverse(self, name):
        end = b"-----END CERTIFICATE-----\n"
        leaf, issuing = [part + end for part in self.read(f"{name}.crt").split(end)[:2]]
        self.path(f"{name}.pem").write_bytes(self.read("ca/ca.crt") + issuing + leaf)

    def test_serve_and_probe_take_the_certificate_of_the_key(self):
        self.mtlsctl("server", "issue", "--ca", "Issuing", "--san", "dns:localhost", "--name", "web", *KEY)
        self.reverse("web")
        self.reverse("of-Issuing")
        with self.serve("--cert", "web.pem", "--key", "web.key", "--client-ca", "ca/ca.crt") as served:
            context = ssl.create_default_context(cafile=self.path("ca/ca.crt"))
            context.load_cert_chain(self.path("of-Issuing.crt"), self.path("of-Issuing.key"))
            with socket.create_connection(("127.0.0.1", served.port), 10) as raw:
                with context.wrap_socket(raw, server_hostname="localhost") as connection:
                    self.assertEqual(connection.getpeercert()["subject"], ((("commonName", "localhost"),),))
            done = self.mtlsctl("probe", f"https://localhost:{served.port}/", "--trust", "ca/ca.crt", "--cert",
                                "of-Issuing.pem", "--key", "of-Issuing.key", "--json")
            self.assertEqual(done.json["verdict"], "enforced")
            self.assertIn(b"certificate 3 of 3, CN=of-Issuing", done.err)

    def test_what_a_client_sends_is_never_trusted(self):
        self.make_ca(directory="other")
        self.make_client("mallory", ca="other")
        self.path("mallory.crt").write_bytes(self.read("mallory.crt") + self.read("other/ca.crt"))
        self.mtlsctl("server", "issue", "--ca", "Issuing", "--san", "dns:localhost", "--name", "web", *KEY)
        # Nor is what stands in the listener's own file: it trusts --client-ca alone.
        for trust, client in (("ca/ca.crt", "mallory"), ("other/ca.crt", "of-Issuing")):
            with self.serve("--cert", "web.crt", "--key", "web.key", "--client-ca", trust) as served:
                self.port = served.port
                self.assertEqual(self.status(client), 0)


if __name__ == "__main__":
    main()
