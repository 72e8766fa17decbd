"""The engine against PyTorch, and the ways it can fail."""

from __future__ import annotations

import json
import os
import platform
import signal
import socket
import subprocess
import sys
import textwrap
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from gguf import GGMLQuantizationType
from gguf.quants import quantize
from tokenizers import Tokenizer
from transformers import PreTrainedModel

from idiolect import engine, llama_c
from idiolect.engine import Scored
from idiolect.errors import DataError, ResourceError, ToolError
from idiolect.export import gguf_file
from idiolect.render import Renderer
from idiolect.types import Hole
from tests.tiny_model import write_model


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, PreTrainedModel]:
    """A random model of the seedling's shape: its folder with an F16 file in it, and the model."""
    folder = tmp_path_factory.mktemp("model")
    model = write_model(folder)
    gguf_file.write(folder, None, "F16", folder / "model.gguf")
    return folder, model


@pytest.fixture(scope="module")
def served(made: tuple[Path, PreTrainedModel]) -> Iterator[engine.Engine]:
    with engine.start(made[0] / "model.gguf", context=512, threads=1) as running:
        yield running


def post(url: str, body: dict[str, Any]) -> Any:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.load(response)


def log_softmax(model: PreTrainedModel, ids: list[int]) -> Any:
    with torch.no_grad():
        return torch.log_softmax(model(torch.tensor([ids])).logits[0], dim=-1).numpy()


def some_ids(count: int, seed: int) -> list[int]:
    return [int(one) for one in np.random.default_rng(seed).integers(30, 700, count)]


def gone(pid: int, seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        state = Path(f"/proc/{pid}/stat")
        if not state.exists() or state.read_text(encoding="ascii").rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.05)
    return False


def test_logits_are_those_of_pytorch(made: tuple[Path, PreTrainedModel]) -> None:
    folder, model = made
    ids = some_ids(300, 0)
    want = log_softmax(model, ids)
    with engine.scorer(folder / "model.gguf", threads=1) as scorer:
        got = scorer.logits(ids)
        tail = scorer.logits(ids, 290)
    assert got.shape == want.shape
    assert got.dtype == np.float32
    assert np.abs(got - want).max() < 0.02
    assert (got.argmax(axis=1) == want.argmax(axis=1)).mean() > 0.98
    assert want.std() > 0.5  # else any model would agree
    assert np.array_equal(tail, got[290:])


def test_scores_are_those_of_pytorch_whatever_was_scored_before(made: tuple[Path, PreTrainedModel]) -> None:
    folder, model = made
    asked = [Scored(some_ids(length, length), start) for length, start in ((40, 1), (7, 6), (270, 250), (5, 5), (40, 20))]
    with engine.scorer(folder / "model.gguf", threads=1) as scorer:
        together = scorer.score(asked)
        alone = [scorer.score([one])[0] for one in reversed(asked)][::-1]
    for one, got, again in zip(asked, together, alone, strict=True):
        want = log_softmax(model, list(one.ids))[one.start - 1 : -1]
        targets = np.array(one.ids[one.start :], dtype=int)
        assert got.logprobs.shape == got.top.shape == targets.shape
        assert np.allclose(got.logprobs, want[np.arange(len(targets)), targets], atol=0.02)
        margins = np.sort(want, axis=1)[:, -1] - np.sort(want, axis=1)[:, -2]
        clear = margins > 0.04
        assert np.array_equal(got.top[clear], (want.argmax(axis=1) == targets)[clear])
        assert np.array_equal(got.logprobs, again.logprobs)


def test_the_tokens_that_the_model_itself_would_write_are_top(made: tuple[Path, PreTrainedModel]) -> None:
    folder, model = made
    ids = some_ids(20, 3)
    written = model.generate(torch.tensor([ids]), max_new_tokens=8, do_sample=False, eos_token_id=None, pad_token_id=0)[0].tolist()
    (got,) = engine.score(folder / "model.gguf", [Scored(written, 20)], threads=1)
    assert got.top.mean() >= 7 / 8


def test_many_sequences_go_in_several_messages(made: tuple[Path, PreTrainedModel]) -> None:
    asked = [Scored(some_ids(6, seed), 2) for seed in range(engine.SCORED_AT_ONCE + 3)]
    got = engine.score(made[0] / "model.gguf", asked, threads=1)
    assert [one.logprobs.shape for one in got] == [(4,)] * len(asked)
    assert np.array_equal(got[-1].logprobs, engine.score(made[0] / "model.gguf", asked[-1:], threads=1)[0].logprobs)


def test_a_sequence_that_does_not_fit_is_refused_and_the_next_is_answered(made: tuple[Path, PreTrainedModel]) -> None:
    with engine.scorer(made[0] / "model.gguf", threads=1) as scorer:
        with pytest.raises(DataError, match="2049 tokens and the model's context 2048"):
            scorer.score([Scored(some_ids(2049, 0), 1)])
        with pytest.raises(DataError, match="outside the vocabulary of 1024"):
            scorer.logits([1024])
        with pytest.raises(ValueError, match="start"):
            scorer.score([Scored([1, 2], 0)])
        assert scorer.score([Scored([1, 2], 1)])[0].logprobs.shape == (1,)


def test_the_server_tokenises_as_hugging_face_does(made: tuple[Path, PreTrainedModel], served: engine.Engine) -> None:
    tokenizer = Tokenizer.from_file(str(made[0] / "tokenizer.json"))
    texts = [Path(__file__).read_text(encoding="utf-8"), "a\r\n\tb  c\u00e9\u4f60\u597d 1234 don't\n\n\n  x", "<|im_end|> <|fim_prefix|>"]
    tokenizer.encode_special_tokens = True
    for text in texts:
        got = post(f"{served.url}/tokenize", {"content": text, "parse_special": False, "add_special": True})["tokens"]
        assert got == tokenizer.encode(text, add_special_tokens=False).ids
    got = post(f"{served.url}/tokenize", {"content": "<|fim_prefix|>a<|im_end|>", "parse_special": True})["tokens"]
    tokenizer.encode_special_tokens = False
    assert got == tokenizer.encode("<|fim_prefix|>a<|im_end|>", add_special_tokens=False).ids


def test_the_server_writes_what_pytorch_writes(made: tuple[Path, PreTrainedModel], served: engine.Engine) -> None:
    folder, model = made
    prompt = Renderer.load(folder).hole(Hole(path="a.py", prefix="def total(items):\n    ", suffix="\n    return count\n"))
    body = {"prompt": prompt, "n_predict": 6, "temperature": 0, "return_tokens": True, "ignore_eos": True, "cache_prompt": False}
    got = post(f"{served.url}/completion", body)["tokens"]
    ids = list(prompt)
    for number in got:
        row = log_softmax(model, ids)[-1]
        assert row.max() - row[number] < 0.04, "another token than PyTorch's, and not a near tie"
        ids.append(number)
    assert len(got) == 6
    assert got[0] == int(log_softmax(model, prompt)[-1].argmax())


def test_the_server_listens_on_loopback_only_and_keeps_its_insides_closed(served: engine.Engine) -> None:
    assert served.url.startswith("http://127.0.0.1:")
    for path in ("/slots", "/metrics", "/tools"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(served.url + path, timeout=10)
        refused.value.close()
        assert refused.value.code in (403, 404, 501)
    request = urllib.request.Request(f"{served.url}/health", headers={"Origin": "https://example.org"})
    with urllib.request.urlopen(request, timeout=10) as response:
        assert response.headers.get("Access-Control-Allow-Origin") not in ("*", "https://example.org")


def test_an_engine_is_gone_after_its_block(made: tuple[Path, PreTrainedModel]) -> None:
    with engine.start(made[0] / "model.gguf", context=256, slots=1, threads=1) as running:
        assert running.alive()
        assert engine.healthy(running.url)
        pid = running.pid
    assert not running.alive()
    assert gone(pid)
    assert not engine.healthy(running.url)
    running.check()  # it was stopped, it did not die


def test_an_engine_that_dies_is_a_tool_error(made: tuple[Path, PreTrainedModel]) -> None:
    with (
        pytest.raises(ToolError, match=r"the engine died \(status -9\)"),
        engine.start(made[0] / "model.gguf", context=256, slots=1, threads=1) as running,
    ):
        os.kill(running.pid, signal.SIGKILL)
        assert gone(running.pid)
        patience = time.monotonic() + 10  # its other threads may end later than the first
        while running.alive() and time.monotonic() < patience:
            time.sleep(0.01)
        assert not running.alive()
        post(f"{running.url}/completion", {"prompt": [1], "n_predict": 1})


def test_a_scorer_that_dies_is_a_tool_error(made: tuple[Path, PreTrainedModel]) -> None:
    with engine.scorer(made[0] / "model.gguf", threads=1) as scorer:
        os.kill(scorer.pid, signal.SIGKILL)
        with pytest.raises(ToolError, match="the scoring engine died"):
            scorer.logits([1, 2, 3])


@pytest.mark.parametrize("content", [b"", b"GGUF" + b"\xff" * 64, b"not a model at all"], ids=["empty", "damaged", "other"])
def test_a_file_that_is_no_model_is_a_tool_error_with_the_engines_words(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.gguf").write_bytes(content)
    with (
        pytest.raises(ToolError, match=r"could not load the model.*its last lines: .*fail"),
        engine.start(tmp_path / "a.gguf", context=256),
    ):
        pass
    with pytest.raises(ToolError, match=r"could not load the model.*its last lines: .*fail"):
        engine.score(tmp_path / "a.gguf", [Scored([1, 2], 1)])
    with pytest.raises(ToolError, match="no model file"), engine.start(tmp_path / "b.gguf", context=256):
        pass


def test_a_cut_off_model_is_a_tool_error(made: tuple[Path, PreTrainedModel], tmp_path: Path) -> None:
    whole = (made[0] / "model.gguf").read_bytes()
    (tmp_path / "a.gguf").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ToolError, match="could not load the model"), engine.start(tmp_path / "a.gguf", context=256):
        pass


def test_a_taken_port_is_a_resource_error(made: tuple[Path, PreTrainedModel]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with (
            pytest.raises(ResourceError, match=f"127.0.0.1:{port}: the engine found no port"),
            engine.start(made[0] / "model.gguf", context=256, port=port),
        ):
            pass


def test_children_do_not_outlive_a_parent_that_is_killed(made: tuple[Path, PreTrainedModel]) -> None:
    program = f"""
        from pathlib import Path
        from idiolect import engine
        file = Path({str(made[0] / "model.gguf")!r})
        with engine.start(file, context=256, slots=1, threads=1) as running, engine.scorer(file, threads=1) as scorer:
            print(running.pid, scorer.pid, flush=True)
            input()
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        children = [int(one) for one in parent.stdout.readline().split()]
        parent.kill()
        parent.wait()
    assert len(children) == 2
    assert all(gone(pid) for pid in children)


def test_a_module_in_the_working_folder_cannot_get_into_the_child(made: tuple[Path, PreTrainedModel], tmp_path: Path) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('taken over')\n", encoding="utf-8")
    program = f"""
        from pathlib import Path
        from idiolect import engine
        print(engine.logits(Path({str(made[0] / "model.gguf")!r}), [1, 2], threads=1).shape)
    """
    command = [sys.executable, "-P", "-c", textwrap.dedent(program)]
    path = os.pathsep.join(str(Path(one).absolute()) for one in sys.path if one)
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False, env={**os.environ, "PYTHONPATH": path})
    assert done.stdout == "(2, 1024)\n", done.stderr


def test_another_version_of_the_wheel_is_refused_by_name() -> None:
    llama_c.check_version(llama_c.installed())
    with pytest.raises(ToolError, match=rf"version 2025.1.1 is installed.*{llama_c.WHEEL} only; install it with"):
        llama_c.check_version("2025.1.1")


def test_a_library_with_other_defaults_is_refused() -> None:
    class Other:
        @staticmethod
        def llama_model_default_params() -> llama_c.ModelParams:
            params: llama_c.ModelParams = llama_c.library().llama_model_default_params()
            params.lazy_mode = 7
            return params

    with pytest.raises(ToolError, match=r"llama_model_default_params: lazy_mode"):
        llama_c.check_defaults(Other)  # type: ignore[arg-type]


@pytest.mark.skipif(platform.machine() != "x86_64", reason="elsewhere the place of a large result is not the first argument")
def test_the_structs_are_as_long_as_what_the_library_writes() -> None:
    """Two different patterns beneath: a byte that is the same under both was written, and nothing behind the last field is."""
    import ctypes

    for name, struct in (("llama_model_default_params", llama_c.ModelParams), ("llama_context_default_params", llama_c.ContextParams)):
        seen = []
        for pattern in (0xAA, 0x55):

            class Wide(ctypes.Structure):
                _fields_ = [("bytes", ctypes.c_uint8 * 512)]

            room = Wide((ctypes.c_uint8 * 512)(*[pattern] * 512))
            raw = ctypes.CDLL(str(llama_c.library_file()))
            getattr(raw, name)(ctypes.byref(room))  # on x86-64 a large result is written where the first argument points
            seen.append(bytes(room.bytes))
        written = [at for at, (one, other) in enumerate(zip(*seen, strict=True)) if one == other]
        last = struct._fields_[-1]
        assert written[-1] + 1 == getattr(struct, last[0]).offset + ctypes.sizeof(last[1])


@pytest.mark.parametrize("kind", ["F16", "Q8_0", "Q5_0", "Q4_0"])
def test_ggml_packs_as_the_gguf_package_does(kind: str) -> None:
    rows = np.random.default_rng(0).normal(size=(33, 512)).astype(np.float32)
    number = GGMLQuantizationType[kind]
    assert np.array_equal(llama_c.quantise(rows, number), quantize(rows, number).view(np.uint8))
