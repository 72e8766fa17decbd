"""What a reader does not see in a text: signs that turn its direction, signs without width, and orders to a machine in comments.

Trojan Source (CVE-2021-42574) and hidden prompts. A file that has them is flagged, not dropped: an emoji's joiner is honest. Whoever
puts the team's text into a prompt of a generator or a judge takes them out with `visible`.
"""

from __future__ import annotations

import re

_BIDI = re.compile(rb"\xd8\x9c|\xe2\x80[\x8e\x8f\xaa-\xae]|\xe2\x81[\xa6-\xa9]")
_ZERO = re.compile(
    rb"(?<!\A)\xef\xbb\xbf|\xe2\x80[\x8b\x8c]|\xe2\x81[\xa0-\xa4]|\xe1\xa0\x8e|\xc2\xad|(?<![\x80-\xff])\xe2\x80\x8d|\xe3\x85\xa4|\xef\xbe\xa0"
)
_TAGS = re.compile(rb"\xf3\xa0[\x80-\x81][\x80-\xbf]|\xf3\xa0[\x84-\x87][\x80-\xbf]")
_SIGNS = re.compile(
    rb"\xd8\x9c|\xe2\x80[\x8b-\x8f\xaa-\xae]|\xe2\x81[\xa0-\xa9]|\xef\xbb\xbf|\xe1\xa0\x8e|\xc2\xad|\xe3\x85\xa4|\xef\xbe\xa0|\xf3\xa0"
)
"""All of them, wherever they stand."""
_ASCII = bytes(range(128))
_REFERENCE = re.compile(r"\[(?://|comment)\]:[ \t]*#[^\n]*$", re.MULTILINE | re.IGNORECASE)
"""Of those that begin a line: Python finds a bracket much faster than the beginnings of lines."""
_REMARK = re.compile(rb"\[(?://|comment)\]:", re.IGNORECASE)
_ORDERS = tuple(
    re.compile(pattern, re.IGNORECASE | re.DOTALL)
    for pattern in (
        r"\b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:previous|prior|above|earlier|all|any|your|these)\b"
        r".{0,40}\b(?:instruction|prompt|rule|direction|message)",
        r"\b(?:ai|llm|language model|assistant|copilot|chatbot|agent|gpt)s?\b"
        r".{0,60}\b(?:must|should|shall|always|never|do not|don't|please|add|insert|write|change|replace|include|omit|say|respond|run)\b",
        r"\byou are (?:now )?(?:an?|the) .{0,40}(?:assistant|model|ai)\b|\bsystem prompt\b",
    )
)
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\u3164\ufeff\uffa0"
    "\U000e0000-\U000e007f\U000e0100-\U000e01ef]"
)
_MOST = 20_000
"""Letters of comments in one file that are searched for orders."""


def flags(data: bytes) -> tuple[str, ...]:
    """Of bidi, zero-width, tags and orders, those that are in the text."""
    found = []
    if not data.isascii() and _SIGNS.search(data.translate(None, _ASCII)):  # what is left keeps its order, and is little
        found = [name for name, pattern in (("bidi", _BIDI), ("zero-width", _ZERO), ("tags", _TAGS)) if pattern.search(data)]
    if b"<!--" in data or _REMARK.search(data):
        text = data.decode("utf-8", "replace")
        said = " ".join(text[start:end] for start, end in _comments(text))[:_MOST]
        if any(order.search(said) for order in _ORDERS):
            found.append("orders")
    return tuple(found)


def visible(text: str) -> str:
    """The text as a prompt may carry it: without signs that nobody sees, and without comments that are not shown when it is rendered."""
    kept, at = [], 0
    for start, end in _comments(text):
        kept.append(text[at:start])
        at = max(at, end)
    return _INVISIBLE.sub("", "".join([*kept, text[at:]]))


def _comments(text: str) -> list[tuple[int, int]]:
    """Where comments of HTML and of Markdown stand; one that is never closed is none."""
    found, at = [], 0
    while (start := text.find("<!--", at)) >= 0 and (end := text.find("-->", start)) >= 0:
        found.append((start, end + 3))
        at = end + 3
    lines = (match.span() for match in _REFERENCE.finditer(text) if text[max(0, match.start() - 1) : match.start()] in ("", "\n"))
    return sorted([*found, *lines])
