"""A PostgreSQL server of the tests' own: private data directory, Unix socket, no set-up by hand.

The programs are Debian's (package postgresql, /usr/lib/postgresql/VERSION/bin). A server refuses to
run as root: then it runs as the user `postgres` of the package. Nothing is installed or configured
outside of a scratch directory, and no daemon of the system is touched.

As a program: `postgresql.py PROGRAM ARG…` runs PROGRAM with MTLSCTL_TEST_POSTGRESQL set to the URL of
a fresh server, and exits as it does.
"""

import contextlib
import glob
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

TIMEOUT = 60


def bin_directory():
    """The newest server's programs."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/postgres"),
                   key=lambda path: float(path.split("/")[4]))
    if not found:
        raise FileNotFoundError("no PostgreSQL server: tests/run installs the package postgresql")
    return pathlib.Path(found[-1]).parent


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """One server. Settings are those of postgresql.conf; `listen` (an address) adds TCP on a free port."""

    def __init__(self, settings=None, listen=None):
        self.bin = bin_directory()
        self.user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="mtlsctl-pg."))
        self.data = self.dir / "data"
        self.port = free_port() if listen else 5432  # of the socket's name alone, otherwise
        self.process = None
        self.settings = {
            "unix_socket_directories": f"'{self.dir}'",
            "listen_addresses": f"'{listen or ''}'",
            "max_connections": 150,
            "shared_buffers": "'16MB'",
            "recovery_init_sync_method": "syncfs",  # not every file of it after each kill
            "log_line_prefix": "'%m %p '",
            **(settings or {}),
        }
        try:
            if os.geteuid() == 0:
                shutil.chown(self.dir, self.user)
            os.chmod(self.dir, 0o755)  # the tests' own user must reach the socket
            self.run("initdb", "-D", self.data, "-A", "trust", "-U", "test", "-E", "UTF8",
                     "--locale=C.UTF-8", "--no-sync")
            self.start()
        except BaseException:
            self.close()
            raise

    def as_user(self, argv):
        argv = [str(a) for a in argv]
        if os.geteuid() != 0:
            return argv
        return ["setpriv", f"--reuid={self.user}", f"--regid={self.user}", "--clear-groups", *argv]

    def run(self, program, *args):
        done = subprocess.run(self.as_user([self.bin / program, *args]), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TIMEOUT,
                              cwd=self.dir, env={"PATH": os.environ["PATH"], "LC_ALL": "C"})
        if done.returncode != 0:
            raise RuntimeError(f"{program}: {done.stdout.decode(errors='replace')}")
        return done.stdout.decode()

    def start(self):
        """Starts it (again), and waits until it answers. After a kill its children may hold the shared
        memory for a moment: then it gives up at once, and is started once more."""
        deadline = time.monotonic() + TIMEOUT
        while not self.try_start(deadline):
            if "shared memory block" not in self.log_text()[-1000:] or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start: {self.log_text()[-2000:]}")
            time.sleep(0.2)

    def try_start(self, deadline):
        """Whether it answers; False where it ended instead."""
        options = [word for name, value in self.settings.items() for word in ("-c", f"{name}={str(value).strip(chr(39))}")]
        self.log = open(self.dir / "log", "ab")
        self.process = subprocess.Popen(
            self.as_user([self.bin / "postgres", "-D", self.data, "-p", self.port, *options]),
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, cwd=self.dir,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C"}, start_new_session=True)
        while subprocess.run([self.bin / "pg_isready", "-q", "-h", self.dir, "-p", str(self.port)],
                             stdin=subprocess.DEVNULL).returncode != 0:
            if self.process.poll() is not None or time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def log_text(self):
        return (self.dir / "log").read_text(errors="replace")

    def kill(self):
        """kill -9 of all of it at once, as a power cut to the processes."""
        pid = self.process.pid
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)  # no postmaster that sees its children die
            children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            for child in children:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(child), signal.SIGKILL)
            os.kill(pid, signal.SIGKILL)
        self.process.wait(TIMEOUT)
        self.log.close()
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def stop(self, how=signal.SIGINT):
        """Stops it; SIGINT is the fast way: sessions are ended, everything is on disk."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(TIMEOUT)
            except subprocess.TimeoutExpired:
                self.kill()
        if self.process is not None:
            self.log.close()
        self.process = None

    def close(self):
        self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)

    def url(self, database="test", **options):
        """The URL of a database over the socket."""
        options = {"host": str(self.dir), "port": str(self.port), **options}
        return f"postgresql://test@/{database}?{urllib.parse.urlencode(options)}"

    def sql(self, text, database="postgres", user="test"):
        """What psql prints, a row a line, columns parted by '|'."""
        done = subprocess.run(
            [self.bin / "psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", self.dir, "-p", str(self.port),
             "-U", user, "-d", database, "-c", text],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=TIMEOUT)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.decode(errors="replace"))
        return done.stdout.decode().splitlines()

    def make_database(self, name="test"):
        """A new, empty database; returns its URL."""
        self.sql(f'CREATE DATABASE "{name}"')
        return self.url(name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Proxy:
    """Stands between programs and a server, and decides what becomes of one round trip.

    `at` counts round trips (a Query or a Sync of the client's) that hold `what`, over all connections, from 1. When it
    comes, `fault` is done: "before": the server is killed and never sees it; "during": it sees it and
    is killed at once; "after": it has answered, is killed, and the answer is lost. `restart` brings the
    server up again and lets new connections through.
    """

    def __init__(self, server):
        self.server = server
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="mtlsctl-proxy."))
        os.chmod(self.dir, 0o755)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.dir / f".s.PGSQL.{server.port}"))
        self.listener.listen(64)
        self.lock = threading.Lock()
        self.arm()
        self.accepting = threading.Thread(target=self.accept, daemon=True)
        self.accepting.start()

    def arm(self, at=None, fault=None, what=b""):
        self.at, self.fault, self.what, self.trips, self.struck = at, fault, what, [], threading.Event()

    def url(self, database="test", **options):
        return self.server.url(database, host=str(self.dir), **options)

    def close(self):
        # Closing alone leaves the thread in accept, on a number that the next proxy's listener may get.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.accepting.join()
        self.listener.close()
        shutil.rmtree(self.dir, ignore_errors=True)

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        upstream = socket.socket(socket.AF_UNIX)
        with client, upstream, contextlib.suppress(OSError, EOFError):
            upstream.connect(str(self.server.dir / f".s.PGSQL.{self.server.port}"))
            upstream.sendall(self.read_message(client, typed=False))
            self.answer(upstream, client)
            while True:
                trip, kind = b"", b""
                while kind not in (b"S", b"Q"):  # a Sync or a Query ends what belongs together
                    message = self.read_message(client)
                    kind = message[:1]
                    if kind == b"X":  # Terminate
                        return
                    trip += message
                self.forward(trip, upstream, client)

    def forward(self, trip, upstream, client):
        with self.lock:
            if self.what in trip:
                self.trips.append(trip)
            strikes = self.what in trip and len(self.trips) == self.at
        if strikes and self.fault == "before":
            return self.strike()
        upstream.sendall(trip)
        if strikes and self.fault == "during":
            return self.strike()
        answer = self.answer(upstream, None if strikes else client)
        if strikes:
            self.strike()
        return answer

    def strike(self):
        self.server.kill()
        self.struck.set()
        raise EOFError

    @staticmethod
    def read_exactly(stream, count):
        data = b""
        while len(data) < count:
            more = stream.recv(count - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def read_message(self, stream, typed=True):
        kind = self.read_exactly(stream, 1) if typed else b""
        length = self.read_exactly(stream, 4)
        return kind + length + self.read_exactly(stream, int.from_bytes(length, "big") - 4)

    def answer(self, upstream, client):
        """Passes on everything up to and with ReadyForQuery."""
        while True:
            message = self.read_message(upstream)
            if client is not None:
                client.sendall(message)
            if message[:1] == b"Z":
                return


def main(argv):
    # Only what survives a power cut is not tested here: without fsync it is much faster.
    with Server({"fsync": "off"}) as server:
        url = server.make_database()
        return subprocess.run(argv, env={**os.environ, "MTLSCTL_TEST_POSTGRESQL": url}).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
