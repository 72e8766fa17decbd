"""Lessons that are too long keep what stands nearest to their target."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence

from idiolect.types import Dropped, Hole, Message, Sample

CUT = "…\n"
"""Stands in a message where lines were left out."""
_SAID = 600
"""Characters that are kept of the first paragraph of a message without blocks of code: what is asked."""
_SEARCH = re.compile(r"^<{5,9} SEARCH\n((?:(?!={5,9}$).*\n)*)={5,9}$", re.MULTILINE)
_FENCE = re.compile(r"(`{3,})[^`\n]*\n?$")
_TRIES, _MARGIN = 4, 0.97
"""Tries to reach a number of tokens by bytes, each aiming a little lower than it need: a lesson's tokens are not equally long."""
_GAP = 4
"""Lines; nearer ones that the answer repeats are of one piece, as blank lines and closing brackets stand between them."""


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
    made = sample.model_copy(update={"prompt": prompt})
    made.__dict__.pop("id", None)  # it is another lesson now
    return made


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
    """What is asked, and the lines of a message nearest to those that the answer repeats; with the words around blocks of code."""
    lines = text.splitlines(keepends=True)
    frame, head = _frame(lines), ""
    if not frame:
        said = next((number for number, line in enumerate(lines) if not line.strip()), 0)
        head, frame = "".join(lines[:said])[:_SAID], set(range(said))
    target = sorted({*_repeated(lines, answer), *_replaced(lines, answer)} - frame)
    kept = set() if head else set(frame)
    left = room - _bytes(head) - sum(_bytes(lines[number]) for number in kept) - (len(target) + len(kept) + 1) * _bytes(CUT)
    for away, number in sorted((away, number) for number, away in enumerate(_distances(len(lines), target)) if number not in frame):
        left -= _bytes(lines[number])
        if left < 0:
            if not away:
                return ""
            break
        kept.add(number)
    return head + _joined(lines, kept, len(frame) if head else 0) if target else ""


def _repeated(lines: Sequence[str], answer: str) -> set[int]:
    """The lines that an answer repeats, but for those that say next to nothing."""
    repeated = {line.strip() for line in answer.splitlines() if len(line.strip()) > 3}
    return {number for number, line in enumerate(lines) if line.strip() in repeated}


def _replaced(lines: Sequence[str], answer: str) -> set[int]:
    """The runs of lines that the blocks of an answer replace, with all that stands in them."""
    plain = [line.rstrip("\n") for line in lines]
    at: dict[str, list[int]] = {}
    for number, line in enumerate(plain):
        at.setdefault(line, []).append(number)
    found = set[int]()
    for match in _SEARCH.finditer(answer):
        wanted, end = match[1].split("\n")[:-1], 0
        rarest = min(range(len(wanted)), key=lambda one: len(at.get(wanted[one], ())), default=0)
        for start in (number - rarest for number in at.get(wanted[rarest], ())) if wanted else ():
            if start >= end and plain[start : start + len(wanted)] == wanted:
                end = start + len(wanted)
                found.update(range(start, end))
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


def _distances(count: int, target: Sequence[int]) -> list[int]:
    """How many lines each of `count` lines is from the nearest of some; what lies between two that are hardly apart counts as these do."""
    found = [count] * count
    for last, first in zip((-count, *target), (*target, 2 * count), strict=True):
        for number in range(max(0, last), min(count, first)):
            found[number] = min(number - last, first - number) if first - last > _GAP else 0
    return found


def _joined(lines: Sequence[str], kept: Collection[int], first: int) -> str:
    """The lines that are kept, from the first on, with a mark wherever some were left out."""
    texts, before = list[str](), first - 1
    for number in sorted(kept):
        texts += [*([CUT] if number - before > 1 else []), lines[number]]
        before = number
    return "".join([*texts, *([CUT] if before < len(lines) - 1 else [])])


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
