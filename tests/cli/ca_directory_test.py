"""A CA directory that is damaged, foreign or steered by others."""

from workbench import KEY, Workbench, main


class CaDirectories(Workbench):
    def refused(self, *args, code, exit=5, **more):
        """Runs a command that must be refused with `code`; returns the hint."""
        result = self.mtlsctl(*args, "--json", exit=exit, **more)
        self.assertEqual(result.json["error"]["code"], code, str(result))
        return result.json["error"]["hint"]

    def files(self, directory="ca"):
        return {path.name: path.read_bytes() for path in sorted(self.path(directory).iterdir())}


INIT = ["ca", "init", "--common-name", "Test root", *KEY]


class Ledgers(CaDirectories):
    def lose_ledger(self):
        for path in self.path("ca").glob("ca.db*"):
            path.unlink()

    def test_a_lost_ledger_is_never_made_anew(self):
        self.make_ca()
        self.lose_ledger()
        before = self.files()
        for args in ([*INIT, "--if-missing"], ["ca", "init", "--if-missing"],
                     ["client", "issue", *KEY]):
            with self.subTest(command=" ".join(args)):
                hint = self.refused(*args, code="ledger_unavailable", exit=7)
                self.assertIn("backup", hint)
                self.assertNotIn("ca init", hint)
        self.assertEqual(self.files(), before)

    def test_a_ledger_that_was_truncated_is_never_filled_anew(self):
        self.make_ca()
        self.lose_ledger()
        self.path("ca", "ca.db").touch(mode=0o600)
        before = self.files()
        for args in ([*INIT, "--if-missing"], ["client", "issue", *KEY]):
            with self.subTest(command=" ".join(args)):
                hint = self.refused(*args, code="ledger_unavailable", exit=7)
                self.assertIn("backup", hint)
                self.assertNotIn("ca init", hint)
        self.assertEqual(self.files(), before)

    def test_a_ca_that_its_ledger_does_not_know_gets_a_hint_that_can_be_followed(self):
        self.make_ca()
        self.mtlsctl("ca", "init", "--ca", "other", "--common-name", "Other", *KEY)
        for name in ("ca.toml", "ca.db"):
            self.path("ca", name).write_bytes(self.read("other", name))
        for name in ("ca.db-wal", "ca.db-shm", "ledger.head"):
            self.path("ca", name).unlink(missing_ok=True)
        hint = self.refused(*INIT, "--if-missing", code="ledger_mismatch", exit=7)
        self.assertIn("store import", hint)
        self.mtlsctl("store", "import", "ca/ca.crt")
        self.mtlsctl("client", "issue", *KEY)


class PlaceOfTheLedger(CaDirectories):
    """It is looked at before anything is written: a refusal leaves nothing behind."""

    def setUp(self):
        super().setUp()
        self.path("sh").mkdir()
        self.shared = f"sqlite:{self.path('sh', 'l.db')}"
        self.mtlsctl("ca", "init", "--ca", "sh/r", "--store", self.shared, "--common-name", "R", *KEY)
        self.before = self.read("sh", "l.db")

    def tearDown(self):
        self.assertEqual(self.read("sh", "l.db"), self.before)
        self.mtlsctl("store", "check", "--ca", "sh/r")
        super().tearDown()

    def intermediate(self, *more):
        return ["ca", "init", "--ca", "sh/i", "--parent", "sh/r", "--common-name", "I", *KEY, *more]

    def test_the_file_of_another_ca_is_refused_and_nothing_is_left(self):
        for more in (["--dry-run"], [], ["--if-missing"]):
            with self.subTest(more=more):
                hint = self.refused(*self.intermediate("--store", self.shared, *more), code="would_overwrite")
                for word in ("another file", "one CA", "PostgreSQL"):
                    self.assertIn(word, hint)
                self.assertNotIn("move", hint)
                self.assertFalse(self.path("sh", "i").exists())
        self.mtlsctl(*self.intermediate())
        self.mtlsctl("verify", "sh/i/ca.crt", "--ca", "sh/r", "--purpose", "any")
        self.before = self.read("sh", "l.db")

    def test_a_ca_that_is_adopted_is_refused_it_too(self):
        self.make_ca()
        self.mtlsctl("ca", "export", "-o", "root.crt")
        adopt = ["ca", "adopt", "root.crt", "ca/ca.key", "--ca", "sh/a"]
        self.refused(*adopt, "--store", self.shared, code="would_overwrite")
        self.assertFalse(self.path("sh", "a").exists())

    def test_a_file_of_somebody_elses_or_a_directory_that_is_not_there_leaves_nothing(self):
        self.path("text").write_text("precious")
        self.refused(*INIT, "--ca", "n", "--store", f"sqlite:{self.path('text')}", code="would_overwrite")
        self.refused(*INIT, "--ca", "n", "--store", "sqlite:nowhere/l.db", code="io", exit=7)
        self.assertFalse(self.path("n").exists())
        self.assertEqual(self.path("text").read_text(), "precious")

    def test_a_ledger_in_a_directory_that_is_made_with_the_ca_is_made(self):
        for ledger in ("n/m/own.db", "n2/own.db"):
            self.mtlsctl(*INIT, "--ca", f"{ledger.split('/')[0]}/m", "--store", f"sqlite:{ledger}")
            self.assertTrue(self.path(ledger).exists())

    def test_a_run_that_was_cut_short_after_ca_toml_is_completed_by_the_same_command(self):
        own = f"sqlite:{self.path('sh', 'own.db')}"
        self.mtlsctl(*self.intermediate("--store", own))
        for name in ("ca.crt", "ca.csr", "ca.key", "chain.crt", "root.crt", "ledger.head"):
            self.path("sh", "i", name).unlink()
        self.mtlsctl(*self.intermediate("--store", own))
        self.before = self.read("sh", "l.db")


class OfOthers(CaDirectories):
    def test_a_directory_that_holds_files_of_the_names_of_a_ca_is_left_alone(self):
        for name in ("root.crt", "chain.crt", "ca.key.new", "ca.crl"):
            with self.subTest(name=name):
                self.path(f"d-{name}").mkdir(mode=0o700)
                self.path(f"d-{name}", name).write_bytes(b"precious")
                self.refused(*INIT, "--ca", f"d-{name}", code="would_overwrite")
                self.assertEqual(self.files(f"d-{name}"), {name: b"precious"})


PASS = ["--ca-passphrase", "env:PASS"]


class Passphrases(CaDirectories):
    def interrupted(self):
        """As a run without a passphrase leaves it that was killed after the key was put."""
        self.make_ca()
        for name in ("ca.crt", "ca.csr", "chain.crt", "root.crt"):
            self.path("ca", name).unlink()

    def test_a_ca_key_without_a_passphrase_is_never_called_encrypted(self):
        self.interrupted()
        before = {name: text for name, text in self.files().items() if not name.startswith("ca.db")}
        self.refused(*INIT, *PASS, code="set_mismatch", env={"PASS": "secret"})
        self.assertEqual({name: text for name, text in self.files().items()
                          if not name.startswith("ca.db")}, before)
        done = self.mtlsctl(*INIT, "--json")
        self.assertEqual((done.json["outcome"], done.json["key_encrypted"]), ("completed", False))
        self.assertIn(b"not encrypted", done.err)

    def test_an_encrypted_ca_is_found_complete_with_and_without_its_passphrase(self):
        env = {"PASS": "secret"}
        made = self.mtlsctl(*INIT, *PASS, "--json", env=env).json
        self.assertEqual((made["outcome"], made["key_encrypted"]), ("issued", True))
        for args in (["--if-missing"], ["--if-missing", *PASS]):
            with self.subTest(args=args):
                again = self.mtlsctl(*INIT, *args, "--json", env=env).json
                self.assertEqual((again["outcome"], again["key_encrypted"]), ("unchanged", True))
        self.refused(*INIT, "--if-missing", *PASS, code="wrong_passphrase", exit=6,
                     env={"PASS": "other"})


class Chains(CaDirectories):
    def test_a_chain_that_was_removed_is_given_back(self):
        self.make_ca()
        below = ["ca", "init", "--ca", "sub", "--parent", "ca", "--common-name", "Sub", *KEY]
        self.mtlsctl(*below)
        for directory, args in (("ca", INIT), ("sub", below)):
            for name in ("chain.crt", "root.crt"):
                with self.subTest(directory=directory, name=name):
                    before = self.read(directory, name)
                    self.path(directory, name).unlink()
                    again = self.mtlsctl(*args, "--if-missing", "--json").json
                    self.assertEqual(again["outcome"], "completed")
                    self.assertEqual(self.read(directory, name), before)
            self.assertEqual(self.mtlsctl(*args, "--if-missing", "--json").json["outcome"],
                             "unchanged")

    def test_an_intermediate_that_bears_its_roots_name_is_refused(self):
        self.make_ca()
        below = ["ca", "init", "--ca", "sub", "--parent", "ca", *KEY, "--common-name"]
        self.refused(*below, "test ROOT", code="bad_name")
        self.assertFalse(self.path("sub").exists())

    def test_one_that_was_made_all_the_same_is_not_taken_for_a_root(self):
        self.make_ca()
        self.mtlsctl("ca", "init", "--ca", "sub", "--parent", "ca", "--common-name", "Sub", *KEY)
        # Signed by openssl under the root's own name.
        self.openssl("req", "-new", "-key", "sub/ca.key", "-subj", "/CN=Test root", "-out", "sub.csr")
        self.path("ext").write_text("basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\n"
                                    "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n")
        self.openssl("x509", "-req", "-in", "sub.csr", "-CA", "ca/ca.crt", "-CAkey", "ca/ca.key",
                     "-days", "30", "-extfile", "ext", "-out", "sub/ca.crt", "-CAcreateserial")
        self.path("sub", "chain.crt").write_bytes(self.read("sub", "ca.crt"))
        shown = self.mtlsctl("ca", "show", "--ca", "sub").out
        self.assertIn(b"sub: an intermediate CA", shown)
        self.path("sub", "root.crt").rename(self.path("sub", "no-root"))
        self.mtlsctl("ca", "show", "--ca", "sub", exit=6)


class Found(CaDirectories):
    """./ca, which nobody named."""

    def test_a_link_that_others_can_put_is_not_followed_unnamed(self):
        self.make_ca(directory="real")
        self.path("open").mkdir()
        self.path("open").chmod(0o777)
        self.path("open", "ca").symlink_to("../real")
        self.refused("ca", "show", code="open_permissions", cwd=self.path("open"))
        self.mtlsctl("ca", "show", "--ca", "ca", cwd=self.path("open"))
        self.path("open").chmod(0o755)
        self.mtlsctl("ca", "show", cwd=self.path("open"))

    def test_a_link_of_its_owner_is_followed(self):
        self.make_ca(directory="real")
        self.path("ca").symlink_to("real")
        self.mtlsctl("client", "issue", *KEY)


class Settings(CaDirectories):
    def test_urls_that_no_profile_could_hold_are_refused_where_they_stand(self):
        self.make_ca()
        config = self.path("ca", "ca.toml")
        text = config.read_text().replace("[issue]", "[issue]\ncrl_urls = [URL]")
        for url in ("http://a b/", "http://", "http://x/\\u00e9", "http://x/" + "y" * 2050, "ftp://x/"):
            with self.subTest(url=url[:20]):
                config.write_text(text.replace("URL", f'"{url}"'))
                result = self.mtlsctl("client", "issue", *KEY, "--json", exit=6)
                self.assertEqual(result.json["error"]["code"], "bad_config", str(result))
                line = text.splitlines().index("crl_urls = [URL]") + 1
                self.assertIn(f"ca/ca.toml:{line}:", result.json["error"]["message"])
        config.write_text(text.replace("URL", '"http://pki.example/ca.crl"'))
        self.mtlsctl("client", "issue", *KEY)


if __name__ == "__main__":
    main(verbosity=2)
