"""What the tools of packs find in the files of commits, before and after; the makers are told of it.

A run of a tool is dear: only the newest commits are looked at, many files at a time, and each version of a file once, whose findings
are kept by its content. The tools run where the build does, whatever engine computes the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from idiolect import checks, compute, tools
from idiolect.compute import Failed, Unit
from idiolect.compute.mapping import SHARD_BYTES
from idiolect.dataset.makers import OF_CHECKS, at_work
from idiolect.dataset.makers.finding import MOST_FILES, Both, gone
from idiolect.dataset.reading import Committed
from idiolect.dataset.workshop import History, Workshop
from idiolect.files import digest_bytes, digest_file
from idiolect.pack import Pack, Tool
from idiolect.scrub import Scrubber
from idiolect.sources import globs
from idiolect.sources.commits import Side
from idiolect.types import Dropped, File, Finding

MOST_COMMITS = 500
"""Of a source, the newest ones: each brings versions of files that nothing has looked at."""
NOT_LOOKED_AT = "not looked at"
_SIZE = -(-SHARD_BYTES // checks.PORTION)
"""A unit's part of a shard, so that a shard is what a tool is given at once."""

Version = tuple[str, str]
"""Path and blob id."""


class Looked(NamedTuple):
    """A commit that tools looked at."""

    committed: Committed
    found: Mapping[str, Sequence[Both]]
    """By path what each tool found, where some of it is gone."""


def named(packs: Sequence[Pack], makers: Collection[str]) -> list[Tool]:
    """The tools among the checks of packs, where these makers of a recipe want them. Raises ToolError where one is missing."""
    wanted = at_work(OF_CHECKS, makers)
    found = [check for pack in packs for check in pack.checks if wanted and isinstance(check, Tool)]
    for tool in found:
        _program(tool)
    return found


def looked(workshop: Workshop, history: History, changes: Sequence[Committed], given: Sequence[Tool]) -> Iterator[Looked | Dropped]:
    """The commits, oldest first, that change a few files which tools look at; or why one was not looked at."""
    wanted = [one for one in changes if not one.change.bot and len(one.paths) <= MOST_FILES and _sides(one, given)]
    source = history.told.source.name
    for one in wanted[:-MOST_COMMITS]:
        yield Dropped(reason=NOT_LOOKED_AT, what=one.change.commit, source=source)
    newest = wanted[-MOST_COMMITS:]
    found = [_found(workshop, history, tool, [side for one in newest for side in _sides(one, [tool])]) for tool in given]
    for one in newest:
        both = _both(one, given, found)
        yield (
            Dropped(reason=checks.FAILED, what=one.change.commit, source=source, detail=both)
            if isinstance(both, str)
            else Looked(one, both)
        )


def _sides(one: Committed, given: Sequence[Tool]) -> list[Side]:
    """The files of a commit that stood there before and after and are for one of the tools."""
    patterns = tuple(pattern for tool in given for pattern in tool.files)
    kept = (side for side in one.plan.sides if side.path in one.paths and side.old and side.new)
    return [side for side in kept if globs.matches(side.path, patterns)]


def _both(one: Committed, given: Sequence[Tool], found: Sequence[Mapping[Version, Any]]) -> dict[str, list[Both]] | str:
    """What the tools found in a commit's files, where some of it is gone; or what a tool failed on."""
    both: dict[str, list[Both]] = {}
    for tool, known in zip(given, found, strict=True):
        for side in _sides(one, [tool]):
            rows = [known[side.path, oid] for oid in (side.old, side.new)]
            if failed := next((row for row in rows if isinstance(row, Failed)), None):
                return f"{tool.name}, {side.path}: {failed.detail}"
            before, after = ([Finding(**dict(zip(Finding.model_fields, row, strict=True))) for row in some] for some in rows)
            if gone((before, after)):
                both.setdefault(side.path, []).append((before, after))
    return both


def _found(workshop: Workshop, history: History, tool: Tool, sides: Sequence[Side]) -> dict[Version, Any]:
    """The fields of a tool's findings in each version of these files, or the Failed in their place."""
    versions = _ordered(dict.fromkeys((side.path, oid) for side in sides for oid in (side.old, side.new)))

    def load(asked: Sequence[Any]) -> Iterator[Any]:
        blobs = (data for _, data in history.repository.blobs((oid for _, oid in asked), history.max_bytes))
        return iter(_look(tool, [path for path, _ in asked], list(blobs), workshop.scrubber))

    program = digest_file(_program(tool))
    task = compute.task(linted, packs=dict(workshop.packs), tool=tool.name, program=program, scrub=workshop.scrubber.digest)
    asked = (Unit(digest_bytes(f"{oid} {path}".encode("utf-8", "surrogateescape")), (path, oid), _SIZE) for path, oid in versions)
    return dict(zip(versions, compute.mapped(task, asked, workshop.store, compute.Here(), load), strict=True))


def _ordered(versions: Collection[Version]) -> list[Version]:
    """First one version of each path, then another: those of one path cannot stand side by side."""
    seen = Counter[str]()
    ranks = {}
    for path, oid in versions:
        ranks[path, oid] = seen[path]
        seen[path] += 1
    return sorted(versions, key=lambda one: (ranks[one], one))


@compute.pure(1)
def linted(found: Iterator[tuple[Sequence[Any], str]], **_: Any) -> Iterator[Any]:
    """What `_look` found of each file; a failure, of which other files may be the cause, is tried again by the next build."""
    for rows, why in found:
        yield Failed(checks.FAILED, why) if why else rows


def _look(tool: Tool, paths: Sequence[str], blobs: Sequence[bytes | None], scrubber: Scrubber) -> list[tuple[list[Any], str]]:
    """The fields of a tool's findings in each file, without secrets as makers see it; and why there are none."""
    rows: list[tuple[list[Any], str]] = [([], "") for _ in paths]
    rest = list(range(len(paths)))
    while rest:
        together = {paths[number]: number for number in reversed(rest)}
        rest = [number for number in rest if number not in together.values()]
        files = []
        for path, number in sorted(together.items()):
            text = _text(blobs[number], scrubber)
            if text is None:
                rows[number] = ([], "cannot be read")
            else:
                files.append(File(path=path, text=text))
        for one in checks.look(tool, files):
            if isinstance(one, Dropped):
                rows[together[one.what]] = ([], one.detail or checks.FAILED)
            elif one[0] in together:
                rows[together[one[0]]][0].append(tuple(vars(one[1]).values()))
    return rows


def _text(data: bytes | None, scrubber: Scrubber) -> str | None:
    try:
        return None if data is None else scrubber.scrub(data).data.decode()
    except UnicodeDecodeError:
        return None


def _program(tool: Tool) -> Path:
    tools.available()
    return tools.program(tool.command[0], [Path(folder) for folder in tool.folders])
