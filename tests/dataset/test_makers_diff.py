from __future__ import annotations

import random
from dataclasses import replace

import pytest

from idiolect.dataset.makers import blocks, commits, forms
from idiolect.dataset.makers.diff import diff, weight
from idiolect.types import Change, Dropped, Edit, Message, Said, Sample

BEFORE = "".join(f"def step_{number}(value):\n    return value + {number}\n\n\n" for number in range(30))
AFTER = BEFORE.replace("return value + 7\n", "if value is None:\n        value = 0\n        note(7)\n    return value + 7\n")


BLOCKS, HUNKS, WHOLE = "8" * 40, "a" * 40, "f" * 40
"""Ids of commits whose edits are wanted in these forms."""


def change(
    subject: str = "Treat a missing value as zero", *edits: Edit, body: str = "", commit: str = BLOCKS, role: str = "team"
) -> Change:
    chosen = edits or (edit(),)
    return Change("shop", role, commit, 1_700_000_000, "p1", subject, body, chosen, parent="b" * 40)  # type: ignore[arg-type]


def edit(before: str = BEFORE, after: str = AFTER, path: str = "shop/steps.py", language: str = "python") -> Edit:
    return Edit(path, language, before.encode(), after.encode())


def only(*changes: Change, budget: int = 6000) -> Sample | Dropped:
    (made,) = diff(changes, budget=budget)
    return made


def reason(*changes: Change, budget: int = 6000) -> str:
    made = only(*changes, budget=budget)
    assert isinstance(made, Dropped), made
    return made.reason


def test_the_message_and_the_code_before_ask_and_the_edit_answers() -> None:
    made = only(change(body="It came from the importer, which knows no zero.\n\nSigned-off-by: A <a@b.c>"))
    assert isinstance(made, Sample) and isinstance(made.prompt, tuple)
    (message,) = made.prompt
    assert isinstance(message, Message)
    assert "Treat a missing value as zero. It came from the importer, which knows no zero." in message.content
    assert "Signed-off" not in message.content and "def step_7(value):\n    return value + 7" in message.content
    assert blocks.apply(made.answer or "", {"shop/steps.py": BEFORE}) == {"shop/steps.py": AFTER}
    assert made.labels == {"language": ("python",), "intent": ("other",), "form": ("blocks",)} and made.confidence == 1.0


def test_origins_name_the_bytes_before_at_the_parent_and_the_bytes_after() -> None:
    made = only(change())
    assert isinstance(made, Sample) and isinstance(made.prompt, tuple)
    before = [span for span in made.origins if span.commit == "b" * 40]
    after = [span for span in made.origins if span.commit == BLOCKS]
    assert before and after and len(before) + len(after) == len(made.origins)
    assert all(BEFORE.encode()[span.start : span.end].decode().strip() in made.prompt[0].content for span in before)
    assert all(AFTER.encode()[span.start : span.end].decode() in (made.answer or "") for span in after)


def test_old_commits_count_less_than_new_ones() -> None:
    assert [weight(years * 365 * 86_400) for years in (0, 2, 4, 40)] == [1.0, 0.5, 0.25, 0.1]


def test_a_search_is_widened_where_an_earlier_block_writes_the_same_lines() -> None:
    before = "alpha\nomega\n" + "".join(f"line {n}\n" for n in range(12)) + "head\nx = 1\ntail\n" + "".join(f"end {n}\n" for n in range(9))
    after = before.replace("alpha\n", "alpha\nhead\nx = 1\ntail\n").replace("line 11\nhead\nx = 1\n", "line 11\nhead\nx = 2\n")
    made = only(change("Put the same head above it", edit(before, after, "a.txt", "text")))
    assert isinstance(made, Sample)
    assert blocks.apply(made.answer or "", {"a.txt": before}) == {"a.txt": after}


def test_a_rule_of_a_heading_or_a_missing_last_newline_elsewhere_in_the_file_costs_nothing() -> None:
    before = "Heading\n=======\n" + BEFORE + "the end"
    made = only(
        change("Treat none as zero", edit(before, before.replace("return value + 7\n", "note(7)\n    value += 7\n    return value\n")))
    )
    assert isinstance(made, Sample)
    assert blocks.apply(made.answer or "", {"shop/steps.py": before})["shop/steps.py"].endswith("the end")


def test_a_long_file_is_shown_around_what_is_touched() -> None:
    long = "".join(f"line_{number} = {number}\n" for number in range(3000))
    made = only(change("Rename a line and say why", edit(long, long.replace("line_1500 = 1500\n", "# why\nname = 1500\n"))))
    assert isinstance(made, Sample) and isinstance(made.prompt, tuple)
    assert len(made.prompt[0].content) + len(made.answer or "") <= 6100
    assert "line_1500" in made.prompt[0].content and "[...]" in made.prompt[0].content and "line_10 " not in made.prompt[0].content


def test_a_new_file_beside_an_edit_is_an_empty_search() -> None:
    fresh = edit("", "def helper():\n    return 1\n", "shop/helper.py")
    made = only(change("Add a helper for steps", edit(), fresh))
    assert isinstance(made, Sample)
    result = blocks.apply(made.answer or "", {"shop/steps.py": BEFORE})
    assert result == {"shop/steps.py": AFTER, "shop/helper.py": "def helper():\n    return 1\n"}


@pytest.mark.parametrize(
    ("subject", "why"),
    [
        ("Merge branch 'main' into feature", "merge"),
        ('Revert "Add a helper"', "revert"),
        ("Backout the last change, it does that by itself", "revert"),
        ("Bump rails from 7.0.1 to 7.0.2", "bot"),
        ("Version 1.2.3", "release"),
        ("wip", "message says nothing"),
        ("Fix tests and some more cleanup", "message says nothing"),
        ("address review comments", "message says nothing"),
        ("Added another testcase", "message says nothing"),
        ("Misc, prepare for release", "message says nothing"),
        ("Update example dependencies", "message says nothing"),
    ],
)
def test_messages_that_ask_for_nothing_are_counted_reasons(subject: str, why: str) -> None:
    assert reason(change(subject)) == why


@pytest.mark.parametrize(
    "subject",
    [
        "Graph style tweaks",
        "Refactored res.sendfile()",
        "Add more route tests",
        "Updated docs for streaming",
        "Misc view refactoring",
        "Spec update for the last",
        "Fix some typos in the guide",
    ],
)
def test_messages_by_which_nobody_could_do_it_are_a_counted_reason(subject: str) -> None:
    assert reason(change(subject)) == "message does not say how"
    assert isinstance(only(change(subject, body="Courier and parcel now share the code that weighs them.")), Sample)


@pytest.mark.parametrize(
    "subject", ["Refactor the courier to use parcels", "Change the fee to zero", "Add a test for parcels", "Tidy up so that none is zero"]
)
def test_messages_that_say_what_it_becomes_ask_for_it(subject: str) -> None:
    assert isinstance(only(change(subject)), Sample)


@pytest.mark.parametrize(
    ("subject", "wish"),
    [
        ("fix(parser): handle empty input (#123)", "Handle empty input"),
        ("[ci skip] Explain the cut, fixes #7", "Explain the cut"),
        ("steps: treat None as zero", "Treat None as zero"),
        (":bug: Keep the order of items", "Keep the order of items"),
        ("Brief logs in production; implements #1280", "Brief logs in production"),
        ("JIRA-12: Keep the order of items", "Keep the order of items"),
        ("add a total (closes #1, #2)", "Add a total"),
        ("res.send() as 204", "res.send() as 204"),
        ("_tojson is slower, so drop it", "_tojson is slower, so drop it"),
        ("Use the name of the host, #393", "Use the name of the host"),
        ("Use the name of the host from https://a.b/s/1", "Use the name of the host"),
        ("Use the name of https://a.b in the host", "Use the name of in the host"),
        ("Use the name of the host.  This fixes #393", "Use the name of the host"),
        ("Use the name of the host, GH-77.", "Use the name of the host"),
        ("UTF-8 names for UTF-16", "UTF-8 names for UTF-16"),
    ],
)
def test_subjects_are_cleaned_not_refused(subject: str, wish: str) -> None:
    assert commits.clean(subject) == wish


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("use the newest couriers\nfix the fee\nweigh parcels twice", "use the newest couriers; fix the fee; weigh parcels twice"),
        ("It came from the importer, which knows\nno zero.", "It came from the importer, which knows no zero."),
    ],
)
def test_short_lines_of_a_message_that_are_several_things_do_not_run_together(body: str, words: str) -> None:
    made = only(change(body=body))
    assert isinstance(made, Sample) and isinstance(made.prompt, tuple)
    assert words.lower() in made.prompt[0].content.lower()


def test_a_reverted_commit_and_its_revert_are_both_dropped() -> None:
    first = change(commit="b" * 40)
    second = change('Revert "Treat a missing value as zero"', commit="c" * 40, body=f"This reverts commit {'b' * 40}.")
    assert commits.reverted([first, second]) == commits.reverted([second, first]) == {"b" * 40}
    assert [made.reason for made in diff([first, second]) if isinstance(made, Dropped)] == ["revert"]
    for said in ("b" * 12, first.subject):
        assert commits.reverted([first, replace(second, subject="Undo it", body="", reverts=said)]) == {"b" * 40}
    assert commits.reverted([first, replace(second, subject="Undo it", body="", reverts="?")]) == set()


def test_what_landed_again_after_its_revert_stands() -> None:
    subject = "Treat a missing value as zero"
    first, again = (change(commit=name * 40) for name in "bd")
    undone = change(f'Revert "{subject}"', commit="c" * 40)
    assert commits.reverted([first, undone, again]) == {"b" * 40}
    for said in (first.commit, "f" * 40):  # which is not there where a branch was rebased
        assert commits.reverted([first, replace(undone, body=f"This reverts commit {said}."), again]) == {"b" * 40}


def test_a_commit_without_a_message_is_taken_back_by_nobody() -> None:
    assert commits.reverted([change("", commit="b" * 40), change(commit="c" * 40), change("", commit="d" * 40)]) == set()


def test_a_revert_that_was_taken_back_took_nothing() -> None:
    first = change(commit="b" * 40)
    undone = change(f'Revert "{first.subject}"', commit="c" * 40)
    redone = change(f'Revert "{undone.subject}"', commit="d" * 40, body=f"This reverts commit {'c' * 40}.")
    assert commits.reverted([first, undone, redone]) == {"c" * 40}


@pytest.mark.parametrize(
    ("edits", "why"),
    [
        ((edit("a = f( 1,2 )\n" * 9, "a = f(1, 2,)\n" * 9),), "format only"),
        ((edit("a = 'x'\n" * 9, 'a = "x"\n' * 9),), "format only"),
        ((edit(after=""),), "deletes a file"),
        ((edit(before=""),), "only new files"),
        ((edit(BEFORE, BEFORE.replace("+ 7", "- 7")),), "too few lines"),
        ((edit(BEFORE, "".join(f"x{number} = 1\n" for number in range(300))),), "too many lines"),
        ((edit(BEFORE, BEFORE.replace("5\n", "5 * a\n").replace("0\n", "0 * a\n")),), "too many hunks"),
        (tuple(edit(path=f"{number}.py") for number in range(6)), "too many files"),
        ((edit("a\n" * 9, "a\n" * 9 + "=======\nb\nc\n"),), "blocks do not apply"),
        ((edit("a = b\nb = c\nc = d", "a = c\nb = d\nc = a"),), "blocks do not apply"),
        ((edit('"rack": "1.2.3"\n"puma": "4.0"\n', '"rack": "1.2.4"\n"puma": "4.1"\n'),), "only numbers"),
        ((edit("2.0\n\n- b\n" * 9, "3.0\n\n- a\n- c\n\n" + "2.0\n\n- b\n" * 9, "Changes.md", "markdown"),), "only a changelog"),
        ((Edit("a.py", "python", b"\xff\xfe" * 9, b"\xfe" * 9),), "not UTF-8"),
    ],
)
def test_edits_that_teach_nothing_are_counted_reasons(edits: tuple[Edit, ...], why: str) -> None:
    assert reason(change("Make the steps do it better", *edits)) == why


@pytest.mark.parametrize(
    ("subject", "line", "kept"),
    [
        ("Take note of seven before it is given back", "return note(value) + 7\n", True),
        ("step_7 gives its value twice", "return step_7(value) + 7\n", True),
        ("Step seven: fix a typo in the value", "return step_7(value) + 7\n", False),
        ("Let it be as everywhere else", "return step_7(value) + 7\n", False),
        ("step_7 asks the courier first", "return step_7(tariff(value)) + 7\n", False),
    ],
)
def test_an_edit_of_one_line_is_kept_where_its_message_says_which_words_come(subject: str, line: str, kept: bool) -> None:
    made = only(change(subject, edit(after=BEFORE.replace("return value + 7\n", line))))
    assert isinstance(made, Sample) == kept, made
    assert kept or (isinstance(made, Dropped) and made.reason == "too few lines")


def test_an_edit_over_the_budget_is_a_counted_reason() -> None:
    long = "".join(f"name_{number} = {'x' * 60}\n" for number in range(60))
    assert reason(change("Give everything a name", edit("a = 1\n" + BEFORE, long + BEFORE))) == "answer over budget"


def test_no_files_of_a_known_language_is_a_counted_reason() -> None:
    empty = Change("shop", "team", BLOCKS, 1, "p", "Draw a better logo for it", "", ())
    assert reason(empty) == "no file of a known language"


def test_a_search_that_stands_twice_is_widened_until_it_is_unique() -> None:
    before = "begin\n" + "same\nother\n" * 20 + "last\nsame\nother\nend\n"
    rows, new = before.splitlines(keepends=True), (before[:-16] + "same\nchanged\nend\n").splitlines(keepends=True)
    (part,) = blocks.regions(rows, blocks.hunks(rows, new))
    text = "".join(rows[part.start : part.end])
    assert before.count(text) == 1


def test_any_edit_applies_or_is_refused() -> None:
    seed = random.randrange(1 << 32)
    print("seed", seed)  # noqa: T201  shown where the test fails
    choose, made = random.Random(seed), 0
    for number in range(300):
        newline = choose.choice(("\n", "\r\n"))
        before = [choose.choice(("a", "b", "c", "", "```", "é")) + newline for _ in range(choose.randrange(1, 60))]
        after = list(before)
        for _ in range(choose.randrange(1, 4)):
            at = choose.randrange(len(after) + 1)
            after[at : at + choose.randrange(0, 4)] = [choose.choice(("x", "a", "値")) + newline for _ in range(choose.randrange(0, 5))]
        texts = "".join(before), "".join(after)
        result = only(change(f"Make number {number} of the changes", edit(*texts, path="a.md", language="markdown")))
        if isinstance(result, Sample):
            assert blocks.apply(result.answer or "", {"a.md": texts[0]}) == {"a.md": texts[1]}
            made += 1
        else:
            assert result.reason != "blocks do not apply"
    assert made > 100


@pytest.mark.parametrize(
    ("search", "said"),
    [("missing\n", "0 times"), ("a\n", "2 times"), ("", "not")],
)
def test_a_block_that_does_not_fit_says_why(search: str, said: str) -> None:
    answer = f"a.py\n```python\n<<<<<<< SEARCH\n{search}=======\nb\n>>>>>>> REPLACE\n```"
    with pytest.raises(ValueError, match=said):
        blocks.apply(answer, {"a.py": "a\nx\na\n"})


def test_a_search_that_is_widened_over_the_next_change_stays_within_the_file_after() -> None:
    before = ["same\n", "other\n"] * 20 + ["once\n"] + ["gone\n"] * 30
    after = ["same\n", "new\n", *before[2:40], "once\n"]
    for near in (0, 3):
        for part in blocks.regions(before, blocks.hunks(before, after, near)):
            assert 0 <= part.new_start <= part.new_end <= len(after)
    made = only(change("Take away what is gone from the steps", edit("".join(before), "".join(after))))
    assert isinstance(made, Sample)
    assert blocks.apply(made.answer or "", {"shop/steps.py": "".join(before)}) == {"shop/steps.py": "".join(after)}


def test_a_share_of_edits_is_wanted_as_hunks_and_as_whole_files_and_the_request_says_so() -> None:
    short = "".join(BEFORE.splitlines(keepends=True)[:36])
    longer = short.replace("return value + 7\n", "note(7)\n    value += 7\n    return value\n")
    for commit, form, apply in ((HUNKS, "hunks", forms.apply_hunks), (WHOLE, "file", forms.apply_whole), (BLOCKS, "blocks", blocks.apply)):
        made = only(change("Take note of seven", edit(short, longer), commit=commit))
        assert isinstance(made, Sample) and isinstance(made.prompt, tuple) and made.labels["form"] == (form,)
        assert apply(made.answer or "", {"shop/steps.py": short}) == {"shop/steps.py": longer}
        said = made.prompt[0].content.replace(short.strip(), "").lower()
        assert any(word in said for word in {"hunks": ("diff", "patch"), "file": ("file",), "blocks": ("search",)}[form])


def test_where_the_wanted_form_cannot_say_it_blocks_do() -> None:
    fresh = edit("", "def helper():\n    return 1\n", "shop/helper.py")
    made = only(change("Add a helper for steps", edit(), fresh, commit=WHOLE))
    assert isinstance(made, Sample) and made.labels["form"] == ("blocks",)
    tight = "a = 1\nb = 2\nc = 3"
    made = only(
        change("Count otherwise in steps", edit(tight + "\nd = 4\n" * 3, tight.replace("1", "one") + "\nd = 4\n" * 3), commit=HUNKS)
    )
    assert isinstance(made, Dropped) or made.labels["form"] in (("hunks",), ("blocks",))


def test_hunks_make_new_files_and_lines_that_look_like_marks_fall_back_to_blocks() -> None:
    fresh = edit("", "def helper():\n    return 1\n", "shop/helper.py")
    made = only(change("Add a helper for steps", edit(), fresh, commit=HUNKS))
    assert isinstance(made, Sample) and "--- /dev/null\n+++ b/shop/helper.py" in (made.answer or "")
    result = forms.apply_hunks(made.answer or "", {"shop/steps.py": BEFORE})
    assert result == {"shop/steps.py": AFTER, "shop/helper.py": "def helper():\n    return 1\n"}
    sql = edit("-- a/x\nselect 1\n" + BEFORE, "select 2\nselect 3\n" + BEFORE, "a.sql", "sql")
    made = only(change("Select other numbers in a", sql, commit=HUNKS))
    assert isinstance(made, Sample) and made.labels["form"] == ("blocks",)


def test_any_edit_in_any_form_gives_the_file_after() -> None:
    seed = random.randrange(1 << 32)
    print("seed", seed)  # noqa: T201  shown where the test fails
    choose, seen = random.Random(seed), set()
    for number in range(200):
        before = [choose.choice(("a", "b", "c", "", "```", "@@ @@", "--- a/x", "é")) + "\n" for _ in range(choose.randrange(1, 40))]
        after = list(before)
        for _ in range(choose.randrange(1, 4)):
            at = choose.randrange(len(after) + 1)
            after[at : at + choose.randrange(0, 4)] = [choose.choice(("x", "a", "+++ b/y")) + "\n" for _ in range(choose.randrange(0, 5))]
        texts = "".join(before), "".join(after)
        made = only(
            change(f"Make number {number} of the changes to a", edit(*texts, path="a.md", language="markdown"), commit=f"{number:040x}")
        )
        if isinstance(made, Sample):
            (name,) = made.labels["form"]
            (form,) = (one for one in forms.FORMS if one.name == name)
            assert form.apply(made.answer or "", {"a.md": texts[0]}) == {"a.md": texts[1]}
            seen.add(name)
    assert seen == {"blocks", "hunks", "file"}


def test_of_a_tangled_commit_that_part_is_kept_that_the_message_is_about() -> None:
    after = AFTER.replace("def step_29(value):\n    return value + 29\n", "def courier(parcel):\n    return fee(parcel)\n")
    made = only(change("Treat none as zero, and note it", edit(after=after)))
    assert isinstance(made, Sample)
    assert blocks.apply(made.answer or "", {"shop/steps.py": BEFORE}) == {"shop/steps.py": AFTER}
    assert made.confidence < only_confidence("Treat none as zero, and note it")
    after_spans = [after.encode()[span.start : span.end].decode() for span in made.origins if span.commit == BLOCKS]
    assert all(text in (made.answer or "") for text in after_spans)
    assert reason(change("Do what was agreed on", edit(after=after))) == "tangled"


def only_confidence(subject: str) -> float:
    made = only(change(subject))
    assert isinstance(made, Sample)
    return made.confidence


@pytest.mark.parametrize(
    ("subject", "body"), [("Update steps.py", "Treat a missing value as zero, like everybody."), ("Update steps.py", "")]
)
def test_a_subject_that_only_names_a_file_gives_way_to_the_body(subject: str, body: str) -> None:
    made = only(change(subject, body=body))
    assert isinstance(made, Sample) == bool(body)


def test_what_no_longer_stands_counts_less() -> None:
    assert weight(0, 1.0) == 1.0 > weight(0, 0.5) > weight(0, 0.0) == 0.3


def test_blank_lines_that_came_and_went_beside_it_are_no_part_of_the_edit() -> None:
    made = only(change("Treat a missing value as zero", edit(after=AFTER.replace("+ 3\n\n\n", "+ 3\n\n").replace("+ 9\n", "+ 9\n\n"))))
    assert isinstance(made, Sample)
    assert blocks.apply(made.answer or "", {"shop/steps.py": BEFORE}) == {"shop/steps.py": AFTER}


def test_an_entry_of_a_changelog_is_no_part_of_the_edit() -> None:
    log = edit("1.0\n\n- a\n", "1.0\n\n- Treat a missing value as zero [#4321]\n- a\n", "Changes.md", "markdown")
    made = only(change("Treat a missing value as zero", edit(), log))
    assert isinstance(made, Sample) and "4321" not in (made.answer or "")
    assert blocks.apply(made.answer or "", {"shop/steps.py": BEFORE}) == {"shop/steps.py": AFTER}


def test_where_a_message_says_nothing_its_pull_request_asks_else_its_issue() -> None:
    pull = Said("pull", "#7", "Treat a missing value as zero", "", "forge.json", 0, 9)
    issue = Said("issue", "#6", "Missing values end the whole import", "", "forge.json", 9, 20)
    for said, words in (((issue, pull), pull.title), ((issue,), issue.title), ((pull._replace(title="Fixes"), issue), issue.title)):
        made = only(replace(change("wip"), said=said))
        assert isinstance(made, Sample) and isinstance(made.prompt, tuple) and words in made.prompt[0].content
    assert reason(replace(change("wip"), said=(pull._replace(title="Fixes"),))) == "message says nothing"
