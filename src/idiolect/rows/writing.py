"""Samples as rows that other programs read, and that we read again. What a form cannot say is counted, never silently lost."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from idiolect.errors import DataError, UsageError
from idiolect.files import atomic
from idiolect.rows import shapes
from idiolect.rows.fields import Refused
from idiolect.rows.yaml_rows import MAX_YAML
from idiolect.types import Hole, Message, Sample

Form = Callable[[Sample], dict[str, Any]]
"""A Sample as a row; raises Unsaid where the form has no words for it."""
_BREAKS = "\r\x85\u2028\u2029"
"""What YAML reads as other ends of lines, where it is not escaped."""


class Unsaid(Exception):  # noqa: N818  a count, no error of the program
    """What a form cannot say of a Sample at all."""


@dataclass
class Written:
    """What was written, and what was not."""

    rows: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    """Samples that the form cannot hold, by why."""
    holders: dict[str, list[str]] = field(default_factory=dict)
    """The forms that hold all of these, by why."""
    lost: Counter[str] = field(default_factory=Counter)
    """Of those that were written, how many lost a part that is not there when the row is read again."""

    def rows_of(self, samples: Iterable[Sample], form: str) -> Iterator[dict[str, Any]]:
        """The rows, counted."""
        for sample in samples:
            if row := self.row(sample, FORMATS[form]):
                yield row

    def row(self, sample: Sample, make: Form) -> dict[str, Any] | None:
        """Its row, counted; None where the form cannot hold it."""
        try:
            row = make(sample)
            lost = list(_lost(sample, row))
        except Unsaid as why:
            self.left_out[str(why)] += 1
            self.holders[str(why)] = [form for form in self.holders.get(str(why), FORMATS) if _holds(FORMATS[form], sample)]
            return None
        self.rows += 1
        self.lost.update(lost)
        return row

    def must_hold(self, target: Path) -> None:
        """Raise a DataError that says why where nothing was written."""
        if self.rows:
            return
        why = ", ".join(f"{count:,}: {one}" for one, count in sorted(self.left_out.items()))
        what = f"no row is written: of {self.left_out.total():,} samples the form can hold none ({why})"
        forms = sorted(set[str]().union(*self.holders.values()))
        raise DataError(
            what if why else "there is no such sample",
            where=str(target), next=f"choose another form: {', '.join(forms)}" if forms else "see `idiolect samples list`",
        )  # fmt: skip


def write(target: Path, samples: Iterable[Sample], form: str) -> Written:
    """Write Samples as JSON lines of a form (`FORMATS`), or where the name ends so as a list in YAML.

    A file that stands there is a UsageError. Where there is no row to write a DataError says why, and no file is left.
    """
    if target.exists():
        raise UsageError("something stands here already", where=str(target), next="name a file that is not there yet")
    written, size = Written(), 0
    spelled, most = (_yaml, MAX_YAML) if target.suffix.lower() in (".yaml", ".yml") else (_json, None)
    with atomic(target) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as stream:
        for row in written.rows_of(samples, form):
            text = spelled(row)
            size += len(text.encode()) if most else 0
            if most and size > most:
                raise UsageError(f"more than {most:,} bytes of YAML, which nothing reads", where=str(target), next="write it as .jsonl")
            stream.write(text)
        written.must_hold(target)
    return written


def _json(row: dict[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"


class _Dumper(yaml.SafeDumper):  # type: ignore[misc]  # PyYAML says nothing of its types
    """Texts of several lines as people write them."""


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    style = '"' if any(one in text for one in _BREAKS) else "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def _yaml(row: dict[str, Any]) -> str:
    return str(yaml.dump([row], Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=140))


def _lost(sample: Sample, row: dict[str, Any]) -> Iterator[str]:
    """Parts of a Sample that its row does not give again; raises Unsaid where it gives another Sample, or none."""
    try:
        *context, again = shapes.shaped(row).samples
    except Refused as why:
        raise Unsaid(f"would be refused: {why.reason}") from None
    if _core(sample) != _core(again):
        raise Unsaid("would be read as something else")
    if context:
        yield "which turns are context"
    if isinstance(sample.prompt, Hole) and isinstance(again.prompt, Hole):
        for name, said in (("path", "path"), ("typed", "what was typed"), ("files", "files around the hole")):
            if getattr(sample.prompt, name) != getattr(again.prompt, name):
                yield said
    yield from (f"label {name}" for name, values in sample.labels.items() if again.labels.get(name) != values)
    yield from (one for one in ("kind", "spans", "rejected_spans", "files", "weight") if getattr(sample, one) != getattr(again, one))


def _core(sample: Sample) -> tuple[object, ...]:
    """What no form may change: the texts that the model is taught, those around a hole without the other files."""
    hole = sample.prompt
    asked = (hole.prefix + hole.typed, hole.suffix) if isinstance(hole, Hole) else hole
    return asked, sample.answer, sample.rejected


def _holds(make: Form, sample: Sample) -> bool:
    try:
        list(_lost(sample, make(sample)))
    except Unsaid:
        return False
    return True


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
    asked, answer = _single(sample)
    return {"prompt": asked, "completion": answer, **_about(sample)}


def _hotwire(sample: Sample) -> dict[str, Any]:
    """What stands in `context` is part of what is asked when it is read, so it stands in `input`."""
    asked, answer = _single(sample)
    return {"input": asked, "output": answer, **_about(sample)}


def _bbj(sample: Sample) -> dict[str, Any]:
    """Instructions, and completions of what stands before the cursor; a hole with something behind it has no row."""
    known = {
        name: list(values) if len(values) > 1 else values[0] for name in ("generation", "difficulty") if (values := sample.labels.get(name))
    }
    hole = sample.prompt
    if not isinstance(hole, Hole):
        asked, answer = _single(sample)
        return {"id": sample.id, "type": _type(sample), **known, "instruction": asked, "input": "", "output": answer}
    if hole.suffix:
        raise Unsaid("a hole with something behind it")
    return {"id": sample.id, "type": "completion", **known, "prefix": hole.prefix + hole.typed, "completion": _answer(sample)}


def _type(sample: Sample) -> str:
    """The word that the row had which it was read from, where it says the same kind."""
    (word,) = sample.labels.get("type", ())[:1] or (sample.kind,)
    return word if shapes.kind_of(sample.model_copy(update={"kind": "write"}), word) == (sample.kind, word) else sample.kind


def _chatml(sample: Sample) -> dict[str, Any]:
    said, answer = turns(sample)
    rows = [*said, Message(role="assistant", content=answer)]
    return {"text": "".join(f"<|im_start|>{one.role}\n{one.content}<|im_end|>\n" for one in rows), **_about(sample)}


def _single(sample: Sample) -> tuple[str, str]:
    """What is asked and answered, of a conversation of one turn."""
    said, answer = turns(sample)
    if len(said) > 1:
        raise Unsaid("several turns, or a system's")
    return said[0].content, answer


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


FORMATS: dict[str, Form] = {
    "messages": _messages, "chatml": _chatml, "sharegpt": _sharegpt, "alpaca": _alpaca, "bbj": _bbj, "prompt-completion": _completion,
    "hotwire": _hotwire, "fim": _fim, "idiolect": _own,
}  # fmt: skip
