"""Files of other users: whose a key, a CA and its ledger may be, and what --allow-open-key lifts."""

import contextlib
import os
import shutil
import subprocess
import time
import unittest

from workbench import KEY, MTLSCTL, Workbench, main

NOBODY = 65534
OTHER = 41234  # in no /etc/passwd
LIFT = "--allow-open-key"
REST = 3.2  # seconds until a ledger that nobody writes is read without locks


@unittest.skipUnless(os.geteuid() == 0, "files of other users can be made by root only")
class ForeignFiles(Workbench):
    def setUp(self):
        super().setUp()
        os.chmod(self.dir, 0o755)
        self.program = self.path("mtlsctl")
        shutil.copy(MTLSCTL, self.program)  # its own place may be closed to other users
        os.chmod(self.program, 0o755)
        self.make_ca()

    def as_user(self, user, *args, exit=0, **more):
        result = self.run_any([self.program, *args], user=user, group=user, extra_groups=[], **more)
        self.assertEqual(result.code, exit, str(result))
        return result

    def sticky(self, name="sticky"):
        """A directory like /tmp."""
        self.path(name).mkdir()
        os.chmod(self.path(name), 0o1777)
        return name

    def plant_key(self, name, owner=NOBODY, mode=0o600):
        """A private key of another user under `name`."""
        self.mtlsctl("key", "generate", *KEY, "-o", "planted.tmp")
        os.rename(self.path("planted.tmp"), self.path(name))
        os.chown(self.path(name), owner, owner)
        os.chmod(self.path(name), mode)

    def foreign(self, *args, owner="nobody (uid 65534)", **more):
        """Runs a command that must refuse a file of `owner`; nothing is issued. Returns the error."""
        before = self.ledger_rows()
        error = self.mtlsctl(*args, "--json", exit=5, **more).json["error"]
        self.assertEqual(error["code"], "foreign_owner", str(error))
        self.assertIn(f"belongs to {owner}", error["message"])
        self.assertIn("chown root ", error["hint"])
        self.assertEqual(self.ledger_rows(), before)
        return error

    def lifted(self, *args, exit=0, what=None, **more):
        """Runs a command with --allow-open-key, which warns once of each file that it names."""
        result = self.mtlsctl(*args, LIFT, exit=exit, **more)
        warnings = [line for line in result.err.decode().splitlines() if "warning: " in line]
        mine = [line for line in warnings if "belongs to " in line and (what is None or what in line)]
        self.assertEqual(len(mine), 1, str(result))
        return result

    # --- what is resumed ------------------------------------------------------------------------------

    def test_a_key_that_another_user_planted_is_not_certified(self):
        out = self.sticky()
        self.plant_key("sticky/alice.key")
        words = ["client", "issue", "--out-dir", out, "--name", "alice", *KEY]
        for more in ([], [LIFT], ["--dry-run"], ["--if-missing"]):
            hint = self.foreign(*words, *more)["hint"]
            self.assertIn("does not lift this", hint)
        self.assertEqual(os.listdir(self.path(out)), ["alice.key"])
        self.path(out, "alice.key").unlink()
        self.assertFalse(self.mtlsctl(*words, "--json").json["key_reused"])

    def test_the_owner_is_named_by_number_where_passwd_has_no_name(self):
        self.plant_key("client.key", owner=OTHER)
        self.foreign("client", "issue", *KEY, owner=f"uid {OTHER}")

    def test_a_planted_replacement_is_not_certified(self):
        out = self.sticky()
        words = ["client", "issue", "--out-dir", out, "--name", "alice", *KEY]
        self.mtlsctl(*words)
        old = self.read(out, "alice.crt")
        self.plant_key("sticky/alice.key.new")
        for more in ([], [LIFT], ["--dry-run"]):
            self.foreign(*words, "--force", "--force-key", *more)
        self.assertEqual(self.read(out, "alice.crt"), old)
        self.assertEqual(os.stat(self.path(out, "alice.key")).st_uid, 0)
        for name in ("alice.key", "alice.csr", "alice.crt"):  # without the old set it would be resumed
            self.path(out, name).unlink()
        self.foreign(*words)
        self.foreign(*words, LIFT)

    def test_a_foreign_key_is_replaced_by_a_new_one_where_that_is_asked_for(self):
        words = ["client", "issue", *KEY, "--json"]
        self.mtlsctl(*words)
        # The ledger knows this key: it could be taken for what a replacement left.
        self.mtlsctl("client", "issue", "--name", "other", *KEY)
        shutil.copy(self.path("other.key"), self.path("client.key"))
        os.chown(self.path("client.key"), NOBODY, NOBODY)
        made = self.mtlsctl(*words, "--force", "--force-key").json
        self.assertFalse(made["key_reused"])
        self.assertEqual(os.stat(self.path("client.key")).st_uid, 0)
        self.assertNotEqual(self.read("client.key"), self.read("other.key"))

    def test_a_complete_set_with_a_foreign_key_is_not_kept(self):
        words = ["client", "issue", *KEY]
        self.mtlsctl(*words)
        self.mtlsctl(*words, "--if-missing")
        os.chown(self.path("client.key"), NOBODY, NOBODY)
        self.foreign(*words, "--if-missing")
        self.foreign(*words, "--if-missing", LIFT)

    def test_no_link_is_followed_to_a_key_that_was_not_named(self):
        self.mtlsctl("key", "generate", *KEY, "-o", "mine.key")
        for name in ("client.key", "client.key.new"):
            self.path(name).symlink_to("mine.key")
            before = self.ledger_rows()
            for more in ([], [LIFT]):
                error = self.mtlsctl("client", "issue", *more, "--json", exit=5).json["error"]
                self.assertEqual(error["code"], "open_permissions")
                self.assertIn("symbolic link", error["message"])
            self.assertEqual(self.ledger_rows(), before)
            self.path(name).unlink()
        self.path("client.key").symlink_to("mine.key")
        self.mtlsctl("client", "issue", "--key", "client.key")  # named, and the same key
        self.assertTrue(self.path("client.key").is_symlink())

    def test_a_planted_pipe_makes_nothing_wait(self):
        os.mkfifo(self.path("client.key"))
        keep = os.open(self.path("client.key"), os.O_RDWR)  # its other end is held open
        self.addCleanup(os.close, keep)
        self.mtlsctl("client", "issue", *KEY, exit=6, timeout=20)

    def test_the_listeners_own_key_must_be_ours(self):
        self.path("ca", "serve").mkdir(mode=0o700)
        for name in ("ca/serve/server.key", "ca/serve/server.crt"):
            self.plant_key(name)
        for more in ([], [LIFT]):
            self.foreign("serve", "--ca", "ca", "--listen", "127.0.0.1:0", *more, timeout=20)
        shutil.rmtree(self.path("ca", "serve"))
        self.path("ca", "serve").mkdir(mode=0o700)
        os.chown(self.path("ca", "serve"), NOBODY, NOBODY)
        self.foreign("serve", "--ca", "ca", "--listen", "127.0.0.1:0", timeout=20)

    # --- a CA directory and its ledger ----------------------------------------------------------------

    def writers(self):
        """Commands that sign with the CA or write its ledger; the exit code of each when it may."""
        self.mtlsctl("key", "generate", *KEY, "-o", "x.key")
        self.mtlsctl("csr", "create", "--key", "x.key", "--common-name", "x", "-o", "x.csr")
        self.mtlsctl("client", "issue", "--name", "first", *KEY)
        serial = self.certificate_serial("first.crt")
        return ((["client", "issue", "--name", "one", *KEY, "--force", "--force-key"], 0),
                (["client", "issue", "--name", "dry", *KEY, "--dry-run"], 0),
                (["client", "issue", "--name", "first", *KEY, "--if-missing"], 0),
                (["ca", "sign", "x.csr", "--force"], 0),
                (["log", "head", "--sign"], 0),
                (["store", "import", "first.crt"], 0),
                (["store", "import", "first.crt", "--dry-run"], 0),
                (["store", "repair"], 0),
                (["store", "accept-rollback"], 0),
                (["store", "accept-loss"], 0),
                (["store", "accept-clock", "--serial", serial], 0),
                (["store", "migrate"], 0))

    def readers(self):
        return (["ca", "show"], ["ca", "export"], ["cert", "list"], ["cert", "show", "CN=first"],
                ["cert", "export", "CN=first"], ["verify", "first.crt"], ["log", "verify"], ["log", "show"],
                ["log", "head"], ["store", "check"], ["store", "export", "--format", "csv"])

    def test_every_file_of_a_ca_must_be_ours_where_it_signs_or_records(self):
        writers = self.writers()
        for at, name in enumerate(("ca.toml", "ca.crt", "root.crt", "ledger.head", "ca.db", "")):
            os.chown(self.path("ca", name), NOBODY, NOBODY)
            # Each file with some of the commands, the directory and the ledger with all.
            some = writers if name in ("", "ca.db") else writers[at::4]
            for words, code in some:
                with self.subTest(name=name, words=words):
                    error = self.foreign(*words, "--ca", "ca")
                    self.assertIn(f"ca/{name}" if name else "ca belongs", error["message"])
                    self.assertIn(f"insist with {LIFT}", error["hint"])
                    self.lifted(*words, "--ca", "ca", exit=code)
            os.chown(self.path("ca", name), 0, 0)
        for words in self.readers():
            self.mtlsctl(*words)

    def test_what_sqlite_keeps_next_to_a_ledger_must_be_ours(self):
        for suffix in ("-wal", "-shm", "-journal"):
            planted = self.path("ca", f"ca.db{suffix}")
            planted.touch()
            os.chown(planted, NOBODY, NOBODY)
            # Nothing else may open the ledger meanwhile: SQLite removes such a file when it closes.
            refused = self.mtlsctl("client", "issue", *KEY, "--ca", "ca", "--json", exit=5).json["error"]
            self.assertEqual(refused["code"], "foreign_owner")
            self.assertIn(f"ca.db{suffix} belongs to nobody", refused["message"])
            planted.unlink()

    def test_what_only_reads_is_exempt(self):
        self.mtlsctl("client", "issue", "--name", "first", *KEY)
        self.take_over("ca", NOBODY)
        for words in self.readers():
            with self.subTest(words=words):
                result = self.mtlsctl(*words, "--ca", "ca")
                self.assertNotIn(b"belongs to", result.err)
        self.mtlsctl("store", "backup", "backup.db", "--ca", "ca")

    def take_over(self, directory, owner):
        os.chown(self.path(directory), owner, owner)
        for path in self.path(directory).iterdir():
            os.chown(path, owner, owner)

    def test_an_account_that_may_only_read_can_read(self):
        """The CA belongs to one user, and a second one looks at it."""
        self.mtlsctl("client", "issue", "--name", "first", *KEY)
        self.take_over("ca", OTHER)
        os.chmod(self.path("ca"), 0o755)
        for name in ("ca.toml", "ca.db", "ledger.head"):
            os.chmod(self.path("ca", name), 0o644)
        time.sleep(REST)  # until then SQLite would have to write next to the ledger
        serial = self.certificate_serial("first.crt")
        for words in (["ca", "show"], ["ca", "export"], ["verify", "first.crt"], ["cert", "show", serial]):
            with self.subTest(words=words):
                self.as_user(NOBODY, *words, "--ca", "ca")
        result = self.as_user(NOBODY, "client", "issue", *KEY, "--ca", "ca", "--json", exit=5)
        self.assertEqual(result.json["error"]["code"], "foreign_owner")

    def test_a_ca_key_must_be_ours(self):
        os.chown(self.path("ca", "ca.key"), NOBODY, NOBODY)
        words = ["client", "issue", *KEY, "--force", "--force-key"]
        self.foreign(*words, "--ca", "ca")
        self.foreign(*words, env={"MTLSCTL_CA": "ca"})
        self.foreign("log", "head", "--sign", "--ca", "ca")
        self.foreign("ca", "init", "--ca", "sub", "--parent", "ca", "--common-name", "s", *KEY)
        self.lifted(*words, "--ca", "ca", what="ca/ca.key")
        self.lifted(*words, env={"MTLSCTL_CA": "ca"}, what="ca/ca.key")

    def test_nothing_is_lifted_for_a_ca_that_was_found(self):
        for name in ("ca.key", "ca.db", "ca.toml"):
            os.chown(self.path("ca", name), NOBODY, NOBODY)
            for more in ([], [LIFT]):
                self.assertIn("does not lift", self.foreign("client", "issue", *KEY, *more)["hint"])
            os.chown(self.path("ca", name), 0, 0)

    def test_a_ledger_that_was_named_is_judged_and_lifted_alone(self):
        self.path("far").mkdir(mode=0o700)
        self.mtlsctl("store", "copy", "--to", f"sqlite:{self.path('far', 'l.db')}")
        store = ["--store", f"sqlite:{self.path('far', 'l.db')}"]
        os.chown(self.path("far", "l.db"), NOBODY, NOBODY)
        self.assertIn("l.db", self.foreign("client", "issue", *KEY, *store)["message"])
        self.foreign("store", "migrate", *store)
        self.lifted("store", "migrate", *store, what="l.db")
        self.lifted("client", "issue", *KEY, *store, what="l.db")  # ./ca was found, the ledger was named

    # --- sudo -----------------------------------------------------------------------------------------

    def test_the_user_of_sudo_is_trusted_by_root_and_by_nobody_else(self):
        self.plant_key("client.key")
        self.take_over("ca", NOBODY)
        words = ["client", "issue", *KEY, "--json"]
        for user in ("", "0", "1", "65534x", " 65534", "-65534", "+65534", "4294967295", "4295032830", "nobody"):
            with self.subTest(user=user):
                self.mtlsctl(*words, "--ca", "ca", env={"SUDO_UID": user}, exit=5)
        # ./ca is found: it belongs to the user who ran sudo.
        made = self.mtlsctl(*words, env={"SUDO_UID": str(NOBODY)})
        self.assertTrue(made.json["key_reused"])
        self.assertNotIn(b"belongs to", made.err)
        # A user who is not root cannot name others.
        self.plant_key("x.key", owner=OTHER, mode=0o644)
        self.as_user(NOBODY, "csr", "create", "--key", "x.key", "--common-name", "x", exit=5,
                     env={"SUDO_UID": str(OTHER)})

    # --- keys that are named --------------------------------------------------------------------------

    def test_a_key_that_was_named_is_judged_and_lifted(self):
        self.plant_key("x.key")
        self.foreign("client", "issue", "--key", "x.key")
        self.lifted("client", "issue", "--key", "x.key")
        self.foreign("csr", "create", "--key", "x.key", "--common-name", "x", "-o", "x.csr")
        self.lifted("csr", "create", "--key", "x.key", "--common-name", "x", "-o", "x.csr")
        self.foreign("probe", "https://127.0.0.1:1/", "--cert", "client.crt", "--key", "x.key")
        self.foreign("serve", "--cert", "client.crt", "--key", "x.key", "--client-ca", "ca/ca.crt",
                     "--listen", "127.0.0.1:0", timeout=20)
        self.lifted("server", "issue", "--san", "dns:localhost", "--key", "x.key")
        secret = ["render", "k8s-secret", "--server-cert", "server.crt", "--server-key", "x.key", "--out", "s.yaml"]
        self.foreign(*secret)
        self.lifted(*secret)
        os.chown(self.path("ca", "ca.key"), NOBODY, NOBODY)
        self.foreign("ca", "adopt", "ca/ca.crt", "ca/ca.key", "--ca", "second")
        self.assertFalse(self.path("second").exists())
        self.lifted("ca", "adopt", "ca/ca.crt", "ca/ca.key", "--ca", "second")
        self.assertEqual(os.stat(self.path("second", "ca.key")).st_uid, 0)
        # Saying what a key is, or whether it fits, trusts it with nothing.
        self.mtlsctl("inspect", "x.key")
        self.mtlsctl("verify", "client.crt", "--key", "x.key")

    def test_a_link_that_was_named_is_followed_and_its_target_judged(self):
        self.plant_key("x.key")
        self.path("link.key").symlink_to("x.key")
        self.foreign("client", "issue", "--key", "link.key")
        os.chown(self.path("x.key"), 0, 0)
        self.mtlsctl("client", "issue", "--key", "link.key")

    def test_what_the_caller_opened_is_judged_where_it_is_a_file(self):
        self.plant_key("x.key")
        words = ["csr", "create", "--common-name", "x", "--key"]
        for name in ("-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"):
            with open(self.path("x.key"), "rb") as planted:
                done = subprocess.run([MTLSCTL, *words, name], stdin=planted, capture_output=True, env=self.env,
                                      timeout=60)
            self.assertEqual(done.returncode, 5, done.stderr)
            # A pipe comes from the caller, here from a process of another user.
            with subprocess.Popen(["cat", self.path("x.key")], stdout=subprocess.PIPE, user=NOBODY) as cat:
                done = subprocess.run([MTLSCTL, *words, name], stdin=cat.stdout, capture_output=True, env=self.env,
                                      timeout=60)
            self.assertEqual(done.returncode, 0, done.stderr)
        shell = f"exec '{MTLSCTL}' csr create --common-name x --key <(cat x.key)"
        self.tool("bash", "-c", shell)

    def test_a_named_pipe_of_another_user_is_not_read(self):
        os.mkfifo(self.path("pipe"))
        self.mtlsctl("key", "generate", *KEY, "-o", "x.key")
        words = ["csr", "create", "--common-name", "x", "--key", "pipe"]
        for owner, code in ((0, 0), (NOBODY, 5)):
            os.chown(self.path("pipe"), owner, owner)
            with subprocess.Popen(["dd", f"if={self.path('x.key')}", f"of={self.path('pipe')}", "status=none"]) as writer:
                # It is opened without waiting for a writer: until one is there it is empty, which is no key.
                fd = os.open(self.path("pipe"), os.O_RDONLY)
                self.assertTrue(os.path.exists(f"/proc/{writer.pid}"))
                result = self.run_any([MTLSCTL, *words])
                os.close(fd)
            self.assertEqual(result.code, code, str(result))

    # --- making a CA ----------------------------------------------------------------------------------

    def test_a_directory_of_another_user_becomes_a_ca_only_where_that_is_insisted_on(self):
        words = ["ca", "init", "--ca", "new", "--common-name", "n", *KEY]
        self.path("new").mkdir(mode=0o700)
        os.chown(self.path("new"), NOBODY, NOBODY)
        self.foreign(*words)
        self.foreign(*words, "--dry-run")
        self.foreign("ca", "adopt", "ca/ca.crt", "ca/ca.key", "--ca", "new")
        self.assertEqual(os.listdir(self.path("new")), [])
        self.lifted(*words)

    def test_what_an_interrupted_ca_init_left_is_resumed_only_where_it_is_ours(self):
        words = ["ca", "init", "--ca", "new", "--common-name", "n", *KEY]
        self.mtlsctl(*words)
        for name in ("ca.crt", "ca.csr", "chain.crt", "root.crt"):
            self.path("new", name).unlink()
        for name in ("ca.toml", "ca.db", "ledger.head", "ca.key"):
            os.chown(self.path("new", name), NOBODY, NOBODY)
            for more in ([], [LIFT]):
                self.assertIn(name, self.foreign(*words, *more)["message"])
            os.chown(self.path("new", name), 0, 0)
        done = self.mtlsctl(*words, "--json").json
        self.assertEqual((done["outcome"], done["key_reused"]), ("completed", True))

    def test_a_ledger_that_another_user_put_there_is_not_filled(self):
        self.sticky()
        planted = self.path("sticky", "l.db")
        planted.touch()
        os.chown(planted, NOBODY, NOBODY)
        self.foreign("ca", "init", "--ca", "new", "--common-name", "n", *KEY, "--store", f"sqlite:{planted}")
        self.assertEqual(planted.read_bytes(), b"")

    # --- secrets --------------------------------------------------------------------------------------

    def test_no_key_is_written_where_another_user_reads_it(self):
        self.sticky()
        pipe = self.path("sticky", "x.key")
        os.mkfifo(pipe)
        os.chown(pipe, NOBODY, NOBODY)
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        words = ["key", "generate", *KEY]
        self.mtlsctl(*words, "-o", "sticky/x.key", exit=5, timeout=20)
        with contextlib.suppress(BlockingIOError):
            self.assertEqual(os.read(reader, 100), b"")
        self.path("out").touch(mode=0o600)
        os.chown(self.path("out"), NOBODY, NOBODY)
        for env, code in (({}, 5), ({"SUDO_UID": str(NOBODY)}, 0)):
            with open(self.path("out"), "wb") as out:
                done = subprocess.run([MTLSCTL, *words], stdout=out, stderr=subprocess.PIPE, timeout=60,
                                      env={**self.env, **env})
            self.assertEqual(done.returncode, code, done.stderr)
            self.assertEqual(self.read("out") != b"", code == 0)

    def test_a_passphrase_file_of_another_user_is_warned_of(self):
        self.path("secret").write_text("correct horse\n")
        os.chmod(self.path("secret"), 0o600)
        words = ["key", "generate", *KEY, "--key-passphrase", "file:secret", "-o"]
        self.assertNotIn(b"warning", self.mtlsctl(*words, "a.key").err)
        os.chown(self.path("secret"), NOBODY, NOBODY)
        self.assertIn(b"warning: secret belongs to nobody (uid 65534)", self.mtlsctl(*words, "b.key").err)


class Reused(Workbench):
    def setUp(self):
        super().setUp()
        self.make_ca()

    def issue(self, *args):
        result = self.mtlsctl("client", "issue", "--json", *args)
        return result.json, result.err.decode()

    def test_a_key_that_is_used_again_is_reported(self):
        made, said = self.issue("--name", "a", *KEY)
        self.assertEqual((made["key_reused"], made["notices"]), (False, []))
        self.assertNotIn("already", said)
        for name in ("b.key", "c.key.new"):
            self.mtlsctl("key", "generate", *KEY, "-o", name)
            for more in (["--dry-run"], []):
                found, said = self.issue("--name", name[0], *KEY, *more)
                self.assertTrue(found["key_reused"])
                self.assertEqual([one["kind"] for one in found["notices"]], ["key_reused"])
                self.assertIn(f"note: {name[0]}.key was there already", said)
        # With --key it was asked for; a set that is kept has its key.
        self.mtlsctl("key", "generate", *KEY, "-o", "given.key")
        for words in (["--name", "d", "--key", "given.key"], ["--name", "a", *KEY, "--if-missing"]):
            found, said = self.issue(*words)
            self.assertEqual((found["key_reused"], found["notices"]), (True, []))
        self.mtlsctl("csr", "create", "--key", "given.key", "--common-name", "e", "-o", "e.csr")
        self.assertFalse(self.issue("--csr", "e.csr", "--name", "e")[0]["key_reused"])


def in_container(argv):
    """The command as root of a user namespace that maps this user alone; nothing where none can be made."""
    words = ["unshare", "--user", "--map-root-user"]
    if shutil.which("unshare") is None:
        return None
    tried = subprocess.run([*words, "true"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=30)
    return [*words, *argv] if tried.returncode == 0 else None


class Container(Workbench):
    """A user namespace shows every owner that it does not map as 65534."""

    def contained(self, *args, exit=0, **more):
        argv = in_container([MTLSCTL, *args])
        if argv is None:
            self.skipTest("user namespaces cannot be made here")
        result = self.run_any(argv, **more)
        self.assertEqual(result.code, exit, str(result))
        return result

    def test_own_files_are_own_inside_a_container(self):
        ca = ["--ca", "ca"]
        self.contained("ca", "init", *ca, "--common-name", "c", *KEY)
        self.contained("key", "generate", *KEY, "-o", "client.key")
        self.assertTrue(self.contained("client", "issue", *ca, *KEY, "--json").json["key_reused"])
        self.mtlsctl("client", "issue", *ca, "--name", "outside", *KEY)

    @unittest.skipUnless(os.geteuid() == 0, "files of other users can be made by root only")
    def test_an_owner_that_is_not_mapped_is_no_user(self):
        self.mtlsctl("key", "generate", *KEY, "-o", "x.key")
        for owner in (OTHER, NOBODY):
            os.chown(self.path("x.key"), owner, owner)
            os.chmod(self.path("x.key"), 0o644)
            words = ["csr", "create", "--key", "x.key", "--common-name", "x", "-o", "x.csr", "--force", "--json"]
            for user in (OTHER, NOBODY):  # 65534 is what is shown, and would be trusted if it were a user
                error = self.contained(*words, exit=5, env={"SUDO_UID": str(user)}).json["error"]
                self.assertEqual(error["code"], "foreign_owner")
                self.assertIn("does not map", error["message"])
            self.contained(*words, LIFT)


if __name__ == "__main__":
    main(verbosity=2)
