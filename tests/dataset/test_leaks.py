"""The filter and the guard find the same leaks by different means, and miss none that was planted."""

import random
import re
from collections.abc import Callable

import pytest

from idiolect.dataset import leaks
from idiolect.dataset.guard import Guard, Probe
from idiolect.types import File, Hole, Message, Sample
from tests.dataset.corpus import THINGS, text
from tests.dataset.test_contamination import odd
from tests.dataset.test_contamination import renamed as renamed_throughout


def probe(answer: str) -> Sample:
    return Sample(prompt=Hole(path="p.py", prefix="", suffix=""), answer=answer, kind="fim", maker="time_probe")


def raw(answer: str) -> Sample:
    return Sample(answer=answer, kind="raw", maker="raw")


def filtered(answers: list[str], lessons: list[Sample]) -> set[int]:
    return set(leaks.leaking(leaks.Wanted(answers), (piece for lesson in lessons for piece in leaks.texts(lesson))))


def guarded(answers: list[str], lessons: list[Sample]) -> set[int]:
    ids = {probe(answer).id: place for place, answer in enumerate(answers)}
    return {ids[leak.probe] for leak in Guard([Probe(probe(answer).id, answer) for answer in answers]).search(lessons).leaks}


Find = Callable[[list[str], list[Sample]], set[int]]
FINDERS = pytest.mark.parametrize("find", [filtered, guarded])


def reindented(code: str) -> str:
    return re.sub(r"^ *", lambda found: "\t" * (1 + len(found.group()) // 4), code, flags=re.MULTILINE).replace(" ", "  ")


def renamed(code: str, choose: random.Random) -> str:
    names = [name for name in re.findall(r"[A-Za-z_]\w*", code) if name not in ("for", "in", "if", "else", "not", "pass", "def", "return")]
    return re.sub(rf"\b{choose.choice(names)}\b", f"other_{choose.randrange(999)}", code)


def statements(seeds: range) -> list[str]:
    """Statements of one line and of several, of six words at least."""
    found = []
    for seed in seeds:
        lines = odd(seed).rstrip("\n").split("\n")[1:]
        choose = random.Random(seed)
        start = choose.randrange(len(lines))
        piece = "\n".join(lines[start : start + choose.randrange(1, 5)]).strip()
        if len(re.findall(r"\w+", piece)) >= leaks.RENAMED:
            found.append(piece)
    return found


@FINDERS
@pytest.mark.parametrize("how", ["exact", "reindented", "renamed"])
def test_planted_leaks_are_found(find: Find, how: str) -> None:
    answers = statements(range(50_000_000, 50_000_400))
    choose = random.Random(how)
    lessons = [raw("\n".join(odd(10 * seed + part) for part in range(5))) for seed in range(100)]
    chance = find(answers, lessons)
    answers = [answer for place, answer in enumerate(answers) if place not in chance]
    assert len(chance) < 5
    planted = sorted(choose.sample(range(len(answers)), 10))
    changes: dict[str, Callable[[str], str]] = {"exact": str, "reindented": reindented, "renamed": lambda code: renamed(code, choose)}
    for lesson, place in enumerate(planted):
        before, after = text(2000 + place, 1), text(3000 + place, 1)
        lessons[lesson] = raw(f"{before}\n    {changes[how](answers[place])}\n{after}")
    found = find(answers, lessons)
    assert found >= set(planted)
    assert len(found) <= len(planted) + 1


def test_of_very_many_planted_leaks_99_in_a_hundred_are_found_by_both() -> None:
    answers = statements(range(60_000, 60_600))
    choose = random.Random(5)
    ways = (str, reindented, lambda code: renamed(code, choose))
    lessons = [raw(f"x_{place} = 1\n    {ways[place % 3](answer)}\nrest") for place, answer in enumerate(answers)]
    for find in (filtered, guarded):
        assert len(find(answers, lessons)) >= 0.99 * len(answers)


def test_filter_and_guard_agree_on_texts_that_are_more_or_less_alike() -> None:
    choose = random.Random(7)
    answers, lessons = statements(range(70_000, 70_300)), []
    for answer in answers:
        words = re.split(r"(\W+)", answer)
        for _ in range(choose.randrange(0, 1 + len(words) // 6)):
            words[2 * choose.randrange(len(words) // 2)] = choose.choice(THINGS)
        lessons.append(raw(f"{choose.choice(THINGS)} {''.join(words)} {choose.choice(THINGS)}"))
    ours, theirs = filtered(answers, lessons), guarded(answers, lessons)
    assert ours == theirs
    assert 0.1 < len(ours) / len(answers) < 0.9


@FINDERS
def test_a_leak_is_found_in_every_part_that_a_model_sees(find: Find) -> None:
    answer = "total = basket.sum_of(parcel.weight, voucher.discount)"
    around = f"before\n{answer}\nafter"
    hole = Hole(path="a.py", prefix="before\ntotal = basket.sum_of(par", suffix=".discount)\nafter")
    lessons = [
        raw(around),
        Sample(prompt=hole, answer="cel.weight, voucher", kind="fim", maker="fim"),
        Sample(
            prompt=Hole(path="a.py", prefix="x", suffix="y", files=(File(path="b.py", text=around),)), answer="z", kind="fim", maker="fim"
        ),
        Sample(prompt=Hole(path="a.py", prefix=around, suffix=""), answer="", kind="fim", maker="fim"),
        Sample(prompt=(Message(role="user", content=around),), answer="yes", kind="write", maker="write"),
        Sample(prompt=(Message(role="user", content="?"),), answer=around, kind="explain", maker="explain"),
        Sample(prompt=(Message(role="user", content="?"),), rejected=around, kind="contrast", maker="contrast"),
    ]
    for lesson in lessons:
        assert find([answer], [lesson]) == {0}, lesson.kind
    unseen = Sample(
        prompt=(Message(role="user", content="?"),), answer="yes", kind="qa", maker="qa", files=(File(path="t.py", text=around),)
    )
    assert find([answer], [unseen]) == set()


@FINDERS
def test_a_short_probe_is_found_by_its_words_in_a_row(find: Find) -> None:
    lessons = [raw("x = 1\nrender_created_comment( comment )\n")]
    assert find(["render_created_comment(@comment)"], lessons) == {0}
    assert find(["render_created_comment(@story)"], lessons) == set()
    assert find(["?!?!?!?!?!?!?!?!?!?!?!?"], lessons) == set()
    assert find(["?!?!?!?!?!?!?!?!?!?!?!?"], [raw("a ?!?!?!?!?!?!?!?!?!?!?!? b")]) == {0}


@FINDERS
def test_half_of_a_probe_is_no_leak_where_it_is_less_than_ten_words_in_a_row(find: Find) -> None:
    words = [f"w{number}" for number in range(18)]
    assert find([" ".join(words)], [raw(" ".join(words[9:])), raw(" ".join(words[:9]))]) == set()
    assert find([" ".join(words)], [raw(" ".join(words[8:]))]) == {0}


@FINDERS
def test_a_probe_with_all_its_names_changed_is_found_by_its_syntax(find: Find) -> None:
    answers = [odd(seed).partition("\n")[2].strip() for seed in range(300, 340)]
    lessons = [raw(f"x = 1\n{renamed_throughout(answer, place)}\nrest()") for place, answer in enumerate(answers)]
    found = find(answers, lessons)
    assert len(found) >= 0.95 * len(answers)
    assert find(answers, [raw(odd(seed)) for seed in range(400, 500)]) == set()


@FINDERS
def test_words_of_neighbouring_texts_do_not_add_up(find: Find) -> None:
    answer = "one two three four five six seven eight nine ten"
    assert find([answer], [raw("x one two three four five"), raw("six seven eight nine ten y")]) == set()


def test_words_that_repeat_are_counted_once() -> None:
    answers = ["[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3]", "a b a b a b a b a b a b c d"]
    lessons = [raw("0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9"), raw("b a b a b a b a b a b c")]
    assert filtered(answers, lessons) == guarded(answers, lessons)
