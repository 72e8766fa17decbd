"""Makers: functions from files and commits to lessons, one module per kind.

A maker reads the stream of a source's Documents (files as they stood at the cut, Changes up to it), picks what it understands
and yields Samples, or `Dropped` with a reason for a candidate that became none. It is deterministic, names the origin of
every byte of the team's that it uses, and keeps prompt and answer within `budget` bytes by windows around the target.
A new maker is a new function here; its name stands in the funnel, its kind in its samples.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from idiolect.dataset.makers.diagnose import diagnose
from idiolect.dataset.makers.diff import diff
from idiolect.dataset.makers.explain import explain
from idiolect.dataset.makers.fim import fim
from idiolect.dataset.makers.finding import finding
from idiolect.dataset.makers.followup import followup
from idiolect.dataset.makers.material import BUDGET, Maker, Material
from idiolect.dataset.makers.raw import raw
from idiolect.dataset.makers.review import passed, review
from idiolect.dataset.makers.spec import spec
from idiolect.dataset.makers.write import write
from idiolect.errors import RecipeError

MAKERS: dict[str, Maker] = {"raw": raw, "fim": fim, "write": write, "explain": explain, "diff": diff, "spec": spec,
    "review": review, "followup": followup, "passed": passed, "diagnose": diagnose, "finding": finding,
}  # fmt: skip

OF_FILES: tuple[str, ...] = ("raw", "fim", "write", "explain")
"""Made of one file at a time."""
OF_PAIRS: tuple[str, ...] = ("spec",)
"""Made of a test and the files that it may test."""
OF_CHANGES: tuple[str, ...] = ("diff", "passed", "diagnose", "finding")
"""Made of one commit at a time."""
OF_CHECKS: tuple[str, ...] = ("finding",)
"""Of these the ones that are given the checks of the packs."""
OF_THREADS: tuple[str, ...] = ("review", "followup")
"""Made of a review comment, or of two commits to the same lines: one file, as it was reviewed and as it became."""

OFF: frozenset[str] = frozenset()
"""Not at work unless the recipe names them: what did not help when it was measured (docs/lab.md)."""


def at_work(names: Iterable[str], asked: Collection[str]) -> tuple[str, ...]:
    """Of these makers the ones that a recipe asks for, or, where it names none, that work by default."""
    if unknown := sorted(set(asked) - set(MAKERS)):
        raise RecipeError(f"dataset.makers: no maker is called '{unknown[0]}'", next=f"name some of {', '.join(MAKERS)}")
    return tuple(name for name in names if (name in asked if asked else name not in OFF))


__all__ = [
    "BUDGET",
    "MAKERS",
    "OFF",
    "OF_CHANGES",
    "OF_CHECKS",
    "OF_FILES",
    "OF_PAIRS",
    "OF_THREADS",
    "Maker",
    "Material",
    "at_work",
    "diagnose",
    "diff",
    "explain",
    "fim",
    "finding",
    "followup",
    "passed",
    "raw",
    "review",
    "spec",
    "write",
]
