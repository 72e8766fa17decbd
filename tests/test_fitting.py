from typing import Any

from idiolect.fitting import CUT, fitted, size
from idiolect.types import Dropped, File, Hole, Message, Sample

LINES = [f"line number {number} of the file\n" for number in range(400)]


def sample(prompt: Any, answer: str = "x = 1\n") -> Sample:
    return Sample(prompt=prompt, answer=answer, kind="fim" if isinstance(prompt, Hole) else "write", maker="m")


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
    found = fitted(sample(chat(text), answer), 900)
    assert isinstance(found, Sample)
    assert isinstance(found.prompt, tuple)
    said = found.prompt[0].content
    assert said.startswith(f"Change line 200, please.\n{CUT}line number")
    assert f"{LINES[199]}{LINES[200]}{LINES[201]}" in said
    assert said.endswith(CUT)
    assert 700 < len(said.encode()) + len(answer) <= 900


def test_of_several_blocks_each_keeps_its_fences_and_what_the_answer_repeats() -> None:
    shown = [f"`{name}.py`\n```python\n{''.join(f'{name} {line}' for line in LINES[:60])}```\n" for name in "abc"]
    text = "Rename it everywhere, please.\n\n" + "\n".join(shown) + "\nMind `c.py`.\n"
    answer = f"SEARCH\na {LINES[20]}=======\nmine\nSEARCH\nc {LINES[30]}=======\nours\n"
    found = fitted(sample(chat(text), answer), 1_500)
    assert isinstance(found, Sample)
    assert isinstance(found.prompt, tuple)
    said = found.prompt[0].content
    assert size(found) <= 1_500
    assert [line for line in said.splitlines() if line.startswith("`")] == [line for line in text.splitlines() if line.startswith("`")]
    assert said.startswith("Rename it everywhere, please.\n\n`a.py`\n")
    assert said.endswith("Mind `c.py`.\n")
    for near in (f"a {LINES[19]}a {LINES[20]}a {LINES[21]}", f"c {LINES[29]}c {LINES[30]}c {LINES[31]}"):
        assert near in said
    assert "\nb line" not in said
    assert said.count(CUT) == 5  # around both targets, and for all of b


def test_blank_lines_between_repeated_ones_stay() -> None:
    code = "".join(LINES[:100]) + "first of two\n\n}\n\nsecond of two\n" + "".join(LINES[100:200])
    found = fitted(sample(chat(f"Mend it.\n\n```\n{code}```"), "first of two\n\n}\n\nsecond of two\n"), 200)
    assert isinstance(found, Sample)
    assert isinstance(found.prompt, tuple)
    assert "first of two\n\n}\n\nsecond of two\n" in found.prompt[0].content


def test_what_an_edit_replaces_stays_in_one_piece_however_little_its_lines_say() -> None:
    code = "".join(LINES[:100]) + "}\n\nend\n" + "".join(LINES[100:200]) + "\nend\n"
    answer = "<<<<<<< SEARCH\n}\n\nend\n=======\n}\n>>>>>>> REPLACE\n"
    found = fitted(sample(chat(f"Mend it.\n\n```\n{code}```"), answer), 400)
    assert isinstance(found, Sample)
    assert isinstance(found.prompt, tuple)
    assert f"{LINES[99]}}}\n\nend\n{LINES[100]}" in found.prompt[0].content


def test_what_has_no_target_or_too_long_an_answer_is_dropped_with_the_reason() -> None:
    given = (sample(chat("".join(LINES))), sample(chat("Why?"), "".join(LINES)), sample(Hole(path="a", prefix="", suffix=""), "x" * 4_000))
    found = [fitted(one, 900) for one in given]
    assert [one.reason for one in found if isinstance(one, Dropped)] == ["too long", "answer too long", "answer too long"]
