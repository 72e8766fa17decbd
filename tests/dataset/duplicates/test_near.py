"""What is found, what is missed, and that it is the same however the work is spread."""

import random
from itertools import combinations
from multiprocessing import get_context

import numpy as np

from idiolect.dataset.duplicates import near, shingles
from tests.dataset.corpus import text
from tests.dataset.duplicates.test_dedupe import edited


def family(seeds: range) -> list[bytes]:
    """Texts two by two, more or less alike."""
    return [data.encode() for seed in seeds for data in (text(seed, 10), edited(text(seed, 10), 2 + seed % 25, seed))]


def test_every_pair_over_085_is_found_and_no_pair_below_07_is_called_near() -> None:
    texts = family(range(60))
    rows = shingles.of(texts)
    found = {(pair.first, pair.second): pair.jaccard for pair in near.near_pairs(texts, 0.7)}
    for first, second in combinations(range(len(texts)), 2):
        exact = shingles.jaccard(rows.row(first), rows.row(second))
        assert exact < 0.85 or (first, second) in found
        assert exact >= 0.7 or (first, second) not in found
        assert found.get((first, second), exact) == exact
    assert 20 < len(found) < 60


def test_nine_in_ten_of_the_pairs_right_above_the_threshold_are_found() -> None:
    """By the bands' own arithmetic it is 0.84 at 0.7 and 0.97 at 0.76."""
    choose = random.Random(4)
    texts, exact = [], 0
    for seed in range(300):
        words = [f"w{seed}_{number}" for number in range(400)]
        other = list(words)
        for place in range(10, 400, 400 // choose.randrange(11, 14)):
            other[place] = "x"
        texts += [" ".join(words).encode(), " ".join(other).encode()]
    rows = shingles.of(texts)
    exact = sum(shingles.jaccard(rows.row(place), rows.row(place + 1)) >= 0.7 for place in range(0, len(texts), 2))
    found = near.near_pairs(texts, 0.7)
    assert exact > 150
    assert 0.85 * exact <= len(found) <= exact


def test_texts_without_words_are_near_nothing() -> None:
    assert near.near_pairs([b"", b"{}", b"()", b"..."], 0.7) == []
    assert near.near_pairs([], 0.7) == []
    assert near.near_pairs([b"a b c d e f"], 0.7) == []


def test_in_a_crowd_everybody_is_compared_with_the_first() -> None:
    texts = [b" ".join([b"a b c d e f g h i j k l m n o p"] * 3)] * 200
    pairs = near.candidates(near.bands(texts, near.FINE))
    assert {0} | set(pairs[pairs[:, 0] == 0][:, 1].tolist()) == set(range(200))
    assert len(pairs) < 200 * (near.CROWD + 1)


def keys(texts: list[bytes]) -> "np.ndarray[tuple[int, int], np.dtype[np.uint64]]":
    return near.bands(texts, near.FINE)


def test_shards_on_several_processes_give_what_one_process_gives() -> None:
    texts = family(range(40))
    whole = near.bands(texts, near.FINE)
    with get_context("spawn").Pool(2) as pool:
        parts = pool.map(keys, [texts[start : start + 7] for start in range(0, len(texts), 7)])
    assert np.array_equal(np.concatenate(parts), whole)
    pairs = near.candidates(whole)
    found = list(near.verified(texts, pairs, 0.7))
    assert [pair for start in range(0, len(pairs), 5) for pair in near.verified(texts, pairs[start : start + 5], 0.7)] == found
    assert [(pair.first, pair.second) for pair in found] == sorted((pair.first, pair.second) for pair in found)


def test_a_pair_that_is_not_needed_is_not_compared() -> None:
    texts = family(range(10))
    pairs = near.candidates(near.bands(texts, near.FINE))
    asked: list[tuple[int, int]] = []

    def never(first: int, second: int) -> bool:
        asked.append((first, second))
        return False

    assert list(near.verified(texts, pairs, 0.7, never)) == []
    assert asked == [tuple(pair) for pair in pairs.tolist()]
