from __future__ import annotations

from dataclasses import replace

import pytest

from idiolect.dataset.makers.explain import NOTE_QUESTIONS, explain
from idiolect.dataset.makers.sections import sections, title
from idiolect.types import Document, Dropped, Replaced, Sample

PYTHON = '''class Basket:
    def total(self, discount=None):
        """Add up all prices.

        A discount is taken off once, at the end.
        """
        prices = [item.price for item in self.items]
        return sum(prices) - (discount or 0)
'''
README = """# Shop

[![badge](https://example.org/b.svg)](https://example.org)

## Running the tests

All tests run offline. Start them with the following command, and expect less than a minute.

```sh
# this is no heading
make test
```

## Usage

Call the program with the name of a basket, and it prints what the basket costs in all currencies.

## License

This text says under which conditions you may use the program, and it is long enough.
"""


def document(text: str, language: str = "python", path: str = "shop/basket.py") -> Document:
    return Document("shop", "team", "c" * 40, path, language, text.encode(), 1_700_000_000)


def samples(one: Document, budget: int = 6000) -> list[Sample]:
    return [made for made in explain([one], budget=budget) if isinstance(made, Sample)]


def asked(sample: Sample) -> str:
    assert isinstance(sample.prompt, tuple)
    return sample.prompt[0].content


def test_the_docstring_answers_and_is_not_in_the_code() -> None:
    one = document(PYTHON)
    (sample,) = samples(one)
    assert sample.answer == "Add up all prices.\n\nA discount is taken off once, at the end."
    assert "Add up" not in asked(sample) and "`Basket.total`" in asked(sample)
    assert "def total(self, discount=None):\n        prices = [" in asked(sample)
    texts = [one.data[span.start : span.end].decode() for span in sample.origins]
    assert any("Add up all prices" in text for text in texts) and any("prices = [" in text for text in texts)


def test_a_long_class_is_windowed_not_dropped() -> None:
    body = "".join(f"    def step_{number}(self):\n        return self.value * {number}\n\n" for number in range(200))
    one = document(f'class Machine:\n    """Turns a value into two hundred others, one step at a time."""\n\n{body}')
    (sample,) = samples(one, budget=1500)
    assert len((asked(sample) + (sample.answer or "")).encode()) < 1800
    assert "step_0" in asked(sample) and "step_199" not in asked(sample) and asked(sample).endswith("[...]\n```")


def test_a_function_that_cannot_be_shown_as_a_whole_is_not_explained() -> None:
    body = "".join(f"    found.append(value * {number})\n" for number in range(200))
    one = document(f'def step(value):\n    """Turns a value into two hundred others, one step at a time."""\n    found = []\n{body}')
    assert [item.reason for item in explain([one], budget=1500) if isinstance(item, Dropped)] == ["code over budget"]


def test_a_section_answers_its_heading_byte_for_byte() -> None:
    one = document(README, "markdown", "README.md")
    found = {asked(sample): sample for sample in samples(one)}
    (testing,) = (sample for question, sample in found.items() if "Running the tests" in question)
    assert (testing.answer or "").startswith("All tests run offline.") and "# this is no heading" in (testing.answer or "")
    assert (testing.answer or "").encode() in one.data[testing.origins[0].start : testing.origins[0].end]


def test_a_heading_that_says_little_is_asked_with_the_one_above() -> None:
    assert [section.title for section in sections(README.encode())] == ["Shop", "Running the tests", "Shop: Usage", "Shop: License"]


def test_headings_of_restructuredtext_are_underlined() -> None:
    text = b"Manual\n======\n\nWords.\n\nUsage\n-----\n\nMore words.\n"
    assert [(section.title, text[section.body : section.end].strip()) for section in sections(text, "restructuredtext")] == [
        ("Manual", b"Words."),
        ("Manual: Usage", b"More words."),
    ]


def test_a_line_of_tildes_beneath_a_heading_fences_nothing() -> None:
    text = b"Doors\n~~~~~\n\nOne.\n\nLocks\n~~~~~\n\nTwo.\n\nAll keys\n--------\n\nThree.\n"
    assert [section.title for section in sections(text, "restructuredtext")] == ["Doors", "Locks", "All keys"]


def test_what_other_pages_link_to_belongs_to_the_heading_below_it() -> None:
    text = b"Doors\n=====\n\nOne.\n\n\n.. _locks:\n\nAll locks\n=========\n\nTwo, as :ref:`locks` says.\n\n.. _shop: https://shop.example\n"
    doors, locks = sections(text, "restructuredtext")
    assert text[doors.body : doors.end].strip() == b"One."
    assert text[locks.start :].startswith(b".. _locks:") and text[locks.body :].strip().endswith(b"https://shop.example")
    over = b"=====\nDoors\n=====\n\nOne.\n\n=====\nLocks\n=====\n\nTwo.\n"
    assert [over[one.body : one.end].strip() for one in sections(over, "restructuredtext")] == [b"One.", b"Two."]


def test_a_comment_in_a_text_file_and_the_fields_of_a_page_are_no_headings() -> None:
    assert sections(b"# robots may read this\nUser-agent: *\nDisallow: /basket\n", "text") == []
    page = b"---\nname: Broken door\nabout: Tell us what broke\n---\n\n## What broke\n\nA door.\n"
    assert [section.title for section in sections(page)] == ["What broke"]


def test_a_heading_is_asked_for_in_plain_words() -> None:
    assert title("Shop [![build](https://b.example/b.svg)](https://b.example)") == "Shop"
    assert title("Lifetime and ``self``") == "Lifetime and `self`"
    assert title("``total``") == "total"


def test_a_heading_of_one_word_is_asked_with_the_one_above() -> None:
    text = b"Parcels\n=======\n\nWords.\n\nConfigure\n---------\n\nMore words.\n\nSend them out\n-------------\n\nWords.\n"
    assert [section.title for section in sections(text, "restructuredtext")] == ["Parcels", "Parcels: Configure", "Send them out"]


def test_what_explains_nothing_is_a_counted_reason() -> None:
    page = document(README, "markdown", "README.md")
    reasons = [made.reason for made in explain([page]) if isinstance(made, Dropped)]
    assert sorted(reasons) == ["boilerplate prose", "prose too short"]
    log = document("# Changelog\n\n## 1.0\n\n" + "Fixed what was wrong with it. " * 9, "markdown", "CHANGELOG.md")
    assert [made.reason for made in explain([log]) if isinstance(made, Dropped)] == ["changelog"]
    empty = document('class Odd(ValueError):\n    """Raised where the basket holds what nobody sells."""\n')
    assert [made.reason for made in explain([empty]) if isinstance(made, Dropped)] == ["nothing but prose"]


@pytest.mark.parametrize("path", ["CHANGES.rst", "Pro-Changes.md", "docs/changelog.md", "History.md", "RELEASE_NOTES"])
def test_a_changelog_explains_nothing_whatever_it_is_called(path: str) -> None:
    assert [made.reason for made in explain([document(README, "markdown", path)]) if isinstance(made, Dropped)] == ["changelog"]
    assert samples(document(README, "markdown", "docs/exchanges.md"))


def test_a_code_of_conduct_is_not_the_teams_own_prose() -> None:
    assert not samples(document(README, "markdown", ".github/CODE_OF_CONDUCT.md"))


def test_a_table_of_contents_is_no_answer() -> None:
    text = "# Guide\n\nThis guide tells how the shop is run, in three parts.\n\n- [Doors](#doors)\n- [Locks](#locks)\n  - [Keys](#keys)\n"
    assert not samples(document(text, "markdown", "guide.md"))


def test_the_comment_at_the_head_of_a_data_file_explains_no_entry() -> None:
    text = (
        "# words in braces are variables, and should not be translated\nde:\n  Door: Eine Türe, die man zuschließen kann\n  Lock: Schloss\n"
    )
    (made,) = explain([document(text, "yaml", "locales/de.yml")])
    assert isinstance(made, Dropped) and made.reason == "comment of what is within"


def reasons(one: Document) -> list[str]:
    return [made.reason for made in explain([one]) if isinstance(made, Dropped)]


EXAMPLE = """/**
 * Check if `door` is open.
 *
 *    shop.opened('front')
 *    // => false
 *
 *    shop.open('front')
 *    shop.opened('front')
 *    // => true
 *
 * @param {String} door
 */
function opened (door) {
  return Boolean(this.doors[door] && this.doors[door].open)
}
"""
DOORS = """All doors
=========

A door is opened by its name, as here. ::

    shop = Shop()
    shop.open('front')
    shop.close('back')

.. code-block:: python
    :caption: shop.py

    shop.open('back')
    shop.notice = "Copyright 2010"
"""


def test_examples_of_code_in_a_comment_or_a_section_are_no_commented_out_code() -> None:
    (sample,) = samples(document(EXAMPLE, "javascript", "shop.js"))
    assert (sample.answer or "").startswith("Check if `door` is open.") and "// => true" in (sample.answer or "")
    (sample,) = samples(document(DOORS, "restructuredtext", "docs/doors.rst"))
    assert (sample.answer or "").endswith('shop.notice = "Copyright 2010"')
    dead = "// name = door.trim();\n// if (DOORS[name]) {\n//   open(name);\n// }\n" + EXAMPLE.partition("*/\n")[2]
    assert reasons(document(dead, "javascript", "shop.js")) == ["commented-out code"]


def test_tags_alone_explain_nothing() -> None:
    text = EXAMPLE.replace(EXAMPLE[EXAMPLE.index(" * Check") : EXAMPLE.index(" * @param")], " * @template {string} K of the doors\n")
    assert "@template" in text and reasons(document(text, "javascript", "shop.js")) == ["nothing but tags"]


def test_the_history_of_versions_is_no_part_of_an_answer() -> None:
    said = "once, at the end.\n\n        .. versionchanged:: 2.1\n            Once.\n\n        :param discount: In cents.\n"
    (sample,) = samples(document(PYTHON.replace("once, at the end.\n", said)))
    assert sample.answer == "Add up all prices.\n\nA discount is taken off once, at the end.\n\n:param discount: In cents."
    (sample,) = samples(document(DOORS.replace("A door is", ".. versionadded:: 0.6\n\nA door is"), "restructuredtext", "docs/doors.rst"))
    assert (sample.answer or "").startswith("A door is opened")


@pytest.mark.parametrize(
    "said",
    [
        "More elaborate than the previous system, because of the tax",
        "This argument could be dropped sometime",
        "I have taken this out of the till, so that there is a seam",
        "Works around https://example.org/faults/7 of the till, which adds twice",
        "Adds all prices twice since 6ce15c4f, as the till does (#162)",
    ],
)
def test_a_remark_on_what_was_or_will_be_explains_nothing(said: str) -> None:
    text = f"def total(items, at):\n    '''{said}.'''\n    return sum(item.price(at) for item in items)\n"
    assert reasons(document(text)) == ["a remark in passing"]


def test_what_is_jotted_down_is_asked_for_as_a_note() -> None:
    text = (
        "class Parcel\n  # untrusted input from the till, so check it again\n  def weigh(input)\n    scale.weigh(input.to_i)\n  end\nend\n"
    )
    (jotted,) = samples(document(text, "ruby", "parcel.rb"))
    assert any(asked(jotted).startswith(question.partition("{")[0]) for question in NOTE_QUESTIONS)
    (told,) = samples(document(text.replace("untrusted input", "Untrusted input comes").replace("again", "again."), "ruby", "parcel.rb"))
    assert not any(asked(told).startswith(question.partition("{")[0]) for question in NOTE_QUESTIONS)


def test_a_comment_that_a_generator_writes_explains_nothing() -> None:
    text = (
        "# This migration comes from parcels (20240920115957)\nclass Parcels < ActiveRecord::Migration[7.0]\n"
        "  def change\n    create_table :parcels\n  end\nend\n"
    )
    assert reasons(document(text, "ruby", "db/migrate/20250101000000_parcels.rb")) == ["boilerplate prose"]
    text = "class Parcel\n  # Only allow a list of trusted parameters through.\n  def permitted\n    params.expect([:weight])\n  end\nend\n"
    assert reasons(document(text, "ruby", "app/controllers/parcels.rb")) == ["boilerplate prose"]


def test_a_section_that_is_too_long_is_dropped_rather_than_cut() -> None:
    page = document("# All doors\n\n" + "A door is opened by its name, and closed by its number. " * 40, "markdown", "doors.md")
    assert [made.reason for made in explain([page], budget=1500) if isinstance(made, Dropped)] == ["answer over budget"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("The pages below tell all that there is to know of doors and of locks.\n\n.. toctree::\n\n   doors", "boilerplate prose"),
        ("These are read from the code, as it is today, at night.\n\n.. autoclass:: Door\n   :members:", "boilerplate prose"),
    ],
)
def test_a_section_without_its_substance_explains_nothing(body: str, reason: str) -> None:
    page = document(f"Faults and doors\n================\n\n{body}\n", "restructuredtext", "docs/faults.rst")
    assert reasons(page) == [reason]


def test_an_answer_in_which_something_was_replaced_is_dropped() -> None:
    text = "# Faults of doors\n\nWrite to person@example.com about any fault that you find; you will be thanked, and named.\n"
    page, at = document(text, "markdown", "SECURITY.md"), text.index("person@")
    assert reasons(replace(page, replaced=(Replaced(at, at + 18, at, at + 12),))) == ["something in it was replaced"]
    assert samples(replace(page, replaced=(Replaced(0, 1, 0, 1),)))


def test_a_form_is_no_prose_of_the_team() -> None:
    form = "## What is broken\n\nSay which door it was, what you did with it, and what in turn it did to you, and why.\n"
    assert samples(document(form, "markdown", "docs/faults.md"))
    assert not samples(document(form, "markdown", ".github/ISSUE_TEMPLATE/fault.md"))
    assert not samples(document(form, "markdown", ".github/pull_request_template.md"))


def test_a_word_of_copyright_in_passing_is_no_notice() -> None:
    text = "# Your own code\n\nSend only what you wrote yourself: whose the copyright of other code is, nobody here can tell.\n"
    assert samples(document(text, "markdown", "CONTRIBUTING.md"))


def test_a_class_s_own_method_of_ruby_is_asked_for_as_one() -> None:
    doc = "  # Finds all baskets that hold the same things as this one does, whoever packed them.\n"
    text = f"class Basket\n{doc}  def self.alike(items)\n    where(items: items).order(:packed_at)\n  end\nend\n"
    (sample,) = samples(document(text, "ruby", "basket.rb"))
    assert "`Basket.alike`" in asked(sample)
