"""From graded answers to figures: a model's own, the paired difference of two, and what general code lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from idiolect.measure import Interval, Term, interval, wilson
from idiolect.types import Record

BITS = {"bits_per_byte": "bits", "fill_bits_per_byte": "fill_bits"}
"""Figures of which less is better, and what of a grade they are made of."""
METRICS = ("bits_per_byte", "fill_bits_per_byte", "exact_match", "edit_similarity", "parses", "answered")
Part = Literal["own", "general"]


class Grade(Record):
    """One answer to one probe, graded: a line of `scores.jsonl`."""

    id: str
    """Of the probe."""
    part: Part
    """The team's code, or general code."""
    file: str
    """What is resampled as a whole."""
    language: str
    wanted: str
    answer: str | None
    """Greedy text over HTTP; `None` where the model was not asked, for the wanted answer is long or no answer to anything."""
    before: str
    """The end of what stood before the answer, to read."""
    after: str
    exact_match: float | None
    edit_similarity: float | None
    """Both `None` where it was not asked."""
    parses: float | None
    """Whether prefix + answer + suffix parses; `None` in a language without a grammar."""
    bits: float
    bytes: int
    fill_bits: float | None = None
    """Of the answer and its end, both sides of the hole shown; `None` where that was not asked."""
    forced_exact: bool | None = None
    """Teacher-forced: every token of the answer and its end is the model's first choice. A cross-check of `exact_match`."""

    @property
    def answered(self) -> float | None:
        """Whether the answer is more than blanks; `None` where it was not asked."""
        return None if self.answer is None else float(bool(self.answer.strip()))


class Figures(Record):
    """A model on one part of the probes."""

    bits_per_byte: float | None
    """Bits of all answers over bytes of all answers; less is better."""
    fill_bits_per_byte: float | None
    """Bits of all answers of holes and of their ends, both sides shown, over bytes of the answers; less is better."""
    exact_match: float | None
    edit_similarity: float | None
    parses: float | None
    """Share of the answers that parse in their file, where the language has a grammar."""
    answered: float | None
    """Share of the answers that are more than blanks: an empty one counts as one that does not parse."""
    n: int
    """Probes."""
    intervals: dict[str, Interval]
    """95 %: Wilson's for shares, else the bootstrap over files."""


class Language(Record):
    """The part of one language."""

    base: Figures
    tuned: Figures
    difference: dict[str, Interval]


class Compared(Record):
    """Base and tuned on one part of the probes."""

    base: Figures
    tuned: Figures
    difference: dict[str, Interval]
    """Gains: positive is better; paired bootstrap over files."""
    files: int
    """How many files the probes stand in."""
    drop: Interval | None = None
    """Of general code: the relative rise of bits per byte."""

    @property
    def known(self) -> tuple[str, ...]:
        """The figures that there are of either."""
        return tuple(one for one in METRICS if getattr(self.base, one) is not None or getattr(self.tuned, one) is not None)


def figures(grades: Sequence[Grade]) -> Figures:
    """What a model scored, each figure with its interval."""
    found = {metric: _interval(metric, grades) for metric in METRICS}
    return Figures(**{metric: one.value for metric, one in found.items()}, n=len(grades), intervals=found)


def difference(base: Sequence[Grade], tuned: Sequence[Grade]) -> dict[str, Interval]:
    """What tuning gained on the same probes, per metric; positive is better."""
    pairs = paired(base, tuned)
    return {metric: interval(_gain(metric, before, after) for before, after in pairs) for metric in METRICS}


def drop(base: Sequence[Grade], tuned: Sequence[Grade]) -> Interval:
    """By what share bits per byte rose; positive is worse."""
    return interval(Term(before.file, after.bits - before.bits, before.bits) for before, after in paired(base, tuned))


def compared(base: Sequence[Grade], tuned: Sequence[Grade], part: Part) -> Compared:
    """One part of the probes."""
    ours, theirs = ([grade for grade in grades if grade.part == part] for grades in (base, tuned))
    return Compared(
        base=figures(ours), tuned=figures(theirs), difference=difference(ours, theirs),
        files=len({grade.file for grade in ours}), drop=drop(ours, theirs) if part == "general" else None,
    )  # fmt: skip


def languages(base: Sequence[Grade], tuned: Sequence[Grade]) -> dict[str, Language]:
    """The team's probes by language, the most frequent first."""
    own = [grade for grade in base if grade.part == "own"]
    names = sorted({grade.language for grade in own}, key=lambda name: (-sum(grade.language == name for grade in own), name))
    found = {}
    for name in names:
        ours, theirs = ([grade for grade in grades if grade.part == "own" and grade.language == name] for grades in (base, tuned))
        found[name or "unknown"] = Language(base=figures(ours), tuned=figures(theirs), difference=difference(ours, theirs))
    return found


def paired(base: Sequence[Grade], tuned: Sequence[Grade]) -> list[tuple[Grade, Grade]]:
    """Both answers to each probe, in the base's order."""
    answers = {grade.id: grade for grade in tuned}
    return [(grade, answers[grade.id]) for grade in base if grade.id in answers]


def _interval(metric: str, grades: Sequence[Grade]) -> Interval:
    terms = [_term(metric, grade) for grade in grades]
    if metric in ("exact_match", "parses", "answered"):
        counted = [term for term in terms if term.weight]
        return wilson(sum(term.amount for term in counted), len(counted))
    return interval(terms)


def _term(metric: str, grade: Grade) -> Term:
    value = getattr(grade, BITS.get(metric, metric))
    return Term(grade.file, value or 0.0, 0.0 if value is None else grade.bytes if metric in BITS else 1.0)


def _gain(metric: str, before: Grade, after: Grade) -> Term:
    first, second = _term(metric, before), _term(metric, after)
    gain = first.amount - second.amount if metric in BITS else second.amount - first.amount
    return Term(first.file, gain, first.weight)
