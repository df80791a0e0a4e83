"""What commands show of a ledger: heads that it lacks, files that it lacks, names of any script, and texts that other
hands put there."""

import contextlib
import sqlite3

from workbench import KEY, MTLSCTL, Workbench, main

HEX = "a" * 64


class LedgerView(Workbench):
    def setUp(self):
        super().setUp()
        self.make_ca()

    def sql(self, statement, *values):
        with contextlib.closing(sqlite3.connect(self.path("ca", "ca.db"))) as db:
            db.execute(statement, values)
            db.commit()

    def test_a_head_that_the_log_lacks_is_a_finding(self):
        for pin in (f"99:{HEX}", f"1:{HEX}"):
            report = self.mtlsctl("log", "verify", "--since", pin, "--json", exit=1).json
            self.assertEqual((report["found"], [one["flaw"] for one in report["findings"]]), (1, ["head_not_held"]))
            self.assertEqual(report["findings"][0]["entry"], int(pin.split(":")[0]))
            self.assertNotIn("accept-rollback", report["findings"][0]["hint"])
        self.assertEqual(self.mtlsctl("log", "verify", "--json").json["found"], 0)

    def test_the_log_of_a_ledger_that_was_rolled_back_says_so(self):
        self.assertEqual(self.mtlsctl("log", "show").err, b"")
        self.mtlsctl("store", "backup", "old.db")
        self.mtlsctl("client", "issue", *KEY)
        self.path("ca", "ca.db").write_bytes(self.read("old.db"))
        self.assertIn(b"or is older", self.mtlsctl("log", "show").err)
        self.mtlsctl("ca", "init", "--ca", "other", "--common-name", "o", *KEY)
        toml = self.path("ca", "ca.toml").read_text()
        ledger_id = [line for line in toml.splitlines() if line.startswith("ledger_id")][0].split('"')[1]
        self.path("ca", "ca.db").write_bytes(self.read("other", "ca.db"))
        self.sql("update meta set ledger_id = ?", ledger_id)
        self.mtlsctl("log", "show", exit=7)

    def test_one_is_one_and_several_are_several(self):
        self.assertRegex(self.mtlsctl("log", "verify").out, rb"^sound: \d+ entries, 1 certificate, head ")
        self.assertRegex(self.mtlsctl("store", "check").out, rb"^sound: ca/ca.db: 1 certificate, \d+ log entries\n")
        self.mtlsctl("client", "issue", *KEY)
        self.assertIn(b" 2 certificates, ", self.mtlsctl("log", "verify").out)
        self.mtlsctl("ca", "adopt", "ca/ca.crt", "ca/ca.key", "--ca", "new")
        self.mtlsctl("store", "import", "client.crt", "--ca", "new")
        with contextlib.closing(sqlite3.connect(self.path("new", "ca.db"))) as db:
            db.execute("delete from certificates where subject = 'CN=client'")
            db.commit()
        self.mtlsctl("store", "accept-loss", "--ca", "new")
        self.assertIn(b"note: the rows of 1 entry are gone", self.mtlsctl("log", "verify", "--ca", "new").out)
        for name in ("b", "c"):
            self.mtlsctl("client", "issue", *KEY, "--name", name, "--out-dir", "clients")
        self.mtlsctl("store", "import", "clients", "--ca", "new")
        with contextlib.closing(sqlite3.connect(self.path("new", "ca.db"))) as db:
            db.execute("delete from certificates where subject = 'CN=b'")
            db.commit()
        self.assertIn(b"error: 1 of the 2 rows that entry ", self.mtlsctl("log", "verify", "--ca", "new", exit=1).out)
        self.assertIn(b"recorded is gone ", self.mtlsctl("log", "verify", "--ca", "new", exit=1).out)
        self.assertRegex(self.mtlsctl("store", "accept-loss", "--ca", "new").out,
                         rb"1 lost, 1 left, which from here on counts as it stands now\n$")

    def test_the_files_of_a_directory_are_looked_up(self):
        for name in ("a", "b"):
            self.mtlsctl("client", "issue", "--name", name, "--out-dir", "clients/deep", *KEY)
        self.make_ca(directory="other")  # the same name, and no business of this ledger's
        self.path("clients", "other.pem").write_bytes(self.read("other", "ca.crt"))
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "o.key",
                     "-subj", "/CN=Elsewhere", "-out", "clients/elsewhere.pem")
        report = self.mtlsctl("store", "check", "--files", "clients", "--json", exit=1).json
        self.assertEqual(([one["file"] for one in report["unrecorded"]], report["unrecorded_found"]),
                         (["clients/other.pem"], 1))
        self.path("clients", "other.pem").unlink()
        report = self.mtlsctl("store", "check", "--files", "clients", "--files", "clients/deep/a.crt", "--json").json
        self.assertEqual((report["sound"], report["files"]), (True, 8))
        self.openssl("x509", "-req", "-in", "clients/deep/a.csr", "-CA", "ca/ca.crt", "-CAkey", "ca/ca.key",
                     "-set_serial", "5", "-out", "clients/deep/aside.crt")
        self.mtlsctl("store", "check", "--files", "clients", exit=1)
        self.path("clients", "deep", "aside.crt").write_bytes(b"-----BEGIN CERTIFICATE-----\nAAAA\n")
        broken = self.mtlsctl("store", "check", "--files", "clients", exit=1)
        self.assertIn(b"not looked at", broken.err)
        self.mtlsctl("store", "check", "--files", "absent", exit=6)

    def test_thousands_of_open_intents_are_counted_and_not_all_listed(self):
        self.mtlsctl("client", "issue", *KEY)
        with contextlib.closing(sqlite3.connect(self.path("ca", "ca.db"))) as db:
            columns = [row[1] for row in db.execute("pragma table_info(certificates)")]
            row = dict(zip(columns, db.execute("select * from certificates order by id desc").fetchone()))
            row.update(state="unknown", tbs="MAA=", certificate=None, fingerprint=None)
            for number in range(1500):
                row.update(id=100 + number, serial=f"7f{number:030x}")
                db.execute(f"insert into certificates ({','.join(columns)}) values ({','.join('?' * len(columns))})",
                           [row[name] for name in columns])
            db.commit()
        report = self.mtlsctl("store", "check", "--json", exit=1).json
        self.assertEqual((len(report["intents"]), report["intents_found"]), (1000, 1500))
        self.assertIn(b"  and 500 more\n", self.mtlsctl("store", "check", exit=1).out)

    def test_names_of_any_script_are_shown_and_found_as_they_are(self):
        name = "阿里 Zoë Ωμέγα"
        receipt = self.mtlsctl("client", "issue", "--name", "ali", "--common-name", name, *KEY)
        self.assertIn(f"CN={name}".encode(), receipt.out)
        for words in (["cert", "list"], ["cert", "show", f"CN={name}"], ["inspect", "ali.crt"], ["inspect", "ali.csr"],
                      ["verify", "ali.crt"], ["cert", "list", "--subject", "Ωμέ"],
                      ["store", "export", "--format", "csv"]):
            self.assertIn(f"CN={name}".encode(), self.mtlsctl(*words).out, words)
        for words in (["cert", "show", "CN=" + name], ["cert", "export", f"CN={name}"]):
            self.assertEqual(self.mtlsctl(*words, "--json").json["subject"], f"CN={name}")
        self.assertEqual(self.mtlsctl("verify", "ali.crt", "--json").json["certificate"]["subject"], f"CN={name}")
        # What was found by its escaped form still is.
        self.mtlsctl("cert", "show", "CN=" + "".join(f"\\{octet:02X}" if octet > 126 else chr(octet)
                                                   for octet in name.encode()))

    def test_what_other_hands_wrote_acts_on_no_terminal(self):
        self.mtlsctl("client", "issue", *KEY)
        evil = "CN=\x1b]0;x\x07\x1b[31m\u202e\u009b2J\nCN=forged \\E2\\80\\AE"
        for column in ("subject", "sans", "note", "actor", "host", "profile", "request_key", "profile_hash"):
            self.sql(f"update certificates set {column} = ? where id = 2", evil + ("\n" if column == "sans" else ""))
        serial = self.ledger_rows()[1][0]
        for words in (["cert", "list"], ["cert", "show", serial], ["store", "check"], ["log", "verify"], ["log", "show"],
                      ["store", "export", "--format", "csv"], ["store", "export", "--format", "json"],
                      ["cert", "export", serial, "--json"], ["store", "repair"]):
            for more in ([], ["--json"]):
                if more and ("--json" in words or "export" in words):
                    continue
                shown = self.run_any([MTLSCTL, *words, *more])
                self.assertRegex(shown.out + shown.err, rb"\A(?:[\x20-\x7e\n]|\r\n|[\xc3-\xf4][\x80-\xbf]+)*\Z", str(shown))
                for bad in ("\u202e", "\u009b", "\x1b", "\x07"):
                    self.assertNotIn(bad.encode(), shown.out + shown.err, str(shown))


if __name__ == "__main__":
    main()
