"""Point 4: a disk that is full, or that fails, or a result that cannot be written: exit 7, what was
there stays as it was, and nothing of a key is left lying about.

The small disk is a tmpfs, mounted as root or inside `unshare -rm`; where neither is allowed, only
ENOSPC injected by strace stands for it. Which one ran is printed.
"""

import os
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest

from system_calls import argv_disturbed, trace
from workbench import KEY, MTLSCTL, Workbench, main

PAGE = 4096
SIZE = 1 << 20
MARK = "SMALL_DISK_BY"  # says, inside unshare, that we are there
MOUNT = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0700", "tmpfs"]
NEW = {"new.key", "new.csr", "new.crt"}


def can(*argv):
    """Whether a tmpfs can be mounted by `argv` + a directory."""
    with tempfile.TemporaryDirectory() as directory:
        try:
            done = subprocess.run([*argv, directory], capture_output=True, timeout=30, check=False)
        except OSError:
            return False
        if done.returncode == 0 and argv[0] == "mount":
            subprocess.run(["umount", directory], check=True, timeout=30)
        return done.returncode == 0


def find_small_disk():
    """"mount", "unshare -rm" (this process is then replaced by itself inside it) or None."""
    if os.environ.get(MARK):
        return os.environ[MARK]
    if can(*MOUNT):
        return "mount"
    if can("unshare", "-rm", *MOUNT):
        os.environ[MARK] = "unshare -rm"
        os.execvp("unshare", ["unshare", "-rm", sys.executable, *sys.argv])
    return None


SMALL_DISK = find_small_disk() if __name__ == "__main__" else None


class Surroundings(Workbench):
    """What must hold after a failure."""

    def content(self, *directories):
        """Every file but ledgers, their heads (which go on with the log) and fillers, by path."""
        return {path: path.read_bytes() for directory in directories
                for path in directory.rglob("*")
                if path.is_file() and not path.name.startswith(("ca.db", "ledger.head", "filler"))}

    def assert_failed_well(self, result, before, *directories, may_appear=(), recorded=True):
        self.assertEqual(result.code, 7, str(result))
        now = self.content(*directories)
        for path, content in before.items():
            self.assertEqual(now.get(path), content, f"{path} is not what it was\n{result}")
        for path in now.keys() - before.keys():
            self.assertNotIn(".tmp-", path.name, f"a temporary file is left\n{result}")
            self.assertIn(path.name, may_appear, str(result))
            self.assertGreater(len(now[path]), 0, f"{path} is empty")
            if b"PRIVATE KEY" in now[path]:
                self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
                self.openssl("pkey", "-in", path, "-noout", "-check")
        if recorded:
            self.assert_recorded([path for path in now if path.suffix == ".crt" and now[path]],
                                 self.ca)
            self.mtlsctl("log", "verify", "--ca", self.path(self.ca))

    def assert_set(self, directory, stem):
        self.mtlsctl("verify", directory / f"{stem}.crt", "--ca", self.path(self.ca), "--key",
                     directory / f"{stem}.key")
        of_key = self.openssl("pkey", "-in", directory / f"{stem}.key", "-pubout").out
        self.assertEqual(self.openssl("req", "-in", directory / f"{stem}.csr", "-noout", "-pubkey").out,
                         of_key)
        self.assertFalse([path for path in directory.rglob("*") if ".tmp-" in path.name])
        self.assertFalse((directory / f"{stem}.key.new").exists())


@unittest.skipUnless(SMALL_DISK, "no tmpfs can be mounted here: ENOSPC is injected instead")
class FullDisk(Surroundings):
    ca = "disk/ca"

    def setUp(self):
        super().setUp()
        self.disk = self.path("disk")
        self.disk.mkdir()
        self.tool(*MOUNT, self.disk)
        self.addCleanup(subprocess.run, ["umount", "-l", self.disk], check=True, timeout=30)
        self.dry = self.path("dry")  # on the disk that is not full
        self.dry.mkdir(mode=0o700)

    def leave(self, pages):
        """Fills the disk but for `pages`."""
        filler = self.disk / "filler"
        filler.unlink(missing_ok=True)
        if pages is None:
            return
        with open(filler, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"\0" * PAGE)
            except OSError:
                pass
            os.ftruncate(file.fileno(), os.fstat(file.fileno()).st_size - pages * PAGE)

    def shrink_until_it_fits(self, attempt, least, most=96):
        """Calls `attempt(pages)` with more and more room until it says True: how often it failed."""
        for pages in range(most):
            if attempt(pages):
                self.assertGreaterEqual(pages, least, "it fitted too early: nothing was tested")
                return
        self.fail(f"it does not fit into {most} pages")

    def issue_on_small_disk(self, out, least, *more):
        """`client issue` into `out`, as a new set, at every size; then completed with room."""
        args = ["client", "issue", "--name", "new", "--ca", self.path(self.ca), "--out-dir", out, *KEY,
                *more]

        def attempt(pages):
            for name in NEW:
                (out / name).unlink(missing_ok=True)
            before = self.content(self.disk, self.dry)
            self.leave(pages)
            result = self.run_any([MTLSCTL, *args])
            fits = result.code == 0
            self.leave(None)
            if not fits:
                self.assert_failed_well(result, before, self.disk, self.dry, may_appear=("new.key",))
                self.mtlsctl(*args)
            self.assert_set(out, "new")
            return fits

        self.shrink_until_it_fits(attempt, least)

    def test_no_room_for_the_files_of_a_set(self):
        self.ca = "dry/ca"
        self.make_ca(directory=self.ca)
        self.issue_on_small_disk(self.disk, 3)

    def test_no_room_for_the_ledger(self):
        self.make_ca(directory=self.ca)
        self.issue_on_small_disk(self.dry, 8)

    def test_no_room_for_files_and_ledger(self):
        self.make_ca(directory=self.ca)
        self.issue_on_small_disk(self.disk, 10)

    def replace_on_small_disk(self, out, least):
        args = ["client", "issue", "--ca", self.path(self.ca), "--out-dir", out, *KEY]
        self.mtlsctl(*args)

        def attempt(pages):
            before = self.content(self.disk, self.dry)
            self.leave(pages)
            result = self.run_any([MTLSCTL, *args, "--force", "--force-key"])
            fits = result.code == 0
            self.leave(None)
            if not fits:
                # The new key waits under this name for the run that completes the replacement.
                self.assert_failed_well(result, before, self.disk, self.dry,
                                        may_appear=("client.key.new",))
                self.mtlsctl(*args, "--force", "--force-key")
            self.assert_set(out, "client")
            self.assertNotEqual((out / "client.crt").read_bytes(), before[out / "client.crt"])
            return fits

        self.shrink_until_it_fits(attempt, least)

    def test_no_room_to_replace_a_set(self):
        self.ca = "dry/ca"
        self.make_ca(directory=self.ca)
        self.replace_on_small_disk(self.disk, 3)

    def test_no_room_to_record_a_replacement(self):
        self.make_ca(directory=self.ca)
        self.replace_on_small_disk(self.dry, 8)

    def test_no_room_for_a_ca(self):
        args = ["ca", "init", "--ca", self.path(self.ca), "--common-name", "Root", *KEY]

        def attempt(pages):
            shutil.rmtree(self.disk / "ca", ignore_errors=True)
            self.leave(pages)
            result = self.run_any([MTLSCTL, *args])
            fits = result.code == 0
            self.leave(None)
            if not fits:
                certified = (self.disk / "ca" / "ca.crt").exists()
                self.assertFalse(certified, "ca.crt stands although it failed")
                self.assert_failed_well(result, {}, self.disk, recorded=False,
                                        may_appear=("ca.toml", "ca.key"))
                self.mtlsctl(*args)
            self.assert_recorded([self.disk / "ca" / "ca.crt"], self.ca)
            self.mtlsctl("client", "issue", "--ca", self.path(self.ca), "--out-dir", self.dry,
                         "--force", "--force-key", *KEY)
            return fits

        self.shrink_until_it_fits(attempt, 15)

    def test_no_room_for_single_files(self):
        """What writes one file: the old one stays, byte for byte, and no temporary file."""
        self.ca = "dry/ca"
        self.make_ca(directory=self.ca)
        self.mtlsctl("key", "generate", *KEY, "-o", self.dry / "q.key")
        self.mtlsctl("csr", "create", "--key", self.dry / "q.key", "--common-name", "q", "-o",
                     self.dry / "q.csr")
        ca = ["--ca", self.path(self.ca)]
        commands = {
            "key": ["key", "generate", *KEY, "--force-key"],
            "csr": ["csr", "create", "--key", self.dry / "q.key", "--common-name", "q"],
            "signed": ["ca", "sign", *ca, self.dry / "q.csr"],
            "ca": ["ca", "export", *ca],
            "exported": ["cert", "export", *ca, "CN=Test root"]}
        for name, args in commands.items():
            with self.subTest(command=" ".join(map(str, args[:2]))):
                for old in (b"what was there", None):
                    target = self.disk / name
                    target.unlink(missing_ok=True)
                    if old is not None:
                        target.write_bytes(old)
                    before = self.content(self.disk)
                    self.leave(0)
                    result = self.run_any([MTLSCTL, *args, "--force", "-o", target])
                    self.assert_failed_well(result, before, self.disk)
                    self.assertEqual(target.exists(), old is not None)
                    self.leave(None)
                self.mtlsctl(*args, "--force", "-o", target)
                self.assertIn(b"-----BEGIN", target.read_bytes())


class InjectedErrors(Surroundings):
    ca = "ca"

    def fail_everywhere(self, prepared, args, names, how, until, check):
        """Lets each call of `names` fail in turn, in copies of `prepared`. A failure up to the last
        call for which `until` holds is exit 7; later ones meet a run whose work is done."""
        directory = self.path("traced")
        shutil.copytree(prepared, directory, symlinks=True)
        result, calls = trace(self, [MTLSCTL, *args], directory)
        self.assertEqual(result.code, 0, str(result))
        last = max(number for number, call in enumerate(calls) if until(call))
        tried = 0
        for number, call in enumerate(calls):
            if call.name not in names or call.to_streams:
                continue
            tried += 1
            directory = self.path("point")
            shutil.copytree(prepared, directory, symlinks=True)
            with self.subTest(failing=str(call)):
                log = self.path("injected.log")
                result = self.run_any(argv_disturbed(log, call, how, [MTLSCTL, *args]), cwd=directory)
                self.assertIn("(INJECTED)", log.read_text(errors="replace"))
                self.ca = "point/ca"
                check(directory, call, result, number <= last)
            shutil.rmtree(directory)
        return tried

    def prepare(self):
        prepared = self.path("prepared")
        prepared.mkdir()
        self.make_ca(directory="prepared/ca")
        return prepared

    # SQLite syncs the directory of its journal, best effort: it takes no notice of what that says.
    @staticmethod
    def is_ignored_by_sqlite(call):
        return call.name == "fdatasync" and not call.file.rpartition("/")[2].startswith("ca.db")

    def check_issue(self, args, new):
        def check(directory, call, result, in_time):
            files = {path.name for path in directory.iterdir()}
            self.assertFalse([path for path in directory.rglob("*") if ".tmp-" in path.name],
                             f"a temporary file is left\n{result}")
            self.assert_recorded(directory.glob("*.crt"), self.ca)
            self.assert_no_key_material(directory, allowed=("ca.key", "client.key", "client.key.new"))
            if result.code == 0:
                self.assertTrue(not in_time or self.is_ignored_by_sqlite(call), f"{call} went unnoticed")
                self.assert_set(directory, "client")
                return
            self.assertEqual(result.code, 7, str(result))
            if new and "client.crt" in files:  # the name stands, its durability is in doubt
                self.assertEqual(call.name, "fsync")
                self.mtlsctl(*args, "--if-missing", cwd=directory)
            else:
                self.mtlsctl(*args, cwd=directory)
            self.assert_set(directory, "client")
            self.assert_no_key_material(directory, allowed=("ca.key", "client.key"))

        return check

    @staticmethod
    def syncs_the_output(call):
        return call.name == "fsync"

    @staticmethod
    def writes_a_file(call):
        return call.name == "write" and not call.to_streams

    def test_a_sync_that_fails_is_never_success(self):
        """EIO from each fsync and fdatasync, once: Linux reports a lost write one time only."""
        args = ["client", "issue", *KEY]
        tried = self.fail_everywhere(self.prepare(), args, ("fsync", "fdatasync"), "error=EIO",
                                     self.syncs_the_output, self.check_issue(args, new=True))
        self.assertGreaterEqual(tried, 10)

    def test_a_sync_that_fails_leaves_the_old_set_or_is_completed(self):
        prepared = self.prepare()
        self.mtlsctl("client", "issue", *KEY, cwd=prepared)
        args = ["client", "issue", *KEY, "--force", "--force-key"]
        tried = self.fail_everywhere(prepared, args, ("fsync", "fdatasync"), "error=EIO",
                                     self.syncs_the_output, self.check_issue(args, new=False))
        self.assertGreaterEqual(tried, 10)

    def test_a_write_that_finds_no_room_is_never_success(self):
        """ENOSPC from each write: what a full disk says, wherever it says it."""
        args = ["client", "issue", *KEY]
        tried = self.fail_everywhere(self.prepare(), args, ("write", "pwrite64"), "error=ENOSPC",
                                     self.writes_a_file, self.check_issue(args, new=True))
        self.assertGreaterEqual(tried, 20)

    def test_a_write_that_finds_no_room_leaves_the_old_set_whole(self):
        prepared = self.prepare()
        self.mtlsctl("client", "issue", *KEY, cwd=prepared)
        old = {path.name: path.read_bytes() for path in prepared.glob("client.*")}
        args = ["client", "issue", *KEY, "--force", "--force-key"]
        completed = self.check_issue(args, new=False)

        def check(directory, call, result, in_time):
            if result.code != 0:
                self.assertEqual({name: (directory / name).read_bytes() for name in old}, old)
            completed(directory, call, result, in_time)

        tried = self.fail_everywhere(prepared, args, ("write", "pwrite64"), "error=ENOSPC",
                                     self.writes_a_file, check)
        self.assertGreaterEqual(tried, 20)


class FullOutput(Workbench):
    def test_a_result_that_cannot_be_written_is_exit_7(self):
        self.make_ca()
        self.mtlsctl("client", "issue", *KEY)
        commands = [["version"], ["version", "--verbose"], ["help", "exit-codes"], ["--help"],
                    ["client", "issue", "--help"], ["completion", "bash"], ["profile", "list"],
                    ["profile", "show", "mtls-client"], ["ca", "show"], ["ca", "show", "--effective"],
                    ["ca", "export"], ["cert", "list"], ["cert", "show", "CN=client"],
                    ["cert", "export", "CN=client"], ["inspect", "client.crt"],
                    ["inspect", "client.key"], ["verify", "client.crt"],
                    ["csr", "create", "--key", "client.key", "--common-name", "q"],
                    ["ca", "sign", "client.csr", "-o", "-"],
                    ["ca", "sign", "client.csr", "-o", "/dev/stdout"],
                    ["ca", "sign", "client.csr", "-o", "signed.crt"],
                    ["client", "issue", "--name", "other", *KEY],
                    ["ca", "init", "--ca", "second", "--common-name", "R", *KEY],
                    ["key", "generate", "-o", "made.key", *KEY]]
        commands += [[*args, "--json"] for args in commands
                     if args[-1] not in ("--help", "-", "/dev/stdout", "bash", "exit-codes")
                     and args[:2] not in (["cert", "export"], ["ca", "export"], ["csr", "create"])]
        for number, args in enumerate(commands):  # what makes something makes it once
            if "--json" in args:
                names = {"other": "third", "second": "fourth", "made.key": "fifth.key",
                         "signed.crt": "sixth.crt"}
                commands[number] = [names.get(arg, arg) for arg in args]
        with open("/dev/full", "wb") as full:
            for args in commands:
                with self.subTest(command=" ".join(args)):
                    done = subprocess.run([MTLSCTL, *args], cwd=self.dir, env=self.env, stdout=full,
                                          stderr=subprocess.PIPE, timeout=60)
                    self.assertEqual(done.returncode, 7, done.stderr)
                    self.assertTrue(done.stderr.startswith(b"mtlsctl: "), done.stderr)

    def test_what_was_issued_before_the_result_was_lost_stands(self):
        self.make_ca()
        with open("/dev/full", "wb") as full:
            done = subprocess.run([MTLSCTL, "client", "issue", *KEY], cwd=self.dir, env=self.env,
                                  stdout=full, stderr=subprocess.PIPE, timeout=60)
        self.assertEqual(done.returncode, 7)
        self.mtlsctl("client", "issue", "--if-missing", *KEY)
        self.mtlsctl("verify", "client.crt", "--key", "client.key")
        self.assert_recorded([self.path("client.crt")])

    def test_a_key_for_a_full_output_goes_nowhere(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([MTLSCTL, "key", "generate", *KEY], cwd=self.dir, env=self.env,
                                  stdout=full, stderr=subprocess.PIPE, timeout=60)
        self.assertIn(done.returncode, (5, 7), done.stderr)
        self.assertNotIn(b"PRIVATE KEY", done.stderr)
        self.assertEqual(list(self.dir.iterdir()), [])


if __name__ == "__main__":
    print(f"full disk: by {SMALL_DISK or 'injected ENOSPC'}", flush=True)
    main(verbosity=2)
