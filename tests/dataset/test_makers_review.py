"""Review lessons: what counts as a comment, and where its lines went."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from idiolect.dataset.makers import blocks, remarks
from idiolect.dataset.makers.finding import finding
from idiolect.dataset.makers.followup import followup
from idiolect.dataset.makers.review import passed, review
from idiolect.pack import Check
from idiolect.types import Change, Dropped, Edit, Finding, Message, Said, Sample, Score

BEFORE = """def total(lines):
    cents = 0
    for line in lines:
        cents = cents + line.price
    return cents


def other():
    pass
"""
AFTER = BEFORE.replace("cents = cents + line.price", "cents += line.price").replace("    pass", "    return 1")
ASKS = "Please use `+=` here."
HUNK = "@@ -0,0 +1,4 @@\n" + "\n".join(f"+{row}" for row in BEFORE.split("\n")[:4])
WHOLE = Sample(answer="", kind="raw", maker="m")


def thread(text: str = ASKS, lines: tuple[int, int] = (4, 4), hunk: str = HUNK, before: str = BEFORE, after: str = AFTER) -> Change:
    said = Said("comment", "#7", "", text, "comments.json", 10, 90, 5, "a-2", lines, hunk)
    edit = Edit("src/a.py", "python", before.encode(), after.encode())
    return Change("shop", "team", "c" * 40, 9, "a-1", "Count", "", (edit,), parent="d" * 40 if before else "", pull="#7", said=(said,))


def content(one: Sample) -> str:
    assert isinstance(one.prompt, tuple)
    assert all(isinstance(turn, Message) for turn in one.prompt)
    return one.prompt[0].content


def samples(change: Change) -> dict[str, Sample]:
    return {one.maker: one for one in review([change]) if isinstance(one, Sample)}


def reason(change: Change) -> str:
    (one,) = review([change])
    assert isinstance(one, Dropped)
    return one.reason


@pytest.mark.parametrize(
    "text",
    [
        "Please use `+=` here.",
        "This should be a constant.",
        "nit: rename to `cents`",
        "Can we extract this into a method?",
        "Typo: recieve should be receive",
        "Missing test for the empty case",
        "```suggestion\n    cents += line.price\n```",
        "I would move this in the next line.",
        "Why not return early here?",
        "Unused variable, remove it",
    ],
)
def test_what_asks_for_something_is_a_comment(text: str) -> None:
    assert remarks.refusal(remarks.clean(text)) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("LGTM!", "praise"),
        ("Nice catch, thanks :+1:", "praise"),
        ("👍", "praise"),
        ("I really like this approach, very clean", "praise"),
        ("Rename?", "comment too short"),
        ("What does this do when there are two of them?", "question without a request"),
        ("Just wondering, should this be here", "only to discuss"),
        ("Not blocking, but this should be shorter", "only to discuss"),
        ("We should do that in a follow-up PR", "only to discuss"),
        ("Please see https://forge.example/a/b for the reasons", "leans on a link"),
        ("Same here, please use the constant", "leans on another comment"),
        ("As discussed on Slack, please remove", "leans on another comment"),
        ("The tide comes in at noon", "asks for nothing"),
        ("please " * 400, "comment too long"),
    ],
)
def test_what_asks_for_nothing_is_none_and_says_why(text: str, why: str) -> None:
    assert remarks.refusal(remarks.clean(text)) == why


def test_quotes_marks_and_links_leave_a_comment() -> None:
    text = "> what you said\n\n@user-2, see [the guide](https://forge.example/guide) and <b>use</b> `x`<!-- hidden -->\n"
    assert remarks.clean(text) == "see the guide and use `x`"


def test_a_comment_that_was_acted_on_gives_the_three_tasks() -> None:
    found = samples(thread())
    assert set(found) == {"review.needed", "review.comment", "review.fix"}
    assert found["review.needed"].answer == "Yes. Please use `+=` here."
    assert found["review.comment"].answer == ASKS
    assert "+        cents = cents + line.price" in content(found["review.comment"])
    assert {one.kind for one in found.values()} == {"review"}


def test_the_fix_holds_what_the_comment_is_about_and_nothing_else() -> None:
    fix = samples(thread())["review.fix"]
    result = blocks.apply(fix.answer or "", {"src/a.py": BEFORE})["src/a.py"]
    assert result == BEFORE.replace("cents = cents + line.price", "cents += line.price")
    places = {(span.commit[:1], span.path) for span in fix.origins}
    assert places == {("", "comments.json"), ("c", "src/a.py"), ("d", "src/a.py")}
    after = next(span for span in fix.origins if span.commit.startswith("c"))
    assert AFTER.encode()[after.start : after.end] == b"        cents += line.price\n"
    forge = next(span for span in fix.origins if not span.commit)
    assert (forge.start, forge.end, forge.time, forge.authors) == (10, 90, 5, ("a-2",))


def test_a_comment_that_nobody_acted_on_is_dropped() -> None:
    assert reason(thread(lines=(2, 2), hunk="")) == "not acted on"
    assert reason(thread(after=BEFORE)) == "not acted on"


def test_lines_that_are_not_those_of_the_hunk_are_not_found() -> None:
    assert reason(thread(lines=(3, 3))) == "commented lines not found"
    assert reason(thread(lines=(900, 900), hunk="")) == "commented lines not found"


def test_a_file_that_was_written_anew_answers_no_comment() -> None:
    assert reason(thread(after="".join(f"row_{number} = {number}\n" for number in range(60)))) == "rewritten"


def test_without_a_hunk_the_lines_themselves_are_shown() -> None:
    assert "for line in lines:\n        cents = cents" in content(samples(thread(lines=(3, 4), hunk=""))["review.comment"])


def test_where_git_has_lost_what_was_reviewed_the_merged_file_tells() -> None:
    found = samples(thread(before=""))
    assert found["review.fix"].answer is not None
    assert "+=" in found["review.fix"].answer
    assert found["review.fix"].confidence < samples(thread())["review.fix"].confidence
    assert {span.commit[:1] for span in found["review.fix"].origins} == {"", "c"}
    assert reason(thread(before="", after=BEFORE)) == "not acted on"
    assert reason(thread(before="", after="nothing = 1\n")) == "commented lines not found"
    assert reason(thread(before="", after=BEFORE.replace("        cents = cents + line.price", "    yield 5"))) == "fix not found"
    assert reason(thread(before="", hunk="")) == "commented lines not found"


def test_lines_that_git_has_lost_are_found_as_a_whole_block() -> None:
    after = "h = 1\n.key {\n  fill: none;\n  stroke: red;\n}\nz = 2\n"
    hunk = "@@ -0,0 +1,2 @@\n+h = 1\n+.key { fill: none; stroke: black; }"
    fix = samples(thread(before="", after=after, lines=(2, 2), hunk=hunk))["review.fix"]
    assert ".key {\n  fill: none;\n  stroke: red;\n}\n>>>>>>> REPLACE" in (fix.answer or "")


def test_a_suggestion_that_was_taken_over_is_sure() -> None:
    text = "Shorter:\n```suggestion\n        cents += line.price\n```"
    found = samples(thread(text, before=""))
    assert found["review.fix"].confidence == 1.0
    assert found["review.needed"].answer == "Yes. Shorter"


def test_a_suggestion_alone_has_no_words_and_no_verdict_is_made_of_it() -> None:
    assert set(samples(thread("```suggestion\n        cents += line.price\n```"))) == {"review.comment", "review.fix"}


NOW = BEFORE.replace("    pass", "    return 1")


def reworked(subject: str = "Use the operator that is made for it", after: str = AFTER, first: str = "") -> list[Sample | Dropped]:
    edits = (Edit("src/a.py", "python", first.encode(), NOW.encode()), Edit("src/a.py", "python", NOW.encode(), after.encode()))
    return list(followup([Change("shop", "team", "c" * 40, 9, "a-1", subject, "", edits, parent="d" * 40)]))


def test_a_follow_up_says_what_was_wanted_of_the_commit_before_it_and_is_its_fix() -> None:
    (one,) = reworked()
    assert isinstance(one, Sample) and one.maker == "followup.fix"
    assert "Use the operator that is made for it." in content(one)
    assert "+        cents" not in (one.answer or "") and "        cents += line.price\n=" not in (one.answer or "")
    assert "=======\n    for line in lines:\n        cents += line.price\n" in (one.answer or "")
    assert {span.commit[:1] for span in one.origins} == {"c", "d"}


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"subject": "Address review comments"}, "message says nothing"),
        ({"subject": "fixup! Count in cents"}, "no words of a review"),
        ({"first": BEFORE}, "other lines"),
        ({"subject": "Fix style checks"}, "message says nothing"),
        ({"subject": "Renamed a test of totals"}, "reports what was done"),
        ({"subject": "Fixed the sum of prices that are missing"}, "reports what was done"),
        ({"subject": "Fix an error in the totals"}, "message says nothing"),
        ({"subject": "Fix typo in the totals"}, "message says nothing"),
        ({"after": NOW.replace("cents + line.price", "line.net")}, "holds what cannot be known"),
        ({"after": NOW + "\n\nx = 1\n"}, "only adds"),
        ({"after": "\n".join(f"row_{number} = {number}" for number in range(60))}, "rewritten"),
    ],
)
def test_a_follow_up_that_teaches_nothing_says_why(values: dict[str, str], why: str) -> None:
    assert [one.reason for one in reworked(**values) if isinstance(one, Dropped)] == [why]


def test_a_typing_error_that_the_message_names_is_a_wish() -> None:
    (one,) = reworked("Fix typo in prise", NOW.replace("line.price", "line.prise"))
    assert isinstance(one, Sample)


def test_a_verb_that_is_the_same_in_the_past_is_a_wish() -> None:
    (one,) = reworked("Put the sum in another way")
    assert isinstance(one, Sample)


def test_a_hunk_that_a_review_let_pass_needs_no_comment() -> None:
    edit = Edit("src/b.py", "python", b"", BEFORE.encode())
    change = Change("shop", "team", "c" * 40, 9, "a-1", "Count", "", (edit,), passed=("src/b.py",))
    (one,) = passed([change])
    assert isinstance(one, Sample)
    assert (one.answer, one.kind, one.maker) == ("No.", "review", "passed")
    assert "+def total(lines):" in content(one)
    assert list(passed([replace(change, passed=())])) == []
    (small,) = passed([replace(change, edits=(Edit("src/b.py", "python", b"a = 1\n", b"a = 2\n"),))])
    assert isinstance(small, Dropped)


def test_commits_without_a_review_are_no_candidates() -> None:
    plain = replace(thread(), said=())
    assert list(review([plain])) == list(followup([plain])) == list(passed([plain])) == []


def no_print(sample: Sample, answer: str) -> Score:
    """A house rule: every `print` is a finding."""
    rows = [number for number, row in enumerate(answer.split("\n"), 1) if "print(" in row]
    found = tuple(Finding(rule="no-print", severity="error", line=row, message="write to log.info instead of printing") for row in rows)
    return Score(value=float(not found), findings=found)


def broken(sample: Sample, answer: str) -> Score:
    """A check that was made for answers and not for files."""
    raise KeyError(answer)


def checked(before: str, after: str, *checks: Any) -> list[Sample | Dropped]:
    edit = Edit("src/a.py", "python", before.encode(), after.encode())
    return list(finding([Change("shop", "team", "c" * 40, 9, "a-1", "Log", "", (edit,), parent="d" * 40)], checks=checks))


def test_a_finding_that_a_commit_mended_is_a_review_without_a_reviewer() -> None:
    before = BEFORE.replace("    return cents", "    print(cents)\n    return cents")
    found = [one for one in checked(before, before.replace("print(", "log.info("), no_print) if isinstance(one, Sample)]
    assert [one.maker for one in found] == ["finding.needed", "finding.comment", "finding.fix", "finding.passed"]
    assert content(found[1]).split("```")[1].endswith("    print(cents)\n"), "the lines end where the finding does"
    assert ("log.info(cents)" in content(found[3]), found[3].answer) == (True, "No.")
    assert found[1].answer == "Write to log.info instead of printing."
    assert "+    log.info(cents)" not in content(found[2])
    assert "log.info(cents)" in (found[2].answer or "")
    assert {span.commit[:1] for span in found[2].origins} == {"c", "d"}


def saying(message: str, where: str) -> Check:
    """A check that holds this against each line in which that stands."""

    def check(sample: Sample, answer: str) -> Score:
        at = [number for number, row in enumerate(answer.split("\n"), 1) if where in row]
        return Score(value=0.0, findings=tuple(Finding(rule="r", severity="error", line=row, message=message) for row in at))

    return check


def asked(before: str, after: str, *checks: Check) -> list[str]:
    """Makers of the lessons, or why there are none."""
    return [one.maker if isinstance(one, Sample) else one.reason for one in checked(before, after, *checks)]


@pytest.mark.parametrize(
    ("message", "before", "after", "made"),
    [
        ("`os` imported but unused", "import os\nimport re\n", "import re\n", ["finding.fix"]),
        ("line too long", "import os\nimport re\n", "import re\n", ["code was deleted"]),
        ("`os` imported but unused", "import os\n" + BEFORE, "import io\n" + BEFORE, ["mended otherwise"]),
        ("use `list` here", "x = os.List[int]\n", "x = typ.Dict[int]\n", ["mended otherwise"]),
        ("wrong", "a = os.path.join(b)\n", "a = 1\n", ["rewritten"]),
        ("wrong", "os.walk(a)\nb = 1\n", "b = 1\nc = walk(a)\nd = 2\n", ["code was deleted"]),
    ],
)
def test_what_goes_with_the_code_that_it_stood_in_was_not_mended(message: str, before: str, after: str, made: list[str]) -> None:
    assert asked(before, after, saying(message, "os")) == made


def test_findings_that_one_edit_answers_are_one_comment_and_more_than_three_are_none() -> None:
    def of(names: str) -> list[Sample | Dropped]:
        checks = [saying(f"`{name}` is unused", f" {name}") for name in names]
        every = [finding for check in checks for finding in check(WHOLE, f"from x import {', '.join(names)}").findings]
        both = {"src/a.py": [(every, [])]}
        edit = Edit("src/a.py", "python", f"from x import {', '.join(names)}\na = 1\n".encode(), b"a = 1\n")
        return list(finding([Change("shop", "team", "c" * 40, 9, "a-1", "Log", "", (edit,), parent="d" * 40)], looked=both))

    (one,) = of("bc")
    assert isinstance(one, Sample) and "`b` is unused.\n`c` is unused." in content(one)
    (none,) = of("bcde")
    assert isinstance(none, Dropped) and none.reason == "several findings at once"


def test_a_fix_with_a_name_that_nothing_shows_is_not_asked_for() -> None:
    undefined = saying("undefined name `parts`", "parts")
    assert asked("total = parts.count\n", "total = pieces.count\n", undefined) == ["mended otherwise"]


def test_findings_that_stay_that_are_new_or_whose_line_was_not_mended_teach_nothing() -> None:
    loud = BEFORE.replace("    return cents", "    print(cents)\n    return cents")
    assert checked(loud, loud.replace("pass", "return 1"), no_print) == []
    assert checked(BEFORE, loud, no_print) == []
    assert checked(loud, BEFORE, broken)[0].model_dump()["reason"] == "check-failed"
    assert checked(loud, BEFORE) == []
