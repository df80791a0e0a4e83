"""What a ledger is made of, and what became of it (issue 4, points 6 and 8): a schema that other hands changed
is found, rows that are lost come back from files or are answered for, and ledgers of every earlier schema open,
migrate and verify."""

import base64
import json

from ledger_files import LedgerFiles
from ledger_vectors import old_ledger
from workbench import KEY, main


class LedgerSchema(LedgerFiles):
    def setUp(self):
        super().setUp()
        self.make_ca()
        self.mtlsctl("client", "issue", *KEY, "--name", "a", "--san", "dns:a.example", "--request-key", "r1")
        self.mtlsctl("client", "issue", *KEY, "--name", "b", "--actor", "ci")

    def test_a_schema_that_others_changed_is_found_and_indexes_are_made_again(self):
        serials = "create unique index certificates_issued_serial on certificates (issuer, serial)"
        sound = self.save()
        for sql, repaired in ((["drop index certificates_issued_serial"], 0),
                              (["drop index certificates_request_key"], 0),
                              (["drop index certificates_issued_serial", serials + " where origin = 'imported'"], 0),
                              (["create unique index mine on certificates (subject)"], 1),
                              (["create trigger quiet before update on certificates begin select raise(ignore); end"], 1),
                              (["pragma writable_schema=on", "update sqlite_master set sql = replace(sql, "
                                "'''issued'', ''revoked''', '''issued''') where name = 'certificates'"], 1)):
            self.put(sound)
            with self.database() as db:
                for one in sql:
                    db.execute(one)
            with self.subTest(sql=sql[0]):
                found = self.mtlsctl("store", "check", "--json", exit=1).json["findings"]
                self.assertEqual([one["flaw"] for one in found], ["schema"])
                self.mtlsctl("store", "repair", exit=repaired)
                self.mtlsctl("store", "check", exit=repaired)
        self.put(sound)
        with self.database() as db:  # what does no harm
            db.execute("create index mine on certificates (subject)")
            db.execute("create view v as select serial from certificates")
        self.mtlsctl("store", "check")

    def test_lost_rows_are_put_back_and_the_loss_is_answered_for(self):
        serial = self.certificate_serial("a.crt")
        self.change("delete from certificates where request_key = 'r1'")
        self.mtlsctl("store", "check", "--files", "a.crt", exit=1)
        repaired = self.mtlsctl("store", "repair", "--files", "a.crt", "--json", exit=1).json
        self.assertEqual((repaired["imported"], repaired["complete"]), (1, True))
        lost = [one for one in repaired["findings"] if one["flaw"] == "entry_without_row"]
        self.assertEqual([one["serial"] for one in lost], [serial, serial])  # its intent, its certificate
        self.assertIn("accept-loss", lost[0]["hint"])
        self.assertIn(b"CN=a", self.mtlsctl("cert", "list").out)
        accepted = self.mtlsctl("store", "accept-loss", "--actor", "alice", "--json").json["accepted"]
        self.assertEqual([(one["serial"], one["lost"], one["left"]) for one in accepted], [(serial, 1, 0)] * 2)
        self.assertEqual(self.mtlsctl("store", "check", "--json", "--files", "a.crt").json["accepted_losses"], 2)
        self.assertIn(b"nothing to accept", self.mtlsctl("store", "accept-loss").out)
        last = json.loads(self.mtlsctl("log", "show", "--last", "1", "--json").out)
        self.assertEqual((last["action"], last["actor"], last["serial"]), ("accept_loss", "alice", serial))
        # What was changed is not lost, and is never accepted; nor is the next loss.
        sound = self.save()
        self.change("update certificates set note = 'x' where subject = 'CN=b'")
        self.assertEqual(self.mtlsctl("store", "accept-loss", "--json", exit=7).json["error"]["code"], "ledger_damaged")
        self.put(sound)
        self.change("delete from certificates where subject = 'CN=b'")
        self.mtlsctl("log", "verify", exit=1)

    def test_a_version_that_was_lowered_is_found(self):
        for version in (b"2", b"3"):
            self.change(f"update meta set schema_version = {version.decode()}")
            self.assertIn(b"of a later schema than " + version, self.mtlsctl("store", "check", exit=1).out)

    def test_a_ledger_with_a_damaged_page_of_an_index_is_saved_by_a_copy(self):
        with self.database() as db:
            root, size = (db.execute(sql).fetchone()[0] for sql in (
                "select rootpage from sqlite_master where name = 'certificates_change'", "pragma page_size"))
        octets = bytearray(self.save())
        octets[(root - 1) * size] = 1  # no kind of page
        self.put(bytes(octets))
        self.assertIn("engine", [one["flaw"] for one in self.mtlsctl("store", "check", "--json", exit=1).json["findings"]])
        self.assertIn(b"store copy", self.mtlsctl("store", "repair", exit=7).err)
        self.mtlsctl("store", "copy", "--to", "sqlite:saved.db")
        self.put(self.read("saved.db"))
        self.mtlsctl("store", "check")
        self.mtlsctl("client", "issue", *KEY, "--name", "c")

    def test_what_the_log_revokes_is_refused_whatever_became_of_the_row(self):
        old_ledger(self, "old", "schema-2")
        self.mtlsctl("store", "migrate", "--ca", "old")
        with self.database("old") as db:
            der = db.execute("select certificate from certificates where serial = '2000' limit 1").fetchone()[0]
        self.path("revoked.crt").write_bytes(self.tool("openssl", "x509", "-inform", "DER",
                                                       stdin=base64.b64decode(der)).out)
        sound = self.save("old")
        for sql in ("update certificates set state = 'issued', revoked_time = null, standing_entry = null",
                    "delete from certificates", "select 1 from certificates"):
            self.put(sound, "old")
            with self.database("old") as db:
                db.execute(f"{sql} where serial = '2000'")
            # 1: of version 1 as well.
            self.assertIn(b"(revoked)", self.mtlsctl("verify", "revoked.crt", "--ca", "old", "--purpose", "any",
                                                     exit=1).out, sql)

    def test_a_restored_backup_that_lacks_a_row_is_gone_on_with(self):
        self.mtlsctl("store", "backup", "old.db")
        self.mtlsctl("client", "issue", *KEY, "--name", "c")
        self.put(self.read("old.db"))
        self.change("delete from certificates where subject = 'CN=b'")
        self.mtlsctl("store", "accept-loss", exit=7)
        self.mtlsctl("store", "accept-rollback")
        self.assertEqual(len(self.mtlsctl("store", "accept-loss", "--json").json["accepted"]), 2)
        self.mtlsctl("log", "verify")
        self.mtlsctl("client", "issue", *KEY, "--name", "d")

    def test_a_lost_ca_certificate_is_put_back_from_its_file(self):
        self.change("delete from ca_certificates")
        hint = self.mtlsctl("log", "verify", exit=1).out
        self.assertIn(b"'mtlsctl store repair --files'", hint)
        self.mtlsctl("store", "repair", "--files", "ca/ca.crt")
        self.mtlsctl("store", "check")

    def test_an_emptied_ledger_of_schema_2_is_no_new_one(self):
        old_ledger(self, "old", "schema-2")
        with self.database("old") as db:
            for table in ("log_entries", "log_heads", "ca_certificates", "certificates", "issuers"):
                db.execute(f"delete from {table}")
        self.path("old", "ledger.head").unlink()
        for command in (["store", "repair"], ["store", "accept-loss"], ["cert", "list"]):
            refused = self.mtlsctl(*command, "--ca", "old", "--json", exit=7)
            self.assertEqual(refused.json["error"]["code"], "ledger_mismatch", command)

    def test_a_revoked_certificate_comes_back_as_revoked(self):
        old_ledger(self, "old", "schema-2")
        self.mtlsctl("store", "migrate", "--ca", "old")
        with self.database("old") as db:
            der, serial, fingerprint = db.execute(
                "select certificate, serial, fingerprint from certificates where state = 'revoked' and "
                "origin = 'issued' limit 1").fetchone()
            db.execute("delete from certificates where serial = ?", (serial,))
        self.path("lost.crt").write_bytes(self.tool("openssl", "x509", "-inform", "DER",
                                                    stdin=base64.b64decode(der)).out)
        for command in (["store", "import", "lost.crt", "--dry-run"], ["store", "import", "lost.crt"]):
            report = self.mtlsctl(*command, "--ca", "old", "--json").json
            self.assertEqual((report["imported"], report["revoked"]), (1, 1), command)
            self.assertIn("revoked_in_log", [one["finding"] for one in report["findings"]])
        shown = self.mtlsctl("cert", "show", fingerprint, "--ca", "old", "--json").json
        self.assertEqual((shown["state"], shown["origin"]), ("revoked", "imported"))
        self.mtlsctl("store", "accept-loss", "--ca", "old")
        self.mtlsctl("store", "check", "--ca", "old")

    def test_a_ledger_of_schema_1_opens_migrates_and_verifies(self):
        old_ledger(self, "old")
        with self.database("old") as db:
            before = db.execute("select serial, state, certificate from certificates order by id").fetchall()
        self.assertEqual(len(before), 8 + 2)
        read = self.mtlsctl("cert", "list", "--ca", "old", "--json", exit=7)
        self.assertEqual(read.json["error"]["code"], "ledger_mismatch")
        self.mtlsctl("store", "migrate", "--ca", "old", "--actor", "alice")
        with self.database("old") as db:
            self.assertEqual(
                db.execute("select serial, state, certificate from certificates order by id").fetchall(), before)
        self.assertEqual(len(self.mtlsctl("cert", "list", "--ca", "old").out.splitlines()), len(before))
        self.mtlsctl("log", "verify", "--ca", "old")
        self.mtlsctl("store", "check", "--ca", "old")
        first = json.loads(self.mtlsctl("log", "show", "--ca", "old", "--json").out.splitlines()[0])
        self.assertEqual((first["action"], first["actor"]), ("migration", "alice"))
        self.mtlsctl("store", "migrate", "--ca", "old")

    def test_a_ledger_of_schema_2_can_be_read_and_is_migrated(self):
        old_ledger(self, "old", "schema-2")
        with self.database("old") as db:
            before = db.execute("select serial, state, certificate, note from certificates order by id").fetchall()
        for command in (["cert", "list"], ["log", "verify"], ["store", "check"]):
            self.mtlsctl(*command, "--ca", "old")
        with self.database("old") as db:
            self.assertEqual(db.execute("select schema_version from meta").fetchone()[0], 2, "reading migrated")
        self.mtlsctl("store", "migrate", "--ca", "old", "--actor", "alice")
        with self.database("old") as db:
            self.assertEqual(
                db.execute("select serial, state, certificate, note from certificates order by id").fetchall(), before)
        self.mtlsctl("log", "verify", "--ca", "old")
        self.mtlsctl("store", "check", "--ca", "old")
        steps = [json.loads(line) for line in
                 self.mtlsctl("log", "show", "--ca", "old", "--last", "2", "--json").out.splitlines()]
        self.assertEqual([(one["action"], one["actor"], one["count"], one["note"]) for one in steps],
                         [("migration", "alice", 2, "schema 2 to 3"), ("migration", "alice", 0, "schema 3 to 4")])
        # Two imported ones share a serial: their revocations are not to be exchanged, before the
        # migration's entry or after it.
        self.change_of("old", "update certificates set (note, revoked_time, changed_time, standing_entry) = (select "
                       "note, revoked_time, changed_time, standing_entry from certificates o where o.serial = "
                       "certificates.serial and o.id <> certificates.id and o.origin = 'imported') "
                       "where serial = '2000'")
        self.mtlsctl("log", "verify", "--ca", "old", exit=1)


if __name__ == "__main__":
    main()
