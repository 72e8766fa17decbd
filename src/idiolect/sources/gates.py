"""Hard gates: texts from which nothing is to be learned. And signals: what is counted, and never a reason to drop a file.

The gates are those of data work at web scale that do not destroy a team's small, idiomatic files: thresholds of StarCoder2
(arXiv 2402.19173, appendix A) for line lengths, letters, encoded data, data files and markup; 50 to 5000 characters of JSON and
YAML (DeepSeek-Coder, Granite). The signals are gates elsewhere (OpenCoder's and SantaCoder's filters), where they cost a Rails
team up to 86 % of its files.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

from idiolect.scrub.rules import compiled
from idiolect.sources import generated

_WORD = re.compile(r"\w+")
_COMMENT = ("#", "//", "/*", "*", "--", ";", "<!--", '"""', "%")
_LONG_LINES_ALLOWED = frozenset(
    {"html", "html+erb", "html+php", "json", "markdown", "restructuredtext", "tex", "text", "asciidoc", "vue", "svelte"}
)
_DATA = frozenset({"json", "yaml", "text"})
_HEX = re.compile(rb"(?:\b(?:0x|\\x)?[0-9a-fA-F]{2}(?:,|\b\s*+)){8,}+")
_ESCAPES = re.compile(rb"(?:\\u[0-9a-fA-F]{4}){8,}+")
_BASE64_LETTERS = bytes(97 if chr(byte).isascii() and (chr(byte).isalnum() or chr(byte) in "+/\n=") else 0 for byte in range(256))
_ANY_HEX = compiled(r"(?:\b(?:0x|\\x)?[0-9a-fA-F]{2}(?:,|\b[\s\x0b]*)){8}")
"""Where `_HEX` matches, this does."""
_RUN = b"a" * 64
_NO_LETTERS = bytes(set(range(128)) - set(range(65, 91)) - set(range(97, 123)))
_TAG = re.compile(rb"<[^<>]*>")
_UNSEEN = ((b"<script", b"</script"), (b"<style", b"</style"), (b"<!--", b"-->"))
_TEMPLATE = re.compile(rb"\{\{|\{%|<%|<\?php|\$\{|\bth:|\bv-\w|\*ng")
MAX_LINE, MEAN_LINE, MAX_LINES, MAX_MARKUP_LINE, DATA_LINES = 1000, 100, 100_000, 100_000, 512


def refusal(known: str, data: bytes, *, by_hand: bool = False) -> str:
    """Why a text in the language `known` is not kept, one word; empty where it is. The cheap rules come first.

    `by_hand`: somebody who knows says that no program wrote it, so markers of generators are not looked for.
    """
    if not data.strip():
        return "empty"
    if data.startswith(b"version https://git-lfs.github.com/"):
        return "lfs-pointer"
    if b"\0" in data:
        return "binary"
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return "not-utf8"
    if not known:
        return "no-language"
    if not by_hand and generated.by_content(known, data):
        return "generated"
    return _shape(known, text) or _content(known, data)


def _shape(known: str, text: str) -> str:
    """Long lines and long data; lengths are characters."""
    lines, size = text.count("\n") + (not text.endswith("\n")), len(text)
    if known in _LONG_LINES_ALLOWED:
        if _has_line_over(MAX_MARKUP_LINE, text):
            return "long-lines"
    elif size > MEAN_LINE * lines or _has_line_over(MAX_LINE, text):
        return "minified" if known in ("javascript", "css") else "long-lines"
    if lines > MAX_LINES or (known in _DATA and lines > DATA_LINES) or (known in ("json", "yaml") and not 50 <= size <= 5000):
        return "data"
    return ""


def _has_line_over(most: int, text: str) -> bool:
    """Whether a line has more than `most` characters. Such a line fills one of the blocks of half its length, which is soon seen."""
    half = most // 2
    if all(text.find("\n", at, at + half) >= 0 for at in range(0, len(text) - half + 1, half)):
        return False
    return max(map(len, text.split("\n"))) > most


def _content(known: str, data: bytes) -> str:
    """Letters, encoded data, markup under another name, pages without text."""
    if _letters(data[: len(data) // 2]) * 4 < len(data) and _letters(data) * 4 < len(data):  # half of it mostly has enough
        return "few-letters"
    if b"<?xml version=" in data[:100] and b"xsl:" not in data[:2000]:
        return "xml"
    if known == "html" and not _TEMPLATE.search(data):
        visible = b"".join(_TAG.sub(b" ", _visible(data)).split())
        if len(visible) < 100 or 5 * len(visible) < len(data):
            return "markup"
    return "encoded" if _encoded(data) else ""


def _letters(data: bytes) -> int:
    return len(data.translate(None, _NO_LETTERS))


def _visible(page: bytes) -> bytes:
    """A page without scripts, styles and comments, in time that grows with its length."""
    for begin, end in _UNSEEN:
        kept, at, lower = [], 0, page.lower()
        while (start := lower.find(begin, at)) >= 0 and (stop := lower.find(end, start)) >= 0:
            kept.append(page[at:start])
            at = stop
        page = b" ".join([*kept, page[at:]])
    return page


def _encoded(data: bytes) -> bool:
    """One run of base64, hex or escapes over 1024 bytes, or more than half of the file.

    The expressions are slow, so each is tried only where there is something for it.
    """
    lengths: list[int] = []
    letters = data.translate(_BASE64_LETTERS)
    if _RUN in letters:
        lengths += [len(run) for run in letters.split(b"\0") if len(run) >= 64]
    if b"\\" in data and b"\\u" in data:  # one byte is found ten times faster than two
        lengths += _lengths(_ESCAPES, data)
    if _ANY_HEX.search(data):
        lengths += _lengths(_HEX, data)
    return max(lengths, default=0) > 1024 or 2 * sum(lengths) > len(data)


def _lengths(pattern: re.Pattern[bytes], data: bytes) -> list[int]:
    return [match.end() - match.start() for match in pattern.finditer(data)]


def signals(text: str) -> set[str]:
    """What web-scale filters would hold against a text: comments, short, few-words, digits, asserts, repeats."""
    rows = [line.strip() for line in text.split("\n") if line.strip()]
    words = _WORD.findall(text)
    comments = sum(row.startswith(_COMMENT) for row in rows) / max(1, len(rows))
    pairs = Counter(pairwise(words)).most_common(1)
    found = {
        "comments": not 0.01 <= comments <= 0.8,
        "short": len(rows) < 10,
        "few-words": len(words) < 30,
        "digits": sum(map(text.count, "0123456789")) > 0.2 * len(text),
        "asserts": sum("assert" in row for row in rows) > 0.4 * len(rows),
        "repeats": bool(pairs) and pairs[0][1] > max(2, 0.2 * len(words)),
    }
    return {name for name, holds in found.items() if holds}
