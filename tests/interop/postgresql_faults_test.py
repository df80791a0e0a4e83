"""A ledger in PostgreSQL whose server is killed, full or damaged (issue 4, points 1, 2 and 6)."""

import concurrent.futures
import json
import os
import pathlib
import random
import time

import postgresql
from workbench import KEY, MTLSCTL, Workbench, main


class Faults(Workbench):
    def setUp(self):
        super().setUp()
        # A standby's health is not the point; what a kill leaves must still be on the disk.
        self.server = postgresql.Server()
        self.addCleanup(self.server.close)
        self.url = self.server.make_database()

    def sql(self, text):
        return self.server.sql(text, "test")

    def listing(self, *args):
        lines = self.mtlsctl("cert", "list", "--json", *args).out.splitlines()
        return [json.loads(line) for line in lines]

    def check_invariants(self, store):
        """What is on disk is in the ledger; no serial is there twice; each log hangs together."""
        records = self.listing("--store", store)
        serials = [record["serial"] for record in records]
        self.assertEqual(len(serials), len(set(serials)))
        issued = {record["serial"] for record in records if record["state"] == "issued"}
        for certificate in self.dir.glob("*.crt"):
            self.assertIn(self.certificate_serial(certificate), issued)
        self.assertEqual(self.sql(
            "SELECT count(*) FROM mtlsctl.log_entries e WHERE seq > 1 AND NOT EXISTS (SELECT 1 FROM "
            "mtlsctl.log_entries b WHERE b.issuer = e.issuer AND b.seq = e.seq - 1 AND b.hash = e.previous)"), ["0"])
        self.assertEqual(self.sql(
            "SELECT count(*) FROM mtlsctl.log_heads h WHERE (SELECT max(seq) FROM mtlsctl.log_entries e "
            "WHERE e.issuer = h.issuer) <> h.seq"), ["0"])

    def kill_at(self, proxy, number, fault, command, what=b""):
        """Runs `command` with the server killed at one round trip and brought up again meanwhile."""
        proxy.arm(number, fault, what)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            running = pool.submit(self.run_any, [MTLSCTL, *command])
            while not proxy.struck.wait(0.02) and not running.done():
                pass
            if proxy.struck.is_set():
                self.server.stop()
                self.server.start()
            return running.result(), proxy.struck.is_set()

    def test_the_server_is_killed_at_round_trips_of_issuing(self):
        """At those that matter most; at all of them where MTLSCTL_EVERYWHERE is set."""
        self.make_ca("--store", self.url)
        proxy = postgresql.Proxy(self.server)
        self.addCleanup(proxy.close)
        command = ["client", "issue", *KEY, "--store", proxy.url()]
        self.mtlsctl(*command, "--name", "first")
        trips = len(proxy.trips)
        wanted = [(b"COMMIT", 1), (b"COMMIT", 2), (b"BEGIN", 1), (b"BEGIN", 2), (b"INSERT INTO certificates", 1)]
        if os.environ.get("MTLSCTL_EVERYWHERE"):
            wanted += [(b"", at) for at in range(1, trips + 5)]
        for what, at in wanted:
            for fault in ("before", "during", "after"):
                name = f"{what.decode().split(' ')[0].lower()}{at}{fault}"
                result, struck = self.kill_at(proxy, at, fault, [*command, "--name", name], what)
                proxy.arm()
                self.assertTrue(struck or what == b"", name)
                self.assertIn(result.code, (0, 7), f"{name}: {result}")
                if result.code == 7:
                    self.assertIn(b"cannot use the ledger", result.err)
                if what == b"COMMIT" and fault != "during":
                    # One that was made and whose answer was lost was looked up: the run went on.
                    self.assertEqual(result.code, 0 if fault == "after" else 7, f"{name}: {result}")
                again = self.run_any([MTLSCTL, *command, "--name", name, "--if-missing"])
                self.assertEqual(again.code, 0, f"{name}: {result}\n{again}")
                self.check_invariants(self.url)

    def test_the_server_is_killed_again_and_again_under_load(self):
        self.make_ca("--store", self.url)
        dice = random.Random(4)
        acknowledged = []

        def work(worker):
            done = 0
            while done < 8 and time.monotonic() < deadline:
                result = self.run_any([MTLSCTL, "client", "issue", "--name", f"w{worker}n{done}", *KEY, "--if-missing",
                                       "--store", self.url])
                if result.code == 0:
                    acknowledged.append(f"w{worker}n{done}.crt")
                    done += 1
                else:
                    self.assertEqual(result.code, 7, str(result))
        deadline = time.monotonic() + 120
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            workers = [pool.submit(work, worker) for worker in range(4)]
            for _ in range(6):
                time.sleep(dice.uniform(0.1, 0.6))
                self.server.kill()
                self.server.start()
            for worker in workers:
                worker.result()
        self.assertEqual(len(acknowledged), 32)
        issued = {record["serial"] for record in self.listing() if record["state"] == "issued"}
        for name in acknowledged:
            self.assertIn(self.certificate_serial(name), issued)
        self.check_invariants(self.url)

    def relation(self, name):
        return self.server.data / self.sql(f"SELECT pg_relation_filepath('mtlsctl.{name}')")[0]

    def test_a_full_disk_is_told_and_nothing_is_lost(self):
        self.mtlsctl("store", "migrate", "--store", self.url)
        # The table cannot grow: its file is one that takes nothing.
        self.sql("CHECKPOINT")
        table = self.relation("certificates")
        self.server.stop()
        self.assertEqual(table.stat().st_size, 0)
        table.unlink()
        table.symlink_to("/dev/full")
        self.server.start()
        result = self.mtlsctl("ca", "init", "--common-name", "root", *KEY, "--store", self.url, exit=7)
        self.assertIn(b"No space left on device (SQLSTATE 53100)", result.err)
        self.assertFalse(self.path("ca", "ca.crt").exists())
        self.server.kill()
        table.unlink()
        table.touch()
        if os.geteuid() == 0:
            os.chown(table, self.server.data.stat().st_uid, self.server.data.stat().st_gid)
        self.server.start()
        self.mtlsctl("ca", "init", "--common-name", "root", *KEY, "--store", self.url)
        self.mtlsctl("client", "issue", *KEY)
        self.check_invariants(self.url)

    def test_a_damaged_page_is_told(self):
        self.make_ca("--store", self.url)
        self.mtlsctl("client", "issue", *KEY)
        table = self.relation("certificates")
        self.server.stop()
        whole = table.read_bytes()
        damaged = bytearray(whole)
        for at in range(8, 24):  # the header of the page
            damaged[at] ^= 0xFF
        table.write_bytes(damaged)
        self.server.start()
        for command in (["cert", "list"], ["cert", "show", self.certificate_serial("client.crt")],
                        ["store", "copy", "--to", "sqlite:copy.db"], ["client", "issue", "--name", "c", *KEY]):
            result = self.mtlsctl(*command, exit=7)
            self.assertIn(b"damaged", result.err)
        self.assertFalse(self.path("c.crt").exists())
        self.server.stop()
        table.write_bytes(whole)
        self.server.start()
        self.mtlsctl("cert", "list")

    def test_a_server_that_takes_no_more_is_told(self):
        self.make_ca("--store", self.url)
        self.sql("ALTER DATABASE test CONNECTION LIMIT 0")
        self.sql_as_plain()
        url = self.url.replace("test@", "plain@")
        result = self.mtlsctl("cert", "list", "--store", url, exit=7)
        self.assertIn(b"too many connections", result.err)

    def sql_as_plain(self):
        self.server.sql("CREATE ROLE plain LOGIN")  # the limit does not hold superusers

    # --- migrations ----------------------------------------------------------------------------------

    def migrate_with_the_commit_cut(self, proxy, fault, at=1):
        result, struck = self.kill_at(proxy, at, fault, ["store", "migrate", "--store", proxy.url()], b"COMMIT")
        proxy.arm()
        self.assertTrue(struck, str(result))
        if fault != "during":
            self.assertEqual(result.code, 0 if fault == "after" else 7, str(result))
        if result.code != 0:
            self.assertEqual(result.code, 7, str(result))
            self.assertIn(b"nothing of the change was recorded", result.err)
        return result

    def test_a_migration_whose_commit_is_lost_is_looked_up(self):
        self.make_ca("--store", self.url)
        self.mtlsctl("client", "issue", *KEY)
        proxy = postgresql.Proxy(self.server)
        self.addCleanup(proxy.close)
        done = 0
        for fault in ("before", "during", "after"):
            with self.subTest(fault=fault):
                # What schemas 3 to 5 added to schema 2.
                self.sql("DROP TABLE IF EXISTS mtlsctl.revocations; DROP INDEX IF EXISTS mtlsctl.log_status, mtlsctl.log_crls, "
                         "mtlsctl.certificates_replaces; "
                         "UPDATE mtlsctl.meta SET schema_version = 2")
                result = self.migrate_with_the_commit_cut(proxy, fault)
                done += 2  # one entry for each step
                if result.code == 0:
                    self.assertIn(b"brought from schema 2 to 5", result.out)
                    self.assertIn(b"up to date", self.mtlsctl("store", "migrate").out)
                else:
                    self.assertEqual(self.sql("SELECT schema_version FROM mtlsctl.meta"), ["2"])
                    self.assertIn(b"brought from schema 2 to 5", self.mtlsctl("store", "migrate").out)
                self.assertEqual(self.sql("SELECT count(*) FROM mtlsctl.log_entries WHERE action = 'migration'"),
                                 [str(done)])
                self.mtlsctl("log", "verify")
                self.mtlsctl("store", "check")
        self.check_invariants(self.url)

    def test_an_empty_ledger_whose_commit_is_lost_is_looked_up(self):
        proxy = postgresql.Proxy(self.server)
        self.addCleanup(proxy.close)
        for at in (1, 2):  # the schema's, and that of its tables
            for fault in ("before", "during", "after"):
                with self.subTest(at=at, fault=fault):
                    self.sql("DROP SCHEMA IF EXISTS mtlsctl CASCADE")
                    result = self.migrate_with_the_commit_cut(proxy, fault, at)
                    if result.code == 0:
                        self.assertIn(b"made an empty ledger", result.out)
                    again = self.mtlsctl("store", "migrate", "--store", self.url)
                    self.assertIn(b"up to date" if result.code == 0 else b"made an empty ledger", again.out)
        self.make_ca("--store", self.url)
        self.check_invariants(self.url)

    def test_a_copy_that_is_cut_short_leaves_nothing_that_counts(self):
        self.make_ca()
        for name in "ab":
            self.mtlsctl("client", "issue", "--name", name, *KEY)
        proxy = postgresql.Proxy(self.server)
        self.addCleanup(proxy.close)
        command = ["store", "copy", "--to", proxy.url()]
        number = 1
        while True:
            result, struck = self.kill_at(proxy, number, "after", command)
            proxy.arm()
            if result.code == 0:
                self.assertEqual(len(self.listing("--store", self.url)), 3)
            if not struck:
                break
            self.assertIn(result.code, (0, 7), str(result))
            self.sql("DROP SCHEMA IF EXISTS mtlsctl CASCADE")
            number += 9


if __name__ == "__main__":
    main()
