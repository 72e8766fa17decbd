"""Globs as regular expressions that match in time linear in the path, whoever wrote the glob.

`*` and `?` stay within a part of the path, `**` spans parts, `folder/` means all within. After each star the first place where
the text up to the next star fits is taken for good (an atomic group): for globs that is always right, and nothing is tried twice.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby

_TOKENS = re.compile(r"\[!?\]?[^\]]*\]|\\.|.", re.DOTALL)


def matches(path: str, globs: Sequence[str]) -> bool:
    """Whether any glob fits the whole path."""
    return any(pattern(glob).fullmatch(path) for glob in globs)


@lru_cache(maxsize=10_000)
def pattern(glob: str) -> re.Pattern[str]:
    """The glob as a regular expression for whole paths."""
    parts = [part for part in glob.split("/") if part not in ("", ".")] + (["**"] if glob.endswith("/") else [])
    runs = [(deep, [_part(part) for part in run]) for deep, run in groupby(parts, key=lambda part: part == "**")]
    text, deep = "", False
    for number, (stars, run) in enumerate(runs):
        last = number == len(runs) - 1
        if stars:
            deep = True
            text += ".*" if last else ""
            continue
        chunk = "/".join(run) + ("" if last else "/")
        skip = "(?:[^/]+/)*" if last else "(?:[^/]+/)*?"
        text += (f"{skip}{chunk}" if last else f"(?>{skip}{chunk})") if deep else chunk
    return re.compile(text, re.DOTALL)


def _part(glob: str) -> str:
    """One part of a glob: what stands between two stars is looked for once."""
    chunks: list[str] = [""]
    for token in _TOKENS.findall(glob):
        if token == "*":
            chunks += [""] if len(chunks) == 1 or chunks[-1] else []
        else:
            chunks[-1] += _token(token)
    head, *middle = chunks
    if not middle:
        return head
    return head + "".join(f"(?>[^/]*?{chunk})" for chunk in middle[:-1]) + f"[^/]*{middle[-1]}"


def _token(token: str) -> str:
    if token == "?":
        return "[^/]"
    if token.startswith("[") and len(token) > 2:
        inner = token[1:-1].replace("\\", "\\\\").replace("[", "\\[")
        negated = inner.startswith(("!", "^"))
        return f"(?!/)[{'^' if negated else ''}{_set(inner[negated:])}]"
    return re.escape(token[1:] if token.startswith("\\") and len(token) == 2 else token)


def _set(inner: str) -> str:
    """The letters of a set; a range that runs backwards is nothing but its ends."""
    plain = re.sub(r"[\]^&~|]", r"\\\g<0>", inner).replace("--", "-\\-")
    try:
        re.compile(f"[{plain}]")
    except re.error:
        plain = re.sub(r"[\]^&~|-]", r"\\\g<0>", inner)
    return plain
