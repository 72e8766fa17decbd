"""The whole build, on small repositories that grow."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from idiolect import dataset, recipe, samples
from idiolect.dataset import guard
from idiolect.dataset.makers import OF_CHANGES
from idiolect.errors import DataError, RecipeError
from idiolect.registry import Run
from idiolect.types import SPLITS, Hole, Sample, Split
from tests.dataset.corpus import text
from tests.dataset.history_of import grown, repository


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return repository(tmp_path_factory.mktemp("shop") / "shop", grown(files=27, functions=10))


@pytest.fixture(scope="session")
def built(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return build(tmp_path_factory.mktemp("built"), [{"path": str(shop)}])


def build(folder: Path, sources: list[dict[str, Any]], **values: Any) -> Run:
    settings = {"candidates": 40, **values.pop("dataset", {})}
    return dataset.build(recipe.parse({"name": "acme", "source": sources, "dataset": settings, **values}, folder=folder), "here")


def rows(run: Run, split: Split) -> list[Sample]:
    return list(samples.read(run.folder, split))


def pieces(sample: Sample) -> str:
    if isinstance(sample.prompt, Hole):
        return f"{sample.prompt.prefix}{sample.prompt.typed}{sample.answer}{sample.prompt.suffix}"
    return "\n".join([*(turn.content for turn in sample.prompt or ()), sample.answer or ""])


def test_probes_are_later_code_that_stands_in_no_lesson(built: Run, shop: Path) -> None:
    probes = rows(built, "time")
    cut = built.metrics["cuts"]["shop"]
    assert len(probes) == built.metrics["probes"]["kept"] > 20
    assert 40 <= cut["candidates"] <= 60
    assert 0 < cut["share"] <= 0.2
    lessons = " ".join(" ".join(pieces(one) for split in ("train", "validation") for one in samples.read(built.folder, split)).split())
    for probe in probes:
        assert " ".join((probe.answer or "").split()) not in lessons
        assert isinstance(probe.prompt, Hole)
        assert probe.prompt.path.startswith("src/")
    assert built.metrics["leaks"] == 0


def test_what_goes_into_each_step_comes_out_or_has_a_reason(built: Run) -> None:
    steps = {row["step"]: row for row in built.metrics["funnel"]}
    for row in steps.values():
        assert row["in"] == row["kept"] + sum(row["dropped"].values())
    assert steps["dedupe"]["in"] == steps["read"]["kept"]
    assert steps["split"]["in"] == steps["history"]["kept"]
    assert steps["merge"]["in"] == sum(row["kept"] for name, row in steps.items() if name.startswith("make "))
    assert steps["probes"]["in"] == built.metrics["cuts"]["shop"]["candidates"]
    counts = {split: sum(kind.get(split, 0) for kind in built.metrics["samples"].values()) for split in SPLITS}
    assert {split: len(rows(built, split)) for split in SPLITS} == counts
    finishing = ["merge", "near-duplicates", "openers"]
    assert [name for name in steps if name in finishing] == finishing, "in the order that they are taken"
    left = steps["merge"]["kept"] - sum(sum(steps[name]["dropped"].values()) for name in ("near-duplicates", "openers", "mutants"))
    assert counts["train"] + counts["validation"] == left
    dropped = [json.loads(line) for line in built.path("dropped.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(dropped) == sum(built.metrics["dropped"].values())


def test_no_file_gives_lessons_to_both_sides(built: Run) -> None:
    paths = [{span.path for one in samples.read(built.folder, split) for span in one.origins} for split in ("train", "validation")]
    assert paths[0]
    assert paths[1]
    assert not paths[0] & paths[1]


def test_lessons_are_read_at_the_cut(built: Run) -> None:
    cut = built.metrics["cuts"]["shop"]
    for one in samples.read(built.folder, "train"):
        assert all(span.time <= cut["time"] for span in one.origins)
        assert all(span.commit == cut["commit"] for span in one.origins) or one.maker in OF_CHANGES


def test_the_same_input_gives_the_same_rows_and_a_second_start_does_nothing(built: Run, shop: Path, tmp_path: Path) -> None:
    again = build(tmp_path, [{"path": str(shop)}])
    for split in SPLITS:
        assert [one.id for one in rows(again, split)] == [one.id for one in rows(built, split)]
        assert [one.weight for one in rows(again, split)] == [one.weight for one in rows(built, split)]
    written = again.path("run.json").stat().st_mtime_ns
    third = build(tmp_path, [{"path": str(shop)}])
    assert third.folder == again.folder
    assert third.path("run.json").stat().st_mtime_ns == written


def test_a_build_that_was_broken_off_is_made_again_without_its_remains(built: Run, shop: Path, tmp_path: Path) -> None:
    run = build(tmp_path, [{"path": str(shop)}])
    count = len(rows(run, "train"))
    run.path("run.json").unlink()
    samples.write(run.folder, "cluster", [Sample(answer="left behind", kind="raw", maker="raw")])
    remains = run.folder / "train" / "part-00009.parquet"
    remains.write_bytes((run.folder / "train" / "part-00000.parquet").read_bytes())
    again = build(tmp_path, [{"path": str(shop)}])
    assert again.folder == run.folder
    assert len(rows(again, "train")) == count
    assert not rows(again, "cluster")


def test_a_leak_in_the_finished_text_fails_the_build(built: Run, tmp_path: Path) -> None:
    probe = next(one for one in rows(built, "time") if len((one.answer or "").split()) > 6)
    lessons = rows(built, "train")
    samples.write(tmp_path, "time", rows(built, "time"))
    samples.write(tmp_path, "train", lessons)
    assert guard.check(tmp_path) > 0
    planted = Sample(answer=f"{text(77_777, 1)}\n{probe.answer}\n", kind="raw", maker="raw")
    samples.write(tmp_path, "train", [*lessons, planted])
    with pytest.raises(DataError, match=r"^.*: 1 of \d+ probes stand in the training text") as caught:
        guard.check(tmp_path)
    assert caught.value.exit_code == 3
    assert probe.id in str(caught.value)


def test_code_that_another_source_has_already_is_no_probe(built: Run, shop: Path, tmp_path: Path) -> None:
    stolen = {f"lib/copy_{number}.py": text(number, 10) for number in range(24, 27)}
    other = repository(tmp_path / "other", [("Take over", stolen)])
    run = build(
        tmp_path, [{"path": str(shop)}, {"path": str(other), "role": "public", "licence": "MIT"}], dataset={"max_source_share": 1.0}
    )
    assert run.metrics["probes"]["dropped"]["in-training"] > built.metrics["probes"]["dropped"].get("in-training", 0)
    assert len(rows(run, "time")) < len(rows(built, "time"))
    assert run.metrics["cuts"]["other"]["note"] == "a source in the role 'public' has no time probes"


def test_a_short_history_has_lessons_and_says_why_it_has_no_probes(tmp_path: Path) -> None:
    small = repository(tmp_path / "small", [("Start", {"a.py": text(1), "b.py": text(2)})])
    run = build(tmp_path, [{"path": str(small)}])
    assert "0 probe candidates" in run.metrics["cuts"]["small"]["note"]
    assert rows(run, "train")
    assert not rows(run, "time")


@pytest.mark.parametrize(
    ("values", "source"),
    [
        ({"dataset": {"candidates": 25}}, {}),
        ({"dataset": {"max_after": 0.1}}, {}),
        ({"dataset": {"max_file_bytes": 3500}}, {}),
        ({}, {"exclude": ["src/part_1*"]}),
        ({}, {"include": ["src/part_2*"]}),
        ({}, {"weight": 3.0}),
        ({}, {"role": "reference"}),
        ({}, {"licence": "private"}),
        ({}, {"name": "store"}),
    ],
)
def test_every_key_changes_the_rows(built: Run, shop: Path, tmp_path: Path, values: dict[str, Any], source: dict[str, Any]) -> None:
    changed = build(tmp_path, [{"path": str(shop), **source}], **values)

    def seen(run: Run) -> list[Any]:
        return [(one.id, one.weight, [(span.source, span.licence) for span in one.origins]) for split in SPLITS for one in rows(run, split)]

    assert seen(changed) != seen(built)


def test_sources_weigh_by_the_root_of_their_bytes_and_nothing_is_thrown_away_for_it(shop: Path, tmp_path: Path) -> None:
    other = repository(tmp_path / "other", grown(500, files=6))
    run = build(tmp_path, [{"path": str(shop)}, {"path": str(other)}])
    size, weight = {"shop": 0, "other": 0}, {"shop": 0.0, "other": 0.0}
    for one in rows(run, "train"):
        size[one.origins[0].source] += len((one.answer or "").encode())
        weight[one.origins[0].source] += len((one.answer or "").encode()) * one.weight
    assert size["shop"] > 3 * size["other"]
    # commits count by their age, so that the two sources' lessons do not weigh one each before
    assert weight["shop"] / weight["other"] == pytest.approx((size["shop"] / size["other"]) ** 0.5, rel=0.15)
    assert not {"over-share", "boilerplate opener"} & run.metrics["dropped"].keys()
    assert run.metrics["warnings"] == [] or all("limit" in one for one in run.metrics["warnings"])
    assert {row["name"] for row in run.metrics["signs"]} >= {"compression", "duplicates", "effective sources", "entropy of difficulty"}
    assert "## Signs" in run.path("README.md").read_text(encoding="utf-8")
    assert json.loads(run.path("words.json").read_text(encoding="utf-8"))["words"]["limit"] > 100


def test_a_pack_labels_filters_and_makes(shop: Path, tmp_path: Path) -> None:
    house = tmp_path / "house"
    house.mkdir()
    (house / "pack.py").write_text(
        "from idiolect.pack import Pack\n"
        "from idiolect.types import Sample\n"
        "def label(document):\n    return {'area': ('parts',)}\n"
        "def no_fim(sample):\n    return 'no-fim' if sample.kind == 'fim' else None\n"
        "def names(documents):\n    for one in documents:\n"
        "        yield Sample(answer='file ' + one.path, kind='qa', maker='names', origins=(one.span(),))\n"
        "pack = Pack(name='house', label=label, filters=(no_fim,), makers=(names,))\n"
    )
    run = build(tmp_path, [{"path": str(shop)}], packs=["./house"])
    assert run.metrics["dropped"]["no-fim"] > 20
    assert {one.kind for one in samples.read(run.folder, "train")} >= {"raw", "qa"}
    assert all(one.labels["area"] == ("parts",) for one in samples.read(run.folder, "train", kinds=["raw", "qa"]))
    (house / "pack.py").write_text("from idiolect.pack import Pack\npack = Pack(name='house')\n")
    assert build(tmp_path, [{"path": str(shop)}], packs=["./house"]).folder != run.folder


def test_nothing_to_learn_from_is_a_sentence_with_reasons(shop: Path, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="names no source") as caught:
        build(tmp_path, [])
    assert caught.value.exit_code == 1
    with pytest.raises(RecipeError, match="nothing to learn from") as caught:
        build(tmp_path, [{"path": str(shop), "role": "legacy"}])
    assert caught.value.exit_code == 1
    assert not list((tmp_path / ".idiolect" / "runs").glob("*/run.json"))


def test_a_data_file_that_no_lesson_may_come_from_does_not_move_the_cut(built: Run, shop: Path, tmp_path: Path) -> None:
    grew = grown(files=27, functions=10)
    data = "[\n" + ",\n".join(f'  {{"number": {number}}}' for number in range(9000)) + "\n]\n"
    other = repository(tmp_path / "shop", [*grew[:-2], ("Add numbers", {"numbers.json": data}), *grew[-2:]])
    run = build(tmp_path, [{"path": str(other)}])
    for key in ("candidates", "added_lines_after", "share"):
        assert run.metrics["cuts"]["shop"][key] == built.metrics["cuts"]["shop"][key]


def test_a_missing_object_costs_the_probes_but_not_the_lessons(tmp_path: Path) -> None:
    broken = repository(tmp_path / "broken", [("Start", {"a.py": text(1), "b.py": text(3)}), ("Change", {"a.py": text(2)})])
    lost = subprocess.run(["git", "rev-parse", "HEAD~1:a.py"], cwd=broken, check=True, capture_output=True, text=True).stdout.strip()
    (broken / ".git" / "objects" / lost[:2] / lost[2:]).unlink()
    run = build(tmp_path, [{"path": str(broken)}])
    assert run.metrics["cuts"]["broken"]["note"].startswith("commits could not be compared")
    assert {span.path for one in samples.read(run.folder, "train") for span in one.origins} & {"a.py", "b.py"}
