"""What a build dropped, to read: files and commits as they stand in the sources, without secrets, and nothing of what is forgotten.

Samples that were dropped are not stored: of one that was merged, or is nearly the same as another, that other is given.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from idiolect import rows, samples, sources, syntax
from idiolect.dataset import scrubbing
from idiolect.errors import DataError, IdiolectError
from idiolect.recipe import Recipe, Source
from idiolect.registry import Run
from idiolect.scrub import Scrubber
from idiolect.sources import languages, rules
from idiolect.sources.forgetting import named
from idiolect.sources.gitread import Repository
from idiolect.sources.rules import FORGOTTEN, Rules
from idiolect.types import SPLITS, Sample

MOST = 1_000_000
"""Bytes of a file or of a commit's diff."""
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_SAMPLE = re.compile(r"(?:of )?([0-9a-f]{32})")
_PROBE = re.compile(r"(.+):(\d+)-(\d+)", re.DOTALL)


class Shown(NamedTuple):
    """Something that was dropped, and what there is of it."""

    row: Mapping[str, str]
    """As `dropped.jsonl` has it: step, reason, what, source, detail."""
    note: str
    """What is shown, or why nothing is."""
    text: str = ""
    language: str = ""
    sample: Sample | None = None
    """In place of a text: the sample that was kept."""


class _Open(NamedTuple):
    repository: Repository
    told: Rules
    scrubber: Scrubber


def shown(recipe: Recipe, run: Run, found: Sequence[Mapping[str, str]]) -> Iterator[Shown]:
    """What each row of a run's `dropped.jsonl` names. What cannot be shown says why in its note, and stops nothing."""
    ids = {name for row in found for name in [_kept(row)] if name}
    held = {one.id: one for split in SPLITS for one in samples.some(run.folder, split, ids)}

    @cache
    def opened(name: str) -> _Open:
        return _opened(recipe, run, _source(recipe, name))

    for row in found:
        try:
            yield _of_sample(row, held) if _SAMPLE.fullmatch(row["what"]) else _of_source(row, run, opened(row["source"]))
        except IdiolectError as error:
            yield Shown(row, f"cannot be shown: {error.what}")


def _kept(row: Mapping[str, str]) -> str:
    """Id of the sample that stands for one that was dropped; empty where none does."""
    other, itself = _SAMPLE.fullmatch(row["detail"]), _SAMPLE.fullmatch(row["what"])
    return other[1] if other and itself else itself[1] if itself and row["reason"] == "merged" else ""


def _of_sample(row: Mapping[str, str], held: Mapping[str, Sample]) -> Shown:
    sample = held.get(_kept(row))
    if sample is None:
        raise DataError("samples that are dropped are not stored")
    return Shown(row, "is not stored; what stands for it:", sample=sample)


def _source(recipe: Recipe, name: str) -> Source:
    """A repository of the recipe; a source that is none, or is not to be shown, is a DataError."""
    found = next((one for one in recipe.sources if one.name == name), None)
    if found is None:
        raise DataError(f"the recipe has no source '{name}'")
    if name in named(recipe.dataset.without, "source"):
        raise DataError("it is forgotten")
    if rows.told(found, recipe.folder):
        raise DataError("it is a row; open its file at that line")
    return found


def _opened(recipe: Recipe, run: Run, source: Source) -> _Open:
    repository = sources.opened(recipe.folder / source.path, recipe.cache)
    told = rules.of(source, repository, _cut(run, source.name, "commit"), recipe.dataset.without)
    return _Open(repository, told, Scrubber(scrubbing.known(recipe), scrubbing.authors([repository])))


def _cut(run: Run, source: str, which: str) -> str:
    """The commit that lessons are made at (`commit`), or that the source's HEAD named (`head`)."""
    found = run.metrics["cuts"].get(source)
    if not found:
        raise DataError(f"the run knows no commit of the source '{source}'")
    return str(found[which])


def _of_source(row: Mapping[str, str], run: Run, one: _Open) -> Shown:
    what, name = row["what"], row["source"]
    if _COMMIT.fullmatch(what):
        return _of_commit(row, one)
    probe = _PROBE.fullmatch(what) if row["step"] == "probes" else None
    if not probe:
        commit = _cut(run, name, "commit")
        return _of_file(row, one, commit, *_read(one, commit, what))
    if row["detail"] not in ("time", "cluster", "source"):
        raise DataError("this run does not say at which commit it stood")
    commit = _cut(run, name, "head" if row["detail"] == "time" else "commit")
    path, data = _read(one, commit, probe[1])
    start, end = int(probe[2]), int(probe[3])
    if any(found.start < end and start < found.end for found in one.scrubber.scrub(data, path).findings):
        raise DataError("it holds a secret or personal data")
    return Shown(row, f"as it stood at {commit[:12]}", _text(data[start:end]), languages.language(path, data))


def _of_commit(row: Mapping[str, str], one: _Open) -> Shown:
    found = next((commit for commit in one.repository.commits() if commit.id == row["what"]), None)
    if found is None:
        raise DataError("the source has no such commit any more")
    paths = {path for touch in found.touches for path in (touch.old_path, touch.path)}
    if found.id in one.told.forgotten.commits or any(one.told.refusal(path) == FORGOTTEN for path in paths):
        raise DataError("it is forgotten")
    patch = one.repository.patch(found.id, MOST)
    cut = f", its first {MOST:,} bytes" if len(patch) == MOST else ""
    return Shown(row, f"message and diff{cut}", one.scrubber.text(patch.decode(errors="replace")), "diff")


def _of_file(row: Mapping[str, str], one: _Open, commit: str, path: str, data: bytes) -> Shown:
    """The unit that the detail names, else the whole file."""
    language = languages.language(path, data)
    clean = one.scrubber.scrub(data, path).data
    named = [unit for unit in syntax.units(language, clean) if unit.name == row["detail"]] if row["detail"] else []
    units = [clean[clean.rfind(b"\n", 0, unit.start) + 1 : unit.end] for unit in named]
    where = f"as it stood at {commit[:12]}"
    return Shown(row, f"{row['detail']}, {where}" if units else where, _text(b"\n\n".join(units) if units else clean), language)


def _read(one: _Open, commit: str, label: str) -> tuple[str, bytes]:
    """Path and bytes of the file that is printed as `label`."""
    entry = next((entry for entry in one.repository.tree(commit) if sources.shown(entry.path) == label), None)
    if entry is None:
        raise DataError(f"the source has no file of this name at {commit[:12]}")
    if one.told.refusal(entry.path) == FORGOTTEN:
        raise DataError("it is forgotten")
    data = next(one.repository.blobs([entry.oid], limit=MOST))[1]
    if data is None:
        raise DataError(f"it is missing, or has more than {MOST:,} bytes")
    return entry.path, data


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise DataError("it is no text in UTF-8") from None
