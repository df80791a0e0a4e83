"""What other tools' CAs hold is taken in, with what is wrong with it said and nothing lost; and what
the ledger holds is given back to them. openssl itself makes, reads and judges."""

import contextlib
import csv
import io
import json
import os
import shutil
import sqlite3
import subprocess

from openssl_ca import OpensslCa
from workbench import MTLSCTL, Workbench, main


class ImportCase(Workbench):
    def tearDown(self):
        """Whatever was adopted or taken in, the ledger is sound by its own account."""
        for settings in sorted(self.dir.glob("*/ca.toml")):
            if (settings.parent / "ca.crt").exists():
                for check in (("store", "check"), ("log", "verify")):
                    self.mtlsctl(*check, "--ca", settings.parent)
        super().tearDown()

    def adopt(self, old, *more, directory="ca", **how):
        return self.mtlsctl("ca", "adopt", old.dir / "cacert.pem", old.dir / "cakey.pem", "--ca", directory, *more,
                            **how)

    def take(self, path, *more, exit=0, **how):
        return self.mtlsctl("store", "import", path, "--json", *more, exit=exit, **how).json

    def findings(self, report):
        return sorted(one["finding"] for one in report["findings"])

    def rows(self, directory="ca"):
        """{subject's CN: (serial, state, origin, note, revoked_time)} as sqlite3 reads it."""
        file = f"file:{self.path(directory, 'ca.db')}?mode=ro"
        with contextlib.closing(sqlite3.connect(file, uri=True)) as db:
            found = db.execute("select subject, serial, state, origin, note, revoked_time from certificates")
            return {row[0].split(",")[0].removeprefix("CN="): row[1:] for row in found}

    def count(self, directory="ca"):
        return len(self.ledger_rows(directory))


class OpensslLayout(ImportCase):
    def test_a_ca_of_openssl_is_taken_in_with_its_revocations(self):
        old = OpensslCa(self, "old")
        for name in ("alice", "bob", "carol"):
            old.issue(name)
        old.revoke("bob", "keyCompromise")
        old.revoke("carol")
        self.adopt(old)
        report = self.take("old")
        self.assertEqual((report["imported"], report["revoked"], report["already_there"]), (3, 2, 1))
        self.assertEqual(report["findings"], [])
        rows = self.rows()
        self.assertEqual(rows["alice"][:3], ("01", "issued", "imported"))
        self.assertEqual(rows["bob"][:4], ("02", "revoked", "imported", "revoked before it was imported: keyCompromise"))
        self.assertEqual(rows["carol"][:4], ("03", "revoked", "imported", "revoked before it was imported"))
        # The time of the revocation is the index's, to the second.
        index = old.lines()[1].split("\t")[2].split(",")[0]
        shown = self.mtlsctl("cert", "show", "02", "--json").json["revoked_at"]
        self.assertEqual(index, shown[2:].translate(str.maketrans("", "", "-:T")))
        # Again: nothing is put in twice, whichever way the path is spelt.
        for path in ("old", "old/", "old/index.txt", self.path("old", "newcerts")):
            again = self.take(path)
            self.assertEqual((again["imported"], again["findings"]), (0, []), path)
        self.assertEqual(self.count(), 4)

    def test_a_dry_run_says_the_same_and_records_nothing(self):
        old = OpensslCa(self, "old")
        old.issue("alice")
        self.adopt(old)
        before = self.read("ca", "ca.db")
        report = self.take("old", "--dry-run")
        self.assertEqual((report["dry_run"], report["imported"], report["already_there"]), (True, 1, 1))
        self.assertEqual((self.count(), self.read("ca", "ca.db")), (1, before))

    def test_nothing_is_changed_in_what_is_imported(self):
        old = OpensslCa(self, "old")
        old.issue("alice")
        self.adopt(old)
        before = {path: path.read_bytes() for path in old.dir.rglob("*") if path.is_file()}
        self.take("old")
        self.assertEqual({path: path.read_bytes() for path in old.dir.rglob("*") if path.is_file()}, before)

    def test_later_revocations_in_the_index_are_taken_and_none_is_taken_back(self):
        old = OpensslCa(self, "old")
        old.issue("alice")
        self.adopt(old)
        self.take("old")
        old.revoke("alice")
        # A damaged index says nothing; the whole one is believed after it.
        index = (old.dir / "index.txt").read_bytes()
        (old.dir / "index.txt").write_bytes(b"")
        self.take("old", exit=1)
        self.assertEqual(self.rows()["alice"][1], "issued")
        (old.dir / "index.txt").write_bytes(index)
        for words in (["--dry-run"], []):
            self.assertEqual(self.findings(self.take("old", *words)), ["revoked_since"])
        self.assertEqual(self.rows()["alice"][1], "revoked")
        self.mtlsctl("verify", old.dir / "alice.crt", exit=4)
        self.assertEqual(self.findings(self.take("old")), [])
        (old.dir / "index.txt").write_bytes(index.replace(b"R\t", b"V\t"))
        self.take("old")
        self.assertEqual(self.rows()["alice"][1], "revoked")
        self.mtlsctl("log", "verify")
        self.mtlsctl("store", "check")


class SeveralIndexes(ImportCase):
    """A revocation is never lost for where its index stands, and never taken from another CA's."""

    def test_an_index_counts_wherever_it_stands(self):
        old = OpensslCa(self, "tree/deep/old")
        for name in ("alice", "bob"):
            old.issue(name)
        old.revoke("alice")
        # The same certificate lies outside, where it is met first, and so does another with its serial.
        for name in ("alice", "twin"):
            made = old.issue_aside("twin", "1") if name == "twin" else old.dir / "alice.crt"
            self.path("tree", f"{name}.crt").write_bytes(made.read_bytes())
        self.adopt(old)
        report = self.take("tree", exit=1)
        self.assertEqual(report["indexes"], ["tree/deep/old/index.txt"])
        self.assertEqual((report["imported"], report["revoked"]), (3, 2))
        self.assertEqual([self.rows()[name][1] for name in ("alice", "twin", "bob")], ["revoked", "revoked", "issued"])

    def test_a_link_to_an_index_counts_within_and_is_reported_without(self):
        old = OpensslCa(self, "old")
        old.issue("alice")
        old.revoke("alice")
        self.adopt(old)
        text = self.path("old", "index.txt")
        text.rename(self.path("outside"))
        text.symlink_to(self.path("outside"))
        self.assertEqual(self.findings(self.take("old", "--dry-run", exit=1)), ["link"])
        self.path("outside").rename(self.path("old", "index.real"))
        text.unlink()
        text.symlink_to("index.real")
        self.assertEqual(self.take("old")["revoked"], 1)

    def test_an_older_copy_of_the_index_takes_no_revocation_back(self):
        old = OpensslCa(self, "tree/b")
        old.issue("alice")
        shutil.copytree(old.dir, self.path("tree", "a"))  # a backup, met first
        old.revoke("alice")
        self.adopt(old)
        self.assertEqual(self.take("tree")["revoked"], 1)

    def test_the_index_of_another_ca_says_nothing(self):
        old, other = OpensslCa(self, "tree/old"), OpensslCa(self, "tree/other", subject="/CN=Other")
        namesake = OpensslCa(self, "tree/namesake")
        for ca in (old, other, namesake):
            ca.issue("alice")
        for ca in (other, namesake):
            ca.revoke("alice")
        self.adopt(old)
        report = self.take("tree", exit=1)
        self.assertEqual((report["imported"], report["revoked"], report["indexes"]), (1, 0, ["tree/old/index.txt"]))
        self.assertEqual(set(self.findings(report)), {"other_issuer", "bad_signature"})


class DamagedLayout(ImportCase):
    """What `openssl ca` leaves behind when it is run forty times at once, on a full disk, or killed."""

    def setUp(self):
        super().setUp()
        self.old = OpensslCa(self, "old")
        self.old.issue("alice")
        self.adopt(self.old)

    def test_one_serial_many_times_is_kept_under_each_fingerprint(self):
        for number in range(5):
            self.old.issue_aside(f"twin{number}", "1")
        report = self.take("old", exit=1)
        self.assertEqual((report["imported"], self.findings(report)), (6, ["repeated_serial"]))
        self.assertEqual(report["findings"][0]["serial"], "01")
        rows = [row for row in self.ledger_rows() if row[0] == "01"]
        self.assertEqual((len(rows), len({row[2] for row in rows})), (6, 6))
        shown = self.mtlsctl("cert", "show", rows[3][2], "--json").json  # by fingerprint
        self.assertEqual((shown["serial"], shown["fingerprint"], shown["profile"]), ("01", rows[3][2], None))
        index = self.mtlsctl("store", "export", "--format", "openssl-index")
        self.assertEqual([line.split("\t")[3] for line in index.out.decode().splitlines()].count("01"), 1)
        self.assertIn(b"stand in the index once each", index.err)

    def test_what_parallel_runs_of_openssl_ca_leave_is_taken_in_whole(self):
        names = [f"p{number}" for number in range(24)]
        for name in names:
            self.old.request(name)
        running = [subprocess.Popen(["openssl", "ca", "-batch", "-config", "openssl.cnf", "-in", f"{name}.csr", "-out",
                                     f"{name}.crt"], cwd=self.old.dir, stdout=subprocess.DEVNULL,
                                    stderr=subprocess.DEVNULL) for name in names]
        for process in running:
            process.wait(60)
        made = set()
        for path in [*self.old.dir.glob("*.crt"), *self.old.dir.glob("newcerts/*.pem")]:
            shown = self.openssl("x509", "-in", path, "-noout", "-fingerprint", "-sha256", exit=None)
            if shown.code == 0:
                made.add(shown.out.decode().strip().split("=")[1].replace(":", "").lower())
        report = self.run_any([MTLSCTL, "store", "import", "old", "--json"]).json  # how it went is chance
        self.assertEqual(report["imported"], len(made))
        self.assertEqual({row[2] for row in self.ledger_rows()} & made, made)

    def test_all_that_bear_a_revoked_serial_are_revoked(self):
        self.old.issue_aside("twin", "1")
        self.old.revoke("alice", "superseded")
        report = self.take("old", exit=1)
        self.assertEqual((report["imported"], report["revoked"]), (2, 2))
        # A row that says valid beside one that says revoked changes nothing, in either order.
        lines = self.old.lines()
        valid = lines[0].split("\t")
        valid[0], valid[2] = "V", ""
        for number, order in enumerate(([lines[0], "\t".join(valid)], ["\t".join(valid), lines[0]])):
            self.adopt(self.old, directory=f"ca{number}")
            self.old.write_lines(order)
            report = self.take("old", "--ca", f"ca{number}", exit=1)
            self.assertEqual(report["revoked"], 2, order)

    def test_empty_files_rows_without_file_and_files_without_row_are_reported(self):
        self.old.issue("bob")
        self.old.issue("carol")
        for name in ("02.pem", "03.pem"):
            self.path("old", "newcerts", name).write_bytes(b"")
        self.path("old", "bob.crt").unlink()
        self.old.write_lines([line for line in self.old.lines() if "carol" not in line])
        report = self.take("old", exit=1)
        self.assertEqual(self.findings(report), ["empty", "empty", "not_in_index", "row_without_certificate"])
        self.assertEqual(report["imported"], 2)  # alice, and carol from carol.crt
        missing = [one for one in report["findings"] if one["finding"] == "row_without_certificate"][0]
        self.assertEqual((missing["serial"], missing["line"], missing["file"]), ("02", 2, "old/index.txt"))

    def test_an_index_cut_at_every_octet_is_read_as_far_as_it_goes(self):
        self.old.issue("bob")
        self.old.revoke("bob", "keyCompromise")
        text = self.path("old", "index.txt").read_text()
        begin = text.index("\n") + 1
        serial_ends = text.index("\t", text.index("\t02\t") + 1)
        for cut in range(begin, len(text)):
            self.path("old", "index.txt").write_text(text[:cut])
            report = self.take("old", "--dry-run", exit=1)
            kinds = self.findings(report)
            self.assertEqual(report["imported"], 2)
            self.assertTrue(set(kinds) <= {"index_line", "not_in_index"}, (cut, kinds))
            # Once the serial stands there whole the revocation counts.
            self.assertEqual(report["revoked"], 1 if cut > serial_ends else 0, (cut, text[:cut]))

    def test_lines_that_are_no_lines_of_an_index_are_named(self):
        lines = self.old.lines()
        odd = ["garbage", "X\t301231235959Z\t\t0A\tunknown\t/CN=x", "V\t301231235959Z\t\tzz\tunknown\t/CN=x",
               "V\tnever\t\t0B\tunknown\t/CN=x", "R\t301231235959Z\tnever\t0C\tunknown\t/CN=x",
               "R\t301231235959Z\t250101000000Z,because\t0D\tunknown\t/CN=x",
               "V\t301231235959Z\t\t-1\tunknown\t/CN=\x1b]0;x\x07", "\t\t\t\t\t", "V\t" * 40]
        self.old.write_lines([*lines, *odd])
        report = self.take("old", exit=1)
        named = {one["line"] for one in report["findings"] if one["finding"] == "index_line"}
        self.assertEqual(named, set(range(2, 2 + len(odd))))
        plain = self.mtlsctl("store", "import", "old", exit=1)
        self.assertRegex(plain.out, rb"\A[\x20-\x7e\n]*\Z")

    def test_times_of_both_centuries_and_all_reasons_are_read(self):
        reasons = ["unspecified", "keyCompromise", "CACompromise", "affiliationChanged", "superseded",
                   "cessationOfOperation", "certificateHold", "removeFromCRL", "holdInstruction,1.2.840.10040.2.2",
                   "keyTime,20240101000000Z", "CAkeyTime,20240101000000Z"]
        subject = self.old.lines()[0].split("\t")[5]
        lines = []
        for number, reason in enumerate(reasons, start=0x10):
            self.old.issue_aside(f"c{number}", str(number))
            time = "240102030405Z" if number % 2 else "20240102030405Z"
            lines.append(f"R\t20701231235959Z\t{time},{reason}\t{number:02X}\tunknown\t{subject}")
        self.old.write_lines([*self.old.lines(), *lines])
        report = self.take("old")
        self.assertEqual(report["revoked"], len(reasons))
        notes = {self.rows()[f"c{number}"][3:] for number in range(0x10, 0x10 + len(reasons))}
        self.assertEqual({time for _, time in notes}, {1704164645})
        self.assertEqual({note.partition(": ")[2] for note, _ in notes},
                         {"", "keyCompromise", "cACompromise", "affiliationChanged", "superseded",
                          "cessationOfOperation", "certificateHold"})

    def test_a_revocation_in_the_future_counts_now(self):
        line = self.old.lines()[0].split("\t")
        line[0], line[2] = "R", "20990101000000Z"
        self.old.write_lines(["\t".join(line)])
        report = self.take("old", exit=1)
        self.assertEqual((report["revoked"], self.findings(report)), (1, ["index_line"]))
        self.assertLess(self.rows()["alice"][4], 4070908800)


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


class EasyRsa(ImportCase):
    def test_a_pki_of_easy_rsa_is_taken_in(self):
        easyrsa = "/usr/share/easy-rsa/easyrsa"
        env = {"EASYRSA_BATCH": "1", "EASYRSA_PKI": str(self.path("pki")), "EASYRSA_ALGO": "ec",
               "EASYRSA_CURVE": "prime256v1", "EASYRSA": "/usr/share/easy-rsa"}

        def run(*args):
            return self.tool(easyrsa, *args, env=env)

        run("init-pki")
        run("build-ca", "nopass")
        for name in ("alice", "bob", "carol"):
            run("build-client-full", name, "nopass")
        run("build-server-full", "vpn.example", "nopass")
        run("revoke", "bob", "keyCompromise")
        self.mtlsctl("ca", "adopt", "pki/ca.crt", "pki/private/ca.key")
        report = self.take("pki")
        self.assertEqual((report["imported"], report["revoked"], report["findings"]), (4, 1, []))
        rows = self.rows()
        self.assertEqual(rows["bob"][1:4], ("revoked", "imported", "revoked before it was imported: keyCompromise"))
        self.assertEqual({rows[name][1] for name in ("alice", "carol", "vpn.example")}, {"issued"})
        # Its certificates name the serial of its own: it is said what that means for a new one.
        anew = self.mtlsctl("ca", "adopt", "pki/ca.crt", "pki/private/ca.key", "--ca", "anew", "--reissue", "--json")
        self.assertIn("authority_serial", self.findings(anew.json))
        self.assertIn(b"trust the old certificate beside the new one", anew.err)
        self.openssl("verify", "-CAfile", "anew/ca.crt", "pki/issued/alice.crt", exit=2)
        self.path("both.crt").write_bytes(self.read("anew", "ca.crt") + self.read("pki", "ca.crt"))
        self.openssl("verify", "-CAfile", "both.crt", "pki/issued/alice.crt")
        # With its index gone, what stands among the revoked is revoked still.
        self.path("pki", "index.txt").write_text("")
        self.mtlsctl("ca", "adopt", "pki/ca.crt", "pki/private/ca.key", "--ca", "other")
        report = self.take("pki", "--ca", "other", exit=1)
        self.assertEqual(report["revoked"], 1)
        self.assertIn("revoked_by_place", self.findings(report))
        self.assertEqual(self.rows("other")["bob"][1], "revoked")


class Export(ImportCase):
    def setUp(self):
        super().setUp()
        self.old = OpensslCa(self, "old")
        self.old.issue("alice")
        self.old.issue("bob")
        self.old.issue("carol", "-enddate", "20991231235959Z")
        self.old.issue("dave", "-startdate", "20200101000000Z", "-enddate", "20210101000000Z")
        self.old.revoke("bob", "keyCompromise")
        self.adopt(self.old)
        self.take("old")
        self.mtlsctl("client", "issue", "--name", "eve", "--common-name", "eve", "--key-type", "ec:p256")

    def export(self, name, *more, **how):
        return self.mtlsctl("store", "export", "--format", name, *more, **how)

    def test_openssl_goes_on_with_the_exported_index(self):
        self.export("openssl-index", "-o", "old/index.txt", "--force")
        serial = self.certificate_serial("eve.crt").upper()
        for of, status in (("01", "Valid (V)"), ("02", "Revoked (R)"), ("03", "Valid (V)"), (serial, "Valid (V)")):
            told = self.old.run("ca", "-config", "openssl.cnf", "-status", of, exit=None)
            self.assertIn(f"{of}={status}", told.err.decode())
        self.assertIn("04=Expired (E)",
                      self.old.run("ca", "-config", "openssl.cnf", "-status", "04", exit=None).err.decode())
        self.old.run("ca", "-config", "openssl.cnf", "-gencrl", "-out", "crl.pem")
        self.assertEqual(self.old.revoked("crl.pem"), {"02": "Key Compromise"})
        # And it revokes one of ours by its row.
        self.old.run("ca", "-config", "openssl.cnf", "-revoke", "../eve.crt")
        self.old.run("ca", "-config", "openssl.cnf", "-gencrl", "-out", "crl.pem")
        self.assertEqual(set(self.old.revoked("crl.pem")), {"02", serial})

    def test_the_rows_are_what_openssl_wrote_itself(self):
        exported = self.export("openssl-index").out.decode().splitlines()
        own = {line.split("\t")[3]: line for line in self.old.lines()}
        own["04"] = "E" + own["04"][1:]  # which `openssl ca -updatedb` would have done
        for line in exported:
            serial = line.split("\t")[3]
            if serial in own:
                self.assertEqual(line, own.pop(serial))
        self.assertEqual(own, {})

    def test_csv_is_read_back_by_a_csv_reader(self):
        self.mtlsctl("client", "issue", "--name", "f", "--subject", '/CN="=cmd|x", y', "--san", "email:a@b.c",
                     "--key-type", "ec:p256", "--actor", "=1+1,\n\"x\"")
        out = self.export("csv").out.decode()
        self.assertTrue(all(line.endswith("\r\n") for line in out.splitlines(keepends=True)))
        rows = list(csv.DictReader(io.StringIO(out, newline="")))
        self.assertEqual(len(rows), self.count())
        by_serial = {row["serial"]: row for row in rows}
        self.assertEqual((by_serial["02"]["state"], by_serial["02"]["revocation_reason"]), ("revoked", "keyCompromise"))
        last = [row for row in rows if row["subject_alt_names"] == "email:a@b.c"][0]
        self.assertEqual(last["actor"], "'=1+1,\\x0a\"x\"")
        for row in rows:
            for value in row.values():
                self.assertNotIn(value[:1], ("=", "+", "-", "@", "\t", "\r"))

    def test_json_has_a_document_for_each_with_its_certificate(self):
        documents = [json.loads(line) for line in self.export("json").out.splitlines()]
        self.assertEqual(len(documents), self.count())
        bob = [one for one in documents if one["serial"] == "02"][0]
        self.assertEqual((bob["schema"], bob["state"], bob["origin"]),
                         ("mtlsctl/store-export-record/1", "revoked", "imported"))
        self.assertEqual(self.openssl("x509", "-outform", "DER", stdin=bob["pem"].encode()).out,
                         self.openssl("x509", "-in", "old/bob.crt", "-outform", "DER").out)

    def test_a_file_is_written_whole_or_not_at_all(self):
        self.export("csv", "-o", "out.csv")
        self.assertEqual(self.read("out.csv"), self.export("csv").out)
        self.export("csv", "-o", "out.csv", exit=5)
        self.export("json", "-o", "out.csv", "--force")
        self.assertEqual(self.read("out.csv"), self.export("json").out)
        self.export("csv", "-o", "ca/ca.crl", "--force", exit=5)
        self.export("csv", "-o", "eve.key", "--force", exit=5)
        with open("/dev/full", "wb") as full:
            self.assertEqual(self.run_any([MTLSCTL, "store", "export", "--format", "csv", "-o",
                                           "/dev/full"], stdin=None).code, 7)
            full.flush()
        self.assertEqual([name for name in os.listdir(self.dir) if "tmp" in name], [])

    def test_the_format_is_asked_for(self):
        self.mtlsctl("store", "export", exit=2)
        self.export("csv", "--json", exit=2)
        summary = self.export("csv", "-o", "out.csv", "--json").json
        self.assertEqual((summary["format"], summary["rows"]), ("csv", self.count()))


if __name__ == "__main__":
    main()
