"""Which files and commits of a source makers are given together, and what the tree at the cut says of a commit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache

from idiolect.dataset.makers import links, neighbours, pairs
from idiolect.dataset.makers.sections import PROSE
from idiolect.dataset.reading import Committed
from idiolect.dataset.stored import Stored
from idiolect.dataset.workshop import Group, Workshop
from idiolect.types import Message, Sample

MOST_COMMITS = 200
"""The newest commits of a group that makers are told of."""
_TEXTS = 256
"""Files whose lines are kept in memory."""
_SHORTEST = 4
_MARKS = ("```", "<<<<<<<", ">>>>>>>", "=======")
_HEADS = ("```", "@@", "--- ", "+++ ")


class Past:
    """Where the files of old commits stand at the cut, and what they hold there."""

    def __init__(self, documents: Iterable[Stored], renames: Iterable[tuple[str, str]]) -> None:
        """`renames` are old and new path, the newest first."""
        self.documents = {one.path: one for one in documents}
        self.now: dict[str, str] = {}
        for old, new in renames:
            self.now[old] = self.now.get(new, new)
        self._lines = lru_cache(_TEXTS)(self._read)

    def path(self, path: str) -> str:
        """What a file of a commit is called at the cut."""
        return self.now.get(path, path)

    def standing(self, sample: Sample, commit: str) -> float:
        """Of the lines of an answer that its prompt does not have, the share that stands in the same files at the cut.

        1 where there is no such line.
        """
        answer = sample.answer or ""
        if sample.labels.get("form") == ("hunks",):
            answer = "\n".join(line[1:] for line in answer.split("\n") if not line.startswith(_HEADS))
        turns = sample.prompt if isinstance(sample.prompt, tuple) else ()
        paths = {span.path for span in sample.origins if span.commit == commit}
        fresh = _lines(answer) - _lines("\n".join(turn.content for turn in turns if isinstance(turn, Message))) - paths
        if not fresh:
            return 1.0
        return len(fresh & frozenset().union(*(self._lines(self.path(path)) for path in sorted(paths)))) / len(fresh)

    def _read(self, path: str) -> frozenset[str]:
        return _lines(self.documents[path].text) if path in self.documents else frozenset()


def _lines(text: str) -> frozenset[str]:
    """The lines of a text that say something, without the blanks around them."""
    bare = (line.strip() for line in text.split("\n"))
    return frozenset(line for line in bare if len(line) >= _SHORTEST and not line.startswith(_MARKS))


def of_pairs(names: Sequence[str], documents: Sequence[Stored], changes: Sequence[Committed], past: Past) -> list[Group]:
    """Each test with the files that it may test, and the commits that touched any of them."""
    if not names:
        return []
    touched = [[past.path(path) for path in one.paths] for one in changes if len(one.plan.sides) <= pairs.MOST_TOGETHER]
    commits: dict[str, list[int]] = defaultdict(list)
    for number, paths in enumerate(touched):
        for path in paths:
            commits[path].append(number)
    files = {one.path: one for one in documents}
    found = []
    for test, tested in pairs.groups(documents, pairs.Together(touched)):
        held = (test, *tested)
        newest = sorted({number for path in held for number in commits[path]})[-MOST_COMMITS:]
        together = [[path for path in touched[number] if path in held] for number in newest]
        found.append(Group(names, [files[path] for path in held], together))
    return found


def of_prose(names: Sequence[str], documents: Sequence[Stored], workshop: Workshop) -> list[Group]:
    """Each file of prose with the files that define what it names."""
    if not names:
        return []
    files = {one.path: one for one in documents}
    prose = [one.path for one in documents if one.language in PROSE]
    named = dict(zip(files, workshop.named(documents), strict=True)) if prose else {}
    return [Group(names, [files[path] for path in (text, *code)]) for text, code in links.groups(named, prose)]


def of_neighbours(names: Sequence[str], documents: Sequence[Stored], workshop: Workshop) -> list[Group]:
    """Each file with those that it depends on."""
    if not names:
        return []
    pointed = dict(zip((one.path for one in documents), workshop.pointed(documents), strict=True))
    return [Group(names, held) for held in neighbours.around(documents, pointed)]
