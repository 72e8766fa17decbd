from __future__ import annotations

import pytest

from idiolect.dataset.makers import asking, editing
from idiolect.dataset.makers.commits import Wish
from idiolect.types import Change, Edit


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Fix the total, see #154, b664dcc.", "Fix the total."),
        ("Fix build from 6d5e674e with no lines", "Fix build with no lines"),
        ("Quick fix to #1174 to prevent a crash", "Quick fix to prevent a crash"),
        ("fix the feed from 629df028 and d80fa79a", "fix the feed"),
        ("Turn the order of handlers round. This", "Turn the order of handlers round."),
        ("Add a decorator. Fixes", "Add a decorator."),
        ("Colour #fff stays, and so does deadbeef", "Colour #fff stays, and so does deadbeef"),
        ("Say what this is. See the guide", "Say what this is. See the guide"),
    ],
)
def test_numbers_of_tickets_and_commits_leave_no_stub(text: str, left: str) -> None:
    assert asking.plain(text) == left


@pytest.mark.parametrize(
    ("done", "asked"),
    [
        ("Added a hook", "Add a hook"),
        ("Fixed it", "Fix it"),
        ("Removed it", "Remove it"),
        ("Addedum of it", "Addedum of it"),
        ("Add it", "Add it"),
    ],
)
def test_what_was_done_is_asked_for(done: str, asked: str) -> None:
    assert asking.imperative(done) == asked


@pytest.mark.parametrize("subject", ["Fixup! Add a hook", "Fix previous commits for it", "Follow-up for the hook", "Fix the 108th issue"])
def test_what_speaks_of_another_commit_asks_for_nothing(subject: str) -> None:
    edits = (Edit("a.py", "python", b"a = 1\n", b"a = b\n"),)
    change = Change("shop", "team", "a" * 40, 1_700_000_000, "p1", subject, "", edits, parent="b" * 40)
    assert editing.asked(change, 3) == "speaks of what is not shown"


def test_a_request_is_made_of_both_its_parts() -> None:
    assert (
        editing.words(Wish("Added a hook for #7", "It is called at the end. This fixes #8.", 1.0)) == "Add a hook. It is called at the end."
    )
