"""Lessons that are too long keep what stands nearest to their target."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from idiolect.types import Dropped, Hole, Message, Sample

CUT = "…\n"
"""Stands in a message where lines were left out."""
ELIDED = "[...]"
"""Stands so where a maker left them out, before anything was fitted."""
_MARKS = frozenset({CUT.strip(), ELIDED})
_SAID = 600
"""Characters that are kept of the first paragraph of a message without blocks of code: what is asked."""
_LINE = re.compile(r"[^\n]*+\n|[^\n]++")
"""As SEARCH counts them: a form feed or a lone carriage return ends none."""
_EDIT = re.compile(
    r"^([^`\n]+)\n`{3,}[^`\n]*\n(?=<{5,9} SEARCH$)|^<{5,9} SEARCH\n((?:(?!={5,9}$).*\n)*)={5,9}$",
    re.MULTILINE,
)
"""The path above the edits of a file, or what one of them replaces."""
_PATH = re.compile(r"`([^`\n]+)`\s*$")
_FORM = re.compile(r"^[^`\n]+\n`{3,}\w.*$|^`{3,}.*$|^(?:<{5,9} SEARCH|>{5,9} REPLACE)$", re.MULTILINE)
"""Of an answer its fences, the paths above them, and the marks of its edits: none is a name that it gives."""
_FENCE = re.compile(r"(`{3,})[^`\n]*\n?$")
_TRIES, _MARGIN = 4, 0.97
"""Tries to reach a number of tokens by bytes, each aiming a little lower than it need: a lesson's tokens are not equally long."""
_GAP = 4
"""Lines; nearer ones that the answer repeats are of one piece, as blank lines and closing brackets stand between them."""
_GOES_ON = re.compile(r"\s*(?:[)\]}]|</|(?:catch|elif|else|elsif|end|ensure|except|finally|rescue|then|when)\b)")
"""How a line begins that means nothing without the line of the same indentation before it."""
_DECORATES = re.compile(r"\s*@\w[\w.]*(?:\(|\s*$)")
_LITTLE = 2
"""Lines that may as well stand there as a mark for them."""
_NAME = re.compile(r"[^\W\d]\w{3,}")
_FEW, _NEAR = 3, 2
"""Lines up to which all that have a name count as near, not the first alone; and how far from the answer's own lines they count."""


def fitted(sample: Sample, room: int) -> Sample | Dropped:
    """The lesson within so many bytes, or why that cannot be. Raw text has no target: it is cut where it is rendered."""
    if sample.prompt is None or size(sample) <= room:
        return sample
    left = room - sum(len(text.encode("utf-8", "surrogatepass")) for text in (sample.answer, sample.rejected) if text)
    source = sample.origins[0].source if sample.origins else ""
    if left <= 0:
        return Dropped(reason="answer too long", what=sample.id, source=source)
    prompt = _narrowed(sample.prompt, left) if isinstance(sample.prompt, Hole) else _windowed(sample.prompt, sample.answer or "", left)
    if prompt is None:
        return Dropped(reason="too long", what=sample.id, source=source)
    return sample.remade(prompt=prompt)


def within(sample: Sample, count: Callable[[Sample], int], tokens: int) -> Sample:
    """The lesson in so many tokens by `count`; as it came, or nearly, where what is too long is its target."""
    room, length = size(sample), count(sample)
    for _ in range(_TRIES):
        if length <= tokens:
            break
        room = int(room * _MARGIN * tokens / length)
        made = fitted(sample, room)
        if isinstance(made, Dropped):
            break
        sample, length = made, count(made)
    return sample


def size(sample: Sample) -> int:
    """Bytes of prompt and answer."""
    prompt = sample.prompt or ()
    if isinstance(prompt, Hole):
        texts = [prompt.prefix, prompt.typed, prompt.suffix, *(part for file in prompt.files for part in (file.path, file.text))]
    else:
        texts = [turn.content for turn in prompt]
    return sum(len(text.encode("utf-8", "surrogatepass")) for text in (*texts, sample.answer or "", sample.rejected or ""))


def _narrowed(hole: Hole, room: int) -> Hole | None:
    """The hole with the nearest of its files and lines; two parts of what is left go to what stands before it, one to what follows."""
    files = list(hole.files)
    own = _bytes(hole.prefix) + _bytes(hole.suffix) + _bytes(hole.typed)
    while files and own + sum(_bytes(file.path) + _bytes(file.text) for file in files) > room:
        files.pop(0)
    left = room - _bytes(hole.typed)
    if left <= 0:
        return None
    if own <= room:
        return hole.model_copy(update={"files": tuple(files)})
    after = min(_bytes(hole.suffix), max(left // 3, left - _bytes(hole.prefix)))
    prefix, suffix = _last(hole.prefix, left - after), _first(hole.suffix, after)
    return hole.model_copy(update={"files": (), "prefix": prefix, "suffix": suffix})


def _windowed(turns: tuple[Message, ...], answer: str, room: int) -> tuple[Message, ...] | None:
    """The conversation without its oldest turns; of a last message that is still too long, what is asked and the lines of the target."""
    system = [turn for turn in turns[:1] if turn.role == "system"]
    later = list(turns[len(system) :])
    room -= sum(_bytes(turn.content) for turn in system)
    while len(later) > 1 and sum(_bytes(turn.content) for turn in later) > room:
        later = later[2:] or later[-1:]
    if not later or later[0].role != "user":
        return None
    if sum(_bytes(turn.content) for turn in later) <= room:
        return (*system, *later)
    text = _around(later[-1].content, answer, room)
    return (*system, Message(role="user", content=text)) if text else None


def _around(text: str, answer: str, room: int) -> str:
    """What is asked, and of each block of code the lines nearest to those that the answer repeats; with the words around the blocks.

    A block in which an answer of edits edits nothing is what it stands on, such as tests or earlier edits: it stays whole. What a SEARCH
    holds may stand in several blocks: the one beneath the path that the answer names is edited, or all of them where none is.
    """
    lines = _LINE.findall(text)
    frame, first = _frame(lines), 0
    if not frame:  # the blank line stays too: by it the request is known when the message is fitted again
        first = next((number + 1 for number, line in enumerate(lines) if not line.strip()), 0)
    blocks = _runs(number for number in range(first, len(lines)) if number not in frame)
    replaced = _replaced(lines, answer, _paths(lines, blocks)).difference(frame, range(first))
    repeated = _repeated(lines, answer).difference(frame, range(first))
    if not replaced and not repeated:
        return ""
    target = replaced | repeated
    cut = {block for block in blocks if not (replaced or repeated).isdisjoint(block)}
    named = _named(lines, [number for block in blocks if block in cut for number in block], answer)
    excerpt = _Excerpt(lines, blocks, first, frame, room)
    for away, merely, number in sorted(rank for block in blocks for rank in _ranks(block, target if block in cut else (), named)):
        if not excerpt.add(number) and not merely:
            if not away:
                return ""
            break
    return excerpt.text()


class _Excerpt:
    """Some lines of a message, within a room in bytes. None stands there without the lines that the blocks around it begin with."""

    def __init__(self, lines: Sequence[str], blocks: Sequence[range], first: int, frame: Collection[int], room: int) -> None:
        self.lines, self.first = lines, first
        self.head = _request(lines[:first])
        self.kept = {first - 1, len(lines), *frame}
        self.above = {number: head for block in blocks for number, head in _heads(lines, block).items()}
        self.left = room - _bytes(self.head) - sum(_bytes(lines[number]) for number in frame) - len(blocks) * _bytes(CUT)

    def add(self, number: int) -> bool:
        """Keep a line and the heads above it, where there is room for all of them."""
        new: list[int] = []
        while number >= 0 and number not in self.kept:
            new.append(number)
            number = self.above[number]
        return self._keep(new)

    def text(self) -> str:
        """What is kept, with a mark wherever some lines were left out; none for a gap that can be closed as well."""
        marks = sorted(self.kept)
        for before, after in pairwise(marks):
            if 1 < after - before <= _LITTLE + 1:
                self._keep(range(before + 1, after))
        texts, before = [self.head], self.first - 1
        for number in sorted(self.kept - {self.first - 1}):
            texts += [*([CUT] if number - before > 1 else []), *self.lines[number : number + 1]]
            before = number
        return "".join(text for last, text in pairwise(["", *texts]) if not (last.strip() in _MARKS and text.strip() in _MARKS))

    def _keep(self, new: Collection[int]) -> bool:
        left = self.left
        for number in new:
            self.kept.add(number)
            left -= _bytes(self.lines[number]) + _bytes(CUT) * (1 - (number - 1 in self.kept) - (number + 1 in self.kept))
        if left < 0:
            self.kept.difference_update(new)
            return False
        self.left = left
        return True


def _runs(numbers: Iterable[int]) -> list[range]:
    """Numbers that follow each other, as ranges."""
    found: list[range] = []
    for number in numbers:
        joined = found and found[-1].stop == number
        found.append(range(found.pop().start if joined else number, number + 1))
    return found


def _request(lines: Sequence[str]) -> str:
    """A first paragraph, cut where it is long, and the blank line after it."""
    said = "".join(lines[:-1])[:_SAID]
    return "".join((said, "" if not said or said.endswith("\n") else "\n", *lines[-1:]))


def _heads(lines: Sequence[str], block: range) -> dict[int, int]:
    """For each line of a block the one above it that it cannot be understood without; -1 where there is none, and for a mark of a cut.

    That is the nearest line with less indentation. For a line that continues or closes a statement (`else`, `)`) it is the line that began
    the statement, for one below a decorator it is the decorator.
    """
    around: list[tuple[int, int]] = []
    above: dict[int, int] = {}
    for number in block:
        line = lines[number]
        width = len(line) - len(line.lstrip())
        if width == len(line) or line.strip() in _MARKS:
            above[number] = -1
            continue
        before = -1
        while around and around[-1][0] >= width:
            other, last = around.pop()
            before = last if other == width else before
        above[number] = _head(lines, above, number, before, around[-1][1] if around else -1)
        around.append((width, number))
    return above


def _head(lines: Sequence[str], above: Mapping[int, int], number: int, before: int, outer: int) -> int:
    """Of the line before it with the same indentation and the nearest with less, the one that a line needs, or what that one needs."""
    if before < 0:
        return outer
    goes_on = _GOES_ON.match(lines[before])
    if _GOES_ON.match(lines[number]):  # of a long chain the opener is enough
        return above[before] if goes_on else before
    decorator = above[before] if goes_on else before
    return before if decorator >= 0 and _DECORATES.match(lines[decorator]) else outer


def _repeated(lines: Sequence[str], answer: str) -> set[int]:
    """The lines that an answer repeats, but for those that say next to nothing."""
    repeated = {line.strip() for line in answer.split("\n") if len(line.strip()) > 3}
    return {number for number, line in enumerate(lines) if line.strip() in repeated}


def _replaced(lines: Sequence[str], answer: str, paths: Mapping[int, str]) -> set[int]:
    """The runs of lines that the blocks of an answer replace, with all that stands in them; `paths`: the file of a line, where known.

    Where such a run stands more than once, only those in the file that the answer names count, if there are any.
    """
    plain = [line.rstrip("\n") for line in lines]
    at: dict[str, list[int]] = {}
    for number, line in enumerate(plain):
        at.setdefault(line, []).append(number)
    found, path = set[int](), ""
    for match in _EDIT.finditer(answer):
        path = (match[1] or path).strip()
        wanted = (match[2] or "").split("\n")[:-1]
        places = list(_places(plain, at, wanted))
        for start in [start for start in places if paths.get(start) == path] or places:
            found.update(range(start, start + len(wanted)))
    return found


def _places(plain: Sequence[str], at: Mapping[str, Sequence[int]], wanted: Sequence[str]) -> Iterator[int]:
    """Where a run of lines begins, no two of them overlapping; `at`: where each line stands."""
    rarest, end = min(range(len(wanted)), key=lambda one: len(at.get(wanted[one], ())), default=0), 0
    for start in (number - rarest for number in at.get(wanted[rarest], ())) if wanted else ():
        if start >= end and plain[start : start + len(wanted)] == wanted:
            end = start + len(wanted)
            yield start


def _paths(lines: Sequence[str], blocks: Iterable[range]) -> dict[int, str]:
    """The paths that stand above the fences of blocks, for each line of these."""
    found: dict[int, str] = {}
    for block in blocks:
        if block.start > 1 and (match := _PATH.match(lines[block.start - 2])):
            found.update(dict.fromkeys(block, match[1]))
    return found


def _frame(lines: Sequence[str]) -> set[int]:
    """The lines of a message that stand outside of its blocks of code, and the fences; none where it has no block."""
    frame, fence = set[int](), ""
    for number, line in enumerate(lines):
        found = _FENCE.match(line)
        if not fence or (found and line.strip() == fence):
            frame.add(number)
            fence = found[1] if found and not fence else ""
    return frame if len(frame) < len(lines) and not fence else set()


def _ranks(block: range, target: Collection[int], named: Collection[int]) -> Iterator[tuple[int, bool, int]]:
    """How many lines each line of a block is from what the answer repeats, whether it is there for a name alone, and its number.

    What lies between two repeated lines with little between them is at 0, and so are all lines of a block without any. A line with a name
    that the answer brings comes a second time, near, as there for its name.
    """
    wanted = [number for number in block if number in target]
    for last, first in pairwise((-math.inf, *wanted, math.inf)) if wanted else ():
        for number in range(int(max(block.start, last)), int(min(block.stop, first))):
            away = int(min(number - last, first - number)) if first - last > _GAP else 0
            yield away, False, number
            if number in named and away > _NEAR:
                yield _NEAR, True, number
    if not wanted:
        yield from ((0, False, number) for number in block)


def _named(lines: Sequence[str], numbers: Sequence[int], answer: str) -> set[int]:
    """Of the lines with these numbers those with a name that a new line of the answer has.

    A name that few of them have counts wherever it stands; of a name that many have the first line counts, as it mostly is its import or
    its definition.
    """
    there = {lines[number].strip() for number in numbers}
    new = {name for line in _FORM.sub("", answer).split("\n") if line.strip() not in there for name in _NAME.findall(line)}
    at: dict[str, list[int]] = {}
    for number in numbers:
        for name in new.intersection(_NAME.findall(lines[number])):
            at.setdefault(name, []).append(number)
    return {number for numbers in at.values() for number in numbers[: None if len(numbers) <= _FEW else 1]}


def _first(text: str, room: int) -> str:
    """The first lines of a text."""
    cut = text.encode("utf-8", "surrogatepass")[:room].decode("utf-8", "ignore")
    return cut if len(cut) == len(text) else cut[: cut.rfind("\n") + 1]


def _last(text: str, room: int) -> str:
    """The last lines of a text."""
    data = text.encode("utf-8", "surrogatepass")
    cut = data[max(0, len(data) - room) :].decode("utf-8", "ignore")
    return cut if len(cut) == len(text) else cut[cut.find("\n") + 1 :]


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
