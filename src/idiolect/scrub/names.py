"""Authors by name: whole names wherever they stand as words, first names and logins only where an author is named."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ahocorasick_rs import BytesAhoCorasick

from idiolect.scrub.filters import Piece

Author = tuple[str, str]
"""Name and e-mail address, as a commit says them."""
_NOBODY = re.compile(
    r"""(?i)\[bot\]|\b(?:bot|ci|github|gitlab|bitbucket|actions?|admin|administrator|root|user|users|test|tests|tester|team|system|service|deploy|deployer|build
    |builder|jenkins|travis|circleci|dependabot|renovate|unknown|nobody|anonymous|author|authors|contributors?|developers?|local|localhost|git|svn|the|and|for|of
    |inc|ltd|llc|gmbh|corp|company|foundation|project|software|robot|machine|release|example|name)\b""",
    re.VERBOSE,
)
_LOGIN = re.compile(r"[\w.\-]{2,40}$")
_WORD_BYTE = re.compile(rb"[A-Za-z0-9_\x80-\xff]")


@dataclass(frozen=True)
class People:
    """What the authors of a repository are called."""

    full: tuple[bytes, ...]
    """Names of two words or more, as they are written, and turned round after a comma."""
    short: frozenset[bytes]
    """Parts of names and logins, in lower case: looked for only where an author is named."""


def people(authors: Iterable[Author]) -> People:
    """Who is behind commits, bots and machines apart; the order of the authors does not matter."""
    full: set[str] = set()
    short: set[str] = set()
    for name, email in authors:
        words = [word for word in name.split() if word.strip(".,")]
        login = email.partition("@")[0].rpartition("+")[2]
        if not _NOBODY.search(name):
            if _whole(words):
                full |= {" ".join(words), f"{words[-1]}, {' '.join(words[:-1])}"}
                short |= {" ".join(words[:2]).lower()}
            short |= {word.strip(".,").lower() for word in words if len(word.strip(".,")) > 2}
            short |= {login.lower()} if _LOGIN.match(login) and not _NOBODY.search(login) else set()
    return People(tuple(sorted(word.encode() for word in full)), frozenset(word.encode() for word in short))


def _whole(words: Sequence[str]) -> bool:
    """Whether these are first and last name: two words or more that begin like names, six letters together."""
    capital = (
        all(not word[0].islower() and any(letter.isalpha() for letter in word) for word in (words[0], words[-1]))
        if len(words) > 1
        else False
    )
    return capital and sum(map(len, words)) >= 6


Finder = Callable[[bytes], list[Piece]]


def finder(who: People) -> Finder:
    """A function that finds whole names in a text, as words of their own."""
    automaton = BytesAhoCorasick(list(who.full)) if who.full else None

    def find(data: bytes) -> list[Piece]:
        found = automaton.find_matches_as_indexes(data, overlapping=True) if automaton else ()
        return [(start, end) for _, start, end in found if _alone(data, start, end)]

    return find


def _alone(data: bytes, start: int, end: int) -> bool:
    return not (start and _WORD_BYTE.match(data, start - 1)) and not _WORD_BYTE.match(data, end)


def named(who: People) -> Callable[[bytes, int, int], Sequence[Piece]]:
    """A check: whether what stands where an author is named begins with one of them; as many words as are theirs go."""

    def check(data: bytes, start: int, end: int) -> Sequence[Piece]:
        first = data.find(b" ", start, end)
        for stop in dict.fromkeys((end, first if first > 0 else end)):
            said = data[start:stop].rstrip(b".,-")
            if said.lower() in who.short:
                return ((start, start + len(said)),)
        return ()

    return check
