import random

from idiolect.dataset.alike import Alike, sketches
from idiolect.dataset.makers.material import seeded
from idiolect.types import Dropped, Hole, Kind, Message, Sample
from tests.dataset.corpus import text


def asked(request: str, answer: str, kind: Kind = "write") -> Sample:
    return Sample(prompt=(Message(role="user", content=request),), answer=answer, kind=kind, maker="m")


def kept(given: list[Sample]) -> list[Sample | Dropped]:
    alike = Alike()
    for one in given:
        alike.meet(one)
    alike.compare()
    found = [alike.first(one) for one in given]
    assert not alike.held  # nothing is held for nobody
    return found


def near(source: str, seed: int, share: float = 0.03) -> str:
    """The text with some of its words changed."""
    choose = random.Random(seed)
    return " ".join(word if choose.random() > share else f"other{choose.randrange(10**6)}" for word in source.split())


def test_of_lessons_that_are_alike_the_first_is_kept_and_the_other_names_it() -> None:
    first = asked(f"Write it.\n{text(1)}", text(2))
    second = asked(f"Write it.\n{near(text(1), 1, 0.01)}", near(text(2), 2, 0.01))
    found = kept([asked("Another.", text(9)), first, second])
    assert found[1] == first
    assert found[2] == Dropped(reason="near-duplicate", what=second.id, detail=f"of {first.id}")


def test_an_answer_that_is_alike_is_kept_where_it_is_asked_otherwise_or_of_another_kind() -> None:
    answer, request = text(2), text(1)
    given = [asked(request, answer), asked(text(5), answer), asked(request, near(answer, 3), kind="bugfix"), asked(request, text(7))]
    assert kept(given) == given


def test_holes_are_told_apart_by_what_stands_around_them() -> None:
    def hole(number: int, before: str) -> Sample:
        return Sample(prompt=Hole(path=f"{number}.py", prefix=before, suffix="\n\n"), answer="return None", kind="fim", maker="m")

    same, other = text(1), text(2)
    found = kept([hole(1, same), hole(2, other), hole(3, "import os\n" * 200 + same)])
    assert [isinstance(one, Dropped) for one in found] == [False, False, True]


def test_translations_of_a_page_are_not_alike_for_the_code_in_them() -> None:
    code = "```ruby\nget '/foo' do\n  request.body\n  request.scheme\n  request.script_name\nend\n```\n"
    given = [asked("Explain.", "要求" * 60 + code, "explain"), asked("Explain.", "запрос" * 60 + code, "explain")]
    assert kept(given) == given


def test_nine_of_ten_pairs_at_the_limit_share_a_key_and_strangers_hardly_ever() -> None:
    missed = strangers = 0
    for number in range(200):
        one, other = asked("Write it.", text(number)), asked("Write it.", near(text(number), number, share=0.035))
        first, second, third = (memoryview(row).cast("I") for row in sketches([one, other, asked("Write it.", text(1000 + number))]))
        missed += not any(left == right for left, right in zip(first, second, strict=True))
        strangers += any(left == right for left, right in zip(first, third, strict=True))
    assert missed < 30
    assert strangers < 20


def test_a_crowd_of_equal_requests_is_compared_within_reason() -> None:
    given = [asked("Write it.", f"{text(1)}\n# {seeded(number).random()}") for number in range(600)]
    found = kept(given)
    assert [one for one in found if isinstance(one, Sample)] == given[:1]


def test_no_lesson_and_an_empty_one_do_no_harm() -> None:
    assert kept([]) == []
    empty = asked("", "")
    assert kept([empty, asked("Write.", "x")])[0] == empty
