"""Point 7: the good key signs nothing for a server that --trust does not accept, seen from the server's
side; and no probe leaves a certificate valid in the ledger."""

import contextlib
import json
import sqlite3

import listeners
from probing import Probing
from workbench import KEY, MTLSCTL, main

SIGNED = "CertificateVerify"


class ProbeTrust(Probing):
    def setUp(self):
        super().setUp()
        self.make_pki()
        self.make_ca(directory="other")

    def s_server(self, *args):
        return listeners.s_server(self, *self.SERVER, "-CAfile", self.ca, "-msg", *args)

    def signatures(self, server):
        """The CertificateVerify messages that came from clients: openssl marks what it receives with <<<."""
        return [line for line in server.text().splitlines() if line.startswith("<<<") and SIGNED in line]

    def certificates(self, server, name):
        """Whether the server was shown a certificate, by a part of its DER in the hex of -msg."""
        hexdump = "".join(line.strip() for line in server.text().splitlines() if line.startswith("    ")).replace(" ", "")
        der = self.openssl("x509", "-in", name, "-outform", "DER").out
        return der[40:100].hex() in hexdump

    def test_an_untrusted_server_gets_no_signature_of_the_good_key(self):
        for version in ("1.2", "1.3"):
            # It only asks, so that it reads every CertificateVerify that comes.
            server = self.s_server("-Verify", "3")
            document = self.probe(server, "--tls", version, "--trust", "other/ca.crt", trust=False)
            for id in ("P0", "P5", "E6"):
                for one in self.attempts(document, id):
                    self.assertEqual((one["verdict"], one["signed"], one["certificate_sent"]), ("withheld", False, False))
            self.assertEqual(self.attempts(document, "P7") + self.attempts(document, "P8"), [])
            # Others do sign, with keys made for the purpose.
            signed = {one["id"] for one in document["attempts"] if one["signed"]}
            self.assertEqual(signed, {"P2", "P3", "P4", "P6"}, self.explain(document))
            self.assertEqual(len(self.signatures(server)), 4, self.explain(document))
            # The same listener when it is trusted: one signature more for each of P0, P5 and E6.
            self.probe(server, "--tls", version)
            self.assertEqual(len(self.signatures(server)), 4 + 7)

    def test_an_untrusted_server_that_enforces_is_no_verdict(self):
        server = self.s_server("-Verify", "3", "-verify_return_error")
        document = self.probe(server, "--trust", "other/ca.crt", trust=False)
        self.assert_verdict(document, "no-verdict")
        self.assertIn("not trusted", document["sentence"])

    def test_a_server_of_another_name_is_not_trusted(self):
        self.mtlsctl("server", "issue", "--name", "elsewhere", "--san", "dns:elsewhere.example")
        self.SERVER = ("elsewhere.crt", "elsewhere.key")
        server = self.s_server("-Verify", "3", "-verify_return_error")
        document = self.probe(server)
        self.assert_verdict(document, "no-verdict")
        self.assertIn("ostname", document["server_distrusted"])
        self.assert_verdict(self.probe(server, "--sni", "elsewhere.example"), "enforced")

    def test_an_expired_server_certificate_is_not_trusted(self):
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "o.key", "-out",
                     "o.csr", "-subj", "/CN=localhost")
        self.path("o.index").touch()
        self.path("o.cnf").write_text(f"[ca]\ndefault_ca=it\n[it]\ndatabase={self.path('o.index')}\ndefault_md=sha256\n"
                                      f"new_certs_dir={self.dir}\nrand_serial=yes\npolicy=p\n[p]\ncommonName=supplied\n"
                                      "[v3]\nsubjectAltName=DNS:localhost\n")
        self.openssl("ca", "-batch", "-selfsign", "-config", "o.cnf", "-in", "o.csr", "-keyfile", "o.key", "-startdate",
                     "20200101000000Z", "-enddate", "20200102000000Z", "-extensions", "v3", "-out", "o.crt", "-notext")
        self.SERVER = ("o.crt", "o.key")
        document = self.probe(self.s_server("-Verify", "3", "-verify_return_error"), "--trust", "o.crt", trust=False)
        self.assert_verdict(document, "no-verdict")
        self.assertIn("expired", document["server_distrusted"])

    def test_the_system_does_not_know_this_ca(self):
        server = self.s_server("-Verify", "3", "-verify_return_error")
        self.assert_verdict(self.probe(server, "--trust", "system", trust=False), "no-verdict")
        self.assert_verdict(self.probe(server, trust=False), "no-verdict")

    def test_without_certificates_it_is_decided_anyway(self):
        server = self.s_server("-verify", "3")
        document = self.probe(server, "--trust", "other/ca.crt", trust=False)
        self.assert_verdict(document, "not-enforced", "optional")
        self.assertFalse(any(one["signed"] for id in ("P0", "P5", "E6") for one in self.attempts(document, id)))

    def test_insecure_server(self):
        server = self.s_server("-Verify", "3", "-verify_return_error")
        document = self.probe(server, "--insecure-server", trust=False)
        self.assert_verdict(document, "enforced")
        self.assertTrue(self.certificates(server, "good.crt"))

    def test_the_ca_directory_vouches_for_the_server(self):
        server = self.s_server("-Verify", "3", "-verify_return_error")
        self.assert_verdict(self.probe(server, "--ca", "ca", trust=False), "enforced")

    # --- the ledger --------------------------------------------------------------------------------

    def rows(self, directory):
        with contextlib.closing(sqlite3.connect(f"file:{self.path(directory, 'ca.db')}?mode=ro", uri=True)) as db:
            return db.execute("select subject, state, profile, revoked_time, issued_time, sans from certificates "
                              "where profile in ('probe', 'probe-ca') order by id").fetchall()

    def test_what_a_ca_signs_for_a_probe_is_recorded_as_revoked(self):
        server = self.s_server("-Verify", "3", "-verify_return_error")
        before = self.rows("ca")
        document = self.probe(server, "--ca", "ca")
        self.assert_verdict(document, "enforced")
        self.assertEqual({one["id"] for one in document["attempts"] if one["id"][0] == "E"}, {"E1", "E2", "E3", "E6"})
        for one in document["attempts"]:
            if one["id"] in ("E1", "E2", "E3"):
                self.assertTrue(one["certificate_sent"], self.explain(document))
        rows = self.rows("ca")
        self.assertEqual((len(before), len(rows)), (0, 3))
        for subject, state, profile, revoked, issued, sans in rows:
            self.assertEqual((subject, state, profile, sans), ("CN=mtlsctl-probe", "revoked", "probe", ""))
            self.assertEqual(revoked, issued)
        states = {row[1] for row in self.ledger_rows() if row[0]}
        self.assertLessEqual(states, {"issued", "revoked"})
        listed = [json.loads(line) for line in self.mtlsctl("--json", "cert", "list").out.decode().splitlines()]
        valid = [one for one in listed if one["state"] != "revoked" and one["profile"].startswith("probe")]
        self.assertEqual(valid, [])
        # What is said to be revoked is refused by verify, too.
        serial = next(one["serial"] for one in listed if one["state"] == "revoked")
        self.mtlsctl("cert", "export", serial, "-o", "e.crt")
        self.mtlsctl("verify", "e.crt", "--purpose", "any", exit=4)

    def test_openssl_sees_what_they_are(self):
        self.probe(self.s_server("-Verify", "3", "-verify_return_error"), "--ca", "ca", exit=0)
        reasons = set()
        for row in self.mtlsctl("--json", "cert", "list").out.decode().splitlines():
            one = json.loads(row)
            if one["profile"] != "probe":
                continue
            self.mtlsctl("cert", "export", one["serial"], "-o", one["serial"])
            verdict = self.openssl("verify", "-CAfile", self.ca, "-purpose", "sslclient", "-x509_strict", one["serial"],
                                   exit=2)
            reasons.update(word for word in ("expired", "not yet valid", "certificate purpose")
                           if word in (verdict.out + verdict.err).decode())
        self.assertEqual(reasons, {"expired", "not yet valid", "certificate purpose"})

    def test_nothing_is_signed_where_the_good_client_does_not_get_in(self):
        server = listeners.nginx(self, *self.SERVER, f"ssl_client_certificate {self.path('other', 'ca.crt')}; "
                               "ssl_verify_client on;")
        self.assert_verdict(self.probe(server, "--ca", "ca"), "no-verdict")
        self.assert_verdict(self.probe(self.s_server("-Verify", "3"), "--ca", "ca", "--trust", "other/ca.crt", trust=False),
                            "not-enforced", "any-certificate")
        self.assertEqual(self.rows("ca"), [])

    def test_no_other_profile_takes_a_window(self):
        # The built-in profile is used whatever stands in a user's directory.
        self.path("mine").mkdir()
        text = self.mtlsctl("profile", "show", "probe").out.decode().replace('max = "10m"', 'max = "36500d"')
        self.path("mine", "probe.toml").write_text(text)
        self.probe(self.s_server("-Verify", "3", "-verify_return_error"), "--ca", "ca", env={
            "MTLSCTL_PROFILES": str(self.path("mine"))}, exit=0)
        for row in self.mtlsctl("--json", "cert", "list").out.decode().splitlines():
            self.assertTrue(json.loads(row)["profile"] != "probe" or json.loads(row)["state"] == "revoked")

    def test_a_throw_away_ca(self):
        self.mtlsctl("ca", "init", "--ca", "odd", "--profile", "probe-ca", "--common-name", "Odd", *KEY)
        self.path("both.pem").write_bytes(self.read("ca", "ca.crt") + self.read("odd", "ca.crt"))
        server = listeners.s_server(self, *self.SERVER, "-CAfile", self.path("both.pem"), "-Verify", "5",
                                  "-verify_return_error", "-cipher", "DEFAULT:@SECLEVEL=0")
        document = self.probe(server, "--probe-ca", "odd")
        self.assert_verdict(document, "enforced")
        for id in ("E1", "E2", "E3", "E4", "E5"):
            for one in self.attempts(document, id):
                self.assertIn(one["verdict"], ("rejected-in-handshake", "rejected-after-handshake"), self.explain(document))
                if id != "E5":  # which OpenSSL calls unknown_ca
                    self.assertNotEqual(one["alert"]["name"], "unknown_ca", self.explain(document))
        self.assertEqual({one["verdict"] for id in ("I2", "I3") for one in self.attempts(document, id)}, {"accepted"})
        self.assertEqual(len(self.attempts(document, "I4")), 2)
        self.assertEqual(len(self.attempts(document, "I5")), 2)
        rows = [row for row in self.rows("odd") if row[0] != "CN=Odd"]
        self.assertGreaterEqual(len(rows), 9)
        self.assertEqual({row[1] for row in rows}, {"revoked"})

    def test_a_real_ca_is_no_throw_away_ca(self):
        server = self.s_server("-Verify", "3", "-verify_return_error")
        result = self.run_any([MTLSCTL, "probe", server.url, "--json", "--cert", "good.crt", "--key", "good.key", "--trust",
                               self.ca, "--resolve", f"localhost:{server.port}:127.0.0.1", "--probe-ca", "other"])
        self.assertEqual((result.code, result.json["error"]["code"]), (5, "issuer_unfit"), str(result))
        self.assertEqual([row for row in self.rows("other") if row[1] != "revoked"], [])


if __name__ == "__main__":
    main()
