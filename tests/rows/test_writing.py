"""Samples as rows of other programs: what is read again is the same, and what a form cannot say is counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from idiolect import rows
from idiolect.errors import UsageError
from idiolect.types import Sample
from tests.rows.material import SAMPLES

HOLES = {"messages": 2, "sharegpt": 2, "alpaca": 2, "prompt-completion": 2, "fim": 0, "idiolect": 0}


def again(file: Path) -> list[Sample]:
    found = list(rows.read(file))
    assert not [one for one in found if isinstance(one, rows.Fault)]
    return [sample for one in found if isinstance(one, rows.Row) for sample in rows.shaped(one.value).samples]


def told(sample: Sample) -> tuple[object, ...]:
    return sample.prompt, sample.answer, sample.rejected, sample.kind, sample.labels


@pytest.mark.parametrize("form", rows.FORMATS)
def test_what_is_written_is_read_again(form: str, tmp_path: Path) -> None:
    written = rows.write(tmp_path / "a.jsonl", SAMPLES, form)
    found = again(tmp_path / "a.jsonl")
    assert len(found) == written.rows == len(SAMPLES) - written.left_out.total()
    assert written.rows
    assert [told(one) for one in found] == [told(one) for one in SAMPLES if told(one) in [told(other) for other in found]]
    assert written.left_out["a hole"] == HOLES[form]


def test_our_own_rows_keep_everything(tmp_path: Path) -> None:
    assert not rows.write(tmp_path / "a.jsonl", SAMPLES, "idiolect").lost
    assert tuple(again(tmp_path / "a.jsonl")) == SAMPLES


def test_what_a_form_cannot_say_is_counted(tmp_path: Path) -> None:
    told = {form: rows.write(tmp_path / form, SAMPLES, form) for form in rows.FORMATS}
    assert told["alpaca"].left_out == {"a hole": 2, "raw text": 1, "says what not to say": 1}
    assert told["alpaca"].lost == {"spans": 1, "files": 1, "weight": 1}
    assert told["prompt-completion"].left_out == {"a hole": 2, "raw text": 1, "says what not to say": 1, "several turns, or a system's": 2}
    assert told["fim"].left_out == {"no hole": 6}


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("mine")
    with pytest.raises(UsageError, match="something stands here already"):
        rows.write(tmp_path / "a.jsonl", SAMPLES, "messages")
    assert (tmp_path / "a.jsonl").read_text() == "mine"
