import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file

from idiolect import recipe as recipes
from idiolect import registry, samples, train
from idiolect.errors import DataError, DigestError, RecipeError
from idiolect.files import digest_file
from idiolect.recipe import Recipe
from idiolect.registry import Run
from idiolect.train import report, stage
from idiolect.types import Message, Model, Sample

from . import tiny


def recipe(folder: Path, kinds: list[str] | None = None, **more: Any) -> Recipe:
    values = {"name": "shop", "effort": "quick", "model": [{"name": "helper", "base": "./base", "kinds": kinds or []}]}
    return recipes.parse({**values, "train": {"tokens": 4_000, "length": 128, "rank": 4, **more}}, folder=folder)


def dataset(made: Recipe, learned: list[Sample], judged: list[Sample], name: str = "a", **metrics: Any) -> Run:
    with registry.begin(made, "dataset", version=1, values={"name": name}, inputs={}) as run:
        samples.write(run.folder, "train", learned)
        samples.write(run.folder, "validation", judged)
        return run.finish(metrics)


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("work")
    tiny.base(folder / "base")
    return folder


@pytest.fixture(scope="module")
def trained(work: Path) -> tuple[Recipe, Run, Model]:
    made = recipe(work)
    lessons = dataset(made, tiny.lessons(), tiny.lessons(3)[:9])
    return made, lessons, train.train(made, made.models[0], lessons)


def test_the_adapter_stands_in_the_registry_under_its_digest(trained: tuple[Recipe, Run, Model]) -> None:
    made, _, adapter = trained
    file = Path(adapter.folder) / adapter.file
    assert digest_file(file) == adapter.digest
    assert registry.adapter(made, "helper") == adapter
    assert (adapter.form, adapter.base, adapter.family) == ("adapter", "./base", "qwen2.5-coder")
    assert any(tensor.any() for name, tensor in load_file(file).items() if "lora_B" in name)
    config = json.loads((file.parent / "adapter_config.json").read_text())
    assert (config["r"], config["lora_alpha"], config["base_model_name_or_path"]) == (4, 8, "./base")


def test_the_run_says_what_it_cost_and_what_it_gained(trained: tuple[Recipe, Run, Model]) -> None:
    run = registry.newest(trained[0], "train")
    found = run.metrics
    assert set(found["phases"]) == {"pretrain", "instruct"}
    assert found["tokens"] == sum(phase["tokens"] for phase in found["phases"].values()) == pytest.approx(4_000, rel=0.1)
    assert all(0 < phase["supervised"] <= phase["tokens"] for phase in found["phases"].values())
    assert found["loss"]["best"] < found["loss"]["base"]
    assert found["samples"]["instruct"] == {"read": 12, "kept": 12, "dropped": {}, "texts": 12}
    assert set(found["planned"]) == {"seconds", "memory", "tokens_per_second"}
    assert len(report.rows(run.path("metrics.jsonl"))) == found["steps"]
    assert {row["phase"] for row in report.rows(run.path("metrics.jsonl"))} == {"pretrain", "instruct"}
    assert set(report.rows(run.path("validation.jsonl"))[-1]["kinds"]) == {"raw", "fim", "write"}
    assert run.path("curves.svg").read_text().startswith("<svg")
    assert run.info["settings"]["seed"] == 0
    assert not run.path("checkpoints").exists()


def test_few_passes_learn_all_of_a_hole_s_file_and_many_passes_the_answers(work: Path, trained: tuple[Recipe, Run, Model]) -> None:
    lessons = trained[1]
    share = []
    for tokens, length in ((1_000, 128), (8_000, 128)):
        made = recipe(work, tokens=tokens, length=length, seed=3)
        train.train(made, made.models[0], lessons)
        phase = registry.newest(made, "train").metrics["phases"]["pretrain"]
        share.append(phase["supervised"] / phase["tokens"])
    assert share[0] > share[1] + 0.2


def test_the_card_of_a_training_shows_how_many_tokens_its_texts_have(trained: tuple[Recipe, Run, Model]) -> None:
    run = registry.newest(trained[0], "train")
    assert "(lengths.svg)" in run.path("README.md").read_text(encoding="utf-8")
    assert sum(run.metrics["lengths"].values()) == sum(run.metrics["samples"][phase]["texts"] for phase in ("pretrain", "instruct"))
    assert run.path("lengths.svg").is_file()


def test_what_is_trained_is_not_trained_again(trained: tuple[Recipe, Run, Model]) -> None:
    made, lessons, adapter = trained
    before = len(registry.runs(made))
    assert train.train(made, made.models[0], lessons) == adapter
    assert len(registry.runs(made)) == before


def test_an_adapter_that_was_deleted_is_missed(work: Path) -> None:
    made = recipe(work, ["write"], replay=0.0, tokens=500)
    lessons = dataset(made, tiny.lessons(), [], "deleted")
    shutil.rmtree(train.train(made, made.models[0], lessons).folder)
    with pytest.raises(DigestError, match=r"is gone; delete .*train-\d+ to train it again"):
        train.train(made, made.models[0], lessons)


def test_the_same_lessons_in_another_folder_give_the_same_adapter(
    trained: tuple[Recipe, Run, Model], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny.base(tmp_path / "base")
    made = recipe(tmp_path)
    again = train.train(made, made.models[0], dataset(made, tiny.lessons(), tiny.lessons(3)[:9]))
    assert again.digest == trained[2].digest
    said = capsys.readouterr().err
    assert said.index("about") < said.index("took")
    assert "learned, in" in said


def test_without_replay_or_validation_it_trains_and_says_so(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = recipe(work, ["write"], replay=0.0, tokens=2_000)
    train.train(made, made.models[0], dataset(made, tiny.lessons(), [], "b"))
    found = registry.newest(made, "train").metrics
    assert set(found["phases"]) == {"instruct"}
    assert found["samples"]["replay"]["read"] == 0
    assert found["loss"]["best"] is None
    assert "no validation lessons" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("learned", "more", "sentence"),
    [
        ([], {}, "no lesson of the kinds"),
        ([Sample(answer="abc", kind="raw", maker="m", weight=0.0)], {}, "none of 1 lessons has a token to learn from"),
        (tiny.lessons()[1::3], {"length": 8}, "every lesson is longer than 8 tokens"),
    ],
    ids=["no samples", "no supervised token", "too short a length"],
)
def test_lessons_that_teach_nothing_are_refused_before_the_first_step(
    work: Path, learned: list[Sample], more: dict[str, Any], sentence: str
) -> None:
    made = recipe(work, ["raw", "fim"], **more)
    with pytest.raises(DataError, match=sentence):
        train.train(made, made.models[0], dataset(made, learned, [], sentence))
    run = [one for one in registry.runs(made) if one.stage == "train"][-1]
    assert not run.done
    assert not run.path("metrics.jsonl").exists()


def test_kinds_that_a_model_does_not_want_are_not_lessons(work: Path) -> None:
    made = recipe(work, ["qa"])
    with pytest.raises(DataError, match="no lesson of the kinds"):
        train.train(made, made.models[0], dataset(made, tiny.lessons(), [], "qa"))


def test_a_model_of_a_value_that_the_lessons_have_no_list_of_is_refused(work: Path) -> None:
    made = recipes.parse({"name": "shop", "model": [{"base": "./base", "labels": {"generation": ["vga", ""]}}]}, folder=work)
    with pytest.raises(RecipeError, match="generation: unknown value 'vga'; it has dwc"):
        train.train(made, made.models[0], dataset(made, tiny.lessons(), [], "labels", vocabulary={"generation": ["dwc"]}))


def test_half_of_the_lessons_are_told_labels_of_the_vocabulary_and_those_that_rows_bring(work: Path) -> None:
    labels = {"generation": ("dwc",), "client": ("acme",), "language": ("tally",)}
    asked = (Message(role="user", content="Write it."),)
    learned = [Sample(prompt=asked, answer=f"x = {n}", kind="write", maker="m", labels=labels) for n in range(100)]
    made = recipe(work)
    for told, said in (([], "generation: dwc"), (["client"], "client: acme\ngeneration: dwc")):
        lessons = dataset(made, learned, [], f"told {len(told)}", vocabulary={"generation": ["dwc"]}, told=told)
        chosen = [one.prompt for one in stage._chosen(made.models[0], lessons, "train", ["write"])]
        heads = [prompt[0].content for prompt in chosen if isinstance(prompt, tuple) and len(prompt) == 2]
        assert set(heads) == {said}
        assert 30 < len(heads) < 70


def test_a_base_that_is_not_there_is_a_recipe_error(work: Path) -> None:
    made = recipes.parse({"name": "shop", "model": [{"base": "./nowhere"}]}, folder=work)
    with pytest.raises(RecipeError, match=r"no folder '\./nowhere'"):
        train.train(made, made.models[0], dataset(made, [], [], "none"))
