"""Answers in prose that all begin alike: a model that learns them learns the beginning, and says little after it."""

from __future__ import annotations

import re
from array import array
from collections import Counter
from hashlib import blake2b

import numpy as np

from idiolect.dataset.sent import Sent
from idiolect.types import Dropped, Kind, Sample

PROSE: frozenset[Kind] = frozenset({"explain", "review", "diagnose", "qa", "chat"})
"""Kinds whose answers are words; code begins as the team's code begins."""
SHARE = 0.005
"""Of a kind's answers that may have one opener."""
FEWEST = 10
"""So many may have it, however few there are."""
WORDS = 5
_WORD = re.compile(r"\w+")
_HEADER = re.compile(
    r"\s*(?:#{2,6}[ \t]+(\S.*)|#[ \t]+(\w[\w '-]*)\n[ \t]*\n|(?:\*\*|__)(\S.*)(?:\*\*|__):?[ \t]*(?:\n|\Z)|(\w.*)\n(?:={3,}|-{3,})[ \t]*\n)"
)
"""A first line that is a heading of Markdown, or bold and alone. What stands behind a single `#` is a comment, not a heading, where
it is more than words or no blank line follows."""


def openers(lesson: Sent | Sample) -> list[str]:
    """How an answer in prose begins, in lower case: its header with a `#`, if it has one, and its first five words, if it has so many."""
    if lesson.kind not in PROSE:
        return []
    start = (lesson.answer or "")[:200].lower()
    header = _HEADER.match(start)
    titled = _WORD.findall(header[header.lastindex or 0]) if header else []
    words = _WORD.findall(start)[:WORDS]
    return [*([" ".join(["#", *titled])] if titled else []), *([" ".join(words)] if len(words) == WORDS else [])]


class Openers:
    """Lets so many answers of each kind begin alike as may: `meet` all, then `judge` all."""

    def __init__(self) -> None:
        self.met = array("Q")
        self.answers: Counter[str] = Counter()
        self.left: dict[int, int] | None = None

    def meet(self, lesson: Sent | Sample) -> None:
        """Count an answer."""
        self.answers[lesson.kind] += 1
        self.met.extend(_key(lesson.kind, words) for words in openers(lesson))

    def judged(self, sample: Sample) -> Sample | Dropped:
        """The lesson, or that there are too many that begin so."""
        if self.left is None:  # 8 bytes were held of each answer, and now only what is too frequent
            keys, counts = np.unique(np.array(self.met, dtype=np.uint64), return_counts=True)
            self.left = dict.fromkeys(keys[counts > FEWEST].tolist(), 0)
            self.met = array("Q")
        begun = {key: words for words in openers(sample) if (key := _key(sample.kind, words)) in self.left}
        most = max(FEWEST, int(SHARE * self.answers[sample.kind]))
        if full := [words for key, words in begun.items() if self.left[key] >= most]:
            source = sample.origins[0].source if sample.origins else ""
            return Dropped(reason="boilerplate opener", what=sample.id, source=source, detail=full[0])
        for key in begun:
            self.left[key] += 1
        return sample


def _key(kind: str, words: str) -> int:
    return int.from_bytes(blake2b(f"{kind} {words}".encode("utf-8", "surrogatepass"), digest_size=8).digest())
