"""A public file never takes the place of a private key, whatever it is named and forced."""

from workbench import KEY, Workbench, main


class PublicOverPrivate(Workbench):
    def setUp(self):
        super().setUp()
        self.make_ca()
        self.mtlsctl("client", "issue", *KEY)
        self.mtlsctl("key", "generate", "-o", "x.key", *KEY)
        self.mtlsctl("csr", "create", "--key", "x.key", "--common-name", "x", "-o", "x.csr")

    def writers(self):
        """Every command that writes one public file."""
        return (["csr", "create", "--key", "x.key", "--common-name", "x"], ["ca", "sign", "x.csr"],
                ["cert", "export", "CN=client"], ["cert", "export", "CN=client", "--der"],
                ["ca", "export"])

    def assert_kept(self, name):
        before = self.read(name)
        for words in self.writers():
            for flags in ([], ["--force"], ["--dry-run", "--force"]):
                if flags[:1] == ["--dry-run"] and words[0] != "csr" and words[1] != "sign":
                    continue
                with self.subTest(name=name, words=words, flags=flags):
                    result = self.mtlsctl(*words, "-o", name, *flags, "--json", exit=5)
                    self.assertEqual(result.json["error"]["code"], "would_overwrite", str(result))
                    self.assertEqual(self.read(name), before)

    def test_keys_in_every_form_stay(self):
        self.openssl("pkey", "-in", "client.key", "-outform", "DER", "-out", "pkcs8.der")
        self.openssl("ec", "-in", "client.key", "-out", "sec1.pem")
        self.openssl("ec", "-in", "client.key", "-outform", "DER", "-out", "sec1.der")
        self.openssl("genrsa", "-traditional", "-out", "pkcs1.pem", "2048")
        self.openssl("rsa", "-in", "pkcs1.pem", "-traditional", "-outform", "DER", "-out", "pkcs1.der")
        self.openssl("pkcs8", "-topk8", "-in", "client.key", "-passout", "pass:x", "-out", "locked.pem")
        self.openssl("pkcs8", "-topk8", "-in", "client.key", "-passout", "pass:x", "-outform", "DER",
                     "-out", "locked.der")
        self.openssl("genpkey", "-algorithm", "ed448", "-out", "ed448.pem")
        self.path("bundle.pem").write_bytes(self.read("client.crt") + self.read("client.key"))
        self.path("damaged.pem").write_bytes(b"-----BEGIN X-----\n" + self.read("client.key"))
        for name in ("client.key", "pkcs8.der", "sec1.pem", "sec1.der", "pkcs1.pem", "pkcs1.der",
                     "locked.pem", "locked.der", "ed448.pem", "bundle.pem", "damaged.pem"):
            self.assert_kept(name)

    def test_a_public_file_is_replaced_with_force(self):
        for words in self.writers():
            self.path("out").write_bytes(self.read("client.crt"))
            self.mtlsctl(*words, "-o", "out", exit=5)
            self.mtlsctl(*words, "-o", "out", "--force")

    def test_a_link_to_a_key_is_replaced_and_the_key_stays(self):
        self.path("link").symlink_to("client.key")
        before = self.read("client.key")
        self.mtlsctl("ca", "export", "-o", "link", "--force")
        self.assertEqual(self.read("client.key"), before)
        self.assertEqual(self.read("link"), self.read("ca", "ca.crt"))

    def test_a_sets_certificate_never_goes_over_a_bundle_with_a_key(self):
        bundle = self.read("client.crt") + self.read("client.key")
        self.path("client.crt").write_bytes(bundle)
        for flags in ([], ["--force"], ["--force", "--force-key"]):
            self.mtlsctl("client", "issue", *KEY, *flags, exit=5)
        self.mtlsctl("client", "issue", "--key", "client.key", "--force", exit=5)
        self.assertEqual(self.read("client.crt"), bundle)


if __name__ == "__main__":
    main(verbosity=2)
