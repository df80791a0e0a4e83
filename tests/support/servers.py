"""Servers that a test starts and stops: chosen free ports, loopback only, bounded in time."""

import contextlib
import os
import pathlib
import shutil
import socket
import subprocess
import time

SYSTEM_PATH = os.environ["PATH"] + ":/usr/sbin:/sbin"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def program(name):
    found = shutil.which(name, path=SYSTEM_PATH)
    assert found, f"{name} is missing: tests/run installs it"
    return found


def wait_for(port, process, address="127.0.0.1"):
    for _ in range(200):
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError), socket.create_connection((address, port), 1):
            return
        time.sleep(0.05)
    raise AssertionError(f"nothing listens on {address}:{port}")


@contextlib.contextmanager
def running(argv, port, cwd):
    """A server's process, once it listens; ended with the block."""
    with pathlib.Path(cwd, "server.log").open("wb") as log:
        process = subprocess.Popen([str(word) for word in argv], cwd=cwd, stdin=subprocess.DEVNULL,
                                   stdout=log, stderr=subprocess.STDOUT)
    try:
        try:
            wait_for(port, process)
        except AssertionError as problem:
            text = pathlib.Path(cwd, "server.log").read_text(encoding="utf-8", errors="replace")
            raise AssertionError(f"{problem}\n{text}") from None
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def nginx(configuration, port, cwd):
    """nginx from a file that was rendered; only where it keeps its own files is changed."""
    own = "".join(f"  {name}_temp_path {cwd}/{name}.tmp;\n"
                  for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    text = pathlib.Path(configuration).read_text(encoding="utf-8")
    assert text.count("\nhttp {\n") == 1
    started = pathlib.Path(f"{configuration}.started")
    started.write_text(text.replace("\nhttp {\n", f"\nhttp {{\n  access_log off;\n{own}"), encoding="utf-8")
    return running([program("nginx"), "-p", cwd, "-c", started, "-g",
                    f"daemon off; master_process off; pid {cwd}/nginx.pid; error_log {cwd}/error.log;"],
                   port, cwd)


def haproxy(configuration, port, cwd):
    return running([program("haproxy"), "-db", "-f", configuration], port, cwd)
