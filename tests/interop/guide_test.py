"""Point 1: with the guide's values, the guide's six files, and what other stacks say of them."""

import contextlib
import socket
import subprocess
import time

from workbench import GUIDE_ROOT, GUIDE_SUBJECT, Workbench, main


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Guide(Workbench):
    def guide(self, *client):
        made = self.mtlsctl("ca", "init", *GUIDE_ROOT)
        self.mtlsctl("client", "issue", "--days", "3650", "--profile", "alb-client", *client)
        return made

    def text(self, file):
        return self.openssl("x509", "-in", file, "-noout", "-text").out.decode()

    @contextlib.contextmanager
    def s_server(self, certificate, key):
        port = free_port()
        server = subprocess.Popen(
            ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", certificate, "-key", key,
             "-www", "-quiet"], cwd=self.dir, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        try:
            for _ in range(100):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.05)
            yield port
        finally:
            server.kill()
            server.wait()

    def check_files(self, subject):
        for name in ("ca/ca.key", "ca/ca.csr", "ca/ca.crt", "client.key", "client.csr", "client.crt"):
            self.assertTrue(self.path(name).is_file(), name)
        self.assertEqual(self.mode("ca"), 0o700)
        for name in ("ca/ca.key", "client.key"):
            self.assertEqual(self.mode(name), 0o600)
        root, leaf = self.text("ca/ca.crt"), self.text("client.crt")
        for text in (root, leaf):
            self.assertIn("Version: 3 (0x2)", text)
            self.assertIn("sha256WithRSAEncryption", text)
            self.assertIn("Public-Key: (4096 bit)", text)
        self.assertIn("CA:TRUE", root)
        self.assertIn("X509v3 Basic Constraints: critical", root)
        self.assertIn("Certificate Sign, CRL Sign", root)
        self.assertIn("X509v3 Key Usage: critical", root)
        self.assertIn("X509v3 Subject Key Identifier", root)
        self.assertIn("CA:FALSE", leaf)
        self.assertIn("X509v3 Key Usage: critical\n                Digital Signature\n", leaf)
        self.assertIn("X509v3 Extended Key Usage: \n                TLS Web Client Authentication\n", leaf)
        self.assertIn("X509v3 Authority Key Identifier", leaf)
        self.assertIn(subject, leaf.replace(" ", ""))

    def check_verdicts(self):
        verify = ["verify", "-no-CApath", "-no-CAstore", "-x509_strict", "-CAfile", "ca/ca.crt"]
        self.openssl(*verify, "-purpose", "sslclient", "client.crt")
        refused = self.openssl(*verify, "-purpose", "sslserver", "client.crt", exit=None)
        self.assertNotEqual(refused.code, 0)
        self.assertIn(b"purpose", refused.out + refused.err)
        self.tool("certtool", "--verify", "--load-ca-certificate", "ca/ca.crt", "--infile", "client.crt")
        self.openssl("req", "-in", "client.csr", "-verify", "-noout")
        self.openssl("req", "-in", "ca/ca.csr", "-verify", "-noout")
        self.mtlsctl("verify", "client.crt")
        self.mtlsctl("verify", "--purpose", "server", "client.crt", exit=1)

    def test_the_guides_six_files_with_the_client_as_client(self):
        made = self.guide(*GUIDE_SUBJECT, "--common-name", "client")
        self.assertIn(b"a.alibaba.com", made.err)
        self.assertIn(b"warning", made.err)
        self.check_files("Subject:C=cn,ST=bj,L=bj,O=alibaba,OU=test,CN=client")
        self.check_verdicts()
        subject = self.openssl("x509", "-in", "ca/ca.crt", "-noout", "-subject", "-nameopt", "RFC2253").out
        self.assertEqual(subject.strip(),
                         b"subject=emailAddress=a.alibaba.com,CN=root,OU=test,O=alibaba,L=bj,ST=bj,C=cn")

    def test_the_guides_six_files_with_the_roots_own_name(self):
        self.guide(*GUIDE_ROOT)
        self.check_files("Subject:C=cn,ST=bj,L=bj,O=alibaba,OU=test,CN=root,emailAddress=a.alibaba.com")
        self.check_verdicts()

    def test_curl_refuses_a_server_that_presents_the_client_certificate(self):
        self.guide(*GUIDE_SUBJECT, "--san", "dns:localhost")
        self.mtlsctl("server", "issue", "--san", "dns:localhost")
        with self.s_server("client.crt", "client.key") as port:
            curl = ["curl", "-sS", "--cacert", "ca/ca.crt", "--max-time", "10",
                    f"https://localhost:{port}/"]
            refused = self.tool(*curl, exit=None)
            self.assertEqual(refused.code, 60, str(refused))  # CURLE_PEER_FAILED_VERIFICATION
        with self.s_server("server.crt", "server.key") as port:
            self.tool("curl", "-sS", "-o", "/dev/null", "--cacert", "ca/ca.crt", "--max-time", "10",
                      f"https://localhost:{port}/")

    def test_the_validity_counts_both_ends(self):
        self.make_ca()
        self.mtlsctl("client", "issue", "--days", "90", "--key-type", "ec:p256")
        text = self.tool("python3", "-c", (
            "import ssl,sys;"
            "c=ssl._ssl._test_decode_cert('client.crt');"
            "print(ssl.cert_time_to_seconds(c['notAfter'])-ssl.cert_time_to_seconds(c['notBefore'])+1)")).out
        self.assertEqual(int(text), 90 * 86400)

    def test_subjects_in_openssls_form_and_in_rfc_4514_are_the_same(self):
        self.make_ca()
        self.mtlsctl("client", "issue", "--name", "a", "--key-type", "ec:p256", "--subject",
                     "/C=cn/O=alibaba/OU=x+CN=both")
        self.mtlsctl("client", "issue", "--name", "b", "--key-type", "ec:p256", "--subject",
                     "OU=x+CN=both,O=alibaba,C=cn")
        names = [self.openssl("x509", "-in", f, "-noout", "-subject").out for f in ("a.crt", "b.crt")]
        self.assertEqual(names[0], names[1])


if __name__ == "__main__":
    main()
