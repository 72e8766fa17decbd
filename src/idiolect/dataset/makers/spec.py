"""spec: the team's code, answered by the tests that the team wrote for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from idiolect.dataset.makers import grounds, scope
from idiolect.dataset.makers.cases import TEST, Case, cases, mentioned
from idiolect.dataset.makers.defined import CALLABLE, head
from idiolect.dataset.makers.material import BUDGET, Material, dropped, labels, seeded
from idiolect.dataset.makers.pairs import Pair, called, paired, telling
from idiolect.dataset.makers.subjects import BEFORE, CLASSES, Subject, lots, of_pair, setting
from idiolect.syntax import Unit, units
from idiolect.types import Document, Dropped, Message, Sample

FRAMES = (
    "Write tests for {what}.\n\n`{path}`\n{code}",
    "`{path}`\n{code}\n\nHow do we test {what}? The tests belong in `{test}`.",
    "Here is `{path}`:\n{code}\n\nWrite `{test}`: tests for {what}.",
    "Cover {what} with tests in `{test}`.\n\n{code}",
    "We need tests for {what}.\n\nCode under test (`{path}`):\n{code}",
)
SHORTEST = 60
ANSWER = 3
"""Part of the budget that the tests of one unit may take: of longer ones much is about what is not shown."""
FRAME = 400
"""Bytes that a request's own words and paths may take."""
MOST_NAMED = 4
"""Functions and methods that a request names where their file, or class, has at least twice as many."""
MOST_PIECES = 4
"""Tests of one answer, or blocks of them; a unit that has more is answered by the block with most: one request has one answer."""


def spec(material: Material, *, budget: int = BUDGET) -> Iterator[Sample | Dropped]:
    """Pairs of at least 0.8 confidence; where both files do not fit, each unit with whole tests that are about it."""
    for found, alone in paired(material):
        yield from (dropped(test, reason) for test, reason in alone)
        for pair in found:
            yield from _lessons(pair, budget)


def _lessons(pair: Pair, budget: int) -> Iterator[Sample | Dropped]:
    test, tested = pair.test, pair.tested
    if len(test.data.strip()) < SHORTEST:
        yield dropped(test, "code too short")
    elif len(test.data) + len(tested.data) > budget:
        for subject in of_pair(pair):
            yield from _of_unit(subject, budget) if isinstance(subject, Subject) else [subject]
    elif TEST.search(test.text):
        code, answer = scope.code(tested, [(0, len(tested.data))]), scope.code(test, [(0, len(test.data))])
        found = units(tested.language, tested.data)
        yield _sample(pair, answer, code, _tried(pair, cases(test), found) or f"`{tested.path}`", scope.Piece("", ()))
    else:
        yield dropped(test, "no test in it")


def _of_unit(subject: Subject, budget: int) -> Iterator[Sample | Dropped]:
    test, tested, unit = subject.pair.test, subject.pair.tested, subject.unit
    start, end = scope.whole(unit, tested.data)
    room = budget - FRAME - (end - start)
    found = lots(subject, min(room, budget // ANSWER), MOST_PIECES)
    if not found:
        yield dropped(tested, "answer over budget", unit.name)
        return
    lot, *others = found
    yield from (dropped(test, "many tests of one unit", unit.name) for _ in others)
    apart = "\n\n\n" if test.language == "python" and test.data[lot.spans[0][0]] not in b" \t" else "\n\n"
    answer, before = scope.code(test, lot.spans, between=apart), setting(test, lot.cases, lot.spans)
    left = room - len(answer.text.encode())
    before = before if len(before.text.encode()) <= left else scope.Piece("", ())
    shown = _with_callees(unit, tested, subject.found, left - len(before.text.encode()))
    what = f"`{scope.qualified(unit, tested.language, tested.data)}`"
    if unit.kind in CLASSES:
        what = _tried(subject.pair, lot.cases, [one for one in subject.found if unit.start < one.start < unit.end]) or what
    holders = [
        one for one in subject.found if one.kind in scope.HOLDERS and any(one.start < start and end <= one.end for start, end in shown)
    ]
    heads = [(start, end) for start, end in (head(tested.data, one) for one in holders) if not _covered(start, shown)]
    yield _sample(subject.pair, answer, scope.code(tested, sorted([*heads, *shown]), between="\n\n"), what, before)


def _covered(at: int, spans: Sequence[tuple[int, int]]) -> bool:
    return any(start <= at < end for start, end in spans)


def _tried(pair: Pair, some: Sequence[Case], found: Sequence[Unit]) -> str:
    """The names of functions and methods of much code that some tests are about; empty where they are many, or a test is about none."""
    test, tested = pair.test, pair.tested
    every = [one for one in found if one.kind in CALLABLE]
    told = [[one for one in mentioned(case.text, found, test.text) if one in every] for case in some]
    named = {one for about in told for one in about}
    if not all(told) or not 0 < len(named) <= len(every) / 2 or len(named) > MOST_NAMED:
        return ""
    *most, last = (f"`{scope.qualified(one, tested.language, tested.data)}`" for one in sorted(named, key=lambda one: one.start))
    return f"{', '.join(most)} and {last}" if most else last


def _with_callees(unit: Unit, tested: Document, found: Sequence[Unit], room: int) -> list[tuple[int, int]]:
    """The bytes of a unit, and of as much as fits of what it uses, directly or not: there it is decided what is tested."""
    shown, spans = [unit], [scope.whole(unit, tested.data)]
    for one in shown:  # grows while it is gone through
        for used in _callees(one, tested, found):
            start, end = scope.whole(used, tested.data)
            if end - start <= room and all(end <= begun or stop <= start for begun, stop in spans):
                shown.append(used)
                spans.append((start, end))
                room -= end - start
    return spans


def _callees(unit: Unit, tested: Document, found: Sequence[Unit]) -> list[Unit]:
    """What a unit uses of its own class, or of its file by a name that only one bears."""
    text = tested.data[unit.start : unit.end].decode()
    calls = called(text)
    uses = {"method": scope.counted(text) if tested.language == "ruby" else calls, "function": calls}  # in Ruby no brackets need tell
    bearers = Counter(one.name for one in found)
    used = [one for one in found if one != unit and one.kind in uses and uses[one.kind][one.name.rpartition(".")[2]]]
    return [one for one in used if one.parents == unit.parents or (bearers[one.name] == 1 and telling(one.name))]


def _sample(pair: Pair, answer: scope.Piece, code: scope.Piece, what: str, before: scope.Piece) -> Sample | Dropped:
    test, tested = pair.test, pair.tested
    frame = seeded("spec", test.path, tested.path, answer.text).choice(FRAMES)
    request = frame.format(what=what, path=tested.path, test=test.path, code=scope.fenced(code.text, tested.language))
    if before.text:
        request += BEFORE.format(test=test.path, setting=scope.fenced(before.text, test.language))
    if grounds.groundless(answer.text, test.language, request):
        return dropped(test, grounds.REASON)
    return Sample(
        prompt=(Message(role="user", content=request),),
        answer=scope.fenced(answer.text, test.language),
        kind="spec",
        maker="spec",
        labels=labels(test.language),
        confidence=pair.confidence,
        origins=(*answer.origins, *code.origins, *before.origins),
    )
