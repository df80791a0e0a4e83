"""Losses are accepted in a ledger that others go on using: nobody waits for the audit, and what they do meanwhile
neither spoils the acceptance nor is passed over by it."""

import postgresql
from workbench import KEY, Workbench, main

AUDIT = b"FROM certificates WHERE issuer"
WRITING = b"pg_advisory_xact_lock_shared"


class Witness(postgresql.Proxy):
    """Does something once, before it passes on the first round trip that holds `what`."""

    def watch(self, what, does):
        self.watched, self.does = what, does

    def forward(self, trip, upstream, client):
        with self.lock:
            does = self.does if self.does and self.watched in trip else None
            if does:
                self.does = None
        if does:
            does()
        return super().forward(trip, upstream, client)


class Losses(Workbench):
    def setUp(self):
        super().setUp()
        self.server = postgresql.Server()
        self.addCleanup(self.server.close)
        self.url = self.server.make_database()
        self.make_ca("--store", self.url)
        for name in ("a", "b"):
            self.mtlsctl("client", "issue", *KEY, "--name", name)
        self.sql("DELETE FROM mtlsctl.certificates WHERE subject = 'CN=a'")
        self.proxy = Witness(self.server)
        self.addCleanup(self.proxy.close)

    def sql(self, text):
        return self.server.sql(text, "test")

    def accept(self, exit=0):
        return self.mtlsctl("store", "accept-loss", "--store", self.proxy.url(), "--json", exit=exit).json

    def acceptances(self):
        return int(self.sql("SELECT count(*) FROM mtlsctl.log_entries WHERE action = 'accept_loss'")[0])

    def test_who_issues_does_not_wait_for_the_audit(self):
        done = []
        self.proxy.watch(AUDIT, lambda: done.append(
            self.mtlsctl("client", "issue", *KEY, "--name", "c", "--lock-timeout", "2s")))
        self.assertEqual(len(self.accept()["accepted"]), 2)
        self.assertEqual(len(done), 1)
        self.assertEqual(self.acceptances(), 2)
        self.mtlsctl("log", "verify")
        self.mtlsctl("store", "check")
        self.assertEqual(self.accept()["accepted"], [])
        # Its entries say when they were made, and come behind what was recorded meanwhile.
        self.assertEqual(self.sql("SELECT count(*) FROM mtlsctl.log_entries WHERE action = 'issue' AND seq > (SELECT "
                                  "min(seq) FROM mtlsctl.log_entries WHERE action = 'accept_loss')"), ["0"])

    def test_what_comes_between_the_audit_and_the_entries_is_seen(self):
        for name, between, accepted in (
                ("another acceptance", lambda: self.mtlsctl("store", "accept-loss"), 0),
                ("a certificate", lambda: self.mtlsctl("client", "issue", *KEY, "--name", "d"), 2),
                ("the lost one from its file", lambda: self.mtlsctl("store", "import", "lost.crt"), 2)):
            with self.subTest(between=name):
                self.mtlsctl("store", "accept-loss")
                self.mtlsctl("client", "issue", *KEY, "--name", "lost")
                for path in self.dir.glob("lost.*"):
                    if path.suffix != ".crt":
                        path.unlink()
                self.sql("DELETE FROM mtlsctl.certificates WHERE subject = 'CN=lost' AND origin = 'issued'")
                before = self.acceptances()
                self.proxy.watch(WRITING, between)
                self.assertEqual(len(self.accept()["accepted"]), accepted)
                self.assertIsNone(self.proxy.does)
                self.assertEqual(self.acceptances(), before + 2)
                self.mtlsctl("log", "verify")
                self.mtlsctl("store", "check")
                self.path("lost.crt").unlink()

    def test_what_other_hands_do_in_between_is_found_afterwards(self):
        self.proxy.watch(WRITING, lambda: self.sql("UPDATE mtlsctl.certificates SET profile = 'x' WHERE subject = 'CN=b'"))
        self.accept()
        self.assertIn(b"row_altered", self.mtlsctl("log", "verify", exit=1).out)
        self.sql("UPDATE mtlsctl.certificates SET profile = 'mtls-client' WHERE subject = 'CN=b'")
        self.mtlsctl("log", "verify")
        # Entries that do not follow from the last that was audited are built upon by nobody.
        self.sql("DELETE FROM mtlsctl.certificates WHERE subject = 'CN=b'")

        def add_a_broken_one():
            self.mtlsctl("client", "issue", *KEY, "--name", "c")
            self.sql("UPDATE mtlsctl.log_entries SET previous = hash WHERE seq = (SELECT max(seq) FROM "
                     "mtlsctl.log_entries)")
        self.proxy.watch(WRITING, add_a_broken_one)
        self.assertEqual(self.accept(exit=7)["error"]["code"], "ledger_damaged")


if __name__ == "__main__":
    main()
