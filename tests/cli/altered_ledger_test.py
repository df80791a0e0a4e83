"""A ledger that other hands have altered: every command says so (exit 1 or 7), and none takes it for a bug of its own."""

import contextlib
import os
import shutil
import sqlite3
import subprocess

from workbench import KEY, MTLSCTL, Workbench, main

COMMANDS = {
    "list": ["cert", "list"], "show": ["cert", "show", "CN=a"], "export": ["cert", "export", "CN=a"],
    "verify": ["verify", "--ca", "ca", "a.crt"], "log show": ["log", "show"], "log verify": ["log", "verify"],
    "log head": ["log", "head"], "check": ["store", "check"], "export index":
        ["store", "export", "--format", "openssl-index"], "export json": ["store", "export", "--format", "json"],
    "backup": ["store", "backup", "b.db"], "copy": ["store", "copy", "--to", "sqlite:c.db"],
    "migrate": ["store", "migrate"], "issue": ["client", "issue", "--name", "n", *KEY],
    "sign": ["ca", "sign", "q.csr", "-o", "q.crt"], "import": ["store", "import", "extra"],
    "repair": ["store", "repair"], "rollback": ["store", "accept-rollback"],
    "clock": ["store", "accept-clock", "--serial", "01"], "if-missing":
        ["client", "issue", "--name", "a", "--if-missing", *KEY], "ca show": ["ca", "show"],
    "ca init": ["ca", "init", "--if-missing", "--common-name", "Test root", *KEY],
}


def run_sql(*statements):
    def alter(file):
        with contextlib.closing(sqlite3.connect(file)) as db:
            db.execute("pragma foreign_keys = off")
            for statement in statements:
                db.execute(statement)
            db.commit()
    return alter


def in_schema(change):
    """Changes what the schema says without looking at the rows."""
    return run_sql("pragma writable_schema = on", change, "pragma writable_schema = reset")


def put(offset, octets):
    def alter(file):
        with open(file, "r+b") as opened:
            opened.seek(offset)
            opened.write(octets)
    return alter


def replace(make):
    def alter(file):
        file.unlink()
        make(file)
    return alter


ALTERATIONS = {
    "a column is gone": run_sql("alter table certificates drop column note"),
    "a column of the log is gone": run_sql("alter table log_entries drop column note"),
    "a column has another name": run_sql("alter table certificates rename column host to machine"),
    "a table has another name": run_sql("alter table certificates rename to certs"),
    "the log has another name": run_sql("alter table log_entries rename to entries"),
    "a table is gone": run_sql("drop table log_heads"),
    "issuers are gone": run_sql("delete from issuers"),
    "meta is empty": run_sql("delete from meta"),
    "an index is gone": run_sql("drop index certificates_issued_serial"),
    "an index says what no row may": run_sql("create unique index mine on certificates (crl_part) where id >= 3"),
    "an index says what no entry may": run_sql("create unique index mine on log_entries (issuer) where seq >= 8"),
    "a trigger is there": run_sql("create trigger t before insert on certificates begin select raise(abort, 'no'); end"),
    "a view is there": run_sql("create view v as select * from meta"),
    "a table is a view": run_sql("alter table certificates rename to hidden",
                                 "create view certificates as select * from hidden"),
    "the log is a view": run_sql("alter table log_entries rename to hidden",
                                 "create view log_entries as select * from hidden"),
    "meta is a view": run_sql("alter table meta rename to hidden", "create view meta as select * from hidden"),
    "a table checks what no row can keep": in_schema(
        "update sqlite_master set sql = replace(sql, 'crl_part bigint NOT NULL', "
        "'crl_part bigint NOT NULL CHECK (crl_part > 5)') where name = 'certificates'"),
    "a column must be what it is not": in_schema(
        "update sqlite_master set sql = replace(sql, 'note text NOT NULL', "
        "'note text NOT NULL CHECK (length(note) > 900)') where name = 'log_entries'"),
    "a column more is needed": in_schema(
        "update sqlite_master set sql = replace(sql, 'note text NOT NULL', "
        "'note text NOT NULL, more text NOT NULL') where name = 'issuers'"),
    "a column refers to nothing": run_sql("alter table certificates add column more integer references nowhere(x)"),
    "the schema is words": in_schema("update sqlite_master set sql = 'CREATE TABLE words' where name = 'issuers'"),
    "nothing must be there": in_schema("update sqlite_master set sql = replace(replace(sql, 'text NOT NULL', 'text'), "
                                       "'bigint NOT NULL', 'bigint') where name = 'certificates'"),
    "nothing is there": lambda file: (
        in_schema("update sqlite_master set sql = replace(replace(sql, 'text NOT NULL', 'text'), "
                  "'bigint NOT NULL', 'bigint') where name = 'certificates'")(file),
        run_sql("update certificates set subject = null, not_after = null")(file)),
    "text stands for a number": run_sql("update certificates set not_after = 'tomorrow'"),
    "text stands for the version": run_sql("update meta set schema_version = 'two'"),
    "octets stand for text": run_sql("update certificates set subject = x'00ff', note = x'ff'"),
    "octets that are no UTF-8": run_sql("update certificates set subject = cast(x'ff80' as text)"),
    "a text with a NUL": run_sql("update certificates set note = 'a' || char(0) || 'b'"),
    "a number of the log is a text": run_sql("update log_entries set time = 'x'"),
    "a hash is a number": run_sql("update log_heads set hash = 5"),
    "a head before the first entry": run_sql("update log_heads set seq = -9223372036854775808"),
    "a head behind all": run_sql("update log_heads set seq = 9223372036854775807"),
    "times at the ends": run_sql("update certificates set not_before = -9223372036854775808, "
                                 "not_after = 9223372036854775807, intent_time = 9223372036854775807"),
    "times of the log at the ends": run_sql("update log_entries set time = 9223372036854775807"),
    "a state of its own": run_sql("pragma ignore_check_constraints = on", "update certificates set state = 'odd'"),
    "an older version is claimed": run_sql("update meta set schema_version = 1"),
    "the version before is claimed": run_sql("update meta set schema_version = schema_version - 1"),
    "version nought": run_sql("update meta set schema_version = 0"),
    "a newer version is claimed": run_sql("update meta set schema_version = 99"),
    "rows of nobody": run_sql("update certificates set issuer = 77"),
    "entries of nobody": run_sql("update log_entries set issuer = 77"),
    "rows twice": run_sql("drop index certificates_issued_serial",
                          "create table t as select * from certificates", "update t set id = id + 100",
                          "insert into certificates select * from t", "drop table t"),
    "page garbage": put(4096 * 2, os.urandom(4096)),
    "garbage everywhere": put(4096, os.urandom(4096 * 12)),
    "a header of zeros": put(0, bytes(100)),
    "half a header": put(16, bytes(84)),
    "cut short": lambda file: os.truncate(file, 5000),
    "cut to a page": lambda file: os.truncate(file, 4096),
    "cut to a few octets": lambda file: os.truncate(file, 9),
    "empty": lambda file: os.truncate(file, 0),
    "gone": lambda file: file.unlink(),
    "a directory": replace(lambda file: file.mkdir()),
    "a FIFO": replace(os.mkfifo),
    "a link to nowhere": replace(lambda file: file.symlink_to("nowhere")),
    "a text": replace(lambda file: file.write_text("hello\n")),
    "another database": replace(run_sql("create table mine (x)")),
    "a log of garbage": lambda file: file.with_name("ca.db-wal").write_bytes(os.urandom(9000)),
    "a log that is a directory": lambda file: file.with_name("ca.db-wal").mkdir(),
    "a journal of garbage": lambda file: file.with_name("ca.db-journal").write_bytes(os.urandom(9000)),
    "a link for the shared index": lambda file: file.with_name("ca.db-shm").symlink_to("nowhere"),
}


class Altered(Workbench):
    def setUp(self):
        super().setUp()
        self.make_ca()
        for name in ("a", "b"):
            self.mtlsctl("client", "issue", "--name", name, *KEY)
        self.mtlsctl("csr", "create", "--key", "a.key", "--common-name", "q", "-o", "q.csr")
        self.path("extra").mkdir()
        self.tool("openssl", "x509", "-req", "-in", "q.csr", "-CA", "ca/ca.crt", "-CAkey", "ca/ca.key", "-set_serial",
                  "77", "-out", "extra/q.crt")

    def run_all(self, alter):
        """What each command ends with, in a directory of its own."""
        ends = {}
        for name, words in COMMANDS.items():
            directory = self.path("work")
            shutil.rmtree(directory, ignore_errors=True)
            directory.mkdir(mode=0o700)
            for one in ("ca", "a.key", "a.csr", "a.crt", "q.csr", "extra"):
                self.tool("cp", "-a", self.path(one), directory)
            alter(directory / "ca" / "ca.db")
            try:
                ends[name] = self.run_any([MTLSCTL, *words, "--lock-timeout", "2s"] if words[0] != "ca" or
                                          words[1] != "show" else [MTLSCTL, *words], cwd=directory, timeout=20)
            except subprocess.TimeoutExpired:
                self.fail(f"{words} waits for ever")
            left = [file.name for file in directory.iterdir() if ".db" in file.name]
            self.assertEqual(left == [], ends[name].code != 0 or name not in ("backup", "copy"), str(ends[name]))
        return ends

    def test_no_command_takes_it_for_a_bug(self):
        for what, alter in ALTERATIONS.items():
            with self.subTest(altered=what):
                for name, end in self.run_all(alter).items():
                    self.assertIn(end.code, (0, 1, 3, 5, 6, 7), f"{what}: {name}: {end}")
                    self.assertNotIn(b"request key", end.err, f"{what}: {name}: {end}")


if __name__ == "__main__":
    main()
