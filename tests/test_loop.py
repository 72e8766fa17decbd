"""A small repository through everything: lessons, training, export, HTTP, figures; and what happens when the engine is gone."""

import os
import signal
import subprocess
from pathlib import Path

import httpx
import pytest

from idiolect import loop, recipe, registry, samples, serve
from idiolect.files import digest_file

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("bookshop")
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(target)], check=True)
    history = (ROOT / "examples" / "bookshop.fi").read_bytes()
    subprocess.run(["git", "-C", str(target), "fast-import", "--quiet"], input=history, check=True)
    return target


@pytest.fixture(scope="module")
def bookshop(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> recipe.Recipe:
    values = {
        "name": "bookshop",
        "effort": "quick",
        "source": [{"path": str(repository), "name": "bookshop"}],
        "dataset": {"candidates": 20, "max_after": 0.4},
        "train": {"tokens": 24_000, "seed": 1},
        "evaluate": {"probes": 40},
    }
    return recipe.parse(values, folder=tmp_path_factory.mktemp("work"))


@pytest.fixture(scope="module")
def report(bookshop: recipe.Recipe) -> registry.Run:
    return loop.run(bookshop)[0]


def test_the_report_has_every_figure(report: registry.Run) -> None:
    found = report.metrics
    for side in ("base", "tuned"):
        assert set(found["own"][side]) >= {"bits_per_byte", "exact_match", "edit_similarity", "parses", "n"}
        assert set(found["general"][side]) >= {"bits_per_byte", "n"}
        assert 0 < found["own"][side]["bits_per_byte"] < 8
    assert set(found["own"]["difference"]["bits_per_byte"]) == {"value", "low", "high"}
    assert set(found["general"]["drop"]) == {"value", "low", "high"}
    assert found["gate"]["verdict"] in ("passed", "failed", "undecided")
    assert report.path("report.html").read_text().startswith("<!doctype html>")


def test_training_on_the_shop_makes_its_later_code_cheaper(report: registry.Run) -> None:
    assert report.metrics["own"]["difference"]["bits_per_byte"]["value"] > 0


def test_a_second_round_does_nothing_again(bookshop: recipe.Recipe, report: registry.Run) -> None:
    before = {run.name: run.path("run.json").stat().st_mtime_ns for run in registry.runs(bookshop)}
    assert loop.run(bookshop)[0].folder == report.folder
    assert {run.name: run.path("run.json").stat().st_mtime_ns for run in registry.runs(bookshop)} == before


def test_no_probe_stands_in_the_lessons(bookshop: recipe.Recipe, report: registry.Run) -> None:
    lessons = registry.newest(bookshop, "dataset")
    assert lessons.metrics["leaks"] == 0
    taught = "\n".join(one.model_dump_json() for one in samples.read(lessons.folder, "train"))
    probes = list(samples.read(lessons.folder, "time"))
    assert probes
    cut = lessons.metrics["cuts"]["bookshop"]["time"]
    for probe in probes:
        assert probe.answer
        assert probe.answer not in taught
        assert all(origin.time > cut for origin in probe.origins)


def engines() -> list[int]:
    """Process ids of the engines that this process started."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                stat, command = (folder / "stat").read_text(), (folder / "cmdline").read_bytes()
            except OSError:
                continue
            if int(stat.rpartition(")")[2].split()[1]) == os.getpid() and b"engine_child" in command:
                found.append(int(folder.name))
    return found


def test_the_engine_has_the_exported_file_open_and_its_end_is_told(bookshop: recipe.Recipe, report: registry.Run) -> None:
    _, tuned = loop.pair(bookshop, "idiolect")
    file = Path(tuned.folder) / tuned.file
    with serve.serve(bookshop, tuned, port=0) as url:
        (pid,) = engines()
        opened = {
            line.split(maxsplit=5)[5].strip()
            for line in Path(f"/proc/{pid}/maps").read_text().splitlines()
            if len(line.split(maxsplit=5)) == 6
        }
        assert str(file) in opened
        assert digest_file(file) == tuned.digest
        asked = {"prompt": "def total(", "suffix": "\n    return amount\n", "max_tokens": 8, "temperature": 0}
        answer = httpx.post(f"{url}/v1/completions", json=asked, timeout=60)
        assert answer.status_code == 200
        assert answer.json()["usage"]["completion_tokens"] > 0
        os.kill(pid, signal.SIGKILL)
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        gone = httpx.post(f"{url}/v1/completions", json=asked, timeout=10)
        assert gone.status_code == 503
        assert "error" in gone.json()
        assert httpx.get(f"{url}/health", timeout=10).status_code == 503
    assert engines() == []
