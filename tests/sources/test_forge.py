"""What a forge says, as `gh` and `glab` write it. All of it is written by hand; nobody in it exists."""

import json
from pathlib import Path
from typing import Any

import pytest

from idiolect.sources import forge
from idiolect.sources.forge import Forge
from idiolect.sources.mentions import Thread

HUNK = "@@ -1,2 +4,3 @@ def total():\n a = 1\n-b = 2\n+b = 3\n+c = 4"
SAID: dict[str, Any] = {
    "pull_request_url": "https://api.forge.example/repos/o/r/pulls/12", "diff_hunk": HUNK, "path": "src/a.py", "original_line": 6,
    "original_commit_id": "a" * 40, "side": "RIGHT", "body": "Please name this.", "user": {"login": "ida-example"},
    "created_at": "2024-03-01T10:00:00Z", "id": 1,
}  # fmt: skip
PULL: dict[str, Any] = {
    "number": 12, "title": "Count parcels", "body": None, "user": {"login": "bob-example"}, "merged_at": "2024-03-02T10:00:00Z",
    "merge_commit_sha": "b" * 40,
}  # fmt: skip
NOTE: dict[str, Any] = {
    "id": 3, "body": "Rename this, please", "author": {"username": "cleo.example", "name": "Cleo Example"}, "system": False,
    "noteable_iid": 7, "created_at": "2024-03-01T10:00:00.123+01:00",
    "position": {"head_sha": "c" * 40, "new_path": "lib/a.rb", "new_line": 9, "line_range": {"start": {"new_line": 7}}},
}  # fmt: skip


def read(folder: Path, *rows: Any, without: tuple[str, ...] = ()) -> Forge:
    file = folder / "export.json"
    file.write_text(json.dumps(rows), encoding="utf-8")
    return forge.read([("export.json", file)], b"key", without)


def reasons(found: Forge) -> list[str]:
    return [one.reason for one in found.dropped]


def test_a_review_comment_of_github_has_its_place_its_lines_and_a_pseudonym(tmp_path: Path) -> None:
    (one,) = read(tmp_path, {**SAID, "original_start_line": 5}).comments
    assert (one.pull, one.path, one.first, one.last, one.commit, one.hunk, one.text) == (
        "#12", "src/a.py", 5, 6, "a" * 40, HUNK, "Please name this.",
    )  # fmt: skip
    assert one.where.time == 1_709_287_200
    assert one.where.author.startswith("a-")
    assert (tmp_path / "export.json").read_bytes()[one.where.start : one.where.end].startswith(b'{"pull_request_url"')


def test_the_line_is_counted_in_the_hunk_where_the_forge_does_not_say_it(tmp_path: Path) -> None:
    (one,) = read(tmp_path, {**SAID, "original_line": None}).comments
    assert (one.first, one.last) == (6, 6)


def test_replies_bots_and_comments_on_nothing_are_dropped_with_their_reason(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        {**SAID, "in_reply_to_id": 1},
        {**SAID, "user": {"login": "tidy", "type": "Bot"}},
        {**SAID, "user": {"login": "dependabot[bot]"}},
        {**SAID, "side": "LEFT"},
        {**SAID, "diff_hunk": "@@ -1,2 +1,1 @@\n a\n-b"},
        {**SAID, "diff_hunk": "", "original_line": None},
    )
    assert found.comments == []
    assert reasons(found) == ["reply", "bot", "bot", "on-removed-lines", "on-removed-lines", "not-on-a-line"]


@pytest.mark.parametrize(
    "row",
    [
        {**SAID, "path": 12}, {**SAID, "path": ""}, {**SAID, "body": ["x"]}, {**SAID, "original_line": "six"},
        {**SAID, "original_line": -4}, {**SAID, "original_line": True}, {**PULL, "title": None},
        {**SAID, "pull_request_url": "https://forge.example"},
        {**SAID, "diff_hunk": {"a": 1}}, {"notes": [{**NOTE, "position": {"new_line": 4}}]}, {**PULL, "number": 1 << 70},
    ],
)  # fmt: skip
def test_a_row_with_a_field_that_is_none_is_reported_with_file_and_row_and_the_next_is_kept(tmp_path: Path, row: dict[str, Any]) -> None:
    found = read(tmp_path, row, SAID)
    assert [(one.reason, one.what) for one in found.dropped] == [("malformed-row", "export.json row 1, line 1")]
    assert found.dropped[0].detail
    assert len(found.comments) == 1


@pytest.mark.parametrize("row", [{}, {"message": "Not Found"}, {"notes": 4}, {"iid": 4}, {"number": 4}])
def test_a_row_that_is_none_of_a_forge_is_unknown(tmp_path: Path, row: dict[str, Any]) -> None:
    assert reasons(read(tmp_path, row)) == ["unknown-row"]


def test_a_time_that_cannot_be_read_is_no_time(tmp_path: Path) -> None:
    for said in ("yesterday", 12, None, "9999-99-99T00:00:00Z", "0001-01-01T00:00:00+23:59"):
        assert read(tmp_path, {**SAID, "created_at": said}).comments[0].where.time == 0


def test_pull_requests_of_every_listing_are_told_from_issues(tmp_path: Path) -> None:
    listed = {
        "number": 13,
        "title": "Weigh",
        "body": "x",
        "author": {"login": "bob-example"},
        "mergedAt": "2024",
        "mergeCommit": {"oid": "d" * 40},
    }
    reviewed = {
        "number": 15,
        "title": "Ship",
        "body": "",
        "isDraft": False,
        "reviews": [{"state": "APPROVED", "author": {"login": "ida-example"}}],
    }
    as_issue = {"number": 12, "title": "Count parcels", "body": "", "pull_request": {"merged_at": "2024"}}
    issue = {"number": 14, "title": "It fails", "body": "Often", "html_url": "https://forge.example/o/r/issues/14"}
    linked = {"number": 16, "title": "Sum", "body": "", "url": "https://forge.example/o/r/pull/16"}
    found = read(tmp_path, as_issue, PULL, listed, reviewed, issue, linked)
    assert {number: pull.merges for number, pull in found.pulls.items()} == {"#12": ("b" * 40,), "#13": ("d" * 40,), "#15": (), "#16": ()}
    assert [number for number, pull in found.pulls.items() if pull.approved] == ["#15"]
    assert found.issues["#14"].text == "Often"
    assert reasons(found) == ["duplicate-row"]


def test_discussions_merge_requests_and_issues_of_gitlab_are_read(tmp_path: Path) -> None:
    merge = {
        "iid": 7, "title": "Count", "description": "For @cleo.example", "source_branch": "x", "merge_commit_sha": None,
        "squash_commit_sha": "e" * 40, "author": {"username": "bob-example"},
    }  # fmt: skip
    notes = [NOTE, {**NOTE, "body": "Done"}]
    others = [
        {**NOTE, "system": True},
        {**NOTE, "position": None},
        {**NOTE, "position": {"head_sha": "c", "new_path": "a", "new_line": None}},
    ]
    issue = {"iid": 4, "title": "It fails", "description": "At night", "author": {"username": "vera"}}
    found = read(tmp_path, {"id": "1", "notes": notes}, *({"notes": [one]} for one in others), merge, issue)
    (one,) = found.comments
    assert (one.pull, one.path, one.first, one.last, one.commit, one.hunk, one.where.time) == (
        "#7",
        "lib/a.rb",
        7,
        9,
        "c" * 40,
        "",
        1_709_283_600,
    )
    assert found.pulls["#7"].merges == ("e" * 40,)
    assert "@user-" in found.pulls["#7"].text
    assert found.issues["#4"].text == "At night"
    assert reasons(found) == ["reply", "system-note", "not-on-a-line", "on-removed-lines"]


def test_who_is_forgotten_says_nothing_by_login_by_name_or_by_address(tmp_path: Path) -> None:
    for word in ("ida-example", "Ida Example", "ida@example.org"):
        row = {**SAID, "user": {"login": "ida-example", "name": "Ida Example", "email": "ida@example.org"}}
        assert reasons(read(tmp_path, row, without=(f"author={word}", "path=x"))) == ["forgotten"]


def test_a_text_that_is_too_long_is_cut_and_odd_signs_are_taken_out(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        {**SAID, "body": "line\n" * 9_000},
        {**SAID, "body": "a\r\nb\0c\ud800d"},
        {**SAID, "diff_hunk": "@@ -1 +1 @@\n" + "+x\n" * 9_000},
    )
    assert len(found.comments[0].text) <= forge.LONGEST
    assert found.comments[1].text == "a\nbc?d"
    assert found.comments[2].hunk == ""


def test_people_of_a_thread_are_numbered_in_the_order_in_which_they_come_up() -> None:
    thread = Thread()
    thread.meet("ida-example", "Ida Example")
    thread.meet("max", "Max")
    said = "@bob-2 and @ida-example: as Ida Example says, ida-example is right; max and @max/team-a, mail a@b.example or @property."
    assert thread.hidden(said) == "@user-3 and @user-1: as @user-1 says, @user-1 is right; max and @user-2, mail a@b.example or @property."


def test_code_in_a_comment_stays_code_but_for_those_who_wrote() -> None:
    thread = Thread()
    thread.meet("ida-example", "")
    said = "Use `@app.route` here:\n```python\n@cache\ndef a(): ...  # by @ida-example\n```\n@cache"
    assert thread.hidden(said) == "Use `@app.route` here:\n```python\n@cache\ndef a(): ...  # by @user-1\n```\n@cache"
