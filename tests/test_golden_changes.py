"""The makers of changes and of faults on a small history of our own: what they make is what a person has read and agreed to."""

from __future__ import annotations

import re

import pytest

from idiolect.dataset.makers import blocks
from idiolect.types import Message, Sample, Span
from tests.golden.changes import FOLDER, NAMES, lessons, made, material


@pytest.mark.parametrize("name", NAMES)
def test_a_small_history_gives_the_lessons_that_stand_beside_it(name: str) -> None:
    assert made(name) == (FOLDER / f"{name}.txt").read_text(encoding="utf-8")


def named(span: Span) -> str:
    """The bytes that an origin names."""
    documents, changes = material()
    texts = {(one.commit, one.path): one.data for one in documents}
    for change in changes:
        for edit in change.edits:
            texts[change.commit, edit.path] = edit.after
            texts[change.parent, edit.path] = edit.before
    return texts[span.commit, span.path][span.start : span.end].decode()


def code(text: str) -> list[str]:
    """The lines of code in a prompt or an answer, without fences and marks of blocks."""
    rows = [row for block in re.findall(r"^```[\w+#]*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL) for row in block.split("\n")]
    return [row for row in rows if row.strip() and row not in (blocks.SEARCH, blocks.MIDDLE, blocks.REPLACE, "[...]")]


@pytest.mark.parametrize("name", NAMES)
def test_every_line_of_the_team_stands_in_an_origin(name: str) -> None:
    samples = [one for one in lessons(name) if isinstance(one, Sample)]
    assert samples
    for one in samples:
        held = {row for span in one.origins for row in named(span).split("\n")}
        asked = "".join(turn.content for turn in one.prompt if isinstance(turn, Message)) if isinstance(one.prompt, tuple) else ""
        strange = [row for row in code(asked + "\n" + (one.answer or "")) if row not in held]
        assert len(set(strange)) == (name == "mutate"), strange  # the fault is ours
