"""Point 1: ports that are no listener, and listeners that are hard to reach."""

import ssl
import time

import listeners
from probing import Probing
from workbench import MTLSCTL, main


class ProbePorts(Probing):
    def setUp(self):
        super().setUp()
        self.make_pki()

    def bounded(self, server, seconds, *args, **more):
        start = time.monotonic()
        document = self.probe(server, *args, **more)
        self.assertLess(time.monotonic() - start, seconds, self.explain(document))
        return document

    def test_a_closed_port(self):
        url = f"https://127.0.0.1:{listeners.free_port()}/"
        document = self.bounded(url, 3)
        self.assert_verdict(document, "no-verdict")
        self.assertIn("nothing listens", document["sentence"])

    def test_a_silent_port(self):
        document = self.bounded(listeners.silent(self), 4, "--timeout", "1s")
        self.assert_verdict(document, "no-verdict")
        self.assertIn("in time", document["sentence"])

    def test_a_port_that_resets(self):
        document = self.bounded(listeners.resetting(self), 5)
        self.assert_verdict(document, "no-verdict")
        self.assertEqual({one["ending"] for one in document["attempts"]}, {"reset"})

    def test_a_port_that_closes(self):
        self.assert_verdict(self.bounded(listeners.closing(self), 5), "no-verdict")

    def test_plain_http(self):
        # One that waits for the rest of a request line, and one that answers the ClientHello with 400.
        document = self.bounded(listeners.HttpServer(self), 20, "--timeout", "2s")
        self.assert_verdict(document, "no-verdict")
        self.assertIn("plain HTTP", document["sentence"])
        plain = listeners.nginx(self, *self.SERVER, "", listen="127.0.0.1")
        config = self.path(f"nginx-{plain.port}.conf")
        plain.stop()
        config.write_text(config.read_text().replace(" ssl http2", ""))
        again = listeners.Server(self, [listeners.program(self, "nginx"), "-p", self.dir, "-c", config], plain.port)
        document = self.bounded(again, 5)
        self.assert_verdict(document, "no-verdict")
        self.assertIn("plain HTTP", document["sentence"])

    def test_tls_without_http_inside(self):
        context = listeners.tls_context(self, *self.SERVER, ssl.CERT_REQUIRED, "ca/ca.crt")
        server = listeners.HttpServer(self, context, answer=b"220 mail.example ESMTP\r\n")
        document = self.bounded(server, 20)
        self.assert_verdict(document, "no-verdict")

    def test_the_same_answer_to_everyone_is_no_control(self):
        context = listeners.tls_context(self, *self.SERVER, ssl.CERT_OPTIONAL, "ca/ca.crt")
        forbidden = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        self.assert_verdict(self.probe(listeners.HttpServer(self, context, answer=forbidden)), "no-verdict")
        # Where TLS turns the others away, it is the application's 403 for the good client.
        context = listeners.tls_context(self, *self.SERVER, ssl.CERT_REQUIRED, "ca/ca.crt")
        self.assert_verdict(self.probe(listeners.HttpServer(self, context, answer=forbidden)), "enforced")

    def test_statuses_that_let_in(self):
        context = listeners.tls_context(self, *self.SERVER, ssl.CERT_OPTIONAL, "ca/ca.crt")
        for status in (b"200 OK", b"302 Found", b"404 Not Found", b"500 Oops", b"503 Later", b"204 No Content"):
            answer = b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            document = self.probe(listeners.HttpServer(self, context, answer=answer))
            self.assert_verdict(document, "not-enforced", "optional")

    def test_ipv6(self):
        for verify, verdict in (("on", ("enforced",)), ("optional", ("not-enforced", "optional"))):
            server = listeners.nginx(self, *self.SERVER, f"ssl_client_certificate {self.ca}; ssl_verify_client {verify};",
                                   listen="::1")
            self.assert_verdict(self.probe(f"https://[::1]:{server.port}/"), *verdict)
            self.assert_verdict(self.probe(server), *verdict)

    def test_every_address_is_probed(self):
        strict = listeners.nginx(self, *self.SERVER, f"ssl_client_certificate {self.ca}; ssl_verify_client on;")
        both = ["--resolve", f"localhost:{strict.port}:127.0.0.1,::1"]
        # Where nobody listens, nobody gets in.
        document = self.probe(strict, *both)
        self.assert_verdict(document, "enforced")
        self.assertEqual([one["verdict"] for one in document["addresses"]], ["enforced", "no-verdict"])
        # Of one that is silent nothing is known, and it is named.
        listeners.mute(self, "127.0.0.2", strict.port)
        silent = ["--resolve", f"localhost:{strict.port}:127.0.0.1,127.0.0.2", "--timeout", "1s"]
        document = self.probe(strict, *silent)
        self.assert_verdict(document, "no-verdict")
        self.assertEqual([one["verdict"] for one in document["addresses"]], ["enforced", "no-verdict"])
        self.assertEqual(document["exit"], 7)
        self.assertEqual(document["sentence"], f"no verdict: 127.0.0.2:{strict.port} does not answer in time, "
                                               "so nothing is known of that address")
        # One that lets everyone in is found whichever address it has.
        config = self.path("open.conf")
        text = self.path(f"nginx-{strict.port}.conf").read_text().replace("127.0.0.1:", "[::1]:").replace(
            "ssl_verify_client on", "ssl_verify_client optional").replace("nginx-", "nginx6-").replace(
            f"shared:S{strict.port}", "shared:S6")
        config.write_text(text)
        listeners.Server(self, [listeners.program(self, "nginx"), "-p", self.dir, "-c", config], strict.port, host="::1")
        self.assert_verdict(self.probe(strict, *both), "not-enforced", "optional")
        self.assert_verdict(self.probe(strict), "enforced")

    def test_a_listener_that_speaks_http2_alone(self):
        port = listeners.free_port()
        script = (f"const fs = require('fs'); const s = require('http2').createSecureServer({{key: fs.readFileSync('server.key'), "
                  f"cert: fs.readFileSync('server.crt'), ca: fs.readFileSync('{self.ca}'), requestCert: true, "
                  f"rejectUnauthorized: true, ALPNProtocols: ['h2']}}); s.on('stream', (t) => {{ t.respond({{':status': 200}}); "
                  f"t.end('inside'); }}); s.listen({port}, '127.0.0.1');")
        server = listeners.Server(self, [listeners.program(self, "node"), "-e", script], port)
        document = self.probe(server)
        self.assert_verdict(document, "enforced")
        self.assertEqual({one["alpn"] for one in self.attempts(document, "P0")}, {"h2"})

    def test_a_name_that_does_not_exist(self):
        result = self.run_any([MTLSCTL, "probe", "--json", "https://no-such-host.invalid/"])
        self.assertEqual((result.code, result.json["error"]["code"]), (7, "io"), str(result))

    def test_through_a_proxy(self):
        server = listeners.haproxy(self, "pem", f"crt {{pem}} ca-file {self.ca} verify required")
        proxy = listeners.ConnectProxy(self)
        document = self.probe(server, "--proxy", f"127.0.0.1:{proxy.port}")
        self.assert_verdict(document, "enforced")
        self.assertGreaterEqual(len(proxy.targets), len(document["attempts"]))
        self.assertEqual(set(proxy.targets), {f"127.0.0.1:{server.port}"})
        for port in (listeners.closing(self).port, listeners.free_port()):
            document = self.probe(server, "--proxy", f"127.0.0.1:{port}")
            self.assert_verdict(document, "no-verdict")
            self.assertIn("the proxy", document["sentence"])

    def test_several_back_ends(self):
        """One of three lets everyone in: found with --repeat."""
        strict = listeners.tls_context(self, *self.SERVER, ssl.CERT_REQUIRED, "ca/ca.crt")
        lax = listeners.tls_context(self, *self.SERVER, ssl.CERT_OPTIONAL, "ca/ca.crt")
        server = listeners.RotatingServer(self, [strict, strict, lax])
        document = self.probe(server, "--repeat", "9", "--jobs", "1")
        self.assert_verdict(document, "not-enforced", "optional")

    def test_it_sends_nothing_but_get(self):
        context = listeners.tls_context(self, *self.SERVER, ssl.CERT_OPTIONAL, "ca/ca.crt")
        server = listeners.HttpServer(self, context)
        self.probe(server.url + "a/b?c=d", "--resolve", f"localhost:{server.port}:127.0.0.1")
        self.assertTrue(server.requests)
        for request in server.requests:
            lines = request.decode().split("\r\n")
            self.assertEqual(lines[0], "GET /a/b?c=d HTTP/1.1")
            self.assertIn(f"Host: localhost:{server.port}", lines)
            self.assertIn("Connection: close", lines)

    def test_names_of_sni_and_host(self):
        context = listeners.tls_context(self, *self.SERVER, ssl.CERT_OPTIONAL, "ca/ca.crt")
        names = set()
        context.sni_callback = lambda connection, name, ctx: names.add(name) or None
        server = listeners.HttpServer(self, context)
        url = f"https://127.0.0.1:{server.port}/"
        self.probe(url, "--sni", "localhost", "--alt-sni", "open.example", "--host-header", "inner.example:8443")
        self.assertEqual(names, {"localhost", "open.example", None})
        self.assertTrue(all(b"\r\nHost: inner.example:8443\r\n" in request for request in server.requests))
        names.clear()
        self.probe(url)
        self.assertEqual(names, {None})

    def test_twenty_two_attempts_take_less_than_ten_seconds(self):
        self.mtlsctl("ca", "init", "--ca", "odd", "--profile", "probe-ca", "--common-name", "Odd", "--key-type", "ec:p256")
        self.path("both.pem").write_bytes(self.read("ca", "ca.crt") + self.read("odd", "ca.crt"))
        server = listeners.nginx(self, *self.SERVER, f"ssl_client_certificate {self.path('both.pem')}; ssl_verify_client on; "
                               "ssl_verify_depth 5;")
        document = self.bounded(server, 10, "--ca", "ca", "--probe-ca", "odd", "--alt-sni", "open.example", "--revoked-cert",
                                "revoked.crt", "--revoked-key", "revoked.key")
        self.assert_verdict(document, "enforced")
        self.assertEqual(len({one["id"] for one in document["attempts"]}), 22, self.explain(document))


if __name__ == "__main__":
    main()
