"""Sets of key, request and certificate: what stands already is never lost, mixed or passed off as
something else."""

from workbench import KEY, MTLSCTL, Workbench, main


class Sets(Workbench):
    def setUp(self):
        super().setUp()
        self.make_ca()

    def refused(self, *args, code, exit=5, **more):
        """Runs a command that must be refused with `code`; returns the hint."""
        result = self.mtlsctl(*args, "--json", exit=exit, **more)
        self.assertEqual(result.json["error"]["code"], code, str(result))
        return result.json["error"]["hint"]

    def files(self, directory="."):
        """Everything in a directory that is no ledger, by name."""
        return {path.name: path.read_bytes() for path in sorted(self.path(directory).iterdir())
                if path.is_file() and not path.name.startswith("ca.db")}


class OfTheCa(Sets):
    def test_a_leafs_set_never_goes_over_the_files_of_a_ca(self):
        before = self.files("ca")
        for name in ("ca", "chain", "root"):
            for flags in ([], ["--force"], ["--force", "--force-key"], ["--dry-run"]):
                with self.subTest(name=name, flags=flags):
                    self.refused("client", "issue", "--out-dir", "ca", "--name", name, *KEY, *flags,
                                 code="would_overwrite")
                    self.assertEqual(self.files("ca"), before)
        self.assertEqual(len(self.ledger_rows()), 1)

    def test_nor_over_a_key_that_ca_toml_names(self):
        self.path("ca", "ca.key").rename(self.path("ca", "issuing.key"))
        config = self.path("ca", "ca.toml")
        config.write_text(config.read_text().replace("file:ca.key", "file:issuing.key"))
        before = self.files("ca")
        self.refused("client", "issue", "--out-dir", "ca", "--name", "issuing", *KEY, "--force",
                     "--force-key", code="would_overwrite")
        self.assertEqual(self.files("ca"), before)

    def test_any_other_name_may_stand_beside_them(self):
        self.mtlsctl("client", "issue", "--out-dir", "ca", *KEY)
        self.mtlsctl("verify", "ca/client.crt", "--key", "ca/client.key")

    def test_no_command_that_writes_one_file_reaches_them(self):
        self.mtlsctl("key", "generate", "-o", "q.key", *KEY)
        self.mtlsctl("csr", "create", "--key", "q.key", "--common-name", "q", "-o", "q.csr")
        self.path("link").symlink_to("ca")
        before = self.files("ca")
        for name in before:
            for folder in ("ca", "link"):
                for args in (["ca", "sign", "q.csr", "--force"],
                             ["key", "generate", "--force", "--force-key", *KEY],
                             ["csr", "create", "--key", "q.key", "--common-name", "q", "--force"],
                             ["ca", "export", "--chain", "--force"]):
                    with self.subTest(name=f"{folder}/{name}", command=" ".join(args)):
                        self.refused(*args, "-o", f"{folder}/{name}", code="would_overwrite")
        self.assertEqual(self.files("ca"), before)
        self.assertEqual(len(self.ledger_rows()), 1)


if __name__ == "__main__":
    main(verbosity=2)
