"""Versions of libraries, as lock files state them: what was installed when the code was written."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from idiolect.labels import LOCKED

Versions = Mapping[str, str]
"""Version by name."""
_DIGITS = re.compile(r"\d+")
_GEM = re.compile(r"^ {4}([A-Za-z0-9._-]+) \((\d[^)\s]*)\)$", re.MULTILINE)
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]\n]*\])?==(\d[^\s;#]*)", re.MULTILINE)
_MODULE = re.compile(r"^(?:require )?\t?([a-z0-9][^\s()]*) v(\d\S*)", re.MULTILINE)


def versions(path: str, data: bytes) -> dict[str, str]:
    """What a lock file states; nothing where it is damaged, or no lock file that we know."""
    read = READERS.get(PurePosixPath(path).name)
    try:
        return dict(read(data.decode("utf-8", errors="replace"))) if read else {}
    except (ValueError, RecursionError):
        return {}


def _of_node(text: str) -> Iterator[tuple[str, str]]:
    found = json.loads(text)
    packages = found.get("packages") or found.get("dependencies") if isinstance(found, dict) else None
    for place, one in packages.items() if isinstance(packages, dict) else ():
        name = place.removeprefix("node_modules/")
        if name and "node_modules/" not in name and isinstance(one, dict) and isinstance(one.get("version"), str):
            yield name, one["version"]


def _of_tables(text: str) -> Iterator[tuple[str, str]]:
    rows: Any = tomllib.loads(text).get("package", ())
    for one in rows if isinstance(rows, list) else ():
        if isinstance(one, dict) and isinstance(one.get("name"), str) and isinstance(one.get("version"), str):
            yield one["name"], one["version"]


READERS: dict[str, Callable[[str], Iterable[tuple[str, str]]]] = {
    "Gemfile.lock": _GEM.findall,
    "package-lock.json": _of_node,
    "poetry.lock": _of_tables,
    "uv.lock": _of_tables,
    "Cargo.lock": _of_tables,
    "go.mod": _MODULE.findall,
    "requirements.txt": _PINNED.findall,
}
"""By name of the file."""


def nearest(path: str, locks: Mapping[str, Versions]) -> Versions:
    """What the lock files beside a path or above it state, by folder; the nearest counts."""
    found: dict[str, str] = {}
    for folder in [*PurePosixPath(path).parents][::-1]:
        found |= locks.get("" if str(folder) == "." else str(folder), {})
    return found


def holds(wanted: str, found: Versions) -> bool:
    """Whether a version is as asked for (`rails>=7.1`); one that is not stated is not."""
    match = LOCKED.fullmatch(wanted)
    if match is None or match[1] not in found:
        return False
    left, right = _numbers(found[match[1]]), _numbers(match[3])
    left = left[: len(right)] if match[2] in ("==", "<=", ">") else left  # 7.1.2 is a 7.1
    return {">=": left >= right, "<=": left <= right, "==": left == right, "<": left < right, ">": left > right}[match[2]]


def _numbers(version: str) -> tuple[int, ...]:
    leading = (_DIGITS.match(part) for part in version.split("."))
    return tuple(int(match[0][:9]) for match in leading if match)
