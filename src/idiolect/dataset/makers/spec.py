"""spec: the team's code, answered by the tests that the team wrote for it."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from idiolect.dataset.makers import scope
from idiolect.dataset.makers.material import BUDGET, Material, dropped, files, labels, seeded
from idiolect.dataset.makers.pairs import Names, Pair, pairs, telling
from idiolect.dataset.makers.windows import cut, line_start
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
_BLOCK = re.compile(rb"^([ \t]*)(?:RSpec\.)?(?:describe|context|it|test|specify|feature|scenario|suite)\b[ (.]", re.MULTILINE)


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
        mentioned = _mentioned(test.data[start:end].decode(), names.units)
        shown = _within(tested, mentioned, budget - (end - start) - FRAME)
        if not shown:
            yield dropped(test, "tests nothing that can be named", f"bytes {start} to {end}")
        else:
            spans = sorted(scope.whole(unit, tested.data) for unit in shown)
            yield _sample(pair, (start, end), spans, _what(shown, tested))


def _seams(test: Document) -> Sequence[Sequence[int]]:
    """Where a test file may be cut: at its units and blocks (`describe`, `it`), the outermost first."""
    levels: dict[int, set[int]] = defaultdict(set)
    for unit in Names(test).units:
        at = line_start(test.data, min(unit.start, unit.doc[0] if unit.doc else unit.start))
        levels[unit.start - line_start(test.data, unit.start)].add(at)
    for block in _BLOCK.finditer(test.data):
        levels[len(block[1])].add(block.start())
    return [sorted(levels[indent]) for indent in sorted(levels)]


def _mentioned(text: str, found: Sequence[Unit]) -> list[Unit]:
    """The units that the text is about, most often named first.

    A name that says little, or that several units bear, counts only where its class is named too; a function in a function never does.
    """
    words, bearers = scope.counted(text), Counter(unit.name for unit in found)
    told = [(unit, words[unit.name], bool(unit.parents and words[unit.parents[-1]])) for unit in found]
    about = [
        (count + 3 * owned, unit)
        for unit, count, owned in told
        if count and not (unit.kind == "function" and unit.parents) and (owned or (bearers[unit.name] == 1 and telling(unit.name)))
    ]
    return [unit for _, unit in sorted(about, key=lambda pair: (-pair[0], pair[1].start))]


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
