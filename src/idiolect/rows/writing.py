"""Samples as rows that other programs read. What a form cannot say is counted, never silently lost."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from idiolect.errors import UsageError
from idiolect.files import atomic
from idiolect.types import Hole, Message, Sample

Form = Callable[[Sample], dict[str, Any]]
"""A Sample as a row; raises Unsaid where the form has no words for it."""


class Unsaid(Exception):  # noqa: N818  a count, no error of the program
    """What a form cannot say of a Sample at all."""


@dataclass
class Written:
    """What was written, and what was not."""

    rows: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    """Samples that the form cannot hold, by why."""
    lost: Counter[str] = field(default_factory=Counter)
    """Of those that were written, how many lost a part: spans, rejected_spans, files, weight."""

    def rows_of(self, samples: Iterable[Sample], form: str) -> Iterator[dict[str, Any]]:
        """The rows, counted."""
        keeps = _KEEPS.get(form, frozenset())
        for sample in samples:
            try:
                row = FORMATS[form](sample)
            except Unsaid as why:
                self.left_out[str(why)] += 1
                continue
            self.add(sample, keeps)
            yield row

    def add(self, sample: Sample, keeps: Collection[str] = ()) -> None:
        """Count one that was written in a form that keeps these parts."""
        self.rows += 1
        self.lost.update(part for part in _parts(sample) if part not in keeps)


def write(target: Path, samples: Iterable[Sample], form: str) -> Written:
    """Write Samples as JSON lines of a form (`FORMATS`); a file that stands there is a UsageError."""
    if target.exists():
        raise UsageError("something stands here already", where=str(target), next="name a file that is not there yet")
    written = Written()
    with atomic(target) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as stream:
        for row in written.rows_of(samples, form):
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")
    return written


def turns(sample: Sample) -> tuple[tuple[Message, ...], str]:
    """The conversation and the answer of a Sample that is one."""
    if isinstance(sample.prompt, Hole):
        raise Unsaid("a hole")
    if not sample.prompt:
        raise Unsaid("raw text")
    return sample.prompt, _answer(sample)


def _answer(sample: Sample) -> str:
    if sample.rejected is not None:
        raise Unsaid("says what not to say")
    if sample.answer is None:
        raise Unsaid("no answer")
    return sample.answer


def _messages(sample: Sample) -> dict[str, Any]:
    """Answers before the last have the weight 0, as OpenAI has it: they are not what this Sample teaches."""
    said, answer = turns(sample)
    rows = [{"role": one.role, "content": one.content, **({"weight": 0} if one.role == "assistant" else {})} for one in said]
    return {"messages": [*rows, {"role": "assistant", "content": answer}], **_about(sample)}


def _sharegpt(sample: Sample) -> dict[str, Any]:
    said, answer = turns(sample)
    names = {"system": "system", "user": "human", "assistant": "gpt"}
    rows = [{"from": names[one.role], "value": one.content, **({"weight": 0} if one.role == "assistant" else {})} for one in said]
    return {"conversations": [*rows, {"from": "gpt", "value": answer}], **_about(sample)}


def _alpaca(sample: Sample) -> dict[str, Any]:
    said, answer = turns(sample)
    system, *rest = [one.content for one in said] if said[0].role == "system" else ["", *(one.content for one in said)]
    if [one.role for one in said if one.role != "system"] != (["user", "assistant"] * len(said))[: len(rest)] or not len(rest) % 2:
        raise Unsaid("turns in another order")
    history = [[question, reply] for question, reply in zip(rest[:-1:2], rest[1::2], strict=True)]
    more = {**({"system": system} if system else {}), **({"history": history} if history else {})}
    return {"instruction": rest[-1], "input": "", "output": answer, **more, **_about(sample)}


def _completion(sample: Sample) -> dict[str, Any]:
    said, answer = turns(sample)
    if len(said) > 1:
        raise Unsaid("several turns, or a system's")
    return {"prompt": said[0].content, "completion": answer, **_about(sample)}


def _fim(sample: Sample) -> dict[str, Any]:
    hole = sample.prompt
    if not isinstance(hole, Hole):
        raise Unsaid("no hole")
    around = {"files": [{"path": one.path, "text": one.text} for one in hole.files]} if hole.files else {}
    typed = {"typed": hole.typed} if hole.typed else {}
    row = {"prefix": hole.prefix, "suffix": hole.suffix, "middle": _answer(sample), "path": hole.path}
    return {**row, **typed, **around, **_about(sample)}


def _own(sample: Sample) -> dict[str, Any]:
    return {"id": sample.id, **sample.model_dump(mode="json")}


def _about(sample: Sample) -> dict[str, Any]:
    labels = {name: list(values) for name, values in sample.labels.items()}
    return {"type": sample.kind, **({"labels": labels} if labels else {})}


def _parts(sample: Sample) -> Iterator[str]:
    """Parts that only our own form has a place for."""
    yield from (name for name in ("spans", "rejected_spans", "files") if getattr(sample, name))
    if sample.weight != 1:
        yield "weight"


FORMATS: dict[str, Form] = {
    "messages": _messages, "sharegpt": _sharegpt, "alpaca": _alpaca, "prompt-completion": _completion, "fim": _fim, "idiolect": _own,
}  # fmt: skip
_KEEPS = {"idiolect": frozenset(("spans", "rejected_spans", "files", "weight"))}
