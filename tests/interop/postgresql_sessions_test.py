"""A ledger in PostgreSQL whose sessions are lost, slow or frozen, used as docs/ledger.md says: by an account that is
not root, and a role that has an issuer's rights and no more (issue 4, points 1 and 2)."""

import concurrent.futures
import contextlib
import os
import pathlib
import re
import shutil
import signal
import time

import postgresql
from workbench import KEY, MTLSCTL, Workbench, main

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"
NOBODY = 65534


class Cutter(postgresql.Proxy):
    """Ends the connection where it strikes; the server goes on with what it was sent."""

    def strike(self):
        self.struck.set()
        raise EOFError


class Freezer(postgresql.Proxy):
    """Stops processes of the server, each of `stopped()`, before it is sent what is struck at."""

    def freeze(self, stopped):
        self.pids = stopped()
        for pid in self.pids:
            os.kill(pid, signal.SIGSTOP)
        self.struck.set()

    def thaw(self):
        for pid in reversed(self.pids):
            os.kill(pid, signal.SIGCONT)

    def forward(self, trip, upstream, client):
        with self.lock:
            if self.what in trip:
                self.trips.append(trip)
                if len(self.trips) == self.at:
                    self.freeze(self.fault)
        upstream.sendall(trip)
        return self.answer(upstream, client)


class SlowDoor(postgresql.Proxy):
    """Lets nobody in for three seconds."""

    def serve(self, client):
        time.sleep(3)
        super().serve(client)


class Site:
    """A server with the tables and roles of the documentation, and a machine that issues."""

    def __init__(self, case, name, settings=None):
        self.case, self.dir = case, case.path(name)
        self.dir.mkdir(mode=0o700)
        self.server = postgresql.Server(settings)
        case.addCleanup(self.server.close)
        case.mtlsctl("store", "migrate", "--store", self.server.make_database())
        self.sql(re.search(r"```sql\n(.*?)```", (DOCS / "ledger.md").read_text(encoding="utf-8"), re.S)[1])
        self.sql("CREATE ROLE machine LOGIN; GRANT mtlsctl_issuer TO machine")
        self.program = self.dir / "mtlsctl"
        for file in ("mtlsctl", "mtlsctl-postgresql.so"):
            shutil.copy(pathlib.Path(MTLSCTL).parent / file, self.dir)
        if os.geteuid() == 0:
            os.chown(self.dir, NOBODY, NOBODY)
            os.chmod(case.dir, 0o711)
        self.url = self.server.url().replace("test@", "machine@")

    def sql(self, text):
        return self.server.sql(text, "test")

    def proxy(self, kind):
        proxy = kind(self.server)
        self.case.addCleanup(proxy.close)
        os.chmod(proxy.dir / f".s.PGSQL.{self.server.port}", 0o777)
        return proxy, proxy.url().replace("test@", "machine@")

    def mtlsctl(self, *args, exit=0):
        argv = [self.program, *args]
        if os.geteuid() == 0:
            argv = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *argv]
        result = self.case.run_any(argv, cwd=self.dir)
        if exit is not None:
            self.case.assertEqual(result.code, exit, str(result))
        return result

    def check(self):
        """What is on disk is in the ledger, once; the log verifies."""
        rows = self.sql("SELECT serial, state FROM mtlsctl.certificates")
        serials = [row.split("|")[0] for row in rows]
        self.case.assertEqual(len(serials), len(set(serials)))
        for path in self.dir.glob("*.crt"):
            self.case.assertIn(f"{self.case.certificate_serial(path)}|issued", rows)
        self.mtlsctl("log", "verify", "--store", self.url)

    def await_end_of_sessions(self):
        deadline = time.monotonic() + 60
        while self.sql("SELECT 1 FROM pg_stat_activity WHERE usename = 'machine'"):
            self.case.assertLess(time.monotonic(), deadline, "a session goes on")
            time.sleep(0.1)

    def slow_commits(self, seconds):
        """From now on a change of a certificate makes its COMMIT take so long."""
        self.sql("CREATE OR REPLACE FUNCTION public.slow() RETURNS trigger LANGUAGE plpgsql AS "
                 f"'BEGIN PERFORM pg_sleep({seconds}); RETURN NULL; END'; "
                 "DROP TRIGGER IF EXISTS slow ON mtlsctl.certificates; "
                 "CREATE CONSTRAINT TRIGGER slow AFTER INSERT OR UPDATE ON mtlsctl.certificates "
                 "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.slow()")


class Sessions(Workbench):
    def make_site(self, name="site", settings=None):
        site = Site(self, name, settings)
        site.mtlsctl("ca", "init", "--common-name", "root", *KEY, "--store", site.url)
        return site

    def test_a_commit_that_goes_on_after_the_connection_is_lost_is_waited_for(self):
        """Also where the server does not show who is at work."""
        for activities in ("off", "on"):
            site = self.make_site(f"site-{activities}", {"track_activities": activities})
            proxy, url = site.proxy(Cutter)
            site.slow_commits(2)
            for at in (1, 2):
                with self.subTest(activities=activities, commit=at):
                    proxy.arm(at, "during", b"COMMIT")
                    site.mtlsctl("client", "issue", "--name", f"c{at}", *KEY, "--store", url)
                    self.assertTrue(proxy.struck.is_set())
                    proxy.arm()
                    site.check()

    def test_a_commit_that_goes_on_for_longer_than_anybody_waits_is_not_called_lost(self):
        site = self.make_site(settings={"track_activities": "off"})
        proxy, url = site.proxy(Cutter)
        for at in (1, 2):
            with self.subTest(commit=at):
                issue = ["client", "issue", "--name", f"c{at}", *KEY, "--store"]
                site.slow_commits(6 if at == 1 else 4)
                proxy.arm(at, "during", b"COMMIT")
                result = site.mtlsctl(*issue, url, "--lock-timeout", "1s", exit=7)
                self.assertIn(b"cannot tell whether", result.err)
                self.assertTrue(proxy.struck.is_set())
                self.assertFalse((site.dir / f"c{at}.crt").exists())
                proxy.arm()
                site.slow_commits(0)  # waits for the one that goes on
                site.mtlsctl(*issue, site.url, "--if-missing")
                site.check()

    def freeze(self, site, whole, what, at):
        """Issues on a server that stops at one round trip; how it ended and how long it took."""
        proxy, url = site.proxy(Freezer)

        def stopped():
            mine = list(map(int, site.sql("SELECT pid FROM pg_stat_activity WHERE usename = 'machine'")))
            return [site.server.process.pid, *mine] if whole else mine
        issue = ["client", "issue", "--name", "c", *KEY, "--store"]
        proxy.arm(at, stopped, what)
        begin = time.monotonic()
        try:
            result = site.mtlsctl(*issue, url, "--lock-timeout", "1s", exit=None)
            took = time.monotonic() - begin
            self.assertTrue(proxy.struck.is_set(), str(result))
            self.assertFalse((site.dir / "c.crt").exists())
        finally:
            with contextlib.suppress(AttributeError):
                proxy.thaw()
        site.await_end_of_sessions()
        site.mtlsctl(*issue, site.url, "--if-missing")
        site.check()
        return result, took

    def test_a_server_that_is_frozen_keeps_nobody_for_ever(self):
        cases = {"insert": (True, b"INSERT INTO certificates", 1), "intent": (False, b"COMMIT", 1),
                 "issue": (True, b"COMMIT", 2), "begin": (False, b"BEGIN", 2)}
        # One after the other: a program that is being copied is busy in whatever is forked meanwhile.
        sites = {name: self.make_site(name) for name in cases}
        with concurrent.futures.ThreadPoolExecutor(len(cases)) as pool:
            running = {name: pool.submit(self.freeze, sites[name], *case) for name, case in cases.items()}
            for name, future in running.items():
                result, took = future.result()
                with self.subTest(frozen_at=name):
                    self.assertEqual(result.code, 7, str(result))
                    self.assertLess(took, 60)
                    self.assertIn(b"gave no answer for 31 s", result.err)
                    self.assertEqual(b"cannot tell whether" in result.err, name in ("intent", "issue"), str(result))

    def test_a_slow_connection_does_not_shift_the_time(self):
        site = self.make_site()
        _, url = site.proxy(SlowDoor)
        site.mtlsctl("client", "issue", "--name", "c", *KEY, "--store", url)
        [ahead] = site.sql("SELECT max(changed_time) - extract(epoch FROM clock_timestamp()) FROM mtlsctl.certificates")
        self.assertLess(float(ahead), 1)

    def test_what_the_database_swallows_is_not_released(self):
        site = self.make_site()
        site.sql("CREATE FUNCTION public.swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'")
        for event in ("INSERT ON mtlsctl.certificates", "UPDATE ON mtlsctl.certificates",
                      "INSERT ON mtlsctl.log_entries", "UPDATE ON mtlsctl.log_heads"):
            with self.subTest(swallowed=event):
                site.sql(f"CREATE TRIGGER a_swallow BEFORE {event} FOR EACH ROW EXECUTE FUNCTION public.swallow()")
                result = site.mtlsctl("client", "issue", "--name", "c", *KEY, "--json", exit=7)
                self.assertEqual(result.json["error"]["code"], "ledger_damaged")
                self.assertFalse((site.dir / "c.crt").exists())
                site.sql(f"DROP TRIGGER a_swallow ON {event.split()[-1]}")
        site.mtlsctl("client", "issue", "--name", "c", *KEY, "--if-missing")
        site.check()


if __name__ == "__main__":
    main()
