"""Which labels of a vocabulary a file has: its signs are weighed, and what is not decided is not guessed.

What stands in the text is looked for by workers and kept by content (`units.signs`); paths, days and versions are looked up here.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from itertools import accumulate, chain
from types import MappingProxyType
from typing import NamedTuple

from idiolect import syntax
from idiolect.dataset import locks
from idiolect.dataset.locks import Versions
from idiolect.errors import RecipeError
from idiolect.labels import Label, Sign, complain, superseded
from idiolect.outline import Syntax
from idiolect.pack import Pack
from idiolect.recipe import Recipe
from idiolect.scrub.rules import compiled
from idiolect.sources import globs

Labels = Mapping[str, tuple[str, ...]]
Asked = Sequence[Sequence[str]]
"""Of each sign its text, calls, imports, language and query: what the content of a file decides."""


class Place(NamedTuple):
    """A file, as far as signs ask for it."""

    path: str
    time: int
    """When it was last written, seconds since the epoch, UTC."""
    found: frozenset[int] | None
    """Numbers of the signs whose text, calls, imports and queries stand in it; None where nobody can say."""
    versions: Versions = MappingProxyType({})


def found(asked: Asked, language: str, data: bytes) -> tuple[int, ...] | None:
    """Numbers of the signs that a text has: patterns outside of its comments, names that it calls or imports, queries with a match.

    None where the queries take too long.
    """
    queries = tuple(dict.fromkeys((one[3], one[4]) for one in asked if one[4]))
    if (numbers := syntax.matching(language, data, queries)) is None:
        return None
    matching = {queries[number] for number in numbers}
    read = syntax.read(language, data) or Syntax()
    bare = bytearray(data)
    for start, end in read.comments:
        bare[start:end] = b" " * (end - start)
    plain, calls, imports = bytes(bare), {one.name for one in read.calls}, [one.name for one in read.imports]

    def has(text: str, called: str, imported: str, spoken: str, query: str) -> bool:
        return (
            (not text or compiled(text).search(plain) is not None)
            and (not called or called in calls)
            and (not query or (spoken, query) in matching)
            and (not imported or any(globs.matches(one, (imported,)) for one in imports))
        )

    return tuple(number for number, sign in enumerate(asked) if has(*sign))


class Vocabulary:
    """The labels of a recipe and its packs."""

    def __init__(self, labels: Sequence[Label], packs: Sequence[Pack] = ()) -> None:
        """A vocabulary that contradicts itself, now that packs add to it, or asks what is no query, is a RecipeError."""
        self.labels = [*labels, *(one for pack in packs for one in pack.vocabulary)]
        try:
            complain(self.labels)
        except ValueError as error:
            raise RecipeError(f"packs: {error}", next="mend [[label]], or the vocabulary of the pack") from None
        for label, sign in ((one, sign) for one in self.labels for sign in one.signs if sign.query):
            if why := syntax.faulty(sign.language, sign.query):
                raise RecipeError(
                    f"label: the query of '{label.value}' cannot be asked: {why}", next="mend it in [[label.sign]] or in the pack"
                )
        signs = [one.signs for one in self.labels]
        self.first = [0, *accumulate(map(len, signs))]
        self.asked: Asked = [(one.text, one.calls, one.imports, one.language, one.query) for one in chain.from_iterable(signs)]
        self.locked = any(one.locked for one in chain.from_iterable(signs))
        self.names = {name: [one for one in self.labels if one.name == name] for name in dict.fromkeys(one.name for one in self.labels)}

    def __bool__(self) -> bool:
        return bool(self.labels)

    def table(self) -> dict[str, list[str]]:
        """The values of each name."""
        return {name: [one.value for one in labels] for name, labels in self.names.items()}

    def generations(self) -> dict[str, dict[str, set[str]]]:
        """Of each name that has an order the values that none supersedes, each with all that it took the place of."""
        found = {}
        for name, labels in self.names.items():
            known = {one.value: one for one in labels}
            old = {value for one in labels for value in one.supersedes}
            found[name] = {one.value: superseded(known, one.value) for one in labels if one.supersedes and one.value not in old}
        return {name: values for name, values in found.items() if values}

    def may_have(self, name: str, path: str) -> bool:
        """Whether a file of this path could have a value of this name."""
        return any(not one.files or globs.matches(path, one.files) for one in self.names[name])

    def held(self, label: Label, place: Place) -> list[Sign]:
        """The signs of a label that hold."""
        if place.found is None:
            return []
        first = self.first[self.labels.index(label)]
        return [sign for number, sign in enumerate(label.signs, first) if number in place.found and _around(sign, place)]

    def decided(self, place: Place) -> dict[str, tuple[str, ...]]:
        """The labels of a file; a name of which nothing can be said is missing."""
        if place.found is None:
            return {}
        made = {name: self._values(labels, place) for name, labels in self.names.items()}
        return {name: values for name, values in made.items() if values}

    def _values(self, labels: Sequence[Label], place: Place) -> tuple[str, ...]:
        signs = {one.value: self.held(one, place) for one in labels}
        may = [one for one in labels if not one.files or globs.matches(place.path, one.files)]
        weights = {one.value: round(math.fsum(sign.weight for sign in signs[one.value]), 9) for one in may}  # 0.6 + 0.3 + 0.1 is 1
        chosen = [one.value for one in may if not one.rest and weights[one.value] >= one.threshold]
        if not chosen and not any(signs.values()):
            chosen = [one.value for one in may if one.rest]
        return self.settled(labels[0].name, chosen)

    def settled(self, name: str, values: Iterable[str]) -> tuple[str, ...]:
        """These values of a name and what they imply; none where two of them conflict, and no rest beside another."""
        known = {one.value: one for one in self.names[name]}
        together = dict.fromkeys(values)
        waiting = list(together)
        while waiting:
            more = [one for one in known[waiting.pop()].implies if one not in together]
            together |= dict.fromkeys(more)
            waiting += more
        if any(other in together for value in together for other in known[value].conflicts):
            return ()
        plain = [value for value in together if not known[value].rest]
        return tuple(value for value in known if value in (plain or together))

    def united(self, parts: Iterable[Labels]) -> dict[str, tuple[str, ...]]:
        """The labels of what was made of several files."""
        gathered: dict[str, list[str]] = defaultdict(list)
        for name, values in (item for part in parts for item in part.items()):
            gathered[name] += values
        return self.agreed(gathered)

    def agreed(self, labels: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
        """Labels of its own names and values as they settle, and all others as they are; a name of which nothing can be said is missing."""
        known = {name: {one.value for one in of} for name, of in self.names.items()}
        made = {
            name: self.settled(name, values) if known.get(name, set()).issuperset(values) else tuple(values)
            for name, values in labels.items()
        }
        return {name: values for name, values in made.items() if values}


def vocabulary(recipe: Recipe, packs: Sequence[Pack]) -> Vocabulary:
    """The labels of a recipe, among which all are that its models name; else a RecipeError."""
    made = Vocabulary(recipe.labels, packs)
    for model in recipe.models:
        model.must_know(made.table())
    return made


def _around(sign: Sign, place: Place) -> bool:
    """Whether the part of a sign holds that does not stand in the text."""
    return (
        (not sign.path or globs.matches(place.path, (sign.path,)))
        and (not sign.locked or locks.holds(sign.locked, place.versions))
        and (sign.since is None or place.time >= _midnight(sign.since))
        and (sign.until is None or place.time < _midnight(sign.until))
    )


def _midnight(day: date) -> float:
    return datetime.combine(day, time(), UTC).timestamp()
