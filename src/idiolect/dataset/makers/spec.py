"""spec: the team's code, answered by the tests that the team wrote for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from idiolect.dataset.makers import scope
from idiolect.dataset.makers.material import BUDGET, Material, dropped, files, labels, seeded
from idiolect.dataset.makers.pairs import Names, Pair, pairs
from idiolect.dataset.makers.windows import cut, indented, line_start
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


class Aim(NamedTuple):
    """Bytes of a test file and the units of the tested file that they mention."""

    start: int
    end: int
    units: list[Unit]


def spec(material: Material, *, budget: int = BUDGET) -> Iterator[Sample | Dropped]:
    """Pairs of at least 0.8 confidence; where both files do not fit, windows of the test with the units that they mention."""
    sources: dict[str, list[Document]] = defaultdict(list)
    for document in files(material):
        sources[document.source].append(document)
    for documents in sources.values():
        found, alone = pairs(documents)
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
    for start, end in cut(test.data, budget // 2, _seams(test)):
        aim = Aim(start, end, _mentioned(test.data[start:end].decode(), names.units))
        shown = _within(tested, aim.units, budget - (end - start))
        if not shown:
            yield dropped(test, "tests nothing that can be named", f"bytes {start} to {end}")
        else:
            yield _sample(pair, (start, end), [scope.whole(unit, tested.data) for unit in shown], _what(shown, tested))


def _seams(test: Document) -> Sequence[Sequence[int]]:
    """Where a test file may be cut: at its units, the outermost first."""
    found = Names(test).units
    starts = [(len(unit.parents), line_start(test.data, min(unit.start, unit.doc[0] if unit.doc else unit.start))) for unit in found]
    depth = min((depth for depth, _ in starts), default=0)
    return [[at for level, at in starts if level == depth], [at for _, at in starts]]


def _mentioned(text: str, found: Sequence[Unit]) -> list[Unit]:
    """The units whose names stand in the text, those named most often first."""
    words = scope.counted(text)
    return sorted((unit for unit in found if len(unit.name) > 2 and words[unit.name]), key=lambda unit: (-words[unit.name], unit.start))


def _within(tested: Document, mentioned: Sequence[Unit], room: int) -> list[Unit]:
    """As many of the units as fit, in the order of the file; one that lies within another is shown there."""
    kept: list[Unit] = []
    for unit in mentioned:
        start, end = indented(tested.data, unit.start), unit.end
        apart = all(end <= other.start or other.end <= start for other in kept)
        if apart and sum(other.end - other.start for other in kept) + end - start <= room - 400:
            kept.append(unit)
    return sorted(kept, key=lambda unit: unit.start)


def _what(shown: Sequence[Unit], tested: Document) -> str:
    names = [f"`{scope.qualified(unit, tested.language)}`" for unit in shown[:3]]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _sample(pair: Pair, window: tuple[int, int], shown: Sequence[tuple[int, int]], what: str) -> Sample:
    test, tested = pair.test, pair.tested
    code = scope.code(tested, shown)
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
