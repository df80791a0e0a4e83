"""What the tests that run the built program share: a scratch directory, running commands, invariants.

Python's standard library only. The program is named by the environment variable MTLSCTL. Each test
file is run by CTest as `python3 FILE` and is a unittest module; cases are sentences.
"""

import contextlib
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile
import unittest

MTLSCTL = os.environ.get("MTLSCTL", "mtlsctl")
KEY = ["--key-type", "ec:p256"]  # fast keys where the kind of key is not the point

# The guide's subject, in its order, for `ca init` and for the client.
GUIDE_SUBJECT = ["--country", "cn", "--state", "bj", "--locality", "bj", "--organization", "alibaba",
                 "--unit", "test"]
GUIDE_ROOT = GUIDE_SUBJECT + ["--common-name", "root", "--email", "a.alibaba.com"]


class Result:
    """How a command ended."""

    def __init__(self, argv, code, out, err):
        self.argv, self.code, self.out, self.err = argv, code, out, err

    @property
    def json(self):
        """The one JSON document of stdout."""
        lines = self.out.decode().splitlines()
        assert len(lines) == 1, f"{len(lines)} lines where one JSON document should stand: {self}"
        return json.loads(lines[0])

    def __str__(self):
        return (f"{' '.join(map(str, self.argv))}\n  exit {self.code}\n  stdout: "
                f"{self.out.decode(errors='replace')}\n  stderr: {self.err.decode(errors='replace')}")


class Workbench(unittest.TestCase):
    """A case with a scratch directory of its own, which is the working directory of what it runs."""

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="mtlsctl-test."))
        os.chmod(self.dir, 0o700)
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        self.env = {k: v for k, v in os.environ.items()
                    if not k.startswith("MTLSCTL") and not k.startswith("OPENSSL_")}
        self.env.update(LC_ALL="C", TERM="dumb")

    def run_any(self, argv, timeout=120, stdin=b"", env=None, cwd=None, **more):
        """Runs any program; never a shell. Returns a Result."""
        done = subprocess.run([str(a) for a in argv], input=stdin, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=timeout, cwd=cwd or self.dir,
                              env={**self.env, **(env or {})}, **more)
        return Result(argv, done.returncode, done.stdout, done.stderr)

    def mtlsctl(self, *args, exit=0, **more):
        """Runs mtlsctl and asserts its exit code."""
        result = self.run_any([MTLSCTL, *args], **more)
        self.assertEqual(result.code, exit, str(result))
        return result

    def openssl(self, *args, exit=0, **more):
        result = self.run_any(["openssl", *args], **more)
        if exit is not None:
            self.assertEqual(result.code, exit, str(result))
        return result

    def tool(self, *argv, exit=0, **more):
        """Runs another program that must be there (its package is in tests/packages)."""
        if shutil.which(str(argv[0])) is None:
            self.fail(f"{argv[0]} is missing: tests/run installs it")
        result = self.run_any(argv, **more)
        if exit is not None:
            self.assertEqual(result.code, exit, str(result))
        return result

    def make_ca(self, *args, directory="ca"):
        """A root CA with a P-256 key, made quickly."""
        return self.mtlsctl("ca", "init", "--ca", directory, "--common-name", "Test root", *KEY, *args)

    def path(self, *names):
        return self.dir.joinpath(*names)

    def read(self, *names):
        return self.path(*names).read_bytes()

    def mode(self, *names):
        return os.lstat(self.path(*names)).st_mode & 0o7777

    # --- invariants ------------------------------------------------------------------------------

    def ledger_rows(self, directory="ca"):
        """(serial, state, fingerprint) of every row, read by sqlite3 and not by us."""
        file = f"file:{self.path(directory, 'ca.db')}?mode=ro"
        with contextlib.closing(sqlite3.connect(file, uri=True)) as db:
            return db.execute("select serial, state, fingerprint from certificates").fetchall()

    def certificate_serial(self, path):
        """The serial of a certificate file, as openssl reads it: lower-case hex."""
        out = self.openssl("x509", "-in", path, "-noout", "-serial").out.decode()
        return out.strip().split("=", 1)[1].lower()

    def assert_recorded(self, certificates, directory="ca"):
        """Every certificate on disk is in the ledger as issued; no serial is there twice."""
        rows = self.ledger_rows(directory)
        serials = [row[0] for row in rows]
        self.assertEqual(len(serials), len(set(serials)), "a serial stands twice in the ledger")
        issued = {row[0] for row in rows if row[1] == "issued"}
        for certificate in certificates:
            self.assertIn(self.certificate_serial(certificate), issued,
                          f"{certificate} is not recorded as issued")

    def assert_no_key_material(self, directory, allowed=()):
        """No file but `allowed` (names) under `directory` holds a private key."""
        for path in pathlib.Path(directory).rglob("*"):
            if path.is_file() and not path.is_symlink() and path.name not in allowed:
                self.assertNotIn(b"PRIVATE KEY", path.read_bytes(), f"key material left in {path}")


main = unittest.main
