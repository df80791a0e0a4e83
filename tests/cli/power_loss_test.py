"""A power cut at any point of what issues: what was not synced may be gone, or half there. The same must hold as
after a kill: no certificate that the ledger does not have, no serial twice, every log whole and not behind
ledger.head, what was told stands, and the same command completes it.
"""

import concurrent.futures
import copy
import os
import shutil
import types

from crash_points import EVERYWHERE, WORKERS, main, sample
from issuing_cases import IssuingCases
from power_loss import DISKS, Replay, read_recording
from workbench import MTLSCTL

RECORDER = os.environ["MTLSCTL_RECORDER"]


class PowerLoss(IssuingCases):
    most = 10  # of the points, on each of the disks
    seeds = 4 if EVERYWHERE else 1

    def record(self, prepared, args):
        """The directory before, and what the command did to it."""
        directory, file = self.path("recorded"), self.path("recording")
        shutil.copytree(prepared, directory)
        before = Replay(directory)
        done = self.run_any([MTLSCTL, *args], cwd=directory,
                            env={"LD_PRELOAD": RECORDER, "MTLSCTL_RECORD": str(file)})
        self.assertEqual(done.code, 0, str(done))
        events = read_recording(file)
        self.assert_replayed(copy.deepcopy(before), events, directory)
        return before, events

    def assert_replayed(self, replay, events, directory):
        """All of it replayed is what is there: no write went unseen."""
        for event in events:
            replay.play(event)
        self.assertTrue(replay.told)
        replay.write_to(self.path("replayed"), "all", 0)
        listed = [sorted(path.relative_to(top) for path in top.rglob("*"))
                  for top in (directory, self.path("replayed"))]
        self.assertEqual(*listed)
        for path in directory.rglob("*"):
            if path.is_file():
                copied = self.path("replayed") / path.relative_to(directory)
                self.assertEqual(copied.read_bytes(), path.read_bytes(), path)

    def points(self, events):
        """All in the soak; otherwise some of those that have most to lose: just before a sync."""
        if EVERYWHERE:
            return range(len(events) + 1)
        return sample([at for at, (words, _) in enumerate(events) if words[0] == "sync"] + [len(events)], self.most)

    def cut_everywhere(self, prepared, args, check):
        before, events = self.record(prepared, args)

        def cut(replay, name, disk, seed):
            directory = self.path(name)
            replay.write_to(directory, disk, seed)
            self.assert_sound(directory)
            check(directory, types.SimpleNamespace(to_streams=replay.told))
            self.assert_sound(directory)
            shutil.rmtree(directory)

        cuts = []
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            replay, played = copy.deepcopy(before), 0
            for point in self.points(events):
                for event in events[played:point]:
                    replay.play(event)
                played = point
                for disk in DISKS:
                    for seed in range(self.seeds if disk == "shuffled" else 1):
                        name = f"{point} of {len(events)} {disk} {seed}"
                        cuts.append((name, pool.submit(cut, copy.deepcopy(replay), name, disk, seed)))
            for name, running in cuts:
                with self.subTest(cut_at=name):
                    running.result()
        print(f"{' '.join(args[:2])}: {len(cuts)} power cuts")

    def test_client_issue(self):
        self.cut_everywhere(*self.case_client_issue())

    def test_a_replacement(self):
        self.cut_everywhere(*self.case_replacement())

    def test_ca_init(self):
        self.cut_everywhere(*self.case_ca_init())

    def test_what_is_not_synced_would_be_missed(self):
        """The cuts can fail: of the same recording without one kind of sync, something told is gone."""
        prepared, args, check = self.case_client_issue()
        before, events = self.record(prepared, args)
        here = next(str(inode) for inode, node in before.by_inode.items() if node is before.root)
        for left_out in ("names", "files"):
            replay = copy.deepcopy(before)
            for words, octets in events:
                if not (words[0] == "sync" and (words[1] == here) == (left_out == "names")):
                    replay.play((words, octets))
            directory = self.path(left_out)
            replay.write_to(directory, "synced", 0)
            with self.subTest(without_syncs_of=left_out), self.assertRaises(AssertionError):
                self.assert_sound(directory)
                check(directory, types.SimpleNamespace(to_streams=True))


if __name__ == "__main__":
    main()
