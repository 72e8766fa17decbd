"""Which rules to try on a text, and where: one pass over all of it, in time linear in its length.

    prefilter = by_keywords(rules)
    for place, keywords in prefilter(data).items():      # number of a rule that may match, and where its keywords stand

Both engines name at least every rule that matches and has a keyword in the text; RE2 then finds the places, so that their findings
are the same. Hyperscan (extra `hyperscan`) looks for the rules themselves where their keywords do not narrow the search; it takes two
seconds to begin and is then no faster (docs/lab.md), so it is a second opinion, and keywords are the default.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ahocorasick_rs import BytesAhoCorasick, Implementation

from idiolect.scrub.rules import Rule

Tried = dict[int, list[int]]
"""Number of a rule -> where its keywords begin; empty for a rule without keywords."""
Prefilter = Callable[[bytes], Tried]
Engine = Callable[[Sequence[Rule]], Prefilter]
GAP = 100
"""Bytes between two places where a rule is searched that are searched too: they cost less than a second call."""


def by_keywords(rules: Sequence[Rule]) -> Prefilter:
    """Rules with a keyword in the text, by Aho-Corasick (CACM 18:6, 1975), and those that have none."""
    return _keywords(dict(enumerate(rules)))


def by_hyperscan(rules: Sequence[Rule]) -> Prefilter:
    """Rules that match somewhere, by Hyperscan (NSDI 2019); those that reach around frequent keywords, or are not of its dialect, by these.

    Each thread has a scratch space of its own.
    """
    database, known = _database({number: rule for number, rule in enumerate(rules) if not rule.reach})
    spaces, around = threading.local(), _keywords({number: rule for number, rule in enumerate(rules) if number not in known})

    def tried(data: bytes) -> Tried:
        matched: list[int] = []
        if known:
            if not hasattr(spaces, "own"):
                spaces.own = database.scratch.clone()
            database.scan(data, match_event_handler=_noted, context=matched, scratch=spaces.own)
        found = around(data)
        if matched:
            lowered = data.lower()
            found |= {number: [] for number in matched if _present(rules[number], lowered)}
        return found

    return tried


def _database(rules: Mapping[int, Rule]) -> tuple[Any, frozenset[int]]:
    """What Hyperscan searches, and the numbers of the rules that are in it: some that RE2 knows it does not."""
    import hyperscan

    # What is too large to be matched exactly is matched more widely: RE2 has the last word.
    flags = hyperscan.HS_FLAG_SINGLEMATCH | hyperscan.HS_FLAG_ALLOWEMPTY | hyperscan.HS_FLAG_MULTILINE | hyperscan.HS_FLAG_PREFILTER
    database = hyperscan.Database()
    if not rules:
        return database, frozenset()
    try:
        database.compile(expressions=[rule.regex.encode() for rule in rules.values()], ids=list(rules), flags=[flags] * len(rules))
    except hyperscan.error:
        known = {number: rule for number, rule in rules.items() if _knows(rule, flags)}
        if len(known) == len(rules):
            raise
        return _database(known)
    return database, frozenset(rules)


def _knows(rule: Rule, flags: int) -> bool:
    import hyperscan

    try:
        hyperscan.Database().compile(expressions=[rule.regex.encode()], flags=[flags])
    except hyperscan.error:
        return False
    return True


def _keywords(rules: Mapping[int, Rule]) -> Prefilter:
    always = [number for number, rule in rules.items() if not rule.words]
    owners: dict[bytes, list[int]] = {}
    for number, rule in rules.items():
        for word in rule.words:
            owners.setdefault(word, []).append(number)
    words, numbers = list(owners), list(owners.values())
    automaton = BytesAhoCorasick(words, implementation=Implementation.DFA) if words else None

    def tried(data: bytes) -> Tried:
        found: Tried = {number: [] for number in always}
        places: dict[int, list[int]] = {}
        for word, start, _ in automaton.find_matches_as_indexes(data.lower(), overlapping=True) if automaton else ():
            places.setdefault(word, []).append(start)
        for word, starts in places.items():  # a frequent word has many rules
            for number in numbers[word]:
                found.setdefault(number, []).extend(starts)
        return found

    return tried


def _noted(rule: int, _start: int, _end: int, _flags: int, matched: Any) -> None:
    matched.append(rule)


def _present(rule: Rule, lowered: bytes) -> bool:
    return not rule.words or any(word in lowered for word in rule.words)


def windows(rule: Rule, keywords: Sequence[int], size: int) -> Iterator[tuple[int, int]]:
    """Where a rule is searched in a text of `size` bytes: around its keywords, or all of it."""
    if rule.reach is None or not keywords:
        yield 0, size
        return
    before, after = rule.reach
    places = sorted(keywords)
    start = last = places[0]
    for at in places:
        if at - before > last + after + GAP:
            yield max(0, start - before), min(size, last + after)
            start = at
        last = at
    yield max(0, start - before), min(size, last + after)
