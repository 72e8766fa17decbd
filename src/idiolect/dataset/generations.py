"""Which files stand in the place of which, by the generations that a vocabulary orders, and the migrations that they give.

Labels are known to the coordinator alone, and files of two repositories may have one path: so these lessons are made by the coordinator,
of the few files whose generation is decided and that define a name of another's.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from idiolect.dataset.makers.migrate import SEVERAL, superseded
from idiolect.dataset.marking import Book
from idiolect.dataset.stored import Stored
from idiolect.dataset.workshop import Workshop
from idiolect.types import Dropped, Sample, Span

MOST_OLDER = 8
"""Older files beyond which a name that they define says nothing of who stands in whose place."""
Ages = Mapping[str, Collection[str]]
"""The values of one name that none supersedes, each with those that it took the place of."""


def migrations(documents: Sequence[Stored], book: Book, workshop: Workshop) -> list[Sample | Dropped]:
    """What `superseded` makes of these files, which all are of one side, with the labels of the file that answers."""
    found: list[Sample | Dropped] = []
    for name, ages in book.vocabulary.generations().items():
        told = ((one, book.files.get((one.source, one.path), {}).get(name, ())) for one in documents)
        found += alone(lesson for group in _groups(told, ages, workshop) for lesson in _of(group))
    return [_marked(one, book) for one in found]


def alone(made: Iterable[Sample | Dropped]) -> Iterator[Sample | Dropped]:
    """The same, but where an old form has several answers none of them is sure."""
    items = list(made)
    answers = Counter(_old(one) for one in items if isinstance(one, Sample))
    for one in items:
        if isinstance(one, Sample) and answers[_old(one)] > 1:
            span = one.origins[0]
            yield Dropped(reason=SEVERAL, what=span.path, source=span.source, detail=_old(one).path)
        else:
            yield one


def _of(group: list[Stored] | Dropped) -> Iterable[Sample | Dropped]:
    return [group] if isinstance(group, Dropped) else superseded(group)


def _groups(told: Iterable[tuple[Stored, Sequence[str]]], ages: Ages, workshop: Workshop) -> Iterator[list[Stored] | Dropped]:
    """Each file of a generation that nothing supersedes, and after it those of older ones that define a name that it defines too."""
    ordered = {value for value, older in ages.items() for value in (value, *older)}
    files: list[tuple[Stored, str]] = []
    for document, values in told:
        if len(its := ordered.intersection(values)) == 1:
            files.append((document, its.pop()))
        elif its:
            yield Dropped(reason="of several generations", what=document.path, source=document.source, detail=" ".join(sorted(its)))
    named = list(workshop.named([document for document, _ in files]))
    defining: defaultdict[str, list[int]] = defaultdict(list)
    for number, names in enumerate(named):
        for name in () if files[number][1] in ages else dict.fromkeys(names):
            defining[name].append(number)
    for (document, value), names in zip(files, named, strict=True):
        if value in ages:
            near = dict.fromkeys(number for name in names if len(defining[name]) <= MOST_OLDER for number in defining[name])
            yield [document, *(files[number][0] for number in near if files[number][1] in ages[value])]


def _old(lesson: Sample) -> Span:
    return lesson.origins[-1]


def _marked(item: Sample | Dropped, book: Book) -> Sample | Dropped:
    if isinstance(item, Dropped):
        return item
    new = item.origins[0]
    return item.model_copy(update={"labels": {**item.labels, **book.of(new.source, [new.path])}})
