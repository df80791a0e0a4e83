"""Sets of key, request and certificate: what stands already is never lost, mixed or passed off as
something else."""

import concurrent.futures
import contextlib
import sqlite3
import tempfile

from workbench import KEY, Workbench, main


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


PASSPHRASE = ["--key-passphrase", "env:PASS"]


class ThatStand(Sets):
    def make_request(self, name, *flags, **more):
        self.mtlsctl("key", "generate", "-o", f"{name}.key", *KEY, *flags, **more)
        self.mtlsctl("csr", "create", "--key", f"{name}.key", "--common-name", name, "-o",
                     f"{name}.csr", *flags, **more)

    def test_a_request_over_another_key_is_not_replaced_without_force(self):
        self.make_request("client")
        self.path("client.key").rename(self.path("elsewhere.key"))
        before = self.files()
        for flags in ([], ["--if-missing"], ["--dry-run"], ["--key", "ca/ca.key"]):
            with self.subTest(flags=flags):
                self.refused("client", "issue", *flags, code="would_overwrite")
                self.assertEqual(self.files(), before)
        self.path("client.csr").write_bytes(b"no request at all")
        self.refused("client", "issue", *KEY, code="would_overwrite")
        self.assertEqual(len(self.ledger_rows()), 1)
        self.mtlsctl("client", "issue", *KEY, "--force")
        self.mtlsctl("verify", "client.crt", "--key", "client.key")

    def test_a_request_over_the_sets_own_key_is_one_of_an_interrupted_run(self):
        self.make_request("client")
        key = self.read("client.key")
        self.mtlsctl("client", "issue")
        self.assertEqual(self.read("client.key"), key)
        self.mtlsctl("verify", "client.crt", "--key", "client.key")

    def test_a_key_without_a_passphrase_is_never_called_encrypted(self):
        self.mtlsctl("key", "generate", "-o", "z.key", *KEY)
        before = self.files()
        hint = self.refused("client", "issue", "--name", "z", *PASSPHRASE, code="set_mismatch",
                            env={"PASS": "secret"})
        self.assertIn("--force-key", hint)
        self.assertEqual(self.files(), before)
        self.mtlsctl("client", "issue", "--name", "z")
        self.refused("client", "issue", "--name", "z", *PASSPHRASE, "--if-missing",
                     code="set_mismatch", env={"PASS": "secret"})

    def test_a_key_of_another_kind_than_asked_for_is_refused(self):
        self.mtlsctl("key", "generate", "-o", "w.key", *KEY)
        before = self.files()
        self.refused("client", "issue", "--name", "w", "--key-type", "rsa:4096", code="set_mismatch")
        self.assertEqual(self.files(), before)
        self.mtlsctl("client", "issue", "--name", "w")
        self.refused("client", "issue", "--name", "w", "--key-type", "rsa:4096", "--if-missing",
                     code="set_mismatch")

    def test_a_key_that_others_can_read_is_used_only_if_insisted(self):
        self.mtlsctl("key", "generate", "-o", "w.key", *KEY)
        self.path("w.key").chmod(0o640)
        hint = self.refused("client", "issue", "--name", "w", code="open_permissions")
        self.assertIn("chmod 600 w.key", hint)
        self.assertFalse(self.path("w.crt").exists())
        self.mtlsctl("client", "issue", "--name", "w", "--allow-open-key")

    def test_a_certificate_over_another_key_is_never_put_beside_a_key(self):
        self.mtlsctl("key", "generate", "-o", "x.key", *KEY)
        self.make_request("y")
        self.mtlsctl("key", "generate", "-o", "locked.key", *KEY, *PASSPHRASE, env={"PASS": "secret"})
        before = self.files()
        for name in ("x", "locked"):
            for source in (["--key", "y.key"], ["--csr", "y.csr"]):
                for flags in ([], ["--force"], ["--dry-run"], ["--if-missing"]):
                    with self.subTest(name=name, source=source, flags=flags):
                        self.refused("client", "issue", "--name", name, *source, *flags,
                                     code="set_mismatch")
        self.assertEqual(self.files(), before)
        self.assertEqual(len(self.ledger_rows()), 1)

    def test_a_certificate_over_the_very_key_may_stand_beside_it(self):
        self.make_request("x")
        self.mtlsctl("client", "issue", "--name", "x", "--csr", "x.csr")
        self.make_request("y")
        self.mtlsctl("client", "issue", "--name", "y", "--key", "y.key")
        for name in "xy":
            self.mtlsctl("verify", f"{name}.crt", "--key", f"{name}.key")

    def test_a_set_without_its_request_is_not_complete(self):
        self.mtlsctl("client", "issue", *KEY)
        self.path("client.csr").unlink()
        hint = self.refused("client", "issue", "--if-missing", code="set_incomplete")
        self.assertIn("csr create --key client.key -o client.csr", hint)

    def test_an_encrypted_set_is_found_complete_without_its_passphrase(self):
        env = {"PASS": "secret"}
        self.mtlsctl("client", "issue", *KEY, *PASSPHRASE, env=env)
        again = ["client", "issue", "--if-missing"]
        self.assertEqual(self.mtlsctl(*again, "--json").json["outcome"], "unchanged")
        self.assertEqual(self.mtlsctl(*again, *PASSPHRASE, "--json", env=env).json["outcome"],
                         "unchanged")
        self.refused(*again, *PASSPHRASE, code="wrong_passphrase", exit=6, env={"PASS": "other"})


class OneFile(Sets):
    def setUp(self):
        super().setUp()
        self.mtlsctl("key", "generate", "-o", "dev.key", *KEY)
        self.mtlsctl("csr", "create", "--key", "dev.key", "--common-name", "dev", "-o", "dev.csr")

    def test_eight_who_sign_one_request_at_once_make_one_certificate(self):
        args = ["ca", "sign", "dev.csr", "--if-missing", "--json"]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            done = list(pool.map(lambda _: self.mtlsctl(*args), range(8)))
        outcomes = sorted(result.json["outcome"] for result in done)
        self.assertEqual(outcomes, ["issued"] + ["unchanged"] * 7)
        self.assertEqual(len(self.ledger_rows()), 2)

    def test_what_an_interrupted_run_left_is_removed(self):
        self.path(".dev.crt.tmp-0123456789abcdef").write_bytes(b"half")
        self.path(".other.crt.tmp-0123456789abcdef").write_bytes(b"another's")
        self.mtlsctl("ca", "sign", "dev.csr")
        self.assertEqual([path.name for path in self.dir.iterdir() if ".tmp-" in path.name],
                         [".other.crt.tmp-0123456789abcdef"])

    def test_a_file_below_dev_is_a_file_like_all(self):
        with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
            for args in (["ca", "sign", "dev.csr"], ["key", "generate", *KEY]):
                with self.subTest(command=" ".join(args)):
                    file = f"{folder}/{args[0]}"
                    self.mtlsctl(*args, "-o", file)
                    self.refused(*args, "-o", file, code="would_overwrite")
        self.assertEqual(len(self.ledger_rows()), 2)


class Kept(Sets):
    """--if-missing with a validity that was asked for by name."""

    def test_a_set_that_is_kept_is_as_long_as_what_is_asked_for(self):
        issue = ["client", "issue", *KEY, "--if-missing"]
        self.mtlsctl(*issue, "--days", "90")
        for same in ([], ["--days", "90"], ["--validity", "90d"]):
            self.assertEqual(self.mtlsctl(*issue, *same, "--json").json["outcome"], "unchanged")
        for other in (["--days", "89"], ["--days", "91"], ["--not-after", "2049-01-01T00:00:00Z"]):
            self.refused(*issue, *other, code="set_mismatch")
        end = self.mtlsctl("verify", "client.crt", "--json").json["certificate"]["not_after"]
        self.mtlsctl(*issue, "--not-after", end)
        self.refused("ca", "init", *KEY, "--common-name", "Test root", "--if-missing", "--days", "7",
                     code="set_mismatch")

    def test_one_that_was_clipped_to_its_issuers_end_is_as_long_as_can_be(self):
        self.mtlsctl("ca", "init", "--ca", "sub", "--parent", "ca", "--common-name", "Sub", *KEY, "--days", "30")
        issue = ["client", "issue", "--ca", "sub", *KEY, "--if-missing"]
        self.mtlsctl(*issue, "--days", "90")
        self.assertEqual(self.mtlsctl(*issue, "--days", "90", "--json").json["outcome"], "unchanged")
        self.refused(*issue, "--days", "20", code="set_mismatch")

    def test_a_csr_that_asks_for_thousands_of_extensions_is_told_in_short(self):
        arcs = "\n".join(f"1.2.3.{number} = ASN1:NULL" for number in range(3000))
        self.path("req.cnf").write_text(f"[req]\ndistinguished_name = dn\n[dn]\n[ext]\n{arcs}\n")
        self.mtlsctl("key", "generate", *KEY, "-o", "many.key")
        self.openssl("req", "-new", "-config", "req.cnf", "-key", "many.key", "-subj", "/CN=many", "-reqexts", "ext",
                     "-out", "many.csr")
        told = self.mtlsctl("client", "issue", "--csr", "many.csr", "--name", "many", "--json")
        self.assertEqual(len(told.json["notices"]), 101)
        self.assertIn("2900 more", told.json["notices"][-1]["requested"])
        self.assertEqual(told.err.count(b"warning:"), 101)


class Again(Sets):
    """Runs after one that was cut short."""

    def unpublished(self):
        """As a run leaves a set that was killed between recording and publishing."""
        self.mtlsctl("client", "issue", *KEY)
        for name in ("client.csr", "client.crt"):
            self.path(name).unlink()

    def test_the_same_wish_is_completed_and_another_one_is_not(self):
        self.unpublished()
        for args in (["--days", "10"], ["--common-name", "other"], ["--san", "dns:a.example"],
                     ["--not-after", "2035-01-01T00:00:00Z"]):
            with self.subTest(args=args):
                self.refused("client", "issue", *args, code="set_mismatch")
                self.assertFalse(self.path("client.crt").exists())
        self.assertEqual(self.mtlsctl("client", "issue", "--json").json["outcome"], "completed")
        self.assertEqual(len(self.ledger_rows()), 2)

    def replacement_cut_short(self):
        """As --force --force-key leaves it that was killed between recording and renaming."""
        self.mtlsctl("client", "issue", *KEY)
        old = {name: self.read(name) for name in ("client.key", "client.csr", "client.crt")}
        self.mtlsctl("client", "issue", *KEY, "--force", "--force-key")
        self.path("client.key").rename(self.path("client.key.new"))
        for name, content in old.items():
            self.path(name).write_bytes(content)
        self.path("client.key").chmod(0o600)
        return self.read("client.key.new")

    def test_a_replacement_for_another_wish_makes_a_key_of_its_own(self):
        for args in (["--common-name", "other"], ["--days", "10"], ["--key-type", "ec:p384"]):
            with self.subTest(args=args):
                for path in self.dir.glob("client.*"):
                    path.unlink()
                spent = self.replacement_cut_short()
                again = ["client", "issue", "--force", "--force-key", *args]
                again += [] if "--key-type" in args else KEY
                self.assertEqual(self.mtlsctl(*again, "--json").json["outcome"], "issued")
                self.assertNotEqual(self.read("client.key"), spent)
                self.assertFalse(self.path("client.key.new").exists())
                self.mtlsctl("verify", "client.crt", "--key", "client.key")

    def test_a_replacement_for_the_same_wish_is_completed(self):
        new = self.replacement_cut_short()
        done = self.mtlsctl("client", "issue", "--force", "--force-key", *KEY, "--json").json
        self.assertEqual(done["outcome"], "completed")
        self.assertEqual(self.read("client.key"), new)

    def test_a_replaced_certificate_is_named_in_the_ledger(self):
        first = self.mtlsctl("client", "issue", *KEY, "--json").json["serial"]
        second = self.mtlsctl("client", "issue", *KEY, "--force", "--force-key", "--json").json["serial"]
        with contextlib.closing(sqlite3.connect(self.path("ca", "ca.db"))) as db:
            replaces = dict(db.execute("select serial, replaces from certificates").fetchall())
        self.assertEqual((replaces[first], replaces[second]), (None, first))

    def test_a_key_of_two_subjects_gets_a_warning(self):
        self.mtlsctl("key", "generate", "-o", "k.key", *KEY)
        one = self.mtlsctl("client", "issue", "--name", "one", "--key", "k.key", "--json").json
        self.assertEqual(one["notices"], [])
        two = self.mtlsctl("client", "issue", "--name", "two", "--key", "k.key", "--json").json
        self.assertEqual([(notice["kind"], notice["field"]) for notice in two["notices"]],
                         [("warning", "subjectPublicKeyInfo")])
        self.assertIn(one["serial"], two["notices"][0]["message"])
        renewed = self.mtlsctl("client", "issue", "--name", "one", "--key", "k.key", "--force",
                               "--json").json
        self.assertIn("CN=two", renewed["notices"][0]["message"])


class Refusals(Sets):
    def test_a_refusal_leaves_nothing_behind(self):
        before = sorted(path.name for path in self.dir.iterdir())
        for args, code in ((["--san", "rid:1.2.3"], "denied_by_profile"),
                           (["--days", "20000"], "denied_by_profile"),
                           (["--profile", "alb-client", "--common-name", "x"], "missing_value"),
                           (["--key-type", "rsa:2048", "--profile", "mtls-server"],
                            "denied_by_profile")):
            with self.subTest(args=args):
                self.refused("client", "issue", "--out-dir", "new", *args, code=code,
                             exit=2 if code == "missing_value" else 5)
        for args in (["--days", "20000"], ["--path-length", "5", "--parent", "ca"]):
            with self.subTest(args=args):
                self.refused("ca", "init", "--ca", "new", "--common-name", "x", *args,
                             code="denied_by_profile")
        self.assertEqual(sorted(path.name for path in self.dir.iterdir()), before)
        self.assertEqual(len(self.ledger_rows()), 1)



if __name__ == "__main__":
    main(verbosity=2)
