"""`serve` under many connections: held at once, and one after the other. MTLSCTL_HANDSHAKES sets how many."""

import os
import resource
import socket
import ssl
import time

from serving import ServeBench, raise_descriptor_limit
from workbench import main

HELD = 1000
HANDSHAKES = int(os.environ.get("MTLSCTL_HANDSHAKES", "5000"))
MOST_GROWTH_KIB = 8 * 1024


class Load(ServeBench):
    def setUp(self):
        super().setUp()
        self.make_ca()
        self.make_client("alice")

    def test_a_thousand_connections_at_once(self):
        if raise_descriptor_limit() < HELD + 100:
            self.skipTest("this machine allows too few descriptors")
        # It starts with the soft limit that many have, and raises it by itself.
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
        with self.serve("--ca", "ca", "--timeout", "120s", "--idle-timeout", "300s") as served:
            raise_descriptor_limit()
            context = self.context("alice")
            held = []
            try:
                for _ in range(HELD):
                    held.append(self.connect(served, context))
                for connection in held:
                    self.assertTrue(self.ask(connection).startswith(b"HTTP/1.1 200"))
                # All are there still, and one more gets in.
                for connection in reversed(held):
                    self.assertTrue(self.ask(connection).startswith(b"HTTP/1.1 200"))
                self.assert_lets_in(served, "alice")
            finally:
                for connection in held:
                    connection.close()
            self.assertNotIn("refused", served.log())

    def test_handshakes_in_a_row(self):
        with self.serve("--ca", "ca") as served:
            contexts = [self.context("alice", version)
                        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)]
            first = HANDSHAKES // 5
            after_first = 0
            for number in range(HANDSHAKES):
                raw = socket.create_connection(("127.0.0.1", served.port), 10)
                with contexts[number % 2].wrap_socket(raw, server_hostname="localhost") as connection:
                    answer = self.ask(connection, "close")
                    self.assertTrue(answer.startswith(b"HTTP/1.1 200"), f"{number}: {answer[:100]}")
                if number + 1 == first:
                    after_first = served.resident_kib()
            growth = served.resident_kib() - after_first
            self.assertLessEqual(growth, MOST_GROWTH_KIB, f"grew by {growth} KiB after the first {first}")
            deadline = time.monotonic() + 5
            while served.log().count(" accepted: ") < HANDSHAKES and time.monotonic() < deadline:
                time.sleep(0.05)
            self.assertEqual(served.log().count(" accepted: "), HANDSHAKES)

    def test_refused_ones_leave_nothing_either(self):
        self.make_ca(directory="other")
        self.make_client("mallory", ca="other")
        with self.serve("--ca", "ca") as served:
            context = self.context("mallory")
            after_first = 0
            for number in range(HANDSHAKES // 5):
                try:
                    with self.connect(served, context) as connection:
                        self.assertEqual(connection.recv(10), b"")
                except (ssl.SSLError, ConnectionResetError):
                    pass
                if number + 1 == HANDSHAKES // 25:
                    after_first = served.resident_kib()
            self.assertLessEqual(served.resident_kib() - after_first, MOST_GROWTH_KIB)
            self.assertNotIn(" accepted: ", served.log())


if __name__ == "__main__":
    main()
