"""The placebo's lessons: raw and fim made from other people's code, in the languages and amounts of the team's own.

The packages are listed in `seedling/placebo.txt`; `make setup-bench` brings them. The seedling never saw them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from idiolect import registry, samples
from idiolect.dataset.dedupe import dedupe
from idiolect.dataset.makers import fim, raw
from idiolect.errors import DataError
from idiolect.files import digest_bytes, digest_json
from idiolect.languages import language_of
from idiolect.recipe import Recipe
from idiolect.registry import Run
from idiolect.types import Document, Sample

WITHIN = 0.05
"""How far the distinct bytes of a language may lie from the team's (design, section 3)."""
MINOR = 0.02
"""A language with a smaller share, of which there is no placebo, is made up for in the main one."""
VALIDATION = 0.05
MOST_BYTES = 200_000
"""Of one file: more would let one file stand for a language."""


def lessons(recipe: Recipe, folder: Path, wanted: Mapping[str, int]) -> Run:
    """A dataset run of placebo lessons: `wanted` distinct bytes per language, within 5 %; too little code is a DataError."""
    there = sorted(_documents(folder), key=lambda one: hashlib.sha256(one.path.encode()).digest())
    kept = dedupe(there).kept
    chosen = [one for language, most in sorted(_amounts(kept, wanted).items()) for one in _take(kept, language, most)]
    inputs = {"placebo": digest_json([[one.path, digest_bytes(one.data)] for one in chosen])}
    with registry.begin(recipe, "dataset", version=1, values={"placebo": dict(wanted)}, inputs=inputs) as run:
        if not run.done:
            made = {split: list(_samples(split, chosen)) for split in ("train", "validation")}
            counts = {split: samples.write(run.folder, split, rows) for split, rows in made.items()}
            run.finish({"samples": counts, "bytes": sum(len(one.data) for one in chosen)})
    return run


def _samples(split: str, documents: Sequence[Document]) -> Iterator[Sample]:
    mine = [one for one in documents if _is_validation(one) == (split == "validation")]
    for maker in (raw, fim):
        yield from (one for one in maker(mine) if isinstance(one, Sample))


def _is_validation(document: Document) -> bool:
    return hashlib.sha256(b"validation" + document.path.encode()).digest()[0] < 256 * VALIDATION


def _amounts(there: Sequence[Document], wanted: Mapping[str, int]) -> dict[str, int]:
    """Bytes to take of each language."""
    total, main = sum(wanted.values()), max(wanted, key=lambda one: wanted[one])
    amounts = dict(wanted)
    for language in wanted:
        have = sum(len(one.data) for one in there if one.language == language)
        if have >= wanted[language] * (1 - WITHIN):
            continue
        if wanted[language] > MINOR * total or language == main:
            raise DataError(
                f"{have:,} bytes of {language}, and {wanted[language]:,} are needed",
                where="the placebo",
                next="name a larger folder with --placebo",
            )
        amounts[main] += amounts.pop(language)
    return amounts


def _take(there: Sequence[Document], language: str, most: int) -> Iterator[Document]:
    """Files of a language up to `most` bytes, the last one cut at a line."""
    left = most
    for one in there:
        if one.language == language and left > 0:
            data = one.data if len(one.data) <= left else one.data[: one.data.rfind(b"\n", 0, left) + 1]
            if data.strip():
                yield Document(one.source, one.role, one.commit, one.path, one.language, data, one.time)
            left -= max(len(data), 1)


def _documents(folder: Path) -> Iterator[Document]:
    if not folder.is_dir():
        raise DataError(
            "there is no placebo here", where=str(folder), next="bring it with `make setup-bench`, or name a folder with --placebo"
        )
    for file in sorted(folder.rglob("*")):
        label = file.relative_to(folder).as_posix()
        if not file.is_file() or file.stat().st_size > MOST_BYTES:
            continue
        data = file.read_bytes()
        language = language_of(label, data)
        if language and _is_text(data):
            yield Document("placebo", "public", "", label, language, data, 0)


def _is_text(data: bytes) -> bool:
    try:
        return bool(data.decode("utf-8").strip()) and b"\0" not in data
    except UnicodeDecodeError:
        return False
