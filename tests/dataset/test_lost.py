"""What our own code fails on where a document is kept all the same: nothing is silently taken for nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from idiolect import dataset, recipe
from idiolect.dataset import labelling, slips
from idiolect.dataset.makers import links, pointers
from tests.repositories import commit, made

PRICES = "def price(lines):\n    cents = 0\n    for line in lines:\n        cents += line.{name}\n    return cents\n"
FAILING = {"links": (pointers, "links"), "names": (links, "names"), "signs": (labelling, "found"), "slips": (slips, "reworked")}


@pytest.mark.parametrize("step", list(FAILING))
def test_a_fault_of_ours_beside_a_document_is_counted_with_its_file_and_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    folder = made(tmp_path / "shop", {"src/prices.py": PRICES.format(name="prise").encode(), "README.md": b"# Shop\n\nSee `price()`.\n"})
    commit(folder, {"src/prices.py": PRICES.format(name="pryce").encode()}, "Rename", time=1_700_003_600)
    commit(folder, {"src/prices.py": PRICES.format(name="price").encode()}, "Fix the typo", time=1_700_007_200)

    def fault(*_: object) -> object:
        raise KeyError("no such thing")

    monkeypatch.setattr(*FAILING[step], fault)
    label = {"name": "sums", "value": "plain", "sign": [{"text": "cents"}]}
    makers = ["raw", "near", "linked", "diff"]
    told = {"name": "shop", "source": [{"path": str(folder)}], "label": [label], "dataset": {"makers": makers}}
    run = dataset.build(recipe.parse(told, folder=tmp_path), "here")
    (row,) = [row for row in run.metrics["funnel"] if row["step"] == step]
    dropped = [one for one in map(json.loads, run.path("dropped.jsonl").read_text().splitlines()) if one["step"] == step]
    assert row["dropped"] == {"our-fault": len(dropped)}
    assert {one["detail"] for one in dropped} == {"error: KeyError: 'no such thing'"}
    assert {one["source"] for one in dropped} == {"shop"}
    assert step == "slips" or {one["what"] for one in dropped} <= {"src/prices.py", "README.md"}
