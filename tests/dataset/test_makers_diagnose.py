"""Diagnoses: a symptom that somebody saw, or that a test shows by construction, with its cause and its patch."""

from __future__ import annotations

import pytest

from idiolect.dataset.makers import blocks
from idiolect.dataset.makers.diagnose import diagnose
from idiolect.dataset.makers.symptoms import symptom
from idiolect.types import Change, Dropped, Edit, Said, Sample

BEFORE = "def heaviest(lines):\n    return max(lines)\n\n\ndef total(lines):\n    return sum(lines)\n"
AFTER = BEFORE.replace("max(lines)", "max(lines, default=0)")
PYTHON = """Traceback (most recent call last):
  File "src/a.py", line 2, in heaviest
    return max(lines)
ValueError: max() arg is an empty sequence"""
RUBY = "NoMethodError: undefined method `price' for nil:NilClass\napp/models/line.rb:12:in `total'\napp/models/basket.rb:3:in `sum'"
JAVA = """Exception in thread "main" java.lang.NullPointerException: line
\tat shop.Basket.total(Basket.java:12)
\tat shop.Main.main(Main.java:3)"""
SCRIPT = "TypeError: Cannot read property 'price' of undefined\n    at total (/shop/lib/basket.js:12:3)\n    at main (lib/main.js:1:2)"
GO = "panic: runtime error: index out of range\n\ngoroutine 1 [running]:\nmain.total(...)\n\t/shop/main.go:12 +0x1d"
OLD_TEST = """from src.a import heaviest


def test_one():
    assert heaviest([1]) == 1
"""
TEST = OLD_TEST.replace("def test_one", "def test_nothing_is_heavy():\n    assert heaviest([]) == 0\n\n\ndef test_one")


def fix(*edits: Edit, subject: str = "Fix the heaviest of an empty basket", body: str = "", said: tuple[Said, ...] = ()) -> Change:
    code = Edit("src/a.py", "python", BEFORE.encode(), AFTER.encode())
    return Change("shop", "team", "c" * 40, 9, "a-1", subject, body, (code, *edits), parent="d" * 40, said=said)


def lesson(change: Change) -> Sample:
    (one,) = diagnose([change])
    assert isinstance(one, Sample), one
    return one


def prompt(one: Sample) -> str:
    assert isinstance(one.prompt, tuple)
    return one.prompt[0].content


@pytest.mark.parametrize("trace", [PYTHON, RUBY, JAVA, SCRIPT, GO], ids=["python", "ruby", "java", "javascript", "go"])
def test_a_trace_is_found_whole_and_what_stands_around_it_is_not(trace: str) -> None:
    text = f"It fails since Monday.\n\n```\n{trace}\n```\n\nWe look for an empty basket first."
    found = symptom(text, inline=False)
    assert found
    assert found.text == trace
    assert found.rest.split() == ["It", "fails", "since", "Monday.", "We", "look", "for", "an", "empty", "basket", "first."]


@pytest.mark.parametrize(
    "text",
    ["", "We handle errors. Error handling is fine", "No trace here", "error", "An error: none", "Expected time: soon", "  \n" * 900],
)
def test_words_about_errors_are_no_symptom(text: str) -> None:
    assert symptom(text, inline=False) is None


def test_an_error_that_a_sentence_names_will_do_for_an_issue_only() -> None:
    text = "On Mondays it raises `ValueError: empty` at once.\nWhy?"
    found = symptom(text, inline=True)
    assert found
    assert found.text == "On Mondays it raises `ValueError: empty` at once."
    assert symptom(text, inline=False) is None


def test_a_long_trace_keeps_its_end() -> None:
    frames = "\n".join(f'  File "src/a.py", line {number}, in f\n    f()' for number in range(300))
    found = symptom(f"Traceback (most recent call last):\n{frames}\nRecursionError: too deep", inline=False)
    assert found
    assert len(found.text) < 2_100
    assert found.text.endswith("RecursionError: too deep")


def test_a_trace_in_a_message_is_the_symptom_and_the_rest_of_it_the_cause() -> None:
    one = lesson(fix(body=f"The basket may be empty when it is opened.\n\n    {PYTHON}"))
    assert "ValueError: max() arg is an empty sequence" in prompt(one)
    answer = one.answer or ""
    assert answer.startswith("Fix the heaviest of an empty basket. The basket may be empty when it is opened.\n\nsrc/a.py\n")
    assert blocks.apply(answer, {"src/a.py": BEFORE}) == {"src/a.py": AFTER}
    assert "ValueError" not in answer


def test_the_prompt_shows_the_function_that_is_mended_and_not_the_answer() -> None:
    text = prompt(lesson(fix(body=PYTHON)))
    assert "def heaviest" in text
    assert "default=0" not in text


def test_an_issue_that_the_commit_closes_is_the_symptom_with_its_row_among_the_origins() -> None:
    issue = Said("issue", "#5", "Opening an empty basket fails", f"See this:\n\n{PYTHON}", "issues.json", 3, 99, 4, "a-7")
    one = lesson(fix(said=(issue,)))
    assert "Opening an empty basket fails" in prompt(one)
    assert ("", "issues.json", 3, 99) in {(span.commit, span.path, span.start, span.end) for span in one.origins}
    assert list(diagnose([fix(said=(issue._replace(text="It is slow"),))])) == []


def test_a_test_that_a_fix_brings_fails_without_it() -> None:
    one = lesson(fix(Edit("tests/test_a.py", "python", OLD_TEST.encode(), TEST.encode())))
    assert one.maker == "diagnose.test"
    assert "def test_nothing_is_heavy():\n    assert heaviest([]) == 0" in prompt(one)
    assert "def test_one" not in prompt(one)
    assert "tests/test_a.py" not in (one.answer or "")
    (span,) = (span for span in one.origins if span.path == "tests/test_a.py")
    assert TEST.encode()[span.start : span.end].startswith(b"def test_nothing_is_heavy")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("The heaviest of nothing has no maximum.", "The heaviest of nothing has no maximum."),
        ("The heaviest of nothing has no maximum. It came with release 2.1.", "The heaviest of nothing has no maximum."),
        ("It came back since the last merge of the heaviest branch.", ""),
        ("BasketError of the heaviest is raised by basket_of_nothing.", ""),
        ("The heaviest of nothing has no maximum. The heaviest goes through weighAll.", "The heaviest of nothing has no maximum.\n\n"),
    ],
)
def test_of_a_cause_is_said_what_the_code_can_tell(body: str, told: str) -> None:
    test = Edit("tests/test_a.py", "python", OLD_TEST.encode(), TEST.encode())
    one = lesson(fix(test, subject="Fix a regression of empty baskets", body=body))
    assert (one.answer or "").startswith(told or "src/a.py\n```")
    assert "release" not in (one.answer or "") and "regression" not in (one.answer or "")


def test_tests_in_blocks_are_found_whole() -> None:
    added = "describe 'basket' do\n  it 'is heavy' do\n    expect(heaviest([])).to eq 0\n  end\nend\n"
    one = lesson(fix(Edit("spec/a_spec.rb", "ruby", b"describe 'basket' do\nend\n", added.encode())))
    assert "  it 'is heavy' do\n    expect(heaviest([])).to eq 0\n  end\n```" in prompt(one)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (fix(Edit("tests/test_a.py", "python", TEST.encode(), TEST.replace("== 1", "== 2").encode())), "adds no test"),
        (
            fix(Edit("tests/test_b.py", "python", b"", b"def test_names():\n    assert shown() == 'x'\n")),
            "test names nothing of the fix",
        ),
        (fix(body=PYTHON, subject="Revert it"), "revert"),
        (fix(Edit("b.py", "python", b"", b"".join(b"row_%d = 1\n" % number for number in range(90))), body=PYTHON), "too many lines"),
    ],
)
def test_what_is_no_diagnosis_says_why(change: Change, why: str) -> None:
    assert [one.reason for one in diagnose([change]) if isinstance(one, Dropped)] == [why]


def test_a_commit_that_mends_nothing_is_no_candidate() -> None:
    tests = Edit("tests/test_a.py", "python", OLD_TEST.encode(), TEST.encode())
    assert list(diagnose([fix(tests, subject="Add a heaviest line to the basket"), fix()])) == []


def test_of_several_tests_the_one_is_shown_that_the_message_speaks_of() -> None:
    other = "def test_one_line():\n    assert heaviest([2]) == 2\n\n\n"
    tests = OLD_TEST.replace("def test_one", f"{other}def test_an_empty_basket():\n    assert heaviest([]) == 0\n\n\ndef test_one", 1)
    one = lesson(fix(Edit("tests/test_a.py", "python", OLD_TEST.encode(), tests.encode())))
    assert "def test_an_empty_basket" in prompt(one) and "def test_one_line" not in prompt(one)


@pytest.mark.parametrize(
    "subject", ["Add a default for the heaviest, fix it for none", "Fix the flaky specs of the heaviest", "Fix the last commit again"]
)
def test_what_claims_to_do_something_else_is_no_candidate(subject: str) -> None:
    assert list(diagnose([fix(Edit("tests/test_a.py", "python", OLD_TEST.encode(), TEST.encode()), subject=subject)])) == []


def test_one_line_of_a_stack_without_an_error_is_no_symptom() -> None:
    frame = "app/models/line.rb:12:in `total'"
    assert symptom(f"It fails.\n\n{frame}\n", inline=False) is None
    found = symptom(f"An Errno::ENOENT occurred in home#index:\n\n{frame}\n", inline=False)
    assert found and found.text.startswith("An Errno::ENOENT occurred")


def test_nobody_s_folder_and_nothing_that_was_typed_is_told() -> None:
    typed = "C:\\dev\\tmp>py -m shop run\nUsage: shop [OPTIONS]"
    found = symptom(f"It fails.\n{typed}\n{RUBY.replace('app/models/basket', '/home/Ada/shop/basket')}", inline=False)
    assert found and found.rest == "It fails." and "~/shop/basket.rb:3" in found.text
