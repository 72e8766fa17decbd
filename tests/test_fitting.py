from itertools import pairwise
from typing import Any

import pytest

from idiolect.fitting import CUT, ELIDED, fitted
from idiolect.types import Dropped, File, Hole, Message, Sample

LINES = [f"line number {number} of the file\n" for number in range(400)]


def sample(prompt: Any, answer: str = "x = 1\n") -> Sample:
    return Sample(prompt=prompt, answer=answer, kind="fim" if isinstance(prompt, Hole) else "write", maker="m")


def asked(found: Sample | Dropped) -> str:
    """The last message of a lesson that was not dropped."""
    assert isinstance(found, Sample)
    assert isinstance(found.prompt, tuple)
    return found.prompt[-1].content


def edit(search: str, replace: str = "x\n", path: str = "") -> str:
    """An answer of one edit, beneath a path where one is given."""
    block = f"<<<<<<< SEARCH\n{search}=======\n{replace}>>>>>>> REPLACE\n"
    return f"{path}\n```\n{block}```\n" if path else block


def least(text: str, answer: str) -> str:
    """A message in the smallest room that its lesson can be fitted into."""
    found = (fitted(sample(chat(text), answer), room) for room in range(len(answer.encode()), 9_000))
    return asked(next(one for one in found if isinstance(one, Sample)))


def chat(*turns: str) -> tuple[Message, ...]:
    roles = ("user", "assistant")
    return tuple(Message(role=roles[number % 2], content=turn) for number, turn in enumerate(turns))


def test_what_fits_stays_as_it_is_and_raw_text_is_cut_elsewhere() -> None:
    given = (sample(chat("short")), Sample(answer="x" * 100_000, kind="raw", maker="m"), sample(Hole(path="a", prefix="a", suffix="b")))
    assert [fitted(one, 300) for one in given] == list(given)


def test_a_hole_keeps_its_nearest_lines_and_files() -> None:
    files = tuple(File(path=f"{number}.py", text="".join(LINES[:20])) for number in range(3))
    hole = Hole(path="a.py", prefix="".join(LINES[:30]), suffix="".join(LINES[30:60]), files=files)
    found = fitted(sample(hole), 3_000)
    assert isinstance(found, Sample)
    assert isinstance(found.prompt, Hole)
    assert found.prompt == hole.model_copy(update={"files": files[1:]})  # the most distant went
    long = fitted(sample(Hole(path="a.py", prefix="".join(LINES), suffix="".join(LINES), files=files)), 900)
    assert isinstance(long, Sample)
    assert isinstance(long.prompt, Hole)
    assert long.prompt.files == ()
    assert long.prompt.prefix.endswith(LINES[-1])
    assert long.prompt.prefix.startswith("line number")
    assert long.prompt.suffix.startswith(LINES[0])
    assert long.prompt.suffix.endswith("\n")
    assert 600 < len(long.prompt.prefix) + len(long.prompt.suffix) <= 900
    assert long.id != sample(hole).id == Sample.model_validate(sample(hole).model_dump()).id
    assert long.id == Sample.model_validate(long.model_dump()).id


def test_a_conversation_loses_its_oldest_turns_and_keeps_its_system_message() -> None:
    system = Message(role="system", content="Be brief.")
    turns = chat("".join(LINES[:100]), "done", "And now?")
    found = fitted(sample((system, *turns)), 300)
    assert isinstance(found, Sample)
    assert found.prompt == (system, turns[2])


def test_a_long_message_keeps_what_is_asked_and_the_lines_that_the_answer_repeats() -> None:
    text = "Change line 200, please.\n\n" + "".join(LINES)
    answer = f"<<<<<<< SEARCH\n{LINES[200]}=======\nanother\n>>>>>>> REPLACE\n"
    said = asked(fitted(sample(chat(text), answer), 900))
    assert said.startswith(f"Change line 200, please.\n\n{CUT}line number")
    assert f"{LINES[199]}{LINES[200]}{LINES[201]}" in said
    assert said.endswith(CUT)
    assert 700 < len(said.encode()) + len(answer) <= 900


def test_of_several_blocks_each_keeps_its_fences_and_what_the_answer_repeats() -> None:
    long = {name: "".join(f"{name} {line}" for line in LINES[:60]) for name in "ac"}
    shown = [f"`{name}.py`\n```python\n{code}```\n" for name, code in {**long, "b": "b stays whole\n\nall of it\n"}.items()]
    text = "Rename it everywhere, please.\n\n" + "\n".join(shown) + "\nMind `c.py`.\n"
    answer = f"SEARCH\na {LINES[20]}=======\nmine\nSEARCH\nc {LINES[30]}=======\nours\n"
    said = asked(fitted(sample(chat(text), answer), 1_500))
    assert 1_400 < len((said + answer).encode()) <= 1_500
    assert [line for line in said.splitlines() if line.startswith("`")] == [line for line in text.splitlines() if line.startswith("`")]
    assert said.startswith("Rename it everywhere, please.\n\n`a.py`\n")
    assert said.endswith("Mind `c.py`.\n")
    for near in (f"a {LINES[19]}a {LINES[20]}a {LINES[21]}", f"c {LINES[29]}c {LINES[30]}c {LINES[31]}"):
        assert near in said
    assert shown[-1] in said
    assert said.count(CUT) == 4  # around both targets


def test_a_lesson_is_dropped_where_what_its_answer_stands_on_does_not_fit_whole() -> None:
    text = f"Make it pass.\n\n```\n{''.join(LINES[:200])}```\n\n```\n{{tests}}```\n"
    answer = f"<<<<<<< SEARCH\n{LINES[100]}=======\nx\n>>>>>>> REPLACE\n"
    few, many = ("".join(f"assert {line}" for line in LINES[:count]) for count in (10, 40))
    assert few in asked(fitted(sample(chat(text.format(tests=few)), answer), 1_000))
    assert isinstance(fitted(sample(chat(text.format(tests=many)), answer), 1_000), Dropped)


def test_no_line_is_shown_without_the_heads_of_the_blocks_that_it_stands_in() -> None:
    methods = "".join(
        f"    def method_{number}(self):\n" + "".join(f"        step(of={number}, at={line})\n" for line in range(20)) + "\n"
        for number in range(20)
    )
    answer = "<<<<<<< SEARCH\n        step(of=7, at=12)\n=======\n        done()\n>>>>>>> REPLACE\n"
    said = asked(fitted(sample(chat(f"Mend it.\n\n```\nclass Walk:\n{methods}```\n"), answer), 1_400))
    assert f"```\nclass Walk:\n{CUT}    def method_6(self):\n{CUT}" in said
    head = ""
    for line in said.splitlines()[3:-1]:
        head = line if line.startswith("    def") else head
        assert not line.startswith("        step") or head == f"    def method_{line.split('of=')[1].split(',')[0]}(self):"


@pytest.mark.parametrize(
    ("above", "line"),
    [
        ("if key:", "else:"), ("try:", "except OSError:"), ("build(", ")"), ("begin", "rescue IOError"), ("case door", "when :shut"),
        ("@given(text())", "def test_open(said):"), ("<ul>", "</ul>"),
    ],
)  # fmt: skip
def test_what_goes_on_with_a_line_is_not_shown_without_it(above: str, line: str) -> None:
    inside = "" if above.startswith("@") else "".join(f"        {text}" for text in LINES[:40])
    other = f"def first():\n    {LINES[300]}\n{''.join(LINES[200:240])}"
    code = f"{other}def f():\n    {above}\n{inside}    {line}\n        target = 1\n    after_the_target = 1\n"
    said = least(f"Mend it.\n\n```\n{code}```\n", edit("        target = 1\n"))
    between = CUT if inside else ""
    assert said == f"Mend it.\n\n```\n{CUT}def f():\n    {above}\n{between}    {line}\n        target = 1\n{CUT}```\n"


@pytest.mark.parametrize(
    ("above", "line"), [("case door", "when {}"), ("  case door", "    when {}"), ("rows = [{{", "}}, {{  # {}"), ("if key:", "elif {}:")]
)
def test_of_a_long_chain_the_opener_is_enough(above: str, line: str) -> None:
    links = [f"{line.format(number)}\n        step_{number}\n" for number in range(400)]
    said = least(f"Mend it.\n\n```\n{above.format()}\n{''.join(links)}```\n", edit("        step_399\n"))
    assert said == f"Mend it.\n\n```\n{above.format()}\n{CUT}{links[-1]}```\n"


def test_a_decorator_of_several_lines_stays_with_what_it_decorates_and_with_that_alone() -> None:
    rows = "".join(f"    {line}" for line in LINES[:30])
    code = f"@given(\n{rows})\ndef opens():\n{rows}    target = 1\n\n\ntotal = [\n{rows}    other = 1\n{rows}]\n"
    text = f"Mend it.\n\n```\n{code}```\n"
    assert f"```\n@given(\n{CUT})\ndef opens():\n{CUT}    target = 1\n" in least(text, edit("    target = 1\n"))
    assert f"```\n{CUT}total = [\n{CUT}    other = 1\n{CUT}```\n" in least(text, edit("    other = 1\n"))


def test_a_block_that_is_not_edited_stays_whole_though_the_answer_repeats_some_of_it() -> None:
    tests = "".join(f"assert fits({line.strip()!r})\n" for line in LINES[:8])
    text = f"Make it pass.\n\n```\n{''.join(LINES[:200])}```\n\n```\n{tests}```\n"
    answer = f"<<<<<<< SEARCH\n{LINES[100]}=======\n{tests.splitlines()[0]}\n>>>>>>> REPLACE\n"
    assert tests in asked(fitted(sample(chat(text), answer), 900))


def test_lines_that_say_what_the_answer_names_anew_are_near() -> None:
    code = [*LINES[:10], "def crumble(cookie): ...\n", *LINES[10:200]]
    answer = f"<<<<<<< SEARCH\n{LINES[150]}=======\ncrumble(line)\n>>>>>>> REPLACE\n"
    said = asked(fitted(sample(chat(f"Mend it.\n\n```\n{''.join(code)}```\n"), answer), 500))
    assert f"{CUT}def crumble(cookie): ...\n{CUT}" in said
    assert "".join(LINES[149:152]) in said


def test_of_a_name_that_many_lines_have_the_first_is_near() -> None:
    code = ["from oven import crumble\n", *(line.replace("of", "crumble") for line in LINES[:200])]
    answer = f"<<<<<<< SEARCH\n{code[150]}=======\ncrumble(it)\n>>>>>>> REPLACE\n"
    said = asked(fitted(sample(chat(f"Mend it.\n\n```\n{''.join(code)}```\n"), answer), 500))
    assert f"```\nfrom oven import crumble\n{CUT}" in said
    assert "".join(code[149:152]) in said


@pytest.mark.parametrize("mark", [CUT, f"{ELIDED}\n", f"    {ELIDED}\n"])
def test_marks_that_stand_there_already_are_no_heads_and_are_not_doubled(mark: str) -> None:
    inside = [f"    {line}" for line in LINES[:100]]
    answer = edit(inside[50])
    text = f"Mend it.\n\n```\nclass Walk:\n    def first_of_all(self):\n        return 1\n{mark}{''.join(inside)}{mark}last = 1\n```\n"
    assert f"```\nclass Walk:\n{CUT}{inside[50]}{CUT}```" in least(text, answer)
    for room in range(300, 4_000, 3):
        marks = [line.strip() in (CUT.strip(), ELIDED) for line in asked(fitted(sample(chat(text), answer), room)).splitlines()]
        assert not any(both == (True, True) for both in pairwise(marks))


def test_names_of_the_request_and_of_what_stays_whole_bring_nothing() -> None:
    code = [*LINES[:10], "def crumble(cookie): ...\n", *LINES[10:150], "crumble(a)\n", "crumble(b)\n", *LINES[150:200], "crumble(c)\n"]
    tests = "`tests.py`\n```python\ncrumble(cookie)\n```\n"
    text = f"Let `crumble` crumble the line.\n\n{tests}\n`a.py`\n```python\n{''.join(code)}```\n"
    said = asked(fitted(sample(chat(text), edit(LINES[180], "crumble(line)\n", "a.py")), 500))
    assert f"{CUT}def crumble(cookie): ...\n{CUT}" in said


def test_the_form_of_an_answer_names_nothing() -> None:
    code = ["python = ruby\n", "SEARCH and REPLACE\n", "cookie = oven\n", *LINES[:200]]
    answer = f"lib/cookie.py\n```python\n{edit(LINES[150])}```\n"
    said = asked(fitted(sample(chat(f"Mend it.\n\n```\n{''.join(code)}```\n"), answer), 500))
    assert said.startswith(f"Mend it.\n\n```\n{CUT}line")


def test_a_line_with_a_name_that_does_not_fit_keeps_nothing_else_away() -> None:
    code = [f"crumble({'cookie, ' * 200})\n", *LINES[:200], "oven()\n"]
    said = asked(fitted(sample(chat(f"Mend it.\n\n```\n{''.join(code)}```\n"), edit(LINES[100], "oven(crumble())\n")), 500))
    assert "crumble" not in said
    assert said.endswith(f"{CUT}oven()\n```\n")
    assert "".join(LINES[96:105]) in said


def test_of_blocks_with_the_edited_lines_the_one_of_the_path_that_the_answer_names_is_edited() -> None:
    code, tests = ("".join(f"{name} {line}" for line in LINES[:100]) + "    )\n" for name in ("code", "test"))
    text = "Mend it.\n\n`{}`\n```\n" + tests + "```\n\n`b.py`\n```\n" + code + "```\n"
    said = asked(fitted(sample(chat(text.format("a.py")), edit("    )\n", path="b.py")), 5_000))
    assert tests in said
    assert code not in said
    assert tests not in asked(fitted(sample(chat(text.format("b.py")), edit("    )\n", path="b.py")), 5_000))  # nobody can tell


@pytest.mark.parametrize("sign", ["\f", "\v", "\x85", "\u2028", "\r"])
def test_a_line_ends_where_it_does_in_an_edit(sign: str) -> None:
    line = f"one{sign}two of it\n"
    said = asked(fitted(sample(chat(f"Mend it.\n\n```\n{''.join(LINES)}{line}```\n"), edit(line)), 300))
    assert f"{LINES[-1]}{line}```" in said


@pytest.mark.parametrize("request_of", ["Change it, please.\n", "Change it, please. " * 60 + "\n"])
def test_a_message_without_fences_keeps_its_request_however_often_it_is_fitted(request_of: str) -> None:
    text = f"{request_of}\n{''.join(LINES[:100])}\n{''.join(LINES[100:])}"
    once = asked(fitted(sample(chat(text), edit(LINES[200])), 2_000))
    again = asked(fitted(sample(chat(once), edit(LINES[200])), 1_000))
    assert once.split("\n")[:2] == again.split("\n")[:2] == [request_of[:600].rstrip("\n"), ""]
    assert LINES[200] in again


def test_a_gap_is_not_marked_where_the_line_costs_no_more() -> None:
    code = [*LINES[:50], "x\n", *LINES[50:100]]
    answer = f"<<<<<<< SEARCH\n{LINES[47]}=======\ny\n>>>>>>> REPLACE\n<<<<<<< SEARCH\n{LINES[52]}=======\ny\n>>>>>>> REPLACE\n"
    whole = f"Mend it.\n\n```\n{CUT}{''.join(code[45:56])}{CUT}```\n"
    for room in range(len((whole + answer).encode()) - 20, len((whole + answer).encode()) + 20):
        said = asked(fitted(sample(chat(f"Mend it.\n\n```\n{''.join(code)}```\n"), answer), room))
        assert len((said + answer).encode()) <= room
        assert f"{CUT}{LINES[50]}" not in said


def test_blank_lines_between_repeated_ones_stay() -> None:
    code = "".join(LINES[:100]) + "first of two\n\n}\n\nsecond of two\n" + "".join(LINES[100:200])
    answer = "first of two\n\n}\n\nsecond of two\n"
    assert answer in asked(fitted(sample(chat(f"Mend it.\n\n```\n{code}```"), answer), 200))


def test_what_an_edit_replaces_stays_in_one_piece_however_little_its_lines_say() -> None:
    code = "".join(LINES[:100]) + "}\n\nend\n" + "".join(LINES[100:200]) + "\nend\n"
    answer = "<<<<<<< SEARCH\n}\n\nend\n=======\n}\n>>>>>>> REPLACE\n"
    assert f"{LINES[99]}}}\n\nend\n{LINES[100]}" in asked(fitted(sample(chat(f"Mend it.\n\n```\n{code}```"), answer), 400))


def test_what_has_no_target_or_too_long_an_answer_is_dropped_with_the_reason() -> None:
    given = (sample(chat("".join(LINES))), sample(chat("Why?"), "".join(LINES)), sample(Hole(path="a", prefix="", suffix=""), "x" * 4_000))
    found = [fitted(one, 900) for one in given]
    assert [one.reason for one in found if isinstance(one, Dropped)] == ["too long", "answer too long", "answer too long"]
