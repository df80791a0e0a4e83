"""Short questions are answered from a ledger that rests as it lies: nothing is made beside it, nothing missed."""

import contextlib
import os
import sqlite3
import time
import unittest

from workbench import KEY, Workbench, main

REST = 3.2  # seconds after which the times of a file tell one change from the next


class StillLedger(Workbench):
    def setUp(self):
        super().setUp()
        self.make_ca()
        self.issue("a")

    def issue(self, name):
        return self.mtlsctl("client", "issue", "--name", name, "--common-name", name, *KEY)

    def rest(self):
        changed = max(os.stat(self.path("ca", "ca.db")).st_ctime, os.stat(self.path("ca", "ca.db")).st_mtime)
        time.sleep(max(0, changed + REST - time.time()))

    def directory_time(self):
        return os.stat(self.path("ca")).st_mtime_ns

    def test_nothing_is_made_beside_a_ledger_that_rests(self):
        self.rest()
        before = self.directory_time()
        self.mtlsctl("verify", "a.crt")
        serial = self.mtlsctl("verify", "a.crt", "--json").json["certificate"]["serial"]
        self.mtlsctl("cert", "show", serial)
        self.mtlsctl("cert", "export", serial, "-o", "b.crt")
        self.assertEqual(self.directory_time(), before)
        # A test of the test: SQLite's own way makes two files, and takes them away.
        with contextlib.closing(sqlite3.connect(self.path("ca", "ca.db"))) as db:
            db.execute("select count(*) from certificates").fetchall()
        self.assertNotEqual(self.directory_time(), before)

    def test_what_was_issued_a_moment_ago_is_known(self):
        for at in range(5):
            self.issue(f"b{at}")
            self.assertEqual(self.mtlsctl("verify", f"b{at}.crt", "--json").json["ledger"], "issued")

    def test_what_is_only_in_the_write_ahead_log_is_known(self):
        """The ledger has rested; a program that still has it open has committed a revocation."""
        self.rest()
        with contextlib.closing(sqlite3.connect(self.path("ca", "ca.db"), isolation_level=None)) as db:
            before = os.stat(self.path("ca", "ca.db")).st_mtime_ns
            db.execute("update certificates set state = 'revoked', revoked_time = 1700000000 "
                       "where subject like '%CN=a%' or subject = 'CN=a'")
            self.assertEqual(os.stat(self.path("ca", "ca.db")).st_mtime_ns, before, "it is not in the file yet")
            self.mtlsctl("verify", "a.crt", exit=4)
        self.mtlsctl("verify", "a.crt", exit=4)
        self.rest()
        self.mtlsctl("verify", "a.crt", exit=4)

    def test_what_a_killed_writer_left_is_known(self):
        self.rest()
        child = os.fork()
        if child == 0:
            db = sqlite3.connect(self.path("ca", "ca.db"), isolation_level=None)
            db.execute("update certificates set state = 'revoked', revoked_time = 1700000000 where subject = 'CN=a'")
            os._exit(0)  # as if killed: nothing is tidied
        os.waitpid(child, 0)
        self.assertTrue(self.path("ca", "ca.db-wal").stat().st_size > 0)
        self.mtlsctl("verify", "a.crt", exit=4)

    @unittest.skipUnless(os.getuid() == 0, "needs another user")
    def test_an_account_that_may_only_read_gets_its_verdict(self):
        self.rest()
        for path in [self.dir, *self.path("ca").iterdir(), self.path("ca")]:
            os.chown(path, 65534, 65534)
        os.chmod(self.path("ca"), 0o500)
        time.sleep(REST)  # chown is a change, too
        nobody = {"user": 65534, "group": 65534, "extra_groups": []}
        self.assertEqual(self.mtlsctl("verify", "a.crt", "--json", **nobody).json["ledger"], "issued")
        # SQLite's own way needs to write there.
        os.utime(self.path("ca", "ca.db"))
        refused = self.mtlsctl("verify", "a.crt", "--json", exit=7, **nobody).json["error"]
        self.assertIn("writable", refused["hint"])
        time.sleep(REST)
        self.mtlsctl("verify", "a.crt", **nobody)


if __name__ == "__main__":
    main()
