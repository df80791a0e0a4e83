"""Commands end with those that follow, on a terminal alone; and what is printed there works as printed, run by a
shell: curl against `mtlsctl serve` as well. Paths with spaces, quotes and characters beyond ASCII are quoted."""

import os
import pty
import signal
import subprocess

from workbench import KEY, MTLSCTL, Workbench, main


class Next(Workbench):
    def setUp(self):
        super().setUp()
        bin_dir = self.path("bin")
        bin_dir.mkdir()
        (bin_dir / "mtlsctl").symlink_to(MTLSCTL)
        self.env["PATH"] = f"{bin_dir}:{self.env['PATH']}"

    def at_terminal(self, *args, exit=0):
        """Runs mtlsctl with stderr at a terminal; returns the commands that it prints."""
        master, slave = pty.openpty()
        process = subprocess.Popen([MTLSCTL, *map(str, args)], cwd=self.dir, env=self.env, stdin=subprocess.DEVNULL,
                                   stdout=slave, stderr=slave)
        os.close(slave)
        shown = b""
        while True:
            try:
                part = os.read(master, 4096)
            except OSError:  # the other end is closed
                break
            if not part:
                break
            shown += part
        os.close(master)
        self.assertEqual(process.wait(60), exit, shown)
        lines = shown.decode().replace("\r\n", "\n").splitlines()
        commands = [line.removeprefix("mtlsctl: next: ") for line in lines if line.startswith("mtlsctl: next: ")]
        self.assertEqual(lines[len(lines) - len(commands):], ["mtlsctl: next: " + one for one in commands], shown)
        return commands

    def shell(self, command, exit=0):
        result = self.run_any(["bash", "-c", command])
        self.assertEqual(result.code, exit, str(result))
        return result

    def listening(self, command):
        """Starts a printed `mtlsctl serve` and waits until it listens; it ends with the test."""
        process = subprocess.Popen(["bash", "-c", "exec " + command], cwd=self.dir, env=self.env,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait, 20)
        self.addCleanup(process.send_signal, signal.SIGTERM)
        first = process.stdout.readline()
        self.assertIn(b"listening on", first)

    def test_a_client_is_verified_and_let_in_by_the_printed_commands(self):
        first = self.at_terminal("ca", "init", *KEY, "--common-name", "root", "--no-input")
        self.assertEqual(first, ["mtlsctl client issue"])
        self.shell(first[0])
        commands = self.at_terminal("client", "issue", *KEY, "--name", "bob")
        self.assertEqual([one.split()[0] for one in commands], ["mtlsctl", "mtlsctl", "curl"])
        self.assertIn(b"bob.crt: ok", self.shell(commands[0]).out)
        self.listening(commands[1])
        self.assertIn(b'"verify":"SUCCESS"', self.shell(commands[2]).out)

    def test_names_are_quoted_and_the_ca_is_named(self):
        ca, out = "it's a \\CA", "a b"
        self.path(out).mkdir()
        self.at_terminal("ca", "init", "--ca", ca, *KEY, "--common-name", "root", "--no-input")
        for name in ("new\nline\x1b[31m", "阿里 $(x)"):
            with self.subTest(name):
                out = self.path(name)
                out.mkdir()
                commands = self.at_terminal("client", "issue", "--ca", ca, *KEY, "--out-dir", name)
                self.assertNotRegex("".join(commands), "[\x00-\x1f]")
                self.assertIn(b": ok (client)", self.shell(commands[0]).out)
        self.assertIn("'阿里 $(x)/client.crt'", commands[0])

    def test_a_server_is_verified_and_served_by_the_printed_commands(self):
        self.mtlsctl("ca", "init", *KEY, "--common-name", "root")
        commands = self.at_terminal("server", "issue", *KEY, "--san", "dns:localhost")
        self.assertIn(b": ok (server)", self.shell(commands[0]).out)
        self.listening(commands[1])

    def test_a_request_is_signed_by_the_printed_command(self):
        self.mtlsctl("ca", "init", *KEY, "--common-name", "root")
        self.mtlsctl("key", "generate", *KEY, "-o", "dev.key")
        commands = self.at_terminal("csr", "create", "--key", "dev.key", "--common-name", "dev", "-o", "-dev.csr")
        self.shell(commands[0])

    def test_nothing_is_said_in_a_pipe_with_quiet_json_or_dry_run(self):
        self.mtlsctl("ca", "init", *KEY, "--common-name", "root")
        self.assertNotIn(b"next", self.mtlsctl("client", "issue", *KEY, "--name", "a").err)
        for number, more in enumerate((["--quiet"], ["--json"], ["--dry-run"])):
            self.assertEqual(self.at_terminal("client", "issue", *KEY, "--name", f"n{number}", *more), [])

    def test_the_names_of_others_are_found_by_the_printed_note(self):
        self.mtlsctl("ca", "init", *KEY, "--common-name", "root")
        for name in ("one", "two"):
            self.mtlsctl("client", "issue", *KEY, "--name", name, "--common-name", 'o\'x"阿\\')
        note = self.mtlsctl("cert", "show", 'CN=o\'x\\"阿\\\\').err.decode()
        self.assertEqual(len(self.shell(note.strip().partition("with: ")[2]).out.splitlines()), 2)


if __name__ == "__main__":
    main()
