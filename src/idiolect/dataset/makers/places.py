"""Where a hole may lie: somebody would stand there and ask for just that, and can be answered from what is shown.

A node or a run of characters is drawn anywhere; here it becomes what an editor is asked for, or nothing. A definition and a test are
asked for behind their first line, which names them; several at once are not asked for, nor many lines, nor a letter. An end within
a word moves to the end of that word, an end within a later line to the end of the line before.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from idiolect.dataset.makers.seams import BLOCK, seams
from idiolect.dataset.makers.sections import PROSE
from idiolect.dataset.makers.windows import NEWLINE, line_end, line_start, lines
from idiolect.syntax import units
from idiolect.types import Document

ROWS = 20
"""Most lines of an answer."""
FEWEST = 3
"""Bytes of the shortest answer, blanks around it left out."""
WORDS = 3
"""Of the shortest answer in prose: the rest of a word is faster typed than asked for."""
FOREIGN = re.compile(r"(?:^|/)(?:licen[cs]e|copying|code[-_ ]?of[-_ ]?conduct)(?:[-_.]\w+)*$", re.IGNORECASE)
"""Paths of texts that projects have word for word from elsewhere."""
_WORD = re.compile(rb"\w")
_INK = re.compile(rb"\S")
_REST = re.compile(r"(?<=\w)\w*")
_LONGEST_WORD = 128
"""Bytes: of the longest digest in hexadecimal digits."""
_SENTENCE = re.compile(rb"[.!?](?=\s+[^a-z\s]|\s*\Z)")
_VERSION = re.compile(rb"\b(?:version(?:added|changed)|deprecated)::|[*#/][ \t]*@(?:since|version)\b")
"""What a docstring says of the past, which no code shows."""
_KNOWN = re.compile(rb"://[\w.-]+|\b[0-9a-fA-F]{20,}\b")
"""Hosts and digests: nobody guesses one that stands nowhere else."""
_END = (
    rb"(?:end(?:autoescape|block|call|case|class|declare|each|filter|for|foreach|func|function|generate|if|loop|macro|match|module|property"
    rb"|raw|set|sub|switch|task|trans|try|unless|while|with)?|fi|done|esac)\b"
)
_CLOSERS = re.compile(rb"\b" + _END + rb"|</[\w:.-]*>?|[^\w\s]+")
_BEGUN = re.compile(rb"[\w</]+\Z")
_CODE = r"[a-z]{2,3}(?:[-_](?:[A-Za-z]{2}|[A-Z][a-z]{3}|\d{3}))*"
_TRANSLATED = re.compile(
    r"^(?=.*\.(?:ya?ml|json|properties|po|ftl|strings)$)(?:.*/)?(?:locales?|i18n|l10n|translations?)/(?!(?:.*[/.])?eng?(?:[-_]\w+)?[/.])"
    rf"(?:.*/)?(?:(?:[^/]+\.)?{_CODE}\.\w+$|{_CODE}/)"
)
"""Paths of texts in another language than English, which is what they were translated from: a file or a folder is named by its code."""
_PIECE = re.compile(rb"(?!" + _END + rb"|</)[\w@#/\"'<*.=:-]")
"""How a piece begins: with no closer of what is above."""
_GAP = 400


@dataclass(frozen=True)
class Places:
    """What of a file can be asked for, in answers of at most `middle` bytes."""

    document: Document
    middle: int

    def settled(self, start: int, end: int, loose: bool) -> tuple[int, int] | None:
        """The hole for bytes `start` to `end`, None where nobody would ask; `loose`: they are no nodes, so the end may move."""
        if self._several(start, end):
            return None
        start = self._behind_header(start, end)
        if loose:
            end = self._loose_end(start, end)
        end = start + len(self.document.data[start:end].rstrip())
        return (start, end) if self.asked(start, end) else None

    def asked(self, start: int, end: int) -> bool:
        """Whether an answer is neither too short nor too long, and can be known."""
        data = self.document.data
        return bool(
            len(data[start:end].strip()) >= FEWEST
            and (self.document.language not in PROSE or len(data[start:end].split()) >= WORDS)
            and end - start <= self.middle
            and data.count(b"\n", start, end) < ROWS
            and says(data, start, end)
            and not _VERSION.search(data, start, end)
            and not any(one.start < end and start < one.end for one in self.document.replaced)
            and all(self._elsewhere(known[0], start, end) for known in _KNOWN.finditer(data, begun(data, start), end))
        )

    @cached_property
    def pieces(self) -> list[tuple[int, int]]:
        """Runs of lines between blank ones, without the blanks around them, where a file that is written from above may end.

        That is at its end, above a line at the left edge, and where a unit ends within another, as all do in a language of classes. What
        comes next closes nothing. None is in a translation: its original is another file.
        """
        data, found = self.document.data, list[tuple[int, int]]()
        if _TRANSLATED.search(self.document.path):
            return found
        for first, stop in [(start, end) for start, end in lines(data) if data[start:end].strip()]:
            joined = found and len(NEWLINE.findall(data, found[-1][1], first)) == 1
            found.append((found.pop()[0] if joined else first, first + len(data[first:stop].rstrip())))
        ends = set() if self.document.language in PROSE else {unit.end for unit in units(self.document.language, data)}
        next_lines = [(start, _content(data, start)) for start, _ in found[1:]]
        whole = [
            (start == at or end in ends) and _PIECE.match(data, at) is not None
            for (_, end), (start, at) in zip(found, next_lines, strict=False)
        ]
        return [(_content(data, start), end) for (start, end), ended in zip(found, [*whole, True], strict=False) if ended]

    def _elsewhere(self, text: bytes, start: int, end: int) -> bool:
        data = self.document.data
        return data.find(text, 0, start) >= 0 or data.find(text, end) >= 0

    @cached_property
    def _seams(self) -> Sequence[Sequence[int]]:
        return [] if self.document.language in PROSE else seams(self.document)

    @cached_property
    def _bodies(self) -> dict[int, int]:
        """Where the units and the blocks of tests begin, and where what their first lines announce does."""
        if self.document.language in PROSE:
            return {}
        data = self.document.data
        blocks = {match.end(1): _content(data, line_end(data, match.end())) for match in BLOCK.finditer(data)}
        return blocks | {unit.start: unit.body_start for unit in units(self.document.language, data) if unit.body_start is not None}

    def _several(self, start: int, end: int) -> bool:
        """Whether two units or two tests of one depth lie within, one that begins there counted."""
        first = line_start(self.document.data, start)
        for level in self._seams:
            at, behind = bisect_left(level, first), bisect_right(level, first)
            inside = bisect_left(level, end) - behind
            if inside > 0:
                return inside > 1 or behind > at
        return False

    def _behind_header(self, start: int, end: int) -> int:
        while start < (body := self._bodies.get(start, start)) < end:
            start = body
        return start

    def _loose_end(self, start: int, end: int) -> int:
        data = self.document.data
        sentence = _SENTENCE.search(data, start, min(len(data), end + _GAP)) if self.document.language in PROSE else None
        if sentence and sentence.end() <= end:
            return sentence.end()
        if end < line_end(data, end) and line_start(data, end) > start:
            return line_start(data, end)
        return word_end(data, end)


def says(data: bytes, start: int, end: int) -> bool:
    """Whether there is a word in these bytes beside what only closes; the rest of one counts that began before them.

    What closes is told without a grammar: a call of a function named `done` alone is never asked for, in no language. That is accepted.
    """
    first = begun(data, start)
    text = _CLOSERS.sub(lambda closer: b" " * len(closer[0]), data[first:end])
    return _WORD.search(text, start - first) is not None


def word_end(data: bytes, at: int) -> int:
    """Where the word ends that `at` stands in or behind; `at` where there is none."""
    last = data[max(0, at - 4) : at].decode("utf-8", "ignore")[-1:]
    rest = _REST.match(last + data[at : at + _LONGEST_WORD].decode("utf-8", "ignore"), len(last))
    return at + len(rest[0].encode()) if rest else at


def begun(data: bytes, at: int) -> int:
    """Where the word or tag begins that `at` stands in."""
    match = _BEGUN.search(data, max(0, at - _LONGEST_WORD), at)
    return match.start() if match else at


def _content(data: bytes, at: int) -> int:
    """The first byte at or after `at` that is no blank."""
    match = _INK.search(data, at)
    return match.start() if match else len(data)
