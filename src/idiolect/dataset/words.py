"""The words of the domain: which identifiers stand in the lessons, and how often. Training measures what a tokenizer makes of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from idiolect.files import write_json
from idiolect.types import Sample
from idiolect.vocabulary import FILE, WORD

SHOWN = 5_000
"""Words that are written."""
_MOST = 100_000
"""Words that are counted at once; rare ones are forgotten where there are more (Manku and Motwani 2002)."""
_BYTES = 16_000_000
"""Of lessons that are read; of what follows each time only every second one, by its id."""


@dataclass
class Count:
    """Words of answers, of all of them or of a share."""

    words: Counter[str] = field(default_factory=Counter)
    total: int = 0
    size: int = 0
    halved: int = 0
    """How often the share of lessons that is read was halved."""

    def add(self, sample: Sample) -> None:
        """Count the words of an answer, if it is of the share."""
        if int(sample.id[:8], 16) % (1 << self.halved):
            return
        found = WORD.findall(sample.answer or "")
        self.words.update(found)
        self.total += len(found)
        self.size += len(sample.answer or "")
        if self.size > _BYTES:  # the first ones count less from now on, so that all have had the same chance
            self.words = Counter({word: count // 2 for word, count in self.words.items() if count > 1})
            self.total, self.size, self.halved = self.total // 2, self.size // 2, self.halved + 1
        if len(self.words) > _MOST:
            self.words = Counter({word: count for word, count in self.words.items() if count > 1})


@dataclass
class Words:
    """Counts the words of raw text, which is every file once; of other answers where there is none, as in rows that somebody brings."""

    raw: Count = field(default_factory=Count)
    others: Count = field(default_factory=Count)

    def add(self, sample: Sample) -> None:
        """Count the words of a lesson."""
        if sample.kind == "raw":
            self.raw.add(sample)
        elif not self.raw.total:
            self.others.add(sample)

    def write(self, folder: Path) -> None:
        """Write the commonest."""
        found = self.raw if self.raw.total else self.others
        common = sorted(found.words.items(), key=lambda item: (-item[1], item[0]))[:SHOWN]
        write_json(folder / FILE, {"words": dict(common), "total": found.total, "share": 0.5**found.halved})
