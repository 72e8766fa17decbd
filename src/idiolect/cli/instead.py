"""What there is, where nothing is what was asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher

_LISTED = 8
"""Values that are offered in place of one that is not there."""


class Tally:
    """Counts the values of each name that was asked for."""

    def __init__(self, asked: Mapping[str, str]) -> None:
        self.asked = {name: value for name, value in asked.items() if value}
        self.counts: dict[str, Counter[str]] = {name: Counter() for name in self.asked}

    def add(self, name: str, values: Iterable[str]) -> None:
        """Count one thing's values of a name; a name that was not asked for is passed over."""
        if name in self.counts:
            self.counts[name].update(set(values))

    def __str__(self) -> str:
        """What was asked for; then, of each value that nothing has, those that there are, what is most like it first."""
        said = ", ".join(f"{name} '{value}'" for name, value in self.asked.items())
        missing = [_listed(name, value, self.counts[name]) for name, value in self.asked.items() if value not in self.counts[name]]
        together = "each of these is there, but not together" if len(self.asked) > 1 else ""
        return "; ".join(part for part in (f" with {said}" if said else "", *missing, "" if missing else together) if part)


def _listed(name: str, asked: str, counts: Mapping[str, int]) -> str:
    like = sorted(counts, key=lambda value: (-SequenceMatcher(None, asked, value).ratio(), value))
    listed = ", ".join(f"{value} ({counts[value]:,})" for value in like[:_LISTED])
    more = f" and {len(like) - _LISTED:,} more" if len(like) > _LISTED else ""
    return f"every {name} there is: {listed or 'none'}{more}"
