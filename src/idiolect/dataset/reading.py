"""A source, read: its cut, its files as they stood there, its commits up to there, and what came after as probe candidates."""

from __future__ import annotations

import hashlib
import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

from idiolect import sources, syntax
from idiolect.dataset import admission, cut, history, probes
from idiolect.dataset.funnel import Funnel
from idiolect.dataset.makers import OF_BRANCHES, OF_CHANGES, OF_THREADS, at_work
from idiolect.dataset.makers import commits as wishes
from idiolect.dataset.scrubbing import Scrubbing
from idiolect.dataset.stored import Stored
from idiolect.dataset.units import Read
from idiolect.dataset.workshop import History, Workshop, lost
from idiolect.errors import SourceError
from idiolect.pack import Tool
from idiolect.recipe import DatasetRecipe, Source
from idiolect.sandbox import Failed
from idiolect.sources import branches, commits, forge, gates, languages, reviews, rules
from idiolect.sources.commits import Planned
from idiolect.sources.forge import Forge
from idiolect.sources.gitread import Repository
from idiolect.sources.reviews import Joined
from idiolect.sources.rules import Rules
from idiolect.types import Change, Document, Dropped, Sample

MOST_CHANGES = 5_000
"""Commits of one source that are read, the newest ones: older edits teach what the team has left behind, and memory is finite."""

MOST_SIGNALS = 300

Exports = Sequence[tuple[str, Path]]
"""Label and path of each file that a forge's command line wrote."""


@dataclass(frozen=True)
class Committed:
    """A commit that something can be made of."""

    plan: Planned
    change: Change
    """With its licence, without its edits: those are read again where they are needed."""
    paths: tuple[str, ...]
    """Of the files whose edits are kept."""


@dataclass
class Material:
    """What one source gives to the makers, and what it keeps from them."""

    source: Source
    cut: cut.Cut
    repository: Repository
    told: Rules
    """Of the tree at the cut."""
    documents: list[Stored] = field(default_factory=list)
    """As they stood at the cut."""
    changes: list[Committed] = field(default_factory=list)
    """Commits that the cut contains, oldest first."""
    threads: list[Committed] = field(default_factory=list)
    """Review threads of these commits, and commits that rework what others have just written."""
    branches: list[Committed] = field(default_factory=list)
    """Merged branches of several of these commits, each as one."""
    mended: frozenset[str] = frozenset()
    """Ids of the commits of a slip that the next one mended (`slips`)."""
    renames: list[tuple[str, str]] = field(default_factory=list)
    """Old and new path, of the same commits."""
    candidates: list[Sample] = field(default_factory=list)
    """Time probes, before anybody asked whether they stand in the lessons."""
    roots: frozenset[str] = frozenset()
    """Ids of its commits without a parent: two repositories that share one began as the same."""
    remarks: list[str] = field(default_factory=list)
    """What a person should know about how it could be read."""
    admission: dict[str, object] = field(default_factory=dict)
    """What it shows of itself, and the verdict (`admission.row`)."""
    signals: dict[str, int] = field(default_factory=dict)
    """Of a few hundred files, how many a web-scale filter would have held something against, by signal; none is dropped for it."""

    def wrong(self) -> dict[str, str]:
        """Ids of the commits that teach nothing, with the reason: mended at once, or taken back."""
        alone = [one.change for one in self.changes]
        every = sorted([*alone, *(one.change for one in self.branches)], key=lambda one: one.time)
        reverted = wishes.reverted(alone) | wishes.reverted(every)  # a branch is often called as one of its commits is
        return dict.fromkeys(self.mended, "mended soon") | dict.fromkeys(reverted, "reverted")


class Reader:
    """Reads the sources of one build."""

    def __init__(
        self, recipe: DatasetRecipe, funnel: Funnel, scrubbing: Scrubbing, workshop: Workshop, linters: Sequence[Tool] = ()
    ) -> None:
        self.recipe, self.funnel, self.scrubbing, self.workshop, self.linters = recipe, funnel, scrubbing, workshop, linters
        self.makers, self.of_threads = at_work(OF_CHANGES, recipe.makers), at_work(OF_THREADS, recipe.makers)
        self.of_branches = at_work(OF_BRANCHES, recipe.makers)

    def read(self, source: Source, repository: Repository, exports: Exports = ()) -> Material:
        """Read a source up to its cut, with what a forge says of it.

        A source that is not admitted gives nothing, one with nothing to learn from is a SourceError.
        """
        told = rules.of(source, repository, repository.head, self.recipe.without)
        shown = admission.facts(repository, told, self.linters)
        row, remarks = admission.row(source, shown), [admission.sentence(shown), *sources.remarks(repository)]
        admitted = next(iter(self.funnel.sift("admit", "sources", [admission.judged(source, shown)])), None)
        if admitted is None:
            head = repository.first_parents()[-1]
            reasons = "; ".join(admission.misses(source, shown))
            chosen = cut.none(head.id, head.committed, f"not admitted: {reasons}")
            return Material(source, chosen, repository, told, remarks=remarks, admission=row)
        self.funnel.expect("documents", "read")
        self.funnel.expect("commits", "history")
        chosen, candidates = self._cut(told, repository)
        told = told if chosen.commit == repository.head else rules.of(admitted, repository, chosen.commit, self.recipe.without)
        material = Material(admitted, chosen, repository, told, candidates=candidates, remarks=remarks, admission=row)
        self._fill(material, exports)
        return material

    def _fill(self, material: Material, exports: Exports) -> None:
        """Read the files and the commits of a source that is admitted, and say what is worth saying of them."""
        repository, told, until = material.repository, material.told, material.cut.commit
        found = [self.scrubbing.document(one) for one in self.workshop.documents(told, repository, until, self.recipe.max_file_bytes)]
        material.documents = list(self.funnel.sift("read", "documents", found))
        sources.some(material.documents, [one for one in found if isinstance(one, Dropped)], repository, until)
        history = repository.commits(until)
        joined = Joined(self._forge(exports, repository, told.source.name), history)
        planned = commits.planned(told, repository, until, MOST_CHANGES)
        plans = (one._replace(change=joined.told(one.change)) if isinstance(one, Planned) else one for one in planned)
        material.changes = list(self.funnel.sift("history", "commits", self._changes(told, repository, plans, self.makers)))
        merged = branches.planned(told, repository, history[:MOST_CHANGES]) if self.of_branches else ()
        material.branches = list(self.funnel.sift("branches", "branches", self._changes(told, repository, merged, self.of_branches)))
        material.mended = self.workshop.mended(repository, [one.plan for one in material.changes])
        threads = reviews.threads(joined, told, repository) if "review" in self.of_threads else ()
        reworked = reviews.followups(history[:MOST_CHANGES], told, repository.key) if "followup" in self.of_threads else ()
        material.threads = list(
            self.funnel.sift("reviews", "threads", self._changes(told, repository, chain(threads, reworked), self.of_threads))
        )
        material.renames = [(touch.old_path, touch.path) for commit in history for touch in commit.touches if touch.status == "R"]
        material.roots = frozenset(commit.id for commit in history if not commit.parents)
        if told.lacking:
            named = ", ".join(map(sources.shown, told.lacking[:3]))
            material.remarks.append(f"lacks {named}, or they are too large: what they say is unknown")
        material.remarks += [*_hidden(material.documents), *syntax.remarks(material.documents, languages.PROSE)]
        material.signals = _signals(material.documents)

    def _forge(self, exports: Exports, repository: Repository, source: str) -> Forge:
        """What the exports of a source hold, counted."""
        found = forge.read(exports, repository.key, self.recipe.without)
        if exports:
            dropped = (self.scrubbing.dropped(one.model_copy(update={"source": source})) for one in found.dropped)
            self.funnel.count("forge", "entries", found.kept, dropped)
        return found

    def _changes(
        self, told: Rules, repository: Repository, planned: Iterable[Planned | Dropped], makers: Sequence[str]
    ) -> Iterator[Committed | Dropped]:
        """The commits that something can be made of, in their order, or why nothing can."""
        plans: list[Planned] = []
        for one in planned:
            if isinstance(one, Planned):
                plans.append(one)
            else:
                yield self.scrubbing.dropped(one)
        results = self.workshop.changes(History(repository, told, self.recipe.max_file_bytes), plans, makers)
        for plan, found in zip(plans, results, strict=True):
            if isinstance(found, Failed) and found.reason != "missing":
                yield lost(found, plan.change.commit, told.source.name)
            elif isinstance(found, Failed | str):
                reason = found if isinstance(found, str) else found.reason
                yield Dropped(reason=reason, what=plan.change.commit, source=told.source.name)
            else:
                read = Read(*found)
                self.scrubbing.history(read.findings, plan.change.commit)
                yield Committed(plan, replace(plan.change, licence=read.licence), read.paths)

    def _cut(self, told: Rules, repository: Repository) -> tuple[cut.Cut, list[Sample]]:
        """The cut, and the candidates after it. Where history cannot be compared, everything is for lessons."""
        head = repository.first_parents()[-1]
        if repository.notes.form != "repository":
            return cut.none(head.id, 0, f"a plain {repository.notes.form} has no history"), []
        if told.source.role not in ("team", "reference"):
            return cut.none(head.id, head.committed, f"a source in the role '{told.source.role}' has no time probes"), []
        try:
            return self._cut_by_time(told, repository)
        except SourceError as error:
            return cut.none(head.id, head.committed, f"commits could not be compared: {error.what}"), []

    def _cut_by_time(self, told: Rules, repository: Repository) -> tuple[cut.Cut, list[Sample]]:
        now: dict[str, Stored] = {}
        refused: set[str] = set()
        for item in self.workshop.documents(told, repository, repository.head, self.recipe.max_file_bytes):
            if isinstance(item, Dropped):
                refused.add(item.what)
            else:
                now[item.path] = item
        units: dict[str, tuple[probes.Unit, ...]] = {}

        def after(commit: str) -> list[tuple[str, probes.Unit]]:
            added = history.new_lines(repository.git, commit, repository.head, now.__contains__)
            fresh = [now[path] for path in sorted(added) if path not in units]
            units.update({one.path: () for one in fresh})
            units.update((one.path, found) for one, found in self.funnel.sift("places", "documents", self.workshop.holes(fresh)))
            return probes.choose(added, lambda path: units[path])

        def counts(path: str) -> bool:
            """Whether lines of this file count: one that stands at HEAD and is refused there for its content was never admitted."""
            return path not in refused and told.admits(path)

        steps = history.chain(repository.git, repository.head, counts)
        chosen = cut.choose(steps, lambda commit: len(after(commit)), candidates=self.recipe.candidates, max_after=self.recipe.max_after)
        found = [(now[path], unit) for path, unit in after(chosen.commit)] if chosen.candidates else []
        for document, _ in found:
            self.scrubbing.counted("history", document)
        return chosen, [probes.probe(document, unit) for document, unit in found]


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
