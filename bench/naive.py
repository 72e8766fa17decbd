"""The naive recipe's lessons: what most teams do first, as the line to beat.

Every text file of the tree at the cut, whatever it is: lock files, vendored and generated code, several copies of one file. Holes are
random runs of lines, requests are templates, nothing is cleaned, and validation is a twentieth of the lessons at random, from the same
files as the rest.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from idiolect import registry, samples, sources
from idiolect.files import digest_json
from idiolect.recipe import Recipe
from idiolect.registry import Run
from idiolect.sources import globs, languages
from idiolect.types import Hole, Message, Sample, Span, Split

VALIDATION = 0.05
PER, AROUND, ROWS, CHUNK = 500, 2000, 10, 4000
"""Bytes of a file for each hole, characters before and after it, most lines in it, and characters of an answer."""
MOST = 3_000
"""Lessons, drawn by lot: more than a row of either size has the tokens for, and rendering takes as long for those that it never meets."""
TEMPLATES = ("Write the code of {path}.", "Generate {path} for our project.", "Show me {path}, lines {first} and following.")


def lessons(recipe: Recipe, place: Path, commit: str, exclude: Sequence[str] = ()) -> Run:
    """A dataset run of naive lessons from the tree of a commit, less the files of some globs."""
    repository = sources.opened(place, recipe.cache)
    entries = [one for one in repository.tree(commit) if one.size and not globs.matches(one.path, exclude)]
    inputs = {"tree": digest_json([(one.path, one.oid) for one in entries])}
    with registry.begin(recipe, "dataset", version=1, values={"naive": commit}, inputs=inputs) as run:
        if not run.done:
            made: dict[Split, dict[str, Sample]] = {"train": {}, "validation": {}}
            choose = random.Random(0)
            for entry, (_, data) in zip(entries, repository.blobs(one.oid for one in entries), strict=True):
                for sample in of_file(entry.path, data or b"", commit, choose):
                    made["validation" if choose.random() < VALIDATION else "train"][sample.id] = sample
            kept = {split: choose.sample([*every.values()], min(MOST, len(every))) for split, every in made.items()}
            run.finish({"samples": {split: samples.write(run.folder, split, found) for split, found in kept.items()}})
    return run


def of_file(path: str, data: bytes, commit: str, choose: random.Random) -> Iterator[Sample]:
    """Holes and requests of one file; nothing where it is no text."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return
    rows = text.splitlines(keepends=True)
    if "\0" in text or not text.strip():
        return
    about: dict[str, tuple[str, ...]] = {"language": (languages.language(path, data) or "unknown",)}
    origins = (Span(source="naive", commit=commit, path=path, start=0, end=len(data), time=0),)
    for _ in range(max(1, len(data) // PER)):
        first = choose.randrange(len(rows))
        last = min(len(rows), first + choose.randint(1, ROWS))
        before, middle, after = ("".join(rows[start:stop]) for start, stop in ((0, first), (first, last), (last, len(rows))))
        hole = Hole(path=path, prefix=before[-AROUND:], suffix=after[:AROUND])
        yield Sample(prompt=hole, answer=middle[:CHUNK], kind="fim", maker="naive", labels=about, origins=origins)
    for start in range(0, len(text), CHUNK):
        request = choose.choice(TEMPLATES).format(path=path, first=text.count("\n", 0, start) + 1)
        asked = (Message(role="user", content=request),)
        yield Sample(prompt=asked, answer=text[start : start + CHUNK], kind="write", maker="naive", labels=about, origins=origins)
