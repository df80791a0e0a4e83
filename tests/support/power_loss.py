"""What a disk may hold after the power went: replays a recording of disk_recorder.c up to any point.

POSIX promises only what was synced: the octets of a file by its fsync or fdatasync, names by an fsync of
their directory. Four disks keep more or less of the rest:

- `synced`: nothing that was not synced;
- `names`: every name, and of the octets only what was synced (a new file is empty);
- `zeros`: every name and every length, and zeros where octets were not synced;
- `shuffled`: of each directory's changes since its sync the first few, and of each file's writes any of
  their sectors, as the seed falls.

`all` is the disk of a process that was only killed: to see that the replay is true.

The shared memory of SQLite's WAL is a map and never written: it comes back as zeros, and is made anew.
"""

import os
import random

SECTOR = 512
DISKS = ("synced", "names", "zeros", "shuffled")


class File:
    def __init__(self, mode, data=b""):
        self.mode = mode
        self.durable = bytes(data)
        self.size = len(data)
        self.pending = []  # since the last sync: (offset, octets), or the length that it was cut or grown to

    def write(self, offset, octets):
        self.pending.append((offset, octets))
        self.size = max(self.size, offset + len(octets))

    def cut(self, size):
        self.pending.append(size)
        self.size = size

    def sync(self):
        self.durable, self.pending = self.content(lambda: True), []

    def content(self, keeps):
        """With those sectors of unsynced writes that `keeps()` says."""
        data = bytearray(self.durable)
        for change in self.pending:
            if isinstance(change, int):
                data = data[:change] + bytes(max(0, change - len(data)))
                continue
            start, octets = change
            for offset in range(0, len(octets), SECTOR):
                if keeps():
                    piece, at = octets[offset:offset + SECTOR], start + offset
                    data += bytes(max(0, at + len(piece) - len(data)))
                    data[at:at + len(piece)] = piece
        return bytes(data)

    def after(self, disk, dice):
        if disk == "zeros":
            return (self.durable + bytes(max(0, self.size - len(self.durable))))[:self.size]
        if disk in ("shuffled", "all"):
            return self.content(lambda: disk == "all" or dice.random() < 0.5)
        return self.durable


class Folder:
    def __init__(self, mode):
        self.mode = mode
        self.durable = {}
        self.entries = {}
        self.pending = []  # the changes since the last sync: {name: what or None} each

    def change(self, names):
        self.pending.append(names)
        self.apply(self.entries, names)

    def sync(self):
        self.durable, self.pending = dict(self.entries), []

    @staticmethod
    def apply(entries, names):
        for name, what in names.items():
            if what is None:
                entries.pop(name, None)
            else:
                entries[name] = what

    def after(self, disk, dice):
        if disk == "synced":
            return self.durable
        if disk != "shuffled":
            return self.entries
        entries = dict(self.durable)
        for names in self.pending[:dice.randint(0, len(self.pending))]:
            self.apply(entries, names)
        return entries


class Replay:
    """A directory, and what a recording does to it. `told` is set once the program has said something."""

    def __init__(self, directory):
        self.by_inode = {}
        self.root = self.take(directory)
        self.told = False

    def take(self, path):
        """What is there before is on the disk."""
        status = path.stat()
        if path.is_dir():
            node = Folder(status.st_mode & 0o7777)
            node.durable = {child.name: self.take(child) for child in path.iterdir()}
            node.entries = dict(node.durable)
        else:
            node = File(status.st_mode & 0o7777, path.read_bytes())
        self.by_inode[status.st_ino] = node
        return node

    def play(self, event):
        words, octets = event
        operation, *fields = words
        if operation == "output":
            self.told = True
            return
        node = self.by_inode.get(int(fields[0]))
        if node is None:  # outside of the directory
            return
        if operation in ("create", "mkdir"):
            child = (File if operation == "create" else Folder)(int(fields[3], 8))
            self.by_inode[int(fields[2])] = child
            node.change({fields[1]: child})
        elif operation == "write":
            node.write(int(fields[1]), octets)
        elif operation == "truncate":
            node.cut(int(fields[1]))
        elif operation == "sync":
            node.sync()
        elif operation == "chmod":
            node.mode = int(fields[1], 8)
        elif operation == "unlink":
            node.change({fields[1]: None})
        else:
            self.move(operation, node, fields)

    def move(self, operation, node, fields):
        what = node.entries[fields[1]]
        target = self.by_inode[int(fields[2])]
        gone = {fields[1]: None} if operation == "rename" else {}
        if target is node:
            node.change({**gone, fields[3]: what})
        else:
            node.change(gone)
            target.change({fields[3]: what})

    def write_to(self, path, disk, seed):
        """Makes `path` the directory as `disk` has it."""
        self.put(self.root, path, disk, random.Random(seed))

    def put(self, node, path, disk, dice):
        if isinstance(node, File):
            path.write_bytes(node.after(disk, dice))
        else:
            path.mkdir()
            for name, child in node.after(disk, dice).items():
                self.put(child, path / name, disk, dice)
        os.chmod(path, node.mode)


def read_recording(file):
    """The events in order: (words, octets). The counter shows that none is missing."""
    data, events, at = file.read_bytes(), [], 0
    while at < len(data):
        end = data.index(b"\n", at)
        number, *words = data[at:end].decode().split("\t")
        assert int(number) == len(events) + 1, f"event {number} comes after {len(events)}"
        size = int(words[3]) if words[0] == "write" else 0
        events.append((words, data[end + 1:end + 1 + size]))
        at = end + 1 + size
    return events
