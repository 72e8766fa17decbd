"""What reading a file finds: units, nodes worth a hole, comments and names, each with its bytes.

Plain values, which `syntax` makes of a grammar's tree and a pack of whatever it knows of its own language.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

UNIT_KINDS = (
    "function", "method", "class", "module", "interface", "enum", "struct", "type", "lines", "trait", "namespace", "impl", "table",
    "view", "macro", "entry",
)  # fmt: skip
MARK_KINDS = ("arguments", "expression", "statement", "block", "method", "class", "literal", "string", "tag")


@dataclass(frozen=True)
class Unit:
    """A function, method, class, module or type; without a grammar a run of lines."""

    kind: str
    """One of `UNIT_KINDS`; a pack may have words of its own."""
    name: str
    start: int
    """First byte, decorators and `export` included, the comment above it not."""
    end: int
    body_start: int | None = None
    """First byte of the body's first statement, within the braces; None where there is no body."""
    body_end: int | None = None
    doc: tuple[int, int] | None = None
    """The docstring (a Python string node, in the body) or the comment lines right above (before `start`)."""
    parents: tuple[str, ...] = ()
    """Names of the units around it, outermost first."""
    sound: bool = True
    """No syntax error within."""


class Marked(NamedTuple):
    """A node that a hole may take."""

    start: int
    end: int
    kind: str
    """One of `MARK_KINDS`."""


class Name(NamedTuple):
    """A name where it stands; of `a.b.c(1)` the name that is called is `c`."""

    name: str
    start: int
    end: int


@dataclass(frozen=True)
class Syntax:
    """All that one reading of a file found, each list by start."""

    sound: bool = True
    """The whole file parses."""
    units: list[Unit] = field(default_factory=list)
    spans: list[Marked] = field(default_factory=list)
    """Nodes of 6 to 4000 bytes without an error within, outer before inner."""
    comments: list[tuple[int, int]] = field(default_factory=list)
    defined: list[Name] = field(default_factory=list)
    """Units, and what else the file names outside functions: constants, fields, macros, keys."""
    calls: list[Name] = field(default_factory=list)
    imports: list[Name] = field(default_factory=list)
    """What is brought in, as it is spelled, without quotes."""
