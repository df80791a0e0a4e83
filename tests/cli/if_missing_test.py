"""`--if-missing` is as strict as a first run: a set that a first run of the same command would not have made is
refused, and what differs is named; one that it would have made is kept without writing anything."""

import contextlib
import os
import pathlib
import shutil
import sqlite3
import tempfile

from workbench import KEY, MTLSCTL, Workbench, main

ENV = {"PASS": "secret1"}
P384 = ["--key-type", "ec:p384"]

# A profile of the user's own.
NARROW = """version = 1
name = "narrow"
description = "A client, and signatures of documents"
role = "client"
[key]
default = "ec:p256"
allowed = ["ec:p256", "ec:p384"]
[validity]
default = "30d"
max = "60d"
backdate = "5m"
[subject]
required = ["CN"]
[san]
max = 10
[[san.allow]]
kind = "dns"
[extensions]
key_usage = ["digitalSignature"]
extended_key_usage = ["clientAuth"]
[csr]
subject = true
san = true
"""

CA_PROFILE = """version = 1
name = "short-root"
description = "A root of a year"
role = "root-ca"
[key]
default = "ec:p256"
allowed = ["ec:p256", "ec:p384"]
[validity]
default = "365d"
max = "365d"
backdate = "5m"
[subject]
required = ["CN"]
[extensions]
key_usage = ["keyCertSign", "cRLSign"]
"""

# Per flag of a first run: the flags that a set was made with, then flags of another first run and the words that
# the refusal must have. Flags that are left out count too: a first run has defaults.
CLIENT = [
    (["--common-name", "a"], [(["--common-name", "b"], "subject"), ([], "its subject is CN=a, not CN=set")]),
    ([], [(["--common-name", "b"], "its subject is CN=set, not CN=b")]),
    (["--subject", "CN=a,O=x"], [(["--subject", "CN=a"], "subject"), (["--subject", "O=x,CN=a"], "subject")]),
    (["--organization", "x", "--unit", "u"], [(["--organization", "x"], "subject"), (["--unit", "u"], "subject")]),
    (["--country", "cn", "--email", "a@b.example"], [(["--country", "de", "--email", "a@b.example"], "subject"),
                                                     (["--country", "cn"], "subject")]),
    (["--san", "dns:a.example", "--san", "ip:10.0.0.1"],
     [([], "its subject alternative names are dns:a.example, ip:10.0.0.1, not none"),
      (["--san", "dns:a.example"], "alternative names"),
      (["--san", "dns:a.example", "--san", "ip:10.0.0.2"], "alternative names"),
      (["--san", "dns:a.example", "--san", "ip:10.0.0.1", "--san", "uri:spiffe://x/y"], "alternative names")]),
    ([], [(["--san", "dns:a.example"], "its subject alternative names are none, not dns:a.example")]),
    (P384, [(KEY, "its key is EC P-384, not ec:p256")]),
    (["--key-passphrase", "env:PASS"], []),
    ([], [(["--key-passphrase", "env:PASS"], "not encrypted")]),
    (["--days", "30"], [(["--days", "31"], "valid until"), (["--validity", "29d"], "valid until")]),
    (["--not-after", "2031-01-01T00:00:00Z"], [(["--not-after", "2031-01-01T00:00:01Z"], "valid until")]),
    ([], [(["--profile", "narrow"], "it was issued under profile 'mtls-client', not 'narrow'")]),
    (["--profile", "narrow"], [([], "it was issued under profile 'narrow', not 'mtls-client'")]),
    (["--request-key", "job-1"], [(["--request-key", "job-2"], "it was issued for the request 'job-1', not 'job-2'")]),
    ([], [(["--ca", "sub"], "it was issued by CN=Root, not by CN=Sub"),
          (["--ca", "twin"], "its signature is not by the key of CN=Root")]),
    ([], [(["--request-key", "job-1"], "it was not issued for the request 'job-1'")]),
    (["--csr", "other.csr"], [(["--csr", "third.csr"], "another key than the CSR's"),
                              (["--csr", "same-key.csr"], "its subject is CN=other, not CN=same-key"),
                              (["--csr", "other.csr", "--san-from-csr"], "not dns:other.example"),
                              (["--csr", "other.csr", "--common-name", "x"], "its subject is CN=other, not CN=x")]),
    (["--csr", "other.csr", "--san-from-csr"], [(["--csr", "other.csr"], "are dns:other.example, not none")]),
    (["--key", "other.key"], [(["--key", "third.key"], "another key than the one given")]),
]
SERVER = [
    (["--san", "dns:a.example", "--san", "dns:b.example"],
     [(["--san", "dns:b.example"], "its subject is CN=a.example, not CN=b.example; its subject alternative names are "
       "dns:a.example, dns:b.example, not dns:b.example"),
      (["--san", "dns:b.example", "--san", "dns:a.example"], "its subject is CN=a.example, not CN=b.example"),
      (["--san", "dns:a.example", "--san", "dns:b.example", "--common-name", "c"], "subject")]),
]
ROOT = ["--common-name", "New root"]
CA = [
    (ROOT, [(["--common-name", "Other root"], "its subject is CN=New root, not CN=Other root"),
            ([*ROOT, "--organization", "x"], "subject"), ([*ROOT, "--days", "7"], "valid until"),
            ([*ROOT, "--path-length", "1"], "its path length is without limit, not 1"),
            ([*ROOT, "--permit", "dns:a.example"], "name constraints"),
            ([*ROOT, "--exclude", "dns:a.example"], "name constraints"),
            ([*ROOT, "--profile", "short-root"], "it was issued under profile 'root-ca', not 'short-root'"),
            ([*ROOT, *P384], "its key is EC P-256, not ec:p384"),
            ([*ROOT, "--ca-passphrase", "env:PASS"], "not encrypted"),
            ([*ROOT, "--parent", "ca"], "it was issued by CN=New root, not by CN=Root")]),
    ([*ROOT, "--path-length", "2"], [([*ROOT, "--path-length", "3"], "its path length is 2, not 3"),
                                     (["--path-length", "1"], "its path length is 2, not 1"),
                                     (ROOT, "its path length is 2, not without limit")]),
    ([*ROOT, "--permit", "dns:a.example", "--permit", "dn:O=a"],
     [([*ROOT, "--permit", "dns:a.example"], "name constraints"), (ROOT, "name constraints"),
      (["--permit", "dns:a.example"], "name constraints")]),
    ([*ROOT, "--exclude", "dns:a.example"], [(ROOT, "name constraints")]),
    (["--parent", "ca", "--common-name", "New sub"],
     [(["--parent", "twin", "--common-name", "New sub"], "its signature is not by the key of CN=Root"),
      (["--parent", "sub-maker", "--common-name", "New sub"], "it was issued by CN=Root, not by CN=Maker"),
      (["--common-name", "New sub"], "it was issued by CN=Root, not by itself"),
      (["--parent", "ca", "--common-name", "New sub", "--path-length", "0", "--permit", "dns:a.example"],
       "name constraints")]),
]


class IfMissing(Workbench):
    @classmethod
    def setUpClass(cls):
        """CAs and requests that all cases use, made once and copied: ca (a root) with sub below it, and twin, another
        root of the same name."""
        cls.prepared = pathlib.Path(tempfile.mkdtemp(prefix="mtlsctl-test."))
        cls.addClassCleanup(shutil.rmtree, cls.prepared, ignore_errors=True)
        bench = cls("run")
        Workbench.setUp(bench)
        bench.dir = cls.prepared
        for name in ("ca", "twin"):
            bench.mtlsctl("ca", "init", "--ca", name, "--common-name", "Root", *KEY)
        bench.mtlsctl("ca", "init", "--ca", "sub-maker", "--common-name", "Maker", *KEY)
        bench.mtlsctl("ca", "init", "--ca", "sub", "--parent", "ca", "--common-name", "Sub", *KEY)
        for name in ("other", "third"):
            bench.mtlsctl("key", "generate", "-o", f"{name}.key", *KEY)
            bench.mtlsctl("csr", "create", "--key", f"{name}.key", "--common-name", name, "--san",
                          f"dns:{name}.example", "-o", f"{name}.csr")
        bench.mtlsctl("csr", "create", "--key", "other.key", "--common-name", "same-key", "-o", "same-key.csr")
        bench.path("profiles").mkdir(mode=0o700)
        bench.path("profiles", "narrow.toml").write_text(NARROW)
        bench.path("profiles", "short-root.toml").write_text(CA_PROFILE)
        bench.doCleanups()

    def setUp(self):
        super().setUp()
        shutil.copytree(self.prepared, self.dir, dirs_exist_ok=True, symlinks=True)
        os.chmod(self.dir, 0o700)

    def complete(self, args):
        """`args` with a fast key where they name no key."""
        named = {"--key-type", "--csr", "--key"} & set(args)
        profiles = ["--profiles", "profiles"] if "--profile" in args else []
        return [*args, *([] if named else KEY), *profiles]

    def state(self, *directories):
        """Names, contents, modes and times of everything; of ledgers what they hold."""
        found = {}
        for path in sorted(self.dir.rglob("*")):
            if not path.is_file() or path.name.endswith(("-wal", "-shm")):
                continue
            name = str(path.relative_to(self.dir))
            if path.suffix == ".db":
                with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
                    found[name] = "\n".join(db.iterdump())
            else:
                stat = path.stat()
                found[name] = (path.read_bytes(), stat.st_mode, stat.st_mtime_ns, stat.st_ino)
        return found

    def kept(self, args, outcome="unchanged"):
        """The command must keep what is there, byte for byte, without writing to any ledger."""
        before = self.state()
        done = self.mtlsctl(*args, "--if-missing", "--json", env=ENV)
        self.assertEqual(done.json["outcome"], outcome, str(done))
        self.assertEqual(self.state(), before)
        return done

    def refused(self, args, *words, code="set_mismatch", exit=5, also=("--dry-run",)):
        """The command must be refused, naming what differs; nothing is written. `also`: the same with these flags.
        Returns the error."""
        before = self.state()
        for flags in (["--if-missing"], *(["--if-missing", flag] for flag in also)):
            result = self.mtlsctl(*args, *flags, "--json", exit=exit, env=ENV)
            error = result.json["error"]
            self.assertEqual(error["code"], code, str(result))
            for word in words:
                self.assertIn(word, error["message"], str(result))
            self.assertNotEqual(error["hint"], "", str(result))
            self.assertEqual(self.state(), before)
        return error


    def run_hint(self, hint):
        """Runs the command of a hint as a person would."""
        self.tool("sh", "-c", hint[hint.index("mtlsctl "):].replace("mtlsctl", MTLSCTL, 1))


class Tables(IfMissing):
    def clear(self):
        for path in self.dir.glob("set.*"):
            path.unlink()
        shutil.rmtree(self.path("new"), ignore_errors=True)

    def check(self, command, table):
        for made_with, others in table:
            self.clear()
            made = self.mtlsctl(*command, *self.complete(made_with), "--json", env=ENV).json
            self.assertEqual(made["outcome"], "issued")
            with self.subTest(made_with=made_with):
                again = self.kept([*command, *self.complete(made_with)]).json
                for field in ("serial", "files", "subject", "not_after", "profile"):
                    self.assertEqual(again[field], made[field], field)
            for number, (flags, word) in enumerate(others):
                with self.subTest(made_with=made_with, asked_for=flags):
                    self.refused([*command, *self.complete(flags)], word, also=() if number else ("--dry-run",))

    def test_client_issue(self):
        self.check(["client", "issue", "--name", "set"], CLIENT)

    def test_server_issue(self):
        self.check(["server", "issue", "--name", "set"], SERVER)

    def test_ca_init(self):
        self.check(["ca", "init", "--ca", "new"], CA)


class OfLeaves(IfMissing):
    ISSUE = ["client", "issue", "--name", "a", "--san", "dns:a.example", *KEY]

    def setUp(self):
        super().setUp()
        self.mtlsctl(*self.ISSUE)

    def forged(self, name):
        """The request with another last octet in its signature."""
        der = bytearray(self.openssl("req", "-in", name, "-outform", "DER").out)
        der[-1] ^= 1
        return self.openssl("req", "-inform", "DER", stdin=bytes(der)).out

    def test_each_file_of_a_set_must_be_what_a_first_run_writes(self):
        self.mtlsctl("client", "issue", "--name", "b", *KEY)
        other_names = ["csr", "create", "--key", "a.key", "--san", "dns:a.example"]
        self.mtlsctl(*other_names, "--common-name", "b", "-o", "subject.csr")
        self.mtlsctl(*other_names, "--common-name", "a", "--san", "dns:b.example", "-o", "names.csr")
        self.path("signature.csr").write_bytes(self.forged("a.csr"))
        self.openssl("x509", "-in", "a.crt", "-outform", "DER", "-out", "a.der")
        self.path("two.crt").write_bytes(self.read("a.crt") + self.read("b.crt"))
        self.path("foreign.crt").write_bytes(self.read("a.crt") + self.read("twin", "ca.crt"))
        self.path("garbage").write_bytes(b"no PEM\n")
        self.path("nowhere").symlink_to("not-there")
        for target, source, code, word in (
                ("a.key", None, "set_mismatch", "a.key is not there"),
                ("a.key", "b.key", "set_mismatch", "a.key is another key"),
                ("a.key", "garbage", "malformed", "a.key"),
                ("a.key", "nowhere", "open_permissions", "a.key is a symbolic link"),
                ("a.csr", None, "set_incomplete", "a.csr is not"),
                ("a.csr", "b.csr", "set_mismatch", "a.csr is there and does not match: it is over another key"),
                ("a.csr", "subject.csr", "set_mismatch", "a.csr is there and does not match: its subject is CN=b"),
                ("a.csr", "names.csr", "set_mismatch", "dns:a.example, dns:b.example, not dns:a.example"),
                ("a.csr", "signature.csr", "set_mismatch", "its signature is not by its key"),
                ("a.csr", "garbage", "malformed", "a.csr"),
                ("a.crt", "b.crt", "set_mismatch", "its subject is CN=b, not CN=a"),
                ("a.crt", "a.der", "set_mismatch", "it is not PEM"),
                ("a.crt", "two.crt", "set_mismatch", "the certificate of CN=b, which is not of the issuing"),
                ("a.crt", "foreign.crt", "set_mismatch", "the certificate of CN=Root, which is not of the issuing"),
                ("a.crt", "garbage", "malformed", "a.crt"),
                ("a.crt", "nowhere", "malformed", "a.crt")):
            with self.subTest(target=target, source=source):
                kept, mode = self.read(target), self.mode(target)
                self.path(target).unlink()
                if source == "nowhere":
                    self.path(target).symlink_to("not-there")
                elif source:
                    self.path(target).write_bytes(self.read(source))
                    self.path(target).chmod(mode)
                try:
                    self.refused(self.ISSUE, word, code=code, exit=6 if code == "malformed" else 5)
                finally:
                    self.path(target).unlink(missing_ok=True)
                    self.path(target).write_bytes(kept)
                    self.path(target).chmod(mode)
        self.kept(self.ISSUE)

    def test_all_that_differs_is_named(self):
        self.mtlsctl("key", "generate", "-o", "b.key", *KEY)
        self.mtlsctl("csr", "create", "--key", "b.key", "--common-name", "b", "-o", "a.csr", "--force")
        self.path("a.key").write_bytes(self.read("b.key"))
        self.refused(["client", "issue", "--name", "a", "--common-name", "c", "--profile", "narrow", "--profiles",
                      "profiles", "--days", "7", *P384],
                     "its key is EC P-256, not ec:p384; a.key is another key; a.csr: it is over another key than the "
                     "certificate; a.crt: it was issued under profile 'mtls-client', not 'narrow'; its subject is "
                     "CN=a, not CN=c; its subject alternative names are dns:a.example, not none; it is valid until")

    def test_a_key_that_others_can_read_or_write_is_refused_as_by_a_first_run(self):
        for mode in (0o666, 0o640, 0o604, 0o620):
            self.path("a.key").chmod(mode)
            with self.subTest(mode=oct(mode)):
                error = self.refused(self.ISSUE, "a.key", code="open_permissions")
                self.assertIn("chmod 600 a.key", error["hint"])
        self.kept([*self.ISSUE, "--allow-open-key"])

    def test_also_of_an_encrypted_key_and_one_that_is_not_opened_is_named(self):
        issue = ["client", "issue", "--name", "e", *KEY]
        self.mtlsctl(*issue, "--key-passphrase", "env:PASS", env=ENV)
        told = self.kept(issue)
        self.assertIn("e.key is encrypted", told.json["notices"][0]["message"])
        self.assertEqual(self.kept([*issue, "--key-passphrase", "env:PASS"]).json["notices"], [])
        self.path("e.key").chmod(0o644)
        self.refused(issue, "e.key", code="open_permissions")

    def test_the_hint_for_a_request_makes_the_right_one(self):
        issue = ["client", "issue", "--name", "q", "--subject", "CN=it's é,O=a\\, b", "--san", "dns:q.example", "--san",
                 "email:q@b.example", *KEY]
        self.mtlsctl(*issue)
        self.path("q.csr").unlink()
        for force in (False, True):
            hint = (self.refused(issue, "q.csr", code="set_mismatch") if force else
                    self.refused(issue, "q.csr", code="set_incomplete"))["hint"]
            self.run_hint(hint)
            self.kept(issue)
            self.mtlsctl("csr", "create", "--key", "q.key", "--common-name", "x", "-o", "q.csr", "--force")

    def test_a_key_of_another_next_to_a_certificate_for_a_request_is_refused(self):
        issue = ["client", "issue", "--name", "o", "--csr", "other.csr"]
        self.mtlsctl(*issue)
        self.path("o.key").write_bytes(self.read("third.key"))
        self.refused(issue, "o.key")
        self.path("o.key").write_bytes(self.read("other.key"))
        self.kept(issue)

    def test_a_request_without_proof_of_possession_is_refused(self):
        sign = ["ca", "sign", "other.csr", "-o", "o.crt"]
        self.mtlsctl(*sign)
        self.kept(sign)
        self.path("other.csr").write_bytes(self.forged("other.csr"))
        self.refused(sign, "signature", code="bad_signature", exit=6)

    def test_one_who_signs_a_request_compares_as_much(self):
        sign = ["ca", "sign", "other.csr", "-o", "o.crt"]
        self.mtlsctl(*sign)
        for more, word in ((["--common-name", "x"], "its subject is CN=other, not CN=x"),
                           (["--san-from-csr"], "none, not dns:other.example"),
                           (["--profile", "mtls-server", "--san", "dns:a.example"], "profile"),
                           (["--days", "7"], "valid until"),
                           (["--ca", "sub"], "it was issued by CN=Root, not by CN=Sub"),
                           (["--ca", "twin"], "its signature is not by the key of CN=Root")):
            with self.subTest(more=more):
                self.refused([*sign, *more], word)

    def test_purposes_of_an_imported_set_are_compared(self):
        for name, purposes, word in (("both", "clientAuth,serverAuth", "extended key usage"),
                                     ("any", "anyExtendedKeyUsage", "extended key usage"),
                                     ("same", "clientAuth", None)):
            self.mtlsctl("key", "generate", "-o", f"{name}.key", *KEY)
            self.mtlsctl("csr", "create", "--key", f"{name}.key", "--common-name", name, "-o", f"{name}.csr")
            self.path("ext").write_text("basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
                                        f"extendedKeyUsage={purposes}\nsubjectKeyIdentifier=hash\n"
                                        "authorityKeyIdentifier=keyid\n")
            self.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca/ca.crt", "-CAkey", "ca/ca.key", "-days", "30",
                         "-set_serial", f"0x{len(name):x}0{ord(name[0]):x}", "-extfile", "ext", "-out", f"{name}.crt")
            self.mtlsctl("store", "import", f"{name}.crt")
            with self.subTest(purposes=purposes):
                issue = ["client", "issue", "--name", name, *KEY]
                if word:
                    self.refused(issue, word, "not clientAuth")
                else:
                    self.kept(issue)

    def test_one_that_was_clipped_is_not_what_strict_validity_asks_for(self):
        self.mtlsctl("ca", "init", "--ca", "brief", "--parent", "ca", "--common-name", "Brief", "--days", "30", *KEY)
        issue = ["client", "issue", "--ca", "brief", "--name", "c", *KEY]
        fits = ["client", "issue", "--ca", "brief", "--name", "d", "--days", "29", "--strict-validity", *KEY]
        self.mtlsctl(*issue, "--days", "90")
        self.kept([*issue, "--days", "90"])
        self.kept(issue)
        self.refused([*issue, "--days", "90", "--strict-validity"], "valid until")
        self.refused([*issue, "--strict-validity"], "valid until")
        # One that was asked for and fits is kept later too, when the same length would end after the CA.
        self.mtlsctl(*fits)
        later = ["faketime", "-f", "+2d", MTLSCTL, *fits, "--if-missing", "--json"]
        self.assertEqual(self.tool(*later).json["outcome"], "unchanged")

    def test_a_changed_profile_file_is_a_notice_but_other_purposes_are_refused(self):
        issue = ["client", "issue", "--name", "n", "--profile", "narrow", "--profiles", "profiles", *KEY]
        self.mtlsctl(*issue)
        self.assertEqual(self.kept(issue).json["notices"], [])
        file = self.path("profiles", "narrow.toml")
        for change in (("A client, and", "A client and"), ('default = "30d"', 'default = "20d"'),
                       ('max = "60d"', 'max = "21d"')):
            file.write_text(file.read_text().replace(*change))
            notice = self.kept(issue).json["notices"]
            self.assertEqual([(one["kind"], one["field"]) for one in notice], [("warning", "profile")])
            self.assertIn("profile 'narrow' has changed since n.crt was issued", notice[0]["message"])
        file.write_text(file.read_text().replace('["clientAuth"]', '["clientAuth", "emailProtection"]'))
        self.refused(issue, "its extended key usage is clientAuth, not")
        file.write_text(NARROW.replace('["digitalSignature"]', '["digitalSignature", "keyAgreement"]'))
        self.refused(issue, "its key usage is digitalSignature, not")
        file.write_text(NARROW)
        self.kept(issue)

    def test_other_extensions_of_a_first_run_are_a_notice(self):
        config = self.path("ca", "ca.toml")
        config.write_text(config.read_text().replace("# crl_urls = [\"http://pki.example.com/ca.crl\"]",
                                                     'crl_urls = ["http://crl.example/ca.crl"]'))
        notice = self.kept(self.ISSUE).json["notices"]
        self.assertEqual([one["field"] for one in notice], ["cRLDistributionPoints"])
        self.assertIn("http://crl.example/ca.crl", notice[0]["requested"])

    def test_an_expired_set_is_no_complete_one(self):
        issue = ["client", "issue", "--name", "s", "--days", "1", *KEY]
        self.mtlsctl(*issue)
        later = ["faketime", "-f", "+2d", MTLSCTL, *issue, "--if-missing", "--json"]
        self.assertEqual(self.tool(*later, exit=3).json["error"]["code"], "expired")


class Chains(IfMissing):
    def setUp(self):
        super().setUp()
        self.mtlsctl("ca", "init", "--ca", "top", "--common-name", "Top", "--path-length", "2", *KEY)
        self.mtlsctl("ca", "init", "--ca", "mid", "--parent", "top", "--common-name", "Mid", "--path-length", "1", *KEY)
        self.mtlsctl("ca", "init", "--ca", "low", "--parent", "mid", "--common-name", "Low", *KEY)

    def assert_chain(self, file, *subjects):
        out = self.tool("openssl", "storeutl", "-noout", "-text", "-certs", file).out.decode()
        found = [line.split("CN = ")[-1].split("CN=")[-1] for line in out.splitlines() if " Subject:" in line]
        self.assertEqual(found, list(subjects))

    def cut_chain(self, name):
        """Leaves the certificate and the first one above it."""
        end = b"-----END CERTIFICATE-----\n"
        self.path(name).write_bytes(b"".join(part + end for part in self.read(name).split(end)[:2]))

    def complete_chain(self, issue, name, *subjects):
        """The chain is written; the leaf stays as it is, and so does everything else."""
        leaf, key = self.read(f"{name}.crt"), self.path(f"{name}.key").stat() if self.path(f"{name}.key").exists() else None
        leaf = leaf[:leaf.index(b"-----END CERTIFICATE-----") + 26]
        before = self.state()
        rehearsed = self.mtlsctl(*issue, "--if-missing", "--dry-run", "--json").json
        self.assertEqual(rehearsed["outcome"], "rehearsed")
        self.assertEqual(rehearsed["serial"], self.certificate_serial(f"{name}.crt"))
        self.assertIn(b"chain", self.mtlsctl(*issue, "--if-missing", "--dry-run").out)
        self.assertEqual(self.state(), before)
        done = self.mtlsctl(*issue, "--if-missing", "--json").json
        self.assertEqual(done["outcome"], "completed")
        self.assertEqual(done["files"]["certificate"], f"{name}.crt")
        self.assertTrue(self.read(f"{name}.crt").startswith(leaf))
        after = self.state()
        for state in (before, after):
            del state[f"{name}.crt"]
        self.assertEqual(after, before)
        self.assert_chain(f"{name}.crt", *subjects)
        self.openssl("verify", "-CAfile", "top/ca.crt", "-untrusted", f"{name}.crt", f"{name}.crt")
        self.kept(issue)

    def test_the_same_certificate_with_and_without_its_chain_is_kept(self):
        issue = ["client", "issue", "--ca", "low", "--name", "a", *KEY]
        self.assertEqual(self.mtlsctl(*issue, "--no-chain", "--json").json["certificates"], 1)
        self.assert_chain("a.crt", "a")
        self.assertEqual(self.kept([*issue, "--no-chain"]).json["notices"], [])
        kept = self.kept(issue).json
        self.assertEqual(kept["certificates"], 1)
        self.assertIn("holds the certificate alone", kept["notices"][0]["message"])
        # The way to the other form, as the notice says.
        self.mtlsctl("cert", "export", "--ca", "low", kept["serial"], "-o", "a.crt", "--force")
        self.assert_chain("a.crt", "a", "Low", "Mid")
        self.openssl("verify", "-CAfile", "top/ca.crt", "-untrusted", "a.crt", "a.crt")
        for args in ([], ["--no-chain"]):
            kept = self.kept([*issue, *args]).json
            self.assertEqual((kept["certificates"], kept["notices"]), (3, []))

    def test_one_in_part_or_in_another_order_too(self):
        issue = ["client", "issue", "--ca", "low", "--name", "a", *KEY]
        self.mtlsctl(*issue)
        leaf, low, mid = [block + b"-----END CERTIFICATE-----\n" for block in
                          self.read("a.crt").split(b"-----END CERTIFICATE-----\n")[:3]]
        for have in (leaf + low, leaf + mid, leaf + mid + low, leaf + low + low + mid):
            self.path("a.crt").write_bytes(have)
            self.complete_chain(issue, "a", "a", "Low", "Mid")

    def test_an_earlier_certificate_of_the_same_ca_is_replaced(self):
        issue = ["client", "issue", "--ca", "low", "--name", "a", *KEY]
        self.mtlsctl(*issue)
        leaf = self.read("a.crt")[:self.read("a.crt").index(b"-----END CERTIFICATE-----") + 26]
        self.path("ext").write_text("basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign\n")
        self.openssl("x509", "-req", "-in", "low/ca.csr", "-CA", "mid/ca.crt", "-CAkey", "mid/ca.key", "-days", "9",
                     "-set_serial", "77", "-extfile", "ext", "-out", "earlier.crt")
        self.path("a.crt").write_bytes(leaf + self.read("earlier.crt") + self.read("mid", "ca.crt"))
        self.complete_chain(issue, "a", "a", "Low", "Mid")

    def test_a_chain_of_others_is_refused(self):
        issue = ["client", "issue", "--ca", "low", "--name", "a", *KEY]
        self.mtlsctl(*issue)
        whole = self.read("a.crt")
        for other in ("sub", "twin"):
            self.path("a.crt").write_bytes(whole + self.read(other, "ca.crt"))
            self.refused(issue, "which is not of the issuing CA's chain")
        self.path("a.crt").write_bytes(whole + self.read("top", "ca.crt"))
        self.refused(issue, "it also holds the CA certificate of CN=Top, which was not asked for")

    def test_for_a_request_and_what_ca_sign_writes_too(self):
        issue = ["client", "issue", "--ca", "low", "--name", "o", "--csr", "other.csr"]
        self.mtlsctl(*issue)
        self.cut_chain("o.crt")
        self.complete_chain(issue, "o", "other", "Low", "Mid")
        sign = ["ca", "sign", "other.csr", "--ca", "low", "-o", "s.crt"]
        self.mtlsctl(*sign)
        self.cut_chain("s.crt")
        self.complete_chain(sign, "s", "other", "Low", "Mid")

    def test_nothing_is_written_where_anything_else_differs(self):
        issue = ["client", "issue", "--ca", "low", "--name", "a", *KEY]
        self.mtlsctl(*issue)
        self.cut_chain("a.crt")
        self.refused([*issue, "--common-name", "b"], "its subject is CN=a, not CN=b")

    def test_a_form_that_servers_do_not_read_is_refused(self):
        self.mtlsctl("client", "issue", "--name", "w", *KEY)
        pem = self.read("w.crt")
        self.openssl("crl2pkcs7", "-nocrl", "-certfile", "w.crt", "-out", "w.p7b")
        for octets in (self.read("w.p7b"), pem.decode().encode("utf-16"),
                       self.openssl("x509", "-in", "w.crt", "-outform", "DER").out):
            self.path("w.crt").write_bytes(octets)
            error = self.mtlsctl("client", "issue", "--name", "w", *KEY, "--if-missing", "--json", exit=5).json["error"]
            self.assertIn("PEM", error["message"])
        self.path("w.crt").write_bytes(pem)
        self.mtlsctl("client", "issue", "--name", "w", *KEY, "--if-missing")

    def test_a_link_is_replaced_and_not_what_it_leads_to(self):
        issue = ["client", "issue", "--ca", "low", "--name", "a", *KEY]
        self.mtlsctl(*issue)
        self.cut_chain("a.crt")
        self.path("a.crt").rename(self.path("real.crt"))
        self.path("a.crt").symlink_to("real.crt")
        before = self.read("real.crt")
        self.mtlsctl(*issue, "--if-missing")
        self.assertEqual(self.read("real.crt"), before)
        self.assertFalse(self.path("a.crt").is_symlink())


class OfCas(IfMissing):
    NEW = ["ca", "init", "--ca", "new", "--common-name", "New", *KEY]
    BELOW = ["ca", "init", "--ca", "sub", "--parent", "ca", "--common-name", "Sub", *KEY]

    def test_without_a_subject_only_what_is_asked_for_is_compared(self):
        self.mtlsctl(*self.NEW, "--path-length", "1", "--exclude", "dns:a.example")
        for more in ([], ["--path-length", "1"], ["--exclude", "dns:a.example"]):
            self.kept(["ca", "init", "--ca", "new", *more])
        self.refused(["ca", "init", "--ca", "new", "--exclude", "dns:b.example"], "name constraints")

    def test_the_key_must_be_the_cas_and_closed(self):
        for directory, init in (("new", self.NEW), ("sub", self.BELOW)):
            self.mtlsctl(*init, "--if-missing")
            key = self.path(directory, "ca.key")
            key.chmod(0o644)
            self.refused(init, "ca.key", code="open_permissions")
            key.chmod(0o600)
            kept = key.read_bytes()
            key.write_bytes(self.read("twin", "ca.key"))
            self.refused(init, "ca.key is another key")
            key.unlink()
            self.refused(init, "ca.key is not there")
            key.write_bytes(kept)
            key.chmod(0o600)
            self.kept(init)

    def test_the_directory_must_be_closed(self):
        self.mtlsctl(*self.NEW)
        self.path("new").chmod(0o755)
        self.refused(self.NEW, "new", code="open_permissions")

    def test_a_chain_of_another_ca_is_refused_and_a_missing_one_written(self):
        for directory, init in (("ca", ["ca", "init", "--common-name", "Root", *KEY]), ("sub", self.BELOW)):
            for name in ("chain.crt", "root.crt"):
                with self.subTest(directory=directory, name=name):
                    before = self.read(directory, name)
                    self.path(directory, name).write_bytes(self.read("twin", "ca.crt"))
                    error = self.refused(init, name)
                    self.assertIn(f"move {directory}/{name} away", error["hint"])
                    self.path(directory, name).unlink()
                    state = self.state()
                    self.assertEqual(self.mtlsctl(*init, "--if-missing", "--dry-run", "--json").json["outcome"],
                                     "rehearsed")
                    self.assertEqual(self.state(), state)
                    self.assertEqual(self.mtlsctl(*init, "--if-missing", "--json").json["outcome"], "completed")
                    self.assertEqual(self.read(directory, name), before)
            self.kept(init)

    def test_a_dry_run_says_what_the_run_says(self):
        for init in (["ca", "init", "--common-name", "Root", *KEY], self.BELOW):
            self.kept([*init, "--dry-run"])

    def test_a_request_of_a_ca_is_compared(self):
        self.mtlsctl(*self.NEW)
        self.path("new", "ca.csr").write_bytes(self.read("other.csr"))
        errors = [self.refused(self.NEW, "ca.csr is there and does not match: it is over another key")]
        self.path("new", "ca.csr").unlink()
        errors.append(self.refused(self.NEW, "ca.csr is not", code="set_incomplete"))
        for error in errors:
            self.run_hint(error["hint"])
            self.kept(self.NEW)
            self.path("new", "ca.csr").unlink()


if __name__ == "__main__":
    main()
