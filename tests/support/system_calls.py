"""The system calls of a command, seen and disturbed by strace.

`trace` records the calls that change anything on disk; `argv_killing` and `argv_failing` run the same
command and kill it at one of them, or let one fail.
"""

import re

# What can change a disk. A name that this machine's strace or kernel interface lacks is skipped
# (`?`). `openat` and `open` count from the first call, also those that only read: strace's `when=`
# counts so.
CHANGING = ["write", "pwrite64", "writev", "pwritev", "fsync", "fdatasync", "rename", "renameat",
            "renameat2", "link", "linkat", "symlink", "symlinkat", "unlink", "unlinkat", "rmdir",
            "truncate", "ftruncate", "fallocate", "mkdir", "mkdirat", "chmod", "fchmod", "fchmodat",
            "open", "openat", "creat"]
LINE = re.compile(r"^(\d+) +(\w+)\((.*)$")
KILLED = re.compile(r"^\d+ +\+\+\+ killed by SIGKILL \+\+\+$", re.M)


class Call:
    """One system call: its thread's rank (0: the first), name, index among that thread's calls of
    that name (from 1, as strace's `when=`), and the text of the rest of the line."""

    def __init__(self, thread, name, index, text):
        self.thread, self.name, self.index, self.text = thread, name, index, text

    @property
    def changes(self):
        """Opening for reading changes nothing."""
        if self.name in ("open", "openat"):
            return "O_CREAT" in self.text or "O_TRUNC" in self.text
        return True

    @property
    def descriptor(self):
        """The first argument where it is a descriptor."""
        found = re.match(r"(\d+)<", self.text)
        return int(found.group(1)) if found else None

    @property
    def file(self):
        """The path behind that descriptor, as the kernel has it."""
        found = re.match(r"\d+<([^>]*)>", self.text)
        return found.group(1) if found else None

    @property
    def to_streams(self):
        """Whether it writes the result or a message: the work is done by then."""
        return self.name in ("write", "writev") and self.descriptor in (1, 2)

    @property
    def key(self):
        return (self.thread, self.name, self.index)

    def __str__(self):
        return f"{self.name} number {self.index}: {self.name}({self.text[:110]}"


def parse(log):
    """The calls of a log of `strace -f -y`."""
    threads, counts, calls = {}, {}, []
    for line in log.splitlines():
        found = LINE.match(line)
        if not found or "resumed>" in line:
            continue
        thread = threads.setdefault(found.group(1), len(threads))
        name = found.group(2)
        index = counts[thread, name] = counts.get((thread, name), 0) + 1
        calls.append(Call(thread, name, index, found.group(3)))
    return calls


def trace(bench, argv, cwd, **more):
    """Runs `argv` to its end in `cwd`; returns (Result, every call of a name in CHANGING)."""
    log = bench.path("strace.trace-log")
    # One record of a key's text must not be cut where a test looks for it.
    result = bench.tool("strace", "-f", "-y", "-s", "64", "-o", log, "-e",
                        "trace=" + ",".join("?" + name for name in CHANGING), "-e", "signal=none",
                        *argv, cwd=cwd, exit=None, **more)
    return result, parse(log.read_text(errors="replace"))


def argv_disturbed(log, call, how, argv):
    """The command that runs `argv` with `how` injected at `call`."""
    return ["strace", "-f", "-y", "-o", str(log), "-e", f"trace={call.name}", "-e",
            f"inject={call.name}:{how}:when={call.index}", *map(str, argv)]


def was_killed(result, log):
    """Whether the run ended by the injected SIGKILL: strace ends as its child did."""
    return result.code in (-9, 137) and KILLED.search(log.read_text(errors="replace")) is not None
