"""What a unit's code stands on in its own file is shown beside it."""

from __future__ import annotations

import pytest

from idiolect.dataset.makers import defined, scope
from idiolect.syntax import units
from idiolect.types import Document

PYTHON = """import os
from shop import till

LIMIT = 40
RATES = {
    "books": 7,
    "bread": 9,
}
UNUSED = 1
till = os.environ["TILL"]


class Basket:
    currency = "EUR"

    def __init__(self, owner, shelf):
        self.owner = owner
        self.shelf = shelf
        self.items = []

    def room(self):
        return LIMIT - len(self.items)

    def price(self, kind):
        if self.room() > 0:
            return RATES[kind], self.currency
        LIMIT_REACHED = 2
        return LIMIT_REACHED

    def other(self):
        LIMIT_REACHED = 3
        self.shelf.append(self.owner, self.items, self.currency, self.room(), self.price("books"), self.price("bread"))
        self.shelf.append(self.owner, self.items, self.currency, self.room(), self.price("books"), self.price("bread"))
        return LIMIT_REACHED


class Hamper(Basket):
    def price(self, kind):
        return free_of_charge(kind)


def free_of_charge(kind):
    return kind, 0
"""
RUBY = """class Member
  DAYS = 70
  SHARES = %w[a b]
  belongs_to :shop, optional: true
  attr_reader :name, :age

  def initialize(name)
    @name = name
    @since = Time.now
  end

  def new?
    @since > DAYS.days.ago
  end

  def asks?
    new? && shop.open?
  end
end
"""


def shown(text: str, language: str, name: str) -> str:
    data = text.encode()
    found = units(language, data)
    unit = next(one for one in found if one.name == name)
    document = Document("shop", "team", "c" * 40, "a", language, data, 0)
    piece = scope.around(document, unit, found)
    assert all(not (unit.start < span.start < unit.end) for span in piece.origins), "nothing of the answer is shown"
    return piece.text


def test_constants_and_short_methods_that_it_uses_are_shown_whole() -> None:
    text = shown(PYTHON, "python", "price")
    assert 'RATES = {\n    "books": 7,\n    "bread": 9,\n}' in text
    assert '    currency = "EUR"' in text
    assert "    def room(self):\n        return LIMIT - len(self.items)" in text
    assert "UNUSED" not in text
    assert "LIMIT_REACHED" not in text, "what another function binds is its own"
    assert "free_of_charge" not in text


def test_attributes_are_shown_where_the_object_is_set_up() -> None:
    text = shown(PYTHON, "python", "room")
    assert "    def __init__(self, owner, shelf):\n        self.items = []" in text
    assert "self.owner = owner" not in text
    assert "LIMIT = 40\n" in text


def test_functions_of_the_file_and_methods_of_a_base_in_it_are_shown() -> None:
    data = PYTHON.encode()
    found = units("python", data)
    document = Document("shop", "team", "c" * 40, "a", "python", data, 0)
    mine = next(one for one in found if one.parents == ("Hamper",))
    assert "def free_of_charge(kind):\n    return kind, 0" in scope.around(document, mine, found).text
    hamper = next(one for one in found if one.name == "Hamper")
    text = scope.around(document, hamper, found).text
    assert "    def room(self):" in text and "    def price(self, kind):" in text
    assert "import os" in text, "where no import is used, all are shown"


def test_of_imports_those_are_shown_that_are_used() -> None:
    text = "import os\nfrom shop import till\n\n\ndef price(kind):\n    return till.price(kind)\n"
    assert shown(text, "python", "price") == "from shop import till"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("from shop import (Basket,\n    Till)\nimport os\n", ["from shop import (Basket,\n    Till)", "import os"]),
        ("from shop import (  # all of it\n    Till,\n)\n", ["from shop import (  # all of it\n    Till,\n)"]),
        ("import {\n  a,\n  b\n} from './shop';\n", ["import {\n  a,\n  b\n} from './shop';"]),
        ("from shop import (Basket,\nimport os\n", ["import os"]),
    ],
)
def test_an_import_is_shown_down_to_the_line_that_closes_its_brackets(text: str, found: list[str]) -> None:
    assert [text[start:end] for start, end in scope.imports(text.encode())] == found


def test_neighbours_show_how_the_team_writes() -> None:
    text = "".join(f"def shelf_{n}(kind):\n    return kind * {n}\n\n\n" for n in range(9))
    found = shown(text, "python", "shelf_5")
    assert found.count("return kind") == defined.BESIDE
    assert "return kind * 4" in found and "return kind * 3" in found


def test_of_a_class_of_ruby_its_constants_and_what_macros_make_are_shown() -> None:
    text = shown(RUBY, "ruby", "new?")
    assert "  DAYS = 70\n" in text
    assert "  def initialize(name)\n    @since = Time.now\n" in text
    assert "SHARES" not in text
    asks = shown(RUBY, "ruby", "asks?")
    assert "  belongs_to :shop, optional: true\n" in asks
    assert "  def new?\n    @since > DAYS.days.ago\n  end" in asks


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("attr_reader :name, :age", ["name", "age"]),
        ("attr_accessor :name,\n    :age", ["name", "age"]),
        ("def_delegators :@items, :size, :each", ["size", "each"]),
        ("alias_method :length, :size", ["length"]),
        ("belongs_to :shop, optional: true", ["shop"]),
        ("scope(:paid, -> { where(:paid) })", ["paid"]),
        ("validates :name, :age", []),
    ],
)
def test_a_macro_of_ruby_makes_every_name_that_it_says(line: str, names: list[str]) -> None:
    text = f"class Member\n  {line}\n\n  def go\n    size\n  end\nend\n"
    found = defined.bindings("ruby", text.encode())
    assert list(found) == names
    assert {text[one.start : one.end].strip() for each in found.values() for one in each} == ({line} if names else set())
    assert defined.bindings("python", text.encode()) == {}


def test_what_is_brought_in_by_require_or_is_too_long_is_no_definition() -> None:
    text = "const app = require('app');\nconst LIMIT = 3;\nconst LONG = [\n" + "  1234567,\n" * 60 + "];\n"
    assert list(defined.bindings("javascript", text.encode())) == ["LIMIT"]


@pytest.mark.parametrize("size", [5, 500])
def test_no_more_is_shown_than_may_be(size: int) -> None:
    many = "".join(f'NAME_{n} = "{n:0100d}"\n' for n in range(size))
    text = f"{many}def every():\n    return {' + '.join(f'NAME_{n}' for n in range(size))}\n"
    data = text.encode()
    found = units("python", data)
    document = Document("shop", "team", "c" * 40, "a", "python", data, 0)
    spans = defined.around(document, found[-1], found, scope.named(data, found[-1]))
    assert 0 < sum(end - start for start, end in spans) <= defined.MOST
    assert data[slice(*spans[-1])].startswith(f"NAME_{size - 1} ".encode()), "what is nearest comes first"
