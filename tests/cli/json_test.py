#!/usr/bin/env python3
"""Holds the documents of --json to docs/json.md, and docs/json.md to the documents: every field that a
command prints is described with its type, every described field is printed by some run, and every
command of the program is run. Python's standard library only."""

import contextlib
import json
import os
import pathlib
import re
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
MTLSCTL = os.environ["MTLSCTL"]
EC = ["--key-type", "ec:p256"]

FORMS = {
    "string": lambda v: isinstance(v, str),
    "number": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "boolean": lambda v: isinstance(v, bool),
    "time": lambda v: isinstance(v, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", v),
    "serial": lambda v: isinstance(v, str) and re.fullmatch(r"-?([0-9a-f]{2})+", v),
    "headers": lambda v: isinstance(v, dict) and all(isinstance(x, str) for x in v.values()),
    "sha256": lambda v: isinstance(v, str) and re.fullmatch(r"[0-9a-f]{64}", v),
}
# Documents that are lines of a result, and not a command's own.
LINES = {"store-export-record", "store-export-revocation"}
# Fields that only some documents of their kind have.
OPTIONAL = {("Errors", "file")}


def read_docs():
    """{section: {field: type}} of docs/json.md."""
    sections, here = {}, None
    for line in (ROOT / "docs/json.md").read_text(encoding="utf-8").splitlines():
        if match := re.fullmatch(r"##+ (.*)", line):
            here = sections.setdefault(match[1], {})
        elif match := re.match(r"\| `(\w+)` \| ([^|]+?) \|", line):
            assert match[1] not in here, f"{match[1]} is described twice"
            here[match[1]] = match[2]
    return sections


class JsonTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.docs = read_docs()
        cls.met = {}  # section -> fields that were printed
        cls.commands = set()
        scratch = tempfile.TemporaryDirectory(prefix="mtlsctl-json.")
        cls.addClassCleanup(scratch.cleanup)
        cls.directory = scratch.name

    def run_command(self, *arguments, codes=(0,), stdin=b"", plain=False):
        """Runs a command with --json and checks each of its documents."""
        done = subprocess.run([MTLSCTL, *arguments, *([] if plain else ["--json"])],
                              cwd=self.directory, input=stdin, capture_output=True, timeout=60,
                              env={"PATH": os.environ["PATH"], "HOME": self.directory})
        shown = f"{' '.join(arguments)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        self.assertIn(done.returncode, codes, shown)
        if plain:
            return []
        documents = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertTrue(documents, f"no document: {shown}")
        for document in documents:
            self.check_document(document)
        return documents

    def check_document(self, document):
        self.assertEqual(next(iter(document)), "schema")
        match = re.fullmatch(r"mtlsctl/([a-z-]+)/1", document["schema"])
        self.assertTrue(match, document["schema"])
        if "error" in document:
            return self.check("Errors", document)
        if match[1] not in LINES:
            self.commands.add(match[1])
        self.check(self.section_of(match[1]), document)

    def section_of(self, words):
        """The heading of a schema's words, which are joined by the same sign that stands within some."""
        wanted = "mtlsctl-" + words
        return next((one for one in self.docs if one.replace(" ", "-") == wanted), wanted)

    def check(self, section, fields):
        self.assertIn(section, self.docs, "a section that docs/json.md lacks")
        described = self.docs[section]
        for name, value in fields.items():
            self.assertIn(name, described, f"{section}: not described")
            self.check_value(f"{section}: {name}", described[name], value)
        self.met.setdefault(section, set()).update(fields)
        if section != "object":  # whose fields depend on its kind
            for name in described:
                if (section, name) not in OPTIONAL:
                    self.assertIn(name, fields, f"{section}: not printed")

    def check_value(self, where, kind, value):
        if kind.endswith(" or null"):
            if value is None:
                return
            kind = kind[:-len(" or null")]
        if kind.startswith("["):
            self.assertIsInstance(value, list, where)
            for item in value:
                self.check_value(where, kind[1:-1], item)
        elif kind in FORMS:
            self.assertTrue(FORMS[kind](value), f"{where} is no {kind}: {value!r}")
        else:
            self.assertIsInstance(value, dict, where)
            self.check(kind, value)

    def openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.directory, check=True, capture_output=True)

    def run_serve(self):
        """A listener's documents, and what it answers: to alice, and to nobody."""
        process = subprocess.Popen([MTLSCTL, "serve", "--json", "--ca", "ca", "--listen", "127.0.0.1:0"],
                                   cwd=self.directory, stdout=subprocess.PIPE,
                                   env={"PATH": os.environ["PATH"], "HOME": self.directory})
        try:
            first = json.loads(process.stdout.readline())
            self.check_document(first)
            for identity in (["--cert", "client.crt", "--key", "client.key"], []):
                answer = subprocess.run(["curl", "-s", "--noproxy", "*", "--cacert", "ca/ca.crt", *identity,
                                         first["url"]], cwd=self.directory, timeout=20, capture_output=True)
                if identity:
                    self.check("The answer of serve", json.loads(answer.stdout))
            process.terminate()
            rest = process.communicate(timeout=10)[0]
            for line in rest.splitlines():
                self.check_document(json.loads(line))
            self.assertEqual(process.returncode, 0)
        finally:
            process.kill()
            process.communicate()

    def make_files(self):
        """What `inspect` is to be shown beside our own files."""
        directory = pathlib.Path(self.directory)
        (directory / "ca.conf").write_text(
            "[x]\ndatabase = index\ndefault_md = sha256\ncrlnumber = n\ndefault_crl_days = 9\n")
        (directory / "index").write_text("R\t350101000000Z\t260101000000Z\t00ABCD\tunknown\t/CN=x\n")
        (directory / "n").write_text("01\n")
        self.openssl("ca", "-config", "ca.conf", "-name", "x", "-gencrl", "-keyfile", "ca/ca.key", "-cert",
                     "ca/ca.crt", "-out", "ca.crl")
        self.openssl("pkey", "-in", "client.key", "-pubout", "-out", "client.pub")
        self.openssl("pkey", "-in", "client.key", "-aes256", "-passout", "pass:x", "-out", "locked.key")
        (directory / "other.pem").write_text("-----BEGIN THING-----\nAAAA\n-----END THING-----\n")
        (directory / "challenge").write_text("x\n")

    def test_documents_are_as_described(self):
        self.run_command("ca", "init", "--common-name", "root", *EC, "--dry-run")
        self.run_command("ca", "init", "--common-name", "root", *EC)
        self.run_command("ca", "init", "--ca", "sub", "--parent", "ca", "--common-name", "sub", *EC)
        self.run_command("client", "issue", *EC, "--san", "email:a@b.example", "--dry-run")
        self.run_command("client", "issue", *EC, "--san", "email:a@b.example", "--days", "3650",
                         "--request-key", "r1", "--email", "no.address.example", "--common-name", "c")
        self.run_command("server", "issue", *EC, "--name", "web", "--san", "dns:web.example")
        self.run_command("key", "generate", *EC, "-o", "x.key", "--dry-run")
        self.run_command("key", "generate", *EC, "-o", "x.key")
        self.make_files()
        self.run_command("csr", "create", "--key", "x.key", "-o", "x.csr", "--common-name", "x",
                         "--san", "dns:x.example", "--challenge-password", "file:challenge",
                         "--company-name", "X")
        signed = self.run_command("ca", "sign", "x.csr", "-o", "x.crt")
        self.assertTrue(signed[0]["notices"], "a SAN that is not granted is reported")
        self.run_command("verify", "client.crt", "web.crt", "absent.crt", codes=(6,))
        self.run_command("verify", "--trust", "sub/ca.crt", "--host", "a.example", "client.crt",
                         codes=(1,))
        self.run_command("inspect", "client.crt", "ca/ca.crt", "x.csr", "ca.crl", "client.key",
                         "client.pub", "locked.key", "other.pem", "sub/ca.crt")
        for document in self.run_command("cert", "list"):
            self.run_command("cert", "show", document["serial"])
        self.run_command("cert", "export", "CN=web.example")
        self.run_command("cert", "export", "CN=web.example", "-o", "again.crt")
        self.run_command("ca", "show")
        self.run_command("ca", "show", "--effective")
        self.run_command("ca", "export")
        self.run_command("ca", "export", "-o", "up.crt")
        self.run_command("store", "migrate", "--dry-run")
        self.run_command("store", "copy", "--to", "sqlite:copy.db")
        self.adopt_and_import()
        self.look_at_the_ledger()
        self.run_command("render", "--list")
        self.run_command("render", "nginx", "--server-cert", "web.crt", "--server-key", "web.key")
        self.run_command("render", "nginx", "--server-cert", "web.crt", "--server-key", "web.key",
                         "--out", "nginx.conf")
        self.run_command("render", "nginx", "--server-cert", "web.crt", "--server-key", "web.key",
                         "--check", "nginx.conf")
        self.run_command("render", "nginx", "--server-cert", "web.crt", "--server-key", "web.key",
                         "--ca", "sub", "--listen", "127.0.0.1:9", "--check", "nginx.conf", codes=(1,))
        self.run_command("profile", "list")
        shown = self.run_command("profile", "show", "mtls-client")
        text = shown[0]["toml"]
        (pathlib.Path(self.directory) / "mtls-client.toml").write_text(text)
        self.run_command("profile", "check", "mtls-client.toml", "absent.toml", codes=(6,))
        self.run_serve()
        self.probe_a_listener()
        self.run_command("completion", "bash")
        self.run_command("version")
        self.run_command("help", "exit-codes")
        self.run_command("frobnicate", codes=(2,))
        self.run_command("cert", "show", "CN=nobody", codes=(6,))
        self.nothing_is_left_out()

    def look_at_the_ledger(self):
        """The ledger as evidence: sound, then with a row that somebody changed, then an older one."""
        self.run_command("log", "show")
        self.run_command("log", "head")
        pinned = self.run_command("log", "head", "--sign")[0]["head"]
        self.run_command("log", "verify", "--since", pinned)
        self.run_command("store", "backup", "backup.db")
        self.run_command("store", "accept-clock", "--serial",
                         self.run_command("cert", "list")[0]["serial"])
        self.run_command("store", "accept-loss")
        self.run_command("store", "check", "--files", "client.crt")
        self.run_command("store", "repair", "--files", "client.crt")
        self.interrupt_an_issue()
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=stranger",
                        "-keyout", "stranger.key", "-out", "stranger.crt"], cwd=self.directory, check=True,
                       capture_output=True)
        self.run_command("store", "check", "--files", "client.crt", "--files", "stranger.crt", codes=(1,))
        ledger = pathlib.Path(self.directory) / "ca" / "ca.db"
        with contextlib.closing(sqlite3.connect(ledger)) as db:
            db.execute("update certificates set subject = 'CN=x' where subject = 'CN=web.example'")
            db.execute("update certificates set state = 'revoked', revoked_time = issued_time "
                       "where profile = 'mtls-client'")
            db.commit()
        revoked = self.run_command("verify", "client.crt", codes=(4,))[0]["findings"]
        self.assertEqual([one["problem"] for one in revoked if one["revocation"]], ["revoked"])
        self.run_command("log", "verify", codes=(1,))
        self.run_command("store", "check", codes=(1,))
        self.run_command("client", "issue", *EC, "--name", "later")
        ledger.write_bytes((pathlib.Path(self.directory) / "backup.db").read_bytes())
        with contextlib.closing(sqlite3.connect(ledger)) as db:
            db.execute("delete from certificates where subject = 'CN=web.example'")
            db.commit()
        self.run_command("log", "verify", codes=(1,))
        self.run_command("store", "accept-rollback")
        self.run_command("store", "accept-loss")

    def interrupt_an_issue(self):
        """Leaves an intent whose process is gone."""
        ledger = pathlib.Path(self.directory) / "ca" / "ca.db"
        with contextlib.closing(sqlite3.connect(ledger)) as db:
            columns = [row[1] for row in db.execute("pragma table_info(certificates)")]
            row = list(db.execute("select * from certificates where subject = 'CN=web.example'").fetchone())
            for name, value in (("id", None), ("serial", "7f" * 16), ("state", "intent"), ("tbs", "MAA="),
                                ("fingerprint", None), ("certificate", None), ("request_key", None),
                                ("issued_time", None), ("issue_entry", None)):
                row[columns.index(name)] = value
            db.execute(f"insert into certificates values ({','.join('?' * len(row))})", row)
            db.commit()

    def adopt_and_import(self):
        """A v1 CA of openssl's, with an index that names what is not there."""
        directory = pathlib.Path(self.directory)
        self.openssl("x509", "-req", "-in", "ca/ca.csr", "-signkey", "ca/ca.key", "-days", "999", "-out", "v1.crt")
        self.run_command("ca", "adopt", "v1.crt", "ca/ca.key", "--ca", "v1")
        self.run_command("ca", "adopt", "v1.crt", "ca/ca.key", "--ca", "v3", "--reissue")
        (directory / "old").mkdir()
        (directory / "old" / "index.txt").write_text(
            "V\t350101000000Z\t\tAB\tunknown\t/CN=x\nrubbish\n"
            "R\t350101000000Z\t250101000000Z,keyTime,20240101000000Z\tAC\tunknown\t/CN=y\n")
        (directory / "old" / "ca.crt").write_bytes((directory / "v1.crt").read_bytes())
        self.run_command("store", "import", "old", "--ca", "v3", codes=(1,))
        self.run_command("store", "import", "v1.crt", "--ca", "v3")
        self.run_command("store", "export", "--format", "json", "--ca", "v3")
        self.run_command("store", "export", "--format", "csv", "-o", "ledger.csv")

    def probe_a_listener(self):
        """A listener that enforces, compared with a stored result that says otherwise."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = subprocess.Popen(["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", "web.crt", "-key", "web.key",
                                   "-CAfile", "ca/ca.crt", "-Verify", "3", "-verify_return_error", "-www"], cwd=self.directory,
                                  stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for _ in range(200):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.05)
            arguments = ["probe", f"https://web.example:{port}/", "--resolve", f"web.example:{port}:127.0.0.1", "--trust",
                         "ca/ca.crt", "--cert", "client.crt", "--key", "client.key"]
            (document,) = self.run_command(*arguments)
            document["verdict"] = "no-verdict"
            (pathlib.Path(self.directory) / "before.json").write_text(json.dumps(document))
            self.run_command(*arguments, "--compare", "before.json")
            self.run_command(*arguments[:-4], codes=(7,))
        finally:
            server.terminate()
            server.wait(10)
            server.stdin.close()

    def nothing_is_left_out(self):
        for section, fields in self.docs.items():
            missing = set(fields) - self.met.get(section, set())
            self.assertFalse(missing, f"described under '{section}', but never printed")
        listed = set(re.findall(r"^- \[mtlsctl ([a-z -]+)\]",
                                (ROOT / "docs/cli.md").read_text(encoding="utf-8"), re.M))
        self.assertEqual({words.replace(" ", "-") for words in listed}, set(self.commands))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
