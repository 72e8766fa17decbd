"""The parser's side of `syntax`: grammars, one parse, one walk. It runs in a process of its own, started by `parsers`.

A grammar is C code fed with somebody else's text: some small files keep its error recovery busy for minutes or end in a
crash of the process, and neither can be stopped from within. So this module only ever answers over a pipe, and the kernel
ends the process when one file has had its processor time. The walk is where Python is slow: it touches each node once, knows by
its kind's number alone whether anything is of interest, and keeps offsets in flat arrays (docs/lab.md has the figures).
"""

from __future__ import annotations

import importlib
import marshal
import re
import resource
import signal
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from typing import IO

from tree_sitter import Language, Node, Parser, Query, QueryCursor, QueryError, Tree

from idiolect.outline import MARK_KINDS
from idiolect.syntax.findings import Noted, Noting, noting_of, settle
from idiolect.syntax.grammars import GRAMMARS, LEAVES, MARKS, THREES, Layer
from idiolect.syntax.packed import MAX_SPAN, MIN_SPAN, Found, numbers, pack, refusal

MAX_DEPTH = 400
"""Deeper nodes are not looked at."""
MEMORY = 2 << 30
_SMALLEST = 2
"""Nodes of so many bytes have nothing within: `f()` is larger."""
Role = tuple[int, Noting, bool]
"""Of a kind of node: its place in `MARK_KINDS` or -1, what is noted of it, and whether it is one of `THREES`."""
_BORING: Role = (-1, (), False)
_LEAF: Role = (-2, (), False)
_PREDICATE = re.compile(r"\(\s*#([^\s()]+)")
_ANSWERED = re.compile(r"(?:not-|any-|any-not-)?(?:eq|match)\?|(?:not-)?any-of\?")
"""Any other predicate the library takes for true."""
_BLANKS = bytes(byte if byte in b"\r\n" else 32 for byte in range(256))


def outline(language: str, data: bytes, marks: bool = True) -> bytes:
    """Parse and walk: a packed outline. Without `marks` it holds the verdict alone."""
    found = Found()
    for name, text, tree, strict in _trees(language, data):
        found.sound = found.sound and not (strict and tree.root_node.has_error)
        if marks:
            settle(found, walk(tree, name, found), text, GRAMMARS[name])
    if GRAMMARS[language].layers:
        found.sort()
    return pack(found)


def matching(language: str, data: bytes, queries: Sequence[tuple[str, str]]) -> bytes:
    """Parse and ask: the numbers of the queries that have a match; a refusal where one of them is no query."""
    found = []
    try:
        for name, _, tree, _ in _trees(language, data):
            asked = ((number, _query(*one)) for number, one in enumerate(queries) if one[0] == name)
            found += [number for number, query in asked if QueryCursor(query).matches(tree.root_node)]
    except QueryError as error:
        return refusal(str(error))
    return numbers(sorted({*found}))


@cache
def _query(language: str, text: str) -> Query:
    query = Query(grammar(language), text)
    if not query.pattern_count:
        raise QueryError("no pattern in it")
    if strange := [name for name in _PREDICATE.findall(text) if not _ANSWERED.fullmatch(name)]:
        raise QueryError(f"no predicate is called #{strange[0]}")
    return query


def main(seconds: float) -> None:
    """Answer batches of questions (`parsers.Question`) from standard input until it ends; the first word sent is that it is ready.

    The kernel ends the process when it has been at one file for so many `seconds` of processor time.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    send(sys.stdout.buffer, b"ready")
    while (question := _receive(sys.stdin.buffer)) is not None:
        for language, data, wanted in marshal.loads(question):
            signal.setitimer(signal.ITIMER_PROF, seconds)
            answer = matching(language, data, wanted) if isinstance(wanted, tuple) else outline(language, data, wanted)
            send(sys.stdout.buffer, answer)
        signal.setitimer(signal.ITIMER_PROF, 0)


def send(stream: IO[bytes], message: bytes) -> None:
    """Write a message with its length before it."""
    stream.write(len(message).to_bytes(8, "big") + message)
    stream.flush()


def _receive(stream: IO[bytes]) -> bytes | None:
    """The next message; None where the other side has gone."""
    head = stream.read(8)
    size = int.from_bytes(head, "big")
    message = stream.read(size) if len(head) == 8 else b""
    return message if len(head) == 8 and len(message) == size else None


def walk(tree: Tree, language: str, found: Found) -> list[Noted]:
    """Visit the nodes once, in order, without recursion; spans go to `found`, what needs a second look is given back."""
    cursor = tree.walk()
    descend, across, up = cursor.goto_first_child, cursor.goto_next_sibling, cursor.goto_parent
    starts, lengths, kinds = found.starts.append, found.lengths.append, found.kinds.append
    noted: list[Noted] = []
    roles, sound, depth, leaf, boring = _roles(language), not tree.root_node.has_error, 0, _LEAF, _BORING
    while True:
        node: Node = cursor.node  # type: ignore[assignment]  # a cursor always has one
        role = roles[node.kind_id]
        if role is not leaf:
            size = MAX_SPAN
            if role is not boring and depth:
                mark, noting, three = role
                start, end = node.byte_range
                size = end - start
                if mark >= 0 and MIN_SPAN <= size <= MAX_SPAN and (sound or not node.has_error):
                    starts(start)
                    lengths(size)
                    kinds(mark)
                if noting:
                    noted.append((noting, node, depth, start, end))
                if three and node.descendant_count == 4:  # itself and three leaves
                    size = 0
            if size > _SMALLEST and depth < MAX_DEPTH and descend():
                depth += 1
                continue
        while not across():
            if not up():
                return noted
            depth -= 1


@cache
def grammar(language: str) -> Language:
    """The grammar of a language, out of its wheel."""
    row = GRAMMARS[language]
    return Language(getattr(importlib.import_module(row.module), row.function)())


@cache
def _roles(language: str) -> list[Role]:
    """By the number of a kind, its role. Errors have the last number."""
    parser = grammar(language)
    marks = {kind: MARK_KINDS.index(mark) for mark, kinds in MARKS.items() for kind in kinds.split()}
    roles = [_BORING] * (1 << 16)
    for number in range(parser.node_kind_count):
        name = parser.node_kind_for_id(number) or ""
        noting = noting_of(name, GRAMMARS[language])
        if not (parser.node_kind_is_named(number) and parser.node_kind_is_visible(number)):
            roles[number] = _LEAF
        elif name in marks or noting:
            roles[number] = (marks.get(name, -1), noting, name in THREES)
        elif name in LEAVES:
            roles[number] = _LEAF
    return roles


def _trees(language: str, data: bytes) -> Iterator[tuple[str, bytes, Tree, bool]]:
    """The tree of the file and those of the languages within it: language, text, tree, and whether its errors count."""
    tree = Parser(grammar(language)).parse(data)
    yield language, data, tree, True
    for layer in GRAMMARS[language].layers:
        text = _masked(tree, data, layer)
        yield layer.language, text, Parser(grammar(layer.language)).parse(text), layer.strict


def _masked(tree: Tree, data: bytes, layer: Layer) -> bytes:
    """The file as its layer sees it: every byte at its place, what is not the layer's blank."""
    text = bytearray(data.translate(_BLANKS))
    for child in tree.root_node.named_children:
        for node in (child, *child.named_children):
            if node.type == layer.kind:
                text[node.start_byte : node.end_byte] = data[node.start_byte : node.end_byte]
                text[node.end_byte : node.end_byte + len(layer.closed)] = layer.closed
    return bytes(text[: len(data)])
