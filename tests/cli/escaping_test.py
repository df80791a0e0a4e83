"""Names are escaped once, wherever they are shown: with a backslash, quotes, a comma and characters
beyond ASCII they read the same in errors, notices, lists and JSON. openssl reads what the certificate holds."""

from workbench import KEY, Workbench, main

COMMON_NAME = 'a\\b "q",阿'
SHOWN = 'CN=a\\\\b \\"q\\"\\,阿'  # RFC 4514


class Escaping(Workbench):
    def setUp(self):
        super().setUp()
        self.mtlsctl("ca", "init", *KEY, "--common-name", "root")

    def test_a_subject_reads_the_same_everywhere(self):
        self.mtlsctl("key", "generate", *KEY, "-o", "k.key")
        self.mtlsctl("client", "issue", "--key", "k.key", "--common-name", COMMON_NAME, "--name", "one")
        told = self.openssl("x509", "-in", "one.crt", "-noout", "-subject", "-nameopt", "utf8,sep_multiline,lname").out
        self.assertIn(COMMON_NAME, told.decode())
        listed = self.mtlsctl("cert", "list", "--subject", "阿", "--json").json
        self.assertEqual(listed["subject"], SHOWN)
        self.assertIn(SHOWN, self.mtlsctl("verify", "one.crt").out.decode())
        two = self.mtlsctl("client", "issue", "--key", "k.key", "--common-name", "two", "--name", "two", "--json")
        self.assertEqual(two.json["notices"][0]["message"],
                         f"the key is certified for {SHOWN} (serial {listed['serial']}) as well")
        self.assertIn(f"certified for {SHOWN} (serial", two.err.decode())

    def test_the_subject_of_another_certificate_in_an_error(self):
        self.mtlsctl("client", "issue", *KEY, "--common-name", COMMON_NAME)
        self.path("client.crt").unlink()
        self.path("client.csr").unlink()
        refused = self.mtlsctl("client", "issue", *KEY, "--common-name", "other", "--json", exit=5)
        self.assertIn(f", {SHOWN})", refused.json["error"]["message"])

    def test_a_file_is_named_the_same_in_a_result_and_in_an_error(self):
        for name in ("no\\file", 'a "b"', "line\nend", "阿"):
            with self.subTest(name):
                self.path(name).write_bytes(self.read("ca/ca.crt"))
                for command, failing in (("inspect", 6), ("verify", 6)):
                    good = self.mtlsctl(command, name, "--json", exit=0 if command == "inspect" else 1).json
                    whole = self.read(name)
                    self.path(name).write_bytes(b"nothing")
                    bad = self.mtlsctl(command, name, "--json", exit=failing).json
                    self.path(name).write_bytes(whole)
                    self.assertEqual(bad["file"], good["file"])


if __name__ == "__main__":
    main()
