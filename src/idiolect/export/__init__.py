"""Export: a base and an adapter become one quantised GGUF file, in one pass, with what is needed beside it."""

from __future__ import annotations

import re
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from idiolect import registry, weights
from idiolect.errors import DigestError, UsageError
from idiolect.files import write_json, write_text
from idiolect.recipe import Recipe
from idiolect.types import Model

VERSION = 1
"""Of this stage: raise it where the same inputs give other files."""
SAY_SECONDS = 5.0
"""How often a long export says where it is."""
REFERENCE_BYTES = 4 << 30
"""A model whose 16-bit file is larger is not compared with it: that file would only be written for the comparison."""


def export(recipe: Recipe, base: str, adapter: Model | None = None) -> Model:
    """Write every type of `[export] types` and return the model of the first, which is the one that ships.

    `base` is named as in the recipe; `adapter` is a model of the form `adapter`, or None for the base itself. Each file lands in a model
    folder of its own, with tokenizer.json, a Modelfile, a model card and parity.json. The same inputs are exported once.
    """
    if adapter and adapter.form != "adapter":
        raise UsageError(f"a model of the form '{adapter.form}' cannot be merged", where=adapter.name, next="name an adapter")
    from idiolect import llama_c  # loads numpy, which `idiolect --help` does without

    folder = weights.resolve(base, recipe.folder)
    inputs = {"base": weights.digest(folder), "adapter": adapter.digest if adapter else ""}
    name = adapter.name if adapter else _slug(base)
    values = {"types": list(recipe.export.types), "name": name, "llama.cpp": llama_c.WHEEL}
    with registry.begin(recipe, "export", version=VERSION, values=values, inputs=inputs) as run:
        kept = _kept(recipe, name, run.info.get("models", []))
        if kept:
            return kept
        draft = Model(name=name, form="gguf", digest="", file="", base=base, base_digest=inputs["base"], adapter_digest=inputs["adapter"])
        written = [_one(recipe, folder, adapter, draft.model_copy(update={"type": kind})) for kind in recipe.export.types]
        models = [model for model, _ in written]
        if not run.done:
            metrics = {model.type: facts for model, facts in written}
            run.finish(metrics, models=[model.digest for model in models])
    return models[0]


def _kept(recipe: Recipe, name: str, digests: list[str]) -> Model | None:
    """The first model of a finished run, if all of them still stand with their bytes; one that was changed is a DigestError."""
    found = {model.digest: model for model in registry.models(recipe) if model.name == name}
    models = [found[digest] for digest in digests if digest in found and (Path(found[digest].folder) / found[digest].file).is_file()]
    if not digests or len(models) < len(digests):
        return None
    for model in models:
        registry.verify(model)
    return models[0]


def _one(recipe: Recipe, base: Path, adapter: Model | None, draft: Model) -> tuple[Model, dict[str, Any]]:
    """Write one type and what stands beside it; return the saved model and what was measured."""
    from idiolect.export import gguf_file, modelfile  # these load numpy and gguf, which `idiolect --help` does without
    from idiolect.render import Renderer

    lora = _adapter_folder(adapter) if adapter else None
    with registry.model_folder(recipe) as folder:
        target = folder / f"{draft.name}-{draft.type}.gguf"
        started = time.monotonic()
        report = gguf_file.write(base, lora, draft.type, target, told=_progress(target.name))
        seconds = time.monotonic() - started
        say(f"{target.name}: {report.bytes / 1e6:,.1f} MB in {seconds:.1f} s")
        model = draft.model_copy(update={"digest": report.digest, "file": target.name, "family": report.family, "context": report.context})
        shutil.copyfile(base / "tokenizer.json", folder / "tokenizer.json")
        renderer = Renderer.load(folder)
        facts: dict[str, Any] = {
            "bytes": report.bytes, "seconds": round(seconds, 2), "tensors": report.kinds,
            "fallbacks": list(report.fallbacks), "adapted": report.adapted,
            "parity": _parity(base, lora, draft.type, target, renderer),
        }  # fmt: skip
        for sentence in report.fallbacks:
            say(sentence)
        write_json(folder / "parity.json", {"model": model.digest, "type": model.type, **facts["parity"]})
        write_text(folder / "Modelfile", modelfile.modelfile(model, renderer.family))
        write_text(folder / "README.md", modelfile.card(model, report, licence_of(base)))
        return registry.save_model(recipe, model, folder), facts


def _parity(base: Path, lora: Path | None, kind: str, shipped: Path, renderer: Any) -> dict[str, Any]:
    """Compare with the same model in F16, which is written for it and removed again."""
    from idiolect.export import gguf_file
    from idiolect.export.parity import parity

    size = 2 * weights.parameters(base)
    if kind == "F16" or size > REFERENCE_BYTES:
        reason = "this is the 16-bit file" if kind == "F16" else f"a 16-bit file would take {size:,} bytes; add F16 to `[export] types`"
        return {"reference": "", "reason": reason}
    reference = shipped.with_name("reference-F16.gguf")
    try:
        gguf_file.write(base, lora, "F16", reference)
        return {"reference": "F16", **parity(reference, shipped, renderer)}
    finally:
        reference.unlink(missing_ok=True)


def say(text: str) -> None:
    """One line on stderr."""
    sys.stderr.write(f"export: {text}\n")
    sys.stderr.flush()


def _progress(name: str) -> Callable[[int, int], None]:
    """Say every few seconds how many tensors are written."""
    last = time.monotonic()

    def told(done: int, of: int) -> None:
        nonlocal last
        if time.monotonic() - last > SAY_SECONDS:
            last = time.monotonic()
            say(f"{name}: {done} of {of} tensors")

    return told


def _adapter_folder(adapter: Model) -> Path:
    """The peft folder of an adapter, after checking that it stands."""
    path = Path(adapter.folder) / adapter.file
    folder = path if path.is_dir() else path.parent
    if not (folder / "adapter_config.json").is_file():
        raise DigestError("the adapter's files are gone", where=str(folder), next="run `idiolect train` again")
    return folder


def licence_of(base: Path) -> str:
    """The licence that the front matter of a folder's README.md names, or nothing."""
    card = base / "README.md"
    text = card.read_text(encoding="utf-8", errors="replace") if card.is_file() else ""
    head = re.match(r"---\n(.*?)\n---\n", text, re.DOTALL)
    found = re.search(r"^license:[ \t]*(\S+)", head[1], re.MULTILINE) if head else None
    return found[1].strip("'\"") if found else ""


def _slug(base: str) -> str:
    """A model's name from what the recipe calls its base."""
    name = re.sub(r"[^a-z0-9._-]+", "-", Path(base).name.lower()).strip("-._")
    return name[:64] or "base"
