import random
import re

import numpy as np

from idiolect.dataset.duplicates import patterns
from tests.dataset.corpus import function, text

CODE = """def weigh(parcel, basket):
    total = basket.limit - 12
    for item in parcel.items:
        if item.weight > total:
            return basket.refuse(item, total)
    return parcel.accept(basket)
"""


def found(*texts: str) -> list[list[int]]:
    rows = patterns.of(text.encode() for text in texts)
    return [rows.row(place).tolist() for place in range(len(rows))]


def renamed(code: str) -> str:
    for number, name in enumerate(("weigh", "parcel", "basket", "total", "limit", "item", "items", "weight", "refuse", "accept")):
        code = re.sub(rf"\b{name}\b", f"other_{number}", code)
    return code


def test_a_copy_with_other_names_numbers_layout_and_comments_has_the_same_patterns() -> None:
    other = renamed(CODE).replace("12", "4000").replace("    for", "    # go on\n    for").replace("    ", "\t")
    first, second = found(CODE, other)
    assert first == second
    assert len(first) > 20


def test_one_name_put_in_the_place_of_another_is_another_pattern() -> None:
    first, second = found(CODE, CODE.replace("item, total", "total, item"))
    assert first != second
    assert set(first) & set(second)


def test_keywords_and_signs_count() -> None:
    assert set(found(CODE)[0]) != set(found(CODE.replace("for", "while"))[0])
    assert set(found(CODE)[0]) != set(found(CODE.replace(">", "<"))[0])


def test_tables_of_numbers_and_words_are_no_patterns() -> None:
    assert found("[" + "1, 2, 3, " * 30 + "]", "'a', 'b', 'c', " * 30) == [[], []]


def test_a_batch_gives_each_text_what_it_has_alone() -> None:
    texts = [text(seed) for seed in range(12)]
    random.Random(1).shuffle(texts)
    mixed = ["", "x", *texts[:6], "a = b", *texts[6:], "\n", function(3)]
    assert found(*mixed) == [found(one)[0] for one in mixed]
    assert patterns.of([]).offsets.tolist() == [0]
    assert np.diff(patterns.of([b"a b c"]).offsets).tolist() == [0]
