"""Listeners that change their mind, drip, lie or break rules: `probe` never calls them enforced without proof."""

import contextlib
import ctypes
import itertools
import resource
import socket
import ssl
import threading
import time

import listeners
from crl import make_crl
from probing import Probing
from workbench import main


class Relay(listeners.RawServer):
    """Passes connections on to the port that `route(n)` names for the n-th of them (from 0); None resets it."""

    def __init__(self, bench, route):
        self.route, self.count, self.lock = route, 0, threading.Lock()
        super().__init__(bench, self.pass_on)

    def pass_on(self, connection):
        with self.lock:
            port = self.route(self.count)
            self.count += 1
        if port is None:
            connection.recv(65536)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            connection.close()
            return
        with socket.create_connection(("127.0.0.1", port), 5) as beyond, connection:
            back = threading.Thread(target=listeners.pump, args=(beyond, connection), daemon=True)
            back.start()
            listeners.pump(connection, beyond)
            back.join(10)


class Scripted(listeners.HttpServer):
    """Does with each TLS connection, once its request is there, what `behave(connection)` says."""

    def __init__(self, bench, context, behave):
        self.behave = behave
        super().__init__(bench, context)

    def serve(self, connection):
        self.talk(connection, self.context)

    def talk(self, connection, context):
        connection.settimeout(10)
        with contextlib.suppress(OSError, ssl.SSLError), connection:
            connection = context.wrap_socket(connection, server_side=True)
            data = b""
            while b"\r\n\r\n" not in data:
                if not (part := connection.recv(65536)):
                    return
                data += part
            self.requests.append(data)
            self.behave(connection)
            connection.close()


class GnuTlsServer(listeners.HttpServer):
    """GnuTLS that takes one certificate alone, and turns all others away with a warning, not a fatal alert."""

    SERVER_SIDE, CERTIFICATES, PEM, REQUEST, WARNING, CERTIFICATE_REQUIRED = 1, 1, 1, 1, 1, 116

    def __init__(self, bench, cert, key, good):
        self.good = ssl.PEM_cert_to_DER_cert(bench.path(good).read_text())
        self.library = library = ctypes.CDLL("libgnutls.so.30")
        library.gnutls_certificate_get_peers.restype = ctypes.POINTER(Datum)
        self.credentials = ctypes.c_void_p()
        library.gnutls_certificate_allocate_credentials(ctypes.byref(self.credentials))
        loaded = library.gnutls_certificate_set_x509_key_file(
            self.credentials, str(bench.path(cert)).encode(), str(bench.path(key)).encode(), self.PEM)
        assert loaded == 0, loaded
        super().__init__(bench)

    def serve(self, connection):
        library, session = self.library, ctypes.c_void_p()
        library.gnutls_init(ctypes.byref(session), self.SERVER_SIDE)
        library.gnutls_set_default_priority(session)
        library.gnutls_credentials_set(session, self.CERTIFICATES, self.credentials)
        library.gnutls_certificate_server_set_request(session, self.REQUEST)
        library.gnutls_transport_set_int2(session, connection.fileno(), connection.fileno())
        with connection:
            if library.gnutls_handshake(session) == 0:
                shown, count = None, ctypes.c_uint()
                peers = library.gnutls_certificate_get_peers(session, ctypes.byref(count))
                if count.value:
                    shown = ctypes.string_at(peers[0].data, peers[0].size)
                if shown == self.good:
                    library.gnutls_record_recv(session, ctypes.create_string_buffer(65536), ctypes.c_size_t(65536))
                    library.gnutls_record_send(session, self.answer, ctypes.c_size_t(len(self.answer)))
                else:
                    library.gnutls_alert_send(session, self.WARNING, self.CERTIFICATE_REQUIRED)
            library.gnutls_deinit(session)


class Datum(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("size", ctypes.c_uint)]


class ProbeHostile(Probing):
    def setUp(self):
        super().setUp()
        self.make_pki()

    def context(self, mode=ssl.CERT_REQUIRED):
        return listeners.tls_context(self, *self.SERVER, mode, "ca/ca.crt")

    def bounded(self, server, seconds, *args, **more):
        start = time.monotonic()
        document = self.probe(server, *args, **more)
        self.assertLess(time.monotonic() - start, seconds, self.explain(document))
        return document

    # --- listeners that change their mind ----------------------------------------------------------

    def test_connections_that_are_cut_prove_nothing(self):
        """Any certificate is taken, but from the sixth connection on all are cut before TLS begins."""
        lax = listeners.s_server(self, *self.SERVER, "-CAfile", self.ca, "-Verify", "3")
        relay = Relay(self, lambda n: lax.port if n < 5 else None)
        document = self.probe(relay)
        self.assert_verdict(document, "no-verdict")
        for one in self.attempts(document, "P2"):
            self.assertEqual(one["verdict"], "inconclusive", self.explain(document))
        # A connection that is cut once is tried again.
        strict = listeners.haproxy(self, "pem", f"crt {{pem}} ca-file {self.ca} verify required")
        relay = Relay(self, lambda n: None if n in (0, 7, 12) else strict.port)
        self.assert_verdict(self.probe(relay, "--jobs", "1"), "enforced")

    def test_a_limit_of_connections(self):
        """haproxy that takes any certificate, and cuts whoever connects too often."""
        limit = ("\n  stick-table type ip size 1k expire 60s store conn_rate(60s)\n  tcp-request connection track-sc0 src\n"
                 "  tcp-request connection reject if { sc0_conn_rate gt 6 }")
        server = listeners.haproxy(self, "pem", f"crt {{pem}} ca-file {self.ca} verify required ca-ignore-err all "
                                   f"crt-ignore-err all{limit}")
        document = self.probe(server)
        self.assertNotEqual(document["verdict"], "enforced", self.explain(document))

    def test_a_listener_that_bans_whoever_tried_something(self):
        """Everything is refused from the tenth connection on, in the way that certificates are refused."""
        strict = listeners.haproxy(self, "pem", f"crt {{pem}} ca-file {self.ca} verify required")
        nobody = listeners.haproxy(self, "pem", f"crt {{pem}} ca-file {self.ca} verify required crl-file "
                                   f"{make_crl(self, 'ca', 'stale.pem', stale=True)}")
        # The control meets the strict one, and all others one that refuses everybody.
        relay = Relay(self, lambda n: strict.port if n < 5 else nobody.port)
        document = self.probe(relay)
        self.assert_verdict(document, "no-verdict")
        self.assertIn("no longer", " ".join(document["reasons"]))

    def test_a_control_that_was_not_asked_is_no_control(self):
        """Of two servers behind one address the control met the open one."""
        strict = listeners.haproxy(self, "pem", f"crt {{pem}} ca-file {self.ca} verify required")
        lax = listeners.haproxy(self, "pem", "crt {pem}")
        relay = Relay(self, lambda n: strict.port)
        document = self.probe(relay, "--jobs", "1")
        self.assert_verdict(document, "enforced")
        for turn in (0, 1, 3, 4):  # the third is P9b
            relay = Relay(self, lambda n, turn=turn: lax.port if n == turn else strict.port)
            document = self.probe(relay, "--jobs", "1")
            self.assertNotEqual(document["verdict"], "enforced", f"{turn}: {self.explain(document)}")

    # --- TLS ---------------------------------------------------------------------------------------

    def test_at_tls_1_3_every_alert_ends_the_connection(self):
        """RFC 8446 section 6: whatever level it bears."""
        document = self.probe(GnuTlsServer(self, *self.SERVER, "good.crt"), "--tls", "1.3")
        for one in self.attempts(document, "P1") + self.attempts(document, "P2"):
            self.assertEqual((one["verdict"], one["alert"]),
                             ("rejected-after-handshake", {"number": 116, "name": "certificate_required"}))
        self.assert_verdict(document, "enforced")

    def test_a_way_round_to_a_page_that_is_never_the_same(self):
        """Without SNI nobody is asked, and the page has another number every time."""
        class ByName(Scripted):
            def serve(self, connection):
                named = b"localhost" in connection.recv(4096, socket.MSG_PEEK)
                self.talk(connection, strict if named else lax)

        lax, strict = self.context(ssl.CERT_NONE), self.context()
        numbers = itertools.count()

        def answer(connection, body):
            connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())

        server = ByName(self, None, lambda connection: answer(connection, f"visitor {next(numbers)}"))
        document = self.probe(server, "--tls", "1.3")
        self.assert_verdict(document, "no-verdict")
        self.assertIn("other content every time", document["sentence"])
        self.assertIn("PATH", document["advice"][0])
        # Where the page stays the same, so it can be told.
        self.assert_verdict(self.probe(ByName(self, None, lambda one: answer(one, "inside")), "--tls", "1.3"),
                            "not-enforced", "bypass")

    # --- HTTP that is not as it should be ----------------------------------------------------------

    def test_lines_that_end_with_a_line_feed_alone(self):
        answer = b"HTTP/1.1 200 OK\nContent-Length: 6\n\ninside"
        self.assert_verdict(self.probe(listeners.HttpServer(self, self.context(), answer=answer)), "enforced")
        server = listeners.HttpServer(self, self.context(ssl.CERT_OPTIONAL), answer=answer)
        self.assert_verdict(self.probe(server), "not-enforced", "optional")

    def test_a_status_line_is_an_answer_whatever_comes_of_the_rest(self):
        def cut(connection):
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-Rest: none")

        def drip(connection):
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            for _ in range(100):
                connection.sendall(b"x")
                time.sleep(0.1)

        for behave in (cut, drip):
            server = Scripted(self, self.context(ssl.CERT_OPTIONAL), behave)
            self.assert_verdict(self.bounded(server, 40, "--tls", "1.3"), "not-enforced", "optional")

    def test_endless_answers_are_bounded(self):
        def interim(connection):
            while True:
                connection.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 100)

        def head(connection):
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            while True:
                connection.sendall(b"X-Long: " + b"x" * 8000 + b"\r\n")

        def body(connection):
            connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            while True:
                connection.sendall(b"1\r\nx\r\n" * 1000)

        for behave in (interim, head, body):
            server = Scripted(self, self.context(), behave)
            document = self.bounded(server, 60, "--tls", "1.3", "--timeout", "1s")
            self.assertIn(document["verdict"], ("enforced", "no-verdict"))

    def test_chunk_sizes_that_overflow_take_no_memory(self):
        """2^64-2 plus its line end is 0: each size was taken for a chunk that holds all the rest."""
        for size in (b"fffffffffffffffe", b"ffffffffffffffff", b"7fffffffffffffff", b"fffff", b"1;" + b"x" * 300):
            lines = (size + b"\r\n") * (1_000_000 // len(size))

            def chunks(connection):
                connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + lines)
                connection.recv(1)

            server = Scripted(self, self.context(), chunks)
            self.bounded(server, 60, "--tls", "1.3", "--timeout", "2s")
        largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        self.assertLess(largest, 200 * 1024, f"{largest} KiB")

    # --- time --------------------------------------------------------------------------------------

    def test_a_silent_port_costs_one_timeout(self):
        document = self.bounded(listeners.silent(self), 5, "--timeout", "3s")
        self.assert_verdict(document, "no-verdict")
        self.assertIn("in time", document["sentence"])

    def test_several_silent_addresses_cost_one_timeout_together(self):
        server = listeners.haproxy(self, "pem", f"crt {{pem}} ca-file {self.ca} verify required")
        others = [f"127.0.0.{n}" for n in range(2, 9)]
        for one in others:
            listeners.mute(self, one, server.port)
        resolve = f"localhost:{server.port}:{','.join(others)}"
        document = self.bounded(server.url, 5, "--timeout", "3s", "--resolve", resolve)
        self.assert_verdict(document, "no-verdict")
        self.assertIn("in time", document["sentence"])
        self.assertEqual([one["address"] for one in document["addresses"]], [f"{one}:{server.port}" for one in others])
        # Whoever does answer is probed all the same, wherever it stands among them.
        document = self.bounded(server.url, 8, "--timeout", "3s", "--resolve", f"{resolve},127.0.0.1")
        self.assertEqual([one["verdict"] for one in document["addresses"]], ["no-verdict"] * 7 + ["enforced"])

    def test_a_listener_that_never_answers_is_not_asked_for_everything(self):
        server = Scripted(self, self.context(ssl.CERT_OPTIONAL), lambda connection: time.sleep(9))
        document = self.bounded(server, 7, "--timeout", "1s")
        self.assert_verdict(document, "no-verdict")
        self.assertIn("in time", document["sentence"])

    # --- what is said ------------------------------------------------------------------------------

    def test_a_name_that_asks_nobody_beside_one_that_does(self):
        """nginx: the default server of the port requires certificates, the one of this name does not ask."""
        more = "server {{ listen 127.0.0.1:{{port}} ssl; server_name {name}; location / {{ return 200 '{body}'; }} }}"
        server = listeners.nginx(self, *self.SERVER, f"ssl_client_certificate {self.ca}; ssl_verify_client on;",
                                 more=more.format(name="open.example", body="open"))
        document = self.probe(f"https://open.example:{server.port}/", "--resolve", f"open.example:{server.port}:127.0.0.1")
        self.assert_verdict(document, "not-enforced", "no-mtls")

    def test_a_listener_that_does_not_know_the_name(self):
        server = listeners.haproxy(self, "pem", f"crt {{pem}} strict-sni ca-file {self.ca} verify required")
        document = self.probe(f"https://127.0.0.1:{server.port}/")
        self.assert_verdict(document, "no-verdict")
        self.assertIn("said hello", document["sentence"])
        self.assertIn("--sni", document["advice"][0])
        self.assert_verdict(self.probe(f"https://127.0.0.1:{server.port}/", "--sni", "localhost"), "enforced")

    def test_what_is_shown_of_a_listeners_words_is_bounded(self):
        answer = b"HTTP/1.1 302 Found\r\nLocation: /" + b"x" * 9000 + b"\r\nContent-Length: 0\r\n\r\n"
        document = self.probe(listeners.HttpServer(self, self.context(ssl.CERT_OPTIONAL), answer=answer))
        self.assert_verdict(document, "not-enforced", "optional")
        self.assertLess(max(len(one) for one in document["reasons"]), 300)

    def test_what_to_change_is_about_what_was_let_in(self):
        bind = f"crt {{pem}} ca-file {self.ca} verify required"
        gaps = self.probe(listeners.haproxy(self, "pem", f"{bind} crt-ignore-err 10"), "--ca", "ca")
        self.assert_verdict(gaps, "not-enforced", "gaps")
        self.assertEqual((len(gaps["advice"]), gaps["advice"][0].split()[:3]), (1, ["leave", "the", "purpose,"]))
        gaps = self.probe(listeners.haproxy(self, "pem", bind), "--expect-crl", "--revoked-cert", "revoked.crt",
                          "--revoked-key", "revoked.key")
        self.assert_verdict(gaps, "not-enforced", "gaps")
        self.assertEqual((len(gaps["advice"]), "CRL" in gaps["advice"][0]), (1, True))
        # nginx: plain HTTP is answered with the page itself.
        rules = f"ssl_client_certificate {self.ca}; ssl_verify_client on; error_page 497 =200 /x;"
        bypass = self.probe(listeners.nginx(self, *self.SERVER, rules))
        self.assert_verdict(bypass, "not-enforced", "bypass")
        self.assertIn("plain HTTP", " ".join(bypass["advice"]))
        # Whoever has no certificate is left without an answer.
        silent = listeners.haproxy(self, "pem", f"{bind.replace('required', 'optional')}\n  http-request silent-drop unless "
                                   "{ ssl_c_used }")
        document = self.probe(silent, "--timeout", "1s")
        self.assert_verdict(document, "no-verdict")
        self.assertIn("the good client gets in", document["sentence"])

    def test_a_good_certificate_that_is_not_sent(self):
        """The listener takes RSA signatures alone, and the good key is an elliptic one."""
        server = listeners.s_server(self, *self.SERVER, "-CAfile", self.ca, "-Verify", "3", "-verify_return_error",
                                    "-client_sigalgs", "RSA+SHA256:RSA-PSS+SHA256")
        document = self.probe(server)
        self.assert_verdict(document, "no-verdict")
        self.assertEqual({one["verdict"] for one in self.attempts(document, "P0")}, {"withheld"})
        self.assertIn("was not sent", document["sentence"])
        self.assertIn("signature", " ".join(document["advice"]))


if __name__ == "__main__":
    main()
