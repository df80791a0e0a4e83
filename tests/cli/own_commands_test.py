#!/usr/bin/env python3
"""Every command of mtlsctl that a text of the program names, in its hints and elsewhere, is one that
it has, with options that it has. Python's standard library only."""

import os
import pathlib
import re
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
MTLSCTL = os.environ["MTLSCTL"]
LITERALS = re.compile(r'"(?:[^"\\\n]|\\.)*"(?:\s*"(?:[^"\\\n]|\\.)*")*')
MENTION = re.compile(r"mtlsctl((?: [a-z][a-z0-9-]*)+)([^'`\n;:()]*)")
FLAG = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]+")


def texts():
    """The texts of the sources: literals that follow each other are one."""
    for folder in ("lib", "cmd"):
        for path in sorted((ROOT / folder).rglob("*.[ch]pp")):
            source = re.sub(r"^\s*(//|#).*$", "", path.read_text(), flags=re.M)
            source = source.replace("'\"'", "''")
            for literal in LITERALS.findall(source):
                yield path.relative_to(ROOT), "".join(re.findall(r'"((?:[^"\\\n]|\\.)*)"', literal))


class OwnCommandsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.helps = {}
        listed = subprocess.run([MTLSCTL, "--help"], check=True, capture_output=True, text=True)
        for line in listed.stdout.split("Commands:")[1].splitlines():
            found = re.match(r"  ([a-z][a-z -]*?)(?:  |$)", line)
            if found:
                words = found.group(1)
                done = subprocess.run([MTLSCTL, *words.split(), "--help"], check=True,
                                      capture_output=True, text=True)
                cls.helps[words] = set(FLAG.findall(done.stdout.split("Example:")[0]))

    def commands_in(self, words):
        """The command that `words` begin with; nothing for prose ("mtlsctl is …")."""
        for size in (2, 1):
            if " ".join(words[:size]) in self.helps:
                return " ".join(words[:size])
        return None

    def test_every_command_that_is_named_exists_with_its_options(self):
        nouns = {words.split()[0] for words in self.helps if " " in words}
        seen = 0
        for path, text in texts():
            for mention in MENTION.finditer(text):
                words = mention.group(1).split()
                command = self.commands_in(words)
                if command is None:
                    self.assertNotIn(words[0], nouns - {"log"}, f"{path}: {mention.group(0)}")
                    continue
                seen += 1
                own = re.split(r", (?:and|or) |\. |\\n|mtlsctl", mention.group(2))[0]
                for flag in FLAG.findall(own):
                    with self.subTest(str(path), command=command):
                        self.assertIn(flag, self.helps[command], text)
        self.assertGreater(seen, 40)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
