"""Listeners that change their mind, drip, lie or break rules: `probe` never calls them enforced without proof."""

import contextlib
import ssl
import time

import listeners
from probing import Probing
from workbench import main


class Scripted(listeners.HttpServer):
    """Does with each TLS connection, once its request is there, what `behave(connection)` says."""

    def __init__(self, bench, context, behave):
        self.behave = behave
        super().__init__(bench, context)

    def serve(self, connection):
        connection.settimeout(10)
        with contextlib.suppress(OSError, ssl.SSLError), connection:
            connection = self.context.wrap_socket(connection, server_side=True)
            data = b""
            while b"\r\n\r\n" not in data:
                if not (part := connection.recv(65536)):
                    return
                data += part
            self.requests.append(data)
            self.behave(connection)
            connection.close()


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

    # --- HTTP that is not as it should be ----------------------------------------------------------

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


if __name__ == "__main__":
    main()
