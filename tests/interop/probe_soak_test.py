"""Point 2: twenty runs in a row against each of five listeners, with both cores busy: one verdict."""

import os
import subprocess
import sys

import listeners
from crl import make_crl
from probing import Probing
from workbench import main

RUNS = 20


class ProbeSoak(Probing):
    def setUp(self):
        super().setUp()
        self.make_pki()
        for _ in range(os.cpu_count() or 2):
            busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
            self.addCleanup(busy.wait)
            self.addCleanup(busy.kill)

    def repeat(self, server, verdict, mode=None, *args):
        for run in range(RUNS):
            with self.subTest(run):
                self.assert_verdict(self.probe(server, *args), verdict, mode)

    def test_nginx(self):
        self.repeat(listeners.nginx(self, *self.SERVER, f"ssl_client_certificate {self.ca}; ssl_verify_client on;"), "enforced")

    def test_haproxy(self):
        self.repeat(listeners.haproxy(self, "pem", f"crt {{pem}} ca-file {self.ca} verify required"), "enforced", None, "--require",
                    "handshake")

    def test_apache(self):
        rules = f"SSLCACertificateFile {self.ca}\nSSLVerifyClient require\nSSLVerifyDepth 3"
        self.repeat(listeners.apache(self, *self.SERVER, rules), "enforced")

    def test_s_server_that_only_asks(self):
        self.repeat(listeners.s_server(self, *self.SERVER, "-CAfile", self.ca, "-Verify", "3"), "not-enforced", "any-certificate")

    def test_haproxy_with_a_stale_crl(self):
        crl = make_crl(self, "ca", "stale.pem", stale=True)
        self.repeat(listeners.haproxy(self, "pem", f"crt {{pem}} ca-file {self.ca} verify required crl-file {crl}"), "no-verdict")


if __name__ == "__main__":
    main()
