"""What the nodes that a walk has noted mean: units with names and documentation, comments, definitions, calls, imports."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tree_sitter import Node

from idiolect.outline import UNIT_KINDS
from idiolect.syntax.grammars import (
    COMMENTS,
    FUNCTIONS,
    ONLY_WITH_BODY,
    ONLY_WITH_FUNCTION,
    PREFIXES,
    TYPES,
    WRAPPERS,
    WRAPS_ALWAYS,
    Grammar,
)
from idiolect.syntax.packed import Found

Noting = tuple[tuple["Meaning", str], ...]
"""What is wanted of a node: functions of this module, and the row of the grammar's table that each goes by."""
Noted = tuple[Noting, Node, int, int, int]
"""What is wanted of a node, the node, its depth, first byte and end."""

_MAGIC = re.compile(rb"#!|#\s*(?:-\*-|frozen_string_literal|encoding:|coding:|typed:|vim:)")
_NAME = re.compile(rb"[@$:~#\w\x80-\xff][\w.:@$\x80-\xff -]*[?!=]?")
_IDENTIFIER = bytes(byte for byte in range(256) if byte > 127 or chr(byte).isalnum() or byte in b"_$!?")
_FILE = re.compile(rb"""[\s(]*(?:(['"`])(?P<quoted>[^'"`\n]+)\1|(?P<bare>[\w.~-]*/[\w./~-]+))""")
_BLANK_BELOW = re.compile(rb"[ \t]*\r?\n[ \t]*\r?\n[ \t]*\Z")
_SPACE = b" \t\r\n\f\v"
_UNIT_KINDS = {kind: place for place, kind in enumerate(UNIT_KINDS)}
_QUOTES = b"'\"`<> \t\r\n"
_FURTHEST = 200
"""Bytes back from its end within which the name of what is called must begin."""


def settle(found: Found, noted: Sequence[Noted], data: bytes, grammar: Grammar) -> None:
    """Add to `found` what the noted nodes, given by start, mean."""
    file = _File(found, data, grammar)
    path = file.path
    for noting, node, depth, start, _ in noted:
        while path and path[-1].end <= start:
            path.pop()
        for meaning, spec in noting:
            meaning(file, node, depth, spec)


def noting_of(kind: str, grammar: Grammar) -> Noting:
    """What is wanted of nodes of a kind."""
    tables: tuple[tuple[Meaning, Mapping[str, str]], ...] = (
        (_unit, grammar.units), (_call, grammar.calls), (_import, grammar.imports), (_define, grammar.defines)
    )  # fmt: skip
    named = ((_comment, COMMENTS), (_wrapper, WRAPPERS), (_prefix, PREFIXES))
    plain = tuple((meaning, "") for meaning, kinds in named if kind in kinds)
    return plain + tuple((meaning, table[kind]) for meaning, table in tables if kind in table)


@dataclass
class _Around:
    """A unit whose inside the walk is in."""

    end: int
    row: int
    """Its row among the units, from 1."""
    kind: str
    local: bool
    """Whether it is a function or stands in one."""


_NOWHERE = _Around(0, 0, "", local=False)


@dataclass
class _File:
    """The file, and where in it we are."""

    found: Found
    data: bytes
    grammar: Grammar
    path: list[_Around] = field(default_factory=list)
    wrappers: dict[int, Node] = field(default_factory=dict)
    """The last node at each depth that may wrap a unit."""
    prefixes: dict[int, Node] = field(default_factory=dict)
    """Nodes that belong to what comes after them, by their last row."""
    taken: set[int] = field(default_factory=set)
    """Rows above units."""
    units: int = 0

    standing: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    """Comments alone on their lines: last row -> (first row, start, end)."""
    row: int = 0
    """Of the byte `at`."""
    at: int = 0


def _comment(file: _File, node: Node, _depth: int, _spec: str) -> None:
    start, end = node.byte_range
    data = file.data
    if start < file.at:  # within another
        return
    end -= data[end - 1 : end] == b"\n"
    file.found.comments.extend((start, end))
    first = file.row + data.count(b"\n", file.at, start)
    file.row, file.at = first + data.count(b"\n", start, end), end
    line = data.rfind(b"\n", 0, start) + 1
    if (line == start or data[line:start].isspace()) and not _MAGIC.match(data, start):
        file.standing[file.row] = (first, start, end)


def _wrapper(file: _File, node: Node, depth: int, _spec: str) -> None:
    file.wrappers[depth] = node


def _prefix(file: _File, node: Node, _depth: int, _spec: str) -> None:
    file.prefixes[node.end_point[0]] = node


def _unit(file: _File, node: Node, depth: int, kind: str) -> None:
    if depth > file.grammar.deepest or not _counts(node):
        return
    around = file.path[-1] if file.path else _NOWHERE
    if kind == "function" and around.kind in TYPES:
        kind = "method"
    first, end = _whole(file, node, depth)
    body = _body(node, file.grammar)
    inner = _within(body, file.data) if body else None
    doc = _docstring(body) or _comment_above(file, first)
    sound = file.found.sound or not node.has_error
    file.found.units.extend(
        (_UNIT_KINDS[kind], *_name_of(file, node, depth), first.start_byte, end, *_or_none(inner), *_or_none(doc), around.row, sound)
    )
    file.units += 1
    file.path.append(_Around(node.end_byte, file.units, kind, local=around.local or kind in ("function", "method")))


def _call(file: _File, node: Node, _depth: int, spec: str) -> None:
    child = node.child_by_field_name(spec) or next(_children(node, spec), None)
    if child is None:
        return
    start, end = child.byte_range
    text = file.data[start if end - start < _FURTHEST else end - _FURTHEST : end]
    if text[-1:] == b">":
        text = text[: text.find(b"<")].rstrip(b":")
        end = start + len(text)
    name = text if text == b"." or text.isalnum() else text[len(text.rstrip(_IDENTIFIER)) :]
    if not name:
        return
    note = file.found.calls.append
    note(end - len(name))
    note(end)
    if name in file.grammar.importers and (match := _FILE.match(file.data, end)):
        file.found.imports.extend(match.span("quoted" if match["quoted"] else "bare"))


def _import(file: _File, node: Node, _depth: int, spec: str) -> None:
    for child in _children(node, spec):
        named = child.child_by_field_name("name") if child.type == "aliased_import" else child
        if named:
            file.found.imports.extend(_unquoted(file.data, *named.byte_range))


def _define(file: _File, node: Node, depth: int, spec: str) -> None:
    if depth > file.grammar.deepest or (file.path and file.path[-1].local):
        return
    if node.type in file.grammar.units and _counts(node):
        return
    for child in _children(node, spec):
        start, end = _innermost(child).byte_range
        if _NAME.fullmatch(file.data, start, end):
            file.found.defined.extend((start, end))


Meaning = Callable[[_File, Node, int, str], None]


def _children(node: Node, spec: str) -> Iterator[Node]:
    """The nodes in the field of that name, else the first named child of that kind; `a|b`: whichever is there first."""
    for word in spec.split("|"):
        if named := node.children_by_field_name(word):
            yield from named
            return
        if one := next((child for child in node.named_children if child.type == word), None):
            yield one
            return


def _innermost(node: Node) -> Node:
    while deeper := node.child_by_field_name("declarator"):
        node = deeper
    return node


def _counts(node: Node) -> bool:
    """Whether a node of a unit's kind is one: a constant only with a function in it, a struct only with a body."""
    kind = node.type
    if kind in ONLY_WITH_FUNCTION:
        value = _value(node)
        return value is not None and value.type in FUNCTIONS
    return kind not in ONLY_WITH_BODY or node.child_by_field_name("body") is not None


def _value(node: Node) -> Node | None:
    return node.child_by_field_name("value") or node.child_by_field_name("right")


def _whole(file: _File, node: Node, depth: int) -> tuple[Node, int]:
    """The first node of a unit, with its decorators, `export`, `const` or attributes, and where it ends."""
    outer, end = node, node.end_byte
    for above in range(depth - 1, 0, -1):
        wrapper = file.wrappers.get(above)
        if wrapper is None or wrapper.start_byte > node.start_byte or wrapper.end_byte < end:
            break
        if wrapper.type not in WRAPS_ALWAYS and wrapper.named_child_count > 1:
            break
        outer = wrapper
    end = outer.end_byte
    while file.prefixes and (before := file.prefixes.get(outer.start_point[0] - 1)):
        outer = before
    return outer, end


def _name_of(file: _File, node: Node, depth: int) -> tuple[int, int]:
    spec = file.grammar.named.get(node.type)
    inner = next(_children(node, spec), None) if spec else _innermost(node)
    if inner is node:
        inner = node.child_by_field_name("name") or node.child_by_field_name("property")
    if inner is None and (wrapper := file.wrappers.get(depth - 1)) and wrapper.type == "type_definition":
        inner = _innermost(wrapper)
    return _unquoted(file.data, *inner.byte_range) if inner else (node.start_byte, node.start_byte)


def _body(node: Node, grammar: Grammar) -> Node | None:
    inner = _value(node) if node.type in ONLY_WITH_FUNCTION else node
    return (inner.child_by_field_name(grammar.body) or next(_children(inner, grammar.body), None)) if inner else None


def _within(body: Node, data: bytes) -> tuple[int, int] | None:
    """The body without its braces or arrow and the space around."""
    start, end = body.byte_range
    if data[start : start + 1] == b"{" and data[end - 1 : end] == b"}" and end - start >= 2:
        start, end = start + 1, end - 1
    elif data[start : start + 2] == b"=>":
        start += 2
    while start < end and data[end - 1] in _SPACE:
        end -= 1
    while start < end and data[start] in _SPACE:
        start += 1
    return (start, end) if start < end else None


def _docstring(body: Node | None) -> tuple[int, int] | None:
    """A string that is the first statement of a Python body."""
    first = body.named_child(0) if body and body.type == "block" and body.named_child_count else None
    if first and first.type == "expression_statement":
        first = first.named_child(0)
    return first.byte_range if first and first.type == "string" else None


def _comment_above(file: _File, node: Node) -> tuple[int, int] | None:
    """The comments that stand alone on the lines right above, or a `/**` comment with a blank line below it."""
    row, span = node.start_point[0] - 1, None
    if row in file.taken:  # by the first unit of this line
        return None
    file.taken.add(row)
    if row not in file.standing and (apart := file.standing.get(row - 1)) and _BLANK_BELOW.match(file.data, apart[2], node.start_byte):
        return apart[1:] if file.data.startswith(b"/**", apart[1]) else None
    while row in file.standing:
        first, start, end = file.standing[row]
        span, row = (start, span[1] if span else end), first - 1
    return span


def _unquoted(data: bytes, start: int, end: int) -> tuple[int, int]:
    text = data[start:end]
    left = len(text) - len(text.lstrip(_QUOTES))
    return start + left, max(start + left, end - len(text) + len(text.rstrip(_QUOTES)))


def _or_none(span: tuple[int, int] | None) -> tuple[int, int]:
    """As `packed` writes what may be missing."""
    return (span[0] + 1, span[1]) if span else (0, 0)
