"""Makers: functions from files and commits to lessons, one module per kind.

A maker reads the stream of a source's Documents (files as they stood at the cut, Changes up to it), picks what it understands
and yields Samples, or `Dropped` with a reason for a candidate that became none. It is deterministic, names the origin of
every byte of the team's that it uses, and keeps prompt and answer within `budget` bytes by windows around the target.
A new kind is a new function here.
"""

from __future__ import annotations

from idiolect.dataset.makers.diff import diff
from idiolect.dataset.makers.explain import explain
from idiolect.dataset.makers.fim import fim
from idiolect.dataset.makers.material import BUDGET, Maker, Material
from idiolect.dataset.makers.raw import raw
from idiolect.dataset.makers.spec import spec
from idiolect.dataset.makers.write import write
from idiolect.types import Kind

MAKERS: dict[Kind, Maker] = {"raw": raw, "fim": fim, "write": write, "explain": explain, "diff": diff, "spec": spec}

OF_FILES: tuple[Kind, ...] = ("raw", "fim", "write", "explain")
"""Made of one file at a time."""
OF_PAIRS: tuple[Kind, ...] = ("spec",)
"""Made of a test and the files that it may test."""
OF_CHANGES: tuple[Kind, ...] = ("diff",)
"""Made of one commit at a time."""

__all__ = ["BUDGET", "MAKERS", "OF_CHANGES", "OF_FILES", "OF_PAIRS", "Maker", "Material", "diff", "explain", "fim", "raw", "spec", "write"]
