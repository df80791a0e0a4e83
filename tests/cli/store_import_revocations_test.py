"""Every source of revocations below an imported path counts, and what holds certificates or revocations and is not used
is reported: indexes, CRLs, easy-rsa's revoked/, PKCS #7 and PKCS #12. openssl makes and judges all of them."""

import shutil

from importing import ImportCase
from ledger_files import LedgerFiles
from openssl_ca import OpensslCa
from workbench import main


class Revocations(ImportCase, LedgerFiles):
    def setUp(self):
        super().setUp()
        self.old = OpensslCa(self, "old")
        for name in ("alice", "bob", "carol"):
            self.old.issue(name)
        self.adopt(self.old)

    def crl(self, out="old/crl.pem", *more, ca=None):
        (ca or self.old).run("ca", "-gencrl", "-config", "openssl.cnf", "-out", self.path(out), *more)
        return self.path(out)

    def without_revoked_rows(self):
        self.old.write_lines([line for line in self.old.lines() if not line.startswith("R")])

    def states(self):
        return {name: row[1] for name, row in self.rows().items()}

    def revocations(self, directory="ca"):
        """{serial: (not_after, time, reason, invalid_since)} of the table, as sqlite3 reads it."""
        with self.database(directory) as db:
            return {row[0]: row[1:] for row in db.execute(
                "select serial, not_after, time, reason, invalid_since from revocations")}

    def entries(self, action):
        return [line for line in self.mtlsctl("log", "show").out.decode().splitlines() if f" {action} " in line]


class Lists(Revocations):
    def test_a_crl_counts_where_the_index_lost_its_rows(self):
        self.old.revoke("bob", "keyCompromise")
        crl = self.crl("made.pem").read_bytes()
        self.without_revoked_rows()
        for number, place in enumerate(("old/crl.pem", "old/crl/ca.crl", "old/any.name")):
            with self.subTest(place):
                self.path(place).parent.mkdir(exist_ok=True)
                self.path(place).write_bytes(crl)
                self.adopt(self.old, directory=f"ca{number}")
                report = self.take("old", "--ca", f"ca{number}")
                self.assertEqual((report["revoked"], report["crls"], report["findings"]), (1, [place], []))
                self.assertEqual(self.rows(f"ca{number}")["bob"][1:4],
                                 ("revoked", "imported", "revoked before it was imported: keyCompromise"))
                self.path(place).unlink()

    def test_a_crl_that_is_named_revokes_what_the_ledger_has(self):
        self.take("old")
        self.old.revoke("bob")
        crl = self.crl("elsewhere.pem")
        self.openssl("crl", "-in", crl, "-outform", "DER", "-out", "elsewhere.der")
        dry = self.take("elsewhere.der", "--dry-run")
        self.assertEqual((self.findings(dry), self.states()["bob"]), (["revoked_since"], "issued"))
        self.assertEqual(self.findings(self.take("elsewhere.der")), ["revoked_since"])
        self.assertEqual(self.states(), {"alice": "issued", "bob": "revoked", "carol": "issued", "Old root": "issued"})
        self.mtlsctl("verify", "--ca", "ca", "old/bob.crt", exit=4)
        self.assertEqual(self.findings(self.take(crl)), [])

    def test_the_highest_number_is_kept_in_the_log(self):
        self.path("old", "crlnumber").write_text("0FA0\n")
        self.crl()
        self.crl("old/second.pem")
        self.path("old", "crlnumber").write_text("7F\n")
        self.crl("old/third.pem")
        self.assertEqual(self.take("old", "--dry-run")["crl_number"], "0fa1")
        self.assertEqual(self.entries("crl"), [])
        self.assertEqual(self.take("old")["crl_number"], "0fa1")
        self.take("old/third.pem")
        self.take("old")
        self.assertEqual(len(self.entries("crl")), 1)
        self.assertIn("number 0fa1", self.entries("crl")[0])
        self.path("old", "crlnumber").write_text("800000000000000000\n")
        self.take(self.crl("old/fourth.pem"))
        self.assertEqual(["number 800000000000000000" in line for line in self.entries("crl")], [False, True])

    def test_only_a_crl_that_this_ca_signed_counts(self):
        other = OpensslCa(self, "other", subject="/CN=Other")
        namesake = OpensslCa(self, "namesake")
        for ca in (other, namesake):
            ca.issue("alice")
            ca.revoke("alice")
        self.crl("old/other.pem", ca=other)
        self.crl("old/namesake.pem", ca=namesake)
        self.crl("old/broken.pem")
        der = bytearray(self.openssl("crl", "-in", "old/broken.pem", "-outform", "DER").out)
        der[-3] ^= 1
        self.path("old", "broken.pem").write_bytes(der)
        self.path("old", "half.crl").write_bytes(self.read("old", "namesake.pem")[:200])
        report = self.take("old", exit=1)
        self.assertEqual(self.findings(report), ["bad_signature", "bad_signature", "other_issuer", "unreadable"])
        self.assertEqual((report["complete"], report["revoked"], report["crls"]), (False, 0, []))
        for name in ("other.pem", "namesake.pem"):
            self.take(f"old/{name}", exit=1)
        self.assertNotIn("revoked", self.states().values())

    def test_a_crl_with_an_outdated_signature_counts(self):
        self.old.revoke("bob")
        self.crl("old/sha1.pem", "-md", "sha1")
        self.without_revoked_rows()
        report = self.take("old")
        self.assertEqual((report["revoked"], self.findings(report)), (1, ["outdated_signature"]))

    def test_of_a_delta_crl_only_what_is_added_counts_and_it_is_reported(self):
        self.old.revoke("alice", "certificateHold")
        self.old.revoke("bob", "superseded")
        lines = [line.replace("certificateHold", "removeFromCRL") for line in self.old.lines()]
        self.old.write_lines(lines)
        with (self.old.dir / "openssl.cnf").open("a") as file:
            file.write("[delta]\n2.5.29.27 = critical, ASN1:INTEGER:1\n"
                       "[indirect]\nissuingDistributionPoint = critical, @idp\n[idp]\nindirectCRL = TRUE\n"
                       "[part]\nissuingDistributionPoint = critical, @users\n[users]\nonlyuser = TRUE\n")
        self.crl("delta.pem", "-crlexts", "delta")
        self.old.write_lines([line.replace("R\t", "V\t") for line in lines if not line.startswith("R")])
        report = self.take("delta.pem", exit=1)
        self.assertEqual(self.findings(report), ["partial_crl", "revoked_without_certificate"])
        self.assertEqual({serial: row[2] for serial, row in self.revocations().items()}, {"02": "superseded"})
        # What comes later under that serial is revoked.
        self.take("old/newcerts")
        self.assertEqual({name: self.states()[name] for name in ("alice", "bob")}, {"alice": "issued", "bob": "revoked"})
        # Those that are limited in another way list what they list.
        self.old.write_lines([line for line in lines if "superseded" in line])
        for kind in ("indirect", "part"):
            self.adopt(self.old, directory=kind)
            crl = self.crl(f"{kind}.pem", "-crlexts", kind)
            self.assertEqual(self.findings(self.take(crl, "--ca", kind, exit=1)),
                             ["partial_crl", "revoked_without_certificate"])
            self.assertEqual(list(self.revocations(kind)), ["02"])

    def test_a_certificate_that_comes_later_under_a_revoked_serial_is_revoked(self):
        self.old.revoke("bob", "keyCompromise")
        crl = self.crl("crl.pem")
        report = self.take(crl)
        self.assertEqual((report["revoked_without_certificate"], self.findings(report)),
                         (1, ["revoked_without_certificate"]))
        (not_after, _, reason, _), = self.revocations().values()
        self.assertEqual((not_after, reason), (None, "keyCompromise"))
        self.mtlsctl("log", "verify")
        dry = self.take("old/bob.crt", "--dry-run")
        self.assertEqual((dry["revoked"], self.count()), (1, 1))
        self.assertEqual(self.take("old/bob.crt")["revoked"], 1)
        self.assertEqual(self.states()["bob"], "revoked")
        self.assertEqual(self.findings(self.take(crl)), [])
        # So is another one under the serial of one that is there.
        twin = self.old.issue_aside("twin", "2")
        self.assertEqual(self.take(twin, "--dry-run", exit=1)["revoked"], 1)
        report = self.take(twin, exit=1)
        self.assertEqual((report["revoked"], self.states()["twin"]), (1, "revoked"))


class Names(Revocations):
    """What a file is called does not decide whether its revocations count."""

    def test_an_index_or_a_crl_is_used_under_any_name(self):
        self.old.revoke("bob")
        crl = self.read_crl()
        index = b"".join(line for line in self.read("old", "index.txt").splitlines(True) if line.startswith(b"R"))
        for number, (name, content) in enumerate((
                ("root-ca.db", index), ("index.txt.old", index), ("db/ca.db", index), ("crl.db", crl), ("crl.pem.old", crl),
                ("list.old", crl), ("anything", crl))):
            with self.subTest(name):
                self.adopt(self.old, directory=f"by-name{number}")
                place = self.path(f"place{number}")
                (place / name).parent.mkdir(parents=True)
                (place / name).write_bytes(content)
                (place / "bob.crt").write_bytes(self.read("old", "bob.crt"))
                (place / "ca.crt").write_bytes(self.read("old", "cacert.pem"))
                report = self.mtlsctl("store", "import", place, "--ca", f"by-name{number}", "--json").json
                self.assertEqual((report["revoked"], report["complete"]), (1, True), report)
                self.mtlsctl("verify", "--ca", f"by-name{number}", "old/bob.crt", exit=4)

    def test_what_openssl_keeps_next_to_an_index_is_no_finding(self):
        self.old.revoke("bob")  # index.txt.old, serial.old, index.txt.attr …
        self.assertTrue(self.path("old", "index.txt.old").exists())
        self.path("old", "ledger.db").write_bytes(b"SQLite format 3\0" + bytes(100))
        self.path("old", "empty.db").write_bytes(b"")
        report = self.take("old")
        self.assertEqual((report["complete"], self.findings(report)), (True, []), report)
        # An older index that is named is used, as any other.
        self.adopt(self.old, directory="named")
        before = self.read("old", "index.txt")
        self.path("old", "index.txt").write_bytes(b"")
        self.path("old", "index.txt.old").write_bytes(before)
        self.mtlsctl("store", "import", "old/index.txt.old", "--ca", "named")
        self.mtlsctl("verify", "--ca", "named", "old/bob.crt", exit=4)

    def test_a_serial_that_is_revoked_without_a_certificate_is_told_of(self):
        self.old.revoke("bob", "keyCompromise")
        self.take(self.crl("crl.pem"))
        result = self.mtlsctl("cert", "show", "02", exit=6)
        self.assertRegex(result.err, rb"no certificate with serial 02, which is revoked \(keyCompromise\)")

    def test_a_link_in_revoked_counts_by_its_place(self):
        place = self.path("linked")
        (place / "certs").mkdir(parents=True)
        (place / "revoked").mkdir()
        (place / "certs" / "bob.crt").write_bytes(self.read("old", "bob.crt"))
        (place / "revoked" / "01.crt").symlink_to("../certs/bob.crt")
        report = self.take(place, exit=1)
        self.assertIn("revoked_by_place", self.findings(report))
        self.assertEqual(self.states()["bob"], "revoked")

    def test_a_negative_serial_in_revoked_does_not_damage_the_ledger(self):
        self.path("revoked").mkdir()
        self.path("revoked", "x.pem").write_bytes(self.old.issue_aside("minus", "-5").read_bytes())
        self.assertEqual(self.findings(self.take("revoked", exit=1)), ["unstorable"])
        self.mtlsctl("cert", "list")
        self.mtlsctl("log", "verify")

    def test_the_index_of_the_ca_above_is_not_taken_for_that_of_an_intermediate(self):
        """The root's directory: its certificate alone as ca.crt, and the intermediate's, which no row names."""
        self.old.request("int", "/CN=Middle")
        self.path("old", "int.ext").write_text("basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
                                               "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n")
        self.old.run("x509", "-req", "-in", "int.csr", "-CA", "cacert.pem", "-CAkey", "cakey.pem", "-set_serial", "0x7000",
                     "-days", "1000", "-extfile", "int.ext", "-out", "int.crt")
        self.mtlsctl("ca", "adopt", "old/int.crt", "old/int.key", "--chain", "old/cacert.pem", "--ca", "int")
        place = self.path("rootdir")
        place.mkdir()
        (place / "ca.crt").write_bytes(self.read("old", "cacert.pem"))
        (place / "int.crt").write_bytes(self.read("old", "int.crt"))
        (place / "index.txt").write_text("R\t391201000000Z\t261101000000Z\t01\tunknown\t/CN=other\n")
        report = self.mtlsctl("store", "import", place, "--ca", "int", "--json", exit=1).json
        self.assertIn("index_not_attributable", self.findings(report))
        self.assertEqual((report["revoked"], report["revoked_without_certificate"]), (0, 0))

    def read_crl(self):
        self.crl("made.pem")
        return self.read("made.pem")


class Indexes(Revocations):
    def test_an_index_alone_revokes_what_is_in_the_ledger(self):
        self.take("old")
        self.old.revoke("bob", "superseded")
        for with_ca in (False, True):
            place = self.path(f"alone{with_ca}")
            place.mkdir()
            (place / "index.txt").write_bytes(self.read("old", "index.txt"))
            if with_ca:
                (place / "ca.crt").write_bytes(self.read("old", "cacert.pem"))
            self.assertEqual(self.findings(self.take(place, "--dry-run")), ["revoked_since"])
        self.assertEqual(self.findings(self.take("aloneFalse")), ["revoked_since"])
        self.assertEqual(self.states()["bob"], "revoked")
        self.assertEqual(self.findings(self.take("aloneTrue")), [])

    def test_rows_of_nobody_knows_which_ca_revoke_nothing(self):
        self.take("old")
        other = OpensslCa(self, "other", subject="/CN=Other")
        for name in ("xavier", "yvonne", "zoe", "dave"):
            other.issue(name)
        other.revoke("xavier")
        other.revoke("dave")
        # Serials 01 to 03 are also ours, with other subjects; 04 is nobody's here.
        self.path("alone").mkdir()
        self.path("alone", "index.txt").write_bytes(self.read("other", "index.txt"))
        report = self.take("alone", exit=1)
        self.assertEqual((set(self.findings(report)), report["complete"]), ({"index_not_attributable"}, False))
        self.assertEqual([one["serial"] for one in report["findings"]], ["01", "02", "03", "04"])
        self.assertEqual((self.revocations(), set(self.states().values())), ({}, {"issued"}))
        # The other CA's certificate next to it, and the same subjects as ours: it is still not ours.
        namesake = OpensslCa(self, "namesake", subject="/CN=Another")
        for name in ("alice", "bob"):
            namesake.issue(name)
        namesake.revoke("alice")
        self.path("foreign").mkdir()
        for name in ("index.txt", "cacert.pem"):
            self.path("foreign", name).write_bytes(self.read("namesake", name))
        report = self.take("foreign", exit=1)
        self.assertEqual(self.states()["alice"], "issued")
        self.assertIn("index_not_attributable", self.findings(report))

    def test_a_row_without_a_file_in_our_index_is_recorded_as_revoked(self):
        self.old.revoke("bob", "keyCompromise")
        for name in ("bob.crt", "newcerts/02.pem"):
            self.path("old", name).unlink()
        dry = self.take("old", "--dry-run", exit=1)
        report = self.take("old", exit=1)
        for one in (dry, report):
            self.assertEqual((self.findings(one), one["revoked_without_certificate"]), (["row_without_certificate"], 1))
        (not_after, time, reason, _), = self.revocations().values()
        ends, revoked = self.old.lines()[1].split("\t")[1:3]
        self.assertEqual(self.utc(not_after), ends)
        self.assertEqual((self.utc(time), reason), (revoked.split(",")[0], "keyCompromise"))
        # openssl reads the exported index, and lists the serial in a CRL.
        self.mtlsctl("store", "export", "--format", "openssl-index", "-o", "old/index.txt", "--force")
        self.assertEqual(self.old.revoked(self.crl()), {"02": "Key Compromise"})
        lines = self.mtlsctl("store", "export", "--format", "json").out.decode().splitlines()
        self.assertIn('"serial":"02","state":"revoked"', lines[-1])
        self.assertIn(b"\r\n02,revoked,imported,", self.mtlsctl("store", "export", "--format", "csv").out)

    @staticmethod
    def utc(seconds):
        import datetime
        return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%y%m%d%H%M%SZ")

    def test_a_row_that_contradicts_itself_is_revoked_and_reported(self):
        rows = [line.split("\t") for line in self.old.lines()]
        rows[0][2] = "250101000000Z,superseded"  # V with a revocation date
        rows[1][0], rows[1][2] = "E", "250101000000Z"
        rows[2][0], rows[2][2] = "r", "250101000000Z"
        self.old.write_lines(["\t".join(row) for row in rows])
        report = self.take("old", exit=1)
        self.assertEqual(self.findings(report), ["index_line"] * 3)
        self.assertEqual({self.states()[name] for name in ("alice", "bob", "carol")}, {"revoked"})

    def test_an_index_of_any_name_counts(self):
        self.old.revoke("bob")
        self.path("old", "index.txt").rename(self.path("old", "database"))
        self.assertEqual(self.take("old")["revoked"], 1)


class Places(Revocations):
    def test_what_was_named_below_revoked_is_revoked(self):
        for place in ("pki/revoked/certs_by_serial", "pki/revoked"):
            self.path("pki/revoked/certs_by_serial").mkdir(parents=True, exist_ok=True)
            shutil.copy(self.path("old", "bob.crt"), self.path("pki/revoked/certs_by_serial/02.crt"))
            directory = place.replace("/", "-")
            for path in (place, "pki/revoked/certs_by_serial/02.crt", "pki"):
                self.assertEqual(self.take(path, "--dry-run", exit=1)["revoked"], 1, path)
            # One with the same serial in another place is revoked too.
            self.adopt(self.old, directory=directory)
        twin = self.old.issue_aside("twin", "2")
        shutil.copy(twin, self.path("pki/twin.crt"))
        self.take("pki", exit=1)
        self.assertEqual([self.states()[name] for name in ("bob", "twin")], ["revoked", "revoked"])


class Containers(Revocations):
    def test_pkcs7_of_any_form_is_read(self):
        self.old.revoke("bob")
        self.crl("crl.pem")
        pem = self.openssl("crl2pkcs7", "-in", "crl.pem", "-certfile", "old/alice.crt", "-certfile", "old/bob.crt").out
        der = self.openssl("crl2pkcs7", "-in", "crl.pem", "-certfile", "old/alice.crt", "-certfile", "old/bob.crt",
                           "-outform", "DER").out
        forms = {"a.p7b": pem, "b": der, "c.pem": pem.replace(b"PKCS7", b"CERTIFICATE"),
                 "d.txt": b"notes\n" + pem.replace(b"PKCS7", b"PKCS #7 SIGNED DATA") + b"more\n"}
        for name, octets in forms.items():
            with self.subTest(name):
                self.path("plain").mkdir()
                self.path("plain", name).write_bytes(octets)
                self.adopt(self.old, directory=f"ca-{name}")
                report = self.take("plain", "--ca", f"ca-{name}")
                self.assertEqual((report["imported"], report["revoked"], report["findings"]), (2, 1, []))
                self.assertEqual(self.take(f"plain/{name}", "--ca", f"ca-{name}")["already_there"], 2)
                shutil.rmtree(self.path("plain"))

    def test_what_cannot_be_used_is_reported_and_other_files_are_not(self):
        self.path("plain").mkdir()
        self.openssl("pkcs12", "-export", "-in", "old/alice.crt", "-inkey", "old/alice.key", "-passout", "pass:x",
                     "-out", "plain/any.bin")
        self.path("plain", "utf16.crt").write_bytes(
            self.read("old", "alice.crt").decode().encode("utf-16")[:-1])
        self.path("plain", "cut.p7b").write_bytes(
            self.openssl("crl2pkcs7", "-nocrl", "-certfile", "old/alice.crt", "-outform", "DER").out[:-40])
        report = self.take("plain", exit=1)
        self.assertEqual(self.findings(report), ["unreadable", "unreadable", "unused"])
        self.assertIn("openssl pkcs12", [one["message"] for one in report["findings"] if one["finding"] == "unused"][0])
        self.assertEqual(report["complete"], False)
        shutil.rmtree(self.path("plain"))
        self.path("plain", "private").mkdir(parents=True)
        self.openssl("pkey", "-in", "old/cakey.pem", "-outform", "DER", "-out", "plain/private/key.der")
        self.openssl("pkey", "-in", "old/cakey.pem", "-pubout", "-out", "plain/pub.pem")
        self.openssl("req", "-in", "old/alice.csr", "-outform", "DER", "-out", "plain/alice.der")
        for name, octets in {"serial": b"0A\n", "notes.txt": b"0 is how this begins\n", "README": b"V\tR\n",
                             "image": b"\x30\x82\x01\x02" + b"x" * 200, "crlnumber": b"05\n"}.items():
            self.path("plain", name).write_bytes(octets)
        self.path("plain", "large").write_bytes(b"\0" * (17 << 20))
        shutil.copy(self.path("old", "alice.crt"), self.path("plain", "alice.crt"))
        self.assertEqual(self.take("plain")["findings"], [])

    def test_a_certificate_and_a_crl_within_other_text_are_read(self):
        self.old.revoke("bob")
        self.crl("crl.pem")
        self.path("client.ovpn").write_bytes(
            b"remote vpn.example\n<cert>\n" + self.read("old", "bob.crt") + b"</cert>\n<key>\n" +
            self.read("old", "bob.key") + b"</key>\n<tls-crypt>\n-----BEGIN OpenVPN Static key V1-----\n00ff\n"
            b"-----END OpenVPN Static key V1-----\n</tls-crypt>\n" + self.read("crl.pem"))
        report = self.take("client.ovpn")
        self.assertEqual((report["imported"], report["revoked"], report["findings"]), (1, 1, []))

    def test_a_damaged_block_hides_no_other(self):
        alice, bob, carol = (self.read("old", f"{name}.crt") for name in ("alice", "bob", "carol"))
        for number, broken in enumerate((b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                                         carol[carol.index(b"-----BEGIN"):-60] + b"\n",
                                         carol[carol.index(b"-----BEGIN"):].replace(b"CERTIFICATE-----", b"CERTIFICATE--"))):
            self.adopt(self.old, directory=f"ca{number}")
            self.path("all.pem").write_bytes(alice + broken + bob)
            report = self.take("all.pem", "--ca", f"ca{number}", exit=1)
            self.assertEqual((report["imported"], self.findings(report)), (2, ["unreadable"]), broken)


if __name__ == "__main__":
    main()
