"""Killed at any system call that changes something, and completed by the same command: what takes over from
another tool.
"""

from crash_points import CrashPoints, main
from openssl_ca import OpensslCa


class ImportAndAdopt(CrashPoints):
    # Outside of the soak: a sample that meets each kind of call.
    most = 20

    def test_ca_adopt_is_completed_by_the_same_command(self):
        old = OpensslCa(self, "old")
        client = old.issue_aside("client", "11")
        old.run("req", "-new", "-config", "openssl.cnf", "-key", "cakey.pem", "-subj", "/C=cn/O=alibaba/CN=Old root",
                "-out", "ca.csr")
        old.run("x509", "-req", "-in", "ca.csr", "-signkey", "cakey.pem", "-days", "3650", "-out", "v1.pem")
        prepared = self.path("prepared")
        prepared.mkdir()
        args = ["ca", "adopt", str(old.dir / "v1.pem"), str(old.dir / "cakey.pem"), "--reissue"]

        def check(directory, call):
            if (directory / "ca" / "ca.crt").exists():
                # Refused: it is done. A CA that stands has a ledger.head, and its ledger knows it.
                seen = self.mtlsctl("log", "verify", "--json", cwd=directory).json
                self.assertEqual((seen["sound"], seen["seen"]), (True, "held"))
                self.assertEqual(self.again(directory, args, exit=5)["error"]["code"], "would_overwrite")
                self.assert_no_key_material(directory, allowed=["ca.key"])
            else:
                self.assertFalse(call.to_streams, "the result was told before it stood")
                self.again(directory, args)
                self.assert_tidy(directory, "ca.key")
            self.assert_set(directory, "ca/ca")
            issued = sorted(row[0] for row in self.rows(directory) if row[1] == "issued")
            new = self.certificate_serial(directory / "ca" / "ca.crt")
            self.assertEqual(issued, sorted([new, self.certificate_serial(old.dir / "v1.pem")]))
            self.openssl("verify", "-x509_strict", "-CAfile", "ca/ca.crt", client, cwd=directory)
            self.mtlsctl("store", "check", cwd=directory)

        self.crash_everywhere(prepared, args, check, 60, self.most)

    def test_store_import_is_completed_by_the_same_command(self):
        old = OpensslCa(self, "old")
        names = ("alice", "bob", "carol")
        for name in names:
            old.issue(name)
        old.revoke("bob")
        prepared = self.path("prepared")
        prepared.mkdir()
        self.mtlsctl("ca", "adopt", old.dir / "cacert.pem", old.dir / "cakey.pem", cwd=prepared)
        args = ["store", "import", str(old.dir)]

        def check(directory, call):
            before = len(self.rows(directory))
            self.assertIn(before, (1, 1 + len(names)), "a part of a batch stands")
            done = self.again(directory, args)
            self.assertEqual(done["imported"] + before, 1 + len(names))
            states = {row[2]: row[1] for row in self.rows(directory)}
            self.assertEqual([states[f"CN={name}"] for name in names], ["issued", "revoked", "issued"])
            self.mtlsctl("store", "check", cwd=directory)
            self.mtlsctl("log", "verify", cwd=directory)

        self.crash_everywhere(prepared, args, check, 10, self.most)


if __name__ == "__main__":
    main()
