"""Headless Chromium opens the page of `serve` with an imported client certificate, and not without."""

import json
import shutil

from serving import ServeBench
from workbench import main


class Browser(ServeBench):
    def chromium(self, home, url):
        """The page as Chromium has it after loading."""
        program = shutil.which("chromium")
        if program is None:
            self.fail("chromium is missing: tests/run installs it")
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

    def select_certificate_for(self, home, url):
        """What a person clicks in the dialogue: take the certificate that fits, without asking."""
        preferences = home / "profile" / "Default" / "Preferences"
        preferences.parent.mkdir(parents=True)
        preferences.write_text(json.dumps({"profile": {"content_settings": {"exceptions": {
            "auto_select_certificate": {url.rstrip("/") + ",*": {"setting": {"filters": [{}]}}}}}}}))

    def test_a_browser(self):
        self.make_ca()
        self.make_client("alice")
        with self.serve("--ca", "ca") as served:
            url = f"https://localhost:{served.port}/"
            home = self.make_home("with", "alice")
            self.select_certificate_for(home, url)
            page = self.chromium(home, url)
            self.assertIn(b"<h1>CN=alice</h1>", page.out, f"{page}\n{served.log()}")
            served.wait_for("accepted: CN=alice")
            start = len(served.log())
            page = self.chromium(self.make_home("without"), url)
            self.assertNotIn(b"<h1>CN=", page.out)
            served.wait_for("refused: no client certificate", start=start)


if __name__ == "__main__":
    main()
