"""`probe` against servers that its makers did not name: it judges by accepted and refused alone."""

import listeners
from probing import Probing
from workbench import main


class ProbeMoreServers(Probing):
    def setUp(self):
        super().setUp()
        self.make_pki()

    def check(self, server, verdict, mode=None):
        for versions in ("1.2", "1.3", "1.2,1.3"):
            with self.subTest(versions):
                self.assert_verdict(self.probe(server, "--tls", versions), verdict, mode)

    def test_hitch(self):
        ca = f'client-verify-ca = "{self.ca}"'
        self.check(listeners.hitch(self, "pem", "client-verify = required", ca), "enforced")
        self.check(listeners.hitch(self, "pem", "client-verify = optional", ca), "not-enforced", "optional")
        self.check(listeners.hitch(self, "pem"), "not-enforced", "no-mtls")

    def test_caddy(self):
        trusted = f"trusted_ca_cert_file {self.ca}"
        self.check(listeners.caddy(self, *self.SERVER, "mode require_and_verify", trusted), "enforced")
        self.check(listeners.caddy(self, *self.SERVER, "mode verify_if_given", trusted), "not-enforced", "optional")
        self.check(listeners.caddy(self, *self.SERVER, "mode require"), "not-enforced", "any-certificate")
        self.check(listeners.caddy(self, *self.SERVER, "mode request"), "not-enforced", "optional")

    def test_nghttpx(self):
        verify = ["--verify-client", f"--verify-client-cacert={self.ca}"]
        self.check(listeners.nghttpx(self, *self.SERVER, *verify), "enforced")
        self.check(listeners.nghttpx(self, *self.SERVER), "not-enforced", "no-mtls")

    def test_node(self):
        ca = f"ca: fs.readFileSync('{self.ca}')"
        self.check(listeners.node(self, *self.SERVER, f"{ca}, requestCert: true, rejectUnauthorized: true"), "enforced")
        self.check(listeners.node(self, *self.SERVER, f"{ca}, requestCert: true, rejectUnauthorized: false"), "not-enforced",
                   "optional")
        checks = "if (!q.client.authorized) { r.statusCode = 401; }"
        # Node takes any session that resumes at TLS 1.3 for authorized, one made without a certificate too.
        server = listeners.node(self, *self.SERVER, f"{ca}, requestCert: true, rejectUnauthorized: false", checks)
        self.assert_verdict(self.probe(server, "--tls", "1.2"), "enforced")
        document = self.probe(server, "--tls", "1.3")
        self.assert_verdict(document, "not-enforced", "bypass")
        self.assertEqual({one["id"] for one in document["attempts"] if one["let_in"]}, {"P0", "P7"})
        # So it does where no other name plays a part: no SNI at all, or no session without one.
        document = self.probe(f"https://127.0.0.1:{server.port}/", "--tls", "1.3")
        self.assert_verdict(document, "not-enforced", "bypass")
        self.assertEqual({one["variant"] for one in self.attempts(document, "P7")}, {"session of the same name"})
        self.check(listeners.node(self, *self.SERVER, ""), "not-enforced", "no-mtls")

    def test_a_port_that_speaks_both(self):
        """TLS with required certificates, and the same page in the clear."""
        server = listeners.TwoFaced(self, listeners.tls_context(self, *self.SERVER, listeners.ssl.CERT_REQUIRED, "ca/ca.crt"))
        document = self.probe(server)
        self.assert_verdict(document, "not-enforced", "bypass")
        self.assertEqual([one["id"] for one in document["attempts"] if one["let_in"] and one["id"] != "P0"], ["P9b"])


if __name__ == "__main__":
    main()
