#!/usr/bin/env python3
"""What a hint proposes works in the state that it is given in."""

import os
import pathlib
import re
import subprocess
import tempfile
import unittest

MTLSCTL = os.environ["MTLSCTL"]


class HintStatesTest(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.directory = pathlib.Path(place.name)

    def run_at(self, when, *arguments):
        clock = ["faketime", "-f", when] if when else []
        return subprocess.run([*clock, MTLSCTL, *arguments], cwd=self.directory, text=True,
                              capture_output=True, stdin=subprocess.DEVNULL, check=False)

    def good(self, *arguments, when=None):
        done = self.run_at(when, *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def hint(self, code, *arguments):
        done = self.run_at(None, *arguments)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stderr.split("hint: ", 1)[1]

    def make_old_set(self):
        self.good("-q", "ca", "init", "--common-name", "root", "--key-type", "ec:p256", when="-3d")
        self.good("-q", "client", "issue", "--key-type", "ec:p256", "--validity", "1d", when="-3d")

    def test_an_expired_set_is_replaced_as_the_hint_says(self):
        for extra, code in (((), 5), (("--if-missing",), 3)):
            with self.subTest(extra=extra):
                self.make_old_set()
                issue = ("client", "issue", "--key-type", "ec:p256")
                hint = self.hint(code, *issue, *extra)
                self.assertEqual("in place of --if-missing" in hint, bool(extra), hint)
                flags = re.findall(r"--force[a-z-]*", hint)
                self.assertEqual(flags, ["--force", "--force-key"])
                self.good(*issue, *flags)
                self.good("verify", "client.crt")
                for name in os.listdir(self.directory):
                    subprocess.run(["rm", "-rf", name], cwd=self.directory, check=True)

    def test_an_expired_file_of_a_request_is_replaced_as_the_hint_says(self):
        self.make_old_set()
        self.good("ca", "sign", "client.csr", "-o", "x.crt", "--validity", "1d", when="-3d")
        for extra, code in (((), 5), (("--if-missing",), 3)):
            hint = self.hint(code, "ca", "sign", "client.csr", "-o", "x.crt", *extra)
            self.assertIn("--force", hint)
            self.assertEqual("in place of --if-missing" in hint, bool(extra), hint)
        self.good("ca", "sign", "client.csr", "-o", "x.crt", "--force")

    def test_a_profile_from_a_file_is_named_by_its_file(self):
        self.good("-q", "ca", "init", "--common-name", "root", "--key-type", "ec:p256")
        text = self.good("profile", "show", "mtls-client").stdout
        text = text.replace('"mtls-client"', '"workload"').replace('"dns"', '"uri"', 1)
        (self.directory / "mine").mkdir()
        (self.directory / "mine" / "workload.toml").write_text(text)
        hint = self.hint(5, "client", "issue", "--profiles", "mine", "--profile", "workload",
                         "--san", "dns:a.example", "--key-type", "ec:p256")
        self.assertNotIn("profile show", hint)
        self.assertTrue((self.directory / re.search(r"mine/\S+", hint).group()).is_file(), hint)
        # The built-in ones can be shown, as the hint says.
        hint = self.hint(5, "client", "issue", "--key-type", "ec:p256", "--san",
                         "rid:1.2.3.4")
        found = re.search(r"mtlsctl (profile show \S+)", hint)
        self.assertIsNotNone(found, hint)
        self.good(*found.group(1).split())

    def test_the_names_of_a_request_are_proposed_only_where_the_profile_allows_them(self):
        self.good("-q", "ca", "init", "--common-name", "root", "--key-type", "ec:p256")
        subprocess.run(["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-keyout", "x.key", "-subj", "/CN=x",
                        "-addext", "subjectAltName=DNS:x.example", "-out", "x.csr"],
                       cwd=self.directory, check=True, capture_output=True)
        text = self.good("profile", "show", "mtls-server").stdout
        (self.directory / "mine").mkdir()
        closed = re.sub(r"^san = true", "san = false", text, flags=re.M)
        self.assertNotEqual(closed, text)
        (self.directory / "mine" / "closed.toml").write_text(
            closed.replace('"mtls-server"', '"closed"'))
        commands = {("server", "issue", "--csr", "x.csr", "--name", "x"): 2,
                    ("ca", "sign", "x.csr", "--profile", "mtls-server", "-o", "y.crt"): 5}
        for command, code in commands.items():
            self.assertIn("--san-from-csr", self.hint(code, *command))
            self.good(*command, "--san-from-csr")
        for command, code in (((*list(commands)[0], "--profile", "closed"), 2),
                              (("ca", "sign", "x.csr", "--profile", "closed", "-o", "z.crt"), 5)):
            self.assertNotIn("--san-from-csr", self.hint(code, *command, "--profiles", "mine"))

    def test_the_names_of_a_request_without_names_are_not_proposed(self):
        self.good("-q", "ca", "init", "--common-name", "root", "--key-type", "ec:p256")
        self.good("-q", "key", "generate", "--key-type", "ec:p256", "-o", "x.key")
        self.good("csr", "create", "--key", "x.key", "--common-name", "x", "-o", "x.csr")
        for more in ((), ("--san-from-csr",)):
            hint = self.hint(5, "ca", "sign", "x.csr", "--profile", "mtls-server", *more)
            self.assertNotIn("--san-from-csr", hint)

    def test_a_name_that_others_begin_with_is_found(self):
        self.good("-q", "ca", "init", "--common-name", "root", "--key-type", "ec:p256")
        for name in ("alice", "alice2"):
            self.good("-q", "client", "issue", "--name", name, "--key-type", "ec:p256")
        self.assertIn("CN=alice\n", self.good("cert", "show", "alice").stdout)
        self.hint(6, "cert", "show", "alic")


if __name__ == "__main__":
    unittest.main()
