from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable

import pytest

from idiolect.dataset.makers.fim import Cut, cuts, fim, sample
from idiolect.dataset.makers.places import says, word_end
from idiolect.types import Document, Dropped, Hole, Sample

NEWLINES = ("\n", "\r\n", "\r")
WORDS = ("alpha", "größe", "naïve", "値段", "🙂", "x", "total", "ʼn", "Ж", "item_count")


def document(text: str, language: str = "python", path: str = "a.py") -> Document:
    return Document("shop", "team", "c" * 40, path, language, text.encode(), 1_700_000_000)


def python(choose: random.Random) -> str:
    """A module of random functions: nested blocks, strings of many scripts, blank lines, any newline."""
    newline = choose.choice(NEWLINES)
    rows: list[str] = []
    for number in range(choose.randrange(3, 25)):
        rows += [f"def f{number}({choose.choice(('a, b', 'a', '*rest'))}):", f'    """{choose.choice(WORDS)} {choose.choice(WORDS)}."""']
        for _ in range(choose.randrange(1, 6)):
            rows.append(choose.choice(("    x = a + 1", f"    print('{choose.choice(WORDS)}', [1, 2, x])", "    if a:", "")))
            if rows[-1].endswith("if a:"):
                rows.append(f"        return {{'k': '{choose.choice(WORDS)}'}}")
        rows.append("")
    return newline.join(rows) + choose.choice(("", newline))


def prose(choose: random.Random) -> str:
    newline = choose.choice(NEWLINES)
    return newline.join(" ".join(choose.choice(WORDS) for _ in range(choose.randrange(0, 14))) for _ in range(choose.randrange(20, 200)))


def whole(one: Sample) -> bytes:
    assert isinstance(one.prompt, Hole) and one.answer is not None
    return (one.prompt.prefix + one.prompt.typed + one.answer + one.prompt.suffix).encode()


def test_ten_thousand_holes_join_to_the_bytes_of_their_origin() -> None:
    seed = random.randrange(1 << 32)
    print("seed", seed)  # noqa: T201  shown where the test fails
    choose, seen, hows = random.Random(seed), 0, Counter[str]()
    while seen < 10_000:
        language = choose.choice(("python", "python", "text"))
        one = document(python(choose) if language == "python" else prose(choose), language)
        for made in fim([one], per=60, most=40):
            if isinstance(made, Dropped):
                continue
            span = made.origins[0]
            assert whole(made) == one.data[span.start : span.end]
            hows[made.maker] += 1
            seen += 1
    assert set(hows) == {"fim.node", "fim.aligned", "fim.cursor", "fim.character", "fim.empty"}


def test_a_short_file_is_the_hole_s_whole_file() -> None:
    one = document("def add(a, b):\n    return a + b\n\n\ndef sub(a, b):\n    return a - b\n")
    for made in fim([one]):
        assert isinstance(made, Sample) and isinstance(made.prompt, Hole)
        if made.prompt.suffix:
            assert whole(made) == one.data


def test_the_windows_around_a_hole_keep_to_the_budget_and_begin_on_lines() -> None:
    one = document("".join(f"value_{number} = compute({number}, 'é')\n" for number in range(2000)))
    made = [made for made in fim([one], budget=1200) if isinstance(made, Sample)]
    assert len(made) == 8
    for lesson in made:
        assert isinstance(lesson.prompt, Hole) and lesson.answer is not None
        assert (
            len(lesson.prompt.prefix.encode()) <= 600 and len(lesson.prompt.suffix.encode()) <= 200 and len(lesson.answer.encode()) <= 300
        )
        start = lesson.origins[0].start
        assert start == 0 or one.data[start - 1 : start] == b"\n"


def test_one_hole_per_500_bytes_and_never_more_than_most() -> None:
    one = document("".join(f"name_{number} = {number}\n" for number in range(300)))
    assert len(list(fim([one]))) == 8
    assert len(list(fim([one], most=3))) == 3
    assert len(list(fim([document("total = first + second\n" * 3)]))) == 1


def test_the_mixture_is_four_fifths_syntax() -> None:
    choose = random.Random(7)
    hows: Counter[str] = Counter()
    for number in range(150):
        hows.update(made.maker for made in fim([document(python(choose), path=f"{number}.py")], per=100) if isinstance(made, Sample))
    total = hows.total()
    assert 0.68 < (hows["fim.node"] + hows["fim.aligned"]) / total < 0.85
    assert 0.8 < hows["fim.node"] / hows["fim.aligned"] < 1.25
    assert 0.02 < hows["fim.empty"] / total < 0.09
    assert hows["fim.cursor"] / total > 0.05 < hows["fim.character"] / total


def test_a_language_without_grammar_gets_cursors_and_characters_only() -> None:
    choose = random.Random(3)
    hows = {made.maker for _ in range(20) for made in fim([document(prose(choose), "text", "notes.txt")]) if isinstance(made, Sample)}
    assert hows <= {"fim.cursor", "fim.character", "fim.empty"} and "fim.cursor" in hows


def ruby(choose: random.Random) -> str:
    """A class of random methods: no line at its left edge but the first and the last."""
    method = "  def m{0}\n    total = [{1}]\n    total.sum + {0}\n  end\n"
    methods = (method.format(number, choose.randrange(1_000)) for number in range(choose.randrange(3, 25)))
    return f"class Basket{choose.randrange(1_000)}\n" + "\n".join(methods) + "end\n"


@pytest.mark.parametrize(("write", "language"), [(python, "python"), (ruby, "ruby"), (prose, "text")])
def test_one_hole_in_twenty_has_nothing_after_it_whatever_the_language(write: Callable[[random.Random], str], language: str) -> None:
    choose = random.Random(5)
    made = [cut for _ in range(150) for cut in cuts(document(write(choose), language), 20, 1500)]
    assert 0.02 < sum(not cut.suffix for cut in made) / len(made) < 0.07  # less where files are short: each end once


def test_holes_with_nothing_after_them_lie_below_three_lines_whatever_ends_these() -> None:
    for newline in NEWLINES:
        text = newline.join(f"first {number} of a few words" for number in range(9))
        last = [cut for n in range(60) for cut in cuts(document(text, "text", f"{n}.txt"), 8, 1500) if not cut.suffix]
        assert last and all(text[: cut.start].count(newline) >= 3 for cut in last)


@pytest.mark.parametrize("word", ["grö|ße", "nai|ve", "值|段", "na|ïve"])
def test_the_rest_of_a_word_is_nothing_to_stop_after_in_any_script(word: str) -> None:
    begun, rest = word.split("|")
    data = f"{begun}{rest} one".encode()
    at = len(begun.encode())
    assert (word_end(data, at), word_end(data, 0), word_end(data, len(data) - 3)) == (len(data) - 4, 0, len(data) - 3)
    assert not says(data, word_end(data, at), len(data) - 4)


def test_prose_gets_a_quarter_of_the_holes_of_code() -> None:
    text = "first of all there is a word and then another one\n\n" * 400
    assert [len(list(fim([document(text, language)]))) for language in ("python", "restructuredtext", "markdown", "text")] == [8, 2, 2, 2]
    assert len(list(fim([document("some words of a small file\n" * 5, "markdown")]))) == 1


def test_what_was_just_typed_is_the_beginning_of_a_word() -> None:
    one = document("value = container\n")
    made = sample(one, Cut(11, 17, typed=8, how="cursor"))
    assert isinstance(made.prompt, Hole)
    assert (made.prompt.prefix, made.prompt.typed, made.answer, made.prompt.suffix) == ("value = ", "con", "tainer", "\n")


def test_the_same_text_gives_the_same_holes_whatever_the_commit() -> None:
    text = python(random.Random(1))
    here = document(text)
    there = Document("shop", "team", "d" * 40, here.path, here.language, here.data, 1)
    assert cuts(here, 8, 1500) == cuts(there, 8, 1500)
    assert cuts(here, 8, 1500) != cuts(document(text, path="b.py"), 8, 1500)


@pytest.mark.parametrize("text", ["", "\n\n", "}\n", "--\n"])
def test_a_file_without_a_word_is_a_counted_reason(text: str) -> None:
    assert [made.reason for made in fim([document(text)]) if isinstance(made, Dropped)] == ["no place for a hole"]


def test_legacy_code_is_never_an_answer() -> None:
    old = Document("old", "legacy", "c" * 40, "a.py", "python", b"total = first + second\n" * 50, 1)
    assert list(fim([old])) == []


def test_a_random_run_of_characters_crosses_no_blank_line() -> None:
    text = "\n\n".join(f"line {number} of a text without a grammar\nand one more of {number}" for number in range(400))
    runs = [cut for n in range(60) for cut in cuts(document(text + str(n), "text", "notes.txt"), 8, 1500) if cut.how == "character"]
    assert len(runs) > 20 and any(cut.end - cut.start > 20 for cut in runs)
    assert not any("\n\n" in text[cut.start : cut.end] for cut in runs)


def test_a_changelog_has_no_holes() -> None:
    one = document("# Changes\n\n## 1.2.3\n\n- Fix a crash where the basket is empty, by somebody\n" * 9, "markdown", "CHANGES.md")
    assert [made.reason for made in fim([one]) if isinstance(made, Dropped)] == ["changelog"]


def typing(choose: random.Random, count: int) -> list[Sample]:
    """So many holes of random files."""
    found: list[Sample] = []
    while len(found) < count:
        one = document(python(choose)) if choose.random() < 0.7 else document(prose(choose), "text", "notes.txt")
        found += [made for made in fim([one], per=60, most=40) if isinstance(made, Sample)]
    return found


def test_nearly_half_are_asked_as_somebody_types_and_the_rest_as_nobody_does() -> None:
    found = typing(random.Random(11), 3000)
    begun = [one.prompt for one in found if isinstance(one.prompt, Hole) and one.prompt.typed]
    assert 0.3 < len(begun) / len(found) < 0.53
    at_line = [hole for hole in begun if not hole.prefix or hole.prefix[-1] in "\r\n"]
    assert 0.4 < len(at_line) / len(begun) < 0.8, "what editor plugins send: the line up to the cursor"
    assert all(len(hole.typed.encode()) <= 240 for hole in begun)


def test_words_are_cut_inside_between_what_was_typed_and_the_answer() -> None:
    found = [one for one in typing(random.Random(12), 3000) if isinstance(one.prompt, Hole) and one.prompt.typed and one.answer]
    inside = [one for one in found if isinstance(one.prompt, Hole) and re.match(r"\w\w", one.prompt.typed[-1] + (one.answer or " ")[0])]
    assert len(inside) / len(found) > 0.15


def test_what_is_left_of_an_answer_behind_what_was_typed_of_it_says_something() -> None:
    text, left = "run(one, [(two)]));\n" * 20, 0
    for one in (document(text, "nim", f"{number}.nim") for number in range(60)):
        for cut in cuts(one, 20, 999):
            assert cut.start == cut.end or says(one.data, cut.start, cut.end)
            left += text[cut.typed : cut.start].strip() != "" and cut.start < cut.end
    assert left > 100


def test_prefix_and_suffix_stay_as_they_are_while_a_hole_is_typed_into() -> None:
    one = document("first = 1\r\ntotal = größe + 値段\r\nlast = 3\r\n")
    start, end = one.data.index(b"gr"), one.data.index(b"\r\nlast")
    holes = [sample(one, Cut(at, end, typed=start, how="node")) for at in range(start + 1, end) if one.data[at] & 0xC0 != 0x80]
    prompts = [made.prompt for made in holes if isinstance(made.prompt, Hole)]
    assert len(prompts) > 8 and len({(hole.prefix, hole.suffix) for hole in prompts}) == 1
    assert all(whole(made) == one.data for made in holes)


def test_a_line_that_is_complete_wants_nothing_more() -> None:
    empty = [one for one in typing(random.Random(13), 2000) if one.maker == "fim.empty" and isinstance(one.prompt, Hole)]
    assert any(one.prompt.typed for one in empty if isinstance(one.prompt, Hole)) and all(one.answer == "" for one in empty)
