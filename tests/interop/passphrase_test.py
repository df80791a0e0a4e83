"""Point 6: a passphrase-protected CA key, as the manual says, read and written with other stacks."""

import os
import subprocess
import time

from workbench import KEY, MTLSCTL, Workbench, main

SECRET = "correct horse battery staple"


class Passphrase(Workbench):
    def setUp(self):
        super().setUp()
        self.path("pass").write_text(SECRET + "\n")
        os.chmod(self.path("pass"), 0o600)
        self.path("wrong").write_text("wrong\n")
        os.chmod(self.path("wrong"), 0o600)

    def make_protected(self):
        self.make_ca("--ca-passphrase", "file:pass")

    def issue(self, name, *args, **more):
        return self.mtlsctl("client", "issue", "--name", name, *KEY, *args, **more)

    def test_openssl_and_gnutls_read_the_key(self):
        self.make_protected()
        self.assertIn(b"BEGIN ENCRYPTED PRIVATE KEY", self.read("ca/ca.key"))
        self.openssl("pkey", "-in", "ca/ca.key", "-passin", "file:pass", "-noout")
        self.assertNotEqual(
            self.openssl("pkey", "-in", "ca/ca.key", "-passin", "pass:wrong", "-noout", exit=None).code, 0)
        self.tool("certtool", "--key-info", "--infile", "ca/ca.key", "--password", SECRET)

    def test_the_encryption_is_pbes2_with_aes_256_and_600000_rounds(self):
        self.make_protected()
        self.mtlsctl("key", "generate", *KEY, "-o", "k.pem", "--key-passphrase", "file:pass")
        for file in ("ca/ca.key", "k.pem"):
            text = self.openssl("asn1parse", "-in", file).out.decode()
            for word in ("PBES2", "PBKDF2", "hmacWithSHA256", "aes-256-cbc", "0927C0"):
                self.assertIn(word, text, file)

    def test_the_passphrase_comes_from_file_environment_and_descriptor(self):
        self.make_protected()
        self.issue("a", "--ca-passphrase", "file:pass")
        self.issue("b", "--ca-passphrase", "env:CA_PASS", env={"CA_PASS": SECRET})
        read, write = os.pipe()
        os.write(write, SECRET.encode() + b"\n")
        os.close(write)
        self.issue("c", "--ca-passphrase", f"fd:{read}", pass_fds=(read,))
        os.close(read)
        self.assert_recorded(["a.crt", "b.crt", "c.crt"])

    def test_ca_toml_may_name_the_source(self):
        self.make_protected()
        self.path("ca", "pass").write_text(SECRET)
        os.chmod(self.path("ca", "pass"), 0o600)
        toml = self.path("ca", "ca.toml")
        text = toml.read_text()
        line = next(l for l in text.splitlines() if "passphrase =" in l)
        toml.write_text(text.replace(line, 'passphrase = "file:pass"'))
        self.issue("a")

    def test_a_wrong_one_is_bad_input_and_leaves_nothing(self):
        self.make_protected()
        result = self.issue("a", "--ca-passphrase", "file:wrong", exit=6)
        self.assertIn(b"wrong passphrase", result.err)
        self.assertIn(b"--ca-passphrase", result.err)
        self.assertEqual(sorted(p.name for p in self.dir.iterdir()), ["ca", "pass", "wrong"])

    def test_no_terminal_and_no_passphrase_is_usage_at_once(self):
        self.make_protected()
        start = time.monotonic()
        result = self.issue("a", exit=2)
        self.assertLess(time.monotonic() - start, 5)
        self.assertIn(b"--ca-passphrase", result.err)

    def test_a_key_file_that_asks_for_two_billion_rounds_is_refused_within_a_second(self):
        self.make_protected()
        der = self.openssl("pkcs8", "-in", "ca/ca.key", "-passin", "file:pass", "-topk8", "-v2",
                           "aes-256-cbc", "-iter", "600000", "-passout", "pass:x", "-outform", "DER").out
        # INTEGER 600000 becomes 2^31-1: one octet longer, so the lengths around it are patched, too.
        at = der.index(bytes.fromhex("02030927c0"))
        hostile = bytearray(der[:at] + bytes.fromhex("02047fffffff") + der[at + 5:])

        def grow(position):
            if hostile[position + 1] & 0x80:
                count = hostile[position + 1] & 0x7F
                value = int.from_bytes(hostile[position + 2:position + 2 + count], "big") + 1
                hostile[position + 2:position + 2 + count] = value.to_bytes(count, "big")
                return position + 2 + count
            hostile[position + 1] += 1
            return position + 2

        inner = grow(0)            # EncryptedPrivateKeyInfo
        inner = grow(inner)        # AlgorithmIdentifier
        inner += 2 + hostile[inner + 1]  # its OID, PBES2
        inner = grow(inner)        # PBES2-params
        inner = grow(inner)        # keyDerivationFunc
        inner += 2 + hostile[inner + 1]  # its OID, PBKDF2
        grow(inner)                # PBKDF2-params
        self.path("hostile.der").write_bytes(hostile)
        parsed = self.openssl("asn1parse", "-inform", "DER", "-in", "hostile.der").out
        self.assertIn(b"7FFFFFFF", parsed)
        start = time.monotonic()
        result = self.issue("a", "--key", "hostile.der", "--key-passphrase", "file:pass",
                            "--ca-passphrase", "file:pass", exit=2)  # --key and --key-type
        result = self.mtlsctl("client", "issue", "--name", "a", "--key", "hostile.der", "--key-passphrase",
                              "file:pass", "--ca-passphrase", "file:pass", exit=6)
        self.assertLess(time.monotonic() - start, 2)
        self.assertIn(b"rounds", result.err)

    def test_secrets_are_bounded_lines(self):
        for content, code in ((b"", 2), (b"\n", 2), (b"x" * 1024, 2), (b"a\0b", 2), (b"x" * 1023, 0),
                              (b"windows\r\n", 0)):
            self.path("s").write_bytes(content)
            os.chmod(self.path("s"), 0o600)
            self.mtlsctl("key", "generate", *KEY, "-o", "k", "--force", "--force-key",
                         "--key-passphrase", "file:s", exit=code)
        self.openssl("pkey", "-in", "k", "-passin", "pass:windows", "-noout")
        self.mtlsctl("key", "generate", *KEY, "-o", "k2", "--key-passphrase", "file:absent", exit=6)
        self.mtlsctl("key", "generate", *KEY, "-o", "k2", "--key-passphrase", "env:ABSENT", exit=2)
        self.mtlsctl("key", "generate", *KEY, "-o", "k2", "--key-passphrase", "hunter2", exit=2)
        self.assertFalse(self.path("k2").exists())

    def test_the_secret_is_nowhere_to_be_seen_while_it_runs(self):
        self.make_protected()
        process = subprocess.Popen(
            [MTLSCTL, "client", "issue", "--name", "slow", "--key-type", "rsa:4096", "--ca-passphrase",
             "env:CA_PASS"], cwd=self.dir, env={**self.env, "CA_PASS": SECRET}, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        seen = b""
        dumpable = set()
        while process.poll() is None:
            try:
                with open(f"/proc/{process.pid}/cmdline", "rb") as file:
                    seen += file.read()
                dumpable.add(os.stat(f"/proc/{process.pid}/environ").st_uid)
            except OSError:
                pass
            time.sleep(0.01)
        self.assertEqual(process.returncode, 0)
        self.assertNotIn(SECRET.encode(), seen)

    def test_an_intermediate_has_a_passphrase_of_its_own(self):
        self.make_protected()
        self.path("second").write_text("another secret")
        os.chmod(self.path("second"), 0o600)
        self.mtlsctl("ca", "init", "--ca", "issuing", "--parent", "ca", "--common-name", "I", *KEY,
                     "--ca-passphrase", "file:pass", "--key-passphrase", "file:second")
        self.openssl("pkey", "-in", "issuing/ca.key", "-passin", "file:second", "-noout")
        self.issue("a", "--ca", "issuing", "--ca-passphrase", "file:pass", exit=6)
        self.issue("a", "--ca", "issuing", "--ca-passphrase", "file:second")


if __name__ == "__main__":
    main()
