import re

import numpy as np

from idiolect.dataset.duplicates import shingles
from tests.dataset.corpus import text


def test_equal_words_have_equal_hashes_wherever_they_stand_and_different_words_have_others() -> None:
    texts = [text(seed).encode() for seed in range(20)] + [b"", b" - ", "Grüße an café_1".encode()]
    rows = shingles.tokens(texts)
    known: dict[bytes, int] = {}
    for place, data in enumerate(texts):
        words = re.findall(rb"[A-Za-z0-9_]+", data)
        for word, hashed in zip(words, rows.row(place).tolist(), strict=True):
            assert known.setdefault(word, hashed) == hashed
    assert len(set(known.values())) == len(known) > 300


def test_a_batch_border_changes_nothing() -> None:
    texts = [text(seed, 40).encode() for seed in range(4)]
    big = b"\n".join(texts) * 75
    alone = [shingles.tokens([data]).row(0) for data in (big, texts[0])]
    together = shingles.tokens([big, texts[0]])
    assert all(np.array_equal(alone[place], together.row(place)) for place in range(2))


def test_shingles_do_not_run_over_the_end_of_a_text() -> None:
    rows = shingles.shingles(shingles.tokens([b"a b c d e f", b"g h i j k", b"a b c", b"", b"a b c d e"]))
    assert np.diff(rows.offsets).tolist() == [2, 1, 1, 0, 1]
    assert rows.row(0)[0] == rows.row(4)[0]
    assert rows.row(2)[0] not in rows.hashes[:3]


def test_jaccard_counts_shingles_as_sets() -> None:
    rows = shingles.shingles(shingles.tokens([b"a b c d e f", b"a b c d e g", b"", b"a b c d e f a b c d e f"]))
    assert shingles.jaccard(rows.row(0), rows.row(1)) == 1 / 3
    assert shingles.jaccard(rows.row(2), rows.row(2)) == 0
    assert shingles.jaccard(rows.row(0), rows.row(3)) == 2 / 6


def test_grams_are_equal_exactly_where_the_bytes_are() -> None:
    hashes = shingles.grams(b"abcabcabd", 3)
    assert hashes[0] == hashes[3] != hashes[6]
    assert len(hashes) == 7
    assert len(shingles.grams(b"ab", 3)) == 0
