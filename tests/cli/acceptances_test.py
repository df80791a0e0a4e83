"""Somebody answers for what the ledger cannot explain (issue 4): a rollback only where the log holds, a time in
the future once, by its serial or by its entry, and for this CA's log alone."""

import json
import os
import pathlib
import shutil

from ledger_files import IssuedLedger
from workbench import KEY, main

DOCUMENTATION = pathlib.Path(__file__).resolve().parent.parent.parent / "docs" / "ledger.md"
AHEAD = ["faketime", "-f", "+400d", os.environ["MTLSCTL"]]


class Acceptances(IssuedLedger):
    def accept_clock(self, *which, exit=0):
        return self.mtlsctl("store", "accept-clock", *which, "--json", exit=exit).json

    def assert_ahead(self, hint, name="now"):
        refused = self.issue(name, "--json", exit=7).json["error"]
        self.assertEqual(refused["code"], "clock")
        self.assertIn(hint, refused["hint"])

    # --- accept-rollback ------------------------------------------------------------------------------

    def roll_back_broken(self):
        """An older state of the ledger, one of whose rows was changed besides."""
        self.mtlsctl("store", "backup", "old.db")
        self.issue("b")
        self.put(self.read("old.db"))
        self.change("update certificates set state = 'revoked', revoked_time = changed_time "
                    "where subject = 'CN=a'")

    def test_a_broken_log_is_not_accepted(self):
        self.roll_back_broken()
        before, head = self.entries(), self.read("ca", "ledger.head")
        refused = self.mtlsctl("store", "accept-rollback", "--json", exit=7).json["error"]
        self.assertEqual(refused["code"], "ledger_damaged")
        self.assertIn("row_altered", refused["message"])
        self.assertEqual((self.entries(), self.read("ca", "ledger.head")), (before, head))
        self.issue("x", exit=7)

    def test_without_a_sound_backup_a_new_ledger_is_begun_as_the_documentation_says(self):
        self.roll_back_broken()
        self.assertIn("## When there is no sound backup", DOCUMENTATION.read_text())
        shutil.copytree(self.path("ca"), self.path("copy"), ignore=shutil.ignore_patterns("ledger.head"))
        self.mtlsctl("store", "export", "--format", "openssl-index", "--ca", "copy", "-o", "index.txt")
        self.assertIn(b"R\t", self.read("index.txt"))  # what was changed is for whoever knows better
        self.path("index.txt").unlink()
        self.mtlsctl("ca", "adopt", "ca/ca.crt", "ca/ca.key", "--ca", "new")
        self.mtlsctl("store", "import", ".", "--ca", "new")
        self.mtlsctl("log", "verify", "--ca", "new")
        self.mtlsctl("store", "check", "--ca", "new", "--files", "a.crt", "--files", "b.crt")
        self.issue("c", ca="new")
        self.openssl("verify", "-CAfile", "ca/ca.crt", "a.crt", "b.crt", "c.crt")

    # --- accept-clock ---------------------------------------------------------------------------------

    def test_a_time_is_answered_for_once(self):
        serial = json.loads(self.tool(*AHEAD, "client", "issue", *KEY, "--name", "ahead", "--json").out)["serial"]
        self.assert_ahead(f"--serial {serial}")
        first = self.accept_clock("--serial", serial)
        self.assertEqual((first["accepted"], first["already_accepted"]), (True, False))
        entries = self.entries()
        again = self.accept_clock("--serial", serial)
        self.assertEqual((again["accepted"], again["already_accepted"]), (False, True))
        self.assertEqual(self.entries(), entries)
        self.assertIn(b"already accepted", self.mtlsctl("store", "accept-clock", "--serial", serial).out)
        self.issue("now")

    def test_an_entry_about_no_certificate_is_seen_named_and_answered_for(self):
        self.path("ca", "ledger.head").write_bytes(b"damaged")
        self.tool(*AHEAD, "store", "accept-rollback")
        seq = self.entries()[-1][0]
        self.assert_ahead(f"--entry {seq}")
        self.mtlsctl("store", "accept-clock", "--entry", str(seq + 1), exit=6)
        self.mtlsctl("store", "accept-clock", "--entry", str(seq), "--serial", "01", exit=2)
        self.assertFalse(self.accept_clock("--entry", "1")["accepted"])
        self.assertTrue(self.accept_clock("--entry", str(seq))["accepted"])
        self.assertTrue(self.accept_clock("--entry", str(seq))["already_accepted"])
        self.issue("now")
        self.mtlsctl("log", "verify")
        # The acceptance commits to the very entry.
        with self.database() as db:
            entry, content = (db.execute(f"select {column} from log_entries where {which}").fetchone()[0]
                              for column, which in (("hash", f"seq = {seq}"), ("content", f"seq = {seq + 1}")))
        self.assertEqual(entry, content)

    def test_an_import_under_a_wrong_clock_is_answered_for_at_once(self):
        self.mtlsctl("ca", "adopt", "ca/ca.crt", "ca/ca.key", "--ca", "new")
        self.issue("b")
        # What one batch says is one answer, also where an entry about one certificate comes behind it.
        self.path("pki").mkdir()
        self.path("pki", "revoked").mkdir()
        for name, place in (("a", "."), ("b", "."), ("c", "revoked")):
            if name == "c":
                self.issue("c")
            shutil.copy(self.path(f"{name}.crt"), self.path("pki", place, f"{name}.crt"))
        self.run_any([*AHEAD, "store", "import", "pki", "--ca", "new"])
        refused = self.issue("now", "--json", ca="new", exit=7).json["error"]
        flag, which = refused["hint"].split("accept-clock ")[1].split("'")[0].split()
        self.assertEqual(flag, "--entry")
        self.mtlsctl("store", "accept-clock", flag, which, "--ca", "new")
        self.issue("now", ca="new")

    def test_an_acceptance_under_a_wrong_clock_is_seen_itself(self):
        serial = json.loads(self.tool(*AHEAD, "client", "issue", *KEY, "--name", "ahead", "--json").out)["serial"]
        self.tool("faketime", "-f", "+300d", os.environ["MTLSCTL"], "store", "accept-clock", "--serial", serial)
        self.assert_ahead(f"--entry {self.entries()[-1][0]}")

    def test_no_head_is_signed_while_the_ledger_is_ahead(self):
        self.mtlsctl("log", "head", "--sign")
        self.tool(*AHEAD, "client", "issue", *KEY, "--name", "ahead")
        self.mtlsctl("log", "head")
        refused = self.mtlsctl("log", "head", "--sign", "--json", exit=7)
        self.assertEqual(refused.json["error"]["code"], "clock")

    def test_another_ca_of_the_same_ledger_goes_on(self):
        self.make_ca(directory="other")
        settings = self.read("other", "ca.toml").decode().replace(self.ledger_id("other"), self.ledger_id())
        self.path("other", "ca.toml").write_text(settings)
        for name in ("ca.db", "ledger.head"):
            self.path("other", name).unlink()
        shared = ["--store", f"sqlite:{self.path('ca', 'ca.db')}"]
        self.mtlsctl("store", "import", "other/ca.crt", "--ca", "other", *shared)
        ahead = self.tool(*AHEAD, "client", "issue", *KEY, "--name", "ahead", "--json")
        self.issue("b", *shared, ca="other")
        self.assert_ahead("--serial")
        # Nor does one CA answer for another's.
        self.mtlsctl("store", "accept-clock", "--serial", json.loads(ahead.out)["serial"], "--ca", "other", *shared,
                     exit=6)


if __name__ == "__main__":
    main()
