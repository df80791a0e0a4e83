"""Point 3: a run that is killed at any system call that changes something is completed by the same
command.

Every call that can change the disk is a crash point: the program runs once for each, in a fresh copy
of the same directory, and strace kills it on entry to that call. Issuing with P-256 keys is single
threaded (only the search for RSA primes has a second thread), which is asserted: a call is then
named by its name and its number.
"""

import concurrent.futures
import contextlib
import re
import shutil
import sqlite3
import stat
import tempfile

from openssl_ca import OpensslCa
from system_calls import argv_disturbed, trace, was_killed
from workbench import KEY, MTLSCTL, Workbench, main

WORKERS = 2
BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----\n", re.S)


class CrashPoints(Workbench):
    def setUp(self):
        super().setUp()
        self.serials = {}

    def crash_everywhere(self, prepared, args, check, least):
        """Kills `mtlsctl args` at each of its changing calls, in copies of `prepared`; after each,
        `check(directory, call)`. `least`: fewer points than that mean that something was missed."""
        first, second = (self.changing_calls(prepared, args, name) for name in ("one", "two"))
        self.assertEqual([call.key for call in first], [call.key for call in second],
                         "two runs made different calls")
        self.assertEqual({call.thread for call in first}, {0}, "more than one thread")
        self.assertGreaterEqual(len(first), least)

        def crash(call):
            directory = self.path("point", f"{call.name}-{call.index}")
            shutil.copytree(prepared, directory, symlinks=True)
            log = self.path("point", f"{call.name}-{call.index}.log")
            killed = self.run_any(argv_disturbed(log, call, "signal=KILL", [MTLSCTL, *args]),
                                  cwd=directory)
            self.assertTrue(was_killed(killed, log), f"not killed at {call}\n{killed}")
            self.assert_sound(directory)
            check(directory, call)
            self.assert_sound(directory)
            shutil.rmtree(directory)

        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            for call, running in [(call, pool.submit(crash, call)) for call in first]:
                with self.subTest(killed_at=str(call)):
                    running.result()
        print(f"{' '.join(args[:2])}: {len(first)} crash points")

    def changing_calls(self, prepared, args, name):
        directory = self.path("trace", name)
        shutil.copytree(prepared, directory, symlinks=True)
        result, calls = trace(self, [MTLSCTL, *args], directory)
        self.assertEqual(result.code, 0, str(result))
        return [call for call in calls if call.changes]

    # --- what must hold at any time ----------------------------------------------------------------

    def rows(self, directory, ca="ca"):
        """(serial, state, subject) of a ledger, read from a copy: looking must not repair it."""
        with tempfile.TemporaryDirectory(dir=self.dir) as copy:
            for file in (directory / ca).glob("ca.db*"):
                shutil.copy(file, copy)
            with contextlib.closing(sqlite3.connect(f"{copy}/ca.db")) as db:
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

    def assert_sound(self, directory):
        """Every certificate on disk is recorded as issued, no serial stands twice, no key is open."""
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
        self.assertEqual(public_key("req", "-in", f"{stem}.csr", "-noout", "-pubkey", "-verify"), of_key)
        self.assertEqual(public_key("x509", "-in", f"{stem}.crt", "-noout", "-pubkey"), of_key)

    def again(self, directory, args, exit=0):
        return self.mtlsctl(*args, "--json", exit=exit, cwd=directory).json

    # --- the commands ------------------------------------------------------------------------------

    def test_client_issue_is_completed_by_the_same_command(self):
        prepared = self.path("prepared")
        prepared.mkdir()
        self.make_ca(directory="prepared/ca")
        args = ["client", "issue", "--name", "client", *KEY]

        def check(directory, call):
            recorded = [row for row in self.rows(directory)
                        if row[1:] == ("issued", "CN=client")]
            self.assertLessEqual(len(recorded), 1)
            if (directory / "client.crt").exists():  # killed while tidying up
                self.assertEqual(self.again(directory, args, exit=5)["error"]["code"],
                                 "would_overwrite")
                self.assertEqual(self.again(directory, [*args, "--if-missing"])["outcome"], "unchanged")
            else:
                self.assertFalse(call.to_streams, "the result was told before it stood")
                done = self.again(directory, args)
                self.assertEqual(done["outcome"], "completed" if recorded else "issued")
                if recorded:
                    self.assertEqual(done["serial"], recorded[0][0])
            self.assert_set(directory, "client")
            self.mtlsctl("verify", "client.crt", "--ca", "ca", "--key", "client.key", cwd=directory)
            self.assertEqual([row[1] for row in self.rows(directory) if row[2] == "CN=client"
                              and row[1] == "issued"], ["issued"])
            self.assert_tidy(directory, "ca.key", "client.key")

        self.crash_everywhere(prepared, args, check, least=40)

    def test_a_replacement_keeps_the_old_set_until_the_new_one_is_recorded(self):
        prepared = self.path("prepared")
        prepared.mkdir()
        self.make_ca(directory="prepared/ca")
        self.mtlsctl("client", "issue", *KEY, cwd=prepared)
        args = ["client", "issue", *KEY, "--force", "--force-key"]
        old = {name: (prepared / name).read_bytes() for name in ("client.key", "client.csr", "client.crt")}
        old_serial = self.serial_of(old["client.crt"])

        def check(directory, call):
            issued = [row[0] for row in self.rows(directory) if row[1:] == ("issued", "CN=client")]
            self.assertIn(old_serial, issued)
            self.assertLessEqual(len(issued), 2)
            now = {name: (directory / name).read_bytes() for name in old}
            if len(issued) == 1:
                self.assertEqual(now, old, "the old set was touched before the new one was recorded")
            published = now["client.crt"] != old["client.crt"]
            if call.to_streams:
                self.assertTrue(published, "the result was told before it stood")
            if published:
                self.assert_set(directory, "client")
            done = self.again(directory, args)
            # After publication the command means what it says once more: another new set.
            resumed = len(issued) == 2 and not published
            self.assertEqual(done["outcome"], "completed" if resumed else "issued")
            self.assert_set(directory, "client")
            self.assertNotEqual((directory / "client.key").read_bytes(), old["client.key"])
            self.assertEqual(self.serial_of((directory / "client.crt").read_bytes()), done["serial"])
            self.mtlsctl("verify", "client.crt", "--ca", "ca", "--key", "client.key", cwd=directory)
            self.assert_tidy(directory, "ca.key", "client.key")

        self.crash_everywhere(prepared, args, check, least=40)

    def check_ca(self, directory, args, ca):
        if (directory / ca / "ca.crt").exists():
            self.assertEqual(self.again(directory, args, exit=5)["error"]["code"], "would_overwrite")
            self.assertEqual(self.again(directory, [*args, "--if-missing"])["outcome"], "unchanged")
        else:
            self.again(directory, args)
        self.assert_set(directory, f"{ca}/ca")
        self.assertEqual(stat.S_IMODE((directory / ca).stat().st_mode), 0o700)
        self.mtlsctl("client", "issue", "--ca", ca, "--chain", *KEY, cwd=directory)
        self.mtlsctl("verify", "client.crt", "--ca", ca, cwd=directory)
        self.openssl("verify", "-x509_strict", "-CAfile", f"{ca}/root.crt", "-untrusted", "client.crt",
                     "client.crt", cwd=directory)
        self.assert_tidy(directory, "ca.key", "client.key")

    def test_ca_init_is_completed_by_the_same_command(self):
        prepared = self.path("prepared")
        prepared.mkdir()
        args = ["ca", "init", "--common-name", "Root", *KEY]

        def check(directory, call):
            self.check_ca(directory, args, "ca")
            self.assertEqual([row for row in self.rows(directory) if row[1:] == ("issued", "CN=Root")],
                             [(self.certificate_serial(directory / "ca" / "ca.crt"), "issued",
                               "CN=Root")])

        self.crash_everywhere(prepared, args, check, least=60)

    def test_ca_init_below_a_parent_is_completed_by_the_same_command(self):
        prepared = self.path("prepared")
        prepared.mkdir()
        self.make_ca(directory="prepared/ca")
        args = ["ca", "init", "--ca", "issuing", "--parent", "ca", "--common-name", "Issuing", *KEY]

        def check(directory, call):
            self.check_ca(directory, args, "issuing")
            self.assertEqual([row for row in self.rows(directory)
                              if row[1:] == ("issued", "CN=Issuing")],
                             [(self.certificate_serial(directory / "issuing" / "ca.crt"), "issued",
                               "CN=Issuing")])

        self.crash_everywhere(prepared, args, check, least=80)

    def prepare_request(self):
        prepared = self.path("prepared")
        prepared.mkdir()
        self.make_ca(directory="prepared/ca")
        self.mtlsctl("key", "generate", *KEY, "-o", "device.key", cwd=prepared)
        self.mtlsctl("csr", "create", "--key", "device.key", "--common-name", "device", "-o",
                     "device.csr", cwd=prepared)
        return prepared

    def check_signed(self, directory, args, recorded, outcome):
        if (directory / "device.crt").exists():
            self.again(directory, args, exit=5)
            self.assertEqual(self.again(directory, [*args, "--if-missing"])["outcome"], "unchanged")
        else:
            done = self.again(directory, args)
            self.assertEqual(done["outcome"], outcome)
            if outcome == "completed":
                self.assertEqual(done["serial"], recorded[0][0])
        self.assert_set(directory, "device")
        self.mtlsctl("verify", "device.crt", "--ca", "ca", "--key", "device.key", cwd=directory)
        self.assert_tidy(directory, "ca.key", "device.key")

    def test_ca_sign_is_done_by_the_same_command(self):
        """Without a request key a repeat is a new request: what a killed run recorded stays in the
        ledger (`cert export` has it), and a second certificate is issued."""
        prepared = self.prepare_request()
        args = ["ca", "sign", "device.csr"]

        def check(directory, call):
            recorded = [row for row in self.rows(directory) if row[1:] == ("issued", "CN=device")]
            self.check_signed(directory, args, recorded, "issued")
            for row in recorded:
                self.mtlsctl("cert", "export", row[0], cwd=directory)

        self.crash_everywhere(prepared, args, check, least=30)

    def test_ca_sign_with_a_request_key_is_completed_by_the_same_command(self):
        prepared = self.prepare_request()
        args = ["ca", "sign", "device.csr", "--request-key", "job-1"]

        def check(directory, call):
            recorded = [row for row in self.rows(directory) if row[1:] == ("issued", "CN=device")]
            self.check_signed(directory, args, recorded, "completed" if recorded else "issued")
            self.assertEqual(len([row for row in self.rows(directory)
                                  if row[1:] == ("issued", "CN=device")]), 1)
            self.assertNotIn("intent", {row[1] for row in self.rows(directory)})

        self.crash_everywhere(prepared, args, check, least=30)

    def test_ca_adopt_is_completed_by_the_same_command(self):
        old = OpensslCa(self, "old")
        client = old.issue_aside("client", "11")
        old.run("req", "-new", "-config", "openssl.cnf", "-key", "cakey.pem", "-subj", "/C=cn/O=alibaba/CN=Old root",
                "-out", "ca.csr")
        old.run("x509", "-req", "-in", "ca.csr", "-signkey", "cakey.pem", "-days", "3650", "-out", "v1.pem")
        prepared = self.path("prepared")
        prepared.mkdir()
        args = ["ca", "adopt", str(old.dir / "v1.pem"), str(old.dir / "cakey.pem"), "--reissue"]

        def check(directory, call):
            if (directory / "ca" / "ca.crt").exists():
                # Refused: what a kill after ca.crt left of ledger.head the next writer tidies away.
                self.assertEqual(self.again(directory, args, exit=5)["error"]["code"], "would_overwrite")
                self.assert_no_key_material(directory, allowed=["ca.key"])
            else:
                self.assertFalse(call.to_streams, "the result was told before it stood")
                self.again(directory, args)
                self.assert_tidy(directory, "ca.key")
            self.assert_set(directory, "ca/ca")
            issued = sorted(row[0] for row in self.rows(directory) if row[1] == "issued")
            new = self.certificate_serial(directory / "ca" / "ca.crt")
            self.assertEqual(issued, sorted([new, self.certificate_serial(old.dir / "v1.pem")]))
            self.openssl("verify", "-x509_strict", "-CAfile", "ca/ca.crt", client, cwd=directory)
            self.mtlsctl("store", "check", cwd=directory)

        self.crash_everywhere(prepared, args, check, least=60)

    def test_store_import_is_completed_by_the_same_command(self):
        old = OpensslCa(self, "old")
        names = ("alice", "bob", "carol")
        for name in names:
            old.issue(name)
        old.revoke("bob")
        prepared = self.path("prepared")
        prepared.mkdir()
        self.mtlsctl("ca", "adopt", old.dir / "cacert.pem", old.dir / "cakey.pem", cwd=prepared)
        args = ["store", "import", str(old.dir)]

        def check(directory, call):
            before = len(self.rows(directory))
            self.assertIn(before, (1, 1 + len(names)), "a part of a batch stands")
            done = self.again(directory, args)
            self.assertEqual(done["imported"] + before, 1 + len(names))
            states = {row[2]: row[1] for row in self.rows(directory)}
            self.assertEqual([states[f"CN={name}"] for name in names], ["issued", "revoked", "issued"])
            self.mtlsctl("store", "check", cwd=directory)
            self.mtlsctl("log", "verify", cwd=directory)

        self.crash_everywhere(prepared, args, check, least=10)


if __name__ == "__main__":
    main(verbosity=2)
