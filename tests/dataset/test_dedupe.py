import random

from idiolect.dataset import dedupe, shingles
from tests.dataset.corpus import document, text


def edited(data: str, changes: int, seed: int) -> str:
    choose = random.Random(seed)
    lines = data.split("\n")
    for number in choose.sample(range(len(lines)), changes):
        lines[number] += f"  # note {seed} {number}"
    return "\n".join(lines)


def test_line_ends_and_trailing_space_make_no_difference_but_indentation_does() -> None:
    assert dedupe.exact_key(b"\na = 1  \r\nb\r\n\r\n") == dedupe.exact_key(b"a = 1\nb")
    assert dedupe.exact_key(b"a\n b") != dedupe.exact_key(b"a\nb")


def test_the_newest_of_equal_files_is_kept_and_the_others_name_it() -> None:
    files = [document("old.py", text(1), time=1), document("new.py", text(1) + " \r\n", time=2), document("else.py", text(2))]
    found = dedupe.dedupe(files)
    assert [one.path for one in found.kept] == ["new.py", "else.py"]
    assert [(one.reason, one.what, one.detail) for one in found.dropped] == [("duplicate", "old.py", "of shop/new.py")]
    assert found.edges == [(("shop", "old.py"), ("shop", "new.py"))]


def test_a_team_file_is_kept_rather_than_a_newer_public_one() -> None:
    files = [document("a.py", text(1), "other", time=9, role="public"), document("a.py", text(1), time=1)]
    assert [one.source for one in dedupe.dedupe(files).kept] == ["shop"]


def test_near_duplicates_are_dropped_and_related_files_are_kept_with_an_edge() -> None:
    original = text(1, 12)
    near, related = edited(original, 5, seed=1), edited(original, 17, seed=2)
    rows = shingles.shingles(shingles.tokens([original.encode(), near.encode(), related.encode()]))
    assert shingles.jaccard(rows.row(0), rows.row(1)) > 0.8
    assert 0.6 < shingles.jaccard(rows.row(0), rows.row(2)) < 0.7
    found = dedupe.dedupe([document("a.py", original, time=3), document("b.py", near, time=1), document("c.py", related, time=2)])
    assert [one.path for one in found.kept] == ["a.py", "c.py"]
    assert [(one.reason, one.what) for one in found.dropped] == [("near-duplicate", "b.py")]
    assert (("shop", "a.py"), ("shop", "b.py")) in found.edges
    assert (("shop", "a.py"), ("shop", "c.py")) in found.edges


def test_nothing_is_dropped_through_a_chain() -> None:
    """b is near a and near c, but a and c are not near each other: only b goes."""
    words = [f"w{number}" for number in range(1000)]
    a, b, c = words[0:800], words[100:900], words[200:1000]
    files = [document(name, " ".join(part), time=time) for name, part, time in (("a", a, 3), ("b", b, 2), ("c", c, 1))]
    assert [one.path for one in dedupe.dedupe(files).kept] == ["a", "c"]


def test_every_pair_over_085_is_found_and_no_pair_below_07_is_called_near() -> None:
    texts = []
    for seed in range(60):
        original = text(seed, 10)
        texts += [original.encode(), edited(original, 2 + seed % 25, seed).encode()]
    rows = shingles.shingles(shingles.tokens(texts))
    found = {(pair.first, pair.second) for pair in dedupe.near_pairs(texts, dedupe.NEAR)}
    for first in range(len(texts)):
        for second in range(first + 1, len(texts)):
            exact = shingles.jaccard(rows.row(first), rows.row(second))
            assert exact < 0.85 or (first, second) in found
            assert exact >= 0.7 or (first, second) not in found
    assert 20 < len(found) < 60


def test_texts_without_words_are_near_nothing() -> None:
    assert dedupe.near_pairs([b"", b"{}", b"()", b"..."], 0.7) == []
