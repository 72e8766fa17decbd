"""spec: the team's code, answered by the tests that the team wrote for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from idiolect.dataset.makers import scope
from idiolect.dataset.makers.cases import TEST, counting, mentioned
from idiolect.dataset.makers.material import BUDGET, Material, dropped, labels, seeded
from idiolect.dataset.makers.pairs import Names, Pair, paired, telling
from idiolect.dataset.makers.seams import seams
from idiolect.dataset.makers.windows import cut
from idiolect.syntax import Unit
from idiolect.types import Document, Dropped, Message, Sample

FRAMES = (
    "Write tests for {what}.\n\n`{path}`\n{code}",
    "`{path}`\n{code}\n\nHow do we test {what}? The tests belong in `{test}`.",
    "Here is `{path}`:\n{code}\n\nWrite `{test}`: tests for {what}.",
    "Cover {what} with tests in `{test}`.\n\n{code}",
    "We need tests for {what}.\n\nCode under test (`{path}`):\n{code}",
)
SHORTEST = 60
FRAME = 400
"""Bytes that a request's own words and paths may take."""


def spec(material: Material, *, budget: int = BUDGET) -> Iterator[Sample | Dropped]:
    """Pairs of at least 0.8 confidence; where both files do not fit, windows of the test with the units that they mention."""
    for found, alone in paired(material):
        yield from (dropped(test, reason) for test, reason in alone)
        for pair in found:
            yield from _lessons(pair, budget)


def _lessons(pair: Pair, budget: int) -> Iterator[Sample | Dropped]:
    test, tested = pair.test, pair.tested
    if len(test.data.strip()) < SHORTEST:
        yield dropped(test, "code too short")
        return
    if len(test.data) + len(tested.data) <= budget:
        yield _sample(pair, (0, len(test.data)), [(0, len(tested.data))], f"`{tested.path}`")
        return
    names = Names(tested)
    for start, end in cut(test.data, budget // 2, seams(test)):
        text = test.data[start:end].decode()
        about = mentioned(text, names.units)
        room = budget - (end - start) - FRAME
        shown = _within(tested, about, room)
        reason = _refused(test, text, _with_members(shown, names.units)) if shown else "tests nothing that can be named"
        if reason:
            yield dropped(test, reason, f"bytes {start} to {end}")
        else:
            seen = _within(tested, [*shown, *_callees(shown, tested, names.units)], room)
            spans = sorted(scope.whole(unit, tested.data) for unit in seen)
            yield _sample(pair, (start, end), spans, _what(shown, tested))


def _callees(shown: Sequence[Unit], tested: Document, found: Sequence[Unit]) -> list[Unit]:
    """What the shown units use of their own class, or of their file by a name that only one bears: there it is decided what is tested."""
    words = scope.counted("\n".join(tested.data[unit.start : unit.end].decode() for unit in shown))
    classes, bearers = {unit.parents for unit in shown}, Counter(unit.name for unit in found)
    used = [unit for unit in found if unit.kind in ("function", "method") and unit not in shown and words[unit.name.rpartition(".")[2]]]
    return [unit for unit in used if unit.parents in classes or (bearers[unit.name] == 1 and telling(unit.name))]


def _with_members(shown: Sequence[Unit], found: Sequence[Unit]) -> list[Unit]:
    return [unit for unit in found if any(one.start <= unit.start and unit.end <= one.end for one in shown)]


def _refused(test: Document, text: str, shown: Sequence[Unit]) -> str:
    """Why these lines of a test file are no answer to a wish for tests of `shown`; empty where they are.

    Half of the tests name what is shown, or what stands before all of them does: then they go through a helper.
    """
    starts = [match.start() for match in TEST.finditer(text)]
    if not starts:
        return "no test in it" if TEST.search(test.text) else ""
    head, *each = (counting(text[start:end]) for start, end in zip([0, *starts], [*starts, len(text)], strict=True))
    about = sum(any(count(unit) for unit in shown) for count in each)
    return "" if 2 * about >= len(each) or any(head(unit) for unit in shown if unit.kind != "class") else "tests other things"


def _within(tested: Document, mentioned: Sequence[Unit], room: int) -> list[Unit]:
    """As many of the units as fit; one that lies within another is shown there."""
    kept: list[Unit] = []
    for unit in mentioned:
        start, end = scope.whole(unit, tested.data)
        apart = all(end <= other.start or other.end <= start for other in kept)
        if apart and sum(other.end - other.start for other in kept) + end - start <= room:
            kept.append(unit)
    return kept


def _what(shown: Sequence[Unit], tested: Document) -> str:
    names = list(dict.fromkeys(f"`{scope.qualified(unit, tested.language)}`" for unit in shown))[:3]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _sample(pair: Pair, window: tuple[int, int], shown: Sequence[tuple[int, int]], what: str) -> Sample:
    test, tested = pair.test, pair.tested
    code = scope.code(tested, shown, between="\n\n")
    answer = test.data[slice(*window)].decode().strip("\r\n").rstrip()
    frame = seeded("spec", test.path, tested.path, answer).choice(FRAMES)
    request = frame.format(what=what, path=tested.path, test=test.path, code=scope.fenced(code.text, tested.language))
    return Sample(
        prompt=(Message(role="user", content=request),),
        answer=scope.fenced(answer, test.language),
        kind="spec",
        maker="spec",
        labels=labels(test.language),
        confidence=pair.confidence,
        origins=(test.span(*window), *code.origins),
    )
