"""Train: continued pretraining, then instruction tuning, of one LoRA adapter on an open base."""

from __future__ import annotations

import os

from idiolect.recipe import ModelRecipe, Recipe
from idiolect.registry import Run
from idiolect.types import Model


def train(recipe: Recipe, model: ModelRecipe, lessons: Run) -> Model:
    """Tune `model` on the lessons of a finished dataset run; return the adapter that was best on the validation lessons.

    What was trained already is returned at once; what was interrupted goes on from its newest sound checkpoint. Whatever cannot end
    well is refused before the first step, with a sentence.
    """
    # Threads that spin while they wait cost ten times their work where cores are shared; OpenMP reads this when torch is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    from idiolect.train.stage import train as run  # torch is imported there, and only when training begins

    return run(recipe, model, lessons)
