"""Which pull request a commit came by, what was said of it, and which commits are follow-ups.

Threads from end to end: tests/dataset/test_reviewed_shop.py.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from idiolect import sources
from idiolect.recipe import Source
from idiolect.sources import reviews, rules
from idiolect.sources.commits import Planned
from idiolect.sources.forge import Comment, Forge, Issue, Pull, Where
from idiolect.sources.gitlog import Commit, Touch
from idiolect.sources.reviews import Joined
from idiolect.types import Change, Dropped
from tests.repositories import commit as committed
from tests.repositories import git, made

WHERE = Where("a.json", 1, 2, 5, "a-9")


def commit(name: str, *parents: str, subject: str = "Count", body: str = "", time: int = 10, paths: tuple[str, ...] = ("a.py",)) -> Commit:
    touches = tuple(Touch("M", f"{path}0", f"{path}1", path, path) for path in paths)
    return Commit(name, parents, "Ada", "ada@example.org", time, time, subject, body, touches)


def change(one: Commit) -> Change:
    return Change("shop", "team", one.id, one.time, "a-1", one.subject, one.body, ())


def pull(number: str, *merges: str, approved: bool = False, text: str = "") -> Pull:
    return Pull(number, "Weigh parcels", text, merges, approved, WHERE)


def forge(*pulls: Pull, issues: tuple[Issue, ...] = (), comments: tuple[Comment, ...] = ()) -> Forge:
    return Forge({one.number: one for one in pulls}, {one.number: one for one in issues}, list(comments))


def comment(number: str = "#7", path: str = "b.py", at: str = "x") -> Comment:
    return Comment(number, path, 1, 1, at, "", "Please mend this line", WHERE)


MERGED = (
    commit("m2", "m1", subject="Later"),
    commit("m1", "m0", "x2", subject="Merge pull request #7 from ada/x", time=9),
    commit("x2", "x1", subject="Second", time=8, paths=("b.py",)),
    commit("x1", "m0", subject="First", time=7, paths=("a.py", "c.py")),
    commit("m0", subject="Begin", time=1),
)
"""Children before parents."""


def test_the_commits_of_a_branch_came_by_the_pull_request_that_merged_it() -> None:
    joined = Joined(forge(pull("#7")), MERGED)
    assert joined.pulls == {"x2": "#7", "x1": "#7"}
    assert {number: end.commit.id for number, end in joined.ends.items()} == {"#7": "x2"}


def test_a_squash_is_known_by_its_subject_or_by_what_the_forge_says() -> None:
    log = (commit("c2", "c1", subject="Weigh (#8)"), commit("c1", "c0", subject="Count"), commit("c0", subject="Begin"))
    joined = Joined(forge(pull("#8"), pull("#9", "c1")), log)
    assert joined.pulls == {"c2": "#8", "c1": "#9"}
    assert joined.ends["#9"].commit.id == "c1"


def test_the_words_of_a_pull_request_belong_to_a_commit_that_is_all_of_it() -> None:
    joined = Joined(forge(pull("#7")), MERGED)
    assert joined.told(change(MERGED[2])).said == ()
    alone = (MERGED[0], MERGED[1], replace(MERGED[2], parents=("m0",)), MERGED[4])
    told = Joined(forge(pull("#7")), alone).told(change(MERGED[2]))
    assert [(one.form, one.title, one.origin) for one in told.said] == [("pull", "Weigh parcels", ("a.json", 1, 2))]
    assert told.pull == "#7"


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("Fixes #5", True), ("closes: #5.", True), ("Resolved o/shop#5", True), ("fix https://forge.example/o/shop/issues/5", True),
        ("See #5", False), ("Fixes #55", False), ("prefix #5", False), ("Fixes five", False),
    ],
)  # fmt: skip
def test_an_issue_belongs_to_the_commit_that_closes_it(body: str, found: bool) -> None:
    log = (commit("c1", "c0", body=body), commit("c0"))
    issue = Issue("#5", "It fails", "Often", WHERE)
    assert [one.number for one in Joined(forge(issues=(issue,)), log).told(change(log[0])).said] == ["#5"] * found
    later = issue._replace(where=WHERE._replace(time=11))
    assert Joined(forge(issues=(later,)), log).told(change(log[0])).said == ()


def test_files_that_a_review_let_pass_are_those_without_a_comment_that_nobody_touched_again() -> None:
    joined = Joined(forge(pull("#7"), comments=(comment(),)), MERGED)
    assert joined.told(change(MERGED[3])).passed == ("a.py", "c.py")
    assert joined.told(change(MERGED[2])).passed == ()
    assert Joined(forge(pull("#7")), MERGED).told(change(MERGED[3])).passed == ()
    assert Joined(forge(pull("#7", approved=True)), MERGED).told(change(MERGED[2])).passed == ("b.py",)


def test_without_a_forge_nothing_is_said() -> None:
    one = change(MERGED[3])
    assert Joined(Forge(), MERGED).told(one) is one


@pytest.fixture
def shop(tmp_path: Path) -> tuple[Path, Path]:
    return made(tmp_path / "shop", {"a.py": b"a = 1\n"}), tmp_path / "cache"


def plans(shop: tuple[Path, Path]) -> list[Planned]:
    repository = sources.opened(*shop)
    told = rules.of(Source(path="x", name="shop"), repository, repository.head)
    return list(reviews.followups(repository.commits(), told, repository.key))


def test_somebody_else_who_changes_the_same_file_soon_follows_up(shop: tuple[Path, Path]) -> None:
    first = committed(shop[0], {"a.py": b"a = 2\n"}, "Count", author="Bob", time=1_700_000_100)
    second = committed(shop[0], {"a.py": b"a = 3\n"}, "Count from three", author="Cleo", time=1_700_000_200)
    (one,) = plans(shop)
    assert (one.change.commit, one.change.parent, [side.path for side in one.sides]) == (second, first, ["a.py", "a.py"])
    assert one.sides[0].new == one.sides[1].old


@pytest.mark.parametrize(
    ("message", "author", "after", "path", "count"),
    [
        ("Count from three", "Bob", 100, "a.py", 0), ("Address review comments", "Bob", 100, "a.py", 1),
        ("fixup! Count", "Bob", 100, "a.py", 1),
        ("Count from three", "Cleo", reviews.SOON + 1, "a.py", 0), ("Count from three", "Cleo", 100, "b.py", 0),
        ("Bump a from 1 to 2", "dependabot[bot]", 100, "a.py", 0),
    ],
    ids=["same author", "answers", "fixup", "late", "other file", "bot"],
)  # fmt: skip
def test_what_is_a_follow_up(shop: tuple[Path, Path], message: str, author: str, after: int, path: str, count: int) -> None:
    committed(shop[0], {"a.py": b"a = 2\n"}, "Count", author="Bob", time=1_700_000_100)
    committed(shop[0], {path: b"a = 3\n"}, message, author=author, time=1_700_000_100 + after)
    assert len(plans(shop)) == count


def test_of_a_follow_up_the_tests_stay_out_where_there_is_code(shop: tuple[Path, Path]) -> None:
    committed(shop[0], {"a.py": b"a = 2\n", "tests/test_a.py": b"assert 2\n"}, "Count", author="Bob")
    committed(shop[0], {"a.py": b"a = 3\n", "tests/test_a.py": b"assert 3\n"}, "Count on", author="Cleo")
    assert [one.sides[0].path for one in plans(shop)] == ["a.py"]


def test_a_thread_that_nothing_can_be_made_of_says_why(shop: tuple[Path, Path]) -> None:
    committed(shop[0], {"a.py": b"a = 2\n"}, "Count (#7)", time=1_700_000_100)
    repository = sources.opened(*shop)
    told = rules.of(Source(path="x", name="shop", exclude=("docs/**",)), repository, repository.head)
    late = comment(path="a.py")
    late = late._replace(where=WHERE._replace(time=1_900_000_000))
    comments = (
        comment("#9", "a.py"),
        comment(path="a.py", at=git(shop[0], "rev-parse", "HEAD")),
        comment(path="gone.py"),
        comment(path="docs/a.py"),
        comment(path="../a.py"),
        late,
        comment(path="a.py"),
    )
    found = list(reviews.threads(Joined(forge(comments=comments), repository.commits()), told, repository))
    reasons = [one.reason for one in found if isinstance(one, Dropped)]
    assert sorted(reasons) == ["after-the-merge", "bad-path", "excluded", "file-is-gone", "pull-not-found", "unchanged"]
    (one,) = (one for one in found if isinstance(one, Planned))
    assert (one.change.parent, one.change.pull, one.sides[0].old) == ("", "#7", "")
    assert one.sides[0].new == git(shop[0], "rev-parse", "HEAD:a.py")
