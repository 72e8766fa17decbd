"""Parsing: units with names and documentation, nodes for holes, verdicts; and nothing that a file holds takes it down."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from idiolect import syntax
from idiolect.syntax import Unit, packed, parsers, reader

SAMPLES = {
    "python": b'''# Above.
@deco
class Shop(Base):
    """A shop."""

    async def open(self, at=1):
        """Open it."""
        return [door for door in range(10)]


def alone(): pass
''',
    "ruby": b"""# frozen_string_literal: true
# A module.
# Two lines.
module Shop
  # A door.
  class Door < Base::Thing
    has_many :locks, dependent: :destroy

    # Opens it.
    private def open(at, by = 2)
      locks.each do |lock|
        lock.open if lock.closed?
      end
    end

    def self.one = 1
    def empty; end
  end
end
""",
    "javascript": b"""/** Adds. */
export function add(a, b) { return a + b }
// Greets.
export const greet = async (name) => { await name.say(); }
const three = 3
class Door extends Thing { open() { return <div className="a">{x}</div> } static close = () => 1 }
""",
    "typescript": b"""interface Door { name: string; open(at: number): void }
export class Shop { private x: number = 1; open(at: string): Door { return {name: "x"} as Door } }
enum Color { Red }
type Name = string | number
""",
    "tsx": b"export const Door = (props: Props) => <div>{props.name}</div>\n",
    "java": b"""package shop;
/** A door. */
@Entity
public class Door {
  /** Opens. */
  @Override public int open(int at) { return at + 1; }
  Door() { this(1); }
}
""",
    "go": b"""package shop
// Open opens.
func Open(at int) (int, error) { return at, nil }
// Door is one.
type Door struct { Name string }
func (d *Door) Close() { d.Name = "" }
""",
    "c": b"""#include <stdio.h>
struct point { int x; };
/* Adds. */
static int *add(int a, int b) { return a + b; }
""",
    "shell": b"# Says.\nsay() { echo hi; }\n",
    "html": b'<div class="a"><!-- note --><p>hello</p></div>\n',
    "html+erb": b'<div><%= render "door", at: 1 %><% if open %>b<% end %><%# no %></div>\n',
}


def text(data: bytes, span: tuple[int, int] | None) -> str | None:
    return data[slice(*span)].decode() if span else None


def outline(language: str) -> list[tuple[str, str, tuple[str, ...], str | None]]:
    data = SAMPLES[language]
    return [(unit.kind, unit.name, unit.parents, text(data, unit.doc)) for unit in syntax.units(language, data)]


def test_python_units() -> None:
    assert outline("python") == [
        ("class", "Shop", (), '"""A shop."""'), ("method", "open", ("Shop",), '"""Open it."""'), ("function", "alone", (), None),
    ]  # fmt: skip
    data = SAMPLES["python"]
    shop, door, alone = syntax.units("python", data)
    assert data[shop.start :].startswith(b"@deco")
    assert data[door.start :].startswith(b"async def")
    assert text(data, (door.body_start or 0, door.body_end or 0)) == '"""Open it."""\n        return [door for door in range(10)]'
    assert text(data, (alone.body_start or 0, alone.body_end or 0)) == "pass"


def test_ruby_units() -> None:
    assert outline("ruby") == [
        ("module", "Shop", (), "# A module.\n# Two lines."), ("class", "Door", ("Shop",), "# A door."),
        ("method", "open", ("Shop", "Door"), "# Opens it."), ("method", "one", ("Shop", "Door"), None), ("method", "empty", ("Shop",
        "Door"), None),
    ]  # fmt: skip
    assert [unit.body_start for unit in syntax.units("ruby", SAMPLES["ruby"]) if unit.name == "empty"] == [None]


def test_units_of_the_other_languages() -> None:
    assert outline("javascript") == [
        ("function", "add", (), "/** Adds. */"), ("function", "greet", (), "// Greets."), ("class", "Door", (), None),
        ("method", "open", ("Door",), None), ("method", "close", ("Door",), None),
    ]  # fmt: skip
    kinds = [(kind, name) for kind, name, _, _ in outline("typescript")]
    assert kinds == [("interface", "Door"), ("class", "Shop"), ("method", "open"), ("enum", "Color"), ("type", "Name")]
    assert outline("tsx") == [("function", "Door", (), None)]
    assert outline("java") == [
        ("class", "Door", (), "/** A door. */"), ("method", "open", ("Door",), "/** Opens. */"), ("method", "Door", ("Door",), None),
    ]  # fmt: skip
    assert outline("go") == [
        ("function", "Open", (), "// Open opens."), ("type", "Door", (), "// Door is one."), ("method", "Close", (), None),
    ]  # fmt: skip
    assert outline("c") == [("struct", "point", (), None), ("function", "add", (), "/* Adds. */")]
    assert outline("shell") == [("function", "say", (), "# Says.")]


def test_a_body_within_braces_is_what_stands_between_them() -> None:
    for language, body in (("java", "return at + 1;"), ("javascript", "return a + b"), ("c", "return a + b;"), ("go", "return at, nil")):
        data = SAMPLES[language]
        bodies = [text(data, (unit.body_start or 0, unit.body_end or 0)) for unit in syntax.units(language, data)]
        assert body in bodies


@pytest.mark.parametrize("language", sorted(SAMPLES))
def test_every_grammar_parses_its_sample_and_offers_nodes(language: str) -> None:
    data = SAMPLES[language]
    assert syntax.has_grammar(language)
    assert syntax.parses(language, data) is True
    spans = syntax.spans(language, data)
    assert spans
    assert spans == sorted(spans, key=lambda span: (span.start, -span.end))
    assert all(packed.MIN_SPAN <= span.end - span.start <= packed.MAX_SPAN for span in spans)


def test_spans_are_whole_nodes_of_named_kinds() -> None:
    data = SAMPLES["ruby"]
    found = {(text(data, span[:2]), span.kind) for span in syntax.spans("ruby", data)}
    assert {("(at, by = 2)", "arguments"), ("lock.open if lock.closed?", "statement"), ("Base::Thing", "expression")} <= found
    data = SAMPLES["html+erb"]
    assert (('<%= render "door", at: 1 %>', "tag")) in {(text(data, span[:2]), span.kind) for span in syntax.spans("html+erb", data)}


def test_comments() -> None:
    data = SAMPLES["javascript"]
    assert [text(data, span) for span in syntax.comments("javascript", data)] == ["/** Adds. */", "// Greets."]
    assert len(syntax.comments("ruby", SAMPLES["ruby"])) == 5


def test_a_comment_apart_or_behind_code_documents_nothing() -> None:
    data = b"# Apart.\n\ndef a(): pass\nx = 1  # Behind.\ndef b(): pass\n"
    assert [unit.doc for unit in syntax.units("python", data)] == [None, None]


def test_errors_are_seen_and_broken_nodes_offered_to_nobody() -> None:
    data = b"def good():\n    return call(1, 2)\n\n\ndef bad(:\n    retur +\n"
    assert syntax.parses("python", data) is False
    assert syntax.parses("java", b"class A { void m() { int x = 1 } }") is False
    units = {unit.name: unit.sound for unit in syntax.units("python", data)}
    assert units["good"] is True
    assert all(span.end <= data.index(b"def bad") + len(b"def bad(:\n    retur +\n") for span in syntax.spans("python", data))
    assert "call(1, 2)" in {text(data, span[:2]) for span in syntax.spans("python", data)}


def test_without_a_grammar_nobody_can_say() -> None:
    assert not syntax.has_grammar("cobol")
    assert syntax.parses("cobol", b"MOVE A TO B.") is None
    assert syntax.units("cobol", b"MOVE A TO B.") == []
    assert syntax.spans("cobol", b"MOVE A TO B.") == []
    assert syntax.comments("cobol", b"MOVE A TO B.") == []


def test_line_units_are_runs_of_lines_between_blank_ones() -> None:
    data = b"\na\nb\r\n\n  c\n  d\n\n\ne"
    found = syntax.line_units(data)
    assert [data[unit.start : unit.end] for unit in found] == [b"a\nb", b"  c\n  d", b"e"]
    assert {(unit.kind, unit.name) for unit in found} == {("lines", "")}
    assert [(unit.end - unit.start + 1) // 2 for unit in syntax.line_units(b"x\n" * 70, rows=32)] == [32, 32, 6]
    assert syntax.line_units(b"") == syntax.line_units(b"\n\n") == []


def test_offsets_are_bytes() -> None:
    data = "# Größe\ndef größe():\n    return 'größer'\n".encode()
    (unit,) = syntax.units("python", data)
    assert isinstance(unit, Unit)
    assert unit.name == "größe"
    assert text(data, (unit.body_start or 0, unit.body_end or 0)) == "return 'größer'"
    assert text(data, unit.doc) == "# Größe"


def test_large_files_and_long_lines_are_not_parsed() -> None:
    assert syntax.parses("python", b"x = 1\n" * 200_000) is None
    assert syntax.parses("python", b"x = '" + b"a" * 20_000 + b"'\n") is None
    for before in (0, 1, 9_999, 10_000, 10_001, 25_000):
        lines = b"x\n" * before
        assert reader.can_be_parsed(lines + b"y" * 20_000 + b"\n" + lines)
        assert not reader.can_be_parsed(lines + b"y" * 20_001 + b"\n" + lines)
    assert reader.can_be_parsed(b"")


def hostile() -> dict[str, bytes]:
    return {
        "parentheses": b"(\n" * 100_000 + b")\n" * 100_000, "minus": b"x = " + b"-\\\n" * 100_000 + b"1\n", "line": b"x" * 20_000_000,
        "indents": b"".join(b" " * depth + b"if x:\n" for depth in range(1_300)), "attributes": b"x" + b".\\\ny" * 100_000,
        "quotes": b"'''\"\n" * 20_000, "braces": b"{[\n" * 100_000, "erb": b"<%\n" * 20_000, "nul": b"\0\n" * 100_000, "empty": b"",
        "ends": b"end\n" * 50_000, "digits": b"x = " + b"1" * 19_000 + b"\n", "heredoc": b"<<A\n" * 20_000,
        "classes": b"class A\n" * 40_000,
    }  # fmt: skip


@pytest.mark.parametrize("name", sorted(hostile()))
def test_hostile_files_end_neither_in_a_crash_nor_in_a_hang(name: str) -> None:
    data = hostile()[name]
    for language in ("python", "ruby"):
        start = time.monotonic()
        assert isinstance(syntax.units(language, data), list)
        assert isinstance(syntax.spans(language, data), list)
        assert time.monotonic() - start < parsers.PATIENCE


def test_many_threads_get_their_own_answers() -> None:
    texts = [b"def f%d(): pass\n" % number for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        names = list(pool.map(lambda data: syntax.units("python", data)[0].name, texts))
    assert names == [f"f{number}" for number in range(40)]


def test_a_function_that_is_assigned_is_a_unit_with_its_comment() -> None:
    data = b"/** Sends it. */\nres.send = function send(body) {\n  return body\n};\n\nlimit = 3;\nthis.a = () => 1\n"
    found = [(unit.kind, unit.name, text(data, unit.doc)) for unit in syntax.units("javascript", data)]
    assert found == [("function", "res.send", "/** Sends it. */"), ("function", "this.a", None)]


def test_a_doc_comment_may_have_a_blank_line_below_it_and_others_may_not() -> None:
    data = b"/**\n * Sends it.\n */\n\nfunction send() {}\n\n// of something else\n\nfunction end() {}\n"
    data += b"/** Far away. */\n\n\nfunction go() {}\n"
    found = [(unit.name, text(data, unit.doc)) for unit in syntax.units("javascript", data)]
    assert found == [("send", "/**\n * Sends it.\n */"), ("end", None), ("go", None)]
