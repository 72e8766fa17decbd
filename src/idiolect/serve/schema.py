"""What a client may ask for: an allow-list with ranges. Whatever is not named here never reaches the engine.

An unknown key is dropped and named in the header `x-idiolect-ignored`; a known one outside its range is refused. Keys that would
change what an answer means, and that this gateway cannot honour, are refused instead of dropped.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from idiolect.serve.errors import RequestError
from idiolect.types import File, Hole, Message

_WITHOUT_EFFECT: dict[str, tuple[object, ...]] = {
    "n": (1,), "best_of": (1,), "echo": (False,), "logprobs": (False, 0), "top_logprobs": (0,),
    "tools": ([],), "tool_choice": ("none", "auto"), "functions": ([],), "logit_bias": ({},),
    "response_format": ({"type": "text"},), "grammar": ("",), "json_schema": ({},),
}  # fmt: skip
"""Keys that change the meaning of an answer, and the values of them that ask for nothing."""


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _alone(value: object) -> object:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _as_parts(value: object) -> object:
    return [{"type": "text", "text": value}] if isinstance(value, str) else value


Stop = Annotated[str, Field(min_length=1, max_length=256)]


class Stream(BaseModel):
    """`stream_options`."""

    include_usage: bool = False


class Ask(BaseModel):
    """What the three ways to ask have in common."""

    model_config = ConfigDict(extra="ignore", strict=True, allow_inf_nan=False, protected_namespaces=())
    default_tokens: ClassVar[int] = 0
    """Longest answer where the client names none; 0: whatever the context leaves."""

    model: str = ""
    temperature: float = Field(default=0.0, ge=0, le=2)
    """0, the default, is greedy: the same question gets the same answer."""
    top_p: float = Field(default=1.0, gt=0, le=1)
    top_k: int = Field(default=0, ge=-1, le=1000)
    min_p: float = Field(default=0.0, ge=0, le=1)
    frequency_penalty: float = Field(default=0.0, ge=-2, le=2)
    presence_penalty: float = Field(default=0.0, ge=-2, le=2)
    seed: int = Field(default=-1, ge=-1, lt=2**32)
    """-1: another one each time."""
    stop: Annotated[list[Stop], Field(max_length=16), BeforeValidator(_listed)] = []
    """Texts that end the answer and are not part of it."""
    max_tokens: int | None = Field(default=None, ge=0, le=2**31 - 1, validation_alias=AliasChoices("max_tokens", "max_completion_tokens"))
    stream: bool = False
    stream_options: Stream = Stream()
    truncate: Literal[False, True, "start"] = False
    """Whether a prompt that is too long may lose its beginning; the answer then says so in `x-idiolect-truncated`."""


class Part(BaseModel):
    """A piece of a message's content."""

    type: Literal["text"]
    text: str


class Turn(BaseModel):
    """One message."""

    role: Literal["system", "developer", "user", "assistant"]
    content: Annotated[list[Part], BeforeValidator(_as_parts)]

    def message(self) -> Message:
        """The message as the renderer takes it."""
        text = "".join(part.text for part in self.content)
        return Message(role="system" if self.role == "developer" else self.role, content=text)


class ChatAsk(Ask):
    """`POST /v1/chat/completions`."""

    temperature: float = Field(default=0.7, ge=0, le=2)
    """A greedy conversation runs in circles; 0.7 with `top_p` 0.8 is what the Qwen2.5-Coder card advises."""
    top_p: float = Field(default=0.8, gt=0, le=1)
    messages: list[Turn] = Field(min_length=1)

    def prompt(self) -> tuple[Message, ...]:
        """The conversation."""
        return tuple(turn.message() for turn in self.messages)


class CompletionAsk(Ask):
    """`POST /v1/completions`: with `suffix` a hole to fill, without it text to continue."""

    default_tokens = 128
    text: Annotated[str, BeforeValidator(_alone)] = Field(validation_alias="prompt")
    suffix: str | None = None
    path: str = Field(default="", max_length=4096)
    """Of the file with the hole; ours, optional."""

    def prompt(self) -> Hole | str:
        """The hole, or the text to continue."""
        return self.text if self.suffix is None else Hole(path=self.path, prefix=self.text, suffix=self.suffix)


class Extra(BaseModel):
    """A file around the hole."""

    filename: str = Field(default="", max_length=4096)
    text: str


class InfillAsk(Ask):
    """`POST /infill`, the shape of llama.cpp's server that editor plugins send."""

    default_tokens = 128
    input_prefix: str = ""
    input_suffix: str = ""
    input_extra: list[Extra] = Field(default=[], max_length=1024)
    typed: str = Field(default="", validation_alias="prompt")
    """What was just typed: stands after the middle marker."""
    path: str = Field(default="", max_length=4096)
    max_tokens: int | None = Field(default=None, ge=-1, le=2**31 - 1, validation_alias=AliasChoices("n_predict", "max_tokens"))
    """-1: the default; 0: only read the prompt into the cache."""
    t_max_predict_ms: int = Field(default=0, ge=0, le=600_000)
    """Give up generating after so many milliseconds, at the next line; 0: never."""

    def prompt(self) -> Hole:
        """The hole."""
        files = tuple(File(path=extra.filename, text=extra.text) for extra in self.input_extra)
        return Hole(path=self.path, prefix=self.input_prefix, suffix=self.input_suffix, typed=self.typed, files=files)


A = TypeVar("A", bound=Ask)


def parse(kind: type[A], body: bytes) -> tuple[A, list[str]]:
    """The request, and the keys that were not understood; a RequestError (400) names the field at fault."""
    try:
        value = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise RequestError(400, f"the body is not valid JSON ({error})", code="invalid_json") from error
    if not isinstance(value, dict):
        raise RequestError(400, "the body is not a JSON object", code="invalid_json")
    given = {key: item for key, item in value.items() if item is not None}
    for key, harmless in _WITHOUT_EFFECT.items():
        if key in given and not any(given[key] == item and type(given[key]) is type(item) for item in harmless):
            raise RequestError(400, f"`{key}` is not supported here; leave it out", code="unsupported_parameter", param=key)
    try:
        ask = kind.model_validate(given)
    except ValidationError as error:
        raise _refusal(error) from error
    return ask, sorted(given.keys() - _known(kind) - _WITHOUT_EFFECT.keys())


def _known(kind: type[Ask]) -> set[str]:
    names: set[str] = set()
    for name, field in kind.model_fields.items():
        alias = field.validation_alias
        names |= {str(choice) for choice in alias.choices} if isinstance(alias, AliasChoices) else {str(alias or name)}
    return names


def _refusal(error: ValidationError) -> RequestError:
    first: dict[str, Any] = dict(error.errors(include_url=False, include_input=False, include_context=False)[0])
    param = ".".join(str(step) for step in first["loc"])
    missing = first["type"] == "missing"
    message = f"`{param}` is missing" if missing else f"`{param}`: {first['msg'][0].lower()}{first['msg'][1:]}"
    return RequestError(400, message, code="missing_parameter" if missing else "invalid_value", param=param)
