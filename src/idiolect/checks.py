"""What packs check: their functions, and the tools that they name, which run in the sandbox over files in memory (`tools`)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath

from idiolect import tools
from idiolect.errors import DataError
from idiolect.pack import Check, Pack, Tool
from idiolect.sources import globs, languages
from idiolect.types import Dropped, File, Finding, Hole, Sample, Score

PORTION = tools.MOST_FILES // 2
"""Files that a tool is given at once, those of the pack not counted."""
MOST_BYTES = 16 << 20
"""Of the files that a tool is given at once."""
LONGEST_NAME = 255
"""Bytes of a part of a path, as file systems have it."""
FAILED = "tool-failed"
_FENCED = re.compile(r"\s*(`{3,})[^\n]*\n(.*?)\n?\1\s*", re.DOTALL)


def look(tool: Tool, files: Iterable[File]) -> Iterator[tuple[str, Finding] | Dropped]:
    """What a tool finds in the files that are for it, each with its path.

    They are given to it in portions; the files of one that it fails on, or takes too long for, are Dropped, and so are those whose
    paths cannot stand beside the others. Raises ToolError where the tool or bubblewrap is missing.
    """
    for portion in _portions(file for file in files if globs.matches(file.path, tool.files)):
        together, odd = _beside(portion, tool.brings)
        yield from (Dropped(reason=FAILED, what=path, detail="has a path that cannot be given to it") for path in odd)
        yield from _looked(tool, together)


def grade(check: Check | Tool, sample: Sample, answer: str) -> Score:
    """What a check says of an answer.

    A tool sees the file with the answer in it: 1 where it finds nothing worse than a remark (`info`) in the answer's lines, also where
    such files are not for it; else 0. The answer to a conversation is a file of its own, called after its language.
    """
    if not isinstance(check, Tool):
        return check(sample, answer)
    file, lines = _placed(check, sample, answer)
    found = list(look(check, [file, *sample.files]))
    failed = [one for one in found if isinstance(one, Dropped)]
    if failed:
        return Score(value=0.0, answer=answer, explanation=f"{check.name}: {failed[0].detail}")
    own = tuple(one[1] for one in found if not isinstance(one, Dropped) and one[0] == file.path and one[1].line in lines)
    return Score(value=float(all(finding.severity == "info" for finding in own)), answer=answer, findings=own)


def prove(pack: Pack) -> None:
    """Grade every probe: its own answer must score 1 in every check, the empty answer below 1 in one; else a DataError.

    A hole in a language that the pack brings must parse with its answer in it.
    """
    for probe in pack.probes:
        where, answer = f"{pack.name}, probe {probe.id}", probe.answer or ""
        _parses(pack, probe, answer, where)
        for check in pack.checks:
            if (score := grade(check, probe, answer)).value < 1:
                said = "; ".join(filter(None, [score.explanation, *(finding.message for finding in score.findings)]))
                raise DataError(
                    f"{name(check)}: the gold answer scores {score.value:g}" + (f" ({said})" if said else ""),
                    where=where,
                    next="mend one of them",
                )
        if pack.checks and all(grade(check, probe, "").value >= 1 for check in pack.checks):
            raise DataError("no check tells the empty answer from the gold one", where=where, next="add a check that does")


def _parses(pack: Pack, probe: Sample, answer: str, where: str) -> None:
    hole = probe.prompt
    for language in pack.languages:
        if isinstance(hole, Hole) and language.name in probe.labels.get("language", ()):
            text = f"{hole.prefix}{hole.typed}{answer}{hole.suffix}".encode()
            if not language.parses(text):
                raise DataError(f"{language.name}: the gold answer does not parse", where=where, next="mend one of them")


def name(check: Check | Tool) -> str:
    """What a check is called."""
    return check.name if isinstance(check, Tool) else str(getattr(check, "__name__", check))


def _portions(files: Iterable[File]) -> Iterator[list[File]]:
    """As many files as a tool may be given at once."""
    portion: list[File] = []
    size = 0
    for file in files:
        length = len(file.text.encode())
        if portion and (len(portion) == PORTION or size + length > MOST_BYTES):
            yield portion
            portion, size = [], 0
        portion.append(file)
        size += length
    if portion:
        yield portion


def _beside(files: Iterable[File], brought: Iterable[File]) -> tuple[list[File], list[str]]:
    """The files that can stand in one folder, those of the pack first, and the paths of the others."""
    kept: dict[str, File] = {}
    folders: set[str] = set()
    odd = []
    for file in (*brought, *files):
        above = {str(folder) for folder in PurePosixPath(file.path).parents} - {"."}
        if file.path in kept:
            continue  # the pack's own goes before
        if file.path in folders or not above.isdisjoint(kept) or any(len(part.encode()) > LONGEST_NAME for part in file.path.split("/")):
            odd.append(file.path)
        else:
            kept[file.path] = file
            folders |= above
    return list(kept.values()), odd


def _looked(tool: Tool, files: Sequence[File]) -> Iterator[tuple[str, Finding] | Dropped]:
    answer = tools.run_tool(tool.command, files, folders=[Path(folder) for folder in tool.folders])
    try:
        if answer.late:
            raise ValueError(f"was not done after {tools.LIMITS.wall:g} s")
        if answer.truncated:
            raise ValueError(f"said more than {tools.OUTPUT:,} bytes")
        yield from list(tool.parse(answer.code, answer.output))
    except ValueError as error:
        said = answer.errors.decode("utf-8", "replace").strip().rpartition("\n")[2][:200]
        detail = f"{error}; exit code {answer.code}" + (f": {said}" if said else "")
        brought = {file.path for file in tool.brings}
        yield from (Dropped(reason=FAILED, what=file.path, detail=detail) for file in files if file.path not in brought)


def _placed(tool: Tool, sample: Sample, answer: str) -> tuple[File, range]:
    """The answer where it stands, and the lines that are its own, from 1; code in a fence is what stands in it."""
    if isinstance(sample.prompt, Hole):
        before = sample.prompt.prefix + sample.prompt.typed
        first = before.count("\n") + 1
        text = before + answer + sample.prompt.suffix
        return File(path=sample.prompt.path, text=text), range(first, first + answer.count("\n") + 1)
    match = _FENCED.fullmatch(answer)
    text = match[2] if match else answer
    return File(path=_path(tool, sample), text=text), range(1, text.count("\n") + 2)


def _path(tool: Tool, sample: Sample) -> str:
    """The file that a sample was made of where it is of the answer's language, else one of that language, if it can be for the tool."""
    language = next(iter(sample.labels.get("language", ())), "")
    own = sample.origins[0].path if sample.origins else ""
    if own and (not language or languages.language(own) == language):
        return own
    names = languages.file_names("answer", language)
    return next((one for one in names if globs.matches(one, tool.files)), names[0])
