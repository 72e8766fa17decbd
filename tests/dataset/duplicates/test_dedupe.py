import itertools
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from idiolect.dataset.duplicates import dedupe, shingles
from idiolect.dataset.duplicates.dedupe import Standing
from idiolect.types import Document
from tests.dataset.corpus import document, text

ROOT = Path(__file__).parents[3]


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
    assert [set(edge) for edge in found.edges] == [{("shop", "old.py"), ("shop", "new.py")}]


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
    assert [{path for _, path in edge} for edge in found.edges] == [{"a.py", "c.py"}, {"a.py", "b.py"}]


def test_a_legacy_file_stays_beside_one_of_todays_that_is_nearly_the_same_and_leaves_where_it_is_the_same() -> None:
    """What differs between the two is what a migration is made of."""
    original = text(1, 12)
    near = edited(original, 5, seed=1)
    old = [document("a.py", near, "old", role="legacy"), document("b.py", text(2, 12), "old", role="legacy")]
    found = dedupe.dedupe([document("a.py", original), document("b.py", text(2, 12)), *old])
    assert [(one.source, one.path) for one in found.kept] == [("shop", "a.py"), ("shop", "b.py"), ("old", "a.py")]
    assert [(one.reason, one.source, one.what) for one in found.dropped] == [("duplicate", "old", "b.py")]
    assert {frozenset(edge) for edge in found.edges} == {frozenset({("shop", path), ("old", path)}) for path in ("a.py", "b.py")}
    again = dedupe.dedupe([*old, document("c.py", edited(near, 2, seed=2), "older", role="legacy")])
    assert [one.reason for one in again.dropped] == ["near-duplicate"]


def test_nothing_is_dropped_through_a_chain() -> None:
    """b is near a and near c, but a and c are not near each other: only b goes."""
    words = [f"w{number}" for number in range(1000)]
    a, b, c = words[0:800], words[100:900], words[200:1000]
    files = [document(name, " ".join(part), time=time) for name, part, time in (("a", a, 3), ("b", b, 2), ("c", c, 1))]
    assert [one.path for one in dedupe.dedupe(files).kept] == ["a", "c"]


def test_what_is_dropped_still_ties_its_relatives_to_what_is_kept() -> None:
    """b is near a and goes; c is a relative of b, but not of a."""
    words = [f"w{number}" for number in range(1100)]
    parts = (("a", words[0:800], 3), ("b", words[100:900], 2), ("c", words[280:1080], 1))
    found = dedupe.dedupe([document(name, " ".join(part), time=time) for name, part, time in parts])
    assert [one.path for one in found.kept] == ["a", "c"]
    assert {frozenset(path for _, path in edge) for edge in found.edges} == {frozenset("ab"), frozenset("bc")}


BETTER: dict[str, tuple[Document, Document]] = {
    "as it stood at the cut": (
        document("a.py", text(1), time=1),
        Document("shop", "team", "d" * 40, "b.py", "python", text(1).encode(), 9),
    ),
    "the team's own": (document("a.py", text(1), time=1), document("b.py", text(1), "other", time=9, role="public")),
    "not of a fork": (document("a.py", text(1), time=1), document("b.py", text(1), "copy", time=9)),
    "newer": (document("a.py", text(1), time=9), document("b.py", text(1), time=1)),
    "tested": (document("z/cart.py", text(1)), document("b.py", text(1))),
    "first by path": (document("a.py", text(1)), document("b.py", text(1))),
}


@pytest.mark.parametrize("why", BETTER)
@pytest.mark.parametrize("change", ["", "# one more line\n"], ids=["equal", "near"])
def test_the_better_of_two_duplicates_is_kept(why: str, change: str) -> None:
    better, worse = BETTER[why]
    worse = Document(**{**vars(worse), "data": worse.data + change.encode()})
    others = [document("z/test_cart.py", text(5)), document("z.py", text(6), "copy")]
    for order in itertools.permutations([better, worse, *others]):
        found = dedupe.dedupe(order, Standing({"shop": "c" * 40}, {"copy"}))
        assert found.kept == [one for one in order if one is not worse]


def test_of_a_crowd_of_near_duplicates_one_is_left_whatever_their_order() -> None:
    """More than are compared with one another pair by pair, the best one in the middle."""
    files = [document(f"file_{number}.py", edited(text(1, 12), 2, number), time=-abs(number - 70)) for number in range(140)]
    for order in (files, files[::-1], random.Random(3).sample(files, len(files))):
        found = dedupe.dedupe(order)
        assert [one.path for one in found.kept] == ["file_70.py"]
        assert len(found.dropped) == 139


def test_the_same_files_give_the_same_result_whatever_the_order_of_input() -> None:
    files = [document(f"file_{n}.py", edited(text(n % 40, 8), n % 30, n), ("shop", "other")[n % 2], time=n % 7) for n in range(160)]
    results = []
    for seed in range(4):
        found = dedupe.dedupe(random.Random(seed).sample(files, len(files)))
        rows = sorted(f"{one.source} {one.what} {one.reason} {one.detail}" for one in found.dropped)
        results.append((sorted(one.path for one in found.kept), rows, sorted(map(sorted, found.edges))))
    assert all(result == results[0] for result in results)
    assert 40 < len(results[0][0]) < 160


SCRIPT = """
import json, sys, time
from idiolect.dataset.duplicates import dedupe
from tests.dataset.corpus import document, text
files = [document(f"{n}.py", text(n % 30, 6) + f"# {n % 45}", time=n % 7) for n in range(90)]
found = dedupe.dedupe(files)
print(json.dumps([[one.path for one in found.kept], [[one.what, one.detail] for one in found.dropped], found.edges]))
"""


def test_hash_seed_locale_and_time_zone_change_nothing() -> None:
    results = []
    for number, (zone, locale) in enumerate((("UTC", "C"), ("Pacific/Kiritimati", "tr_TR.UTF-8"))):
        environment = {**os.environ, "PYTHONHASHSEED": str(number), "TZ": zone, "LC_ALL": locale, "PYTHONPATH": f"{ROOT}/src:{ROOT}"}
        done = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, check=True, cwd=ROOT)
        results.append(json.loads(done.stdout))
    assert results[0] == results[1]
    assert len(results[0][0]) == 30
