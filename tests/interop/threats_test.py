"""Point 9: the threats to a CA in local files that concern keys, files, CSRs, names and terminals.

The name of each case is the row of the threat table. Crash points, full disks, permissions and links
have files of their own under tests/cli.
"""

import base64
import os
import re
import subprocess
import time

from workbench import KEY, MTLSCTL, Workbench, main

EXTENSIONS = {
    "ca_true": "basicConstraints=critical,CA:TRUE",
    "key_cert_sign": "keyUsage=critical,keyCertSign,digitalSignature",
    "name_constraints": "nameConstraints=critical,permitted;DNS:example.com",
    "server_auth": "extendedKeyUsage=serverAuth,clientAuth",
    "unknown_critical": "1.2.3.4=critical,DER:0500",
    "tls_feature": "tlsfeature=status_request",
    "san": "subjectAltName=DNS:evil.example,IP:10.0.0.1",
}


class Threats(Workbench):
    def setUp(self):
        super().setUp()
        self.make_ca()
        self.openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "k.pem")

    def csr(self, name, *args, key="k.pem", subject="/CN=device"):
        self.openssl("req", "-new", "-key", key, "-subj", subject, "-out", name, *args)
        return name

    def issued_extensions(self, file):
        text = self.openssl("x509", "-in", file, "-noout", "-text").out.decode()
        return re.findall(r"^ {12}(\S.*?): ?(?:critical)?$", text, re.M)

    # --- CSRs --------------------------------------------------------------------------------------

    def test_csr_tricks_nothing_is_copied_but_key_and_subject(self):
        self.mtlsctl("ca", "sign", self.csr("plain.csr"), "-o", "plain.crt")
        expected = self.issued_extensions("plain.crt")
        self.assertEqual(expected, ["X509v3 Basic Constraints", "X509v3 Key Usage", "X509v3 Extended Key Usage",
                                    "X509v3 Subject Key Identifier", "X509v3 Authority Key Identifier"])
        for name, extension in EXTENSIONS.items():
            csr = self.csr(f"{name}.csr", "-addext", extension)
            result = self.mtlsctl("--json", "ca", "sign", csr, "-o", f"{name}.crt")
            self.assertEqual(self.issued_extensions(f"{name}.crt"), expected, name)
            notices = [n for n in result.json["notices"] if n["kind"] == "not_granted"]
            self.assertEqual(len(notices), 1, (name, result.json))
            self.assertTrue(notices[0]["requested"], name)
            self.assertIn(b"warning", result.err, name)
            self.openssl("verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", "ca/ca.crt", f"{name}.crt")

    def test_csr_tricks_names_are_taken_only_when_asked_for(self):
        csr = self.csr("san.csr", "-addext", EXTENSIONS["san"])
        self.mtlsctl("ca", "sign", csr, "-o", "with.crt", "--san-from-csr")
        text = self.openssl("x509", "-in", "with.crt", "-noout", "-ext", "subjectAltName").out
        self.assertIn(b"DNS:evil.example, IP Address:10.0.0.1", text)

    def test_csr_tricks_a_bad_signature_is_bad_input(self):
        der = bytearray(self.openssl("req", "-in", self.csr("a.csr"), "-outform", "DER").out)
        der[-1] ^= 1
        self.path("bad.csr").write_bytes(der)
        result = self.mtlsctl("ca", "sign", "bad.csr", exit=6)
        self.assertIn(b"signature", result.err)
        self.mtlsctl("client", "issue", "--csr", "bad.csr", "--name", "x", exit=6)
        self.assertFalse(self.path("x.crt").exists())
        self.csr("sha1.csr", "-sha1")
        self.mtlsctl("ca", "sign", "sha1.csr", exit=6)

    def test_csr_tricks_an_empty_purpose_list_is_a_clean_error(self):
        # EKU SEQUENCE {} (CVE-2026-40097)
        csr = self.csr("eku.csr", "-addext", "2.5.29.37=DER:3000")
        result = self.run_any([MTLSCTL, "ca", "sign", csr])
        self.assertIn(result.code, (0, 6), str(result))
        if result.code == 0:
            self.assertIn("X509v3 Extended Key Usage", self.issued_extensions("eku.crt"))

    def test_huge_csr(self):
        self.path("huge.csr").write_bytes(b"x" * (64 << 20))
        start = time.monotonic()
        self.mtlsctl("ca", "sign", "huge.csr", exit=6)
        names = ",".join(f"DNS:h{i}.example" for i in range(101))
        self.csr("many.csr", "-addext", f"subjectAltName={names}")
        result = self.mtlsctl("ca", "sign", "many.csr", "--san-from-csr", exit=5)
        self.assertIn(b"100", result.err)
        self.assertLess(time.monotonic() - start, 10)

    # --- keys --------------------------------------------------------------------------------------

    def test_weak_keys(self):
        made = {
            "rsa1024": ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"],
            "rsa2047": ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2047"],
            "e3": ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-pkeyopt",
                   "rsa_keygen_pubexp:3"],
            "secp256k1": ["ecparam", "-name", "secp256k1", "-genkey", "-noout"],
            "explicit": ["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-param_enc", "explicit"],
        }
        for name, command in made.items():
            self.openssl(*command, "-out", f"{name}.pem")
            self.csr(f"{name}.csr", key=f"{name}.pem")
            result = self.mtlsctl("ca", "sign", f"{name}.csr", exit=5)
            self.assertIn(b"error", result.err)
            self.assertFalse(self.path(f"{name}.crt").exists(), name)
        self.openssl("dsaparam", "-genkey", "-noout", "-out", "dsa.pem", "1024")
        self.csr("dsa.csr", key="dsa.pem")
        result = self.run_any([MTLSCTL, "ca", "sign", "dsa.csr"])
        self.assertIn(result.code, (5, 6))

    def test_weak_keys_the_cas_own_key_is_certified_for_nobody(self):
        self.csr("own.csr", key="ca/ca.key")
        self.mtlsctl("ca", "sign", "own.csr", exit=5)

    def test_key_file_permissions_an_open_ca_key_is_refused(self):
        os.chmod(self.path("ca", "ca.key"), 0o644)
        result = self.mtlsctl("client", "issue", *KEY, exit=5)
        self.assertIn(b"chmod 600", result.err)
        self.mtlsctl("client", "issue", *KEY, "--allow-open-key")
        os.chmod(self.path("ca", "ca.key"), 0o600)
        os.chmod(self.path("ca"), 0o755)
        self.assertIn(b"chmod 700", self.mtlsctl("client", "issue", "--name", "b", *KEY, exit=5).err)

    def test_key_file_permissions_an_unsafe_directory_is_not_used_unnamed(self):
        os.chmod(self.dir, 0o777)
        result = self.mtlsctl("client", "issue", *KEY, exit=5)
        self.assertIn(b"--ca", result.err)
        self.mtlsctl("client", "issue", *KEY, "--ca", "ca")

    def test_pem_bundles_with_junk(self):
        self.mtlsctl("client", "issue", "--name", "a", *KEY)
        certificate, key = self.read("a.crt"), self.read("a.key")
        def trust(content, exit):
            self.path("bundle.pem").write_bytes(content)
            return self.mtlsctl("verify", "--trust", "ca/ca.crt", "bundle.pem", exit=exit)
        trust(b"text before\n" + certificate + b"text after\n", 0)
        trust(certificate.replace(b"\n", b"\r\n"), 0)
        trust(b"\xef\xbb\xbf" + certificate, 0)
        trust(certificate.replace(b"END CERTIFICATE", b"END CERTIFICATES"), 6)
        trust(certificate.replace(b"-----END", b"????\n-----END"), 6)
        trust(b"", 6)
        trust(b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", 6)
        # A server's combined file may be judged; a key is never printed, and never an anchor.
        self.assertNotIn(b"PRIVATE", trust(certificate + key, 0).out)
        self.mtlsctl("verify", "--trust", "bundle.pem", "a.crt", exit=6)
        self.path("two.pem").write_bytes(key + self.read("k.pem"))
        self.mtlsctl("client", "issue", "--name", "b", "--key", "two.pem", exit=6)
        self.assertNotIn(base64.b64encode(key)[:40], self.mtlsctl("inspect", "a.key").out)

    # --- names -------------------------------------------------------------------------------------

    def test_csr_tricks_hostile_characters_in_names(self):
        # NUL, ESC, line feed, right-to-left override, invalid UTF-8, as UTF8String in the CN.
        for value in (b"good\0.evil", b"a\x1b]0;x\x07\x1b[2J", b"a\nb", "a\u202eb".encode(), b"\xff\xfe"):
            csr = self.forge_cn(value)
            result = self.mtlsctl("ca", "sign", csr, exit=5)
            self.assert_printable(result.err)
            shown = self.run_any([MTLSCTL, "inspect", csr])
            self.assert_printable(shown.out + shown.err)

    def forge_cn(self, value):
        """A CSR, properly signed, whose CN is `value`."""
        marker = b"M" * len(value)
        self.openssl("req", "-new", "-key", "k.pem", "-subj", "/CN=" + marker.decode(), "-outform", "DER",
                     "-utf8", "-out", "m.der")
        der = self.read("m.der")
        start = 3 if der[1] == 0x81 else (4 if der[1] == 0x82 else 2)
        length = der[start + 1]
        header = 2 if length < 0x80 else 2 + (length & 0x7F)
        size = length if length < 0x80 else int.from_bytes(der[start + 2:start + header], "big")
        info = der[start:start + header + size].replace(marker, value)
        self.path("info").write_bytes(info)
        self.openssl("dgst", "-sha256", "-sign", "k.pem", "-out", "sig", "info")
        sig = b"\0" + self.read("sig")
        body = info + bytes.fromhex("300a06082a8648ce3d040302") + b"\x03" + bytes([len(sig)]) + sig
        head = b"\x30\x81" + bytes([len(body)]) if len(body) < 256 else b"\x30\x82" + len(body).to_bytes(2, "big")
        self.path("forged.csr").write_bytes(head + body)
        if value != b"\xff\xfe":  # openssl does not read that one at all
            self.openssl("req", "-inform", "DER", "-in", "forged.csr", "-verify", "-noout")
        return "forged.csr"

    def assert_printable(self, octets):
        self.assertRegex(octets.decode("latin-1"), r"\A[\x20-\x7e\n]*\Z")

    def test_terminal_escapes_in_arguments_and_file_names(self):
        evil = "a\x1b]0;x\x07\u202e\u2028b"
        for args in (["verify", evil], ["inspect", evil], ["client", "issue", "--name", evil], [evil],
                     ["client", "issue", "--common-name", evil], ["verify", "--purpose", evil, "x"],
                     ["profile", "show", evil], ["cert", "show", evil], ["--" + evil]):
            result = self.run_any([MTLSCTL, *args])
            self.assertNotEqual(result.code, 0, str(result))
            self.assert_printable(result.err + result.out)

    def test_path_traversal_through_cn(self):
        for name in ("../../etc/x", ".", "..", "-rf", "x" * 300, "a/b", "con\\nul"):
            self.mtlsctl("client", "issue", "--name", name, *KEY, exit=2)
        self.mtlsctl("client", "issue", "--common-name", "../../etc/x", "--name", "plain", *KEY)
        self.assertEqual(sorted(p.name for p in self.dir.iterdir()),
                         ["ca", "k.pem", "plain.crt", "plain.csr", "plain.key"])

    def test_file_names_are_only_data(self):
        for name in (";id", "$(id)", "a b", "a'b", 'a"b', "a=b?c"):
            self.csr(name + ".csr")
            self.mtlsctl("ca", "sign", name + ".csr", "-o", name + ".crt")
            self.assertTrue(self.path(name + ".crt").exists())
        os.rename(self.path("k.pem"), self.path("-x.pem"))
        self.mtlsctl("inspect", "./-x.pem")

    def test_hostile_toml(self):
        good = self.mtlsctl("profile", "show", "mtls-client").out.decode()
        for text in ("x = " + "[" * 100_000, good + "\nversion = 1\n", good + "\nsurprise = true\n", "a = 1\0",
                     good.replace("version = 1", "version = 99999999999999999999"), "[a]\n" * 3, "\xff"):
            self.path("p.toml").write_text(text, encoding="latin-1")
            start = time.monotonic()
            result = self.mtlsctl("profile", "check", "p.toml", exit=6)
            self.assertLess(time.monotonic() - start, 2)
            self.assertRegex(result.err.decode(), r"p\.toml:\d+")

    # --- the process -------------------------------------------------------------------------------

    def test_core_dump_and_same_process_leaks(self):
        self.tool("strace", "-f", "-qq", "-e", "trace=execve,prctl,prlimit64,clone,clone3,fork,vfork", "-o", "trace", MTLSCTL,
                  "client", "issue", "--name", "t", "--key-type", "ec:p256")
        trace = self.read("trace").decode()
        self.assertEqual(trace.count("execve("), 1)
        self.assertNotRegex(trace, r"\bv?fork\(")
        self.assertIn("PR_SET_DUMPABLE, SUID_DUMP_DISABLE", trace)
        self.assertRegex(trace, r"RLIMIT_CORE, \{rlim_cur=0")
        self.tool("strace", "-f", "-qq", "-e", "trace=openat,open,socket,pipe2", "-o", "trace", MTLSCTL, "client",
                  "issue", "--name", "u", "--key-type", "ec:p256")
        for line in self.read("trace").decode().splitlines():
            # SQLite opens with O_CLOEXEC, too; the loader's and libcrypto's config read are before any key.
            if "O_RDWR" in line or "O_WRONLY" in line or "O_CREAT" in line:
                self.assertIn("O_CLOEXEC", line)

    def test_core_dump_an_aborted_run_leaves_none(self):
        process = subprocess.Popen(["bash", "-c", 'ulimit -c unlimited; exec "$0" key generate --key-type rsa:4096 -o k2.pem',
                                    MTLSCTL], cwd=self.dir, env=self.env)
        time.sleep(0.3)
        process.send_signal(6)
        process.wait()
        self.assertEqual([p.name for p in self.dir.iterdir() if "core" in p.name], [])

    def test_stdout_full_is_never_success(self):
        with open("/dev/full", "wb") as full:
            for args in (["cert", "list"], ["version"], ["inspect", "ca/ca.crt"], ["verify", "ca/ca.crt"],
                         ["ca", "show"], ["--help"], ["profile", "list"]):
                done = subprocess.run([MTLSCTL, *args], stdout=full, stderr=subprocess.PIPE, cwd=self.dir,
                                      env=self.env, timeout=60)
                self.assertEqual(done.returncode, 7, args)


if __name__ == "__main__":
    main()
