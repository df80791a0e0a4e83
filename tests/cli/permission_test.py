"""What may not be read is said not to be readable, and not taken for absent."""

import os
import shutil

from workbench import MTLSCTL, Workbench, main

NOBODY = 65534


class Unreadable(Workbench):
    def setUp(self):
        super().setUp()
        self.make_ca()
        self.program = self.path("mtlsctl")
        shutil.copy(MTLSCTL, self.program)  # its own place may be closed, too
        os.chmod(self.program, 0o755)
        os.chmod(self.dir, 0o755)

    def as_other(self, *args):
        """Runs the program as one who may not enter ./ca."""
        if os.geteuid() == 0:
            return self.run_any([self.program, *args], user=NOBODY, group=NOBODY, extra_groups=[])
        os.chmod(self.path("ca"), 0)
        self.addCleanup(os.chmod, self.path("ca"), 0o700)
        return self.run_any([self.program, *args])

    def test_a_closed_directory_is_not_taken_for_none(self):
        for args in (["ca", "show"], ["cert", "list", "--ca", "ca"], ["verify", "x.crt"]):
            result = self.as_other(*args)
            self.assertEqual(result.code, 6, str(result))
            self.assertIn(b"cannot read ca/ca.toml: permission denied", result.err, str(result))

    def test_none_is_still_none(self):
        result = self.mtlsctl("ca", "show", "--ca", "absent", exit=6)
        self.assertIn(b"is not a CA directory", result.err)


if __name__ == "__main__":
    main(verbosity=2)
