import pickle
import struct
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from transformers import Qwen2Config, Qwen2ForCausalLM

from idiolect import weights
from idiolect.errors import DataError, RecipeError
from idiolect.files import read_json, write_json


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recipe") / "base"
    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=64, hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2, num_key_value_heads=1
    )
    Qwen2ForCausalLM(config).save_pretrained(folder)
    (folder / "tokenizer.json").write_text("{}")
    return folder


@pytest.fixture
def copy(base: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "base"
    folder.mkdir()
    for file in base.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    return folder


def test_a_local_folder_is_found_beside_the_recipe(base: Path) -> None:
    assert weights.resolve("base", base.parent) == base
    assert weights.resolve(str(base), Path("elsewhere")) == base


@pytest.mark.parametrize("name", ["./nowhere", "nowhere", "/nowhere/at/all", "a/b/c"])
def test_a_folder_that_is_not_there_is_a_recipe_error(name: str, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="there is no folder"):
        weights.resolve(name, tmp_path)


def test_a_hub_id_offline_is_a_sentence(tmp_path: Path) -> None:
    program = (
        "from pathlib import Path\nfrom idiolect import weights\nfrom idiolect.errors import ToolError\n"
        "try:\n    weights.resolve('nobody/nothing', Path())\nexcept ToolError as error:\n    raise SystemExit(str(error))\n"
    )
    environment = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path), "PYTHONPATH": str(Path(weights.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert "'nobody/nothing' is not on this machine" in done.stderr
    assert "HF_HUB_OFFLINE" in done.stderr


def test_pickled_weights_are_refused_by_their_content_whatever_their_name(copy: Path) -> None:
    (copy / "model.safetensors").write_bytes(pickle.dumps({"a": [1] * 100}))
    with pytest.raises(DataError, match="pickled weights under the name of safetensors"):
        weights.resolve("base", copy.parent)
    (copy / "model.safetensors").unlink()
    (copy / "weights.dat").write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(DataError, match=r"the weights are pickled \(weights.dat\)"):
        weights.resolve("base", copy.parent)


def test_a_torch_archive_is_refused_by_its_content(copy: Path) -> None:
    torch.save({"a": torch.ones(3)}, copy / "model.safetensors")
    with pytest.raises(DataError, match="pickled"):
        weights.resolve("base", copy.parent)


@pytest.mark.parametrize("data", [b"", b"\x10", struct.pack("<Q", 2**40) + b"{}", struct.pack("<Q", 20) + b"no json at all------"])
def test_what_is_no_safetensors_is_refused(data: bytes, copy: Path) -> None:
    (copy / "model.safetensors").write_bytes(data)
    with pytest.raises(DataError, match="is not a safetensors file"):
        weights.resolve("base", copy.parent)


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_missing_part_is_named(name: str, copy: Path) -> None:
    (copy / name).unlink()
    with pytest.raises(RecipeError, match=name.replace("model", r"\*")):
        weights.resolve("base", copy.parent)


def test_the_digest_sees_weights_configuration_and_tokenizer_and_nothing_else(copy: Path, base: Path) -> None:
    first = weights.digest(copy)
    assert first == weights.digest(base)
    (copy / "README.md").write_text("about")
    assert weights.digest(copy) == first
    for name in ("model.safetensors", "config.json", "tokenizer.json"):
        data = (copy / name).read_bytes()
        (copy / name).write_bytes(data + b" ")
        assert weights.digest(copy) != first
        (copy / name).write_bytes(data)


def test_parameters_are_counted_from_the_header(base: Path) -> None:
    model = weights.load(base, "float32")
    assert weights.parameters(base) == sum(one.numel() for one in model.state_dict().values())


def test_a_model_is_opened_in_the_format_asked_for(base: Path) -> None:
    assert weights.load(base, "bfloat16").dtype == torch.bfloat16


def test_a_base_that_brings_code_is_refused(copy: Path) -> None:
    write_json(copy / "config.json", {**read_json(copy / "config.json"), "auto_map": {"AutoModelForCausalLM": "evil.Model"}})
    with pytest.raises(DataError, match="code of its own"):
        weights.load(copy, "float32")
