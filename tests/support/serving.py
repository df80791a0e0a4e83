"""`mtlsctl serve` for tests: started on a free port of the loopback, stopped at the end, its log at hand."""

import contextlib
import os
import re
import resource
import signal
import socket
import sqlite3
import ssl
import subprocess
import time

from workbench import KEY, MTLSCTL, Workbench

CRL_CONF = """[ca]
database = {dir}/index
crlnumber = {dir}/crlnumber
default_md = sha256
unique_subject = no
crl_extensions = crl_ext
[crl_ext]
authorityKeyIdentifier = keyid
"""
LEAF_CONF = """[ca]
database = {dir}/index
rand_serial = yes
default_md = sha256
unique_subject = no
email_in_dn = no
policy = policy
new_certs_dir = {dir}
[policy]
commonName = optional
organizationName = optional
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = {usage}
"""


class Served:
    """A running listener."""

    def __init__(self, process, port, log_path, host="127.0.0.1"):
        self.process, self.port, self.log_path, self.host = process, port, log_path, host

    def log(self):
        return self.log_path.read_text(encoding="utf-8")

    def wait_for(self, pattern, seconds=10, start=0):
        """The match of a pattern in the log behind `start`; fails the test where none comes."""
        end = time.monotonic() + seconds
        while True:
            match = re.search(pattern, self.log()[start:])
            if match:
                return match
            assert time.monotonic() < end, f"no {pattern!r} in the log:\n{self.log()}"
            time.sleep(0.02)

    def hup(self):
        """SIGHUP; returns once it has been acted on."""
        start = len(self.log())
        self.process.send_signal(signal.SIGHUP)
        self.wait_for("reloaded", start=start)

    def resident_kib(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmRSS:\s+(\d+) kB", status.read())[1])


class ServeBench(Workbench):
    """A case with listeners. `ca` in the scratch directory is made by make_ca()."""

    @contextlib.contextmanager
    def serve(self, *args, listen="127.0.0.1:0", stop=signal.SIGTERM, name="serve"):
        log_path = self.path(name + ".log")
        with open(log_path, "wb") as log:
            process = subprocess.Popen([MTLSCTL, "serve", "--listen", listen, *map(str, args)], cwd=self.dir,
                                       env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                       stderr=log)
        try:
            line = process.stdout.readline().decode()
            match = re.fullmatch(r"listening on https://(.*):(\d+)/\n", line)
            assert match, f"it did not start: {line!r} {log_path.read_text()}"
            yield Served(process, int(match[2]), log_path, match[1].strip("[]"))
            assert process.poll() is None, f"it ended by itself: {log_path.read_text()}"
            started = time.monotonic()
            process.send_signal(stop)
            code = process.wait(5)
            took = time.monotonic() - started
            self.assertEqual(code, 0, log_path.read_text())
            self.assertLess(took, 1.0, "SIGTERM must end it within a second")
        finally:
            if process.poll() is None:
                process.kill()
                process.wait(5)
            process.stdout.close()

    # --- clients ---------------------------------------------------------------------------------

    def curl(self, served, *args, exit=None, host="localhost", path="/"):
        return self.run_any(["curl", "-sS", "--max-time", "10", "--noproxy", "*", "--cacert", "ca/ca.crt",
                             "--resolve", f"localhost:{served.port}:127.0.0.1", *args,
                             f"https://{host}:{served.port}{path}"])

    def assert_lets_in(self, served, name, *args):
        for version in ("1.2", "1.3"):
            result = self.curl(served, "--cert", f"{name}.crt", "--key", f"{name}.key", "--tls-max", version,
                               f"--tlsv{version}", *args)
            self.assertEqual(result.code, 0, f"{result}\n{served.log()}")
        return result.json

    def assert_refuses(self, served, name=None, reason="", cert=None, key=None):
        """Not let in at 1.2 nor at 1.3, and the log says why."""
        if name:
            cert, key = f"{name}.crt", f"{name}.key"
        identity = ["--cert", cert, "--key", key] if cert else []
        for version in ("1.2", "1.3"):
            start = len(served.log())
            result = self.curl(served, *identity, "--tls-max", version, f"--tlsv{version}")
            # 60 is how curl takes an alert that is about a certificate's time.
            self.assertIn(result.code, (35, 56, 60), f"{result}\n{served.log()}")
            self.assertEqual(result.out, b"", "not one octet of an answer")
            served.wait_for("refused: .*" + reason, start=start)

    def context(self, name=None, version=None, ca="ca/ca.crt"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(self.path(ca))
        if name:
            context.load_cert_chain(self.path(f"{name}.crt"), self.path(f"{name}.key"))
        if version:
            context.minimum_version = context.maximum_version = version
        return context

    def connect(self, served, context, session=None):
        raw = socket.create_connection((served.host, served.port), 10)
        try:
            return context.wrap_socket(raw, server_hostname="localhost", session=session)
        except BaseException:
            raw.close()
            raise

    def ask(self, connection, keep="keep-alive"):
        """One request; the status line and the rest."""
        connection.sendall(f"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: {keep}\r\n\r\n".encode())
        answer = b""
        while b"\r\n\r\n" not in answer:
            part = connection.recv(65536)
            if not part:
                return answer
            answer += part
        head, _, body = answer.partition(b"\r\n\r\n")
        length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
        while len(body) < length:
            body += connection.recv(65536)
        return head + b"\r\n\r\n" + body

    # --- what others issue -----------------------------------------------------------------------

    def make_crl(self, out="ca.crl", revoked=(), ca="ca", days=7, extra=()):
        """A list by openssl, of the serials of certificate files."""
        work = self.path(f"crl-{ca}")
        work.mkdir(exist_ok=True)
        (work / "conf").write_text(CRL_CONF.format(dir=work))
        if not (work / "crlnumber").exists():
            (work / "crlnumber").write_text("01\n")
        rows = [f"R\t391231235959Z\t260101000000Z\t{self.certificate_serial(c).upper()}\tunknown\t/CN=x\n"
                for c in revoked]
        (work / "index").write_text("".join(rows))
        self.openssl("ca", "-config", work / "conf", "-name", "ca", "-gencrl", "-keyfile", f"{ca}/ca.key",
                     "-cert", f"{ca}/ca.crt", "-crldays", str(days), "-out", out, *extra)

    def sign_by_openssl(self, name, subject="/CN=other", usage="clientAuth", ca="ca", start=None, end=None,
                        extensions=True):
        """NAME.crt and NAME.key, signed by our CA's key through openssl: things that we do not issue."""
        work = self.path(f"sign-{name}")
        work.mkdir()
        (work / "conf").write_text(LEAF_CONF.format(dir=work, usage=usage))
        (work / "index").write_text("")
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                     f"{name}.key", "-out", f"{name}.csr", "-subj", subject, "-utf8", "-config",
                     self.request_conf())
        when = ["-startdate", start] if start else []
        when += ["-enddate", end] if end else ["-days", "30"]
        self.openssl("ca", "-config", work / "conf", "-name", "ca", "-batch", "-notext", "-keyfile",
                     f"{ca}/ca.key", "-cert", f"{ca}/ca.crt", "-in", f"{name}.csr", "-out", f"{name}.crt",
                     "-preserveDN", *when, *(["-extensions", "leaf"] if extensions else []))

    def request_conf(self):
        conf = self.path("request.conf")
        conf.write_text("[req]\ndistinguished_name = dn\n[dn]\n")
        return conf

    def revoke_in_ledger(self, certificate, directory="ca"):
        """As `mtlsctl revoke` will do it."""
        serial = self.certificate_serial(certificate)
        with contextlib.closing(sqlite3.connect(self.path(directory, "ca.db"))) as db:
            changed = db.execute("update certificates set state = 'revoked', revoked_time = ? "
                                 "where serial = ?", (int(time.time()), serial)).rowcount
            db.commit()
        self.assertEqual(changed, 1)

    def make_client(self, name, *args, ca="ca"):
        self.mtlsctl("client", "issue", "--ca", ca, "--name", name, "--common-name", name, *KEY, *args)


def raise_descriptor_limit():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


os.environ.pop("SSLKEYLOGFILE", None)  # python's ssl would write to it
