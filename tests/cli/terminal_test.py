#!/usr/bin/env python3
"""Prompts, at a terminal of our own: openssl's questions, no echo for secrets, asked twice, and a
terminal that is put back however the program is left. Python's standard library only."""

import os
import pty
import select
import signal
import subprocess
import sys
import tempfile
import termios
import time
import unittest

MTLSCTL = os.environ["MTLSCTL"]
LIMIT = 30  # seconds for anything


class Terminal:
    """A program at a pseudo-terminal."""

    def __init__(self, arguments, directory, environment=None):
        self.master, self.slave = pty.openpty()
        self.shown = b""
        self.process = subprocess.Popen(
            [MTLSCTL, *arguments], cwd=directory, stdin=self.slave, stdout=self.slave,
            stderr=self.slave, start_new_session=True,
            preexec_fn=lambda: os.umask(0o077),
            env={"PATH": os.environ["PATH"], "HOME": directory, **(environment or {})})

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(LIMIT)
        os.close(self.master)
        os.close(self.slave)

    def expect(self, text):
        """Waits until `text` has been shown since the last expect; returns all that was."""
        until = time.monotonic() + LIMIT
        while text not in self.shown:
            if time.monotonic() > until:
                raise AssertionError(f"{text!r} was not shown: {self.shown!r}")
            if select.select([self.master], [], [], 0.1)[0]:
                self.shown += os.read(self.master, 4096)
            elif self.process.poll() is not None:
                raise AssertionError(f"{text!r} was not shown before the end: {self.shown!r}")
        before, _, self.shown = self.shown.partition(text)
        return before + text

    def type(self, text):
        os.write(self.master, text)

    def end(self):
        """Waits for the end; returns the exit status and what was still shown."""
        until = time.monotonic() + LIMIT
        while self.process.poll() is None and time.monotonic() < until:
            if select.select([self.master], [], [], 0.05)[0]:
                self.shown += os.read(self.master, 4096)
        while select.select([self.master], [], [], 0.05)[0]:
            self.shown += os.read(self.master, 4096)
        return self.process.wait(LIMIT), self.shown

    def echoes(self):
        return bool(termios.tcgetattr(self.slave)[3] & termios.ECHO)

    def wait_for_echo(self, wanted):
        until = time.monotonic() + LIMIT
        while self.echoes() != wanted:
            if time.monotonic() > until:
                raise AssertionError(f"echo is still {not wanted}")
            time.sleep(0.01)


class TerminalTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="mtlsctl-terminal.")
        self.addCleanup(scratch.cleanup)
        self.directory = scratch.name

    def start(self, *arguments, **more):
        terminal = Terminal(arguments, self.directory, **more)
        self.addCleanup(terminal.close)
        return terminal

    def make_key(self):
        return self.start("key", "generate", "--key-type", "ec:p256", "-o", "k.key",
                          "--key-passphrase", "prompt")

    def exists(self, name):
        return os.path.exists(os.path.join(self.directory, name))

    def test_a_new_secret_is_asked_for_twice_and_not_shown(self):
        terminal = self.make_key()
        terminal.expect(b"Enter ")
        terminal.wait_for_echo(False)
        terminal.type(b"correct horse\n")
        terminal.expect(b"Again, ")
        terminal.wait_for_echo(False)
        terminal.type(b"correct horse\n")
        code, shown = terminal.end()
        self.assertEqual(code, 0, shown)
        self.assertNotIn(b"horse", shown)
        self.assertTrue(terminal.echoes())
        subprocess.run(["openssl", "pkey", "-in", "k.key", "-passin", "pass:correct horse", "-noout"],
                       cwd=self.directory, check=True)

    def answer(self, terminal, question, secret):
        terminal.expect(question)
        terminal.wait_for_echo(False)
        terminal.type(secret + b"\n")

    def test_two_answers_that_differ_are_asked_for_again(self):
        terminal = self.make_key()
        for second in (b"battery staple", b"correct horse"):
            self.answer(terminal, b"Enter ", b"correct horse")
            self.answer(terminal, b"Again, ", second)
        code, shown = terminal.end()
        self.assertEqual(code, 0, shown)
        subprocess.run(["openssl", "pkey", "-in", "k.key", "-passin", "pass:correct horse", "-noout"],
                       cwd=self.directory, check=True)

    def test_two_answers_that_differ_three_times_are_refused_and_no_flag_is_named(self):
        terminal = self.make_key()
        for _ in range(3):
            self.answer(terminal, b"Enter ", b"correct horse")
            self.answer(terminal, b"Again, ", b"battery staple")
        code, shown = terminal.end()
        self.assertEqual(code, 2, shown)
        self.assertNotIn(b"--", shown)
        self.assertFalse(self.exists("k.key"))

    def make_encrypted_ca(self):
        with open(os.path.join(self.directory, "right"), "w", encoding="ascii") as file:
            file.write("right\n")
        os.chmod(os.path.join(self.directory, "right"), 0o600)
        subprocess.run([MTLSCTL, "-q", "ca", "init", "--common-name", "r", "--key-type", "ec:p256",
                        "--ca-passphrase", "file:right"], cwd=self.directory, check=True,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       preexec_fn=lambda: os.umask(0o077))

    def issue(self):
        return self.start("client", "issue", "--key-type", "ec:p256")

    def test_a_wrong_passphrase_is_asked_for_again(self):
        self.make_encrypted_ca()
        terminal = self.issue()
        self.answer(terminal, b"Enter ", b"wrong")
        terminal.expect(b"mtlsctl: error: wrong passphrase")
        self.answer(terminal, b"Enter ", b"right")
        code, shown = terminal.end()
        self.assertEqual(code, 0, shown)
        self.assertTrue(self.exists("client.crt"))

    def test_a_wrong_passphrase_is_asked_for_three_times_in_all(self):
        self.make_encrypted_ca()
        terminal = self.issue()
        for _ in range(3):
            self.answer(terminal, b"Enter ", b"wrong")
        code, shown = terminal.end()
        self.assertEqual(code, 6, shown)
        self.assertNotIn(b"Enter ", shown)
        self.assertNotIn(b"--", shown)
        self.assertFalse(self.exists("client.key"))

    def test_nothing_optional_is_asked_once_a_subject_flag_is_given(self):
        terminal = self.start("ca", "init", "--key-type", "ec:p256", "--organization", "alibaba")
        shown = terminal.expect(b"Common Name (e.g. server FQDN or YOUR name) []:")
        self.assertNotIn(b"Country", shown)
        terminal.type(b"\n")
        terminal.expect(b"needs a value")
        terminal.expect(b"Common Name (e.g. server FQDN or YOUR name) []:")
        terminal.type(b"root\n")
        self.answer(terminal, b"Enter ", b"")
        code, shown = terminal.end()
        self.assertEqual(code, 0, shown)
        self.assertIn(b"CN=root,O=alibaba", shown)

    def test_a_server_is_asked_for_its_name_until_there_is_one(self):
        subprocess.run([MTLSCTL, "-q", "ca", "init", "--common-name", "root", "--key-type",
                        "ec:p256"], cwd=self.directory, check=True, stdout=subprocess.DEVNULL)
        for number, (answer, san) in enumerate(((b"www.example.test", "DNS:www.example.test"),
                                                (b"::1", "IP Address:0:0:0:0:0:0:0:1"),
                                                (b"ip:10.0.0.1", "IP Address:10.0.0.1"))):
            name = f"server{number}"
            subject = [] if number == 0 else ["--common-name", "x"]
            terminal = self.start("server", "issue", "--name", name, *subject)
            for wrong in (b"", b"-bad-", b"dns:a..b"):
                terminal.expect(b"Host name or IP address (or KIND:VALUE) []:")
                terminal.type(wrong + b"\n")
                terminal.expect(b"error: ")
            terminal.expect(b"[]:")
            terminal.type(answer + b"\n")
            code, shown = terminal.end()
            self.assertEqual(code, 0, shown)
            text = subprocess.run(["openssl", "x509", "-in", f"{name}.crt", "-noout", "-ext",
                                   "subjectAltName"], cwd=self.directory, check=True,
                                  capture_output=True, text=True).stdout
            self.assertIn(san, text)

    def test_a_request_needs_a_name(self):
        subprocess.run([MTLSCTL, "key", "generate", "--key-type", "ec:p256", "-o", "k.key"],
                       cwd=self.directory, check=True, stdout=subprocess.DEVNULL)
        terminal = self.start("csr", "create", "--key", "k.key", "-o", "k.csr")
        for question in (b"Country", b"State", b"Locality", b"Organization Name", b"Unit",
                         b"Common Name", b"Email"):
            terminal.expect(question)
            terminal.expect(b"[]:")
            terminal.type(b"\n")
        terminal.expect(b"Common Name")
        terminal.expect(b"[]:")
        terminal.type(b"x\n")
        for _ in range(2):
            terminal.expect(b"[]:")
            terminal.type(b"\n")
        code, shown = terminal.end()
        self.assertEqual(code, 0, shown)
        self.assertIn(b"CN=x", shown)

    def test_a_signal_at_the_prompt_puts_the_terminal_back_and_ends_the_program(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            with self.subTest(number.name):
                terminal = self.make_key()
                terminal.expect(b"Enter ")
                terminal.wait_for_echo(False)
                terminal.process.send_signal(number)
                code, _ = terminal.end()
                self.assertEqual(code, -number)
                self.assertTrue(terminal.echoes())
                self.assertFalse(self.exists("k.key"))

    def test_a_stopped_prompt_shows_what_is_typed_and_asks_again_when_it_goes_on(self):
        terminal = self.make_key()
        terminal.expect(b"Enter ")
        terminal.wait_for_echo(False)
        # In a session of its own there is nobody to stop it for; SIGSTOP cannot be noted. So the
        # noted signal is the one whose default is ignored in an orphaned group: SIGTSTP.
        terminal.process.send_signal(signal.SIGTSTP)
        terminal.expect(b"Enter ")
        terminal.wait_for_echo(False)
        terminal.type(b"x\n")
        terminal.expect(b"Again, ")
        terminal.wait_for_echo(False)
        terminal.type(b"x\n")
        code, shown = terminal.end()
        self.assertEqual(code, 0, shown)

    def test_nothing_typed_three_times_is_a_missing_value(self):
        terminal = self.make_key()
        for _ in range(3):
            self.answer(terminal, b"Enter ", b"")
        code, shown = terminal.end()
        self.assertEqual(code, 2, shown)

    def test_no_input_asks_nothing_even_at_a_terminal(self):
        terminal = self.start("--no-input", "key", "generate", "-o", "k.key", "--key-passphrase",
                              "prompt")
        code, shown = terminal.end()
        self.assertEqual(code, 2, shown)
        self.assertNotIn(b"Enter ", shown)

    def test_ca_init_asks_openssl_questions_and_encrypts_the_key(self):
        terminal = self.start("ca", "init", "--key-type", "ec:p256")
        for question, answer in ((b"Country Name (2 letter code) []:", b"cn"),
                                 (b"State or Province Name (full name) []:", b"bj"),
                                 (b"Locality Name (eg, city) []:", b"bj"),
                                 (b"Organization Name (eg, company) []:", b"alibaba"),
                                 (b"Organizational Unit Name (eg, section) []:", b"test"),
                                 (b"Common Name (e.g. server FQDN or YOUR name) []:", b"root"),
                                 (b"Email Address []:", b"")):
            terminal.expect(question)
            self.assertTrue(terminal.echoes())
            terminal.type(answer + b"\n")
        terminal.expect(b"Enter ")
        terminal.wait_for_echo(False)
        terminal.type(b"secret\n")
        terminal.expect(b"Again, ")
        terminal.wait_for_echo(False)
        terminal.type(b"secret\n")
        code, shown = terminal.end()
        self.assertEqual(code, 0, shown)
        self.assertIn(b"CN=root,OU=test,O=alibaba,L=bj,ST=bj,C=cn", shown)
        with open(os.path.join(self.directory, "ca/ca.key"), encoding="ascii") as key:
            self.assertIn("ENCRYPTED PRIVATE KEY", key.readline())

    def test_an_answer_that_may_not_stand_in_a_name_is_asked_for_again(self):
        terminal = self.start("ca", "init", "--key-type", "ec:p256")
        terminal.expect(b"Country Name (2 letter code) []:")
        terminal.type(b"china\n")
        terminal.expect(b"mtlsctl: error: ")
        terminal.expect(b"Country Name (2 letter code) []:")
        terminal.type(b"cn\n")
        terminal.expect(b"State or Province Name (full name) []:")
        self.assertFalse(self.exists("ca"))

    def test_the_end_of_input_ends_the_question_line(self):
        terminal = self.start("ca", "init", "--key-type", "ec:p256")
        terminal.expect(b"Country Name (2 letter code) []:")
        terminal.type(b"\x04")
        code, shown = terminal.end()
        self.assertEqual(code, 2, shown)
        self.assertIn(b"\r\nmtlsctl: error: no answer", shown)

    def test_der_is_not_written_to_a_terminal(self):
        subprocess.run([MTLSCTL, "-q", "ca", "init", "--common-name", "r", "--key-type", "ec:p256"],
                       cwd=self.directory, check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, preexec_fn=lambda: os.umask(0o077))
        terminal = self.start("ca", "export", "--der")
        code, shown = terminal.end()
        self.assertEqual(code, 2, shown)
        self.assertIn(b"not written to a terminal", shown)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
