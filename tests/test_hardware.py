import mmap
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from idiolect import hardware
from idiolect.errors import ResourceError
from idiolect.files import read_json, write_json


def test_the_survey_finds_what_this_process_may_use(tmp_path: Path) -> None:
    found = hardware.survey(tmp_path / "not" / "yet")
    assert found.cores >= 1
    assert found.memory > 100
    assert found.disk > 0
    assert set(found.features) <= {"avx2", "avx512f", "avx512_bf16", "avx512_vnni", "amx_bf16", "asimd", "bf16", "sve"}


def test_the_survey_needs_no_torch(tmp_path: Path) -> None:
    look = f"hardware.survey(Path({str(tmp_path)!r}))"
    program = f"import sys; from pathlib import Path; from idiolect import hardware; {look}; sys.exit('torch' in sys.modules)"
    environment = {"PYTHONPATH": str(Path(hardware.__file__).parents[1])}
    assert subprocess.run([sys.executable, "-c", program], env=environment, check=False).returncode == 0


def test_the_environment_may_ask_for_fewer_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert hardware.survey(tmp_path).cores == 1
    monkeypatch.setenv("OMP_NUM_THREADS", "1000000")
    assert hardware.survey(tmp_path).cores <= 10_000


def test_the_choice_is_made_once_and_frozen(tmp_path: Path) -> None:
    file, found = tmp_path / "compute.json", hardware.survey(tmp_path)
    first = hardware.frozen(file, found)
    assert first.dtype in ("bfloat16", "float32")
    other = "float32" if first.dtype == "bfloat16" else "bfloat16"
    write_json(file, {**read_json(file), "dtype": other, "threads": 1})
    again = hardware.frozen(file, found)
    assert (again.dtype, again.threads) == (other, 1)
    assert torch.get_num_threads() == 1


def test_the_chosen_format_multiplies_no_slower_than_the_other(tmp_path: Path) -> None:
    chosen = hardware.choose(hardware.survey(tmp_path))
    assert hardware.speed(chosen) > 1e9
    other = "float32" if chosen.dtype == "bfloat16" else "bfloat16"
    assert hardware.speed(chosen) > 0.5 * hardware.speed(replace(chosen, dtype=other))


@pytest.mark.skipif(torch.cuda.is_available(), reason="an accelerator is here")
def test_a_run_does_not_go_on_without_the_accelerator_it_began_on(tmp_path: Path) -> None:
    file, found = tmp_path / "compute.json", hardware.survey(tmp_path)
    hardware.frozen(file, found)
    write_json(file, {**read_json(file), "device": "cuda", "name": "Some GPU"})
    with pytest.raises(ResourceError, match="began on Some GPU"):
        hardware.frozen(file, found)


def test_memory_held_is_counted_from_the_last_time_it_was_forgotten() -> None:
    with mmap.mmap(-1, 300 << 20) as block:
        for page in range(0, len(block), 4096):
            block[page] = 1
        full = hardware.peak_memory()
    hardware.forget_peak()
    assert full > 300
    assert hardware.peak_memory() < full - 200


def test_kept_memory_is_given_back_in_the_end() -> None:
    blocks = [torch.ones(1 << 20) for _ in range(8)]
    with hardware.kept_heap():
        blocks = [torch.ones(1 << 20) for _ in range(64)]
        hardware.forget_peak()
        held = hardware.peak_memory()
        del blocks
    hardware.forget_peak()
    assert hardware.peak_memory() < held - 200
