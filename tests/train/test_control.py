from idiolect.render import Renderer
from idiolect.train import control
from idiolect.train.data import shelve
from idiolect.types import File, Hole, Message, Sample

from . import tiny

NAMES = {"generation"}
RENDERER = Renderer(tiny.tokenizer())


def asked(number: int, **labels: tuple[str, ...]) -> Sample:
    return Sample(prompt=(Message(role="user", content=f"Write {number}."),), answer="x", kind="write", maker="m", labels=labels)


def test_half_of_the_lessons_with_a_label_are_told_it_and_their_ids_say_which() -> None:
    given = [asked(number, generation=("old", "new"), language=("tally",)) for number in range(400)]
    told = [control.controlled(one, NAMES) for one in given]
    changed = [one for one, before in zip(told, given, strict=True) if one != before]
    assert 160 < len(changed) < 240
    assert {one.prompt[0] for one in changed if isinstance(one.prompt, tuple)} == {Message(role="system", content="generation: old, new")}
    assert told == [control.controlled(one, NAMES) for one in given]
    assert all(control.controlled(one, NAMES) == one for one in (asked(number) for number in range(50)))
    assert all(control.controlled(one, ()) == one for one in given)


def first_told(made: list[Sample]) -> Sample:
    return next(told for one in made if (told := control.controlled(one, NAMES)) != one)


def test_a_system_message_that_is_there_keeps_its_words() -> None:
    system = Message(role="system", content="Be brief.")
    made = [one.model_copy(update={"prompt": (system, *(one.prompt or ()))}) for one in (asked(n, generation=("old",)) for n in range(20))]
    found = first_told([Sample.model_validate(one.model_dump()) for one in made]).prompt
    assert isinstance(found, tuple)
    assert found[0].content == "generation: old\n\nBe brief."
    assert len(found) == 2


def test_a_hole_is_told_in_a_file_around_it_that_stays_when_the_others_go() -> None:
    lines = "let sum# = 1\n" * 60
    hole = Hole(path="a.tly", prefix=lines, suffix=lines, files=(File(path="b.tly", text=lines),))
    made = [Sample(prompt=hole, answer=f"give {n}", kind="fim", maker="m", labels={"generation": ("new",)}) for n in range(20)]
    found = first_told(made)
    assert isinstance(found.prompt, Hole)
    assert found.prompt.files == (File(path="labels", text="generation: new"), File(path="b.tly", text=lines))
    (text,) = shelve([found], RENDERER.lesson, 300).texts
    said = RENDERER.tokenizer.decode(text.ids.tolist())
    assert "labels\ngeneration: new\n" in said
    assert "b.tly" not in said


def test_raw_text_is_told_nothing() -> None:
    made = [Sample(answer=f"x{n}", kind="raw", maker="m", labels={"generation": ("new",)}) for n in range(30)]
    assert [control.controlled(one, NAMES) for one in made] == made


def test_a_model_learns_the_lessons_of_its_labels_and_those_without_only_where_it_says_so() -> None:
    old, both, none = asked(1, generation=("old",)), asked(2, generation=("old", "new")), asked(3)
    assert [control.wanted(one, {"generation": ("new",)}) for one in (old, both, none)] == [False, True, False]
    assert [control.wanted(one, {"generation": ("new", "")}) for one in (old, both, none)] == [False, True, True]
    assert [control.wanted(one, {}) for one in (old, both, none)] == [True, True, True]
    assert not control.wanted(both, {"generation": ("new",), "client": ("a",)})
