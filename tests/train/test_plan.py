import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from idiolect import recipe as recipes
from idiolect.errors import ResourceError
from idiolect.hardware import Compute
from idiolect.recipe import Recipe
from idiolect.train import plan
from idiolect.train.plan import Shape

from . import tiny

SEEDLING = Shape(parameters=8_400_000, layers=8, hidden=256, inner=768, queries=256, keys=128, vocabulary=8192, context=2048)
SEVEN = Shape(7_600_000_000, layers=28, hidden=3584, inner=18_944, queries=3584, keys=512, vocabulary=151_936, context=32_768)
CPU = Compute("cpu", "bfloat16", 2, 8000)


def recipe(effort: str = "quick", **train: Any) -> Recipe:
    return recipes.parse({"name": "a", "effort": effort, "train": train}, folder=Path())


def everything(made: Recipe) -> object:
    """All that the plan gives for two hundred thousand tokens of lessons."""
    budget = plan.budget(made, 150_000, 50_000, made.train.replay)
    return budget, plan.settings(made, SEEDLING, budget.tokens, CPU)


@pytest.mark.parametrize(
    "option",
    [{"learning_rate": 1e-3}, {"rank": 8}, {"epochs": 1.0}, {"tokens": 50_000}, {"length": 512}, {"replay": 0.3}, {"seed": 1}],
    ids=str,
)
def test_every_option_changes_the_plan(option: dict[str, Any]) -> None:
    assert everything(recipe(**option)) != everything(recipe())


def test_every_effort_is_another_plan() -> None:
    made = [everything(recipe(effort)) for effort in ("quick", "standard", "thorough")]
    assert made[0] != made[1] != made[2]


def test_quick_stays_below_four_hundred_thousand_tokens() -> None:
    assert plan.budget(recipe(), 10**9, 10**8, 0.1).tokens == pytest.approx(250_000, abs=2)
    small = plan.budget(recipe(), 30_000, 0, 0.0)
    assert (small.tokens, small.epochs) == (90_000, 3)


def test_a_limit_on_tokens_alone_sets_the_passes() -> None:
    made = plan.budget(recipe(tokens=1_000_000), 50_000, 0, 0.0)
    assert (made.tokens, made.epochs) == (1_000_000, 20)
    both = plan.budget(recipe(tokens=1_000_000, epochs=2), 50_000, 0, 0.0)
    assert (both.tokens, both.epochs) == (100_000, 2)


def test_both_phases_see_each_lesson_equally_often() -> None:
    made = plan.budget(recipe("standard", epochs=2), 90_000, 27_000, 0.1)
    assert made.pretrain * 0.9 == pytest.approx(2 * 90_000, abs=1)
    assert made.instruct * 0.9 * (1 - plan.REHEARSAL) == pytest.approx(2 * 27_000, abs=1)


def test_where_not_all_can_be_seen_no_more_than_half_goes_to_the_second_phase() -> None:
    made = plan.budget(recipe(tokens=100_000), 90_000, 1_000_000, 0.0)
    assert (made.pretrain, made.instruct) == (50_000, 50_000)
    assert made.epochs == pytest.approx(50_000 / 90_000, abs=1e-4)
    short = plan.budget(recipe(tokens=100_000), 20_000, 1_000_000, 0.0)
    assert (short.pretrain, short.instruct, short.epochs) == (20_000, 80_000, 1.0), "what one pass leaves goes to the second phase"
    alone = plan.budget(recipe(tokens=100_000), 0, 1_000_000, 0.0)
    assert (alone.pretrain, alone.instruct) == (0, 100_000)
    few = plan.budget(recipe(tokens=100_000), 190_000, 9_000, 0.0)
    assert few.instruct == pytest.approx(100_000 * 12 / 202, abs=1), "a second phase of few lessons is not made larger"


def test_no_line_is_learned_more_often_than_four_times_around_holes() -> None:
    assert plan.whole(0.05) == plan.whole(0.6) == 1.0
    assert plan.whole(1.0) == pytest.approx(0.6)
    assert plan.whole(4.0) == plan.whole(5.0) == 0.0
    for epochs in (0.7, 1.5, 3.0):
        assert epochs * (1 + 5 * plan.whole(epochs)) <= plan.LEARNED + 1e-9


def test_small_models_learn_faster_than_large_ones() -> None:
    assert 1e-3 <= plan.learning_rate(SEEDLING.parameters) <= 3e-3
    assert plan.learning_rate(7_000_000_000) == 2e-4
    assert plan.learning_rate(1) == 3e-3


def test_the_rate_warms_up_and_falls() -> None:
    chosen = plan.settings(recipe(), SEEDLING, 400_000, CPU)
    rates = [plan.rate(chosen, step, 100) for step in range(1, 101)]
    peak = rates.index(max(rates))
    assert rates[peak] == chosen.learning_rate
    assert rates[:peak] == sorted(rates[:peak])
    assert rates[peak:] == sorted(rates[peak:], reverse=True)
    assert rates[-1] == pytest.approx(chosen.learning_rate / 20)


def test_evaluations_are_spread_and_end_with_the_last_step() -> None:
    chosen = plan.settings(recipe(), SEEDLING, 400_000, CPU)
    assert sorted(plan.evaluated(chosen, 80)) == [10, 20, 30, 40, 50, 60, 70, 80]
    assert max(plan.evaluated(chosen, 3)) == 3


def test_no_lesson_is_longer_than_the_base_attends_to() -> None:
    assert plan.length(recipe("thorough"), SEEDLING) == 2048
    assert plan.length(recipe(length=100_000), SEEDLING) == 2048


def test_too_little_memory_is_said_before_anything_is_loaded() -> None:
    with pytest.raises(ResourceError, match="MiB of memory"):
        plan.settings(recipe(), SEVEN, 400_000, CPU)


def test_activations_are_computed_twice_where_memory_is_short() -> None:
    roomy = plan.settings(recipe(), SEVEN, 400_000, replace(CPU, memory=64_000))
    tight = plan.memory(SEVEN, roomy, CPU)
    assert not roomy.recompute
    assert plan.settings(recipe(), SEVEN, 400_000, replace(CPU, memory=tight)).recompute


def test_the_shape_of_a_base_is_read_from_its_files(tmp_path: Path) -> None:
    folder = tiny.base(tmp_path)
    found = plan.shape(folder)
    expected = sum(one.numel() for one in tiny.model().parameters())
    assert found == Shape(expected, layers=2, hidden=32, inner=64, queries=32, keys=16, vocabulary=tiny.VOCABULARY, context=256)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "use_sliding_window": True, "sliding_window": 64}))
    assert plan.shape(folder).context == 64


def test_the_size_of_the_adapter_is_known_beforehand(tmp_path: Path) -> None:
    from . import child

    built = sum(one.numel() for one in child.learner().masters.values())
    assert plan.adapter_parameters(plan.shape(tiny.base(tmp_path)), child.SETTINGS.rank) == built
