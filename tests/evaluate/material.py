"""Grades, lessons and models of known content."""

from __future__ import annotations

from pathlib import Path

from idiolect import registry, samples
from idiolect.evaluate.figures import Grade, Part
from idiolect.export import gguf_file
from idiolect.files import digest_file
from idiolect.recipe import Recipe
from idiolect.registry import Run
from idiolect.types import Hole, Model, Sample, Span
from tests.tiny_model import write_model

FUNCTION = """def area_{n}(width, height):
    if width < 0:
        raise ValueError("negative")
    total = width * height + {n}
    return total
"""


def grade(number: int, bits: float = 20.0, part: Part = "own", **changes: object) -> Grade:
    """An answer to probe `number`, of which five stand in each file."""
    values: dict[str, object] = {
        "id": f"{part}-{number:04d}", "part": part, "file": f"app:{part}/{number // 5}.py", "language": "python", "wanted": "return total",
        "answer": "return a", "before": "def f():\n    ", "after": "\n", "exact_match": 0.0, "edit_similarity": 0.5, "parses": 1.0,
        "bits": bits, "bytes": 12, "fill_bits": bits, "forced_exact": False,
    }  # fmt: skip
    return Grade.model_validate({**values, **changes})


def probe(number: int, source: str = "app") -> Sample:
    """The last line of a small function as a hole."""
    text = FUNCTION.format(n=number)
    start = text.index("total = ")
    end = text.index("\n", start)
    span = Span(source=source, commit="c" * 40, path=f"src/{number // 2}.py", start=start, end=end, time=1_700_000_000)
    hole = Hole(path=f"src/{number // 2}.py", prefix=text[:start], suffix=text[end:])
    labels = {"language": ("python",)}
    return Sample(kind="fim", maker="time_probe", prompt=hole, answer=text[start:end], labels=labels, origins=(span,))


def lessons(recipe: Recipe, probes: list[Sample]) -> Run:
    """A finished dataset run that holds these time probes."""
    with registry.begin(recipe, "dataset", version=1, values={}, inputs={"probes": str(len(probes))}) as run:
        if not run.done:
            samples.write(run.folder, "time", probes)
            run.finish({"cuts": {"app": {"commit": "c" * 40, "time": 1_700_000_000}}})
    return run


def exported(folder: Path, name: str, *, adapter: str = "") -> Model:
    """A random one-layer model as a GGUF with its tokenizer."""
    write_model(folder, num_hidden_layers=1, initializer_range=0.1 if adapter else 0.05)
    gguf_file.write(folder, None, "F16", folder / "model.gguf")
    return Model(
        name=name, form="gguf", digest=digest_file(folder / "model.gguf"), file="model.gguf", base="seedling", base_digest="b" * 64,
        adapter_digest=adapter, type="F16", family="qwen2.5-coder", context=256, folder=str(folder),
    )  # fmt: skip
