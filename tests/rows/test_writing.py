"""Samples as rows of other programs: what is read again is the same, and what a form cannot say is counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from idiolect import rows
from idiolect.errors import DataError, UsageError
from idiolect.types import Hole, Sample
from tests.rows.material import SAMPLES, asked, of

LEFT_OUT = {
    "messages": 4, "chatml": 4, "sharegpt": 4, "alpaca": 4, "prompt-completion": 6, "hotwire": 6, "bbj": 6, "fim": 6, "idiolect": 0,
}  # fmt: skip
NASTY = (
    "  a\n\tb \n\n",
    "\n a",
    "a\r\nb",
    "a\x85b\u2028c\n",
    "yes",
    "1_000",
    "é: [x]\n# y\n",
    "- a\n---\n",
    "<|im_end|>",
    "🙂\nb",
    "'\n\"",
)


def again(file: Path) -> list[Sample]:
    """The last Sample of each row: in ChatML answers before it are lessons, too."""
    found = list(rows.read(file))
    assert not [one for one in found if isinstance(one, rows.Fault)]
    return [rows.shaped(one.value).samples[-1] for one in found if isinstance(one, rows.Row)]


def told(sample: Sample) -> tuple[object, ...]:
    return sample.prompt, sample.answer, sample.rejected, sample.kind, sample.labels


@pytest.mark.parametrize("ending", ["jsonl", "yaml"])
@pytest.mark.parametrize("form", rows.FORMATS)
def test_what_is_written_is_read_again(form: str, ending: str, tmp_path: Path) -> None:
    kept = []
    for sample in SAMPLES:
        written = rows.Written()
        if [*written.rows_of([sample], form)] and not {one for one in written.lost if one.startswith("label") or one == "kind"}:
            kept.append(sample)
    written = rows.write(tmp_path / f"a.{ending}", SAMPLES, form)
    found = again(tmp_path / f"a.{ending}")
    assert len(found) == written.rows == len(SAMPLES) - LEFT_OUT[form] == len(SAMPLES) - written.left_out.total()
    assert [told(one) for one in found if told(one) in map(told, kept)] == [told(one) for one in kept]


@pytest.mark.parametrize("ending", ["jsonl", "yaml"])
@pytest.mark.parametrize("form", rows.FORMATS)
def test_every_sign_comes_back_or_the_sample_is_left_out(form: str, ending: str, tmp_path: Path) -> None:
    given = [Sample(prompt=asked(f"Write {one}"), answer=f"x{one}", kind="write", maker="m") for one in NASTY]
    given += [Sample(prompt=Hole(path="", prefix=one, suffix=""), answer=f"x{one}", kind="fim", maker="m") for one in NASTY]
    written = rows.write(tmp_path / f"a.{ending}", given, form)
    found, wanted = ([(one.prompt, one.answer) for one in some] for some in (again(tmp_path / f"a.{ending}"), given))
    assert found == [one for one in wanted if one in found]
    assert len(found) == written.rows == len(given) - written.left_out.total()
    assert set(written.left_out) <= {"a hole", "no hole", *(["would be read as something else"] if form == "chatml" else [])}
    assert form != "chatml" or written.left_out["would be read as something else"] == 1


def test_rows_of_bbj_and_hotwire_are_read_and_written_as_they_were(tmp_path: Path) -> None:
    said = {"difficulty": "basic", "instruction": "Bring it.", "input": "", "output": "x"}
    bbj = [
        {"id": "1", "type": "migration", "generation": ["bbj-gui", "dwc"], **said},
        {"id": "2", "type": "comprehension", "generation": "all", **said},
        {"id": "3", "type": "concept", "generation": "dwc", "instruction": "What?", "input": "", "output": "That."},
        {"id": "4", "type": "completion", "generation": "dwc", "difficulty": "basic", "prefix": "let a = ", "completion": "1"},
    ]
    hotwire = [{"input": "Add a frame.", "output": "<turbo-frame>\n  a\n</turbo-frame>\n", "type": "write"}]
    for form, given in (("bbj", bbj), ("hotwire", hotwire)):
        written = rows.write(tmp_path / f"{form}.yaml", [of(one) for one in given], form)
        found = [one.value for one in rows.read(tmp_path / f"{form}.yaml") if isinstance(one, rows.Row)]
        assert [{**one, "id": ""} for one in found] == [{**one, "id": ""} for one in given] or (form == "hotwire" and found == given)
        assert not written.lost
    assert "  output: |\n    <turbo-frame>\n      a\n" in (tmp_path / "hotwire.yaml").read_text()


def test_where_there_is_nothing_to_write_it_says_why_and_leaves_no_file(tmp_path: Path) -> None:
    raw = [one for one in SAMPLES if one.kind == "raw"]
    with pytest.raises(
        DataError, match=r"no row is written: of 1 samples the form can hold none \(1: raw text\); choose another form: idiolect"
    ):
        rows.write(tmp_path / "a.jsonl", raw, "messages")
    with pytest.raises(DataError, match="there is no such sample; see `idiolect samples list`"):
        rows.write(tmp_path / "a.jsonl", [], "messages")
    with pytest.raises(DataError, match="there is no such sample"):
        rows.hub.write(tmp_path / "hub", {"train": []}, "a")
    assert not list(tmp_path.iterdir())


def test_what_is_left_out_is_said_with_the_forms_that_hold_it(tmp_path: Path) -> None:
    holders = rows.write(tmp_path / "a.jsonl", SAMPLES, "messages").holders
    assert holders == {"a hole": ["fim", "idiolect"], "raw text": ["idiolect"], "says what not to say": ["idiolect"]}


def test_yaml_that_nobody_reads_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("idiolect.rows.writing.MAX_YAML", 200)
    with pytest.raises(UsageError, match=r"more than 200 bytes of YAML, which nothing reads; write it as \.jsonl"):
        rows.write(tmp_path / "a.yaml", SAMPLES, "messages")
    assert not list(tmp_path.iterdir())


def test_our_own_rows_keep_everything(tmp_path: Path) -> None:
    assert not rows.write(tmp_path / "a.jsonl", SAMPLES, "idiolect").lost
    assert tuple(again(tmp_path / "a.jsonl")) == SAMPLES


def test_what_a_form_cannot_say_is_counted(tmp_path: Path) -> None:
    told = {form: rows.write(tmp_path / form, SAMPLES, form) for form in rows.FORMATS}
    assert told["alpaca"].left_out == {"a hole": 2, "raw text": 1, "says what not to say": 1}
    assert told["alpaca"].lost == {"spans": 1, "files": 1, "weight": 1}
    assert told["prompt-completion"].left_out == {"a hole": 2, "raw text": 1, "says what not to say": 1, "several turns, or a system's": 2}
    assert told["fim"].left_out == {"no hole": 6}
    beside = {name: count for name, count in told["prompt-completion"].left_out.items() if name != "a hole"}
    assert told["bbj"].left_out == {**beside, "a hole with something behind it": 1, "would be refused: empty-prompt": 1}
    assert told["bbj"].lost == {"label language": 1, "spans": 1, "files": 1, "weight": 1}
    assert told["chatml"].lost == {"which turns are context": 1, "spans": 1, "files": 1, "weight": 1}


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("mine")
    with pytest.raises(UsageError, match="something stands here already"):
        rows.write(tmp_path / "a.jsonl", SAMPLES, "messages")
    assert (tmp_path / "a.jsonl").read_text() == "mine"
