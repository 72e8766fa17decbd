"""Forgetting: what `[dataset] without` names leaves the lessons for good, and whatever was made of it before is named."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import tomlkit

from idiolect import recipe as recipes
from idiolect import registry, rows, samples, sources
from idiolect.errors import UsageError
from idiolect.files import disk_errors, real, write_text
from idiolect.recipe import Recipe
from idiolect.registry import Run
from idiolect.sources import forgetting, globs, rules
from idiolect.sources.forgetting import Forgotten
from idiolect.types import SPLITS, Span

_KEPT = {"authors.key"}
"""What stays of the private cache: without the key, pseudonyms would change and nobody could be found again."""


class Holding(NamedTuple):
    """A run that still holds what is to be forgotten."""

    run: str
    samples: int
    models: tuple[str, ...]
    """What was trained on it: name and the beginning of the digest."""


def forget(file: Path, words: Sequence[str]) -> list[Holding]:
    """Write these words into the recipe, empty the private cache of unscrubbed text, and say which runs and models hold it still.

    A word is `author=...`, `path=...` or `source=...`; one that fits nothing that the recipe knows is a UsageError.
    """
    for word in words:
        if word.partition("=")[0] not in _NEXT or word.endswith("="):
            raise UsageError(f"'{word}' does not say what to forget", where="--without", next="write author=..., path=GLOB or source=NAME")
    path = file / recipes.FILE if file.is_dir() else file
    text = tomlkit.parse(path.read_text(encoding="utf-8"))
    known = [str(one) for one in text.setdefault("dataset", tomlkit.table()).get("without", [])]
    added = [f"author={forgetting.hidden(word[7:])}" if word.startswith("author=") else word for word in words]
    text["dataset"]["without"] = list(dict.fromkeys([*known, *added]))
    recipe = recipes.parse(text.unwrap(), folder=path.parent.resolve(), where=str(path))
    found = _found(recipe, added)
    write_text(path, tomlkit.dumps(text))
    _purge(recipe.cache)
    return list(_holdings(recipe, found))


Found = dict[str, Forgotten | None]
"""By source: what of it is to be forgotten, None: all."""


def _found(recipe: Recipe, words: Sequence[str]) -> Found:
    """What the words mean in each source."""
    told = [one for one in recipe.sources if rows.told(one, recipe.folder)]
    repositories = [one for one in recipe.sources if one not in told]
    opened = sources.all_opened([recipe.folder / one.path for one in repositories], recipe.cache)
    globbed = Forgotten(tuple(forgetting.named(words, "path")))
    found: Found = {one.name: None if one.name in forgetting.named(words, "source") else globbed for one in told}
    for source, repository in zip(repositories, opened, strict=True):
        people = rules.of(source, repository, repository.head).people
        found[source.name] = None if source.name in forgetting.named(words, "source") else forgetting.forgotten(repository, words, people)
    paths = [entry.path for repository in opened for entry in repository.tree(repository.head)]
    paths += [rows.label(real(recipe.folder / one.path), file) for one in told for file in rows.files(one, recipe.folder)]
    for word in words:
        if not _fits(word, found, paths):
            raise UsageError(f"nothing in the sources fits '{word}'", where="--without", next=_NEXT[word.partition("=")[0]])
    return found


def _fits(word: str, found: Found, paths: Sequence[str]) -> bool:
    """Whether there is anything to forget by this word; of several authors one is enough."""
    kind, _, value = word.partition("=")
    if kind == "source":
        return value in found
    if kind == "path":
        return any(globs.matches(path, [value]) for path in paths)
    return any(one is not None and one.commits for one in found.values())


_NEXT = {
    "source": "`idiolect check` lists the sources by name",
    "path": "a glob is matched against whole paths: `lib/old/**` is all below a folder",
    "author": "give the address, or the name, as it stands in the history: `git log` shows both",
}


def _purge(cache: Path) -> None:
    """Delete what the cache holds of text."""
    with disk_errors(cache):
        for path in cache.iterdir() if cache.is_dir() else ():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name not in _KEPT:
                path.unlink()


def _holdings(recipe: Recipe, found: Found) -> Iterator[Holding]:
    known = registry.runs(recipe)
    for run in known:
        if run.stage == "dataset" and run.done and (count := _count(run, _is_of(found))):
            yield Holding(run.name, count, tuple(_trained(known, run)))


def _count(run: Run, unwanted: Callable[[Span], bool]) -> int:
    """Samples of a run with bytes of what is to be forgotten."""
    return sum(any(map(unwanted, one.origins)) for split in SPLITS for one in samples.read(run.folder, split))


def _is_of(found: Found) -> Callable[[Span], bool]:
    def unwanted(span: Span) -> bool:
        one = found.get(span.source, forgetting.NOTHING)
        return one is None or span.path in one.paths or globs.matches(span.path, one.globs) or _meets(one.pseudonyms, span.authors)

    return unwanted


def _meets(some: Collection[str], others: Collection[str]) -> bool:
    return not set(some).isdisjoint(others)


def _trained(known: Sequence[Run], lessons: Run) -> Iterator[str]:
    """The adapters of finished trainings on a dataset."""
    for run in known:
        if run.stage == "train" and run.done and run.info["inputs"].get("dataset") == lessons.key:
            model = run.info["model"]
            yield f"{model['name']} {model['digest'][:12]}"
