"""Point 4: nginx and haproxy started from what `render` wrote, judged by the very `probe` command that it ends with."""

import json
import shlex

import render_test
from workbench import MTLSCTL, main


class ProbeRendered(render_test.Rendered):
    def setUp(self):
        super().setUp()
        self.make_pki()

    def probe_as_told(self, target, *args):
        """Runs the last line of the rendered file."""
        lines = [line for line in self.path(f"{target}.out").read_text().splitlines() if "mtlsctl probe" in line]
        words = shlex.split(lines[-1].lstrip("# "))
        result = self.run_any([MTLSCTL, *words[1:], "--json", *args])
        self.assertEqual(len(result.out.splitlines()), 1, str(result))
        return result.code, json.loads(result.out)

    def check(self, target, *render_args, probe_args=()):
        with self.served(target, *render_args):
            code, document = self.probe_as_told(target, *probe_args)
            self.assertEqual((code, document["verdict"]), (0, "enforced"), document["reasons"])
            self.assertEqual(document["offered"], ["1.2", "1.3"])

    def test_of_a_root(self):
        for target in render_test.SERVERS:
            with self.subTest(target):
                self.check(target, probe_args=["--ca", "ca"])

    def test_with_a_crl(self):
        self.make_crl("ca", "ca/ca.crl", "revoked.crt")
        for target in render_test.SERVERS:
            with self.subTest(target):
                self.check(target, probe_args=["--expect-crl", "--revoked-cert", "revoked.crt", "--revoked-key", "revoked.key"])

    def test_of_an_intermediate(self):
        for target in render_test.SERVERS:
            with self.subTest(target):
                self.check(target, "--ca", "issuing", "--client-cert", "below.crt", "--client-key", "below.key")


if __name__ == "__main__":
    main()
