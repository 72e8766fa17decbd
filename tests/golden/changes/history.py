"""The history of a small shop: models in Ruby, prices in Python, a cart in JavaScript."""

PRICE = """import re

LIMIT = 100


def parse_price(text):
    match = re.match(r"(\\d+)[.,](\\d\\d)", text.strip())
    if match is None:
        return None
    euros, cents = int(match[1]), int(match[2])
    return euros * 100 + cents


def show_price(cents, sign="EUR"):
    euros, rest = divmod(abs(cents), 100)
    minus = "-" if cents < 0 else ""
    return f"{minus}{euros}.{rest:02} {sign}"


def shipping(weight, total):
    if total >= LIMIT:
        return 0
    if weight <= 2:
        return 4
    return 4 + (weight - 2) * 1
"""
MONEY = """import re


def parse_price(text):
    match = re.match(r"(\\d+)[.,](\\d\\d)", text.strip())
    if match is None:
        return None
    euros, cents = int(match[1]), int(match[2])
    return euros * 100 + cents


def show_price(cents, sign="EUR"):
    euros, rest = divmod(abs(cents), 100)
    minus = "-" if cents < 0 else ""
    return f"{minus}{euros}.{rest:02} {sign}"
"""
SHIPPING = """LIMIT = 100


def shipping(weight, total):
    if total >= LIMIT:
        return 0
    if weight <= 2:
        return 4
    return 4 + (weight - 2) * 1
"""
ORDER = """class Order < ApplicationRecord
  has_many :lines, dependent: :destroy

  def total
    sum = lines.map(&:amount).reduce(:+)
    sum - sum * discount / 100
  end

  def discount
    customer.regular? ? 5 : 0
  end
end
"""
FIXED = ORDER.replace("lines.map(&:amount).reduce(:+)", "lines.map(&:amount).reduce(0, :+)")
WITH_COUPON = FIXED.replace("dependent: :destroy\n", "dependent: :destroy\n  belongs_to :coupon, optional: true\n").replace(
    "    customer.regular? ? 5 : 0\n",
    "    return coupon.percent if coupon&.valid_on?(created_on)\n\n    customer.regular? ? 5 : 0\n",
)
ORDER_TEST = """require "test_helper"

class OrderTest < ActiveSupport::TestCase
  test "a regular customer pays less" do
    assert_equal 95, orders(:regular).total
  end
end
"""
ROUTES = """Rails.application.routes.draw do
  resources :orders
end
"""
COUPON = """class Coupon < ApplicationRecord
  has_many :orders

  def valid_on?(day)
    day <= ends_on
  end
end
"""
COUPONS_CONTROLLER = """class CouponsController < ApplicationController
  def show
    @coupon = Coupon.find_by!(code: params[:id])
  end
end
"""
CREATE_COUPONS = """class CreateCoupons < ActiveRecord::Migration[7.1]
  def change
    create_table :coupons do |t|
      t.string :code, null: false
      t.integer :percent, null: false
      t.date :ends_on
    end
  end
end
"""
COUPON_TEST = """require "test_helper"

class CouponTest < ActiveSupport::TestCase
  test "a coupon ends" do
    assert_not coupons(:old).valid_on?(Date.current)
  end
end
"""
CART = """const { weightOf } = require("./weight");

function cartWeight(items) {
  let sum = 0;
  for (const item of items) {
    sum += weightOf(item) * item.count;
  }
  return sum;
}

module.exports = { cartWeight };
"""
WEIGHT = """const HEAVY = 20;

function weightOf(item) {
  return item.weight || 1;
}

function isHeavy(item) {
  return weightOf(item) >= HEAVY;
}

module.exports = { weightOf, isHeavy };
"""
OLD_TEST = """import unittest

from shop.money import parse_price, show_price


class MoneyTest(unittest.TestCase):
    def test_reads_a_price(self):
        price = parse_price(" 12,50 ")
        self.assertEquals(price, 1250)
        self.assertEquals(parse_price("0.99"), 99)

    def test_shows_a_price(self):
        text = show_price(1250)
        self.assertEquals(text, "12.50 EUR")
        self.assertEquals(show_price(99, "USD"), "0.99 USD")

    def test_shows_a_debt(self):
        text = show_price(-5)
        self.assertEquals(text, "-0.05 EUR")
        self.assertEquals(show_price(-100), "-1.00 EUR")
"""
NEW_TEST = """from shop.money import parse_price, show_price


class MoneyTest:
    def test_reads_a_price(self):
        price = parse_price(" 12,50 ")
        assert price == 1250
        assert parse_price("0.99") == 99

    def test_shows_a_price(self):
        text = show_price(1250)
        assert text == "12.50 EUR"
        assert show_price(99, "USD") == "0.99 USD"

    def test_shows_a_debt(self):
        text = show_price(-5)
        assert text == "-0.05 EUR"
        assert show_price(-100) == "-1.00 EUR"
"""

HISTORY: list[tuple[str, dict[str, bytes | None]]] = [
    (message, {path: text.encode() for path, text in files.items()})
    for message, files in (
        (
            "Begin",
            {
                "shop/price.py": PRICE,
                "app/models/order.rb": ORDER,
                "test/models/order_test.rb": ORDER_TEST,
                "config/routes.rb": ROUTES,
                "web/cart.js": CART,
                "web/weight.js": WEIGHT,
            },
        ),
        (
            "Fix the total of an order without lines",
            {
                "app/models/order.rb": FIXED,
                "test/models/order_test.rb": ORDER_TEST.replace(
                    "  end\nend\n", '  end\n\n  test "an empty order costs nothing" do\n    assert_equal 0, Order.new.total\n  end\nend\n'
                ),
                "CHANGELOG.md": "# Changes\n\n- An order without lines has a total.\n",
            },
        ),
        (
            "Move what is about money into a file of its own",
            {"shop/money.py": MONEY, "shop/price.py": SHIPPING},
        ),
        (
            "Give a file a name",
            {"web/cart.js": CART.replace("weightOf", "massOf"), "web/weight.js": WEIGHT.replace("weightOf", "massOf")},
        ),
        (
            "Add coupons to orders (#12)\n\nA coupon takes its percent off the total until the day that it ends on.",
            {
                "test/models/coupon_test.rb": COUPON_TEST,
                "app/controllers/coupons_controller.rb": COUPONS_CONTROLLER,
                "app/models/coupon.rb": COUPON,
                "app/models/order.rb": WITH_COUPON,
                "app/views/coupons/show.html.erb": "<h1><%= @coupon.code %></h1>\n<p><%= @coupon.percent %> %</p>\n",
                "config/routes.rb": ROUTES.replace("  resources :orders\n", "  resources :orders\n  resources :coupons, only: :show\n"),
                "db/migrate/20240102_create_coupons.rb": CREATE_COUPONS,
            },
        ),
        ("Test the money", {"tests/test_money.py": OLD_TEST}),
        ("Use plain asserts in place of those of unittest", {"tests/test_money.py": NEW_TEST}),
        ("Reword what has changed", {"CHANGELOG.md": "# Changes\n\n- The total of an order without lines is 0.\n"}),
    )
]
