import json
from collections import UserDict
from collections.abc import KeysView
from pathlib import Path

import pytest
import torch

from idiolect.errors import ResourceError
from idiolect.train import checkpoint

TENSORS = {"a": torch.arange(6.0).reshape(2, 3), "random": torch.get_rng_state()}


def silent(text: str) -> None:
    raise AssertionError(text)


def test_what_is_saved_comes_back_bit_for_bit(tmp_path: Path) -> None:
    checkpoint.save(tmp_path, 7, TENSORS, {"loss": 0.1, "course": "x"})
    found = checkpoint.newest(tmp_path, silent)
    assert found is not None
    assert (found.step, found.facts["loss"]) == (7, 0.1)
    assert all(torch.equal(found.tensors[name], one) and found.tensors[name].dtype == one.dtype for name, one in TENSORS.items())


def test_the_newest_two_are_kept(tmp_path: Path) -> None:
    for step in (1, 2, 10, 11):
        checkpoint.save(tmp_path, step, TENSORS, {})
    assert sorted(folder.name for folder in tmp_path.iterdir()) == ["step-00000010", "step-00000011"]


@pytest.mark.parametrize("name", ["tensors.safetensors", "state.json", "MANIFEST.json"])
@pytest.mark.parametrize("damage", ["flip", "truncate", "remove"])
def test_a_damaged_checkpoint_is_named_and_the_one_before_it_used(tmp_path: Path, name: str, damage: str) -> None:
    checkpoint.save(tmp_path, 1, TENSORS, {})
    file = checkpoint.save(tmp_path, 2, TENSORS, {}) / name
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 0x11
    if damage == "remove":
        file.unlink()
    else:
        file.write_bytes(data if damage == "flip" else data[: len(data) // 2])
    said: list[str] = []
    found = checkpoint.newest(tmp_path, said.append)
    assert found is not None
    assert found.step == 1
    assert "step-00000002 is damaged" in said[0]


def test_a_folder_that_was_never_finished_is_not_a_checkpoint(tmp_path: Path) -> None:
    left = tmp_path / ".tmp-3-abc"
    left.mkdir()
    (left / "tensors.safetensors").write_bytes(b"half")
    assert checkpoint.newest(tmp_path, silent) is None
    assert not left.exists()


def test_a_step_is_saved_again_over_its_damaged_checkpoint(tmp_path: Path) -> None:
    (checkpoint.save(tmp_path, 2, TENSORS, {}) / "state.json").write_text("{}")
    checkpoint.save(tmp_path, 2, TENSORS, {})
    found = checkpoint.newest(tmp_path, silent)
    assert found is not None
    assert found.step == 2


def test_a_full_disk_is_a_sentence_and_the_last_checkpoint_stands(tmp_path: Path) -> None:
    checkpoint.save(tmp_path, 1, TENSORS, {})
    with pytest.raises(ResourceError, match="disk is full"):
        checkpoint.save(tmp_path, 2, TENSORS, Facts())
    found = checkpoint.newest(tmp_path, silent)
    assert found is not None
    assert found.step == 1


class Facts(UserDict[str, object]):
    """Facts that are read from a full disk: the error is the kernel's own."""

    def keys(self) -> KeysView[str]:
        with Path("/dev/full").open("w") as stream:
            stream.write("x")
        return super().keys()


def test_nothing_in_a_checkpoint_is_pickled(tmp_path: Path) -> None:
    folder = checkpoint.save(tmp_path, 1, TENSORS, {"best_loss": float("inf")})
    assert sorted(file.name for file in folder.iterdir()) == ["MANIFEST.json", "state.json", "tensors.safetensors"]
    assert json.loads((folder / "state.json").read_text())["step"] == 1
    size = int.from_bytes((folder / "tensors.safetensors").read_bytes()[:8], "little")
    assert json.loads((folder / "tensors.safetensors").read_bytes()[8 : 8 + size])
