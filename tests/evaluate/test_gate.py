"""The gate's three verdicts, each with something to try."""

from pathlib import Path

import pytest

from idiolect import recipe as recipes
from idiolect.evaluate.figures import Compared, Grade, compared
from idiolect.evaluate.gate import Gate, judge
from idiolect.recipe import Recipe
from tests.evaluate.material import grade


def judged(recipe: Recipe, own: tuple[list[Grade], list[Grade]], general: tuple[list[Grade], list[Grade]]) -> Gate:
    return judge(recipe, compared(*own, "own"), compared(*general, "general"))


def sides(n: int, change: float, part: str = "own") -> tuple[list[Grade], list[Grade]]:
    """`n` answers of the base, and of a model under which each costs `change` times as many bits, give or take."""
    base = [grade(number, 20.0 + number % 7, part) for number in range(n)]
    tuned = [grade(number, one.bits * (change + 0.01 * (number // 5 % 3 - 1)), part) for number, one in enumerate(base)]
    return base, tuned


@pytest.fixture
def recipe() -> Recipe:
    return Recipe(name="acme")


def test_a_certain_gain_and_a_small_loss_pass(recipe: Recipe) -> None:
    assert judged(recipe, sides(100, 0.8), sides(100, 1.01, "general")) == Gate(verdict="passed")


def test_no_gain_fails_and_says_to_train_more(recipe: Recipe) -> None:
    found = judged(recipe, sides(100, 1.0), sides(100, 1.0, "general"))
    assert found.verdict == "failed"
    assert [(reason.key, reason.value) for reason in found.reasons] == [("effort", "thorough")]
    assert found.reasons[0].sentence.endswith('; try effort = "thorough"')


def test_a_gain_that_may_be_chance_fails(recipe: Recipe) -> None:
    base = [grade(number, 20.0) for number in range(60)]
    tuned = [grade(number, 20.0 + (-1) ** (number // 5) * 5 - 0.1) for number in range(60)]
    assert judged(recipe, (base, tuned), sides(100, 1.0, "general")).verdict == "failed"


def test_a_gain_that_unlearns_where_holes_end_fails(recipe: Recipe) -> None:
    base, tuned = sides(100, 0.8)
    worse = [one.model_copy(update={"fill_bits": 1.1 * (one.fill_bits or 0)}) for one in base]
    tuned = [one.model_copy(update={"fill_bits": filled.fill_bits}) for one, filled in zip(tuned, worse, strict=True)]
    found = judged(recipe, (base, tuned), sides(100, 1.01, "general"))
    assert found.verdict == "failed"
    assert "holes with both sides shown cost more" in found.reasons[0].why
    without = Recipe.model_validate({"name": "acme", "dataset": {"makers": ["raw"]}})
    assert judged(without, (base, tuned), sides(100, 1.01, "general")).reasons[0].trial == 'dataset.makers = ["raw", "fim"]'
    without = Recipe.model_validate({"name": "acme", "dataset": {"makers": ["-fim", "+explain"]}})
    assert judged(without, (base, tuned), sides(100, 1.01, "general")).reasons[0].trial == 'dataset.makers = ["+explain"]'


def test_where_no_hole_was_asked_the_gain_alone_decides(recipe: Recipe) -> None:
    base, tuned = ([one.model_copy(update={"fill_bits": None}) for one in side] for side in sides(100, 0.8))
    assert judged(recipe, (base, tuned), sides(100, 1.01, "general")).verdict == "passed"


def test_a_large_loss_fails_and_says_to_replay_more(recipe: Recipe) -> None:
    found = judged(recipe, sides(100, 0.8), sides(100, 1.08, "general"))
    assert found.verdict == "failed"
    assert [(reason.key, reason.value) for reason in found.reasons] == [("train.replay", 0.2)]


def test_a_loss_whose_interval_reaches_over_the_limit_fails(recipe: Recipe) -> None:
    general = compared(*sides(100, 1.048, "general"), "general")
    assert general.drop is not None
    assert general.drop.value is not None
    assert general.drop.high is not None
    assert general.drop.value < 0.05 < general.drop.high
    assert judge(recipe, compared(*sides(100, 0.8), "own"), general).verdict == "failed"


def test_the_limit_is_the_recipes() -> None:
    strict = Recipe(name="acme", evaluate=recipes.EvaluateRecipe(max_general_drop=0.005))
    assert judged(strict, sides(100, 0.8), sides(100, 1.01, "general")).verdict == "failed"


@pytest.mark.parametrize(("n", "verdict"), [(0, "undecided"), (49, "undecided"), (50, "passed")])
def test_fewer_than_fifty_probes_decide_nothing(recipe: Recipe, n: int, verdict: str) -> None:
    found = judged(recipe, sides(n, 0.8), sides(100, 1.0, "general"))
    assert found.verdict == verdict
    if verdict == "undecided":
        assert (found.reasons[0].key, found.reasons[0].value) == ("dataset.max_after", 0.4)


def test_too_few_probes_asked_for_names_that_key() -> None:
    few = Recipe(name="acme", evaluate=recipes.EvaluateRecipe(probes=30))
    assert judged(few, sides(30, 0.8), sides(100, 1.0, "general")).reasons[0].key == "evaluate.probes"


def test_probes_of_one_file_and_no_general_code_decide_nothing(recipe: Recipe) -> None:
    base = [grade(number, file="app:one.py") for number in range(60)]
    tuned = [grade(number, 10.0, file="app:one.py") for number in range(60)]
    found = judged(recipe, (base, tuned), ([], []))
    assert found.verdict == "undecided"
    assert [reason.key for reason in found.reasons] == ["dataset.max_after", "general.paths"]


@pytest.mark.parametrize(
    ("changes", "key", "value"),
    [
        ({"tokens": 1000}, "train.tokens", 2000),
        ({"epochs": 2.0}, "train.epochs", 4.0),
        ({"replay": 0.45, "learning_rate": 1e-3}, "train.learning_rate", 5e-4),
    ],
)
def test_every_trial_is_a_valid_recipe(changes: dict[str, float], key: str, value: float, tmp_path: Path) -> None:
    recipe = Recipe(name="acme", effort="thorough", train=recipes.TrainRecipe.model_validate(changes))
    found = judged(recipe, sides(100, 1.0), sides(100, 1.2, "general"))
    tried = {reason.key: reason.value for reason in found.reasons}
    assert tried[key] == value
    for reason in found.reasons:
        section, _, name = reason.key.rpartition(".")
        line = reason.trial.removeprefix(f"{section}.")
        (tmp_path / "idiolect.toml").write_text('name = "acme"\n' + (f"[{section}]\n" if section else "") + line + "\n")
        read = recipes.read(tmp_path)
        assert getattr(getattr(read, section) if section else read, name) == reason.value


def test_the_comparison_pairs_answers_by_probe() -> None:
    base, tuned = sides(20, 0.5)
    found: Compared = compared(base, list(reversed(tuned)), "own")
    assert found.difference["bits_per_byte"].value is not None
    assert found.difference["bits_per_byte"].value > 0.5 * (found.base.bits_per_byte or 0) * 0.95
