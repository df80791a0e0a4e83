"""A CA is adopted into a ledger in PostgreSQL, and what it issued taken in, as into one of SQLite's."""

import json
import shutil
import time

import postgresql
from openssl_ca import OpensslCa
from workbench import KEY, MTLSCTL, Workbench, main


class ImportIntoPostgresql(Workbench):
    @classmethod
    def setUpClass(cls):
        cls.server = postgresql.Server()
        cls.addClassCleanup(cls.server.close)

    def test_a_ca_of_openssl_is_adopted_and_taken_in(self):
        url = self.server.make_database("adopted")
        old = OpensslCa(self, "old")
        for name in ("alice", "bob"):
            old.issue(name)
        old.issue_aside("twin", "1")
        old.revoke("bob", "superseded")
        self.mtlsctl("ca", "adopt", old.dir / "cacert.pem", old.dir / "cakey.pem", "--store", url, "--reissue")
        first = self.mtlsctl("store", "import", "old", "--json", exit=1).json
        self.assertEqual((first["imported"], first["revoked"], first["already_there"]), (3, 1, 1))
        self.assertEqual([one["finding"] for one in first["findings"]], ["repeated_serial"])
        again = self.mtlsctl("store", "import", "old", "--json", exit=1).json
        self.assertEqual((again["imported"], again["already_there"]), (0, 4))
        self.mtlsctl("client", "issue", *KEY)
        rows = [json.loads(line) for line in self.mtlsctl("store", "export", "--format", "json").out.splitlines()]
        self.assertEqual(sorted(row["origin"] for row in rows), ["imported"] * 4 + ["issued"] * 2)
        index = self.mtlsctl("store", "export", "--format", "openssl-index").out.decode()
        self.assertIn("superseded\t02\t", index)
        # The same rows once more in a file, and the log with them.
        self.mtlsctl("store", "copy", "--to", "sqlite:copy.db")
        self.assertEqual(self.mtlsctl("store", "export", "--format", "json", "--store", "sqlite:copy.db").out,
                         self.mtlsctl("store", "export", "--format", "json").out)

    def test_a_revocation_that_is_taken_in_later_bears_the_servers_time(self):
        """Whatever the clock of the machine says that takes it in, and of the one that revoked."""
        database = "revoked"
        url = self.server.make_database(database)
        old = OpensslCa(self, "old")
        for name in ("said", "ahead", "placed", "new"):
            old.issue(name)
        self.mtlsctl("ca", "adopt", old.dir / "cacert.pem", old.dir / "cakey.pem", "--store", url)
        self.path("first").mkdir()
        for name in ("said", "ahead", "placed"):
            self.path("first", f"{name}.crt").write_bytes((old.dir / f"{name}.crt").read_bytes())
        self.assertEqual(self.mtlsctl("store", "import", "first", "--json").json["imported"], 3)
        old.revoke("said")
        self.tool("faketime", "-f", "+150s", "openssl", "ca", "-config", "openssl.cnf", "-revoke", "ahead.crt", cwd=old.dir)
        shutil.copytree(old.dir, self.path("later"))
        self.path("later", "revoked").mkdir()
        # No line of the index says of these what the place does.
        index = self.path("later", "index.txt")
        index.write_text("".join(line for line in index.read_text().splitlines(keepends=True)
                                 if "CN=placed" not in line and "CN=new" not in line))
        for path in [*self.path("later").glob("placed.crt"), *self.path("later").glob("new.crt")]:
            path.rename(self.path("later", "revoked", path.name))
        shutil.rmtree(self.path("later", "newcerts"))
        before = time.time()
        self.tool("faketime", "-f", "+200s", MTLSCTL, "store", "import", "later", "--json", exit=None)
        after = time.time()
        rows = [row.split("|") for row in self.server.sql(
            "SELECT subject, revoked_time, changed_time, (SELECT time FROM mtlsctl.log_entries e WHERE e.issuer = "
            "c.issuer AND e.seq = c.standing_entry) FROM mtlsctl.certificates c WHERE state = 'revoked'", database)]
        times = {subject.removeprefix("CN="): list(map(int, found)) for subject, *found in rows}
        self.assertEqual(set(times), {"said", "ahead", "placed", "new"})
        for name, (revoked, changed, logged) in times.items():
            with self.subTest(name=name):
                self.assertTrue(before - 60 <= revoked <= after + 5, (before, revoked))
                self.assertTrue(before - 5 <= changed <= after + 5, (before, changed))
                self.assertTrue(before - 5 <= logged <= after + 5, (before, logged))
        self.mtlsctl("log", "verify")
        self.mtlsctl("store", "check")


if __name__ == "__main__":
    main()
