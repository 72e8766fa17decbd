"""What the fields of rows are called, and how text and labels are taken out of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from idiolect.sources import languages

PREFIXES = ("prefix", "fim_prefix", "input_prefix", "before")
SUFFIXED = ("suffix", "fim_suffix", "input_suffix", "after")
MIDDLES = ("middle", "fim_middle", "completion", "infill", "output", "answer")
ANSWERS = ("output", "completion", "response", "answer")
PATHS = ("path", "file_path", "filename", "file")
LABELS = (
    "language", "generation", "difficulty", "category", "tags", "topic", "domain", "framework", "client", "phase", "pattern", "level",
    "version", "requires_version", "from_generation", "to_generation",
)  # fmt: skip
"""Fields that are labels, in the row or in its `meta`; `labels` may hold others."""
RESERVED = frozenset((*LABELS, "lang", "labels", "meta", "metadata", "type", "kind", "task", "id", "license", "licence"))
"""What is read in every form, and `id`, which says nothing: a Sample has its own."""
MOST_VALUES, LONGEST = 50, 200
"""Values of one label, and characters of one value."""


class Refused(Exception):  # noqa: N818  a row is data: this is a verdict, no error of the program
    """Nothing is made of a row: one word, and what a person needs to mend it."""

    def __init__(self, reason: str, detail: str = "") -> None:
        self.reason, self.detail = reason, detail
        super().__init__(f"{reason}: {detail}" if detail else reason)


def called(value: Any) -> str:
    """What a value is, in words."""
    names = {bool: "a truth value", int: "a number", float: "a number", str: "text", list: "a list", dict: "a table", type(None): "nothing"}
    return names.get(type(value), f"a {type(value).__name__}")


def as_text(value: Any, name: str) -> str:
    """A text, or the texts of a list of parts as OpenAI has them."""
    if isinstance(value, list) and value and all(isinstance(one, dict) and one.get("type") == "text" for one in value):
        return "".join(as_text(one.get("text"), name) for one in value)
    if not isinstance(value, str):
        hint = "; put it in quotes" if isinstance(value, bool | int | float) else ""
        raise Refused("not-text", f"{name} is {called(value)}{hint}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Refused("not-utf8", f"{name} holds half of a character") from None
    return value


def text(value: Mapping[str, Any], name: str) -> str:
    """The text of a field that must be there."""
    return as_text(value.get(name), name)


def first(value: Mapping[str, Any], names: Sequence[str]) -> str:
    """The text of the first of these fields that is there."""
    return text(value, next((name for name in names if value.get(name) is not None), names[0]))


def optional(value: Mapping[str, Any], names: Sequence[str]) -> str:
    """The same, empty where none is there."""
    return first(value, names) if any(value.get(name) is not None for name in names) else ""


def labels(value: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Labels of a row: those that stand in it or in its `meta`, and all of its `labels`."""
    given = _table(value, "labels")
    found = {}
    for place in (_table(value, "metadata"), _table(value, "meta"), value):
        held = {**place, "language": place.get("language", place.get("lang"))}
        found.update({name: held[name] for name in LABELS if held.get(name) is not None})
    said = {str(name): _values(one, str(name)) for name, one in {**found, **given}.items() if one is not None}
    if "language" in said:
        said["language"] = tuple(languages.named(one) for one in said["language"])
    return {name: values for name, values in said.items() if values}


def type_of(value: Mapping[str, Any]) -> str:
    """The row's word for what sort of lesson it is, or nothing."""
    for place in (value, _table(value, "meta"), _table(value, "metadata")):
        for name in ("kind", "type", "task"):
            if isinstance(place.get(name), str):
                return " ".join(str(place[name]).split())[:LONGEST]
    return ""


def _table(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A table in a field, or its JSON, as it stands in a column of Parquet."""
    held = value.get(name)
    if isinstance(held, str) and held.startswith("{"):
        try:
            held = json.loads(held)
        except (ValueError, RecursionError):
            held = None
    if isinstance(held, dict):
        return held
    if held is not None and name == "labels":
        raise Refused("not-a-label", f"labels: should be a table, not {called(held)}")
    return {}


def _values(value: Any, name: str) -> tuple[str, ...]:
    """The values of a label."""
    rows = value if isinstance(value, list | tuple) else [value]
    if len(rows) > MOST_VALUES:
        raise Refused("not-a-label", f"{name} has more than {MOST_VALUES} values")
    found = []
    for one in rows:
        if isinstance(one, dict | list | tuple | bytes) or one is None:
            raise Refused("not-a-label", f"{name} is {called(one)}")
        said = as_text(one if isinstance(one, str) else str(one), name).strip()
        if len(said) > LONGEST:
            raise Refused("not-a-label", f"{name} is longer than {LONGEST} characters")
        found += [said] if said else []
    return tuple(dict.fromkeys(found))
