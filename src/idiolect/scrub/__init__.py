"""Secrets and personal data out of bytes, before anything is written: a pure function, the same on every machine.

    scrubber = Scrubber(rules.together(), authors=[("Ada Lovelace", "ada@analytical.org")])
    cleaned = scrubber.scrub(data)         # .data, .findings, .replaced

What is found is replaced by a word that says what it was (`REDACTED_AWS_ACCESS_KEY`), which parses wherever the secret did, and
by an address of a range set aside for examples. No line is added or taken away; scrubbing what is scrubbed changes nothing, except where
the name of one secret stood within the text of another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from idiolect.files import digest_bytes, digest_json
from idiolect.scrub import disguises, engines, filters, names, rules
from idiolect.scrub.filters import Piece
from idiolect.scrub.rules import Rule, Rules
from idiolect.types import Replaced

VERSION = 1
"""Goes up whenever the same rules find other bytes."""
PERSON = "author-name"
"""What a whole name of the author list is counted as."""
_PERSON = b"REDACTED_NAME"
_PLACEHOLDER = 80
"""Characters of the longest placeholder."""
_LINE = 400
"""Bytes of a line on either side of a match that an allowlist sees."""


class Finding(NamedTuple):
    """What stood there: never the bytes themselves."""

    rule: str
    start: int
    end: int
    """In the text as it was."""


class Scrubbed(NamedTuple):
    """A text without secrets."""

    data: bytes
    findings: tuple[Finding, ...]
    """In the order of the text."""
    replaced: tuple[Replaced, ...]
    """What was put where, in the order of the text: the way back to the bytes as they were."""


class Scrubber:
    """Rules and people, ready for any number of texts. Threads may share it; pickled, it is made anew on the other side."""

    def __init__(self, known: Rules, authors: Iterable[names.Author] = (), engine: engines.Engine | None = None) -> None:
        self.known = known
        self.authors = tuple(sorted(set(authors)))
        self.engine = engine or engines.by_keywords

    def __reduce__(self) -> tuple[Any, ...]:
        return Scrubber, (self.known, self.authors, self.engine)

    @cached_property
    def digest(self) -> str:
        """Of all that decides what is replaced, the engine apart: both find the same."""
        people = [list(one) for one in self.authors]
        return digest_json([VERSION, self.known.digest_parts, people, digest_bytes(filters.TOKENIZER.read_bytes())])

    @cached_property
    def _people(self) -> names.People:
        return names.people(self.authors)

    @cached_property
    def _named(self) -> names.Finder:
        return names.finder(self._people)

    @cached_property
    def _checks(self) -> dict[str, filters.Check]:
        return {**filters.CHECKS, "author": names.named(self._people)}

    @cached_property
    def _tried(self) -> engines.Prefilter:
        return self.engine(self.known.rules)

    @cached_property
    def _disguised(self) -> tuple[Rules, engines.Prefilter]:
        """Rules with a form of their own, which no joint of two literals makes by chance."""
        structured = tuple(rule for rule in self.known.rules if not rule.personal and rule.check in ("", "armour") and rule.keywords)
        return Rules(rules=structured), engines.by_keywords(structured)

    @cached_property
    def _placeholders(self) -> re.Pattern[str]:
        """Of secrets; personal data is no reason to drop anything."""
        words = sorted({rule.stands_for.decode() for rule in self.known.rules if not rule.personal}, key=len, reverse=True)
        return re.compile("|".join(map(re.escape, words)))

    def scrub(self, data: bytes, path: str = "") -> Scrubbed:
        """The text without secrets and personal data; `path` is what rules with paths go by."""
        found = self._found(data, path.encode("utf-8", "surrogateescape"))
        if not found:
            return Scrubbed(data, (), ())
        return _replace(data, found)

    def text(self, text: str) -> str:
        """The same of a text, without the places."""
        return self.scrub(text.encode("utf-8", "surrogatepass")).data.decode("utf-8", "surrogatepass")

    def touches(self, before: str, text: str, after: str = "") -> bool:
        """Whether the placeholder of a secret stands in `text`, or is cut by its ends; the other two stand around it."""
        before, after = before[-_PLACEHOLDER:], after[:_PLACEHOLDER]
        start, end = len(before), len(before) + len(text)
        return any(found.start() < end and start < found.end() for found in self._placeholders.finditer(before + text + after))

    def _found(self, data: bytes, path: bytes) -> list[_Hit]:
        found = []
        for number, keywords in self._tried(data).items():
            rule = self.known.rules[number]
            found += [_Hit(number, rule.id, rule.stands_for, pieces) for pieces in self._matches(rule, data, keywords, path)]
        found += self._behind(data, path)
        last = len(self.known.rules)
        found += [_Hit(last, PERSON, _PERSON, ((start, end),)) for start, end in self._named(data)]
        return found

    def _behind(self, data: bytes, path: bytes) -> Iterator[_Hit]:
        """What stands in literals put together, and in base64."""
        structured, tried = self._disguised
        for one in disguises.disguises(data):
            for number, keywords in tried(one.data).items():
                rule = structured.rules[number]
                for pieces in self._matches(rule, one.data, keywords, path):
                    if places := one.places(pieces[0][0], pieces[-1][1]):
                        yield _Hit(number, rule.id, rule.stands_for, places)

    def _matches(self, rule: Rule, data: bytes, keywords: Sequence[int], path: bytes) -> Iterator[Sequence[Piece]]:
        """The pieces of every match of a rule that nothing allows."""
        if rule.path and not rules.compiled(rule.path).search(path):
            return
        if rule.needs and not rule.needed.search(data):
            return
        around = engines.windows(rule, keywords, len(data))
        for match in (match for window in around for match in rule.pattern.finditer(data, *window)):
            start, end = _group(rule, match)
            if start >= end or not self._secret(rule, data, match.span(), (start, end), path):
                continue
            pieces = self._checks[rule.check](data, start, end) if rule.check else ((start, end),)
            if pieces:
                yield pieces

    def _secret(self, rule: Rule, data: bytes, match: Piece, secret: Piece, path: bytes) -> bool:
        """Whether what matched is improbable enough, and on no list of what is allowed."""
        value = data[slice(*secret)]
        if rule.entropy and filters.entropy(value) < rule.entropy:
            return False
        if rule.characters and filters.characters_per_token(value) > rule.characters:
            return False
        lists = (*rule.allowlists, *self.known.allowlists) if rule.check != "armour" else rule.allowlists
        line = _line(data, *match) if any(one.target == "line" for one in lists) else b""
        return not any(one.allows(value, data[slice(*match)], line, path) for one in lists)


class _Hit(NamedTuple):
    """A match of one rule: the pieces go, and the placeholder stands where the first was."""

    order: int
    rule: str
    placeholder: bytes
    pieces: Sequence[Piece]


def _group(rule: Rule, match: Any) -> Piece:
    """The bytes to replace: the group that the rule names, the first one that took part, or all."""
    if rule.group:
        return int(match.start(rule.group)), int(match.end(rule.group))
    groups = match.groups()
    taken = next((number for number, text in enumerate(groups, 1) if text), 0)
    return int(match.start(taken)), int(match.end(taken))


def _line(data: bytes, start: int, end: int) -> bytes:
    """The lines of a match, or as much of them as is looked at."""
    first = data.rfind(b"\n", max(0, start - _LINE), start) + 1 or max(0, start - _LINE)
    last = data.find(b"\n", end, end + _LINE)
    return data[first : last if last >= 0 else end + _LINE]


def _replace(data: bytes, found: Sequence[_Hit]) -> Scrubbed:
    """Put placeholders; where findings overlap, the rule that stands first names what goes."""
    parts: list[bytes] = []
    findings: list[Finding] = []
    replaced: list[Replaced] = []
    at = length = 0
    for start, end, hit, first in _apart(found):
        gone = data[start:end]
        text = (hit.placeholder if first else b"") + b"\n" * gone.count(b"\n")
        if text == gone:
            continue
        parts += [data[at:start], text]
        length += start - at + len(text)
        replaced.append(Replaced(length - len(text), length, start, end))
        if first:
            findings.append(Finding(hit.rule, start, end))
        at = end
    parts.append(data[at:])
    return Scrubbed(b"".join(parts), tuple(findings), tuple(replaced))


def _apart(hits: Sequence[_Hit]) -> Iterator[tuple[int, int, _Hit, bool]]:
    """Pieces that do not overlap, in order, each with what names it and whether that is its first piece."""
    pieces = sorted((start, end, number) for number, hit in enumerate(hits) for start, end in hit.pieces)
    seen: set[int] = set()
    at = 0
    while at < len(pieces):
        start, end, _ = pieces[at]
        group = []
        while at < len(pieces) and pieces[at][0] < max(end, start + 1):
            group.append(pieces[at][2])
            end = max(end, pieces[at][1])
            at += 1
        named = min(group, key=lambda number: hits[number].order)
        yield start, end, hits[named], named not in seen
        seen.update(group)
