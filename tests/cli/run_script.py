#!/usr/bin/env python3
"""Runs one command script: what is typed, and everything that must come of it.

    # A comment.
    $ mtlsctl cert show CN=nobody       a command, run by bash in the scratch directory
    > | head -1                         goes on with the line above
    text                                a line of standard output
    2> mtlsctl: error: no certificate … a line of standard error
    [exit 6]                            its exit status, if not 0

A command without such lines must end with 0 and print nothing. The lines of each stream are compared
in order, whole, and <…> stands for:

    <serial> <time> <sha256> <fingerprint> <hex> <n> <any>    text of that form
    <serial=NAME>                       the same, kept in the variable NAME for later commands
    <empty>                             a line without anything in it
    <...>                               alone in a line: any number of lines

Each script runs in a scratch directory of its own, with $MTLSCTL as `mtlsctl` in PATH, umask 022, no
terminal, and nothing of the caller's environment that could matter. Python's standard library only.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

TIMEOUT = 60  # seconds a command

FORMS = {
    "serial": r"(?:[0-9a-f]{2}){8,16}",  # one in 256 begins with a zero octet, which is not written
    "time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
    "sha256": r"[0-9a-f]{64}",
    "fingerprint": r"(?:[0-9A-F]{2}:){31}[0-9A-F]{2}",
    "hex": r"[0-9A-Fa-f:]+",
    "n": r"\d+",
    "any": r".*",
    "empty": r"",
}
ANY_LINES = "<...>"


class Step:
    """One command with what is expected of it."""

    def __init__(self, line_number, command):
        self.line_number, self.command = line_number, command
        self.out, self.err, self.exit = [], [], 0


def parse(text):
    steps = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("$ "):
            steps.append(Step(number, line[2:]))
        elif line.startswith("#") or not line.strip():
            continue
        elif not steps:
            raise SystemExit(f"line {number}: output before the first command")
        elif line.startswith("> "):
            steps[-1].command += "\n" + line[2:]
        elif line.startswith("2> "):
            steps[-1].err.append(line[3:])
        elif match := re.fullmatch(r"\[exit (\d+)\]", line):
            steps[-1].exit = int(match[1])
        else:
            steps[-1].out.append(line)
    if not steps:
        raise SystemExit("no command in the script: it would test nothing")
    return steps


def to_pattern(line, kept):
    """A regular expression for a line; variables known already must be met again."""
    pattern, at = "", 0
    for match in re.finditer(r"<([a-z0-9]+)(?:=([A-Za-z_]+))?>", line):
        form, name = FORMS.get(match[1]), match[2]
        if form is None:
            continue
        pattern += re.escape(line[at:match.start()])
        if name and name in kept:
            pattern += re.escape(kept[name])
        else:
            pattern += f"(?P<{name}>{form})" if name else f"(?:{form})"
        if match[1] == "serial":
            pattern += " *"  # a shorter one in a column
        at = match.end()
    return pattern + re.escape(line[at:])


def compare(expected, actual, kept):
    """None if `actual` is as expected, else the first line that is not."""
    if not expected:
        return None if not actual else f"unexpected: {actual[0]}"
    if expected[0] == ANY_LINES:
        for skipped in range(len(actual) + 1):
            if compare(expected[1:], actual[skipped:], kept) is None:
                return None
        return f"after {ANY_LINES}: " + (expected[1] if len(expected) > 1 else "")
    if not actual:
        return f"missing: {expected[0]}"
    match = re.fullmatch(to_pattern(expected[0], kept), actual[0])
    if not match:
        return f"expected: {expected[0]}\n    actual:   {actual[0]}"
    found = {**kept, **match.groupdict()}
    problem = compare(expected[1:], actual[1:], found)
    if problem is None:
        kept.update(found)
    return problem


def run(step, directory, environment):
    return subprocess.run(["bash", "-c", step.command], cwd=directory, env=environment,
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT)


def lines(octets):
    return octets.decode("utf-8", "backslashreplace").splitlines()


def check(script, directory, program):
    binaries = directory / ".bin"
    binaries.mkdir()
    (binaries / "mtlsctl").symlink_to(pathlib.Path(program).resolve())
    work = directory / "work"
    work.mkdir(mode=0o700)
    environment = {"PATH": f"{binaries}:{os.environ['PATH']}", "HOME": str(directory), "LC_ALL": "C",
                   "TERM": "dumb", "USER": "tester"}
    for name, value in os.environ.items():
        if name.startswith(("ASAN_", "UBSAN_", "LSAN_")):
            environment[name] = value
    kept = {}
    for step in parse(script.read_text(encoding="utf-8")):
        done = run(step, work, {**environment, **kept})
        problems = [f"{stream}: {problem}" for stream, expected, octets in
                    (("stdout", step.out, done.stdout), ("stderr", step.err, done.stderr))
                    if (problem := compare(expected, lines(octets), kept))]
        if done.returncode != step.exit:
            problems.append(f"exit: expected {step.exit}, actual {done.returncode}")
        if problems:
            print(f"{script.name}:{step.line_number}: $ {step.command}")
            for problem in problems:
                print(f"  {problem}")
            print(f"  all of stdout:\n{done.stdout.decode(errors='replace')}"
                  f"  all of stderr:\n{done.stderr.decode(errors='replace')}")
            return False
    return True


def main():
    if len(sys.argv) != 2 or "MTLSCTL" not in os.environ:
        raise SystemExit("usage: MTLSCTL=PROGRAM run_script.py SCRIPT")
    os.umask(0o022)
    directory = pathlib.Path(tempfile.mkdtemp(prefix="mtlsctl-cli."))
    try:
        good = check(pathlib.Path(sys.argv[1]), directory, os.environ["MTLSCTL"])
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    raise SystemExit(0 if good else 1)


if __name__ == "__main__":
    main()
