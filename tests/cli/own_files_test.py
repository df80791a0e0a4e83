"""No output option reaches a CA's own files or a ledger, whatever it is called and however it is reached."""

import contextlib
import hashlib
import os
import sqlite3

from workbench import KEY, Workbench, main

OWN = ("ca.toml", "ca.key", "ca.csr", "ca.crt", "chain.crt", "root.crt", "ca.db", "ca.db-wal", "ca.db-shm",
       "ca.db-journal", "ca.crl", "ledger.head", "ca.key.new")


class OwnFiles(Workbench):
    def setUp(self):
        super().setUp()
        self.make_ca()
        self.mtlsctl("key", "generate", "-o", "x.key", *KEY)
        self.mtlsctl("csr", "create", "--key", "x.key", "--common-name", "x", "-o", "x.csr")

    def state(self, directory="ca"):
        """What stands in a directory; a ledger's contents, and not its octets, which reading may move about."""
        files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest()
                 for path in self.path(directory).iterdir() if not path.name.startswith("ca.db")}
        with contextlib.closing(sqlite3.connect(self.path(directory, "ca.db"))) as db:  # leaves no -wal behind
            files["ca.db"] = db.execute("select serial, state, fingerprint from certificates").fetchall()
        return files

    def assert_refused(self, *args, exit=5):
        before, names = self.state(), sorted(os.listdir(self.path("ca")))
        result = self.mtlsctl(*args, "--json", exit=exit)
        self.assertEqual(result.json["error"]["exit"], exit, str(result))
        self.assertEqual(sorted(os.listdir(self.path("ca"))), names, str(result))
        self.assertEqual(self.state(), before, str(result))
        return result

    def names(self):
        """Each of the CA's files by its name, by way of the parent, and through a link to the directory."""
        self.path("elsewhere").symlink_to("ca", target_is_directory=True)
        for name in OWN:
            yield f"ca/{name}"
            yield f"ca/../ca/./{name}"
            yield f"elsewhere/{name}"
            yield str(self.path("ca", name))

    def test_a_trace_is_not_written_into_the_cas_files(self):
        for name in self.names():
            with self.subTest(name=name):
                self.assert_refused("version", "--trace", name)
                self.assert_refused("cert", "list", "--trace", name)

    def test_a_trace_does_not_follow_links_there(self):
        for name in OWN:
            with self.subTest(name=name):
                link = self.path("link")
                link.unlink(missing_ok=True)
                link.symlink_to(f"ca/{name}")
                self.assert_refused("version", "--trace", "link")
                if self.path("ca", name).exists():
                    link.unlink()
                    os.link(self.path("ca", name), link)
                    self.assert_refused("version", "--trace", "link")
        self.path("second").symlink_to("link")
        self.path("link").unlink()
        self.path("link").symlink_to("ca/ca.db")
        self.assert_refused("version", "--trace", "second")

    def test_a_trace_inside_the_directory_works_as_well(self):
        self.mtlsctl("version", "--trace", "ca.db", cwd=self.path("ca"), exit=5)
        self.mtlsctl("version", "--trace", "trace.jsonl", cwd=self.path("ca"))
        self.assertEqual(self.mode("ca", "trace.jsonl"), 0o600)

    def test_a_trace_is_appended_to_traces_only(self):
        self.mtlsctl("version", "--trace", "t")
        self.mtlsctl("version", "--trace", "t")
        self.assertEqual(len(self.read("t").splitlines()), 4)
        self.path("to-trace").symlink_to("t")
        self.mtlsctl("version", "--trace", "to-trace")
        self.assertEqual(len(self.read("t").splitlines()), 6)
        for name in ("x.key", "x.csr", "notes"):
            self.path("notes").write_text("mine\n")
            before = self.read(name)
            self.mtlsctl("version", "--trace", name, exit=5)
            self.assertEqual(self.read(name), before)
        self.path("dangling").symlink_to("nowhere")
        self.mtlsctl("version", "--trace", "dangling", exit=5)
        self.assertFalse(self.path("nowhere").exists())
        self.mtlsctl("version", "--trace", "ca", exit=7)
        os.mkfifo(self.path("pipe"))
        self.mtlsctl("version", "--trace", "pipe", exit=7, timeout=20)  # nobody reads it: no waiting

    def writers(self):
        """Every command that writes one file that a flag names."""
        return (["csr", "create", "--key", "x.key", "--common-name", "x", "--force", "-o"],
                ["key", "generate", *KEY, "--force", "--force-key", "-o"],
                ["ca", "sign", "x.csr", "--force", "-o"], ["ca", "export", "--force", "-o"],
                ["cert", "export", "CN=Test root", "--force", "-o"],
                ["store", "export", "--format", "csv", "--force", "-o"],
                ["render", "nginx", "--server-cert", "s.crt", "--server-key", "s.key", "--force",
                 "--out"],
                ["store", "backup"])

    def test_no_output_option_reaches_them(self):
        for name in self.names():
            for words in self.writers():
                with self.subTest(name=name, words=words):
                    self.assert_refused(*words, name)

    def test_names_that_ca_toml_says_are_the_cas_as_well(self):
        self.mtlsctl("ca", "init", "--ca", "other", "--common-name", "Other", *KEY,
                     "--store", f"sqlite:{self.path('other', 'mine.db')}")
        rows = self.mtlsctl("cert", "list", "--ca", "other", "--json").out
        for name in ("mine.db", "mine.db-wal", "mine.db-shm", "mine.db-journal"):
            for words in self.writers():
                with self.subTest(name=name, words=words):
                    self.mtlsctl(*words, f"other/{name}", exit=5)
        self.assertEqual(self.mtlsctl("cert", "list", "--ca", "other", "--json").out, rows)

    def test_a_ledger_is_nobodys_output_wherever_it_stands(self):
        self.path("ledgers").mkdir()
        self.mtlsctl("ca", "init", "--ca", "far", "--common-name", "Far", *KEY,
                     "--store", f"sqlite:{self.path('ledgers', 'far.db')}")
        rows = self.mtlsctl("cert", "list", "--ca", "far", "--json").out
        for name in ("far.db", "far.db-wal"):
            for words in (*self.writers(), ["version", "--trace"]):
                with self.subTest(name=name, words=words):
                    self.mtlsctl(*words, f"ledgers/{name}", exit=5)
        self.assertEqual(self.mtlsctl("cert", "list", "--ca", "far", "--json").out, rows)
        self.assertEqual(os.listdir(self.path("ledgers")), ["far.db"])

    def test_a_new_ledger_takes_no_name_of_theirs(self):
        self.path("free").mkdir(mode=0o700)
        for name in (*OWN, "x.db-wal", "x.db-shm", "x.db-journal"):
            if name == "ca.db":
                continue
            for place in ("new", "free"):
                with self.subTest(name=name, place=place):
                    if place == "free" and not name.endswith(("-wal", "-shm", "-journal")):
                        continue
                    url = f"sqlite:{self.path(place, name)}"
                    for words in (["ca", "init", "--common-name", "n", *KEY],
                                  ["ca", "adopt", "ca/ca.crt", "ca/ca.key"]):
                        for more in ([], ["--dry-run"]):
                            self.mtlsctl(*words, "--ca", "new", "--store", url, *more, exit=2)
                    self.assertFalse(self.path("new").exists())
                    self.assertEqual(os.listdir(self.path("free")), [])
            self.mtlsctl("ca", "init", "--ca", "new", "--common-name", "n", *KEY, "--store",
                         f"sqlite:{self.path('ca', name)}", exit=2)
        for name in ("copy.db-wal", "copy.db-shm", "copy.db-journal"):
            self.mtlsctl("store", "copy", "--to", f"sqlite:{self.path(name)}", exit=2)
            self.mtlsctl("store", "backup", name, exit=2)
            self.assertFalse(self.path(name).exists())


if __name__ == "__main__":
    main()
