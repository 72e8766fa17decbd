"""Where a source is cut in time: lessons from before, probes from after.

T is the latest commit of the first-parent chain that leaves enough candidates after it, and never leaves more than a given
share of the added lines after it. Where that share is met first, T is the earliest commit within it, provided that it leaves
at least MIN_CANDIDATES; a source where no commit fits is learned from as it stands at HEAD, and has no time probes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from idiolect.dataset.history import Step

MIN_CANDIDATES = 100
"""With fewer, an interval says nothing, and the newest code is worth more as lessons."""


@dataclass(frozen=True)
class Cut:
    """A source's cut, and what it leaves after it."""

    commit: str
    time: int
    """Committer time of the commit, seconds since the epoch, UTC."""
    candidates: int
    """How many probe candidates stand after it."""
    added_lines_after: int
    share: float
    """Of all lines ever added on the first-parent chain, how many come after it."""
    head: str
    """The commit that the source's HEAD named."""
    note: str = ""
    """Why there are no time probes, where there are none."""


def none(head: str, time: int, note: str) -> Cut:
    """No cut: everything up to HEAD is for lessons."""
    return Cut(head, time, 0, 0, 0.0, head, note)


def choose(steps: Sequence[Step], count: Callable[[str], int], *, candidates: int, max_after: float) -> Cut:
    """Choose T among `steps` (the first-parent chain, oldest first); `count` says how many candidates a commit leaves after it.

    `count` is asked for about log2(len(steps)) commits: it hardly ever rises from a commit to a later one.
    """
    after = list(accumulate((step.added for step in reversed(steps)), initial=0))[-2::-1]
    total = sum(step.added for step in steps)
    earliest = next(place for place, lines in enumerate(after) if lines <= max_after * total)

    def cut(place: int, found: int, note: str = "") -> Cut:
        share = round(after[place] / total, 4) if total else 0.0
        return Cut(steps[place].commit, steps[place].time, found, after[place], share, steps[-1].commit, note)

    most = count(steps[earliest].commit) if after[earliest] else 0
    least = min(MIN_CANDIDATES, candidates)
    if most < least:
        return cut(len(steps) - 1, 0, f"{most} probe candidates stand in the newest {max_after:.0%} of the added lines; {least} are needed")
    if most < candidates:
        return cut(earliest, most)
    low, high, found = earliest, len(steps) - 1, most
    while low < high:
        middle = (low + high + 1) // 2
        counted = count(steps[middle].commit)
        low, high, found = (middle, high, counted) if counted >= candidates else (low, middle - 1, found)
    return cut(low, found)
