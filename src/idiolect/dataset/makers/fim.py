"""fim: holes in the team's files, at places where people write.

The mixture follows the published practice for structured infilling (AST-FIM, arXiv 2506.00204; Refact.ai's fine-tuning on
own repositories): four fifths are syntax nodes, half of those single nodes and half runs of siblings aligned to a random
range; a tenth begins at a cursor within a line; a tenth is a random run of characters. One in twenty has an empty middle and
one in twenty nothing after it, so that the model learns to stop. What nobody would ask for is not cut out (`places`).

Up to half of them are asked as an editor asks while somebody types (EFIM, arXiv 2505.21889): what was just typed stands after the middle
marker, so that neither what is before the hole nor what is after it changes from key to key. It begins where the line does,
which is what editor plugins send, or where the word does, or is the beginning of the answer itself, cut at any character.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from random import Random

from idiolect.dataset.makers.material import BUDGET, Material, choices_of, dropped, files, labels
from idiolect.dataset.makers.places import FEWEST, FOREIGN, ROWS, Places, says, word_end
from idiolect.dataset.makers.sections import CHANGELOG, PROSE
from idiolect.dataset.makers.windows import after, before, line_start, lines, on_character
from idiolect.syntax import ranges
from idiolect.types import Document, Dropped, Hole, Sample

MIX = (("node", 0.4), ("aligned", 0.4), ("cursor", 0.1), ("character", 0.1))
PLAIN = (("cursor", 0.9), ("character", 0.1))
"""The mixture without a grammar."""
EMPTY_MIDDLE = 0.05
NO_SUFFIX = 0.05
"""Share of the holes that have nothing after them; they end where a piece of the file does (`Places.pieces`)."""
TYPED = 0.5
"""Share of the holes in which something was just typed, where there is anything to type."""
BEGINS = (("line", 0.5), ("word", 0.2), ("hole", 0.3))
"""Where what was just typed begins."""
MOST_TYPED = 240
"""Bytes of it."""
PER, MOST = 500, 8
"""Bytes of a file that get a hole, and most holes of one file."""
SHORTEST_NODE = 6
BLOCK_ROWS = 32
PROSE_PER = 4
"""Where code gets so many holes, prose gets one: its words are not what a code model is for, and it is cut at cursors alone."""
TRIES = 8
_ABOVE = 3
"""Lines with words that stand above a hole without anything after it: less does not say how to go on."""
_BLANK = re.compile(rb"(?:\r\n|\n)[ \t]*(?:\r\n|\n)")
_WORD = re.compile(rb"\w")
_WORDED = re.compile(rb"\w[^\r\n]*[\r\n]")
"""What a line has from its first word on."""
_LOOSE = frozenset({"cursor", "character"})
_WORD_END = re.compile(rb"[A-Za-z0-9_]+$")


@dataclass(frozen=True)
class Cut:
    """Where a hole lies: bytes `start` to `end` are the answer."""

    start: int
    end: int
    typed: int = -1
    """Where what was just typed begins; -1: nothing was."""
    how: str = ""
    suffix: bool = True

    @property
    def prefix(self) -> int:
        """Where the prefix ends."""
        return self.start if self.typed < 0 else self.typed


@dataclass
class Node:
    """A syntax node of the file and those within it."""

    start: int
    end: int
    within: list[Node] = field(default_factory=list)


def fim(material: Material, *, budget: int = BUDGET, per: int = PER, most: int = MOST) -> Iterator[Sample | Dropped]:
    """One hole per `per` bytes of a file, at most `most`; half the budget before it, a quarter in it, a sixth after it."""
    for document in files(material):
        if CHANGELOG.search(document.path):
            yield dropped(document, "changelog")  # versions and nicknames are not to be guessed
            continue
        if FOREIGN.search(document.path):
            yield dropped(document, "boilerplate prose")
            continue
        found = cuts(document, holes(document, per, most), budget // 4)
        if not found:
            yield dropped(document, "no place for a hole")
        for hole in found:
            yield sample(document, hole, budget)


def holes(document: Document, per: int = PER, most: int = MOST) -> int:
    """How many holes a file gets."""
    fewer = PROSE_PER if document.language in PROSE else 1
    return max(1, min(most // fewer, len(document.data) // (per * fewer)))


def sample(document: Document, cut: Cut, budget: int = BUDGET) -> Sample:
    """The lesson of one cut; prefix + typed + answer + suffix are the bytes of its origin."""
    data = document.data
    start = before(data, cut.prefix, budget // 2)
    end = after(data, cut.end, budget // 6) if cut.suffix else cut.end
    hole = Hole(
        path=document.path,
        prefix=data[start : cut.prefix].decode(),
        typed=data[cut.prefix : cut.start].decode(),
        suffix=data[cut.end : end].decode(),
    )
    return Sample(
        prompt=hole,
        answer=data[cut.start : cut.end].decode(),
        kind="fim",
        maker=f"fim.{cut.how}",
        labels=labels(document.language),
        origins=(document.span(start, end),),
    )


def cuts(document: Document, count: int, middle: int, maker: str = "fim", last: float = NO_SUFFIX) -> list[Cut]:
    """At most `count` different cuts with answers of at most `middle` bytes; the same for the same path, text and maker.

    A share of `last` of them has nothing after it.
    """
    choose = choices_of(document, maker)
    places = Places(document, min(middle, len(document.data) // 2))  # no more is asked for than is shown
    ways = _ways(document, places.middle)
    mix = MIX if "node" in ways else PLAIN
    found: list[Cut] = []
    for _ in range(count if ways else 0):
        how = choose.choices([how for how, _ in mix if how in ways], [share for how, share in mix if how in ways])[0]
        edge = choose.random()
        lasting = EMPTY_MIDDLE <= edge < EMPTY_MIDDLE + last
        for attempt in range(TRIES):
            cut = (lasting and attempt < TRIES // 2 and _last(places, choose)) or _draw(places, how, ways[how], edge, choose)
            if cut and not any(_same(cut, one) for one in found):
                found.append(cut)
                break
    return sorted(found, key=lambda cut: (cut.start, cut.end))


def _same(one: Cut, other: Cut) -> bool:
    """Whether two holes ask for the same; those with nothing after them do that end where the other does."""
    return one.end == other.end and (one.start == other.start or not (one.suffix or other.suffix))


Way = Callable[[Random], Cut | None]


def _ways(document: Document, middle: int) -> dict[str, Way]:
    """The ways to cut this file; without a grammar, or without nodes of a fitting size, the last two only."""
    data = document.data
    rows = [(start, end) for start, end in lines(data) if len(data[start:end].strip()) >= 8]
    ways: dict[str, Way] = {}
    marked = ranges(document.language, data)
    sized = [node for node in marked if SHORTEST_NODE <= node[1] - node[0] <= middle and _WORD.search(data, *node)]
    if sized:
        weights = [math.sqrt(end - start) for start, end in sized]  # between one vote a node (mostly names) and one a byte (mostly classes)
        tree = _tree(marked, len(data))
        ways["node"] = lambda choose: Cut(*choose.choices(sized, weights)[0])
        ways["aligned"] = lambda choose: _aligned(data, tree, _range(data, middle, choose), middle)
    if rows:
        ways["cursor"] = lambda choose: _cursor(data, rows, middle, choose)
    if len(data.strip()) >= 2 * SHORTEST_NODE:
        ways["character"] = lambda choose: _run(data, middle, choose)
    return ways


def _draw(places: Places, how: str, way: Way, edge: float, choose: Random) -> Cut | None:
    cut = way(choose)
    settled = places.settled(cut.start, cut.end, how in _LOOSE) if cut else None
    if settled is None:
        return None
    data, (start, end) = places.document.data, settled
    if edge < EMPTY_MIDDLE:
        return _typing(data, Cut(end, end, how="empty"), choose)
    return _typing(data, Cut(start, end, how=how), choose)


def _last(places: Places, choose: Random) -> Cut | None:
    """From within a line to the end of the piece that it stands in, with nothing after it."""
    data = places.document.data
    for begin, end in choose.choices(places.pieces, k=TRIES) if places.pieces else ():
        rows = [(max(begin, start), stop) for start, stop in lines(data[:end]) if stop > max(begin, end - places.middle)]
        start, stop = choose.choice(rows[-ROWS:])
        if len([*islice(_WORDED.finditer(data, 0, start), _ABOVE)]) < _ABOVE:
            continue
        at = on_character(data, choose.randrange(start + len(data[start:stop]) - len(data[start:stop].lstrip()), stop))
        if (settled := places.settled(at, end, loose=False)) and settled[1] == end:
            cut = _typing(data, Cut(*settled, how="cursor", suffix=False), choose)
            if says(data, word_end(data, cut.start), end):  # the rest of a word is nothing to stop after
                return cut
    return None


def _typing(data: bytes, cut: Cut, choose: Random) -> Cut:
    """The same place, perhaps with something just typed there; `hole` moves the hole's start into the answer, inside words too."""
    if choose.random() >= TYPED:
        return cut
    begin = choose.choices([name for name, _ in BEGINS], [share for _, share in BEGINS])[0]
    if begin == "hole" and cut.end - cut.start > 1:
        at = on_character(data, choose.randrange(cut.start + 1, min(cut.end, cut.start + MOST_TYPED)))
        if at > cut.start and len(data[at : cut.end].strip()) >= FEWEST and says(data, at, cut.end):
            return replace(cut, start=at, typed=cut.start)
    start = line_start(data, cut.start)
    word = _WORD_END.search(data, max(start, cut.start - MOST_TYPED), cut.start) if begin == "word" else None
    typed = word.start() if word else start
    return replace(cut, typed=typed) if 0 < cut.start - typed <= MOST_TYPED else cut


def _tree(marked: Sequence[tuple[int, int]], size: int) -> Node:
    """The nodes by containment; one that only overlaps another is left out."""
    root = Node(0, size)
    path = [root]
    for start, end in sorted(set(marked), key=lambda node: (node[0], -node[1])):
        while path[-1].end <= start and len(path) > 1:
            path.pop()
        if end <= path[-1].end and (start, end) != (0, size):
            path[-1].within.append(node := Node(start, end))
            path.append(node)
    return root


def _aligned(data: bytes, tree: Node, wanted: tuple[int, int], middle: int) -> Cut | None:
    """The run of siblings beneath the lowest common ancestor of `wanted` that overlaps it best (greatest intersection over union).

    No blank line stands between them: nobody can tell several things from what is around them.
    """
    start, end = wanted
    node = tree
    while inner := next((child for child in node.within if child.start <= start and end <= child.end), None):
        node = inner
    near = [child for child in node.within if child.end > start and child.start < end] or [node]
    runs = [(first.start, last.end) for part in _paragraphs(data, near) for number, first in enumerate(part) for last in part[number:]]
    fitting = [run for run in runs if SHORTEST_NODE <= run[1] - run[0] <= middle]
    if not fitting:
        return None
    return Cut(*max(fitting, key=lambda run: (min(run[1], end) - max(run[0], start)) / (max(run[1], end) - min(run[0], start))))


def _paragraphs(data: bytes, nodes: Sequence[Node]) -> list[list[Node]]:
    """Siblings, apart where a blank line stands between them."""
    found: list[list[Node]] = []
    for node in nodes:
        if found and not _BLANK.search(data, found[-1][-1].end, node.start):
            found[-1].append(node)
        else:
            found.append([node])
    return found


def _range(data: bytes, middle: int, choose: Random) -> tuple[int, int]:
    """A random run of characters; every order of magnitude of its length is as likely."""
    length = max(1, round(math.exp(choose.uniform(0, math.log(max(2, min(middle, len(data) // 2)))))))
    start = on_character(data, choose.randrange(len(data)))
    return start, on_character(data, min(len(data), start + length))


def _run(data: bytes, middle: int, choose: Random) -> Cut:
    """A random run of characters, to the first blank line at most."""
    start, end = _range(data, middle, choose)
    blank = _BLANK.search(data, start, end)
    return Cut(start, blank.start() if blank else end)


def _cursor(data: bytes, rows: Sequence[tuple[int, int]], middle: int, choose: Random) -> Cut | None:
    """From within a line: half to its end, nearly half to the end of its block, a few to a place within the line."""
    number = choose.randrange(len(rows))
    start, stop = rows[number]
    indent = len(data[start:stop]) - len(data[start:stop].lstrip())
    at = on_character(data, choose.randrange(start + indent, stop))
    goal = choose.choices(("line", "block", "inside"), (50, 45, 5))[0]
    end = stop
    if goal == "block":
        end = _block_end(data, start, indent, middle - (at - start))
    elif goal == "inside":
        end = on_character(data, choose.randrange(at, stop) + 1)
    return Cut(at, end) if at < end <= at + middle else None


def _block_end(data: bytes, start: int, indent: int, middle: int) -> int:
    """The end of the last line before a blank one, one indented less, the 33rd row or the limit."""
    end = start
    for row, (first, stop) in enumerate(lines(data[start : start + middle + 1])):
        line = data[start + first : start + stop]
        if row >= BLOCK_ROWS or not line.strip() or (row and len(line) - len(line.lstrip()) < indent) or stop > middle:
            break
        end = start + stop
    return end
