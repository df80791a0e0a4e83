"""Real TLS servers on loopback, for tests: started on a free port, waited for, ended with the test.

Each function starts one program of a Debian package and returns a Server; nothing listens beyond
127.0.0.1 (or ::1), and nothing outlives the test case, which `bench.addCleanup` sees to. `bench` is a
Workbench: its directory holds configuration, logs and sockets. Certificates are given as paths.
"""

import contextlib
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time

BODY = "welcome inside"  # what every protected page says
PATHS = ":/usr/sbin:/sbin"


def free_port(host="127.0.0.1"):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as one:
        one.bind((host, 0))
        return one.getsockname()[1]


def program(bench, name):
    found = shutil.which(name, path=os.environ["PATH"] + PATHS)
    if found is None:
        bench.fail(f"{name} is missing: tests/run installs it")
    return found


class Server:
    """A process that listens on `port`."""

    def __init__(self, bench, argv, port, host="127.0.0.1", log=None, env=None):
        self.port, self.host = port, host
        self.log = log or bench.path(f"server-{port}.log")
        with open(self.log, "ab") as out:
            self.process = subprocess.Popen([str(a) for a in argv], cwd=bench.dir, stdin=subprocess.PIPE,
                                            stdout=out, stderr=out, env={**bench.env, **(env or {})})
        bench.addCleanup(self.stop)
        self.wait(bench)

    def wait(self, bench):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            with contextlib.suppress(OSError), socket.create_connection((self.host, self.port), 1):
                return
            time.sleep(0.02)
        bench.fail(f"the server does not listen: {pathlib.Path(self.log).read_text(errors='replace')}")

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(5)
        self.process.stdin.close()

    @property
    def url(self):
        return f"https://localhost:{self.port}/"

    def text(self):
        return pathlib.Path(self.log).read_text(errors="replace")


# --- nginx ----------------------------------------------------------------------------------------

NGINX = """
daemon off; master_process off; pid {dir}/nginx-{port}.pid; error_log {dir}/nginx-{port}.log;
events {{ }}
http {{
  access_log off;
  client_body_temp_path {dir}/t1; proxy_temp_path {dir}/t2; fastcgi_temp_path {dir}/t3;
  uwsgi_temp_path {dir}/t4; scgi_temp_path {dir}/t5;
  ssl_certificate {cert}; ssl_certificate_key {key};
  ssl_protocols {protocols};
  ssl_session_cache shared:S{port}:1m;
  {servers}
}}
"""


def nginx(bench, cert, key, rules, protocols="TLSv1.2 TLSv1.3", listen="127.0.0.1", more=""):
    """`rules` are the lines of the server block; {port} in `more` further server blocks."""
    port = free_port(listen)
    shown = f"[{listen}]" if ":" in listen else listen
    servers = (f"server {{ listen {shown}:{port} ssl http2 default_server; server_name localhost; {rules} "
               f"location / {{ default_type text/plain; return 200 '{BODY}'; }} }}\n" + more.replace("{port}", str(port)))
    config = bench.path(f"nginx-{port}.conf")
    config.write_text(NGINX.format(dir=bench.dir, port=port, cert=bench.path(cert), key=bench.path(key),
                                   protocols=protocols, servers=servers))
    return Server(bench, [program(bench, "nginx"), "-p", bench.dir, "-c", config], port, host=listen)


def nginx_blocks(bench, cert, key, blocks, protocols="TLSv1.2 TLSv1.3"):
    """nginx with these server blocks, {port} in them; `cert` and `key` where a block has none of its own."""
    port = free_port()
    config = bench.path(f"nginx-{port}.conf")
    config.write_text(NGINX.format(dir=bench.dir, port=port, cert=bench.path(cert), key=bench.path(key), protocols=protocols,
                                   servers=blocks.replace("{port}", str(port))))
    return Server(bench, [program(bench, "nginx"), "-p", bench.dir, "-c", config], port)


# --- haproxy --------------------------------------------------------------------------------------

HAPROXY = """
global
  log stderr format raw local0
  tune.ssl.default-dh-param 2048
  {settings}
defaults
  mode http
  timeout connect 5s
  timeout client 10s
  timeout server 10s
frontend f
  bind 127.0.0.1:{port} ssl {bind}
  {rules}
  http-request return status 200 content-type text/plain string "{body}"
"""


def haproxy(bench, pem, bind, rules=(), settings=""):
    """`pem` holds certificate and key; `bind` is what follows ssl on the bind line; `settings` are global."""
    port = free_port()
    config = bench.path(f"haproxy-{port}.cfg")
    config.write_text(HAPROXY.format(port=port, bind=bind.replace("{pem}", str(bench.path(pem))), body=BODY,
                                     rules="\n  ".join(rules), settings=settings))
    return Server(bench, [program(bench, "haproxy"), "-db", "-f", config], port)


# --- apache ---------------------------------------------------------------------------------------

APACHE_MODULES = ["mpm_event", "version", "authz_core", "ssl", "socache_shmcb", "mime", "alias", "dir", "headers", "env"]
APACHE = """
ServerRoot {dir}
ServerName localhost
PidFile {dir}/apache-{port}.pid
DefaultRuntimeDir {dir}
ErrorLog {dir}/apache-{port}.log
LogLevel warn
Listen 127.0.0.1:{port}
{load}
TypesConfig /dev/null
SSLSessionCache shmcb:{dir}/apache-{port}.cache(512000)
Mutex file:{dir} default
{first}
<VirtualHost 127.0.0.1:{port}>
  ServerName localhost
  DocumentRoot {root}
  SSLEngine on
  SSLProtocol {protocols}
  SSLCertificateFile {cert}
  SSLCertificateKeyFile {key}
  {rules}
  <Directory {root}>
    Require all granted
  </Directory>
</VirtualHost>
{more}
"""


def apache(bench, cert, key, rules, protocols="-all +TLSv1.2 +TLSv1.3", more="", first="", extra=()):
    """`rules` are for the virtual host of localhost; {port} in `first` and `more`, before and after it."""
    port = free_port()
    root = bench.path("htdocs")
    (root / "secret").mkdir(parents=True, exist_ok=True)
    for page in (root / "index.html", root / "secret" / "index.html"):
        page.write_text(BODY)
    for path in (bench.dir, root, root / "secret"):
        os.chmod(path, 0o755)
    modules = pathlib.Path("/usr/lib/apache2/modules")
    load = "\n".join(f"LoadModule {name}_module {modules}/mod_{name}.so" for name in [*APACHE_MODULES, *extra]
                     if (modules / f"mod_{name}.so").exists())
    load += "\nDirectoryIndex index.html"
    if os.geteuid() == 0:
        load += "\nUser www-data\nGroup www-data"
    config = bench.path(f"apache-{port}.conf")
    config.write_text(APACHE.format(dir=bench.dir, port=port, load=load, root=root, protocols=protocols,
                                    cert=bench.path(cert), key=bench.path(key), rules=rules,
                                    more=more.replace("{port}", str(port)), first=first.replace("{port}", str(port))))
    return Server(bench, [program(bench, "apache2"), "-f", config, "-DFOREGROUND"], port)


# --- stunnel, openssl, hitch ----------------------------------------------------------------------

def backend(bench):
    """A plain HTTP server that says BODY; for what stands in front of one."""
    return HttpServer(bench)


def stunnel(bench, cert, key, rules):
    behind = backend(bench)
    port = free_port()
    config = bench.path(f"stunnel-{port}.conf")
    config.write_text(f"foreground = yes\npid =\nsyslog = no\n[s]\naccept = 127.0.0.1:{port}\n"
                      f"connect = 127.0.0.1:{behind.port}\ncert = {bench.path(cert)}\nkey = {bench.path(key)}\n{rules}\n")
    return Server(bench, [program(bench, "stunnel"), config], port)


def s_server(bench, cert, key, *args):
    port = free_port()
    return Server(bench, ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", bench.path(cert), "-key",
                          bench.path(key), "-www", *args], port)


def hitch(bench, pem, *rules):
    behind = backend(bench)
    port = free_port()
    config = bench.path(f"hitch-{port}.conf")
    lines = [f'frontend = "[127.0.0.1]:{port}"', f'backend = "[127.0.0.1]:{behind.port}"',
             f'pem-file = "{bench.path(pem)}"', "daemon = off", "tls-protos = TLSv1.2 TLSv1.3", *rules]
    if os.geteuid() == 0:
        lines.append('user = "nobody"')
    config.write_text("\n".join(lines) + "\n")
    return Server(bench, [program(bench, "hitch"), f"--config={config}"], port)


def caddy(bench, cert, key, *client_auth, settings="", neighbour=None):
    """`neighbour` is another name and the CA of its clients."""
    port = free_port()
    config = bench.path(f"caddy-{port}")

    def site(name, rules, body):
        return (f"https://{name}:{port} {{\nbind 127.0.0.1\ntls {bench.path(cert)} {bench.path(key)} {{\nclient_auth {{\n"
                + "\n".join(rules) + f'\n}}\n}}\nrespond "{body}"\n}}\n')

    text = f"{{\nadmin off\nauto_https off\n{settings}\n}}\n" + site("localhost", client_auth, BODY)
    if neighbour:
        name, ca = neighbour
        text += site(name, ["mode require_and_verify", f"trusted_ca_cert_file {ca}"], f"page of {name}")
    config.write_text(text)
    home = {"HOME": str(bench.dir), "XDG_DATA_HOME": str(bench.dir), "XDG_CONFIG_HOME": str(bench.dir)}
    return Server(bench, [program(bench, "caddy"), "run", "--config", config, "--adapter", "caddyfile"], port, env=home)


def nghttpx(bench, cert, key, *args):
    behind = backend(bench)
    port = free_port()
    return Server(bench, [program(bench, "nghttpx"), f"-f127.0.0.1,{port}", f"-b127.0.0.1,{behind.port}", "--conf=/dev/null",
                          "--errorlog-file=/dev/stderr", "--workers=1", *args, bench.path(key), bench.path(cert)], port)


def node(bench, cert, key, options, before=""):
    """`options` go to https.createServer; `before` runs for each request (q, r)."""
    port = free_port()
    script = (f"const fs = require('fs'); require('https').createServer({{key: fs.readFileSync('{bench.path(key)}'), "
              f"cert: fs.readFileSync('{bench.path(cert)}'), {options}}}, (q, r) => {{ {before} r.end('{BODY}'); }})"
              f".listen({port}, '127.0.0.1');")
    return Server(bench, [program(bench, "node"), "-e", script], port)


# --- our own --------------------------------------------------------------------------------------

class HttpServer:
    """Answers every request with BODY: in the clear, or over TLS with an ssl.SSLContext."""

    def __init__(self, bench, context=None, answer=None, listen="127.0.0.1", port=0):
        family = socket.AF_INET6 if ":" in listen else socket.AF_INET
        self.answer = answer or (f"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {len(BODY)}\r\n"
                                 f"Connection: close\r\n\r\n{BODY}").encode()
        self.context, self.requests = context, []
        self.socket = socket.socket(family)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind((listen, port))
        self.socket.listen(128)
        self.port = self.socket.getsockname()[1]
        self.url = f"https://localhost:{self.port}/"
        bench.addCleanup(self.stop)
        threading.Thread(target=self.run, daemon=True).start()

    def stop(self):
        self.socket.close()

    def run(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        connection.settimeout(10)
        with contextlib.suppress(OSError, ssl.SSLError), connection:
            if self.context is not None:
                connection = self.context.wrap_socket(connection, server_side=True)
            data = b""
            while b"\r\n\r\n" not in data:
                part = connection.recv(65536)
                if not part:
                    return
                data += part
            self.requests.append(data)
            connection.sendall(self.answer)
            connection.close()


class RawServer(HttpServer):
    """Accepts and does with the connection what `behave` does: for ports that are no listener."""

    def __init__(self, bench, behave, **more):
        self.behave = behave
        super().__init__(bench, **more)

    def serve(self, connection):
        with contextlib.suppress(OSError):
            self.behave(connection)


class RotatingServer(HttpServer):
    """Several servers behind one address: each connection meets the next of `contexts`."""

    def __init__(self, bench, contexts):
        self.contexts, self.turn = contexts, 0
        super().__init__(bench)

    def serve(self, connection):
        self.context = self.contexts[self.turn % len(self.contexts)]
        self.turn += 1
        super().serve(connection)


class TwoFaced(HttpServer):
    """TLS and plain HTTP on one port, told apart by the first octet."""

    def __init__(self, bench, context):
        self.tls = context
        super().__init__(bench)

    def serve(self, connection):
        connection.settimeout(10)
        with contextlib.suppress(OSError, ssl.SSLError):
            if connection.recv(1, socket.MSG_PEEK) == b"\x16":
                connection = self.tls.wrap_socket(connection, server_side=True)
            super().serve(connection)


class ConnectProxy(RawServer):
    """An HTTP proxy that knows CONNECT; `targets` says where it was asked to go."""

    def __init__(self, bench):
        self.targets = []
        super().__init__(bench, self.pass_on)

    def pass_on(self, connection):
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(1)
        target = head.split()[1].decode()
        self.targets.append(target)
        host, port = target.rsplit(":", 1)
        with socket.create_connection((host.strip("[]"), int(port)), 5) as beyond, connection:
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=pump, args=(beyond, connection), daemon=True)
            back.start()
            pump(connection, beyond)
            back.join(10)


class Delayed(RawServer):
    """Passes connections on to a port of this host, each held up by the next of `delays` (seconds)."""

    def __init__(self, bench, behind, delays, host="127.0.0.1", port=0):
        self.behind, self.delays, self.turn, self.host = behind, delays, 0, host
        super().__init__(bench, self.pass_on, listen=host, port=port)

    def pass_on(self, connection):
        self.turn += 1
        time.sleep(self.delays[self.turn % len(self.delays)])
        with socket.create_connection(("127.0.0.1", self.behind), 5) as beyond, connection:
            back = threading.Thread(target=pump, args=(beyond, connection), daemon=True)
            back.start()
            pump(connection, beyond)
            back.join(10)


def pump(source, sink):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def silent(bench):
    """Accepts and says nothing."""
    return RawServer(bench, lambda connection: (connection.recv(65536), time.sleep(60)))


def mute(bench, host, port):
    """Lets the system take connections at HOST:PORT, and never looks at them."""
    listener = socket.create_server((host, port), backlog=64)
    bench.addCleanup(listener.close)


def resetting(bench):
    """Resets every connection once something has come."""

    def behave(connection):
        connection.recv(65536)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        connection.close()

    return RawServer(bench, behave)


def closing(bench):
    """Closes every connection at once."""
    return RawServer(bench, lambda connection: connection.close())


def tls_context(bench, cert, key, mode=ssl.CERT_NONE, ca=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(bench.path(cert), bench.path(key))
    context.verify_mode = mode
    if ca:
        context.load_verify_locations(bench.path(ca))
    return context


if __name__ == "__main__":
    sys.exit("this is a library")
