import re
from typing import Any

import pytest

from idiolect.fitting import CUT, fitted
from idiolect.types import Dropped, File, Hole, Message, Sample

LINES = [f"line number {number} of the file\n" for number in range(400)]


def sample(prompt: Any, answer: str = "x = 1\n") -> Sample:
    return Sample(prompt=prompt, answer=answer, kind="fim" if isinstance(prompt, Hole) else "write", maker="m")


def asked(found: Sample | Dropped) -> str:
    """The last message of a lesson that was not dropped."""
    assert isinstance(found, Sample)
    assert isinstance(found.prompt, tuple)
    return found.prompt[-1].content


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
    assert said.startswith(f"Change line 200, please.\n{CUT}line number")
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
    code = f"{other}def f():\n    {above}\n{inside}    {line}\n        target = 1\n    after = 1\n"
    answer = "<<<<<<< SEARCH\n        target = 1\n=======\n        other = 2\n>>>>>>> REPLACE\n"
    said = asked(fitted(sample(chat(f"Mend it.\n\n```\n{code}```\n"), answer), 300))
    assert re.search(
        rf"^def f\(\):\n    {re.escape(above)}\n(?:{CUT}| .*\n)*    {re.escape(line)}\n        target = 1\n", said, re.MULTILINE
    )
    assert "def first" not in said


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


def test_marks_that_stand_there_already_are_no_heads_and_are_not_doubled() -> None:
    inside = [f"    {line}" for line in LINES[:100]]
    answer = f"<<<<<<< SEARCH\n{inside[50]}=======\n    x\n>>>>>>> REPLACE\n"
    said = asked(fitted(sample(chat(f"Mend it.\n\n```\n{CUT}{''.join(inside)}{CUT}```\n"), answer), 400))
    assert f"```\n{CUT}    line" in said
    assert said.count(CUT) == 2


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
