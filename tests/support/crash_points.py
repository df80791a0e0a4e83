"""Killing a command at every system call that changes something, and what must hold after each.

Every call that can change the disk is a crash point: the program runs once for each, in a fresh copy
of the same directory, and strace kills it on entry to that call. Issuing with P-256 keys is single
threaded (only the search for RSA primes has a second thread), which is asserted: a call is then
named by its name and its number.
"""

import concurrent.futures
import contextlib
import os
import re
import shutil
import sqlite3
import stat
import tempfile
import unittest

from system_calls import argv_disturbed, trace, was_killed
from workbench import MTLSCTL, Workbench

WORKERS = 2
EVERYWHERE = bool(os.environ.get("MTLSCTL_EVERYWHERE"))  # the soak: no point is left out
BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----\n", re.S)


def sample(points, most):
    """All of them in the soak; otherwise at most `most`, spread evenly, the first and the last among them."""
    if EVERYWHERE or len(points) <= most:
        return points
    return [points[round(at * (len(points) - 1) / (most - 1))] for at in range(most)]


class CrashPoints(Workbench):
    def setUp(self):
        super().setUp()
        self.serials = {}
        self.log_codes = {0}  # what `log verify` may say of a CA after a kill

    def crash_everywhere(self, prepared, args, check, least, most=1000, env=None):
        """Kills `mtlsctl args` at each of its changing calls, in copies of `prepared`; after each,
        `check(directory, call)`. `least`: fewer points than that mean that something was missed.
        `most`: of more than that a sample is killed, outside of the soak."""
        first, second = (self.changing_calls(prepared, args, name, env) for name in ("one", "two"))
        self.assertEqual([call.key for call in first], [call.key for call in second],
                         "two runs made different calls")
        self.assertEqual({call.thread for call in first}, {0}, "more than one thread")
        self.assertGreaterEqual(len(first), least)
        points = sample(first, most)

        def crash(call):
            directory = self.path("point", f"{call.name}-{call.index}")
            shutil.copytree(prepared, directory, symlinks=True)
            log = self.path("point", f"{call.name}-{call.index}.log")
            killed = self.run_any(argv_disturbed(log, call, "signal=KILL", [MTLSCTL, *args]),
                                  cwd=directory, env=env)
            self.assertTrue(was_killed(killed, log), f"not killed at {call}\n{killed}")
            self.assert_sound(directory)
            check(directory, call)
            self.assert_sound(directory, {0})
            shutil.rmtree(directory)

        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            for call, running in [(call, pool.submit(crash, call)) for call in points]:
                with self.subTest(killed_at=str(call)):
                    running.result()
        print(f"{' '.join(args[:2])}: {len(points)} of {len(first)} crash points")

    def changing_calls(self, prepared, args, name, env):
        directory = self.path("trace", name)
        shutil.copytree(prepared, directory, symlinks=True)
        result, calls = trace(self, [MTLSCTL, *args], directory, env=env)
        self.assertEqual(result.code, 0, str(result))
        return [call for call in calls if call.changes]

    # --- what must hold at any time ----------------------------------------------------------------

    def rows(self, directory, ca="ca"):
        """(serial, state, subject) of a ledger, read from a copy: looking must not repair it."""
        return self.rows_of(directory / ca / "ca.db")

    def rows_of(self, file):
        with tempfile.TemporaryDirectory(dir=self.dir) as copy:
            for part in file.parent.glob(f"{file.name}*"):
                shutil.copy(part, copy)
            with contextlib.closing(sqlite3.connect(f"{copy}/{file.name}")) as db:
                self.assertEqual(db.execute("pragma integrity_check").fetchall(), [("ok",)])
                if not db.execute("select 1 from sqlite_master where name = 'certificates'").fetchall():
                    return []
                return db.execute("select serial, state, subject from certificates").fetchall()

    def all_rows(self, directory):
        return [row for file in directory.glob("*/ca.db")
                for row in self.rows(directory, file.parent.name)]

    def serial_of(self, pem):
        """As openssl reads it; asked once for each certificate."""
        if pem not in self.serials:
            out = self.openssl("x509", "-noout", "-serial", stdin=pem).out.decode()
            self.serials[pem] = out.strip().split("=", 1)[1].lower()
        return self.serials[pem]

    def assert_sound(self, directory, log_codes=None):
        """Every certificate on disk is recorded as issued, no serial stands twice, no key is open, and
        each log hangs together and holds what ledger.head says was seen of it."""
        rows = self.all_rows(directory)
        serials = [row[0] for row in rows]
        self.assertEqual(len(serials), len(set(serials)), "a serial stands twice in the ledgers")
        issued = {row[0] for row in rows if row[1] == "issued"}
        for path in directory.rglob("*"):
            if not path.is_file():
                continue
            content = path.read_bytes()
            for pem in BLOCK.findall(content):
                self.assertIn(self.serial_of(pem), issued, f"{path} is not in the ledger")
            if b"PRIVATE KEY" in content or path.name.startswith("ca.db"):
                self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600, f"{path} is open")
        self.assert_logs(directory, log_codes or self.log_codes)

    def assert_logs(self, directory, codes):
        """In a copy, since opening a ledger recovers it. ledger.head (`log verify` asks for the entry that
        it names) is never ahead of the log."""
        for certificate in directory.glob("*/ca.crt"):
            with tempfile.TemporaryDirectory(dir=self.dir) as copy:
                shutil.copytree(certificate.parent, f"{copy}/ca")
                result = self.run_any([MTLSCTL, "log", "verify", "--ca", f"{copy}/ca"])
                self.assertIn(result.code, codes, str(result))

    def assert_tidy(self, directory, *keys):
        """Nothing of an interrupted run is left: no temporary file, no key but the final ones, no
        intent that nobody will complete."""
        left = [path.name for path in directory.rglob("*") if ".tmp-" in path.name]
        self.assertEqual(left, [], "temporary files are left")
        self.assert_no_key_material(directory, allowed=keys)
        self.assertNotIn("intent", {row[1] for row in self.all_rows(directory)})

    def assert_set(self, directory, stem):
        """Key, request and certificate are over one key, and the certificate is accepted."""
        def public_key(*args):
            return self.openssl(*args, cwd=directory).out

        of_key = public_key("pkey", "-in", f"{stem}.key", "-pubout")
        self.openssl("req", "-in", f"{stem}.csr", "-noout", "-verify", cwd=directory)
        self.assertEqual(public_key("req", "-in", f"{stem}.csr", "-noout", "-pubkey"), of_key)
        self.assertEqual(public_key("x509", "-in", f"{stem}.crt", "-noout", "-pubkey"), of_key)

    def again(self, directory, args, exit=0, env=None):
        return self.mtlsctl(*args, "--json", exit=exit, cwd=directory, env=env).json


def main():
    print("every point" if EVERYWHERE else "a sample of the points", flush=True)
    unittest.main(verbosity=2)
