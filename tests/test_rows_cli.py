"""`samples check` and `samples export`: what a person sees of rows, and what other programs get."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from idiolect import dataset, recipe, rows, samples
from idiolect.cli.rows import FORMATS
from idiolect.types import SPLITS
from tests.dataset.examples import hole, row, written
from tests.planted import STRUCTURED, R
from tests.test_cli import idiolect

PACK = '''
from idiolect.pack import Pack
from idiolect.types import Finding, Score

def gives(sample, answer):
    """Every function gives something."""
    if "give" in answer or "end function" not in answer:
        return Score(value=1.0, answer=answer)
    line = answer.count("\\n", 0, max(0, answer.find("end function"))) + 1
    return Score(value=0.0, answer=answer, findings=(Finding(rule="gives", severity="error", line=line, message="gives nothing"),))

def short(sample, answer):
    return Score(value=float(len(answer) < 4000), answer=answer)

pack = Pack(name="house", checks=(gives, short))
'''
KEY = STRUCTURED["aws-access-key"](R(9))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("place")
    (folder / "house").mkdir()
    (folder / "house" / "pack.py").write_text(PACK)
    marked, fenced = row(5)["output"] + "rem <|fim_prefix|>\n", "So:\n```tally\nstop\nend function\n```\nand no more."
    bad = [
        "{",
        {"instruction": "a", "output": 3},
        {**row(1), "output": "function A#()\n  stop\nend function\n"},
        {**row(2), "output": "give " * 9000},
        {**row(3), "url": "x"},
        row(0),
        {**row(4), "instruction": f"The key is {KEY}."},
        {**row(5), "output": marked},
        {"prompt": "Why is it so slow here?", "completion": "It stops at end function.", "type": "explanation"},
        {"messages": [{"role": "user", "content": "Write B#."}, {"role": "assistant", "content": fenced}]},
    ]
    written(folder / "rows.jsonl", [row(0), *bad, {**row(0), "instruction": row(0)["instruction"] + " Now."}])
    written(folder / "good.jsonl", [*map(row, range(100, 140)), *map(hole, range(200, 210))])
    (folder / "idiolect.toml").write_text('name = "tally"\npacks = ["./house"]\n[[source]]\npath = "good.jsonl"\n')
    return folder


def test_every_fault_is_named_with_its_line(place: Path) -> None:
    ended = idiolect("samples", "check", "rows.jsonl", "--json", folder=place)
    assert ended.returncode == 3
    found = json.loads(ended.stdout)
    assert found["rows"] == 12
    told = {(one["line"], one["rule"], one["severity"]) for one in found["remarks"]}
    assert told == {
        (2, "not-json", "error"), (3, "not-text", "error"), (4, "gives", "error"), (5, "short", "error"), (5, "long", "warning"),
        (6, "unread", "info"), (7, "duplicate", "warning"), (8, "aws-access-key", "error"), (9, "special-token", "warning"),
        (11, "gives", "error"), (12, "near-duplicate", "warning"),
    }  # fmt: skip
    said = {one["line"]: one["message"] for one in found["remarks"]}
    assert said[4] == "gives nothing (line 3 of the answer)"
    assert said[7] == "the same as line 1"
    assert said[12] == "nearly the same as line 1"
    assert KEY not in ended.stdout + ended.stderr
    text = idiolect("samples", "check", "rows.jsonl", folder=place)
    assert "rows.jsonl:4: error: gives: gives nothing (line 3 of the answer)" in text.stdout
    assert text.stdout.endswith("12 rows, 6 errors, 4 warnings\n")
    assert not (place / ".idiolect").exists()


def test_good_rows_are_good_and_no_recipe_is_needed(place: Path, tmp_path: Path) -> None:
    ended = idiolect("samples", "check", "good.jsonl", folder=place)
    assert (ended.returncode, ended.stdout) == (0, "50 rows, 0 errors, 0 warnings\n")
    alone = idiolect("samples", "check", place / "rows.jsonl", folder=tmp_path)
    assert alone.returncode == 3
    assert "gives" not in alone.stdout.replace("gives nothing", "")
    named = idiolect("samples", "check", place / "rows.jsonl", "--pack", str(place / "house"), folder=tmp_path)
    assert ": error: gives: " in named.stdout


def test_errors_are_counted_with_the_files_that_have_them_and_a_file_that_is_not_there_is_said_with_what_to_do(tmp_path: Path) -> None:
    files = [written(tmp_path / f"{name}.jsonl", ["{", row(1)]).name for name in "abcd"]
    one = idiolect("samples", "check", "a.jsonl", folder=tmp_path)
    assert one.stdout.endswith("\n2 rows, 1 error, 0 warnings\n")
    assert one.stderr == "error: a.jsonl: 1 error in these rows; mend the line that is named; a build leaves out what is no row\n"
    many = idiolect("samples", "check", *files, folder=tmp_path)
    assert many.stderr.startswith("error: a.jsonl, b.jsonl, c.jsonl and 1 more: 4 errors in these rows; mend the lines that are named; ")
    none = idiolect("samples", "check", "nofile.jsonl", folder=tmp_path)
    assert (none.returncode, none.stdout) == (1, "")
    assert none.stderr == f"error: {tmp_path}/nofile.jsonl: there is nothing here; name a file of rows, or a folder of them\n"


def test_what_is_exported_is_imported_again(place: Path) -> None:
    run = dataset.build(recipe.read(place), "here")
    lessons = list(samples.read(run.folder, "train"))
    assert (*rows.FORMATS, rows.hub.NAME) == FORMATS
    chats = ("messages", "chatml", "alpaca", "hotwire", "idiolect")
    for form, kind in (*((form, "write") for form in chats), ("fim", "fim"), ("idiolect", "fim")):
        name = f"{form}-{kind}.{'yaml' if form == 'hotwire' else 'jsonl'}"
        ended = idiolect("samples", "export", "dataset", name, "--format", form, "--kind", kind, "--json", folder=place)
        assert ended.returncode == 0, ended.stderr
        again = [rows.shaped(one.value).samples[0] for one in rows.read(place / name) if isinstance(one, rows.Row)]
        wanted = [one for one in lessons if one.kind == kind]
        assert json.loads(ended.stdout) == {"rows": len(wanted), "left_out": {}, "lost": {}}
        assert [(one.id, one.labels) for one in again] == [(one.id, one.labels) for one in wanted]
    some = idiolect(
        "samples", "export", "dataset", "some.jsonl", "--format", "sharegpt", "--limit", "3", "--split", "cluster", folder=place
    )
    assert some.stdout == "3 rows in some.jsonl\n"
    mixed = idiolect("samples", "export", "dataset", "mixed.jsonl", "--format", "alpaca", folder=place)
    assert "samples that 'alpaca' cannot hold (a hole); fim, idiolect can\n" in mixed.stderr
    none = idiolect("samples", "export", "dataset", "none.jsonl", "--format", "alpaca", "--kind", "fim", folder=place)
    assert (none.returncode, none.stdout, (place / "none.jsonl").exists()) == (3, "", False)
    assert none.stderr.startswith("error: none.jsonl: no row is written: of ")
    assert none.stderr.endswith(" a hole); choose another form: fim, idiolect\n")
    again = idiolect("samples", "export", "dataset", "mixed.jsonl", "--format", "alpaca", folder=place)
    assert again.returncode == 2
    assert "something stands here already" in again.stderr


def test_a_folder_for_hugging_face_is_a_source_again(place: Path, tmp_path: Path) -> None:
    run = dataset.build(recipe.read(place), "here")
    ended = idiolect("samples", "export", "dataset", "hub", "--format", "hf", folder=place)
    assert ended.returncode == 0, ended.stderr
    card = (place / "hub" / "README.md").read_text()
    assert "- config_name: chat\n  data_files:\n  - split: train\n    path: chat/train-*.parquet\n" in card
    found = [
        rows.shaped(one.value).samples[0] for file in sorted((place / "hub").rglob("*.parquet")) for one in rows.read(file)
        if isinstance(one, rows.Row)
    ]  # fmt: skip
    every = [one for split in SPLITS for one in samples.read(run.folder, split)]
    assert {one.id: one.labels for one in found} == {one.id: dict(sorted(one.labels.items())) for one in every}
    values = {"name": "again", "source": [{"path": str(place / "hub"), "form": "rows"}]}
    assert dataset.build(recipe.parse(values, folder=tmp_path), "here").metrics["rows"]["hub"]["faults"] == 0


def test_hugging_face_opens_the_folder(place: Path, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets", reason="skipped: `datasets` is not installed")
    ended = idiolect("samples", "export", "dataset", tmp_path / "hub", "--format", "hf", folder=place)
    assert ended.returncode == 0, ended.stderr
    found = datasets.load_dataset(str(tmp_path / "hub"), "chat", split="train", cache_dir=str(tmp_path / "cache"))
    assert found[0]["messages"][0]["role"] == "user"
