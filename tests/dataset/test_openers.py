import pytest

from idiolect.dataset.openers import FEWEST, Openers, openers
from idiolect.types import Dropped, Kind, Message, Sample


def explained(answer: str, kind: Kind = "explain") -> Sample:
    return Sample(prompt=(Message(role="user", content=f"Why? {answer}"),), answer=answer, kind=kind, maker="m")


def judged(given: list[Sample]) -> list[Dropped]:
    openers = Openers()
    for one in given:
        openers.meet(one)
    return [found for one in given if isinstance(found := openers.judged(one), Dropped)]


def test_answers_in_prose_that_begin_alike_stay_up_to_half_a_percent() -> None:
    alike = [explained(f"## Overview of the code: part {number}") for number in range(60)]
    others = [explained(f"{number} boxes stand in the shed {number}") for number in range(4_000)]
    refused = judged([*alike, *others])
    assert len(refused) == 60 - 20  # 0.5 % of 4,060
    assert {(one.reason, one.detail) for one in refused} == {("boilerplate opener", "overview of the code part")}
    assert refused[0].what == alike[20].id


def test_a_few_may_begin_alike_however_few_there_are() -> None:
    assert len(judged([explained(f"It says in a word that {number}") for number in range(FEWEST + 3)])) == 3
    assert not judged([explained(f"It says in a word that {number}") for number in range(FEWEST)])


def test_code_begins_as_the_teams_code_begins_and_kinds_are_counted_apart() -> None:
    assert not judged([explained(f"import a, b, c, d, e\nx = {number}", "write") for number in range(100)])
    both = [explained(f"It says in a word that {number}", kind) for kind in ("explain", "review") for number in range(FEWEST)]
    assert not judged(both)
    assert openers(explained("Four words are few.")) == []


@pytest.mark.parametrize(
    "header", ["## Overview\n", "# Overview\n\n", "**Overview**\n", "**Overview:**\n", "__Overview__:\n", "Overview\n---\n"]
)
def test_a_header_that_many_share_is_an_opener_whatever_follows(header: str) -> None:
    given = [explained(f"{header}{number} boxes stand in the shed") for number in range(200)]
    refused = judged(given)
    assert [(one.reason, one.detail) for one in refused] == [("boilerplate opener", "# overview")] * (200 - FEWEST)
    assert not judged([explained(f"{header.replace('Overview', f'Box {number}')}{number} boxes stand here") for number in range(200)])


@pytest.mark.parametrize(
    "line", ["# frozen_string_literal: true\n\n", "# a word\n", "#overview\n", "**Boxes** are\n", "Boxes are here\n", "- **box**\n"]
)
def test_a_first_line_that_is_no_header_is_none(line: str) -> None:
    assert not judged([explained(f"{line}{number} boxes stand in the shed", "chat") for number in range(200)])


def test_what_is_refused_for_its_words_takes_no_place_of_its_header() -> None:
    full = [explained(f"It says in a word that {number}") for number in range(FEWEST)]
    both = [explained(f"**It says**\nin a word that {number}") for number in range(3)]
    rest = [explained(f"**It says**\n{number} boxes stand in the shed") for number in range(FEWEST)]
    assert [one.what for one in judged([*full, *both, *rest])] == [one.id for one in both]
