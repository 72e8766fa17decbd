"""gold: pairs of an old and a new form that people wrote down, each with the files that a check of the new form needs.

As a line of JSON, or as a folder:

    {"before": "...", "after": "...", "language": "cobol", "instruction": "To Java, with records", "files": {"inputs/a.txt": "..."}}

    payroll/before.cob  payroll/after.java  payroll/instruction.md  payroll/inputs/a.txt  payroll/expected/a.txt
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from idiolect.dataset.makers.material import labels, seeded
from idiolect.dataset.makers.scope import fenced
from idiolect.sources import languages
from idiolect.types import Dropped, File, Message, Sample, Span

KEYS = {"before": str, "after": str, "instruction": str, "language": str, "to": str, "labels": dict, "files": dict}
"""`language` is that of the old form, `to` that of the new one where it is another."""
FRAMES = (
    "Bring this to how we write it now.\n\n{code}",
    "{code}\n\nHow do we write this today?",
    "Rewrite this in our present style.\n\n{code}",
)
CHECKED = frozenset({"inputs", "expected", "tests"})
"""Folders of a pair whose files are for its check."""


def row(value: Any) -> Sample:
    """A lesson of a row's values; what is wrong with them is a ValueError."""
    _demand(isinstance(value, dict), "a row is an object with `before` and `after`")
    for name, kind in KEYS.items():
        _demand(isinstance(value.get(name, kind()), kind), f"`{name}` should be {'text' if kind is str else 'an object'}")
    for name in value:
        _demand(name in KEYS, f"`{name}` is no key of a pair; known are {', '.join(KEYS)}")
    for name in ("before", "after"):
        _demand(bool(value.get(name, "").strip()), f"`{name}` is missing or empty")
    before, after, old = value["before"], value["after"], value.get("language", "")
    new = value.get("to", old)
    code, said = fenced(before.rstrip("\n"), old), value.get("instruction", "").strip()
    asked = f"{said}\n\n{code}" if said else seeded("gold", before).choice(FRAMES).format(code=code)
    return Sample(
        prompt=(Message(role="user", content=asked),),
        answer=fenced(after.rstrip("\n"), new),
        kind="migrate",
        maker="gold",
        labels={**labels(new), **{name: _values(name, found) for name, found in value.get("labels", {}).items()}},
        files=tuple(_file(path, text) for path, text in sorted(value.get("files", {}).items())),
    )


def rows(data: bytes, path: str, source: str) -> Iterator[Sample | Dropped]:
    """The lessons of a file of JSON lines; a line that is none is dropped with its number, the others are kept."""
    start = 0
    for number, line in enumerate(data.split(b"\n"), 1):
        end = start + len(line)
        if line.strip():
            try:
                found = row(json.loads(line))
            except (ValueError, RecursionError) as error:  # what json and Unicode hold against a line is a ValueError too
                yield Dropped(reason="malformed row", what=path, source=source, detail=f"line {number}: {error}"[:300])
            else:
                yield found.model_copy(update={"origins": (Span(source=source, commit="", path=path, start=start, end=end, time=0),)})
        start = end + 1


def folders(files: Mapping[str, bytes], source: str) -> Iterator[Sample | Dropped]:
    """The lessons of a folder of pairs, by the paths of its files; a pair that is not whole is dropped."""
    pairs: dict[str, dict[str, bytes]] = defaultdict(dict)
    for path, data in sorted(files.items()):
        parts = PurePosixPath(path).parts
        at = next((place for place, part in enumerate(parts) if part in CHECKED), len(parts) - 1)
        pairs["/".join(parts[:at])]["/".join(parts[at:])] = data
    for folder, held in pairs.items():
        try:
            sample, used = _pair(held)
        except ValueError as error:
            yield Dropped(reason="malformed pair", what=folder, source=source, detail=str(error)[:300])
            continue
        where = [Span(source=source, commit="", path=f"{folder}/{name}".lstrip("/"), start=0, end=len(held[name]), time=0) for name in used]
        yield sample.model_copy(update={"origins": tuple(where)})


def _pair(held: Mapping[str, bytes]) -> tuple[Sample, list[str]]:
    """A folder's lesson, and the files that it is made of."""
    named = {PurePosixPath(name).stem: name for name in sorted(held) if "/" not in name}
    for word in ("before", "after"):
        _demand(word in named, f"holds no file `{word}`")
    texts = {name: data.decode() for name, data in held.items()}
    checked = {name: text for name, text in texts.items() if name.split("/")[0] in CHECKED}
    old, new = named["before"], named["after"]
    value: dict[str, Any] = {
        "before": texts[old], "after": texts[new], "files": checked,
        "language": languages.language(old, held[old]) or "", "to": languages.language(new, held[new]) or "",
    }  # fmt: skip
    used = [old, new, *checked]
    if "instruction" in named:
        value["instruction"] = texts[named["instruction"]]
        used.append(named["instruction"])
    return row(value), used


def _values(name: str, found: Any) -> tuple[str, ...]:
    values = [found] if isinstance(found, str) else found
    whole = isinstance(values, list) and all(isinstance(one, str) for one in values)
    _demand(whole, f"the label `{name}` should be text or a list of it")
    return tuple(values)


def _file(path: str, text: Any) -> File:
    _demand(isinstance(text, str), f"`files`: the text of `{path}` should be text")
    return File(path=path, text=text)


def _demand(holds: bool, said: str) -> None:
    """Raise ValueError where something does not hold."""
    if not holds:
        raise ValueError(said)
