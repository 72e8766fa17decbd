"""How well the signs of a vocabulary decide: against files that a person has labelled by hand."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from idiolect import pack, sources, syntax
from idiolect.dataset import locks
from idiolect.dataset.labelling import Place, Vocabulary, found
from idiolect.dataset.marking import lock_files
from idiolect.errors import UsageError
from idiolect.labels import Label
from idiolect.recipe import Recipe, Source

Told = Mapping[str, Mapping[str, frozenset[str]]]
"""Name of a label -> path -> the values that a person gave the file; none of them is a verdict too."""


class Verdict(NamedTuple):
    """One file: what a person says, what the signs say, and which ones."""

    path: str
    told: frozenset[str]
    decided: frozenset[str]
    signs: tuple[str, ...]


def calibrate(recipe: Recipe, file: Path) -> dict[str, Any]:
    """Decide the labels of the files named in `file`, as they stand at HEAD, and compare.

    The file is TOML, a table for each name of a label: `[generation]` and `"till.bbj" = ["dwc"]`. For each value: how many files have
    it by hand and by signs, precision and recall; for each name: how many are left undecided, and the files that differ.
    """
    packs = [pack.load(name, recipe.folder) for name in recipe.packs]
    vocabulary = Vocabulary(recipe.labels, packs)
    told = read(file, vocabulary)
    wanted = {path for paths in told.values() for path in paths}
    with syntax.reading(languages=[language for one in packs for language in one.languages]):
        places = {place.path: place for source in recipe.sources for place in _places(recipe, source, vocabulary, wanted)}
    if missing := sorted(wanted - places.keys()):
        next_ = "name paths as they stand in the repository at HEAD, of files that are admitted"
        more = f", nor are {len(missing) - 1} more" if missing[1:] else ""
        raise UsageError(f"'{missing[0]}' is no file of a source{more}", where=str(file), next=next_)
    return {name: _compared(vocabulary, name, paths, places) for name, paths in told.items()}


def read(file: Path, vocabulary: Vocabulary) -> Told:
    """What a person says; a name or value that the vocabulary has not is a UsageError."""
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot be read as TOML: {error}", where=str(file), next='write [generation] and "PATH" = ["VALUE"]') from None
    known, told = vocabulary.table(), {}
    for name, rows in tables.items():
        if name not in known or not isinstance(rows, dict):
            raise UsageError(
                f"no label is called '{name}'", where=str(file), next=f"there are: {', '.join(known) or 'none; add [[label]]'}"
            )
        for path, values in rows.items():
            if not isinstance(values, list) or not set(map(str, values)) <= set(known[name]):
                raise UsageError(f"{path} = {values}", where=str(file), next=f"name some of {', '.join(known[name])}, as a list")
        told[name] = {path: frozenset(values) for path, values in rows.items()}
    return told


def _places(recipe: Recipe, source: Source, vocabulary: Vocabulary, wanted: set[str]) -> Iterator[Place]:
    repository = sources.opened(recipe.folder / source.path, recipe.cache)
    documents, _ = sources.documents(source, repository, repository.head, recipe.dataset.max_file_bytes)
    stated = lock_files(repository, repository.head)[0] if vocabulary.locked else {}
    for one in documents:
        if one.path in wanted:
            signs = found(vocabulary.asked, one.language, one.data)
            yield Place(one.path, one.time, None if signs is None else frozenset(signs), locks.nearest(one.path, stated))


def _compared(vocabulary: Vocabulary, name: str, told: Mapping[str, frozenset[str]], places: Mapping[str, Place]) -> dict[str, Any]:
    verdicts = []
    for path, values in told.items():
        decided = frozenset(vocabulary.decided(places[path]).get(name, ()))
        verdicts.append(Verdict(path, values, decided, tuple(_said(vocabulary, vocabulary.names[name], places[path]))))
    rows = [_row(value, verdicts) for value in vocabulary.table()[name]]
    differ = [
        {"path": one.path, "by_hand": sorted(one.told), "by_signs": sorted(one.decided), "signs": list(one.signs)}
        for one in verdicts
        if one.told != one.decided
    ]
    return {"files": len(verdicts), "undecided": sum(not one.decided for one in verdicts), "values": rows, "differ": differ}


def _row(value: str, verdicts: Sequence[Verdict]) -> dict[str, Any]:
    by_hand, by_signs = sum(value in one.told for one in verdicts), sum(value in one.decided for one in verdicts)
    right = sum(value in one.told and value in one.decided for one in verdicts)
    shares = {"precision": right / by_signs if by_signs else None, "recall": right / by_hand if by_hand else None}
    return {"value": value, "by_hand": by_hand, "by_signs": by_signs, **shares}


def _said(vocabulary: Vocabulary, labels: Sequence[Label], place: Place) -> Iterator[str]:
    """The signs that hold, as a person would find them again in the recipe."""
    for label in labels:
        for sign in vocabulary.held(label, place):
            given = {key: value for key, value in sign.model_dump(mode="json", exclude={"weight"}).items() if value}
            yield f"{label.value} {sign.weight:+g} " + ", ".join(f"{key} {value}" for key, value in given.items())


def text(table: Mapping[str, Any]) -> str:
    """The comparison for people."""
    lines = []
    for name, one in table.items():
        lines += [f"{name}: {one['files']} files by hand, {one['undecided']} left undecided by the signs", ""]
        lines.append(f"{'value':16} {'by hand':>8} {'by signs':>8} {'precision':>10} {'recall':>8}")
        for row in one["values"]:
            shares = [f"{row[key]:.2f}" if row[key] is not None else "-" for key in ("precision", "recall")]
            lines.append(f"{row['value']:16} {row['by_hand']:>8} {row['by_signs']:>8} {shares[0]:>10} {shares[1]:>8}")
        for file in one["differ"]:
            said = " and ".join(file["by_signs"]) or "undecided"
            lines += ["", f"{file['path']}: by hand {' and '.join(file['by_hand']) or 'none'}, by signs {said}"]
            lines += [f"  {sign}" for sign in file["signs"]]
    return "\n".join(lines)
