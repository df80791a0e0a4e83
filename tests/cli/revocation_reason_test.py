"""When and why a certificate was revoked is said wherever it is refused for it: verify (text and JSON), the log of
serve (from a ledger and from a CRL). openssl revokes."""

from importing import ImportCase
from openssl_ca import OpensslCa
from serving import ServeBench
from workbench import main


class Reasons(ImportCase, ServeBench):
    def setUp(self):
        super().setUp()
        self.old = OpensslCa(self, "old")
        for name in ("alice", "bob", "carol"):
            self.old.issue(name)
        self.old.revoke("alice", "keyCompromise")
        self.old.revoke("bob")
        self.adopt(self.old)
        self.take("old")

    def revoked_at(self, name):
        return self.mtlsctl("cert", "show", f"CN={name}", "--json").json["revoked_at"]

    def test_verify_prints_time_and_reason(self):
        at = self.revoked_at("alice")
        self.assertIn(f"error: revoked at {at}, reason keyCompromise (revoked)",
                      self.mtlsctl("verify", "old/alice.crt", exit=4).out.decode())
        finding = self.mtlsctl("verify", "old/alice.crt", "--json", exit=4).json["findings"][0]
        self.assertEqual((finding["problem"], finding["revocation"]),
                         ("revoked", {"revoked_at": at, "reason": "keyCompromise"}))

    def test_no_reason_is_made_up(self):
        at = self.revoked_at("bob")
        self.assertIn(f"error: revoked at {at} (revoked)", self.mtlsctl("verify", "old/bob.crt", exit=4).out.decode())
        finding = self.mtlsctl("verify", "old/bob.crt", "--json", exit=4).json["findings"][0]
        self.assertEqual(finding["revocation"], {"revoked_at": at, "reason": None})

    def test_serve_logs_the_reason_of_the_ledger(self):
        for name in ("alice", "carol"):
            for end in ("crt", "key"):
                self.path(f"{name}.{end}").write_bytes(self.path("old", f"{name}.{end}").read_bytes())
        with self.serve("--ca", "ca") as served:
            self.assert_refuses(served, "alice", r"CN=alice: revoked at \S+Z, reason keyCompromise \(revoked\)")

    def test_serve_logs_the_reason_of_a_crl(self):
        self.old.revoke("carol", "cessationOfOperation")
        self.old.run("ca", "-gencrl", "-config", "openssl.cnf", "-out", "crl.pem")
        for end in ("crt", "key"):
            self.path(f"carol.{end}").write_bytes(self.path("old", f"carol.{end}").read_bytes())
        with self.serve("--ca", "ca", "--crl", "old/crl.pem") as served:
            self.assert_refuses(served, "carol", r"CN=carol: revoked at \S+Z, reason cessationOfOperation, says the "
                                                 r"list of .*Old root.* \(revoked\)")

    def test_cert_show_says_the_reason_with_the_time(self):
        shown = self.mtlsctl("cert", "show", "CN=alice").out.decode()
        self.assertRegex(shown, rf"(?m)^  revoked +{self.revoked_at('alice')}, reason keyCompromise$")
        self.assertEqual(self.mtlsctl("cert", "show", "CN=alice", "--json").json["revocation_reason"], "keyCompromise")
        self.assertIsNone(self.mtlsctl("cert", "show", "CN=bob", "--json").json["revocation_reason"])


if __name__ == "__main__":
    main()
