from __future__ import annotations

import pytest

from idiolect.dataset.makers import prose
from idiolect.dataset.makers.write import FRAMES, templated, write
from idiolect.types import Document, Dropped, Message, Sample

PYTHON = '''import os
from shop.money import Price

class Basket:
    """What a customer wants to buy, before paying."""

    def total(self, discount: Price | None = None) -> Price:
        """
        Add up the prices of all items. A discount is taken off once.

        Args:
            discount: what to take off
        """
        sum_of_items = sum(item.price for item in self.items)
        return sum_of_items - (discount or 0)

    def total_price(self):
        """Return the total price value of this."""
        return self.total()
'''
RUBY = """# frozen_string_literal: true

require "money"

module Shop
  class Basket
    # Adds up the prices of all items in this basket,
    # with the discount taken off once.
    def total(discount: nil)
      items.sum(&:price) - (discount || 0)
    end

    # TODO: remove this when the importer has gone
    def legacy_total
      total(discount: nil) + old_total_of_items
    end
  end
end
"""


def document(text: str, language: str = "python", path: str = "shop/basket.py", role: str = "team") -> Document:
    return Document("shop", role, "c" * 40, path, language, text.encode(), 1_700_000_000)  # type: ignore[arg-type]


def made(one: Document) -> dict[str, Sample]:
    """Samples by the first line of their code."""
    found = [sample for sample in write([one]) if isinstance(sample, Sample)]
    return {(sample.answer or "").split("\n")[1].strip(): sample for sample in found}


def request(sample: Sample) -> str:
    assert isinstance(sample.prompt, tuple)
    (message,) = sample.prompt
    assert isinstance(message, Message) and message.role == "user"
    return message.content


def test_the_docstring_asks_and_the_team_s_code_answers() -> None:
    one = document(PYTHON)
    sample = made(one)["def total(self, discount: Price | None = None) -> Price:"]
    assert "Add up the prices of all items. A discount is taken off once." in request(sample)
    wish, _, begins = request(sample).partition("It begins:")
    assert "Args" not in wish and "Args" in begins, "what the request leaves out of a docstring is shown where the unit begins"
    assert "shop/basket.py" in request(sample) and "Basket.total" in request(sample)
    assert "from shop.money import Price" in request(sample) and "class Basket:" in request(sample)
    span = sample.origins[0]
    assert sample.answer == "```python\n" + one.data[span.start : span.end].decode() + "\n```"
    assert one.data[span.start : span.end].startswith(b"    def total(")


def test_a_comment_above_asks_too_and_is_an_origin() -> None:
    one = document(RUBY, "ruby", "app/basket.rb")
    sample = made(one)["def total(discount: nil)"]
    assert "Adds up the prices of all items in this basket, with the discount taken off once." in request(sample)
    assert "`Shop::Basket#total`" in request(sample) and (sample.answer or "").startswith("```ruby\n    def total")
    assert any(one.data[span.start : span.end].startswith(b"# Adds up") for span in sample.origins)


@pytest.mark.parametrize(
    ("comment", "asks"),
    [
        ("# Adds up the prices of all items in this basket.", True),
        ("# What all that is in the basket costs, less its discount.", True),
        ("# This is less evil than it looks because prices are sound.", False),
        ("# The total was originally worked out by the importer of prices.", False),
        ('"""This is less evil than it looks because prices are sound."""', True),
    ],
)
def test_a_comment_by_the_way_asks_for_nothing(comment: str, asks: bool) -> None:
    above, within = ("", f"        {comment}\n") if comment.startswith('"') else (f"    {comment}\n", "")
    text = f"class Basket:\n{above}    def total_of_items(self):\n{within}        prices = self.prices()\n        return sum(prices)\n"
    assert any(isinstance(one, Sample) for one in write([document(text)])) == asks


def test_every_byte_of_context_has_an_origin() -> None:
    one = document(PYTHON)
    for sample in made(one).values():
        shown = b"".join(one.data[span.start : span.end] for span in sample.origins)
        for line in request(sample).split("```python\n")[-1].split("\n```")[0].split("\n") if "```" in request(sample) else []:
            assert line.encode() in shown


@pytest.mark.parametrize(
    ("text", "language", "reason"),
    [
        (RUBY, "ruby", "vague prose"),
        (PYTHON, "python", "prose repeats the name"),
        ("class Odd(Exception):\n    '''Raised where a basket holds what nobody sells.'''\n", "python", "nothing but prose"),
        ("# Tells whether it is there, in so many words as needed\ndef a\n  1\nend\n", "ruby", "code too short"),
        ("def big():\n    '''Adds up a great many of numbers, one by one.'''\n" + "    x = 1\n" * 800, "python", "answer over budget"),
        (
            "".join(f"def helper_{n}(a, b):\n    c = a + b\n    return c * {n}\n" for n in range(3)),
            "python",
            "no human words for a request",
        ),
    ],
)
def test_what_cannot_be_asked_for_is_a_counted_reason(text: str, language: str, reason: str) -> None:
    reasons = [one.reason for one in write([document(text, language)]) if isinstance(one, Dropped)]
    assert reason in reasons


def test_a_file_offers_two_templates_that_are_less_sure() -> None:
    asked = "".join(f"def f{n}(a):\n    '''Multiply the amount of wheels by {n} and round.'''\n    return a * {n}\n\n" for n in range(40))
    silent = "".join(f"def weigh_g{n}(a):\n    total = a * {n}\n    return total + 1\n\n" for n in range(40))
    one = document(asked + silent)
    assert len([item for item in write([one]) if isinstance(item, Sample)]) == 40
    found = [item for item in templated([one]) if isinstance(item, Sample)]
    assert len(found) == 2 and all(item.maker.startswith("templated.") and item.confidence == 0.5 for item in found)


@pytest.mark.parametrize(
    "silent",
    [
        "def each(a):\n    return [a, 1]\n",
        "def outer_one():\n    def inner_one(a):\n        return [a, 1]\n",
        "class EachOfMany:\n    wheels = [1, 2, 3, 4]\n",
        "def each_of_many(wheels, colours):\n    raise NotImplementedError\n",
    ],
)
def test_a_name_that_says_too_little_is_no_request(silent: str) -> None:
    found = [request(one) for one in templated([document(silent)]) if isinstance(one, Sample)]
    assert not any(name in text for text in found for name in ("each", "inner_one", "EachOfMany"))


def test_a_role_at_the_start_of_a_line_does_not_end_the_request() -> None:
    doc = "Register a test for baskets.  Like\n    :meth:`Shop.test` but wider.\n\n    :param name: what it is called\n"
    assert prose.opening(doc) == "Register a test for baskets. Like :meth:`Shop.test` but wider."


def test_a_sentence_that_announces_what_is_not_shown_stays_out() -> None:
    assert prose.opening("Registers a filter of its own. For example::\n\n    @shop.filter\n") == "Registers a filter of its own."
    assert prose.opening("Legal options:\n\n    width\n") == ""


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        (
            "Adds up.\n\nA discount is taken off\nonce.\n\nNever below nothing.",
            "Adds up.\n\nA discount is taken off once.\n\nNever below nothing.",
        ),
        ("Adds up.\n\n    total(3)\n\nAnd so on.", "Adds up."),
        ("Adds up. For example:\n\nMore of it.", "Adds up."),
        ("Adds up.\n\n- one\n- two", "Adds up."),
        ("Adds up.\n\nFor example::\n\n    total(3)", "Adds up."),
        ("Adds up.\n\n:param off: what to take off", "Adds up."),
        ("Adds up.\n\n" + "Much more of it. " * 80, "Adds up."),
    ],
)
def test_all_paragraphs_before_the_first_example_or_list_ask(text: str, whole: str) -> None:
    assert prose.whole(text) == whole


def test_a_comment_above_a_namespace_is_no_request_for_the_namespace() -> None:
    inner = "  module Notify\n    def self.ready(a)\n      send_to_manager(a)\n    end\n  end\n"
    text = f"# Tells the system's manager about what has become of the shop.\nmodule Shop\n{inner}end\n"
    reasons = [(one.detail, one.reason) for one in write([document(text, "ruby")]) if isinstance(one, Dropped)]
    assert ("Shop", "comment of what is within") in reasons


def test_imports_that_the_code_uses_come_first() -> None:
    many = "".join(f"from shop.things import Thing{n}\n" for n in range(60))
    text = (
        many
        + "from shop.wheels import Wheel\n\n\ndef roll(a):\n    '''Roll the wheel so many times as are asked for.'''\n    return Wheel(a)\n"
    )
    (sample,) = (one for one in write([document(text)]) if isinstance(one, Sample))
    assert "from shop.wheels import Wheel" in request(sample) and "Thing59" not in request(sample)


def test_words_of_a_docstring_are_no_imports() -> None:
    many = "".join(f"from shop.things import Thing{n}\n" for n in range(60))
    asks = "Roll the wheel that comes from the import of wheels.\n\n    Taken from Thing0, Thing1 and Thing2.\n    "
    text = f"{many}from shop.wheels import Wheel\n\n\ndef roll(a):\n    '''{asks}'''\n    return Wheel(a)\n"
    (sample,) = (one for one in write([document(text)]) if isinstance(one, Sample))
    assert "from shop.wheels import Wheel" in request(sample)


def test_a_class_s_own_method_is_not_named_as_one_of_an_instance() -> None:
    doc = "  # Finds all baskets that hold the same things.\n"
    own = f"{doc}  def self.alike(items)\n    where(items: items)\n  end\n\n"
    text = f"class Basket\n{own}{doc}  def alike_to(items)\n    pick(items)\n  end\nend\n"
    asked = " ".join(request(one) for one in write([document(text, "ruby", "basket.rb")]) if isinstance(one, Sample))
    assert "`Basket.alike`" in asked and "`Basket#alike_to`" in asked


def test_a_header_that_is_too_long_to_show_leaves_no_decorator_behind() -> None:
    long = (
        "    @timed\n    def weigh(self,\n"
        + "".join(f"        argument_number_{n}: int,\n" for n in range(20))
        + "    ):\n        return 1\n\n"
    )
    ask = '    def carry(self):\n        """Carry all of the parcels to the courier who waits."""\n        return self.weigh()\n'
    (made,) = [one for one in write([document(f"class Cart:\n{long}{ask}")]) if isinstance(one, Sample) and one.maker == "write"]
    assert "@timed" not in request(made) and "class Cart:" in request(made)


def test_a_function_that_is_assigned_is_answered_with_its_semicolon() -> None:
    text = "/**\n * Send the body of a response to whoever asked.\n */\nres.send = function send(body) {\n  return this.end(body);\n};\n"
    (sample,) = (one for one in write([document(text, "javascript", "lib/response.js")]) if isinstance(one, Sample))
    assert "`res.send`" in request(sample) and (sample.answer or "").endswith("\n};\n```")


def test_a_private_method_stays_private() -> None:
    method = "  private def html_tag(name, attrs)\n    concat_all(name, attrs)\n  end"
    text = f"class Page\n  # Writes a tag with all of its attributes.\n{method}\nend\n"
    answers = [one.answer or "" for one in write([document(text, "ruby", "page.rb")]) if isinstance(one, Sample)]
    assert answers == [f"```ruby\n{method}\n```"]


def test_requests_vary() -> None:
    asked = "".join(f"def f{n}(a):\n    '''Multiply the amount of wheels by {n} and round.'''\n    return a * {n}\n\n" for n in range(60))
    openings = {request(one).split("`")[0][:12] for one in write([document(asked)]) if isinstance(one, Sample)}
    assert len(openings) >= len(FRAMES) - 2


def test_a_fence_in_the_code_is_no_end_of_the_answer() -> None:
    text = "def shown():\n    '''Give the example that stands in the manual.'''\n    return '''\n```\nx\n```\n'''\n"
    (sample,) = (one for one in write([document(text)]) if isinstance(one, Sample))
    assert (sample.answer or "").startswith("````python\n") and (sample.answer or "").endswith("\n````")


@pytest.mark.parametrize(
    ("comment", "words"),
    [
        ('"""One line."""', "One line."),
        ('r"""\n    First.\n\n        deeper\n    """', "First.\n\n    deeper"),
        ("# one\n#   two\n#\n# three", "one\n  two\n\nthree"),
        ("/**\n * Says it.\n *\n * @param x what\n */", "Says it.\n\n@param x what"),
        ("  // left\n  // right", "left\nright"),
        ("# rubocop:disable Metrics\n# Real words.", "Real words."),
    ],
)
def test_marks_of_comments_are_taken_off(comment: str, words: str) -> None:
    assert prose.plain(comment) == words


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Copyright 2020 by the people of the shop", "boilerplate prose"),
        ("x = compute(1, 2)\nreturn x.value", "commented-out code"),
        ("https://example.org/a/very/long/link/that/says/nothing", "prose too short"),
        ("-- 12 34 == 56 78 a b c d e == 90 12 34 56", "not prose"),
        ("Keeps the basket until it is paid for.", None),
        ("Keeps the basket until it is paid for.\n\n@param {String} name\n@return {Basket}\n@public", None),
        ("@price = items.sum\n@total = @price * 2\n@paid = false", "commented-out code"),
    ],
)
def test_prose_is_judged(text: str, reason: str | None) -> None:
    assert prose.refusal(text) == reason


def test_what_stands_beside_a_unit_is_shown_by_its_header_and_what_it_calls_first() -> None:
    many = "".join(f"    def helper_number_{n}(self, amount_of_wheels, colour_of_wheels):\n        return {n}\n\n" for n in range(30))
    ask = '    def carry(self):\n        """Carry all of the parcels to the courier who waits."""\n        return self.load_parcels(1)\n\n'
    long = "".join(f"        self.parcel_number_{n} = count * {n}\n" for n in range(12))
    text = f"class Cart:\n{ask}{many}    def load_parcels(self, count):\n{long}        return count\n"
    (made,) = [one for one in write([document(text)]) if isinstance(one, Sample) and one.maker == "write"]
    assert isinstance(made.prompt, tuple)
    said = made.prompt[0].content
    assert "def load_parcels(self, count):" in said and "parcel_number_3" not in said, "long ones are shown by their header"
    assert "helper_number_0(" in said and "helper_number_29(" not in said
    spans = [text.encode()[span.start : span.end].decode().strip() for span in made.origins]
    assert "def load_parcels(self, count):" in spans
