"""Many processes on one ledger, by the program: what each was told stands, nothing twice, and whoever reads
meanwhile sees no error. The full numbers in the soak: 100 × 20 issues, 800 processes eight at a time, 100 first
opens at once."""

import collections
import concurrent.futures
import json
import os
import threading
import time
import unittest

from workbench import KEY, MTLSCTL, Workbench

FULL = bool(os.environ.get("MTLSCTL_EVERYWHERE"))
WORKERS, EACH = (100, 20) if FULL else (12, 4)
SHORT = 800 if FULL else 64
OPENERS = 100 if FULL else 24


class ManyAtOnce(Workbench):
    def run_many(self, commands, at_once):
        """Runs each list of commands one after the other, `at_once` lists at a time; beside them readers. Returns
        all Results."""
        over, errors, reads, took = threading.Event(), [], collections.Counter(), []

        def read(args):
            while not over.is_set():
                result = self.run_any([MTLSCTL, *args])
                reads[args[0]] += 1
                if result.code != 0:
                    errors.append(str(result))

        def run(args):
            begun = time.monotonic()
            result = self.run_any([MTLSCTL, *args], timeout=600)
            took.append(time.monotonic() - begun)
            return result

        def work(group):
            return [run(args) for args in group]

        started = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(2) as readers:
            reading = [readers.submit(read, args) for args in (["cert", "list", "--json"], ["log", "verify"])]
            try:
                with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
                    results = [one for group in pool.map(work, commands) for one in group]
            finally:
                over.set()
            for one in reading:
                one.result()
        self.assertEqual(errors, [], "a reader saw an error")
        self.assertTrue(all(reads.values()) and len(reads) == 2)
        seconds = time.monotonic() - started
        print(f"{len(results)} in {seconds:.1f} s, {at_once} at a time, the slowest in {max(took):.1f} s; meanwhile "
              f"read {dict(reads)}", flush=True)
        return results

    def assert_all_issued(self, results, count):
        """Exactly so many certificates, serials and rows, and the log has each."""
        self.assertEqual([str(result) for result in results if result.code != 0], [])
        serials = {result.json["serial"] for result in results}
        self.assertEqual((len(results), len(serials)), (count, count))
        rows = self.ledger_rows()
        self.assertEqual(len(rows), count + 1)
        self.assertEqual({row[1] for row in rows}, {"issued"})
        self.assertLessEqual(serials, {row[0] for row in rows})
        on_disk = {self.certificate_serial(path) for path in [*self.dir.glob("*.crt"), *self.dir.glob("w*/*.crt")]}
        self.assertEqual(on_disk, serials)
        entries = [json.loads(line) for line in self.mtlsctl("log", "show", "--json").out.splitlines()]
        self.assertEqual([entry["seq"] for entry in entries], list(range(1, len(entries) + 1)))
        logged = collections.Counter(entry["serial"] for entry in entries if entry["action"] == "issue")
        self.assertEqual({serial: logged[serial] for serial in serials}, dict.fromkeys(serials, 1))
        self.mtlsctl("log", "verify")
        self.mtlsctl("store", "check")

    def test_many_processes_issue_many_each(self):
        self.make_ca()
        # Each into a directory of its own: what is shared here is the ledger.
        commands = [[["client", "issue", "--out-dir", f"w{worker}", "--name", f"n{number}", "--json", *KEY]
                     for number in range(EACH)] for worker in range(WORKERS)]
        for worker in range(WORKERS):
            self.path(f"w{worker}").mkdir(mode=0o700)
        self.assert_all_issued(self.run_many(commands, WORKERS), WORKERS * EACH)

    def test_many_processes_issue_into_one_directory(self):
        """Which one works in at a time: nobody is passed over until --lock-timeout is over."""
        self.make_ca()
        commands = [[["client", "issue", "--name", f"n{worker}-{number}", "--json", *KEY]
                     for number in range(EACH)] for worker in range(WORKERS)]
        self.assert_all_issued(self.run_many(commands, WORKERS), WORKERS * EACH)

    def test_short_processes_eight_at_a_time(self):
        self.make_ca()
        commands = [[["client", "issue", "--name", f"n{number}", "--json", *KEY]] for number in range(SHORT)]
        self.assert_all_issued(self.run_many(commands, 8), SHORT)

    def test_first_opens_at_once_make_one_ledger(self):
        with concurrent.futures.ThreadPoolExecutor(OPENERS) as pool:
            results = list(pool.map(lambda _: self.run_any(
                [MTLSCTL, "ca", "init", "--common-name", "Root", "--if-missing", "--json", *KEY]), range(OPENERS)))
        self.assertEqual([str(result) for result in results if result.code != 0], [])
        self.assertEqual(len({result.json["serial"] for result in results}), 1)
        self.assertEqual(len(self.ledger_rows()), 1)
        self.mtlsctl("log", "verify")


if __name__ == "__main__":
    unittest.main(verbosity=2)
