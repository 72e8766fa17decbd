"""What the cases of a test file are about, one unit each, and what stands around them that they need."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from idiolect.dataset.makers import scope
from idiolect.dataset.makers.cases import TEST, Case, cases, counting, mentioned
from idiolect.dataset.makers.material import Material, dropped
from idiolect.dataset.makers.pairs import Names, Pair, paired
from idiolect.dataset.makers.prose import words_of
from idiolect.dataset.makers.tangles import stem, stems
from idiolect.dataset.makers.windows import line_end
from idiolect.sources.testpaths import stem_tested
from idiolect.syntax import Unit
from idiolect.types import Document, Dropped

MOST_UNITS = 6
"""Units of one pair that are asked for, those first that most of its tests name."""
SETTING = 900
"""Bytes of what is set up for tests that a prompt shows."""
BEFORE = "\n\nWhat stands before them in `{test}`:\n{setting}"
CLASSES = frozenset({"class", "struct", "interface", "enum"})
"""Kinds of units that a test names though it is about one of their methods."""
_UNIT = re.compile(r"\s*(?:@[^\n]*\n\s*)*(?:export\s+)?(?:async\s+)?(?:def|class|module|function|func|fn)\s+(?:self\.)?(\w+)")
_BINDS = re.compile(r"(?<![\w.])@?([A-Za-z_]\w*)[ \t]{0,9}(?::=|=(?![=>~]))|\b(?:let|subject|given)!?[ (]:(\w+)")
_ALWAYS = re.compile(r"\s*(?:before|setup|beforeEach|around|background|def\s+set_?[uU]p(?:_method)?)\b")
_IMPORTS = re.compile(r"\s*(?:from|import|use|using|include|require\w*)\b")
_NAME = re.compile(r"[A-Za-z_]\w*[?!]?")


class Subject(NamedTuple):
    """A unit and the tests that are about it more than about any other."""

    pair: Pair
    unit: Unit
    cases: list[Case]
    found: list[Unit]
    """All units of its file."""
    others: tuple[int, ...] = ()
    """Where the tests begin that are about something else."""


def subjects(material: Material) -> Iterator[Subject | Dropped]:
    """The units that the tests of each pair are about, those with most tests first."""
    for found, alone in paired(material):
        yield from (dropped(test, reason) for test, reason in alone)
        for pair in found:
            yield from of_pair(pair)


def of_pair(pair: Pair) -> Iterator[Subject | Dropped]:
    """The same of one pair; why there is none, or no more."""
    if not TEST.search(pair.test.text):
        yield dropped(pair.test, "no test in it")
        return
    found = Names(pair.tested).units
    of: dict[Unit, list[Case]] = defaultdict(list)
    told = cases(pair.test)
    for case in told:
        if unit := _about(case, found, pair.test):
            of[unit].append(case)
        else:
            yield dropped(pair.test, "tests other things", case.name)
    every = []
    for unit in sorted(of, key=lambda unit: (-len(of[unit]), unit.start)):
        ours = {case.start for case in of[unit]}
        every.append(Subject(pair, unit, of[unit], found, tuple(case.start for case in told if case.start not in ours)))
    yield from every[:MOST_UNITS]
    yield from (dropped(pair.tested, "many units of one file", one.unit.name) for one in every[MOST_UNITS:])


def _about(case: Case, found: Sequence[Unit], test: Document) -> Unit | None:
    """The unit that a test is about: one whose words stand in its name or above it, else the only one that it calls.

    A class where that is all. What a helper or a set-up calls is but a means.
    """
    text, whole = case.text, test.text
    about = mentioned(text, found, whole)
    count, said = counting(text, whole), stems(f"{case.group} {case.name}")
    within = [unit for unit in about if unit.kind not in CLASSES] or about[:1]

    def shared(unit: Unit) -> int:
        return len(said & {stem(word) for word in words_of(unit.name)})

    called = stem_tested(test.path) or ""
    if called.partition(".")[0] in {
        unit.name.partition(".")[0] for unit in found if "." in unit.name
    }:  # `res.send.js` is of `res.send` alone
        return next((unit for unit in within if unit.name == called), None)
    best = max(within, key=lambda unit: (shared(unit), count(unit), -unit.start), default=None)
    return best if best and (shared(best) or len(within) == 1) else None


class Lot(NamedTuple):
    """Some tests of a subject that stand in one answer."""

    spans: list[tuple[int, int]]
    cases: list[Case]


def lots(subject: Subject, room: int, most: int) -> list[Lot]:
    """The tests in lots of at most `room` bytes and `most` pieces, the lot with most tests first.

    A lot is of tests that stand in one block, with the blocks around each that hold nothing else and fit.
    """
    found: list[Lot] = []
    within: tuple[int, int] | None = None
    for case in subject.cases:
        if found and case.end <= found[-1].spans[-1][1]:
            found[-1].cases.append(case)
            continue
        span = next((span for span in case.groups if span[1] - span[0] <= room and _alone(span, subject.others)), (case.start, case.end))
        if span[1] - span[0] > room:
            continue
        block = next((group for group in reversed(case.groups) if group[0] < span[0]), None)
        full = found and (len(found[-1].spans) == most or sum(end - start for start, end in (*found[-1].spans, span)) > room)
        if not found or full or block != within:
            found.append(Lot([], []))
        within = block
        found[-1].spans.append(span)
        found[-1].cases.append(case)
    return sorted(found, key=lambda lot: -len(lot.cases))


def _alone(span: tuple[int, int], others: Sequence[int]) -> bool:
    return bisect_left(others, span[0]) == bisect_left(others, span[1])


def setting(test: Document, shown: Sequence[Case], spans: Sequence[tuple[int, int]] = ()) -> scope.Piece:
    """What stands before some tests, and outside of `spans`: what they need, and the first line of every block that they stand in."""
    blocks = {group[0] for case in shown for group in case.groups if not _within(group, spans)}
    heads = {(start, line_end(test.data, start)) for start in blocks}
    return scope.code(test, sorted(heads.union(_needed(test, shown, spans))))


def _needed(test: Document, shown: Sequence[Case], spans: Sequence[tuple[int, int]]) -> set[tuple[int, int]]:
    """Imports and helpers that tests use, and what is set up for them."""
    around = dict.fromkeys(span for case in shown for span in case.around)
    every = [one for one in around if not _within(one, spans)]
    texts = {span: test.data[slice(*span)].decode() for span in every}
    wanted = set(_NAME.findall("\n".join(case.text for case in shown)))
    kept: set[tuple[int, int]] = set()
    for span in reversed(every):  # the nearest first: what they use stands before them
        names = _bound(texts[span])
        if (names & wanted or _ALWAYS.match(texts[span])) and sum(end - start for start, end in kept) + span[1] - span[0] <= SETTING:
            kept.add(span)
            wanted |= set() if _IMPORTS.match(texts[span]) else set(_NAME.findall(texts[span]))
    return kept


def _within(one: tuple[int, int], spans: Sequence[tuple[int, int]]) -> bool:
    return any(start <= one[0] < end for start, end in spans)


def _bound(text: str) -> set[str]:
    """The names that some lines of a test file bring."""
    if unit := _UNIT.match(text):
        return {unit[1]}
    if _IMPORTS.match(text):
        return set(_NAME.findall(text.rpartition("import ")[2])) - scope.NO_NAME
    return {name for match in _BINDS.finditer(text) for name in match.groups() if name}


def held(found: Iterable[Case], room: int, most: int) -> list[Case]:
    """The first tests, at most `most` and at most `room` bytes together, in their order; one that is larger alone is left out."""
    kept: list[Case] = []
    for case in found:
        if case.end - case.start > room:
            continue
        if len(kept) == most or sum(one.end - one.start for one in (*kept, case)) > room:
            break
        kept.append(case)
    return kept
