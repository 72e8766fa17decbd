"""The placebo's lessons: raw and fim made from other people's code, in the languages and amounts of the team's own.

The packages are listed in `seedling/placebo.txt`; `make setup-bench` brings them. The seedling never saw them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from idiolect import registry, samples
from idiolect.dataset import lessons_from
from idiolect.errors import DataError
from idiolect.files import digest_json
from idiolect.recipe import Recipe
from idiolect.registry import Run
from idiolect.sources import gates, headers, languages
from idiolect.types import Document

MINOR = 0.02
"""A language with a smaller share is made up for in the main one: a few kilobytes cannot be matched within 5 % by whole files."""
MOST_BYTES = 200_000
"""Of one file: more would let one file stand for a language."""


def lessons(recipe: Recipe, folder: Path, wanted: Mapping[str, int]) -> Run:
    """A dataset run of placebo lessons with `wanted` distinct bytes per language, within 5 %; too little code is a DataError.

    None are for validation: training keeps what it has at the end, as in the rows beside it.
    """
    check(folder)
    made = lessons_from(documents(folder), amounts(wanted))
    inputs = {"placebo": digest_json([one.id for one in made])}
    with registry.begin(recipe, "dataset", version=2, values={"placebo": dict(wanted)}, inputs=inputs) as run:
        if not run.done:
            counts = {"train": samples.write(run.folder, "train", made)}
            run.finish({"samples": counts, "files": len({one.origins[0].path for one in made})})
    return run


def check(folder: Path) -> None:
    """Whether there is a placebo, else a DataError: asked before anything long begins."""
    if not folder.is_dir():
        raise DataError(
            "there is no placebo here", where=str(folder), next="bring it with `make setup-bench`, or name a folder with --placebo"
        )


def documents(folder: Path) -> Iterator[Document]:
    """The text files below a folder, whose licences stand in the list that they were brought by."""
    for file in sorted(folder.rglob("*")):
        label = file.relative_to(folder).as_posix()
        if file.is_file() and file.stat().st_size <= MOST_BYTES:
            data = file.read_bytes()
            language = languages.language(label, data)
            if language and not gates.refusal(language, data):
                text, pieces = headers.stripped(data, language)  # as the team's own files are read
                yield Document("placebo", "public", "", label, language, text, 0, pieces=pieces)


def amounts(wanted: Mapping[str, int]) -> dict[str, int]:
    """Bytes to take of each language: minor ones are made up for in the main one."""
    main = max(wanted, key=lambda one: wanted[one])
    found = {language: size for language, size in wanted.items() if language == main or size > MINOR * sum(wanted.values())}
    found[main] += sum(wanted.values()) - sum(found.values())
    return found
