"""A ledger in PostgreSQL, cut short anywhere: the client killed at its system calls and at its round trips, the
connection cut before a statement and before its answer (COMMIT among them), the server killed with -9 and
restarted. After each: certificates on disk are in the ledger, no serial is there twice, every log verifies and is
not behind ledger.head, and the same command completes. A sample; everything in the soak."""

import concurrent.futures
import json
import subprocess
import unittest

import postgresql
from crash_points import EVERYWHERE, main, sample
from system_calls import argv_disturbed, trace, was_killed
from workbench import KEY, MTLSCTL, Workbench


class Cutter(postgresql.Proxy):
    """A proxy that ends something else than the server: `end` is called where it strikes, and the connection ends."""

    end = staticmethod(lambda: None)

    def strike(self):
        self.struck.set()  # first: who waits for the end looks for it then
        self.end()
        raise EOFError


class CrashPoints(Workbench):
    def setUp(self):
        super().setUp()
        self.server = postgresql.Server()
        self.addCleanup(self.server.close)
        self.url = self.server.make_database()

    def proxy(self, kind):
        proxy = kind(self.server)
        self.addCleanup(proxy.close)
        return proxy

    def check_invariants(self):
        """Asked of the server itself, past the proxy."""
        rows = self.server.sql("SELECT serial, state FROM mtlsctl.certificates", "test")
        serials = [row.split("|")[0] for row in rows]
        self.assertEqual(len(serials), len(set(serials)), "a serial stands twice")
        issued = {row.split("|")[0] for row in rows if row.endswith("|issued")}
        for path in [*self.dir.glob("*.crt"), *self.dir.glob("*/ca.crt")]:
            self.assertIn(self.certificate_serial(path), issued, f"{path} is not in the ledger")
        for ca in self.dir.glob("*/ca.crt"):
            self.mtlsctl("log", "verify", "--ca", ca.parent, "--store", self.url)

    def check_completed(self, args, name):
        """What a person does next: the same command, and it is done or was done."""
        again = self.run_any([MTLSCTL, *args, "--json", "--if-missing"])
        self.assertEqual(again.code, 0, f"{again}\n{self.server.log_text()[-1500:]}")
        self.assertIn(again.json["outcome"], ("issued", "completed", "unchanged"), name)
        self.check_invariants()
        self.assertFalse([path for path in self.dir.rglob("*") if ".tmp-" in path.name], name)
        self.assertEqual(self.server.sql("SELECT count(*) FROM mtlsctl.certificates WHERE state = 'intent'", "test"),
                         ["0"], name)

    # Each gets a name of its own, always of the same length: the same calls and round trips.
    def issue(self, name):
        return ["client", "issue", "--name", name, *KEY]

    def init(self, name):
        return ["ca", "init", "--ca", name, "--common-name", name, *KEY]

    def init_below(self, name):
        return ["ca", "init", "--ca", name, "--parent", "ca", "--common-name", name, *KEY]

    def prepare(self, proxy, command):
        """How many round trips the command takes."""
        self.make_ca("--store", self.url)
        self.mtlsctl(*command("p000"), "--store", proxy.url())
        proxy.arm()
        self.mtlsctl(*command("p001"), "--store", proxy.url())
        return [b"COMMIT" in trip for trip in proxy.trips]

    # --- the client --------------------------------------------------------------------------------

    def test_the_client_is_killed_at_each_system_call_that_changes_something(self):
        self.make_ca("--store", self.url)
        self.mtlsctl(*self.issue("p000"))
        result, calls = trace(self, [MTLSCTL, *self.issue("p001")], self.dir)
        self.assertEqual(result.code, 0, str(result))
        calls = [call for call in calls if call.changes]
        self.assertGreater(len(calls), 12)
        for number, call in enumerate(sample(calls, 12), 10):
            log, args = self.path("strace.log"), self.issue(f"p{number:03}")
            killed = self.run_any(argv_disturbed(log, call, "signal=KILL", [MTLSCTL, *args]))
            with self.subTest(killed_at=str(call)):
                self.assertTrue(was_killed(killed, log), f"not killed at {call}\n{killed}")
                self.check_invariants()
                if call.to_streams:
                    self.assertTrue(self.path(f"p{number:03}.crt").exists(), "told before it stood")
                self.check_completed(args, str(call))

    def strike_everywhere(self, proxy, command, strike, check, others=3):
        """`strike(args)` runs the command with the proxy armed at one round trip; `check(result, fault, commit)`.
        At all COMMITs, and outside of the soak at so many `others`."""
        commits = self.prepare(proxy, command)
        faults = ("before", "during", "after")
        wanted = [(b"COMMIT", at, fault) for at in range(1, sum(commits) + 1) for fault in faults]
        every = [at for at, commit in enumerate(commits, 1) if not commit]
        if EVERYWHERE:
            wanted += [(b"", at, fault) for at in every for fault in faults]
        elif others:
            wanted += [(b"", at, "during") for at in sample(every, others)]
        for number, (what, at, fault) in enumerate(wanted, 10):
            args = [*command(f"p{number:03}"), "--store", proxy.url()]
            name = f"{fault} {what.decode() or 'round trip'} {at} of {len(commits)}"
            proxy.arm(at, fault, what)
            result = strike(args)
            struck = proxy.struck.is_set()
            proxy.arm()
            with self.subTest(at=name):
                # What another run left to be tidied up may have made the counted one a little longer.
                self.assertTrue(struck or (not what and at > len(commits) - 4), f"not struck\n{result}")
                if struck:
                    check(result, fault, what == b"COMMIT")
                self.check_invariants()
                self.check_completed(args, name)
        print(f"{' '.join(command('…')[:2])}: {len(wanted)} strikes at {len(commits)} round trips, "
              f"{sum(commits)} of them COMMITs", flush=True)

    def kill_clients(self, command):
        proxy = self.proxy(Cutter)

        def strike(args):
            with subprocess.Popen([MTLSCTL, *args], cwd=self.dir, env=self.env, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE) as client:
                proxy.end = client.kill
                client.communicate(timeout=120)
                return client.returncode

        self.strike_everywhere(proxy, command, strike,
                               lambda result, fault, commit: self.assertEqual(result, -9))

    def test_the_client_is_killed_at_round_trips_of_issuing(self):
        self.kill_clients(self.issue)

    def test_the_client_is_killed_at_round_trips_of_making_a_ca(self):
        self.kill_clients(self.init)

    @unittest.skipUnless(EVERYWHERE, "only in the soak")
    def test_the_client_is_killed_at_round_trips_of_making_a_ca_below(self):
        self.kill_clients(self.init_below)

    # --- the connection ----------------------------------------------------------------------------

    def test_the_connection_is_cut_at_round_trips_of_issuing(self):
        def check(result, fault, commit):
            self.assertIn(result.code, (0, 7), str(result))
            if result.code == 7:
                self.assertIn(b"cannot use the ledger", result.err)
            if commit and fault == "after":  # it was made: looked up, and the run went on
                self.assertEqual(result.code, 0, str(result))

        self.strike_everywhere(self.proxy(Cutter), self.issue,
                               lambda args: self.run_any([MTLSCTL, *args]), check)

    # --- the server --------------------------------------------------------------------------------

    def kill_servers(self, command):
        proxy = self.proxy(postgresql.Proxy)

        def strike(args):
            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                running = pool.submit(self.run_any, [MTLSCTL, *args])
                while not proxy.struck.wait(0.02) and not running.done():
                    pass
                self.server.stop()
                self.server.start()
                return running.result()

        def check(result, fault, commit):
            self.assertIn(result.code, (0, 7), str(result))
            if commit and fault != "during":
                self.assertEqual(result.code, 0 if fault == "after" else 7, str(result))

        self.strike_everywhere(proxy, command, strike, check, others=0)

    def test_the_server_is_killed_at_round_trips_of_making_a_ca(self):
        self.kill_servers(self.init)

    @unittest.skipUnless(EVERYWHERE, "only in the soak")
    def test_the_server_is_killed_at_round_trips_of_making_a_ca_below(self):
        self.kill_servers(self.init_below)

    # --- an empty database -------------------------------------------------------------------------

    def test_the_first_of_all_is_cut_short(self):
        """Tables, ledger and CA are made in one go; also by an administrator, and by a copy."""
        proxy = self.proxy(Cutter)
        self.make_ca(directory="source")
        commands = {"init": ["ca", "init", "--common-name", "root", *KEY, "--store"],
                    "migrate": ["store", "migrate", "--store"],
                    "copy": ["store", "copy", "--ca", "source", "--to"]}
        for name, args in commands.items():
            self.server.make_database(name)
            proxy.arm()
            self.mtlsctl(*args, proxy.url(name), cwd=self.fresh(f"{name}-count"))
            trips = len(proxy.trips)
            for at in sample(range(1, trips + 1), 4):
                self.cut_first(proxy, name, args, at)

    def fresh(self, name):
        """A directory of its own, with the CA that is copied from."""
        directory = self.path(name)
        directory.mkdir(mode=0o700)
        self.tool("cp", "-a", self.path("source"), directory)
        return directory

    def cut_first(self, proxy, name, args, at):
        database, directory = f"{name}{at}", self.fresh(f"{name}-{at}")
        self.server.make_database(database)
        proxy.arm(at, "during")
        first = self.run_any([MTLSCTL, *args, proxy.url(database)], cwd=directory)
        self.assertTrue(proxy.struck.is_set())
        proxy.arm()
        self.assertIn(first.code, (0, 7), str(first))
        again = self.run_any([MTLSCTL, *args, proxy.url(database), "--json"], cwd=directory)
        with self.subTest(cut_at=f"{name}, round trip {at}"):
            if name == "migrate" or (again.code == 0 and first.code == 7):
                self.assertEqual(again.code, 0, f"{first}\n{again}")
            else:  # it had been done
                self.assertEqual((again.code, json.loads(again.out)["error"]["code"]), (5, "would_overwrite"),
                                 f"{first}\n{again}")
            if name == "init":
                self.mtlsctl("client", "issue", *KEY, cwd=directory)
                self.mtlsctl("log", "verify", cwd=directory)
            if name == "copy":
                self.mtlsctl("log", "verify", "--ca", "source", "--store", self.server.url(database), cwd=directory)


if __name__ == "__main__":
    main()
