import random

from idiolect.dataset import splits
from idiolect.types import Document, Role
from tests.dataset.corpus import document


def files(count: int, size: int = 1000) -> list[Document]:
    return [document(f"file_{number}.py", "x" * (size + number)) for number in range(count)]


def test_about_a_twentieth_of_the_bytes_is_for_validation() -> None:
    found = splits.assign(files(400), [])
    chosen = [one for one in files(400) if found.side(one.source, one.path) == "validation"]
    assert 0.04 < sum(len(one.data) for one in chosen) / sum(len(one.data) for one in files(400)) <= 0.05


def test_related_files_and_old_names_stay_on_one_side() -> None:
    ties = [(("shop", f"file_{number}.py"), ("shop", f"file_{number + 1}.py")) for number in range(0, 400, 2)]
    renames = [(("shop", f"was_{number}.py"), ("shop", f"file_{number}.py")) for number in range(400)]
    found = splits.assign(files(400), ties + renames)
    sides = [found.side("shop", f"file_{number}.py") for number in range(400)]
    assert sides[0::2] == sides[1::2]
    assert sides == [found.side("shop", f"was_{number}.py") for number in range(400)]
    assert "validation" in sides


def test_a_file_keeps_its_side_when_others_come() -> None:
    before, after = splits.assign(files(400), []), splits.assign(files(440), [])
    stayed = [before.side("shop", one.path) == after.side("shop", one.path) for one in files(400)]
    assert sum(stayed) > 385


def test_a_small_source_gives_one_file_and_a_single_file_gives_none() -> None:
    found = splits.assign(files(8), [])
    assert len(found.validation) == 1
    assert splits.assign(files(2), []).validation == frozenset()
    assert splits.assign([], []).side("shop", "unknown.py") == "train"


def test_validation_is_capped() -> None:
    found = splits.assign(files(60, 1_000_000), [])
    assert len(found.validation) <= 1


def big(source: str, count: int = 600, role: Role = "team") -> list[Document]:
    return [document(f"file_{number}.py", "x" * (1000 + number), source, role=role) for number in range(count)]


def test_about_a_twentieth_of_the_teams_own_is_the_cluster_test_set_whole_clusters_together() -> None:
    ties = [(("shop", f"file_{number}.py"), ("shop", f"file_{number + 1}.py")) for number in range(0, 600, 2)]
    given = [*big("shop"), *big("library", role="public")]
    found = splits.assign(given, ties)
    sides = {(one.source, one.path): found.side(one.source, one.path) for one in given}
    own = sum(len(one.data) for one in given if one.source == "shop")
    held = sum(len(one.data) for one in given if sides[one.source, one.path] == "cluster")
    assert 0.035 < held / own <= 0.05
    assert all(source == "shop" for (source, _), side in sides.items() if side == "cluster")
    assert all(sides[first] == sides[second] for first, second in ties)


def test_validation_is_the_same_with_and_without_a_cluster_test_set() -> None:
    few, many = splits.assign(files(200), []), splits.assign(big("shop"), [])
    assert not few.cluster
    assert many.cluster
    for name in ("shop", "desk", "till", "shed", "yard"):
        found = splits.assign(big(name), [])
        assert not found.cluster & found.validation
    assert splits.assign(big("shop", role="public"), []).validation == many.validation


def test_of_a_held_out_source_everything_is_held_out_and_nothing_counts() -> None:
    given = [*big("shop"), *big("desk", 200)]
    ties = [(("shop", "file_7.py"), ("desk", "file_7.py"))]
    found = splits.assign(given, ties, "desk")
    assert {found.side("desk", f"file_{number}.py") for number in range(300)} == {"source"}
    assert found.validation | found.cluster <= {("shop", f"file_{number}.py") for number in range(600)} | {("desk", "file_7.py")}
    alone = splits.assign(big("shop"), [])
    changed = [number for number in range(600) if found.side("shop", f"file_{number}.py") != alone.side("shop", f"file_{number}.py")]
    assert len(changed) < 10


def test_of_three_team_sources_the_smallest_large_enough_is_held_out() -> None:
    team = {"shop": 900_000, "desk": 200_000, "notes": 5_000, "store": 150_000}
    assert splits.held_out("auto", team, ()) == "store"
    assert splits.held_out("auto", team, {"store", "shop"}) == "desk"
    assert splits.held_out("auto", {"shop": 900_000, "desk": 200_000}, ()) == ""
    assert splits.held_out("auto", {"a": 1, "b": 2, "c": 3}, ()) == ""
    assert splits.held_out("none", team, ()) == ""
    assert splits.held_out("shop", {"shop": 1}, ()) == "shop"


def test_the_order_of_files_and_ties_changes_nothing() -> None:
    given = [*big("shop"), *big("desk", 100)]
    ties = [(("shop", f"file_{number}.py"), ("desk", f"file_{number % 90}.py")) for number in range(0, 600, 5)]
    wanted = splits.assign(given, ties)
    for seed in range(3):
        choose = random.Random(seed)
        found = splits.assign(choose.sample(given, len(given)), [(b, a) for a, b in choose.sample(ties, len(ties))])
        assert (found.validation, found.cluster) == (wanted.validation, wanted.cluster)
        assert dict(found.roots) == dict(wanted.roots)
