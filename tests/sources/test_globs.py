"""Globs, friendly and hostile."""

from __future__ import annotations

import time

import pytest

from idiolect.sources import globs


@pytest.mark.parametrize(
    ("path", "glob", "fits"),
    [
        ("a.py", "*.py", True), ("b/a.py", "*.py", False), ("b/a.py", "**/*.py", True), ("a.py", "**/*.py", True), ("b/c/a.py",
        "b/**", True),
        ("b", "b/**", False), ("b/a.py", "b/", True), ("b/a.py", "b", False), ("b/a.py", "b/?.py", True), ("b/a.py", "b/[!b].py", True),
        ("b/b.py", "b/[!b].py", False), ("b/a.pyc", "b/*.py", False), ("x/b/y/a.py", "x/**/a.py", True), ("x/a.py", "x/**/a.py", True),
        ("a+b(c).py", "a+b(c).py", True), ("ab/c", "a*/c", True), ("a/b/c", "a*/c", False),
    ],
)  # fmt: skip
def test_globs(path: str, glob: str, fits: bool) -> None:
    assert globs.matches(path, (glob,)) is fits


def test_no_glob_fits_nothing() -> None:
    assert not globs.matches("a.py", ())


def test_a_hostile_glob_takes_time_linear_in_the_path() -> None:
    start = time.process_time()
    assert not globs.matches("a" * 4000, ("*a" * 30 + "b",))
    assert not globs.matches("a/" * 2000 + "c", ("**/a/" * 20 + "b",))
    assert not globs.matches("ab" * 2000, ("*[ab]?" * 30 + "c",))
    assert globs.matches("x/a/y/a/b", ("**/a/**/a/b",))
    assert time.process_time() - start < 1


@pytest.mark.parametrize(
    ("path", "glob", "fits"),
    [
        ("a]b", "a[]]b", True), ("a-b", "a[a-]b", True), ("a/b", "a[/]b", False), ("a^b", "a[x^]b", True), ("[x", "[x", True),
        ("a*b", "a\\*b", True), ("axb", "a\\*b", False), ("b", "[z-a]", False), ("", "*", True), ("abcabc", "*abc", True),
        ("a.b.c", "*.*.c", True), ("dir/.x", "dir/*", True),
    ],
)  # fmt: skip
def test_odd_globs(path: str, glob: str, fits: bool) -> None:
    assert globs.matches(path, (glob,)) is fits


@pytest.mark.parametrize("glob", ["[a--b]", "[a--;b]", "[+--]", "[&&]", "[~~a]", "[a||b]", "[[a]", "[z-a]", "[a-[![]]*", "[--]", "[]-a]"])
def test_any_set_of_letters_is_one_and_warns_of_nothing(glob: str) -> None:
    assert not globs.pattern(glob).fullmatch("/")
