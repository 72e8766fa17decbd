"""The parser's side of `syntax`: grammars, one parse, one walk. It runs in a process of its own, started by `syntax`.

A grammar is C code fed with somebody else's text: some small files keep its error recovery busy for minutes or end in a
crash of the process, and neither can be stopped from within. So this module only ever answers over a pipe.
"""

from __future__ import annotations

import importlib
import marshal
import re
import resource
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import IO

from tree_sitter import Language, Node, Parser, Tree, TreeCursor

MAX_DEPTH = 400
"""Deeper nodes are not looked at."""
MAX_SECONDS = 3.0
"""Of processor time; then the parser is asked to stop. Real files take a tenth or two a megabyte."""
MEMORY = 4 << 30
MIN_SPAN, MAX_SPAN = 6, 4000

GRAMMARS = {
    "c": ("tree_sitter_c", "language"),
    "go": ("tree_sitter_go", "language"),
    "html": ("tree_sitter_html", "language"),
    "html+erb": ("tree_sitter_embedded_template", "language"),
    "java": ("tree_sitter_java", "language"),
    "javascript": ("tree_sitter_javascript", "language"),
    "python": ("tree_sitter_python", "language"),
    "ruby": ("tree_sitter_ruby", "language"),
    "shell": ("tree_sitter_bash", "language"),
    "tsx": ("tree_sitter_typescript", "language_tsx"),
    "typescript": ("tree_sitter_typescript", "language_typescript"),
}
_SCRIPT = {
    "function_declaration": "function", "generator_function_declaration": "function", "method_definition": "method",
    "class_declaration": "class", "abstract_class_declaration": "class", "interface_declaration": "interface",
    "enum_declaration": "enum", "type_alias_declaration": "type", "internal_module": "module",
    "variable_declarator": "function", "public_field_definition": "method", "field_definition": "method",
}  # fmt: skip
_UNITS = {
    "c": {"function_definition": "function", "struct_specifier": "struct", "union_specifier": "struct", "enum_specifier": "enum"},
    "go": {"function_declaration": "function", "method_declaration": "method", "type_spec": "type"},
    "java": {
        "class_declaration": "class", "interface_declaration": "interface", "enum_declaration": "enum", "record_declaration": "class",
        "annotation_type_declaration": "interface", "method_declaration": "method", "constructor_declaration": "method",
    },
    "javascript": _SCRIPT,
    "python": {"function_definition": "function", "class_definition": "class"},
    "ruby": {"method": "method", "singleton_method": "method", "class": "class", "module": "module"},
    "shell": {"function_definition": "function"},
    "tsx": _SCRIPT,
    "typescript": _SCRIPT,
}  # fmt: skip
_ONLY_WITH_FUNCTION = {"variable_declarator", "public_field_definition", "field_definition"}
_ONLY_WITH_BODY = {"struct_specifier", "union_specifier", "enum_specifier"}
_WRAPPERS = {"decorated_definition", "export_statement", "lexical_declaration", "variable_declaration", "type_declaration"}
_FUNCTIONS = {"arrow_function", "function_expression", "generator_function"}
_TYPES = {"class", "module", "interface", "struct", "enum"}
_COMMENTS = {"comment", "line_comment", "block_comment", "html_comment", "comment_directive"}
_SPAN_KINDS = {
    "arguments": """argument_list arguments parameters formal_parameters method_parameters block_parameters parameter_list
        lambda_parameters type_arguments type_parameters named_imports""",
    "expression": """call call_expression method_invocation binary_operator boolean_operator comparison_operator unary_operator
        not_operator attribute subscript conditional_expression lambda named_expression await list_comprehension set_comprehension
        dictionary_comprehension generator_expression binary unary conditional element_reference scope_resolution rescue_modifier
        member_expression subscript_expression binary_expression unary_expression ternary_expression arrow_function
        function_expression assignment_expression augmented_assignment_expression await_expression new_expression
        yield_expression as_expression jsx_expression field_access array_access instanceof_expression cast_expression
        object_creation_expression lambda_expression method_reference switch_expression selector_expression index_expression
        slice_expression func_literal type_assertion_expression field_expression pointer_expression parenthesized_expression
        keyword_argument test_command command_substitution union_type generic_type type_annotation range""",
    "statement": """expression_statement return_statement if_statement for_statement while_statement try_statement with_statement
        raise_statement assert_statement import_statement import_from_statement delete_statement match_statement elif_clause
        else_clause except_clause finally_clause case_clause assignment operator_assignment augmented_assignment if unless while
        until for case when in_clause begin rescue ensure else elsif if_modifier unless_modifier while_modifier return yield
        throw_statement switch_statement switch_case do_statement for_in_statement catch_clause lexical_declaration
        variable_declaration export_statement local_variable_declaration field_declaration public_field_definition
        property_signature enhanced_for_statement try_with_resources_statement import_declaration package_declaration
        short_var_declaration assignment_statement defer_statement go_statement select_statement expression_switch_statement
        type_switch_statement expression_case const_declaration var_declaration declaration type_definition preproc_include
        preproc_def case_statement command pipeline redirected_statement variable_assignment case_item type_alias_declaration""",
    "block": "block body_statement block_body do_block statement_block compound_statement constructor_body then do do_group",
    "method": """function_definition method singleton_method function_declaration generator_function_declaration
        method_definition method_declaration constructor_declaration decorated_definition""",
    "class": """class_definition class module singleton_class class_declaration abstract_class_declaration class_body
        interface_declaration interface_body enum_declaration enum_body record_declaration internal_module type_declaration
        struct_specifier field_declaration_list declaration_list""",
    "literal": """list dictionary set tuple hash array object object_type array_initializer composite_literal literal_value
        initializer_list pair keyed_element string_array symbol_array enumerator_list object_pattern""",
    "string": """string string_literal interpreted_string_literal raw_string_literal template_string template_substitution
        interpolation heredoc_body regex""",
    "tag": "element start_tag script_element style_element self_closing_tag directive output_directive code jsx_element "
    "jsx_opening_element jsx_self_closing_element jsx_attribute raw_text",
}
_SPANS = {node: kind for kind, nodes in _SPAN_KINDS.items() for node in nodes.split()}
_MAGIC = re.compile(rb"#!|#\s*(?:-\*-|frozen_string_literal|encoding:|coding:|typed:|vim:)")


Found = tuple[int, int]
UnitRow = tuple[str, str, int, int, int | None, int | None, Found | None, tuple[str, ...], bool]
"""The fields of `syntax.Unit`, in its order."""
Outline = tuple[bool, list[UnitRow], list[tuple[int, int, str]], list[Found]]
"""Whether the file is sound, its units, spans and comments: plain values, for the pipe."""


@dataclass
class _File:
    """What the walk has found so far."""

    data: bytes
    sound: bool
    units: list[UnitRow] = field(default_factory=list)
    spans: list[tuple[int, int, str]] = field(default_factory=list)
    comments: list[Found] = field(default_factory=list)

    @cached_property
    def standing(self) -> dict[int, tuple[int, int, int]]:
        """Comments alone on their lines: last row -> (first row, start, end)."""
        found, row, at = {}, 0, 0
        for start, end in self.comments:
            row, at = row + self.data.count(b"\n", at, start), start
            line = self.data.rfind(b"\n", 0, start) + 1
            if not self.data[line:start].strip() and not _MAGIC.match(self.data, start):
                found[row + self.data.count(b"\n", start, end)] = (row, start, end)
        return found


def outline(language: str, data: bytes, marks: bool = True) -> Outline | None:
    """Parse and walk; None where the parser took too long. Without `marks` only the verdict is given."""
    grammar = _grammar(language)
    parser, stop = Parser(grammar), time.process_time() + MAX_SECONDS
    try:
        tree = parser.parse(lambda at, _: data[at : at + 65536], progress_callback=lambda _at, _error: time.process_time() > stop)
    except ValueError:
        return None
    if not marks:
        return not tree.root_node.has_error, [], [], []
    found = _walk(tree, data, language)
    return found.sound, found.units, found.spans, found.comments


def main() -> None:
    """Answer questions (language, bytes, marks) from standard input until it ends; the first word sent is that it is ready."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    send(sys.stdout.buffer, b"ready")
    while (question := receive(sys.stdin.buffer)) is not None:
        send(sys.stdout.buffer, marshal.dumps(outline(*marshal.loads(question))))


def send(stream: IO[bytes], message: bytes) -> None:
    """Write a message with its length before it."""
    stream.write(len(message).to_bytes(8, "big") + message)
    stream.flush()


def receive(stream: IO[bytes]) -> bytes | None:
    """The next message; None where the other side has gone."""
    head = stream.read(8)
    size = int.from_bytes(head, "big")
    message = stream.read(size) if len(head) == 8 else b""
    return message if len(head) == 8 and len(message) == size else None


@cache
def _grammar(language: str) -> Language:
    module, function = GRAMMARS[language]
    return Language(getattr(importlib.import_module(module), function)())


@cache
def _meanings(language: str) -> dict[int, tuple[str | None, str | None, bool]]:
    """Kind id of the grammar -> (kind of unit, kind of span, is a comment); ids spare the walk the names."""
    grammar, kinds, found = _grammar(language), _UNITS.get(language, {}), {}
    for number in range(grammar.node_kind_count):
        name = grammar.node_kind_for_id(number)
        if name and grammar.node_kind_is_named(number) and grammar.node_kind_is_visible(number):
            meaning = (kinds.get(name), _SPANS.get(name), name in _COMMENTS)
            if any(meaning):
                found[number] = meaning
    return found


def _walk(tree: Tree, data: bytes, language: str) -> _File:
    """Visit every node once, in order, without recursion."""
    root = tree.root_node
    found = _File(data, sound=not root.has_error)
    around: list[Node] = []
    waiting: list[tuple[Node, str, Node]] = []
    meanings = _meanings(language)
    for node in _nodes(tree.walk(), around):
        meaning = meanings.get(node.kind_id)
        if meaning is None or not around:
            continue
        unit, span, is_comment = meaning
        start, end = node.byte_range
        if is_comment:
            found.comments.append((start, end))
        elif span and MIN_SPAN <= end - start <= MAX_SPAN and (found.sound or not node.has_error):
            found.spans.append((start, end, span))
        if unit and _counts(node):
            waiting.append((node, unit, _outermost(node, around)))
    _name(found, waiting)
    return found


def _nodes(cursor: TreeCursor, around: list[Node]) -> Iterator[Node]:
    """All nodes before their children; `around` holds the ancestors of the one just given."""
    while True:
        node = cursor.node
        assert node
        yield node
        if len(around) < MAX_DEPTH and cursor.goto_first_child():
            around.append(node)
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return
            around.pop()


def _counts(node: Node) -> bool:
    """Whether a node of a unit's kind is one: a constant only with a function in it, a struct only with a body."""
    if node.type in _ONLY_WITH_FUNCTION:
        value = node.child_by_field_name("value")
        return value is not None and value.type in _FUNCTIONS
    return node.type not in _ONLY_WITH_BODY or node.child_by_field_name("body") is not None


def _outermost(node: Node, around: list[Node]) -> Node:
    """The node with its decorators, `export`, `const`: whatever wraps it alone."""
    for outer in reversed(around):
        if outer.type not in _WRAPPERS or (outer.type != "decorated_definition" and outer.named_child_count > 1):
            break
        node = outer
    return node


def _name(found: _File, waiting: list[tuple[Node, str, Node]]) -> None:
    """Turn the nodes that are units, given by start, into Units with names, parents and documentation."""
    path: list[tuple[int, str, str]] = []
    for node, kind, outer in waiting:
        while path and path[-1][0] <= node.start_byte:
            path.pop()
        if kind == "function" and path and path[-1][1] in _TYPES:
            kind = "method"
        name = _name_of(node, found.data)
        body = _body(node)
        start, end = _within(body, found.data) if body else (None, None)
        parents = tuple(name for _, _, name in path)
        doc = _docstring(body) or _comment_above(found, outer)
        found.units.append((kind, name, outer.start_byte, outer.end_byte, start, end, doc, parents, not node.has_error))
        path.append((node.end_byte, kind, name))


def _name_of(node: Node, data: bytes) -> str:
    inner: Node | None = node
    while inner and (deeper := inner.child_by_field_name("declarator")):
        inner = deeper
    if inner is node:
        inner = node.child_by_field_name("name") or node.child_by_field_name("property")
    return data[inner.start_byte : inner.end_byte].decode(errors="replace") if inner else ""


def _body(node: Node) -> Node | None:
    inner = node.child_by_field_name("value") if node.type in _ONLY_WITH_FUNCTION else node
    return inner.child_by_field_name("body") if inner else None


def _within(body: Node, data: bytes) -> tuple[int | None, int | None]:
    """The body without its braces and the space around."""
    start, end = body.byte_range
    if data[start : start + 1] == b"{" and data[end - 1 : end] == b"}" and end - start >= 2:
        start, end = start + 1, end - 1
    text = data[start:end]
    start, end = start + len(text) - len(text.lstrip()), end - len(text) + len(text.rstrip())
    return (start, end) if start < end else (None, None)


def _docstring(body: Node | None) -> tuple[int, int] | None:
    """A string that is the first statement of a Python body."""
    first = body.named_child(0) if body and body.type == "block" and body.named_child_count else None
    if first and first.type == "expression_statement":
        first = first.named_child(0)
    return first.byte_range if first and first.type == "string" else None


def _comment_above(found: _File, node: Node) -> tuple[int, int] | None:
    """The comments that stand alone on the lines right above."""
    row, span = node.start_point[0] - 1, None
    while row in found.standing:
        first, start, end = found.standing[row]
        span, row = (start, span[1] if span else end), first - 1
    return span
