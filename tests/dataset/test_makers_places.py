from __future__ import annotations

import random
import re
import time

import pytest

from idiolect.dataset.makers import places
from idiolect.dataset.makers.fim import Cut, cuts, fim
from idiolect.dataset.makers.infill import infill
from idiolect.dataset.makers.places import ROWS, Places
from idiolect.types import Document, Dropped, Hole, Replaced, Sample
from tests.dataset.test_makers_fim import document, prose, python

TESTS = """describe('doors', function () {
  it('open', function (done) {
    door.open()
    done()
  })

  it('shut', function (done) {
    door.shut()
    done()
  })
})
"""
DOORS = """@keep
def open_door(key):
    \"\"\"Open it.\"\"\"
    return key.turn()


class Door:
    width = 1

    def shut(self):
        return self.key.turn(-1)

    def lock(self):
        return self.key.turn(-2)
"""


def asked(text: str, wanted: str, loose: bool = False, language: str = "python", path: str = "a.py") -> str | None:
    """The hole that `wanted` becomes."""
    one = document(text, language, path)
    start = one.data.index(wanted.encode())
    found = Places(one, 10_000).settled(start, start + len(wanted.encode()), loose)
    return found and one.data[slice(*found)].decode()


@pytest.mark.parametrize(
    ("wanted", "hole"),
    [
        ("tal = fir", "tal = first"),
        (" + se", " + second"),
        ("= größ", "= größe"),
        ("st + second\nlast = gr", "st + second"),
        ("cond\n", "cond"),
        ("al", None),
    ],
)
def test_a_run_of_characters_ends_with_a_word_and_with_a_line(wanted: str, hole: str | None) -> None:
    assert asked("total = first + second\nlast = größe + 1\n", wanted, loose=True) == hole


def test_a_node_keeps_its_end() -> None:
    assert asked("total = first + second\n", "total = fir") == "total = fir"


def test_a_test_is_asked_for_behind_the_line_that_names_it_and_two_never() -> None:
    one = TESTS[TESTS.index("it('open'") : TESTS.index("\n\n")]
    assert asked(TESTS, one, language="javascript") == "door.open()\n    done()\n  })"
    group = TESTS[TESTS.index("{") : TESTS.rindex("}") + 1]
    assert asked(TESTS, group, language="javascript") is None
    assert asked(TESTS, TESTS.strip(), language="javascript") is None
    assert asked(TESTS, TESTS[TESTS.index("it('open'") : TESTS.rindex("\n}")], language="javascript") is None


def test_a_definition_is_asked_for_behind_its_header_and_a_class_of_several_never() -> None:
    head = DOORS[: DOORS.index("\n\n\n")]
    assert asked(DOORS, head) == head[head.index('"""') :]
    assert asked(DOORS, DOORS[DOORS.index("class") :]) is None
    method = DOORS[DOORS.index("def shut") : DOORS.index("\n\n    def lock")]
    assert asked(DOORS, method) == "return self.key.turn(-1)"


def test_an_answer_is_neither_many_lines_nor_a_letter_nor_blanks() -> None:
    text = "first = [\n" + "    one,\n" * ROWS + "]\nlast = 1\n"
    assert asked(text, text[: text.index("\nlast")]) is None
    assert asked(text, "    one,\n" * (ROWS - 1)) is not None
    assert asked(text, "la") is None and asked(text, "last") == "last"
    assert asked("a = {\n   \n}\n", " {\n   \n}") is None


@pytest.mark.parametrize("said", ['.. versionadded:: 2.1"""', ".. deprecated:: 3.0\n    Gone.", " * @since 4.1 */"])
def test_the_number_of_a_version_in_a_docstring_is_not_to_be_guessed(said: str) -> None:
    assert asked(f'def shut():\n    """Shut it.\n\n    {said}\n', said) is None


def test_a_variable_that_is_called_version_is_code() -> None:
    assert asked("def shut\n  @version = 1\nend\n", "@version = 1", language="ruby") == "@version = 1"


def test_a_placeholder_is_no_answer() -> None:
    text = "author = Ada <person@example.com>, and others\n"
    at = text.index("person")
    one = Document("s", "team", "c", "a.py", "python", text.encode(), 0, replaced=(Replaced(at, at + 18, at, at + 24),))
    assert Places(one, 99).settled(9, 34, False) is None and Places(one, 99).settled(at + 17, at + 30, False) is None
    assert Places(one, 99).settled(at + 20, at + 30, False) == (at + 20, at + 30)


def test_an_address_is_asked_for_only_where_its_host_is_shown() -> None:
    text = "home = 'https://doors.example/open'\nshut = 'https://doors.example/shut'\nshop = 'https://shop.example/'\n"
    assert asked(text, "'https://doors.example/open'") == "'https://doors.example/open'"
    assert asked(text, "'https://shop.example/'") is None
    assert asked(text, ".example/'") == ".example/'"


def test_a_digest_is_asked_for_only_where_it_is_shown() -> None:
    one, other = "0f" * 20, "a1" * 20
    text = f"old = '{one}'\nnew = '{one}'\npin = '{other}'\n"
    assert asked(text, f"'{one}'") == f"'{one}'"
    assert asked(text, f"'{other}'") is None
    assert asked(text, "pin") == "pin"
    for digest, start in ((other, 4), (other, 30), ("b2" * 64, 100)):
        assert asked(f"old = '{one}'\npin = '{digest}'\n", f"{digest[start:]}'") is None
    assert asked(text, f"{one[30:]}'\nnew = '") == f"{one[30:]}'\nnew = '"
    assert asked(f"pin = '{other}' + 'x'\n", "' + 'x'") == "' + 'x'"


@pytest.mark.parametrize(
    "closing", ["end\n  end\nend", "</p></div>", "})\n);", "fi\ndone", "{% endif %}\n{% endfor %}", "endforeach()\nendmacro()", "endwhile;"]
)
def test_what_only_closes_is_not_asked_for(closing: str) -> None:
    assert asked(f"open\n{closing}\n", closing, language="nim") is None
    assert asked(f"open\n{closing}\n", closing[1:], language="nim") is None
    assert asked(f"open\n  last\n{closing}\n", f"last\n{closing}", language="nim") == f"last\n{closing}"


@pytest.mark.parametrize(
    ("text", "closing"),
    [("run(foo(bar);\n}\n", ");\n}"), ("<tr><td>Total</td></tr>\n", "</td></tr>"), ("<tr><td>Total</td></tr>\n", "td></tr>"),
     ("if a\n  b c end\nend\n", "nd\nend")],
)  # fmt: skip
def test_the_word_before_what_only_closes_is_not_asked_for_with_it(text: str, closing: str) -> None:
    assert asked(text, closing, language="nim") is None


@pytest.mark.parametrize("said", ["tainer);\n}", "endpoint)", "ending()"])
def test_the_rest_of_a_word_says_something_and_so_does_one_that_begins_as_a_closer_does(said: str) -> None:
    assert asked(f"run(con{said}\n" if said[0] == "t" else f"run({said}\n", said, language="nim") == said


def test_of_prose_at_least_three_words_are_asked_for() -> None:
    said = "A key fits a lock where their teeth are equal.\n"
    assert asked(said, "equal.", language="markdown", path="a.md") is None
    assert asked(said, "th are equal.", language="markdown", path="a.md") == "th are equal."
    assert asked(said, "equal.", language="python") == "equal."


def test_prose_is_asked_for_to_the_end_of_a_sentence() -> None:
    text = "A door has a lock, e.g. of brass. It also has\na key. Keys hang on the wall.\n"
    assert asked(text, "lock, e.g. of brass. It also has\na k", True, "markdown") == "lock, e.g. of brass."
    assert asked(text, "also has\na key. Keys", True, "markdown") == "also has\na key."
    assert asked(text, "hang on the", True, "markdown") == "hang on the"


@pytest.mark.parametrize("path", ["LICENSE", "docs/LICENCE.md", "COPYING.txt", "code_of_conduct.md", "Code-Of-Conduct.md"])
def test_texts_that_every_project_has_word_for_word_get_no_holes(path: str) -> None:
    one = document("You may copy this text.\n" * 40, "text", path)
    assert [made.reason for made in fim([one]) if isinstance(made, Dropped)] == ["boilerplate prose"]
    assert not list(infill([document("You may copy this text.\n" * 4000, "c", path)]))


def test_a_file_about_licences_is_no_licence() -> None:
    assert not places.FOREIGN.search("src/licences.py") and not places.FOREIGN.search("src/license/reader.rb")


def test_a_method_ends_a_piece_of_its_class_and_a_part_of_its_body_does_not() -> None:
    text = b"class Basket\n  def total\n    a = 1\n\n    a + 2\n  end\n\n  def empty\n    nil\n  end\nend\n"
    one = document(text.decode(), "ruby", "basket.rb")
    assert [text[start:end].split(b"\n")[-1].strip() for start, end in Places(one, 99).pieces] == [b"end", b"end"]
    assert [text[start:end].split(b"\n")[0] for start, end in Places(one, 99).pieces] == [b"a + 2", b"def empty"]


@pytest.mark.parametrize(
    ("below", "ends"),
    [("", True), ("\n", True), ("\n\ndef b():\n", True), ("\r\n\r\n# b\r\n", True), ("\r\nb = 1\r\n", False), ("\nb = 1\n", False),
     ("\n\n    c = 2\n", False), ("\n\nend\n", False), ("\n\nendif\n", False),
     ("\n\nending\n", True), ("\n\n})\n", False), (" + 1\n", False)],
)  # fmt: skip
def test_a_top_level_piece_ends_before_a_blank_line_and_one_at_the_left_edge(below: str, ends: bool) -> None:
    assert ((0, 5) in Places(document(f"a = 1{below}"), 99).pieces) is ends


def made(choose: random.Random, count: int) -> list[tuple[Document, Sample]]:
    """So many holes of random files of code and prose, each with its file."""
    found: list[tuple[Document, Sample]] = []
    while len(found) < count:
        one = document(python(choose)) if choose.random() < 0.7 else document(prose(choose), "text", "notes.txt")
        found += [(one, lesson) for lesson in fim([one], per=60, most=40) if isinstance(lesson, Sample)]
    return found


def test_nothing_follows_only_where_a_top_level_piece_ends() -> None:
    for one, lesson in made(random.Random(1), 2000):
        assert isinstance(lesson.prompt, Hole)
        if not lesson.prompt.suffix:
            assert lesson.origins[0].end in {end for _, end in Places(one, 99).pieces}


def beside(one: Document, cut: Cut) -> str:
    """What an answer begins with, where that is the rest of a word; else nothing."""
    before, answer = one.data[: cut.start].decode(), one.data[cut.start : cut.end].decode()
    return answer if re.search(r"\w\Z", before) and re.match(r"\w", answer) else ""


def test_nothing_follows_only_where_three_lines_stand_above_and_once_for_each_end() -> None:
    choose, found = random.Random(4), 0
    for _ in range(60):
        one = document(python(choose))
        last = [cut for cut in cuts(one, 40, 1500) if not cut.suffix]
        assert all(len([line for line in one.data[: cut.start].splitlines()[:-1] if re.search(rb"\w", line)]) >= 3 for cut in last)
        assert len({cut.end for cut in last}) == len(last)
        assert not any(re.fullmatch(r"\w+\W*", beside(one, cut)) for cut in last)
        found += len(last)
    assert found > 60


@pytest.mark.parametrize(
    "path",
    [
        "config/locales/de.yml", "web/locales/pt-br.yml", "src/i18n/fr/shop.json", "translations/nl.po", "i18n/zh-Hans.json",
        "locale/pt_BR/LC_MESSAGES/django.po", "config/locales/devise.de.yml", "locales/shop/nds.yml",
    ],
)  # fmt: skip
def test_a_translation_always_shows_what_follows(path: str) -> None:
    text = "de:\n" + "".join(f"  key_{number}: Ein Wort\n" for number in range(40))
    assert not Places(document(text, "yaml", path), 99).pieces


@pytest.mark.parametrize(
    "path",
    [
        "config/locales.yml", "config/locales/en.yml", "web/locales/en-US.json", "i18n/en_GB/shop.json", "locale/en/LC_MESSAGES/django.po",
        "config/locales/devise.en.yml", "src/locale/utils.json", "src/i18n/settings/main.yml", "locales/en/api/de.json",
    ],
)  # fmt: skip
def test_an_original_and_other_files_beside_it_are_no_translations(path: str) -> None:
    assert Places(document("a: One word\n", "yaml", path), 99).pieces


def test_no_answer_is_longer_than_what_is_shown_or_ends_within_a_word() -> None:
    for one, lesson in made(random.Random(2), 2000):
        assert isinstance(lesson.prompt, Hole) and lesson.answer is not None
        assert len(lesson.answer.encode()) <= len(one.data) // 2 and lesson.answer.count("\n") < ROWS
        if lesson.maker in ("fim.cursor", "fim.character"):
            assert not re.match(r"\w", lesson.prompt.suffix) or not re.search(r"\w\Z", lesson.answer)


def test_siblings_are_asked_for_together_only_where_no_blank_line_parts_them() -> None:
    text = "".join(f"first_{number} = 1\nsecond_{number} = 2\n\n" for number in range(200))
    runs = [cut for n in range(30) for cut in cuts(document(text, path=f"{n}.py"), 40, 1500) if cut.how == "aligned"]
    assert len(runs) > 100 and any("\n" in text[cut.start : cut.end] for cut in runs)
    assert not any("\n\n" in text[cut.start : cut.end] for cut in runs)


def test_a_hole_at_the_end_of_a_file_leaves_its_last_newline() -> None:
    rows = "doors:\n" + "".join(f"  - name: door_{number}\n    width: {number}\n" for number in range(4))
    lessons = [lesson for number in range(300) for lesson in infill([document(rows, "yaml", f"{number}.yml")])]
    assert len(lessons) > 20 and all(isinstance(lesson, Sample) for lesson in lessons)


def test_blocks_of_tests_are_found_in_time_that_grows_with_the_file() -> None:
    text = "it('opens', function () { door.open() })\n" * 60_000
    start = time.process_time()
    assert Places(document(text, "nim", "a.nim"), 999).settled(0, 40, False) == (0, 40)
    assert time.process_time() - start < 1


def test_a_file_without_a_grammar_is_asked_for_at_cursors() -> None:
    hows = [lesson.maker for one, lesson in made(random.Random(3), 2000) if one.language == "text"]
    assert hows.count("fim.character") < 0.25 * len(hows)
