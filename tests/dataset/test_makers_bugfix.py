from __future__ import annotations

import pytest

from idiolect.dataset.makers import blocks
from idiolect.dataset.makers.bugfix import bugfix
from idiolect.types import Change, Dropped, Edit, Message, Sample

BEFORE = '"""Totals."""\n\nLIMIT = 100\n\n\n' + "".join(
    f'def total_{n}(lines):\n    """Adds up."""\n    found = [line for line in lines if line.count]\n'
    f"    return sum(found) / len(found) + {n}\n\n\n"
    for n in range(12)
)
AFTER = BEFORE.replace(
    "    return sum(found) / len(found) + 7\n", "    if not found:\n        return 7\n    return sum(found) / len(found) + 7\n"
)
REASON = "An empty order has no lines, and then nothing can be divided."
TEST = "def test_nothing_costs_nothing():\n    assert total_7([]) == 7\n"


def edit(path: str = "shop/totals.py", before: str = BEFORE, after: str = AFTER, language: str = "python") -> Edit:
    return Edit(path, language, before.encode(), after.encode())


def change(subject: str = "Fix the total of an empty order", *edits: Edit, body: str = REASON) -> Change:
    return Change("shop", "team", "a" * 40, 1_700_000_000, "p1", subject, body, edits or (edit(),), parent="b" * 40)


def only(one: Change) -> Sample | Dropped:
    (made,) = bugfix([one])
    return made


def asked(made: Sample | Dropped) -> str:
    assert isinstance(made, Sample), made
    assert isinstance(made.prompt, tuple) and isinstance(made.prompt[0], Message)
    return made.prompt[0].content


def test_the_units_with_the_fault_and_what_was_said_of_it_are_answered_by_the_edit() -> None:
    made = only(change())
    text = asked(made)
    assert isinstance(made, Sample)
    assert "Fix the total of an empty order." in text and "def total_7" in text and "def total_5" not in text
    assert blocks.apply(made.answer or "", {"shop/totals.py": BEFORE}) == {"shop/totals.py": AFTER}
    assert (made.kind, made.confidence, made.labels) == ("bugfix", 0.8, {"language": ("python",)})


def test_a_test_that_came_with_it_is_shown_and_not_asked_for() -> None:
    tested = edit("tests/test_totals.py", "import shop\n", f"import shop\n\n\n{TEST}")
    made = only(change("Fix the total of an empty order", edit(), tested, body=""))
    assert "It is right when these tests pass:" in asked(made) and TEST.strip() in asked(made)
    assert isinstance(made, Sample) and "tests/" not in (made.answer or "") and made.confidence == 0.9
    shown = next(span for span in made.origins if span.path == "tests/test_totals.py")
    assert tested.after[shown.start : shown.end].strip() == TEST.strip().encode()


def test_a_fix_that_uses_what_nothing_shows_is_none() -> None:
    text = "if not lines:\n        return empty_order_total() + shopDefault() + find_fallback(lines)\n    found"
    made = only(change("Fix the total of an empty order", edit(after=BEFORE.replace("found", text, 1))))
    assert isinstance(made, Dropped) and made.reason == "uses what is not shown"


def test_a_fault_needs_a_test_or_a_reason() -> None:
    made = only(change(body=""))
    assert isinstance(made, Dropped) and made.reason == "neither a test nor a reason"
    assert isinstance(only(change(body=REASON)), Sample)


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (change("Add up what is there"), "says nothing of a fault"),
        (change("Fix a typo in the totals"), "no fault of the program"),
        (change("Fix the flaky build of totals"), "no fault of the program"),
        (change("Fix the total of nothing", edit("README.md", "a\n", "b\n", "markdown")), "no code of the program"),
        (change("Fix the total of nothing", edit("new.py", "", BEFORE)), "makes or deletes a file"),
        (change("Fix the total of nothing", edit(after=BEFORE.replace("Adds up.", "Adds all up.", 1))), "only comments"),
        (change("Fix the total of nothing", edit(after=f"import os\n{BEFORE}")), "only imports"),
        (change("Fix the glitch on phones", body=""), "neither a test nor a reason"),
        (change("Fix previous commit for the total"), "speaks of what is not shown"),
        (change("Fix the total of nothing", edit(after=BEFORE.replace("line.count", "line.number"))), "too large for one fault"),
        (change("Fix the total of nothing", *(edit(f"{n}.py") for n in range(4))), "too many files"),
        (change("Fix version 1.2 of it", edit("shop/version.py", "VERSION = 1\n", "VERSION = 2\n")), "nothing but blanks or a changelog"),
    ],
)
def test_every_other_commit_has_its_reason(one: Change, why: str) -> None:
    made = only(one)
    assert isinstance(made, Dropped) and made.reason == why


def test_a_body_that_announces_what_is_not_shown_ends_before_that() -> None:
    body = "An empty order has no lines to divide by. It can be seen with the following:"
    text = asked(only(change(body=body)))
    assert "no lines to divide by." in text and "following" not in text


def test_a_domain_may_have_comments_and_links() -> None:
    assert isinstance(only(change("Fix the total of comments and links in lines")), Sample)


def test_where_no_unit_holds_an_edit_the_lines_around_it_are_shown() -> None:
    rows = "".join(f"register({n})\n" for n in range(40))
    text = asked(only(change("Fix how steps register", edit(before=rows, after=rows.replace("(20)", "(21, 0)")))))
    assert "register(10)" in text and "register(30)" in text and "register(2)" not in text


def test_what_the_edit_uses_from_elsewhere_in_the_file_is_shown() -> None:
    before = BEFORE + "def no_lines_at_all(found):\n    return not found\n"
    after = before.replace("    return sum(found) / len(found) + 7\n", "    return 7 if no_lines_at_all(found) else sum(found)\n")
    text = asked(only(change("Fix the total of an empty order", edit(before=before, after=after))))
    assert "def no_lines_at_all(found):\n    return not found" in text and "def total_7" in text and "def total_5" not in text
