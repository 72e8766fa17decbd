import json
from pathlib import Path

from idiolect.dataset.funnel import Funnel, Ledger
from idiolect.types import Dropped


def test_what_went_in_is_what_was_kept_and_what_was_dropped(tmp_path: Path) -> None:
    ledger = Ledger()
    funnel = Funnel(told=ledger.add)
    assert list(funnel.sift("read", "documents", [1, Dropped(reason="binary", what="a.png", source="shop"), 2])) == [1, 2]
    funnel.count("dedupe", "documents", 1, [Dropped(reason="duplicate", what="b.py")])
    assert funnel.table() == [
        {"step": "read", "unit": "documents", "in": 3, "kept": 2, "dropped": {"binary": 1}},
        {"step": "dedupe", "unit": "documents", "in": 2, "kept": 1, "dropped": {"duplicate": 1}},
    ]
    assert funnel.dropped() == {"binary": 1, "duplicate": 1}
    with ledger:
        ledger.write(tmp_path / "dropped.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "dropped.jsonl").read_text().splitlines()]
    assert [(row["step"], row["reason"], row["what"]) for row in rows] == [("read", "binary", "a.png"), ("dedupe", "duplicate", "b.py")]


def test_steps_are_told_in_the_order_in_which_they_are_expected() -> None:
    funnel = Funnel()
    funnel.expect("samples", "make raw", "make fim")
    funnel.count("merge", "samples", 1)
    funnel.count("make fim", "samples", 1)
    assert [row["step"] for row in funnel.table()] == ["make raw", "make fim", "merge"]
