from __future__ import annotations

import pytest

from idiolect.dataset.makers.cases import cases
from idiolect.dataset.makers.pairs import pairs
from idiolect.dataset.makers.spec import spec
from idiolect.sources.testpaths import is_test, stem_tested
from idiolect.types import Document, Dropped, Sample

CODE = """class Basket:
    def add_item(self, item):
        self.items.append(item)

    def total_price(self):
        return sum(item.price for item in self.items)
"""
TEST = """from shop.basket import Basket


def test_the_total_is_the_sum_of_all_items():
    basket = Basket()
    basket.add_item(item(3))
    assert basket.total_price() == 3
"""


def document(path: str, text: str, language: str = "python", source: str = "shop") -> Document:
    return Document(source, "team", "c" * 40, path, language, text.encode(), 1_700_000_000)


def asked(sample: Sample) -> str:
    assert isinstance(sample.prompt, tuple)
    return sample.prompt[0].content


def test_the_code_asks_and_its_test_answers() -> None:
    code, test = document("shop/basket.py", CODE), document("tests/test_basket.py", TEST)
    (made,) = spec([code, test])
    assert isinstance(made, Sample)
    assert CODE.strip() in asked(made) and "shop/basket.py" in asked(made)
    assert made.answer == f"```python\n{TEST.strip()}\n```"
    assert {(span.path, span.start, span.end) for span in made.origins} == {
        ("shop/basket.py", 0, len(code.data)), ("tests/test_basket.py", 0, len(test.data)),
    }  # fmt: skip
    assert made.confidence >= 0.8


@pytest.mark.parametrize(
    ("path", "stem"),
    [
        ("tests/test_basket.py", "basket"),
        ("shop/basket_test.go", "basket"),
        ("spec/models/basket_spec.rb", "basket"),
        ("src/basket.test.ts", "basket"),
        ("src/basket.spec.tsx", "basket"),
        ("src/__tests__/basket.js", "basket"),
        ("src/test/java/shop/BasketTest.java", "Basket"),
        ("src/test/java/shop/BasketTests.java", "Basket"),
        ("test/basket.js", "basket"),
        ("test/basket.pay.js", "basket.pay"),
        ("test/support/basket.js", None),
        ("lib/basket.js", None),
        ("shop/basket.py", None),
        ("shop/latest.py", None),
        ("tests/conftest.py", None),
    ],
)
def test_paths_of_tests_point_to_what_they_test(path: str, stem: str | None) -> None:
    assert stem_tested(path) == stem
    assert is_test(path) == (stem is not None or path.startswith(("tests/", "test/")))


def test_marks_and_case_of_names_do_not_matter() -> None:
    code = "public class HttpClient {\n  int sendRequest() { return 1; }\n  int closeAll() { return 2; }\n}\n"
    test = "class HttpClientTest {\n  void sends() { new HttpClient().sendRequest(); new HttpClient().closeAll(); }\n}\n"
    found, _ = pairs([document("src/main/java/HttpClient.java", code, "java"), document("src/test/java/HttpClientTest.java", test, "java")])
    assert [(pair.tested.path, pair.confidence >= 0.8) for pair in found] == [("src/main/java/HttpClient.java", True)]
    private = document("shop/_basket.py", CODE)
    found, _ = pairs([private, document("tests/test_basket.py", TEST)])
    assert [pair.tested.path for pair in found] == ["shop/_basket.py"]


def test_a_folder_of_tests_points_to_a_file_when_the_test_names_its_units() -> None:
    found, _ = pairs([document("shop/_basket.py", CODE), document("tests/basket/test_totals.py", TEST)])
    assert [(pair.tested.path, pair.confidence) for pair in found] == [("shop/_basket.py", 1.0)]


MOCHA = """var request = require('supertest')
var express = require('../')

describe('res', function () {
  describe('.send(status)', function () {
    it('should set the status', function (done) {
      var app = express()

      app.use(function (req, res) {
        res.send(201)
      })

      request(app).get('/').expect(201, done)
    })
  })
})
"""
RESPONSE = """var res = Object.create(http.ServerResponse.prototype)

res.send = function send(status) {
  this.statusCode = status
  return this.end()
}

res.redirect = function redirect(url) {
  return this.end(url)
}
"""


def test_a_test_in_a_folder_of_mocha_is_paired_by_the_first_part_of_its_name() -> None:
    code = document("lib/response.js", RESPONSE + "// more\n" * 900, "javascript")
    others = [document("lib/request.js", "req.get = function get(field) {\n  return this.headers[field]\n}\n", "javascript")]
    given = [code, *others, document("test/res.send.js", MOCHA, "javascript")]
    (pair,), _ = pairs(given)
    assert (pair.tested.path, pair.confidence >= 0.8) == ("lib/response.js", True)
    (made,) = (one for one in spec(given) if isinstance(one, Sample))
    assert "`res.send`" in asked(made) and "res.redirect =" not in asked(made) and "var express = require('../')" in asked(made)
    assert (made.answer or "").startswith("```javascript\ndescribe('res', function () {") and "expect(201, done)" in (made.answer or "")


def test_a_var_that_requires_a_file_imports_it() -> None:
    code = document("lib/utils.js", "exports.wrap = function wrap(x) {\n  return [x]\n}\n", "javascript")
    body = "describe('utils.wrap', function () {\n  it('wraps', function () {\n    utils.wrap(1)\n  })\n})\n"
    test = f"var utils = require('../lib/utils')\n\n{body}"
    (pair,), _ = pairs([code, document("test/utils.js", test, "javascript")])
    assert pair.tested.path == "lib/utils.js"


def test_models_mirror_models() -> None:
    code = document("app/models/basket.rb", "class Basket < Record\n  validates :name, presence: true\nend\n", "ruby")
    test = "describe Basket do\n  it 'has a name' do\n    expect(Basket.create).not_to be_valid\n  end\nend\n"
    assert [pair.tested.path for pair in pairs([code, document("spec/models/basket_spec.rb", test, "ruby")])[0]] == ["app/models/basket.rb"]
    assert pairs([code, document("spec/routing/basket_spec.rb", test, "ruby")])[0] == []


def test_of_two_files_of_one_name_the_one_that_is_named_is_taken() -> None:
    other = document("billing/basket.py", "class Invoice:\n    def amount(self):\n        return 1\n")
    found, _ = pairs([other, document("shop/basket.py", CODE), document("tests/test_basket.py", TEST)])
    assert [pair.tested.path for pair in found] == ["shop/basket.py"]


def test_tests_that_cannot_be_paired_are_counted_reasons() -> None:
    stranger = document("tests/test_nothing.py", TEST)
    unsure = document("tests/test_basket.py", "def test_it():\n    assert 1 + 1 == 2, 'arithmetic is broken today'\n")
    made = list(spec([document("shop/basket.py", CODE), stranger, unsure]))
    assert sorted(one.reason for one in made if isinstance(one, Dropped)) == ["no file of that name", "pair not sure enough"]


def test_files_of_other_sources_are_never_paired() -> None:
    made = list(spec([document("shop/basket.py", CODE), document("tests/test_basket.py", TEST, source="other")]))
    assert [one.reason for one in made if isinstance(one, Dropped)] == ["no file of that name"] and len(made) == 1


def test_a_long_test_is_windowed_with_the_units_that_each_window_names() -> None:
    methods = "".join(f"    def compute_{n}(self):\n        return self.base * {n} + len('{'x' * 60}')\n\n" for n in range(60))
    tests = "".join(
        f"def test_number_{n}():\n    machine = Machine(2)\n    assert machine.compute_{n}() == {n * 2 + 60}\n\n\n" for n in range(60)
    )
    code, test = document("shop/machine.py", f"class Machine:\n{methods}"), document("tests/test_machine.py", tests)
    made = [one for one in spec([code, test], budget=3000) if isinstance(one, Sample)]
    assert len(made) >= 3
    for one in made:
        assert len(asked(one).encode()) + len((one.answer or "").encode()) <= 3100
        assert (one.answer or "").split("\n")[1].startswith("def test_number_")
        named = {int(word.split("compute_")[1].split("(")[0]) for word in asked(one).split("\n") if "def compute_" in word}
        tested = {int(word.split("compute_")[1].split("(")[0]) for word in (one.answer or "").split("\n") if "machine.compute_" in word}
        assert named and named <= tested


def test_a_long_rspec_file_is_cut_between_its_blocks() -> None:
    examples = "".join(f'    it "adds {n} items" do\n      expect(Basket.new.add_many({n})).to eq({n})\n    end\n\n' for n in range(80))
    test = document("spec/basket_spec.rb", f'RSpec.describe Basket do\n  describe "#add_many" do\n{examples}  end\nend\n', "ruby")
    code = document(
        "app/basket.rb", "class Basket\n  def add_many(count)\n    @items += [1] * count\n    @items.size\n  end\nend\n", "ruby"
    )
    found = [*spec([code, test], budget=3000)]
    (made,) = (one for one in found if isinstance(one, Sample))
    assert (made.answer or "").split("\n")[1].strip().startswith(("it ", "RSpec.describe")) and (made.answer or "").endswith("    end\n```")
    assert {one.reason for one in found if isinstance(one, Dropped)} == {"many tests of one unit"}


def windows(code: str, test: str, name: str = "basket", language: str = "python") -> tuple[list[Sample], list[str]]:
    """Lessons and reasons of a pair whose files are too long to be shown whole."""
    suffix = "rb" if language == "ruby" else "py"
    pad = "\n\n" + "".join(f"# line {n} of what is not tested at all\n" for n in range(200))
    pair = [document(f"shop/{name}.{suffix}", code + pad, language), document(f"test/{name}_test.{suffix}", test, language)]
    found = list(spec(pair))
    return [one for one in found if isinstance(one, Sample)], [one.reason for one in found if isinstance(one, Dropped)]


RUBY_CODE = """module Shop
  class Basket
    def r
      @r
    end

    def data
      @data
    end

    def total_price
      items.sum(&:price)
    end
  end
end
"""


def test_a_variable_or_a_word_of_two_letters_is_no_mention_of_a_method() -> None:
    body = "    data = %w[-r a]\n    assert_equal 3, basket.total_price\n"
    test = f"require 'shop/basket'\n\ndescribe 'a basket' do\n  it 'adds up' do\n{body}  end\nend\n"
    (made,), _ = windows(RUBY_CODE, test, language="ruby")
    assert "`Shop::Basket#total_price`" in asked(made) and "#data" not in asked(made) and "#r`" not in asked(made)


def test_a_namespace_is_not_what_is_tested() -> None:
    test = "describe Shop do\n  it 'is there' do\n    assert Shop\n  end\nend\n"
    assert windows(RUBY_CODE, test, language="ruby")[0] == []


def test_lines_without_a_test_or_with_tests_of_other_things_are_no_answer() -> None:
    other = "".join(f"def test_other_{n}(client):\n    assert client.get('/{n}').data == b'x'\n\n\n" for n in range(60))
    helpers = "".join(f"def make_basket_{n}():\n    return Basket({n}).total_price()\n\n\n" for n in range(60))
    told = "def test_total():\n    assert Basket().total_price() == 3\n\n\n"
    (made,), reasons = windows(CODE, f"from shop.basket import Basket\n\n\n{told}{other}")
    assert made.answer == f"```python\n{told.strip()}\n```" and reasons == ["tests other things"] * 60
    assert windows(CODE, f"from shop.basket import Basket\n\n\n{helpers}") == ([], ["no test in it"])
    (made,), _ = windows(CODE, f"from shop.basket import Basket\n\n\n{helpers}{told}")
    assert "make_basket" not in asked(made) + (made.answer or "")


def test_what_is_only_imported_is_not_what_is_tested() -> None:
    code = CODE + "\n\ndef fresh_basket():\n    return Basket()\n"
    test = "from shop.basket import Basket, fresh_basket\n\n\ndef test_total():\n    assert Basket().total_price() == 3\n"
    (made,), _ = windows(code, test)
    assert "total_price" in asked(made) and "fresh_basket" not in asked(made).split("```")[0]


def test_what_the_shown_code_calls_is_shown_beside_it_and_not_asked_for() -> None:
    called = "    def check_words(self, words):\n        return words * 9\n"
    code = f"{CODE}\n    def parse_all(self, words):\n        return self.check_words(words)\n\n{called}".replace(
        "class Basket", "class Basin"
    )
    test = "from shop.basket import Basin\n\n\ndef test_words(basin):\n    assert basin.parse_all('a') == 'a' * 9\n"
    (made,), _ = windows(code, test)
    assert "`Basin.parse_all`" in asked(made) and "return words * 9" in asked(made) and "`Basin.check_words`" not in asked(made)


def test_tests_that_call_it_through_a_helper_alone_are_of_something_else() -> None:
    tests = "".join(f"def test_sum_{n}():\n    check({n}, {n})\n\n\n" for n in range(9))
    test = f"from shop.basket import Basket\n\n\ndef check(wanted, *items):\n    assert Basket(*items).total_price() == wanted\n\n\n{tests}"
    made, reasons = windows(CODE, test)
    assert made == [] and set(reasons) == {"tests other things"}


def test_tests_that_read_what_nothing_shows_are_no_answer() -> None:
    body = "    def test_total(self):\n        assert Basket(self.till).total_price() == 3\n"
    test = f"from shop.basket import Basket\n\n\nclass TestBasket:\n{body}"
    assert windows(CODE, test) == ([], ["uses what is not shown"])
    set_up = test.replace("    def test", "    def setUp(self):\n        self.till = 3\n\n    def test")
    (made,), _ = windows(CODE, set_up)
    assert "self.till = 3" in (made.answer or ""), "a block that holds nothing else is answered whole"


GROUPED = """require 'shop/basket'

RSpec.describe Shop::Basket do
  let(:basket) { create(:basket) }
  let(:stranger) { create(:person) }

  before do
    sign_in stranger
  end

  def priced(count)
    item(price: count)
  end

  describe '#total_price' do
    let(:due) { 3 }

    it 'adds up' do
      basket.add priced(3)
      expect(basket.total_price).to eq due
    end

    it 'asks others' do
      expect(stranger.total_price).to eq 9
    end
  end

  context 'with wheels' do
    let(:wheels) { 4 }

    it 'knows all of its data' do
      expect(basket.data).to eq wheels
    end
  end
end
"""


def test_whole_tests_of_one_unit_answer_with_what_stands_before_them_in_the_question() -> None:
    made, reasons = windows(RUBY_CODE, GROUPED, language="ruby")
    first = next(one for one in made if "total_price" in (one.answer or ""))
    assert first.answer == "```ruby\n" + GROUPED[GROUPED.index("    it 'adds up'") : GROUPED.index("\n\n    it 'asks")] + "\n```"
    assert "How" in asked(first) or "ests for `Shop::Basket#total_price`" in asked(first) or "Cover" in asked(first)
    shown = ("let(:basket) { create(:basket) }", "sign_in stranger", "def priced(count)", "let(:due) { 3 }", "describe '#total_price' do")
    for before in shown:
        assert before in asked(first)
    assert "wheels" not in asked(first) and "it '" not in asked(first)
    texts = {span.path: (RUBY_CODE if "test" not in span.path else GROUPED).encode() for span in first.origins}
    for span in first.origins:
        assert texts[span.path][span.start : span.end].decode().strip() in asked(first) + (first.answer or "")
    assert reasons == ["tests other things"]  # `stranger` is no basket


def test_a_block_that_holds_nothing_else_is_answered_whole() -> None:
    made, _ = windows(RUBY_CODE, GROUPED.replace("stranger.total_price", "basket.total_price"), language="ruby")
    first = next(one for one in made if "total_price" in (one.answer or ""))
    answer = first.answer or ""
    assert answer.startswith("```ruby\n  describe '#total_price' do\n    let(:due) { 3 }") and answer.endswith("\n  end\n```")
    assert "let(:basket)" in asked(first) and "let(:due)" not in asked(first)


def test_a_test_file_that_is_called_as_a_unit_is_of_that_alone() -> None:
    given = MOCHA.replace("res.send(201)", "res.redirect('/')")
    code = document("lib/response.js", RESPONSE + "// more\n" * 900, "javascript")
    made = list(spec([code, document("test/res.send.js", given, "javascript")]))
    assert [one.reason for one in made if isinstance(one, Dropped)] == ["tests other things"]


def test_a_helper_beneath_the_tests_and_nothing_but_what_they_use_is_shown() -> None:
    head = "import os\nfrom shop.basket import Basket\nfrom shop.basket import pick_courier\n\n\n"
    helper = "def priced(count):\n    return Basket(count)\n"
    tests = "def test_total():\n    assert priced(3).total_price() == 3\n\n\ndef test_more():\n    assert Basket().total_price()\n"
    test = f"{head}{tests}\n\n{helper}"
    (made,), _ = windows(CODE, test)
    assert "def priced(count):" in asked(made) and "pick_courier" not in asked(made) and "import os" not in asked(made)
    assert "== 3\n\n\ndef test_more" in (made.answer or "")


def test_the_data_that_a_test_is_run_with_belongs_to_it() -> None:
    data = '@pytest.mark.parametrize(\n    "count",\n    (1, 2),\n)\n@slow\n'
    given = f"{data}def test_total(count):\n    assert Basket(count).total_price() == 3\n"
    (made,), _ = windows(CODE, f"import pytest\nimport os\nfrom shop.basket import Basket\n\n\n{given}")
    assert made.answer == f"```python\n{given.strip()}\n```"
    assert "import pytest\nfrom shop.basket import Basket\n" in asked(made) and "import os" not in asked(made)


@pytest.mark.parametrize(
    ("line", "ours"),
    [
        ("basket.total_price()", True),
        ("Basket().total_price()", True),
        ("make_basket(3).total_price()", True),
        ("b = Basket()\n    assert b.total_price()", True),
        ("with open_basket() as b:\n        b.total_price()", True),
        ("shop.total_price()", False),
        ("shop = Basket.shop\n    shop.total_price()", True),
        ("bill = Bill(Basket())\n    till.total_price()", False),
    ],
)
def test_a_method_of_that_name_of_something_else_is_no_mention(line: str, ours: bool) -> None:
    made, _ = windows(CODE, f"from shop.basket import Basket\n\n\ndef test_it(shop, till):\n    {line}\n")
    assert any("`Basket.total_price`" in asked(one) for one in made) == ours


def test_what_is_used_by_what_is_used_is_shown_too() -> None:
    steps = "".join(f"    def step_{n}(self):\n        return self.step_{n + 1}() * {n}\n\n" for n in range(1, 4))
    code = f"class Basket:\n{steps}    def step_4(self):\n        return 44\n"
    (made,), _ = windows(code, "from shop.basket import Basket\n\n\ndef test_it():\n    assert Basket().step_1() == 264\n")
    assert "return 44" in asked(made)


def test_methods_of_other_classes_with_the_name_of_what_is_called_are_not_shown() -> None:
    body = "  def size(self):\n    return 1\n\n  def widest(self):\n    return self.size() * {0}\n\n\n"
    code = (
        "class Basin:\n" + body.format(3) + "class Ledger:\n" + body.format(4).replace("return 1", "return 22").replace("widest", "longest")
    )
    test = (
        "from shop.basin import Basin\n\n\ndef test_it():\n    assert Basin().widest() == 3\n\n\ndef test_more(b):\n    assert b.widest()\n"
    )
    (made,), _ = windows(code, test.replace("Basin()", "basin()"), name="basin")
    assert "return 1\n" in asked(made) and "return 22" not in asked(made)


NESTED = """describe('total_price', function () {
  it('is the sum of what total_price adds', function () {
    expect(basket.total_price()).toBe(3)
  })

  describe('with a discount', function () {
    it('takes it off total_price once', function () {
      expect(basket.total_price(1)).toBe(2)
    })

    it('never lets total_price fall below nothing', function () {
      expect(basket.total_price(9)).toBe(0)
    })

    it('keeps what add_item was given', function () {
      expect(basket.add_item(1)).toBe(1)
    })
  })
})
"""
TOTALS = "function total_price (off) {\n  return sum(items) - off\n}\n\nfunction add_item (item) {\n  return items.push(item)\n}\n"


def test_tests_of_one_answer_stand_in_one_block() -> None:
    code = document("lib/basket.js", TOTALS + "// more\n" * 900, "javascript")
    made = [one for one in spec([code, document("test/basket.js", NESTED, "javascript")]) if isinstance(one, Sample)]
    answers = [one.answer or "" for one in made if "`total_price`" in asked(one)]
    assert len(answers) == 1 and "never lets" in answers[0] and "is the sum" not in answers[0]


def test_tests_that_are_members_of_an_object_are_cases_too() -> None:
    text = "module.exports = {\n  'test .total_price()': function(){\n    basket.total_price().should.equal(3);\n  },\n\n  'other': 1\n};\n"
    (case,) = cases(document("test/basket.js", text, "javascript"))
    assert case.text.strip().startswith("'test .total_price()'") and case.text.rstrip().endswith("},")


def test_of_much_code_the_request_names_what_the_tests_are_about() -> None:
    rest = "".join(f"    def other_{n}(self):\n        return {n}\n\n" for n in range(3))
    code, test = document("shop/basket.py", f"{CODE}\n{rest}"), document("tests/test_basket.py", TEST)
    (made,) = spec([code, test])
    assert isinstance(made, Sample)
    assert "`Basket.add_item` and `Basket.total_price`" in asked(made) and "other_2" in asked(made)


SETTER = """class Shelf
  def label
    @label.strip
  end

  def label=(text)
    @label = text[0..9]
  end

  def width
    9
  end

  def height
    8
  end
end
"""


@pytest.mark.parametrize(
    ("line", "meant"),
    [("shelf.label = 'long'", "`Shelf#label=`"), ("expect(shelf.label).to eq 'x'", "`Shelf#label`")],
    ids=["sets", "gets"],
)
def test_what_is_assigned_to_an_attribute_is_its_setter(line: str, meant: str) -> None:
    test = f"require 'shelf'\n\ndescribe Shelf do\n  it 'has a label' do\n    shelf = Shelf.new\n    {line}\n  end\nend\n"
    (made,) = spec([document("lib/shelf.rb", SETTER, "ruby"), document("spec/shelf_spec.rb", test, "ruby")])
    assert isinstance(made, Sample)
    assert f"{meant}." in asked(made) or f"{meant} with" in asked(made) or f"{meant}?" in asked(made), asked(made)[:80]
