"""What overlaps is found by its words or its syntax; what merely looks alike is not."""

import random
import re

import pytest

from idiolect.dataset.contamination import Wanted
from idiolect.dataset.duplicates import shingles
from tests.dataset.corpus import THINGS, VERBS, function, text

SEEDS = range(90_000, 90_040)


def hits(wanted: list[str], texts: list[str], groups: list[int] | None = None) -> set[tuple[int, int, str]]:
    found = Wanted([one.encode() for one in wanted], groups or ()).search([one.encode() for one in texts])
    return {(one.text, one.wanted, one.how) for one in found}


def odd(seed: int) -> str:
    """A Python function whose very syntax depends on the seed."""
    choose = random.Random(seed)
    names = [f"{verb}_{thing}" for verb in VERBS for thing in THINGS]

    def value(depth: int) -> str:
        if depth == 0:
            return choose.choice([*names, str(choose.randrange(90))])
        shapes = ("{} + {}", "{}({}, {})", "{}[{}]", "[{} for item in {}]", "{}.weight({})", "not {}", "({} - {}) * {}", "{} if {} else {}")
        shape = choose.choice(shapes)
        return shape.format(*(value(depth - 1) for _ in range(shape.count("{}"))))

    lines = [choose.choice(("{} = {}", "{} += {}", "return {1}", "if {1}: {0} = {0}", "for {0} in {1}: pass")) for _ in range(9)]
    return "def f(parcel, basket):\n" + "".join(f"    {line.format(choose.choice(names), value(2))}\n" for line in lines)


def renamed(code: str, seed: int) -> str:
    names: dict[str, str] = {}
    choose = random.Random(seed)
    keep = {"for", "in", "if", "else", "not", "pass", "def", "return"}
    return re.sub(r"[A-Za-z_]\w*", lambda one: one[0] if one[0] in keep else names.setdefault(one[0], f"n{choose.randrange(10**9)}"), code)


def test_a_copy_is_found_by_its_words_wherever_it_stands() -> None:
    wanted = [function(seed) for seed in SEEDS]
    texts = [f"{text(seed)}\n\n{function(seed)}\n{text(seed + 1)}" for seed in SEEDS]
    found = hits(wanted, texts)
    assert {(place, place, "words") for place in range(len(wanted))} <= found
    assert all(one == place for place, one, how in found if how == "words")


def test_a_copy_with_other_names_is_found_by_its_syntax_only() -> None:
    wanted = [odd(seed) for seed in SEEDS]
    found = hits(wanted, [f"import os\n\n\n{renamed(one, place)}\n\nclass A: pass" for place, one in enumerate(wanted)])
    assert found <= {(place, place, "syntax") for place in range(len(wanted))}
    assert len(found) >= 0.95 * len(wanted)


def test_code_of_the_same_house_that_is_no_copy_is_not_found() -> None:
    found = hits([odd(seed) for seed in SEEDS], [odd(seed) for seed in range(400)])
    assert "syntax" not in {how for _, _, how in found}
    assert len(found) < 3


def test_nine_words_are_too_few_and_so_are_ten_that_hardly_vary() -> None:
    assert hits(["one two three four five six seven eight nine"], ["one two three four five six seven eight nine"]) == set()
    assert hits(["one two three four five six seven eight nine ten"], ["x one two three, four. five six seven eight nine (ten)"])
    assert hits(["1 2 3 4 5 6 7 8 9 10 11 12"], ["1 2 3 4 5 6 7 8 9 10 11 12"]) == set()
    assert hits(["a b a b a b a b a b a b"], ["a b a b a b a b a b a b"]) == set()


def test_the_words_of_two_texts_do_not_add_up() -> None:
    assert hits(["one two three four five six seven eight nine ten"], ["one two three four five", "six seven eight nine ten"]) == set()


def test_what_many_texts_of_a_group_begin_with_is_a_template_and_no_content() -> None:
    head = "you are an expert in this language and here is your task for today"
    wanted = [f"{head}\n{function(seed)}" for seed in range(91_000, 91_060)]
    assert hits(wanted, [f"# {head}"], [0] * 60) == set()
    assert len(hits(wanted, [f"# {head}"])) == 60
    assert (0, 7, "words") in hits(wanted, [function(91_007)], [0] * 60)


@pytest.mark.parametrize("length", [30, 60, 200])
def test_a_near_duplicate_shares_ten_words_in_a_row(length: int) -> None:
    """Why a Jaccard of 0.5 needs no search of its own: no change of single words leaves it and breaks every run of ten."""
    choose = random.Random(length)
    words = [f"w{number}" for number in range(length)]
    near = 0
    for _ in range(150):
        other = list(words)
        for place in choose.sample(range(length), choose.randrange(length // 6)):
            other[place] = "changed"
        rows = shingles.of([" ".join(words).encode(), " ".join(other).encode()])
        if shingles.jaccard(rows.row(0), rows.row(1)) >= 0.5:
            near += 1
            assert hits([" ".join(words)], [" ".join(other)])
    assert near > 30
