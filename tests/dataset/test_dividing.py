"""Three sources of a team and a fork, divided: what is held out is learned from nowhere, and the guard searches for all of it."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from idiolect import recipe, samples
from idiolect.dataset import build, dividing, guard
from idiolect.dataset.funnel import Funnel
from idiolect.dataset.splits import Splits
from idiolect.errors import DataError
from idiolect.registry import Run
from idiolect.types import Hole, Sample, Split
from tests.dataset.corpus import document, text
from tests.dataset.history_of import grown, repository


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("three")
    shop = grown(files=50, functions=22)
    repository(folder / "shop", shop)
    repository(folder / "desk", grown(5_000, files=8, functions=45))
    repository(folder / "till", grown(9_000, files=14, functions=45))
    repository(folder / "copy", [*shop[:12], ("Go our own way", {"src/part_1.py": text(1, 23), "own.py": text(70_000, 9)})])
    rows: list[dict[str, Any]] = [{"path": name, "role": role, "licence": "MIT"} for name, role in TEAM.items()]
    settings = {"candidates": 40, "max_source_share": 1.0}
    return build(recipe.parse({"name": "acme", "source": rows, "dataset": settings}, folder=folder))


TEAM = {"shop": "team", "desk": "team", "till": "team", "copy": "public"}


def paths(run: Run, *splits: Split) -> set[tuple[str, str]]:
    return {(span.source, span.path) for split in splits for one in samples.read(run.folder, split) for span in one.origins}


def test_every_test_set_has_holes_in_files_that_nothing_was_learned_from(built: Run) -> None:
    learned = paths(built, "train", "validation")
    assert learned
    for split in ("cluster", "source"):
        probes = list(samples.read(built.folder, split))
        assert 10 < len(probes) <= 40
        assert not paths(built, split) & learned
        assert {one.maker for one in probes} == {f"{split}_probe"}
        assert all(isinstance(one.prompt, Hole) and one.answer for one in probes)
    assert {source for source, _ in paths(built, "source")} == {"desk"}
    assert {source for source, _ in paths(built, "cluster")} <= {"shop", "till"}
    assert "desk" not in {source for source, _ in learned | paths(built, "time")}


def test_what_is_held_out_is_said_and_counted(built: Run) -> None:
    assert "held out" in built.metrics["remarks"]["desk"][-1]
    sizes = built.metrics["splits"]
    assert set(sizes) == {"train", "validation", "cluster", "source"}
    assert sum(row["documents"] for row in sizes.values()) == built.metrics["documents"]
    assert built.metrics["dropped"]["held-out"] > 0
    assert built.metrics["probes"]["kept"] == sum(len(list(samples.read(built.folder, split))) for split in guard.TESTS)


def test_a_fork_is_said_and_loses_the_files_that_both_hold(built: Run) -> None:
    assert "is a fork of shop (both begin with commit" in built.metrics["remarks"]["copy"][-1]
    raw = [one for split in guard.SIDES for one in samples.read(built.folder, split, kinds=["raw"])]  # a commit of both has both as origins
    assert {span.path for one in raw for span in one.origins if span.source == "copy"} == {"own.py"}


@pytest.mark.parametrize("split", guard.TESTS)
def test_a_planted_leak_of_any_test_set_fails_the_build(built: Run, tmp_path: Path, split: Split) -> None:
    probes = list(samples.read(built.folder, split))
    samples.write(tmp_path, split, probes)
    lessons = [Sample(answer=text(77_000 + number), kind="raw", maker="raw") for number in range(20)]
    samples.write(tmp_path, "train", lessons)
    assert guard.check(tmp_path) > 0
    samples.write(tmp_path, "validation", [Sample(answer=f"def a():\n    {probes[-1].answer}\n", kind="raw", maker="raw")])
    with pytest.raises(DataError, match="1 of"):
        guard.check(tmp_path)


def test_probes_are_of_the_teams_files_and_of_no_older_ones_that_are_nearly_the_same() -> None:
    kept = [document("a.py", text(1)), document("a.py", text(1), "old", role="legacy"), document("a.py", text(1), "other", role="public")]
    keys = [(one.source, one.path) for one in kept]
    parted = Splits(dict.fromkeys(keys, keys[0]), cluster=frozenset(keys[:1]))
    asked: list[Any] = []

    def holes(documents: list[Any]) -> list[Any]:
        asked.extend(documents)
        return []

    assert dividing.candidates([], cast("Any", kept), parted, 10, cast("Any", SimpleNamespace(holes=holes)), Funnel()) == []
    assert [one.source for one in asked] == ["shop"]
