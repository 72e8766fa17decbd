from __future__ import annotations

import pytest

from idiolect.dataset.makers.cases import cases
from idiolect.dataset.makers.implement import implement
from idiolect.dataset.makers.implement import tested as by_names
from idiolect.types import Document, Dropped, Sample

CODE = """class Basket:
    def add_item(self, item):
        if not item.name:
            raise ValueError("an item has a name")
        self.items.append(item)

    def total_price(self):
        '''What a customer pays for all items, delivery included.'''
        return sum(item.price for item in self.items) + self.delivery
"""
TEST = """import pytest

from shop.basket import Basket


def test_add_item_refuses_items_that_have_no_name():
    with pytest.raises(ValueError):
        Basket().add_item(item(""))


@pytest.mark.parametrize("count", [1, 2])
def test_add_item_keeps_the_order_of_what_came_first(count):
    basket = Basket()
    basket.add_item(item("a"))
    assert basket.items


def test_total_price_counts_delivery_once():
    assert Basket().total_price() == 3
"""
RSPEC = """RSpec.describe Basket do
  describe "#add_item" do
    it "refuses items that have no name at all" do
      expect { subject.add_item(nil) }.to raise_error(ArgumentError)
    end

    it 'keeps the order in which items were added' do
      subject.add_item(1)
    end
  end

  it "weighs nothing" do
  end
end
"""


def document(path: str, text: str, language: str = "python") -> Document:
    return Document("shop", "team", "c" * 40, path, language, text.encode(), 9)


PAIR = [document("shop/basket.py", CODE), document("tests/test_basket.py", TEST)]


def asked(sample: Sample) -> str:
    assert isinstance(sample.prompt, tuple)
    return sample.prompt[0].content


def test_the_tests_of_a_unit_ask_for_it() -> None:
    made = [one for one in implement(PAIR) if isinstance(one, Sample)]
    add, total = sorted(made, key=lambda one: one.answer or "")
    assert (add.answer or "").startswith("```python\n    def add_item(self, item):") and "raise ValueError" in (add.answer or "")
    assert "def test_add_item_refuses" in asked(add) and "def test_total_price" not in asked(add)
    assert "class Basket:" in asked(add) and "raise ValueError" not in asked(add)
    assert "def test_total_price" in asked(total) and total.kind == "spec" and total.confidence >= 0.8
    texts = {"shop/basket.py": CODE.encode(), "tests/test_basket.py": TEST.encode()}
    for one in made:
        for span in one.origins:
            assert texts[span.path][span.start : span.end].decode().strip() in asked(one) + (one.answer or "")


def test_the_names_of_tests_ask_for_a_unit_that_has_no_words_of_its_own() -> None:
    made = list(by_names(PAIR))
    (only,) = [one for one in made if isinstance(one, Sample)]
    assert "- add item refuses items that have no name\n- add item keeps the order of what came first" in asked(only)
    assert (only.kind, only.maker) == ("write", "tested") and "add_item" in (only.answer or "")
    assert [one.reason for one in made if isinstance(one, Dropped)] == ["says itself what it is for"]


def test_one_test_says_too_little() -> None:
    short = TEST.replace("test_add_item_keeps_the_order_of_what_came_first", "test_add_item_twice")
    made = by_names([PAIR[0], document("tests/test_basket.py", short)])
    assert {one.reason for one in made if isinstance(one, Dropped)} == {"tests say too little", "says itself what it is for"}


def test_tests_that_stay_alone_and_tests_of_nothing_are_counted_reasons() -> None:
    assert [one.reason for one in implement(PAIR[1:]) if isinstance(one, Dropped)] == ["no file of that name"]
    other = document(
        "tests/test_basket.py", "from shop.basket import Basket\n\n\ndef helper():\n    assert Basket and add_item and total_price\n"
    )
    assert [one.reason for one in implement([PAIR[0], other]) if isinstance(one, Dropped)] == ["no test in it"]


def test_a_test_that_only_prepares_with_a_unit_is_not_about_it() -> None:
    extra = (
        TEST
        + "\n\ndef test_total_price_of_two():\n    Basket().add_item(1)\n    Basket().add_item(2)\n    assert Basket().total_price() == 2\n"
    )
    made = [one for one in implement([PAIR[0], document("tests/test_basket.py", extra)]) if isinstance(one, Sample)]
    (add,) = [one for one in made if "def add_item" in (one.answer or "")]
    assert "test_total_price_of_two" not in asked(add)


def test_cases_end_where_they_are_closed_and_have_names_in_words() -> None:
    found = cases(document("spec/basket_spec.rb", RSPEC, "ruby"))
    assert [case.name for case in found] == [
        "refuses items that have no name at all", "keeps the order in which items were added", "weighs nothing",
    ]  # fmt: skip
    assert all(case.text.rstrip().endswith("end") and case.text.count("it ") == 1 and "describe" not in case.text for case in found)
    python = cases(PAIR[1])
    assert [case.name for case in python][1:] == ["add item keeps the order of what came first", "total price counts delivery once"]
    assert "parametrize" not in python[0].text and python[2].text.rstrip().endswith("== 3")
    assert python[1].text.startswith("@pytest.mark.parametrize")
    java = cases(document("BasketTest.java", "class BasketTest {\n  @Test\n  void refusesNoName() {\n    add();\n  }\n}\n", "java"))
    assert [(case.name, case.text) for case in java] == [("refuses no name", "  @Test\n  void refusesNoName() {\n    add();\n  }")]


def test_a_case_knows_what_stands_above_it() -> None:
    text = RSPEC.replace('  it "weighs', '  let(:scales) { 1 }\n\n  it "weighs')
    first, _, last = cases(document("spec/basket_spec.rb", text, "ruby"))
    assert first.group == 'Basket do "#add_item" do' and first.around == ()
    assert [text[slice(*span)].strip() for span in last.around] == ["let(:scales) { 1 }"] and last.group == "Basket do"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("".join(f"        self.items[{n}].weigh()\n" for n in range(40)), "much code for few tests"),
        ("        self.items.append(item)\n", None),
    ],
)
def test_code_and_its_tests_are_in_proportion(code: str, reason: str | None) -> None:
    given = [document("shop/basket.py", f"class Basket:\n    def add_item(self, item):\n{code}"), PAIR[1]]
    assert [one.reason for one in implement(given) if isinstance(one, Dropped) and one.detail == "add_item"] == ([reason] if reason else [])
    by_name = [one.reason for one in by_names(given) if isinstance(one, Dropped) and one.detail == "add_item"]
    assert by_name == ([reason] if reason else [])


def test_names_of_tests_do_not_ask_for_a_class() -> None:
    names = "".join(
        f"def test_basket_{name}():\n    assert Basket()\n\n\n" for name in ("is_made_of_all_wood", "has_a_handle_at_each_side")
    )
    given = [PAIR[0], document("tests/test_basket.py", f"from shop.basket import Basket, add_item, total_price\n\n\n{names}")]
    assert {one.reason for one in by_names(given) if isinstance(one, Dropped)} == {"tests say too little"}


def test_one_line_is_not_what_a_long_test_asks_for() -> None:
    long = "".join(f"    basket.add_item(item({n}))\n" for n in range(40))
    given = document("tests/test_basket.py", f"from shop.basket import Basket\n\n\ndef test_all(basket):\n{long}")
    code = document("shop/basket.py", "class Basket:\n    def add_item(self, item):\n        self.items.append(item)\n")
    assert [one.reason for one in implement([code, given]) if isinstance(one, Dropped)] == ["tests of what it calls"]


def test_an_assertion_is_no_case() -> None:
    body = "    test.equal(1, 1)\n    should(basket.total).eql(2)\n    it.total\n"
    found = cases(
        document("test/basket.js", f"it.only('adds up', function () {{\n{body}}})\n\nit('ends', function () {{\n}})\n", "javascript")
    )
    assert [case.name for case in found] == ["adds up", "ends"] and "should(basket.total)" in found[0].text
    shoulda = cases(document("test/basket_test.rb", "class BasketTest\n  should 'add up' do\n    assert 1\n  end\nend\n", "ruby"))
    assert [case.name for case in shoulda] == ["add up"]
