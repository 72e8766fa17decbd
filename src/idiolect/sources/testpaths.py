"""Which paths are those of tests, by the names that people give them: the one rule for all who ask.

Two questions are asked of it. `stem_tested`: what does this file test? That has an answer for a test alone. `is_test`: does this
file stand with the tests? That holds for helpers, fixtures and `conftest.py` too: they test nothing, and are no production code.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

FOLDERS = frozenset({"test", "tests", "spec", "specs", "__tests__", "testing", "testsuite", "e2e", "cypress"})
"""Folders of tests, in lower case. Not `features`: what stands there is as often the program."""
_NAMED = re.compile(
    r"^(?:test[_-](?P<before>.+)|(?P<after>.+?)[_.-](?:test|spec|tests|specs|cy|e2e)|(?P<java>[A-Z]\w*?)(?:Tests?|Spec|(?<=[a-z0-9])IT)"
    r"|Test(?P<java2>[A-Z]\w*))$"
)
_MOCHA = frozenset({".js", ".cjs", ".mjs", ".jsx", ".ts", ".tsx", ".coffee"})
"""Endings of files whose tests lie in a folder and bear no mark in their names."""
_HELPERS = frozenset({"support", "helpers", "fixtures", "mocks", "__mocks__"})
"""Folders among tests that hold no tests."""


def stem_tested(path: str) -> str | None:
    """The stem that a test's name points to; None where this is no test. `tests/client/test_auth.py` points to `auth`.

    Where mocha is at home the folder alone says it: `test/utils.js` points to `utils`, `test/res.send.js` to `res.send`.
    """
    pure = PurePosixPath(path)
    stem = pure.name.split(".")[0] if pure.suffix in (".html", ".erb") else pure.stem
    match = _NAMED.match(stem)
    found = next((group for group in match.groups() if group), None) if match else None
    folders = _folders(pure)
    if found is None and ("__tests__" in folders or (pure.suffix in _MOCHA and FOLDERS & folders and not _HELPERS & folders)):
        found = stem
    return found


def is_test(path: str) -> bool:
    """Whether this file is a test or stands among tests."""
    pure = PurePosixPath(path)
    return pure.stem == "conftest" or bool(FOLDERS & _folders(pure)) or stem_tested(path) is not None


def _folders(path: PurePosixPath) -> set[str]:
    return {part.lower() for part in path.parts[:-1]}
