"""`serve` and whoever would hold it up: slow, silent, endless and many clients, locks, FIFOs, full disks."""

import contextlib
import fcntl
import os
import random
import re
import signal
import socket
import ssl
import subprocess
import time

from serving import ServeBench
from workbench import MTLSCTL, main


class Bounds(ServeBench):
    def test_silent_and_slow_clients_are_timed_out(self):
        self.make_ca()
        self.make_client("alice")
        with self.serve("--ca", "ca", "--timeout", "1s", "--idle-timeout", "2s") as served:
            silent = socket.create_connection(("127.0.0.1", served.port), 10)
            slow = self.connect(served, self.context("alice"))
            idle = self.connect(served, self.context("alice"))
            self.assertTrue(self.ask(idle).startswith(b"HTTP/1.1 200"))
            began = time.monotonic()
            answer = b""
            slow.settimeout(0.2)
            with contextlib.suppress(OSError):
                for octet in b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 100:
                    slow.sendall(bytes([octet]))
                    with contextlib.suppress(TimeoutError):
                        answer += slow.recv(4096)
                    if answer:
                        break
            self.assertLess(time.monotonic() - began, 3)
            self.assertTrue(answer.startswith(b"HTTP/1.1 408"), answer)
            self.assertEqual(silent.recv(100), b"")
            served.wait_for("failed: the handshake took too long")
            self.assertEqual(idle.recv(100), b"")
            self.assertLess(time.monotonic() - began, 5)
            for connection in (silent, slow, idle):
                connection.close()
            self.assert_lets_in(served, "alice")

    def test_requests_have_a_size(self):
        self.make_ca()
        self.make_client("alice")
        with self.serve("--ca", "ca") as served:
            identity = ["--cert", "alice.crt", "--key", "alice.key", "-o", "answer", "-w", "%{http_code}"]
            for more, status in ((["-H", "X: " + "x" * 12_000], b"200"), (["-H", "X: " + "x" * 40_000], b"431"),
                                 (["-d", "x" * 1000], b"200"), (["-d", "x" * 100_000], b"413"),
                                 (["-X", "PUT", "-d", "x"], b"200"), (["-I"], b"200"),
                                 (["-H", "Transfer-Encoding: chunked", "-d", "x" * 5000], b"200")):
                result = self.curl(served, *identity, *more)
                self.assertEqual(result.out, status, f"{more[0]} {result}")
            with self.connect(served, self.context("alice")) as connection:
                connection.sendall(b"\x00\x01\x02 nonsense\r\n\r\n")
                self.assertTrue(connection.recv(4096).startswith(b"HTTP/1.1 400"))
            # Several requests at once on one connection are answered one after the other.
            with self.connect(served, self.context("alice")) as connection:
                connection.sendall(b"GET /1 HTTP/1.1\r\nHost: x\r\n\r\n" * 20 +
                                   b"GET /2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                whole = b""
                while part := connection.recv(65536):
                    whole += part
                self.assertEqual(whole.count(b"HTTP/1.1 200 OK"), 21)

    def test_who_waits_before_the_body_is_told_to_go_on(self):
        """Expect: 100-continue (RFC 9110 10.1.1); without an answer these wait for longer than serve does."""
        self.make_ca()
        self.make_client("alice")
        with self.serve("--ca", "ca", "--timeout", "3s") as served:
            identity = ["--cert", "alice.crt", "--key", "alice.key", "--expect100-timeout", "20", "-v", "-o", "answer",
                        "-w", "%{http_code}"]
            wait = ["-H", "Expect: 100-continue"]
            self.path("large").write_bytes(b"x" * (2 << 20))  # over 1 MiB curl waits unasked
            for more, status, told in (
                    ([*wait, "-d", "x" * 1000], b"200", True), ([*wait, "-d", "x" * 100_000], b"413", False),
                    ([*wait, "-H", "Transfer-Encoding: chunked", "-d", "x" * 1000], b"200", True),
                    ([*wait, "-H", "Transfer-Encoding: chunked", "-d", "x" * 100_000], b"413", True),
                    (["-d", "@large"], b"413", False), (["-H", "Expect: other", "-d", "x"], b"417", False)):
                began = time.monotonic()
                result = self.curl(served, *identity, *more)
                self.assertEqual(result.out, status, f"{more[0]} {result}")
                self.assertEqual(b"HTTP/1.1 100 Continue" in result.err, told, str(result))
                self.assertLess(time.monotonic() - began, 2)
            # Two on one connection, and the second silent after it was told to go on: a time for the whole request.
            with self.connect(served, self.context("alice")) as connection:
                head = b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n"
                for _ in range(2):
                    connection.sendall(head)
                    self.assertEqual(connection.recv(4096), b"HTTP/1.1 100 Continue\r\n\r\n")
                    connection.sendall(b"x")
                    self.assertTrue(connection.recv(65536).startswith(b"HTTP/1.1 200"))
                connection.sendall(head)
                self.assertEqual(connection.recv(4096), b"HTTP/1.1 100 Continue\r\n\r\n")
                self.assertTrue(connection.recv(4096).startswith(b"HTTP/1.1 408"))

    def test_a_chunk_header_without_end_is_not_kept(self):
        self.make_ca()
        self.make_client("alice")
        with self.serve("--ca", "ca") as served, self.connect(served, self.context("alice")) as connection:
            before = served.resident_kib()
            connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;")
            with contextlib.suppress(OSError):
                for _ in range(1000):
                    connection.sendall(b"x" * 65536)
            self.assertLess(served.resident_kib() - before, 8 * 1024)
            self.assert_lets_in(served, "alice")

    def test_clients_that_flood_hold_up_nobody_but_themselves(self):
        """KeyUpdates of TLS 1.3 never end one call of libssl's, so the others and every deadline wait."""
        self.make_ca()
        self.make_client("alice")
        flood = os.environ["MTLSCTL_TLS_FLOOD"]
        for kind in ("key-update", "tiny"):
            with self.subTest(kind), self.serve("--ca", "ca", "--timeout", "3s") as served:
                began = time.monotonic()
                floods = [subprocess.Popen([flood, str(served.port), "alice.crt", "alice.key", kind, "10"], cwd=self.dir,
                                           stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
                try:
                    time.sleep(0.3)
                    for _ in range(5):
                        asked = time.monotonic()
                        result = self.curl(served, "--cert", "alice.crt", "--key", "alice.key")
                        self.assertEqual(result.code, 0, f"{result}\n{served.log()}")
                        self.assertLess(time.monotonic() - asked, 2)
                    for one in floods:
                        out, errors = one.communicate(timeout=20)
                        self.assertRegex(out, rb"^\d+ ended\n$", errors)
                    self.assertLess(time.monotonic() - began, 8, "they have three seconds for their request")
                finally:
                    for one in floods:
                        one.kill()
                        one.communicate()

    def test_it_ends_within_a_second_of_sigterm_in_the_midst_of_a_flood(self):
        self.make_ca()
        self.make_client("alice")
        flood = os.environ["MTLSCTL_TLS_FLOOD"]
        floods = []
        try:
            with self.serve("--ca", "ca") as served:  # which takes the time on leaving
                floods += [subprocess.Popen([flood, str(served.port), "alice.crt", "alice.key", kind, "6"], cwd=self.dir,
                                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
                           for kind in ("key-update", "key-update", "tiny")]
                served.wait_for("(?s)accepted.*accepted.*accepted")
        finally:
            for one in floods:
                one.kill()
                one.communicate()

    def test_renegotiation_is_off(self):
        self.make_ca()
        self.make_client("alice")
        with self.serve("--ca", "ca") as served:
            result = self.run_any([os.environ["MTLSCTL_TLS_FLOOD"], str(served.port), "alice.crt", "alice.key",
                                   "renegotiate", "5"])
            self.assertEqual(result.out, b"0 ended\n", str(result))
            client = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{served.port}", "-tls1_2", "-cert",
                                     "alice.crt", "-key", "alice.key"], input=b"R\n", cwd=self.dir, capture_output=True,
                                    timeout=10, check=False)
            self.assertIn(b"no renegotiation", client.stderr)
            self.assertEqual(len(re.findall("accepted", served.log())), 2, served.log())
            self.assert_lets_in(served, "alice")

    def test_with_few_descriptors_it_serves_some_or_says_why_not(self):
        self.make_ca()
        self.make_client("alice")
        with self.serve("--ca", "ca"):
            pass  # so that it has its certificate
        started = 0
        for limit in (*range(6, 20), 24, 50):
            process = subprocess.Popen(["prlimit", f"--nofile={limit}:{limit}", MTLSCTL, "serve", "--ca", "ca", "--listen",
                                        "127.0.0.1:0"], cwd=self.dir, env=self.env, stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE)
            try:
                line = process.stdout.readline()
                if not line:
                    _, errors = process.communicate(timeout=10)
                    self.assertEqual(process.returncode, 7, errors)
                    self.assertNotIn(b"bug", errors)
                    continue
                started += 1
                port = int(re.search(rb":(\d+)/", line)[1])
                silent = [socket.create_connection(("127.0.0.1", port), 5) for _ in range(100)]
                for connection in silent:
                    connection.close()
                for _ in range(100):
                    result = self.run_any(["curl", "-sS", "--cacert", "ca/ca.crt", "--cert", "alice.crt", "--key",
                                           "alice.key", "--noproxy", "*", f"https://127.0.0.1:{port}/"])
                    if result.code == 0:
                        break
                    time.sleep(0.05)
                self.assertEqual(result.code, 0, f"{limit}: {result}")
                process.terminate()
                self.assertEqual(process.wait(2), 0)
            finally:
                process.kill()
                process.communicate()
        self.assertGreater(started, 2)

    def test_the_number_of_connections_is_bounded(self):
        self.make_ca()
        self.make_client("alice")
        with self.serve("--ca", "ca", "--max-connections", "3") as served:
            held = [self.connect(served, self.context("alice")) for _ in range(3)]
            with self.assertRaises(OSError):
                self.connect(served, self.context("alice"))
            served.wait_for("refused: too many connections: there are 3 already")
            for connection in held:
                connection.close()
            served.wait_for("accepted")
            for _ in range(100):
                if self.curl(served, "--cert", "alice.crt", "--key", "alice.key").code == 0:
                    break
                time.sleep(0.05)
            else:
                self.fail("nobody gets in after others have left")

    def test_damaged_hellos_do_not_end_it(self):
        self.make_ca()
        self.make_client("alice")
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = self.context("alice").wrap_bio(incoming, outgoing, server_hostname="localhost")
        with contextlib.suppress(ssl.SSLWantReadError):
            client.do_handshake()
        hello = outgoing.read()
        chance = random.Random(1)
        with self.serve("--ca", "ca", "--timeout", "2s") as served:
            for number in range(400):
                damaged = bytearray(hello)
                for _ in range(chance.randrange(1, 8)):
                    damaged[chance.randrange(len(damaged))] = chance.randrange(256)
                if number % 4 == 0:
                    damaged = damaged[:chance.randrange(len(damaged))]
                if number % 7 == 0:
                    damaged += chance.randbytes(chance.randrange(300))
                with socket.create_connection(("127.0.0.1", served.port), 5) as raw:
                    with contextlib.suppress(OSError):
                        raw.sendall(damaged)
                        raw.shutdown(socket.SHUT_WR)
                        raw.recv(4096)
            self.assert_lets_in(served, "alice")

    def test_a_log_that_nobody_reads_does_not_stop_it(self):
        self.make_ca()
        self.make_client("alice")
        process = subprocess.Popen([MTLSCTL, "serve", "--ca", "ca", "--listen", "127.0.0.1:0"], cwd=self.dir,
                                   env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            port = int(re.search(rb":(\d+)/", process.stdout.readline())[1])
            for _ in range(1500):  # over 64 KiB of lines
                with socket.create_connection(("127.0.0.1", port), 5) as raw:
                    raw.sendall(b"GET / HTTP/1.1\r\n\r\n")
                    raw.shutdown(socket.SHUT_WR)
                    with contextlib.suppress(ConnectionResetError):
                        raw.recv(100)
            process.terminate()
            self.assertEqual(process.wait(2), 0)
        finally:
            process.kill()
            process.communicate()

    def test_it_ends_within_a_second_whatever_clients_do(self):
        self.make_ca()
        self.make_client("alice")
        for stop in (signal.SIGTERM, signal.SIGINT):
            with contextlib.ExitStack() as stack:
                with self.serve("--ca", "ca", stop=stop) as served:
                    context = self.context("alice")
                    for _ in range(20):
                        stack.enter_context(self.connect(served, context))
                        stack.enter_context(socket.create_connection(("127.0.0.1", served.port), 5))

    def test_sighup_does_not_wait_for_others(self):
        """A lock that is held, a FIFO that nobody writes to: everybody else would wait, too."""
        self.make_ca()
        self.make_client("alice")
        self.make_crl()
        self.make_crl("second.crl")
        with self.serve("--ca", "ca", "--crl", "ca.crl", "--crl", "second.crl") as served:
            os.unlink(self.path("ca.crl"))
            os.mkfifo(self.path("ca.crl"))
            self.make_crl("second.crl", revoked=["alice.crt"])
            directory = os.open(self.path("ca/serve"), os.O_RDONLY)
            try:
                fcntl.flock(directory, fcntl.LOCK_EX)
                began = time.monotonic()
                served.hup()
                self.assertLess(time.monotonic() - began, 2)
            finally:
                os.close(directory)
            served.wait_for("not reloaded, .*ca.crl.* is no regular file")
            # What could be read counts.
            self.assert_refuses(served, "alice", "revoked")

    def test_many_hangups_are_few_reloads(self):
        self.make_ca()
        self.make_client("alice")
        with self.serve("--ca", "ca") as served:
            for _ in range(3000):
                served.process.send_signal(signal.SIGHUP)
            self.assert_lets_in(served, "alice")
            for _ in range(3000):
                served.process.send_signal(signal.SIGHUP)
            # And SIGTERM, which follows, ends it within a second.


if __name__ == "__main__":
    main()
