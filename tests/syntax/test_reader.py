"""Each file is parsed once, side by side, in this run and the next."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from idiolect import syntax
from idiolect.outline import Marked, Name, Syntax, Unit
from idiolect.pack import Language
from idiolect.types import Document, Dropped
from tests.syntax.test_parsers import BUSY, processor_seconds


def document(text: str | bytes, path: str = "a.py", language: str = "python") -> Document:
    return Document("shop", "team", "c" * 40, path, language, text.encode() if isinstance(text, str) else text, 0)


def some(count: int, start: int = 0) -> list[Document]:
    return [
        document(f"def f{number}(a):\n    return g(a, {number})\n" * (number % 7 + 1), f"{number}.py") for number in range(start, count)
    ]


def test_a_second_run_parses_nothing_and_finds_the_same(tmp_path: Path) -> None:
    documents = some(300)
    with syntax.reading(tmp_path) as first:
        assert list(syntax.read_all(documents, 2)) == documents
        found = [syntax.read("python", one.data) for one in documents]
    assert first.parsed == 300
    with syntax.reading(tmp_path) as second:
        assert list(syntax.read_all(documents, 2)) == documents
        assert [syntax.read("python", one.data) for one in documents] == found
    assert second.parsed == 0


def test_a_run_after_one_changed_file_parses_one(tmp_path: Path) -> None:
    documents = some(100)
    with syntax.reading(tmp_path):
        list(syntax.read_all(documents, 1))
    with syntax.reading(tmp_path) as reader:
        list(syntax.read_all([*documents[:50], document("def new(): pass\n", "50.py"), *documents[51:]], 1))
    assert reader.parsed == 1


def test_the_same_text_is_parsed_once_wherever_it_stands() -> None:
    documents = [document("def f(): pass\n", f"{number}.py") for number in range(500)]
    with syntax.reading() as reader:
        assert list(syntax.read_all(documents, 2)) == documents
    assert reader.parsed == 1


def test_the_same_text_in_two_languages_is_two_things() -> None:
    with syntax.reading() as reader:
        list(syntax.read_all([document("x = 1\n"), document("x = 1\n", "a.rb", "ruby")], 1))
    assert reader.parsed == 2


def test_documents_come_back_in_their_order_with_those_that_need_no_parser() -> None:
    documents = some(200)
    documents[20] = document("body { color: red }\n", "a.css", "css")
    documents[40] = document("x = 1\n" * 200_000, "large.py")
    documents[60] = document("# Title\n", "a.md", "markdown")
    with syntax.reading() as reader:
        assert list(syntax.read_all(documents, 2)) == documents
    assert reader.parsed == 197


def test_a_file_that_kills_its_parser_is_one_dropped_reason_now_and_in_the_next_run(tmp_path: Path) -> None:
    """The parsers that are at the busy file are really killed, by signal 9."""
    documents = [*some(40), document(BUSY, "killer.py"), *some(80, 40)]
    done = threading.Event()
    killed: set[int] = set()

    def kill() -> None:
        while not done.wait(0.02):
            for path in Path("/proc/self/task").glob("*/children"):
                for pid in map(int, path.read_text().split()):
                    if pid not in killed and processor_seconds(pid) > 0.6:
                        killed.add(pid)
                        os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    with syntax.reading(tmp_path):
        found = list(syntax.read_all(documents, 2))
    done.set()
    killer.join()
    assert len(killed) >= 2
    dropped = [(at, one.reason, one.what, one.detail) for at, one in enumerate(found) if isinstance(one, Dropped)]
    assert dropped == [(40, syntax.DIED, "killer.py", "the parser died with signal 9")]
    assert [one for one in found if not isinstance(one, Dropped)] == [*documents[:40], *documents[41:]]
    with syntax.reading(tmp_path) as again:
        assert list(syntax.read_all(documents, 2)) == found
        assert syntax.units("python", BUSY) == []
        assert syntax.parses("python", BUSY) is None
    assert again.parsed == 0


RUN = """
import sys
from pathlib import Path
from idiolect import syntax
from tests.syntax.test_reader import some
with syntax.reading(Path(sys.argv[1])) as reader:
    for number, _ in enumerate(syntax.read_all(some(2000), 1)):
        if reader.shelf: reader.shelf.flush()
        print(number, flush=True)
print("parsed", reader.parsed)
"""


def run(folder: Path) -> subprocess.Popen[str]:
    root = Path(__file__).parents[2]
    return subprocess.Popen([sys.executable, "-c", RUN, str(folder)], stdout=subprocess.PIPE, text=True, cwd=root)


def test_a_run_that_was_killed_has_kept_what_it_parsed(tmp_path: Path) -> None:
    first = run(tmp_path)
    assert first.stdout
    for _ in range(700):
        first.stdout.readline()
    first.kill()
    first.communicate()
    second, _ = run(tmp_path).communicate()
    assert 0 < int(second.split()[-1]) <= 2000 - 640


def test_two_runs_at_once_share_one_cache(tmp_path: Path) -> None:
    runs = [run(tmp_path) for _ in range(2)]
    assert [one.communicate()[0].split()[-2] for one in runs] == ["parsed"] * 2
    with syntax.reading(tmp_path) as reader:
        list(syntax.read_all(some(2000), 1))
    assert reader.parsed == 0


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
        assert list(syntax.read_all([document(data, "a.sub", "subs")], 1)) == [document(data, "a.sub", "subs")]
    assert reader.parsed == 0
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
        (found,) = syntax.read_all([one], 1)
        assert isinstance(found, Dropped)
        assert found.reason == syntax.DIED
        assert why in found.detail
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


def test_read_all_takes_its_time_only_for_what_is_asked() -> None:
    """It is an iterator: the first document is there before the last was looked at."""
    seen = 0

    def many() -> object:
        nonlocal seen
        for one in some(100_000):
            seen += 1
            yield one

    found = syntax.read_all(many(), 1)  # type: ignore[arg-type]  # a generator of documents
    next(found)
    assert seen < 2_000
    start = time.monotonic()
    found.close()  # type: ignore[attr-defined]  # it is a generator
    assert time.monotonic() - start < 10
