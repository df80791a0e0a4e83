"""The ledger as evidence (issue 4, points 6 to 8): whatever is changed, removed or added by other hands
is found; a ledger that was rolled back, swapped, emptied or is another's is refused; a wrong clock is too. The changes are made by sqlite3, the signature is checked by openssl,
the hash chain is computed again here by hashlib."""

import base64
import functools
import hashlib
import json
import os
import re
import shutil
import sqlite3
import struct
import time

from crl import make_crl
from ledger_files import LedgerFiles
from ledger_vectors import VECTORS
from workbench import KEY, main


def field(octets):
    return struct.pack(">q", len(octets)) + octets


def number(value):
    return field(struct.pack(">q", value))


def text(value):
    return field(value.encode())


class LedgerLog(LedgerFiles):
    def setUp(self):
        super().setUp()
        self.make_ca()
        self.mtlsctl("client", "issue", *KEY, "--name", "a", "--san", "dns:a.example", "--request-key", "r1")
        self.mtlsctl("client", "issue", *KEY, "--name", "b", "--actor", "ci")

    def assert_found(self, what):
        """Found by the log's verification or by the check, and by no answer that all is well."""
        codes = [self.run_any([os.environ["MTLSCTL"], *words]).code
                 for words in (["log", "verify"], ["store", "check"])]
        self.assertTrue(set(codes) <= {0, 1, 7} and any(codes), f"{what}: exit {codes}")

    # --- point 6 ---------------------------------------------------------------------------------

    def revoke_without_certificate(self):
        """A CRL lists a serial that the ledger has no certificate for."""
        self.openssl("req", "-x509", "-newkey", "ed25519", "-nodes", "-keyout", "gone.key", "-out", "gone.crt", "-subj",
                     "/CN=gone", "-days", "9")
        self.mtlsctl("store", "import", make_crl(self, "ca", "gone.crl", ["gone.crt"]))

    def test_every_value_that_is_changed_is_found(self):
        self.revoke_without_certificate()
        self.mtlsctl("log", "verify")
        self.mtlsctl("store", "check")
        sound = self.save()
        shutil.copytree(self.path("ca"), self.path("twin"))
        with self.database() as db:
            tables = [row[0] for row in db.execute("select name from sqlite_master where type='table'")]
            columns = {table: [(row[1], row[2]) for row in db.execute(f"pragma table_info({table})")]
                       for table in tables}
        self.assertEqual(sorted(tables), ["ca_certificates", "certificates", "issuers", "log_entries",
                                          "log_heads", "meta", "revocations"])
        for table in tables:
            for column, kind in columns[table]:
                if (table, column) == ("certificates", "id"):
                    continue  # the engine's own number of a row: nothing refers to it
                for row in ("min", "max"):
                    self.put(sound)
                    with self.database() as db:
                        rowid, before = db.execute(
                            f"select rowid, {column} from {table} where rowid = "
                            f"(select {row}(rowid) from {table})").fetchone()
                        standing = [one[0] for one in db.execute(
                            f"select distinct {column} from {table} where {column} is not ? limit 1", (before,))]
                    for changed in standing + self.others(kind, column, before):
                        self.put(sound)
                        with self.subTest(table=table, column=column, row=row, before=before, changed=changed):
                            try:
                                self.change(f"update {table} set {column} = ? where rowid = ?", changed, rowid)
                            except sqlite3.IntegrityError:
                                continue  # the value is another row's, and the engine holds it unique
                            self.assert_found(f"{table}.{column}")

    def others(self, kind, column, before):
        """Values that are not `before`: one that is near to it, and those that could stand there as well."""
        if "int" in kind:
            return [7 if before is None else before + 1000]
        near = [self.alter(before) if before else "00"]
        could = {"state": ["intent", "issued", "revoked", "unknown", "burnt"], "origin": ["issued", "imported"],
                 "action": ["issue", "revoke", "migration", "accept_loss"],
                 "certificate": [self.strange_certificate], "tbs": ["MAA="], "note": ["entry 1: 1 lost, 0 left"]}
        return near + [one for one in could.get(column, []) if one != before]

    @functools.cached_property
    def strange_certificate(self):
        """One that this CA did sign, and that no row has."""
        self.mtlsctl("client", "issue", *KEY, "--name", "strange", "--ca", self.path("twin"))
        return base64.b64encode(self.openssl("x509", "-in", "strange.crt", "-outform", "DER").out).decode()

    @staticmethod
    def alter(value):
        """The same text with its last letter or digit another one."""
        for at in range(len(value) - 1, -1, -1):
            if value[at].isalnum():
                return value[:at] + ("1" if value[at] == "0" else "0") + value[at + 1:]
        return value + "x"

    def test_texts_that_differ_only_in_case_are_found(self):
        sound = self.save()
        for table, column in (("certificates", "serial"), ("certificates", "fingerprint"),
                              ("log_entries", "hash"), ("log_entries", "content"), ("issuers", "spki_hash")):
            self.put(sound)
            self.change(f"update {table} set {column} = upper({column}) where {column} <> upper({column})")
            with self.subTest(column=column):
                self.assert_found(column)

    def test_every_row_that_is_removed_or_repeated_is_found(self):
        self.revoke_without_certificate()
        sound = self.save()
        for table in ("certificates", "ca_certificates", "log_entries", "log_heads", "issuers", "revocations"):
            with self.database() as db:
                rows = [row[0] for row in db.execute(f"select rowid from {table}")]
            for row in rows:
                self.put(sound)
                with self.subTest(table=table, removed=row):
                    self.change(f"delete from {table} where rowid = ?", row)
                    self.assert_found(f"{table} {row}")
        self.put(sound)
        with self.database() as db:
            db.execute("drop index certificates_issued_serial")
            db.execute("drop index certificates_request_key")
            db.execute("create table copy as select * from certificates where request_key = 'r1'")
            db.execute("update copy set id = 99")
            db.execute("insert into certificates select * from copy")
            db.execute("drop table copy")
        self.assertEqual(self.mtlsctl("store", "check", exit=1).out.count(b"duplicate_serial"), 1)

    def test_a_damaged_index_is_found_and_rebuilt_and_lost_rows_are_put_back(self):
        with self.database() as db:
            root, size = (db.execute(sql).fetchone()[0] for sql in (
                "select rootpage from sqlite_master where name = 'certificates_key'", "pragma page_size"))
            key = db.execute("select spki_hash from certificates where request_key = 'r1'").fetchone()[0]
        octets = bytearray(self.save())
        at = octets.index(key.encode(), (root - 1) * size, root * size)
        octets[at:at + 4] = b"zzzz"
        self.put(bytes(octets))
        found = self.mtlsctl("store", "check", "--json", exit=1).json["findings"]
        self.assertIn("engine", [one["flaw"] for one in found])
        self.mtlsctl("store", "repair")
        self.mtlsctl("store", "check")

    def test_two_states_that_were_swapped_are_found(self):
        self.change("update certificates set state = 'revoked', revoked_time = changed_time "
                    "where request_key = 'r1'")
        found = self.mtlsctl("log", "verify", "--json", exit=1).json
        self.assertEqual([one["flaw"] for one in found["findings"]], ["row_altered"])

    def test_an_end_that_was_cut_off_is_found_by_what_was_kept(self):
        pinned = self.mtlsctl("log", "head").out.decode().strip()
        early = self.save()
        self.mtlsctl("client", "issue", *KEY, "--name", "c")
        late = self.mtlsctl("log", "head").out.decode().strip()
        self.mtlsctl("log", "verify", "--since", pinned)
        self.mtlsctl("log", "verify", "--since", late)
        self.mtlsctl("log", "verify", "--since", pinned[:-1] + ("0" if pinned[-1] != "0" else "1"), exit=1)
        self.put(early)
        self.mtlsctl("log", "verify", exit=1)
        # ledger.head removed as well: only the head that was kept elsewhere tells.
        self.path("ca", "ledger.head").unlink()
        self.mtlsctl("log", "verify")
        self.mtlsctl("log", "verify", "--since", late, exit=1)

    def assert_refused(self, code, verify=7):
        before = self.save()
        for words in (["client", "issue", *KEY, "--name", "x"], ["cert", "list"],
                      ["ca", "init", "--ca", "sub", "--parent", "ca", "--common-name", "sub", *KEY]):
            result = self.mtlsctl(*words, "--json", exit=7)
            self.assertEqual(result.json["error"]["code"], code, str(result))
        self.mtlsctl("verify", "--ca", "ca", "a.crt", exit=verify)
        self.assertFalse(self.path("x.crt").exists())
        self.assertEqual(self.save(), before)

    def test_a_ledger_that_was_rolled_back_is_refused_until_somebody_answers_for_it(self):
        self.mtlsctl("store", "backup", "old.db")
        self.mtlsctl("client", "issue", *KEY, "--name", "c")
        self.put(self.read("old.db"))
        self.assert_refused("ledger_rolled_back")
        self.assertTrue(self.mtlsctl("store", "check", "--json", exit=1).json["rolled_back"])
        self.mtlsctl("store", "accept-rollback", "--actor", "alice")
        self.mtlsctl("store", "check")
        self.mtlsctl("store", "check", "--files", "a.crt")
        self.mtlsctl("store", "check", "--files", "c.crt", exit=1)
        self.mtlsctl("client", "issue", *KEY, "--name", "d")
        entries = [json.loads(line) for line in self.mtlsctl("log", "show", "--json").out.splitlines()]
        accepted = [one for one in entries if one["action"] == "accept_rollback"]
        self.assertEqual([one["actor"] for one in accepted], ["alice"])
        self.assertFalse(self.mtlsctl("store", "accept-rollback", "--json").json["accepted"])

    def test_no_door_goes_round_the_head_that_was_seen(self):
        self.mtlsctl("store", "backup", "old.db")
        self.mtlsctl("client", "issue", *KEY, "--name", "c")
        seen = self.read("ca", "ledger.head")
        self.put(self.read("old.db"))
        self.mtlsctl("ca", "init", "--common-name", "Test root", *KEY, "--if-missing", exit=7)
        self.assertEqual(self.read("ca", "ledger.head"), seen)

    def test_nothing_is_built_upon_a_head_that_is_no_entry(self):
        sound = self.save()
        for sql in ("update log_heads set seq = 3000", "update log_heads set seq = 9223372036854775807",
                    "update log_heads set seq = -1", "update log_heads set seq = 0",
                    "update log_heads set hash = (select hash from log_entries where seq = 2)",
                    "update log_heads set seq = 2"):
            self.put(sound)
            self.change(sql)
            before = self.read("ca", "ledger.head")
            with self.subTest(sql=sql):
                self.mtlsctl("log", "head", exit=7)
                self.mtlsctl("log", "head", "--sign", exit=7)
                self.mtlsctl("client", "issue", *KEY, "--name", "x", exit=7)
                self.assertFalse(self.path("x.crt").exists())
                self.assertEqual(self.read("ca", "ledger.head"), before)

    def test_rows_that_no_log_speaks_of_are_found(self):
        for sql in ("insert into certificates select 77, 99, serial, 'issued', origin, tbs, null, profile, "
                    "profile_hash, subject, sans, not_before, not_after, fingerprint, spki_hash, certificate, "
                    "crl_part, replaces, actor, host, pid, session, note, intent_time, issued_time, revoked_time, "
                    "changed_time, intent_entry, issue_entry, standing_entry from certificates limit 1",
                    "insert into log_heads values (99, 0, '00')"):
            sound = self.save()
            self.change(sql)
            self.assertIn(b"foreign_issuer", self.mtlsctl("store", "check", exit=1).out)
            self.put(sound)
        self.change("update certificates set tbs = 'MAA=' where request_key = 'r1'")
        self.mtlsctl("log", "verify", exit=1)

    def test_a_swapped_ledger_is_refused(self):
        self.make_ca(directory="other")
        self.put(self.read("other", "ca.db"))
        self.assert_refused("ledger_mismatch")

    def test_a_ledger_of_this_id_without_this_ca_is_refused(self):
        self.make_ca(directory="other")
        with self.database() as db:
            ledger_id = db.execute("select ledger_id from meta").fetchone()[0]
        with self.database("other") as db:
            db.execute("update meta set ledger_id = ?", (ledger_id,))
        self.put(self.read("other", "ca.db"))
        self.assert_refused("ledger_rolled_back")

    def test_an_empty_ledger_is_refused(self):
        with self.database() as db:
            for table in ("log_entries", "log_heads", "ca_certificates", "certificates", "issuers"):
                db.execute(f"delete from {table}")
        self.assert_refused("ledger_rolled_back")
        self.put(b"")
        self.mtlsctl("client", "issue", *KEY, "--name", "x", exit=7)
        self.path("ca", "ca.db").unlink()
        self.mtlsctl("client", "issue", *KEY, "--name", "x", exit=7)

    def test_a_damaged_head_file_refuses_and_is_written_anew(self):
        for octets in (b"", b"x", b"\0" * 139, self.read("ca", "ledger.head")[:-9]):
            self.path("ca", "ledger.head").write_bytes(octets)
            self.mtlsctl("client", "issue", *KEY, "--name", "x", exit=7)
            self.assertTrue(self.mtlsctl("store", "accept-rollback", "--json").json["accepted"])
            self.mtlsctl("client", "issue", *KEY, "--name", "x")
            self.path("x.key").unlink(), self.path("x.crt").unlink(), self.path("x.csr").unlink()

    # --- the chain, by another implementation -----------------------------------------------------

    def test_the_chain_is_the_one_that_the_documentation_describes(self):
        with self.database() as db:
            ledger_id = db.execute("select ledger_id from meta").fetchone()[0]
            issuer, subject, spki = db.execute(
                "select issuer, subject_der, spki_hash from issuers").fetchone()
            rows = db.execute("select seq, time, actor, host, action, serial, profile, profile_hash, content, "
                              "row_count, note, previous, hash from log_entries order by seq").fetchall()
        previous = hashlib.sha256(text("mtlsctl log origin 1") + text(ledger_id) + text(subject) + text(spki)
                                  ).hexdigest()
        for at, row in enumerate(rows, 1):
            seq, time, actor, host, action, serial, profile, profile_hash, content, count, note, before, got = row
            self.assertEqual((seq, before), (at, previous))
            octets = text("mtlsctl log entry 1") + number(seq) + number(time) + text(actor) + text(host)
            octets += text(action) + (field(b"\0") if serial is None else field(b"\1") + text(serial))
            octets += text(profile) + text(profile_hash) + field(bytes.fromhex(content)) + number(count)
            octets += text(note) + field(bytes.fromhex(before))
            previous = hashlib.sha256(octets).hexdigest()
            self.assertEqual(got, previous, action)
        self.assertEqual(self.mtlsctl("log", "head").out.decode(), f"{len(rows)}:{previous}\n")
        # What an issue entry commits to.
        with self.database() as db:
            serial, certificate, fingerprint, time, entry = db.execute(
                "select serial, certificate, fingerprint, issued_time, issue_entry from certificates "
                "where request_key = 'r1'").fetchone()
        octets = (text("mtlsctl certificate 1") + text(serial) + field(bytes.fromhex(fingerprint)) +
                  field(base64.b64decode(certificate)) + number(time))
        self.assertEqual(rows[entry - 1][8], hashlib.sha256(octets).hexdigest())

    def test_what_is_revoked_without_a_certificate_is_committed_to_as_described(self):
        self.revoke_without_certificate()
        crl = self.openssl("crl", "-in", "gone.crl", "-outform", "DER").out
        with self.database() as db:
            (serial, not_after, when, reason, since, entry), = db.execute(
                "select serial, not_after, time, reason, invalid_since, entry from revocations").fetchall()
            action, content, count = db.execute(
                "select action, content, row_count from log_entries where seq = ?", (entry,)).fetchone()
            listed, note = db.execute("select content, note from log_entries where action = 'crl'").fetchone()
        self.assertEqual((serial, not_after, since), (self.certificate_serial("gone.crt"), None, None))
        octets = text("mtlsctl revocation 1") + text(serial) + field(b"\0") + field(b"\1") + number(when) + text(reason)
        octets += field(b"\0")
        self.assertEqual((action, content, count), ("revoke", hashlib.sha256(octets).hexdigest(), 1))
        self.assertEqual((listed, note), (hashlib.sha256(crl).hexdigest(), "number 01 (imported)"))
        # The row lost is a loss that can be answered for; the log goes on revoking the serial.
        self.change("delete from revocations")
        self.mtlsctl("log", "verify", exit=1)
        self.mtlsctl("store", "accept-loss")
        self.mtlsctl("log", "verify")
        self.mtlsctl("store", "copy", "--to", "sqlite:copy.db")

    def test_openssl_verifies_a_signed_head(self):
        for kind, digest in ((["--key-type", "ec:p256"], "-sha256"), (["--key-type", "rsa:2048"], "-sha256"),
                             (["--key-type", "ec:p384"], "-sha384")):
            directory = "s" + kind[1].replace(":", "")
            self.mtlsctl("ca", "init", "--ca", directory, "--common-name", "s", *kind)
            out = self.mtlsctl("log", "head", "--sign", "--ca", directory).out.decode()
            statement, signature = re.fullmatch(r"(.*\n)signature \S+ (\S+)\n", out, re.S).groups()
            self.path("statement").write_text(statement)
            self.path("signature").write_bytes(base64.b64decode(signature))
            self.openssl("x509", "-in", f"{directory}/ca.crt", "-noout", "-pubkey", "-out", "ca.pub")
            self.openssl("dgst", digest, "-verify", "ca.pub", "-signature", "signature", "statement")
            self.path("statement").write_text(statement.replace("head 6:", "head 7:").replace("head 4:", "head 5:"))
            self.openssl("dgst", digest, "-verify", "ca.pub", "-signature", "signature", "statement", exit=1)

    # --- point 7 ---------------------------------------------------------------------------------

    def test_nothing_is_issued_while_the_ledger_is_ahead_until_somebody_answers_for_it(self):
        ahead = self.tool("faketime", "-f", "+400d", os.environ["MTLSCTL"], "client", "issue", *KEY, "--name",
                          "future", "--json")
        serial = json.loads(ahead.out)["serial"]
        refused = self.mtlsctl("client", "issue", *KEY, "--name", "now", "--json", exit=7)
        self.assertEqual(refused.json["error"]["code"], "clock")
        self.assertIn(serial, refused.json["error"]["message"])
        self.mtlsctl("store", "accept-clock", "--serial", "00", exit=6)
        self.mtlsctl("store", "accept-clock", exit=2)
        self.assertFalse(self.mtlsctl("store", "accept-clock", "--json", "--serial",
                                      self.certificate_serial("a.crt")).json["accepted"])
        self.mtlsctl("client", "issue", *KEY, "--name", "now", exit=7)
        self.assertTrue(self.mtlsctl("store", "accept-clock", "--serial", serial, "--json").json["accepted"])
        self.mtlsctl("client", "issue", *KEY, "--name", "now")
        self.mtlsctl("log", "verify")
        self.assertIn(b"accept_clock", self.mtlsctl("log", "show", "--serial", serial).out)

    def test_at_any_clock_a_certificate_ends_within_its_issuer_or_is_refused(self):
        self.openssl("x509", "-in", "ca/ca.crt", "-noout", "-checkend", "0")
        for clock in ("-1d", "-3650d", "@2038-01-19 03:14:06", "@2038-01-20 00:00:00", "@2050-01-01 00:00:00",
                      "@2049-12-31 23:59:58", "+3700d"):
            name = re.sub(r"\W", "", clock)
            argv = ["faketime", "-f", clock, os.environ["MTLSCTL"]]
            result = self.tool(*argv, "client", "issue", *KEY, "--name", name, exit=None)
            with self.subTest(clock=clock):
                if result.code == 0:
                    self.openssl("verify", "-no_check_time", "-CAfile", "ca/ca.crt", f"{name}.crt")
                    dates = [self.openssl("x509", "-in", file, "-noout", "-startdate", "-enddate", "-dateopt",
                                          "iso_8601").out.decode() for file in ("ca/ca.crt", f"{name}.crt")]
                    (ca_from, ca_to), (from_, to) = [re.findall(r"=(\S+ \S+)", one) for one in dates]
                    self.assertTrue(ca_from <= from_ <= to <= ca_to, (dates, clock))
                else:
                    self.assertIn(result.code, (3, 5, 7), str(result))
                    self.assertFalse(self.path(f"{name}.crt").exists())
        # And a CA of its own at such a time, by the encoding that RFC 5280 wants.
        for clock in ("@2038-01-20 00:00:00", "@2049-06-01 00:00:00", "@2050-01-01 00:00:00"):
            directory = "ca" + re.sub(r"\W", "", clock)
            argv = ["faketime", "-f", clock, os.environ["MTLSCTL"]]
            self.tool(*argv, "ca", "init", "--ca", directory, "--common-name", "later", *KEY)
            self.tool(*argv, "client", "issue", "--ca", directory, *KEY, "--name", directory)
            self.openssl("verify", "-no_check_time", "-x509_strict", "-CAfile", f"{directory}/ca.crt",
                         f"{directory}.crt")

    # --- point 8 ---------------------------------------------------------------------------------

    def test_whatever_brings_a_ledger_up_to_date_says_who_and_when(self):
        for number, command in enumerate((["repair"], ["accept-rollback"], ["migrate"])):
            directory = f"old{number}"
            shutil.copytree(VECTORS / "schema-1", self.path(directory))
            os.chmod(self.path(directory), 0o700)
            shutil.copy(self.path(directory, "ca.crt"), self.path(directory, "root.crt"))
            self.path(directory, "chain.crt").write_bytes(b"")
            before = int(time.time())
            self.mtlsctl("store", *command, "--ca", directory, "--actor", "alice")
            with self.database(directory) as db:
                actor, at = db.execute("select actor, time from log_entries where action = 'migration'").fetchone()
            self.assertEqual(actor, "alice", command)
            self.assertTrue(before <= at <= time.time(), (command, at))


if __name__ == "__main__":
    main()
