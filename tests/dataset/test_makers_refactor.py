from __future__ import annotations

import pytest

from idiolect.dataset.makers import blocks, editing, moves
from idiolect.dataset.makers.refactor import refactor
from idiolect.types import Change, Dropped, Edit, Message, Sample

HELPER = """def shipping_of(order):
    weight = sum(line.weight * line.count for line in order.lines)
    if weight > order.limit:
        return order.fee * 2
    return order.fee
"""
REST = "class Order:\n    fee = 4\n    limit = 20\n\n    def close(self):\n        self.closed = True\n"
SPLIT = """def bill(order):
    lines = [line for line in order.lines if line.count]
    total = sum(line.price * line.count for line in lines)
    total = total + order.fee if total < order.limit else total
    total = total + sum(tax.share * total for tax in order.taxes)
    total = max(total, order.smallest)
    order.log(total)
    total = total - total * order.discount
    order.charge(total)
    order.close()
"""


def edit(path: str, before: str, after: str, language: str = "python") -> Edit:
    return Edit(path, language, before.encode(), after.encode())


def change(subject: str, *edits: Edit, body: str = "") -> Change:
    return Change("shop", "team", "a" * 40, 1_700_000_000, "p1", subject, body, edits, parent="b" * 40)


MOVE = (edit("order.py", f"{HELPER}\n\n{REST}", REST), edit("shipping.py", "FEE = 1\n", f"FEE = 1\n\n\n{HELPER}"))


def only(one: Change) -> Sample | Dropped:
    (made,) = refactor([one])
    return made


def reason(one: Change) -> str:
    made = only(one)
    assert isinstance(made, Dropped), made
    return made.reason


def asked(one: Change) -> str:
    made = only(one)
    assert isinstance(made, Sample), made
    assert isinstance(made.prompt, tuple) and isinstance(made.prompt[0], Message)
    return made.prompt[0].content


def test_a_function_that_moves_to_another_file_is_asked_for_in_the_words_of_the_commit_and_answered_by_the_edit_of_both() -> None:
    made = only(change("Move shipping_of to where it belongs", *MOVE))
    assert isinstance(made, Sample)
    before = {one.path: one.before.decode() for one in MOVE}
    assert blocks.apply(made.answer or "", before) == {one.path: one.after.decode() for one in MOVE}
    assert "Move shipping_of to where it belongs." in asked(change("Move shipping_of to where it belongs", *MOVE))
    assert made.confidence == 1.0 and {span.commit for span in made.origins} == {"a" * 40, "b" * 40}


def test_where_the_words_say_nothing_it_is_named_by_what_was_found() -> None:
    assert "Move `shipping_of` from `order.py` to `shipping.py`." in asked(change("Cleanup", *MOVE))


def test_words_that_name_nothing_of_it_are_made_plain() -> None:
    assert "Tidy the orders up a bit. Move `shipping_of` from" in asked(change("Tidy the orders up a bit", *MOVE))


def test_an_extracted_function_is_known_by_the_lines_that_it_took() -> None:
    after = """def bill(order):
    order.charge(total_of(order))
    order.close()


def total_of(order):
    lines = [line for line in order.lines if line.count]
    total = sum(line.price * line.count for line in lines)
    total = total + order.fee if total < order.limit else total
    total = total + sum(tax.share * total for tax in order.taxes)
    total = max(total, order.smallest)
    order.log(total)
    return total - total * order.discount
"""
    one = change("Extract what an order costs", edit("bill.py", SPLIT, after))
    assert "Extract `total_of` within `bill.py`." in asked(one)
    assert reason(change("See what an order costs", edit("bill.py", SPLIT, after))) == "nothing moved"


def test_what_is_taken_in_is_the_same_the_other_way_round() -> None:
    parts = [
        editing.part(one)
        for one in (
            edit("fee.py", HELPER, "FEES = {}\n"),
            edit("bill.py", f"from fee import shipping_of\n{SPLIT}", f"{HELPER[35:]}\n{SPLIT}"),
        )
    ]
    assert [one.what for one in moves.found(parts, moves.versions(parts))] in (["inline"], [])


def test_what_moves_under_another_name_is_said_to_do_both() -> None:
    renamed = (MOVE[0], edit("shipping.py", "FEE = 1\n", f"FEE = 1\n\n\n{HELPER.replace('shipping_of', 'fee_of')}"))
    assert "Move `shipping_of` as `fee_of` from `order.py` to `shipping.py`." in asked(change("Cleanup", *renamed))


def test_a_name_that_goes_everywhere_is_a_rename() -> None:
    edits = [
        edit(f"{name}.py", text := f"{HELPER}\n\nprint(shipping_of({name}))\n", text.replace("shipping_of", "fee_of")) for name in "ab"
    ]
    text = asked(change("Name it well", *edits))
    assert "Rename `shipping_of` to `fee_of`." in text and "Extract" not in text and "Inline" not in text


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (change("Move it", *MOVE, *(edit(f"{n}.py", "a = 1\nb = 2\n", "a = 2\nb = 3\nc = a\n") for n in range(4))), "too many files"),
        (change("Say less", edit("a.py", HELPER, HELPER.replace("return order.fee * 2", "return 7"))), "nothing moved"),
        (change("Merge branch 'x'", *MOVE), "merge"),
        (change("Move it", edit("CHANGES.md", "a\n", "b\n", "markdown")), "nothing but blanks or a changelog"),
        (
            change(
                "Rework it",
                MOVE[0],
                edit("shipping.py", "F = 1\n", f"F = 1\n\n\n{HELPER}\n\n" + "".join(f"X{n} = f({n})\n" for n in range(60))),
            ),
            "mostly other work",
        ),
    ],
)
def test_every_other_commit_has_its_reason(one: Change, why: str) -> None:
    assert reason(one) == why


def test_a_sweep_through_a_thousand_functions_is_not_sorted_out() -> None:
    many = "".join(f"def step_{n}(row):\n    return row + {n}\n\n\n" for n in range(1001))
    assert reason(change("Move it all", edit("a.py", "x = 1\n", many), edit("b.py", "y = 1\n", "y = 2\n"))) == "too many units"


def test_a_file_in_which_only_blanks_differ_stays_out() -> None:
    noise = edit("noise.py", "a = 1\n\n\nb = 2\n", "a = 1\n\nb = 2\n")
    made = only(change("Move shipping_of to where it belongs", *MOVE, noise))
    assert isinstance(made, Sample) and "noise.py" not in (made.answer or "")


def test_feature_work_that_moves_a_test_is_no_refactoring() -> None:
    edits = [edit(f"tests/{one.path}", one.before.decode(), one.after.decode()) for one in MOVE]
    work = edit("order.py", REST, REST.replace("True", "True\n        self.send()"))
    assert reason(change("Send an order when it is closed", *edits, work)) == "only tests moved"
    assert isinstance(only(change("Move a helper of the tests", *edits)), Sample)


def test_a_function_that_is_called_otherwise_in_its_file_is_neither_extracted_nor_taken_in() -> None:
    called = "def close(order):\n    return shipping_of(order) + shipping_of(order.next)\n"
    after = f"{HELPER}\n\n{called}".replace("shipping_of", "freight_of").replace(
        "    weight", '    """What sending it costs."""\n    weight', 1
    )
    text = asked(change("Say it better, rename the helper", edit("order.py", f"{HELPER}\n\n{called}", after)))
    assert "Rename `shipping_of` to `freight_of` in `order.py`." in text and "Inline" not in text and "Extract" not in text


def test_refactored_alone_does_not_say_what_becomes_of_it() -> None:
    assert "Refactor shipping_of. Move `shipping_of` from" in asked(change("Refactored shipping_of()", *MOVE)).replace("()", "")


def test_a_fixup_of_what_came_before_asks_for_nothing() -> None:
    assert reason(change("fixup! Move shipping_of", *MOVE)) == "speaks of what is not shown"


def test_what_became_another_function_at_its_place_is_left_to_the_words_of_the_commit() -> None:
    more = "".join(f"    step_{number} = order.step({number}) + weight\n" for number in range(4))
    after = HELPER.replace("shipping_of", "costs_of").replace("    if weight", f"{more}    if weight")
    moved = edit("order.py", f"{HELPER}\n\n{SPLIT}", f"{after}\n\n"), edit("bill.py", "FEE = 1\n", f"FEE = 1\n\n\n{SPLIT}")
    text = asked(change("Move what an order costs together", *moved))
    assert "Move `bill` from `order.py` to `bill.py`." in text and "costs_of" not in text.partition("`order.py`\n")[0]
