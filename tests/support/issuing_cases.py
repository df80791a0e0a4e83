"""What issues, and what must hold wherever it was cut short: by a kill (crash_points_test.py) or by a power cut
(power_loss_test.py)."""

import stat

from crash_points import CrashPoints
from workbench import KEY


class IssuingCases(CrashPoints):
    """Each case is (prepared, args, check): a directory, a command that issues in it, and what must hold in a
    copy of that directory where the command was cut short at `call` (`call.to_streams`: the result was told)."""

    def case_client_issue(self):
        prepared = self.path("prepared")
        prepared.mkdir()
        self.make_ca(directory="prepared/ca")
        args = ["client", "issue", "--name", "client", *KEY]

        def check(directory, call):
            recorded = [row for row in self.rows(directory)
                        if row[1:] == ("issued", "CN=client")]
            self.assertLessEqual(len(recorded), 1)
            if (directory / "client.crt").exists():  # killed while tidying up
                self.assertEqual(self.again(directory, args, exit=5)["error"]["code"],
                                 "would_overwrite")
                self.assertEqual(self.again(directory, [*args, "--if-missing"])["outcome"], "unchanged")
            else:
                self.assertFalse(call.to_streams, "the result was told before it stood")
                done = self.again(directory, args)
                self.assertEqual(done["outcome"], "completed" if recorded else "issued")
                if recorded:
                    self.assertEqual(done["serial"], recorded[0][0])
            self.assert_set(directory, "client")
            self.mtlsctl("verify", "client.crt", "--ca", "ca", "--key", "client.key", cwd=directory)
            self.assertEqual([row[1] for row in self.rows(directory) if row[2] == "CN=client"
                              and row[1] == "issued"], ["issued"])
            self.assert_tidy(directory, "ca.key", "client.key")

        return prepared, args, check

    def case_replacement(self):
        prepared = self.path("prepared")
        prepared.mkdir()
        self.make_ca(directory="prepared/ca")
        self.mtlsctl("client", "issue", *KEY, cwd=prepared)
        args = ["client", "issue", *KEY, "--force", "--force-key"]
        old = {name: (prepared / name).read_bytes() for name in ("client.key", "client.csr", "client.crt")}
        old_serial = self.serial_of(old["client.crt"])

        def check(directory, call):
            issued = [row[0] for row in self.rows(directory) if row[1:] == ("issued", "CN=client")]
            self.assertIn(old_serial, issued)
            self.assertLessEqual(len(issued), 2)
            now = {name: (directory / name).read_bytes() for name in old}
            if len(issued) == 1:
                self.assertEqual(now, old, "the old set was touched before the new one was recorded")
            published = now["client.crt"] != old["client.crt"]
            if call.to_streams:
                self.assertTrue(published, "the result was told before it stood")
            if published:
                self.assert_set(directory, "client")
            done = self.again(directory, args)
            # After publication the command means what it says once more: another new set.
            resumed = len(issued) == 2 and not published
            self.assertEqual(done["outcome"], "completed" if resumed else "issued")
            self.assert_set(directory, "client")
            self.assertNotEqual((directory / "client.key").read_bytes(), old["client.key"])
            self.assertEqual(self.serial_of((directory / "client.crt").read_bytes()), done["serial"])
            self.mtlsctl("verify", "client.crt", "--ca", "ca", "--key", "client.key", cwd=directory)
            self.assert_tidy(directory, "ca.key", "client.key")

        return prepared, args, check

    def check_ca(self, directory, args, ca):
        if (directory / ca / "ca.crt").exists():
            self.assertEqual(self.again(directory, args, exit=5)["error"]["code"], "would_overwrite")
            self.assertEqual(self.again(directory, [*args, "--if-missing"])["outcome"], "unchanged")
        else:
            self.again(directory, args)
        self.assert_set(directory, f"{ca}/ca")
        self.assertEqual(stat.S_IMODE((directory / ca).stat().st_mode), 0o700)
        self.mtlsctl("client", "issue", "--ca", ca, *KEY, cwd=directory)
        self.mtlsctl("verify", "client.crt", "--ca", ca, cwd=directory)
        self.openssl("verify", "-x509_strict", "-CAfile", f"{ca}/root.crt", "-untrusted", "client.crt",
                     "client.crt", cwd=directory)
        self.assert_tidy(directory, "ca.key", "client.key")

    def case_ca_init(self):
        prepared = self.path("prepared")
        prepared.mkdir()
        args = ["ca", "init", "--common-name", "Root", *KEY]

        def check(directory, call):
            self.check_ca(directory, args, "ca")
            self.assertEqual([row for row in self.rows(directory) if row[1:] == ("issued", "CN=Root")],
                             [(self.certificate_serial(directory / "ca" / "ca.crt"), "issued",
                               "CN=Root")])

        return prepared, args, check

    def case_ca_init_below_a_parent(self):
        prepared = self.path("prepared")
        prepared.mkdir()
        self.make_ca(directory="prepared/ca")
        args = ["ca", "init", "--ca", "issuing", "--parent", "ca", "--common-name", "Issuing", *KEY]

        def check(directory, call):
            self.check_ca(directory, args, "issuing")
            self.assertEqual([row for row in self.rows(directory)
                              if row[1:] == ("issued", "CN=Issuing")],
                             [(self.certificate_serial(directory / "issuing" / "ca.crt"), "issued",
                               "CN=Issuing")])

        return prepared, args, check

    def prepare_request(self):
        prepared = self.path("prepared")
        prepared.mkdir()
        self.make_ca(directory="prepared/ca")
        self.mtlsctl("key", "generate", *KEY, "-o", "device.key", cwd=prepared)
        self.mtlsctl("csr", "create", "--key", "device.key", "--common-name", "device", "-o",
                     "device.csr", cwd=prepared)
        return prepared

    def check_signed(self, directory, args, recorded, outcome):
        if (directory / "device.crt").exists():
            self.again(directory, args, exit=5)
            self.assertEqual(self.again(directory, [*args, "--if-missing"])["outcome"], "unchanged")
        else:
            done = self.again(directory, args)
            self.assertEqual(done["outcome"], outcome)
            if outcome == "completed":
                self.assertEqual(done["serial"], recorded[0][0])
        self.assert_set(directory, "device")
        self.mtlsctl("verify", "device.crt", "--ca", "ca", "--key", "device.key", cwd=directory)
        self.assert_tidy(directory, "ca.key", "device.key")

    def case_ca_sign(self):
        """Without a request key a repeat is a new request: what a killed run recorded stays in the
        ledger (`cert export` has it), and a second certificate is issued."""
        prepared = self.prepare_request()
        args = ["ca", "sign", "device.csr"]

        def check(directory, call):
            recorded = [row for row in self.rows(directory) if row[1:] == ("issued", "CN=device")]
            self.check_signed(directory, args, recorded, "issued")
            for row in recorded:
                self.mtlsctl("cert", "export", row[0], cwd=directory)

        return prepared, args, check

    def case_ca_sign_with_a_request_key(self):
        prepared = self.prepare_request()
        args = ["ca", "sign", "device.csr", "--request-key", "job-1"]

        def check(directory, call):
            recorded = [row for row in self.rows(directory) if row[1:] == ("issued", "CN=device")]
            self.check_signed(directory, args, recorded, "completed" if recorded else "issued")
            self.assertEqual(len([row for row in self.rows(directory)
                                  if row[1:] == ("issued", "CN=device")]), 1)
            self.assertNotIn("intent", {row[1] for row in self.rows(directory)})

        return prepared, args, check
