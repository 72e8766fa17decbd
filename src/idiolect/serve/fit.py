"""Prompts into tokens, and tokens into the context: refused with both numbers where they do not fit, shortened only when asked."""

from __future__ import annotations

from dataclasses import dataclass

from idiolect.errors import DataError
from idiolect.render import Renderer
from idiolect.serve.errors import RequestError
from idiolect.serve.schema import Ask
from idiolect.types import Hole, Message

Prompt = tuple[Message, ...] | Hole | str


@dataclass(frozen=True)
class Fitted:
    """A prompt that fits, as token ids, and how long its answer may become."""

    ids: list[int]
    max_tokens: int
    cut_from: int = 0
    """Length of the prompt in tokens before it was shortened; 0: it was not."""


def fit(renderer: Renderer, prompt: Prompt, ask: Ask, context: int) -> Fitted:
    """Render a prompt; prompt plus answer never exceed `context` tokens, or it is a RequestError (400) that names both numbers."""
    wanted = ask.max_tokens if ask.max_tokens is not None and ask.max_tokens >= 0 else None
    reserve = min(ask.default_tokens or 512, context // 4) if wanted is None else max(1, wanted)
    if reserve >= context:
        raise RequestError(
            400, f"`max_tokens` is {reserve}, the context holds {context}", code="context_length_exceeded", param="max_tokens"
        )
    ids = _render(renderer, prompt)
    if not ids:
        raise RequestError(400, "the prompt is empty", code="invalid_value", param="prompt")
    before = len(ids)
    least = max(1, wanted or 0)
    if ask.truncate:
        while len(ids) + reserve > context:
            prompt = _shorter(prompt, min((context - reserve) / len(ids), 0.95), before, context)
            ids = _render(renderer, prompt)
    elif before + least > context:
        raise _too_long(before, least, context)
    room = context - len(ids)
    longest = min(ask.default_tokens or room, room) if wanted is None else wanted
    return Fitted(ids, longest, before if len(ids) < before else 0)


def _render(renderer: Renderer, prompt: Prompt) -> list[int]:
    try:
        if isinstance(prompt, str):
            return renderer.text(prompt)
        return renderer.hole(prompt) if isinstance(prompt, Hole) else renderer.chat(prompt)
    except DataError as error:
        raise RequestError(400, str(error), code="unsupported_by_model") from error


def _too_long(prompt: int, answer: int, context: int) -> RequestError:
    return RequestError(
        400,
        f"the prompt has {prompt} tokens and the answer may have {answer}, together {prompt + answer}; the context holds {context}. "
        'Send less, or ask for `"truncate": "start"`',
        code="context_length_exceeded",
        param="prompt",
    )


def _shorter(prompt: Prompt, share: float, length: int, context: int) -> Prompt:
    """About `share` of a prompt: the most distant goes first, and the words of the last turn never go."""
    if isinstance(prompt, str):
        if len(prompt) > 1:
            return prompt[-int(len(prompt) * share) :] if int(len(prompt) * share) else prompt[-1:]
    elif isinstance(prompt, Hole):
        if prompt.files:
            kept = int(len(prompt.files) * share)
            return prompt.model_copy(update={"files": prompt.files[-kept:] if kept else ()})
        before, after = int(len(prompt.prefix) * share), int(len(prompt.suffix) * share)
        if prompt.prefix or prompt.suffix:
            return prompt.model_copy(update={"prefix": prompt.prefix[-before:] if before else "", "suffix": prompt.suffix[:after]})
    else:
        old = [index for index, message in enumerate(prompt[:-1]) if message.role != "system"]
        if old:
            gone = set(old[: len(old) - int(len(old) * share)])
            return tuple(message for index, message in enumerate(prompt) if index not in gone)
    raise _too_long(length, 1, context)
