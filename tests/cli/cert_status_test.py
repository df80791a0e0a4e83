"""What a certificate is now (status), what replaces it, and which of several with one subject is shown. openssl judges
what is exported; sqlite3 turns the clock of a row, since no test waits for an expiry."""

import contextlib
import csv
import io
import json
import shlex
import sqlite3

from importing import ImportCase
from openssl_ca import OpensslCa
from workbench import KEY, MTLSCTL, main


class Status(ImportCase):
    def setUp(self):
        super().setUp()
        self.old = OpensslCa(self, "old")
        for name in ("alice", "bob", "held"):
            self.old.issue(name)
        self.old.issue("past", "-startdate", "20200101000000Z", "-enddate", "20210101000000Z")
        self.old.issue("future", "-startdate", "20980101000000Z", "-enddate", "20990101000000Z")
        self.old.revoke("bob", "keyCompromise")
        self.old.revoke("held", "certificateHold")
        self.adopt(self.old)
        self.take("old")

    def listed(self, *more, **how):
        out = self.mtlsctl("cert", "list", "--json", *more, **how).out
        return [json.loads(line) for line in out.splitlines()]

    def issue(self, *more, name="client"):
        return self.mtlsctl("client", "issue", *KEY, "--name", name, "--common-name", name, "--json", *more).json["serial"]

    def replace(self, *more, name="client"):
        return self.issue("--force", "--force-key", *more, name=name)

    def test_status_is_what_a_certificate_is_now_and_state_what_is_recorded(self):
        by_name = {one["subject"]: one for one in self.listed() if "root" not in one["subject"]}
        self.assertEqual({name: (one["state"], one["status"]) for name, one in by_name.items()},
                         {"CN=alice": ("issued", "valid"), "CN=bob": ("revoked", "revoked"),
                          "CN=held": ("revoked", "on_hold"), "CN=past": ("issued", "expired"),
                          "CN=future": ("issued", "not_yet_valid")})
        self.assertEqual(by_name["CN=bob"]["revocation_reason"], "keyCompromise")
        self.assertIsNone(by_name["CN=alice"]["revocation_reason"])
        text = self.mtlsctl("cert", "list").out.decode()
        self.assertRegex(text, r"(?m)^04 +expired +2021-01-01T00:00:00Z .*CN=past$")
        self.assertRegex(text, r"(?m)^05 +not_yet_valid +2099-01-01T00:00:00Z .*CN=future$")

    def test_a_list_can_be_narrowed_by_status(self):
        for status, names in (("expired", ["CN=past"]), ("on_hold", ["CN=held"]), ("revoked", ["CN=bob"]),
                              ("not_yet_valid", ["CN=future"]), ("valid", ["CN=alice", "CN=Old root,O=alibaba,C=cn"]), ("pending", [])):
            with self.subTest(status):
                self.assertEqual([one["subject"] for one in self.listed("--status", status)], names)
        self.assertEqual(len(self.listed("--status", "valid", "--limit", "1")), 1)
        self.mtlsctl("cert", "list", "--status", "vaild", exit=2)

    def test_what_replaces_what_is_shown_everywhere(self):
        first, second = self.issue(), self.replace()
        by_serial = {one["serial"]: one for one in self.listed()}
        self.assertEqual((by_serial[first]["replaces"], by_serial[first]["replaced_by"]), (None, [second]))
        self.assertEqual((by_serial[second]["replaces"], by_serial[second]["replaced_by"]), (first, []))
        text = self.mtlsctl("cert", "list").out.decode()
        self.assertRegex(text, rf"(?m)^{first} .*CN=client  \(replaced by {second}\)$")
        self.assertRegex(text, rf"(?m)^{second} .*CN=client$")
        self.assertRegex(self.mtlsctl("cert", "show", second).out.decode(), rf"(?m)^  replaces +{first}$")
        self.assertRegex(self.mtlsctl("cert", "show", first).out.decode(), rf"(?m)^  replaced by +{second}$")
        rows = csv.DictReader(io.StringIO(self.mtlsctl("store", "export", "--format", "csv").out.decode(), newline=""))
        rows = {row["serial"]: row for row in rows}
        self.assertEqual((rows[first]["replaced_by"], rows[second]["replaces"], rows[second]["status"]),
                         (second, first, "valid"))
        out = self.mtlsctl("store", "export", "--format", "json").out
        rows = {row["serial"]: row for row in map(json.loads, out.splitlines())}
        self.assertEqual((rows[first]["replaced_by"], rows[second]["replaces"]), ([second], first))

    def test_a_renewed_certificate_is_not_due(self):
        self.issue("--days", "10")
        due = ("--expires-in", "30d")
        self.assertEqual([one["subject"] for one in self.listed(*due)], ["CN=client"])
        self.replace("--days", "300")
        self.assertEqual(self.listed(*due), [])

    def test_a_certificate_whose_replacement_is_not_valid_is_still_due(self):
        first = self.issue("--days", "10")
        second = self.replace("--days", "300")
        self.execute("update certificates set state = 'revoked', revoked_time = issued_time where serial = ?", second)
        self.assertEqual([one["serial"] for one in self.listed("--expires-in", "30d")], [first])
        self.undo("update certificates set state = 'issued', revoked_time = null where serial = ?", second)

    def test_what_is_revoked_is_not_due(self):
        due = [one["subject"] for one in self.listed("--expires-in", "400d")]
        self.assertEqual(due, ["CN=alice"])

    def test_a_name_means_the_current_certificate(self):
        self.issue()
        second = self.replace()
        shown = self.mtlsctl("cert", "show", "CN=client", "--json")
        self.assertEqual((shown.json["serial"], shown.json["others"]), (second, 1))
        note = shown.err.decode()
        self.assertIn("mtlsctl: note: another certificate has the same subject; list both with: mtlsctl cert list", note)
        command = shlex.split(note.strip().partition("with: ")[2])
        listed = self.run_any([MTLSCTL, *command[1:]])
        self.assertEqual(len(listed.out.splitlines()), 2, str(listed))
        self.assertEqual(self.mtlsctl("cert", "export", "CN=client").out, self.read("client.crt"))
        self.assertEqual(self.mtlsctl("cert", "export", "client").out, self.read("client.crt"))  # as a part of it
        self.assertEqual(self.mtlsctl("cert", "show", "CN=client", "-q").err, b"")

    def test_a_name_of_certificates_of_several_subjects_stays_ambiguous(self):
        failed = self.mtlsctl("cert", "show", "CN=", exit=6)
        self.assertIn(b"several certificates", failed.err)

    def test_the_revoked_one_gives_way_to_an_older_valid_one(self):
        first = self.issue()
        second = self.replace()
        self.execute("update certificates set state = 'revoked', revoked_time = issued_time where serial = ?", second)
        self.assertEqual(self.mtlsctl("cert", "show", "CN=client", "--json").json["serial"], first)
        self.undo("update certificates set state = 'issued', revoked_time = null where serial = ?", second)

    def execute(self, sql, *values):
        with contextlib.closing(sqlite3.connect(self.path("ca", "ca.db"))) as db, db:
            self.assertEqual(db.execute(sql, values).rowcount, 1)

    undo = execute  # so that the ledger is sound at the end


if __name__ == "__main__":
    main()
