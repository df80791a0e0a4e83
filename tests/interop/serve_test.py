"""`serve`: who gets in and who does not, by openssl, curl and GnuTLS; why not, in the log's words."""

import contextlib
import html.parser
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import time

from serving import ServeBench
from workbench import KEY, MTLSCTL, main

TLS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


class WhoGetsIn(ServeBench):
    def test_curl(self):
        self.make_ca()
        self.make_client("alice", "--san", "email:alice@a.example")
        with self.serve("--ca", "ca") as served:
            answer = self.assert_lets_in(served, "alice")
            self.assertEqual(answer["schema"], "mtlsctl/serve-answer/1")
            self.assertEqual(answer["certificate"]["subject"], "CN=alice")
            self.assertEqual(answer["certificate"]["serial"], self.certificate_serial("alice.crt"))
            self.assertEqual(answer["certificate"]["subject_alt_names"], ["email:alice@a.example"])
            self.assertEqual([c["subject"] for c in answer["chain"]], ["CN=Test root"])
            self.assertEqual((answer["tls_version"], answer["verify"]), ("TLSv1.3", "SUCCESS"))
            headers = answer["headers"]
            self.assertEqual(headers["X-Forwarded-Clientcert-subjectdn"], "CN=alice")
            self.assertEqual(headers["X-Forwarded-Clientcert-issuerdn"], "CN=Test root")
            self.assertEqual(headers["X-Forwarded-Clientcert-clientverify"], "SUCCESS")
            fingerprint = self.openssl("x509", "-in", "alice.crt", "-noout", "-fingerprint", "-sha256").out
            self.assertEqual(headers["X-Forwarded-Clientcert-fingerprint"],
                             fingerprint.decode().strip().split("=")[1].replace(":", "").lower())
            self.assert_refuses(served, reason="no client certificate")
            # By address too: its certificate bears it.
            result = self.curl(served, "--cert", "alice.crt", "--key", "alice.key", host="127.0.0.1")
            self.assertEqual(result.code, 0, str(result))
            self.assertRegex(served.log(), r"accepted: CN=alice, serial [0-9a-f]+, TLSv1\.3")

    def test_openssl_s_client(self):
        self.make_ca()
        self.make_client("alice")
        with self.serve("--ca", "ca") as served:
            for version in ("-tls1_2", "-tls1_3"):
                def talk(*identity):
                    return self.openssl("s_client", "-connect", f"127.0.0.1:{served.port}", "-CAfile",
                                        "ca/ca.crt", "-verify_return_error", "-verify_hostname", "localhost",
                                        "-ign_eof", version, *identity, exit=None,
                                        stdin=b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                good = talk("-cert", "alice.crt", "-key", "alice.key")
                self.assertIn(b"HTTP/1.1 200 OK", good.out, str(good))
                self.assertIn(b"Verification: OK", good.out)
                self.assertRegex(good.out, rb"Acceptable client certificate CA names\s+CN ?= ?Test root")
                bad = talk()
                self.assertNotIn(b"HTTP/1.1", bad.out)
                self.assertRegex(bad.err, rb"alert (certificate required|handshake failure)", str(bad))
            refused = self.openssl("s_client", "-connect", f"127.0.0.1:{served.port}", "-alpn", "h2", "-cert",
                                   "alice.crt", "-key", "alice.key", exit=1)
            self.assertIn(b"no application protocol", refused.err)
            old = self.openssl("s_client", "-connect", f"127.0.0.1:{served.port}", "-tls1_1", "-cipher",
                               "ALL@SECLEVEL=0", exit=1)
            self.assertIn(b"protocol version", old.err)
            served.wait_for("refused: no TLS version that is spoken here")

    def test_gnutls(self):
        self.make_ca()
        self.make_client("alice")
        request = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        with self.serve("--ca", "ca") as served:
            for priority in ("NORMAL:-VERS-ALL:+VERS-TLS1.2", "NORMAL:-VERS-ALL:+VERS-TLS1.3"):
                call = ["gnutls-cli", "--x509cafile", "ca/ca.crt", "--priority", priority, "-p",
                        str(served.port), "--sni-hostname", "localhost", "--verify-hostname", "localhost",
                        "127.0.0.1"]
                good = self.tool(*call, "--x509certfile", "alice.crt", "--x509keyfile", "alice.key",
                                 stdin=request, exit=None)
                self.assertIn(b"HTTP/1.1 200 OK", good.out, str(good))
                bad = self.tool(*call, stdin=request, exit=None)
                self.assertNotIn(b"HTTP/1.1", bad.out, str(bad))

    def test_optional_and_none(self):
        self.make_ca()
        self.make_ca(directory="other")
        self.make_client("alice")
        self.make_client("mallory", ca="other")
        with self.serve("--ca", "ca", "--client-auth", "optional") as served:
            self.assertEqual(self.assert_lets_in(served, "alice")["verify"], "SUCCESS")
            answer = self.curl(served).json
            self.assertEqual((answer["verify"], answer["certificate"]), ("NONE", None))
            self.assertEqual(answer["headers"], {"X-Forwarded-Clientcert-clientverify": "NONE"})
            self.assert_refuses(served, "mallory")
        with self.serve("--ca", "ca", "--client-auth", "none") as served:
            self.assertEqual(self.assert_lets_in(served, "mallory")["verify"], "NONE")
            seen = self.openssl("s_client", "-connect", f"127.0.0.1:{served.port}", exit=None)
            self.assertIn(b"No client certificate CA names sent", seen.out)

    def test_tls_min(self):
        self.make_ca()
        self.make_client("alice")
        with self.serve("--ca", "ca", "--tls-min", "1.3") as served:
            identity = ["--cert", "alice.crt", "--key", "alice.key"]
            self.assertEqual(self.curl(served, *identity).code, 0)
            self.assertEqual(self.curl(served, *identity, "--tls-max", "1.2").code, 35)
            served.wait_for("refused: no TLS version")

    def test_ipv6(self):
        self.make_ca()
        self.make_client("alice")
        with self.serve("--ca", "ca", listen="[::1]:0") as served:
            result = self.curl(served, "--cert", "alice.crt", "--key", "alice.key", host="[::1]")
            self.assertEqual(result.code, 0, str(result))
            self.assertRegex(result.json["client"], r"^\[::1\]:\d+$")

    def test_files_instead_of_a_directory_and_an_intermediate(self):
        self.make_ca()
        self.mtlsctl("ca", "init", "--ca", "issuing", "--parent", "ca", "--common-name", "Issuing", *KEY)
        self.mtlsctl("server", "issue", "--san", "dns:localhost", *KEY)
        self.make_client("bob", ca="issuing")
        self.make_client("carol", "--no-chain", ca="issuing")
        self.make_client("alice")
        with self.serve("--cert", "server.crt", "--key", "server.key", "--client-ca", "ca/ca.crt") as served:
            answer = self.assert_lets_in(served, "bob")
            self.assertEqual([c["subject"] for c in answer["chain"]], ["CN=Issuing", "CN=Test root"])
            # She does not send the intermediate, which nobody here has.
            self.assert_refuses(served, "carol", "CN=carol: its issuer, CN=Issuing, is not among")
        # With the directory the intermediate is known, but a load balancer would not have it either.
        with self.serve("--ca", "issuing") as served:
            self.assert_lets_in(served, "bob")
            self.assert_refuses(served, "carol", "CN=carol: .*; the client must send .* mtlsctl cert export SERIAL")
        bundle = self.path("bundle.crt")
        bundle.write_bytes(self.read("ca/ca.crt") + self.read("issuing/ca.crt"))
        with self.serve("--cert", "server.crt", "--key", "server.key", "--client-ca", bundle) as served:
            self.assert_lets_in(served, "carol")
            self.assert_lets_in(served, "alice")
        # An intermediate alone is trusted for what it issued, and for nothing beside it.
        with self.serve("--cert", "server.crt", "--key", "server.key", "--client-ca",
                        "issuing/ca.crt") as served:
            self.assert_lets_in(served, "carol")
            self.assert_refuses(served, "alice", r"not among .*\(no_trust_anchor\)")


class Reasons(ServeBench):
    def test_each_bad_certificate_is_refused_with_its_reason(self):
        self.make_ca()
        self.make_ca(directory="same-name")
        self.make_client("mallory", ca="same-name")
        self.mtlsctl("server", "issue", "--san", "dns:localhost", *KEY)
        self.sign_by_openssl("expired", "/CN=expired", start="20200101000000Z", end="20210101000000Z")
        self.sign_by_openssl("future", "/CN=future", start="20390101000000Z", end="20400101000000Z")
        self.sign_by_openssl("v1", "/CN=v1", extensions=False)
        self.sign_by_openssl("any", "/CN=any", usage="anyExtendedKeyUsage")
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                     "-keyout", "self.key", "-out", "self.crt", "-subj", "/CN=Test root", "-days", "9",
                     "-config", self.request_conf())
        with self.serve("--ca", "ca") as served:
            self.assert_refuses(served, "mallory", r"CN=mallory: its signature is not by .*\(bad_signature\)")
            self.assert_refuses(served, "server", r"CN=localhost: its extendedKeyUsage is serverAuth, not "
                                                  r"clientAuth \(wrong_purpose\)")
            self.assert_refuses(served, "expired", r"CN=expired: expired .*at 2021-01-01T00:00:00Z")
            self.assert_refuses(served, "future", r"CN=future: not valid before|CN=future: .*not_yet_valid")
            # The openssl of later releases (3.5) makes version 3 of it.
            if b"Version: 1 " in self.openssl("x509", "-in", "v1.crt", "-noout", "-text").out:
                self.assert_refuses(served, "v1", r"CN=v1: .*not_version_3")
            self.assert_refuses(served, "any", r"CN=any: .*anyExtendedKeyUsage")
            self.assert_refuses(served, "self", r"self_signed_leaf")

    def test_what_is_no_tls(self):
        self.make_ca()
        with self.serve("--ca", "ca") as served:
            for octets, reason in ((b"GET / HTTP/1.1\r\n\r\n", "failed: plain HTTP, not TLS"),
                                   (b"CONNECT a:443 HTTP/1.1\r\n\r\n", "failed: a plain HTTP CONNECT, not TLS"),
                                   (b"SSH-2.0-x\r\n", "failed: not TLS"),
                                   (b"", "failed: it closed the connection in the handshake")):
                start = len(served.log())
                with socket.create_connection(("127.0.0.1", served.port), 5) as raw:
                    raw.sendall(octets)
                    raw.shutdown(socket.SHUT_WR)
                    answer = b""
                    with contextlib.suppress(ConnectionResetError):
                        answer = raw.recv(4096)
                    if b"HTTP/" in octets:  # as nginx does; but nothing of who asks
                        self.assertTrue(answer.startswith(b"HTTP/1.1 400 Bad Request\r\n"), answer)
                        self.assertIn(b"write https://", answer)
                        self.assertNotIn(b"X-Forwarded", answer)
                    else:
                        self.assertNotIn(b"HTTP/", answer)
                served.wait_for(re.escape(reason), start=start)

    def test_a_client_that_does_not_trust_the_listener(self):
        self.make_ca()
        self.make_client("alice")
        with self.serve("--ca", "ca") as served:
            result = self.run_any(["curl", "-sS", "--max-time", "5", "--noproxy", "*", "--cert", "alice.crt",
                                   "--key", "alice.key", f"https://127.0.0.1:{served.port}/"])
            self.assertEqual(result.code, 60, str(result))
            served.wait_for(r"failed: the client does not accept this listener's certificate \(alert 48")

    def test_hostile_text_cannot_act(self):
        """In the log, in JSON and on the page."""
        self.make_ca()
        subject = "/CN=<script>alert(1)<\\/script>\"'&\x1b]0;x\x07\u202e/O=a\nb"
        self.sign_by_openssl("hostile", subject)
        with self.serve("--ca", "ca") as served:
            identity = ["--cert", "hostile.crt", "--key", "hostile.key"]
            result = self.curl(served, *identity, "-i", "-H", "Accept: text/html,*/*;q=0.8", "-H",
                               "User-Agent: <b>", path="/<img>%0d%0aX:y")
            self.assertEqual(result.code, 0, str(result))
            head, page = result.out.decode().split("\r\n\r\n", 1)
            self.assertIn("text/html", head)
            self.assertIn("Content-Security-Policy: default-src 'none'", head)
            for text in (head, page, served.log()):
                self.assertNotRegex(text.replace("\r\n", "\n"), "[\x00-\x09\x0b-\x1f\x7f-\U0010ffff]")
            tags = set()
            parser = html.parser.HTMLParser()
            parser.handle_starttag = lambda tag, attributes: tags.add(tag)
            parser.feed(page)
            self.assertNotIn("script", tags)
            self.assertNotIn("img", tags)
            self.assertIn("&lt;script", page)
            self.assertEqual(served.log().count("\n"), 1, "one line a connection")
            answer = self.curl(served, *identity).json
            self.assertIn("<script", answer["certificate"]["subject"])


class Revocation(ServeBench):
    def session(self, served, name, version):
        """A session that resumes: ticket and all."""
        context = self.context(name, TLS[version])
        with self.connect(served, context) as connection:
            self.assertTrue(self.ask(connection).startswith(b"HTTP/1.1 200"))
            return context, connection.session

    def resume(self, served, context, session):
        """True if it was resumed, False if it took a full handshake, None if it was refused."""
        try:
            with self.connect(served, context, session) as connection:
                if not self.ask(connection).startswith(b"HTTP/1.1 200"):
                    return None
                return connection.session_reused
        except (ssl.SSLError, OSError):
            return None

    def test_a_session_resumes_until_its_certificate_is_revoked(self):
        self.make_ca()
        self.make_client("alice")
        self.make_client("bob")
        self.make_crl()
        with self.serve("--ca", "ca", "--crl", "ca.crl") as served:
            sessions = {v: self.session(served, "alice", v) for v in TLS}
            others = {v: self.session(served, "bob", v) for v in TLS}
            for version, (context, session) in sessions.items():
                self.assertIs(self.resume(served, context, session), True, version)
            served.wait_for("accepted: CN=alice.*resumed session")
            sessions = {v: self.session(served, "alice", v) for v in TLS}

            standing = self.connect(served, self.context("bob"))
            self.make_crl(revoked=["alice.crt"])
            # Nothing is read before SIGHUP.
            self.assertIs(self.resume(served, *sessions["1.2"]), True)
            served.hup()
            for version, (context, session) in sessions.items():
                start = len(served.log())
                self.assertIs(self.resume(served, context, session), None, version)
                served.wait_for(r"refused: CN=alice: revoked at 2026-01-01T00:00:00Z, says the list of "
                                r"CN=Test root \(revoked\)", start=start)
            self.assert_refuses(served, "alice", "revoked")
            # Others get in, but through a full handshake: keys and context are new.
            for version, (context, session) in others.items():
                self.assertIs(self.resume(served, context, session), False, version)
            # And who was connected still is.
            self.assertTrue(self.ask(standing).startswith(b"HTTP/1.1 200"))
            standing.close()

    def test_openssl_resumes_and_does_not(self):
        self.make_ca()
        self.make_client("alice")
        self.make_crl()
        with self.serve("--ca", "ca", "--crl", "ca.crl") as served:
            def talk(*more):
                return self.openssl("s_client", "-connect", f"127.0.0.1:{served.port}", "-CAfile", "ca/ca.crt",
                                    "-cert", "alice.crt", "-key", "alice.key", "-ign_eof", *more, exit=None,
                                    stdin=b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").out
            for version in ("-tls1_2", "-tls1_3"):
                self.assertIn(b"HTTP/1.1 200", talk(version, "-sess_out", version + ".session"))
                again = talk(version, "-sess_in", version + ".session")
                self.assertIn(b"Reused, ", again)
                self.assertIn(b"HTTP/1.1 200", again)
            self.make_crl(revoked=["alice.crt"])
            served.hup()
            for version in ("-tls1_2", "-tls1_3"):
                self.assertNotIn(b"HTTP/1.1 200", talk(version, "-sess_in", version + ".session"))

    def test_the_ledger_counts_at_once_and_at_resumption(self):
        self.make_ca()
        self.make_client("alice")
        with self.serve("--ca", "ca") as served:
            sessions = {v: self.session(served, "alice", v) for v in TLS}
            self.revoke_in_ledger("alice.crt")
            for version, (context, session) in sessions.items():
                self.assertIs(self.resume(served, context, session), None, version)
            self.assert_refuses(served, "alice", r"CN=alice: revoked at \S+Z \(revoked\)")

    def test_a_session_ends_with_its_certificate(self):
        self.make_ca()
        end = time.gmtime(time.time() + 5)
        self.sign_by_openssl("brief", "/CN=brief", start="20260101000000Z",
                             end=time.strftime("%Y%m%d%H%M%SZ", end))
        with self.serve("--ca", "ca") as served:
            sessions = {v: self.session(served, "brief", v) for v in TLS}
            self.assertIs(self.resume(served, *sessions["1.2"]), True)
            time.sleep(6.1)
            for version, (context, session) in sessions.items():
                self.assertIs(self.resume(served, context, session), None, version)
            self.assert_refuses(served, "brief", "CN=brief: expired")

    def test_a_session_without_a_certificate_does_not_help(self):
        self.make_ca()
        self.make_client("alice")
        with self.serve("--ca", "ca", "--client-auth", "optional") as served:
            context, session = self.session(served, None, "1.3")
            self.assertIs(self.resume(served, context, session), True)
            answer = self.curl(served).json
            self.assertEqual(answer["verify"], "NONE")

    def test_lists_that_cannot_be_relied_on_refuse(self):
        self.make_ca()
        self.make_ca(directory="namesake")  # the same name, another key
        self.make_client("alice")
        self.mtlsctl("server", "issue", "--san", "dns:localhost", *KEY)
        self.make_crl("stale.crl", extra=["-crl_lastupdate", "20250101000000Z", "-crl_nextupdate",
                                          "20250201000000Z"])
        self.make_crl("early.crl", extra=["-crl_lastupdate", "20390101000000Z", "-crl_nextupdate",
                                          "20390201000000Z"])
        self.make_crl("foreign.crl", ca="namesake")
        for crl, reason in (("stale.crl", "the revocation list of CN=Test root is stale: its next update was "
                                          r"due at 2025-02-01T00:00:00Z \(revocation_unknown\)"),
                            ("early.crl", "the revocation list of CN=Test root is not valid before 2039-01-01"),
                            ("foreign.crl", "no revocation list given for CN=Test root is signed by its key")):
            with self.serve("--ca", "ca", "--crl", crl) as served:
                self.assert_refuses(served, "alice", "CN=alice: " + reason)
        # Of several, one that is current will do; what a stale one has stays revoked.
        self.make_crl("good.crl")
        with self.serve("--ca", "ca", "--crl", "stale.crl", "--crl", "good.crl") as served:
            self.assert_lets_in(served, "alice")

    def test_every_ca_of_the_chain_that_has_a_list(self):
        self.make_ca()
        self.mtlsctl("ca", "init", "--ca", "issuing", "--parent", "ca", "--common-name", "Issuing", *KEY)
        self.make_client("bob", ca="issuing")
        self.make_crl("root.crl", revoked=["issuing/ca.crt"])
        self.make_crl("issuing.crl", ca="issuing")
        self.make_crl("issuing-revokes.crl", ca="issuing", revoked=["bob.crt"])
        with self.serve("--ca", "ca", "--crl", "issuing.crl") as served:
            self.assert_lets_in(served, "bob")
            self.assertRegex(served.log(), "warning: issuing.crl: the list by CN=Issuing is not by a CA")
        with self.serve("--ca", "ca", "--crl", "root.crl", "--crl", "issuing.crl") as served:
            self.assert_refuses(served, "bob", "CN=Issuing: revoked .* the list of CN=Test root")
        with self.serve("--ca", "ca", "--crl", "issuing-revokes.crl") as served:
            self.assert_refuses(served, "bob", "CN=bob: revoked .* the list of CN=Issuing")

    def test_a_bad_file_at_sighup_keeps_the_old_and_says_so(self):
        self.make_ca()
        self.make_client("alice")
        self.make_client("bob")
        self.mtlsctl("server", "issue", "--san", "dns:localhost", *KEY)
        self.make_crl(revoked=["alice.crt"])
        with self.serve("--cert", "server.crt", "--key", "server.key", "--client-ca", "ca/ca.crt", "--crl",
                        "ca.crl") as served:
            self.assert_refuses(served, "alice", "revoked")
            whole = self.read("ca.crl")
            for damaged in (whole[:200], b"", b"no list\n"):
                self.path("ca.crl").write_bytes(damaged)
                served.hup()
                served.wait_for("not reloaded, what was read before stays: .*ca.crl")
                self.assert_refuses(served, "alice", "revoked")
                self.assert_lets_in(served, "bob")
            # A bad certificate does not keep a good list from being read, nor the other way round.
            self.make_crl(revoked=["alice.crt", "bob.crt"])
            self.path("server.crt").write_bytes(b"damaged")
            served.hup()
            served.wait_for("not reloaded, .*server.crt")
            self.assert_refuses(served, "bob", "revoked")

    def test_a_certificate_that_cannot_be_served_does_not_keep_a_list_from_counting(self):
        """It can be read, and fits its key; only libssl does not take it."""
        self.make_ca()
        self.make_client("alice")
        self.make_client("bob")
        self.mtlsctl("server", "issue", "--san", "dns:localhost", *KEY)
        self.make_crl()
        with self.serve("--cert", "server.crt", "--key", "server.key", "--client-ca", "ca/ca.crt", "--crl",
                        "ca.crl") as served:
            self.assert_lets_in(served, "alice")
            self.openssl("req", "-x509", "-newkey", "rsa:1024", "-nodes", "-keyout", "server.key", "-out",
                         "server.crt", "-subj", "/CN=localhost", "-days", "9", "-config", self.request_conf())
            self.make_crl(revoked=["alice.crt"])
            served.hup()
            served.wait_for("not reloaded, .*libssl cannot serve")
            self.assert_refuses(served, "alice", "revoked")
            self.assert_lets_in(served, "bob")

    def test_sighup_takes_a_new_certificate_and_new_cas(self):
        self.make_ca()
        self.make_ca(directory="other")
        self.make_client("alice")
        self.make_client("eve", ca="other")
        self.mtlsctl("server", "issue", "--san", "dns:localhost", *KEY)
        self.path("clients.crt").write_bytes(self.read("ca/ca.crt"))
        with self.serve("--cert", "server.crt", "--key", "server.key", "--client-ca", "clients.crt") as served:
            self.assert_lets_in(served, "alice")
            self.assert_refuses(served, "eve")
            self.mtlsctl("server", "issue", "--san", "dns:localhost", "--force", "--force-key", *KEY)
            self.path("clients.crt").write_bytes(self.read("other/ca.crt"))
            served.hup()
            self.assert_lets_in(served, "eve")
            self.assert_refuses(served, "alice")
            with self.connect(served, self.context("eve")) as connection:
                shown = ssl.DER_cert_to_PEM_cert(connection.getpeercert(binary_form=True))
            self.assertEqual(shown.encode(), self.read("server.crt"))

    def test_lists_that_say_only_a_part_are_not_taken(self):
        self.make_ca()
        work = self.path("crl-ca")
        self.make_crl()
        for extension in ("issuingDistributionPoint = critical, @idp", "2.5.29.27 = critical, ASN1:INTEGER:1"):
            conf = (work / "conf").read_text()
            (work / "partial").write_text(conf + extension + "\n[idp]\nonlyuser = TRUE\n")
            self.openssl("ca", "-config", work / "partial", "-name", "ca", "-gencrl", "-keyfile", "ca/ca.key",
                         "-cert", "ca/ca.crt", "-crldays", "7", "-out", "partial.crl")
            result = self.mtlsctl("serve", "--ca", "ca", "--crl", "partial.crl", "--listen", "127.0.0.1:0",
                                  exit=6, timeout=10)
            self.assertIn(b"critical extension", result.err)


class ItsOwnCertificate(ServeBench):
    def test_several_start_at_once(self):
        self.make_ca()
        self.make_client("alice")
        with contextlib.ExitStack() as stack:
            processes = []
            for _ in range(6):
                process = subprocess.Popen([MTLSCTL, "serve", "--ca", "ca", "--listen", "127.0.0.1:0"],
                                           cwd=self.dir, env=self.env, stdout=subprocess.PIPE,
                                           stderr=subprocess.PIPE)
                stack.callback(process.communicate)
                stack.callback(process.kill)
                processes.append(process)
            for process in processes:
                line = process.stdout.readline()
                self.assertIn(b"listening", line, process.stderr.read() if not line else "")
                port = int(re.search(rb":(\d+)/", line)[1])
                result = self.run_any(["curl", "-sS", "--cacert", "ca/ca.crt", "--cert", "alice.crt", "--key",
                                       "alice.key", "--noproxy", "*", f"https://127.0.0.1:{port}/"])
                self.assertEqual(result.code, 0, str(result))
        self.assert_recorded([self.path("ca/serve/server.crt")])

    def serial(self):
        return self.certificate_serial("ca/serve/server.crt")

    def test_it_is_made_kept_and_recorded(self):
        self.make_ca()
        with self.serve("--ca", "ca"):
            first = self.serial()
        self.assert_recorded([self.path("ca/serve/server.crt")])
        self.assertEqual(self.mode("ca/serve"), 0o700)
        self.assertEqual(self.mode("ca/serve/server.key"), 0o600)
        with self.serve("--ca", "ca"):
            self.assertEqual(self.serial(), first)
        self.assertEqual(len(self.ledger_rows()), 2, "the root's and one of serve")
        # Another name needs another certificate; one that is revoked or lost is made anew.
        with self.serve("--ca", "ca", "--san", "dns:alb.example") as served:
            second = self.serial()
            self.assertNotEqual(second, first)
            self.make_client("alice")
            result = self.run_any(["curl", "-sS", "--cacert", "ca/ca.crt", "--cert", "alice.crt", "--key",
                                   "alice.key", "--noproxy", "*", "--resolve",
                                   f"alb.example:{served.port}:127.0.0.1", f"https://alb.example:{served.port}/"])
            self.assertEqual(result.code, 0, str(result))
        self.revoke_in_ledger("ca/serve/server.crt")
        with self.serve("--ca", "ca"):
            third = self.serial()
        self.assertNotEqual(third, second)
        os.unlink(self.path("ca/serve/server.crt"))
        with self.serve("--ca", "ca"):
            self.assertNotEqual(self.serial(), second)

    def test_with_less_than_a_day_left_it_is_made_anew(self):
        self.make_ca()
        with self.serve("--ca", "ca"):
            first = self.serial()
        with self.serve("--ca", "ca"):
            self.assertEqual(self.serial(), first)
        lines = self.tool("faketime", "-f", "+28d", "env").out.decode().splitlines()
        self.env.update(line.split("=", 1) for line in lines if line.startswith(("LD_PRELOAD=", "FAKETIME=")))
        with self.serve("--ca", "ca"):
            self.assertEqual(self.serial(), first)
        self.env.update(FAKETIME=f"+{29 * 86400 + 12 * 3600}")
        with self.serve("--ca", "ca"):
            self.assertNotEqual(self.serial(), first)

    def test_one_that_is_given_and_ends_soon_is_told_of_once(self):
        self.make_ca()
        self.sign_by_openssl("soon", "/CN=localhost", usage="serverAuth", start="20260101000000Z",
                             end=time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + 3600)))
        self.mtlsctl("server", "issue", "--san", "dns:localhost", *KEY)
        with self.serve("--cert", "soon.crt", "--key", "soon.key", "--client-ca", "ca/ca.crt") as served:
            served.wait_for(r"the listener's certificate ends at \S+Z: put another in its place, and send SIGHUP")
            time.sleep(0.3)
            self.assertEqual(served.log().count("ends at"), 1)
            for name in ("crt", "key"):
                os.replace(self.path(f"server.{name}"), self.path(f"soon.{name}"))
            served.hup()
            time.sleep(0.3)
            self.assertEqual(served.log().count("ends at"), 1)

    def test_an_encrypted_ca_key(self):
        self.path("secret").write_text("a passphrase\n")
        self.path("secret").chmod(0o600)
        self.make_ca("--ca-passphrase", "file:secret")
        result = self.mtlsctl("serve", "--ca", "ca", "--listen", "127.0.0.1:0", exit=2, timeout=10)
        self.assertIn(b"--ca-passphrase", result.err)
        self.assertEqual(len(self.ledger_rows()), 1)
        self.env["CA_SECRET"] = "a passphrase"
        with self.serve("--ca", "ca", "--ca-passphrase", "env:CA_SECRET") as served:
            with open(f"/proc/{served.process.pid}/environ", "rb") as environment:
                self.assertNotIn(b"a passphrase", environment.read())
        # The same where ca.toml names the source.
        os.unlink(self.path("ca/serve/server.crt"))
        toml = self.path("ca/ca.toml")
        toml.write_text('passphrase = "env:CA_SECRET"\n' + toml.read_text())
        with self.serve("--ca", "ca") as served:
            with open(f"/proc/{served.process.pid}/environ", "rb") as environment:
                self.assertNotIn(b"a passphrase", environment.read())
        del self.env["CA_SECRET"]
        with self.serve("--ca", "ca"):  # it has its certificate: no CA key is needed
            pass

    def test_only_a_child_that_ends_reads_the_ca_key(self):
        self.make_ca()
        trace = self.path("trace")
        process = subprocess.Popen(["strace", "-f", "-qq", "-o", trace, "-e",
                                    "trace=openat,execve,listen,fork,vfork,clone,clone3,accept4,accept",
                                    MTLSCTL, "serve", "--ca", "ca", "--listen", "127.0.0.1:0"], cwd=self.dir,
                                   env=self.env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            self.assertIn(b"listening", process.stdout.readline())
            lines = trace.read_text().splitlines()
            main_pid = lines[0].split()[0]
            readers = {line.split()[0] for line in lines if "ca.key" in line}
            listeners = {line.split()[0] for line in lines if " listen(" in line}
            self.assertEqual(len(readers), 1, readers)
            self.assertEqual(listeners, {main_pid})
            self.assertNotIn(main_pid, readers, "the listener itself read the CA key")
            self.assertEqual(sum("execve(" in line for line in lines), 1, "another program was run")
            last_of_child = max(i for i, line in enumerate(lines) if line.split()[0] in readers)
            first_listen = next(i for i, line in enumerate(lines) if " listen(" in line)
            self.assertLess(last_of_child, first_listen, "the child must have ended before")
            os.kill(int(main_pid), signal.SIGTERM)
            process.wait(5)
        finally:
            process.kill()
            process.communicate()

    def test_a_ca_that_is_open_to_others_is_refused(self):
        self.make_ca()
        for path, mode, closed in (("ca/ca.key", 0o640, 0o600), ("ca", 0o755, 0o700)):
            self.path(path).chmod(mode)
            result = self.mtlsctl("serve", "--ca", "ca", "--listen", "127.0.0.1:0", exit=5, timeout=10)
            self.assertIn(b"can be read or written by others", result.err)
            self.path(path).chmod(closed)
        with self.serve("--ca", "ca"):
            pass
        self.path("ca/serve/server.key").chmod(0o644)
        self.mtlsctl("serve", "--ca", "ca", "--listen", "127.0.0.1:0", exit=5, timeout=10)


class CommandLine(ServeBench):
    def test_mistakes_are_told(self):
        self.make_ca()
        self.make_ca(directory="offline")
        os.unlink(self.path("offline/ca.key"))
        self.make_ca("--permit", "dns:a.example", directory="tied")
        self.mtlsctl("server", "issue", "--san", "dns:localhost", *KEY)
        self.make_client("alice")
        for args, code, words in (
                ([], 2, "--ca DIR"),
                (["--cert", "server.crt"], 2, "--cert without --key"),
                (["--ca", "offline"], 6, "cannot make the listener's certificate: "),
                (["--ca", "tied"], 5, "cannot make the listener's certificate: "),
                (["--cert", "server.crt", "--key", "alice.key", "--client-ca", "ca/ca.crt"], 6,
                 "alice.key is not the key of server.crt"),
                (["--ca", "absent"], 6, "absent"),
                (["--ca", "ca", "--crl", "absent.crl"], 6, "absent.crl"),
                (["--ca", "ca", "--crl", "alice.crt"], 6, "no certificate revocation list"),
                (["--ca", "ca", "--client-ca", "alice.key"], 6, "alice.key"),
                (["--ca", "ca", "--client-auth", "none", "--crl", "x"], 2, "--client-auth none"),
                (["--ca", "ca", "--listen", "localhost"], 2, "--listen"),
                (["--ca", "ca", "--listen", "::1:8443"], 2, "--listen"),
                (["--ca", "ca", "--listen", "192.0.2.1:0"], 7, "cannot listen on 192.0.2.1:0")):
            directory = self.path("empty")
            directory.mkdir(exist_ok=True)
            if not any(a == "--listen" for a in args):
                args = args + ["--listen", "127.0.0.1:0"]
            result = self.mtlsctl("serve", *args, exit=code, timeout=10,
                                  cwd=directory if "--ca" not in args and "--key" not in args else None)
            self.assertIn(words, result.err.decode())

    def test_an_address_is_what_it_means_however_it_is_written(self):
        self.make_ca()
        with self.serve("--ca", "ca", listen="[0:0:0:0:0:0:0:1]:0") as served:
            self.assertNotIn("others on the network", served.log())
        with self.serve("--ca", "ca", listen="[::0]:0") as served:
            self.assertIn("others on the network", served.log())
        text = self.openssl("x509", "-in", "ca/serve/server.crt", "-noout", "-text").out
        self.assertNotIn(b"IP Address:0:0:0:0:0:0:0:0", text)

    def test_a_port_that_is_taken(self):
        self.make_ca()
        with self.serve("--ca", "ca") as served:
            result = self.mtlsctl("serve", "--ca", "ca", "--listen", f"127.0.0.1:{served.port}", exit=7)
            self.assertIn(b"something listens there already", result.err)

    def test_documents(self):
        self.make_ca()
        self.make_client("alice")
        process = subprocess.Popen([MTLSCTL, "serve", "--ca", "ca", "--listen", "127.0.0.1:0", "--json"],
                                   cwd=self.dir, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            first = json.loads(process.stdout.readline())
            self.assertEqual((first["schema"], first["event"]), ("mtlsctl/serve/1", "listening"))
            port = first["url"].rsplit(":", 1)[1].strip("/")
            for identity in (["--cert", "alice.crt", "--key", "alice.key"], []):
                self.run_any(["curl", "-sS", "--cacert", "ca/ca.crt", "--noproxy", "*", *identity,
                              f"https://127.0.0.1:{port}/"])
            process.send_signal(signal.SIGHUP)
            documents = [json.loads(process.stdout.readline()) for _ in range(3)]
            self.assertEqual([d["event"] for d in documents], ["accepted", "refused", "reloaded"])
            self.assertEqual(documents[0]["certificate"]["subject"], "CN=alice")
            self.assertEqual(documents[1]["by"], "listener")
            process.terminate()
            self.assertEqual(process.wait(5), 0)
            self.assertEqual(json.loads(process.stdout.read())["event"], "ended")
            self.assertEqual(process.stderr.read(), b"")
        finally:
            process.kill()
            process.communicate()


if __name__ == "__main__":
    main()
