"""Headless Chromium opens the page of `serve` with an imported client certificate, and not without."""

import os
import shutil
import unittest

from serving import ServeBench
from workbench import main


class Browser(ServeBench):
    def chromium(self, home, url):
        """The page as Chromium has it after loading."""
        program = shutil.which("chromium")
        if program is None:
            self.fail("chromium is missing: tests/run installs it")
        # Without asking, take the one certificate that the server's CAs fit.
        return self.run_any([program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                             "--no-first-run", "--disable-background-networking", "--disable-component-update",
                             "--no-proxy-server", f"--user-data-dir={home}/profile", "--virtual-time-budget=5000",
                             "--dump-dom", url], timeout=50, env={"HOME": str(home)})

    def make_home(self, name, identity=None):
        """A home with an NSS database that trusts our root and has `identity`."""
        home = self.path(name)
        nssdb = home / ".pki" / "nssdb"
        nssdb.mkdir(parents=True)
        self.tool("certutil", "-d", f"sql:{nssdb}", "-N", "--empty-password")
        self.tool("certutil", "-d", f"sql:{nssdb}", "-A", "-n", "root", "-t", "C,,", "-i", "ca/ca.crt")
        if identity:
            self.openssl("pkcs12", "-export", "-inkey", f"{identity}.key", "-in", f"{identity}.crt", "-out",
                         f"{identity}.p12", "-passout", "pass:x", "-name", identity)
            self.tool("pk12util", "-d", f"sql:{nssdb}", "-i", f"{identity}.p12", "-W", "x")
        return home

    @unittest.skipIf(os.geteuid() != 0, "Chromium takes its policies from /etc, which only root can write")
    def test_a_browser(self):
        self.make_ca()
        self.make_client("alice")
        with self.serve("--ca", "ca") as served:
            url = f"https://localhost:{served.port}/"
            policy = self.select_certificates_for(url)
            self.addCleanup(policy.unlink)
            page = self.chromium(self.make_home("with", "alice"), url)
            self.assertIn(b"<h1>CN=alice</h1>", page.out, f"{page}\n{served.log()}")
            served.wait_for("accepted: CN=alice")
            start = len(served.log())
            page = self.chromium(self.make_home("without"), url)
            self.assertNotIn(b"<h1>CN=", page.out)
            served.wait_for("refused: no client certificate", start=start)

    def select_certificates_for(self, url):
        import json
        import pathlib
        directory = pathlib.Path("/etc/chromium/policies/managed")
        directory.mkdir(parents=True, exist_ok=True)
        policy = directory / f"mtlsctl-test-{os.getpid()}.json"
        policy.write_text(json.dumps({"AutoSelectCertificateForUrls": [
            json.dumps({"pattern": url.rstrip("/"), "filter": {}})]}))
        return policy


if __name__ == "__main__":
    main()
