"""The leak guard: searches the finished training text for every probe.

It reads what was written to disk and shares no code with the filter that chose the probes (`leaks`), only its definition of a
leak: plain Python, words and signs by regular expressions, dictionaries of runs of them. A hit means that the build is wrong.
Each file of lessons is searched by itself, so that one whose words did not change need not be searched again.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import ne
from pathlib import Path
from typing import NamedTuple

from idiolect import samples
from idiolect.dataset.guard_parts import Parts
from idiolect.errors import DataError
from idiolect.types import Hole, Sample, Split

_WORDS = re.compile(r"[A-Za-z0-9_]+")
SIDES: tuple[Split, ...] = ("train", "validation")
TESTS: tuple[Split, ...] = ("time", "cluster", "source")
_FIVE, _TWO, _SIX = 5, 2, 6
_HELD = 100_000_000
"""Characters of whole files that are kept, so that their pieces need no search."""

Run = tuple[str, ...]


class Probe(NamedTuple):
    """What is looked for."""

    id: str
    text: str


class Leak(NamedTuple):
    """A probe that stands in a lesson."""

    probe: str
    """Id of the probe."""
    lesson: str
    """Id of the lesson."""
    how: str
    """exact, near, renamed, words or syntax."""


@dataclass
class _Sought:
    """A probe and what it is recognised by."""

    id: str
    text: str
    words: Run
    runs: frozenset[Run] = field(init=False)
    most: int = field(init=False)
    """Words that a leak can have changed."""
    least: int = field(init=False)
    """Words two in a row that a leak cannot have changed: a word stands in two of them."""

    def __post_init__(self) -> None:
        width = min(_FIVE, len(self.words))
        self.runs = frozenset(_in_a_row(self.words, width)) if width else frozenset()
        self.most = max([3 * len(self.words) // 17, *Counter(self.words).values()])
        self.least = max(1, len(self.words) - 1 - 2 * self.most)

    def changed_at_most_in_a_word(self, words: list[str]) -> bool:
        """Whether as many words are these with one put for another, or with at most 3 of 17 changed."""
        if sum(map(ne, self.words, words)) > self.most:
            return False
        changed = [pair for pair in zip(self.words, words, strict=True) if pair[0] != pair[1]]
        return len(set(changed)) <= 1 or 17 * len(changed) <= 3 * len(words)


class Searched(NamedTuple):
    """What the search of some lessons found."""

    leaks: list[Leak]
    pieces: int
    """Different texts that were searched."""


Search = Callable[[Sequence[Path], Sequence[Probe]], Iterable[Searched]]
"""Searches files of lessons for probes."""


def search(files: Sequence[Path], probes: Sequence[Probe]) -> Iterator[Searched]:
    """Search files of lessons one by one, here."""
    guard = Guard(probes)
    return (guard.search(samples.of_part(file.read_bytes())) for file in files)


def check(folder: Path, by: Search = search) -> int:
    """Search train and validation of a finished dataset for its probes of every kind; return how many pieces of text were searched.

    A leak is a DataError that names the probe and the lesson.
    """
    probes = [Probe(*one) for split in TESTS for one in samples.answers(folder, split)]
    found = list(by([file for split in SIDES for file in samples.parts(folder, split)], probes))
    leaks = [leak for one in found for leak in one.leaks]
    if leaks:
        count, first = len({leak.probe for leak in leaks}), leaks[0]
        raise DataError(
            f"{count} of {len(probes)} probes stand in the training text, for instance {first.probe} in {first.lesson} ({first.how})",
            where=str(folder),
            next="this is a fault of idiolect's filter: please report it with `idiolect samples show` of the two",
        )
    return sum(one.pieces for one in found)


class Guard:
    """Looks for probes in lessons."""

    def __init__(self, probes: Sequence[Probe]) -> None:
        self.sought = [_Sought(one.id, " ".join(one.text.split()), tuple(_WORDS.findall(one.text))) for one in probes]
        self.parts = Parts((one.id, one.text) for one in probes)
        self.named = {one.id: one for one in self.sought}
        self.wholes: dict[tuple[str, str], list[str]] = defaultdict(list)
        self.held = 0
        self.anchors: dict[str, list[_Sought]] = defaultdict(list)
        self.unanchored: list[_Sought] = []
        self.runs: dict[int, dict[Run, list[_Sought]]] = defaultdict(lambda: defaultdict(list))
        self.twos: dict[Run, list[tuple[int, int]]] = defaultdict(list)
        for number, one in enumerate(self.sought):
            self._prepare(number, one)

    def _prepare(self, number: int, one: _Sought) -> None:
        inner = one.text.split(" ")[1:-1]
        if inner:
            self.anchors[max(inner, key=len)].append(one)
        elif one.text:
            self.unanchored.append(one)
        for run in one.runs:
            self.runs[len(run)][run].append(one)
        if len(one.words) >= _SIX:
            for place, run in enumerate(_in_a_row(one.words, _TWO)):
                self.twos[run].append((number, place))

    def search(self, lessons: Iterable[Sample]) -> Searched:
        """Every probe that stands in a lesson; equal pieces of text, and pieces of a file that was searched here, are searched once.

        What was searched before, in another call, does not count: the same lessons give the same answer.
        """
        self.wholes.clear()
        self.held = 0
        seen: set[int] = set()
        leaks: list[Leak] = []
        for lesson in lessons:
            file = (lesson.origins[0].source, lesson.origins[0].path) if lesson.origins else None
            wholes = self.wholes.get(file, ()) if file and isinstance(lesson.prompt, Hole) else ()  # no chat is a piece of a file
            for piece in _pieces(lesson):
                if hash(piece) in seen or any(piece in whole for whole in wholes):
                    continue
                seen.add(hash(piece))
                leaks += (Leak(one.id, lesson.id, how) for one, how in self._in(piece))
                if lesson.kind == "raw" and file:
                    self._hold(file, piece)
        return Searched(leaks, len(seen))

    def _hold(self, file: tuple[str, str], text: str) -> None:
        """Keep a text that was searched, so that its parts need not be."""
        if self.held > _HELD:
            self.wholes.clear()
            self.held = 0
        self.wholes[file].append(text)
        self.held += len(text)

    def _in(self, piece: str) -> Iterator[tuple[_Sought, str]]:
        plain = piece.split()
        text = " ".join(plain)
        anchored = (one for word in self.anchors.keys() & set(plain) for one in self.anchors[word])
        yield from ((one, "exact") for one in (*anchored, *self.unanchored) if one.text in text)
        words = _WORDS.findall(piece)
        for width, runs in self.runs.items():
            yield from ((one, "near") for one in _near(words, width, runs))
        yield from ((one, "renamed") for one in self._renamed(words))
        yield from ((self.named[name], how) for name, how in self.parts.search(piece, words))

    def _renamed(self, words: list[str]) -> Iterator[_Sought]:
        """Probes that stand here with a word changed: where enough of their words two in a row stand at the same distance."""
        twos: Counter[tuple[int, int]] = Counter()
        for place, run in [found for found in enumerate(_in_a_row(words, _TWO)) if found[1] in self.twos]:
            for number, offset in self.twos[run]:
                twos[number, place - offset] += 1
        for (number, start), count in twos.items():
            one = self.sought[number]
            fits = count >= one.least and 0 <= start <= len(words) - len(one.words)
            if fits and one.changed_at_most_in_a_word(words[start : start + len(one.words)]):
                yield one


def _near(words: list[str], width: int, runs: dict[Run, list[_Sought]]) -> Iterator[_Sought]:
    """Probes with a window of these words whose Jaccard of runs is 7 / 10 or more, the window at most 10 / 7 as long as the probe."""
    if runs.keys().isdisjoint(_in_a_row(words, width)):
        return
    every = list(_in_a_row(words, width))
    places: dict[int, list[int]] = defaultdict(list)
    owners: dict[int, _Sought] = {}
    for place, run in [found for found in enumerate(every) if found[1] in runs]:
        for one in runs[run]:
            places[id(one)].append(place)
            owners[id(one)] = one
    for key, at in places.items():
        one = owners[key]
        longest = 10 * len(one.runs) // 7
        for number, start in enumerate(at):
            if 10 * (bisect_left(at, start + longest) - number) >= 7 * len(one.runs) and _window(one.runs, every[start : start + longest]):
                yield one
                break


def _window(wanted: frozenset[Run], window: list[Run]) -> bool:
    for end in range(1, len(window) + 1):
        part = set(window[:end])
        if 10 * len(part & wanted) >= 7 * len(part | wanted):
            return True
    return False


def _in_a_row(words: list[str] | Run, width: int) -> Iterator[Run]:
    return zip(*(words[place:] for place in range(width)), strict=False)


def _pieces(lesson: Sample) -> Iterator[str]:
    """Every text of a lesson that a model sees; a hole is searched with its answer in it."""
    answers = [text for text in (lesson.answer, lesson.rejected) if text is not None]
    prompt = lesson.prompt
    if isinstance(prompt, Hole):
        answers = [f"{prompt.prefix}{prompt.typed}{text}{prompt.suffix}" for text in answers]
        answers += [file.text for file in prompt.files]
    elif prompt:
        answers += [turn.content for turn in prompt]
    return iter(answers)
