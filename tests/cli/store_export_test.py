"""What the ledger holds is given back to other tools: openssl goes on with its index, csv and json are read back."""

import csv
import io
import json
import os

from importing import ImportCase
from openssl_ca import OpensslCa
from workbench import MTLSCTL, main


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
