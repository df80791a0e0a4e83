"""Point 10 through the program: what a command answers to hostile files.

The exit code is one of 0, 1, 3, 5, 6; what openssl no longer reads is 6; a changed certificate or CSR is
never 0; each ends within a second (two under sanitizers).
"""

import os
import random
import time

from workbench import KEY, MTLSCTL, Workbench, main

FLIPS = 60
BOUND = 2 if os.environ.get("MTLSCTL_SANITIZE") else 1  # seconds
MIB = 1 << 20


def element(tag, *parts):
    """DER: one element around `parts`."""
    content = b"".join(parts)
    if len(content) < 128:
        return bytes([tag, len(content)]) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def sequence(*parts):
    return element(0x30, *parts)


def split(der):
    """The elements that stand one after another in `der`."""
    at, parts = 0, []
    while at < len(der):
        size, head = der[at + 1], 2
        if size >= 0x80:
            head, size = 2 + (size & 0x7F), int.from_bytes(der[at + 2:at + 2 + (size & 0x7F)], "big")
        parts.append(der[at:at + head + size])
        at += head + size
    return parts


def inside(der):
    """The content of the one element `der`."""
    return der[2 + (der[1] & 0x7F if der[1] >= 0x80 else 0):]


def oid(number):
    """1.3.6.1.4.1.99999.NUMBER"""
    septets = [number & 0x7F]
    while number := number >> 7:
        septets.append(number & 0x7F | 0x80)
    return element(6, bytes.fromhex("2b06010401868d1f") + bytes(reversed(septets)))


def critical(count):
    """That many unknown critical extensions."""
    return [sequence(oid(i), b"\x01\x01\xff", b"\x04\x00") for i in range(count)]


def common_name(octets):
    return sequence(element(0x31, sequence(bytes.fromhex("0603550403"), element(0x0C, octets))))


def directory_name(octets):
    """A subjectAltName of one directoryName."""
    return sequence(bytes.fromhex("0603551d11"),
                    element(4, sequence(element(0xA4, common_name(octets)))))


def nested(depth):
    """That many SEQUENCEs, one in the other."""
    der = b""
    for _ in range(depth):
        der = sequence(der)
    return der


class HostileFiles(Workbench):
    def setUp(self):
        super().setUp()
        # The leak checker traces the process, which a process that is not dumpable does not allow.
        self.env["ASAN_OPTIONS"] = "detect_leaks=0"
        self.make_ca()
        self.mtlsctl("client", "issue", "--name", "a", *KEY)

    def changes(self, good, step):
        """(what, octets): truncations and seeded flips of a DER file."""
        for size in range(0, len(good), step):
            yield f"first {size}", good[:size]
        chance = random.Random(20240501)
        for _ in range(FLIPS):
            at = chance.randrange(len(good) * 8)
            changed = bytearray(good)
            changed[at // 8] ^= 1 << at % 8
            yield f"bit {at}", bytes(changed)

    def run_bounded(self, what, *command):
        start = time.monotonic()
        result = self.run_any([MTLSCTL, *command])
        self.assertLess(time.monotonic() - start, BOUND, (what, command))
        self.assertIn(result.code, (0, 1, 3, 5, 6), (what, str(result)))
        return result

    def check(self, good, openssl, commands, step=29):
        for what, octets in self.changes(good, step):
            self.path("x.der").write_bytes(octets)
            readable = self.openssl(*openssl, "-inform", "DER", "-in", "x.der", "-noout", exit=None).code == 0
            for command in commands:
                result = self.run_bounded(what, *command)
                self.assertIn(result.code, (1, 3, 5, 6), (what, str(result)))
                if not readable:
                    self.assertEqual(result.code, 6, (what, str(result)))

    def test_certificates(self):
        der = self.openssl("x509", "-in", "a.crt", "-outform", "DER").out
        self.check(der, ["x509"], [["verify", "--trust", "ca/ca.crt", "x.der"]])

    def test_requests(self):
        der = self.openssl("req", "-in", "a.csr", "-outform", "DER").out
        self.check(der, ["req"], [["ca", "sign", "x.der", "-o", "/dev/null"],
                                  ["client", "issue", "--csr", "x.der", "--name", "never"]])
        self.assertFalse(os.path.exists(self.path("never.crt")))

    def test_inspect_never_crashes(self):
        files = {
            "key": self.openssl("pkey", "-in", "a.key", "-outform", "DER").out,
            "certificate": self.openssl("x509", "-in", "a.crt", "-outform", "DER").out,
            "request": self.openssl("req", "-in", "a.csr", "-outform", "DER").out,
            "pem": self.read("a.crt") + self.read("a.csr"),
        }
        for kind, good in files.items():
            for what, octets in self.changes(good, 41):
                self.path("x").write_bytes(octets)
                result = self.run_bounded(what, "inspect", "x")
                self.assertIn(result.code, (0, 6), (kind, what, str(result)))

    def grow(self, subject, extensions):
        """a.crt with another subject and with these extensions instead of its own; unsigned."""
        der = self.openssl("x509", "-in", "a.crt", "-outform", "DER").out
        tbs, algorithm, signature = split(inside(der))
        parts = split(inside(tbs))
        parts[5] = subject
        parts[-1] = element(0xA3, sequence(*extensions))
        return sequence(sequence(*parts), algorithm, signature)

    def test_giants_end_as_soon_as_others(self):
        """Numbers and lengths together, up to the limit of a file."""
        for name, count, octet in ((10, 35_000, b"a"), (400_000, 35_000, b"a"), (200_000, 20_000, b"\x01"),
                                   (40_000, 4_000, b"\x01"), (900_000, 1, b","), (1_000, 40_000, b"\xff")):
            der = self.grow(common_name(octet * name), critical(count))
            self.assertLess(len(der), MIB + (MIB // 2))
            self.path("x.der").write_bytes(der)
            what = f"{count} extensions under a name of {name} octets"
            self.assertIn(self.run_bounded(what, "verify", "--trust", "ca/ca.crt", "x.der").code, (1, 6))
            self.assertIn(self.run_bounded(what, "verify", "--json", "--trust", "x.der", "a.crt").code, (1, 6))
            self.run_bounded(what, "inspect", "x.der")

    def test_names_full_of_separators_are_shown_at_once(self):
        for octets in (b", " * 400_000, b"+," * 200_000, b"\\" * 500_000, b" " * 900_000):
            self.path("x.der").write_bytes(self.grow(common_name(b"u"), [directory_name(octets)]))
            self.assertEqual(self.run_bounded("separators", "inspect", "x.der").code, 0)
            self.run_bounded("separators", "verify", "--trust", "ca/ca.crt", "x.der")

    def test_what_is_larger_than_a_file_may_be_is_not_shown_first(self):
        der = self.grow(common_name(b"u"), [directory_name(b", " * 4_000_000)])
        self.path("x.der").write_bytes(der)
        self.assertEqual(self.run_bounded("8 MB", "inspect", "x.der").code, 6)

    def test_nesting_of_ten_thousand_levels(self):
        deep = nested(10_000)
        self.path("deep.der").write_bytes(deep)
        self.path("x.der").write_bytes(self.grow(common_name(b"u"), [sequence(oid(1), element(4, deep))]))
        self.path("name.der").write_bytes(self.grow(deep, critical(1)))
        for name in ("deep.der", "x.der", "name.der"):
            self.run_bounded(name, "inspect", name)
            self.assertIn(self.run_bounded(name, "verify", "--trust", "ca/ca.crt", name).code, (1, 6))
            self.assertEqual(self.run_bounded(name, "ca", "sign", name).code, 6)

    def test_a_request_for_very_many_names_is_refused_at_once(self):
        names = ",".join(f"DNS:a{i:06}.example" for i in range(40_000))
        self.path("x.cnf").write_text("[req]\ndistinguished_name=d\nreq_extensions=e\n[d]\n[e]\n"
                                      f"subjectAltName={names}\n")
        self.openssl("req", "-new", "-key", "a.key", "-subj", "/CN=u", "-config", "x.cnf", "-out", "x.csr")
        result = self.run_bounded("names", "client", "issue", "--csr", "x.csr", "--san-from-csr",
                                  "--name", "never")
        self.assertEqual(result.code, 5, str(result))
        self.assertEqual(self.run_bounded("names", "inspect", "x.csr").code, 0)


if __name__ == "__main__":
    main()
