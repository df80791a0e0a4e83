"""Point 1: `probe` against real servers, each configuration judged at TLS 1.2, at 1.3 and at both."""

import ssl

import listeners
from crl import make_crl
from probing import Probing
from workbench import main

VERSIONS = ("1.2", "1.3", "1.2,1.3")


class ProbeServers(Probing):
    def setUp(self):
        super().setUp()
        self.make_pki()

    def check(self, server, verdict, mode=None, *args, name="good", path=""):
        for versions in VERSIONS:
            with self.subTest(versions):
                document = self.probe(server, "--tls", versions, *args, name=name) if not path else self.probe(
                    server.url + path, "--tls", versions, "--resolve", f"localhost:{server.port}:127.0.0.1", *args,
                    name=name)
                self.assert_verdict(document, verdict, mode)
                if verdict == "enforced":
                    self.assertEqual(document["offered"], versions.split(","))

    # --- nginx -------------------------------------------------------------------------------------

    def nginx(self, rules, **more):
        return listeners.nginx(self, *self.SERVER, rules.replace("{ca}", str(self.ca)), **more)

    def test_nginx_on(self):
        server = self.nginx("ssl_client_certificate {ca}; ssl_verify_client on; ssl_verify_depth 3;")
        self.check(server, "enforced")
        self.check(server, "enforced", name="deep")
        # nginx refuses over HTTP alone, but what is wrong with the key shows in the handshake.
        document = self.probe(server)
        for one in self.attempts(document, "P1"):
            self.assertEqual(one["verdict"], "rejected-by-http", self.explain(document))
            self.assertEqual(one["http"]["status"], 400)
        for one in self.attempts(document, "P6"):
            self.assertEqual(one["alert"]["name"], "decrypt_error", self.explain(document))
        self.assertEqual(document["server"][:5], "nginx")
        self.check(server, "not-enforced", "optional", "--require", "handshake")
        self.assertIn("over HTTP alone", self.probe(server, "--require", "handshake")["sentence"])

    def test_nginx_optional(self):
        self.check(self.nginx("ssl_client_certificate {ca}; ssl_verify_client optional;"), "not-enforced", "optional")

    def test_nginx_optional_with_403(self):
        rules = "ssl_client_certificate {ca}; ssl_verify_client optional; if ($ssl_client_verify != SUCCESS) { return 403; }"
        self.check(self.nginx(rules), "enforced")

    def test_nginx_optional_no_ca(self):
        self.check(self.nginx("ssl_verify_client optional_no_ca;"), "not-enforced", "optional")

    def test_nginx_optional_no_ca_with_403_for_none(self):
        rules = 'ssl_verify_client optional_no_ca; if ($ssl_client_verify = NONE) { return 403; }'
        self.check(self.nginx(rules), "not-enforced", "any-certificate")

    def test_nginx_off(self):
        self.check(self.nginx(""), "not-enforced", "no-mtls")
        # That is so without a good certificate, too.
        self.assert_verdict(self.probe(self.nginx(""), name=None), "not-enforced", "no-mtls")

    def test_nginx_crl(self):
        crl = make_crl(self, "ca", "crl.pem", revoked=["revoked.crt"])
        rules = f"ssl_client_certificate {self.ca}; ssl_verify_client on; ssl_crl {crl};"
        revoked = ["--expect-crl", "--revoked-cert", "revoked.crt", "--revoked-key", "revoked.key"]
        self.check(self.nginx(rules), "enforced", None, *revoked)
        self.check(self.nginx(rules.replace(f"ssl_crl {crl};", "")), "not-enforced", "gaps", *revoked)
        # Without --expect-crl it is told and not judged.
        document = self.probe(self.nginx(rules.replace(f"ssl_crl {crl};", "")), *revoked[1:], exit=0)
        self.assertEqual({one["verdict"] for one in self.attempts(document, "I1")}, {"accepted"})

    def test_nginx_stale_crl(self):
        crl = make_crl(self, "ca", "stale.pem", stale=True)
        self.check(self.nginx(f"ssl_client_certificate {self.ca}; ssl_verify_client on; ssl_crl {crl};"), "no-verdict")

    def test_nginx_another_ca(self):
        self.make_ca(directory="other")
        server = self.nginx(f"ssl_client_certificate {self.path('other', 'ca.crt')}; ssl_verify_client on;")
        self.check(server, "no-verdict")

    def test_nginx_plain_http_is_redirected(self):
        rules = "ssl_client_certificate {ca}; ssl_verify_client on; error_page 497 =301 https://$host$request_uri;"
        server = self.nginx(rules)
        self.check(server, "enforced")
        self.assertEqual(self.attempts(self.probe(server), "P9b")[0]["verdict"], "other-content")

    def test_nginx_one_version_open(self):
        rules = ("ssl_client_certificate {ca}; ssl_verify_client optional; set $no ''; "
                 "if ($ssl_client_verify != SUCCESS) { set $no $ssl_protocol; } if ($no = TLSv1.3) { return 403; }")
        server = self.nginx(rules)
        self.assert_verdict(self.probe(server, "--tls", "1.3"), "enforced")
        self.assert_verdict(self.probe(server, "--tls", "1.2"), "not-enforced", "optional")
        self.assert_verdict(self.probe(server), "not-enforced", "optional")

    def test_nginx_one_version_offered(self):
        for spoken, other in (("1.2", "1.3"), ("1.3", "1.2")):
            server = self.nginx("ssl_client_certificate {ca}; ssl_verify_client on;", protocols=f"TLSv{spoken}")
            document = self.probe(server)
            self.assert_verdict(document, "enforced")
            self.assertEqual(document["offered"], [spoken])
            self.assertEqual({one["verdict"] for one in document["attempts"] if one["tls"] == other}, {"not-offered"})
            self.assert_verdict(self.probe(server, "--tls", other), "no-verdict")

    # --- haproxy -----------------------------------------------------------------------------------

    def haproxy(self, bind):
        return listeners.haproxy(self, "pem", bind.replace("{ca}", str(self.ca)))

    def test_haproxy_required(self):
        server = self.haproxy("crt {pem} ca-file {ca} verify required")
        self.check(server, "enforced")
        self.check(server, "enforced", name="deep")
        document = self.probe(server)
        (one,) = [a for a in self.attempts(document, "P1") if a["tls"] == "1.3"]
        self.assertEqual((one["verdict"], one["alert"]), ("rejected-after-handshake",
                                                          {"number": 116, "name": "certificate_required"}))
        self.check(server, "enforced", None, "--require", "handshake")

    def test_haproxy_with_http2(self):
        self.check(self.haproxy("crt {pem} alpn h2,http/1.1 ca-file {ca} verify required"), "enforced")
        server = self.haproxy("crt {pem} alpn h2,http/1.1 ca-file {ca} verify optional")
        document = self.probe(server)
        self.assert_verdict(document, "not-enforced", "optional")
        for one in self.attempts(document, "P9a"):
            self.assertEqual((one["alpn"], one["http"]["status"]), ("h2", 200), self.explain(document))

    def test_haproxy_optional(self):
        self.check(self.haproxy("crt {pem} ca-file {ca} verify optional"), "not-enforced", "optional")

    def test_haproxy_none(self):
        self.check(self.haproxy("crt {pem}"), "not-enforced", "no-mtls")

    def test_haproxy_required_that_ignores_errors(self):
        self.check(self.haproxy("crt {pem} ca-file {ca} verify required ca-ignore-err all crt-ignore-err all"),
                   "not-enforced", "any-certificate")

    def test_haproxy_crl(self):
        crl = make_crl(self, "ca", "crl.pem", revoked=["revoked.crt"])
        self.check(self.haproxy(f"crt {{pem}} ca-file {{ca}} verify required crl-file {crl}"), "enforced", None,
                   "--expect-crl", "--revoked-cert", "revoked.crt", "--revoked-key", "revoked.key")

    def test_haproxy_stale_crl(self):
        crl = make_crl(self, "ca", "stale.pem", stale=True)
        self.check(self.haproxy(f"crt {{pem}} ca-file {{ca}} verify required crl-file {crl}"), "no-verdict")

    def test_haproxy_crl_of_the_root_only(self):
        crl = make_crl(self, "ca", "root.pem")
        server = self.haproxy(f"crt {{pem}} ca-file {{ca}} verify required crl-file {crl}")
        self.check(server, "no-verdict", name="deep")
        self.check(server, "enforced")

    def crt_list(self):
        """Certificates are required under localhost, and not under open.example or without SNI."""
        pem = self.path("pem")
        self.path("crt-list").write_text(f"{pem} [verify none] open.example\n"
                                         f"{pem} [ca-file {self.ca} verify required] localhost\n")
        return self.haproxy(f"crt-list {self.path('crt-list')}")

    def test_haproxy_verify_by_name_is_walked_round(self):
        server = self.crt_list()
        document = self.probe(server, "--alt-sni", "open.example")
        self.assert_verdict(document, "not-enforced", "bypass")
        for version in ("1.2", "1.3"):
            let_in = {(a["id"], a["variant"]) for a in document["attempts"] if a["let_in"] and a["tls"] == version}
            self.assertIn(("P7", "session of SNI open.example"), let_in, self.explain(document))
            self.assertIn(("P8", "SNI open.example"), let_in, self.explain(document))
            self.assertIn(("P8", "no SNI"), let_in, self.explain(document))

    # --- apache ------------------------------------------------------------------------------------

    def apache(self, rules, **more):
        return listeners.apache(self, *self.SERVER, rules.replace("{ca}", str(self.ca)), **more)

    def test_apache_require(self):
        self.check(self.apache("SSLCACertificateFile {ca}\nSSLVerifyClient require\nSSLVerifyDepth 3"), "enforced",
                   name="deep")

    def test_apache_optional(self):
        self.check(self.apache("SSLCACertificateFile {ca}\nSSLVerifyClient optional"), "not-enforced", "optional")

    def test_apache_optional_no_ca(self):
        self.check(self.apache("SSLCACertificateFile {ca}\nSSLVerifyClient optional_no_ca"), "not-enforced", "optional")

    def test_apache_none(self):
        self.check(self.apache(""), "not-enforced", "no-mtls")

    def test_apache_depth(self):
        server = self.apache("SSLCACertificateFile {ca}\nSSLVerifyClient require\nSSLVerifyDepth 1")
        self.check(server, "no-verdict", name="deep")
        self.check(server, "enforced")

    def test_apache_by_location(self):
        rules = "SSLCACertificateFile {ca}\n<Location /secret>\nSSLVerifyClient require\nSSLVerifyDepth 3\n</Location>"
        server = self.apache(rules)
        self.check(server, "enforced", path="secret/")
        self.check(server, "not-enforced", "no-mtls")

    # --- others ------------------------------------------------------------------------------------

    def test_stunnel(self):
        self.check(listeners.stunnel(self, *self.SERVER, f"CAfile = {self.ca}\nverifyChain = yes"), "enforced")
        self.check(listeners.stunnel(self, *self.SERVER, ""), "not-enforced", "no-mtls")

    def test_s_server(self):
        server = listeners.s_server(self, *self.SERVER, "-CAfile", self.ca, "-Verify", "3", "-verify_return_error")
        self.check(server, "enforced")

    def test_s_server_that_only_asks(self):
        self.check(listeners.s_server(self, *self.SERVER, "-CAfile", self.ca, "-Verify", "3"), "not-enforced",
                   "any-certificate")
        self.check(listeners.s_server(self, *self.SERVER, "-CAfile", self.ca, "-verify", "3"), "not-enforced", "optional")
        self.check(listeners.s_server(self, *self.SERVER), "not-enforced", "no-mtls")

    def test_python(self):
        for mode, verdict in ((ssl.CERT_REQUIRED, ("enforced",)), (ssl.CERT_OPTIONAL, ("not-enforced", "optional")),
                              (ssl.CERT_NONE, ("not-enforced", "no-mtls"))):
            context = listeners.tls_context(self, *self.SERVER, mode, "ca/ca.crt")
            self.check(listeners.HttpServer(self, context), *verdict)


if __name__ == "__main__":
    main()
