"""The ledgers of several CAs: an intermediate's does not know whether it was revoked itself, its parent's does."""

import contextlib
import os
import shutil
import sqlite3

from serving import ServeBench
from workbench import KEY, main


class RevocationCas(ServeBench):
    def setUp(self):
        super().setUp()
        self.make_ca()
        self.mtlsctl("ca", "init", "--ca", "sub", "--parent", "ca", "--common-name", "Sub", *KEY)
        self.make_client("bob", ca="sub")

    def serve_sub(self, *more, **how):
        return self.serve("--ca", "sub", *more, **how)

    def change_ledger(self, sql):
        with contextlib.closing(sqlite3.connect(self.path("ca/ca.db"))) as db:
            db.execute(sql)

    def verify(self, *more, exit):
        return self.mtlsctl("verify", "--ca", "sub", *more, "--json", "bob.crt", exit=exit)

    def test_verify_asks_the_ledger_of_the_ca_above(self):
        self.verify("--revocation-ca", "ca", exit=0)
        self.revoke_in_ledger("sub/ca.crt")
        self.verify(exit=0)  # its own ledger cannot know
        document = self.verify("--revocation-ca", "ca", exit=4).json
        self.assertEqual([(f["problem"], f["depth"], f["subject"]) for f in document["findings"]
                          if f["severity"] == "error"], [("revoked", 1, "CN=Sub")])
        self.assertEqual(document["ledger"], "issued")
        # In whichever order, and beside anchors that are files.
        self.mtlsctl("verify", "--ca", "ca", "--revocation-ca", "sub", "bob.crt", exit=4)
        self.mtlsctl("verify", "--trust", "ca/ca.crt", "--revocation-ca", "ca", "bob.crt", exit=4)
        self.mtlsctl("verify", "--trust", "ca/ca.crt", "bob.crt")

    def test_verify_asks_each_about_what_it_issued(self):
        self.revoke_in_ledger("bob.crt", directory="sub")
        self.mtlsctl("verify", "--ca", "ca", "bob.crt")
        document = self.mtlsctl("verify", "--ca", "ca", "--revocation-ca", "sub", "--json", "bob.crt", exit=4).json
        self.assertEqual(document["ledger"], "revoked")

    def warnings(self, *args, file="bob.crt"):
        """(problem, depth, subject, message) of each warning about what is accepted."""
        document = self.mtlsctl("verify", *args, "--json", file).json
        self.assertTrue(document["accepted"])
        self.assertEqual({f["severity"] for f in document["findings"]} - {"warning"}, set())
        return [(f["problem"], f["depth"], f["subject"], f["message"]) for f in document["findings"]]

    def test_verify_says_where_a_ledger_cannot_concern_the_certificate(self):
        self.mtlsctl("ca", "init", "--ca", "foreign", "--common-name", "Foreign", *KEY)
        for args in (("--ca", "sub"), ("--ca", "sub", "--revocation-ca", "ca"), ("--ca", "ca", "--revocation-ca", "sub"),
                     ("--ca", "sub", "--revocation-ca", "sub")):
            self.assertEqual(self.warnings(*args), [])
        subject = self.mtlsctl("inspect", "--json", "bob.crt").json["objects"][0]["subject"]
        message = "foreign: CN=Foreign is not on its path, so that CA's ledger says nothing of it"
        expected = [("revocation_ca_not_on_path", 0, subject, message)]
        self.assertEqual(self.warnings("--ca", "sub", "--revocation-ca", "foreign", "--revocation-ca", "ca"), expected)

    def test_verify_says_where_the_ledger_above_does_not_know_an_intermediate(self):
        shutil.copytree(self.path("ca"), self.path("older"))
        self.mtlsctl("ca", "init", "--ca", "later", "--parent", "ca", "--common-name", "Later", *KEY)
        self.make_client("dave", ca="later")
        unknown = [("not_recorded", 1, "CN=Later", "the ledger of its CA does not know it")]
        for args, expected in ((("--ca", "later"), []), (("--ca", "later", "--revocation-ca", "ca"), []),
                               (("--ca", "later", "--revocation-ca", "older"), unknown), (("--ca", "older"), unknown)):
            self.assertEqual(self.warnings(*args, file="dave.crt"), expected, args)
        # One of those that were asked knows it.
        self.assertEqual(self.warnings("--ca", "later", "--revocation-ca", "older", "--revocation-ca", "ca", file="dave.crt"), [])
        shown = self.mtlsctl("verify", "--ca", "older", "dave.crt").out
        self.assertIn(b"warning: the ledger of its CA does not know it [CN=Later] (not_recorded)", shown)

    def test_each_further_ledger_is_where_its_own_directory_says(self):
        elsewhere = f"sqlite:{self.path('elsewhere.db')}"
        os.rename(self.path("sub/ca.db"), self.path("elsewhere.db"))
        self.verify("--revocation-ca", "ca", exit=7)  # sub's own is not where its ca.toml says
        self.verify("--store", elsewhere, "--revocation-ca", "ca", exit=0)
        self.env["MTLSCTL_STORE"] = elsewhere
        self.verify("--revocation-ca", "ca", exit=0)
        self.mtlsctl("verify", "--trust", "ca/ca.crt", "--revocation-ca", "ca", "bob.crt")
        with self.serve_sub("--revocation-ca", "ca") as served:
            self.assert_lets_in(served, "bob")
            self.revoke_in_ledger("sub/ca.crt")
            self.assert_refuses(served, "bob", "CN=Sub: revoked")
        self.verify("--revocation-ca", "ca", exit=4)
        self.verify("--store", elsewhere, "--revocation-ca", "ca", exit=4)

    def test_a_ledger_that_cannot_be_asked_is_no_verdict(self):
        self.mtlsctl("verify", "--ca", "sub", "--revocation-ca", "absent", "bob.crt", exit=6)
        os.rename(self.path("ca/ca.db"), self.path("away"))
        self.verify("--revocation-ca", "ca", exit=7)
        self.mtlsctl("serve", "--ca", "sub", "--revocation-ca", "ca", "--listen", "127.0.0.1:0", exit=7, timeout=10)
        self.path("ca/ca.db").write_bytes(b"no database")
        self.verify("--revocation-ca", "ca", exit=7)

    def test_serve_asks_the_ledger_of_the_ca_above(self):
        with self.serve_sub("--revocation-ca", "ca") as served, self.serve_sub(name="alone") as alone:
            self.assert_lets_in(served, "bob")
            self.revoke_in_ledger("sub/ca.crt")
            self.assert_refuses(served, "bob", r"CN=Sub: revoked at \S+Z \(revoked\)")
            self.assert_lets_in(alone, "bob")
            # Files that are read again do not make it forget.
            served.hup()
            self.assert_refuses(served, "bob", "CN=Sub: revoked")
        self.assertNotIn("warning", served.log())
        # The last reader of a ledger tidies up what SQLite has made for reading.
        self.assertEqual([f.name for d in ("ca", "sub") for f in self.path(d).glob("ca.db-*")], [])

    def test_serve_asks_it_without_a_ca_of_its_own(self):
        self.mtlsctl("server", "issue", "--san", "dns:localhost", *KEY)
        self.revoke_in_ledger("sub/ca.crt")
        files = ["--cert", "server.crt", "--key", "server.key", "--client-ca", "ca/ca.crt"]
        with self.serve(*files) as served:
            self.assert_lets_in(served, "bob")
        with self.serve(*files, "--revocation-ca", "ca") as served:
            self.assert_refuses(served, "bob", "CN=Sub: revoked")

    def test_serve_refuses_while_it_cannot_be_asked(self):
        with self.serve_sub("--revocation-ca", "ca") as served:
            self.assert_lets_in(served, "bob")
            self.change_ledger("alter table certificates rename to others")
            self.assert_refuses(served, "bob", "the ledger ca/ca.db")
            self.change_ledger("alter table others rename to certificates")
            self.assert_lets_in(served, "bob")
            os.rename(self.path("ca/ca.toml"), self.path("away"))
            # A directory that cannot be read again leaves what was read before, and that is asked.
            served.hup()
            served.wait_for("not reloaded, what was read before stays: ca is not a CA directory")
            self.assert_lets_in(served, "bob")
            self.revoke_in_ledger("sub/ca.crt")
            self.assert_refuses(served, "bob", "CN=Sub: revoked")

    def test_one_that_cannot_concern_anybody_is_said(self):
        self.mtlsctl("ca", "init", "--ca", "foreign", "--common-name", "Foreign", *KEY)
        with self.serve_sub("--revocation-ca", "foreign") as served:
            self.assert_lets_in(served, "bob")
            self.assertRegex(served.log(), "warning: foreign: CN=Foreign is not a CA given here; its ledger counts")
        result = self.mtlsctl("serve", "--ca", "ca", "--client-auth", "none", "--revocation-ca", "ca", exit=2)
        self.assertIn(b"--revocation-ca", result.err)


if __name__ == "__main__":
    main()
