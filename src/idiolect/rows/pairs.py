"""Pairs of an old and a new form that people wrote down, each with the files that a check of the new form needs.

{"before": "...", "after": "...", "language": "cobol", "to": "java", "instruction": "With records", "files": {"inputs/a.txt": "..."}}
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

from idiolect import markdown
from idiolect.rows.fields import Refused, as_text, called, optional, text
from idiolect.sources import languages
from idiolect.types import File, Message, Sample

KEYS = ("before", "after", "instruction", "to", "files")
"""`language` is that of the old form, `to` that of the new one where it is another."""
FRAMES = (
    "Bring this to how we write it now.\n\n{code}",
    "{code}\n\nHow do we write this today?",
    "Rewrite this in our present style.\n\n{code}",
)
"""One of these asks where a row has no instruction."""


def pair(value: Mapping[str, Any]) -> tuple[Sample, ...]:
    """A lesson of migration; the model never sees its files."""
    before, after, said = text(value, "before"), text(value, "after"), optional(value, ("instruction",)).strip()
    if not before.strip():
        raise Refused("empty-prompt", "`before` says nothing")
    old = languages.named(optional(value, ("language", "lang")))
    new = languages.named(optional(value, ("to",))) or old
    code = _fenced(before, old)
    asked = f"{said}\n\n{code}" if said else FRAMES[zlib.crc32(before.encode()) % len(FRAMES)].format(code=code)
    labels: dict[str, tuple[str, ...]] = {"language": (new,)} if new else {}
    answer = _fenced(after, new) if after.strip() else ""
    prompt = (Message(role="user", content=asked),)
    return (Sample(prompt=prompt, answer=answer, kind="migrate", maker="pair_row", labels=labels, files=_files(value.get("files") or {})),)


def _fenced(code: str, language: str) -> str:
    return markdown.fenced(code.rstrip(), language.split()[0] if language else "")


def _files(value: Any) -> tuple[File, ...]:
    if not isinstance(value, dict):
        raise Refused("not-a-table", f"`files` is {called(value)}")
    return tuple(File(path=path, text=as_text(said, f"`files`: {path}")) for path, said in sorted(value.items()))
