"""Files that people really have: text in UTF-16, PKCS #7, PKCS #12, keys of other programs. Each reader
takes them or says what they are and which command turns them into what it reads. iconv, openssl,
keytool's format and ssh-keygen make the inputs."""

from workbench import KEY, Workbench, main

ENCODINGS = {  # how iconv names it: the mark that goes before the text
    "UTF-16LE": b"\xff\xfe", "UTF-16BE": b"\xfe\xff"}


class Inputs(Workbench):
    def setUp(self):
        super().setUp()
        self.mtlsctl("ca", "init", "--common-name", "root", *KEY)
        self.mtlsctl("client", "issue", "--name", "alice", *KEY)

    def write(self, name, octets):
        self.path(name).write_bytes(octets)
        return name

    def error(self, *arguments, exit=6, **more):
        """The error of a command as {code, message, hint}."""
        return self.mtlsctl(*arguments, "--json", exit=exit, **more).json["error"]


class Utf16(Inputs):
    """Exchange and PowerShell's `>` write it."""

    def convert(self, source, name, encoding, marked=True):
        text = self.tool("iconv", "-f", "UTF-8", "-t", encoding, source).out
        self.write(name, (ENCODINGS[encoding] if marked else b"") + text)
        self.path(name).chmod(0o600)
        return name

    def test_every_reader_takes_it(self):
        self.tool("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "bob.key")
        self.openssl("req", "-new", "-key", "bob.key", "-subj", "/CN=bob", "-out", "bob.csr")
        self.openssl("pkcs8", "-topk8", "-in", "bob.key", "-passout", "pass:secret1", "-out", "locked.key")
        self.write("secret", b"secret1\n")
        self.path("secret").chmod(0o600)
        self.mtlsctl("ca", "init", "--ca", "adopted", "--common-name", "other", *KEY)
        profile = self.mtlsctl("profile", "show", "mtls-client").out
        self.write("corp.toml", profile.replace(b'name = "mtls-client"', b'name = "corp"'))
        for number, (encoding, marked) in enumerate(
                [(encoding, marked) for encoding in ENCODINGS for marked in (True, False)]):
            with self.subTest(encoding=encoding, marked=marked):
                def wide(source, name):
                    return self.convert(source, f"{number}-{name}", encoding, marked)
                request = wide("bob.csr", "bob.csr")
                self.mtlsctl("inspect", request)
                self.mtlsctl("ca", "sign", request, "-o", f"{number}.crt")
                root, leaf = wide("ca/ca.crt", "ca.crt"), wide("alice.crt", "alice.crt")
                self.mtlsctl("verify", leaf, "--trust", root)
                self.mtlsctl("verify", leaf, "--trust", root, "--untrusted", root)
                self.mtlsctl("verify", leaf, "--trust", root, "--key", wide("alice.key", "alice.key"))
                self.mtlsctl("inspect", root, leaf, wide("locked.key", "locked.key"))
                self.mtlsctl("csr", "create", "--key", wide("locked.key", "locked.key"), "--key-passphrase",
                             "file:secret", "--common-name", "bob", "-o", f"{number}.csr")
                self.mtlsctl("ca", "adopt", wide("adopted/ca.crt", "adopt.crt"),
                             wide("adopted/ca.key", "adopt.key"), "--ca", f"taken{number}")
                self.path(f"dir{number}").mkdir()
                self.mtlsctl("profile", "check",
                             self.convert("corp.toml", f"dir{number}/corp.toml", encoding, marked))

    def test_what_is_damaged_or_cannot_be_told_is_named(self):
        wide = self.read("alice.crt").decode().encode("utf-16")
        for octets, word in ((wide[:-1], "cut short"), (self.read("alice.crt").decode().encode("utf-32"), "UTF-32"),
                             (self.read("alice.crt") + wide, "one part of the file is UTF-16")):
            self.write("odd.pem", octets)
            for command in (["inspect", "odd.pem"], ["verify", "odd.pem", "--ca", "ca"],
                            ["verify", "alice.crt", "--trust", "odd.pem"], ["ca", "sign", "odd.pem"]):
                self.assertIn(word, self.error(*command)["message"])


class Pkcs7(Inputs):
    """Certs-only PKCS #7 is what Windows, Java and many CAs hand out: .p7b, .p7c."""

    def setUp(self):
        super().setUp()
        self.mtlsctl("ca", "init", "--parent", "ca", "--ca", "int", "--common-name", "int", *KEY)
        self.mtlsctl("client", "issue", "--ca", "int", "--name", "bob", *KEY)
        self.leaf = self.read("bob.crt")[:self.read("bob.crt").index(b"-----END") + len("-----END CERTIFICATE-----\n")]
        self.write("leaf.crt", self.leaf)

    def bundle(self, name, *files, form="DER", label=b"PKCS7"):
        """The certificates in that order; openssl does not sort them."""
        arguments = [word for one in files for word in ("-certfile", one)]
        octets = self.openssl("crl2pkcs7", "-nocrl", *arguments, "-outform", form).out
        return self.write(name, octets.replace(b"PKCS7", label))

    def forms(self, name, *files):
        yield self.bundle(f"{name}.p7b", *files)
        for label in (b"PKCS7", b"PKCS #7 SIGNED DATA", b"CMS", b"CERTIFICATE"):
            yield self.bundle(f"{name}-{label[-4:].decode().lower()}.pem", *files, form="PEM", label=label)

    def test_it_is_read_wherever_several_certificates_are(self):
        for both, root, leaf in zip(self.forms("both", "int/ca.crt", "ca/ca.crt"), self.forms("root", "ca/ca.crt"),
                                    self.forms("leaf", "ca/ca.crt", "int/ca.crt", "leaf.crt")):
            with self.subTest(form=both):
                self.mtlsctl("verify", "leaf.crt", "--trust", root, "--untrusted", both)
                self.mtlsctl("verify", "leaf.crt", "--trust", both)
                verdict = self.mtlsctl("verify", leaf, "--trust", root, "--json").json
                self.assertIn("CN=bob", str(verdict))
                report = self.mtlsctl("inspect", leaf, "--json").json
                self.assertEqual([one["kind"] for one in report["objects"]], ["certificate"] * 3)
                directory = f"adopted-{both}"
                self.mtlsctl("ca", "adopt", "int/ca.crt", "int/ca.key", "--chain", both, "--ca", directory)

    def test_a_bundle_is_imported(self):
        self.mtlsctl("ca", "adopt", "int/ca.crt", "int/ca.key", "--chain", "ca/ca.crt", "--ca", "adopted")
        report = self.mtlsctl("store", "import", self.bundle("leaf.p7b", "leaf.crt"), "--ca", "adopted", "--json").json
        self.assertEqual(report["imported"], 1)

    def test_what_it_is_not_is_named(self):
        self.openssl("smime", "-sign", "-nodetach", "-binary", "-in", "leaf.crt", "-signer", "alice.crt", "-inkey",
                     "alice.key", "-outform", "DER", "-out", "message.p7m")
        self.openssl("req", "-new", "-key", "alice.key", "-subj", "/CN=x", "-outform", "DER", "-out", "csr.der")
        self.openssl("pkey", "-in", "alice.key", "-outform", "DER", "-out", "key.der")
        self.openssl("pkey", "-in", "alice.key", "-pubout", "-outform", "DER", "-out", "pub.der")
        self.openssl("pkcs12", "-export", "-in", "alice.crt", "-inkey", "alice.key", "-passout", "pass:secret1",
                     "-out", "alice.p12")
        self.write("keystore.jks", b"\xfe\xed\xfe\xed\x00\x00\x00\x02\x00\x00\x00\x00")
        self.write("bare.txt", b"".join(self.read("alice.crt").splitlines()[1:-1]))
        self.write("request.pem", b"-----BEGIN CERTIFICATE-----\n" + b"\n".join(
            self.openssl("req", "-inform", "DER", "-in", "csr.der").out.splitlines()[1:-1]) +
            b"\n-----END CERTIFICATE-----\n")
        for name, words in (("message.p7m", "a signed message (PKCS #7)"), ("csr.der", "a certificate request"),
                            ("key.der", "a private key"), ("pub.der", "a public key"), ("alice.p12", "PKCS #12"),
                            ("keystore.jks", "a Java keystore"), ("bare.txt", "base64 without BEGIN and END lines"),
                            ("request.pem", "a certificate request")):
            for command in (["verify", name, "--ca", "ca"], ["verify", "alice.crt", "--trust", name],
                            ["verify", "alice.crt", "--ca", "ca", "--untrusted", name]):
                with self.subTest(command=command):
                    self.assertIn(words, self.error(*command)["message"])
        for name, words in (("leaf.crt", None), ("alice.p12", "PKCS #12"), ("csr.der", "a certificate request"),
                            ("keystore.jks", "a Java keystore"), ("pub.der", "a public key")):
            with self.subTest(key=name):
                error = self.error("csr", "create", "--key", name, "--common-name", "x", "--allow-open-key",
                                   "-o", "none.csr")
                self.assertIn(words or "no private key", error["message"])
        for name, words in (("alice.p12", "PKCS #12"), ("pub.der", "a public key"), ("key.der", "a private key"),
                            ("keystore.jks", "a Java keystore")):
            with self.subTest(request=name):
                self.assertIn(words, self.error("ca", "sign", name)["message"])
        for name, words in (("alice.p12", "PKCS #12"), ("keystore.jks", "a Java keystore"), ("bare.txt", "base64")):
            with self.subTest(inspect=name):
                self.assertIn(words, self.error("inspect", name)["message"])


class OldKeys(Inputs):
    """Keys encrypted with DES, RC2 and the schemes of PBES1."""

    LEGACY = ["-provider", "default", "-provider", "legacy"]

    def setUp(self):
        super().setUp()
        self.openssl("genrsa", "-out", "plain.key", "2048")
        self.write("right", b"secret1\n")
        self.write("wrong", b"secret2\n")
        self.path("empty").mkdir()
        for name in ("right", "wrong"):
            self.path(name).chmod(0o600)

    def rfc1421(self):
        for cipher in ("des", "des3", "aes128", "aes256", "rc2", "rc2-40", "rc2-64", "bf-cbc", "cast5-cbc", "seed"):
            self.openssl("rsa", *self.LEGACY, "-in", "plain.key", f"-{cipher}", "-traditional", "-passout",
                         "pass:secret1", "-out", f"{cipher}.key")
            yield f"{cipher}.key", cipher not in ("des3", "aes128", "aes256")

    def pbes1(self):
        for scheme in ("PBE-MD5-DES", "PBE-MD5-RC2-64", "PBE-SHA1-DES", "PBE-SHA1-RC2-64", "PBE-SHA1-RC2-40",
                       "PBE-SHA1-RC2-128", "PBE-SHA1-RC4-128", "PBE-SHA1-RC4-40", "PBE-SHA1-3DES", "PBE-SHA1-2DES"):
            self.openssl("pkcs8", *self.LEGACY, "-topk8", "-in", "plain.key", "-v1", scheme, "-passout",
                         "pass:secret1", "-out", f"{scheme}.key")
            yield f"{scheme}.key", scheme not in ("PBE-SHA1-3DES", "PBE-SHA1-2DES")

    def pbes2(self):
        for cipher in ("des", "rc2", "rc2-64", "rc2-40"):
            self.openssl("pkcs8", *self.LEGACY, "-topk8", "-in", "plain.key", "-v2", cipher, "-passout",
                         "pass:secret1", "-out", f"pbes2-{cipher}.key")
            yield f"pbes2-{cipher}.key", True

    def test_each_is_read_with_the_right_passphrase_and_refused_with_a_wrong_one(self):
        for name, needs_legacy in [*self.rfc1421(), *self.pbes1(), *self.pbes2()]:
            with self.subTest(key=name):
                create = ["csr", "create", "--key", name, "--common-name", "x", "--legacy-key", "--key-passphrase"]
                made = self.mtlsctl(*create, "file:right").out
                self.assertEqual(self.openssl("req", "-noout", "-pubkey", stdin=made).out,
                                 self.openssl("pkey", "-in", "plain.key", "-pubout").out)
                self.assertEqual(self.error(*create, "file:wrong", "-o", "none.csr")["code"], "wrong_passphrase")
                refused = self.error(*create[:-2], "--key-passphrase", "file:right", "-o", "none.csr")
                self.assertEqual(refused["code"], "unsupported")
                # Without the legacy provider, which Debian 13 has in a package of its own.
                absent = {"OPENSSL_MODULES": str(self.path("empty"))}
                if not needs_legacy:
                    self.mtlsctl(*create, "file:right", env=absent)
                    continue
                for secret in ("file:right", "file:wrong"):
                    error = self.error(*create, secret, "-o", "none.csr", env=absent)
                    self.assertEqual(error["code"], "unsupported")
                    self.assertIn("openssl-provider-legacy", error["hint"])

    def test_the_answer_does_not_depend_on_the_system_configuration(self):
        self.write("only.cnf", b"openssl_conf = a\n[a]\nproviders = b\n[b]\ndefault = c\n[c]\nactivate = 1\n")
        for name, _ in [*self.rfc1421(), *self.pbes1()]:
            self.mtlsctl("csr", "create", "--key", name, "--common-name", "x", "--legacy-key", "--key-passphrase",
                         "file:right", env={"OPENSSL_CONF": str(self.path("only.cnf"))})


if __name__ == "__main__":
    main()
