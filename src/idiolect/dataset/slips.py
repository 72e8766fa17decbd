"""Commits that were mended at once: what they wrote was not what the team wanted, and the commit that says so stands next to them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from idiolect.dataset.makers import blocks
from idiolect.dataset.makers.edits import is_text, rows
from idiolect.sources.commits import Planned

SOON = 86_400
"""Seconds within which a commit mends a slip of another; later it is a repair of its own."""
OVERLAP = 0.8
"""Share of what it changes that the commit before must have written."""
_TOGETHER = 128
"""Pairs whose files are held at once."""
_MENDS = re.compile(
    r"^(?:\W*(?:[\w./]{1,24}:\s+)?(?:oops|whoops|ugh|argh|doh|typos?|fix(?:e[sd]|up|ing)?|forg[eo]t|miss(?:ed|ing)|correct(?:s|ed)?|unbreak|hotfix"
    r"|bugfix|properly|repair)\b)|\b(?:oops|typos?|forgot(?:ten)?|(?:previous|last) commit|broken by|broke in)\b",
    re.IGNORECASE,
)

Blobs = Callable[[Iterable[str]], Iterable[tuple[str, bytes | None]]]
"""Reads blobs by their ids."""


class Pair(NamedTuple):
    """A commit and what the next one made of its file: ids of the file before both, between them, and after both."""

    commit: str
    old: str
    now: str
    new: str


def mended(plans: Sequence[Planned], blobs: Blobs) -> frozenset[str]:
    """Ids of the commits, oldest first, of which another one within a day, which says that it mends, changes little but what they wrote."""
    pairs = _pairs(plans)
    found: set[str] = set()
    for start in range(0, len(pairs), _TOGETHER):
        lot = pairs[start : start + _TOGETHER]
        data = dict(blobs(sorted({oid for pair in lot for oid in pair[1:] if oid})))
        found.update(pair.commit for pair in lot if _reworked(pair, data))
    return frozenset(found)


def _pairs(plans: Sequence[Planned]) -> list[Pair]:
    found: list[Pair] = []
    last: dict[tuple[str, str], tuple[str, int, str]] = {}
    for change, sides in plans:
        mends = _MENDS.search(change.subject[:200])
        for side in sides:
            commit, time, old = last.get((side.path, side.old), ("", 0, ""))
            if mends and commit and side.old and side.new and 0 <= change.time - time <= SOON:
                found.append(Pair(commit, old, side.old, side.new))
        last.update(((side.path, side.new), (change.commit, change.time, side.old)) for side in sides)
    return found


def _reworked(pair: Pair, data: Mapping[str, bytes | None]) -> bool:
    texts = [data.get(oid) if oid else b"" for oid in pair[1:]]
    if any(text is None or not is_text(text) for text in texts):
        return False
    old, now, new = (rows(text or b"") for text in texts)
    came = {at for one in blocks.hunks(old, now, near=0) for at in range(one.new_start, one.new_end)}
    touched = [at for one in blocks.hunks(now, new, near=0) for at in range(one.start, one.end)]
    return bool(touched) and sum(at in came for at in touched) >= OVERLAP * len(touched)
