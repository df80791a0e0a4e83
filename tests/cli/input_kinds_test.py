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


if __name__ == "__main__":
    main()
