from idiolect.dataset import splits
from idiolect.types import Document
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
