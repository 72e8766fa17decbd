import pytest

from idiolect.dataset.difficulty import difficulty, graded
from idiolect.types import Message, Sample

EASY = "def area(r):\n    return 3.14 * r ** 2\n"
LOOP = """def total(rows):
    found = 0
    for row in rows:
        if row.paid and not row.void:
            found += row.amount
    return found
"""
HARD = (
    "def walk(tree, seen):\n"
    + "".join(f"{'    ' * depth}if tree.part{depth}:\n" for depth in range(1, 5))
    + "                    seen.add(tree)\n"
)


@pytest.mark.parametrize(
    ("text", "level"),
    [
        (EASY, "basic"), (LOOP, "intermediate"), (HARD * 2, "advanced"), ("x = 1\n" * 80, "advanced"), ("", "basic"),
        (" ".join(f"name{number}" for number in range(50)), "advanced"), ("a or b or c or d or e", "intermediate"),
    ],
)  # fmt: skip
def test_branches_nesting_names_and_lines_make_an_answer_hard(text: str, level: str) -> None:
    assert difficulty(text) == level


def test_nesting_counts_whatever_the_code_is_indented_with_and_wherever_it_stands() -> None:
    deep = "\n".join(" " * 40 + line for line in LOOP.splitlines())
    assert {difficulty(one) for one in (LOOP, LOOP.replace("    ", "  "), LOOP.replace("    ", "\t"), deep)} == {"intermediate"}


def asked(answer: str, **more: object) -> Sample:
    prompt = [Message(role="user", content=f"What is this?\n```python\n{LOOP}```")]
    return Sample.model_validate({"prompt": prompt, "answer": answer, "kind": "write", "maker": "m", **more})


def test_an_explanation_is_as_hard_as_its_code_and_what_somebody_said_stays() -> None:
    assert graded(asked(EASY)).labels == {"difficulty": ("basic",)}
    assert graded(asked("It adds up.", kind="explain")).labels == {"difficulty": ("intermediate",)}
    assert graded(asked(EASY, labels={"difficulty": ("advanced",)})).labels == {"difficulty": ("advanced",)}
    assert graded(asked("Words.", labels={"language": ("markdown",)})).labels == {"language": ("markdown",)}
    assert "difficulty" not in graded(Sample(answer=HARD, kind="raw", maker="raw")).labels


def test_an_edit_is_as_hard_as_what_it_puts_in_the_place_of_what_it_seeks() -> None:
    edit = f"a.py\n```python\n<<<<<<< SEARCH\n{HARD * 2}=======\nx = 2\n>>>>>>> REPLACE\n```\n"
    assert difficulty(edit) == "basic"
