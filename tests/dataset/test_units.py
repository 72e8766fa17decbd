"""What was computed once is kept: a second build, a moved one, another machine's, and one that was killed come to the same rows."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from idiolect import dataset, recipe, samples
from idiolect.registry import Run
from idiolect.types import SPLITS
from tests.dataset.corpus import text
from tests.dataset.history_of import grown, repository

ROOT = Path(__file__).parents[2]
HISTORY = grown(files=18, functions=8)
BOOM = """
import os
from idiolect.outline import Syntax
from idiolect.pack import Language, Pack

def spans(data: bytes) -> Syntax:
    if b"BOOM" in data:
        os.abort()
    return Syntax()

pack = Pack("boom", languages=(Language("boomlang", ("**/*.boom",), spans=spans, parses=lambda data: True),))
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return repository(tmp_path_factory.mktemp("shop") / "shop", HISTORY)


@pytest.fixture(scope="module")
def built(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return build(tmp_path_factory.mktemp("built"), shop)


def build(folder: Path, shop: Path, engine: str = "here", **values: Any) -> Run:
    said = {"name": "acme", "source": [{"path": str(shop), "name": "shop"}], "dataset": {"candidates": 40}, **values}
    return dataset.build(recipe.parse(said, folder=folder), engine)


def digest(run: Run) -> str:
    return str(run.metrics["digest"])


def kept(folder: Path) -> dict[Path, int]:
    return {file: file.stat().st_mtime_ns for file in (folder / ".idiolect" / "cache" / "units").rglob("*.pack")}


def test_a_second_build_computes_nothing_rewrites_nothing_and_gives_the_same_rows(shop: Path, built: Run, tmp_path: Path) -> None:
    first = build(tmp_path, shop)
    assert digest(first) == digest(built)
    assert first.metrics["units"]["computed"] > 60
    packs = kept(tmp_path)
    shutil.rmtree(first.folder)
    again = build(tmp_path, shop)
    assert digest(again) == digest(first)
    assert again.metrics["units"].get("computed", 0) == 0
    assert again.metrics["funnel"] == first.metrics["funnel"]
    assert kept(tmp_path) == packs


def test_the_digest_knows_every_row(built: Run, tmp_path: Path) -> None:
    told = {digest for split in SPLITS for digest in (samples.digest(split, one) for one in samples.read(built.folder, split))}
    assert len(told) == sum(sum(counts.values()) for counts in built.metrics["samples"].values())
    one = next(samples.read(built.folder, "train"))
    assert samples.digest("train", one) != samples.digest("validation", one)
    assert samples.digest("train", one) != samples.digest("train", one.model_copy(update={"weight": 0.5}))
    stranger = one.origins[0].model_copy(update={"authors": ("a-0123456789",)})
    assert samples.digest("train", one) == samples.digest("train", one.model_copy(update={"origins": (stranger, *one.origins[1:])}))


def test_one_changed_file_costs_what_is_made_of_it(tmp_path: Path) -> None:
    files = {f"src/part_{number}.py": text(number, 4) for number in range(60)}
    folder = repository(tmp_path / "shop", [("Start", {**files})])
    first = build(tmp_path / "home", folder)
    changed = repository(tmp_path / "later", [("Start", {**files, "src/part_7.py": text(7, 4) + "\n\nTOTAL = 12\n"})])
    again = build(tmp_path / "home", changed)
    assert digest(again) != digest(first)
    # the text, its outline, its lessons, the one commit, and the one part of each side that holds it (searched twice)
    assert again.metrics["units"]["computed"] <= 10
    assert again.metrics["units"]["found"] > 120


def test_a_new_colleague_costs_what_names_them(tmp_path: Path) -> None:
    """Whoever joins is a name to look for: texts are read anew, and what is made of them is not."""
    files: list[tuple[str, dict[str, str | None]]] = [("Start", {f"src/part_{number}.py": text(number, 4) for number in range(40)})]
    first = build(tmp_path / "home", repository(tmp_path / "shop", files))
    joined = repository(
        tmp_path / "later", [*files, ("Say hello\n\nCo-authored-by: Zebulon Quickfinger <zq@example.com>", {"README.md": "# Shop\n"})]
    )
    again = build(tmp_path / "home", joined)
    lessons = sum(sum(counts.values()) for counts in first.metrics["samples"].values())
    assert lessons > 100
    texts, rest = 41 + 2, 12  # each file, each commit; README's own, and parts that are searched again
    assert 40 < again.metrics["units"]["computed"] <= texts + rest


def test_neither_place_nor_time_of_files_counts(shop: Path, built: Run, tmp_path: Path) -> None:
    first = build(tmp_path / "home", shop)
    moved = Path(shutil.copytree(shop, tmp_path / "moved"))
    for file in moved.rglob("*"):
        os.utime(file, (1, 1))
    shutil.move(tmp_path / "home", tmp_path / "house")
    shutil.rmtree(tmp_path / "house" / first.folder.relative_to(tmp_path / "home"))
    again = build(tmp_path / "house", moved)
    assert digest(again) == digest(built)
    assert again.metrics["units"].get("computed", 0) == 0


SCRIPT = """
import sys
from pathlib import Path
from tests.dataset.test_units import build, digest
print(digest(build(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])))
"""


def started(folder: Path, shop: Path, engine: str = "processes", **more: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]), **more}
    words = [sys.executable, "-c", SCRIPT, str(folder), str(shop), engine]
    return subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def said(process: subprocess.Popen[str]) -> str:
    out, complaints = process.communicate(timeout=300)
    assert process.returncode == 0, complaints
    return out.strip()


def test_a_machine_of_another_tongue_and_time_zone_makes_the_same_rows(shop: Path, built: Run, tmp_path: Path) -> None:
    abroad = started(tmp_path, shop, LC_ALL="tr_TR.UTF-8", LANG="tr_TR.UTF-8", TZ="Asia/Kathmandu", PYTHONHASHSEED="77", PYTHONUTF8="0")
    assert said(abroad) == digest(built)


def test_workers_under_a_scheduler_make_the_same_rows(shop: Path, built: Run, tmp_path: Path) -> None:
    (tmp_path / "idiolect.toml").write_text('name = "acme"\n')
    store = tmp_path / ".idiolect" / "cache" / "units"
    words = [sys.executable, "-m", "idiolect", "worker", "--rank", "0", "--world", "1", "--cores", "1", "--recipe", str(tmp_path)]
    worker = subprocess.Popen(words, env={**os.environ, "PYTHONPATH": str(ROOT / "src")}, stderr=subprocess.PIPE, text=True)
    try:
        until = time.monotonic() + 60
        while not (store / "ranks" / "0-of-1").exists() and time.monotonic() < until:
            time.sleep(0.05)
        run = build(tmp_path, shop, "ranks")
        assert digest(run) == digest(built)
        assert worker.poll() is None
    finally:
        worker.kill()
        worker.communicate()


@pytest.mark.long
def test_a_ray_cluster_makes_the_same_rows(shop: Path, built: Run, tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="skipped: `make test-long` installs Ray")
    assert digest(build(tmp_path, shop, "ray")) == digest(built)


def test_a_file_that_ends_its_reader_is_dropped_and_costs_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "boom").mkdir()
    (tmp_path / "boom" / "pack.py").write_text(BOOM)
    files = {f"src/part_{number}.py": text(number, 4) for number in range(12)}
    noise = {f"lib/{number}.boom": f"10 PRINT {number} + {number * 7}\n20 GOTO 10 OR {number}0\n" * 3 for number in range(6)}
    folder = repository(tmp_path / "shop", [("Start", {**files, **noise, "lib/bad.boom": "10 REM BOOM\n20 GOTO 10\n30 PRINT 12\n"})])
    run = build(tmp_path, folder, "processes", packs=["./boom"])
    rows = [row for row in run.metrics["funnel"] if row["step"] == "parse"]
    assert rows[0]["dropped"] == {"parser-died": 1}
    assert "lib/bad.boom" in (run.folder / "dropped.jsonl").read_text()
    paths = {span.path for one in samples.read(run.folder, "train") for span in one.origins}
    assert "lib/bad.boom" not in paths and len(paths) > 10


def test_bits_that_flip_in_the_cache_are_found_and_computed_again(shop: Path, built: Run, tmp_path: Path) -> None:
    first = build(tmp_path, shop)
    choose = random.Random(3)
    for file in kept(tmp_path):
        data = bytearray(file.read_bytes())
        data[choose.randrange(len(data))] ^= 1 << choose.randrange(8)
        file.write_bytes(data)
    shutil.rmtree(first.folder)
    again = build(tmp_path, shop)
    assert digest(again) == digest(built)
    assert 0 < again.metrics["units"]["computed"] < first.metrics["units"]["computed"]


def test_two_builds_at_once_in_one_folder_do_not_spoil_each_other(shop: Path, built: Run, tmp_path: Path) -> None:
    script = SCRIPT.replace("sys.argv[3])", "sys.argv[3], dataset={'candidates': 40, 'max_file_bytes': 900_000})")
    words = [[sys.executable, "-c", one, str(tmp_path), str(shop), "processes"] for one in (SCRIPT, script)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    both = [subprocess.Popen(one, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for one in words]
    assert [said(one) for one in both] == [digest(built)] * 2


def killed(folder: Path, shop: Path, times: int, wanted: str) -> None:
    """Kill builds at random times, then let one come to its end."""
    seed = random.randrange(1 << 30)
    print("seed", seed)  # noqa: T201  shown where the test fails
    choose = random.Random(seed)
    whole = 8.0
    for number in range(times):
        if choose.random() < 0.2:
            shutil.rmtree(folder / ".idiolect", ignore_errors=True)
        process = started(folder, shop)
        begun = time.monotonic()
        try:
            process.communicate(timeout=choose.uniform(0.2, whole))
            whole = max(1.0, 0.9 * (time.monotonic() - begun))  # it ended before it was killed: aim lower
            shutil.rmtree(folder / ".idiolect" / "runs", ignore_errors=number % 2 == 0)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.communicate()
    assert said(started(folder, shop)) == wanted


def test_a_build_that_was_killed_goes_on_and_makes_the_same_rows(shop: Path, built: Run, tmp_path: Path) -> None:
    killed(tmp_path, shop, 3, digest(built))


@pytest.mark.long
def test_a_build_that_was_killed_a_hundred_times_makes_the_same_rows(shop: Path, built: Run, tmp_path: Path) -> None:
    killed(tmp_path, shop, 100, digest(built))
