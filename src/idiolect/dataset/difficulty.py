"""How hard an answer is: basic, intermediate or advanced, by what stands in it.

Measured by its text alone, as an answer is seldom a file that parses: branches, each one more for every level that it is nested in (the
cognitive complexity of Campbell 2018, with indentation as nesting), different identifiers, and lines. The limits are the same for
every source, so that a label does not change because other lessons came or went (docs/decisions/0028-balance-by-weights.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Literal

from idiolect.sources.languages import PROSE
from idiolect.types import Sample

Difficulty = Literal["basic", "intermediate", "advanced"]
ADVANCED = (12, 40, 60)
"""From so much complexity, identifiers or lines on."""
BASIC = (2, 14, 12)
"""Up to so much of all three."""
_LONGEST = 20_000
"""Characters of an answer that are looked at."""
_BRANCH = re.compile(
    r"\b(?:if|elif|elsif|elseif|else|unless|for|foreach|each|while|until|loop|case|when|match|catch|except|rescue|and|or)\b|&&|\|\||\?\?",
    re.IGNORECASE,
)
_NAME = re.compile(r"[^\W\d]\w*")


def difficulty(text: str) -> Difficulty:
    """Of a text of code."""
    lines = list(_lines(text[:_LONGEST]))
    wide = [line.expandtabs(4) for line in lines]
    indents = [len(line) - len(line.lstrip()) for line in wide]
    steps = sorted({after - before for before, after in pairwise(indents) if after > before})
    step, least = (steps[0] if steps else 4), min(indents, default=0)
    nested = sum(len(_BRANCH.findall(line)) * (1 + (indent - least) // step) for line, indent in zip(lines, indents, strict=True))
    measured = nested, len(set(_NAME.findall("\n".join(lines)))), len(lines)
    if any(one >= limit for one, limit in zip(measured, ADVANCED, strict=True)):
        return "advanced"
    return "basic" if all(one <= limit for one, limit in zip(measured, BASIC, strict=True)) else "intermediate"


def _lines(text: str) -> Iterator[str]:
    """The lines that are written: of an edit what it puts in the place of what it seeks."""
    sought = False
    for line in text.splitlines():
        sought = (sought or line.startswith("<<<<<<< ")) and not line.startswith("=======")
        if line.strip() and not sought and not line.startswith(("=======", ">>>>>>> ", "```")):
            yield line


def graded(sample: Sample) -> Sample:
    """The lesson with its difficulty, unless it has one: that of its answer, or of the code that an answer in prose is about."""
    prose = sample.kind != "explain" and not PROSE.isdisjoint(sample.labels.get("language", ()))
    if "difficulty" in sample.labels or sample.kind == "raw" or prose:
        return sample
    about = sample.prompt[-1].content if sample.kind == "explain" and isinstance(sample.prompt, tuple) else sample.answer or ""
    return sample.model_copy(update={"labels": {**sample.labels, "difficulty": (difficulty(about),)}})
