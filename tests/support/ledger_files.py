"""The files of a ledger in SQLite, read, changed and swapped by other hands than mtlsctl's."""

import contextlib
import hashlib
import sqlite3

from workbench import KEY, Workbench


class LedgerFiles(Workbench):
    @contextlib.contextmanager
    def database(self, directory="ca"):
        with contextlib.closing(sqlite3.connect(self.path(directory, "ca.db"))) as db:
            yield db
            db.commit()

    def change(self, sql, *values):
        self.change_of("ca", sql, *values)

    def change_of(self, directory, sql, *values):
        with self.database(directory) as db:
            db.execute("pragma foreign_keys=off")
            db.execute("pragma ignore_check_constraints=on")
            done = db.execute(sql, values)
            self.assertGreater(done.rowcount, 0, sql)

    def save(self, directory="ca"):
        """The ledger's files, as a copy that no process has open holds them."""
        self.assertFalse(self.path(directory, "ca.db-wal").exists())
        return self.read(directory, "ca.db")

    def put(self, octets, directory="ca"):
        for name in ("ca.db-wal", "ca.db-shm"):
            self.path(directory, name).unlink(missing_ok=True)
        self.path(directory, "ca.db").write_bytes(octets)

    def entries(self, directory="ca"):
        """(seq, action) of every log entry."""
        with self.database(directory) as db:
            return db.execute("select seq, action from log_entries order by issuer, seq").fetchall()

    def ledger_id(self, directory="ca"):
        with self.database(directory) as db:
            return db.execute("select ledger_id from meta").fetchone()[0]

    def hashes(self, *directories):
        """Of every file below, its mode too: what a command must not change."""
        found = {}
        for directory in directories:
            for path in sorted(self.path(directory).rglob("*")):
                octets = path.read_bytes() if path.is_file() else b""
                found[str(path)] = (path.lstat().st_mode, hashlib.sha256(octets).hexdigest())
        return found


class IssuedLedger(LedgerFiles):
    """A ledger with a CA that has issued one certificate, a.crt."""

    def setUp(self):
        super().setUp()
        self.make_ca()
        self.issue("a")

    def issue(self, name, *args, ca="ca", exit=0):
        return self.mtlsctl("client", "issue", "--ca", ca, *KEY, "--name", name, *args, exit=exit)
