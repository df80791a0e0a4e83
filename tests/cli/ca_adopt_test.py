"""A CA that another tool made becomes one of ours: what is wrong with it is said, its key is copied and
stays safe, and what it issued chains to the certificate that is made anew. openssl is the judge."""

import os
import shutil
import stat

from importing import SoundLedgers
from openssl_ca import OpensslCa
from workbench import KEY, main


class AdoptCase(SoundLedgers):
    def adopt(self, certificate, key, *more, exit=0, **how):
        return self.mtlsctl("ca", "adopt", certificate, key, "--json", *more, exit=exit, **how).json

    def findings(self, report):
        return [one["finding"] for one in report["findings"]]

    def serials(self, state=None, directory="ca"):
        return sorted(row[0] for row in self.ledger_rows(directory) if state in (None, row[1]))

    def assert_issues(self, directory="ca", name="fresh"):
        self.mtlsctl("client", "issue", "--ca", directory, "--name", name, *KEY)
        self.openssl("verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", f"{directory}/root.crt",
                     "-untrusted", f"{name}.crt", f"{name}.crt")
        self.mtlsctl("verify", f"{name}.crt", "--ca", directory)


class GuideCa(AdoptCase):
    """The root of the classic guide: X.509 v1, made as it says."""

    def setUp(self):
        super().setUp()
        self.path("guide").mkdir()
        self.openssl("genrsa", "-out", "guide/ca.key", "2048")
        self.openssl("req", "-new", "-out", "guide/ca.csr", "-key", "guide/ca.key", "-subj",
                     "/C=cn/ST=bj/L=bj/O=alibaba/OU=test/CN=root/emailAddress=a.alibaba.com")
        if b"-x509v1" in self.openssl("req", "-help").err:  # a newer openssl makes version 3 of the guide's words
            self.path("plain.cnf").write_text("[req]\ndistinguished_name = dn\n[dn]\n")  # without extensions
            self.openssl("req", "-config", "plain.cnf", "-x509", "-x509v1", "-in", "guide/ca.csr", "-key",
                         "guide/ca.key", "-days", "3650", "-out", "guide/ca.crt")
        else:
            self.openssl("x509", "-req", "-in", "guide/ca.csr", "-out", "guide/ca.crt", "-signkey", "guide/ca.key",
                         "-CAcreateserial", "-days", "3650")
        self.openssl("genrsa", "-out", "guide/client.key", "2048")
        self.openssl("req", "-new", "-out", "guide/client.csr", "-key", "guide/client.key", "-subj", "/C=cn/CN=client")
        making = ["x509", "-req", "-CAcreateserial"]
        if self.path("plain.cnf").exists():
            making = ["req", "-config", "plain.cnf", "-x509", "-x509v1"]
        self.openssl(*making, "-in", "guide/client.csr", "-out", "guide/client.crt", "-CA", "guide/ca.crt",
                     "-CAkey", "guide/ca.key", "-days", "3650")
        self.before = {path.name: path.read_bytes() for path in self.path("guide").iterdir()}

    def tearDown(self):
        after = {path.name: path.read_bytes() for path in self.path("guide").iterdir()}
        self.assertEqual(after, self.before, "what is adopted was changed")
        super().tearDown()

    def test_as_it_is_it_is_explained_and_issues_nothing(self):
        report = self.adopt("guide/ca.crt", "guide/ca.key")
        self.assertEqual((self.findings(report), report["can_issue"], report["reissued"]), (["version"], False, None))
        self.assertIn("says that it is a CA", report["findings"][0]["why"])
        self.assertEqual(self.read("ca", "ca.crt"), self.read("guide", "ca.crt"))
        self.assertEqual(self.serials(), [self.certificate_serial("guide/ca.crt")])
        refused = self.mtlsctl("client", "issue", *KEY, "--json", exit=5)
        self.assertEqual(refused.json["error"]["code"], "issuer_unfit")
        self.assertIn("--reissue", refused.json["error"]["hint"])
        self.assertEqual(self.serials(), [self.certificate_serial("guide/ca.crt")])

    def test_reissued_it_issues_and_old_clients_chain_to_it(self):
        self.openssl("verify", "-x509_strict", "-CAfile", "guide/ca.crt", "guide/client.crt", exit=2)
        report = self.adopt("guide/ca.crt", "guide/ca.key", "--reissue")
        self.assertTrue(report["can_issue"])
        old, new = self.certificate_serial("guide/ca.crt"), self.certificate_serial("ca/ca.crt")
        self.assertNotEqual(old, new)
        self.assertEqual(report["reissued"]["serial"], new)
        # The same name, octet by octet, and the same key.
        for what in ("-subject_hash", "-pubkey"):
            self.assertEqual(self.openssl("x509", "-in", "ca/ca.crt", "-noout", what).out,
                             self.openssl("x509", "-in", "guide/ca.crt", "-noout", what).out)
        self.openssl("verify", "-x509_strict", "-CAfile", "ca/ca.crt", "ca/ca.crt")
        self.openssl("verify", "-x509_strict", "-CAfile", "ca/ca.crt", "guide/client.crt")
        self.assert_issues()
        self.openssl("verify", "-CAfile", "guide/ca.crt", "fresh.crt")  # where only the old one is trusted
        # Both are in the ledger, and the log has intent, issue and import.
        self.assertEqual(self.serials("issued"), sorted([old, new, self.certificate_serial("fresh.crt")]))
        self.mtlsctl("store", "import", "guide")
        self.assertIn(self.certificate_serial("guide/client.crt"), self.serials("issued"))

    def test_it_may_be_reissued_later_and_only_once(self):
        self.adopt("guide/ca.crt", "guide/ca.key")
        report = self.adopt("ca/ca.crt", "ca/ca.key", "--reissue")
        self.assertTrue(report["reissued"])
        self.openssl("verify", "-x509_strict", "-CAfile", "ca/ca.crt", "guide/client.crt")
        self.assertEqual(self.read("ca", "root.crt"), self.read("ca", "ca.crt"))
        self.assert_issues()
        made = self.read("ca", "ca.crt")
        for arguments in (["guide/ca.crt", "guide/ca.key", "--reissue"], ["guide/ca.crt", "guide/ca.key"]):
            self.assertEqual(self.adopt(*arguments, exit=5)["error"]["code"], "would_overwrite")
        self.assertEqual(self.read("ca", "ca.crt"), made)

    def test_a_dry_run_leaves_nothing(self):
        report = self.adopt("guide/ca.crt", "guide/ca.key", "--reissue", "--dry-run")
        self.assertEqual((report["dry_run"], report["can_issue"], report["all_files"]), (True, True, []))
        self.assertFalse(self.path("ca").exists())

    def test_the_copy_of_the_key_is_private_and_encrypted_on_request(self):
        self.path("secret").write_text("correct horse")
        self.path("secret").chmod(0o600)
        self.adopt("guide/ca.crt", "guide/ca.key")
        self.adopt("guide/ca.crt", "guide/ca.key", "--ca", "locked", "--key-passphrase", "file:secret")
        for directory in ("ca", "locked"):
            self.assertEqual((self.mode(directory), self.mode(directory, "ca.key")), (0o700, 0o600))
        self.assertIn(b"BEGIN PRIVATE KEY", self.read("ca", "ca.key"))
        self.assertIn(b"BEGIN ENCRYPTED PRIVATE KEY", self.read("locked", "ca.key"))
        public = self.openssl("pkey", "-in", "guide/ca.key", "-pubout").out
        self.assertEqual(self.openssl("pkey", "-in", "locked/ca.key", "-passin", "file:secret", "-pubout").out, public)

    def test_an_encrypted_key_stays_encrypted(self):
        self.path("secret").write_text("old words")
        self.path("secret").chmod(0o600)
        self.path("kept").mkdir()
        self.openssl("pkey", "-in", "guide/ca.key", "-aes256", "-passout", "file:secret", "-out", "kept/ca.key")
        self.path("kept", "ca.key").chmod(0o600)
        missing = self.adopt("guide/ca.crt", "kept/ca.key", exit=2)
        self.assertIn("--ca-passphrase", missing["error"]["hint"])
        wrong = self.adopt("guide/ca.crt", "kept/ca.key", "--ca-passphrase", "env:WRONG", env={"WRONG": "no"}, exit=6)
        self.assertEqual(wrong["error"]["code"], "wrong_passphrase")
        self.assertFalse(self.path("ca").exists())
        report = self.adopt("guide/ca.crt", "kept/ca.key", "--reissue", "--ca-passphrase", "file:secret")
        self.assertTrue(report["key_encrypted"])
        self.assertIn(b"BEGIN ENCRYPTED PRIVATE KEY", self.read("ca", "ca.key"))
        self.mtlsctl("client", "issue", *KEY, "--ca-passphrase", "file:secret")

    def test_key_and_certificate_must_belong_together(self):
        self.path("other").mkdir()
        self.openssl("genrsa", "-out", "other/ca.key", "2048")
        error = self.adopt("guide/ca.crt", "other/ca.key", exit=6)["error"]
        self.assertEqual(error["code"], "key_mismatch")
        self.assertFalse(self.path("ca").exists())

    def test_directories_of_others_are_left_alone(self):
        shutil.copytree(self.path("guide"), self.path("mine"))
        self.path("mine").chmod(0o700)
        before = sorted(os.listdir(self.path("mine")))
        self.adopt("mine/ca.crt", "mine/ca.key", "--ca", "mine", exit=5)
        self.assertEqual(sorted(os.listdir(self.path("mine"))), before)
        self.make_ca()
        made = self.read("ca", "ca.crt")
        self.adopt("guide/ca.crt", "guide/ca.key", exit=5)
        self.adopt("guide/ca.crt", "guide/ca.key", "--reissue", exit=5)
        self.assertEqual(self.read("ca", "ca.crt"), made)

    def test_a_key_that_others_can_read_is_refused(self):
        self.path("guide", "ca.key").chmod(0o644)
        self.assertEqual(self.adopt("guide/ca.crt", "guide/ca.key", exit=5)["error"]["code"], "open_permissions")
        self.adopt("guide/ca.crt", "guide/ca.key", "--allow-open-key")
        self.assertEqual(stat.S_IMODE(self.path("ca", "ca.key").stat().st_mode), 0o600)

    def test_flags_that_contradict_are_refused(self):
        for more in (["--days", "10"], ["--profile", "root-ca"], ["--reissue", "--chain", "guide/ca.crt"]):
            self.mtlsctl("ca", "adopt", "guide/ca.crt", "guide/ca.key", *more, exit=2)
        report = self.adopt("guide/ca.crt", "guide/ca.key", "--reissue", "--days", "100")
        self.assertTrue(report["reissued"]["not_after"])
        self.openssl("x509", "-in", "ca/ca.crt", "-noout", "-checkend", str(99 * 86400))
        self.openssl("x509", "-in", "ca/ca.crt", "-noout", "-checkend", str(101 * 86400), exit=1)


class OtherCas(AdoptCase):
    def test_a_good_root_is_adopted_without_complaint_and_issues(self):
        old = OpensslCa(self, "old")
        old.issue("alice")
        report = self.adopt("old/cacert.pem", "old/cakey.pem")
        self.assertEqual((self.findings(report), report["can_issue"]), ([], True))
        self.assert_issues()
        self.openssl("verify", "-x509_strict", "-CAfile", "ca/ca.crt", "old/alice.crt")

    def test_reissued_it_keeps_the_key_identifier_that_its_certificates_refer_to(self):
        old = OpensslCa(self, "old")
        old.issue("alice")
        self.adopt("old/cacert.pem", "old/cakey.pem", "--reissue")
        def identifier(file):
            return self.openssl("x509", "-in", file, "-noout", "-ext", "subjectKeyIdentifier").out

        self.assertEqual(identifier("ca/ca.crt"), identifier("old/cacert.pem"))
        self.openssl("verify", "-x509_strict", "-CAfile", "ca/ca.crt", "old/alice.crt")
        self.assert_issues()
        self.openssl("verify", "-x509_strict", "-CAfile", "old/cacert.pem", "fresh.crt")

    def test_defects_are_named(self):
        cases = {
            "bare": (["subjectKeyIdentifier=none", "1.2.3.4=DER:0500"], ["no_basic_constraints", "no_key_usage", "no_subject_key_identifier"], False),
            "lenient": (["basicConstraints=CA:TRUE", "keyUsage=critical,keyCertSign", "subjectKeyIdentifier=hash"],
                        ["basic_constraints_lenient", "no_crl_sign"], True),
            "leaf": (["basicConstraints=critical,CA:FALSE", "keyUsage=critical,digitalSignature,cRLSign",
                      "subjectKeyIdentifier=hash"], ["not_a_ca", "no_key_cert_sign"], False),
            "purposes": (["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign",
                          "subjectKeyIdentifier=hash", "extendedKeyUsage=serverAuth"], ["extended_key_usage"], True),
        }
        for name, (extensions, wanted, fit) in cases.items():
            with self.subTest(name):
                old = OpensslCa(self, name)
                self.path(name, "cacert.pem").unlink()
                old.run("req", "-new", "-x509", "-config", "openssl.cnf", "-extensions", "bare", "-key", "cakey.pem",
                        "-subj", "/CN=x", "-days", "3650", "-out", "cacert.pem",
                        *[part for one in extensions for part in ("-addext", one)])
                report = self.adopt(f"{name}/cacert.pem", f"{name}/cakey.pem", "--ca", f"ca-{name}")
                self.assertEqual((self.findings(report), report["can_issue"]), (wanted, fit))

    def test_outdated_signatures_weak_keys_and_ends_are_named(self):
        OpensslCa(self, "sha1", md="sha1")
        report = self.adopt("sha1/cacert.pem", "sha1/cakey.pem", "--ca", "ca-sha1")
        self.assertEqual((self.findings(report), report["can_issue"]), (["outdated_signature"], True))
        self.assert_issues("ca-sha1")
        for name, days, wanted in (("soon", "30", "expires_soon"), ("past", "1", "expired")):
            self.path(name).mkdir()
            self.openssl("genrsa", "-out", f"{name}/ca.key", "2048")
            then = ["faketime", "2020-01-01 00:00:00"] if name == "past" else []
            self.tool(*then, "openssl", "req", "-new", "-x509", "-key", f"{name}/ca.key", "-subj", "/CN=x", "-days",
                      days, "-out", f"{name}/ca.crt")
            report = self.adopt(f"{name}/ca.crt", f"{name}/ca.key", "--ca", f"ca-{name}")
            self.assertIn(wanted, self.findings(report))
        self.path("weak").mkdir()
        self.openssl("genrsa", "-out", "weak/ca.key", "1024")
        self.openssl("req", "-new", "-x509", "-key", "weak/ca.key", "-subj", "/CN=x", "-days", "999", "-out",
                     "weak/ca.crt")
        report = self.adopt("weak/ca.crt", "weak/ca.key", "--ca", "ca-weak")
        self.assertEqual((self.findings(report)[0], report["can_issue"]), ("weak_key", False))
        self.assertEqual(self.adopt("weak/ca.crt", "weak/ca.key", "--ca", "ca-weak2", "--reissue", exit=5)
                         ["error"]["code"], "weak_key")
        self.assertFalse(self.path("ca-weak2").exists())
        self.mtlsctl("client", "issue", "--ca", "ca-weak", *KEY, exit=5)

    def test_a_root_whose_own_signature_is_wrong_is_refused(self):
        OpensslCa(self, "old")
        der = bytearray(self.openssl("x509", "-in", "old/cacert.pem", "-outform", "DER").out)
        der[-3] ^= 1
        self.path("bad.crt").write_bytes(der)
        self.assertEqual(self.adopt("bad.crt", "old/cakey.pem", exit=6)["error"]["code"], "bad_signature")

    def test_a_hint_says_what_can_work(self):
        self.path("weak").mkdir()
        self.openssl("req", "-x509", "-newkey", "rsa:1024", "-nodes", "-keyout", "weak/ca.key", "-subj", "/CN=x",
                     "-out", "weak/ca.crt")
        told = self.mtlsctl("ca", "adopt", "weak/ca.crt", "weak/ca.key", "--dry-run").err.decode()
        self.assertIn("mtlsctl ca init", told)
        self.assertNotIn("--reissue", told)
        error = self.adopt("weak/ca.crt", "weak/ca.key", "--reissue", exit=5)["error"]
        self.assertIn("mtlsctl ca init", error["hint"])
        old = OpensslCa(self, "old")
        for more in ([], ["--chain", "old/cacert.pem"]):
            error = self.adopt(old.issue("alice"), "old/alice.key", *more, exit=5)["error"]
            self.assertEqual(error["code"], "issuer_unfit")
            self.assertIn("is no CA", error["message"])
        for chain in ("old/cacert.pem", "old/alice.crt"):
            error = self.adopt("old/cacert.pem", "old/cakey.pem", "--chain", chain, exit=2)["error"]
            self.assertIn("--chain", error["message"])
        self.path("old", "cacert.pem").chmod(0o644)
        error = self.adopt("old/cacert.pem", "old/cacert.pem", exit=6)["error"]
        self.assertIn("no private key", error["message"])
        self.assertFalse(self.path("ca").exists())

    def test_a_dry_run_refuses_the_directory_that_the_run_refuses(self):
        OpensslCa(self, "old")
        self.path("open").mkdir()
        self.path("open", "file").write_text("x")
        self.path("open").chmod(0o777)
        self.path("taken").mkdir(mode=0o700)
        self.path("taken", "ca.crt").write_text("x")
        self.path("file").write_text("x")
        for directory, code in (("open", 5), ("taken", 5), ("file", 6)):
            for more in ([], ["--dry-run"]):
                self.adopt("old/cacert.pem", "old/cakey.pem", "--ca", directory, *more, exit=code)
                self.mtlsctl("ca", "init", "--ca", directory, "--common-name", "x", *KEY, *more, exit=code)

    def test_an_intermediate_needs_its_chain(self):
        old = OpensslCa(self, "old")
        self.path("mid").mkdir()
        old.request("mid", "/CN=Middle")
        old.run("x509", "-req", "-in", "mid.csr", "-CA", "cacert.pem", "-CAkey", "cakey.pem", "-set_serial", "77",
                "-days", "365", "-extfile", "openssl.cnf", "-extensions", "root", "-out", "mid.crt")
        error = self.adopt("old/mid.crt", "old/mid.key", exit=2)["error"]
        self.assertEqual(error["code"], "missing_value")
        self.assertIn("--chain", error["hint"])
        self.assertEqual(self.adopt("old/mid.crt", "old/mid.key", "--chain", "old/mid.crt", exit=2)["error"], error)
        self.assertFalse(self.path("ca").exists())
        self.adopt("old/mid.crt", "old/mid.key", "--chain", "old/cacert.pem")
        self.assertEqual(self.read("ca", "root.crt"), self.read("old", "cacert.pem"))
        self.assert_issues()

    def test_a_chain_may_begin_with_the_ca_itself(self):
        for name, above in (("r", []), ("i1", ["--parent", "r"]), ("i2", ["--parent", "i1"])):
            self.mtlsctl("ca", "init", "--ca", name, "--common-name", name.upper(), *above,
                         *(["--path-length", "1"] if name == "i1" else []), *KEY)
        given = ["i2/ca.crt", "i2/ca.key", "--chain"]
        chain, root, other = self.read("i2", "chain.crt"), self.read("i2", "root.crt"), self.read("i1", "ca.crt")
        # chain.crt is without the root, and that is what is said to be missing, with nothing left behind.
        error = self.adopt(*given, "i2/chain.crt", exit=2)["error"]
        self.assertEqual(error["code"], "missing_value")
        self.assertIn("CN=I1 was issued by CN=R: the CAs above it are missing", error["message"])
        for wrong in (chain + chain + root, other + chain + root):  # twice, and not at the beginning
            self.path("wrong.crt").write_bytes(wrong)
            self.assertEqual(self.adopt(*given, "wrong.crt", exit=6)["error"]["code"], "key_mismatch")
        self.assertFalse(self.path("ca").exists())
        self.path("whole.crt").write_bytes(chain + root)
        self.adopt(*given, "whole.crt")
        for name, content in (("chain.crt", chain), ("root.crt", root)):
            self.assertEqual(self.read("ca", name), content)
        self.assert_issues()


if __name__ == "__main__":
    main()
