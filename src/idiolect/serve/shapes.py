"""How an answer looks on the wire: OpenAI's two shapes and llama.cpp's, whole and in pieces."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol


@dataclass(frozen=True)
class End:
    """How an answer ended, and what it cost in tokens."""

    finish: Literal["stop", "length"]
    prompt: int
    answer: int
    cached: int = 0
    """Of the prompt: how many the engine still had from an earlier question."""

    @property
    def usage(self) -> dict[str, Any]:
        """OpenAI's `usage`."""
        return {
            "prompt_tokens": self.prompt, "completion_tokens": self.answer, "total_tokens": self.prompt + self.answer,
            "prompt_tokens_details": {"cached_tokens": self.cached},
        }  # fmt: skip


class Shape(Protocol):
    """One way to write an answer."""

    def whole(self, text: str, end: End) -> dict[str, Any]:
        """The answer in one JSON object."""

    def first(self) -> list[str]:
        """Events before the first piece."""

    def piece(self, text: str) -> str:
        """One piece as an event."""

    def last(self, end: End) -> list[str]:
        """Events after the last piece."""


def event(value: Any) -> str:
    """A server-sent event that carries JSON."""
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n"


DONE = "data: [DONE]\n\n"


@dataclass(frozen=True)
class _OpenAI:
    model: str
    with_usage: bool = False
    """Whether a last event carries the usage (`stream_options.include_usage`)."""
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    created: int = field(default_factory=lambda: int(time.time()))

    prefix = ""
    object = ""
    object_of_pieces = ""

    def _frame(self, kind: str, choices: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
        return {"id": f"{self.prefix}-{self.id}", "object": kind, "created": self.created, "model": self.model, "choices": choices, **more}

    def _event(self, choice: dict[str, Any], finish: str | None = None) -> str:
        usage = {"usage": None} if self.with_usage else {}
        return event(self._frame(self.object_of_pieces, [{"index": 0, **choice, "logprobs": None, "finish_reason": finish}], **usage))

    def _whole(self, choice: dict[str, Any], end: End) -> dict[str, Any]:
        return self._frame(self.object, [{"index": 0, **choice, "logprobs": None, "finish_reason": end.finish}], usage=end.usage)

    def _last(self, choice: dict[str, Any], end: End) -> list[str]:
        usage = [event(self._frame(self.object_of_pieces, [], usage=end.usage))] if self.with_usage else []
        return [self._event(choice, end.finish), *usage, DONE]


class ChatShape(_OpenAI):
    """`/v1/chat/completions`."""

    prefix = "chatcmpl"
    object = "chat.completion"
    object_of_pieces = "chat.completion.chunk"

    def whole(self, text: str, end: End) -> dict[str, Any]:
        """One message."""
        return self._whole({"message": {"role": "assistant", "content": text}}, end)

    def first(self) -> list[str]:
        """The role."""
        return [self._event({"delta": {"role": "assistant", "content": ""}})]

    def piece(self, text: str) -> str:
        """A delta."""
        return self._event({"delta": {"content": text}})

    def last(self, end: End) -> list[str]:
        """Why it ended, the usage where asked for, and `[DONE]`."""
        return self._last({"delta": {}}, end)


class CompletionShape(_OpenAI):
    """`/v1/completions`."""

    prefix = "cmpl"
    object = "text_completion"
    object_of_pieces = "text_completion"

    def whole(self, text: str, end: End) -> dict[str, Any]:
        """One text."""
        return self._whole({"text": text}, end)

    def first(self) -> list[str]:
        """Nothing."""
        return []

    def piece(self, text: str) -> str:
        """More text."""
        return self._event({"text": text})

    def last(self, end: End) -> list[str]:
        """Why it ended, the usage where asked for, and `[DONE]`."""
        return self._last({"text": ""}, end)


@dataclass(frozen=True)
class InfillShape:
    """`/infill`: what llama.cpp's server answers, as far as editor plugins read it."""

    model: str

    def whole(self, text: str, end: End) -> dict[str, Any]:
        """The text and its counts."""
        return {
            "content": text, "stop": True, "stop_type": "limit" if end.finish == "length" else "eos", "model": self.model,
            "tokens_predicted": end.answer, "tokens_evaluated": end.prompt, "tokens_cached": end.cached, "truncated": False,
            "usage": end.usage,
        }  # fmt: skip

    def first(self) -> list[str]:
        """Nothing."""
        return []

    def piece(self, text: str) -> str:
        """More text."""
        return event({"content": text, "stop": False})

    def last(self, end: End) -> list[str]:
        """The counts; this shape has no `[DONE]`."""
        return [event(self.whole("", end))]
