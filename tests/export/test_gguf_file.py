"""The file: right names, right bytes, bounded memory, nothing left out, nothing half-written."""

from __future__ import annotations

import json
import re
import shutil
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from gguf import GGMLQuantizationType, GGUFReader
from gguf.quants import dequantize, quantize
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, PreTrainedModel

from idiolect import engine
from idiolect.errors import DataError
from idiolect.export import gguf_file
from idiolect.export.quantise import pack
from idiolect.export.tensors import Weights
from tests.tiny_model import SPECIAL, write_model

Q8, Q4K, Q5, Q6K = (GGMLQuantizationType[name] for name in ("Q8_0", "Q4_K", "Q5_0", "Q6_K"))


def tensors(file: Path) -> dict[str, Any]:
    return {tensor.name: tensor for tensor in GGUFReader(file).tensors}


def write_adapter(base: Path, folder: Path, **changes: Any) -> PreTrainedModel:
    """Save a random adapter of the base, and return the merged model."""
    torch.manual_seed(1)
    plain = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32, local_files_only=True)
    tuned = get_peft_model(plain, LoraConfig(r=4, lora_alpha=16, target_modules="all-linear", **changes))
    with torch.no_grad():
        for name, parameter in tuned.named_parameters():
            if "lora_" in name:
                parameter.normal_(0, 0.05)
    tuned.save_pretrained(str(folder))
    return tuned.merge_and_unload()  # type: ignore[no-any-return, operator]


def test_q8_0_is_byte_identical_to_the_gguf_package(base: Path, tmp_path: Path) -> None:
    gguf_file.write(base, None, "Q8_0", tmp_path / "a.gguf")
    found = tensors(tmp_path / "a.gguf")
    with Weights(base) as weights:
        for ours, theirs in (("model.embed_tokens", "token_embd"), ("model.layers.7.mlp.down_proj", "blk.7.ffn_down")):
            want = quantize(weights.whole(f"{ours}.weight"), Q8)
            assert found[f"{theirs}.weight"].tensor_type == Q8
            assert np.array_equal(found[f"{theirs}.weight"].data, want)


def test_f16_holds_every_number_of_every_shard(small: tuple[Path, PreTrainedModel], tmp_path: Path) -> None:
    folder, model = small
    assert len(list(folder.glob("*.safetensors"))) > 1
    gguf_file.write(folder, None, "F16", tmp_path / "a.gguf")
    found = tensors(tmp_path / "a.gguf")
    assert np.array_equal(found["output.weight"].data, model.lm_head.weight.detach().numpy().astype(np.float16))
    assert np.array_equal(found["blk.1.attn_q.bias"].data, model.model.layers[1].self_attn.q_proj.bias.detach().numpy())
    assert sum(tensor.n_elements for tensor in found.values()) == sum(one.numel() for one in model.parameters())


def test_q4_k_m_gives_the_tensors_of_llama_cpps_own_mix_more_bits(base: Path, tmp_path: Path) -> None:
    report = gguf_file.write(base, None, "Q4_K_M", tmp_path / "a.gguf", strict=True)
    kinds = {name: tensor.tensor_type for name, tensor in tensors(tmp_path / "a.gguf").items()}
    assert kinds["token_embd.weight"] == Q6K  # tied: it is the output layer too
    more = [layer for layer in range(8) if kinds[f"blk.{layer}.ffn_down.weight"] == Q6K]
    assert more == [0, 3, 6, 7]
    assert [layer for layer in range(8) if kinds[f"blk.{layer}.attn_v.weight"] == Q6K] == more
    assert kinds["blk.0.attn_q.weight"] == kinds["blk.1.attn_v.weight"] == Q4K
    assert kinds["blk.0.attn_norm.weight"] == kinds["blk.0.attn_q.bias"] == GGMLQuantizationType.F32
    assert report.fallbacks == ()
    assert report.kinds == {"Q6_K": 9, "Q4_K": 48, "F32": 41}


def test_an_untied_output_layer_gets_q6_k_and_the_embedding_q4_k(small: tuple[Path, PreTrainedModel], tmp_path: Path) -> None:
    gguf_file.write(small[0], None, "Q4_K_M", tmp_path / "a.gguf", strict=True)
    found = tensors(tmp_path / "a.gguf")
    assert found["output.weight"].tensor_type == Q6K
    assert found["token_embd.weight"].tensor_type == Q4K
    with Weights(small[0]) as weights:
        want = weights.whole("lm_head.weight")
    error = np.abs(dequantize(found["output.weight"].data, Q6K) - want).max()
    assert 0 < error < 0.02 * np.abs(want).max()


def test_rows_that_do_not_divide_are_an_error_where_it_is_asked_for_and_a_sentence_elsewhere(tmp_path: Path) -> None:
    write_model(tmp_path / "base", hidden_size=96, head_dim=32, num_hidden_layers=1, num_attention_heads=3, num_key_value_heads=1)
    with pytest.raises(DataError, match=r"token_embd.weight: rows of 96 numbers do not divide into blocks of Q6_K; written as Q8_0"):
        gguf_file.write(tmp_path / "base", None, "Q4_K_M", tmp_path / "a.gguf", strict=True)
    assert not (tmp_path / "a.gguf").exists()
    report = gguf_file.write(tmp_path / "base", None, "Q4_K_M", tmp_path / "a.gguf")
    assert len(report.fallbacks) == 7
    assert tensors(tmp_path / "a.gguf")["blk.0.attn_q.weight"].tensor_type == Q5
    assert len(engine.logits(tmp_path / "a.gguf", [1, 2, 3], threads=1)) == 3


@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")  # by peft, of transformers
@pytest.mark.parametrize("rslora", [False, True])
def test_a_merged_adapter_is_the_one_that_peft_merges(small: tuple[Path, PreTrainedModel], tmp_path: Path, rslora: bool) -> None:
    merged = write_adapter(small[0], tmp_path / "adapter", use_rslora=rslora, alpha_pattern={"o_proj": 2.0})
    report = gguf_file.write(small[0], tmp_path / "adapter", "F16", tmp_path / "a.gguf")
    assert report.adapted == 14
    found = tensors(tmp_path / "a.gguf")
    for ours, theirs in (("self_attn.o_proj", "attn_output"), ("mlp.down_proj", "ffn_down")):
        want = merged.get_parameter(f"model.layers.1.{ours}.weight").detach().numpy()
        assert np.abs(found[f"blk.1.{theirs}.weight"].data.astype(np.float32) - want).max() < 1e-3
    with Weights(small[0]) as weights:
        assert np.abs(weights.whole("model.layers.1.mlp.down_proj.weight") - want).max() > 0.01


@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")
def test_what_cannot_be_merged_is_refused(small: tuple[Path, PreTrainedModel], base: Path, tmp_path: Path) -> None:
    folder = tmp_path / "adapter"
    write_adapter(small[0], folder)
    settings = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
    for change, sentence in (
        ({"use_dora": True}, "use_dora"),
        ({"peft_type": "IA3"}, "IA3"),
        ({"modules_to_save": ["norm"]}, "modules_to_save"),
    ):
        (folder / "adapter_config.json").write_text(json.dumps({**settings, **change}), encoding="utf-8")
        with pytest.raises(DataError, match=sentence):
            gguf_file.write(small[0], folder, "F16", tmp_path / "a.gguf")
    (folder / "adapter_config.json").write_text(json.dumps(settings), encoding="utf-8")
    matrices = load_file(folder / "adapter_model.safetensors")
    for name, sentence in (
        ("base_model.model.lm_head", "not a linear layer that the file holds"),
        ("base_model.model.model.norm", "which is"),
    ):
        extra = {f"{name}.lora_A.weight": torch.ones(4, 256), f"{name}.lora_B.weight": torch.ones(1024, 4)}
        save_file({**matrices, **extra}, folder / "adapter_model.safetensors")
        with pytest.raises(DataError, match=sentence):
            gguf_file.write(base, folder, "F16", tmp_path / "a.gguf")
    save_file({**matrices, "base_model.model.model.norm.weight": torch.ones(256)}, folder / "adapter_model.safetensors")
    with pytest.raises(DataError, match=r"cannot be merged: base_model.model.model.norm.weight"):
        gguf_file.write(small[0], folder, "F16", tmp_path / "a.gguf")


def test_memory_stays_at_a_few_blocks_of_rows(tmp_path: Path) -> None:
    """A tensor of 256 MiB in float32, packed without ever holding it."""
    rows, columns = 16384, 4096
    header = json.dumps({"big": {"dtype": "BF16", "shape": [rows, columns], "data_offsets": [0, 2 * rows * columns]}}).encode()
    with (tmp_path / "model.safetensors").open("wb") as stream:
        stream.write(len(header).to_bytes(8, "little") + header)
        stream.truncate(8 + len(header) + 2 * rows * columns)
    written = 0
    with Weights(tmp_path) as weights:
        tracemalloc.start()
        for packed in pack(gguf_file.blocks(weights, None, "big"), Q8, "", threads=2):
            written += packed.nbytes
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert written == rows * columns // 32 * 34
    assert peak < 8 * gguf_file.BLOCK_BYTES


def test_the_same_input_gives_the_same_bytes(base: Path, tmp_path: Path) -> None:
    heard: list[tuple[int, int]] = []
    first = gguf_file.write(base, None, "Q4_K_M", tmp_path / "one" / "a.gguf")
    second = gguf_file.write(base, None, "Q4_K_M", tmp_path / "two" / "a.gguf", told=lambda done, of: heard.append((done, of)))
    assert first.digest == second.digest
    assert heard == [(done, 98) for done in range(1, 99)]


def damaged(base: Path, target: Path, change: Any) -> Path:
    shutil.copytree(base, target)
    change(target)
    return target


def drop(folder: Path, name: str) -> None:
    stored = load_file(folder / "model.safetensors")
    del stored[name]
    save_file(stored, folder / "model.safetensors")


def add(folder: Path, name: str, value: torch.Tensor) -> None:
    save_file({**load_file(folder / "model.safetensors"), name: value}, folder / "model.safetensors")


def configure(folder: Path, **changes: Any) -> None:
    file = folder / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text(encoding="utf-8")), **changes}), encoding="utf-8")


FAULTS = {
    "architecture": (lambda f: configure(f, architectures=["MambaForCausalLM"]), "MambaForCausalLM is not supported; supported: Qwen2"),
    "config": (lambda f: configure(f, hidden_size=None), "hidden_size is missing"),
    "rope": (lambda f: configure(f, rope_parameters={"rope_type": "longrope"}), "'longrope' are not supported"),
    "missing": (lambda f: drop(f, "model.layers.3.mlp.up_proj.weight"), r"lacks the tensor model.layers.3.mlp.up_proj.weight"),
    "extra": (lambda f: add(f, "model.layers.3.gate", torch.ones(2)), r"holds the tensor model.layers.3.gate"),
    "nan": (lambda f: add(f, "model.norm.weight", torch.full((256,), torch.nan)), "no number"),
    "integers": (lambda f: add(f, "model.norm.weight", torch.ones(256, dtype=torch.int8)), "of the type I8"),
    "tokenizer": (lambda f: (f / "tokenizer.json").unlink(), "no tokenizer.json"),
    "ids": (lambda f: configure(f, vocab_size=600), "beyond the model's 600 embeddings"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_base_that_cannot_be_written_faithfully_is_refused_and_nothing_is_left(base: Path, tmp_path: Path, fault: str) -> None:
    change, sentence = FAULTS[fault]
    folder = damaged(base, tmp_path / "base", change)
    with pytest.raises(DataError, match=sentence):
        gguf_file.write(folder, None, "Q8_0", tmp_path / "out" / "a.gguf")
    assert not list(tmp_path.glob("out/*"))


def test_a_pre_tokeniser_that_llama_cpp_does_not_know_is_refused(base: Path, tmp_path: Path) -> None:
    folder = damaged(base, tmp_path / "base", lambda f: None)
    text = (folder / "tokenizer.json").read_text(encoding="utf-8")
    (folder / "tokenizer.json").write_text(re.sub(r'"Regex": ?"[^"]+"', '"Regex": "a+"', text), encoding="utf-8")
    with pytest.raises(DataError, match="no pre-tokeniser that splits as this"):
        gguf_file.write(folder, None, "Q8_0", tmp_path / "a.gguf")


def test_special_tokens_stand_in_the_metadata(base: Path, tmp_path: Path) -> None:
    gguf_file.write(base, None, "F16", tmp_path / "a.gguf")
    fields = GGUFReader(tmp_path / "a.gguf").fields
    found = {name.split(".")[-1]: field.contents() for name, field in fields.items() if name.endswith("_token_id")}
    named = {
        "eos": "<|endoftext|>", "padding": "<|endoftext|>", "bos": "<|endoftext|>", "eot": "<|im_end|>", "fim_pre": "<|fim_prefix|>",
        "fim_suf": "<|fim_suffix|>", "fim_mid": "<|fim_middle|>", "fim_pad": "<|fim_pad|>",
        "fim_rep": "<|repo_name|>", "fim_sep": "<|file_sep|>",
    }  # fmt: skip
    assert found == {f"{key}_token_id": SPECIAL.index(token) for key, token in named.items()}
    assert fields["tokenizer.ggml.add_bos_token"].contents() is False
    assert fields["tokenizer.ggml.token_type"].contents()[: len(SPECIAL)] == [3] * len(SPECIAL)
    assert fields["tokenizer.ggml.tokens"].contents()[-1] == "[PAD1023]"


@pytest.mark.parametrize("kind", ["qwen2", "qwen3"])
def test_every_architecture_says_on_llama_cpp_what_it_says_in_pytorch(kind: str, tmp_path: Path) -> None:
    model = write_model(tmp_path / "base", kind=kind, num_hidden_layers=2, tie_word_embeddings=False)
    gguf_file.write(tmp_path / "base", None, "F16", tmp_path / "a.gguf")
    ids = np.random.default_rng(2).integers(0, 700, 60).tolist()
    with torch.no_grad():
        want = torch.log_softmax(model(torch.tensor([ids])).logits[0], dim=-1).numpy()
    got = engine.logits(tmp_path / "a.gguf", ids, threads=1)
    assert np.abs(got - want).max() < 0.02
    assert want.std() > 0.5
