"""What fails for real: a disk that is full, files that are damaged, a port that is taken, a run that was killed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from idiolect import dataset, recipe, registry, samples, train
from idiolect.errors import DataError
from idiolect.recipe import Recipe
from tests import full_disk
from tests.dataset.history_of import grown, repository
from tests.evaluate import material
from tests.tiny_model import write_model
from tests.train import tiny

ROOT = Path(__file__).parent.parent
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
TINY = '[[model]]\nname = "helper"\nbase = "./base"\n[train]\nlength = 128\nrank = 4\nreplay = 0.0\n'


def written(folder: Path, text: str) -> Recipe:
    (folder / "idiolect.toml").write_text(f'name = "acme"\neffort = "quick"\n{text}')
    return recipe.read(folder)


# A full disk.


def of_shop(folder: Path) -> None:
    repository(folder / "shop", grown(files=6, functions=4))
    written(folder, '[[source]]\npath = "shop"\n[dataset]\ncandidates = 4\n')


def of_model(folder: Path) -> None:
    write_model(folder / "base", num_hidden_layers=1)
    written(folder, '[[model]]\nbase = "./base"\n')


def of_lessons(folder: Path) -> None:
    tiny.base(folder / "base")
    written(folder, TINY + "tokens = 600\n")


def starts(stage: str, folder: Path, shares: list[float]) -> list[dict[str, Any]]:
    """How the starts of a stage ended: on a roomy disk, then for each share on a full one and again with room."""
    words = ["unshare", "-Urm", sys.executable, "-m", "tests.full_disk", stage, str(folder), *map(str, shares)]
    if not shutil.which("unshare") or subprocess.run([*words[:2], "true"], capture_output=True).returncode:
        pytest.skip("skipped: this machine lets nobody make a disk of their own (unshare)")
    ended = subprocess.run(words, env=ENVIRONMENT, capture_output=True, text=True, timeout=120)
    if ended.returncode == full_disk.NO_DISK:
        pytest.skip("skipped: this machine lets nobody mount a tmpfs")
    assert ended.returncode == 0, ended.stderr
    return [json.loads(line) for line in ended.stdout.splitlines()]


@pytest.mark.parametrize(
    ("stage", "prepare", "shares", "places"),
    [
        ("dataset", of_shop, [0.05, 0.7, 0.95], ["cache", ".idiolect", ".idiolect"]),
        ("export", of_model, [0.2, 1.5], ["-Q8_0.gguf", "reference-F16.gguf"]),
        ("train", of_lessons, [0.2, 0.8], ["train-1", "checkpoints"]),
    ],
    ids=["dataset", "export", "train"],
)
def test_a_full_disk_is_a_sentence_and_with_room_the_stage_goes_on(
    tmp_path: Path, stage: str, prepare: Callable[[Path], None], shares: list[float], places: list[str]
) -> None:
    prepare(tmp_path)
    first, *pairs = starts(stage, tmp_path, shares)
    assert (first["code"], first["finished"]) == (0, [f"{stage}-1"]), first["said"]
    for full, roomy, place in zip(pairs[::2], pairs[1::2], places, strict=True):
        assert full["code"] == 5, full["said"]
        last = full["said"].splitlines()[-1]
        assert place in last
        assert last.endswith("the disk is full; free some space and start again; finished work is kept")
        assert (full["finished"], full["models"], full["given"]) == ([], [], [])
        assert roomy == {**first, "said": roomy["said"]}, roomy["said"]


def test_an_adapter_that_does_not_fit_on_the_disk_is_a_sentence_too(tmp_path: Path) -> None:
    written(tmp_path, "")
    first, full, roomy = starts("adapter", tmp_path, [0.3])
    assert (full["code"], full["said"].count("the disk is full")) == (5, 1), full["said"]
    assert roomy["given"] == first["given"]


# Damaged lessons.


def cut_off(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-200])


def empty(file: Path) -> None:
    file.write_bytes(b"")


def garbled(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[4 : len(data) // 3 : 5] = b"Z" * len(data[4 : len(data) // 3 : 5])
    file.write_bytes(data)


def a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def of_something_else(file: Path) -> None:
    pq.write_table(pa.table({"price": [1, 2]}), file)


def without_a_column(file: Path) -> None:
    pq.write_table(pq.read_table(file).drop_columns(["spans"]), file)


def with_a_damaged_value(file: Path) -> None:
    table = pq.read_table(file)
    pq.write_table(table.set_column(table.schema.get_field_index("labels"), "labels", pa.array(["{half"] * len(table))), file)


@pytest.mark.parametrize("kinds", [(), ("raw",)], ids=["all", "one-kind"])
@pytest.mark.parametrize("damage", [cut_off, empty, garbled, a_folder, of_something_else, without_a_column, with_a_damaged_value])
def test_damaged_lessons_are_one_line_that_names_the_file(tmp_path: Path, damage: Callable[[Path], None], kinds: tuple[Any, ...]) -> None:
    samples.write(tmp_path, "train", tiny.lessons(20))
    file = tmp_path / "train" / "part-00000.parquet"
    damage(file)
    with pytest.raises(DataError, match="not readable as Parquet") as caught:
        list(samples.read(tmp_path, "train", kinds))
    assert caught.value.exit_code == 3
    assert (caught.value.where, str(caught.value).count("\n")) == (str(file), 0)


def test_training_on_damaged_lessons_says_what_helps_and_that_does(tmp_path: Path) -> None:
    repository(tmp_path / "shop", grown(files=6, functions=4))
    tiny.base(tmp_path / "base")
    made = written(tmp_path, f'[[source]]\npath = "shop"\n{TINY}tokens = 300\n')
    run = dataset.build(made)
    cut_off(run.path("train") / "part-00000.parquet")
    with pytest.raises(DataError, match=f"delete {run.folder} and run `idiolect dataset` again"):
        train.train(made, made.models[0], run)
    assert [one.name for one in registry.runs(made) if one.done] == ["dataset-1"]
    shutil.rmtree(run.folder)
    assert list(samples.read(dataset.build(made).folder, "train"))


# A taken port, and a run that was killed.


def idiolect(folder: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "idiolect", *words], cwd=folder, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_serving_on_a_taken_port_ends_with_5_before_a_model_is_loaded(tmp_path: Path) -> None:
    building = tmp_path / "building"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        made = written(tmp_path, f"[serve]\nport = {port}\n")
        model = registry.save_model(made, material.exported(building, "idiolect"), building)
        (Path(model.folder) / model.file).write_bytes(b"")  # an engine that loaded it would complain first
        said, errors = (process := idiolect(tmp_path, "serve")).communicate(timeout=60)
    assert (process.returncode, said) == (5, ""), errors
    assert errors == f"error: 127.0.0.1:{port}: the port is taken; choose another with `--port`; 0 takes a free one\n"


def test_a_training_that_was_killed_is_gone_on_with_in_its_folder(tmp_path: Path) -> None:
    tiny.base(tmp_path / "base")
    made = written(tmp_path, TINY + "tokens = 15_000\n")
    full_disk.lessons(made)
    process = idiolect(tmp_path, "train")
    folder = made.home / "runs" / "train-1"
    while not list(folder.glob("checkpoints/step-*")):
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert not (folder / "run.json").exists()
    assert registry.models(made) == []
    said, errors = (again := idiolect(tmp_path, "train")).communicate(timeout=60)
    assert again.returncode == 0, errors
    assert "going on after step" in errors
    assert [run.name for run in registry.runs(made)] == ["dataset-1", "train-1"]
    assert said.startswith("adapter: ")
