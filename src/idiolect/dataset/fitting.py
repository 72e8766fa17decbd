"""Lessons that are too long keep what stands nearest to their target; makers of our own never make them so long."""

from __future__ import annotations

from idiolect.types import Dropped, Hole, Message, Sample

BYTES_PER_TOKEN = 3
"""Of code, at least, in the vocabularies of code models; a dataset knows no tokenizer, as several models may learn from it."""
CUT = "…\n"
"""Stands in a message where lines were left out."""
_SAID = 600
"""Characters of a message's first paragraph that are kept: what is asked."""


def fitted(sample: Sample, tokens: int) -> Sample | Dropped:
    """The lesson within so many tokens, or why that cannot be. Raw text has no target: it is cut where it is rendered."""
    room = tokens * BYTES_PER_TOKEN
    if sample.prompt is None or _size(sample) <= room:
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


def _size(sample: Sample) -> int:
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
    """What is asked, and the lines of a message that the answer repeats, with as many around them as there is room for."""
    lines = text.splitlines(keepends=True)
    repeated = {line.strip() for line in answer.splitlines() if len(line.strip()) > 3}
    target = [number for number, line in enumerate(lines) if line.strip() in repeated]
    if not target:
        return ""
    said = next((number for number, line in enumerate(lines) if not line.strip()), 0)
    head = "".join(lines[:said])[:_SAID]
    first, last = target[0], target[-1] + 1
    left = room - _bytes(head) - 2 * _bytes(CUT) - sum(_bytes(line) for line in lines[first:last])
    if left < 0 or first < said:
        return ""
    others = [number for number in range(said, len(lines)) if not first <= number < last]
    for number in sorted(others, key=lambda one: target[0] - one if one < target[0] else one - target[-1]):
        left -= _bytes(lines[number])
        if left < 0:
            break
        first, last = min(first, number), max(last, number + 1)
    return head + (CUT if first > said else "") + "".join(lines[first:last]) + (CUT if last < len(lines) else "")


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
