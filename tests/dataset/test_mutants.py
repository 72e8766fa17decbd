from __future__ import annotations

import hashlib

import pytest

from idiolect.dataset import finishing
from idiolect.dataset.funnel import Funnel
from idiolect.dataset.labelling import Vocabulary
from idiolect.dataset.splits import Side
from idiolect.recipe import DatasetRecipe
from idiolect.types import Message, Sample


def lesson(number: int, **labels: tuple[str, ...]) -> Sample:
    words = " ".join(hashlib.sha256(f"{number} {place}".encode()).hexdigest() for place in range(20))
    asked = (Message(role="user", content=f"What is wrong with {words}?"),)
    return Sample(prompt=asked, answer=words[::-1], kind="bugfix", maker="mutate" if labels else "bugfix", labels=labels)


MUTANTS = [lesson(number, synthetic=("mutation",)) for number in range(7)]
FIXES = [lesson(number) for number in range(100, 103)]


def finished(given: dict[Side, list[Sample]], told: DatasetRecipe) -> tuple[list[Sample], dict[str, int]]:
    funnel = Funnel()
    known = finishing.merged(lambda side, _: iter(given[side]), told, Vocabulary([]), funnel)
    sides: tuple[Side, ...] = ("train", "validation")
    kept = [one for side in sides for one in finishing.finished(lambda side, _: iter(given[side]), side, known, [], funnel)]
    return kept, funnel.dropped()


@pytest.mark.parametrize("order", [1, -1])
def test_there_are_at_most_as_many_mutants_as_real_fixes_whatever_their_order(order: int) -> None:
    kept, dropped = finished({"train": [*MUTANTS[:6], *FIXES[:2]][::order], "validation": [MUTANTS[6], FIXES[2]]}, DatasetRecipe())
    left = {one.id for one in kept if "synthetic" in one.labels}
    assert left == set(sorted(one.id for one in MUTANTS)[:3]) and {one.id for one in FIXES} < {one.id for one in kept}
    assert dropped == {"more mutants than fixes": 4}


def test_a_fix_that_leaves_as_a_near_duplicate_counts_for_no_mutant() -> None:
    nearly = FIXES[0].model_copy(update={"answer": f"{FIXES[0].answer} once more", "id": ""})
    nearly = Sample.model_validate(nearly.model_dump(exclude={"id"}))
    kept, dropped = finished({"train": [*MUTANTS, *FIXES, nearly], "validation": []}, DatasetRecipe())
    assert dropped == {"near-duplicate": 1, "more mutants than fixes": 4}
    assert len(kept) == 6


def test_few_mutants_stay_and_so_do_all_where_nobody_asked_for_fixes() -> None:
    kept, dropped = finished({"train": [*MUTANTS[:2], *FIXES], "validation": []}, DatasetRecipe())
    assert (len(kept), dropped) == (5, {})
    kept, dropped = finished({"train": MUTANTS, "validation": []}, DatasetRecipe(makers=("mutate",)))
    assert (len(kept), dropped) == (7, {})
