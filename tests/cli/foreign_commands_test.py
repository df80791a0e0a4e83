"""Every message that holds another program's command is found in the sources, and each such command is
run on an input that makes mtlsctl print it: what comes of it must be what mtlsctl accepts.

A new message with such a command fails the first case until it has a case here."""

import os
import pathlib
import re
import shutil
import subprocess
import unittest

from handmade import CN, UTF8, make_request, name
from workbench import KEY, MTLSCTL, Workbench, main

SOURCES = pathlib.Path(__file__).resolve().parents[2]

# A program and what makes it a command: a subcommand, an option or what it works on.
COMMAND = re.compile(r"\b(?:openssl [a-z0-9]+|(?:ssh-keygen|iconv|base64|keytool|certtool|certutil|nginx|haproxy) -|"
                     r"chmod [0-9{]|chown (?:[0-9{]|root )|(?:cp|mv|rm|apt|apt-get|sudo|kubectl|systemctl|psql|sqlite3) "
                     r"(?:[A-Z]{3}|install|-|[a-z]+\.))")

# The message as it stands in the sources: the case that runs it.
RUN = {
    "convert it with: iconv -f UTF-32 -t UTF-8 FILE > NEWFILE": "test_iconv",
    "re-encrypt it: openssl pkcs8 -topk8 -in FILE -out NEWFILE": "test_pkcs8_of_another_cipher",
    "if you trust where it comes from, re-encrypt it: openssl pkcs8 -topk8 -in FILE -out NEWFILE":
        "test_pkcs8_of_many_rounds",
    "--legacy-key reads it all the same; better re-encrypt it: openssl pkcs8 -topk8 -provider default -provider "
    "legacy -in FILE -out NEWFILE": "test_pkcs8_of_an_old_key",
    "convert a copy, the key itself stays: cp FILE COPY && ssh-keygen -p -m PKCS8 -f COPY": "test_ssh_keygen",
    "unpack it with: openssl pkcs7{} -in FILE -print_certs -out NEWFILE": "test_pkcs7",
    "unpack it with: openssl pkcs12{} -in FILE{} -out NEWFILE": "test_pkcs12",
    "decode it with: base64 -d -i FILE > NEWFILE": "test_base64",
    "write the certificate alone with: openssl x509 -in FILE -out NEWFILE": "test_trusted_certificate",
    "it proves nothing: ask for the CSR again (another opinion: openssl req -verify -noout -in FILE)":
        "test_request_with_a_bad_signature",
    "make it again with the same key: openssl req -new -sha256 -key KEY -out NEWFILE":
        "test_request_of_an_algorithm_that_is_not_accepted",
    "decrypt it with: openssl cms -decrypt -inform {} -in FILE -inkey KEY -out NEWFILE": "test_encrypted_pkcs7",
    "openssl pkcs12 -export -in client.crt -inkey client.key -out client.p12": "test_writing_pkcs12",
    "chmod 600 {}, or insist with --allow-open-key": "test_open_keys",
    "chmod 600 {}": "test_open_keys",
    "chmod 700 {}": "test_open_directories",
    "chmod 700 {}, or choose a new directory with --ca": "test_open_directories",
    "chmod {} {}": "test_serve_beside_open_files",
    "chown {} {}": "test_owners",
    " && mv request.csr {}": "test_moving_a_request",
}
# Messages that name a program in words and ask nobody to run it.
WORDS = {
    "nginx: ssl_verify_client on; haproxy: verify required with ca-file and without ca-ignore-err or crt-ignore-err; "
    "apache: SSLVerifyClient require; stunnel: verifyChain = yes; openssl s_server: -Verify N -verify_return_error; "
    "ALB: caEnabled: true with one CA",
    "openssl x509 -req without -extfile makes such certificates; ",
    "check what nginx -T prints, which has them all",  # run in tests/interop/render_check_test.py
    "the file itself: check what nginx -T prints",
}


def messages():
    """The string literals of the sources with a command in them; adjacent ones are one. Not the help of
    commands, whose examples are run elsewhere."""
    literal = r'"(?:[^"\\\n]|\\.)*"'
    for path in sorted([*SOURCES.glob("lib/*/*.cpp"), *SOURCES.glob("cmd/**/*.cpp")]):
        text = re.sub(r"^\s*//.*$", "", path.read_text(), flags=re.M)
        for match in re.finditer(rf"{literal}(?:\s*{literal})*", text):
            message = "".join(one[1:-1] for one in re.findall(literal, match.group()))
            if COMMAND.search(message):
                yield path.relative_to(SOURCES), message


class Collected(unittest.TestCase):
    def test_every_message_with_a_foreign_command_has_a_case(self):
        found = dict.fromkeys(message for path, message in messages() if not self.is_help(path, message))
        self.assertEqual(set(found) - set(RUN) - WORDS, set(), "add a case that runs it")
        self.assertEqual(set(RUN) - set(found), set(), "it is no longer in the sources")
        for case in RUN.values():
            self.assertTrue(hasattr(Run, case), case)

    def is_help(self, path, message):
        return message.startswith("$ ") or path.name in ("log_head.cpp", "render.cpp")


class Run(Workbench):
    def setUp(self):
        super().setUp()
        self.mtlsctl("ca", "init", "--common-name", "root", *KEY)
        self.mtlsctl("client", "issue", "--name", "alice", *KEY)
        for name, octets in (("secret", b"secret1\n"), ("new-secret", b"secret2\n")):
            self.path(name).write_bytes(octets)
            self.path(name).chmod(0o600)
        self.openssl("genrsa", "-out", "rsa.key", "2048")

    def hint(self, *arguments, exit=6, **more):
        """The hint of a refused command; it must be the case's own."""
        output = [] if arguments[0] in ("inspect", "verify", "serve") or "--ca" in arguments else ["-o", "none.out"]
        if arguments[:2] in (("ca", "init"), ("ca", "adopt")):
            output = []
        error = self.mtlsctl(*arguments, *output, "--json", exit=exit, **more).json["error"]
        self.check_message(error["hint"])
        return error["hint"]

    def check_message(self, hint):
        mine = [message for message, case in RUN.items() if case == self._testMethodName]
        patterns = [re.sub(r"\\\{\\\}", "(.*)", re.escape(one)) for one in mine]
        self.assertTrue(any(re.search(one, hint) for one in patterns), f"{hint} is none of {mine}")

    def follow(self, hint, extra="", exit=0, **names):
        """Runs the command of a hint as a shell does; `extra` answers what it would ask on a terminal."""
        command = hint[COMMAND.search(hint).start():]
        command = re.split(r", or |; or |\)$| \(", command)[0]
        for name, file in {"NEWFILE": "new", **names}.items():
            command = re.sub(rf"\b{name}\b", file, command)
        result = self.run_any(["sh", "-c", f"{command} {extra}"])
        if exit is not None:
            self.assertEqual(result.code, exit, str(result))
        return result

    def use_key(self, key="new", of="rsa.key", *more):
        """mtlsctl makes a request with the key, and openssl finds that it is that of the other."""
        made = self.mtlsctl("csr", "create", "--key", key, "--common-name", "x", *more).out
        self.assertEqual(self.openssl("req", "-noout", "-verify", "-pubkey", stdin=made).out,
                         self.openssl("pkey", "-in", of, "-pubout").out)

    CREATE = ("csr", "create", "--common-name", "x", "--key-passphrase", "file:secret", "--key")
    PASSPHRASES = "-passin file:secret -passout file:new-secret"
    NEW = ("--key-passphrase", "file:new-secret")

    def test_iconv(self):
        self.path("wide.crt").write_bytes(self.read("alice.crt").decode().encode("utf-32"))
        self.follow(self.hint("verify", "wide.crt", "--ca", "ca"), FILE="wide.crt")
        self.mtlsctl("verify", "new", "--ca", "ca")

    def test_pkcs8_of_another_cipher(self):
        self.openssl("pkcs8", "-topk8", "-v2", "camellia-256-cbc", "-in", "rsa.key", "-passout", "file:secret",
                     "-out", "old.key")
        self.follow(self.hint(*self.CREATE, "old.key"), self.PASSPHRASES, FILE="old.key")
        self.use_key("new", "rsa.key", *self.NEW)

    def test_pkcs8_of_many_rounds(self):
        self.openssl("pkcs8", "-topk8", "-iter", "10000001", "-in", "rsa.key", "-passout", "file:secret",
                     "-out", "old.key")
        self.follow(self.hint(*self.CREATE, "old.key"), self.PASSPHRASES, FILE="old.key")
        self.use_key("new", "rsa.key", *self.NEW)

    def test_pkcs8_of_an_old_key(self):
        legacy = ["-provider", "default", "-provider", "legacy"]
        self.openssl("rsa", *legacy, "-in", "rsa.key", "-des", "-traditional", "-passout", "file:secret",
                     "-out", "rfc1421.key")
        for scheme in ("PBE-MD5-DES", "PBE-SHA1-RC2-40", "PBE-SHA1-3DES"):
            self.openssl("pkcs8", *legacy, "-topk8", "-v1", scheme, "-in", "rsa.key", "-passout", "file:secret",
                         "-out", f"{scheme}.key")
        for name in ("rfc1421.key", "PBE-MD5-DES.key", "PBE-SHA1-RC2-40.key", "PBE-SHA1-3DES.key"):
            with self.subTest(key=name):
                self.follow(self.hint(*self.CREATE, name), self.PASSPHRASES, FILE=name)
                self.use_key("new", "rsa.key", *self.NEW)

    def test_ssh_keygen(self):
        for kind, bits, passphrase in (("rsa", "2048", ""), ("rsa", "2048", "secret1"), ("ecdsa", "256", ""),
                                       ("ecdsa", "384", "secret1"), ("ecdsa", "521", "")):
            with self.subTest(kind=kind, bits=bits, passphrase=passphrase):
                for name in ("id", "id.pub", "copy"):
                    self.path(name).unlink(missing_ok=True)
                self.tool("ssh-keygen", "-q", "-t", kind, "-b", bits, "-N", passphrase, "-f", "id")
                before = self.read("id")
                hint = self.hint(*self.CREATE, "id")
                self.follow(hint, f"-P '{passphrase}' -N '{passphrase}'", FILE="id", COPY="copy")
                self.assertEqual(self.read("id"), before, "the key of the user was changed")
                self.assertEqual(self.mode("copy"), 0o600)
                public = self.tool("ssh-keygen", "-e", "-m", "PKCS8", "-f", "id.pub").out
                secret = ["--key-passphrase", "file:secret"] if passphrase else []
                made = self.mtlsctl("csr", "create", "--key", "copy", "--common-name", "x", *secret).out
                self.assertEqual(self.openssl("req", "-noout", "-pubkey", stdin=made).out, public)

    def test_the_hint_for_a_key_that_ssh_keygen_cannot_export_makes_a_new_one(self):
        for passphrase in ("", "secret1"):
            self.path("id").unlink(missing_ok=True)
            self.tool("ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-f", "id")
            before = self.read("id")
            # It says what is true of this ssh-keygen: none of its forms is another.
            self.path("copy").write_bytes(before)
            self.path("copy").chmod(0o600)
            self.tool("ssh-keygen", "-q", "-p", "-m", "PKCS8", "-P", passphrase, "-N", passphrase, "-f", "copy")
            self.assertIn(b"BEGIN OPENSSH PRIVATE KEY", self.read("copy"))
            error = self.mtlsctl(*self.CREATE, "id", "-o", "none", "--json", exit=6).json["error"]
            self.assertEqual(error["code"], "unsupported")
            self.assertIn("ssh-ed25519", error["message"])
            command = error["hint"][error["hint"].index("mtlsctl "):].split()[1:]
            self.path("new").unlink(missing_ok=True)
            self.mtlsctl(*["new" if word == "NEWFILE" else word for word in command])
            self.use_key("new", "new")
            self.assertEqual(self.read("id"), before)

    def test_pkcs7(self):
        sign = ["-sign", "-nodetach", "-binary", "-in", "alice.crt", "-signer", "alice.crt", "-inkey", "alice.key",
                "-certfile", "ca/ca.crt"]
        self.openssl("smime", *sign, "-outform", "DER", "-out", "der.p7m")
        self.openssl("smime", *sign, "-outform", "PEM", "-out", "pem.p7m")
        self.openssl("cms", *sign, "-stream", "-outform", "DER", "-out", "ber.p7m")
        for name in ("der.p7m", "pem.p7m", "ber.p7m"):
            with self.subTest(file=name):
                self.follow(self.hint("verify", "alice.crt", "--trust", name), FILE=name)
                self.mtlsctl("verify", "alice.crt", "--trust", "new")

    def test_pkcs12(self):
        export = ["pkcs12", "-export", "-in", "alice.crt", "-inkey", "alice.key", "-certfile", "ca/ca.crt",
                  "-passout", "file:secret"]
        self.openssl(*export, "-out", "new.p12")
        self.openssl(*export, "-legacy", "-out", "old.p12")
        self.openssl(*export, "-certpbe", "PBE-SHA1-3DES", "-keypbe", "PBE-SHA1-3DES", "-macalg", "sha1",
                     "-out", "middle.p12")
        for name, legacy in (("new.p12", False), ("old.p12", True), ("middle.p12", False)):
            with self.subTest(file=name):
                certificate = self.hint("verify", name, "--ca", "ca")
                self.assertEqual("-legacy" in certificate, legacy)
                self.follow(certificate, "-passin file:secret", FILE=name)
                self.mtlsctl("verify", "new", "--ca", "ca")
                self.follow(self.hint("verify", "alice.crt", "--trust", name), "-passin file:secret", FILE=name)
                self.mtlsctl("verify", "alice.crt", "--trust", "new")
                self.path("new").unlink()
                self.follow(self.hint(*self.CREATE, name), self.PASSPHRASES, FILE=name)
                self.use_key("new", "alice.key", *self.NEW)
                self.follow(self.hint("inspect", name), self.PASSPHRASES, FILE=name)
                self.mtlsctl("inspect", "new")

    def test_base64(self):
        for lines in (b"", b"\r\n"):
            self.path("bare").write_bytes(lines.join(self.read("alice.crt").splitlines()[1:-1]))
            self.follow(self.hint("verify", "bare", "--ca", "ca"), FILE="bare")
            self.mtlsctl("verify", "new", "--ca", "ca")

    def test_trusted_certificate(self):
        self.openssl("x509", "-in", "ca/ca.crt", "-trustout", "-addtrust", "clientAuth", "-out", "trusted.crt")
        self.follow(self.hint("verify", "alice.crt", "--trust", "trusted.crt"), FILE="trusted.crt")
        self.mtlsctl("verify", "alice.crt", "--trust", "new")

    def test_request_with_a_bad_signature(self):
        der = bytearray(self.openssl("req", "-new", "-key", "rsa.key", "-subj", "/CN=x", "-outform", "DER").out)
        der[-5] ^= 1
        self.path("bad.csr").write_bytes(self.openssl("req", "-inform", "DER", stdin=bytes(der)).out)
        said = self.follow(self.hint("ca", "sign", "bad.csr"), FILE="bad.csr", exit=None)
        self.assertRegex((said.out + said.err).decode().lower(), r"verif\w* fail")

    def test_request_of_an_algorithm_that_is_not_accepted(self):
        for more in (["-sha1"], ["-sha256", "-sigopt", "rsa_padding_mode:pss"]):
            self.openssl("req", "-new", "-key", "rsa.key", "-subj", "/CN=x", *more, "-out", "old.csr")
            self.follow(self.hint("ca", "sign", "old.csr"), "-subj /CN=x", KEY="rsa.key")
            self.mtlsctl("ca", "sign", "new", "-o", "signed.crt", "--force")

    def test_request_of_another_version(self):
        make_request(self, name((CN, UTF8, b"x")), version=1, out="old.csr", key="old.key")
        hint = self.mtlsctl("ca", "sign", "old.csr", "-o", "none.crt", "--json", exit=6).json["error"]["hint"]
        self.assertIn(hint, RUN)
        self.follow(hint, "-subj /CN=x", KEY="old.key")
        self.mtlsctl("ca", "sign", "new", "-o", "signed.crt")

    def test_writing_pkcs12(self):
        self.mtlsctl("client", "issue", *KEY)
        hint = self.mtlsctl("p12", "--json", exit=2).json["error"]["hint"]
        self.check_message(hint)
        self.follow(hint, "-passout file:new-secret")
        self.assertEqual(self.openssl("pkcs12", "-in", "client.p12", "-passin", "file:new-secret", "-nokeys",
                                      "-clcerts").out.split(b"-----BEGIN")[1],
                         self.read("client.crt").split(b"-----BEGIN")[1])

    def test_encrypted_pkcs7(self):
        self.openssl("req", "-x509", "-key", "rsa.key", "-subj", "/CN=x", "-out", "to.crt")
        for form in ("DER", "PEM"):
            self.openssl("smime", "-encrypt", "-binary", "-aes256", "-in", "ca/ca.crt", "-outform", form,
                         "-out", "secret.p7m", "to.crt")
            self.follow(self.hint("verify", "alice.crt", "--trust", "secret.p7m"), FILE="secret.p7m", KEY="rsa.key")
            self.mtlsctl("verify", "alice.crt", "--trust", "new")

    def test_open_keys(self):
        self.path("ca/ca.key").chmod(0o644)
        self.follow(self.hint("client", "issue", "--name", "bob", "--ca", "ca", *KEY, exit=5))
        self.mtlsctl("client", "issue", "--name", "bob", *KEY)
        shutil.copy(self.path("ca/ca.key"), self.path("other.key"))
        self.path("other.key").chmod(0o644)
        adopt = ("ca", "adopt", "ca/ca.crt", "other.key", "--ca", "adopted")
        self.follow(self.hint(*adopt, exit=5))
        self.mtlsctl(*adopt)
        self.path("secret").chmod(0o644)
        create = ("key", "generate", *KEY, "--key-passphrase", "file:secret", "-o")
        warned = self.mtlsctl(*create, "one.key").err.decode()
        self.follow(re.search(r"hint: (.*)", warned).group(1))
        self.assertEqual(self.mtlsctl(*create, "two.key").err.decode().count("can be read"), 0)

    def test_open_directories(self):
        self.path("ca").chmod(0o777)
        self.follow(self.hint("client", "issue", "--name", "bob", "--ca", "ca", *KEY, exit=5))
        self.mtlsctl("client", "issue", "--name", "bob", *KEY)
        self.path("taken").mkdir()
        self.path("taken", "note").write_bytes(b"x")
        self.path("taken").chmod(0o777)
        self.follow(self.hint("ca", "init", "--ca", "taken", "--common-name", "x", *KEY, exit=5))
        self.mtlsctl("ca", "init", "--ca", "taken", "--common-name", "x", *KEY)

    def test_serve_beside_open_files(self):
        serve = ("serve", "--ca", "ca", "--listen", "127.0.0.1:0")
        for name, mode in (("ca/ca.key", 0o644), ("ca", 0o777)):
            self.path(name).chmod(mode)
            self.follow(self.hint(*serve, exit=5))
        with subprocess.Popen([MTLSCTL, *serve], cwd=self.dir, env=self.env, stdout=subprocess.PIPE) as server:
            self.assertIn(b"listening", server.stdout.readline())
            server.terminate()

    @unittest.skipUnless(os.geteuid() == 0, "files of other users can be made by root only")
    def test_owners(self):
        os.chown(self.path("ca", "ca.key"), 4242, 4242)
        self.follow(self.hint("client", "issue", "--name", "bob", "--ca", "ca", *KEY, exit=5))
        self.mtlsctl("client", "issue", "--name", "bob", *KEY)
        os.chown(self.path("secret"), 4242, 4242)
        create = ("key", "generate", *KEY, "--key-passphrase", "file:secret", "-o")
        warned = self.mtlsctl(*create, "one.key").err.decode()
        self.follow(re.search(r"hint: (.*)", warned).group(1))
        self.assertNotIn("chown", self.mtlsctl(*create, "two.key").err.decode())

    def test_moving_a_request(self):
        self.openssl("req", "-new", "-key", "rsa.key", "-subj", "/CN=x", "-out", "ca/ca.csr")
        init = ("ca", "init", "--common-name", "root", *KEY, "--if-missing")
        error = self.mtlsctl(*init, "--json", exit=5).json["error"]
        self.check_message(error["hint"])
        command = error["hint"][error["hint"].index("mtlsctl "):].replace("mtlsctl", MTLSCTL, 1)
        done = self.run_any(["sh", "-c", command])
        self.assertEqual(done.code, 0, str(done))
        self.mtlsctl(*init)


if __name__ == "__main__":
    main()
