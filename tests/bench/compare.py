#!/usr/bin/env python3
"""mtlsctl against openssl, in turn, in one run: prints ratios (docs/benchmarks.md).

  MTLSCTL=build/mtlsctl tests/bench/compare.py [ROUNDS]

ROUNDS 0 counts instructions instead (needs valgrind).

Each round runs one and then the other, so that both meet the same machine; the ratio is of the medians of
the rounds. Absolute times are printed for orientation only: they drift.
"""

import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

BUILT = os.path.abspath(os.environ.get("MTLSCTL", "build/mtlsctl"))
MTLSCTL = "./mtlsctl"


def run(*argv):
    subprocess.run(argv, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


def timed(commands):
    start = time.perf_counter()
    for command in commands:
        run(*command)
    return (time.perf_counter() - start) * 1000


def compare(what, ours, theirs, rounds):
    """`ours` and `theirs` give the commands of round i."""
    pairs = [(timed(ours(i)), timed(theirs(i))) for i in range(rounds + 2)][2:]  # two to warm up
    mine, other = (statistics.median(column) for column in zip(*pairs))
    ratios = sorted(a / b for a, b in pairs)
    print(f"{what:<44} {mine:8.2f} ms {other:8.2f} ms   ratio {mine / other:5.2f}  "
          f"(quartiles {ratios[len(ratios) // 4]:.2f} to {ratios[-len(ratios) // 4]:.2f})")


def count_instructions():
    """The same commands under valgrind: a count that no other load on the machine changes."""
    def count(*argv):
        done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *argv],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
        return int(done.stderr.split("Collected :")[1].split()[0]) / 1e6

    for what, ours, theirs in (
            ("verify --trust, rsa CA", ("verify", "--trust", "rsa/ca.crt", "rsa.crt"),
             ("verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", "rsa/ca.crt", "rsa.crt")),
            ("verify --ca, rsa CA", ("verify", "--ca", "rsa", "rsa.crt"),
             ("verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", "rsa/ca.crt", "rsa.crt")),
            ("version", ("version",), ("version",))):
        mine, other = count(MTLSCTL, *ours), count("openssl", *theirs)
        print(f"{what:<44} {mine:8.2f} M  {other:8.2f} M    ratio {mine / other:5.2f}")


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    with tempfile.TemporaryDirectory(prefix="mtlsctl-bench.") as scratch:
        os.chdir(scratch)
        os.chmod(scratch, 0o700)
        # As installing does: what a linker has just written lies in the page cache in small pieces, and
        # mapping those takes a twentieth of a short command's time.
        shutil.copy(BUILT, MTLSCTL)
        for kind, ca in (("rsa:4096", "rsa"), ("ec:p256", "ec")):
            run(MTLSCTL, "ca", "init", "--ca", ca, "--common-name", "root", "--key-type", kind)
            run(MTLSCTL, "client", "issue", "--ca", ca, "--name", ca, "--key-type", "ec:p256")
        run("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "k.pem")
        pathlib.Path("ext.cnf").write_text("basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
                                           "extendedKeyUsage=clientAuth\n")
        time.sleep(4)  # what was written a moment ago is read under SQLite's locks
        print(f"{'':<44} {'mtlsctl':>11} {'openssl':>11}")
        if rounds == 0:
            return count_instructions()
        for ca in ("rsa", "ec"):
            # The same question, then the usual form, which asks the ledger what was revoked, too.
            for how, trust in (("--trust", f"{ca}/ca.crt"), ("--ca", ca)):
                compare(f"verify {how} {trust} {ca}.crt",
                        lambda i: [(MTLSCTL, "verify", how, trust, f"{ca}.crt")],
                        lambda i: [("openssl", "verify", "-x509_strict", "-purpose", "sslclient", "-CAfile",
                                    f"{ca}/ca.crt", f"{ca}.crt")], rounds)
        for ca in ("rsa", "ec"):
            compare(f"client issue, existing P-256 key ({ca} CA)",
                    lambda i: [(MTLSCTL, "client", "issue", "--ca", ca, "--key", "k.pem", "--name", f"{ca}{i}")],
                    lambda i: [("openssl", "req", "-new", "-key", "k.pem", "-subj", "/CN=client", "-out", "o.csr"),
                               ("openssl", "x509", "-req", "-in", "o.csr", "-CA", f"{ca}/ca.crt", "-CAkey",
                                f"{ca}/ca.key", "-days", "365", "-extfile", "ext.cnf", "-out", f"o{i}.crt")],
                    rounds)
        compare("RSA 4096 key", lambda i: [(MTLSCTL, "key", "generate", "-o", f"r{i}.pem")],
                lambda i: [("openssl", "genrsa", "-out", f"g{i}.pem", "4096")], max(6, rounds // 4))
        compare("start (version)", lambda i: [(MTLSCTL, "version")], lambda i: [("openssl", "version")], rounds)


if __name__ == "__main__":
    main()
