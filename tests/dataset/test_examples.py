"""Rows in the real build: what becomes of them, alone and beside a repository."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from idiolect import dataset, preflight, recipe, samples
from idiolect.dataset import examples
from idiolect.errors import RecipeError, SourceError
from idiolect.files import digest_file
from idiolect.registry import Run
from idiolect.scrub import Scrubber, rules
from idiolect.types import SPLITS, Hole, Message, Sample, Split
from tests.dataset.examples import hole, row, written
from tests.dataset.history_of import grown, repository
from tests.planted import STRUCTURED, R

RELATIVE = "\n".join(row(0)["output"].split("\n")[:-7])
KEY = STRUCTURED["aws-access-key"](R(9))


def build(folder: Path, *sources: dict[str, Any], **values: Any) -> Run:
    return dataset.build(recipe.parse({"name": "acme", "source": list(sources), **values}, folder=folder), "here")


def held(run: Run, *splits: Split) -> list[Sample]:
    return [one for split in splits or SPLITS for one in samples.read(run.folder, split)]


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    near = [{**row(number), "output": row(number)["output"] + "rem near\n", "instruction": row(number)["instruction"] + " Now."}
            for number in range(4)]  # fmt: skip
    related = [{**row(0), "output": RELATIVE}]
    bad = ["{", {"instruction": "a", "output": 3}, {"instruction": "a"}, '{"a": 1, "a": 2}']
    secret = [{**row(900), "output": f'let key$ = "{KEY}"\n'}, {**row(901), "instruction": f"Use {KEY} in number 901, it opens the shelf."}]
    every = [*map(row, range(120)), *bad, *near, *related, *map(hole, range(300, 330)), *secret, row(5)]
    return written(tmp_path_factory.mktemp("rows") / "rows.jsonl", every)


@pytest.fixture(scope="module")
def built(rows: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return build(tmp_path_factory.mktemp("built"), {"path": str(rows), "licence": "private"})


def test_rows_alone_are_learned_from_and_a_fifth_is_held_out(built: Run) -> None:
    counts = {split: len(held(built, split)) for split in SPLITS}
    assert counts["time"] == counts["source"] == 0
    total = built.metrics["rows"]["rows.jsonl"]["samples"] - built.metrics["dropped"]["near-duplicate"]
    assert total // 5 - 3 <= counts["cluster"] + sum(built.metrics["probes"]["dropped"].values()) <= total // 5
    assert counts["cluster"] > 20
    assert counts["validation"] >= 3
    assert built.metrics["cuts"] == {}
    assert built.metrics["rows"]["rows.jsonl"]["forms"] == {"alpaca": 128, "fim": 30}
    card = built.path("README.md").read_text()
    assert "not later code" in card


def test_in_every_step_what_came_in_is_kept_or_dropped(built: Run) -> None:
    steps = {one["step"]: one for one in built.metrics["funnel"]}
    assert all(one["in"] == one["kept"] + sum(one["dropped"].values()) for one in steps.values())
    assert (steps["rows"]["in"], steps["rows"]["dropped"]) == (162, {"not-json": 1, "not-text": 1, "repeated-key": 1, "unknown-form": 1})
    assert steps["scrub rows"]["dropped"] == {"secret-in-answer": 1}
    assert steps["dedupe rows"]["dropped"] == {"near-duplicate": 4}
    assert steps["merge"]["in"] == steps["make rows"]["kept"]
    assert steps["merge"]["in"] + steps["rows held out"]["in"] == steps["dedupe rows"]["kept"]
    assert steps["rows held out"]["kept"] == steps["probes"]["in"]
    told = [json.loads(line) for line in built.path("dropped.jsonl").read_text().splitlines()]
    assert {one["what"]: one["reason"] for one in told if one["step"] == "rows"} == {
        "rows.jsonl:121": "not-json", "rows.jsonl:122": "not-text", "rows.jsonl:123": "unknown-form", "rows.jsonl:124": "repeated-key",
    }  # fmt: skip


def test_origins_are_the_bytes_of_the_row(built: Run, rows: Path) -> None:
    data = rows.read_bytes()
    for one in held(built):
        for span in one.origins:
            assert (span.source, span.path, span.commit, span.time) == ("rows.jsonl", "rows.jsonl", digest_file(rows), 0)
            assert span.licence == "private"
            said = json.loads(data[span.start : span.end])
            assert said.get("output", said.get("middle")) == one.answer
    twice = [one for one in held(built) if len(one.origins) == 2]
    assert all(row(5)["output"] == one.answer for one in twice)


def test_relatives_stand_on_one_side(built: Run) -> None:
    sides = [split for split in SPLITS for one in held(built, split) if one.answer in (row(0)["output"], RELATIVE)]
    assert len(sides) == 2
    assert len(set(sides)) == 1


def test_secrets_leave_the_rows(built: Run) -> None:
    for file in built.folder.rglob("*"):
        assert not file.is_file() or KEY.encode() not in file.read_bytes()
    (kept,) = [one for one in held(built) if row(901)["output"] == one.answer]
    assert isinstance(kept.prompt, tuple)
    assert "Use REDACTED_" in kept.prompt[0].content


def test_the_same_rows_give_the_same_samples_and_other_rows_another_run(built: Run, rows: Path, tmp_path: Path) -> None:
    again = build(tmp_path, {"path": str(rows), "licence": "private"})
    assert again.metrics["digest"] == built.metrics["digest"]
    assert build(tmp_path, {"path": str(rows), "licence": "private"}).folder == again.folder
    other = written(tmp_path / "rows.jsonl", map(row, range(120)))
    assert build(tmp_path, {"path": str(other), "licence": "private"}).folder != again.folder


def test_a_side_stays_as_rows_come(built: Run, rows: Path, tmp_path: Path) -> None:
    more = written(tmp_path / "rows.jsonl", [*rows.read_text().splitlines(), *map(row, range(2000, 2010))])
    grown_ones = build(tmp_path, {"path": str(more), "licence": "private"})
    before = {one.id for one in held(built, "cluster")}
    assert len(before & {one.id for one in held(grown_ones, "cluster")}) >= 0.8 * len(before)


def test_beside_a_repository_few_rows_are_all_learned_and_many_are_held_out(tmp_path: Path) -> None:
    shop = repository(tmp_path / "shop", grown(files=9, functions=6))
    few = written(tmp_path / "few.jsonl", map(row, range(40)))
    many = written(tmp_path / "more" / "many.jsonl", map(row, range(1000, 1300)))
    run = build(tmp_path, {"path": "shop"}, {"path": "few.jsonl", "weight": 3.0})
    assert shop.is_dir()
    assert few.is_file()
    assert many.is_file()
    assert run.metrics["rows"]["few.jsonl"]["sides"].keys() == {"train", "validation"}
    assert "over-share" not in run.metrics["dropped"]
    (few_weight,) = {one.weight for one in held(run, "train") if one.origins[0].source == "few.jsonl"}
    assert few_weight > 3.0 > max(one.weight for one in held(run, "train") if one.origins[0].source == "shop")
    both = build(tmp_path, {"path": "shop"}, {"path": "more", "form": "rows", "role": "reference"}, dataset={"candidates": 55})
    assert both.metrics["rows"]["more"]["sides"]["cluster"] == 55
    assert len({one.weight for one in held(both, "train") if one.origins[0].source == "more"}) == 1
    assert {one.source for one in (span for sample in held(both, "train") for span in sample.origins)} == {"shop", "more"}


def test_rows_drown_no_repository(tmp_path: Path) -> None:
    repository(tmp_path / "shop", grown(files=3, functions=2))
    written(tmp_path / "many.jsonl", map(row, range(60)))
    run = build(tmp_path, {"path": "shop"}, {"path": "many.jsonl"}, dataset={"makers": ["raw"]})
    size, weight = {"shop": 0, "many.jsonl": 0}, {"shop": 0.0, "many.jsonl": 0.0}
    for one in held(run, "train"):
        size[one.origins[0].source] += len(one.answer or "")
        weight[one.origins[0].source] += len(one.answer or "") * one.weight
    assert size["many.jsonl"] > 2 * size["shop"]
    assert weight["many.jsonl"] / weight["shop"] == pytest.approx((size["many.jsonl"] / size["shop"]) ** 0.5, rel=0.01)


def test_a_source_of_rows_can_be_the_test_set_and_public_ones_are_none(tmp_path: Path) -> None:
    written(tmp_path / "gold.jsonl", map(row, range(30)))
    written(tmp_path / "taught.jsonl", map(row, range(100, 160)))
    told = {"path": "taught.jsonl", "role": "public", "licence": "MIT"}
    run = build(tmp_path, {"path": "gold.jsonl"}, told, dataset={"held_out": "gold.jsonl"})
    assert {one.origins[0].source for one in held(run, "source")} == {"gold.jsonl"}
    assert {one.origins[0].source for one in held(run, "train", "validation")} == {"taught.jsonl"}
    assert not held(run, "cluster")
    with pytest.raises(SourceError, match="holds no row"):
        build(tmp_path, {"path": "gold.jsonl"}, {**told, "licence": ""})
    with pytest.raises(SourceError, match="role 'legacy'"):
        build(tmp_path, {**told, "role": "legacy"})


def test_what_is_forgotten_is_not_read(tmp_path: Path) -> None:
    for name, first in (("a", 0), ("b", 100)):
        written(tmp_path / "rows" / f"{name}.jsonl", map(row, range(first, first + 20)))
    source = {"path": "rows", "form": "rows"}
    assert build(tmp_path, source).metrics["rows"]["rows"]["rows"] == 40
    (tmp_path / "idiolect.toml").write_text('name = "acme"\n[[source]]\npath = "rows"\nform = "rows"\n')
    (holding,) = dataset.forget(tmp_path / "idiolect.toml", ["path=b.*"])
    assert holding.samples > 15
    run = dataset.build(recipe.read(tmp_path), "here")
    assert {span.path for one in held(run) for span in one.origins} == {"a.jsonl"}


def test_a_pack_labels_and_filters_rows(tmp_path: Path) -> None:
    house = tmp_path / "house"
    house.mkdir()
    (house / "pack.py").write_text(
        "from idiolect.pack import Pack\n"
        "def label(document):\n    return {'difficulty': ('odd',), 'area': (document.language,)}\n"
        "def no(sample):\n    return 'basic' if sample.labels.get('difficulty') == ('basic',) else None\n"
        "pack = Pack(name='house', label=label, filters=(no,))\n"
    )
    written(tmp_path / "rows.jsonl", map(row, range(40)))
    run = build(tmp_path, {"path": "rows.jsonl"}, packs=["./house"])
    assert run.metrics["dropped"]["basic"] > 5
    assert {one.labels["difficulty"] for one in held(run, "train")} == {("advanced",)}
    assert {one.labels["area"] for one in held(run, "train")} == {("tally",)}


def test_a_secret_may_not_hide_in_the_cut_of_a_hole() -> None:
    scrubber = Scrubber(rules.together())

    def cut(before: str, answer: str, after: str) -> Sample | None:
        hole = Hole(path="a.tly", prefix=before, suffix=after)
        return examples.clean(Sample(prompt=hole, answer=answer, kind="fim", maker="fim_row"), scrubber)[0]

    assert cut(f'let key$ = "{KEY[:9]}', KEY[9:] + '"\n', "stop\n") is None
    assert cut("let a = ", f'"{KEY}"', "\n") is None
    kept = cut(f'let key$ = "{KEY}"\n', "call Open(key$)", "\nstop\n")
    assert kept
    assert isinstance(kept.prompt, Hole)
    assert KEY not in kept.prompt.prefix
    said = (Message(role="user", content="a"),)
    plain = Sample(prompt=said, answer="b", kind="chat", maker="x", labels={"tags": (KEY,)})
    made, found = examples.clean(plain, scrubber)
    assert made
    assert found
    assert KEY not in str(made.labels)


def test_a_look_beforehand_counts_rows_by_form(tmp_path: Path) -> None:
    file = written(tmp_path / "rows.jsonl", [*map(row, range(9)), hole(1), "{"])
    told = recipe.parse({"name": "acme", "source": [{"path": "rows.jsonl"}]}, folder=tmp_path)
    found = preflight.look(told, told.sources[0])
    assert (found["rows"], found["dropped"], found["files"]) == ({"alpaca": 9, "fim": 1}, {"not-json": 1}, 1)
    assert found["bytes"] == file.stat().st_size
    assert "has no history: what is held out of it is not later code" in found["remarks"]
    made = preflight.init(tmp_path, [file], name="", effort="quick", force=False)
    assert "[[source]]  # 10 rows" in made.read_text()


def test_the_example_is_good(tmp_path: Path) -> None:
    folder = Path(__file__).parents[2] / "examples" / "rows"
    looked = dataset.check([folder / "lessons.yaml"], recipe.read(folder))
    assert (looked.rows, looked.remarks) == (12, [])
    source = {"path": str(folder / "lessons.yaml")}
    run = build(tmp_path, source, packs=[str(folder.parent / "basic")])
    assert run.metrics["rows"]["lessons.yaml"]["samples"] == 13
    kinds = {one.kind for one in held(run)}
    assert kinds == {"write", "fim", "explain", "review", "bugfix", "migrate", "chat"}


def test_a_row_whose_answer_stands_in_another_is_learned_from_and_not_held_out(tmp_path: Path) -> None:
    said = [row(number) for number in range(60)]
    whole = {"text": "\n".join(one["output"] for one in said[:30])}
    written(tmp_path / "rows.jsonl", [*said, whole, {"prefix": "let a = 1", "middle": "", "path": "a.tly"}])
    run = build(tmp_path, {"path": "rows.jsonl"})
    answers = {one["output"] for one in said[30:]}
    probes = held(run, "cluster")
    assert len(probes) == 62 // 5
    assert {one.answer for one in probes} <= answers
    assert run.metrics["probes"] == {"kept": 12, "dropped": {}}
    assert "" in {one.answer for one in held(run, "train", "validation")}


GENERATIONS = [{"value": value, "sign": [{"text": value}]} for value in ("bbj-gui", "dwc")]


def labelled(number: int) -> dict[str, Any]:
    """A row with labels of its own: a client of two, a number of its own, and what it is about."""
    return {**row(number), "generation": "dwc", "tags": ["boxes"], "labels": {"client": f"c{number % 2}", "number": str(number)}}


def test_a_row_with_a_value_that_a_closed_list_has_not_is_dropped_with_its_line(tmp_path: Path) -> None:
    written(tmp_path / "rows.jsonl", [*map(labelled, range(40)), {**row(50), "generation": "bbj-giu"}])
    run = build(tmp_path, {"path": "rows.jsonl"}, label=GENERATIONS)
    told = [json.loads(line) for line in run.path("dropped.jsonl").read_text().splitlines()]
    (one,) = [one for one in told if one["reason"] == "unknown-label"]
    assert (one["what"], one["detail"]) == (
        "rows.jsonl:41", "generation: unknown value 'bbj-giu'; did you mean 'bbj-gui'? it has bbj-gui, dwc",
    )  # fmt: skip
    told = recipe.parse({"name": "acme", "source": [{"path": "rows.jsonl"}], "label": GENERATIONS}, folder=tmp_path)
    assert preflight.check(told)["sources"][0]["dropped"] == {"unknown-label": 1}
    assert build(tmp_path, {"path": "rows.jsonl"}).metrics["rows"]["rows.jsonl"]["samples"] == 41


def test_what_rows_say_of_the_code_is_told_in_training_and_what_they_say_of_the_lesson_is_not(tmp_path: Path) -> None:
    written(tmp_path / "rows.jsonl", map(labelled, range(60)))
    run = build(tmp_path, {"path": "rows.jsonl"})
    assert run.metrics["told"] == ["client", "generation"]
    assert "Half of the lessons are told what rows bring of client, generation." in run.path("README.md").read_text()
    assert build(tmp_path, {"path": "rows.jsonl"}, label=GENERATIONS).metrics["told"] == ["client"]


@pytest.mark.parametrize("work", [preflight.check, dataset.build])
def test_a_model_of_a_value_that_there_is_not_is_refused_before_anything_is_built(tmp_path: Path, work: Any) -> None:
    written(tmp_path / "rows.jsonl", map(labelled, range(40)))
    values = {"name": "acme", "source": [{"path": "rows.jsonl"}], "label": GENERATIONS, "model": [{"labels": {"generation": ["vga"]}}]}
    with pytest.raises(RecipeError, match="generation: unknown value 'vga'; it has "):
        work(recipe.parse(values, folder=tmp_path))
    assert not (tmp_path / ".idiolect" / "runs").exists()
