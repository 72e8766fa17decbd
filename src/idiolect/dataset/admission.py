"""What a source shows of itself before it is learned from, and whether that is enough for the recipe.

Nothing here asks the clock: activity is the last commit's date, so that the same commits give the same dataset on any day.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass

from idiolect import checks
from idiolect.dataset.makers.sections import PROSE
from idiolect.pack import Pack, Tool
from idiolect.recipe import Source
from idiolect.sources import globs, messages
from idiolect.sources.gitlog import FILE_MODES, Entry
from idiolect.sources.gitread import Repository
from idiolect.sources.rules import Rules
from idiolect.sources.testpaths import is_test
from idiolect.types import Dropped, File

MONTH = 30 * 86_400
UNKNOWN = "unknown"
MOST_LINTED = 1_000_000
"""Bytes of the largest file that a linter is given."""
_BENCHMARK = re.compile(
    r"(?:^|/)(?:\.benchmarks/.+\.json|\.asv/results/.+\.json|benchmarks?/results?/[^/]+\.(?:json|csv|txt|md)|(?:bench(?:mark)?[-_]?results?|"
    r"BENCHMARKS?)\.(?:json|csv|txt|md)|\.perf/[^/]+\.json)$",
    re.IGNORECASE,
)
_COVERAGE = (
    (re.compile(r"(?:^|/)coverage/\.last_run\.json$"), re.compile(rb'"(?:line|covered_percent)"\s*:\s*([\d.]+)'), 1),
    (re.compile(r"(?:^|/)coverage-summary\.json$"), re.compile(rb'"lines"\s*:\s*\{[^{}]*"pct"\s*:\s*([\d.]+)'), 1),
    (re.compile(r"(?:^|/)coverage\.json$"), re.compile(rb'\A[\s\S]*"percent_covered"\s*:\s*([\d.]+)\s*[,}]'), 1),
    (re.compile(r"(?:^|/)(?:coverage|cobertura(?:-coverage)?)\.xml$"), re.compile(rb'<coverage[^>]{0,400}\bline-rate="([\d.]+)"'), 100),
)
_LCOV = re.compile(r"(?:^|/)lcov\.info$")


@dataclass(frozen=True)
class Facts:
    """What a source shows; shares are of commits that are no merges and not by bots."""

    form: str
    """repository, folder or archive; the last two have no history."""
    commits: int
    """That are no merges."""
    months: float
    """From the first commit to the last, in months of 30 days."""
    last: str
    """Day of the last commit, UTC; empty without history."""
    reviewed: float
    """Share that came by a merge, by a pull request or with a reviewer's name."""
    tested: float
    """Of those that change code, the share that also touch a test."""
    bots: float
    """Share of commits by programs."""
    reverts: int
    authors: int
    """Different addresses, after the mailmap."""
    licence: str
    """Of the source as a whole; empty where nobody says."""
    efficiency: str
    """What a committed coverage or benchmark result says, else `unknown`."""
    security: str
    """What a security linter found, else why nobody knows."""


def linters(packs: Iterable[Pack]) -> list[Tool]:
    """The security linters that packs name."""
    return [pack.security for pack in packs if pack.security]


def facts(repository: Repository, told: Rules, linters: Sequence[Tool] = ()) -> Facts:
    """Look at the whole history that HEAD contains, and at the tree there; a linter that is missing is a ToolError."""
    history = repository.commits() if repository.notes.form == "repository" else []
    own = [commit for commit in history if len(commit.parents) < 2]
    people = [commit for commit in own if not messages.bot(commit)]
    reviewed = messages.reviewed(history)
    code = [commit for commit in people if any(_is_code(told, touch.path) for touch in commit.touches)]
    times = [commit.committed for commit in history if commit.committed > 0]
    return Facts(
        form=repository.notes.form,
        commits=len(own),
        months=round((max(times) - min(times)) / MONTH, 1) if times else 0.0,
        last=datetime.datetime.fromtimestamp(max(times), datetime.UTC).date().isoformat() if times else "",
        reviewed=_share(sum(commit.id in reviewed for commit in people), len(people)),
        tested=_share(sum(any(is_test(touch.path) for touch in commit.touches) for commit in code), len(code)),
        bots=_share(len(own) - len(people), len(own)),
        reverts=sum(bool(messages.reverts(commit)) for commit in own),
        authors=len({told.people.get(one.email.lower(), ("", one.email))[1].lower() for one in people}),
        licence=told.licences.top,
        efficiency=efficiency(repository, repository.tree(repository.head)),
        security="; ".join(security(repository, told, linter) for linter in linters) or f"{UNKNOWN}: no pack names a security linter",
    )


def judged(source: Source, shown: Facts) -> Source | Dropped:
    """The source with the weight that it has earned; or why it is not learned from."""
    reasons = list(misses(source, shown))
    if not reasons:
        return source
    if source.admit.otherwise == 0:
        return Dropped(reason="not-admitted", what=source.name, source=source.name, detail="; ".join(reasons))
    return source.model_copy(update={"weight": source.weight * source.admit.otherwise})


def misses(source: Source, shown: Facts) -> Iterator[str]:
    """Each criterion of `[source.admit]` that is not met, in words."""
    admit = source.admit
    if shown.months < admit.months:
        yield f"{shown.months:g} months of history, {admit.months:g} are asked for"
    if admit.active_since and shown.last < admit.active_since.isoformat():
        yield f"last commit on {shown.last or 'no day'}, asked for since {admit.active_since.isoformat()}"
    for name in ("reviewed", "tested"):
        share, least = getattr(shown, name), getattr(admit, name)
        if share < least:
            yield f"{share:.0%} of commits {name}, {least:.0%} are asked for"


def sentence(shown: Facts) -> str:
    """The facts in one line."""
    parts = [f"licence {shown.licence or UNKNOWN}", f"efficiency {shown.efficiency}", f"security {shown.security}"]
    if shown.form == "repository":
        history = f"{shown.commits:,} commits by {shown.authors:,} people in {shown.months:g} months to {shown.last}"
        parts = [history, f"{shown.reviewed:.0%} reviewed", f"{shown.tested:.0%} with tests", f"{shown.bots:.0%} by bots", *parts]
    return ", ".join(parts)


def row(source: Source, shown: Facts) -> dict[str, object]:
    """The facts as JSON, with the verdict."""
    reasons = list(misses(source, shown))
    verdict = "admitted" if not reasons else "refused" if source.admit.otherwise == 0 else f"weight x {source.admit.otherwise:g}"
    return {**asdict(shown), "role": source.role, "verdict": verdict, "because": reasons}


def efficiency(repository: Repository, tree: Sequence[Entry]) -> str:
    """The first coverage result that is committed, in words; else that there are benchmark results; else why it is `unknown`."""
    unread = []
    for entry in (one for path, _, _ in _COVERAGE for one in tree if path.search(one.path)):
        share = covered(entry.path, _read(repository, entry))
        if share is not None:
            return f"coverage {share:.1f} % ({entry.path})"
        unread.append(entry.path)
    for entry in tree:
        if _LCOV.search(entry.path):
            totals = {
                key: sum(map(int, re.findall(rb"^%s:(\d{1,9})" % key, _read(repository, entry), re.MULTILINE))) for key in (b"LF", b"LH")
            }
            if totals[b"LF"]:
                return f"coverage {100 * totals[b'LH'] / totals[b'LF']:.1f} % ({entry.path})"
    results = [entry.path for entry in tree if _BENCHMARK.search(entry.path)]
    if results:
        return f"benchmark results in {results[0]}" + (f" and {len(results) - 1} more" if len(results) > 1 else "")
    return f"{UNKNOWN}: no figure in {unread[0]} can be read" if unread else UNKNOWN


def covered(path: str, data: bytes) -> float | None:
    """The percentage that a file of coverage gives as its total; None where it gives none that can be read."""
    for place, pattern, factor in _COVERAGE:
        if place.search(path) and (match := pattern.search(data)):
            share = _number(match[1])
            return None if share is None else min(100.0, share * factor)
    return None


def security(repository: Repository, told: Rules, linter: Tool) -> str:
    """How many findings a linter has in the files at HEAD that are read and for it; nothing of them is kept, only their number.

    Files that bring it down are counted too: they are no reason to stop.
    """
    given: list[str] = []
    found = failed = 0
    why = ""
    for one in checks.look(linter, _files(repository, told, linter, given)):
        if isinstance(one, Dropped):
            failed, why = failed + 1, why or one.detail
        else:
            found += 1
    if not given:
        return f"{UNKNOWN}: {linter.name} has no file to look at"
    rest = f"{failed:,} files that it failed on ({why})" if failed else ""
    if failed == len(given):
        return f"{UNKNOWN}: {linter.name} was given {rest}"
    return f"{found:,} findings in {len(given) - failed:,} files by {linter.name}" + (f", without {rest}" if rest else "")


def _files(repository: Repository, told: Rules, linter: Tool, given: list[str]) -> Iterator[File]:
    """As they stand there, which is not how they are learned from: a password in the code is what a linter looks for."""
    entries = [entry for entry in repository.tree(repository.head) if entry.mode in FILE_MODES and (entry.size or 0) <= MOST_LINTED]
    wanted = [entry for entry in entries if told.admits(entry.path) and globs.matches(entry.path, linter.files)]
    for entry, (_, data) in zip(wanted, repository.blobs(entry.oid for entry in wanted), strict=True):
        with suppress(UnicodeDecodeError):
            file = File(path=entry.path, text=(data or b"").decode())
            given.append(file.path)
            yield file


def _read(repository: Repository, entry: Entry) -> bytes:
    return next(iter(repository.blobs([entry.oid], limit=4_000_000)))[1] or b""


def _number(text: bytes) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _is_code(told: Rules, path: str) -> bool:
    return told.admits(path) and not is_test(path) and told.language(path) not in {*PROSE, "?"}


def _share(part: int, whole: int) -> float:
    return round(part / whole, 3) if whole else 0.0
