"""The gate: ship the tuned model only if it gained on the team's later code and lost little elsewhere."""

from __future__ import annotations

from typing import Literal

from idiolect.evaluate.figures import Compared
from idiolect.recipe import Recipe
from idiolect.types import Record

LEAST = 50
"""Fewer probes decide nothing."""
Verdict = Literal["passed", "failed", "undecided"]


class Reason(Record):
    """Why the gate did not pass, and what to try."""

    why: str
    key: str
    """The recipe's key to change."""
    value: str | int | float | list[str]
    """The value to try."""

    @property
    def trial(self) -> str:
        """The key and the value, as in a recipe."""
        return f"{self.key} = {_toml(self.value)}"

    @property
    def sentence(self) -> str:
        """All of it, to print."""
        return f"{self.why}; try {self.trial}"


class Gate(Record):
    """The verdict, and what to change where it is not `passed`."""

    verdict: Verdict
    reasons: tuple[Reason, ...] = ()


def judge(recipe: Recipe, own: Compared, general: Compared, what: str = "later code") -> Gate:
    """Passed where the gain in bits per byte lies above zero and the general drop below the recipe's limit, with 95 % confidence each.

    Nor may holes with both of their sides shown cost more than under the base, with the same confidence.
    `what` says what the team's probes are.
    """
    unknown = _unknown(recipe, own, general, what)
    if unknown:
        return Gate(verdict="undecided", reasons=tuple(unknown))
    faults = [*_no_gain(recipe, own, what), *_filled_worse(recipe, own), *_too_much_lost(recipe, general)]
    return Gate(verdict="failed" if faults else "passed", reasons=tuple(faults))


def _unknown(recipe: Recipe, own: Compared, general: Compared, what: str) -> list[Reason]:
    found = []
    key, value = _more(recipe, what)
    if own.base.n < LEAST:
        why = f"only {own.base.n} probes of {what}, and fewer than {LEAST} decide nothing"
        if recipe.evaluate.probes < LEAST:
            found.append(Reason(why=why, key="evaluate.probes", value=300))
        else:
            found.append(Reason(why=why, key=key, value=value))
    elif own.difference["bits_per_byte"].low is None:
        found.append(Reason(why="all probes stand in one file", key=key, value=value))
    if general.drop is None or general.drop.high is None:
        why = "there is no general code here to measure what was lost"
        found.append(Reason(why=why, key="general.paths", value=["path/to/other/peoples/code"]))
    return found


def _more(recipe: Recipe, what: str) -> tuple[str, float | str]:
    """What gives more probes: a later cut, or more to hold out from."""
    if what == "later code":
        return "dataset.max_after", min(0.5, round(2 * recipe.dataset.max_after, 2))
    return "source.path", "path/to/more/rows" if what == "held-out rows" else "path/to/more/code"


def _no_gain(recipe: Recipe, own: Compared, what: str) -> list[Reason]:
    gain = own.difference["bits_per_byte"]
    if gain.low is None or gain.low > 0:
        return []
    why = f"the gain on {what} is not certain: {gain.value:+.3f} bits per byte, at least {gain.low:+.3f}"
    key, value = _train_more(recipe)
    return [Reason(why=why, key=key, value=value)]


def _filled_worse(recipe: Recipe, own: Compared) -> list[Reason]:
    """A model can learn how code goes on and forget how a hole ends, which is what editors ask."""
    gain = own.difference["fill_bits_per_byte"]
    if gain.high is None or gain.high >= 0:
        return []
    why = f"holes with both sides shown cost more than under the base: {gain.value:+.3f} bits per byte, at most {gain.high:+.3f}"
    makers = recipe.dataset.makers
    if "-fim" in makers:
        return [Reason(why=why, key="dataset.makers", value=[one for one in makers if one != "-fim"])]
    if makers and "fim" not in makers and makers[0][0] not in "+-":
        return [Reason(why=why, key="dataset.makers", value=[*makers, "fim"])]
    key, value = _train_more(recipe)
    return [Reason(why=why, key=key, value=value)]


def _too_much_lost(recipe: Recipe, general: Compared) -> list[Reason]:
    drop, limit = general.drop, recipe.evaluate.max_general_drop
    if drop is None or drop.high is None or drop.high <= limit:
        return []
    why = f"general code costs {drop.value:+.1%} bits per byte, up to {drop.high:+.1%}, and the limit is {limit:+.1%}"
    replay = recipe.train.replay
    if replay < 0.4:
        return [Reason(why=why, key="train.replay", value=round(max(0.2, min(0.5, 2 * replay)), 2))]
    if recipe.train.learning_rate:
        return [Reason(why=why, key="train.learning_rate", value=recipe.train.learning_rate / 2)]
    return [Reason(why=why, key="train.epochs", value=1.0)]


def _train_more(recipe: Recipe) -> tuple[str, str | int | float]:
    """The next notch of the dial, or twice what the recipe says itself."""
    if recipe.train.tokens:
        return "train.tokens", 2 * recipe.train.tokens
    if recipe.train.epochs:
        return "train.epochs", 2 * recipe.train.epochs
    notches = {"quick": "standard", "standard": "thorough"}
    if recipe.effort in notches:
        return "effort", notches[recipe.effort]
    return "train.rank", 2 * (recipe.train.rank or 32)


def _toml(value: str | int | float | list[str]) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_toml(one) for one in value) + "]"
    return f'"{value}"' if isinstance(value, str) else f"{value:g}" if isinstance(value, float) else str(value)
