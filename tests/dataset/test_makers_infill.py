from __future__ import annotations

import random

from idiolect.dataset.makers import blocks
from idiolect.dataset.makers.fim import fim
from idiolect.dataset.makers.infill import MARK, infill
from idiolect.types import Document, Dropped, Message, Sample
from tests.dataset.test_makers_fim import document, python


def made(*files: Document) -> list[Sample]:
    return [one for one in infill(files) if isinstance(one, Sample)]


def asked(one: Sample) -> str:
    assert isinstance(one.prompt, tuple) and isinstance(one.prompt[0], Message)
    return one.prompt[0].content


def test_blocks_put_back_what_the_mark_stands_for_byte_for_byte() -> None:
    seed = random.randrange(1 << 32)
    print("seed", seed)  # noqa: T201  shown where the test fails
    choose, seen = random.Random(seed), 0
    while seen < 200:
        one = document(python(choose), path=f"m/größe_{seen}.py")
        for lesson in made(one):
            span = lesson.origins[0]
            whole = one.data[span.start : span.end].decode()
            code = asked(lesson).partition("```python\n")[2].partition("\n```")[0]
            masked = code + whole[len(whole.rstrip("\r\n")) :]
            assert code.count(MARK) == 1
            assert blocks.apply(lesson.answer or "", {one.path: masked}) == {one.path: whole}
            assert (lesson.kind, lesson.maker, lesson.labels) == ("diff", "infill", {"language": ("python",)})
            seen += 1


def test_the_region_is_of_about_ten_lines() -> None:
    one = document("".join(f"value_{number} = compute({number}, first, second)\n" for number in range(400)))
    lessons = [lesson for number in range(30) for lesson in made(Document("s", "team", "c", f"{number}.py", "python", one.data, 0))]
    assert len(lessons) > 10
    for lesson in lessons:
        search = (lesson.answer or "").partition(f"{blocks.SEARCH}\n")[2].partition(f"{blocks.MIDDLE}\n")[0]
        assert 6 <= len(search.splitlines()) <= 12 and search.count(MARK) == 1


def test_one_for_ten_holes_of_fim() -> None:
    choose = random.Random(4)
    files = [document(python(choose), path=f"{number}.py") for number in range(400)]
    assert 0.07 < len(list(infill(files))) / len(list(fim(files))) < 0.13


def test_prose_and_changelogs_are_not_filled_by_blocks() -> None:
    pages = [document("# Doors\n\nA door has locks and keys.\n" * 200, "markdown", f"{number}.md") for number in range(20)]
    assert not list(infill([*pages, document("* Fixed the door\n" * 400, "text", "CHANGELOG")]))


def test_a_file_that_looks_like_a_block_or_has_the_mark_itself_is_a_counted_reason() -> None:
    rows = "".join(f"value_{number} = compute({number})\n" for number in range(400))
    evil = [document(f"{rows}# {MARK}\n" * 9, path=f"{number}.py") for number in range(9)]
    evil += [document("=======\nvalue = compute(1)\n" * 300, "text", f"{number}.txt") for number in range(9)]
    found = list(infill(evil))
    assert found and {one.reason for one in found if isinstance(one, Dropped)} == {"looks like a block itself"}
