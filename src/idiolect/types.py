"""The nouns: what flows through idiolect and what stands on disk.

Whatever is ever JSON is a `Record`: frozen, unknown fields refused. A Sample is one shape for every kind of lesson;
its parts are stored, never the rendered string, so that one dataset teaches every model family.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict

Kind = Literal[
    "raw", "fim", "write", "explain", "diff", "review", "spec", "refactor",
    "feature", "bugfix", "diagnose", "migrate", "qa", "chat", "contrast",
]  # fmt: skip
Split = Literal["train", "validation", "time", "cluster", "source"]
SPLITS: tuple[Split, ...] = ("train", "validation", "time", "cluster", "source")
Form = Literal["base", "adapter", "merged", "gguf"]
Role = Literal["team", "reference", "public", "legacy"]


class Record(BaseModel):
    """A frozen value that refuses unknown fields; its JSON is its identity."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, protected_namespaces=())


def complaint(kind: str, message: str) -> str:
    """What pydantic holds against a value, in the words of the file that it was read from."""
    said = {"tuple_type": "should be a list", "model_type": "should be a table", "dict_type": "should be a table"}
    return said.get(kind) or message.removeprefix("Value error, ")


Kept = TypeVar("Kept", bound=Record)


def trusted(record: type[Kept], **values: Any) -> Kept:
    """A record of values that were checked when they were made, all fields given: what `model_construct` does, at a tenth of its price."""
    made, put = record.__new__(record), object.__setattr__
    put(made, "__dict__", values)
    put(made, "__pydantic_fields_set__", set(values))
    put(made, "__pydantic_extra__", None)
    put(made, "__pydantic_private__", None)
    return made


class Span(Record):
    """Bytes of the team's that stand in a Document or a Sample: enough to delete them again and to cut by time."""

    source: str
    """Name of the source in the recipe."""
    commit: str
    """Hex object id of the commit that the bytes were read at; for a file of rows the SHA-256 of its bytes."""
    path: str
    """A label, never joined to a path of this machine."""
    start: int
    """First byte in the file, inclusive."""
    end: int
    """Last byte in the file, exclusive."""
    time: int
    """Seconds since the epoch, UTC, when these bytes were last written (author time)."""
    authors: tuple[str, ...] = ()
    """Keyed pseudonyms of everyone who owns a line."""
    licence: str = ""
    """SPDX id, or empty where unknown."""


class Message(Record):
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


class File(Record):
    """A path and its text: context that stands around a hole, or an input of a check."""

    path: str
    text: str


class Hole(Record):
    """A gap to fill; prefix + typed + answer + suffix is one run of the file, byte for byte."""

    path: str
    prefix: str
    suffix: str
    typed: str = ""
    """What was just typed: stands after the middle marker (fragment order), before the answer."""
    files: tuple[File, ...] = ()
    """Files around it, the most distant first."""


Prompt = tuple[Message, ...] | Hole | None


class Sample(Record):
    """One lesson: what the model sees, what it should say, and where that came from."""

    prompt: Prompt = None
    """A conversation, a hole, or nothing: raw text."""
    answer: str | None = None
    """What the loss is taken on and a check compares with; absent only where `rejected` is set."""
    rejected: str | None = None
    """What not to say, for contrast and preference."""
    kind: Kind
    maker: str
    """Name of the function that made it."""
    labels: dict[str, tuple[str, ...]] = {}
    """The pack's labels, and `language`."""
    weight: float = 1.0
    """How much it counts in training."""
    confidence: float = 1.0
    """How sure the maker is, 0 to 1."""
    origins: tuple[Span, ...] = ()
    """Every span of the team's bytes that stands in the sample."""
    spans: tuple[tuple[int, int], ...] = ()
    """Byte ranges of the answer that the loss applies to; empty: all of it."""
    rejected_spans: tuple[tuple[int, int], ...] = ()
    """The same, of `rejected`."""
    files: tuple[File, ...] = ()
    """What a check needs and the model never sees."""

    @cached_property
    def id(self) -> str:
        """Hash of prompt, answer, rejected and kind: 32 hex digits."""
        prompt = self.model_dump(mode="json", include={"prompt"})["prompt"]
        parts = [prompt, self.answer, self.rejected, self.kind]
        return hashlib.sha256(json.dumps(parts, ensure_ascii=True).encode()).hexdigest()[:32]

    def remade(self, **changed: Any) -> Sample:
        """Another lesson with some fields changed, unchecked as by `model_copy`; its id is its own, not the one that was kept of this."""
        made = self.model_copy(update=changed)
        made.__dict__.pop("id", None)
        return made


class Replaced(NamedTuple):
    """A placeholder in a text, and the bytes that stood there before (`scrub`)."""

    start: int
    """First byte of the placeholder, inclusive."""
    end: int
    """Exclusive."""
    original_start: int
    original_end: int


def original(replaced: Sequence[Replaced], start: int, end: int) -> tuple[int, int]:
    """Where bytes `start` to `end` of a scrubbed text stood before; of a placeholder that is touched, all that it stands for."""
    if not replaced:
        return start, end
    before = bisect_right(replaced, start, key=lambda one: one.start) - 1
    after = bisect_left(replaced, end, key=lambda one: one.end)
    first = replaced[before] if before >= 0 else Replaced(0, 0, 0, 0)
    last = replaced[after] if after < len(replaced) and replaced[after].start < end else None
    past = replaced[after - 1] if after else Replaced(0, 0, 0, 0)
    return (
        first.original_start if start < first.end else start - first.end + first.original_end,
        last.original_end if last else end - past.end + past.original_end,
    )


@dataclass(frozen=True)
class Document:
    """A file of a source at a commit, as bytes."""

    source: str
    role: Role
    commit: str
    path: str
    language: str
    """Linguist's name in lower case, for instance `python`; `markdown` and the like are prose."""
    data: bytes
    time: int
    """Author time of the last commit that touched the file, seconds since the epoch, UTC."""
    authors: tuple[str, ...] = ()
    licence: str = ""
    pieces: tuple[tuple[int, int, int, int], ...] = ()
    """Where `data` is not the whole file as it stands, each run that was taken over: offset in `data`, offset in the file, bytes, and
    the line of the file, from 0, that it begins in."""
    flags: tuple[str, ...] = ()
    """What hides in the text: bidi, zero-width, tags, orders."""
    replaced: tuple[Replaced, ...] = ()
    """What stands in `data` in place of secrets and personal data, in order."""

    @cached_property
    def text(self) -> str:
        """The bytes as UTF-8; sources admit nothing else."""
        return self.data.decode("utf-8")

    @property
    def size(self) -> int:
        """Bytes of `data`."""
        return len(self.data)

    def span(self, start: int = 0, end: int | None = None) -> Span:
        """The origin of bytes `start` to `end` of `data`: where they stood in the file; what was left out or put in between is covered."""
        first, last = self._in_file(*original(self.replaced, start, self.size if end is None else end))
        return Span(
            source=self.source, commit=self.commit, path=self.path, start=first, end=last,
            time=self.time, authors=self.authors, licence=self.licence,
        )  # fmt: skip

    def _in_file(self, start: int, end: int) -> tuple[int, int]:
        if not self.pieces:
            return start, end
        low = bisect_right(self.pieces, start, key=lambda piece: piece[0] + piece[2])
        high = bisect_left(self.pieces, max(end, start + 1), key=lambda piece: piece[0])
        here, there, size, _ = self.pieces[min(low, len(self.pieces) - 1)]
        last_here, last_there, last_size, _ = self.pieces[max(high - 1, 0)]
        first = there + min(size, max(0, start - here))
        return first, max(first, last_there + min(last_size, max(0, end - last_here)))


@dataclass(frozen=True)
class Edit:
    """One file's part in a Change."""

    path: str
    language: str
    before: bytes
    """Empty where the file is new."""
    after: bytes
    replaced_before: tuple[Replaced, ...] = ()
    """Placeholders in `before`, in order."""
    replaced_after: tuple[Replaced, ...] = ()


class Said(NamedTuple):
    """What people said of a Change on a forge: its pull request, an issue that it closes, or a review comment on lines of it."""

    form: Literal["pull", "issue", "comment"]
    number: str
    """Of the pull request or the issue, for instance `#12`."""
    title: str
    """Empty for a comment."""
    text: str
    path: str
    """The file of the export: a label, relative to the recipe."""
    start: int
    """First byte of its row there."""
    end: int
    """Exclusive."""
    time: int = 0
    """When it was written, seconds since the epoch, UTC; 0 where nobody says."""
    author: str = ""
    """Keyed pseudonym."""
    lines: tuple[int, int] = (0, 0)
    """Of a comment: the first and the last line that it is about, from 1, in the file as it stood when it was reviewed."""
    hunk: str = ""
    """Of a comment: the diff down to its last line, as the forge showed it; may be empty."""

    @property
    def origin(self) -> tuple[str, int, int]:
        """Where its row stands: what names it among others."""
        return self.path, self.start, self.end


@dataclass(frozen=True)
class Change:
    """A commit of a source: the other form of a Document."""

    source: str
    role: Role
    commit: str
    time: int
    author: str
    """Keyed pseudonym."""
    subject: str
    body: str
    edits: tuple[Edit, ...]
    licence: str = ""
    parent: str = ""
    """Id of the first parent, at which the bytes before the edits stand; empty for a first commit."""
    pull: str = ""
    """Number of the pull or merge request that the message names as its own, for instance `#12`."""
    reverts: str = ""
    """What it takes back: a commit id, else a subject; empty where it reverts nothing."""
    bot: bool = False
    """Written by a program: its author or its message says so."""
    reviewed: bool = False
    """Came by a merge or pull request, or somebody signed as its reviewer."""
    said: tuple[Said, ...] = ()
    """What a forge holds about it: of a pull request or an issue only where this commit alone is its answer."""
    passed: tuple[str, ...] = ()
    """Paths of it that a review with comments on other files let pass without one, and that stood so when it was merged."""


class Dropped(Record):
    """Something that a stage did not keep, and why."""

    reason: str
    """One of a short list of words, counted in the funnel."""
    what: str
    """Path, commit or sample id."""
    source: str = ""
    detail: str = ""


class Finding(Record):
    """One remark of a check."""

    rule: str
    severity: Literal["info", "warning", "error"]
    line: int
    message: str


class Score(Record):
    """What a check or a metric says of one answer."""

    value: float
    """Positive is better."""
    findings: tuple[Finding, ...] = ()
    answer: str = ""
    explanation: str = ""


class Model(Record):
    """A model on disk: `model.json` in `.idiolect/models/<name>/<digest>/`, beside the files it names."""

    name: str
    form: Form
    digest: str
    """SHA-256 of the weights file or, for a base of several files, of their sorted digests."""
    file: str
    """The file or folder, relative to the folder of `model.json`; for a base: a folder path or a hub id."""
    base: str = ""
    """What it was made from, as the recipe names it."""
    base_digest: str = ""
    adapter_digest: str = ""
    type: str = ""
    """Of a gguf: F16, Q8_0, Q4_K_M."""
    family: str = ""
    """Key of the FIM contract, for instance `qwen2.5-coder`."""
    context: int = 0
    """Longest prompt plus answer, in tokens."""
    folder: str = ""
    """Absolute path of the folder; filled when read, never written."""
