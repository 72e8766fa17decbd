"""Symptoms of faults in what people wrote: stack traces and error messages in commit messages, issues and pull requests."""

from __future__ import annotations

import re
from textwrap import dedent
from typing import NamedTuple

LONGEST = 2_000
"""Characters of a symptom that are shown."""
MOST_READ = 20_000
_FRAME = re.compile(
    r"""[^\S\n]*+(?:[>|]\ ?)?(?:File\ "[^"\n]{1,300}",\ line\ \d+.*|at\ \S.{0,300}?[(:]\S*:\d+.*|Traceback\ \(most\ recent\ call\ last\).*
    |(?:from\ |\#\d+\ +|\[\d+\]\ )?[^\s:]{1,200}\.\w{1,5}:\d+(?::\d+)?:in\b.*|goroutine\ \d+\ \[.*|thread\ '.{1,80}'\ panicked\ at.*
    |Exception\ in\ thread\ .*|Caused\ by:\ .*|stack\ backtrace:.*)$""",
    re.VERBOSE,
)
_LOCATION = re.compile(r"[^\S\n]++\S{1,200}\.(?:go|rs|c|cc|cpp|java|kt|py|rb|js|ts):\d+.*$|\t[^\S\n]*at .*$")
"""A line of a stack that only its indentation tells from a sentence."""
_ERROR = re.compile(
    r"""[^\S\n]*+(?:[>|E]\ ?)?(?:[\w.:]{0,100}?[A-Z]\w{0,60}(?:Error|Exception|Warning|Failure|NotFound)\b(?::\ |\ \(|\ -\ |$).{0,400}
    |(?:fatal|error|panic)(?:\ error)?:\ .{1,400}|(?:FAILED|FAIL|Failure/Error|undefined\ (?:local\ variable|method)|uninitialized\ constant
    |Segmentation\ fault|\w+::\w*Error)\b:?\ .{1,400}
    |An?\ [\w:]{1,100}\ occurred\b.{0,300}
    |.{0,200}\bexpected:?\ .{1,200}\b(?:got|but\ was|actual)\b.{0,200})$""",
    re.VERBOSE,
)
_INLINE = re.compile(r"`[^`\n]{0,120}\b[A-Z]\w{2,60}(?:Error|Exception)\b[^`\n]{0,200}`")
_FENCE = re.compile(r"[^\S\n]*(?:```|~~~)")
_HOME = re.compile(r"(?:/Users/|/home/|[A-Z]:\\Users\\)[^/\\\s:\"']{1,64}(?=[/\\])")
"""Somebody's folder, whose name is nobody's business."""
_PROMPT = re.compile(r"[^\S\n]*(?:[A-Z]:\\[^>\n]{0,200}>|[$%]\ |>>>\ |[Uu]sage:\ )")
"""What was typed, not said."""
FEWEST_FRAMES = 2
"""Lines of a stack that say something without an error above or below."""
_PATH = re.compile(r"[\w./-]{1,200}\.[a-z]{1,5}(?=[\"':]|\b)")


class Symptom(NamedTuple):
    """What was seen."""

    text: str
    """The trace, or the message, with its lines."""
    rest: str
    """What else the text says."""
    paths: frozenset[str]
    """Files that it names."""


def symptom(text: str, *, inline: bool) -> Symptom | None:
    """The first stack trace or error message of a text; None where there is none. `inline`: one that a sentence names will do."""
    text = text[:MOST_READ].replace("\r\n", "\n")
    rows = text.split("\n")
    marks = [_is_frame(row) or bool(_ERROR.match(row)) for row in rows]
    if True not in marks:
        return _inline(text) if inline else None
    first, last = _run(rows, marks)
    found = rows[first : last + 1]
    frames = sum(map(_is_frame, found))
    if frames < FEWEST_FRAMES and not any(map(_ERROR.match, found)):
        return None
    rest = "\n".join(row for row in (*rows[:first], *rows[last + 1 :]) if not _FENCE.match(row) and not _PROMPT.match(row))
    shown = _HOME.sub("~", dedent("\n".join(found)).strip("\n"))
    if len(shown) > LONGEST:  # the end of a trace says what happened
        shown = shown[: LONGEST // 4].rpartition("\n")[0] + "\n[...]\n" + shown[-LONGEST * 3 // 4 :].partition("\n")[2]
    return Symptom(shown, rest.strip(), frozenset(_PATH.findall(shown)))


def _is_frame(row: str) -> bool:
    return bool(_FRAME.match(row) or _LOCATION.match(row))


def _inline(text: str) -> Symptom | None:
    """An error that a sentence names: the sentence's line is the symptom."""
    match = _INLINE.search(text)
    if not match:
        return None
    start, end = text.rfind("\n", 0, match.start()) + 1, text.find("\n", match.end())
    line = text[start : end if end >= 0 else len(text)].strip()
    rest = text[:start] + (text[end:] if end >= 0 else "")
    return Symptom(line, rest.strip(), frozenset()) if len(line) <= LONGEST else None


def _run(rows: list[str], marks: list[bool]) -> tuple[int, int]:
    """The first and last line of the longest run of marked lines, and of what is indented or fenced between them."""
    best = (0, 0, 0)
    at = 0
    while at < len(rows):
        if not marks[at]:
            at += 1
            continue
        start = last = at
        count = 0
        while at < len(rows) and (marks[at] or (at - last <= 3 and not _FENCE.match(rows[at]))):
            if marks[at]:
                last, count = at, count + 1
            at += 1
        best = max(best, (count, -start, last))
    return -best[1], best[2]
