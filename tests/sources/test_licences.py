"""Licences: what a file says, what its folder says, what the recipe says, and what a gate lets through."""

from __future__ import annotations

from pathlib import Path

import pytest

from idiolect.sources import licences
from idiolect.sources.licences import Licences

MIT = """MIT License

Copyright (c) 2024 A Team

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""
RIDER = (
    MIT
    + "\nCommons Clause: the rights granted do not include the right to sell the Software. "
    + "To sell means to provide it for a fee. " * 4
)
APACHE = (Path(__file__).parents[2] / "LICENSE").read_bytes()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (MIT, "MIT"), (MIT.replace("\n", "\r\n"), "MIT"), (MIT.upper(), "MIT"), ("  " + MIT.replace("Software", "Library"), "MIT"),
        (APACHE.decode(), "Apache-2.0"), (RIDER, ""), (MIT + APACHE.decode(), ""),
        ("The Commons Clause comes first. " * 20 + MIT, ""), ("All rights reserved.\n", ""), ("", ""), ("MIT\n", ""),
    ],
)  # fmt: skip
def test_a_text_is_recognised_word_for_word_and_one_with_a_rider_is_not(text: str, name: str) -> None:
    assert licences.recognised(text.encode()) == name


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"# SPDX-License-Identifier: MIT\n", "MIT"), (b"/* SPDX-License-Identifier: (MIT OR Apache-2.0) */\n", "(MIT OR Apache-2.0)"),
        (b"<!-- SPDX-License-Identifier: CC-BY-4.0 -->\n", "CC-BY-4.0"),
        (b"// SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note\n",
        "GPL-2.0-only WITH Linux-syscall-note"), (b"# SPDX-License-Identifier: MIT OR\n", "MIT"), (b"x = 1\n", ""),
        (b"# SPDX-License-Identifier: MIT and some words after it\n", "MIT"), (b"x = 1\n" * 1000 + b"# SPDX-License-Identifier: MIT\n", ""),
        (b"# SPDX-License-Identifier: MIT\r\n", "MIT"),
    ],
)  # fmt: skip
def test_a_header_names_its_licence(head: bytes, name: str) -> None:
    assert licences.header(head) == name


def test_the_header_counts_before_the_folder_and_the_folder_before_the_recipe() -> None:
    found = Licences("private", {"LICENSE": MIT.encode(), "lib/theirs/LICENSE.txt": APACHE, "lib/odd/COPYING": b"Ask us first."})
    assert found.of("app/a.py") == "private"
    assert found.of("lib/theirs/deep/a.py") == "Apache-2.0"
    assert found.of("lib/odd/a.py") == ""
    assert found.of("lib/theirs/a.py", b"# SPDX-License-Identifier: GPL-3.0-only\n") == "GPL-3.0-only"
    assert Licences("", {"LICENSE": MIT.encode()}).of("app/a.py") == "MIT"
    assert Licences().of("a.py") == ""
    assert Licences("private", {"docs/license.md": b"# Licence\n\nWe use a licence, see there."}).of("docs/a.md") == "private"


@pytest.mark.parametrize(
    "path", ["LICENSE", "licence.md", "COPYING.LESSER", "a/b/LICENSE-MIT", "MIT-LICENSE", "UNLICENSE", "LICENSE.APACHE-2.0"]
)
def test_licence_texts_are_known_by_name(path: str) -> None:
    assert licences.is_text(path)


@pytest.mark.parametrize("path", ["app/license.py", "licenses_controller.rb", "docs/licensing.md", "COPYING/a.txt"])
def test_files_about_licences_are_none(path: str) -> None:
    assert not licences.is_text(path)


@pytest.mark.parametrize(
    ("expression", "among", "fits"),
    [
        ("MIT", {"MIT"}, True), ("mit", {"MIT"}, True), ("", {"MIT"}, False), ("GPL-3.0-only", {"MIT"}, False),
        ("MIT OR GPL-3.0-only", {"MIT"}, True), ("MIT AND GPL-3.0-only", {"MIT"}, False),
        ("(MIT OR GPL-3.0) AND ISC", {"MIT", "ISC"}, True),
        ("(MIT OR GPL-3.0) AND ISC", {"MIT"}, False), ("Apache-2.0 WITH LLVM-exception", {"Apache-2.0"}, True),
        ("GPL-2.0-or-later", {"GPL-2.0"}, True), ("GPL-2.0+", {"GPL-2.0"}, True), ("private", {"private"}, True),
        ("MIT GPL-3.0", {"MIT"}, False),
        ("(" * 50 + "MIT", {"MIT"}, True), ("OR", {"MIT"}, False), ("our own", {"our own"}, True),
    ],
)  # fmt: skip
def test_an_expression_is_allowed_by_its_operators(expression: str, among: set[str], fits: bool) -> None:
    assert licences.allowed(expression, among) is fits
