#!/usr/bin/env python3
"""mtlsctl against openssl, in turn, in one run: prints ratios (docs/benchmarks.md).

  MTLSCTL=build/mtlsctl tests/bench/compare.py [ROUNDS]

Each round runs one and then the other, so that both meet the same machine; the ratio is of the medians of
the rounds. Absolute times are printed for orientation only: they drift.
"""

import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

MTLSCTL = os.path.abspath(os.environ.get("MTLSCTL", "build/mtlsctl"))


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


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    with tempfile.TemporaryDirectory(prefix="mtlsctl-bench.") as scratch:
        os.chdir(scratch)
        os.chmod(scratch, 0o700)
        for kind, ca in (("rsa:4096", "rsa"), ("ec:p256", "ec")):
            run(MTLSCTL, "ca", "init", "--ca", ca, "--common-name", "root", "--key-type", kind)
            run(MTLSCTL, "client", "issue", "--ca", ca, "--name", ca, "--key-type", "ec:p256")
        run("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "k.pem")
        pathlib.Path("ext.cnf").write_text("basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
                                           "extendedKeyUsage=clientAuth\n")
        print(f"{'':<44} {'mtlsctl':>11} {'openssl':>11}")
        for ca in ("rsa", "ec"):
            compare(f"verify client.crt ({ca} CA)",
                    lambda i: [(MTLSCTL, "verify", "--trust", f"{ca}/ca.crt", f"{ca}.crt")],
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
