"""Markdown in which no sign of anybody's text is markup or can hide."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

_HIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_NUMBER = re.compile(r"[\d,./%\s-]*")
"""Several may stand in one cell."""
_LITTLE = 100
"""Characters that are not worth leaving out."""


def fence(text: str) -> str:
    """A block in which no character of `text` is markup or can hide."""
    return fenced(visible(text), "text")


def fenced(text: str, tag: str) -> str:
    """A block of code; its fence is longer than any in the text, and `tag` stands behind it."""
    ticks = "`" * (max((len(run) for run in re.findall(r"`{3,}", text)), default=2) + 1)
    return f"{ticks}{tag}\n{text}\n{ticks}"


def code(text: str) -> str:
    """Inline code of any text, fit for a table."""
    plain = visible(text).replace("\n", " ").replace("|", "¦") or " "
    ticks = "`" * (max((len(run) for run in re.findall(r"`+", plain)), default=0) + 1)
    space = " " if plain.startswith("`") or plain.endswith("`") else ""
    return f"{ticks}{space}{plain}{space}{ticks}"


def line(text: str) -> str:
    """Words outside of code: no markup, one line."""
    return re.sub(r"([\\`*_\[\]<>|#!&])", r"\\\1", " ".join(visible(text).split()))


def visible(text: str) -> str:
    """Control and direction marks as escapes, so that what is read is what stands there."""
    return _HIDDEN.sub(lambda match: f"\\u{ord(match[0]):04x}", text.replace("\r\n", "\n"))


def clipped(text: str, first: int, last: int) -> str:
    """About `first` characters from the beginning and `last` from the end, at line ends where they are near; a little more stays whole.

    Between them stands on a line of its own how many are left out.
    """
    if len(text) <= first + last + _LITTLE:
        return text
    head, tail = text[:first], text[len(text) - last :]
    head = head[: head.rfind("\n")] if head.rfind("\n") > first // 2 else head
    tail = tail[tail.find("\n") + 1 :] if 0 <= tail.find("\n") < last // 2 else tail
    mark = f"[… {len(text) - len(head) - len(tail):,} characters left out …]"
    return "\n".join(part for part in (head, mark, tail) if part)


def table(head: Sequence[str], rows: Sequence[Sequence[str | int]]) -> str:
    """A table whose cells are Markdown; numbers stand to the right."""
    body = [[f"{one:,}" if isinstance(one, int) else one for one in row] for row in rows]
    rule = ["---:" if body and all(_NUMBER.fullmatch(cell) for cell in column) else "---" for column in zip(*body, strict=True)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [head, rule or ["---"] * len(head), *body])


def folded(summary: str, *parts: str) -> str:
    """Blocks that a reader opens: GitHub and Hugging Face show the summary alone."""
    return "\n\n".join([f"<details>\n<summary>{escape(visible(summary))}</summary>", *parts, "</details>"])
