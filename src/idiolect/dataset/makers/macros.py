"""What a class of Ruby defines by saying so: `attr_reader :total, :owner`, `has_many :lines`, `scope :paid, -> { ... }`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_MANY = rb"[cm]?attr_\w++|class_attribute|delegate\w*+|def_delegators"
"""Macros each of whose symbols is a name that they make; of the others the first is."""
_ONE = rb"alias\w*+|attribute|belongs_to|def_delegator|define_method|enum|field|has_\w++|scope"
_MACRO = re.compile(rb"^[ \t]*+(?:(?P<many>" + _MANY + rb")|" + _ONE + rb")[ (]++(?P<names>:@{0,2}\w++(?:,\s*+:\w++)*+)", re.MULTILINE)
_NAME = re.compile(rb":(\w+)")


class Declared(NamedTuple):
    """A macro where it stands, down to its last name, and the names that it makes."""

    start: int
    end: int
    names: list[str]


def declared(data: bytes, start: int = 0, end: int | None = None) -> Iterator[Declared]:
    """The macros that begin a line of these bytes, from line start `start` on."""
    for match in _MACRO.finditer(data, start, len(data) if end is None else end):
        names = [name.decode() for name in _NAME.findall(match["names"])]
        yield Declared(match.start(), match.end(), names if match["many"] else names[:1])
