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


def opener(lesson: Sent | Sample) -> str:
    """The first five words of an answer in prose, in lower case; of a shorter one, or of another kind, nothing."""
    if lesson.kind not in PROSE:
        return ""
    words = _WORD.findall((lesson.answer or "")[:200].lower())[:WORDS]
    return " ".join(words) if len(words) == WORDS else ""


class Openers:
    """Lets so many answers of each kind begin alike as may: `meet` all, then `judge` all."""

    def __init__(self) -> None:
        self.met = array("Q")
        self.answers: Counter[str] = Counter()
        self.left: dict[int, int] | None = None

    def meet(self, lesson: Sent | Sample) -> None:
        """Count an answer."""
        self.answers[lesson.kind] += 1
        if words := opener(lesson):
            self.met.append(_key(lesson.kind, words))

    def judged(self, sample: Sample) -> Sample | Dropped:
        """The lesson, or that there are too many that begin so."""
        if self.left is None:  # 8 bytes were held of each answer, and now only what is too frequent
            keys, counts = np.unique(np.array(self.met, dtype=np.uint64), return_counts=True)
            self.left = dict.fromkeys(keys[counts > FEWEST].tolist(), 0)
            self.met = array("Q")
        words = opener(sample)
        key = _key(sample.kind, words) if words else 0
        if key not in self.left:
            return sample
        self.left[key] += 1
        if self.left[key] <= max(FEWEST, int(SHARE * self.answers[sample.kind])):
            return sample
        source = sample.origins[0].source if sample.origins else ""
        return Dropped(reason="boilerplate opener", what=sample.id, source=source, detail=words)


def _key(kind: str, words: str) -> int:
    return int.from_bytes(blake2b(f"{kind} {words}".encode("utf-8", "surrogatepass"), digest_size=8).digest())
