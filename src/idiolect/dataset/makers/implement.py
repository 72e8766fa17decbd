"""implement: the team's tests of a unit, answered by the unit; and tested: the names of its tests, answered by the unit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from idiolect.dataset.makers import grounds, scope
from idiolect.dataset.makers.cases import Case
from idiolect.dataset.makers.material import BUDGET, Material, dropped, labels, seeded
from idiolect.dataset.makers.prose import words_of
from idiolect.dataset.makers.subjects import BEFORE, CLASSES, Subject, held, setting, subjects
from idiolect.dataset.makers.tangles import stem, stems
from idiolect.dataset.makers.write import BEGINS, Request, lesson, own_wish, unfit
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
MOST_CASES = 4
"""Tests of a unit that are shown."""
FEWEST_SAID, MOST_SAID = 2, 5
"""Names of tests that say together what a unit has to do."""
FEWEST_WORDS = 4
"""Of such a name, besides those of the unit."""
SAID = 0.9
"""What the names of tests are worth, of how sure the pair is."""
MUCH, LITTLE, PER_NAME = 1.0, 0.08, 10
"""Lines of code for each line of the tests that ask for it, at most and at least; and for each name of a test, at most.

Of lessons read by hand with no more code than tests, 28 of 40 were good; of those with more, 9 of 29.
"""
SHORT = 6
"""Lines of code that any test may ask for."""


def implement(material: Material, *, budget: int = BUDGET) -> Iterator[Sample | Dropped]:
    """Functions, methods and classes of pairs of at least 0.8 confidence, asked for by the tests that are about them."""
    for subject in subjects(material):
        yield _lesson(subject, budget) if isinstance(subject, Subject) else subject


def tested(material: Material, *, budget: int = BUDGET) -> Iterator[Sample | Dropped]:
    """The same units, where no words of their own ask for them, asked for by what the names of their tests say."""
    for subject in subjects(material):
        yield _told(subject, budget) if isinstance(subject, Subject) else subject


def _lesson(subject: Subject, budget: int) -> Sample | Dropped:
    pair, unit = subject.pair, subject.unit
    if reason := unfit(pair.tested, unit, budget):
        return dropped(pair.tested, reason, unit.name)
    start, end = scope.whole(unit, pair.tested.data)
    shown = held(subject.cases, budget - (end - start) - FRAME, MOST_CASES)
    if not shown:
        return dropped(pair.tested, "tests over budget", unit.name)
    tests = scope.code(pair.test, [(case.start, case.end) for case in shown], between="\n\n")
    if reason := _out_of_proportion(_code(subject), tests.text):
        return dropped(pair.tested, reason, unit.name)
    code = pair.tested.data[start:end].decode()
    choose = seeded("implement", pair.tested.path, unit.parents, unit.name, code)
    what = f"the {unit.kind} `{scope.qualified(unit, pair.tested.language, pair.tested.data)}`"
    fence = scope.fenced(tests.text, pair.test.language)
    request = choose.choice(FRAMES).format(what=what, path=pair.tested.path, test=pair.test.path, cases=fence)
    more = _around(subject, shown, budget - len(request.encode()) - (end - start))
    request += "".join(piece.text for piece in more)
    if grounds.groundless(code, pair.tested.language, request):
        return dropped(pair.tested, grounds.REASON, unit.name)
    return Sample(
        prompt=(Message(role="user", content=request),),
        answer=scope.fenced(code, pair.tested.language),
        kind="spec",
        maker="implement",
        labels=labels(pair.tested.language),
        confidence=pair.confidence,
        origins=(pair.tested.span(start, end), *tests.origins, *(span for piece in more for span in piece.origins)),
    )


def _around(subject: Subject, shown: Sequence[Case], room: int) -> list[scope.Piece]:
    """What stands before the tests in their file, how the unit begins, and what stands around it in its own, as far as each fits."""
    tested, test = subject.pair.tested, subject.pair.test
    around, before = scope.around(tested, subject.unit, subject.found), setting(test, shown)
    begins = scope.beginning(tested, subject.unit) if subject.unit.kind not in CLASSES else scope.Piece("", ())
    pieces = [
        scope.Piece(BEFORE.format(test=test.path, setting=scope.fenced(before.text, test.language)) if before.text else "", before.origins),
        scope.Piece(f"\n\n{BEGINS}\n{scope.fenced(begins.text, tested.language)}" if begins.text else "", begins.origins),
        scope.Piece(f"\n\n{AROUND}\n{scope.fenced(around.text, tested.language)}" if around.text else "", around.origins),
    ]
    kept: list[scope.Piece] = []
    for piece in pieces:
        if piece.text and len(piece.text.encode()) <= room - sum(len(one.text.encode()) for one in kept):
            kept.append(piece)
    return kept


def _code(subject: Subject) -> int:
    """Lines of a unit's code, its docstring apart."""
    unit, data = subject.unit, subject.pair.tested.data
    doc = slice(*unit.doc) if unit.doc and unit.doc[0] >= unit.start else slice(unit.end, unit.end)
    return len(data[unit.start : doc.start].split(b"\n")) + len(data[doc.stop : unit.end].split(b"\n")) - 1


def _out_of_proportion(code: int, tests: str) -> str:
    """Why so many lines of code are not what these tests ask for; empty where they may be."""
    lines = len(tests.split("\n"))
    return "much code for few tests" if code > max(SHORT, MUCH * lines) else "tests of what it calls" if code < LITTLE * lines else ""


def _told(subject: Subject, budget: int) -> Sample | Dropped:
    pair, unit = subject.pair, subject.unit
    if reason := unfit(pair.tested, unit, budget):
        return dropped(pair.tested, reason, unit.name)
    if unit.doc and own_wish(pair.tested, unit) != ("", None):
        return dropped(pair.tested, "says itself what it is for", unit.name)
    said = {case.name: case for case in subject.cases if _says(case, unit)}
    if len(said) < FEWEST_SAID or unit.kind in CLASSES:
        return dropped(pair.tested, "tests say too little", unit.name)
    if _code(subject) > PER_NAME * min(len(said), MOST_SAID):
        return dropped(pair.tested, "much code for few tests", unit.name)
    chosen = list(said.values())[:MOST_SAID]
    wish = "Our tests say of it:\n" + "\n".join(f"- {case.name}" for case in chosen)
    spans = tuple(pair.test.span(case.start, case.end) for case in chosen)
    asked = Request(wish, "tested", round(pair.confidence * SAID, 2), spans)
    return lesson(pair.tested, unit, subject.found, asked, budget)


def _says(case: Case, unit: Unit) -> bool:
    """Whether the name of a test names the unit, and says enough of it besides."""
    own = words_of(unit.name)
    return bool(stems(case.name) & set(map(stem, own))) and len(set(words_of(case.name)) - set(own)) >= FEWEST_WORDS
