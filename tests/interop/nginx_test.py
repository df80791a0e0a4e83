"""Point 2: nginx with `ssl_verify_client on` and the made ca.crt."""

import contextlib
import os
import shutil
import socket
import subprocess
import time

from workbench import GUIDE_ROOT, KEY, Workbench, main

CONFIG = """
daemon off;
master_process off;
pid {dir}/nginx.pid;
error_log {dir}/error.log;
events {{ }}
http {{
  access_log off;
  client_body_temp_path {dir}/t1; proxy_temp_path {dir}/t2; fastcgi_temp_path {dir}/t3;
  uwsgi_temp_path {dir}/t4; scgi_temp_path {dir}/t5;
  server {{
    listen 127.0.0.1:{port} ssl;
    server_name localhost;
    ssl_certificate {dir}/server.crt;
    ssl_certificate_key {dir}/server.key;
    ssl_protocols {protocols};
    ssl_client_certificate {ca};
    ssl_verify_client on;
    ssl_verify_depth 2;
    location / {{ return 200 "$ssl_client_s_dn\\n"; }}
  }}
}}
"""


class Nginx(Workbench):
    @contextlib.contextmanager
    def nginx(self, ca, protocols="TLSv1.2 TLSv1.3"):
        program = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin:/sbin")
        if program is None:
            self.fail("nginx is missing: tests/run installs it")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.path("nginx.conf").write_text(
            CONFIG.format(dir=self.dir, port=port, ca=self.path(ca), protocols=protocols))
        server = subprocess.Popen([program, "-p", str(self.dir), "-c", "nginx.conf"], cwd=self.dir,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
        try:
            for _ in range(200):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.05)
            yield port
        finally:
            server.terminate()
            server.wait(10)

    def curl(self, port, *args):
        """The HTTP status and the body."""
        result = self.tool("curl", "-sS", "--max-time", "10", "--cacert", "ca/ca.crt", "-w", "%{http_code}",
                           *args, f"https://localhost:{port}/")
        return int(result.out[-3:]), result.out[:-3].decode()

    def check(self, ca_file, client):
        for protocol in ("TLSv1.2", "TLSv1.3"):
            with self.nginx(ca_file, protocol) as port:
                status, body = self.curl(port, "--cert", client + ".crt", "--key", client + ".key")
                self.assertEqual((status, body), (200, f"CN={client}\n"), protocol)
                self.assertEqual(self.curl(port)[0], 400, protocol)

    def test_root(self):
        self.mtlsctl("ca", "init", *GUIDE_ROOT)
        self.mtlsctl("server", "issue", "--san", "dns:localhost")
        self.mtlsctl("client", "issue", "--name", "alice")
        self.check("ca/ca.crt", "alice")

    def test_intermediate_and_chain(self):
        self.make_ca()
        self.mtlsctl("ca", "init", "--ca", "issuing", "--parent", "ca", "--common-name", "Issuing", *KEY)
        self.mtlsctl("server", "issue", "--san", "dns:localhost")
        self.mtlsctl("client", "issue", "--ca", "issuing", "--name", "bob", *KEY)
        self.check("ca/ca.crt", "bob")
        # With the certificate alone the server, which trusts the root alone, finds no path.
        self.mtlsctl("client", "issue", "--ca", "issuing", "--name", "carol", "--no-chain", *KEY)
        with self.nginx("ca/ca.crt") as port:
            self.assertEqual(self.curl(port, "--cert", "carol.crt", "--key", "carol.key")[0], 400)

    def test_another_ca_is_refused(self):
        self.make_ca()
        self.make_ca(directory="other")
        self.mtlsctl("server", "issue", "--san", "dns:localhost")
        self.mtlsctl("client", "issue", "--ca", "other", "--name", "mallory", *KEY)
        with self.nginx("ca/ca.crt") as port:
            self.assertEqual(self.curl(port, "--cert", "mallory.crt", "--key", "mallory.key")[0], 400)


if __name__ == "__main__":
    main()
