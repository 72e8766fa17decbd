"""Rows looked at before anybody signs them: what is no row, what checks hold against an answer, copies, secrets, control tokens."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from idiolect import checks, fim, pack, rows, syntax, tools
from idiolect.dataset import examples_apart
from idiolect.dataset.examples import UNKNOWN_LABEL, Examples, Table, runs
from idiolect.dataset.examples_apart import Place
from idiolect.files import real
from idiolect.labels import unknown
from idiolect.pack import Pack, Tool
from idiolect.recipe import Recipe, Source
from idiolect.scrub import PERSON, Scrubber
from idiolect.sources import languages
from idiolect.types import Hole, Kind, Record, Sample, Score, Span

Severity = Literal["info", "warning", "error"]
LONG = 25_000
"""Bytes of a lesson, about 8,000 tokens: what is longer is dropped where a base's lessons are shorter (`train.length`)."""
CODE: tuple[Kind, ...] = ("write", "spec", "refactor", "feature", "bugfix", "migrate", "contrast")
"""Kinds whose answer is code where it has no fence."""
_FENCE = re.compile(r"^`{3,}[ \t]*([\w+#.-]*)")
_BRACES = re.compile(r"\{role\}")


class Remark(Record):
    """What is to be said of a row."""

    file: str
    line: int
    """Where the row begins, from 1; of Parquet its number."""
    rule: str
    severity: Severity
    message: str


class Looked(NamedTuple):
    """What was looked at."""

    rows: int
    """Rows, good ones or not."""
    remarks: list[Remark]
    """By file and line."""

    def count(self, severity: str) -> int:
        """Remarks of a severity."""
        return sum(one.severity == severity for one in self.remarks)


def check(paths: Iterable[Path], packs: Sequence[Pack], table: Table, scrubber: Scrubber, most: int) -> Looked:
    """Look at files and folders of rows, none longer than `most` bytes, by the checks of packs and a vocabulary. Nothing is written.

    Raises SourceError where there is no file of rows, ToolError where a pack names a program that is missing.
    """
    for tool in (one for house in packs for one in house.checks if isinstance(one, Tool)):
        tools.ready(tool.command[0], [Path(folder) for folder in tool.folders])
    looking = _Looking(packs, table, scrubber)
    with syntax.reading(languages=[language for house in packs for language in house.languages]):
        for path in paths:
            source = Source(path=str(real(path)), form="rows")
            for file in rows.files(source, Path()):
                looking.file(rows.label(real(path), file) if path.is_dir() else str(path), file, most)
    found = [*looking.remarks, *looking.copies()]
    return Looked(looking.rows, sorted(found, key=lambda one: (one.file, one.line)))


def packs_of(recipe: Recipe | None, names: Sequence[str], folder: Path) -> list[Pack]:
    """The packs that are named, else those of the recipe, if there is one."""
    if names:
        return [pack.load(name, folder) for name in names]
    return [pack.load(name, recipe.folder) for name in recipe.packs] if recipe else []


class _Looking:
    """What has been seen so far."""

    def __init__(self, packs: Sequence[Pack], table: Table, scrubber: Scrubber) -> None:
        self.packs, self.table, self.scrubber = packs, table, scrubber
        self.personal = {rule.id for rule in scrubber.known.rules if rule.personal} | {PERSON}
        self.remarks: list[Remark] = []
        self.rows = 0
        self.held = Examples(Source(path="rows"))

    def file(self, name: str, file: Path, most: int) -> None:
        """Look at every row of a file."""
        for item in rows.read(file, most):
            self.rows += 1
            if isinstance(item, rows.Fault):
                self._say(name, item.line, item.reason, "error", item.detail or "is no row")
                continue
            try:
                made = rows.shaped(item.value)
            except rows.Refused as why:
                self._say(name, item.line, why.reason, "error", why.detail or "nothing is made of it")
                continue
            if made.unread:
                self._say(name, item.line, "unread", "info", f"nothing is made of {', '.join(made.unread)}"[:300])
            for sample in made.samples:
                if not (sample.answer or sample.rejected or "").strip():
                    self._say(name, item.line, "empty-middle", "info", "teaches that nothing belongs in this hole")
                self._sample(name, item.line, sample)

    def copies(self) -> Iterator[Remark]:
        """Rows that say what another says."""
        places = [Place(self.held, number) for number in range(len(self.held.samples))]
        first: dict[str, Span] = {}
        losers, _ = examples_apart.related(places)
        for number, place in enumerate(places):
            sample = place.sample
            span = sample.origins[0]
            if (other := first.setdefault(sample.id, span)) != span:
                yield self._copy(span, other, "duplicate", "the same as")
            elif number in losers:
                yield self._copy(span, places[losers[number]].sample.origins[0], "near-duplicate", "nearly the same as")

    def _copy(self, span: Span, other: Span, rule: str, how: str) -> Remark:
        where = f"line {other.start}" if other.path == span.path else f"{other.path}, line {other.start}"
        return Remark(file=span.path, line=span.start, rule=rule, severity="warning", message=f"{how} {where}")

    def _sample(self, name: str, line: int, sample: Sample) -> None:
        span = Span(source="rows", commit="", path=name, start=line, end=line, time=0)
        self.held.samples.add(sample.model_copy(update={"origins": (span,)}))
        self.held.rows.append(self.rows)
        if wrong := unknown(sample.labels, self.table):
            self._say(name, line, UNKNOWN_LABEL, "error", wrong)
        for run in runs(sample):
            for rule in dict.fromkeys(one.rule for one in self.scrubber.scrub(run.encode()).findings):
                if rule in self.personal:
                    self._say(name, line, rule, "warning", "personal data; a placeholder will stand in its place")
                else:
                    self._say(name, line, rule, "error", "a secret; where it stands in an answer, the lesson is dropped")
        for token in sorted({token for token in TOKENS for said in rows.texts(sample) if token in said}):
            self._say(name, line, "special-token", "warning", f"holds {token}, which is read as plain text, never as a token")
        if (size := sum(len(said.encode()) for said in rows.texts(sample))) > LONG:
            self._say(name, line, "long", "warning", f"{size:,} bytes, which may be more than a lesson can be")
        for rule, severity, message in self._graded(sample):
            self._say(name, line, rule, severity, message)

    def _graded(self, sample: Sample) -> Iterator[tuple[str, Severity, str]]:
        """What checks hold against an answer; of a hole no more than warnings, as what stands around it may be part of a file."""
        whole = not isinstance(sample.prompt, Hole)
        for language, code in _code(sample):
            labels = {**sample.labels, **({"language": (language,)} if language else {})}
            asked = sample.model_copy(update={"labels": labels})
            for house in self.packs:
                if language and house.languages and language not in {one.name for one in house.languages}:
                    continue  # it knows its own languages, and this is another
                for one in house.checks:
                    score = checks.grade(one, asked, code)
                    for found in score.findings:
                        severity = found.severity if whole or found.severity == "info" else "warning"
                        yield found.rule, severity, _located(found.line, found.message)
                    if score.value < 1 and not score.findings:
                        yield checks.name(one), "error" if whole else "warning", _why(score)

    def _say(self, file: str, line: int, rule: str, severity: Severity, message: str) -> None:
        self.remarks.append(Remark(file=file, line=line, rule=rule, severity=severity, message=message))


def _code(sample: Sample) -> Iterator[tuple[str, str]]:
    """The pieces of an answer that are code, each with its language where that is known."""
    language = next(iter(sample.labels.get("language", ())), "") or _asked_in(sample)
    answer = sample.answer or ""
    fences = list(_fences(answer))
    whole = sample.kind in CODE or (sample.kind == "chat" and language and len(fences) == 1)
    if isinstance(sample.prompt, Hole) or (not fences and sample.kind in CODE):
        yield language, answer
    elif sample.kind not in ("raw", "diff"):  # pieces in prose are code only where they say so, and blocks of an edit are none
        yield from ((named or language, code) for named, code in fences if named or whole)


def _asked_in(sample: Sample) -> str:
    """The language of the last fence that is asked about; what is migrated is asked about in the old one."""
    if not isinstance(sample.prompt, tuple) or sample.kind == "migrate":
        return ""
    return next((named for turn in reversed(sample.prompt) for named, _ in reversed(list(_fences(turn.content))) if named), "")


def _fences(text: str) -> Iterator[tuple[str, str]]:
    """What stands between fences, each with the word behind the first."""
    inside: list[str] | None = None
    named = fence = ""
    for line in text.split("\n"):
        match = _FENCE.match(line)
        if inside is None and match:
            inside, named, fence = [], match[1], line[: len(line) - len(line.lstrip("`"))]
        elif inside is not None and line.rstrip() == fence:
            yield languages.named(named) if named else "", "\n".join(inside)
            inside = None
        elif inside is not None:
            inside.append(line)


def _located(line: int, message: str) -> str:
    return f"{message} (line {line} of the answer)" if line > 1 else message


def _why(score: Score) -> str:
    return score.explanation or f"scores {score.value:g}, where 1 is asked for"


def _tokens() -> frozenset[str]:
    """The control tokens of every family that is known."""
    found = {token for family in fim.FAMILIES.values() for token in family.stops}
    starts = {piece.strip() for family in fim.FAMILIES.values() if family.chat for piece in _BRACES.split(family.chat.before)}
    return frozenset(one for one in found | starts if one)


TOKENS = _tokens()
