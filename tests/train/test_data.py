from collections import Counter
from functools import partial

import numpy as np
import pytest

from idiolect.render import Lesson, Renderer
from idiolect.train.data import Text, answers, digest, draw, pack, shelve, steps, validation
from idiolect.types import File, Hole, Message, Sample

from . import tiny

RENDERER = Renderer(tiny.tokenizer())


def test_raw_text_that_is_too_long_is_cut_without_losing_a_token() -> None:
    sample = Sample(answer="abcdefghij" * 10, kind="raw", maker="raw")
    whole = RENDERER.lesson(sample)
    shelf = shelve([sample], RENDERER.lesson, 32)
    assert [len(text) for text in shelf.texts] == [32, 32, 32, 5]
    assert np.concatenate([text.ids for text in shelf.texts]).tolist() == whole.ids


def test_what_is_too_long_for_its_answer_is_counted_and_never_cut() -> None:
    asked = (Message(role="user", content="x" * 100),)
    samples = [Sample(prompt=asked, answer="y", kind="write", maker="write"), Sample(answer="abc", kind="raw", maker="raw")]
    shelf = shelve(samples, RENDERER.lesson, 32)
    assert [text.kind for text in shelf.texts] == ["raw"]
    assert shelf.counts() == {"read": 2, "kept": 1, "dropped": {"too long": 1}, "texts": 1}


def test_a_conversation_that_is_too_long_keeps_what_its_answer_repeats() -> None:
    lines = [f"line {at}\n" for at in range(100)]
    asked = (Message(role="user", content=f"Mend it.\n\n```\n{''.join(lines)}```\n"),)
    sample = Sample(prompt=asked, answer="line 60\nmended", kind="diff", maker="diff")
    (text,) = shelve([sample], RENDERER.lesson, 200).texts
    said = RENDERER.decode(text.ids.tolist())
    assert 150 < len(text) <= 200
    assert "line 59\nline 60\nline 61\n" in said and "Mend it." in said and said.endswith("line 60\nmended")
    assert text.sample == sample.id
    assert text.supervised == np.count_nonzero(RENDERER.lesson(sample).weights[1:])
    assert shelve([sample], RENDERER.lesson, 20).counts()["dropped"] == {"too long": 1}


def test_a_hole_that_is_too_long_keeps_the_lines_nearest_to_it() -> None:
    lines = "".join(f"line {at}\n" for at in range(100))
    hole = Hole(path="a.py", prefix=lines, suffix=lines, files=(File(path="b.py", text=lines),))
    sample = Sample(prompt=hole, answer="the answer", kind="fim", maker="fim")
    shelf = shelve([sample], RENDERER.lesson, 300)
    (text,) = shelf.texts
    assert 200 < len(text) <= 300
    said = RENDERER.decode(text.ids.tolist())
    assert "line 99\nline 0\n" in said  # the end of what stands before, and the start of what stands after
    assert said.startswith("line ")
    assert said.endswith("\nthe answer")
    assert text.supervised == len("the answer") + 1
    assert shelve([sample], RENDERER.lesson, 10).counts()["dropped"] == {"too long": 1}


def test_of_the_files_around_a_hole_the_most_distant_go_first_and_its_own_lines_stay() -> None:
    files = tuple(File(path=f"{name}.py", text=f"{name} = 1\n" * 10) for name in ("far", "mid", "near"))
    hole = Hole(path="a.py", prefix="before\n", suffix="after\n", files=files)
    sample = Sample(prompt=hole, answer="the answer", kind="fim", maker="fim")
    whole = len(RENDERER.lesson(sample).ids)
    kept = {}
    for length in (whole, whole - 1, whole - 120, 200, 60):
        (text,) = shelve([sample], RENDERER.lesson, length, 50).texts
        said = RENDERER.decode(text.ids.tolist())
        assert len(text) <= length and "before\n" in said and "after\n" in said and said.endswith("the answer")
        kept[length] = [file.path for file in files if file.text in said]
    assert list(kept.values()) == [["far.py", "mid.py", "near.py"], ["mid.py", "near.py"], ["near.py"], ["near.py"], []]


def test_of_a_share_of_the_holes_all_of_the_file_is_learned_and_of_the_others_the_answer() -> None:
    holes = [
        Sample(prompt=Hole(path="a", prefix=f"before {number}", suffix="after"), answer="the answer", kind="fim", maker="m")
        for number in range(200)
    ]
    texts = shelve([*holes, Sample(answer="raw text", kind="raw", maker="m")], partial(RENDERER.lesson, whole=True), 64).texts
    for share in (0.0, 0.3, 1.0):
        *found, raw = answers(texts, share)
        kept = [one for one in found if one.supervised > len("the answer") + 1]
        assert len(kept) == pytest.approx(200 * share, abs=20)
        assert all(one.supervised == len("the answer") + 1 for one in found if one not in kept)
        assert raw.supervised == len("raw text"), "its first token follows nothing"


def test_every_sample_is_kept_or_dropped_with_a_reason() -> None:
    samples = [
        Sample(answer=None, rejected="x", kind="contrast", maker="m"),
        Sample(answer="abc", kind="raw", maker="m", weight=0.0),
        Sample(answer="abcd", kind="raw", maker="m"),
        Sample(answer="abcde", kind="raw", maker="m", weight=-1.0),
    ]
    shelf = shelve(samples, RENDERER.lesson, 32)
    assert shelf.counts() == {"read": 4, "kept": 1, "dropped": {"not rendered": 2, "nothing to learn": 1}, "texts": 1}
    assert len(shelf.texts) == 1


def test_a_lesson_is_drawn_as_often_as_its_weight_says_and_never_twice_in_a_row_for_nothing() -> None:
    given = [Sample(answer=f"lesson {at:02d}", kind="raw", maker="m", weight=[1.0, 3.0, 0.25][at % 3]) for at in range(30)]
    shelf = shelve(given, RENDERER.lesson, 32)
    assert {float(one) for text in shelf.texts for one in text.weights} == {1.0}  # the loss on each is the same
    drawn = Counter(text.sample for text in draw([(shelf.texts, 1.0)], 4 * 12 * shelf.tokens, "0"))
    mean = (1.0 + 3.0 + 0.25) / 3
    for sample in given:
        assert drawn[sample.id] == pytest.approx(48 * sample.weight / mean, abs=1.01)


def test_a_pass_has_about_as_many_tokens_as_there_are_whatever_the_weights() -> None:
    heavy = [Text(one.ids, one.weights, one.sample, one.kind, 7.0) for one in (tiny.text(20, seed) for seed in range(40))]
    drawn = draw([(heavy, 1.0)], 800, "0")
    assert sorted(text.sample for text in drawn) == sorted(text.sample for text in heavy)


def test_packs_hold_every_text_once_and_waste_little() -> None:
    lengths = np.random.default_rng(3).integers(4, 200, 800)
    texts = [tiny.text(int(length), seed) for seed, length in enumerate(lengths)]
    packs = pack(texts, 1024)
    assert sorted(text.sample for one in packs for text in one) == sorted(text.sample for text in texts)
    sizes = [sum(text.room for text in one) for one in packs]
    assert max(sizes) <= 1024
    assert sum(sizes) / (1024 * len(sizes)) > 0.97
    assert all(len(text) <= text.room < len(text) + 32 for text in texts)


def test_shares_hold_at_every_point_of_the_course() -> None:
    own, other = [tiny.text(20, seed) for seed in range(30)], [tiny.text(50, 1000 + seed, "fim") for seed in range(30)]
    drawn = draw([(own, 0.9), (other, 0.1)], 20_000, "0")
    for upto in (2000, 8000, 20_000):
        total = own_tokens = 0
        for text in drawn:
            if total >= upto:
                break
            total += len(text)
            own_tokens += len(text) * (text.kind == "raw")
        assert own_tokens / total == pytest.approx(0.9, abs=0.03)


def test_an_empty_source_gives_its_share_to_the_others() -> None:
    own = [tiny.text(20, seed) for seed in range(5)]
    assert {text.kind for text in draw([(own, 0.5), ([], 0.5)], 200, "0")} == {"raw"}
    assert draw([([], 0.5)], 200, "0") == []


def test_each_pass_shows_every_text_once_in_another_order() -> None:
    own = [tiny.text(10, seed) for seed in range(20)]
    drawn = draw([(own, 1.0)], 400, "7")
    first, second = drawn[:20], drawn[20:]
    assert {text.sample for text in first} == {text.sample for text in second} == {text.sample for text in own}
    assert [text.sample for text in first] != [text.sample for text in second]


def test_steps_hold_about_as_many_tokens_as_asked() -> None:
    packs = pack([tiny.text(32, seed) for seed in range(90)], 64)
    made = steps("pretrain", packs, 256)
    assert sum(step.tokens for step in made) == 90 * 32
    assert {step.tokens for step in made[:-1]} == {256}
    assert made[-1].tokens >= 128


def test_validation_is_capped_and_split_by_kind() -> None:
    texts = [tiny.text(30, seed, kind) for seed, kind in enumerate(["raw", "fim", "write"] * 20)]
    judged = validation(texts, 600, 128, "0")
    assert set(judged) == {"raw", "fim", "write"}
    assert 500 < sum(len(text) for packs in judged.values() for one in packs for text in one) <= 600


def test_the_digest_of_a_course_sees_every_token_weight_and_border() -> None:
    def named(*texts: Text) -> str:
        return digest(steps("pretrain", [texts], 100))

    one, other = tiny.text(10, 1), tiny.text(10, 2)
    louder = Text(one.ids, one.weights * 2, one.sample, one.kind)
    assert (
        len({named(one, other), named(other, one), named(louder, other), named(one), digest(steps("instruct", [(one, other)], 100))}) == 5
    )


def test_a_lesson_learns_nothing_of_its_first_token() -> None:
    lesson = Lesson([1, 2, 3], [1.0, 0.0, 0.0])
    shelf = shelve([Sample(answer="x", kind="raw", maker="m")], lambda _: lesson, 32)
    assert shelf.counts()["dropped"] == {"nothing to learn": 1}
