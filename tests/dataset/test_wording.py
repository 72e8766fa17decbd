from idiolect.dataset import sent
from idiolect.dataset.makers.write import TEMPLATE, TEMPLATES
from idiolect.dataset.sent import Sent
from idiolect.dataset.wording import SAID, Wording
from idiolect.types import Dropped, Kind, Sample
from tests.dataset.corpus import document

SPAN = document("part.py", "x = 1\n").span()


def lesson(maker: str, answer: str, kind: Kind = "write") -> Sent:
    return Sent(sent.made(Sample(answer=answer, kind=kind, maker=maker, origins=(SPAN,))), lambda *_: SPAN)


def test_templates_are_at_most_a_tenth_of_the_requests_and_each_at_most_a_fiftieth() -> None:
    judge = Wording()
    assert isinstance(judge.judged(lesson(f"{TEMPLATE}.1", "first")), Dropped)
    made = [judge.judged(lesson("write", f"human {number}")) for number in range(450)]
    for number in range(60):
        made += [judge.judged(lesson(f"{TEMPLATE}.{place + 1}", f"templated {number} {place}")) for place in range(len(TEMPLATES))]
    kept = [one.maker for one in made if isinstance(one, Sent)]
    templated = [maker for maker in kept if maker != "write"]
    assert (len(kept), len(templated)) == (495, 45)
    assert all(templated.count(f"{TEMPLATE}.{place + 1}") == 9 for place in range(len(TEMPLATES)))


def test_one_template_alone_keeps_to_a_fiftieth() -> None:
    judge = Wording()
    made = [judge.judged(lesson("write", f"human {number}")) for number in range(98)]
    made += [judge.judged(lesson(f"{TEMPLATE}.3", f"templated {number}")) for number in range(98)]
    assert sum(isinstance(one, Sent) and one.maker == f"{TEMPLATE}.3" for one in made) == 2


def test_what_was_asked_for_in_better_words_is_not_asked_for_again() -> None:
    judge = Wording()
    assert judge.judged(lesson("added", "def total(): ..."))
    again = [judge.judged(lesson(maker, "def total(): ...")) for maker in ("tested", "described", f"{TEMPLATE}.1")]
    assert [one.reason for one in again if isinstance(one, Dropped)] == [SAID] * 3
    assert isinstance(judge.judged(lesson("write", "def total(): ...")), Sent)


def test_a_section_that_stands_beside_its_code_is_not_told_by_its_heading_alone() -> None:
    judge = Wording()
    assert isinstance(judge.judged(lesson("linked", "It adds up.", "explain")), Sent)
    assert isinstance(judge.judged(lesson("explain.section", "It adds up.", "explain")), Dropped)
    assert isinstance(judge.judged(lesson("explain.section", "It subtracts.", "explain")), Sent)


def test_a_comment_that_stands_above_two_functions_explains_the_first() -> None:
    judge = Wording()
    made = [judge.judged(lesson("explain", said, "explain")) for said in ("Only what is trusted.", "Only what is trusted.", "All of it.")]
    assert [isinstance(one, Sent) for one in made] == [True, False, True]


def test_other_kinds_pass() -> None:
    judge = Wording()
    assert all(isinstance(judge.judged(lesson("raw", "x", "raw")), Sent) for _ in range(3))
