"""Where a long file of code may be cut: at its units and at the blocks of its tests, the outermost first."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from idiolect.dataset.makers.windows import line_start
from idiolect.syntax import units
from idiolect.types import Document

BLOCK = re.compile(rb"^([ \t]*)(?:RSpec\.)?(?:describe|context|it|test|specify|feature|scenario|suite)\b[ (.]", re.MULTILINE)
"""What Ruby and JavaScript write tests in is a call with a block: no unit to a grammar."""


def seams(document: Document) -> Sequence[Sequence[int]]:
    """Offsets of lines to cut at, one list for each depth of indentation, the least first."""
    data = document.data
    levels: dict[int, set[int]] = defaultdict(set)
    for unit in units(document.language, data):
        at = line_start(data, min(unit.start, unit.doc[0] if unit.doc else unit.start))
        levels[unit.start - line_start(data, unit.start)].add(at)
    for block in BLOCK.finditer(data):
        levels[len(block[1])].add(block.start())
    return [sorted(levels[indent]) for indent in sorted(levels)]
