"""Point 9 of issue 9: what `render --check` calls a match is closed. Real servers and a client without a certificate are
the oracle, in both directions: where that client reads the page, the check must not match; and everyday configurations
that it cannot read from must match."""

import concurrent.futures
import contextlib
import http.server
import pathlib
import re
import subprocess
import tempfile
import threading

import checked_configurations as configurations
import servers
from checked_configurations import ODD_REQUESTS, PAGE
from tls_client import exchange, get
from workbench import KEY, MTLSCTL, Workbench, main


@contextlib.contextmanager
def back_end():
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(PAGE)))
            self.end_headers()
            self.wfile.write(PAGE.encode())

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


class Checked(Workbench):
    """Every configuration is started, tried and checked; several at a time."""

    def setUp(self):
        super().setUp()
        self.make_ca()
        self.make_ca(directory="other")
        self.mtlsctl("server", "issue", "--san", "dns:localhost", *KEY)
        self.mtlsctl("client", "issue", *KEY)
        self.mtlsctl("client", "issue", "--ca", "other", "--name", "stranger", *KEY)
        self.path("both.pem").write_bytes(self.read("server.crt") + self.read("server.key"))
        self.path("tickets").write_text("".join(f"{'QUJD' * 15}{n:04d}\n" for n in range(3)))

        self.ports, self.lock = set(), threading.Lock()

    def port(self):
        """A free port that no other case of this run was given."""
        with self.lock:
            while (port := servers.free_port()) in self.ports:
                pass
            self.ports.add(port)
            return port

    def identity(self, name):
        return (self.path(f"{name}.crt"), self.path(f"{name}.key")) if name else None

    def write(self, case, target, backend):
        """The case's own directory, with its files; its configuration and its two ports."""
        own = pathlib.Path(tempfile.mkdtemp(dir=self.dir))
        values = {"dir": self.dir, "own": own, "port": self.port(), "other": self.port(),
                  "backend": backend}
        for name, content in case.files.items():
            file = own / name
            file.parent.mkdir(exist_ok=True)
            source = self.path(content) if "\n" not in content else None
            file.write_bytes(source.read_bytes() if source and source.is_file() else
                             content.replace("{dir}", str(self.dir)).encode())
        text = configurations.nginx_text(case) if target == "nginx" else configurations.haproxy_text(case)
        file = own / f"{target}.conf"
        # Both kinds of text are templates once: what is doubled in the table is single here.
        file.write_text(re.sub(r"\{(\w+)\}", lambda m: str(values.get(m[1], m[0])), text)
                        .replace("{{", "{").replace("}}", "}"), newline="")
        return own, file, values["port"], values["other"]

    def start(self, target, file, port, own):
        if target == "haproxy":
            return servers.haproxy(file, port, own)
        return servers.running([servers.program("nginx"), "-p", own, "-c", file, "-g",
                                f"daemon off; master_process off; pid {own}/pid;"], port, own)

    def resumed(self, case, port, other):
        """What a session that was made on the other port reads on this one."""
        session = tempfile.mktemp(dir=self.dir)
        for at, use in ((other, "-sess_out"), (port, "-sess_in")):
            result = self.run_any(["openssl", "s_client", "-connect", f"127.0.0.1:{at}", "-servername", "localhost",
                                   "-ign_eof", use, session, *case.resume], stdin=get())
        return result.out

    def try_open(self, case, port, other):
        """What the client that should not get in reads."""
        if case.resume:
            return self.resumed(case, port, other)
        for _ in range(40):  # where two sockets share the port, the system chooses one
            answer = exchange(port, case.request, sni=case.sni, identity=self.identity(case.client), plain=case.plain)
            if PAGE.encode() in answer:
                break
        return answer

    def try_closed(self, target, port):
        """Every way in that is known; HAProxy refuses before it reads a request."""
        for name, request in {"plain": get(), **(ODD_REQUESTS if target == "nginx" else {})}.items():
            yield name, exchange(port, request)
        yield "no SNI", exchange(port, get(), sni=None)
        yield "no SNI, another Host", exchange(port, get(host="other.example"), sni=None)
        yield "no TLS", exchange(port, get(), plain=True)
        yield "stranger", exchange(port, get(), identity=self.identity("stranger"))

    def check(self, target, file, port):
        return self.run_any([MTLSCTL, "render", target, "--listen", f"127.0.0.1:{port}", "--check", file])

    def examine(self, case, target, backend, is_open):
        """Problems of one case, as texts."""
        own, file, port, other = self.write(case, target, backend)
        problems = []
        with self.start(target, file, port, own):
            if is_open and PAGE.encode() not in self.try_open(case, port, other):
                problems.append("nobody gets in without a certificate: it shows nothing")
            if not is_open:
                problems += [f"{name} gets in" for name, answer in self.try_closed(target, port) if PAGE.encode() in answer]
                # The control: the page is there for the client of the CA.
                if PAGE.encode() not in exchange(port, get(), identity=self.identity("client")):
                    problems.append("the client of the CA does not get in: it shows nothing")
        checked = self.check(target, file, port)
        if checked.code != (1 if is_open else 0):
            problems.append(str(checked))
        if target == "nginx":
            dump = subprocess.run([servers.program("nginx"), "-T", "-q", "-p", own, "-c", file], capture_output=True,
                                  timeout=20, check=False, cwd=own).stdout
            again = self.run_any([MTLSCTL, "render", target, "--listen", f"127.0.0.1:{port}", "--check", "-"], stdin=dump)
            if again.code != (1 if is_open else 0):
                problems.append(f"as nginx -T prints it: {again}")
        return problems

    def examine_all(self, target, cases, is_open):
        with back_end() as backend, concurrent.futures.ThreadPoolExecutor(6) as pool:
            found = {case.name: pool.submit(self.examine, case, target, backend, is_open) for case in cases}
            for name, future in found.items():
                with self.subTest(target=target, open=is_open, case=name):
                    problems = future.result()
                    self.assertEqual(problems, [], "\n" + "\n".join(problems))

    def test_nginx(self):
        self.examine_all("nginx", configurations.nginx_open(), True)
        closed = configurations.nginx_closed()
        self.assertGreaterEqual(len(closed), 20)
        self.examine_all("nginx", closed, False)

    def test_haproxy(self):
        self.examine_all("haproxy", configurations.haproxy_open(), True)
        closed = configurations.haproxy_closed()
        self.assertGreaterEqual(len(closed), 20)
        self.examine_all("haproxy", closed, False)

    def test_every_keyword_of_this_haproxy_is_known_with_its_values(self):
        """Each keyword before `ssl`: if it takes a value, TLS is off, and the check has to say so."""
        listed = self.run_any([servers.program("haproxy"), "-dKcfg", "-f", "/dev/null"])
        keywords = re.findall(r"^\s*bind <addr> (?:ssl )?(\S+)(?: \+(\d+))?$", (listed.out + listed.err).decode(), re.M)
        self.assertGreater(len(keywords), 50)
        lines = ["defaults", *(f"frontend f{n}\n  bind 127.0.0.1:8443 {keyword} ssl"
                               for n, (keyword, _) in enumerate(keywords))]
        file = self.path("keywords.cfg")
        file.write_text("\n".join(lines) + "\n")
        checked = self.run_any([MTLSCTL, "render", "haproxy", "--json", "--check", file])
        self.assertEqual(checked.code, 1, str(checked))
        found = {one["setting"] for one in checked.json["check"]["differences"]}
        for n, (keyword, values) in enumerate(keywords):
            with self.subTest(keyword=keyword):
                where = f"bind 127.0.0.1:8443, line {2 * n + 3}: "
                self.assertEqual(where + "ssl" in found, values == "1", "HAProxy: " + (values or "no value"))
                self.assertIn(values, ("", "1"))
                if keyword not in ("ca-sign-file", "ca-sign-pass", "generate-certificates", "tls-ticket-keys"):
                    self.assertNotIn(where + keyword, found)


if __name__ == "__main__":
    main()
