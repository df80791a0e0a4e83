"""Ledgers that earlier versions wrote: tests/vectors/store."""

import os
import pathlib
import shutil

VECTORS = pathlib.Path(__file__).resolve().parent.parent / "vectors" / "store"


def old_ledger(bench, name, schema="schema-1"):
    """A CA directory (without its key) with a ledger of that schema."""
    shutil.copytree(VECTORS / schema, bench.path(name))
    os.chmod(bench.path(name), 0o700)
    shutil.copy(bench.path(name, "ca.crt"), bench.path(name, "root.crt"))
    bench.path(name, "chain.crt").write_bytes(b"")
    return bench.path(name)
