"""Each file is parsed once, side by side, in this run and the next."""

from __future__ import annotations

import os
from collections import Counter

import pytest

from idiolect import syntax
from idiolect.outline import Marked, Name, Syntax, Unit
from idiolect.pack import Language
from idiolect.syntax import packed
from idiolect.types import Document


def document(text: str | bytes, path: str = "a.py", language: str = "python") -> Document:
    return Document("shop", "team", "c" * 40, path, language, text.encode() if isinstance(text, str) else text, 0)


def some(count: int, start: int = 0) -> list[Document]:
    return [
        document(f"def f{number}(a):\n    return g(a, {number})\n" * (number % 7 + 1), f"{number}.py") for number in range(start, count)
    ]


def test_what_was_read_elsewhere_is_not_parsed_again() -> None:
    text = b"def first(): pass\n"
    with syntax.reading() as reader:
        syntax.know("python", text, syntax.outline("python", b"def other(): pass\n"))
        assert [unit.name for unit in syntax.units("python", text)] == ["first"]
        assert len(reader.memory) == 1


def test_the_same_text_in_two_languages_is_two_things() -> None:
    with syntax.reading() as reader:
        assert syntax.parses("python", b"x = 1\n")
        assert syntax.units("python", b"x = 1\n") == syntax.units("ruby", b"x = 1\n") == []
        assert len(reader.memory) == 3  # a verdict alone is kept for itself


def test_an_outline_made_in_this_process_is_the_one_that_a_child_makes() -> None:
    for language, text in (
        ("python", b"class A:\n    def b(self): return c(1)\n"),
        ("ruby", b"def a = b\n"),
        ("javascript", b"let a = (b) => c\n"),
    ):
        made = syntax.outline(language, text)
        with syntax.reading() as reader:
            assert reader.answer(language, text) == made
    assert syntax.outline("markdown", b"# Title") == syntax.outline("python", b"x" * 30_000) == b""


def test_a_fork_asks_a_parser_of_its_own() -> None:
    assert len(syntax.units("python", b"def before(): pass\n")) == 1
    if (child := os.fork()) == 0:
        os._exit(0 if len(syntax.units("python", b"def within(): pass\n")) == 1 else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert len(syntax.units("python", b"def after(): pass\n")) == 1


def lines(data: bytes) -> Syntax:
    """A language whose units are lines that begin with `sub`."""
    found = Syntax()
    at = 0
    for line in data.splitlines(keepends=True):
        if line.startswith(b"sub "):
            name = line.split()[1].decode()
            found.units.append(Unit("function", name, at, at + len(line.rstrip()), doc=None))
            found.defined.append(Name(name, at + 4, at + 4 + len(line.split()[1])))
        if line.strip():
            found.spans.append(Marked(at, at + len(line.rstrip()), "statement"))
        at += len(line)
    return found


SUBS = Language("subs", ("**/*.sub",), spans=lines, parses=lambda data: b"?" not in data)


def test_a_pack_s_language_is_one_like_any_other_while_it_is_known() -> None:
    data = "sub größe\n  going\nx\n".encode()
    assert syntax.units("subs", data) == []
    assert syntax.parses("subs", data) is None
    with syntax.reading(languages=[SUBS]) as reader:
        assert syntax.has_grammar("subs")
        assert [unit.name for unit in syntax.units("subs", data)] == ["größe"]
        assert [data[span.start : span.end] for span in syntax.spans("subs", data)] == ["sub größe".encode(), b"  going"]
        assert syntax.ranges("subs", data) == [(span.start, span.end) for span in syntax.spans("subs", data)]
        assert syntax.comments("subs", data) == []
        assert syntax.parses("subs", data) is True
        assert syntax.parses("subs", b"?") is False
        found = syntax.read("subs", data)
        assert found
        assert [name.name for name in found.defined] == ["größe"]
        assert syntax.outline("subs", data) == b""
    assert not reader.memory
    assert not syntax.has_grammar("subs")


@pytest.mark.parametrize(
    ("spans", "why"),
    [
        (lambda data: 1 / 0, "fails: ZeroDivisionError"),
        (lambda data: Syntax(spans=[Marked(0, len(data) + 1, "statement")]), "a range that is none"),
        (lambda data: Syntax(comments=[(3, 2)]), "a range that is none"),
        (lambda data: Syntax(units=[Unit("function", "f", 0, 3)]), "a range that is none"),
        (lambda data: Syntax(units=[Unit("function", "f", 0, 1, doc=(0, 99))]), "a range that is none"),
    ],
)
def test_a_pack_that_fails_on_a_file_costs_that_file(spans: object, why: str) -> None:
    wrong = Language("subs", ("**/*.sub",), spans=spans, parses=lambda data: True)  # type: ignore[arg-type]  # what a wrong pack brings
    one = document("öööö", "a.sub", "subs")
    with syntax.reading(languages=[wrong]):
        assert why in packed.refused(syntax.outline("subs", one.data))
        assert syntax.units("subs", one.data) == []
        assert syntax.parses("subs", one.data) is None


def test_languages_without_a_grammar_are_named_and_counted() -> None:
    documents = [document("", f"{number}.css", "css") for number in range(3)]
    documents += [document("", "a.cob", "cobol"), document("", "a.md", "markdown"), document("")]
    assert syntax.remarks(documents, but={"markdown"}) == [
        "no grammar for cobol (1), css (3): such files are cut by lines, unless a pack brings the language"
    ]
    with syntax.reading(languages=[Language("cobol", (), spans=lines, parses=bool), Language("css", (), spans=lines, parses=bool)]):
        assert syntax.remarks(documents, but={"markdown"}) == []
    assert Counter(document.language for document in documents)["css"] == 3
