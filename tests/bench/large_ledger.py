#!/usr/bin/env python3
"""A ledger of a million certificates: issuing, showing and a page of the list take less than twice their time at a
thousand, and verifying a thousand files at most 1.2 times. Also what checking all of it takes, and `openssl ca` at the same size (docs/benchmarks.md).

  MTLSCTL=… MTLSCTL_FILL=…/fill_ledger tests/bench/large_ledger.py

MTLSCTL_SMALL and MTLSCTL_LARGE are other sizes.
"""

import base64
import contextlib
import os
import pathlib
import random
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

MTLSCTL = os.path.abspath(os.environ["MTLSCTL"])
FILL = os.path.abspath(os.environ["MTLSCTL_FILL"])
SIZES = [int(os.environ.get("MTLSCTL_SMALL", "1000")), int(os.environ.get("MTLSCTL_LARGE", "1000000"))]
ROUNDS = 41
VERIFY_ROUNDS = 11  # of a thousand files each
FILES = 1000
KEY = ["--key-type", "ec:p256"]
CONFIGURATION = """
[ca]
default_ca = it
[it]
dir = .
database = index.txt
new_certs_dir = new
certificate = ca.crt
private_key = ca.key
serial = serial
default_md = sha256
default_days = 90
policy = any
[any]
commonName = supplied
"""


def run(*argv, cwd=None):
    return subprocess.run([str(word) for word in argv], check=True, cwd=cwd, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout.decode()


def timed(*argv, cwd=None):
    start = time.perf_counter()
    run(*argv, cwd=cwd)
    return time.perf_counter() - start


def measured(*argv):
    """Seconds, and the largest memory in MiB."""
    start = time.perf_counter()
    with subprocess.Popen([str(word) for word in argv], stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(map(str, argv))}: exit {process.returncode}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


class Sized:
    """A CA with so many certificates."""

    def __init__(self, top, size):
        self.size, self.ca = size, top / str(size)
        run(MTLSCTL, "ca", "init", "--ca", self.ca, "--common-name", "root", *KEY)
        seconds = timed(FILL, self.ca, size)
        print(f"{size}: made in {seconds:.0f} s ({size / seconds:.0f}/s), "
              f"{(self.ca / 'ca.db').stat().st_size / size:.0f} octets each", flush=True)
        self.serials = [line.split()[0] for line in
                        run(MTLSCTL, "cert", "list", "--ca", self.ca, "--limit", "500").splitlines()]
        self.files = self.write_files(top)
        self.out, self.number = top / f"{size}-out", 0
        self.out.mkdir()

    def issue(self):
        self.number += 1
        return [MTLSCTL, "client", "issue", "--ca", self.ca, *KEY, "--name", f"n{self.number}", "--out-dir", self.out]

    def show(self):
        return [MTLSCTL, "cert", "show", "--ca", self.ca, random.choice(self.serials)]

    def verify(self):
        return [MTLSCTL, "verify", "--ca", self.ca, *self.files]

    def write_files(self, top):
        """Certificates from all over the ledger, as files; the same number at each size."""
        folder = top / f"{self.size}-files"
        folder.mkdir()
        with contextlib.closing(sqlite3.connect(self.ca / "ca.db")) as db:
            serials = [row[0] for row in db.execute(
                "select serial from certificates where state = 'issued' and profile = 'mtls-client'")]
            for number, serial in enumerate(random.choices(serials, k=FILES)):
                text = db.execute("select certificate from certificates where serial = ?", (serial,)).fetchone()[0]
                (folder / f"{number}.crt").write_bytes(base64.b64decode(text))
        return sorted(folder.iterdir())

    def page(self):
        return [MTLSCTL, "cert", "list", "--ca", self.ca, "--limit", "50"]


class OpensslCa:
    """The same in openssl's own index, made of what it writes for one certificate."""

    def __init__(self, top, size):
        self.dir = top / f"openssl-{size}"
        (self.dir / "new").mkdir(parents=True)
        (self.dir / "openssl.cnf").write_text(CONFIGURATION)
        (self.dir / "serial").write_text("7000000000\n")
        (self.dir / "index.txt").write_text("".join(
            f"V\t350101000000Z\t\t{0x10000000 + i:X}\tunknown\t/CN=client-{i}\n" for i in range(size)))
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
            "ca.key", "-out", "ca.crt", "-subj", "/CN=root", cwd=self.dir)
        self.number = 0

    def issue(self):
        self.number += 1
        run("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
            "q.key", "-out", "q.csr", "-subj", f"/CN=n{self.number}", cwd=self.dir)
        return timed("openssl", "ca", "-batch", "-config", "openssl.cnf", "-in", "q.csr", "-out", "q.crt", "-notext",
                     cwd=self.dir)


def main():
    top = pathlib.Path(tempfile.mkdtemp(prefix="mtlsctl-large."))
    try:
        sized = [Sized(top, size) for size in SIZES]
        late = []
        for what, rounds, most in (("issue", ROUNDS, 2), ("show", ROUNDS, 2), ("page", ROUNDS, 2),
                                   ("verify", VERIFY_ROUNDS, 1.2)):
            # In turn, so that both meet the same machine.
            times = [[timed(*getattr(one, what)()) for one in sized] for _ in range(rounds)]
            small, large = (statistics.median(column) for column in zip(*times))
            print(f"{what:<6} {small * 1000:7.1f} ms at {SIZES[0]}, {large * 1000:7.1f} ms at {SIZES[1]}: "
                  f"{large / small:.2f} times", flush=True)
            late += [f"{what} (over {most} times)"] if large > most * small else []
        for words in (["log", "verify"], ["store", "check"], ["cert", "list"], ["store", "backup"]):
            for one in sized:
                target = [one.ca / "copy.db"] if words[-1] == "backup" else []
                seconds, memory = measured(MTLSCTL, *words, *target, "--ca", one.ca)
                print(f"{' '.join(words):<13} at {one.size}: {seconds:.2f} s, {memory:.0f} MiB", flush=True)
        for size in SIZES:
            theirs = OpensslCa(top, size)
            print(f"openssl ca    at {size}: {statistics.median([theirs.issue() for _ in range(5)]) * 1000:.1f} ms "
                  "(without making the key)", flush=True)
        if late:
            sys.exit(f"too slow: {', '.join(late)}")
    finally:
        shutil.rmtree(top, ignore_errors=True)


if __name__ == "__main__":
    main()
