"""Lessons on their way from a worker: plain values, without what only the coordinator knows (source, time, authors, licence)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from idiolect.types import Dropped, File, Hole, Kind, Message, Prompt, Sample, Span, trusted

Row = tuple[Any, ...]
"""A lesson, or why there is none, as `made` writes it."""
_REASON = 3
"""Values of a row that is a reason."""
Origin = Callable[[str, str, int, int], Span]
"""Commit (empty: that of the file), path, first and last byte -> whose bytes those are."""


def made(item: Sample | Dropped, refused: str = "", sketch: bytes = b"") -> Row:
    """What a maker made, with its sketch (`alike`); `refused` says why a lesson is not to be kept after all."""
    if isinstance(item, Dropped):
        return item.reason, item.what, item.detail
    if refused:
        return refused, item.id, ""
    return (
        item.id, _said(item.prompt), item.answer, item.rejected, item.kind, item.maker, item.labels, item.weight,
        item.confidence, [(one.commit, one.path, one.start, one.end) for one in item.origins], item.spans, item.rejected_spans,
        [(one.path, one.text) for one in item.files], sketch,
    )  # fmt: skip


class Sent(NamedTuple):
    """A lesson that nobody has opened: most are only asked for their name when all are gone through for the first time."""

    row: Row
    origin: Origin
    factor: float = 1.0
    """What its weight is multiplied by."""
    judge: Callable[[Sample], float] | None = None
    """What else it is multiplied by, which only the lesson itself tells."""
    marks: Callable[[Iterable[str]], dict[str, tuple[str, ...]]] | None = None
    """Paths -> labels of what is made of these files, beside those that its maker knew."""

    @property
    def paths(self) -> Iterable[str]:
        """The file of its hole, else all files that it is made of."""
        prompt = self.row[1]
        return (prompt[0],) if isinstance(prompt, tuple) else dict.fromkeys(one[1] for one in self.row[9])

    @property
    def id(self) -> str:
        """The Sample's id."""
        return str(self.row[0])

    @property
    def kind(self) -> Kind:
        """The Sample's kind."""
        kind: Kind = self.row[4]
        return kind

    @property
    def maker(self) -> str:
        """The Sample's maker."""
        return str(self.row[5])

    @property
    def answer(self) -> str:
        """The Sample's answer."""
        return self.row[2] or ""

    @property
    def rejected(self) -> str:
        """What not to say; may be empty."""
        return self.row[3] or ""

    @property
    def labels(self) -> dict[str, tuple[str, ...]]:
        """The Sample's labels."""
        known: dict[str, tuple[str, ...]] = self.row[6]
        return known | self.marks(self.paths) if self.marks else known

    @property
    def weight(self) -> float:
        """What it weighs before it is judged."""
        return float(self.row[7] * self.factor)

    @property
    def files(self) -> list[Span]:
        """The first span of each file that it is made of: whose they are."""
        first = {path: (commit, path, start, end) for commit, path, start, end in reversed(self.row[9])}
        return [self.origin(*one) for one in first.values()]

    @property
    def sketch(self) -> bytes:
        """What is compared of it first (`alike`)."""
        return bytes(self.row[13])

    def opened(self) -> Sample:
        """The lesson as a Sample."""
        name, prompt, answer, rejected, kind, maker, _, _, confidence, origins, spans, rejected_spans, files, _ = self.row
        sample = trusted(
            Sample,
            prompt=_prompt(prompt), answer=answer, rejected=rejected, kind=kind, maker=maker,
            labels=self.labels, weight=self.weight,
            confidence=confidence, origins=tuple(self.origin(*one) for one in origins), spans=spans, rejected_spans=rejected_spans,
            files=tuple(trusted(File, path=path, text=text) for path, text in files),
        )  # fmt: skip
        if self.judge:
            sample.__dict__["weight"] *= self.judge(sample)
        sample.__dict__["id"] = name  # which is a hash of what was just read, and dear
        return sample


def refused(row: Row, source: str) -> Dropped | None:
    """Why a row is no lesson; None where it is one."""
    return Dropped(reason=row[0], what=row[1], source=source, detail=row[2]) if len(row) == _REASON else None


def opened(lesson: Sent | Sample) -> Sample:
    """The Sample that it is."""
    return lesson if isinstance(lesson, Sample) else lesson.opened()


def _said(prompt: Prompt) -> Any:
    if prompt is None:
        return None
    if isinstance(prompt, Hole):
        return prompt.path, prompt.prefix, prompt.suffix, prompt.typed, [(one.path, one.text) for one in prompt.files]
    return [(turn.role, turn.content) for turn in prompt]


def _prompt(said: Any) -> Prompt:
    if said is None:
        return None
    if isinstance(said, tuple):
        path, prefix, suffix, typed, files = said
        around = tuple(trusted(File, path=name, text=text) for name, text in files)
        return trusted(Hole, path=path, prefix=prefix, suffix=suffix, typed=typed, files=around)
    return tuple(trusted(Message, role=role, content=content) for role, content in said)
