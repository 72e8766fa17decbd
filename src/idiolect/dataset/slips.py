"""Commits that were mended at once: what they wrote was not what the team wanted, and the commit that says so stands next to them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from idiolect.dataset.makers import blocks
from idiolect.dataset.makers.edits import is_text, rows
from idiolect.sources.commits import Planned

SOON = 86_400
"""Seconds within which a commit mends a slip of another; later it is a repair of its own."""
OVERLAP = 0.8
"""Share of what it changes that the commit before must have written."""
_MENDS = re.compile(
    r"^(?:\W*(?:[\w./]{1,24}:\s+)?(?:oops|whoops|ugh|argh|doh|typos?|fix(?:e[sd]|up|ing)?|forg[eo]t|miss(?:ed|ing)|correct(?:s|ed)?|unbreak|hotfix"
    r"|bugfix|properly|repair)\b)|\b(?:oops|typos?|forgot(?:ten)?|(?:previous|last) commit|broken by|broke in)\b",
    re.IGNORECASE,
)


class Pair(NamedTuple):
    """A commit and what the next one made of its file: ids of the file before both, between them, and after both."""

    commit: str
    old: str
    now: str
    new: str


def pairs(plans: Sequence[Planned]) -> list[Pair]:
    """Of commits, oldest first, those that say that they mend what another did to the same file within a day; `reworked` tells whether."""
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


def reworked(old: bytes, now: bytes, new: bytes) -> bool:
    """Whether what changes from now to new is little but what came from old to now."""
    if not all(map(is_text, (old, now, new))):
        return False
    first, second = blocks.hunks(rows(old), rows(now), near=0), blocks.hunks(rows(now), rows(new), near=0)
    came = {at for one in first for at in range(one.new_start, one.new_end)}
    touched = [at for one in second for at in range(one.start, one.end)]
    return bool(touched) and sum(at in came for at in touched) >= OVERLAP * len(touched)
