"""A source, read: its cut, its files as they stood there, its commits up to there, and what came after as probe candidates."""

from __future__ import annotations

import hashlib
import heapq
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

from idiolect import sources, syntax
from idiolect.dataset import admission, cut, history, probes
from idiolect.dataset.funnel import Funnel
from idiolect.dataset.scrubbing import Scrubbing
from idiolect.errors import SourceError
from idiolect.pack import Tool
from idiolect.recipe import DatasetRecipe, Source
from idiolect.sources import gates, languages, rules
from idiolect.sources.gitread import Repository
from idiolect.sources.rules import Rules
from idiolect.types import Change, Document, Dropped, Sample

MOST_CHANGES = 5_000
"""Commits of one source that are read, the newest ones: older edits teach what the team has left behind, and memory is finite."""

MOST_SIGNALS = 300


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
    admission: dict[str, object] = field(default_factory=dict)
    """What it shows of itself, and the verdict (`admission.row`)."""
    signals: dict[str, int] = field(default_factory=dict)
    """Of a few hundred files, how many a web-scale filter would have held something against, by signal; none is dropped for it."""


def read(
    source: Source, repository: Repository, recipe: DatasetRecipe, funnel: Funnel, scrubbing: Scrubbing, linters: Sequence[Tool] = ()
) -> Material:
    """Read a source up to its cut. A source that is not admitted gives nothing, one with nothing to learn from is a SourceError."""
    told = rules.of(source, repository, repository.head)
    shown = admission.facts(repository, told, linters)
    row, remarks = admission.row(source, shown), [admission.sentence(shown), *sources.remarks(repository)]
    admitted = next(iter(funnel.sift("admit", "sources", [admission.judged(source, shown)])), None)
    if admitted is None:
        head = repository.first_parents()[-1]
        reasons = "; ".join(admission.misses(source, shown))
        return Material(
            source, cut.none(head.id, head.committed, f"not admitted: {reasons}"), [], [], [], [], remarks=remarks, admission=row
        )
    chosen, candidates = _cut(admitted, repository, recipe, told, scrubbing)
    told = told if chosen.commit == repository.head else rules.of(admitted, repository, chosen.commit)
    admissible, dropped = sources.documents(admitted, repository, chosen.commit, recipe.max_file_bytes, told)
    found: list[Document | Dropped] = [*admissible, *dropped]
    documents = list(funnel.sift("read", "documents", (scrubbing.document(one) for one in found)))
    commits = map(scrubbing.change, _changes(admitted, repository, chosen.commit, recipe, told))
    changes = list(funnel.sift("history", "commits", commits))
    renames = [
        (touch.old_path, touch.path) for commit in repository.commits(chosen.commit) for touch in commit.touches if touch.status == "R"
    ]
    if told.lacking:
        remarks.append(f"lacks {', '.join(map(sources.shown, told.lacking[:3]))}, or they are too large: what they say is unknown")
    remarks += [*_hidden(documents), *syntax.remarks(documents, languages.PROSE)]
    roots = frozenset(commit.id for commit in repository.commits(chosen.commit) if not commit.parents)
    return Material(admitted, chosen, documents, changes, renames, candidates, roots, remarks, row, _signals(documents))


def _hidden(documents: Sequence[Document]) -> Iterator[str]:
    """A sentence for each kind of hidden sign, with the first files that have it."""
    for flag in sorted({flag for document in documents for flag in document.flags}):
        paths = [document.path for document in documents if flag in document.flags]
        named = ", ".join(map(sources.shown, paths[:3])) + (", ..." if len(paths) > 3 else "")
        yield f"has hidden {'orders in comments' if flag == 'orders' else f'signs ({flag})'} in {len(paths)} files: {named}"


def _signals(documents: Sequence[Document]) -> dict[str, int]:
    """Counted over the files with the least hashes, at most MOST_SIGNALS: as good as drawn by lot, and the same each time."""
    drawn = heapq.nsmallest(MOST_SIGNALS, documents, key=lambda document: hashlib.sha256(document.path.encode()).digest())
    counts = Counter(name for document in drawn for name in gates.signals(document.text))
    return {"files": len(drawn), **dict(sorted(counts.items()))} if drawn else {}


def _cut(source: Source, repository: Repository, recipe: DatasetRecipe, told: Rules, scrubbing: Scrubbing) -> tuple[cut.Cut, list[Sample]]:
    """The cut, and the candidates after it. Where history cannot be compared, everything is for lessons."""
    head = repository.first_parents()[-1]
    if repository.notes.form != "repository":
        return cut.none(head.id, 0, f"a plain {repository.notes.form} has no history"), []
    if source.role not in ("team", "reference"):
        return cut.none(head.id, head.committed, f"a source in the role '{source.role}' has no time probes"), []
    try:
        return _cut_by_time(source, repository, recipe, told, scrubbing)
    except SourceError as error:
        return cut.none(head.id, head.committed, f"commits could not be compared: {error.what}"), []


def _cut_by_time(
    source: Source, repository: Repository, recipe: DatasetRecipe, told: Rules, scrubbing: Scrubbing
) -> tuple[cut.Cut, list[Sample]]:
    now: dict[str, Document] = {}
    refused: set[str] = set()
    parsed: set[str] = set()
    for item in sources.read(source, repository, repository.head, recipe.max_file_bytes, told):
        if isinstance(item, Document):
            now[item.path] = item
        else:
            refused.add(item.what)

    @cache
    def clean(path: str) -> Document | Dropped:
        return scrubbing.document(now[path], "history")

    @cache
    def units(path: str) -> tuple[probes.Unit, ...]:
        document = clean(path)
        if isinstance(document, Dropped):
            return ()
        return tuple(
            unit for unit in probes.units(document) if not scrubbing.scrubber.touches("", document.data[unit.start : unit.end].decode())
        )

    def after(commit: str) -> list[tuple[str, probes.Unit]]:
        added = history.new_lines(repository.git, commit, repository.head, now.__contains__)
        fresh = (clean(path) for path in sorted(added) if path not in parsed)
        deque(syntax.read_all(document for document in fresh if isinstance(document, Document)), maxlen=0)
        parsed.update(added)
        return probes.choose(added, units)

    def counts(path: str) -> bool:
        """Whether lines of this file count: one that stands at HEAD and is refused there for its content was never admitted."""
        return path not in refused and told.admits(path)

    steps = history.chain(repository.git, repository.head, counts)
    chosen = cut.choose(steps, lambda commit: len(after(commit)), candidates=recipe.candidates, max_after=recipe.max_after)
    found = [(clean(path), unit) for path, unit in after(chosen.commit)] if chosen.candidates else []
    return chosen, [probes.probe(document, unit) for document, unit in found if isinstance(document, Document)]


def _changes(source: Source, repository: Repository, until: str, recipe: DatasetRecipe, told: Rules) -> Iterator[Change | Dropped]:
    return sources.changes(source, repository, until, recipe.max_file_bytes, MOST_CHANGES, told)
