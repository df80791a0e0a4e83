#!/usr/bin/env python3
"""Compares what is generated from the program's own tree of options (docs/cli.md, docs/man,
completions) with what is committed, and has the shells check the syntax of their completions.
Python's standard library only."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
MTLSCTL = os.environ["MTLSCTL"]


class GeneratedTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory(prefix="mtlsctl-docs.")
        cls.addClassCleanup(scratch.cleanup)
        cls.made = pathlib.Path(scratch.name)
        subprocess.run([MTLSCTL, "docs", scratch.name], check=True, stdout=subprocess.DEVNULL)

    def names(self, root):
        return {str(path.relative_to(root)) for folder in ("docs/man", "completions")
                for path in (root / folder).iterdir()} | {"docs/cli.md"}

    def test_the_committed_files_are_the_generated_ones(self):
        made, committed = self.names(self.made), self.names(ROOT)
        self.assertEqual(made, committed, "run `mtlsctl docs .` in the source tree")
        for name in sorted(made):
            with self.subTest(name):
                self.assertEqual((self.made / name).read_text(), (ROOT / name).read_text(),
                                 "run `mtlsctl docs .` in the source tree")

    def test_completion_prints_the_committed_scripts(self):
        for shell, name in (("bash", "mtlsctl.bash"), ("zsh", "_mtlsctl"), ("fish", "mtlsctl.fish")):
            script = subprocess.run([MTLSCTL, "completion", shell], check=True, capture_output=True)
            self.assertEqual(script.stdout, (ROOT / "completions" / name).read_bytes())

    def test_shells_can_read_their_completions(self):
        for shell, name in (("bash", "mtlsctl.bash"), ("zsh", "_mtlsctl"), ("fish", "mtlsctl.fish")):
            with self.subTest(shell):
                if shell != "bash" and not shutil.which(shell):
                    self.skipTest(f"{shell} is not installed")
                subprocess.run([shell, "-n", ROOT / "completions" / name], check=True)

    def test_man_reads_every_page_without_a_warning(self):
        if not shutil.which("man"):
            self.skipTest("man is not installed")
        for page in sorted((ROOT / "docs/man").iterdir()):
            with self.subTest(page.name):
                done = subprocess.run(["man", "--warnings=all", "-l", str(page)], check=True,
                                      stdin=subprocess.DEVNULL, capture_output=True,
                                      env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8",
                                           "MANWIDTH": "80", "MANROFFSEQ": ""})
                self.assertEqual(done.stderr, b"")
                self.assertIn(b"NAME", done.stdout)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
