"""The right ledger (issue 4): one that does not know the CA is refused whatever its id, by all but what makes
a CA known; ledger.head goes on with whoever reads, and whatever stands in its place is told, with a way out
that works; a rehearsal changes no octet on the disk."""

import fcntl
import os
import shutil
import socket
import subprocess

from ledger_files import IssuedLedger
from ledger_vectors import VECTORS, old_ledger
from workbench import KEY, main


class RightLedger(IssuedLedger):
    def head(self, directory="ca"):
        return self.mtlsctl("log", "head", "--ca", directory).out.decode().strip()

    def seen(self, directory="ca"):
        """What ledger.head says, as `log head` would print it."""
        seq, digest = self.read(directory, "ledger.head").decode().split()[-1].split(":")
        return f"{int(seq)}:{digest}"

    def make_foreign(self):
        """Another CA's ledger with this one's id, in the place of this one's, and no ledger.head."""
        self.make_ca(directory="other")
        with self.database("other") as db:
            db.execute("update meta set ledger_id = ?", (self.ledger_id(),))
        self.put(self.read("other", "ca.db"))
        self.path("ca", "ledger.head").unlink()

    # --- a ledger that does not know the CA ---------------------------------------------------------

    def assert_refused_by_all(self):
        before, files = self.entries(), set(os.listdir(self.path("ca")))
        for words in (["client", "issue", *KEY, "--name", "x"],
                      ["client", "issue", *KEY, "--name", "x", "--dry-run"],
                      ["ca", "init", "--ca", "sub", "--parent", "ca", "--common-name", "sub", *KEY],
                      ["ca", "init", "--common-name", "Test root", *KEY, "--if-missing"],
                      ["cert", "list"], ["store", "export", "--format", "json"], ["log", "head"], ["log", "show"],
                      ["log", "verify"], ["store", "accept-rollback"], ["store", "repair"],
                      ["store", "accept-clock", "--serial", "00"]):
            with self.subTest(words=words):
                result = self.mtlsctl(*words, "--json", exit=7)
                self.assertEqual(result.json["error"]["code"], "ledger_mismatch", str(result))
                self.assertIn("store import", result.json["error"]["hint"])
        self.mtlsctl("verify", "--ca", "ca", "a.crt", exit=7)
        self.assertFalse(self.mtlsctl("store", "check", "--json", exit=1).json["knows_ca"])
        self.assertEqual(self.entries(), before)
        self.assertEqual({name for name in os.listdir(self.path("ca")) if "db-" not in name}, files)
        self.assertFalse(self.path("x.crt").exists())

    def assert_hint_works(self):
        self.mtlsctl("store", "import", ".", "--dry-run")
        self.mtlsctl("store", "import", ".")
        self.issue("b")
        self.mtlsctl("log", "verify")
        self.assertIn(b"CN=a", self.mtlsctl("cert", "list").out)

    def test_another_cas_ledger_is_refused_without_ledger_head_too_and_the_hint_works(self):
        self.make_foreign()
        self.assert_refused_by_all()
        shutil.rmtree(self.path("other"))
        self.assert_hint_works()

    def test_an_emptied_ledger_is_refused_without_ledger_head_too_and_the_hint_works(self):
        with self.database() as db:
            for table in ("log_entries", "log_heads", "ca_certificates", "certificates", "issuers"):
                db.execute(f"delete from {table}")
        self.path("ca", "ledger.head").unlink()
        self.assert_refused_by_all()
        self.assert_hint_works()

    def test_with_ledger_head_the_import_is_followed_by_an_acceptance(self):
        head = self.read("ca", "ledger.head")
        self.make_foreign()
        shutil.rmtree(self.path("other"))
        self.path("ca", "ledger.head").write_bytes(head)
        refused = self.issue("x", "--json", exit=7).json["error"]
        self.assertEqual(refused["code"], "ledger_rolled_back")
        self.mtlsctl("store", "accept-rollback", exit=7)
        self.mtlsctl("store", "import", ".")
        self.assertEqual(self.read("ca", "ledger.head"), head)
        self.issue("x", exit=7)
        self.mtlsctl("store", "accept-rollback")
        self.issue("x")
        self.mtlsctl("log", "verify")

    def test_machines_with_copies_of_the_directory_share_one_ledger(self):
        for name, ignored in (("second", ["ca.db*"]), ("third", ["ca.db*", "ledger.head"])):
            shutil.copytree(self.path("ca"), self.path(name), ignore=shutil.ignore_patterns(*ignored))
            self.issue(name, "--store", f"sqlite:{self.path('ca', 'ca.db')}", ca=name)
            self.assertTrue(self.path(name, "ledger.head").exists())
        self.issue("d")
        self.mtlsctl("log", "verify")

    def test_an_intermediate_of_schema_1_that_has_not_issued_is_not_shut_out(self):
        """Its ledger came to know it only when it first issued."""
        for migrates in (None, "migrate", "repair", "accept-rollback"):
            directory = f"sub-{migrates}"
            self.mtlsctl("ca", "init", "--ca", directory, "--parent", "ca", "--common-name", directory, *KEY)
            ledger_id = self.ledger_id(directory)
            self.path(directory, "ledger.head").unlink()
            self.put((VECTORS / "schema-1" / "ca.db").read_bytes(), directory)
            with self.database(directory) as db:
                for table in ("ca_certificates", "certificates", "issuers"):
                    db.execute(f"delete from {table}")
                db.execute("update meta set ledger_id = ?", (ledger_id,))
            if migrates:
                self.mtlsctl("store", migrates, "--ca", directory)
            self.issue(directory, ca=directory)
            self.mtlsctl("log", "verify", "--ca", directory)

    # --- ledger.head and who reads --------------------------------------------------------------------

    def make_behind(self):
        """A head that is older than the log, as on a machine that only reads."""
        early = self.read("ca", "ledger.head")
        self.issue("b")
        self.path("ca", "ledger.head").write_bytes(early)

    def test_who_reads_notes_how_far_the_log_has_come(self):
        for words in (["cert", "list"], ["verify", "--ca", "ca", "a.crt"], ["log", "head"],
                      ["cert", "export", self.certificate_serial("a.crt")]):
            self.make_behind()
            inode = self.path("ca", "ledger.head").stat().st_ino
            with self.subTest(words=words):
                self.mtlsctl(*words)
                self.assertEqual(self.seen(), self.head())
                self.assertEqual(self.path("ca", "ledger.head").stat().st_ino, inode)
            for name in ("b.key", "b.crt", "b.csr"):
                self.path(name).unlink()

    def test_who_reads_makes_no_ledger_head_and_examining_leaves_it_alone(self):
        self.make_behind()
        early = self.read("ca", "ledger.head")
        for words in (["log", "show"], ["log", "verify"], ["store", "check"]):
            self.mtlsctl(*words)
            self.assertEqual(self.read("ca", "ledger.head"), early)
        self.path("ca", "ledger.head").unlink()
        self.mtlsctl("cert", "list")
        self.assertFalse(self.path("ca", "ledger.head").exists())

    def test_who_reads_does_not_mind_a_ledger_head_that_cannot_be_written(self):
        self.make_behind()
        early = self.read("ca", "ledger.head")
        with open(self.path("ca", "ledger.head"), "rb") as held:
            fcntl.flock(held, fcntl.LOCK_SH)  # of another reader
            self.mtlsctl("cert", "list")
        self.assertEqual(self.read("ca", "ledger.head"), early)
        os.chmod(self.path("ca", "ledger.head"), 0o400)
        self.mtlsctl("verify", "--ca", "ca", "a.crt")

    def test_a_lock_that_is_never_given_back_ends_in_a_refusal(self):
        with open(self.path("ca", "ledger.head"), "rb") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            refused = self.mtlsctl("cert", "list", "--json", exit=7, timeout=20)
            self.assertEqual(refused.json["error"]["code"], "ledger_locked")

    # --- what stands in the place of ledger.head ------------------------------------------------------

    def spoil(self, kind):
        path = self.path("ca", "ledger.head")
        sound = path.read_bytes()
        path.unlink()
        if kind == "fifo":
            os.mkfifo(path)
        elif kind == "directory":
            path.mkdir()
        elif kind == "link":
            path.with_name("elsewhere").write_bytes(sound)
            path.symlink_to("elsewhere")
        elif kind == "socket":
            with socket.socket(socket.AF_UNIX) as bound:
                here = os.getcwd()
                os.chdir(path.parent)  # a name of a socket is short
                bound.bind(path.name)
                os.chdir(here)
        else:
            path.write_bytes({"empty": b"", "large": sound + b" " * 600, "noise": b"\0\1" * 70,
                              "cut": sound[:-9], "other": sound.replace(self.ledger_id().encode(), b"0" * 32)}[kind])

    def test_whatever_stands_in_its_place_is_told_and_mended(self):
        for at, kind in enumerate(("empty", "noise", "cut", "large", "fifo", "link", "socket", "directory", "other")):
            self.spoil(kind)
            expected = ("ledger_mismatch", "other_ledger") if kind == "other" else ("ledger_damaged", "unreadable")
            with self.subTest(kind=kind):
                for words in (["client", "issue", *KEY, "--name", f"x{at}"], ["cert", "list"]):
                    refused = self.mtlsctl(*words, "--json", exit=7, timeout=20).json["error"]
                    self.assertEqual(refused["code"], expected[0])
                    self.assertIn("accept-rollback", refused["hint"])
                for words in (["log", "verify"], ["store", "check"]):
                    found = self.mtlsctl(*words, "--json", exit=1, timeout=20).json
                    self.assertEqual((found["sound"], found["seen"]), (False, expected[1]))
                    self.assertEqual([one["flaw"] for one in found["findings"]],
                                     ["head_not_held"] if words[0] == "log" else [])
                    self.assertIn(b"accept-rollback", self.mtlsctl(*words, exit=1).out)
                if kind == "directory":
                    self.assert_not_accepted("is a directory", "move ca/ledger.head away")
                    self.path("ca", "ledger.head").rmdir()
                else:
                    self.assertTrue(self.mtlsctl("store", "accept-rollback", "--json").json["accepted"])
                    self.assertEqual(self.seen(), self.head())
                    self.assertEqual(self.mode("ca", "ledger.head"), 0o600)
                self.issue(f"x{at}")
                self.mtlsctl("log", "verify")
                self.path("ca", "elsewhere").unlink(missing_ok=True)

    def assert_not_accepted(self, message, hint):
        """However often it is tried: nothing of it stands in the log."""
        before, names = self.entries(), sorted(os.listdir(self.path("ca")))
        for _ in range(2):
            refused = self.mtlsctl("store", "accept-rollback", "--json", exit=7).json["error"]
            self.assertIn(f"cannot write ca/ledger.head: {message}", refused["message"])
            self.assertIn(hint, refused["hint"])
        self.assertEqual((self.entries(), sorted(os.listdir(self.path("ca")))), (before, names))

    def test_one_that_cannot_be_replaced_is_told_before_anything_is_accepted(self):
        self.spoil("noise")
        head = self.path("ca", "ledger.head")
        if subprocess.run(["mount", "--bind", head, head], stderr=subprocess.DEVNULL, timeout=30).returncode != 0:
            self.skipTest("nothing can be mounted here")
        try:
            self.assert_not_accepted("it is a mount point", "mount the whole directory")
        finally:
            subprocess.run(["umount", head], check=True, timeout=30)
        self.assertTrue(self.mtlsctl("store", "accept-rollback", "--json").json["accepted"])

    def test_one_that_may_not_be_read_is_told(self):
        """As somebody else than its owner: root may read everything."""
        if os.getuid() != 0:
            self.skipTest("needs another user")
        for path in [self.dir, *self.path("ca").iterdir(), self.path("ca")]:
            os.chown(path, 65534, 65534)
        os.chown(self.path("ca", "ledger.head"), 0, 0)
        nobody = {"user": 65534, "group": 65534, "extra_groups": []}
        refused = self.mtlsctl("cert", "list", "--json", exit=7, **nobody).json["error"]
        self.assertEqual(refused["code"], "permission")
        self.assertIn("ledger.head", refused["hint"])
        self.assertEqual(self.mtlsctl("log", "verify", "--json", exit=1, **nobody).json["seen"], "unreadable")
        self.mtlsctl("store", "accept-rollback", **nobody)
        self.mtlsctl("cert", "list", **nobody)

    def test_where_there_is_none_it_is_said_that_nothing_was_compared(self):
        self.path("ca", "ledger.head").unlink()
        for words in (["log", "verify"], ["store", "check"]):
            self.assertIn(b"there is no ca/ledger.head", self.mtlsctl(*words).out)
            self.assertEqual(self.mtlsctl(*words, "--json").json["seen"], "absent")
        self.assertIn(b"there was no ca/ledger.head", self.issue("b").err)
        self.assertEqual(self.mtlsctl("log", "verify", "--json").json["seen"], "held")
        self.assertNotIn(b"ledger.head", self.issue("c").err)

    # --- rehearsals -----------------------------------------------------------------------------------

    def rehearse_everything(self, directory, name, exit):
        self.openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                     f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        before = self.hashes(directory)
        for words in (["client", "issue", *KEY, "--name", "dry"],
                      ["server", "issue", *KEY, "--name", "dry", "--san", "dns:a.example"],
                      ["ca", "sign", f"{name}.csr", "-o", "dry.crt"]):
            self.mtlsctl(*words, "--ca", directory, "--dry-run", exit=exit)
            self.assertEqual(self.hashes(directory), before, words)
        self.mtlsctl("ca", "init", "--ca", "dry", "--parent", directory, "--common-name", "dry", *KEY, "--dry-run",
                     exit=exit)
        self.mtlsctl("store", "import", ".", "--ca", directory, "--dry-run", exit=exit)
        self.mtlsctl("store", "migrate", "--ca", directory, "--dry-run")
        self.assertEqual(self.hashes(directory), before)
        self.assertFalse(self.path("dry").exists() or self.path("dry.crt").exists() or self.path("dry.key").exists())

    def test_a_rehearsal_changes_nothing(self):
        self.make_behind()
        self.rehearse_everything("ca", "request", 0)

    def test_a_rehearsal_changes_nothing_of_an_older_ledger(self):
        old_ledger(self, "old")
        shutil.copy(self.path("ca", "ca.key"), self.path("old", "ca.key"))
        self.rehearse_everything("old", "request", 7)

    def test_a_backup_of_a_ledger_that_was_rolled_back_is_made_with_a_warning(self):
        self.assertEqual(self.mtlsctl("store", "backup", "kept.db").err, b"")
        self.issue("b")
        self.put(self.read("kept.db"))
        self.assertIn(b"not the one that was used last", self.mtlsctl("store", "backup", "rolled.db").err)

    def test_a_backup_is_checked_as_what_it_is(self):
        self.mtlsctl("store", "backup", "kept.db")
        self.issue("b")
        kept = ["--store", f"sqlite:{self.path('kept.db')}"]
        octets, head = self.read("kept.db"), self.read("ca", "ledger.head")
        for words in (["store", "check"], ["log", "verify"]):
            self.assertIn(b"a copy or a backup", self.mtlsctl(*words, *kept).out)
        self.assertFalse(self.mtlsctl("store", "accept-rollback", *kept, "--json").json["accepted"])
        self.assertEqual((self.read("kept.db"), self.read("ca", "ledger.head")), (octets, head))
        self.mtlsctl("client", "issue", *KEY, "--name", "c", *kept, exit=7)
        self.issue("c")

    def test_looking_at_another_store_says_nothing_of_the_own(self):
        self.mtlsctl("store", "copy", "--to", "sqlite:try.db")
        shutil.copytree(self.path("ca"), self.path("clone"))
        self.mtlsctl("client", "issue", *KEY, "--name", "try", "--ca", "clone", "--store",
                     f"sqlite:{self.path('try.db')}")
        before = self.read("ca", "ledger.head")
        self.mtlsctl("cert", "list", "--store", f"sqlite:{self.path('try.db')}")
        self.assertEqual(self.read("ca", "ledger.head"), before)
        self.mtlsctl("client", "issue", *KEY, "--name", "real")


if __name__ == "__main__":
    main()
