"""implement: the team's tests of a unit, answered by the unit; and tested: the names of its tests, answered by the unit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from idiolect.dataset.makers import scope
from idiolect.dataset.makers.cases import Case, cases, counting, mentioned
from idiolect.dataset.makers.material import BUDGET, Material, dropped, labels, seeded
from idiolect.dataset.makers.pairs import Names, Pair, paired
from idiolect.dataset.makers.prose import words_of
from idiolect.dataset.makers.tangles import stem, stems
from idiolect.dataset.makers.write import Request, lesson, own_wish, unfit
from idiolect.syntax import Unit
from idiolect.types import Dropped, Message, Sample

FRAMES = (
    "Write {what} in `{path}` so that these tests of ours pass.\n\n`{test}`\n{cases}",
    "`{test}`\n{cases}\n\nImplement {what} (`{path}`) for these tests.",
    "These tests ask for {what}:\n{cases}\n\nWrite it; it belongs in `{path}`.",
    "What does {what} in `{path}` look like, given its tests?\n\n`{test}`\n{cases}",
    "Here is what `{test}` expects:\n{cases}\n\nWrite {what} for `{path}`.",
)
AROUND = "Around it in the file:"
FRAME = 300
"""Bytes that a request's own words and paths may take."""
MOST_UNITS = 6
"""Units of one pair that are asked for, those first that most of its tests name."""
MOST_CASES = 4
"""Tests of a unit that are shown."""
FEWEST_SAID, MOST_SAID = 2, 5
"""Names of tests that say together what a unit has to do."""
FEWEST_WORDS = 4
"""Of such a name, besides those of the unit."""
_HOLDERS = frozenset({"class", "struct", "interface", "enum"})
SAID = 0.9
"""What the names of tests are worth, of how sure the pair is."""


class Subject(NamedTuple):
    """A unit and the tests that are about it more than about any other."""

    pair: Pair
    unit: Unit
    cases: list[Case]
    found: list[Unit]
    """All units of its file."""


def implement(material: Material, *, budget: int = BUDGET) -> Iterator[Sample | Dropped]:
    """Functions, methods and classes of pairs of at least 0.8 confidence, asked for by the tests that are about them."""
    for subject in _subjects(material):
        yield _lesson(subject, budget) if isinstance(subject, Subject) else subject


def tested(material: Material, *, budget: int = BUDGET) -> Iterator[Sample | Dropped]:
    """The same units, where no words of their own ask for them, asked for by what the names of their tests say."""
    for subject in _subjects(material):
        yield _told(subject, budget) if isinstance(subject, Subject) else subject


def _subjects(material: Material) -> Iterator[Subject | Dropped]:
    for found, alone in paired(material):
        yield from (dropped(test, reason) for test, reason in alone)
        for pair in found:
            subjects = _of_pair(pair)
            yield from subjects[:MOST_UNITS]
            yield from (dropped(pair.tested, "many units of one file", one.unit.name) for one in subjects[MOST_UNITS:])
            if not subjects:
                yield dropped(pair.test, "tests nothing that can be named")


def _of_pair(pair: Pair) -> list[Subject]:
    """The units that tests are about, those with most tests first."""
    found = Names(pair.tested).units
    of: dict[Unit, list[Case]] = defaultdict(list)
    for case in cases(pair.test):
        if unit := _about(case, found):
            of[unit].append(case)
    return [Subject(pair, unit, of[unit], found) for unit in sorted(of, key=lambda unit: (-len(of[unit]), unit.start))]


def _about(case: Case, found: Sequence[Unit]) -> Unit | None:
    """The unit that a test is about: one whose words stand in its name, else the only one that it calls; a class where that is all."""
    about, count, said = mentioned(case.text, found), counting(case.text), stems(case.name)
    within = [unit for unit in about if unit.kind not in _HOLDERS] or about[:1]

    def shared(unit: Unit) -> int:
        return len(said & {stem(word) for word in words_of(unit.name)})

    best = max(within, key=lambda unit: (shared(unit), count(unit), -unit.start), default=None)
    return best if best and (shared(best) or len(within) == 1) else None


def _lesson(subject: Subject, budget: int) -> Sample | Dropped:
    pair, unit = subject.pair, subject.unit
    if reason := unfit(pair.tested, unit, budget):
        return dropped(pair.tested, reason, unit.name)
    start, end = scope.whole(unit, pair.tested.data)
    code = pair.tested.data[start:end].decode()
    choose = seeded("implement", pair.tested.path, unit.parents, unit.name, code)
    shown = _within(subject.cases, budget - (end - start) - FRAME)
    if not shown:
        return dropped(pair.tested, "tests over budget", unit.name)
    tests = scope.code(pair.test, [(case.start, case.end) for case in shown], between="\n\n")
    what = f"the {unit.kind} `{scope.qualified(unit, pair.tested.language)}`"
    fence = scope.fenced(tests.text, pair.test.language)
    request = choose.choice(FRAMES).format(what=what, path=pair.tested.path, test=pair.test.path, cases=fence)
    around = scope.around(pair.tested, unit, subject.found, signature=False)
    fits = around.text and len(request.encode()) + len(around.text.encode()) + end - start <= budget
    return Sample(
        prompt=(
            Message(role="user", content=request + (f"\n\n{AROUND}\n{scope.fenced(around.text, pair.tested.language)}" if fits else "")),
        ),
        answer=scope.fenced(code, pair.tested.language),
        kind="spec",
        maker="implement",
        labels=labels(pair.tested.language),
        confidence=pair.confidence,
        origins=(pair.tested.span(start, end), *tests.origins, *(around.origins if fits else ())),
    )


def _within(found: Sequence[Case], room: int) -> list[Case]:
    """As many tests as fit, those first that come first."""
    kept: list[Case] = []
    for case in found:
        if len(kept) < MOST_CASES and sum(one.end - one.start for one in kept) + case.end - case.start <= room:
            kept.append(case)
    return kept


def _told(subject: Subject, budget: int) -> Sample | Dropped:
    pair, unit = subject.pair, subject.unit
    if reason := unfit(pair.tested, unit, budget):
        return dropped(pair.tested, reason, unit.name)
    if unit.doc and own_wish(pair.tested, unit) != ("", None):
        return dropped(pair.tested, "says itself what it is for", unit.name)
    said = {case.name: case for case in subject.cases if _says(case, unit)}
    if len(said) < FEWEST_SAID:
        return dropped(pair.tested, "tests say too little", unit.name)
    chosen = list(said.values())[:MOST_SAID]
    wish = "Our tests say of it:\n" + "\n".join(f"- {case.name}" for case in chosen)
    spans = tuple(pair.test.span(case.start, case.end) for case in chosen)
    asked = Request(wish, "tested", round(pair.confidence * SAID, 2), spans)
    return lesson(pair.tested, unit, subject.found, asked, budget)


def _says(case: Case, unit: Unit) -> bool:
    """Whether the name of a test names the unit, and says enough of it besides."""
    own = words_of(unit.name)
    return bool(stems(case.name) & set(map(stem, own))) and len(set(words_of(case.name)) - set(own)) >= FEWEST_WORDS
