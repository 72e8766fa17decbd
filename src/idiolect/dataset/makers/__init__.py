"""Makers: functions from files and commits to lessons, one module per kind.

A maker reads the stream of a source's Documents (files as they stood at the cut, Changes up to it), picks what it understands
and yields Samples, or `Dropped` with a reason for a candidate that became none. It is deterministic, names the origin of
every byte of the team's that it uses, and keeps prompt and answer within `budget` bytes by windows around the target.
A new maker is a new function here; its name stands in the funnel, its kind in its samples.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from idiolect.dataset.makers.added import added
from idiolect.dataset.makers.bugfix import bugfix
from idiolect.dataset.makers.diagnose import diagnose
from idiolect.dataset.makers.diff import diff
from idiolect.dataset.makers.explain import explain
from idiolect.dataset.makers.feature import feature
from idiolect.dataset.makers.fim import fim
from idiolect.dataset.makers.finding import finding
from idiolect.dataset.makers.followup import followup
from idiolect.dataset.makers.implement import implement, tested
from idiolect.dataset.makers.infill import infill
from idiolect.dataset.makers.material import BUDGET, Maker, Material
from idiolect.dataset.makers.migrate import migrate, superseded
from idiolect.dataset.makers.mutate import mutate
from idiolect.dataset.makers.near import near
from idiolect.dataset.makers.next_edit import next_edit
from idiolect.dataset.makers.raw import raw
from idiolect.dataset.makers.refactor import refactor
from idiolect.dataset.makers.review import passed, review
from idiolect.dataset.makers.spec import spec
from idiolect.dataset.makers.told import described, linked
from idiolect.dataset.makers.write import templated, write
from idiolect.errors import RecipeError

MAKERS: dict[str, Maker] = {
    "raw": raw, "fim": fim, "near": near, "infill": infill, "write": write, "templated": templated, "explain": explain,
    "mutate": mutate,
    "spec": spec, "implement": implement, "tested": tested,
    "linked": linked, "described": described,
    "diff": diff, "next_edit": next_edit, "added": added,
    "refactor": refactor, "feature": feature, "bugfix": bugfix, "migrate": migrate,
    "superseded": superseded,
    "review": review, "followup": followup, "passed": passed, "diagnose": diagnose, "finding": finding,
}  # fmt: skip

OF_FILES: tuple[str, ...] = ("raw", "fim", "infill", "write", "templated", "explain", "mutate")
"""Made of one file at a time."""
OF_NEIGHBOURS: tuple[str, ...] = ("near",)
"""Made of a file and, after it, those around it."""
OF_PAIRS: tuple[str, ...] = ("spec", "implement", "tested")
"""Made of a test, the files that it may test, and what history says of them: Changes of which only the paths are told."""
OF_PROSE: tuple[str, ...] = ("linked", "described")
"""Made of a file of prose and the files that define what it names."""
OF_GENERATIONS: tuple[str, ...] = ("superseded",)
"""Made of a file and, after it, those of older generations; of whichever source they are."""
OF_CHANGES: tuple[str, ...] = ("diff", "next_edit", "added", "refactor", "feature", "bugfix", "migrate", "passed", "diagnose", "finding")
"""Made of one commit at a time."""
OF_CHECKS: tuple[str, ...] = ("finding",)
"""Of these the ones that are given the checks of the packs."""
OF_BRANCHES: tuple[str, ...] = ("feature",)
"""Of these the ones that are given branches too, each as one commit that does what its merge did."""
OF_THREADS: tuple[str, ...] = ("review", "followup")
"""Made of a review comment, or of two commits to the same lines: one file, as it was reviewed and as it became."""

OFF = frozenset({"added", "tested", "described", "templated", "explain", "linked"})
"""Not at work unless the recipe names them: what did not help when it was measured, or was good in no more than half of what was read
(docs/lab.md)."""


def wanted(asked: Collection[str]) -> frozenset[str]:
    """The makers that a recipe asks for: those that it names, and no others; where it names none, the default.

    With `+` or `-` before a name it is the default and this one too, or without this one.
    """
    named = {name[1:] if name[:1] in ("+", "-") else name for name in asked}
    if unknown := sorted(named - set(MAKERS)):
        raise RecipeError(f"dataset.makers: no maker is called '{unknown[0]}'", next=f"name some of {', '.join(MAKERS)}")
    changes = [name for name in asked if name[0] in "+-"]
    if changes and len(changes) < len(asked):
        raise RecipeError(
            f"dataset.makers: '{changes[0]}' changes the default, and other names take its place",
            next="write + or - before all, or before none",
        )
    less = {name[1:] for name in changes if name[0] == "-"}
    return frozenset((MAKERS.keys() - OFF | named) - less if changes or not asked else named)


def at_work(names: Iterable[str], asked: Collection[str]) -> tuple[str, ...]:
    """Of these makers the ones that a recipe asks for (`wanted`)."""
    chosen = wanted(asked)
    return tuple(name for name in names if name in chosen)


__all__ = [
    "BUDGET",
    "MAKERS",
    "OFF",
    "OF_BRANCHES",
    "OF_CHANGES",
    "OF_CHECKS",
    "OF_FILES",
    "OF_GENERATIONS",
    "OF_NEIGHBOURS",
    "OF_PAIRS",
    "OF_PROSE",
    "OF_THREADS",
    "Maker",
    "Material",
    "added",
    "at_work",
    "bugfix",
    "described",
    "diagnose",
    "diff",
    "explain",
    "feature",
    "fim",
    "finding",
    "followup",
    "implement",
    "infill",
    "linked",
    "migrate",
    "mutate",
    "near",
    "next_edit",
    "passed",
    "raw",
    "refactor",
    "review",
    "spec",
    "superseded",
    "templated",
    "tested",
    "wanted",
    "write",
]
