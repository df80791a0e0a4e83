"""What certificate files contain, and which certificate of a file is meant. The oracle is openssl."""

from workbench import KEY, Workbench, main

END = b"-----END CERTIFICATE-----\n"
REMOVED = "leave it out: certificate files contain the intermediates by default now (--no-chain omits them)"


class Files(Workbench):
    """A root, an intermediate below it, and another one below that."""

    def setUp(self):
        super().setUp()
        self.make_ca("--path-length", "2")
        self.mtlsctl("ca", "init", "--ca", "mid", "--parent", "ca", "--common-name", "Mid", "--path-length", "1", *KEY)
        self.mtlsctl("ca", "init", "--ca", "low", "--parent", "mid", "--common-name", "Low", *KEY)
        self.mtlsctl("key", "generate", "-o", "a.key", *KEY)
        self.mtlsctl("csr", "create", "--key", "a.key", "--common-name", "a", "-o", "a.csr")

    def subjects(self, file):
        out = self.openssl("storeutl", "-noout", "-text", "-certs", file).out.decode()
        return [line.split("CN = ")[-1].split("CN=")[-1] for line in out.splitlines() if " Subject:" in line]

    def parts(self, file):
        return [part + END for part in self.read(file).split(END)[:-1]]

    WRITERS = [(["client", "issue", "--name", "c"], "c.crt"), (["client", "issue", "--csr", "a.csr", "--name", "d"], "d.crt"),
               (["server", "issue", "--san", "dns:a.example", "--name", "s"], "s.crt"),
               (["ca", "sign", "a.csr", "-o", "g.crt"], "g.crt")]

    def fast(self, args):
        return args if "a.csr" in args else [*args, *KEY]

    def test_every_file_contains_the_intermediates_and_not_the_root(self):
        for args, file in self.WRITERS:
            done = self.mtlsctl(*self.fast(args), "--ca", "low", "--json").json
            self.assertEqual(done["certificates"], 3, args)
            self.assertEqual(self.subjects(file)[1:], ["Low", "Mid"], args)
            self.openssl("verify", "-x509_strict", "-CAfile", "ca/ca.crt", "-untrusted", file, file)
            self.mtlsctl("cert", "export", "--ca", "low", done["serial"], "-o", "again.crt", "--force")
            self.assertEqual(self.read("again.crt"), self.read(file), args)
            self.mtlsctl("cert", "export", "--ca", "low", done["serial"], "-o", "alone.der", "--der", "--force")
            self.assertEqual(self.openssl("x509", "-in", file, "-outform", "DER").out, self.read("alone.der"))

    def test_no_chain_leaves_them_out_and_under_a_root_there_are_none(self):
        for args, file in self.WRITERS:
            for more in (["--ca", "low", "--no-chain"], ["--ca", "ca"]):
                force = ["--force", *(["--force-key"] if args[1] == "issue" and "--csr" not in args else [])]
                done = self.mtlsctl(*self.fast(args), *more, *force, "--json").json
                self.assertEqual((done["certificates"], len(self.subjects(file))), (1, 1), args)
                exported = self.mtlsctl("cert", "export", *more, done["serial"]).out
                self.assertEqual(exported, self.read(file))

    def test_the_upload_advice_names_the_depth_that_nginx_needs(self):
        for ca, depth in (("low", b"ssl_verify_depth 2:"), ("mid", None), ("ca", None)):
            for command in ("show", "export"):
                done = self.mtlsctl("ca", command, "--ca", ca)
                self.assertEqual(b"ssl_verify_depth" in done.out + done.err, depth is not None, (ca, command))
                self.assertIn(depth or b"", done.out + done.err)

    def test_chain_is_removed_there_and_stays_where_a_ca_is_exported(self):
        for args, _ in [*self.WRITERS, (["cert", "export", "x"], None)]:
            refused = self.mtlsctl(*args, "--chain", "--json", exit=2).json["error"]
            self.assertIn("--chain", refused["message"])
            self.assertEqual(refused["hint"], REMOVED)
        self.assertEqual(self.mtlsctl("ca", "export", "--ca", "low").out.count(END), 1)
        self.assertEqual(self.mtlsctl("ca", "export", "--ca", "low", "--chain").out.count(END), 3)
        self.assertEqual(len(self.parts("low/ca.crt")), 1)
        for words in (["client", "issue"], ["ca", "sign"]):
            help_text = self.mtlsctl(*words, "--help").out.decode()
            self.assertIn("--no-chain", help_text)
            self.assertNotIn(" --chain", help_text)

    def test_a_run_that_was_cut_short_is_completed_with_the_chain(self):
        self.mtlsctl("client", "issue", "--ca", "low", "--name", "c", *KEY)
        whole = self.read("c.crt")
        self.path("c.crt").unlink()
        done = self.mtlsctl("client", "issue", "--ca", "low", "--name", "c", *KEY, "--json").json
        self.assertEqual((done["outcome"], done["certificates"]), ("completed", 3))
        self.assertEqual(self.read("c.crt"), whole)

    # --- verify ------------------------------------------------------------------------------------

    def problems(self, *args, exit=0):
        return [one["problem"] for one in self.mtlsctl("verify", *args, "--json", exit=exit).json["findings"]]

    def test_verify_warns_where_only_the_ca_directory_has_the_intermediate(self):
        self.mtlsctl("client", "issue", "--ca", "low", "--name", "c", *KEY)
        self.path("alone.crt").write_bytes(self.parts("c.crt")[0])
        self.path("part.crt").write_bytes(b"".join(self.parts("c.crt")[:2]))
        self.openssl("verify", "-CAfile", "ca/ca.crt", "alone.crt", exit=2)
        for file in ("alone.crt", "part.crt"):
            self.assertEqual(self.problems(file, "--ca", "low"), ["intermediate_not_sent"])
        shown = self.mtlsctl("verify", "alone.crt", "--ca", "low").out.decode()
        self.assertIn("servers and clients that do not have it refuse the certificate", shown)
        self.assertIn("hint: mtlsctl cert export SERIAL", shown)
        self.assertEqual(self.problems("c.crt", "--ca", "low"), [])
        self.path("both.pem").write_bytes(self.read("low/ca.crt") + self.read("mid/ca.crt"))
        self.assertEqual(self.problems("alone.crt", "--ca", "low", "--untrusted", "both.pem"), [])
        self.mtlsctl("client", "issue", "--name", "r", *KEY)
        self.assertEqual(self.problems("r.crt"), [])

    def test_what_is_in_the_file_of_a_leaf_is_never_trusted(self):
        self.mtlsctl("client", "issue", "--ca", "low", "--name", "c", *KEY)
        self.mtlsctl("ca", "init", "--ca", "other", "--common-name", "Other", *KEY)
        with_root = self.path("with-root.pem")
        with_root.write_bytes(self.read("c.crt") + self.read("ca/ca.crt"))
        for file in (with_root, "c.crt", "ca/ca.crt", "low/ca.crt"):
            self.assertIn(self.problems(file, "--ca", "other", exit=1)[0], ("no_trust_anchor", "self_signed_leaf"))
            self.openssl("verify", "-CAfile", "other/ca.crt", "-untrusted", file, file, exit=2)

    # --- the root first ----------------------------------------------------------------------------

    def make_root_first(self):
        self.mtlsctl("client", "issue", "--ca", "low", "--name", "c", *KEY)
        leaf, low, mid = self.parts("c.crt")
        self.path("pfx.pem").write_bytes(self.read("ca/ca.crt") + mid + low + leaf)

    def test_without_a_key_a_file_with_the_root_first_is_bad_input(self):
        self.make_root_first()
        for purpose in ("client", "server"):
            error = self.mtlsctl("verify", "pfx.pem", "--trust", "ca/ca.crt", "--purpose", purpose, "--json",
                                 exit=6).json["error"]
            self.assertIn("certificate 4 of 4, CN=c", error["message"])
            self.assertIn("put the leaf first", error["hint"])
        self.mtlsctl("verify", "pfx.pem", "--trust", "ca/ca.crt", "--purpose", "any")
        # An intermediate first, too; not a bundle of CAs alone, nor the usual order with the root at the end.
        self.path("int.pem").write_bytes(self.parts("pfx.pem")[2] + self.parts("pfx.pem")[3])
        self.assertIn("certificate 2 of 2, CN=c", self.mtlsctl("verify", "int.pem", "--ca", "low", exit=6).err.decode())
        self.path("usual.pem").write_bytes(self.read("c.crt") + self.read("ca/ca.crt"))
        self.mtlsctl("verify", "usual.pem", "--trust", "ca/ca.crt")
        self.path("cas.pem").write_bytes(self.read("ca/ca.crt") + self.read("mid/ca.crt"))
        self.mtlsctl("verify", "cas.pem", "--trust", "ca/ca.crt", exit=1)

    def test_with_a_key_its_certificate_is_judged(self):
        self.make_root_first()
        done = self.mtlsctl("verify", "pfx.pem", "--trust", "ca/ca.crt", "--key", "c.key", "--json").json
        self.assertEqual(done["certificate"]["subject"], "CN=c")
        self.assertEqual([(one["problem"], one["severity"]) for one in done["findings"]],
                         [("certificate_not_first", "warning")])
        self.assertIn("certificate 4 of 4, CN=c", done["findings"][0]["message"])
        self.mtlsctl("key", "generate", "-o", "other.key", *KEY)
        done = self.mtlsctl("verify", "pfx.pem", "--trust", "ca/ca.crt", "--key", "other.key", "--json", exit=6).json
        self.assertIn("key_mismatch", [one["problem"] for one in done["findings"]])

    def test_version_1_too(self):
        self.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "old.key", "-out", "old3.crt", "-subj",
                     "/CN=old", "-days", "9")
        self.openssl("req", "-new", "-key", "old.key", "-subj", "/CN=old", "-out", "old.csr")
        self.openssl("x509", "-req", "-in", "old.csr", "-signkey", "old.key", "-days", "9", "-out", "old.crt")
        self.openssl("x509", "-req", "-in", "a.csr", "-CA", "old.crt", "-CAkey", "old.key", "-CAcreateserial", "-days",
                     "9", "-out", "a.crt")
        self.path("v1.pem").write_bytes(self.read("old.crt") + self.read("a.crt"))
        refused = self.mtlsctl("verify", "v1.pem", "--trust", "old.crt", exit=6).err.decode()
        self.assertIn("certificate 2 of 2, CN=a", refused)
        done = self.mtlsctl("verify", "v1.pem", "--trust", "old.crt", "--key", "a.key", "--json", exit=1).json
        self.assertEqual(done["certificate"]["subject"], "CN=a")

    def test_inspect_shows_all_of_them(self):
        self.make_root_first()
        shown = self.mtlsctl("inspect", "pfx.pem").out.decode()
        for name in ("Test root", "Mid", "Low", "c"):
            self.assertIn(f"subject      CN={name}\n", shown)


if __name__ == "__main__":
    main()
