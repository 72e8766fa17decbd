from __future__ import annotations

from idiolect.dataset.makers import blocks
from idiolect.dataset.makers.next_edit import next_edit
from idiolect.types import Change, Dropped, Edit, Sample

FILLER = "".join(f"def step_{number}(value):\n    return value + {number}\n\n\n" for number in range(12))
BEFORE = (
    "def parcel_weight(parcel):\n    return parcel.grams\n\n\n"
    + FILLER
    + "def courier_fee(parcel):\n    return parcel_weight(parcel) * 2\n"
)
AFTER = BEFORE.replace("parcel_weight", "gross_weight")


def change(*edits: Edit, subject: str = "Call it what it is") -> Change:
    return Change("shop", "team", "a" * 40, 9, "p1", subject, "", edits, parent="b" * 40)


def edit(before: str = BEFORE, after: str = AFTER, path: str = "shop/parcels.py", language: str = "python") -> Edit:
    return Edit(path, language, before.encode(), after.encode())


def only(one: Change) -> Sample | Dropped:
    (made,) = next_edit([one])
    return made


def reason(one: Change) -> str:
    made = only(one)
    assert isinstance(made, Dropped), made
    return made.reason


def test_what_was_edited_asks_for_what_follows_from_it() -> None:
    made = only(change(edit()))
    assert isinstance(made, Sample) and isinstance(made.prompt, tuple)
    asked = made.prompt[0].content
    assert "-def parcel_weight(parcel):\n+def gross_weight(parcel):" in asked
    assert "def gross_weight(parcel):\n    return parcel.grams" in asked, "the file is shown as it stands after the edits"
    assert "return parcel_weight(parcel) * 2" in asked and "return gross_weight(parcel) * 2" not in asked
    now = BEFORE.replace("def parcel_weight", "def gross_weight")
    assert blocks.apply(made.answer or "", {"shop/parcels.py": now}) == {"shop/parcels.py": AFTER}
    assert (made.kind, made.maker, made.labels["form"]) == ("diff", "next_edit", ("blocks",))


def test_an_edit_of_one_file_asks_for_that_of_another_and_origins_name_both() -> None:
    other = edit(
        "from shop import parcel_weight\n\n\nprint(parcel_weight(box))\n",
        "from shop import gross_weight\n\n\nprint(gross_weight(box))\n",
        "ui.py",
    )
    first = edit(BEFORE, BEFORE.replace("def parcel_weight", "def gross_weight"))
    made = only(change(first, other))
    assert isinstance(made, Sample)
    assert {(span.path, span.commit[:1]) for span in made.origins} == {
        (path, commit) for path in ("ui.py", "shop/parcels.py") for commit in "ab"
    }


def test_edits_that_have_nothing_in_common_and_those_that_nobody_could_guess_are_counted_reasons() -> None:
    apart = BEFORE.replace("parcel.grams", "parcel.kilograms").replace("* 2", "* factor")
    assert reason(change(edit(after=apart))) == "no edit follows from another"
    novel = AFTER.replace("gross_weight(parcel) * 2", "gross_weight(parcel) * tariff(season, island, express)")
    novel = novel.replace("parcel.grams", "parcel.total(scale, order, house)")
    assert reason(change(edit(after=novel))) == "no edit follows from another"
    assert reason(change(edit(after=BEFORE.replace("parcel.grams", "parcel.kilograms")))) == "one edit only"
    long = AFTER.replace("    return gross_weight(parcel) * 2\n", "    gross_weight(parcel)\n" * 30)
    long = long.replace("    return parcel.grams\n", "    gross_weight(parcel)\n" * 30)
    assert reason(change(edit(after=long))) == "no edit follows from another"


def test_an_edit_that_does_more_than_what_follows_is_not_asked_for() -> None:
    more = AFTER.replace(
        "    return gross_weight(parcel) * 2\n", '    season, island = read("winter"), read("north")\n    return gross_weight(parcel) * 2\n'
    )
    read = "def read(season, island):\n    return season\n\n\n"
    made = only(change(edit(read + BEFORE, read + more)))
    assert isinstance(made, Sample) and "+def gross_weight" not in str(made.prompt), "what does more is what was done"
    made = only(change(edit(read + BEFORE, read + AFTER)))
    assert isinstance(made, Sample) and "+def gross_weight" in str(made.prompt)


def test_a_helper_may_stand_below_its_use() -> None:
    before = "import money\n\n\n" + FILLER + "def total(basket):\n    return basket.sum\n"
    fee = "".join(f"    fee += couriers.price(parcel, {number})\n" for number in range(30))
    after = before.replace("import money\n", "import money\nimport couriers\n") + f"\n\ndef courier_fee(parcel):\n    fee = 0\n{fee}"
    made = only(change(edit(before, after)))
    assert isinstance(made, Sample) and "+import couriers" not in str(made.prompt)
    now = after.replace("import couriers\n", "")
    assert blocks.apply(made.answer or "", {"shop/parcels.py": now}) == {"shop/parcels.py": after}


def test_reverts_and_prose_are_no_edits_to_go_on_with() -> None:
    assert reason(change(edit(), subject='Revert "Call it what it is"')) == "revert"
    assert reason(change(edit(language="markdown", path="notes.md"))) == "one edit only"
