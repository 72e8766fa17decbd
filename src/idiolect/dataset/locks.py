"""Versions of libraries, as lock files state them: what was installed when the code was written.

A `pom.xml` is no lock file, but a version that it writes out is the one that Maven takes. Strangers' files are read with limits.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any
from xml.parsers import expat

from idiolect.labels import LOCKED

Versions = Mapping[str, str]
"""Version by name."""
MOST_BYTES = 16_000_000
"""Of a lock file; nobody's is larger."""
_DEEPEST = 50
"""Elements of XML within one another."""
_DIGITS = re.compile(r"\d+")
_GEM = re.compile(r"^ {4}([A-Za-z0-9._-]+) \((\d[^)\s]*)\)$", re.MULTILINE)
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]\n]*\])?==(\d[^\s;#]*)", re.MULTILINE)
_MODULE = re.compile(r"^(?:require )?\t?([a-z0-9][^\s()]*) v(\d\S*)", re.MULTILINE)
_YARN = re.compile(r'^(["@\w][^\n]*):\n  version:? "?(\d[^"\s]*)', re.MULTILINE)
_YARN_NAME = re.compile(r'(?:^|, ?)"?(@?[^@"\s,]+)@')
_PNPM = re.compile(r"^  '?/?((?:@[^@/\s'(:]+/)?[^@/\s'(:]+)[@/](\d+\.\d[^\s'(:_]*)[^\s:]*:(?: \{\})?$", re.MULTILINE)
_GRADLE = re.compile(r"^([^\s:=#]+:[^\s:=]+):(\d[^\s:=]*)=", re.MULTILINE)
_OF_POM = frozenset({
    ("project", "parent"), ("project", "dependencies", "dependency"), ("project", "dependencyManagement", "dependencies", "dependency")
})  # fmt: skip


def versions(path: str, data: bytes) -> dict[str, str]:
    """What a lock file states; of a name that has several versions in it the version is empty: nobody says which of them a file gets.

    A damaged one is a ValueError that says how.
    """
    read = READERS.get(PurePosixPath(path).name)
    if len(data) > MOST_BYTES:
        raise ValueError(f"more than {MOST_BYTES:,} bytes")
    stated: defaultdict[str, set[str]] = defaultdict(set)
    try:
        for name, version in read(data.decode("utf-8", errors="replace").replace("\r\n", "\n")) if read else ():
            if (bare := version.removeprefix("==").removeprefix("v"))[:1].isdigit():
                stated[name].add(bare)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except expat.ExpatError as error:
        raise ValueError(str(error)) from None
    return {name: found.pop() if len(found) == 1 else "" for name, found in stated.items()}


def _table(found: Any) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise ValueError("should be a table")  # noqa: TRY004  one kind of error for all that is damaged
    return found


def _of_node(text: str) -> Iterator[tuple[str, str]]:
    found = _table(json.loads(text))
    for place, one in _table(found.get("packages") or found.get("dependencies") or {}).items():
        name = place.removeprefix("node_modules/")
        if name and "node_modules/" not in name and isinstance(one, dict) and isinstance(one.get("version"), str):
            yield name, one["version"]


def _of_pipenv(text: str) -> Iterator[tuple[str, str]]:
    found = _table(json.loads(text))
    for name, one in (row for group in ("default", "develop") for row in _table(found.get(group, {})).items()):
        if isinstance(one, dict) and isinstance(one.get("version"), str):
            yield name, one["version"]


def _of_composer(text: str) -> Iterator[tuple[str, str]]:
    found = _table(json.loads(text))
    for group in ("packages", "packages-dev"):
        yield from _of_rows(found.get(group, []))


def _of_tables(text: str) -> Iterator[tuple[str, str]]:
    return _of_rows(tomllib.loads(text).get("package", []))


def _of_rows(rows: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(rows, list):
        raise ValueError("should be a list of packages")  # noqa: TRY004
    for one in rows:
        if isinstance(one, dict) and isinstance(one.get("name"), str) and isinstance(one.get("version"), str):
            yield one["name"], one["version"]


def _of_yarn(text: str) -> Iterator[tuple[str, str]]:
    """Of both forms: the first, and the YAML of later ones."""
    for asked, version in _YARN.findall(text):
        yield from ((name, version) for name in _YARN_NAME.findall(asked))


def _of_maven(text: str) -> Iterator[tuple[str, str]]:
    """`group:artifact` of the parent and of dependencies whose version is written out, or is a property of the same file."""
    rows: list[dict[str, str]] = []
    properties: dict[str, str] = {}
    path: list[str] = []
    said: list[str] = []

    def start(name: str, _: object) -> None:
        path.append(name)
        said.clear()
        if len(path) > _DEEPEST:
            raise ValueError("nested too deeply")
        if tuple(path) in _OF_POM:
            rows.append({})

    def end(name: str) -> None:
        path.pop()
        if tuple(path) in _OF_POM:
            rows[-1][name] = "".join(said).strip()
        elif path == ["project", "properties"]:
            properties["${" + name + "}"] = "".join(said).strip()
        said.clear()

    def refuse(*_: object) -> None:
        raise ValueError("declares a document type")

    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = said.append, refuse
    parser.Parse(text.encode(), True)
    for one in rows:
        if "groupId" in one and "artifactId" in one:
            version = one.get("version", "")
            yield f"{one['groupId']}:{one['artifactId']}", properties.get(version, version)


READERS: dict[str, Callable[[str], Iterable[tuple[str, str]]]] = {
    "Gemfile.lock": _GEM.findall,
    "package-lock.json": _of_node,
    "yarn.lock": _of_yarn,
    "pnpm-lock.yaml": _PNPM.findall,
    "composer.lock": _of_composer,
    "poetry.lock": _of_tables,
    "uv.lock": _of_tables,
    "Pipfile.lock": _of_pipenv,
    "Cargo.lock": _of_tables,
    "go.mod": _MODULE.findall,
    "requirements.txt": _PINNED.findall,
    "gradle.lockfile": _GRADLE.findall,
    "pom.xml": _of_maven,
}
"""By name of the file."""


def nearest(path: str, locks: Mapping[str, Versions]) -> Versions:
    """The versions that the lock files beside a path or above it state, by folder; the nearest that names a library counts."""
    found: dict[str, str] = {}
    for folder in [*PurePosixPath(path).parents][::-1]:
        found |= locks.get("" if str(folder) == "." else str(folder), {})
    return {name: version for name, version in found.items() if version}


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
