"""A CA directory that is damaged, foreign or steered by others."""

from workbench import KEY, MTLSCTL, Workbench, main


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
        for name in ("ca.db-wal", "ca.db-shm"):
            self.path("ca", name).unlink(missing_ok=True)
        hint = self.refused(*INIT, "--if-missing", code="not_in_ledger")
        self.assertNotIn("--force", hint)


if __name__ == "__main__":
    main(verbosity=2)
