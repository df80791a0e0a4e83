"""What other tools' CAs hold is taken in, with what is wrong with it said and nothing lost: `openssl ca`, also damaged,
and easy-rsa. openssl itself makes, reads and judges. Plain files: store_import_files_test.py."""

import shutil
import subprocess

from importing import ImportCase
from openssl_ca import OpensslCa
from workbench import MTLSCTL, main


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
        old.write_lines(["V\t" + old.lines()[0].split("\t", 2)[1] + "\t\t" + old.lines()[0].split("\t", 3)[3]])
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
        self.assertIn(b"1 serial is shared by several certificates; the index lists it once", index.err)

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
        # With its index gone, what stands among the revoked is revoked still, also where a copy stands elsewhere (3.2).
        for revoked in self.path("pki", "revoked", "certs_by_serial").iterdir():
            copy = self.path("pki", "certs_by_serial", f"{revoked.stem}.pem")
            if not copy.exists():
                copy.write_bytes(revoked.read_bytes())
        self.path("pki", "index.txt").write_text("")
        self.mtlsctl("ca", "adopt", "pki/ca.crt", "pki/private/ca.key", "--ca", "other")
        report = self.take("pki", "--ca", "other", exit=1)
        self.assertEqual(report["revoked"], 1)
        self.assertIn("revoked_by_place", self.findings(report))
        self.assertEqual(self.rows("other")["bob"][1], "revoked")


if __name__ == "__main__":
    main()
