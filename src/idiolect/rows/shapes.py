"""What a row means, by its keys: each function makes Samples of one form, and says why where it cannot.

Forms: messages (OpenAI, TRL; also rendered ChatML in `text`), ShareGPT, Alpaca and all that has its keys (BBj's rows, with labels),
prompt and completion, input and output (Hotwire's rows, with `context`), fill-in-the-middle in its usual spellings, preference pairs,
pairs of an old and a new form, plain text, and idiolect's own. Samples come without origins; those are whoever's who reads the file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, cast, get_args

from pydantic import ValidationError

from idiolect.rows import fields, pairs
from idiolect.rows.fields import PATHS, PREFIXES, RESERVED, SUFFIXED, Refused, first, optional, text
from idiolect.sources import languages
from idiolect.types import File, Hole, Kind, Message, Sample

MAX_TURNS = 1_000
ROLES = {
    "system": "system", "developer": "system", "user": "user", "human": "user", "prompter": "user", "assistant": "assistant",
    "gpt": "assistant", "model": "assistant", "chatgpt": "assistant", "bot": "assistant",
}  # fmt: skip
TYPES: dict[str, Kind] = {
    "comprehension": "explain", "explanation": "explain", "generation": "write", "completion": "write", "migration": "migrate",
    "test": "spec", "testing": "spec", "bug-fix": "bugfix", "fix": "bugfix", "debugging": "diagnose", "refactoring": "refactor",
    "question": "qa", "preference": "contrast", "conversation": "chat",
}  # fmt: skip
"""Words for a kind of lesson that people use in `type`, besides the kinds' own names."""
_CHATML = re.compile(r"<\|im_start\|>(\w+)\n(.*?)(?:<\|im_end\|>|\Z)", re.DOTALL)
_FENCE = re.compile(r"^```([\w+#.-]+)[ \t]*$", re.MULTILINE)

Value = Mapping[str, Any]


class Shaped(NamedTuple):
    """What was made of a row."""

    form: str
    samples: tuple[Sample, ...]
    """One for each answer that is to be learned."""
    licence: str = ""
    """What the row says of itself."""
    unread: tuple[str, ...] = ()
    """Keys that nothing was made of."""


def shaped(value: Any) -> Shaped:
    """The Samples of a row. Raises Refused, with one word and a detail."""
    if not isinstance(value, dict):
        raise Refused("not-a-table", f"is {fields.called(value)}")
    form = next((form for form in _FORMS if form.fits(value)), None)
    if form is None:
        raise Refused("unknown-form", f"its keys are {', '.join(sorted(map(str, value)))[:200] or 'none'}")
    made = form.make(value)
    samples = tuple(_told(one, value) for one in made) if form.name != "idiolect" else made
    for one in samples:
        _speaks(one)
    unread = sorted(str(key) for key in value if key not in form.keys and key not in RESERVED)
    return Shaped(form.name, samples, optional(value, ("license", "licence")), tuple(unread))


def _told(sample: Sample, value: Value) -> Sample:
    """With its labels, and the kind that the row's `type` names."""
    labels = {**fields.labels(value), **sample.labels}
    kind, word = kind_of(sample, fields.type_of(value))
    if word:
        labels["type"] = (word,)
    if "language" not in labels and (known := _language(sample)):
        labels["language"] = (known,)
    return sample.model_copy(update={"kind": kind, "labels": labels})


def kind_of(sample: Sample, word: str) -> tuple[Kind, str]:
    """The kind, and the word of the row where it says more than that: its shape decides what no word can change."""
    named = word if word in get_args(Kind) else TYPES.get(word.lower().replace("_", "-"), "")
    fits = named and sample.kind not in ("raw", "fim", "contrast") and named not in ("raw", "fim", "contrast")
    kind = cast(Kind, named) if fits else sample.kind
    return kind, "" if word == kind else word


def _language(sample: Sample) -> str:
    """By the path of a hole, else by the first fence of the answer."""
    if isinstance(sample.prompt, Hole):
        found = languages.language(sample.prompt.path) if sample.prompt.path else ""
        return "" if found == "?" else found
    match = _FENCE.search(sample.answer or "")
    return languages.named(match[1]) if match else ""


def _speaks(sample: Sample) -> None:
    """Refuse a sample that says nothing, or holds what is no text. In a hole, that nothing belongs there is a lesson too."""
    hole = sample.prompt if isinstance(sample.prompt, Hole) else None
    said = [text for text in (sample.answer, sample.rejected) if text is not None]
    if not said or not (hole or all(text.strip() for text in said)):
        raise Refused("empty-answer")
    if hole and not (hole.files or (hole.prefix + hole.typed + hole.suffix).strip()):
        raise Refused("empty-prompt", "nothing stands around the hole")
    if isinstance(sample.prompt, tuple) and not any(turn.content.strip() for turn in sample.prompt if turn.role == "user"):
        raise Refused("empty-prompt")
    if any("\0" in said for said in texts(sample)):
        raise Refused("binary", "it holds the character NUL")


def texts(sample: Sample) -> Iterator[str]:
    """Every text of a Sample, labels apart."""
    prompt = sample.prompt
    if isinstance(prompt, Hole):
        yield from (prompt.path, prompt.prefix, prompt.typed, prompt.suffix)
        yield from (said for file in prompt.files for said in (file.path, file.text))
    elif prompt:
        yield from (turn.content for turn in prompt)
    yield from (said for said in (sample.answer, sample.rejected) if said is not None)
    yield from (said for file in sample.files for said in (file.path, file.text))


def own(value: Value) -> tuple[Sample, ...]:
    """Idiolect's own, as `samples export --format idiolect`, `samples show --json` and the Parquet of a run have it."""
    held = {key: one for key, one in value.items() if key in Sample.model_fields}
    for key, one in held.items():
        if isinstance(one, str) and key in ("prompt", "labels", "origins", "spans", "rejected_spans", "files"):
            held[key] = _parsed(one, key)
    try:
        return (Sample.model_validate(held),)
    except ValidationError as error:
        said = error.errors()[0]
        raise Refused("unknown-form", f"{'.'.join(map(str, said['loc']))}: {said['msg']}"[:200]) from None


def messages(value: Value) -> tuple[Sample, ...]:
    """Turns with `role` and `content`; every answer of the assistant's is one Sample, unless its `weight` is 0."""
    rows = next(value[key] for key in ("messages", "conversations", "conversation") if key in value)
    return _answers(_turns(rows, "role", "content"))


def sharegpt(value: Value) -> tuple[Sample, ...]:
    """Turns with `from` and `value`."""
    head = optional(value, ("system",))
    rows = value["conversations"] if "conversations" in value else value["conversation"]
    turns = _turns(rows, "from", "value")
    return _answers([(Message(role="system", content=head), False), *turns] if head and turns[0][0].role != "system" else turns)


def chatml(value: Value) -> tuple[Sample, ...]:
    """A conversation that somebody rendered already, as one text."""
    found = _CHATML.findall(value["text"])
    return _answers(_turns([{"role": role, "content": said} for role, said in found], "role", "content"))


def alpaca(value: Value) -> tuple[Sample, ...]:
    """`instruction`, `input` and `output`, with `system` and `history` as LLaMA-Factory has them."""
    asked = "\n\n".join(filter(None, [text(value, "instruction"), optional(value, ("input",))]))
    turns = _system(value)
    history = value.get("history") or []
    if not isinstance(history, list) or not all(isinstance(one, list) and len(one) == 2 for one in history):
        raise Refused("role-order", "history: should be a list of pairs")
    for question, answer in history:
        turns += [
            Message(role="user", content=fields.as_text(question, "history")),
            Message(role="assistant", content=fields.as_text(answer, "history")),
        ]
    return (_sample((*turns, Message(role="user", content=asked)), first(value, fields.ANSWERS), "write", "alpaca"),)


def completion(value: Value) -> tuple[Sample, ...]:
    """`prompt` and `completion`, as texts or as lists of messages (TRL); `question` and `answer`."""
    asked = value["prompt"] if "prompt" in value else value["question"]
    answer = next(value[key] for key in fields.ANSWERS if key in value)
    if isinstance(asked, list) or isinstance(answer, list):
        rows = [*(asked if isinstance(asked, list) else [{"role": "user", "content": asked}])]
        rows += answer if isinstance(answer, list) else [{"role": "assistant", "content": answer}]
        return _answers(_turns(rows, "role", "content"), last=True)
    said = (*_system(value), Message(role="user", content=fields.as_text(asked, "prompt")))
    return (_sample(said, first(value, fields.ANSWERS), "write", "completion"),)


def asked(value: Value) -> tuple[Sample, ...]:
    """`input` and `output`; `context`, a text or a table, stands before the request."""
    context = value.get("context")
    if isinstance(context, dict):
        context = "\n".join(f"{name}: {fields.as_text(one, f'context.{name}')}" for name, one in context.items() if one is not None)
    before = fields.as_text(context, "context") if context else ""
    said = "\n\n".join(filter(None, [before, text(value, "input")]))
    return (_sample((*_system(value), Message(role="user", content=said)), first(value, fields.ANSWERS), "write", "asked"),)


def fim(value: Value) -> tuple[Sample, ...]:
    """A hole: prefix, suffix and middle, the suffix perhaps empty."""
    path = optional(value, PATHS)
    if path and (why := languages.bad_path(path)):
        raise Refused("bad-path", why)
    around = value.get("files") or []
    if not isinstance(around, list) or not all(isinstance(one, dict) for one in around):
        raise Refused("not-text", "files: should be a list of tables with path and text")
    hole = Hole(
        path=path, prefix=first(value, PREFIXES), suffix=optional(value, SUFFIXED), typed=optional(value, ("typed",)),
        files=tuple(File(path=text(one, "path"), text=text(one, "text")) for one in around),
    )  # fmt: skip
    return (Sample(prompt=hole, answer=first(value, fields.MIDDLES), kind="fim", maker="fim_row"),)


def preference(value: Value) -> tuple[Sample, ...]:
    """`chosen` and `rejected`, with `prompt` or with the whole conversation in each (TRL)."""
    chosen, rejected = value["chosen"], value["rejected"]
    before = value.get("prompt") or []
    turns = before if isinstance(before, list) else [{"role": "user", "content": before}]
    (good,), (bad,) = (
        _answers(_turns([*turns, *(one if isinstance(one, list) else [{"role": "assistant", "content": one}])], "role", "content"), True)
        for one in (chosen, rejected)
    )
    if good.prompt != bad.prompt:
        raise Refused("role-order", "chosen and rejected answer different prompts")
    return (good.model_copy(update={"rejected": bad.answer, "kind": "contrast", "maker": "preference"}),)


def raw(value: Value) -> tuple[Sample, ...]:
    """Plain text, every token of which is learned."""
    return (Sample(answer=first(value, ("text", "content", "code")), kind="raw", maker="text_row"),)


def _system(value: Value) -> list[Message]:
    said = optional(value, ("system", "system_prompt"))
    return [Message(role="system", content=said)] if said else []


def _sample(turns: Sequence[Message], answer: str, kind: Kind, maker: str) -> Sample:
    return Sample(prompt=tuple(turns), answer=answer, kind=kind, maker=maker)


def _turns(rows: Any, who: str, what: str) -> list[tuple[Message, bool]]:
    """Turns in order, each with whether it is to be learned: perhaps a system's, then the user's and the assistant's by turns."""
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise Refused("role-order", "should be a list of turns, and not empty")
    if len(rows) > MAX_TURNS:
        raise Refused("role-order", f"more than {MAX_TURNS:,} turns")
    found: list[tuple[Message, bool]] = []
    for row in rows:
        word = row.get(who)
        if not isinstance(word, str) or word.lower() not in ROLES:
            raise Refused("unknown-role", str(word)[:80])
        role = ROLES[word.lower()]
        wanted = "system" if not found and role == "system" else "assistant" if found and found[-1][0].role == "user" else "user"
        if role != wanted:
            raise Refused("role-order", f"turn {len(found) + 1} is {role}'s, where {wanted}'s should be")
        learned = row.get("weight") not in (0, 0.0) and row.get("train") is not False and role == "assistant"
        found.append((Message(role=cast(Any, role), content=fields.as_text(row.get(what), what)), learned))
    if found[-1][0].role != "assistant":
        raise Refused("no-answer", f"the last turn is {found[-1][0].role}'s")
    return found


def _answers(turns: Sequence[tuple[Message, bool]], last: bool = False) -> tuple[Sample, ...]:
    """A Sample of each answer that is to be learned, or of the last alone."""
    places = [len(turns) - 1] if last else [place for place, (_, learned) in enumerate(turns) if learned]
    if not places:
        raise Refused("no-answer", "every answer has the weight 0")
    said = [turn for turn, _ in turns]
    return tuple(_sample(said[:place], said[place].content, "chat", "conversation") for place in places)


def _parsed(said: str, key: str) -> Any:
    try:
        return json.loads(said)
    except (ValueError, RecursionError):
        raise Refused("unknown-form", f"{key} is no JSON") from None


class _Form(NamedTuple):
    name: str
    fits: Callable[[Value], bool]
    make: Callable[[Value], tuple[Sample, ...]]
    keys: frozenset[str]
    """That are read, besides the labels."""


def _has(value: Value, *names: Sequence[str]) -> bool:
    return all(any(value.get(name) is not None for name in some) for some in names)


def _spoken(value: Value, who: str) -> bool:
    """Whether a conversation names its speakers so."""
    rows = next((value[key] for key in ("messages", "conversations", "conversation") if key in value), None)
    return isinstance(rows, list) and bool(rows) and isinstance(rows[0], dict) and who in rows[0]


_CONVERSATION = ("messages", "conversations", "conversation", "system")
_FORMS = (
    _Form("idiolect", lambda one: {"kind", "maker", "answer"} <= set(one), own, frozenset((*Sample.model_fields, "source"))),
    _Form("preference", lambda one: _has(one, ["chosen"], ["rejected"]), preference, frozenset(("prompt", "chosen", "rejected"))),
    _Form("sharegpt", lambda one: _spoken(one, "from"), sharegpt, frozenset(_CONVERSATION)),
    _Form("messages", lambda one: _has(one, _CONVERSATION[:3]), messages, frozenset(_CONVERSATION[:3])),
    _Form(
        "fim", lambda one: _has(one, PREFIXES, fields.MIDDLES), fim,
        frozenset((*PREFIXES, *SUFFIXED, *fields.MIDDLES, *PATHS, "typed", "files")),
    ),
    _Form("pair", lambda one: _has(one, ["before"], ["after"]), pairs.pair, frozenset(pairs.KEYS)),
    _Form(
        "alpaca", lambda one: _has(one, ["instruction"], fields.ANSWERS), alpaca,
        frozenset(("instruction", "input", "system", "system_prompt", "history", *fields.ANSWERS)),
    ),
    _Form(
        "prompt-completion", lambda one: _has(one, ["prompt", "question"], fields.ANSWERS), completion,
        frozenset(("prompt", "question", "system", "system_prompt", *fields.ANSWERS)),
    ),
    _Form(
        "input-output", lambda one: _has(one, ["input"], fields.ANSWERS), asked,
        frozenset(("input", "context", "system", "system_prompt", *fields.ANSWERS)),
    ),
    _Form("chatml", lambda one: str(one.get("text", "")).lstrip().startswith("<|im_start|>"), chatml, frozenset(("text",))),
    _Form("text", lambda one: _has(one, ("text", "content", "code")), raw, frozenset(("text", "content", "code"))),
)  # fmt: skip
"""In the order in which they are tried."""
