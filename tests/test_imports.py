"""What is imported when: the command line stays light, and importing does nothing."""

import subprocess
import sys
import time

HEAVY = (
    "torch",
    "transformers",
    "peft",
    "pyarrow",
    "xllamacpp",
    "starlette",
    "uvicorn",
    "httpx",
    "tokenizers",
    "tree_sitter",
    "pydantic",
    "numpy",
)


def modules_after(code: str) -> set[str]:
    out = subprocess.run([sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"], capture_output=True, text=True, check=True)
    return set(out.stdout.split())


def test_help_loads_no_heavy_library() -> None:
    loaded = modules_after("from idiolect.cli import cli")
    assert not loaded & set(HEAVY)


def test_help_answers_within_300_ms() -> None:
    best = float("inf")
    for _ in range(5):
        begin = time.perf_counter()
        subprocess.run([sys.executable, "-m", "idiolect", "--help"], capture_output=True, check=True)
        best = min(best, time.perf_counter() - begin)
    assert best < 0.3


def test_the_dataset_room_needs_no_torch() -> None:
    assert "torch" not in modules_after("import idiolect.dataset, idiolect.sources, idiolect.render, idiolect.samples")
