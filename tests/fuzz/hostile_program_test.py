"""Point 10 through the program: what a command answers to hostile files.

The exit code is one of 0, 1, 3, 5, 6; what openssl no longer reads is 6; a changed certificate or CSR is
never 0; each ends within a second (two under sanitizers on a busy machine).
"""

import os
import random
import time

from workbench import KEY, MTLSCTL, Workbench, main

FLIPS = 60


class HostileFiles(Workbench):
    def setUp(self):
        super().setUp()
        # The leak checker traces the process, which a process that is not dumpable does not allow.
        self.env["ASAN_OPTIONS"] = "detect_leaks=0"
        self.make_ca()
        self.mtlsctl("client", "issue", "--name", "a", *KEY)

    def changes(self, good, step):
        """(what, octets): truncations and seeded flips of a DER file."""
        for size in range(0, len(good), step):
            yield f"first {size}", good[:size]
        chance = random.Random(20240501)
        for _ in range(FLIPS):
            at = chance.randrange(len(good) * 8)
            changed = bytearray(good)
            changed[at // 8] ^= 1 << at % 8
            yield f"bit {at}", bytes(changed)

    def check(self, good, openssl, commands, step=29):
        for what, octets in self.changes(good, step):
            self.path("x.der").write_bytes(octets)
            readable = self.openssl(*openssl, "-inform", "DER", "-in", "x.der", "-noout", exit=None).code == 0
            for command in commands:
                start = time.monotonic()
                result = self.run_any([MTLSCTL, *command])
                self.assertLess(time.monotonic() - start, 5, (what, command))
                self.assertIn(result.code, (1, 3, 5, 6), (what, str(result)))
                if not readable:
                    self.assertEqual(result.code, 6, (what, str(result)))

    def test_certificates(self):
        der = self.openssl("x509", "-in", "a.crt", "-outform", "DER").out
        self.check(der, ["x509"], [["verify", "--trust", "ca/ca.crt", "x.der"]])

    def test_requests(self):
        der = self.openssl("req", "-in", "a.csr", "-outform", "DER").out
        self.check(der, ["req"], [["ca", "sign", "x.der", "-o", "/dev/null"],
                                  ["client", "issue", "--csr", "x.der", "--name", "never"]])
        self.assertFalse(os.path.exists(self.path("never.crt")))

    def test_inspect_never_crashes(self):
        files = {
            "key": self.openssl("pkey", "-in", "a.key", "-outform", "DER").out,
            "certificate": self.openssl("x509", "-in", "a.crt", "-outform", "DER").out,
            "request": self.openssl("req", "-in", "a.csr", "-outform", "DER").out,
            "pem": self.read("a.crt") + self.read("a.csr"),
        }
        for kind, good in files.items():
            for what, octets in self.changes(good, 41):
                self.path("x").write_bytes(octets)
                result = self.run_any([MTLSCTL, "inspect", "x"])
                self.assertIn(result.code, (0, 6), (kind, what, str(result)))


if __name__ == "__main__":
    main()
