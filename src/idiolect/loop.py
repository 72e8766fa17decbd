"""Once round the loop: the file to read first.

Each line of `run` is also a verb of the command line. Stages do not know each other: they meet here, and on disk. What is
evaluated is the file that ships, quantised and served, and the base goes the same way.
"""

from __future__ import annotations

from idiolect import dataset, evaluate, export, registry, serve, train
from idiolect.errors import UsageError
from idiolect.recipe import ModelRecipe, Recipe
from idiolect.registry import Run
from idiolect.types import Model


def run(recipe: Recipe, engine: str = "processes") -> list[Run]:
    """Carry every model of a recipe once round the loop; return the comparison of each, as the run that holds its report.

    `engine` says who makes the lessons (`compute.ENGINES`).
    """
    lessons = dataset.build(recipe, engine)
    return [tune(recipe, model, lessons) for model in recipe.models]


def tune(recipe: Recipe, model: ModelRecipe, lessons: Run) -> Run:
    """Train, export, serve and measure one model; promote it where the gate passes."""
    base = export.export(recipe, model.base)
    adapter = train.train(recipe, model, lessons)
    tuned = export.export(recipe, model.base, adapter)
    report = measure(recipe, lessons, base, tuned)
    if report.metrics["gate"]["verdict"] == "passed":
        registry.promote(recipe, tuned)
    return report


def measure(recipe: Recipe, lessons: Run, base: Model, tuned: Model) -> Run:
    """Base against tuned, served one after the other; what was measured already is not served again."""
    scores = [evaluate.done(recipe, gguf, lessons) or served(recipe, gguf, lessons) for gguf in (base, tuned)]
    return evaluate.compare(recipe, lessons, *scores)


def served(recipe: Recipe, gguf: Model, lessons: Run) -> Run:
    """Serve one file and measure it."""
    with serve.serve(recipe, gguf, port=0) as url:
        return evaluate.evaluate(recipe, gguf, url, lessons)


def pair(recipe: Recipe, name: str) -> tuple[Model, Model]:
    """The newest tuned GGUF called `name`, and the GGUF of the base it was made from."""
    exported = [one for one in registry.models(recipe) if one.form == "gguf"]
    tuned = [one for one in exported if one.name == name and one.adapter_digest]
    if not tuned:
        raise UsageError(
            f"no tuned model '{name}' has been exported", where=str(recipe.home / "models"), next="run `idiolect export` first"
        )
    bases = [
        one for one in exported
        if not one.adapter_digest and (one.base_digest, one.type) == (tuned[-1].base_digest, tuned[-1].type)
    ]  # fmt: skip
    if not bases:
        raise UsageError("the base of this model has not been exported", where=tuned[-1].folder, next="run `idiolect export` again")
    return bases[-1], tuned[-1]
