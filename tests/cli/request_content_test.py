"""What a CSR may hold, as people have it: Microsoft's attributes, another version, characters and string types that
its names may not have, defaults written out. openssl reads what comes of it."""

from handmade import (BASIC, BMP, C, CN, EMAIL, EXTENSION_REQUEST, IA5, KEY_USAGE, MS_EXTENSIONS, NUMERIC, O, PRINTABLE,
                      SAN, SERIAL, TELETEX, UNIVERSAL, UTF8, attribute, dns_names, encode, extension, integer,
                      make_request, name, sequence)
from workbench import Workbench, main

TRUE, FALSE = b"\x01\x01\xff", b"\x01\x01\x00"
SUBJECT = name((CN, UTF8, b"mail.example.test"))


class RequestCase(Workbench):
    def setUp(self):
        super().setUp()
        self.make_ca()

    def inspect(self, file="a.csr"):
        return self.mtlsctl("inspect", "--json", file).json["objects"][0]

    def sign(self, *more, exit=0):
        return self.mtlsctl("ca", "sign", "a.csr", "-o", "a.crt", "--json", "--force", *more, exit=exit)

    def names(self, file="a.crt"):
        return self.openssl("x509", "-in", file, "-noout", "-ext", "subjectAltName").out.decode()

    def warnings(self, result):
        return result.err.decode()


class Attributes(RequestCase):
    def ms_request(self, *more):
        wanted = sequence(extension(KEY_USAGE, b"\x03\x02\x05\xa0", TRUE), extension(SAN, dns_names("mail.example.test")))
        make_request(self, SUBJECT, [
            attribute("1.3.6.1.4.1.311.13.2.3", encode(IA5, b"10.0.17763.2")),
            attribute("1.3.6.1.4.1.311.21.20", sequence(integer(5), encode(UTF8, b"MAIL01.example.test"),
                                                        encode(UTF8, b"EXAMPLE\\MAIL01$"), encode(UTF8, b"w3wp.exe"))),
            attribute("1.3.6.1.4.1.311.13.2.2", sequence(integer(1), encode(BMP, "Provider".encode("utf-16-be")),
                                                         b"\x03\x01\x00")),
            attribute("1.2.3.4.5", encode(0x04, b"\xde\xad")),
            attribute(MS_EXTENSIONS, wanted), *more])

    def test_microsofts_attributes_are_shown_by_name(self):
        self.ms_request()
        text = self.mtlsctl("inspect", "a.csr").out.decode()
        for part in ("msOSVersion: 10.0.17763.2", "MAIL01.example.test", "msRequestClientInfo: 5, ", "w3wp.exe",
                     "msEnrollmentCSPProvider: 1, Provider", "1.2.3.4.5: 0402dead", "msExtensionRequest",
                     "alt names    dns:mail.example.test", "keyUsage (critical): digitalSignature, keyEncipherment"):
            self.assertIn(part, text)
        shown = self.inspect()
        self.assertEqual([one["name"] for one in shown["extensions"]], ["keyUsage", "subjectAltName"])
        self.assertEqual(len(shown["attributes"]), 5)
        self.assertEqual(shown["subject_alt_names"], ["dns:mail.example.test"])

    def test_a_value_that_is_damaged_inside_or_long_is_shown_as_hex_and_stops_nothing(self):
        make_request(self, SUBJECT, [attribute("1.2.3.4.5", b"\x30\x03\x1f\x21\x00"),
                                     attribute("1.2.3.4.6", b"\x30\x02\x04\x05"),
                                     attribute("1.2.3.4.7", encode(UTF8, b"x" * 5000)),
                                     attribute("1.2.3.4.8", sequence(*[integer(1)] * 5000))])
        shown = self.mtlsctl("inspect", "a.csr").out.decode()
        for part in ("1.2.3.4.5: 30031f2100", "1.2.3.4.6: 30020405", "octets)", "1, 1, ..."):
            self.assertIn(part, shown)
        self.assertLess(max(map(len, shown.splitlines())), 400)
        self.sign()

    def test_san_from_csr_takes_its_names(self):
        self.ms_request()
        self.sign("--san-from-csr")
        self.assertIn("DNS:mail.example.test", self.names())

    def test_the_warning_says_what_was_asked_for(self):
        self.ms_request()
        warnings = self.warnings(self.sign())
        self.assertIn("subjectAltName (dns:mail.example.test), which is not granted", warnings)
        self.assertIn("keyUsage (digitalSignature, keyEncipherment)", warnings)
        self.assertNotIn("1.3.6.1.4.1.311", warnings)

    def test_both_attributes_are_read_and_must_not_contradict(self):
        def plain(*hosts):
            return attribute(EXTENSION_REQUEST, sequence(extension(SAN, dns_names(*hosts))))
        self.ms_request(plain("mail.example.test"))
        self.sign("--san-from-csr")
        self.assertEqual(self.names().count("DNS:"), 1)
        self.ms_request(plain("other.example.test"))
        refused = self.sign("--san-from-csr", exit=6).json["error"]
        self.assertIn("different names", refused["message"])
        self.assertEqual(sum(one["name"] == "subjectAltName" for one in self.inspect()["extensions"]), 2)
        self.sign("--san", "dns:other.example.test")


class Version(RequestCase):
    def test_another_version_is_refused_by_its_number_and_shown_all_the_same(self):
        make_request(self, SUBJECT, version=2)
        refused = self.sign(exit=6).json["error"]
        self.assertIn("its version is 3 (encoded as 2)", refused["message"])
        self.assertIn("1 (encoded as 0)", refused["message"])
        self.assertIn("openssl req -new", refused["hint"])
        shown = self.inspect()
        self.assertEqual(shown["subject"], "CN=mail.example.test")
        self.assertIn("its version is 3", shown["faults"][0])
        make_request(self, SUBJECT, version=b"\x02\x01\xff")
        self.assertIn("encoded as 0xff", self.sign(exit=6).json["error"]["message"])


class Strings(RequestCase):
    BAD = {
        "printable": ((CN, PRINTABLE, b"svc_user@example.test"), "U+005F, which PrintableString cannot"),
        "star": ((CN, PRINTABLE, b"*.example.test"), "U+002A"),
        "ampersand": ((O, PRINTABLE, b"A & B"), "U+0026"),
        "ia5": ((EMAIL, IA5, b"j\xf6rg@example.test"), "no valid IA5String"),
        "utf8": ((CN, UTF8, b"\xc3("), "no valid UTF8String"),
        "numeric": ((CN, NUMERIC, b"12a"), "which NumericString cannot"),
        "bmp": ((CN, BMP, b"\x00a\x00"), "no valid BMPString"),
        "surrogate": ((CN, BMP, b"\xd8\x00"), "no valid BMPString"),
        "nul": ((CN, UTF8, b"good\x00.evil"), "U+0000"),
        "country": ((C, PRINTABLE, b"ITA"), "not a country code"),
        "serial": ((SERIAL, UTF8, b"a_b"), "which PrintableString cannot"),
        "email": ((EMAIL, UTF8, "j\u00f6rg@example.test".encode()), "which IA5String cannot"),
    }

    def test_values_that_their_type_cannot_hold_are_refused_and_subject_replaces_them(self):
        for what, (value, why) in self.BAD.items():
            with self.subTest(what):
                make_request(self, name((CN, UTF8, b"x"), value) if value[0] != CN else name(value))
                refused = self.sign(exit=5).json["error"]
                self.assertIn(why, refused["message"])
                self.assertIn("--subject", refused["hint"])
                self.inspect()
                self.sign("--subject", "CN=svc")
                self.openssl("verify", "-CAfile", "ca/root.crt", "a.crt")

    def test_the_same_name_given_with_subject_is_no_difference(self):
        make_request(self, name((CN, PRINTABLE, b"svc_user@example.test")))
        done = self.sign("--subject", "CN=svc_user@example.test")
        self.assertNotIn("granted as", self.warnings(done))
        self.assertEqual([one["kind"] for one in done.json["notices"]], [])

    def test_outdated_string_types_become_those_of_rfc_5280(self):
        make_request(self, name((C, UTF8, b"IT"), (O, BMP, "F\u00fcr".encode("utf-16-be")),
                                [(CN, TELETEX, b"caf\xe9"), (SERIAL, IA5, b"12")],
                                ("2.5.4.11", UNIVERSAL, "\u20ac".encode("utf-32-be")), (EMAIL, UTF8, b"a@example.test")))
        done = self.sign("--profile", "mtls-client")
        shown = self.openssl("asn1parse", "-in", "a.crt").out.decode()
        for outdated in ("BMPSTRING", "T61STRING", "UNIVERSALSTRING"):
            self.assertNotIn(outdated, shown)
        name_text = self.openssl("x509", "-in", "a.crt", "-noout", "-subject", "-nameopt",
                                 "RFC2253,-esc_msb,utf8,show_type").out.decode()
        for part in ("C=PRINTABLESTRING:IT", "O=UTF8STRING:F\u00fcr", "CN=UTF8STRING:caf\u00e9",
                     "serialNumber=PRINTABLESTRING:12", "OU=UTF8STRING:\u20ac", "emailAddress=IA5STRING:a@example.test"):
            self.assertIn(part, name_text)
        self.assertIn("+", name_text)
        self.assertIn("O is written as UTF8String instead of BMPString", self.warnings(done))
        self.assertNotIn("granted as", self.warnings(done))
        self.tool("certtool", "-i", "--infile", "a.crt")

    def test_the_name_of_a_ca_that_exists_is_kept(self):
        make_request(self, name((CN, TELETEX, b"old CA")))
        self.sign("--profile", "intermediate-ca")
        self.assertEqual(self.openssl("x509", "-in", "a.crt", "-noout", "-subject", "-nameopt", "show_type").out,
                         self.openssl("req", "-in", "a.csr", "-noout", "-subject", "-nameopt", "show_type").out)

    def test_constraints_see_the_converted_name(self):
        self.make_ca("--permit", "dns:a.example", directory="bound")
        make_request(self, name((CN, BMP, "www.b.example".encode("utf-16-be"))))
        refused = self.sign("--ca", "bound", exit=5).json["error"]
        self.assertEqual(refused["code"], "constraint_violated")
        self.assertIn("dns:a.example and hosts below it", refused["hint"])


class Defaults(RequestCase):
    def test_a_slip_in_what_is_not_granted_is_a_warning(self):
        slips = {
            "critical": sequence(extension(SAN, dns_names("host.example.test"), FALSE)),
            "ca": sequence(extension(BASIC, b"\x30\x03\x01\x01\x00")),
            "twice": sequence(extension(BASIC, b"\x30\x00"), extension(BASIC, b"\x30\x00")),
            "empty": sequence(),
            "names": sequence(extension(SAN, b"\x30\x00")),
        }
        for what, wanted in slips.items():
            with self.subTest(what):
                make_request(self, SUBJECT, [attribute(EXTENSION_REQUEST, wanted)])
                self.assertIn("CSR", self.warnings(self.sign()))
                self.inspect()
        make_request(self, SUBJECT, [attribute(EXTENSION_REQUEST, slips["critical"])])
        self.assertIn("written out", self.inspect()["faults"][0])
        self.sign("--san-from-csr")
        self.assertIn("DNS:host.example.test", self.names())
        for what in ("twice", "names"):
            make_request(self, SUBJECT, [attribute(EXTENSION_REQUEST, slips[what])])
            self.sign("--san-from-csr", exit=6)


if __name__ == "__main__":
    main()
