"""Which request is taken for an answer: the best words that a person found for it, and a template's only where nobody did."""

from __future__ import annotations

import hashlib
from collections import Counter

from idiolect.dataset.makers.write import NO_WORDS, TEMPLATE
from idiolect.dataset.sent import Sent, opened
from idiolect.types import Dropped, Sample

EACH, TOGETHER = 50, 10
"""One of so many requests for code may be in one template's words, and in the words of any template."""
SAID = "asked for already"
_YIELDING = ("added", "tested", "described", "explain", TEMPLATE)
"""Makers whose lesson is left out where the same answer was asked for before; lessons come in the order of trust.

An explanation that fits two things, or a section that stands beside its code, is told once.
"""
_HEAD = 300
"""Characters by which two answers are known to be the same."""


class Wording:
    """Judges the lessons of one source and side as they come: those in human words, the surest first, then those of templates."""

    def __init__(self) -> None:
        self.requests = 0
        self.templates: Counter[str] = Counter()
        self.said: set[bytes] = set()

    def judged(self, item: Sent | Sample | Dropped) -> Sent | Sample | Dropped:
        """The lesson, or why there is one too many of its sort."""
        if isinstance(item, Dropped) or item.kind not in ("write", "explain"):
            return item
        answer = hashlib.blake2b((item.answer or "")[:_HEAD].encode(), digest_size=12, key=item.kind.encode()).digest()
        if answer in self.said and item.maker.startswith(_YIELDING):
            return _dropped(item, SAID)
        if item.maker.startswith(TEMPLATE) and not self._room(item.maker):
            return _dropped(item, NO_WORDS)
        self.said.add(answer)
        self.requests += item.kind == "write"
        self.templates[item.maker] += item.maker.startswith(TEMPLATE)
        return item

    def _room(self, template: str) -> bool:
        """Whether one more of this template keeps to both shares."""
        after = self.requests + 1
        return (self.templates[template] + 1) * EACH <= after and (self.templates.total() + 1) * TOGETHER <= after


def _dropped(item: Sent | Sample, reason: str) -> Dropped:
    place = opened(item).origins[0]
    return Dropped(reason=reason, what=place.path, source=place.source)
