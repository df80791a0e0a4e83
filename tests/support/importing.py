"""What the tests share that take another tool's CA in: adopting it, importing, and the ledger's soundness after it."""

import contextlib
import sqlite3

from workbench import Workbench


class SoundLedgers(Workbench):
    def tearDown(self):
        """Whatever was adopted or taken in, the ledger is sound by its own account."""
        for settings in sorted(self.dir.glob("*/ca.toml")):
            if (settings.parent / "ca.crt").exists():
                for check in (("store", "check"), ("log", "verify")):
                    self.mtlsctl(*check, "--ca", settings.parent)
        super().tearDown()


class ImportCase(SoundLedgers):
    def adopt(self, old, *more, directory="ca", **how):
        return self.mtlsctl("ca", "adopt", old.dir / "cacert.pem", old.dir / "cakey.pem", "--ca", directory, *more,
                            **how)

    def take(self, path, *more, exit=0, **how):
        return self.mtlsctl("store", "import", path, "--json", *more, exit=exit, **how).json

    def findings(self, report):
        return sorted(one["finding"] for one in report["findings"])

    def rows(self, directory="ca"):
        """{subject's CN: (serial, state, origin, note, revoked_time)} as sqlite3 reads it."""
        file = f"file:{self.path(directory, 'ca.db')}?mode=ro"
        with contextlib.closing(sqlite3.connect(file, uri=True)) as db:
            found = db.execute("select subject, serial, state, origin, note, revoked_time from certificates")
            return {row[0].split(",")[0].removeprefix("CN="): row[1:] for row in found}

    def count(self, directory="ca"):
        return len(self.ledger_rows(directory))
