"""A CA is adopted into a ledger in PostgreSQL, and what it issued taken in, as into one of SQLite's."""

import json

import postgresql
from openssl_ca import OpensslCa
from workbench import KEY, Workbench, main


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


if __name__ == "__main__":
    main()
