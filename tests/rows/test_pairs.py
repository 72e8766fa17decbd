from typing import Any

import pytest

from idiolect import rows
from idiolect.rows.fields import Refused
from idiolect.types import File, Message

PAIR: dict[str, Any] = {"before": "PRINT 1\n", "after": "print(1)\n", "language": "basic", "to": "python"}


def test_a_pair_is_a_migration_with_the_files_of_its_check() -> None:
    found = rows.shaped(
        {**PAIR, "instruction": "To Python, please.", "labels": {"generation": "gui"}, "files": {"expected/out.txt": "1\n"}}
    )
    (made,) = found.samples
    assert (found.form, found.unread) == ("pair", ())
    assert made.prompt == (Message(role="user", content="To Python, please.\n\n```basic\nPRINT 1\n```"),)
    assert (made.kind, made.answer) == ("migrate", "```python\nprint(1)\n```")
    assert made.files == (File(path="expected/out.txt", text="1\n"),)
    assert made.labels == {"language": ("python",), "generation": ("gui",)}


def test_without_an_instruction_the_same_words_ask_each_time() -> None:
    (first,), (second,) = rows.shaped(PAIR).samples, rows.shaped(PAIR).samples
    assert first == second and isinstance(first.prompt, tuple) and "```basic\nPRINT 1\n```" in first.prompt[0].content


def test_a_hole_with_before_and_after_stays_a_hole() -> None:
    assert rows.shaped({"before": "a = ", "after": "\n", "completion": "1"}).form == "fim"


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"after": " "}, "empty-answer"),
        ({"before": ""}, "empty-prompt"),
        ({"after": 3}, "not-text"),
        ({"files": {"a": 1}}, "not-text"),
        ({"files": ["a"]}, "not-a-table"),
    ],
)
def test_what_is_wrong_is_said(more: dict[str, Any], reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        rows.shaped({**PAIR, **more})
