"""What `probe` is given on the command line, and what it prints."""

import json
import os
import pty
import subprocess

import listeners
from probing import Probing
from workbench import KEY, MTLSCTL, main


class ProbeFlags(Probing):
    def setUp(self):
        super().setUp()
        self.make_pki()

    def nginx(self, verify="on"):
        return listeners.nginx(self, *self.SERVER, f"ssl_client_certificate {self.ca}; ssl_verify_client {verify};")

    def haproxy(self, verify="required"):
        return listeners.haproxy(self, "pem", f"crt {{pem}} ca-file {self.ca} verify {verify}")

    def store(self, server, name):
        document = self.probe(server)
        del document["code"]
        self.path(name).write_text(json.dumps(document))

    # --- --compare ---------------------------------------------------------------------------------

    def test_compare_unchanged(self):
        server = self.haproxy()
        self.store(server, "before.json")
        document = self.probe(server, "--compare", "before.json", exit=0)
        self.assertEqual(document["changes"], [])

    def test_compare_weaker(self):
        self.store(self.haproxy(), "before.json")
        # Still enforced, but by HTTP alone.
        document = self.probe(self.nginx(), "--compare", "before.json", exit=1)
        self.assertEqual(document["verdict"], "enforced")
        weaker = {one["what"] for one in document["changes"] if one["weaker"]}
        self.assertIn("P1 at TLS 1.3", weaker)
        document = self.probe(self.haproxy("optional"), "--compare", "before.json", exit=1)
        self.assertIn({"what": "verdict", "before": "enforced", "now": "not-enforced (optional)", "weaker": True},
                      document["changes"])

    def test_compare_stronger(self):
        self.store(self.haproxy("optional"), "before.json")
        document = self.probe(self.haproxy(), "--compare", "before.json", exit=0)
        self.assertTrue(document["changes"])
        self.assertFalse(any(one["weaker"] for one in document["changes"]))

    def test_compare_with_a_version_that_is_spoken_no_more(self):
        bind = f"crt {{pem}} ca-file {self.ca} verify required"
        both, newer = listeners.haproxy(self, "pem", bind), listeners.haproxy(self, "pem", bind + " ssl-min-ver TLSv1.3")
        self.store(both, "both.json")
        document = self.probe(newer, "--compare", "both.json", exit=0)
        self.assertIn({"what": "P1 at TLS 1.2", "before": "rejected-in-handshake", "now": "not-offered", "weaker": False},
                      document["changes"])
        # And one that is spoken again lets nobody in either.
        self.store(newer, "newer.json")
        self.assertTrue(self.probe(both, "--compare", "newer.json", exit=0)["changes"])

    def test_compare_with_something_else(self):
        self.path("x.json").write_text('{"schema": "mtlsctl/verify/1"}')
        self.path("y.json").write_text("not JSON")
        server = self.haproxy()
        for name in ("x.json", "y.json", "absent.json"):
            self.assertIn("error", self.probe(server, "--compare", name, exit=6))

    # --- usage -------------------------------------------------------------------------------------

    def test_wrong_words(self):
        good = ["--cert", "good.crt", "--key", "good.key"]
        for url in ("http://localhost/", "localhost", "https://", "https://a b/", "https://x:0/", "https://x:99999/",
                    "https://x/\r\nEvil: 1", "https://[::1/", "https://user@host/", "ftp://x/"):
            self.assertEqual(self.run_any([MTLSCTL, "probe", url]).code, 2, url)
        for args in (["--tls", "1.1"], ["--tls", ""], ["--timeout", "0s"], ["--jobs", "0"], ["--repeat", "0"], ["--wait", "x"],
                     ["--cert", "good.crt"], ["--key", "good.key"], ["--resolve", "x:1"], ["--resolve", "x:1:name"],
                     ["--identity", "P1=a,b"], ["--identity", "E1=a"], ["--sni", "a b"], ["--require", "all"],
                     [*good, "--expect-crl"], [*good, "--revoked-cert", "revoked.crt"], ["--ca", "ca"],
                     ["--host-header", "a\nb", *good], [*good, "--trust", "x", "--insecure-server"],
                     ["--proxy", "https://x:1"], ["--proxy", "x"], [*good, "--resolve", "localhost:443:127.0.0.1"],
                     [*good, "--resolve", "other:1:127.0.0.1"]):
            result = self.run_any([MTLSCTL, "probe", "https://localhost:1/", *args])
            self.assertEqual(result.code, 2, str(result))

    def test_files_that_are_not_good(self):
        for args in (["--cert", "absent", "--key", "good.key"], ["--cert", "good.crt", "--key", "revoked.key"],
                     ["--cert", "good.key", "--key", "good.key"], ["--cert", "good.crt", "--key", "good.key", "--trust", "good.key"]):
            result = self.run_any([MTLSCTL, "probe", "https://localhost:1/", *args])
            self.assertEqual(result.code, 6, str(result))

    def test_an_encrypted_key(self):
        self.path("pass").write_text("secret\n")
        os.chmod(self.path("pass"), 0o600)
        self.mtlsctl("client", "issue", "--name", "locked", *KEY, "--key-passphrase", "file:pass")
        server = self.haproxy()
        self.assert_verdict(self.probe(server, "--key-passphrase", "file:pass", name="locked"), "enforced")
        self.assertEqual(self.probe(server, name="locked")["error"]["code"], "missing_value")

    # --- identities --------------------------------------------------------------------------------

    def test_identities_of_ones_own(self):
        # A certificate for servers only, as E3, and the good one passed off as I2: information.
        self.mtlsctl("server", "issue", "--name", "s", "--san", "dns:s.example", *KEY)
        server = self.haproxy()
        document = self.probe(server, "--identity", "E3=s.crt,s.key", "--identity", "i2=deep.crt,deep.key")
        self.assert_verdict(document, "enforced")
        self.assertEqual({one["verdict"] for one in self.attempts(document, "I2")}, {"accepted"})
        self.assertEqual({one["alert"]["name"] for one in self.attempts(document, "E3")}, {"unsupported_certificate"})
        # What should be refused and is not: gaps.
        document = self.probe(server, "--identity", "E3=deep.crt,deep.key")
        self.assert_verdict(document, "not-enforced", "gaps")

    def test_kinds_of_keys(self):
        for kind in ("rsa:2048", "ec:p384", "ed25519"):
            self.mtlsctl("client", "issue", "--name", "kind", "--key-type", kind, "--force", "--force-key")
            document = self.probe(self.haproxy(), name="kind")
            self.assert_verdict(document, "enforced")
            for id in ("P2", "P3", "P4", "P5", "P6", "E6"):
                self.assertTrue(all(one["certificate_sent"] for one in self.attempts(document, id)), kind)

    def test_a_revoked_certificate_that_is_refused_for_something_else(self):
        server = self.haproxy()
        self.mtlsctl("ca", "init", "--ca", "other", "--common-name", "Other", *KEY)
        self.mtlsctl("client", "issue", "--ca", "other", "--name", "foreign", *KEY)
        result = self.run_text(server, "--revoked-cert", "foreign.crt", "--revoked-key", "foreign.key")
        self.assertIn(b"no issuer in common", result.err)
        self.assertNotIn(b"issuer in common", self.run_text(server, "--revoked-cert", "deep.crt", "--revoked-key",
                                                            "deep.key").err)
        for past in ("revoked.crt", "revoked.key"):
            self.path(past).unlink()
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "revoked.key",
                     "-out", "r.csr", "-subj", "/CN=gone")
        self.path("r.index").touch()
        self.path("r.cnf").write_text(f"[ca]\ndefault_ca=it\n[it]\ndatabase={self.path('r.index')}\ndefault_md=sha256\n"
                                      f"new_certs_dir={self.dir}\nrand_serial=yes\npolicy=p\n[p]\ncommonName=supplied\n")
        self.openssl("ca", "-batch", "-selfsign", "-config", "r.cnf", "-in", "r.csr", "-keyfile", "revoked.key", "-startdate",
                     "20200101000000Z", "-enddate", "20200102000000Z", "-out", "revoked.crt", "-notext")
        revoked = ["--revoked-cert", "revoked.crt", "--revoked-key", "revoked.key"]
        self.assertIn(b"which is not now", self.run_text(server, *revoked).err)
        document = self.probe(server, *revoked, "--expect-crl", exit=3)
        self.assertEqual(document["error"]["code"], "expired")

    # --- output ------------------------------------------------------------------------------------

    def run_text(self, server, *args):
        return self.run_any([MTLSCTL, "probe", server.url, "--cert", "good.crt", "--key", "good.key", "--trust", self.ca,
                             "--resolve", f"localhost:{server.port}:127.0.0.1", *args])

    def test_text(self):
        server = self.haproxy()
        result = self.run_text(server)
        self.assertEqual((result.code, result.err), (0, b""), str(result))
        lines = result.out.decode().splitlines()
        self.assertEqual(lines[0], server.url)
        self.assertRegex(result.out.decode(), r"(?m)^P0   1\.3  ACCEPTED +the good certificate: HTTP 200$")
        self.assertRegex(result.out.decode(), r"(?m)^P1   1\.3  refused after handshake +no certificate: "
                         r"certificate_required \(alert 116\)$")
        self.assertRegex(lines[-1], r"^enforced: .* \(TLS 1\.2 and TLS 1\.3\)$")
        result = self.run_text(self.nginx("optional"))
        self.assertEqual(result.code, 1)
        self.assertIn("not enforced (optional)", result.out.decode())
        self.assertIn("nginx: ssl_client_certificate", result.out.decode())

    def test_text_of_several_addresses(self):
        server = self.haproxy()
        result = self.run_text(server, "--resolve", f"localhost:{server.port}:::1")
        lines = result.out.decode().splitlines()
        self.assertEqual(result.code, 0, str(result))
        self.assertEqual(lines[1], f"at 127.0.0.1:{server.port}:")
        self.assertIn(f"at [::1]:{server.port}:", lines)
        self.assertNotIn("at ", self.run_text(server).out.decode().splitlines()[1])

    def test_attempts_are_in_one_order_whatever_order_they_end_in(self):
        """By attempt, then by TLS version: in the table and in the document."""
        ids = ["P0", "P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8", "P9a", "P9b", "E1", "E2", "E3", "E6"]

        def check(rows):
            self.assertEqual(rows, sorted(rows, key=lambda row: (ids.index(row[0]), row[1])))
            self.assertEqual({id for id, _ in rows}, set(ids))

        # What ends first is not what began first: every third connection is held up.
        server = self.nginx()
        slow = listeners.Delayed(self, server.port, [0.06, 0, 0.02])
        for jobs in ("1", "16"):
            args = ["--jobs", jobs, "--ca", "ca", "--alt-sni", "open.example"]
            document = self.probe(slow, *args)
            self.assert_verdict(document, "enforced")
            check([(one["id"], one["tls"] or "") for one in document["attempts"]])
            for id, variants in (("P7", 3), ("P8", 2)):
                rows = [(one["tls"], one["variant"]) for one in self.attempts(document, id)]
                self.assertEqual(rows, sorted(rows))
                self.assertEqual(len(rows), 2 * variants)
            result = self.run_text(slow, *args)
            table = result.out.decode().split("\n\n")[0].splitlines()[1:]
            check([(line.split()[0], line.split()[1].replace("-", "")) for line in table])
            self.assertEqual(len(table), len(document["attempts"]))

    def test_a_table_of_several_addresses_is_whole_for_each(self):
        server = self.haproxy()
        other = listeners.Delayed(self, server.port, [0], host="127.0.0.3", port=server.port)
        result = self.run_text(server, "--resolve", f"localhost:{other.port}:127.0.0.3")
        table = result.out.decode().split("\n\n")[0].splitlines()[1:]
        self.assertEqual([line for line in table if line.startswith("at ")],
                         [f"at 127.0.0.1:{server.port}:", f"at 127.0.0.3:{server.port}:"])
        half = len(table) // 2
        self.assertEqual([line.split(":")[0] for line in table[1:half]], [line.split(":")[0] for line in table[half + 1:]])

    def test_lines_come_as_attempts_end(self):
        server = self.haproxy()
        master, slave = pty.openpty()
        process = subprocess.Popen([MTLSCTL, "probe", server.url, "--cert", "good.crt", "--key", "good.key", "--trust", self.ca,
                                    "--resolve", f"localhost:{server.port}:127.0.0.1"], cwd=self.dir, env=self.env,
                                   stdout=slave, stdin=subprocess.DEVNULL)
        os.close(slave)
        out = b""
        try:
            while part := os.read(master, 65536):
                out += part
        except OSError:
            pass
        os.close(master)
        self.assertEqual(process.wait(20), 0)
        self.assertIn(b"ACCEPTED", out)
        self.assertNotIn(b"\x1b", out)

    def test_what_servers_say_is_escaped(self):
        context = listeners.tls_context(self, *self.SERVER)
        answer = b"HTTP/1.1 302 Found\r\nServer: e\x1b[2Jvil\r\nLocation: /\x07\xff\r\nContent-Length: 0\r\n\r\n"
        result = self.run_text(listeners.HttpServer(self, context, answer=answer))
        self.assertRegex(result.out.decode("latin-1"), r"\A[\x20-\x7e\n]*\Z")

    def test_no_key_material_in_any_output(self):
        server = self.haproxy()
        self.run_text(server, "--trace", "trace.json", "-v")
        key = "".join(self.read("good.key").decode().splitlines()[1:-1])[20:60]
        for name in ("trace.json",):
            self.assertNotIn(key, self.path(name).read_text())
        events = [json.loads(line) for line in self.path("trace.json").read_text().splitlines()]
        self.assertIn("probe.attempt", {one["event"] for one in events})

    def test_the_document(self):
        document = self.probe(self.haproxy(), "--ca", "ca")
        self.assertEqual(list(document)[:2], ["schema", "url"])
        self.assertEqual(document["schema"], "mtlsctl/probe/1")
        one = self.attempts(document, "P0")[0]
        self.assertEqual((one["http"]["status"], one["certificate_sent"], one["signed"], one["server_trusted"]),
                         (200, True, True, True))
        self.assertEqual(one["authorities"], ["CN=Test root"])
        self.assertIn("ecdsa_secp256r1_sha256", one["signature_algorithms"])
        self.assertEqual(one["server_certificate"]["issuer"], "CN=Test root")


if __name__ == "__main__":
    main()
