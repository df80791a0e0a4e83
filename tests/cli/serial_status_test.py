"""Status is a property of issuer and serial (issue 9, point 1): another signature over the same TBS, a second
certificate with the serial, and a row that was altered by hand do not end a revocation."""

import base64
import shutil

from ledger_files import LedgerFiles
from malleable import element, other_signature
from serving import ServeBench
from workbench import KEY, MTLSCTL, main

EXTENSIONS = ("basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
              "extendedKeyUsage=clientAuth\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n")
SOME_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


class SerialStatus(ServeBench, LedgerFiles):
    def setUp(self):
        super().setUp()
        self.make_ca()
        self.path("extensions").write_text(EXTENSIONS)

    def sign(self, name, serial):
        """NAME.crt and NAME.key, signed by openssl with the CA's key under a serial."""
        self.openssl("req", "-new", *SOME_KEY, "-keyout", f"{name}.key", "-subj", f"/CN={name}", "-out", f"{name}.csr")
        self.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca/ca.crt", "-CAkey", "ca/ca.key", "-set_serial",
                     serial, "-days", "300", "-extfile", "extensions", "-out", f"{name}.crt")

    def twin(self, name):
        """NAME2.crt, the same with the other ECDSA signature, which openssl takes as well."""
        self.path(f"{name}2.crt").write_text(other_signature(self.path(f"{name}.crt").read_text()))
        shutil.copy(self.path(f"{name}.key"), self.path(f"{name}2.key"))
        self.openssl("verify", "-CAfile", "ca/ca.crt", f"{name}2.crt")
        self.assertNotEqual(self.read(f"{name}.crt"), self.read(f"{name}2.crt"))

    def take(self, name, status="V", reason="", exit=None, subject=None):
        """Imports NAME.crt with an index.txt; what repeats a serial is a finding."""
        directory = self.path(f"import-{name}-{status}")
        directory.mkdir()
        shutil.copy(self.path(f"{name}.crt"), directory)
        serial = self.certificate_serial(f"{name}.crt").upper()
        revoked = f"261101000000Z,{reason}" if status == "R" else ""
        (directory / "index.txt").write_text(f"{status}\t391201000000Z\t{revoked}\t{serial}\tunknown\t/CN={subject or name}\n")
        result = self.run_any([MTLSCTL, "store", "import", directory, "--ca", "ca"])
        self.assertIn(result.code, (0, 1) if exit is None else (exit,), str(result))

    def judge(self, name, exit, *problems):
        """Asserts the exit code and the errors that verify finds."""
        verdict = self.mtlsctl("verify", "--ca", "ca", f"{name}.crt", "--json", exit=exit).json
        errors = [one["problem"] for one in verdict["findings"] if one["severity"] == "error"]
        self.assertEqual(sorted(errors), sorted(problems), verdict)
        self.assertEqual(verdict["accepted"], exit == 0)
        return verdict

    def test_a_revoked_serial_is_refused_whichever_certificate_has_it(self):
        self.sign("x", "0x1234")
        self.sign("y", "0x1234")
        self.sign("z", "0x1234")
        self.take("x")
        self.take("y", "R", "keyCompromise")
        self.twin("x")
        self.twin("y")
        for name in ("x", "y"):
            self.judge(name, 4, "revoked")
        for name in ("x2", "y2"):
            self.assertEqual(self.judge(name, 1, "revoked", "signature_not_recorded")["ledger"], "revoked")
        self.judge("z", 4, "revoked")  # another TBS: why it is refused is the revocation
        with self.serve("--ca", "ca") as served:
            for name in ("x", "y", "z", "x2", "y2"):
                self.assert_refuses(served, name, reason="revoked")
        index = self.mtlsctl("store", "export", "--format", "openssl-index").out
        self.assertRegex(index, rb"(?m)^R\t[^\t]*\t261101000000Z,keyCompromise\t1234\t")

    def test_the_order_of_imports_does_not_matter(self):
        self.sign("x", "0x1234")
        self.sign("y", "0x1234")
        self.take("y", "R")
        self.take("x")
        for name in ("x", "y"):
            self.judge(name, 4, "revoked")
        self.mtlsctl("log", "verify")
        self.mtlsctl("store", "check")

    def test_another_signature_of_a_valid_certificate(self):
        self.make_client("a")
        self.twin("a")
        self.judge("a", 0)
        self.assertEqual(self.judge("a2", 1, "signature_not_recorded")["ledger"], "issued")
        with self.serve("--ca", "ca") as served:
            self.assert_lets_in(served, "a")
            self.assert_refuses(served, "a2", reason="signature_not_recorded")
        checked = self.mtlsctl("store", "check", "--files", "a2.crt", "--json", exit=1).json
        self.assertEqual([one["problem"] for one in checked["unrecorded"]], ["signature_not_recorded"])
        self.assertIn(b"with another signature", self.mtlsctl("store", "check", "--files", "a2.crt", exit=1).out)
        self.mtlsctl("store", "check", "--files", "a.crt")
        for files in (["a2.crt"], ["a.crt", "a2.crt"]):
            folder = self.path(f"twins-{len(files)}")
            folder.mkdir()
            for file in files:
                shutil.copy(self.path(file), folder)
            report = self.mtlsctl("store", "import", folder, "--json", exit=1).json
            self.assertEqual(report["imported"], 0)
            self.assertIn("signature_not_recorded", [one["finding"] for one in report["findings"]])
        self.judge("a2", 1, "signature_not_recorded")
        shutil.copy(self.path("a2.crt"), self.path("a.crt"))
        kept = self.mtlsctl("client", "issue", *KEY, "--name", "a", "--common-name", "a", "--if-missing", "--json",
                            exit=1)
        self.assertEqual(kept.json["error"]["code"], "signature_not_recorded")
        # What is replaced is known by its TBS.
        self.mtlsctl("client", "issue", *KEY, "--name", "a", "--common-name", "a", "--force", "--force-key")
        with self.database() as db:
            self.assertEqual(db.execute("select replaces from certificates where replaces is not null").fetchall(),
                             [(self.certificate_serial("a2.crt"),)])

    def test_the_serial_of_another_certificate(self):
        self.make_client("a")
        self.sign("b", "0x" + self.certificate_serial("a.crt"))
        self.judge("b", 1, "serial_of_another")
        with self.serve("--ca", "ca") as served:
            self.assert_refuses(served, "b", reason="serial_of_another")
        checked = self.mtlsctl("store", "check", "--files", "b.crt", "--json", exit=1).json
        self.assertEqual([one["problem"] for one in checked["unrecorded"]], ["serial_of_another"])
        self.sign("never-seen", "0x77")
        verdict = self.judge("never-seen", 0)
        self.assertEqual([one["problem"] for one in verdict["findings"]], ["not_recorded"])

    def test_an_interrupted_signature_was_never_released(self):
        self.make_client("a")
        with self.database() as db:
            db.execute("pragma ignore_check_constraints=on")
            db.execute("update certificates set state = 'unknown', fingerprint = null, certificate = null, tbs = ? "
                       "where subject = 'CN=a'", (self.tbs("a.crt"),))
        self.judge("a", 1, "signature_not_recorded")

    def tbs(self, name):
        der = self.openssl("x509", "-in", name, "-outform", "DER").out
        return base64.b64encode(element(element(der)[1])[2]).decode()

    def test_a_row_altered_by_hand_does_not_override_the_log(self):
        self.make_client("a")
        serial = self.certificate_serial("a.crt")
        self.take("a", "R", "superseded", exit=0)
        with self.serve("--ca", "ca"):
            pass  # makes its own certificate, so that the log is the same from here on
        sound = self.save()
        for sql in ("update certificates set state = 'issued', revoked_time = null",
                    "update certificates set state = 'issued', revoked_time = null, note = '', standing_entry = null",
                    "delete from certificates"):
            with self.subTest(sql=sql):
                self.put(sound)
                self.change(f"{sql} where serial = ?", serial)
                self.judge("a", 4, "revoked")
                with self.serve("--ca", "ca") as served:
                    self.assert_refuses(served, "a", reason="revoked")
                self.mtlsctl("log", "verify", exit=1)
                found = self.mtlsctl("store", "check", "--json", exit=1).json["findings"]
                self.assertIn(serial, [one["serial"] for one in found])
                if "delete" in sql:
                    continue
                shown = self.mtlsctl("cert", "show", serial, "--json").json
                self.assertEqual((shown["state"], shown["revoked_at"] is not None), ("revoked", True))
                self.assertIn(b"is revoked", self.mtlsctl("cert", "export", serial).err)
                for more in ([], ["--limit", "1"]):
                    listed = self.mtlsctl("cert", "list", "--subject", "CN=a", "--json", *more).json
                    self.assertEqual(listed["state"], "revoked")
                    self.assertIn(serial.encode(), self.mtlsctl("cert", "list", "--state", "revoked", *more).out)
                self.assertNotIn(serial.encode(), self.mtlsctl("cert", "list", "--state", "issued").out)
                self.assertRegex(self.mtlsctl("store", "export", "--format", "openssl-index").out,
                                 rb"(?m)^R\t.*superseded\t" + serial.upper().encode())
                kept = self.mtlsctl("client", "issue", *KEY, "--name", "a", "--common-name", "a", "--if-missing",
                                    "--json", exit=5)
                self.assertIn("revoked", kept.json["error"]["message"])
                self.path("left").mkdir(exist_ok=True)  # a run that was cut short left the key alone
                shutil.copy(self.path("a.key"), self.path("left", "a.key"))
                resumed = self.mtlsctl("client", "issue", *KEY, "--name", "a", "--common-name", "a", "--out-dir",
                                       "left", "--ca", "ca", "--json", exit=5)
                self.assertIn("revoked certificate", resumed.json["error"]["message"])

    def test_a_session_ends_with_the_serial(self):
        self.sign("x", "0x1234")
        self.sign("y", "0x1234")
        self.take("x")
        with self.serve("--ca", "ca") as served:
            context = self.context("x")
            with self.connect(served, context) as connection:
                self.assertIn(b"200 OK", self.ask(connection))
                session = connection.session
            with self.connect(served, context, session) as connection:
                self.assertIn(b"200 OK", self.ask(connection))
                self.assertTrue(connection.session_reused)
            self.take("y", "R")
            start = len(served.log())
            try:
                with self.connect(served, context, session) as connection:
                    self.assertNotIn(b"200 OK", self.ask(connection))
            except OSError:
                pass
            served.wait_for("refused: .*revoked", start=start)

    def test_the_listener_makes_a_new_certificate_for_a_revoked_one(self):
        with self.serve("--ca", "ca"):
            pass
        shutil.copy(self.path("ca", "serve", "server.crt"), self.path("server.crt"))
        self.take("server", "R", subject="localhost")
        self.change("update certificates set state = 'issued', revoked_time = null, note = '', standing_entry = null "
                    "where serial = ?", self.certificate_serial("server.crt"))
        with self.serve("--ca", "ca"):
            self.assertNotEqual(self.read("server.crt"), self.read("ca", "serve", "server.crt"))


if __name__ == "__main__":
    main()
