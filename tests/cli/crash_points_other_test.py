"""Killed at any system call that changes something, and completed by the same command: what makes single
files, `server issue`, and the commands of the ledger. Each stands in COMMANDS with what prepares its
directory and what must hold after a kill; one that is added gets a line there.
"""

import contextlib
import json
import pathlib
import shutil
import sqlite3

from crash_points import CrashPoints, main
from workbench import KEY, MTLSCTL

VECTORS = pathlib.Path(__file__).resolve().parent.parent / "vectors" / "store"
TABLES = ("meta", "issuers", "ca_certificates", "certificates", "log_heads", "log_entries", "revocations")


def content_of(file):
    """Every row of a ledger."""
    with contextlib.closing(sqlite3.connect(file)) as db:
        return {table: sorted(db.execute(f"select * from {table}").fetchall(), key=repr) for table in TABLES}


class OtherCommands(CrashPoints):
    # Outside of the soak: enough to meet each kind of call, little enough for two minutes in all.
    most = 14

    def kill(self, args, check, least, prepare=None, **more):
        prepared = self.path("prepared")
        prepared.mkdir(mode=0o700)
        if prepare:
            prepare(prepared)
        self.crash_everywhere(prepared, args, check, least, self.most, **more)

    def ca_with_client(self, prepared):
        self.make_ca(directory="prepared/ca")
        self.mtlsctl("client", "issue", *KEY, cwd=prepared)

    def issues(self, directory, name="after"):
        """The CA is not only whole: it goes on."""
        self.mtlsctl("client", "issue", "--name", name, *KEY, cwd=directory)
        self.mtlsctl("verify", f"{name}.crt", "--ca", "ca", cwd=directory)
        self.assert_tidy(directory, "ca.key", "client.key", f"{name}.key")

    def test_server_issue(self):
        args = ["server", "issue", "--name", "web", "--san", "dns:web.example", *KEY]

        def check(directory, call):
            recorded = [row for row in self.rows(directory) if row[1] == "issued" and "Root" not in row[2]
                        and "root" not in row[2]]
            self.assertLessEqual(len(recorded), 1)
            if (directory / "web.crt").exists():
                self.assertEqual(self.again(directory, args, exit=5)["error"]["code"], "would_overwrite")
            else:
                self.assertFalse(call.to_streams, "the result was told before it stood")
                done = self.again(directory, args)
                self.assertEqual(done["outcome"], "completed" if recorded else "issued")
            self.assert_set(directory, "web")
            self.assertEqual(len([row for row in self.rows(directory) if row[1] == "issued"]), 2)
            self.openssl("verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname", "web.example",
                         "-CAfile", "ca/root.crt", "web.crt", cwd=directory)
            self.assert_tidy(directory, "ca.key", "web.key")

        self.kill(args, check, 40, lambda prepared: self.make_ca(directory="prepared/ca"))

    def single_file(self, args, name, whole, least, prepare=None):
        """A command that writes one file: it is there and whole, or not there."""
        def check(directory, call):
            if (directory / name).exists():
                whole(directory)
                self.again(directory, args, exit=5)
            else:
                self.assertFalse(call.to_streams, "the result was told before it stood")
                self.again(directory, args)
            whole(directory)
            self.assertEqual([path.name for path in directory.iterdir() if ".tmp-" in path.name], [])

        self.kill(args, check, least, prepare)

    def test_key_generate(self):
        def whole(directory):
            self.openssl("pkey", "-in", "made.key", "-noout", "-check", cwd=directory)

        self.single_file(["key", "generate", *KEY, "-o", "made.key"], "made.key", whole, 4)

    def test_csr_create(self):
        def prepare(prepared):
            self.mtlsctl("key", "generate", *KEY, "-o", "made.key", cwd=prepared)

        def whole(directory):
            self.openssl("req", "-in", "made.csr", "-noout", "-verify", cwd=directory)

        self.single_file(["csr", "create", "--key", "made.key", "--common-name", "q", "-o", "made.csr"],
                         "made.csr", whole, 4, prepare)

    # --- the ledger's ------------------------------------------------------------------------------

    def test_store_migrate(self):
        args = ["store", "migrate", "--ca", "old"]

        def prepare(prepared):
            shutil.copytree(VECTORS / "schema-1", prepared / "old")
            (prepared / "old").chmod(0o700)
            (prepared / "old" / "ca.db").chmod(0o600)
            shutil.copy(prepared / "old" / "ca.crt", prepared / "old" / "root.crt")
            (prepared / "old" / "chain.crt").write_bytes(b"")
            self.before = self.rows(prepared, "old")

        def check(directory, call):
            self.assertEqual(self.rows(directory, "old"), self.before)
            self.again(directory, args)
            self.assertEqual(self.rows(directory, "old"), self.before)
            self.mtlsctl("store", "check", "--ca", "old", cwd=directory)

        self.log_codes = {0, 7}  # 7: an older schema
        self.kill(args, check, 20, prepare)

    def copying(self, args, least):
        """All rows or none in the copy; what was copied from is as it was."""
        def check(directory, call):
            source = content_of(directory / "ca" / "ca.db")
            copied = self.rows_of(directory / "copy.db") if (directory / "copy.db").exists() else []
            if copied:
                self.assertEqual(self.again(directory, args, exit=5)["error"]["code"], "would_overwrite")
            else:
                self.assertFalse(call.to_streams, "the result was told before it stood")
                # One of another name, as that of the next day is, leaves nothing of it either.
                self.again(directory, [*args[:-1], args[-1].replace("copy", "other")])
                self.assertEqual([path.name for path in directory.iterdir() if ".tmp-" in path.name], [])
                self.again(directory, args)
            self.assertEqual(content_of(directory / "copy.db"), source)
            self.assertEqual(content_of(directory / "ca" / "ca.db"), source)
            self.assertEqual([path.name for path in directory.glob("copy.db-*")], [])
            # It stands in for the ledger.
            shutil.copy(directory / "copy.db", directory / "ca" / "ca.db")
            self.issues(directory)

        self.kill(args, check, least, self.ca_with_client)

    def test_store_backup(self):
        self.copying(["store", "backup", "copy.db"], 20)

    def test_store_copy(self):
        self.copying(["store", "copy", "--to", "sqlite:copy.db"], 20)

    def test_store_accept_rollback(self):
        args = ["store", "accept-rollback"]

        def prepare(prepared):
            self.ca_with_client(prepared)
            self.mtlsctl("store", "backup", "old.db", cwd=prepared)
            self.mtlsctl("client", "issue", "--name", "lost", *KEY, cwd=prepared)
            for name in ("lost.crt", "lost.csr", "lost.key"):
                (prepared / name).unlink()
            shutil.move(prepared / "old.db", prepared / "ca" / "ca.db")

        def check(directory, call):
            refused = self.run_any([MTLSCTL, "client", "issue", "--name", "no", *KEY], cwd=directory)
            if refused.code == 0:  # accepted, and that is what stands in the log
                self.assertIn("accept_rollback", self.actions(directory))
            else:
                self.assertEqual(refused.code, 7, str(refused))
                self.assertFalse(call.to_streams, "the result was told before it stood")
                self.assertTrue(self.again(directory, args)["accepted"])
            self.assertFalse(self.again(directory, args)["accepted"])
            self.assertIn("accept_rollback", self.actions(directory))
            for path in directory.glob("no.*"):
                path.unlink()
            self.issues(directory)

        self.log_codes = {0, 1}  # 1: ledger.head is not in it, which is what is to be accepted
        self.kill(args, check, 10, prepare)

    def test_store_accept_loss(self):
        args = ["store", "accept-loss"]

        def prepare(prepared):
            self.ca_with_client(prepared)
            with contextlib.closing(sqlite3.connect(prepared / "ca" / "ca.db")) as db:
                db.execute("delete from certificates where subject = 'CN=client'")
                db.commit()
            for name in ("client.crt", "client.csr", "client.key"):
                (prepared / name).unlink()

        def check(directory, call):
            verified = self.run_any([MTLSCTL, "log", "verify"], cwd=directory)
            if verified.code != 0:
                self.assertEqual(verified.code, 1, str(verified))
                self.assertFalse(call.to_streams, "the result was told before it stood")
                self.assertEqual(len(self.again(directory, args)["accepted"]), 2)
            self.assertEqual(self.again(directory, args)["accepted"], [])
            self.assertEqual(self.actions(directory).count("accept_loss"), 2)
            self.issues(directory)

        self.log_codes = {0, 1}  # 1: the rows are gone
        self.kill(args, check, 10, prepare)

    def actions(self, directory):
        lines = self.mtlsctl("log", "show", "--json", cwd=directory).out.splitlines()
        return [json.loads(line)["action"] for line in lines]

    def test_store_accept_clock(self):
        args = ["store", "accept-clock", "--serial"]

        def prepare(prepared):
            self.make_ca(directory="prepared/ca")
            ahead = self.tool("faketime", "-f", "+400d", MTLSCTL, "client", "issue", *KEY, "--json", cwd=prepared)
            args.append(json.loads(ahead.out)["serial"])

        def check(directory, call):
            refused = self.run_any([MTLSCTL, "client", "issue", "--name", "no", *KEY], cwd=directory)
            if refused.code != 0:
                self.assertEqual(refused.code, 7, str(refused))
                self.assertFalse(call.to_streams, "the result was told before it stood")
                self.assertTrue(self.again(directory, args)["accepted"])
            self.assertIn("accept_clock", self.actions(directory))
            for path in directory.glob("no.*"):
                path.unlink()
            self.issues(directory)

        self.kill(args, check, 10, prepare)


if __name__ == "__main__":
    main()
