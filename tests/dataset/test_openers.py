from idiolect.dataset.openers import FEWEST, Openers, opener
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
    assert opener(explained("Four words are few.")) == ""
