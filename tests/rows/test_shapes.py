"""What rows mean, by their keys; and why nothing is made of some."""

from __future__ import annotations

from typing import Any

import pytest

from idiolect import rows
from idiolect.types import Hole, Message
from tests.rows.material import CODE, of, refused

USER, SAID = {"role": "user", "content": "Write it."}, {"role": "assistant", "content": CODE}


def said(value: Any) -> list[tuple[str, str]]:
    prompt = of(value).prompt
    assert isinstance(prompt, tuple)
    return [(turn.role, turn.content) for turn in prompt]


@pytest.mark.parametrize(
    ("value", "form", "kind", "prompt"),
    [
        ({"messages": [USER, SAID]}, "messages", "chat", [("user", "Write it.")]),
        ({"messages": [{"role": "developer", "content": "Be short."}, USER, SAID]}, "messages", "chat",
         [("system", "Be short."), ("user", "Write it.")]),
        ({"conversations": [USER, SAID]}, "messages", "chat", [("user", "Write it.")]),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": "Write "}, {"type": "text", "text": "it."}]}, SAID]},
         "messages", "chat", [("user", "Write it.")]),
        ({"conversations": [{"from": "human", "value": "Write it."}, {"from": "gpt", "value": CODE}], "system": "S"}, "sharegpt", "chat",
         [("system", "S"), ("user", "Write it.")]),
        ({"text": f"<|im_start|>user\nWrite it.<|im_end|>\n<|im_start|>assistant\n{CODE}<|im_end|>\n"}, "chatml", "chat",
         [("user", "Write it.")]),
        ({"instruction": "Write it.", "input": "", "output": CODE}, "alpaca", "write", [("user", "Write it.")]),
        ({"instruction": "Write it.", "input": "rem a", "output": CODE, "history": [["a", "b"]]}, "alpaca", "write",
         [("user", "a"), ("assistant", "b"), ("user", "Write it.\n\nrem a")]),
        ({"prompt": "Write it.", "completion": CODE}, "prompt-completion", "write", [("user", "Write it.")]),
        ({"prompt": [USER], "completion": [SAID]}, "prompt-completion", "chat", [("user", "Write it.")]),
        ({"question": "Write it.", "answer": CODE}, "prompt-completion", "write", [("user", "Write it.")]),
        ({"input": "Write it.", "output": CODE, "context": {"rails": "7", "files": "a.rb"}}, "input-output", "write",
         [("user", "rails: 7\nfiles: a.rb\n\nWrite it.")]),
        ({"input": "Write it.", "output": CODE, "context": "A frame."}, "input-output", "write", [("user", "A frame.\n\nWrite it.")]),
    ],
)  # fmt: skip
def test_a_conversation_in_every_form(value: dict[str, Any], form: str, kind: str, prompt: list[tuple[str, str]]) -> None:
    found = rows.shaped(value)
    assert found.form == form
    assert (of(value).kind, of(value).answer) == (kind, CODE)
    assert said(value) == prompt
    assert not found.unread


@pytest.mark.parametrize(
    "value",
    [
        {"prefix": "let a = ", "suffix": "\nstop", "middle": "1 + 2", "path": "a.tly"},
        {"fim_prefix": "let a = ", "fim_suffix": "\nstop", "fim_middle": "1 + 2", "file_path": "a.tly"},
        {"input_prefix": "let a = ", "input_suffix": "\nstop", "output": "1 + 2", "filename": "a.tly"},
        {"prefix": "let a = ", "suffix": "\nstop", "completion": "1 + 2", "file": "a.tly", "type": "completion"},
    ],
)
def test_a_hole_in_every_spelling(value: dict[str, Any]) -> None:
    assert of(value).prompt == Hole(path="a.tly", prefix="let a = ", suffix="\nstop")
    assert (of(value).answer, of(value).kind) == ("1 + 2", "fim")


def test_that_nothing_belongs_in_a_hole_is_a_lesson() -> None:
    assert of({"prefix": "let a = 1", "suffix": "\nstop", "middle": ""}).answer == ""


def test_the_rows_of_a_vendor_with_four_generations() -> None:
    row = {"id": "bbj-17", "type": "migration", "generation": ["bbj-gui", "dwc"], "difficulty": "basic", "tags": ["window"]}
    made = of({**row, "instruction": "Move this to the web.", "input": "print 1", "output": CODE})
    assert made.kind == "migrate"
    assert made.labels == {"type": ("migration",), "generation": ("bbj-gui", "dwc"), "difficulty": ("basic",), "tags": ("window",)}
    hole = of({**row, "type": "completion", "prefix": "let a = ", "completion": "1"})
    assert isinstance(hole.prompt, Hole)
    assert hole.prompt.suffix == ""
    assert (hole.kind, hole.labels["type"]) == ("fim", ("completion",))
    assert of({**row, "type": "comprehension", "instruction": "What is it?", "output": "A sum."}).kind == "explain"
    assert of({**row, "type": "review", "instruction": "Look.", "output": "Fine."}).kind == "review"


def test_labels_come_from_the_row_from_meta_and_from_labels() -> None:
    made = of({"prompt": "a", "completion": "b", "lang": "C++", "meta": {"level": 3, "url": "x"}, "labels": {"area": ["ui", "ui"]}})
    assert made.labels == {"language": ("c++",), "level": ("3",), "area": ("ui",)}
    assert of({"prompt": "a", "completion": "b", "labels": '{"area": "ui"}'}).labels == {"area": ("ui",)}
    assert of({"prompt": "a", "completion": "```rb\nputs 1\n```"}).labels == {"language": ("ruby",)}


def test_every_answer_of_a_conversation_is_learned_unless_its_weight_is_nothing() -> None:
    first = {**SAID, "content": "first"}
    both = rows.shaped({"messages": [USER, first, USER, SAID]}).samples
    assert [one.answer for one in both] == ["first", CODE]
    assert both[1].prompt == (
        *(both[0].prompt or ()),
        Message(role="assistant", content="first"),
        Message(role="user", content="Write it."),
    )
    assert of({"messages": [USER, {**first, "weight": 0}, USER, SAID]}).answer == CODE


def test_preferences_are_contrast() -> None:
    for chosen, rejected in ((CODE, "Dim x"), ([USER, SAID], [USER, {**SAID, "content": "Dim x"}])):
        prompt = {"prompt": "Write it."} if isinstance(chosen, str) else {}
        made = of({**prompt, "chosen": chosen, "rejected": rejected})
        assert (made.answer, made.rejected, made.kind) == (CODE, "Dim x", "contrast")
    assert refused({"chosen": [USER, SAID], "rejected": [{**USER, "content": "Else."}, SAID]}) == "role-order"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ([1], "not-a-table"),
        ("text", "not-a-table"),
        ({}, "unknown-form"),
        ({"a": "b"}, "unknown-form"),
        ({"kind": "write", "maker": "x", "answer": "y", "colour": 1, "prompt": [{"role": "user"}]}, "unknown-form"),
        ({"instruction": "a", "output": 3}, "not-text"),
        ({"instruction": ["a"], "output": "b"}, "not-text"),
        ({"instruction": "a", "output": "b", "history": "c"}, "role-order"),
        ({"instruction": "a", "output": " \n"}, "empty-answer"),
        ({"instruction": "  ", "output": "b"}, "empty-prompt"),
        ({"prefix": " ", "suffix": "", "middle": "b"}, "empty-prompt"),
        ({"instruction": "a", "output": "b\0"}, "binary"),
        ({"instruction": "a", "output": "\ud800"}, "not-utf8"),
        ({"instruction": "a", "output": "b", "difficulty": {"a": 1}}, "not-a-label"),
        ({"instruction": "a", "output": "b", "labels": ["c"]}, "not-a-label"),
        ({"instruction": "a", "output": "b", "tags": ["c" * 201]}, "not-a-label"),
        ({"instruction": "a", "output": "b", "tags": [str(one) for one in range(51)]}, "not-a-label"),
        ({"prefix": "a", "middle": "b", "path": "/etc/passwd"}, "bad-path"),
        ({"prefix": "a", "middle": "b", "path": "../a"}, "bad-path"),
        ({"prefix": "a", "suffix": 1, "middle": "b"}, "not-text"),
        ({"prefix": "a", "middle": "b", "files": "c"}, "not-text"),
        ({"messages": []}, "role-order"),
        ({"messages": "x"}, "role-order"),
        ({"messages": [SAID]}, "role-order"),
        ({"messages": [USER]}, "no-answer"),
        ({"messages": [USER, USER, SAID]}, "role-order"),
        ({"messages": [USER, {"role": "tool", "content": "x"}, SAID]}, "unknown-role"),
        ({"messages": [USER, {"role": 1, "content": "x"}]}, "unknown-role"),
        ({"messages": [USER, {"role": "assistant", "content": None, "tool_calls": []}]}, "not-text"),
        ({"messages": [USER, {**SAID, "weight": 0}]}, "no-answer"),
        ({"messages": [USER, SAID] * 501}, "role-order"),
        ({"conversations": [{"from": "gpt", "value": "x"}]}, "role-order"),
    ],
)
def test_a_row_that_says_nothing_is_refused_with_a_word(value: Any, reason: str) -> None:
    assert refused(value) == reason


def test_what_is_not_read_is_named() -> None:
    found = rows.shaped({"id": 1, "prompt": "a", "completion": "b", "url": "x", "score": 3, "license": "MIT"})
    assert (found.unread, found.licence) == (("score", "url"), "MIT")
