"""`probe --neighbour`: two names on one port, each with its own client CA, on real servers.

tenant-a.example is the neighbour, localhost is the target; `clerk` is a client of the neighbour's CA.
"""

import json

import listeners
from probing import Probing
from workbench import KEY, MTLSCTL, main

A = "tenant-a.example"
NEIGHBOUR = ["--neighbour", f"{A}=clerk.crt,clerk.key"]
# What keeps names apart in nginx; the advice of probe.
APART = "if ($ssl_server_name != $host) { return 421; }"


class NeighbourCase(Probing):
    def setUp(self):
        super().setUp()
        self.make_pki()
        self.mtlsctl("ca", "init", "--ca", "ca-a", "--common-name", "Tenant A", *KEY)
        self.mtlsctl("client", "issue", "--ca", "ca-a", "--name", "clerk", *KEY)
        # One server certificate for both names, as many ports have; and one of each its own.
        self.mtlsctl("server", "issue", "--name", "both", "--san", "dns:localhost", "--san", f"dns:{A}", *KEY)
        self.mtlsctl("server", "issue", "--name", "only-a", "--san", f"dns:{A}", *KEY)
        for name in ("both", "only-a", "server"):
            self.path(f"{name}.pem").write_bytes(self.read(f"{name}.crt") + self.read(f"{name}.key"))
        self.ca_a = self.path("ca-a", "ca.crt")

    def let_in(self, document):
        return {(one["id"], one["tls"]) for one in document["attempts"] if one["let_in"] and one["id"] != "P0"}

    def verdicts(self, document, id):
        return {one["tls"]: one["verdict"] for one in self.attempts(document, id)}

    def bypasses(self, document):
        """The ids of N2 to N6 that got in."""
        return {id for id, _ in self.let_in(document) if id.startswith("N")} - {"N0", "N1"}

    def assert_controls(self, document):
        """The neighbour's client gets in under its own name and not under the target's."""
        for version in document["offered"]:
            self.assertEqual(self.verdicts(document, "N0")[version], "accepted", self.explain(document))
            self.assertIn(self.verdicts(document, "N1")[version],
                          ("rejected-in-handshake", "rejected-after-handshake", "rejected-by-http"), self.explain(document))


class Nginx(NeighbourCase):
    def nginx(self, target="", neighbour="", cert="both", neighbour_cert=None, first="a", more="", ca=None):
        """Two server blocks on a port: `first` is the default one."""
        own = f"ssl_certificate {self.path(neighbour_cert)}.crt; ssl_certificate_key {self.path(neighbour_cert)}.key;" \
            if neighbour_cert else ""
        blocks = {
            "a": f"server {{ listen 127.0.0.1:{{port}} ssl http2; server_name {A}; {own} ssl_client_certificate {self.ca_a}; "
                 f"ssl_verify_client on; {neighbour} location / {{ return 200 'page of tenant a'; }} }}",
            "b": f"server {{ listen 127.0.0.1:{{port}} ssl http2; server_name localhost; ssl_client_certificate "
                 f"{ca or self.ca}; ssl_verify_client on; {target} location / {{ return 200 'page of tenant b'; }} }}"}
        blocks = more + blocks[first] + blocks["b" if first == "a" else "a"]
        return listeners.nginx_blocks(self, f"{cert}.crt", f"{cert}.key", blocks)

    def test_the_client_of_the_default_name_gets_in_without_sni(self):
        """Tenant A's client connects without SNI, sends Host: b, and gets tenant B's page."""
        server = self.nginx()
        # The oracle: nginx itself, and another client.
        page = self.run_any(["openssl", "s_client", "-quiet", "-noservername", "-connect", f"127.0.0.1:{server.port}",
                             "-cert", "clerk.crt", "-key", "clerk.key", "-CAfile", self.ca, "-ign_eof"],
                            stdin=b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        self.assertIn(b"page of tenant b", page.out)
        self.assert_verdict(self.probe(server), "enforced")  # nobody else's client gets in, and it was not tried
        document = self.probe(server, *NEIGHBOUR)
        self.assert_verdict(document, "not-enforced", "bypass")
        self.assert_controls(document)
        self.assertEqual(self.let_in(document) - {("N0", "1.2"), ("N0", "1.3")}, {("N2", "1.2"), ("N2", "1.3")},
                         self.explain(document))
        self.assertIn("if ($ssl_server_name != $host) { return 421; }", " ".join(document["advice"]))
        self.assertIn(f"N2 at TLS 1.2 ({A}) was let in", " ".join(document["reasons"]))
        for versions in ("1.2", "1.3"):
            self.assert_verdict(self.probe(server, "--tls", versions, *NEIGHBOUR), "not-enforced", "bypass")

    def test_names_that_are_kept_apart(self):
        for server in (self.nginx(target=APART), self.nginx(target=APART, first="b"), self.nginx(first="b"),
                       self.nginx(more="server { listen 127.0.0.1:{port} ssl http2 default_server; "
                                       "ssl_reject_handshake on; }")):
            document = self.probe(server, *NEIGHBOUR)
            self.assert_verdict(document, "enforced")
            self.assert_controls(document)
            self.assertEqual(document["notes"], [])
            ids = {one["id"] for one in document["attempts"]}
            self.assertLessEqual({"N0", "N1", "N2", "N3", "N5", "N6"}, ids, self.explain(document))
            for one in self.attempts(document, "N6"):
                self.assertEqual((one["alpn"], one["first_http"]["status"]), ("h2", 200), self.explain(document))
            for one in self.attempts(document, "N3") + self.attempts(document, "N5") + self.attempts(document, "N6"):
                self.assertEqual((one["verdict"], one["http"]["status"]), ("rejected-by-http", 421), self.explain(document))


    def test_a_target_that_admits_the_neighbours_certificate_itself(self):
        """They share a trust: that is reported, and nothing is concluded from the others."""
        self.path("two.pem").write_bytes(self.ca.read_bytes() + self.ca_a.read_bytes())
        document = self.probe(self.nginx(ca=self.path("two.pem")), *NEIGHBOUR)
        self.assert_verdict(document, "enforced")
        self.assertEqual(self.verdicts(document, "N1"), {"1.2": "accepted", "1.3": "accepted"})
        self.assertEqual({one["id"] for one in document["attempts"] if one["id"][0] == "N"}, {"N0", "N1"})
        self.assertIn(f"the target itself admits the certificate of {A}", document["notes"][0])

    def test_a_certificate_that_is_not_admitted_under_its_own_name(self):
        self.mtlsctl("ca", "init", "--ca", "third", "--common-name", "Third", *KEY)
        self.mtlsctl("client", "issue", "--ca", "third", "--name", "foreign", *KEY)
        for server in (self.nginx(), self.nginx(target=APART)):
            document = self.probe(server, "--neighbour", f"{A}=foreign.crt,foreign.key")
            self.assert_verdict(document, "no-verdict")
            self.assertIn("does not get in under its own name", document["sentence"])
            self.assertEqual({one["id"] for one in document["attempts"] if one["id"][0] == "N"}, {"N0", "N1"})
            self.assertTrue(document["advice"])

    def test_a_neighbour_that_is_open_to_all(self):
        blocks = (f"server {{ listen 127.0.0.1:{{port}} ssl http2; server_name {A}; location / {{ return 200 'open'; }} }}"
                  f"server {{ listen 127.0.0.1:{{port}} ssl http2; server_name localhost; ssl_client_certificate {self.ca}; "
                  f"ssl_verify_client on; {APART} location / {{ return 200 'page of tenant b'; }} }}")
        document = self.probe(listeners.nginx_blocks(self, "both.crt", "both.key", blocks), *NEIGHBOUR)
        self.assert_verdict(document, "no-verdict")
        self.assertIn(f"--alt-sni {A}", " ".join(document["advice"]))

    def test_a_page_that_says_who_asks(self):
        """It is never the one that the good client gets, and nobody else's either: no verdict, not "enforced"."""
        blocks = "".join(
            f"server {{ listen 127.0.0.1:{{port}} ssl http2; server_name {name}; ssl_client_certificate {ca}; "
            f"ssl_verify_client on; location / {{ return 200 'page of {name} for $ssl_client_s_dn'; }} }}"
            for name, ca in ((A, self.ca_a), ("localhost", self.ca)))
        document = self.probe(listeners.nginx_blocks(self, "both.crt", "both.key", blocks), *NEIGHBOUR)
        self.assert_verdict(document, "no-verdict")
        self.assertEqual(self.verdicts(document, "N2"), {"1.2": "inconclusive", "1.3": "inconclusive"})
        self.assertIn("may be the target's", document["sentence"])

    def test_answers_without_content_of_their_own(self):
        """404 and redirects: what both names say alike cannot be told apart, a redirect of the target's own can."""
        for answer, verdict in (("return 404;", ("no-verdict",)), ("return 204;", ("no-verdict",)),
                                ("return 302 https://$host/in;", ("not-enforced", "bypass")),
                                ("return 302 /in;", ("not-enforced", "bypass"))):
            for target, found in (("", verdict), (APART, ("enforced",))):
                if answer == "return 302 /in;" and not target:
                    continue  # nginx makes it absolute: as the one before
                document = self.probe(self.nginx(target=f"{target} {answer}", neighbour=answer), *NEIGHBOUR)
                self.assert_verdict(document, *found)

    def test_the_same_page_under_both_names(self):
        blocks = "".join(
            f"server {{ listen 127.0.0.1:{{port}} ssl; server_name {name}; ssl_client_certificate {ca}; "
            f"ssl_verify_client on; location / {{ return 200 'page of all'; }} }}"
            for name, ca in ((A, self.ca_a), ("localhost", self.ca)))
        document = self.probe(listeners.nginx_blocks(self, "both.crt", "both.key", blocks), *NEIGHBOUR)
        self.assert_verdict(document, "not-enforced", "bypass")
        self.assertIn("name a PATH where they differ", document["notes"][0])
        self.assertEqual(self.attempts(document, "N6"), [])  # no HTTP/2 there

    def test_one_version(self):
        for version in ("1.2", "1.3"):
            document = self.probe(self.nginx(), *NEIGHBOUR, "--tls", version)
            self.assertEqual({one["tls"] for one in self.attempts(document, "N2")}, {version})

    def test_a_connection_that_ends_with_each_answer(self):
        document = self.probe(self.nginx(neighbour="keepalive_timeout 0;", first="b"), *NEIGHBOUR)
        self.assert_verdict(document, "enforced")
        for one in self.attempts(document, "N5"):
            self.assertEqual((one["verdict"], one["first_http"]["status"], one["http"]),
                             ("rejected-after-handshake", 200, None), self.explain(document))

    def test_a_neighbours_key_signs_only_for_a_server_that_is_trusted(self):
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "own.key",
                     "-out", "own.crt", "-subj", f"/CN={A}", "-addext", f"subjectAltName=DNS:{A}", "-days", "2")
        document = self.probe(self.nginx(neighbour_cert="own"), *NEIGHBOUR)
        self.assert_verdict(document, "no-verdict")
        for one in self.attempts(document, "N0"):
            self.assertEqual((one["verdict"], one["signed"]), ("withheld", False), self.explain(document))
        self.assertIn("--trust", " ".join(document["advice"]))
        for more in (["--trust", "own.crt"], []):
            document = self.probe(self.nginx(neighbour_cert="own"), *NEIGHBOUR, *(more or ["--insecure-server"]),
                                  trust=bool(more))
            self.assert_verdict(document, "not-enforced", "bypass")
        # Without SNI it is the default name's certificate, whichever that is.
        document = self.probe(self.nginx(cert="server", neighbour_cert="only-a"), *NEIGHBOUR)
        self.assert_verdict(document, "not-enforced", "bypass")

    def test_other_names_whose_clients_were_not_tried(self):
        server = self.nginx(target=APART)
        told = f"the clients of {A} were not tried"
        document = self.probe(server, "--alt-sni", A)
        self.assert_verdict(document, "enforced")
        self.assertIn(told, document["notes"][0])
        text = self.run_any([MTLSCTL, "probe", server.url, "--cert", "good.crt", "--key", "good.key", "--trust", self.ca,
                             "--resolve", f"localhost:{server.port}:127.0.0.1", "--alt-sni", A])
        self.assertIn(f"note: {told}", text.out.decode())
        self.assertEqual(self.probe(server, "--alt-sni", A.upper(), *NEIGHBOUR)["notes"], [])
        self.assertIn("the clients of open.example were not tried",
                      self.probe(server, "--alt-sni", "open.example", *NEIGHBOUR)["notes"][0])

    def test_compare_with_a_result_of_before(self):
        document = self.probe(self.nginx(target=APART), *NEIGHBOUR)
        del document["code"]
        self.path("before.json").write_text(json.dumps(document))
        document = self.probe(self.nginx(target=APART), *NEIGHBOUR, "--compare", "before.json", exit=0)
        self.assertEqual(document["changes"], [])
        document = self.probe(self.nginx(), *NEIGHBOUR, "--compare", "before.json", exit=1)
        self.assertIn(f"N2 at TLS 1.3 ({A})", {one["what"] for one in document["changes"] if one["weaker"]})

    # --- what it is given ---------------------------------------------------------------------------

    def test_names_of_files(self):
        server = self.nginx()
        for certificate, key in (("a,b.crt", "a,b.key"), ("k=v,x.crt", "k=v.key"), ("clerk.crt", "x,y,z.key")):
            for source, name in (("clerk.crt", certificate), ("clerk.key", key)):
                self.path(name).write_bytes(self.read(source))
                self.path(name).chmod(0o600)
            self.assert_verdict(self.probe(server, "--neighbour", f"{A}={certificate},{key}"), "not-enforced", "bypass")
            # --identity splits them alike: the clerk passed off as one for servers only.
            document = self.probe(server, "--identity", f"E3={certificate},{key}")
            self.assertEqual(set(self.verdicts(document, "E3").values()), {"rejected-by-http"})
        for name in ("m", "m,n", "n,o", "o"):
            self.path(name).write_bytes(self.read("clerk.crt"))
        self.assertIn("more than one way", self.probe(server, "--neighbour", f"{A}=m,n,o", exit=2)["error"]["message"])
        self.assertEqual(self.probe(server, "--neighbour", f"{A}=absent,x,y", exit=6)["error"]["code"], "unreadable_file")

    def test_encrypted_keys(self):
        for name, word in (("pass", "secret"), ("wrong", "other")):
            self.path(name).write_text(word + "\n")
            self.path(name).chmod(0o600)
        self.mtlsctl("client", "issue", "--ca", "ca-a", "--name", "locked", *KEY, "--key-passphrase", "file:pass")
        server = self.nginx()
        locked = ["--neighbour", f"{A}=locked.crt,locked.key"]
        for source in ("file:pass", "env:WORD"):
            document = self.probe(server, *locked, "--neighbour-passphrase", source, env={"WORD": "secret"})
            self.assert_verdict(document, "not-enforced", "bypass")
        error = self.probe(server, *locked)["error"]
        self.assertEqual((error["code"], error["exit"]), ("missing_value", 2))
        self.assertIn("--neighbour-passphrase", error["hint"])
        error = self.probe(server, *locked, "--neighbour-passphrase", "file:wrong")["error"]
        self.assertEqual((error["code"], error["exit"]), ("wrong_passphrase", 6))
        self.assertIn("--neighbour-passphrase", error["hint"])

    def test_wrong_words(self):
        good = ["--cert", "good.crt", "--key", "good.key"]
        clerk = "clerk.crt,clerk.key"
        for args in (["--neighbour", f"{A}={clerk}"], [*good, "--neighbour", A], [*good, "--neighbour", f"{A}=clerk.crt"],
                     [*good, "--neighbour", f"={clerk}"], [*good, "--neighbour", f"{A}=,clerk.key"],
                     [*good, "--neighbour", f"{A}=clerk.crt,"], [*good, "--neighbour", f"127.0.0.1={clerk}"],
                     [*good, "--neighbour", f"a b={clerk}"], [*good, "--neighbour", f"localhost={clerk}"],
                     [*good, "--neighbour", f"LOCALHOST.={clerk}"],
                     [*good, *NEIGHBOUR, "--neighbour", f"{A.upper()}.={clerk}"], [*good, "--neighbour-passphrase", "env:X"]):
            result = self.run_any([MTLSCTL, "probe", "https://localhost:1/", *args])
            self.assertEqual(result.code, 2, str(result))
        for files in ("absent,clerk.key", "clerk.crt,good.key", "clerk.key,clerk.key"):
            result = self.run_any([MTLSCTL, "probe", "https://localhost:1/", *good, "--neighbour", f"{A}={files}"])
            self.assertEqual(result.code, 6, str(result))


class OtherServers(NeighbourCase):
    # What probe advises for haproxy; without resumption, because a session of A's resumes under B at TLS 1.3.
    SAME_NAME = ("http-request set-var(txn.host) req.hdr(host),field(1,:),lower",
                 "http-request return status 421 unless { ssl_fc_sni,lower,strcmp(txn.host) eq 0 }")

    def haproxy(self, *rules, bind="", settings="", neighbour="", verify="required"):
        pem = self.path("both.pem")
        self.path("names").write_text(f"{pem} [ca-file {self.ca_a} verify {verify} {neighbour}] {A}\n"
                                      f"{pem} [ca-file {self.ca} verify required] localhost\n")
        pages = [f'http-request return status 200 content-type text/plain string "page of {name}" if '
                 f"{{ req.hdr(host),field(1,:),lower -m str {name} }}" for name in (A, "localhost")]
        return listeners.haproxy(self, "both.pem", f"crt-list {self.path('names')} alpn h2,http/1.1 {bind}",
                                 rules=[*rules, *pages], settings=settings)

    def test_haproxy_with_a_ca_per_name(self):
        document = self.probe(self.haproxy(), *NEIGHBOUR)
        self.assert_verdict(document, "not-enforced", "bypass")
        self.assert_controls(document)
        self.assertEqual(self.bypasses(document), {"N2", "N3", "N4", "N5", "N6"}, self.explain(document))
        for rule in (*self.SAME_NAME, "strict-sni", "no-tls-tickets", "tune.ssl.cachesize 0"):
            self.assertIn(rule, " ".join(document["advice"]))

    def test_haproxy_that_compares_names_still_resumes_sessions(self):
        document = self.probe(self.haproxy(*self.SAME_NAME, bind="strict-sni"), *NEIGHBOUR)
        self.assert_verdict(document, "not-enforced", "bypass")
        self.assertEqual(self.bypasses(document), {"N4"}, self.explain(document))
        document = self.probe(self.haproxy(*self.SAME_NAME, bind="strict-sni no-tls-tickets",
                                           settings="tune.ssl.cachesize 0"), *NEIGHBOUR)
        self.assert_verdict(document, "enforced")
        self.assert_controls(document)
        self.assert_verdict(self.probe(self.haproxy(*self.SAME_NAME, bind="strict-sni no-tls-tickets",
                                                    settings="tune.ssl.cachesize 0"), *NEIGHBOUR, "--require", "handshake"),
                            "enforced")

    def test_haproxy_whose_neighbour_speaks_one_version(self):
        """At TLS 1.2 the neighbour's name is not there, but its certificate still works without SNI."""
        document = self.probe(self.haproxy(neighbour="ssl-min-ver TLSv1.3"), *NEIGHBOUR)
        self.assert_verdict(document, "not-enforced", "bypass")
        self.assertEqual(self.verdicts(document, "N0"), {"1.2": "not-offered", "1.3": "accepted"}, self.explain(document))
        self.assertEqual(set(self.verdicts(document, "N3")), {"1.3"})
        document = self.probe(self.haproxy(*self.SAME_NAME, bind="strict-sni no-tls-tickets", settings="tune.ssl.cachesize 0",
                                           neighbour="ssl-min-ver TLSv1.3"), *NEIGHBOUR)
        self.assert_verdict(document, "enforced")

    def test_haproxy_whose_neighbour_is_open_to_all(self):
        """Its clients prove nothing, but a way round it is one nevertheless."""
        for verify in ("none", "optional"):
            document = self.probe(self.haproxy(verify=verify), *NEIGHBOUR)
            self.assert_verdict(document, "not-enforced", "bypass")
            self.assertLessEqual({"N3", "N5", "N6"}, self.bypasses(document), self.explain(document))
            document = self.probe(self.haproxy(*self.SAME_NAME, bind="strict-sni no-tls-tickets", verify=verify,
                                               settings="tune.ssl.cachesize 0"), *NEIGHBOUR)
            self.assert_verdict(document, "no-verdict")
            self.assertIn("lets in clients without a certificate", document["sentence"])

    def apache(self, policy="", page="page of b"):
        for name, text in (("a", "page of a"), ("b", page)):
            self.path(name).mkdir(exist_ok=True)
            self.path(name, "index.html").write_text(text)
            self.path(name).chmod(0o755)
        ours = f"SSLCACertificateFile {self.ca}\nSSLVerifyClient require\nDocumentRoot {self.path('b')}"
        port = "{port}"
        other = (f"<VirtualHost 127.0.0.1:{port}>\nServerName {A}\nDocumentRoot {self.path('a')}\nSSLEngine on\n"
                 f"SSLCertificateFile {self.path('both.crt')}\nSSLCertificateKeyFile {self.path('both.key')}\n"
                 f"SSLCACertificateFile {self.ca_a}\nSSLVerifyClient require\n</VirtualHost>\n")
        everywhere = f"<Directory {self.dir}>\nRequire all granted\n</Directory>\nProtocols h2 http/1.1\n{policy}\n"
        return listeners.apache(self, "both.crt", "both.key", ours, first=other + everywhere, extra=["http2"])

    def test_apache(self):
        for policy in ("", "SSLStrictSNIVHostCheck on"):
            document = self.probe(self.apache(policy), *NEIGHBOUR)
            self.assert_verdict(document, "enforced")
            self.assert_controls(document)
            for one in self.attempts(document, "N6"):
                self.assertEqual((one["alpn"], one["http"]["status"]), ("h2", 421), self.explain(document))

    def test_apache_that_does_not_compare_names(self):
        # Since 2.4.66; before it Apache always compared them.
        large = "a page of b, longer than the first window of HTTP/2\n" * 6000
        for policy, ids in (("SSLVHostSNIPolicy insecure", {"N2", "N3", "N5", "N6"}),
                            ("SSLVHostSNIPolicy insecure\nSSLStrictSNIVHostCheck on", {"N3", "N5", "N6"})):
            document = self.probe(self.apache(f"<IfVersion >= 2.4.66>\n{policy}\n</IfVersion>", page=large), *NEIGHBOUR)
            if document["server"].startswith("Apache/2.4.") and int(document["server"].split(".")[2].split()[0]) < 66:
                self.assert_verdict(document, "enforced")
                continue
            self.assert_verdict(document, "not-enforced", "bypass")
            self.assertEqual(self.bypasses(document), ids, self.explain(document))
            self.assertIn("no SSLVHostSNIPolicy insecure", " ".join(document["advice"]))

    def test_caddy(self):
        auth = ["mode require_and_verify", f"trusted_ca_cert_file {self.ca}"]
        for settings, verdict in (("", ("enforced",)), ("servers {\nstrict_sni_host insecure_off\n}", ("not-enforced", "bypass"))):
            server = listeners.caddy(self, "both.crt", "both.key", *auth, settings=settings, neighbour=(A, self.ca_a))
            document = self.probe(server, *NEIGHBOUR)
            self.assert_verdict(document, *verdict)
            self.assert_controls(document)
            self.assertEqual(self.bypasses(document), {"N3", "N5", "N6"} if settings else set(), self.explain(document))


if __name__ == "__main__":
    main()
