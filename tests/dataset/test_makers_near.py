"""Files around a hole: which they are, in what order, what is shown of them, and that all of it has an origin."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from idiolect.dataset.census import length
from idiolect.dataset.makers import neighbours
from idiolect.dataset.makers.material import BUDGET
from idiolect.dataset.makers.near import LONGEST, near
from idiolect.dataset.makers.pointers import Links, links
from idiolect.types import Document, Dropped, Hole, Sample

LANGUAGES = {
    "py": "python", "rb": "ruby", "erb": "html+erb", "js": "javascript", "ts": "typescript", "java": "java", "go": "go", "php": "php",
    "h": "c", "c": "c", "rs": "rust", "cs": "c#",
}  # fmt: skip


def document(path: str, text: str = "") -> Document:
    return Document("shop", "team", "c" * 40, path, LANGUAGES[path.rpartition(".")[2]], text.encode(), 0)


def around(files: dict[str, str]) -> dict[str, list[str]]:
    """By path the files around each, the most distant first."""
    documents = [document(path, text) for path, text in files.items()]
    groups = neighbours.around(documents, {one.path: links(one) for one in documents})
    return {one.path: [other.path for other in others] for one, *others in groups}


RAILS = {
    "app/models/user.rb": "class User < ApplicationRecord\nend\n",
    "app/models/concerns/token.rb": "module Token\nend\n",
    "app/models/http_client.rb": "class HTTPClient\n  include Token\nend\n",
    "app/controllers/admin/users_controller.rb": "class Admin::UsersController\n  def index\n    @users = User.all\n  end\nend\n",
    "app/views/users/show.html.erb": "<%= render 'form' %><%= render partial: \"shared/menu\" %><%= User.first %>\n",
    "app/views/users/_form.html.erb": "<form></form>\n",
    "app/views/shared/_menu.html.erb": "<nav></nav>\n",
    "spec/requests/admin_spec.rb": "require 'rails_helper'\nRSpec.describe Admin::UsersController do\n  # HTTPClient\nend\n",
    "spec/rails_helper.rb": "require_relative '../config/environment'\n",
}


@pytest.mark.parametrize(
    ("files", "path", "expected"),
    [
        (
            {
                "src/shop/__init__.py": "from .cart import Cart\nfrom .money import price\n",
                "src/shop/cart.py": "from . import money\nclass Cart: pass\n",
                "src/shop/money.py": "def price(): pass\n",
                "tests/test_cart.py": "import os\nimport shop\nshop.Cart\n",
            },
            "tests/test_cart.py",
            ["src/shop/cart.py"],
        ),
        ({"a/b/c.py": "from ..d import x\nfrom ..e.f import *\n", "a/d.py": "x = 1\n", "a/e/f.py": ""}, "a/b/c.py", ["a/e/f.py", "a/d.py"]),
        (RAILS, "app/controllers/admin/users_controller.rb", ["app/models/user.rb"]),
        (RAILS, "spec/requests/admin_spec.rb", ["spec/rails_helper.rb", "app/controllers/admin/users_controller.rb"]),
        (RAILS, "app/models/http_client.rb", ["app/models/concerns/token.rb"]),
        (
            {
                "web/a.ts": "import { b } from './b.js'\nimport c from '@/lib/c'\n",
                "web/b.ts": "",
                "web/lib/c.ts": "",
                "lib/index.js": "",
                "x.js": "",
            },
            "web/a.ts",
            ["web/lib/c.ts", "web/b.ts"],
        ),
        ({"lib/view.js": "var u = require('./utils')\n", "lib/utils.js": ""}, "lib/view.js", ["lib/utils.js"]),
        (
            {
                "index.js": "module.exports = require('./lib/app')\n",
                "lib/app.js": "function start() {}\n",
                "test/app.js": "var app = require('..')\n",
            },
            "test/app.js",
            ["lib/app.js"],
        ),
        (
            {
                "src/main/java/shop/Door.java": "package shop;\nimport shop.things.Lock;\nclass Door { Bell bell; }\n",
                "src/main/java/shop/things/Lock.java": "package shop.things;\nclass Lock {}\n",
                "src/main/java/shop/Bell.java": "package shop;\nclass Bell {}\n",
            },
            "src/main/java/shop/Door.java",
            ["src/main/java/shop/Bell.java", "src/main/java/shop/things/Lock.java"],
        ),
        ({"a/cart.go": "package a\nfunc F() { b.NewCart() }\n", "b/cart.go": "package b\nfunc NewCart() {}\n"}, "a/cart.go", ["b/cart.go"]),
        (
            {"src/A.php": "<?php\nuse App\\Models\\Item;\n", "app/Models/Item.php": "<?php class Item {}"},
            "src/A.php",
            ["app/Models/Item.php"],
        ),
        ({"src/a.c": '#include "a.h"\n#include <stdio.h>\n', "src/a.h": "int f(void);\n"}, "src/a.c", ["src/a.h"]),
        (
            {"src/main.rs": "mod door;\nuse crate::locks::Lock;\n", "src/door.rs": "", "src/locks.rs": ""},
            "src/main.rs",
            ["src/door.rs", "src/locks.rs"],
        ),
    ],
)
def test_a_file_stands_among_those_that_it_depends_on(files: dict[str, str], path: str, expected: list[str]) -> None:
    assert Counter(around(files)[path]) == Counter(expected)


def test_a_namespace_that_is_opened_is_not_what_a_file_depends_on() -> None:
    files = {"lib/shop.rb": "require 'shop/door'\nrequire 'shop/lock'\n", "lib/shop/lock.rb": "module Shop\n  class Lock\n  end\nend\n"}
    door = "module Shop\n  class Door < Thing\n    LOCK = Lock.new\n  end\nend\n"
    assert around(files | {"lib/shop/door.rb": door})["lib/shop/door.rb"] == ["lib/shop/lock.rb"]


def test_a_view_stands_among_its_partials() -> None:
    assert {"app/views/users/_form.html.erb", "app/views/shared/_menu.html.erb", "app/models/user.rb"} == set(
        around(RAILS)["app/views/users/show.html.erb"]
    )


def test_dependencies_stand_before_what_depends_on_them_and_cycles_are_broken_where_they_are_weakest() -> None:
    chain = {
        "m/a.py": "from . import b, c, d\nb b b c c d\n",
        "m/b.py": "from . import c\n",
        "m/c.py": "from . import d\n",
        "m/d.py": "x = 1\n",
    }
    assert around(chain)["m/a.py"] == ["m/d.py", "m/c.py", "m/b.py"]
    ring = chain | {"m/d.py": "from . import b\n"}
    assert sorted(around(ring)["m/a.py"]) == ["m/b.py", "m/c.py", "m/d.py"]
    assert around(ring) == around(dict(reversed(ring.items())))


def test_where_nothing_is_found_the_files_before_it_in_its_folder_stand_in() -> None:
    found = around({f"db/{number}_step.rb": "x = 1\n" for number in range(5)} | {"db/8_view.html.erb": "<p></p>\n"})
    assert found["db/3_step.rb"] == ["db/1_step.rb", "db/2_step.rb"]
    assert found["db/0_step.rb"] == ["db/2_step.rb", "db/1_step.rb"]
    assert found["db/8_view.html.erb"] == []


def test_a_name_that_many_files_define_leads_nowhere_and_no_file_stands_around_itself() -> None:
    files = {f"p{number}/thing.go": "package p\ntype Widget struct{}\nfunc F() Widget { return Widget{} }\n" for number in range(3)}
    assert around(files | {"user.go": "package m\nvar w Widget\n"})["user.go"] == []
    assert all(path not in others for path, others in around(RAILS).items())


def test_a_file_stands_among_five_others_at_most() -> None:
    files = {f"m/part_{number}.py": f"value_{number} = 1\n" for number in range(9)}
    assert len(around(files | {"m/all.py": "".join(f"from . import part_{number}\n" for number in range(9))})["m/all.py"]) == 5


def test_prose_and_files_without_links_have_no_group() -> None:
    page = Document("shop", "team", "c" * 40, "README.md", "markdown", b"# Shop\n", 0)
    assert neighbours.around([page], {"README.md": links(page)}) == []
    assert neighbours.around([document("a.py")], {}) == []
    assert links(page) == Links((), ())


TARGET = "from .money import price_of, Currency\n\n\n" + "".join(
    f"def total_{number}(basket):\n    paid = price_of(basket, {number})\n    return Currency(paid).rounded_up()\n\n\n"
    for number in range(20)
)
MONEY = (
    "RATE = 3\n\n\ndef price_of(basket, number):\n    return len(basket) * number\n\n\n"
    "class Currency:\n    def rounded_up(self):\n        return self\n"
)


def made(*files: Document, **more: int) -> list[Sample]:
    return [one for one in near(files, **more) if isinstance(one, Sample)]


def hole(one: Sample) -> Hole:
    assert isinstance(one.prompt, Hole)
    return one.prompt


def test_a_hole_names_what_the_files_around_define_and_shows_short_ones_whole() -> None:
    found = made(document("m/target.py", TARGET), document("m/money.py", MONEY))
    assert len(found) == 1 + (len(TARGET) >= 2500)
    for one in found:
        assert one.kind == "fim" and one.maker.startswith("near.") and hole(one).path == "m/target.py"
        assert [(file.path, file.text) for file in hole(one).files] == [("m/money.py", MONEY)]
        assert any(name in (one.answer or "") for name in ("price_of", "Currency"))
        assert [span.path for span in one.origins] == ["m/target.py", "m/money.py"]
        assert length(one) == len(MONEY) + one.origins[0].end - one.origins[0].start
        assert (one.origins[1].start, one.origins[1].end) == (0, len(MONEY))


def test_of_a_long_file_the_definitions_that_are_used_are_shown_line_for_line() -> None:
    filler = "".join(f"def unused_{number}(a):\n    return a * {number}\n\n\n" for number in range(300))
    body = "        self.value = 1\n" * 40
    long = f"{filler}def price_of(basket, number):\n    return 1\n\n\nclass Currency:\n    def rounded_up(self):\n{body}\n\n{filler}"
    (one, *_) = made(document("m/target.py", TARGET), document("m/money.py", long))
    (file,) = hole(one).files
    assert file.text == "def price_of(basket, number):\n    return 1\n\nclass Currency:\n    def rounded_up(self):\n"
    data = long.encode()
    shown = [data[span.start : span.end].decode() for span in one.origins[1:]]
    assert all(row in "".join(shown) for row in file.text.splitlines())


def test_every_byte_of_the_files_around_has_its_origin_and_the_budget_holds() -> None:
    seed = random.randrange(1 << 32)
    print("seed", seed)  # noqa: T201  shown where the test fails
    choose, seen = random.Random(seed), 0
    for _ in range(60):
        newline = choose.choice(("\n", "\r\n", "\r"))
        files = []
        for number in range(choose.randrange(2, 6)):
            rows = [f"from .m{choose.randrange(6)} import größe_{choose.randrange(20)}", ""]
            for _ in range(choose.randrange(1, 120)):
                rows += [f"def größe_{choose.randrange(40)}_of(x):", f"    return größe_{choose.randrange(40)}_of('値段 🙂')", ""]
            files.append(document(f"m/m{number}.py", newline.join(rows)))
        data = {one.path: one.data for one in files}
        for one in made(*files):
            seen += 1
            prompt, (own, *others) = hole(one), one.origins
            assert length(one) <= BUDGET + 400
            assert (prompt.prefix + prompt.typed + (one.answer or "") + prompt.suffix).encode() == data[prompt.path][own.start : own.end]
            for file in prompt.files:
                origin = b"".join(data[span.path][span.start : span.end] for span in others if span.path == file.path)
                rows = [row for row in file.text.splitlines() if row.strip()]
                assert rows and all(row.encode() in origin for row in rows)
    assert seen > 20


def test_the_order_of_the_files_is_random_in_some_lessons_and_theirs_in_most() -> None:
    names = ("far", "mid", "close")
    orders = Counter[tuple[str, ...]]()
    for number in range(80):
        parts = [document(f"m/{name}.py", f"def {name}_part(x):\n    return x\n") for name in names]
        text = "\n".join(f"value = far_part(mid_part(close_part({number})))" for _ in range(30))
        orders.update(tuple(file.path[2:-3] for file in hole(one).files) for one in made(document("m/target.py", text), *parts))
    assert 0.6 < orders[names] / orders.total() < 0.92 and len(orders) > 3


def reasons(*files: Document) -> list[str]:
    return [one.reason for one in near(files) if isinstance(one, Dropped)]


def test_where_no_answer_needs_the_files_around_there_is_no_lesson_but_a_reason() -> None:
    unused = document("m/other.py", "def something_else(x):\n    return x\n")
    assert reasons(document("a.py", TARGET)) == reasons(document("a.py", TARGET), unused) == ["uses nothing of the files around it"]
    named = document("a.py", "# price_of\n" + "first = second\n" * 9)
    assert reasons(named, document("m/money.py", MONEY)) == ["no hole that needs the files around it"]


def test_no_hole_is_a_run_of_characters() -> None:
    files = [document(f"m/t{number}.py", "a; price_of(1); b; " * 60) for number in range(10)]
    ways = {one.maker for file in files for one in made(file, document("m/money.py", MONEY), per=50, most=40)}
    assert {"near.node", "near.aligned"} <= ways and "near.character" not in ways


def test_no_hole_is_given_twice() -> None:
    for number in range(40):
        found = made(document(f"m/t{number}.py", "price_of(1)\n" * 8), document("m/money.py", MONEY), per=8, most=12)
        places = [(one.origins[0].start + len(hole(one).prefix), one.answer) for one in found if hole(one).suffix]
        assert len(places) == len(set(places))


def test_no_answer_is_longer_than_a_few_lines() -> None:
    assert max(len((one.answer or "").encode()) for one in made(document("m/target.py", TARGET), document("m/money.py", MONEY))) <= LONGEST


@pytest.mark.parametrize(
    ("path", "line", "around"),
    [
        ("a.py", "label = 'the Currency of price_of(x)'", document("m/money.py", MONEY)),
        ("a.py", "# the Currency of price_of(x)\nlabel = 1", document("m/money.py", MONEY)),
        ("a.py", 'def label():\n    """The Currency of price_of(x)."""', document("m/money.py", MONEY)),
        ("a.py", "def price_of(a):\n    return a\nprice_of(1)", document("m/money.py", MONEY)),
        ("a.js", "app = proxies.all(one, other)", document("app.js", "app.all = function all(path) {\n  return path\n}\n")),
        (
            "a.js",
            "var users = require('./users'); answer.list(one)",
            document("users.js", "exports.list = function (one) {\n  return one\n}\n"),
        ),
        (
            "a.js",
            "var View = require('./view'); page.draw(one)",
            document("view.js", "View.prototype.draw = function () {\n  return 1\n}\n"),
        ),
        ("a.js", "one.other.all(path); app = 1", document("app.js", "app.all = function all(path) {\n  return path\n}\n")),
        ("a.py", "total = numbers.rounded_up()", document("m/money.py", MONEY)),
        ("a.html.erb", "<p>The Currency of <%= 1 %>: a Currency</p>", document("currency.rb", "class Currency\nend\n")),
    ],
)
def test_words_of_prose_own_names_and_the_methods_of_others_mean_nothing_that_is_around(path: str, line: str, around: Document) -> None:
    assert made(document(path, f"{line}\n" * 40), around) == []


def test_what_is_put_on_something_is_meant_where_it_is_named_there() -> None:
    app = document("app.js", "app.all = function all(path) {\n  return path\n}\n")
    assert made(document("a.js", "other = app.all(one, other)\n" * 40), app)
    assert made(
        document("a.js", "other = normalise(one)\n" * 40), document("u.js", "exports.normalise = function (one) {\n  return one\n}\n")
    )


def test_of_a_class_as_many_whole_statements_are_shown_as_are_short_enough() -> None:
    links = "".join(f"    part_{number} = field(\n        name='Part',\n    )\n" for number in range(40))
    user = document("user.py", f"class User(Record):\n{links}\n    def first_part(self):\n        return 1\n")
    shown = {hole(one).files[0].text for one in made(document("a.py", "part = User(1)\n" * 40), user)}
    assert shown and all(text.endswith("        name='Part',\n    )\n") for text in shown)


def test_of_a_class_of_ruby_what_it_declares_and_the_hole_uses_is_shown_whole() -> None:
    links = "".join(f"  has_many :parts_{number},\n    class_name: 'Part',\n    dependent: :destroy\n" for number in range(20))
    scopes = "  scope :living, ->(at) {\n    where(gone: nil)\n  }\n  attr_reader :size, :weight_of_all\n  validates :weight\n"
    user = document("user.rb", f"class User < Record\n{links}{scopes}\n  def first_part\n    1\n  end\nend\n")
    (text,) = {hole(one).files[0].text for one in made(document("a.rb", "part = User.living(weight_of_all)\n" * 40), user)}
    scope = "  scope :living, ->(at) {\n    where(gone: nil)\n  }\n"
    assert text == f"class User < Record\n\n{scope}  attr_reader :size, :weight_of_all\n"


def test_of_a_method_the_class_is_shown_by_its_first_line() -> None:
    parts = "".join(f"    def part_{number}(self):\n        return {number}\n\n" for number in range(60))
    shelf = document("shelf.py", f"class Shelf:\n{parts}")
    one, *_ = made(document("a.py", "import Shelf\nshelf.part_7()\n" + "shelf.part_42()\n" * 40), shelf)
    assert hole(one).files[0].text.startswith("class Shelf:\n\n    def part_") and "def part_9(" not in hole(one).files[0].text


def test_an_answer_begins_no_function_of_its_own() -> None:
    text = "def far(a):\n    return price_of(a)\n\n\n" * 30
    assert {(one.answer or "").count("def ") for one in made(document("a.py", text), document("m/money.py", MONEY))} == {0}


def test_what_is_too_long_to_be_shown_is_nothing_to_ask_for() -> None:
    long = "def price_of(\n" + "".join(f"    argument_number_{number},\n" for number in range(60)) + "):\n    return 1\n"
    assert reasons(document("a.py", "f = price_of(1)\n" * 40), document("m/money.py", long)) == ["uses nothing of the files around it"]


def test_what_the_answer_needs_stands_among_what_the_file_uses_elsewhere() -> None:
    parts = "".join(f"def part_{number}(a):\n    return a * {number}\n\n\n" for number in range(60))
    text = "def far():\n    return part_3(1)\n" + "pass\n" * 400 + "part_40(2)\n" * 30
    needing = [one for one in made(document("a.py", text), document("parts.py", parts)) if "part_40" in (one.answer or "")]
    assert needing and all("def part_3(a)" in hole(one).files[0].text and "def part_4(a)" not in hole(one).files[0].text for one in needing)
