"""A server, or what sits between it and mtlsctl, that answers what it was not asked.

A proxy changes the answers of a real server, one message at a time: rows, columns and ends of answers that are
missing, twice there or NULL. Every command then exits with 7, or with 0 and what it prints without the proxy:
never with 70, a signal, or data that the database does not hold.
"""

import collections
import os
import random
import re
import struct

import postgresql
from workbench import KEY, MTLSCTL, Workbench, main

ROUNDS = int(os.environ.get("MTLSCTL_ROUNDS", "60"))
READING = (["cert", "list", "--json"], ["cert", "show", "alice", "--json"], ["verify", "alice.crt", "--json"],
           ["log", "show", "--json"], ["log", "verify", "--json"], ["log", "head", "--json"], ["store", "check", "--json"],
           ["store", "export", "--format", "json"])
# May be NULL in any row, so that a NULL is no contradiction: only the log's hashes know better.
NULLABLE = {"request_key", "replaces", "tbs", "issue_entry", "standing_entry"}


def message(kind, body):
    return kind + struct.pack(">I", len(body) + 4) + body


def columns_of(description):
    """The names in a RowDescription."""
    names, at = [], 2
    for _ in range(struct.unpack(">H", description[:2])[0]):
        end = description.index(b"\0", at)
        names.append(description[at:end].decode())
        at = end + 19
    return names


def values_of(row):
    """The values of a DataRow, each with its length in front."""
    values, at = [], 2
    for _ in range(struct.unpack(">H", row[:2])[0]):
        size = struct.unpack(">i", row[at:at + 4])[0]
        end = at + 4 + max(size, 0)
        values.append(row[at:end])
        at = end
    return values


def make_row(values):
    return struct.pack(">H", len(values)) + b"".join(values)


class LyingProxy(postgresql.Proxy):
    """Hands each answer (the messages up to ReadyForQuery, as pairs) to `lie`, and sends what that returns."""

    def __init__(self, server):
        self.lie = None
        super().__init__(server)

    def answer(self, upstream, client):
        messages = []
        while not messages or messages[-1][0] != b"Z":
            whole = self.read_message(upstream)
            messages.append((whole[:1], whole[5:]))
        if self.lie is not None:
            messages = self.lie(messages)
        if client is not None:
            client.sendall(b"".join(one if isinstance(one, bytes) else message(*one) for one in messages))
            if self.lie is not None:
                client.settimeout(2)  # a client that waits for what was left out is not waited for


class Answers(Workbench):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = postgresql.Server({"fsync": "off"})
        cls.addClassCleanup(cls.server.close)

    def setUp(self):
        super().setUp()
        name = f"d{self.id().rsplit('.', 1)[1]}"[:60]
        self.url = self.server.make_database(name)
        self.make_ca("--store", self.url)
        for client in ("alice", "bob"):
            self.mtlsctl("client", "issue", "--name", client, *KEY)
        self.proxy = LyingProxy(self.server)
        self.addCleanup(self.proxy.close)
        self.through = self.proxy.url(name)

    def run_through(self, command):
        return self.run_any([MTLSCTL, *command, "--lock-timeout", "1s"], env={"MTLSCTL_STORE": self.through})

    def assert_honest(self, command, truth, why):
        """Exit 7, or the truth."""
        result = self.run_through(command)
        if result.code == 0:
            self.assertEqual(self.without_place(result.out), self.without_place(truth), f"{command} {why}")
        else:
            self.assertEqual(result.code, 7, f"{command} {why}: {result}")
            self.assertNotIn(b"bug", result.err)
        return result.code

    def without_place(self, out):
        """Without the name of the proxy's socket, and the time of a verdict."""
        out = re.sub(rb'"at":"[^"]*"', b"", out) if b"mtlsctl/verify/" in out else out
        return out.replace(str(self.proxy.dir).encode(), str(self.server.dir).encode())

    def truths(self):
        self.proxy.lie = None
        truths = {}
        for command in READING:
            result = self.run_through(command)
            self.assertEqual(result.code, 0, str(result))
            truths[tuple(command)] = result.out
        return truths

    def count_answers(self, command):
        count = 0

        def lie(messages):
            nonlocal count
            count += 1
            return messages

        self.proxy.lie = lie
        self.run_through(command)
        return count

    def lie_in_each_answer(self, commands, change):
        """`change(messages)` in one answer at a time, of each command: what is not detected changes nothing."""
        truths = self.truths()
        codes = collections.Counter()
        for command in commands:
            for number in range(self.count_answers(command)):
                seen, changed = 0, False

                def lie(messages, number=number):
                    nonlocal seen, changed
                    seen += 1
                    if seen != number + 1:
                        return messages
                    result = change(list(messages))
                    changed = result != messages
                    return result

                self.proxy.lie = lie
                code = self.assert_honest(command, truths[tuple(command)], f"answer {number}")
                if changed:
                    codes[code] += 1
        self.assertGreater(codes[7], 0, codes)

    # --- by name -----------------------------------------------------------------------------------

    def test_a_row_is_missing(self):
        def change(messages):
            rows = [i for i, (kind, _) in enumerate(messages) if kind == b"D"]
            if rows:
                del messages[rows[-1]]
            return messages

        self.lie_in_each_answer(READING, change)

    def test_a_row_is_there_twice(self):
        def change(messages):
            rows = [i for i, (kind, _) in enumerate(messages) if kind == b"D"]
            if rows:
                messages.insert(rows[0], messages[rows[0]])
            return messages

        self.lie_in_each_answer(READING, change)

    def change_columns(self, messages, change_description, change_values):
        changed = []
        for kind, body in messages:
            if kind == b"T":
                body = change_description(body)
            elif kind == b"D":
                body = make_row(change_values(values_of(body)))
            changed.append((kind, body))
        return changed

    def test_a_column_is_missing(self):
        """In description and rows alike, as from a view that others put in a table's place."""
        def shorten(description):
            last = description.rindex(b"\0", 0, len(description) - 18)
            start = description.rfind(b"\0", 0, last)
            names = columns_of(description)
            begin = len(description) - 19 - len(names[-1])
            self.assertLessEqual(start, last)
            return struct.pack(">H", len(names) - 1) + description[2:begin]

        self.lie_in_each_answer(READING, lambda messages: self.change_columns(
            messages, shorten, lambda values: values[:-1]))

    def test_there_is_a_column_too_many(self):
        def lengthen(description):
            more = b"more\0" + struct.pack(">IHIhih", 0, 0, 25, -1, -1, 0)
            return struct.pack(">H", len(columns_of(description)) + 1) + description[2:] + more

        self.lie_in_each_answer(READING, lambda messages: self.change_columns(
            messages, lengthen, lambda values: [*values, struct.pack(">i", 1) + b"x"]))

    def test_a_value_is_null(self):
        """Each column of each answer in turn, in all its rows."""
        truths = self.truths()
        null = struct.pack(">i", -1)
        for command in (["cert", "list", "--json"], ["cert", "show", "alice", "--json"], ["verify", "alice.crt", "--json"],
                        ["log", "show", "--json"]):
            widths = []

            def measure(messages):
                widths.append(next((columns_of(body) for kind, body in messages if kind == b"T"), []))
                return messages

            self.proxy.lie = measure
            self.run_through(command)
            for number, names in enumerate(list(widths)):
                for column, name in enumerate(names):
                    if name in NULLABLE:
                        continue
                    seen = 0

                    def lie(messages, number=number, column=column):
                        nonlocal seen
                        seen += 1
                        if seen != number + 1:
                            return messages
                        return self.change_columns(messages, lambda body: body, lambda values: [
                            null if i == column else value for i, value in enumerate(values)])

                    self.proxy.lie = lie
                    self.assert_honest(command, truths[tuple(command)], f"answer {number}: {name} is NULL")

    def test_the_settings_have_no_row(self):
        """std::stoi of a row that is not there was exit 70."""
        def lie(messages):
            if not any(kind == b"D" and len(values_of(body)) > 10 for kind, body in messages):
                return messages
            return [(kind, b"SELECT 0\0" if kind == b"C" else body) for kind, body in messages if kind != b"D"]

        self.proxy.lie = lie
        result = self.run_through(["cert", "list"])
        self.assertEqual(result.code, 7, str(result))
        self.assertIn(b"settings", result.err)
        for version in (b"x", b"", b"15" * 20, b"-1", b"15.18"):
            def other(messages, version=version):
                def change(values):
                    values[10] = struct.pack(">i", len(version)) + version
                    return values
                return [(kind, make_row(change(values_of(body))) if kind == b"D" and len(values_of(body)) > 10 else body)
                        for kind, body in messages]

            self.proxy.lie = other
            self.assertEqual(self.run_through(["cert", "list"]).code, 7)

    def test_an_end_of_an_answer_that_says_nothing(self):
        for tag in (b"", b"SELECT", b"SELECT x", b"SELECT 99999999999999999999", b"INSERT 0 7", b"BEGIN", b"COMMIT"):
            self.lie_in_each_answer([["cert", "list", "--json"], ["verify", "alice.crt", "--json"]],
                                    lambda messages, tag=tag: [(kind, tag + b"\0" if kind == b"C" and body.startswith(
                                        b"SELECT") else body) for kind, body in messages])

    def test_errors_that_no_statement_causes(self):
        """As from a pooler that gives each statement another session: 26000, no such prepared statement."""
        for state in (b"26000", b"42601", b"0A000", b"XX000", b"22P02", b"P0001", b"zzzzz", b""):
            error = b"SERROR\0VERROR\0C" + state + b"\0Mnot here\0\0"
            # Only that of what ends a snapshot tells nothing.
            self.lie_in_each_answer([["cert", "show", "alice", "--json"]],
                                    lambda messages, error=error: [(b"E", error), messages[-1]])

    def test_an_answer_to_an_empty_statement(self):
        self.lie_in_each_answer([["cert", "show", "alice", "--json"]], lambda messages: [
            (b"I", b"") if kind == b"C" else (kind, body) for kind, body in messages])

    def test_a_copy_that_nobody_asked_for(self):
        """libpq gives the answer to COPY again and again: a loop over answers never ended."""
        for kind in (b"G", b"H", b"W"):
            self.lie_in_each_answer([["cert", "show", "alice", "--json"], ["verify", "alice.crt", "--json"]],
                                    lambda messages, kind=kind: [(kind, b"\0\0\0"), messages[-1]])

    def test_a_transaction_that_does_not_begin(self):
        """A pooler in statement mode: what belongs together would not be recorded together."""
        before = self.mtlsctl("cert", "list", "--json").out
        self.proxy.lie = lambda messages: [*messages[:-1], (b"Z", b"I")]
        result = self.run_through(["client", "issue", "--name", "carol", *KEY])
        self.assertEqual(result.code, 7, str(result))
        self.assertFalse(self.path("carol.crt").exists())
        self.assertEqual(self.mtlsctl("cert", "list", "--json").out.count(b'"issued"'), before.count(b'"issued"'))

    # --- by chance ---------------------------------------------------------------------------------

    def mutate(self, chance, messages):
        changed = []
        for kind, body in messages:
            how = chance.randrange(9) if kind not in (b"R", b"K", b"Z", b"S") and chance.random() < 0.15 else None
            body = bytearray(body)
            if how == 0:
                continue
            if how == 1:
                changed.append((kind, bytes(body)))
            elif how == 2:
                kind = bytes([chance.choice(b"DCTEN123nstI")])
            elif how == 3 and body:
                del body[chance.randrange(len(body))]
            elif how == 4:
                length = chance.choice([0, 4, 5, 2**31 - 1, len(body) + 3, len(body) + 5])
                changed.append(kind + struct.pack(">I", length) + bytes(body))
                continue
            elif how == 5 and kind == b"D" and len(body) > 6:
                body[2:6] = struct.pack(">i", chance.choice([-1, -2, 0, 2**31 - 1, len(body) * 2]))
            elif how == 6 and kind == b"D":
                body[:2] = struct.pack(">H", chance.choice([0, 1, 100, 65535]))
            elif how == 7 and kind == b"T":
                body[:2] = struct.pack(">H", chance.choice([0, 1, 100, 65535]))
            elif how == 8 and kind == b"C":
                body = bytearray(chance.choice([b"SELECT 0\0", b"SELECT 1\0", b"\0", b"x", b"UPDATE 5\0"]))
            changed.append((kind, bytes(body)))
        return changed

    def test_answers_changed_by_chance(self):
        """Reproducible: the number of the round is the seed."""
        truths = self.truths()
        codes = collections.Counter()
        for seed in range(ROUNDS):
            chance = random.Random(seed)
            command = list(chance.choice([*READING, ["client", "issue", "--name", f"c{seed}", *KEY]]))
            skipped = chance.randrange(8)

            def lie(messages, chance=chance):
                nonlocal skipped
                skipped -= 1
                return messages if skipped >= 0 else self.mutate(chance, messages)

            self.proxy.lie = lie
            result = self.run_through(command)
            codes[result.code] += 1
            self.assertIn(result.code, (0, 7), f"seed {seed}: {command} {result}")
            if command[0] == "client":
                if result.code == 0:
                    self.assertIn(self.certificate_serial(f"c{seed}.crt"), self.mtlsctl("cert", "list", "--json").out.decode())
                truths = self.truths()
            elif result.code == 0 and command[0] != "store":
                self.assertEqual(self.without_place(result.out), self.without_place(truths[tuple(command)]),
                                 f"seed {seed}: {command}")
        self.assertGreater(codes[7], ROUNDS // 4, codes)


if __name__ == "__main__":
    main()
