"""A disk that is full, fails or is read-only, under the commands that full_disk_test.py has not: exit 7 with the
cause, the old state is whole, the logs verify, and with room the same command completes. A dozen sizes, every one
from 0 in steps of 4 KiB in the soak."""

import json
import os
import pathlib
import shutil
import subprocess
import unittest

import full_disk_test
from crash_points import EVERYWHERE, CrashPoints, main
from system_calls import argv_disturbed, trace
from workbench import KEY, MTLSCTL

VECTORS = pathlib.Path(__file__).resolve().parent.parent / "vectors" / "store"
SMALL_DISK = full_disk_test.find_small_disk() if __name__ == "__main__" else None
CAUSES = (b"full", b"no space left", b"input/output error", b"read-only", b"cannot be written", b"disk i/o error")


class Cases(CrashPoints):
    """Each case is (args, log codes): it prepares `directory` for a command that is to fail."""

    def case_server_issue(self, directory):
        self.mtlsctl("ca", "init", "--common-name", "root", *KEY, cwd=directory)
        return ["server", "issue", "--san", "dns:web.example", *KEY], {0}

    def case_ca_sign(self, directory):
        self.mtlsctl("ca", "init", "--common-name", "root", *KEY, cwd=directory)
        self.mtlsctl("key", "generate", *KEY, "-o", "q.key", cwd=directory)
        self.mtlsctl("csr", "create", "--key", "q.key", "--common-name", "q", "-o", "q.csr", cwd=directory)
        return ["ca", "sign", "q.csr", "--request-key", "job"], {0}

    def case_ca_init(self, directory):
        del directory
        return ["ca", "init", "--common-name", "root", *KEY], {0}

    def case_ca_init_below_a_parent(self, directory):
        self.mtlsctl("ca", "init", "--common-name", "root", *KEY, cwd=directory)
        return ["ca", "init", "--ca", "issuing", "--parent", "ca", "--common-name", "Issuing", *KEY], {0}

    def case_store_migrate(self, directory):
        shutil.copytree(VECTORS / "schema-1", directory / "ca")
        (directory / "ca").chmod(0o700)
        (directory / "ca" / "ca.db").chmod(0o600)
        shutil.copy(directory / "ca" / "ca.crt", directory / "ca" / "root.crt")
        (directory / "ca" / "chain.crt").write_bytes(b"")
        return ["store", "migrate"], {0, 7}

    def case_store_backup(self, directory):
        self.mtlsctl("ca", "init", "--common-name", "root", *KEY, cwd=directory)
        return ["store", "backup", "copy.db"], {0}

    def case_store_accept_rollback(self, directory):
        self.case_store_backup(directory)
        self.mtlsctl("store", "backup", "old.db", cwd=directory)
        self.mtlsctl("client", "issue", *KEY, cwd=directory)
        for name in ("client.crt", "client.csr", "client.key"):
            (directory / name).unlink()
        shutil.move(directory / "old.db", directory / "ca" / "ca.db")
        return ["store", "accept-rollback"], {0, 1}

    def case_store_accept_clock(self, directory):
        self.mtlsctl("ca", "init", "--common-name", "root", *KEY, cwd=directory)
        ahead = self.tool("faketime", "-f", "+400d", MTLSCTL, "client", "issue", *KEY, "--json", cwd=directory)
        return ["store", "accept-clock", "--serial", json.loads(ahead.out)["serial"]], {0}

    def for_each_case(self, work):
        for name in sorted(name for name in dir(self) if name.startswith("case_")):
            prepared = self.path(name)
            prepared.mkdir(mode=0o700)
            args, self.log_codes = getattr(self, name)(prepared)
            with self.subTest(command=name):
                work(prepared, args)

    def standing(self, directory):
        """Every file that is there but the ledgers."""
        return {path.relative_to(directory): path.read_bytes() for path in directory.rglob("*")
                if path.is_file() and ".db" not in path.name and path.name not in ("filler", "ledger.head")}

    def check_failed(self, directory, before, result):
        self.assertEqual(result.code, 7, str(result))
        self.assertTrue(any(cause in result.err.lower() for cause in CAUSES), f"no cause\n{result}")
        now = self.standing(directory)
        for path, content in before.items():
            self.assertEqual(now.get(path), content, f"{path} is not what it was\n{result}")
        self.assertFalse([path for path in now if ".tmp-" in path.name], f"a temporary file is left\n{result}")

    def check_completes(self, directory, args, done):
        """With room: the same command, or it says that it was done."""
        again = self.run_any([MTLSCTL, *args, "--json"], cwd=directory)
        if done or again.code == 5:
            self.assertIn(again.code, (0, 5), str(again))
        else:
            self.assertEqual(again.code, 0, str(again))
        self.assert_sound(directory, {0})
        if args[1] != "migrate":  # the vector's key is thrown away
            self.mtlsctl("client", "issue", "--name", "after", *KEY, cwd=directory)
        self.assert_sound(directory, {0})


class SmallDisk(Cases):
    def setUp(self):
        super().setUp()
        if not SMALL_DISK:
            self.skipTest("no tmpfs can be mounted here")
        self.disk = self.path("disk")
        self.disk.mkdir()

    def mount(self, prepared):
        """A small disk with what was prepared on it."""
        self.tool(*full_disk_test.MOUNT, self.disk)
        shutil.copytree(prepared, self.disk, dirs_exist_ok=True)

    def unmount(self):
        subprocess.run(["umount", "-l", self.disk], check=True, timeout=30)

    def fill(self, pages):
        """Leaves that many pages."""
        filler = self.disk / "filler"
        with open(filler, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"\0" * full_disk_test.PAGE)
            except OSError:
                pass
            os.ftruncate(file.fileno(), os.fstat(file.fileno()).st_size - pages * full_disk_test.PAGE)

    def attempt(self, prepared, args, pages):
        """Whether it fits into so many pages."""
        self.mount(prepared)
        try:
            before = self.standing(self.disk)
            self.fill(pages)
            result = self.run_any([MTLSCTL, *args], cwd=self.disk)
            (self.disk / "filler").unlink()
            if result.code != 0:
                self.check_failed(self.disk, before, result)
            self.assert_sound(self.disk)
            self.check_completes(self.disk, args, result.code == 0)
            return result.code == 0
        finally:
            self.unmount()

    def test_no_room(self):
        def work(prepared, args):
            pages, tried, step = 0, 0, 1 if EVERYWHERE else 5
            while not self.attempt(prepared, args, pages):
                pages, tried = pages + step, tried + 1
                self.assertLess(pages, 200)
            self.assertGreater(tried, 0, "it fitted into nothing")
            print(f"{' '.join(args[:2])}: failed at {tried} sizes, fits into {pages} pages", flush=True)

        self.for_each_case(work)

    def test_a_disk_that_takes_nothing(self):
        """Mounted read-only: nothing changes, not even the ledger's files."""
        def content():
            return {path: path.read_bytes() for path in self.disk.rglob("*") if path.is_file()}

        def work(prepared, args):
            self.mount(prepared)
            try:
                self.tool("mount", "-o", "remount,ro", self.disk)
                before = content()
                result = self.run_any([MTLSCTL, *args], cwd=self.disk)
                self.check_failed(self.disk, self.standing(self.disk), result)
                self.assertEqual(content(), before)
                self.tool("mount", "-o", "remount,rw", self.disk)
                self.check_completes(self.disk, args, False)
            finally:
                self.unmount()

        self.for_each_case(work)


class FailingSyncs(Cases):
    # SQLite syncs the directory of its journal, best effort, and takes no notice of what that says.
    @staticmethod
    def is_ignored_by_sqlite(call):
        return call.name == "fdatasync" and ".db" not in call.file.rpartition("/")[2]

    def test_each_sync_fails_once(self):
        """EIO from each fsync and fdatasync: never success, and the old state is whole."""
        def work(prepared, args):
            traced = self.path("traced")
            shutil.copytree(prepared, traced)
            result, calls = trace(self, [MTLSCTL, *args], traced)
            self.assertEqual(result.code, 0, str(result))
            shutil.rmtree(traced)
            syncs = [call for call in calls if call.name in ("fsync", "fdatasync")]
            for call in syncs if EVERYWHERE else syncs[::2]:
                with self.subTest(failing=str(call)):
                    self.fail_at(prepared, args, call, harmless=self.is_checkpoint(call, syncs))
            print(f"{' '.join(args[:2])}: {len(syncs)} syncs", flush=True)

        self.for_each_case(work)

    @staticmethod
    def is_checkpoint(call, syncs):
        """The checkpoint at the end: it syncs the WAL once more, and then the database. What fails there stays
        in the WAL, which every COMMIT before has synced."""
        if call.name != "fdatasync":
            return False
        of_wal = [sync for sync in syncs if sync.file == call.file and call.file.endswith("-wal")]
        return call.file.endswith(".db") or (len(of_wal) > 1 and call is of_wal[-1])

    def fail_at(self, prepared, args, call, harmless):
        directory, log = self.path(f"{prepared.name}-{call.name}-{call.index}"), self.path("injected.log")
        shutil.copytree(prepared, directory)
        before = self.standing(directory)
        result = self.run_any(argv_disturbed(log, call, "error=EIO", [MTLSCTL, *args]), cwd=directory)
        self.assertIn("(INJECTED)", log.read_text(errors="replace"))
        if result.code != 0:
            self.check_failed(directory, before, result)
        else:
            self.assertTrue(self.is_ignored_by_sqlite(call) or harmless, f"{call} went unnoticed")
        self.assert_sound(directory)
        self.check_completes(directory, args, result.code == 0)
        shutil.rmtree(directory)


if __name__ == "__main__":
    print(f"full disk: by {SMALL_DISK}", flush=True)
    main()
