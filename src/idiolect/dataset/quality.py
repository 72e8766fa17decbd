"""Signs of bad lessons, measured before anything is trained on them.

A team that tuned a model on its repositories saw them too late: a loss that falls to nothing, the same header on every answer, answers
that say little. Each sign has a value and a limit; one beyond its limit is a warning in the run, the card and on the terminal.
"""

from __future__ import annotations

import heapq
import math
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from idiolect.dataset import balance
from idiolect.dataset.openers import PROSE, openers
from idiolect.types import Hole, Sample

DRAWN, LONGEST = 400, 2_000
"""Answers that are compressed together, and characters of each."""
_MOST = 20_000
"""Openers that are counted at once; where there are more, the rarer half is forgotten: what counts is far above it."""
_SEVERAL = 5
"""So many sources or authors should not all be one; fewer answers that begin alike are chance."""
_FEW = 30
"""Under so many, a share says nothing."""
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
_WORD = re.compile(r"\w+")


class Sign(NamedTuple):
    """What was measured."""

    name: str
    value: float | None
    """None: too little to say."""
    limit: float | None
    """Beyond it, it is a warning; None: there to be read."""
    bad: bool
    said: str
    """What it is, and what a bad value brings."""


@dataclass
class Signs:
    """Counts of training lessons as they are written. Its size does not grow with their number."""

    answers: Counter[str] = field(default_factory=Counter)
    sizes: Counter[int] = field(default_factory=Counter)
    """Of answers to requests, by quarters of a power of two."""
    vague: int = 0
    openers: Counter[str] = field(default_factory=Counter)
    requests: Counter[str] = field(default_factory=Counter)
    sources: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    """Bytes by weight."""
    authors: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    labels: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    drawn: list[tuple[str, str]] = field(default_factory=list)
    """Id and answer of those with the greatest ids: as good as drawn by lot."""

    def add(self, sample: Sample) -> None:
        """Count a lesson."""
        answer = sample.answer or sample.rejected or ""
        self.answers[sample.kind] += 1
        cell, amount = balance.of(sample), len(answer) * sample.weight
        self.sources[cell.source] += amount
        for author in cell.authors:
            self.authors[author] += amount / len(cell.authors)
        for name, values in sample.labels.items():
            self.labels[name].update(values)
        keep = heapq.heappush if len(self.drawn) < DRAWN else heapq.heappushpop
        keep(self.drawn, (sample.id, answer[:LONGEST]))
        if sample.prompt is not None and not isinstance(sample.prompt, Hole):
            self._asked(sample, answer)

    def _asked(self, sample: Sample, answer: str) -> None:
        """Count a request and its answer."""
        self.sizes[round(4 * math.log2(max(len(answer.encode("utf-8", "surrogatepass")), 1)))] += 1
        self.vague += sample.kind in PROSE and len(_WORD.findall(answer)) < 8
        words = _WORD.findall(_CODE.sub(" ", sample.prompt[-1].content)[:200].lower())[:4] if isinstance(sample.prompt, tuple) else []
        for counts, texts in ((self.openers, openers(sample)), (self.requests, [" ".join(words)] if words else [])):
            counts.update(f"{sample.kind} {text}" for text in texts)
            if len(counts) > _MOST:
                for rare, _ in counts.most_common()[_MOST // 2 :]:
                    del counts[rare]

    def table(self, funnel: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Every sign, as rows for the metrics."""
        return [one._asdict() for one in self._signs(list(funnel))]

    def _signs(self, funnel: list[Mapping[str, Any]]) -> list[Sign]:
        asked = self.sizes.total()
        prose = sum(count for kind, count in self.answers.items() if kind in PROSE)
        met = sum(row["in"] for row in funnel if row["step"] == "merge")
        commonest = max(self.openers.values(), default=0)
        twice = sum(sum(row["dropped"].values()) for row in funnel if row["step"] in ("merge", "near-duplicates"))
        spread = {name: parts for name, parts in (("source", self.sources), ("author", self.authors)) if parts}
        found = [
            _over("compression", self._compressed(), 8.0, "answers, by how often they shrink: a loss near nothing"),
            _over("duplicates", _share(twice, met), 0.3, "lessons that were equal or alike, and went"),
            _over(
                "templated requests",
                _share(self._templated(), asked),
                0.7,
                "requests that begin as 2 % of their kind do",
            ),
            _over(
                "commonest opener",
                _share(commonest if commonest >= _SEVERAL else 0, prose),
                0.02,
                "answers in prose that begin alike, by words or by header",
            ),
            _over("vague answers", _share(self.vague, prose), 0.25, "answers in prose of fewer than eight words"),
            _under("median answer", self._median() if asked >= _FEW else None, 40.0, "bytes of an answer to a request"),
        ]
        for name, parts in spread.items():
            said = f"{name}s that would weigh as much if all weighed the same, of {len(parts)}"
            value, limit = balance.effective(balance.shares(parts).values()), 2.0 if len(parts) >= _SEVERAL else None
            found.append(Sign(f"effective {name}s", value, limit, limit is not None and value < limit, said))
        for name, counts in sorted(self.labels.items()):
            found.append(Sign(f"entropy of {name}", _entropy(counts), None, False, f"bits, over {len(counts)} values"))
        return found

    def _compressed(self) -> float | None:
        texts = "\n".join(text for _, text in sorted(self.drawn)).encode("utf-8", "surrogatepass")
        return len(texts) / len(zlib.compress(texts, 9)) if len(self.drawn) >= _FEW else None

    def _templated(self) -> int:
        least = {kind: max(10, count // 50) for kind, count in self.answers.items()}
        return sum(count for text, count in self.requests.items() if count >= least[text.partition(" ")[0]])

    def _median(self) -> float:
        half, seen = self.sizes.total() / 2, 0
        for step, count in sorted(self.sizes.items()):
            seen += count
            if seen >= half:
                return round(2 ** (step / 4))
        return 0.0


def warnings(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """A sentence for each sign beyond its limit."""
    return [f"{row['name']} {row['value']:.3g}, and {row['limit']:g} is the limit: {row['said']}" for row in rows if row["bad"]]


def section(metrics: Mapping[str, Any]) -> list[str]:
    """For the card: the signs, with a word where one is beyond its limit; and how many files have each label."""
    rows = [
        f"| {row['name']} | {'too little to say' if row['value'] is None else format(row['value'], '.3g')} "
        f"| {'' if row['limit'] is None else format(row['limit'], 'g')} | {'**beyond its limit**: ' if row['bad'] else ''}{row['said']} |"
        for row in metrics.get("signs", ())
    ]
    head = ["| sign | value | limit | what it is |", "| --- | --- | --- | --- |"]
    labels = [
        f"Files by {name}: " + ", ".join(f"{count:,} {value}" for value, count in counts.items()) + "."
        for name, counts in metrics.get("labels", {}).items()
    ]
    if told := metrics.get("told"):
        labels.append(f"Half of the lessons are told what rows bring of {', '.join(told)}.")
    return [*(["## Signs", "\n".join([*head, *rows])] if rows else []), *labels]


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole >= _FEW else None


def _over(name: str, value: float | None, limit: float, said: str) -> Sign:
    return Sign(name, value, limit, value is not None and value > limit, said)


def _under(name: str, value: float | None, limit: float, said: str) -> Sign:
    return Sign(name, value, limit, value is not None and value < limit, said)


def _entropy(counts: Counter[str]) -> float:
    return -sum(part * math.log2(part) for part in balance.shares(counts).values()) or 0.0
