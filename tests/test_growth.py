"""Time grows with the text: what strangers wrote to keep a reader busy is read as quickly as any other text of its length.

Each of these once took time that grows with the square of the length, or faster.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from idiolect import fitting
from idiolect.dataset import admission, difficulty, locks, quality, scrubbing
from idiolect.dataset.makers import (
    blocks,
    cases,
    commits,
    defined,
    forms,
    grounds,
    links,
    neighbours,
    pairs,
    pointers,
    prose,
    remarks,
    scope,
    sections,
    symptoms,
    tangles,
    told,
)
from idiolect.dataset.makers.fim import cuts
from idiolect.dataset.makers.places import Places
from idiolect.sources import exports, gitcopy, languages, licences, messages, people, reviews
from idiolect.sources.gitlog import Commit
from idiolect.sources.mentions import Thread
from idiolect.types import Document

MOST = 1.0
"""Seconds of processor time; each took several."""
BLANKS = " " * 30_000


def commit(body: str) -> Commit:
    return Commit("c" * 40, (), "Ada", "ada@example.org", 0, 0, "Begin", body, ())


def document(text: str) -> Document:
    return Document("shop", "team", "c" * 40, "test_a.rb", "ruby", text.encode(), 0)


def wish(subject: str, body: str = "") -> object:
    return commits._BOT.search(body) or commits._NOTHING.fullmatch(subject)


def known() -> Thread:
    thread = Thread()
    for number in range(600):
        thread.meet("a" * 50 + str(number), "")
    return thread


def edit(count: int) -> object:
    rows = ["a = 1\n"] * count
    return blocks.regions(rows, [blocks.Hunk(count // 2, count // 2 + 3, count // 2, count // 2 + 3)])


def linked(language: str, text: str) -> pointers.Links:
    return pointers.links(Document("s", "team", "c", "a", language, text.encode(), 0))


def locked(name: str, data: bytes) -> object:
    with suppress(ValueError):  # damaged, it says
        return locks.versions(name, data)
    return None


def around(paths: list[str]) -> object:
    documents = [Document("s", "team", "c", path, "python", b"", 0) for path in paths]
    return neighbours.around(
        documents, {one.path: pointers.Links(("models", "./x", "a/models/x", "=Thing"), ("Thing",)) for one in documents}
    )


SLOW: dict[str, Callable[[], object]] = {
    "blanks in a heading": lambda: sections.sections(b"# a" + b" " * 1500 + b"b\n"),
    "labels above a heading": lambda: sections.sections(b".. _a:\n\n" * 20_000 + b"A b\n===\n", "restructuredtext"),
    "headings of one letter": lambda: sections.sections(b"\nA\n===\n\n" * 9_000, "restructuredtext"),
    "examples in a comment": lambda: prose.unversioned(prose.unquoted("a:\n\n    b\n" * 9_000 + BLANKS + "x")),
    "brackets in a heading": lambda: sections.title("[" * 40_000),
    "stars in a comment": lambda: prose.plain("/* " + "*" * 90_000 + "\nx"),
    "dots in a link": lambda: prose.refusal("One two three four five. See https://" + "." * 40_000 + "\nx"),
    "blank lines in a comment": lambda: prose.opening("A b.\n" * 2 + "\n" * 4000 + "x"),
    "blanks after a heading word": lambda: prose.opening("args" + BLANKS + "x"),
    "blanks in a statement": lambda: prose.commented_out("if" + BLANKS + ". x"),
    "blanks before a statement": lambda: prose.commented_out(BLANKS + "é"),
    "blank lines in a licence": lambda: licences.recognised(b"\n" * 40_000 + b"x"),
    "brackets in an expression of licences": lambda: licences.allowed("(" * 5000, ["MIT"]),
    "blank lines in a header of C": lambda: languages.language("a.h", b"\n" * 40_000 + b"x"),
    "blank lines in a test": lambda: pairs._imports("\n" * 40_000 + "x", "shop.basket"),
    "words of a bot": lambda: wish("", "update " + "from " * 20_000),
    "words of a subject": lambda: wish("fixup" * 25 + "é"),
    "digits of a pull request": lambda: messages.pull(commit("pr-url: " + "1" * 40_000 + "x")),
    "blanks after a trailer": lambda: people._CO_AUTHOR.findall("co-authored-by:" + BLANKS + "x"),
    "blanks after a signature": lambda: scrubbing._NAMED.findall("signed-off-by:" + BLANKS + "x"),
    "blanks in a mailmap": lambda: messages.mailmap(b"<a@b>" + b" " * 40_000 + b"x\n"),
    "blanks in a git configuration": lambda: gitcopy.settings("[a]\nb = " + BLANKS + '" "x\n'),
    "totals of a coverage": lambda: admission.covered("coverage.json", b'"percent_covered": 1,' * 20_000 + b"x"),
    "equal lines around an edit": lambda: edit(10_000),
    "blanks in a paragraph": lambda: list(told._blocks("\n" + BLANKS + "x")) and told._CREDIT.sub("", BLANKS + "x"),
    "brackets in a paragraph": lambda: told._MARKUP.sub("", "[" * 40_000) + told._CREDIT.sub("", "(#1" * 20_000),
    "marks of a test": lambda: cases.cases(document("@Test\n" + "# x\n" * 40_000)),
    "tests within tests": lambda: cases.cases(document("it 'a'\n" * 40_000)),
    "marks of code in prose": lambda: links.mentions("`a." * 30_000),
    "remarks of hunks": lambda: tangles._REMARK.sub("", BLANKS + "/" * 30_000),
    "hunks without an end": lambda: forms.apply_hunks("```diff\n" * 20_000, {}),
    "files without an end": lambda: forms.apply_whole("a\n```\n" * 3_000, {}),
    "tickets of an issue": lambda: reviews._CLOSES.findall("fixes " * 8_000 + "fixes " + "a" * 40_000),
    "answers to a review": lambda: reviews.answers("address " * 8_000),
    "fences in a comment": lambda: Thread().hidden("```" * 9_001 + "`" * 9_001 + "@a/" * 9_000),
    "names in a comment": lambda: known().hidden("a" * 40_000 + " " + "a" * 40_000),
    "broken rows of an export": lambda: list(exports._rows("a.json", '{"a": ' * 30_000 + "}, {" * 30_000, 0)),
    "marks in a comment": lambda: remarks.clean("<!--" * 1_500 + "[" * 1_500 + "<b" * 1_500),
    "praise without an end": lambda: remarks.refusal("nice " * 290 + "é"),
    "suggestions without an end": lambda: remarks.suggestion("```suggestion\n" * 100),
    "a stack of one line": lambda: symptoms.symptom("at " + "a(" * 9_000 + "\n" + "File " * 4_000, inline=True),
    "dots of a stack": lambda: symptoms.symptom("a." * 9_990, inline=True),
    "stacks in a stack": lambda: symptoms.symptom("panic: a\n\n\n\n\n" * 3_000, inline=True),
    "stars of a comment without an end": lambda: prose.plain("/" + "*" * 40_000),
    "blanks after a name": lambda: defined.bindings(
        "ruby", f"x{BLANKS}\n{'export ' * 5_000}\nattr_{'a' * 30_000}\n{'(' * 30_000}".encode()
    ),
    "brackets of a definition": lambda: defined.bindings("python", b"x = (\n" * 10_000),
    "a long attribute": lambda: grounds.rootless(grounds.plain("@" + "a" * 30_000 + BLANKS, "ruby"), "ruby", ""),
    "quotes of no string": lambda: grounds.plain("'\"" * 20_000 + "\\" * 30_000 + "'\n" * 9_000, "c"),
    "brackets of imports": lambda: scope.imports(b"import (\n" * 100_000),
    "imports of each unit": lambda: [scope.imports(b"a = 1\n" * 9_000 + b"import os\n", {str(number)}) for number in range(900)],
    "brackets of imported names": lambda: linked("python", "from a import (\n" * 8000),
    "blanks before an import": lambda: [linked(language, "\n" + BLANKS + "x") for language in pointers.READERS],
    "a name without an end": lambda: [linked(language, "A" * 90_000 + "é") for language in pointers.READERS],
    "names upon names": lambda: linked("ruby", "A::" * 40_000 + "é" + "render " * 9000),
    "slashes of a module": lambda: locks.versions("go.mod", b"a/" * 40_000 + b"\n" + b"require a" * 9_000),
    "brackets of a library": lambda: locks.versions("requirements.txt", b"a[" * 40_000 + b"==" * 9_000),
    "versions within versions": lambda: [locked(name, b"[" * 90_000) for name in locks.READERS],
    "fences of a request": lambda: quality._CODE.sub(" ", "```" * 9_001 + "`" * 9_001 + "`a" * 9_000),
    "branches of an answer": lambda: difficulty.difficulty("if " * 9_000 + "\n" + " if\n" * 9_000),
    "edits of a message": lambda: fitting._replaced(["}\n"] * 20_000, "<<<<<<< SEARCH\n" + "}\n" * 5_000 + "=======\n", {}),
    "lines of a message": lambda: fitting._around("a\n\n" + "b c d\n" * 40_000, "b c d", 100_000_000),
    "blocks of a message": lambda: fitting._around("a\n\n" + "```\nb c d\n```\n" * 20_000, "b c d", 100_000_000),
    "old newlines of a file": lambda: cuts(Document("s", "team", "c", "a", "text", b"a b\r" * 20_000, 0), 1, 999, "", 1),
    "folders of a translation": lambda: Places(Document("s", "team", "c", "locale/de/" * 900, "yaml", b"a: b\n", 0), 9).pieces,
    "files of one folder": lambda: around([f"m/part_{number}.py" for number in range(2000)]),
    "files of one name": lambda: around([f"m{number}/models.py" for number in range(2000)]),
    "indexes upon indexes": lambda: around([f"m{number}/__init__.py" for number in range(2000)]),
}


@pytest.mark.parametrize("what", SLOW)
def test_time_grows_with_the_text(what: str) -> None:
    start = time.process_time()
    SLOW[what]()
    assert time.process_time() - start < MOST


def test_a_file_of_many_lines_that_changed_from_end_to_end_is_one_hunk() -> None:
    before, after = ["a\n", "b\n"] * 30_000, ["b\n", "c\n"] * 30_000
    assert blocks.hunks(before, after) == [blocks.Hunk(0, 60_000, 0, 60_000)]


def test_imports_in_a_bracket_that_is_not_closed_nearby_are_left_out_and_split_no_letter() -> None:
    for blanks in ("", " "):
        assert scope.imports(f"import ({blanks}\n{'é' * 2000}\nimport os\n".encode()) == [(4010 + len(blanks), 4019 + len(blanks))]
