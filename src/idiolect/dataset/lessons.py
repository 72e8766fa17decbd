"""From documents to lessons: makers, labels and filters of packs, weights, and the merging of equal samples.

The lessons of a build are more than memory holds. They are made once, kept in the private cache by what they were made of, and
gone through as often as needed: `Lessons.of` gives the same ones in the same order each time.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from itertools import chain
from typing import Any

from idiolect.dataset import examples, generations, linting, migrations, units
from idiolect.dataset.difficulty import graded
from idiolect.dataset.duplicates.dedupe import dedupe
from idiolect.dataset.examples import Examples
from idiolect.dataset.funnel import Funnel
from idiolect.dataset.gathering import Past, of_neighbours, of_pairs, of_prose
from idiolect.dataset.linting import Looked
from idiolect.dataset.makers import (
    MAKERS,
    OF_BRANCHES,
    OF_CHANGES,
    OF_CHECKS,
    OF_FILES,
    OF_GENERATIONS,
    OF_NEIGHBOURS,
    OF_PAIRS,
    OF_PROSE,
    OF_THREADS,
    at_work,
)
from idiolect.dataset.makers.diff import weight
from idiolect.dataset.marking import Book
from idiolect.dataset.reading import Committed, Material
from idiolect.dataset.sent import Origin, Row, Sent, opened, refused
from idiolect.dataset.splits import Key, Side, Splits
from idiolect.dataset.stored import Stored
from idiolect.dataset.units import Read
from idiolect.dataset.wording import Wording
from idiolect.dataset.workshop import Group, History, Workshop, lost
from idiolect.errors import DataError
from idiolect.fitting import fitted
from idiolect.pack import Labeller, Pack
from idiolect.recipe import DatasetRecipe, Source
from idiolect.sandbox import Failed
from idiolect.types import Document, Dropped, Role, Sample, Span, trusted

SIDES: tuple[Side, ...] = ("train", "validation")
"""The sides that lessons are made of."""
ROLE_WEIGHTS: dict[Role, float] = {"reference": 2.0, "public": 0.5}
NEAR_BUDGET = 0.05
"""By how much the distinct bytes of `lessons_from` may miss their budget."""
BYTES_PER_TOKEN = 3
"""Of code, at least, in the vocabularies of code models; a dataset knows no tokenizer, as several models may learn from it."""
STANDING = 0.5
"""Of a unit that a commit added, the share of its lines that stands at the cut at least."""

Labels = Mapping[str, tuple[str, ...]]
Made = Iterator[tuple[str, Sent | Sample | Dropped]]
"""With the name of the maker."""


@dataclass
class Portion:
    """What one source gives to one side."""

    material: Material
    documents: list[Stored]
    changes: list[Committed]
    threads: list[Committed]
    branches: list[Committed]


class Lessons:
    """The lessons of a build, which can be gone through again and again."""

    def __init__(
        self, portions: Mapping[Side, Sequence[Portion]], packs: Sequence[Pack], workshop: Workshop, told: DatasetRecipe, book: Book
    ) -> None:
        self.portions, self.packs, self.workshop, self.book = portions, packs, workshop, book
        self.max_bytes, self.longest = told.max_file_bytes, told.max_tokens * BYTES_PER_TOKEN
        every = (OF_CHANGES, OF_THREADS, OF_PAIRS, OF_PROSE, OF_FILES, OF_NEIGHBOURS, OF_GENERATIONS, OF_BRANCHES)
        self.at_work = tuple(at_work(names, told.makers) for names in every)
        self._gathered: dict[int, list[Group]] = {}
        self._looked: dict[int, list[Looked | Dropped]] = {}
        self.linters = linting.named(packs, told.makers)
        self._migrated: dict[Side, list[Sample | Dropped]] = {}
        self.examples: Sequence[Examples] = ()
        """Rows, which are lessons already."""

    def of(self, side: Side, funnel: Funnel) -> Iterator[Sent | Sample]:
        """Every lesson of a side, sources in the order of the recipe; what became of the others goes to the funnel."""
        theirs = (f"{pack.name} {number}" for pack in self.packs for number in range(1, len(pack.makers) + 1))
        if self.linters:
            funnel.expect("commits", "look")
        funnel.expect("samples", *(f"make {name}" for name in (*chain(*self.at_work), *theirs, *(["rows"] if self.examples else []))))
        for portion in self.portions[side]:
            if self.linters:
                deque(funnel.sift("look", "commits", self._linted(portion)), maxlen=0)
            made = _counted(chain(self._made(portion), self._of_generations(side, portion)), funnel)
            yield from self._of_packs(portion, made, funnel) if self.packs else made
        for one in self.examples:
            rows = funnel.sift("make rows", "samples", examples.lessons(one, side, self.packs))
            kept = funnel.sift("filter", "samples", _filtered(rows, self.packs)) if self.packs else rows
            yield from weighed(self._fitted(kept, funnel), one.source)

    def _fitted(self, lessons: Iterable[Sample], funnel: Funnel) -> Iterator[Sample]:
        """Lessons that others made, none of them too long."""
        return funnel.sift("fit", "samples", (fitted(graded(one), self.longest) for one in lessons))

    def _made(self, portion: Portion) -> Made:
        """What our own makers make, those of human words first (`Wording`): of commits, of pairs, of prose, of files, of those around."""
        source = portion.material.source
        past = Past(portion.material.documents, portion.material.renames)
        of_changes = self._of_changes(portion, portion.changes, self.at_work[0], past)
        for name, item in migrations.judged(of_changes, portion.documents, portion.material.renames):
            if name == "migrate" and isinstance(item, Sample):  # it is another lesson now, of no age
                yield from ((name, self._taught(graded(self.book.marked(one)))) for one in weighed([item], source))
            else:
                yield name, item
        looked = [one for one in self._linted(portion) if isinstance(one, Looked) and one.found]
        yield from self._of_changes(portion, [one.committed for one in looked], OF_CHECKS, past, [one.found for one in looked])
        yield from self._of_changes(portion, portion.threads, self.at_work[1], past)
        yield from self._of_changes(portion, portion.branches, self.at_work[-1], past)
        groups = self._groups(portion, past)
        for group, found in zip(groups, self.workshop.lessons(groups), strict=True):
            if isinstance(found, Failed):
                yield group.names[0], lost(found, group.documents[0].path, source.name)
            else:
                marks = partial(self.book.of, source.name)
                yield from _told(found, source, Sent((), _in_files(group.documents), counted(source), marks=marks))

    def _groups(self, portion: Portion, past: Past) -> list[Group]:
        """The files that makers are given together; lessons are gone through twice, and these are found once."""
        if id(portion) not in self._gathered:
            _, _, paired, prosaic, single, around, *_ = self.at_work
            documents = portion.documents
            groups = of_pairs(paired, documents, portion.changes, past) + of_prose(prosaic, documents, self.workshop)
            groups += [Group(single, [one]) for one in documents if single]
            self._gathered[id(portion)] = groups + of_neighbours(around, documents, self.workshop)
        return self._gathered[id(portion)]

    def _linted(self, portion: Portion) -> list[Looked | Dropped]:
        """What tools of packs said of the commits; lessons are gone through twice, and this is asked once."""
        if id(portion) not in self._looked:
            history = History(portion.material.repository, portion.material.told, self.max_bytes)
            found = linting.looked(self.workshop, history, portion.changes, self.linters) if self.linters else ()
            self._looked[id(portion)] = list(found)
        return self._looked[id(portion)]

    def _of_generations(self, side: Side, portion: Portion) -> Made:
        """Migrations that end in a source's files and begin in whichever source's of this side; they too are found once."""
        *_, names, _ = self.at_work
        source = portion.material.source
        if names and side not in self._migrated:
            documents = [document for one in self.portions[side] for document in one.documents]
            self._migrated[side] = generations.migrations(documents, self.book, self.workshop)
        for item in self._migrated.get(side, ()):
            if isinstance(item, Dropped):
                if item.source == source.name:
                    yield names[0], item
            elif item.origins[0].source == source.name:
                yield from ((names[0], self._taught(graded(one))) for one in weighed([item], source))

    def _of_changes(
        self, portion: Portion, changes: Sequence[Committed], names: Sequence[str], past: Past, looked: Sequence[Mapping[str, Any]] = ()
    ) -> Made:
        """What these makers make of these commits; what was taken back or mended at once teaches nothing."""
        material = portion.material
        wrong = material.wrong()
        newest = max((one.change.time for one in (*material.changes, *material.branches)), default=0)
        plans = [one.plan for one in changes]
        results = self.workshop.changes(History(material.repository, material.told, self.max_bytes), plans, names, looked)
        for one, found in zip(changes, results, strict=True):
            gone = _not_read(one.change.commit, found, wrong, material.source)
            if gone:
                yield from ((name, gone) for name in names)
                continue
            judge = partial(_judged, newest - one.change.time, past, one.change.commit)
            marks = partial(self.book.of, material.source.name, commit=one.change.commit)
            told = _told(Read(*found).made, material.source, Sent((), _in_commit(one), counted(material.source), judge, marks))
            yield from ((name, current(name, item, past, one.change.commit)) for name, item in told)

    def _of_packs(self, portion: Portion, made: Iterator[Sent | Sample], funnel: Funnel) -> Iterator[Sample]:
        """With what the packs' own makers make, labelled and filtered by the packs."""
        documents = [one for one in portion.documents if one.role != "legacy"]
        every = self._and_theirs(documents, map(opened, made), funnel, portion.material.source)
        yield from funnel.sift("filter", "samples", _filtered(_labelled(every, documents, self.packs), self.packs))

    def _and_theirs(self, documents: Sequence[Document], made: Iterator[Sample], funnel: Funnel, source: Source) -> Iterator[Sample]:
        yield from made
        for pack in self.packs:
            for number, extra in enumerate(pack.makers, 1):
                found = (self.book.marked(one) if isinstance(one, Sample) else one for one in map(self._taught, extra(documents)))
                yield from weighed(self._fitted(funnel.sift(f"make {pack.name} {number}", "samples", found), funnel), source)

    def _taught(self, item: Sample | Dropped) -> Sample | Dropped:
        """A lesson of a pack, unless its answer held a secret."""
        if isinstance(item, Sample) and units.teaches(item, self.workshop.scrubber):
            return Dropped(reason=units.SECRET_ANSWER, what=item.id, source=item.origins[0].source if item.origins else "")
        return item


def portions(materials: Sequence[Material], kept: Iterable[Stored], divided: Splits, funnel: Funnel) -> dict[Side, list[Portion]]:
    """The files and commits of each source on each side, sources in the order given."""
    files: dict[Key, list[Stored]] = defaultdict(list)
    for document in kept:
        files[document.source, divided.side(document.source, document.path)].append(document)
    found: dict[Side, list[Portion]] = {side: [] for side in SIDES}
    for material in materials:
        changes: dict[Side, list[Committed]] = {side: [] for side in SIDES}
        threads: dict[Side, list[Committed]] = {side: [] for side in SIDES}
        for side, change in funnel.sift("split", "commits", sided(material.changes, divided)):
            changes[side].append(change)
        for side, change in funnel.sift("split reviews", "threads", sided(material.threads, divided)):
            threads[side].append(change)
        branches: dict[Side, list[Committed]] = {side: [] for side in SIDES}
        for side, change in funnel.sift("split branches", "branches", sided(material.branches, divided)):
            branches[side].append(change)
        for side in SIDES:
            found[side].append(Portion(material, files[material.source.name, side], changes[side], threads[side], branches[side]))
    return found


def sided(changes: Iterable[Committed], splits: Splits) -> Iterator[tuple[Side, Committed] | Dropped]:
    """The side of each commit: that of its files; one that touches several sides is dropped, and one of held-out files."""
    for one in changes:
        source = one.change.source
        sides = {splits.side(source, path) for path in one.paths} or {"train"}
        if len(sides) == 1 and sides <= set(SIDES):
            yield sides.pop(), one
        else:
            reason = "crosses-split" if len(sides) > 1 else "held-out"
            yield Dropped(reason=reason, what=one.change.commit, source=source)


def counted(source: Source) -> float:
    """How much the lessons of a source count."""
    return source.weight * ROLE_WEIGHTS.get(source.role, 1.0)


def weighed(samples: Iterable[Sample], source: Source) -> Iterator[Sample]:
    """The samples, counting as much as their source does."""
    factor = counted(source)
    return (one if factor == 1 else one.model_copy(update={"weight": one.weight * factor}) for one in samples)


def _not_read(commit: str, found: Any, wrong: Mapping[str, str], source: Source) -> Dropped | None:
    """Why nothing is made of a commit: what became of it, or that reading it gave nothing."""
    if reason := wrong.get(commit) or (found if isinstance(found, str) else ""):
        return Dropped(reason=reason, what=commit, source=source.name)
    return lost(found, commit, source.name) if isinstance(found, Failed) else None


def _counted(made: Made, funnel: Funnel) -> Iterator[Sent | Sample]:
    """What is kept of one source's lessons; there are many, and each is counted in a step of its maker."""
    wording = Wording()
    for name, item in made:
        judged = wording.judged(item)
        if isinstance(judged, Dropped):
            funnel.drop(f"make {name}", "samples", judged)
        else:
            funnel.count(f"make {name}", "samples", 1)
            yield judged


def _judged(age: int, past: Past, commit: str, sample: Sample) -> float:
    """How much a lesson of a commit counts for its age and for what of it still stands at the cut."""
    return weight(age, past.standing(sample, commit))


def current(name: str, item: Sent | Sample | Dropped, past: Past, commit: str) -> Sent | Sample | Dropped:
    """The lesson, unless it asks for a unit that the team has thrown away since."""
    if name != "added" or isinstance(item, Dropped) or past.standing(sample := opened(item), commit) >= STANDING:
        return item
    return Dropped(reason="not current", what=commit, source=sample.origins[0].source, detail=sample.origins[0].path)


def _told(found: Iterable[tuple[str, Iterable[Row]]], source: Source, like: Sent) -> Made:
    """Each lesson, with all but its row as `like` has it, or why there is none."""
    for name, rows in found:
        for row in rows:
            yield name, refused(row, source.name) or like._replace(row=row)


def _in_files(documents: Sequence[Document]) -> Origin:
    """Whose the bytes of a lesson are that was made of these files."""
    files = {one.path: one for one in documents}

    def origin(_: str, path: str, start: int, end: int) -> Span:
        one = files[path]
        return trusted(
            Span,
            source=one.source,
            commit=one.commit,
            path=path,
            start=start,
            end=end,
            time=one.time,
            authors=one.authors,
            licence=one.licence,
        )

    return origin


def _in_commit(one: Committed) -> Origin:
    """Whose the bytes of a lesson are that was made of a commit: what stood before it was read at its parent, rows of a forge at none."""
    change = one.change
    said = {words.origin: words for words in change.said}

    def origin(commit: str, path: str, start: int, end: int) -> Span:
        words = None if commit else said.get((path, start, end))
        return trusted(
            Span,
            source=change.source,
            commit=commit,
            path=path,
            start=start,
            end=end,
            time=(words.time if words else 0) or change.time,
            authors=(words.author if words else change.author,),
            licence=change.licence,
        )

    return origin


def united(first: Sample, labels: Labels, origins: Iterable[Span], weight: float) -> Sample:
    """A sample that stands for others of equal id too: with the labels and origins of all, and the greatest weight."""
    spans = tuple(dict.fromkeys((*first.origins, *origins)))
    return first.model_copy(update={"labels": both(first.labels, labels), "origins": spans, "weight": max(first.weight, weight)})


def both(labels: Labels, others: Labels) -> dict[str, tuple[str, ...]]:
    """Labels with the names and values of others added."""
    return {name: tuple(dict.fromkeys((*labels.get(name, ()), *others.get(name, ())))) for name in {**labels, **others}}


def lessons_from(
    documents: Iterable[Document], budget: Mapping[str, int] | None = None, names: Collection[str] = ("raw", "fim")
) -> list[Sample]:
    """Lessons of any documents, without history: what a placebo is made of.

    `budget` says how many distinct bytes of each language to take, after duplicates are gone; files are taken in the order
    of their content's hash. Too little of a language (more than 5 % under its budget) is a DataError.
    """
    kept = dedupe(list(documents)).kept
    taken = kept if budget is None else [document for language in sorted(budget) for document in _taken(kept, language, budget[language])]
    made: dict[str, Sample] = {}
    for sample in (sample for name in names for sample in MAKERS[name](taken) if isinstance(sample, Sample)):
        first = made.get(sample.id)
        made[sample.id] = united(first, sample.labels, sample.origins, sample.weight) if first else sample
    return list(made.values())


def _taken(documents: Sequence[Document], language: str, budget: int) -> list[Document]:
    """Files of a language with about so many bytes: whatever still fits, in the order of a hash."""
    taken: list[Document] = []
    size = 0
    ours = [document for document in documents if document.language == language]
    for document in sorted(ours, key=lambda one: hashlib.sha256(one.data).digest()):
        if size + len(document.data) <= budget:
            taken.append(document)
            size += len(document.data)
    if size < budget * (1 - NEAR_BUDGET):
        raise DataError(f"{size:,} distinct bytes of {language} where {budget:,} are needed", next="give more code in this language")
    return taken


def _labelled(samples: Iterable[Sample], documents: Iterable[Document], packs: Sequence[Pack]) -> Iterator[Sample]:
    """Samples with what the packs say of the files that they come from."""
    labellers = [pack.label for pack in packs if pack.label]
    labels = {(document.source, document.path): _labels(document, labellers) for document in documents} if labellers else {}
    for sample in samples:
        together = reduce(both, (labels.get(place, {}) for place in _places(sample)), sample.labels) if labels else sample.labels
        yield sample if together == sample.labels else sample.model_copy(update={"labels": together})


def _labels(document: Document, labellers: Iterable[Labeller]) -> dict[str, tuple[str, ...]]:
    return reduce(both, (labeller(document) for labeller in labellers), {})


def _places(sample: Sample) -> list[Key]:
    return list(dict.fromkeys((span.source, span.path) for span in sample.origins))


def _filtered(samples: Iterable[Sample], packs: Sequence[Pack]) -> Iterator[Sample | Dropped]:
    filters = [one for pack in packs for one in pack.filters]
    for sample in samples:
        reason = next((said for one in filters if (said := one(sample))), None)
        yield Dropped(reason=reason, what=sample.id, source=sample.origins[0].source if sample.origins else "") if reason else sample
