"""`serve` judged by `probe`: enforced where it requires certificates, and not where it does not."""

import os

from serving import ServeBench
from workbench import MTLSCTL, main

PROBE = os.environ.get("MTLSCTL_PROBE", MTLSCTL)


class Judged(ServeBench):
    def setUp(self):
        super().setUp()
        if self.run_any([PROBE, "help", "probe"]).code != 0:
            self.skipTest("this mtlsctl has no probe yet")
        self.make_ca()
        self.make_client("alice")

    def probe(self, served, *more, exit=0):
        result = self.run_any([PROBE, "probe", f"https://localhost:{served.port}/", "--json", "--cert", "alice.crt",
                               "--key", "alice.key", "--trust", "ca/ca.crt", "--resolve",
                               f"localhost:{served.port}:127.0.0.1", *more])
        self.assertEqual(result.code, exit, f"{result}\n{served.log()}")
        return result.out.decode()

    def test_required_is_enforced(self):
        with self.serve("--ca", "ca") as served:
            # With the CA at hand, expired, early and server-only ones are tried as well.
            self.probe(served, "--ca", "ca", "--require", "handshake")
        with self.serve("--ca", "ca", "--tls-min", "1.3") as served:
            self.probe(served, "--require", "handshake")

    def test_optional_and_none_are_not(self):
        with self.serve("--ca", "ca", "--client-auth", "optional") as served:
            self.assertIn("optional", self.probe(served, exit=1))
        with self.serve("--ca", "ca", "--client-auth", "none") as served:
            self.assertIn("no-mtls", self.probe(served, exit=1))

    def test_lists(self):
        self.make_client("bob")
        self.make_crl(revoked=["bob.crt"])
        self.make_crl("stale.crl", extra=["-crl_lastupdate", "20250101000000Z", "-crl_nextupdate",
                                          "20250201000000Z"])
        revoked = ["--expect-crl", "--revoked-cert", "bob.crt", "--revoked-key", "bob.key"]
        with self.serve("--ca", "ca", "--crl", "ca.crl") as served:
            self.probe(served, *revoked)
        with self.serve("--ca", "ca") as served:
            self.probe(served, *revoked, exit=1)
        with self.serve("--ca", "ca", "--crl", "stale.crl") as served:
            self.probe(served, exit=7)


if __name__ == "__main__":
    main()
