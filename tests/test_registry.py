"""Runs and models: `run.json` last, nothing overwritten, what is done is skipped."""

import subprocess
import sys
from pathlib import Path

import pytest

from idiolect import registry
from idiolect.errors import DigestError, ResourceError, UsageError
from idiolect.files import digest_file
from idiolect.recipe import Recipe
from idiolect.types import Model


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    return Recipe(name="acme", folder=tmp_path)


def begin(recipe: Recipe, rank: int = 8, finish: bool = True) -> registry.Run:
    with registry.begin(recipe, "train", version=1, values={"rank": rank}, inputs={"dataset": "abc"}) as run:
        if finish and not run.done:
            run.finish({"loss": rank})
    return run


def test_a_finished_run_with_the_same_key_is_done(recipe: Recipe) -> None:
    first = begin(recipe)
    again = begin(recipe)
    assert again.done
    assert again.folder == first.folder
    assert begin(recipe, rank=16).name == "train-2"


def test_an_unfinished_run_is_gone_on_with_in_its_folder(recipe: Recipe) -> None:
    first = begin(recipe, finish=False)
    first.path("half.bin").write_bytes(b"half")
    again = begin(recipe)
    assert again.path("half.bin").read_bytes() == b"half"
    assert [one.name for one in registry.runs(recipe)] == ["train-1"]


OTHER = """
import sys
from pathlib import Path
from idiolect import registry
from idiolect.recipe import Recipe

with registry.begin(Recipe(name="acme", folder=Path(sys.argv[1])), "train", version=1, values={"rank": 8}, inputs={"dataset": "abc"}):
    print("begun", flush=True)
    sys.stdin.read()
"""


def test_two_processes_do_not_work_in_one_run(recipe: Recipe) -> None:
    command = [sys.executable, "-c", OTHER, str(recipe.folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "begun\n"
        with pytest.raises(ResourceError, match="another process"):
            begin(recipe)
        assert begin(recipe, rank=16).name == "train-2"
        other.kill()
    assert begin(recipe).name == "train-1"


def test_only_a_finished_run_is_found_as_finished(recipe: Recipe) -> None:
    begin(recipe, finish=False)
    asked = {"version": 1, "values": {"rank": 8}, "inputs": {"dataset": "abc"}}
    assert registry.finished(recipe, "train", **asked) is None
    begin(recipe)
    found = registry.finished(recipe, "train", **asked)
    assert found is not None and found.name == "train-1"


def test_a_stage_that_fails_leaves_no_run_json(recipe: Recipe) -> None:
    with pytest.raises(RuntimeError), registry.begin(recipe, "train", version=1, values={}, inputs={}) as run:
        raise RuntimeError
    assert not registry.run(recipe, run.name).done


def test_another_version_of_a_stage_is_another_run(recipe: Recipe) -> None:
    begin(recipe)
    with registry.begin(recipe, "train", version=2, values={"rank": 8}, inputs={"dataset": "abc"}) as run:
        assert not run.done


def test_an_unknown_run_lists_the_known_ones(recipe: Recipe) -> None:
    begin(recipe)
    with pytest.raises(UsageError, match="train-1"):
        registry.run(recipe, "train-9")
    assert registry.run(recipe, "train").name == "train-1"


def test_comparing_shows_only_what_differs(recipe: Recipe) -> None:
    found = registry.compare(begin(recipe), begin(recipe, rank=16))
    assert found["metrics"] == {"loss": [8, 16]}
    assert found["recipe"] == {}


def saved(recipe: Recipe, data: bytes = b"weights", adapter: str = "a") -> Model:
    with registry.model_folder(recipe) as folder:
        file = folder / "m.gguf"
        file.write_bytes(data)
        model = Model(name="acme", form="gguf", digest=digest_file(file), file="m.gguf", adapter_digest=adapter)
        return registry.save_model(recipe, model, folder)


def test_a_saved_model_is_found_by_name_and_by_digest(recipe: Recipe) -> None:
    model = saved(recipe)
    assert registry.model(recipe, "acme") == registry.model(recipe, model.digest[:8]) == model
    assert (Path(model.folder) / "m.gguf").read_bytes() == b"weights"
    assert not list((recipe.home / "models").glob(".building-*"))


def test_the_promoted_model_comes_before_the_newest(recipe: Recipe) -> None:
    first = saved(recipe)
    registry.promote(recipe, first)
    saved(recipe, b"newer")
    assert registry.model(recipe, "acme") == first


def test_a_changed_file_is_not_promoted(recipe: Recipe) -> None:
    model = saved(recipe)
    (Path(model.folder) / model.file).write_bytes(b"other")
    with pytest.raises(DigestError) as caught:
        registry.promote(recipe, model)
    assert caught.value.exit_code == 7


def test_no_model_says_what_there_is(recipe: Recipe) -> None:
    with pytest.raises(UsageError, match="none yet"):
        registry.model(recipe, "acme")


def test_purge_empties_the_cache_and_nothing_else(recipe: Recipe) -> None:
    begin(recipe)
    recipe.cache.mkdir(parents=True)
    (recipe.cache / "text").write_bytes(b"12345")
    assert registry.purge(recipe) == 5
    assert not recipe.cache.exists()
    assert registry.run(recipe, "train-1").done
