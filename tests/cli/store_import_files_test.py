"""Certificates of the CA are found in plain files and directories, whatever else lies there, and only what the CA
signed is taken."""

import os

from importing import ImportCase
from openssl_ca import OpensslCa
from workbench import main


class PlainFiles(ImportCase):
    def setUp(self):
        super().setUp()
        self.old = OpensslCa(self, "old")
        self.adopt(self.old)
        self.path("plain").mkdir()

    def put(self, certificate, name):
        target = self.path("plain", name)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(certificate.read_bytes())
        return target

    def test_any_form_below_any_directory_is_found(self):
        self.put(self.old.issue_aside("alice", "11"), "clients/alice/client.crt")
        self.openssl("x509", "-in", self.old.issue_aside("bob", "12"), "-outform", "DER", "-out", "plain/bob.der")
        both = self.old.issue_aside("carol", "13").read_bytes() + self.read("old", "carol.key")
        self.path("plain", "carol.pem").write_bytes(both + b"a comment\r\n" + self.read("old", "alice.crt"))
        self.path("plain", "README").write_text("not one of them")
        self.path("plain", "dave.csr").write_bytes(self.read("old", "bob.csr"))
        self.path("plain", "dave.pem").write_bytes(self.read("old", "bob.key"))
        report = self.take("plain")
        self.assertEqual((report["imported"], report["copies"], report["findings"]), (3, 1, []))
        self.assertEqual(self.take("old/bob.crt")["already_there"], 1)

    def test_only_what_the_ca_signed_is_taken(self):
        other = OpensslCa(self, "other", subject="/CN=Somebody else")
        namesake = OpensslCa(self, "namesake")  # the same name, another key
        self.put(other.issue("mallory"), "other.crt")
        self.put(namesake.issue("mallory"), "namesake.crt")
        self.put(namesake.dir / "cacert.pem", "namesake-ca.pem")
        good = self.old.issue_aside("alice", "11")
        broken = bytearray(self.openssl("x509", "-in", good, "-outform", "DER").out)
        broken[-3] ^= 1
        self.path("plain", "broken.der").write_bytes(broken)
        self.path("plain", "rubbish.pem").write_bytes(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
        self.path("plain", "half.crt").write_bytes(good.read_bytes()[:300])
        report = self.take("plain", exit=1)
        self.assertEqual(report["imported"], 0)
        self.assertEqual(self.findings(report), ["bad_signature", "bad_signature", "bad_signature", "other_issuer",
                                                 "unreadable", "unreadable"])
        self.assertEqual(self.count(), 1)

    def test_outdated_signatures_are_verified_and_said(self):
        self.put(self.old.issue_aside("sha1", "11", "-sha1"), "sha1.crt")
        namesake = OpensslCa(self, "namesake")
        self.put(namesake.issue_aside("sha1", "12", "-sha1"), "foreign-sha1.crt")
        report = self.take("plain", exit=1)
        self.assertEqual((report["imported"], self.findings(report)), (1, ["bad_signature", "outdated_signature"]))
        said = [one for one in report["findings"] if one["finding"] == "outdated_signature"][0]
        self.assertEqual((said["damage"], said["serial"]), (False, "0b"))
        self.assertIn("ecdsa-with-SHA1", said["message"])

    def test_links_out_and_special_files_are_not_followed(self):
        alice = self.put(self.old.issue_aside("alice", "11"), "alice.crt")
        outside = self.old.issue_aside("bob", "12")
        (alice.parent / "out.crt").symlink_to(outside)
        (alice.parent / "outdir").symlink_to(self.path("old"))
        (alice.parent / "in.crt").symlink_to("alice.crt")
        (alice.parent / "loop").symlink_to(".")
        (alice.parent / "nowhere.crt").symlink_to("absent")
        os.mkfifo(alice.parent / "pipe.crt")
        report = self.take("plain", exit=1)
        self.assertEqual(report["imported"], 1)
        self.assertEqual(self.findings(report), ["link", "link", "link", "unreadable"])

    def test_hostile_names_and_subjects_act_on_no_terminal(self):
        name = "a\x1b]0;x\x07\n\u202e'; rm -rf $(id).crt"
        self.put(self.old.issue_aside("alice", "11"), name)
        self.path("plain", "\x1b[2J.pem").write_bytes(b"")
        self.put(OpensslCa(self, "other", subject="/CN=\x1b[2J").issue("eve", subject="/CN=e\x1b[31m"), "e\x1b.crt")
        for more in ([], ["--json"]):
            shown = self.mtlsctl("store", "import", "plain", *more, exit=1).out
            self.assertRegex(shown, rb"\A[\x20-\x7e\n]*\Z")
        self.assertEqual(self.count(), 2)

    def test_a_place_with_nothing_of_the_ca_is_said(self):
        self.path("keys").mkdir()
        self.path("keys", "a.key").write_bytes(self.read("old", "cakey.pem"))
        self.path("keys", "notes").write_text("0 is how this begins\n")
        self.path("keys", "ca.srl").write_text("00AF\n")
        for place in ("plain", "keys"):
            for more in ([], ["--dry-run"]):
                error = self.take(place, *more, exit=6)["error"]
                self.assertEqual(error["code"], "not_found")
                self.assertIn(place, error["message"])
        self.assertEqual(self.count(), 1)
        self.path("plain", "index.txt").write_bytes(b"")  # a CA that has issued nothing yet
        self.assertEqual(self.take("plain")["imported"], 0)

    def test_what_is_not_there_and_what_is_too_large_is_said(self):
        self.assertEqual(self.take("absent", exit=6)["error"]["code"], "unreadable_file")
        self.assertEqual(self.take("old/cakey.pem", exit=6)["error"]["code"], "malformed")
        with open(self.path("plain", "large.pem"), "wb") as file:
            file.truncate(17 << 20)
        report = self.take("plain", exit=1)
        self.assertEqual(self.findings(report), ["unreadable"])

    def test_a_serial_that_is_negative_is_left(self):
        self.put(self.old.issue_aside("alice", "-5"), "negative.crt")
        report = self.take("plain", exit=1)
        self.assertEqual((report["imported"], self.findings(report)), (0, ["unstorable"]))

    def test_the_chain_of_an_intermediate_is_not_taken_for_foreign(self):
        self.old.request("mid", "/CN=Middle")
        self.old.run("x509", "-req", "-in", "mid.csr", "-CA", "cacert.pem", "-CAkey", "cakey.pem", "-set_serial", "77",
                     "-days", "365", "-extfile", "openssl.cnf", "-extensions", "root", "-out", "mid.crt")
        self.mtlsctl("ca", "adopt", "old/mid.crt", "old/mid.key", "--chain", "old/cacert.pem", "--ca", "mid")
        self.put(self.old.dir / "mid.crt", "mid.crt")
        self.put(self.old.dir / "cacert.pem", "root.crt")
        self.old.request("alice")
        self.old.run("x509", "-req", "-in", "alice.csr", "-CA", "mid.crt", "-CAkey", "mid.key", "-set_serial", "5",
                     "-days", "30", "-out", "alice.crt")
        self.put(self.old.dir / "alice.crt", "alice.crt")
        report = self.take("plain", "--ca", "mid")
        self.assertEqual((report["imported"], report["findings"]), (1, []))

    def test_a_bundle_and_a_directory_are_the_same(self):
        # One certificate of its own for each serial, made by us: openssl would take minutes.
        self.mtlsctl("ca", "init", "--ca", "many", "--common-name", "Many", "--key-type", "ed25519")
        pems = []
        for number in range(30):
            self.mtlsctl("client", "issue", "--ca", "many", "--name", f"m{number}", "--common-name", f"m{number}",
                         "--key-type", "ed25519", "--out-dir", "made")
            pems.append(self.read("made", f"m{number}.crt"))
        self.path("bundle.pem").write_bytes(b"".join(pems))
        self.mtlsctl("ca", "adopt", "many/ca.crt", "many/ca.key", "--ca", "copy")
        self.assertEqual(self.take("bundle.pem", "--ca", "copy")["imported"], 30)
        self.assertEqual(self.take("made", "--ca", "many")["already_there"], 30)


if __name__ == "__main__":
    main()
