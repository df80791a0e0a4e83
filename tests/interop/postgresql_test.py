"""A ledger in PostgreSQL: the same commands, several machines and CAs, moving there and back (issue 4)."""

import concurrent.futures
import contextlib
import json
import os
import shutil
import subprocess
import time

import postgresql
from workbench import KEY, MTLSCTL, Workbench, main


class Postgresql(Workbench):
    @classmethod
    def setUpClass(cls):
        cls.server = postgresql.Server()
        cls.addClassCleanup(cls.server.close)
        cls.databases = 0

    def setUp(self):
        super().setUp()
        Postgresql.databases += 1
        self.database = f"d{Postgresql.databases}"
        self.url = self.server.make_database(self.database)

    def sql(self, text):
        return self.server.sql(text, self.database)

    def issue(self, name, *args, **more):
        return self.mtlsctl("client", "issue", "--name", name, *KEY, *args, **more)

    def serials(self, *args):
        lines = self.mtlsctl("cert", "list", "--json", *args).out.splitlines()
        return [json.loads(line)["serial"] for line in lines]

    def test_every_command_works_on_a_server(self):
        made = self.make_ca("--store", self.url, "--json").json
        self.assertEqual(made["store"], self.url)
        self.assertFalse(made["joined"])
        self.assertFalse(self.path("ca", "ca.db").exists())
        self.assertIn(f'store = "{self.url}"', self.read("ca", "ca.toml").decode())
        self.issue("alice")
        self.mtlsctl("server", "issue", "--san", "dns:web.example", "--name", "web", *KEY)
        self.assertEqual(len(self.serials()), 3)
        serial = self.certificate_serial("alice.crt")
        self.assertIn(b"CN=alice", self.mtlsctl("cert", "show", serial).out)
        self.assertEqual(self.mtlsctl("cert", "export", serial).out, self.read("alice.crt"))
        self.assertEqual(self.mtlsctl("verify", "--ca", "ca", "alice.crt", "--json").json["ledger"], "issued")
        self.assertEqual(self.mtlsctl("client", "issue", "--name", "alice", *KEY, "--if-missing", "--json")
                         .json["outcome"], "unchanged")
        self.mtlsctl("client", "issue", "--name", "alice", *KEY, exit=5)
        self.assertEqual(self.sql("SELECT count(*) FROM mtlsctl.certificates"), ["3"])
        self.assertEqual(self.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), ["0"])

    def test_a_set_that_another_ca_of_the_same_ledger_issued_is_not_kept(self):
        for directory, name in (("a", "Root A"), ("b", "Root B"), ("twin", "Root A")):
            self.mtlsctl("ca", "init", "--ca", directory, "--store", self.url, "--common-name", name, *KEY)
        self.issue("alice", "--ca", "a")
        self.mtlsctl("ca", "init", "--ca", "sub", "--parent", "a", "--store", self.url, "--common-name", "Sub", *KEY)
        before = {path: path.read_bytes() for path in self.dir.rglob("*") if path.is_file()}
        rows = self.sql("SELECT count(*) FROM mtlsctl.certificates")
        for other, why in (("b", "by CN=Root A, not by CN=Root B"), ("twin", "not by the key of CN=Root A")):
            for args in (["client", "issue", "--ca", other, "--name", "alice", *KEY],
                         ["ca", "init", "--ca", "sub", "--parent", other, "--common-name", "Sub", *KEY]):
                with self.subTest(other=other, command=args[0]):
                    error = self.mtlsctl(*args, "--if-missing", "--json", exit=5).json["error"]
                    self.assertEqual(error["code"], "set_mismatch")
                    self.assertIn(why, error["message"])
        self.assertEqual(self.issue("alice", "--ca", "a", "--if-missing", "--json").json["outcome"], "unchanged")
        self.assertEqual(self.mtlsctl("ca", "init", "--ca", "sub", "--parent", "a", "--common-name", "Sub", *KEY,
                                      "--if-missing", "--json").json["outcome"], "unchanged")
        self.assertEqual({path: path.read_bytes() for path in before}, before)
        self.assertEqual(self.sql("SELECT count(*) FROM mtlsctl.certificates"), rows)

    def test_the_depth_of_chains_that_share_a_ledger_is_rendered(self):
        """Issue 9, point 10: from the root's directory, the ledger knows the CAs further down."""
        self.make_ca("--store", self.url)
        self.mtlsctl("server", "issue", "--san", "dns:localhost", *KEY)
        for level in range(1, 6):
            self.mtlsctl("ca", "init", "--ca", f"i{level}", "--parent", f"i{level - 1}" if level > 1 else "ca",
                         "--common-name", f"CA {level}", "--path-length", str(min(4, 5 - level)), "--store", self.url, *KEY)
            said = self.mtlsctl("render", "nginx", "--out", "x.conf", "--force").err
            self.assertIn(f"ssl_verify_depth {max(3, level)};", self.read("x.conf").decode())
        self.assertIn(b"(the deepest chain that is known here)", said)

    def test_times_are_the_servers_and_a_clock_that_is_far_off_is_refused(self):
        self.make_ca("--store", self.url)
        for clock in ("+10m", "-10m", "+1y", "@2038-01-20 00:00:00"):
            refused = self.tool("faketime", "-f", clock, MTLSCTL, "client", "issue", "--name", "off", *KEY,
                                "--json", exit=7)
            self.assertEqual(refused.json["error"]["code"], "clock", str(refused))
            self.assertFalse(self.path("off.crt").exists())
        before = time.time()
        self.tool("faketime", "-f", "+200s", MTLSCTL, "client", "issue", "--name", "near", *KEY)
        [times] = self.sql("SELECT intent_time || ' ' || issued_time FROM mtlsctl.certificates "
                           "WHERE subject = 'CN=near'")
        for recorded in map(int, times.split()):
            self.assertTrue(before - 5 <= recorded <= time.time() + 5, (before, recorded))
        self.mtlsctl("log", "verify")
        self.mtlsctl("store", "check")

    def test_what_other_hands_change_is_found(self):
        self.make_ca("--store", self.url)
        self.issue("a")
        self.issue("b")
        self.mtlsctl("log", "verify")
        self.mtlsctl("store", "check")
        for change, undo in (
                ("UPDATE certificates SET note = 'x' WHERE subject = 'CN=a'", "SET note = ''"),
                ("UPDATE certificates SET subject = 'CN=c' WHERE subject = 'CN=a'",
                 "SET subject = 'CN=a' WHERE subject = 'CN=c'"),
                ("UPDATE certificates SET state = 'revoked', revoked_time = 1 WHERE subject = 'CN=a'",
                 "SET state = 'issued', revoked_time = NULL")):
            self.sql(change.replace("certificates", "mtlsctl.certificates"))
            found = self.mtlsctl("log", "verify", "--json", exit=1).json
            self.assertIn("row_altered", [one["flaw"] for one in found["findings"]], change)
            self.sql(f"UPDATE mtlsctl.certificates {undo}")
            self.mtlsctl("log", "verify")
        self.sql("UPDATE mtlsctl.log_entries SET actor = 'nobody' WHERE seq = 2")
        self.mtlsctl("log", "verify", exit=1)

    def test_a_ledger_that_was_rolled_back_is_refused_on_every_machine_that_saw_more(self):
        self.make_ca("--store", self.url)
        self.issue("a")
        for machine in ("fresh", "stale"):
            shutil.copytree(self.path("ca"), self.path(machine))
        self.mtlsctl("store", "backup", "old.db")
        self.issue("b")
        self.sql("DROP SCHEMA mtlsctl CASCADE")
        self.mtlsctl("store", "copy", "--store", f"sqlite:{self.path('old.db')}", "--to", self.url)
        self.issue("c", "--ca", "ca", exit=7)
        self.mtlsctl("verify", "--ca", "ca", "a.crt", exit=7)
        # A machine that had seen no more than is there now goes on: only a head that was seen tells.
        self.issue("d", "--ca", "fresh")
        self.mtlsctl("store", "accept-rollback", "--ca", "ca")
        self.issue("c", "--ca", "ca")
        self.issue("e", "--ca", "stale")
        self.mtlsctl("log", "verify", "--ca", "ca")
        self.mtlsctl("store", "check", "--ca", "ca", "--files", "b.crt", exit=1)

    def test_a_request_key_is_used_once(self):
        self.make_ca("--store", self.url)
        self.issue("a", "--request-key", "job 1")
        self.issue("b", "--request-key", "job 1", exit=5)

    def test_an_intermediate_and_its_root_share_a_database(self):
        self.make_ca("--store", self.url)
        made = self.mtlsctl("ca", "init", "--ca", "sub", "--parent", "ca", "--common-name", "sub", *KEY,
                            "--store", self.url, "--json").json
        self.assertTrue(made["joined"])
        self.issue("c", "--ca", "sub")
        # Each CA shows what is its own.
        self.assertEqual(len(self.serials()), 2)
        self.assertEqual(self.serials("--ca", "sub"), [self.certificate_serial("c.crt")])
        self.mtlsctl("cert", "show", self.certificate_serial("c.crt"), exit=6)
        self.mtlsctl("cert", "show", "--ca", "sub", self.certificate_serial("sub/ca.crt"), exit=6)
        self.mtlsctl("verify", "--ca", "sub", "c.crt")
        # A ledger that the CAs share can say something of what either of them issued.
        self.issue("d")
        self.assertEqual(self.mtlsctl("verify", "--revocation-ca", "sub", "--json", "d.crt").json["findings"], [])
        # What the root revoked is in the same ledger, and so is the intermediate itself.
        self.sql("UPDATE mtlsctl.certificates SET state = 'revoked', revoked_time = 1 WHERE serial = "
                 f"'{self.certificate_serial('sub/ca.crt')}'")
        self.mtlsctl("verify", "--ca", "sub", "c.crt", exit=4)
        self.mtlsctl("verify", "--ca", "sub", "--revocation-ca", "ca", "c.crt", exit=4)

    def test_two_first_inits_at_once_share_one_ledger(self):
        def init(i):
            return self.make_ca("--store", self.url, directory=f"ca{i}")
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(init, range(8)))
        ids = {line for i in range(8) for line in self.read(f"ca{i}", "ca.toml").decode().splitlines()
               if line.startswith("ledger_id")}
        self.assertEqual(len(ids), 1)
        self.assertEqual(self.sql("SELECT count(*) FROM mtlsctl.issuers"), ["8"])

    def test_flag_before_environment_before_ca_toml(self):
        self.make_ca("--store", self.url)
        nowhere = "postgresql:///x?host=/nowhere"

        def source(*args, env=None):
            rows = self.mtlsctl("ca", "show", "--effective", "--json", *args, env=env).json["effective"]
            return next((row["value"], row["source"]) for row in rows if row["name"] == "store")
        self.assertEqual(source(), (self.url, "ca.toml"))
        self.assertEqual(source(env={"MTLSCTL_STORE": nowhere}), (nowhere, "environment"))
        self.assertEqual(source("--store", self.url, env={"MTLSCTL_STORE": nowhere}), (self.url, "flag"))
        self.mtlsctl("cert", "list", env={"MTLSCTL_STORE": nowhere}, exit=7)
        self.issue("a", "--store", self.url, env={"MTLSCTL_STORE": nowhere})
        self.issue("b", "--store", nowhere, exit=7)
        self.assertFalse(self.path("b.crt").exists())

    def test_the_environment_says_where_a_new_ca_has_its_ledger(self):
        self.mtlsctl("ca", "init", "--common-name", "Test root", *KEY, env={"MTLSCTL_STORE": self.url})
        self.assertIn(f'store = "{self.url}"', self.read("ca", "ca.toml").decode())
        self.issue("a")

    def test_an_interrupted_init_goes_on_in_its_database(self):
        self.make_ca("--store", self.url)
        for name in ("ca.crt", "chain.crt", "root.crt"):
            self.path("ca", name).unlink()
        other = self.server.make_database(self.database + "other")
        self.mtlsctl("ca", "init", "--common-name", "Test root", *KEY, "--store", other, exit=5)
        self.make_ca("--store", self.url)
        self.assertEqual(self.sql("SELECT count(*) FROM mtlsctl.certificates"), ["1"])

    def test_a_lost_ledger_is_never_made_anew(self):
        self.make_ca("--store", self.url)
        self.sql("DROP SCHEMA mtlsctl CASCADE")
        for _ in range(2):
            result = self.issue("a", exit=7)
            self.assertIn(b"lost", result.err)
            self.mtlsctl("cert", "list", exit=7)
        self.assertEqual(self.sql("SELECT count(*) FROM pg_namespace WHERE nspname = 'mtlsctl'"), ["0"])

    def test_another_ledger_in_its_place_is_refused(self):
        self.make_ca("--store", self.url)
        other = self.server.make_database(self.database + "other")
        self.make_ca("--store", other, directory="two")
        result = self.issue("a", "--store", other, exit=7)
        self.assertIn(b"another CA", result.err)

    def test_an_older_program_refuses_a_newer_schema(self):
        self.make_ca("--store", self.url)
        self.sql("UPDATE mtlsctl.meta SET schema_version = 999")
        for command in (["cert", "list"], ["client", "issue", *KEY], ["store", "migrate"],
                        ["store", "migrate", "--dry-run"], ["store", "copy", "--to", "sqlite:x.db"]):
            result = self.mtlsctl(*command, exit=7)
            self.assertIn(b"newer mtlsctl (schema 999", result.err)

    def test_an_administrator_makes_the_tables(self):
        self.assertIn(b"dry run", self.mtlsctl("store", "migrate", "--dry-run", "--store", self.url).out)
        made = self.mtlsctl("store", "migrate", "--store", self.url, "--json").json
        self.assertEqual(made["from"], None)
        again = self.mtlsctl("store", "migrate", "--store", self.url, "--json").json
        self.assertEqual((again["from"], again["to"]), (made["to"], made["to"]))
        self.assertTrue(self.make_ca("--store", self.url, "--json").json["joined"])

    def test_a_ledger_moves_to_the_server_and_back(self):
        self.make_ca()
        for name in ("a", "b"):
            self.issue(name)
        copied = self.mtlsctl("store", "copy", "--to", self.url, "--json").json
        self.assertIn({"table": "certificates", "count": 3}, copied["rows"])
        self.mtlsctl("store", "copy", "--to", self.url, exit=5)
        toml = self.path("ca", "ca.toml")
        toml.write_text(toml.read_text().replace("sqlite:ca.db", self.url))
        self.issue("c")
        self.assertEqual(len(self.serials()), 4)
        self.mtlsctl("store", "copy", "--to", "sqlite:ca/back.db")
        toml.write_text(toml.read_text().replace(self.url, "sqlite:back.db"))
        self.issue("d")
        self.assertEqual(len(self.serials()), 5)
        self.assertEqual(self.mode("ca", "back.db"), 0o600)

    def test_a_listener_asks_it_also_after_a_restart(self):
        self.make_ca("--store", self.url)
        self.issue("alice")
        with subprocess.Popen([MTLSCTL, "serve", "--ca", "ca", "--listen", "127.0.0.1:0", "--json"],
                              cwd=self.dir, env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL) as listener:
            try:
                address = json.loads(listener.stdout.readline())["url"]

                def get():
                    return self.run_any(["curl", "-sS", "--noproxy", "*", "--max-time", "10", "--cacert", "ca/ca.crt",
                                         "--cert", "alice.crt", "--key", "alice.key", address])
                self.assertEqual(get().code, 0)
                self.server.stop()
                self.assertNotEqual(get().code, 0)  # what cannot be asked refuses
                self.server.start()
                self.assertEqual(get().code, 0)
                self.sql("UPDATE mtlsctl.certificates SET state = 'revoked' WHERE subject = 'CN=alice'")
                self.assertNotEqual(get().code, 0)
            finally:
                listener.terminate()

    def test_several_machines_issue_for_one_ca(self):
        count = int(os.environ.get("MTLSCTL_ISSUES", "25"))
        self.make_ca("--store", self.url)
        machines = [f"machine{i}" for i in range(4)]
        for machine in machines:
            self.path(machine).mkdir(mode=0o700)
            shutil.copytree(self.path("ca"), self.path(machine, "ca"))

        def work(machine):
            for i in range(count):
                self.issue(f"c{i}", cwd=self.path(machine))
        errors = []

        def read():
            while not done:
                for words in (["cert", "list"], ["log", "verify"]):
                    result = self.run_any([MTLSCTL, *words, "--ca", "ca"])
                    if result.code != 0:
                        errors.append(str(result))
                time.sleep(0.05)
        done = False
        with concurrent.futures.ThreadPoolExecutor(5) as pool:
            reading = pool.submit(read)
            try:
                for outcome in [pool.submit(work, machine) for machine in machines]:
                    outcome.result()
            finally:
                done = True
            reading.result()
        self.assertEqual(errors, [])
        rows = self.sql("SELECT serial, state FROM mtlsctl.certificates WHERE profile = 'mtls-client'")
        self.assertEqual(len(rows), 4 * count)
        self.assertEqual(len(set(rows)), 4 * count)
        self.assertEqual({row.split("|")[1] for row in rows}, {"issued"})
        files = {self.certificate_serial(self.path(machine, f"c{i}.crt")) for machine in machines
                 for i in range(0, count, max(1, count // 10))}
        self.assertLessEqual(files, {row.split("|")[0] for row in rows})
        self.assertEqual(self.sql("SELECT count(*) FROM mtlsctl.log_entries e WHERE seq > 1 AND NOT EXISTS "
                                  "(SELECT 1 FROM mtlsctl.log_entries b WHERE b.issuer = e.issuer "
                                  "AND b.seq = e.seq - 1 AND b.hash = e.previous)"), ["0"])
        for machine in machines:  # each has a ledger.head of its own
            self.mtlsctl("log", "verify", cwd=self.path(machine))


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
