"""A source, read: its cut, its files as they stood there, its commits up to there, and what came after as probe candidates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from idiolect import sources
from idiolect.dataset import cut, history, probes
from idiolect.dataset.funnel import Funnel
from idiolect.errors import SourceError
from idiolect.gitread import Repository
from idiolect.recipe import DatasetRecipe, Source
from idiolect.types import Change, Document, Dropped, Sample

MOST_CHANGES = 5_000
"""Commits of one source that are read, the newest ones: older edits teach what the team has left behind, and memory is finite."""


@dataclass
class Material:
    """What one source gives to the makers, and what it keeps from them."""

    source: Source
    cut: cut.Cut
    documents: list[Document]
    """As they stood at the cut."""
    changes: list[Change]
    """Commits that the cut contains, oldest first."""
    renames: list[tuple[str, str]]
    """Old and new path, of the same commits."""
    candidates: list[Sample]
    """Time probes, before anybody asked whether they stand in the lessons."""
    roots: frozenset[str] = frozenset()
    """Ids of its commits without a parent: two repositories that share one began as the same."""
    remarks: list[str] = field(default_factory=list)
    """What a person should know about how it could be read."""


def read(source: Source, repository: Repository, recipe: DatasetRecipe, funnel: Funnel) -> Material:
    """Read a source up to its cut. A source with nothing to learn from is a SourceError."""
    chosen, candidates = _cut(source, repository, recipe)
    documents, dropped = sources.documents(source, repository, chosen.commit, recipe.max_file_bytes)
    funnel.count("read", "documents", len(documents), dropped)
    changes = list(funnel.sift("history", "commits", _changes(source, repository, chosen.commit, recipe)))
    renames = [
        (touch.old_path, touch.path) for commit in repository.commits(chosen.commit) for touch in commit.touches if touch.status == "R"
    ]
    roots = frozenset(commit.id for commit in repository.commits(chosen.commit) if not commit.parents)
    return Material(source, chosen, documents, changes, renames, candidates, roots, sources.remarks(repository))


def _cut(source: Source, repository: Repository, recipe: DatasetRecipe) -> tuple[cut.Cut, list[Sample]]:
    """The cut, and the candidates after it. Where history cannot be compared, everything is for lessons."""
    head = repository.first_parents()[-1]
    if source.role not in ("team", "reference"):
        return cut.none(head.id, head.committed, f"a source in the role '{source.role}' has no time probes"), []
    try:
        return _cut_by_time(source, repository, recipe)
    except SourceError as error:
        return cut.none(head.id, head.committed, f"commits could not be compared: {error.what}"), []


def _cut_by_time(source: Source, repository: Repository, recipe: DatasetRecipe) -> tuple[cut.Cut, list[Sample]]:
    now: dict[str, Document] = {}
    refused: set[str] = set()
    for item in sources.read(source, repository, repository.head, recipe.max_file_bytes):
        if isinstance(item, Document):
            now[item.path] = item
        else:
            refused.add(item.what)

    @cache
    def units(path: str) -> tuple[probes.Unit, ...]:
        return probes.units(now[path])

    def after(commit: str) -> list[tuple[str, probes.Unit]]:
        return probes.choose(history.new_lines(repository.git, commit, repository.head, now.__contains__), units)

    def counts(path: str) -> bool:
        """Whether lines of this file count: one that stands at HEAD and is refused there for its content was never admitted."""
        return path not in refused and sources.admits(source, path)

    steps = history.chain(repository.git, repository.head, counts)
    chosen = cut.choose(steps, lambda commit: len(after(commit)), candidates=recipe.candidates, max_after=recipe.max_after)
    return chosen, [probes.probe(now[path], unit) for path, unit in after(chosen.commit)] if chosen.candidates else []


def _changes(source: Source, repository: Repository, until: str, recipe: DatasetRecipe) -> Iterator[Change | Dropped]:
    newest = {commit.id for commit in repository.commits(until)[:MOST_CHANGES]}
    for item in sources.changes(source, repository, until, recipe.max_file_bytes):
        if isinstance(item, Change) and item.commit not in newest:
            yield Dropped(reason="old-commit", what=item.commit, source=source.name)
        else:
            yield item
