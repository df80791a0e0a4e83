#!/usr/bin/env python3
"""What the completion scripts offer, asked of the shells themselves: before the command, behind
options that come before it, and names of profiles. Python's standard library only."""

import os
import pathlib
import pty
import select
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
MTLSCTL = os.environ["MTLSCTL"]
LIMIT = 30  # seconds for anything

BASH = r"""
. "$SCRIPT"
compopt() { :; }
COMP_WORDBREAKS=$' \t\n"'"'"'><=;|&(:'
COMP_LINE=$LINE; COMP_POINT=${#LINE}; _mtlsctl; printf '%s\n' "${COMPREPLY[@]}"
"""
FISH = 'source "$SCRIPT"; complete -C "$LINE"'
# Whatever is offered to zsh's line editor is written down as well.
ZSH = r"""
PS1='ready> '; unsetopt beep
fpath=("$SCRIPT:h" $fpath); autoload -U compinit; compinit -u -D
compadd() {
  local -a offered
  if [[ ${@[(i)-[OAD]]} -gt $# ]]; then
    builtin compadd -O offered "$@"; print -l -- $offered >>"$OFFERED"
  fi
  builtin compadd "$@"
}
bindkey '^I' complete-word
print ''
"""


class CompletionTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="mtlsctl-completion.")
        self.addCleanup(scratch.cleanup)
        self.directory = pathlib.Path(scratch.name)
        (self.directory / "bin").mkdir()
        (self.directory / "bin/mtlsctl").symlink_to(MTLSCTL)
        (self.directory / "own").mkdir()
        text = subprocess.run([MTLSCTL, "profile", "show", "mtls-client"], check=True,
                              capture_output=True, text=True).stdout
        (self.directory / "own/my-workload.toml").write_text(
            text.replace('name = "mtls-client"', 'name = "my-workload"'))

    def environment(self, script, line):
        return {"PATH": f"{self.directory}/bin:{os.environ['PATH']}", "HOME": str(self.directory),
                "SCRIPT": str(ROOT / "completions" / script), "LINE": line, "TERM": "dumb",
                "LC_ALL": "C.UTF-8", "OFFERED": str(self.directory / "offered")}

    def bash(self, line):
        done = subprocess.run(["bash", "-c", BASH], cwd=self.directory, check=True, timeout=LIMIT,
                              capture_output=True, text=True,
                              env=self.environment("mtlsctl.bash", line))
        return set(done.stdout.split())

    def fish(self, line):
        done = subprocess.run(["fish", "--no-config", "-c", FISH], cwd=self.directory, check=True,
                              timeout=LIMIT, capture_output=True, text=True,
                              env=self.environment("mtlsctl.fish", line))
        return {one.split("\t")[0] for one in done.stdout.splitlines()}

    def zsh(self, line):
        offered = self.directory / "offered"
        offered.unlink(missing_ok=True)
        start = self.directory / "start.zsh"
        start.write_text(ZSH)
        master, slave = pty.openpty()
        shell = subprocess.Popen(["zsh", "-f", "-i"], cwd=self.directory, stdin=slave,
                                 stdout=slave, stderr=slave, start_new_session=True,
                                 env=self.environment("_mtlsctl", line))
        try:
            os.write(master, b". ./start.zsh\n")
            self.wait_for(master, b"ready> ")
            os.write(master, line.encode() + b"\t")
            until = time.monotonic() + LIMIT
            while time.monotonic() < until and not (offered.exists() and offered.read_text()):
                if select.select([master], [], [], 0.1)[0]:
                    os.read(master, 4096)
            time.sleep(0.2)
        finally:
            shell.kill()
            shell.wait(LIMIT)
            os.close(master)
            os.close(slave)
        words = offered.read_text().split() if offered.exists() else []
        return {word.split(":")[0] for word in words}

    def wait_for(self, master, text):
        shown = b""
        until = time.monotonic() + LIMIT
        while text not in shown and time.monotonic() < until:
            if select.select([master], [], [], 0.1)[0]:
                shown += os.read(master, 4096)
        self.assertIn(text, shown)

    def each_shell(self, line, *wanted, without=()):
        for shell in ("bash", "zsh", "fish"):
            with self.subTest(shell, line=line):
                if not shutil.which(shell):
                    self.skipTest(f"{shell} is not installed")
                offered = getattr(self, shell)(line)
                self.assertLessEqual(set(wanted), offered)
                self.assertFalse(offered & set(without))

    def test_commands_are_offered_behind_leading_options_and_their_values(self):
        self.each_shell("mtlsctl --ca x ce", "cert", without=["verify"])
        self.each_shell("mtlsctl --ca x --json cert l", "list")
        self.each_shell("mtlsctl cert --store sqlite:x --ca=y sh", "show")
        self.each_shell("mtlsctl --ca cert verify --purp", "--purpose")

    def test_options_are_offered_before_the_command(self):
        self.each_shell("mtlsctl --", "--ca", "--store", "--json", "--trace", without=["--purpose"])
        self.each_shell("mtlsctl cert --", "--ca", "--store", "--json", without=["--purpose"])

    def test_the_value_of_a_leading_option_is_a_directory(self):
        self.assertEqual(self.bash("mtlsctl --ca ow"), {"own"})
        self.assertEqual(self.bash("mtlsctl cert --ca ow"), {"own"})

    def test_names_of_profiles_are_offered(self):
        self.each_shell("mtlsctl client issue --profile mtls-", "mtls-client")
        self.each_shell("mtlsctl client issue --profiles own --profile m", "my-workload")
        self.each_shell("mtlsctl profile show al", "alb-client")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
