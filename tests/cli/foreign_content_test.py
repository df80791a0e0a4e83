"""CAs and certificates of other tools: names in old string types, defaults written out, constraints that nothing can
meet. openssl is the judge."""

from handmade import (BASIC, BMP, CN, CONSTRAINTS, KEY_USAGE, PURPOSES, SKI, UTF8, encode, extension, make_certificate,
                      name, oid, sequence)
from workbench import KEY, Workbench, main

TRUE, FALSE = b"\x01\x01\xff", b"\x01\x01\x00"
CA = [extension(BASIC, b"\x30\x03\x01\x01\xff", TRUE), extension(KEY_USAGE, b"\x03\x02\x01\x06", TRUE),
      extension(SKI, encode(0x04, b"s" * 20))]


class ForeignCase(Workbench):
    def make_foreign_ca(self, *extensions, subject=name((CN, UTF8, b"Foreign CA"))):
        make_certificate(self, subject, [*CA, *extensions], "foreign.crt", "foreign.key")

    def adopt(self):
        return self.mtlsctl("ca", "adopt", "foreign.crt", "foreign.key", "--json").json


class Names(ForeignCase):
    def test_a_cas_own_name_is_kept_octet_for_octet(self):
        own = name((CN, BMP, "Gr\u00fcn".encode("utf-16-be")))
        self.make_foreign_ca(subject=own)
        self.adopt()
        self.mtlsctl("client", "issue", "--name", "alice", *KEY)
        self.openssl("verify", "-CAfile", "ca/root.crt", "alice.crt")
        self.openssl("x509", "-in", "alice.crt", "-outform", "DER", "-out", "alice.der")
        self.assertIn(own, self.read("alice.der"))


class Constraints(ForeignCase):
    def constraint(self, permitted, excluded=b""):
        def side(tag, bases):
            return encode(tag, b"".join(sequence(base) for base in bases)) if bases else b""
        return extension(CONSTRAINTS, sequence(side(0xa0, permitted), side(0xa1, excluded)), TRUE)

    UNMEETABLE = {
        "scheme": ([encode(0x86, b"spiffe://example.test")], [], "uri:spiffe://example.test", "uri:example.test"),
        "path": ([encode(0x86, b"example.test/ns")], [], "uri:example.test/ns", "uri:example.test"),
        "wildcard": ([encode(0x82, b"*.example.test")], [], "dns:*.example.test", "dns:example.test"),
        "email": ([encode(0x81, b"@example.test")], [], "email:@example.test", "email:example.test"),
        "mask": ([encode(0x87, bytes([10, 0, 0, 0, 255, 0, 255, 0]))], [], "mask with holes", ""),
        "cancelled": ([encode(0x82, b"a.example")], [encode(0x82, b"example")], "takes all of it away", ""),
        "network": ([encode(0x87, bytes([10, 1, 0, 0, 255, 255, 0, 0]))], [encode(0x87, bytes([10, 0, 0, 0, 255, 0, 0, 0]))],
                    "takes all of it away", ""),
    }

    def test_adopting_says_what_no_name_can_meet(self):
        for what, (permitted, excluded, shown, remedy) in self.UNMEETABLE.items():
            with self.subTest(what):
                self.make_foreign_ca(self.constraint(permitted, excluded))
                report = self.mtlsctl("ca", "adopt", "foreign.crt", "foreign.key", "--json", "--ca", what).json
                found = [one for one in report["findings"] if one["finding"] == "unmeetable_constraint"]
                self.assertEqual(len(found), 1, report["findings"])
                self.assertIn(shown, found[0]["message"])
                self.assertIn(remedy, found[0]["why"])
                self.assertTrue(report["can_issue"])

    def test_constraints_that_can_be_met_are_no_finding(self):
        self.make_foreign_ca(self.constraint([encode(0x86, b"example.test"), encode(0x82, b".a.example"),
                                              encode(0x87, bytes([10, 0, 0, 0, 255, 0, 0, 0]))],
                                             [encode(0x82, b"no.a.example")]))
        self.assertEqual(self.adopt()["findings"], [])
        self.mtlsctl("client", "issue", "--name", "x", "--san", "uri:spiffe://example.test/ns/a", *KEY)
        self.openssl("verify", "-CAfile", "ca/root.crt", "x.crt")

    def test_issuing_names_the_constraint_and_what_would_meet_it(self):
        self.make_foreign_ca(self.constraint([encode(0x86, b"spiffe://example.test")]))
        self.adopt()
        refused = self.mtlsctl("client", "issue", "--name", "x", "--san", "uri:spiffe://example.test/ns/a", *KEY, "--json",
                               exit=5).json["error"]
        self.assertIn("uri:spiffe://example.test", refused["message"])
        self.assertIn("is met by no name", refused["hint"])
        self.assertIn("uri:example.test", refused["hint"])

    def test_init_makes_none_of_them(self):
        for permit, exclude in (("dns:a.example", "dns:example"), ("ip:10.1.0.0/16", "ip:10.0.0.0/8"),
                                ("email:a@b.example", "email:b.example")):
            refused = self.mtlsctl("ca", "init", "--ca", "new", "--common-name", "N", "--permit", permit, "--exclude",
                                   exclude, *KEY, "--json", exit=5).json["error"]
            self.assertIn(permit, refused["message"])
            self.assertFalse(self.path("new", "ca.key").exists())


class Defaults(ForeignCase):
    def leaf(self, *extensions):
        subject = name((CN, UTF8, b"bob"))
        authority = extension("2.5.29.35", sequence(encode(0x80, b"s" * 20)))
        make_certificate(self, subject, [*extensions, authority, extension(SKI, encode(0x04, b"b" * 20)), extension(PURPOSES, sequence(oid("1.3.6.1.5.5.7.3.2")))],
                         "bob.crt", "bob.key", issuer=name((CN, UTF8, b"Foreign CA")), issuer_key="foreign.key",
                         serial=0x77)

    def test_a_certificate_with_a_default_written_out_is_judged_as_the_servers_do_and_can_be_revoked(self):
        for what, slip in {"ca-false": extension(BASIC, b"\x30\x03\x01\x01\x00", TRUE),
                           "critical": extension(KEY_USAGE, b"\x03\x02\x07\x80", FALSE)}.items():
            with self.subTest(what):
                self.make_foreign_ca()
                self.leaf(slip)
                self.openssl("verify", "-purpose", "sslclient", "-CAfile", "foreign.crt", "bob.crt")
                shown = self.mtlsctl("inspect", "bob.crt").out.decode()
                self.assertIn("written out", shown)
                judged = self.mtlsctl("verify", "--trust", "foreign.crt", "bob.crt")
                self.assertIn("written out", (judged.out + judged.err).decode())
                self.mtlsctl("ca", "adopt", "foreign.crt", "foreign.key", "--ca", what)
                self.assertEqual(self.mtlsctl("store", "import", "bob.crt", "--ca", what, "--json").json["imported"], 1)
                self.mtlsctl("verify", "bob.crt", "--ca", what)
                self.path("index.txt").write_text("R\t440101000000Z\t240601000000Z\t77\tunknown\t/CN=bob\n")
                self.mtlsctl("store", "import", "index.txt", "--ca", what)
                self.mtlsctl("verify", "bob.crt", "--ca", what, exit=4)

    def test_a_ca_with_a_default_written_out_is_adopted_with_a_warning(self):
        minimum = extension(CONSTRAINTS, sequence(encode(0xa0, sequence(encode(0x82, b"example"), b"\x80\x01\x00"))), TRUE)
        self.make_foreign_ca(minimum)
        self.assertEqual([one["finding"] for one in self.adopt()["findings"]], ["default_written_out"])


if __name__ == "__main__":
    main()
