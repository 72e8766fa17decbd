from __future__ import annotations

from pathlib import Path

import pytest

from idiolect import sources
from idiolect.recipe import Source
from idiolect.sources import branches, rules
from idiolect.sources.commits import Planned
from idiolect.types import Dropped
from tests import repositories

MESSAGE = "Merge pull request #7 from ada/fees\n\nCharge for islands\n\nThe courier asks for it."
SECOND = {"shop/fees.py": b"def fee(parcel):\n    return 2\n"}


def merged(folder: Path, message: str, *authors: str) -> Planned | Dropped:
    """What becomes of a branch with a commit of each author, merged with a message."""
    repository = repositories.made(folder / "shop")
    repositories.git(repository, "checkout", "-q", "-b", "fees")
    for number, author in enumerate(authors):
        files = {f"shop/part_{number}.py": b"def part(parcel):\n    return parcel\n"}
        repositories.commit(repository, files, f"Part {number} of it", author=author, time=1_700_000_100 + number)
    repositories.git(repository, "checkout", "-q", "main")
    repositories.commit(repository, SECOND, "Something else", time=1_700_000_200)
    repositories.git(repository, "merge", "-q", "--no-ff", "-m", message, "fees")
    opened = sources.opened(repository, folder / "cache")
    told = rules.of(Source(path=str(repository), name="shop", licence="MIT"), opened, opened.head)
    (found,) = branches.planned(told, opened, opened.commits())
    return found


def test_a_branch_of_several_commits_is_one_change_that_says_what_its_request_says(tmp_path: Path) -> None:
    found = merged(tmp_path, MESSAGE, "Ada", "Ada")
    assert isinstance(found, Planned)
    assert (found.change.subject, found.change.body, found.change.pull) == ("Charge for islands", "The courier asks for it.", "#7")
    assert [(side.path, side.old) for side in found.sides] == [("shop/part_0.py", ""), ("shop/part_1.py", "")], (
        "not what main did meanwhile"
    )


@pytest.mark.parametrize(
    ("message", "authors", "why"),
    [
        (MESSAGE, ("Ada",), "one commit"),
        (MESSAGE, ("Ada", "Grace"), "several authors"),
        ("Merge branch 'fees'", ("Ada", "Ada"), "no title"),
        ("Merge branch 'fees'\n\nConflicts:\n\tshop/fees.py", ("Ada", "Ada"), "no title"),
    ],
)
def test_other_merges_are_counted_reasons(tmp_path: Path, message: str, authors: tuple[str, ...], why: str) -> None:
    found = merged(tmp_path, message, *authors)
    assert isinstance(found, Dropped) and found.reason == why


def test_a_merge_with_a_subject_of_its_own_is_asked_for_by_that(tmp_path: Path) -> None:
    found = merged(tmp_path, "Charge for islands (#7)", "Ada", "Ada")
    assert isinstance(found, Planned) and found.change.subject == "Charge for islands (#7)"
