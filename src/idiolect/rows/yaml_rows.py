"""Rows in YAML, as people write them by hand: a list, or a list under one key. Read by PyYAML's safe loader and no other.

What YAML offers beyond text is refused where it could harm: tags that make objects, aliases of whole tables or lists (a file of nine
lines can stand for gigabytes), nesting without end. A key that stands twice is a fault, where YAML's own readers keep the last.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import yaml

MAX_YAML = 16_000_000
"""Bytes of a file: what people write by hand is smaller, and a reader holds it whole."""
MAX_DEPTH = 50
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_LONGEST = 100
"""Characters of a number or a date: one of base 60, as YAML has them, takes time that grows with the square of its length."""
_TEXT = "tag:yaml.org,2002:str"
_CONSTRUCTORS = (AttributeError, KeyError, TypeError)
"""What PyYAML's constructors raise, besides its own errors, at a tag whose text does not fit: `!!timestamp x`."""
_WHOLE = "; nothing of the file is read"


class Row(NamedTuple):
    """A value of a file, and where it stands."""

    line: int
    """Where it begins, from 1; of Parquet the number of the row."""
    start: int
    """First byte in the file, inclusive."""
    end: int
    """Exclusive."""
    value: Any


class Fault(NamedTuple):
    """What is no row, and why."""

    line: int
    reason: str
    """One of a short list of words."""
    detail: str = ""


def read(data: bytes, most: int, listed: Sequence[str]) -> Iterator[Row | Fault]:
    """The rows of a file, of at most `most` bytes each; `listed` are the keys that a list may stand under."""
    if len(data) > MAX_YAML:
        yield Fault(1, "oversized-file", f"more than {MAX_YAML:,} bytes; write it as JSON lines")
        return
    try:
        text = data.decode("utf-8").removeprefix("\ufeff")
        _look(text)
        node = yaml.compose(text, Loader=_LOADER)
        nodes = _rows(node, listed)
    except UnicodeDecodeError as error:
        yield Fault(data.count(b"\n", 0, error.start) + 1, "not-utf8", f"byte {error.start}{_WHOLE}")
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        said = getattr(error, "problem", None) or (str(error).splitlines() or ["?"])[0]
        yield Fault(mark.line + 1 if mark else 1, "not-yaml", f"{said[:200]}{_WHOLE}")
    else:
        starts = _starts(text, len(data) - len(text.encode()))
        yield from (_row(one, starts, most) for one in nodes)


def _look(text: str) -> None:
    """Refuse what nobody writes by hand, by a look at the events, which builds nothing."""
    depth = 0
    tables: set[str] = set()
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            tables.update([event.anchor] if event.anchor else [])
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.AliasEvent) and event.anchor in tables:
            raise yaml.MarkedYAMLError(
                problem=f"*{event.anchor} repeats a whole table or list; write it out", problem_mark=event.start_mark
            )
        if depth > MAX_DEPTH:
            raise yaml.MarkedYAMLError(problem="nested too deeply", problem_mark=event.start_mark)


def _rows(node: Any, listed: Sequence[str]) -> list[Any]:
    """The nodes of the rows; a single table is one row, unless it keeps a list under one of the keys."""
    if node is None:
        return []
    if isinstance(node, yaml.SequenceNode):
        return list(node.value)
    if isinstance(node, yaml.MappingNode):
        inner = [value for key, value in node.value if key.value in listed and isinstance(value, yaml.SequenceNode)]
        return list(inner[0].value) if inner else [node]
    raise yaml.MarkedYAMLError(problem="is no list of rows", problem_mark=node.start_mark)


def _row(node: Any, starts: Sequence[int], most: int) -> Row | Fault:
    first, last = node.start_mark.line, node.end_mark.line + (node.end_mark.column > 0)
    start, end = starts[first], starts[min(max(last, first + 1), len(starts) - 1)]
    if end - start > most:
        return Fault(first + 1, "oversized-row", f"more than {most:,} bytes")
    loader = _LOADER("")
    try:
        _sane(node)
        return Row(first + 1, start, end, loader.construct_document(node))
    except (yaml.YAMLError, RecursionError, ValueError, OverflowError, *_CONSTRUCTORS) as error:
        mark = getattr(error, "problem_mark", None)
        reason = "repeated-key" if isinstance(error, _RepeatedKeyError) else "not-yaml"
        said = getattr(error, "problem", None) or (str(error).splitlines() or ["?"])[0]
        return Fault(mark.line + 1 if mark else first + 1, reason, said[:200])
    finally:
        loader.dispose()


class _RepeatedKeyError(ValueError):
    """A key stands twice in one table."""

    def __init__(self, key: str, mark: Any) -> None:
        self.problem, self.problem_mark = f"'{key[:80]}' stands twice", mark
        super().__init__(self.problem)


def _sane(node: Any) -> None:
    """Refuse a key that stands twice, and a number that nobody would write."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                raise _RepeatedKeyError(key.value, key.start_mark)
            seen.add(key.value if isinstance(key, yaml.ScalarNode) else "")
            _sane(key)
            _sane(value)
    elif isinstance(node, yaml.SequenceNode):
        for one in node.value:
            _sane(one)
    elif node.tag != _TEXT and len(node.value) > _LONGEST:
        raise yaml.MarkedYAMLError(problem="a number or date of many digits; put it in quotes", problem_mark=node.start_mark)


def _starts(text: str, before: int) -> list[int]:
    """The byte that each line begins at, and the end; YAML also ends lines at signs that other formats pass over."""
    found = [before]
    line = 0
    for place, letter in enumerate(text):
        line += len(letter.encode("utf-8", "surrogatepass"))
        if letter in "\n\x85\u2028\u2029" or (letter == "\r" and text[place + 1 : place + 2] != "\n"):
            found.append(before + line)
    return [*found, before + line]
