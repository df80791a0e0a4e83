"""Point 5: whose eyes a file is for, and where it goes: modes, links, devices, pipes."""

import contextlib
import os
import stat
import subprocess
import threading

from system_calls import parse, trace
from workbench import KEY, MTLSCTL, Workbench, main

UMASKS = (0o000, 0o022, 0o077)
CERTIFICATE = b"-----BEGIN CERTIFICATE-----"
PRIVATE_KEY = b"-----BEGIN PRIVATE KEY-----"


class Modes(Workbench):
    def commands_that_make_keys(self):
        """(argv, the directory that it makes)."""
        return [["ca", "init", "--common-name", "Root", *KEY],
                ["ca", "init", "--ca", "issuing", "--parent", "ca", "--common-name", "Issuing", *KEY],
                ["client", "issue", *KEY],
                ["client", "issue", *KEY, "--force", "--force-key"],
                ["server", "issue", "--name", "server", "--san", "dns:localhost", *KEY],
                ["key", "generate", "-o", "made.key", *KEY],
                ["key", "generate", "-o", "made.key", "--force", "--force-key", *KEY]]

    def assert_key_files_are_born_closed(self, calls):
        """Every file that a key was written to was made with 0600 and O_EXCL, and not opened up."""
        keys = {call.file for call in calls
                if call.name in ("write", "pwrite64", "writev") and "PRIVATE KEY" in call.text}
        self.assertTrue(keys, "no key was written at all")
        for key in keys:
            made = [call for call in calls if call.name in ("open", "openat", "creat")
                    and "O_CREAT" in call.text and call.text.endswith(f"<{key}>")]
            self.assertEqual(len(made), 1, f"{key} was not made in one step")
            self.assertIn("O_EXCL", made[0].text)
            self.assertRegex(made[0].text, r", 0600\) = ", f"{key} was not born 0600")
            for call in calls:
                if "chmod" in call.name and key in call.text:
                    self.assertRegex(call.text, r", 0600\) = ")

    def test_private_keys_are_0600_from_creation_under_any_umask(self):
        for umask in UMASKS:
            directory = self.path(f"{umask:03o}")
            directory.mkdir(mode=0o700)
            for args in self.commands_that_make_keys():
                with self.subTest(umask=f"{umask:03o}", command=" ".join(args)):
                    result, calls = trace(self, [MTLSCTL, *args], directory, umask=umask)
                    self.assertEqual(result.code, 0, str(result))
                    self.assert_key_files_are_born_closed(calls)
            for path in directory.rglob("*"):
                mode = stat.S_IMODE(path.lstat().st_mode)
                if path.is_dir():
                    self.assertEqual(mode, 0o700, path)
                elif path.suffix == ".key" or path.name in ("ca.db", "ca.toml", "ledger.head"):
                    self.assertEqual(mode, 0o600, path)
                else:
                    self.assertEqual(mode, 0o666 & ~umask, path)
            self.assertEqual(len(list(directory.rglob("*.key"))), 5)

    def test_the_ledger_and_what_stands_beside_it_are_closed_while_it_is_written(self):
        for umask in UMASKS:
            directory = self.path(f"{umask:03o}")
            directory.mkdir(mode=0o700)
            result, calls = trace(self, [MTLSCTL, "ca", "init", "--common-name", "R", *KEY],
                                  directory, umask=umask)
            self.assertEqual(result.code, 0, str(result))
            made = [call for call in calls if "ca.db" in call.text and "O_CREAT" in call.text]
            self.assertGreaterEqual(len(made), 3, "the ledger, its journal, its WAL")
            for call in made:
                self.assertRegex(call.text, r", 0600\) = ", str(call))

    def test_a_umask_that_takes_the_owners_bits_leaves_files_that_work(self):
        self.mtlsctl("ca", "init", "--common-name", "R", *KEY, umask=0o277)
        self.mtlsctl("client", "issue", *KEY, umask=0o277)
        for name in ("ca/ca.key", "client.key", "client.crt", "ca/ca.crt"):
            self.assertEqual(self.mode(name), 0o600, name)
        self.mtlsctl("verify", "client.crt")

    def test_a_new_output_directory_is_closed(self):
        self.make_ca()
        self.mtlsctl("client", "issue", "--out-dir", "a/b", *KEY, umask=0o000)
        self.assertEqual((self.mode("a"), self.mode("a", "b")), (0o700, 0o700))

    def test_a_new_output_directory_is_durable_however_its_name_is_spelt(self):
        self.make_ca()
        for name in ("one", "two/", "three/four/"):
            with self.subTest(name=name):
                result, calls = trace(self, [MTLSCTL, "client", "issue", "--out-dir", name, *KEY],
                                      self.dir)
                self.assertEqual(result.code, 0, str(result))
                synced = {call.file for call in calls if call.name == "fsync"}
                folder = self.path(name).resolve()
                self.assertLessEqual({str(folder), str(folder.parent)}, synced)


class Links(Workbench):
    def setUp(self):
        super().setUp()
        self.make_ca()
        self.path("victim").write_bytes(b"precious")
        self.path("victim").chmod(0o644)

    def assert_victim_unchanged(self):
        self.assertEqual(self.read("victim"), b"precious")
        self.assertEqual(self.mode("victim"), 0o644)

    def assert_replaced(self, name):
        self.assertFalse(self.path(name).is_symlink(), f"{name} is still a link")
        self.assertNotEqual(self.read(name), b"precious")
        self.assert_victim_unchanged()

    def test_links_in_place_of_a_set_are_replaced_and_not_followed(self):
        self.mtlsctl("client", "issue", *KEY)
        for name in ("client.csr", "client.crt", "client.key"):
            with self.subTest(name=name):
                self.mtlsctl("client", "issue", *KEY, "--force", "--force-key")
                content = self.read(name)
                self.path("other").unlink(missing_ok=True)
                self.path("other").write_bytes(content)
                self.path("other").chmod(0o600)
                self.path(name).unlink()
                self.path(name).symlink_to("other")
                self.mtlsctl("client", "issue", *KEY, "--force", "--force-key")
                self.assertFalse(self.path(name).is_symlink())
                self.assertEqual(self.read("other"), content, "the link was followed")
                self.assertNotEqual(self.read(name), content)
        self.assertEqual(self.mode("client.key"), 0o600)
        self.mtlsctl("verify", "client.crt", "--key", "client.key")

    def test_a_request_that_is_a_link_to_another_file_gives_way_to_force_alone(self):
        self.path("client.csr").symlink_to("victim")
        result = self.mtlsctl("client", "issue", *KEY, "--json", exit=5)
        self.assertEqual(result.json["error"]["code"], "would_overwrite")
        self.assertTrue(self.path("client.csr").is_symlink())
        self.assertFalse(self.path("client.key").exists(), "a refusal left a key behind")
        self.mtlsctl("client", "issue", *KEY, "--force")
        self.assert_replaced("client.csr")

    def test_without_force_a_link_is_something_that_exists(self):
        for target in ("victim", "nowhere"):
            for name in ("client.crt", "q.crt", "made.key", "made.csr", "ca.out"):
                self.path(name).unlink(missing_ok=True)
                self.path(name).symlink_to(target)
            self.prepare_request()
            for args in (["client", "issue", *KEY], ["ca", "sign", "q.csr"],
                         ["key", "generate", "-o", "made.key", *KEY],
                         ["csr", "create", "--key", "q.key", "--common-name", "q", "-o", "made.csr"],
                         ["ca", "export", "-o", "ca.out"]):
                with self.subTest(target=target, command=" ".join(args)):
                    result = self.mtlsctl(*args, "--json", exit=5)
                    self.assertEqual(result.json["error"]["code"], "would_overwrite")
            for name in ("client.crt", "q.crt", "made.key", "made.csr", "ca.out"):
                self.assertTrue(self.path(name).is_symlink(), name)
            self.assert_victim_unchanged()
            self.assertFalse(self.path("nowhere").exists(), "a dangling link was followed")
        self.assertEqual(len(self.ledger_rows()), 1, "something was issued and then not written")
        self.assertFalse(self.path("client.key").exists(), "a refusal left a key behind")

    def prepare_request(self):
        if not self.path("q.csr").exists():
            self.mtlsctl("key", "generate", "-o", "q.key", *KEY)
            self.mtlsctl("csr", "create", "--key", "q.key", "--common-name", "q", "-o", "q.csr")

    def test_with_force_a_link_gives_way_and_its_target_stays(self):
        self.prepare_request()
        for target in ("victim", "nowhere"):
            for name, args in (
                    ("client.crt", ["client", "issue", "--force", "--force-key", *KEY]),
                    ("q.crt", ["ca", "sign", "q.csr", "--force"]),
                    ("made.key", ["key", "generate", "-o", "made.key", "--force", "--force-key", *KEY]),
                    ("made.csr", ["csr", "create", "--key", "q.key", "--common-name", "q", "-o",
                                  "made.csr", "--force"]),
                    ("ca.out", ["ca", "export", "-o", "ca.out", "--force"])):
                with self.subTest(target=target, name=name):
                    for old in self.dir.glob("client.*"):
                        old.unlink()
                    self.path(name).unlink(missing_ok=True)
                    self.path(name).symlink_to(target)
                    self.mtlsctl(*args)
                    self.assert_replaced(name)
                    self.assertFalse(self.path("nowhere").exists(), "a dangling link was followed")
        self.assertEqual(self.mode("made.key"), 0o600)

    def test_a_dangling_link_in_place_of_a_key_is_never_written_through(self):
        self.path("client.key").symlink_to("nowhere")
        self.assertIn(self.run_any([MTLSCTL, "client", "issue", *KEY]).code, (5, 6))
        self.mtlsctl("client", "issue", "--force", "--force-key", *KEY)
        self.assertFalse(self.path("client.key").is_symlink())
        self.assertFalse(self.path("nowhere").exists())
        self.mtlsctl("verify", "client.crt", "--key", "client.key")

    def test_another_name_of_a_replaced_file_keeps_the_old_content(self):
        self.mtlsctl("client", "issue", *KEY)
        old = {}
        for kind in ("key", "csr", "crt"):
            os.link(self.path(f"client.{kind}"), self.path(f"other.{kind}"))
            old[kind] = self.read(f"client.{kind}")
        self.mtlsctl("client", "issue", "--force", "--force-key", *KEY)
        for kind, content in old.items():
            self.assertEqual(self.read(f"other.{kind}"), content)
            self.assertNotEqual(self.read(f"client.{kind}"), content)

    def test_a_temporary_name_that_others_prepared_is_not_used(self):
        """The temporary name is not to be guessed, and one that exists is never opened."""
        _, calls = trace(self, [MTLSCTL, "client", "issue", *KEY], self.dir)
        names = {call.text.split('"')[1] for call in calls
                 if call.name == "openat" and ".tmp-" in call.text and "O_CREAT" in call.text}
        self.assertEqual(len(names), 3)
        for name in names:
            self.assertRegex(name, r"^\.client\.(key|csr|crt)\.tmp-[0-9a-f]{16}$")
        for call in calls:
            if call.name == "openat" and ".tmp-" in call.text:
                self.assertRegex(call.text, r"O_EXCL\|O_NOFOLLOW")

    def test_a_directory_that_is_swapped_meanwhile_does_not_divert_the_files(self):
        """The output directory is opened once; while the run is held up, another takes its name."""
        self.path("out").mkdir(mode=0o700)
        log = self.path("swap.log")
        held = subprocess.Popen(
            ["strace", "-f", "-y", "-o", log, "-e", "trace=fsync", "-e",
             "inject=fsync:delay_enter=3000000:when=1", MTLSCTL, "client", "issue", "--out-dir", "out",
             *KEY], cwd=self.dir, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        with contextlib.closing(held.stdout), contextlib.closing(held.stderr):
            for _ in range(500):  # until the key's temporary file is there: the run waits at its fsync
                if any(".key.tmp-" in name for name in os.listdir(self.path("out"))):
                    break
                threading.Event().wait(0.01)
            else:
                self.fail("the run did not come to its first file")
            self.path("out").rename(self.path("moved"))
            self.path("out").mkdir(mode=0o755)
            code = held.wait(60)
            self.assertEqual(code, 0, held.stderr.read())
        self.assertIn("fsync", {call.name for call in parse(log.read_text())})
        self.assertEqual(list(self.path("out").iterdir()), [], "files went into the other directory")
        self.assertEqual(sorted(path.name for path in self.path("moved").iterdir()),
                         ["client.crt", "client.csr", "client.key"])


class Descriptors(Workbench):
    def setUp(self):
        super().setUp()
        self.make_ca()
        self.mtlsctl("key", "generate", "-o", "q.key", *KEY)
        self.mtlsctl("csr", "create", "--key", "q.key", "--common-name", "q", "-o", "q.csr")
        self.special = {name: os.lstat(name) for name in ("/dev/stdout", "/dev/null", "/dev/fd")}
        self.addCleanup(self.assert_special_files_stand)

    def assert_special_files_stand(self):
        for name, before in self.special.items():
            now = os.lstat(name)
            self.assertEqual((now.st_ino, now.st_mode, now.st_rdev),
                             (before.st_ino, before.st_mode, before.st_rdev), f"{name} was replaced")

    def writers(self, output):
        return [["ca", "sign", "q.csr", "-o", output],
                ["ca", "export", "-o", output],
                ["csr", "create", "--key", "q.key", "--common-name", "q", "-o", output]]

    def test_dev_stdout_is_the_descriptor_and_stays(self):
        for args in self.writers("/dev/stdout"):
            with self.subTest(command=" ".join(args), to="a pipe"):
                self.assertIn(b"-----BEGIN CERTIFICATE", self.mtlsctl(*args).out)
            with self.subTest(command=" ".join(args), to="a file"):
                with open(self.path("got"), "wb") as got:
                    done = subprocess.run([MTLSCTL, *args], cwd=self.dir, env=self.env, stdout=got,
                                          stderr=subprocess.PIPE, timeout=60)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn(b"-----BEGIN CERTIFICATE", self.read("got"))
                self.assertFalse(self.path("got").is_symlink())
        self.assertEqual([path.name for path in self.dir.iterdir() if ".tmp-" in path.name], [])

    def test_dash_is_stdout_and_nothing_else_is_there(self):
        out = self.mtlsctl("ca", "sign", "q.csr", "-o", "-").out
        self.assertTrue(out.startswith(CERTIFICATE))
        self.assertTrue(out.endswith(b"-----END CERTIFICATE-----\n"))
        self.openssl("verify", "-CAfile", "ca/ca.crt", stdin=out)

    def test_dev_null_takes_what_it_gets_and_stays(self):
        for args in self.writers("/dev/null"):
            with self.subTest(command=" ".join(args)):
                self.mtlsctl(*args)
                self.mtlsctl(*args)  # it never counts as existing
        self.assertTrue(stat.S_ISCHR(os.stat("/dev/null").st_mode))
        with open("/dev/null", "wb") as null:
            null.write(b"still works")
        self.assertEqual(self.read("../" + self.dir.name, "q.csr")[:5], b"-----")

    def test_a_certificate_sent_to_dev_null_is_recorded(self):
        self.mtlsctl("ca", "sign", "q.csr", "-o", "/dev/null")
        self.assertEqual(len(self.ledger_rows()), 2)

    def through_fifo(self, *args, exit=0):
        os.mkfifo(self.path("fifo"), 0o600)
        got = []
        reader = threading.Thread(target=lambda: got.append(self.path("fifo").read_bytes()), daemon=True)
        reader.start()
        self.mtlsctl(*args, "-o", "fifo", exit=exit)
        reader.join(10)
        self.assertTrue(stat.S_ISFIFO(os.lstat(self.path("fifo")).st_mode), "the FIFO was replaced")
        return got[0]

    def test_a_fifo_is_written_and_stays(self):
        self.assertEqual(self.through_fifo("ca", "export"), self.read("ca", "ca.crt"))

    def test_a_key_goes_through_a_fifo(self):
        self.openssl("pkey", "-noout", "-check", stdin=self.through_fifo("key", "generate", *KEY))

    def test_a_key_is_never_written_to_a_device(self):
        os.symlink("/dev/null", self.path("link"))
        for output in ("/dev/null", "/dev/zero", "/dev/full", "link", "/dev/../dev/null"):
            with self.subTest(output=output):
                result = self.mtlsctl("key", "generate", "-o", output, "--force", "--force-key", "--json",
                                      *KEY, exit=5)
                self.assertEqual(result.json["error"]["code"], "open_permissions")
                self.assertNotIn(b"PRIVATE KEY", result.out + result.err)

    def to_descriptor(self, fd, args, exit=0):
        """Runs `args` with `fd` as descriptor 3."""
        done = subprocess.run(["sh", "-c", f'exec "$@" 3>&{fd}', "sh", MTLSCTL, *args], cwd=self.dir,
                              env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=60, pass_fds=[fd])
        self.assertEqual(done.returncode, exit, done.stderr)

    def test_a_key_goes_to_a_pipe_named_as_dev_fd(self):
        reading, writing = os.pipe()
        try:
            self.to_descriptor(writing, ["key", "generate", "-o", "/dev/fd/3", *KEY])
            os.close(writing)
            writing = None
            key = b""
            while piece := os.read(reading, 65536):
                key += piece
        finally:
            os.close(reading)
            if writing is not None:
                os.close(writing)
        self.assertTrue(key.startswith(PRIVATE_KEY))
        self.openssl("pkey", "-noout", "-check", stdin=key)

    def test_a_key_goes_to_an_open_file_only_if_it_is_closed_to_others(self):
        for mode, exit_code in ((0o600, 0), (0o644, 5), (0o660, 5), (0o604, 5)):
            with self.subTest(mode=f"{mode:03o}"):
                fd = os.open(self.path(f"k{mode:o}"), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                os.fchmod(fd, mode)
                try:
                    self.to_descriptor(fd, ["key", "generate", "-o", "/dev/fd/3", *KEY], exit=exit_code)
                finally:
                    os.close(fd)
                self.assertEqual(PRIVATE_KEY in self.read(f"k{mode:o}"), exit_code == 0)

    def test_a_descriptor_that_is_not_open_is_an_error_and_no_file(self):
        result = self.run_any([MTLSCTL, "ca", "export", "-o", "/dev/fd/9"])
        self.assertEqual(result.code, 7, str(result))

    def test_a_directory_as_output_is_refused(self):
        self.path("dir").mkdir()
        for args in self.writers("dir"):
            with self.subTest(command=" ".join(args)):
                self.assertIn(self.run_any([MTLSCTL, *args]).code, (5, 6, 7))
        self.assertEqual(list(self.path("dir").iterdir()), [])


if __name__ == "__main__":
    main(verbosity=2)
