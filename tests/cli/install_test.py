"""What `cmake --install` puts where, and what --help says of it: the guides, manual pages and completions."""

import os
import pathlib
import re

from workbench import Workbench, main

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARE = pathlib.Path("share")


class Install(Workbench):
    def setUp(self):
        super().setUp()
        self.tool("cmake", "--install", os.environ["MTLSCTL_BUILD"], "--prefix", self.path("to"))

    def test_the_guides_are_installed(self):
        pages = {page.name for page in (ROOT / "docs").glob("*.md")} | {"README.md", "LICENSE"}
        self.assertEqual({page.name for page in self.path("to", SHARE / "doc/mtlsctl").iterdir()}, pages)

    def test_completions_are_installed(self):
        for file in ("bash-completion/completions/mtlsctl", "zsh/site-functions/_mtlsctl",
                     "fish/vendor_completions.d/mtlsctl.fish"):
            self.assertTrue(self.path("to", SHARE / file).is_file(), file)

    def test_help_names_a_manual_page_that_is_installed(self):
        commands = re.findall(r"(?m)^## `?mtlsctl ([a-z -]+?)`?$", (ROOT / "docs/cli.md").read_text(encoding="utf-8"))
        self.assertIn("client issue", commands)
        for command in ["", "ca", *commands]:
            shown = self.mtlsctl(*command.split(), "--help").out.decode()
            page = re.search(r"(?m)^Manual page: man (\S+)$", shown)
            self.assertTrue(page, command)
            self.assertTrue(self.path("to", SHARE / "man/man1" / f"{page[1]}.1").is_file(), page[1])
        self.assertRegex(self.mtlsctl("--help").out.decode(), r"(?m)^Guides: .*/doc/mtlsctl$")


if __name__ == "__main__":
    main()
