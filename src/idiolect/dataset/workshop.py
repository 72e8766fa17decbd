"""Where the pure parts of a build (`units`) are done: on an engine, with every result kept in the private cache.

A file that was read in an earlier build, by another machine or before a crash is not read again: whoever asks twice is answered
from the cache. What the results mean for a source (names, times, splits) is decided by those who ask.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from idiolect import compute, samples, sources
from idiolect.compute import Engine, Failed, Store, Task, Unit
from idiolect.compute.mapping import Load
from idiolect.compute.store import Shelf
from idiolect.dataset import guard, labelling, probes, slips, units
from idiolect.dataset.duplicates.dedupe import Print
from idiolect.dataset.funnel import Funnel
from idiolect.dataset.makers.pointers import NO_LINKS, Links
from idiolect.dataset.stored import Place, Stored
from idiolect.dataset.units import Parsed, Text
from idiolect.errors import ResourceError
from idiolect.sandbox import decoded
from idiolect.scrub import Scrubber
from idiolect.sources.commits import Planned, Side
from idiolect.sources.contents import Content, content
from idiolect.sources.gitread import Repository
from idiolect.sources.rules import Rules
from idiolect.syntax import packed
from idiolect.types import Change, Dropped

DIED = "parser-died"
"""Why a document is dropped that cannot be read without the loss of the reader; the detail says of what."""
FAULT = "our-fault"
"""Why a document or commit is dropped that our own code failed on; the detail says how. It is tried again by the next build."""
_CHANGE = 20_000
"""Bytes that a commit's files have, about."""
_OURS = ("source", "time", "author", "licence", "edits")
"""Of a Change, what its lessons do not depend on."""
_CHANCE = ("killed", "ended")
"""Failures that no file is to blame for."""


class Group(NamedTuple):
    """What makers are given together."""

    names: Sequence[str]
    """Of the makers."""
    documents: Sequence[Stored]
    together: Sequence[Sequence[str]] = ()
    """Of commits that touched some of the documents, which ones."""


class History(NamedTuple):
    """Where commits are read."""

    repository: Repository
    told: Rules
    max_bytes: int


class Workshop:
    """The engine and the store of one build, and what all of its parts are told."""

    def __init__(self, engine: Engine, store: Store, scrubber: Scrubber, packs: Mapping[str, str], folder: Path) -> None:
        """`packs` are the names of those that are found from `folder`, with the digest of their code."""
        self.engine, self.store, self.packs = engine, store, packs
        self.scrubber = scrubber
        said = {"code": units.code(), "scrub": units.spoken(scrubber)}
        # makers know placeholders by the rules; whom they hide is settled in the texts, which a new colleague changes
        known = {"code": said["code"], "scrub": units.spoken(Scrubber(scrubber.known))}
        languages = {"packs": dict(packs), "folder": str(folder) if packs else ""}
        self._texts = compute.task(units.texts, **said, **languages)
        self._outlines = compute.task(units.outlines, code=said["code"], **languages)
        self._holes = compute.task(units.holes, **known, **languages)
        self._pointed = compute.task(units.pointed, code=said["code"], **languages)
        self._named = compute.task(units.named, code=said["code"], **languages)
        self._lessons = compute.task(units.lessons, **known, **languages)
        self._reads: dict[str, Any] = {"code": said["code"], **languages}
        self._said: dict[str, Any] = {**said, **languages}
        self._open: list[Results] = []
        self.funnel = Funnel()
        """Of the build: hears of what is lost where a document is kept all the same."""

    def close(self) -> None:
        """Close the files of results."""
        for one in self._open:
            one.close()

    def documents(self, told: Rules, repository: Repository, at: str, max_bytes: int) -> Iterator[Stored | Dropped]:
        """The files of a tree as Documents without secrets, by path, or why they are none."""
        wanted, dropped = sources.files(told, repository, at, max_bytes)
        yield from dropped
        made = sources.as_document(told, repository, at)
        results = self._results(self._texts)

        def load(asked: Sequence[Any]) -> Iterator[Any]:
            blobs = repository.blobs(oid for oid, _, _ in asked)
            return ((path, data, said) for (_, path, said), (_, data) in zip(asked, blobs, strict=True))

        asked = (Unit(_key(file.oid, file.path, file.stated), (file.oid, file.path, tuple(file.stated)), file.size) for file in wanted)
        for file, found in zip(wanted, self.map(self._texts, asked, load), strict=True):
            read = _content(found)
            if isinstance(found, Failed) and found.reason != "missing":
                yield lost(found, sources.shown(file.path), told.source.name)
            elif reason := sources.refused(told, file, read):
                yield reason
            elif isinstance(read, Content):
                text, key = Text(*found), _key(file.oid, file.path, file.stated)
                place = Place(text.digest, results.text_of(key), len(text.data), Print(text.exact, text.bands), text.findings)
                yield Stored(made(file, read), place, text.replaced)

    def parsed(self, documents: Iterable[Stored]) -> Iterator[Stored | Dropped]:
        """Parse documents; what a reader dies of is dropped."""
        held = list(documents)
        asked = (Unit(_key(one.place.key, one.language), (number,), one.size) for number, one in enumerate(held))

        def load(numbers: Sequence[Any]) -> Iterator[Any]:
            return ((held[number].language, held[number].data) for (number,) in numbers)

        for document, found in zip(held, self.map(self._outlines, asked, load), strict=True):
            if isinstance(found, Failed):
                yield lost(found, document.path, document.source)
            elif why := packed.refused(found) if found else "":
                yield Dropped(reason=DIED, what=document.path, source=document.source, detail=why)
            else:
                yield document

    def holes(self, documents: Sequence[Stored]) -> Iterator[tuple[Stored, tuple[probes.Unit, ...]] | Dropped]:
        """Each document with the places in it that could be probes, or why nobody can say."""
        parsed = list(self.parsed(documents))
        found = self._of_each(self._holes, [one for one in parsed if isinstance(one, Stored)])
        for one in parsed:
            rows = next(found) if isinstance(one, Stored) else ()
            if isinstance(one, Dropped):
                yield one
            elif isinstance(rows, Failed):
                yield lost(rows, one.path, one.source)
            else:
                yield one, tuple(probes.Unit(*row) for row in rows)

    def pointed(self, documents: Sequence[Stored]) -> Iterator[Links]:
        """How each parsed document hangs together with others; with none where nobody can say, which is counted."""
        found = self._of_each(self._pointed, documents)
        return (Links(*map(tuple, one)) for one in self._known("links", _files(documents), found, NO_LINKS))

    def named(self, documents: Sequence[Stored]) -> Iterator[Sequence[str]]:
        """The names of code that each parsed document mentions, if it is prose, or defines; none where nobody can say, which is counted."""
        return self._known("names", _files(documents), self._of_each(self._named, documents), ())

    def _of_each(self, task: Task, documents: Sequence[Stored]) -> Iterator[Any]:
        """The result of a task for each parsed document, or the Failed in its place."""
        outlines = self._results(self._outlines)
        asked = (Unit(_key(one.place.key, one.language), (number,), one.size) for number, one in enumerate(documents))

        def load(numbers: Sequence[Any]) -> Iterator[Any]:
            return (tuple(_parsed(documents[number], outlines)) for (number,) in numbers)

        return self.map(task, asked, load)

    def lessons(self, groups: Sequence[Group]) -> Iterator[Any]:
        """What makers make of each group of parsed documents: name and rows, or the Failed in their place."""
        outlines = self._results(self._outlines)

        def load(numbers: Sequence[Any]) -> Iterator[Any]:
            for names, held, together in (groups[number] for (number,) in numbers):
                yield names, [tuple(_parsed(one, outlines)) for one in held], together

        def asked() -> Iterator[Unit]:
            for number, (names, held, together) in enumerate(groups):
                words = (word for one in held for word in (one.place.key, one.language, one.role))
                yield Unit(_key(*names, *words, *(repr(paths) for paths in together)), (number,), sum(one.size for one in held))

        return self.map(self._lessons, asked(), load)

    def changes(
        self, history: History, plans: Sequence[Planned], makers: Sequence[str], looked: Sequence[Mapping[str, Any]] = ()
    ) -> Iterator[Any]:
        """What is read and made of each planned commit: the values of a `units.Read`, a reason, or the Failed in its place.

        `looked` has of each what tools found in its files (`linting`).
        """
        told = [_rows(one) for one in looked] or [()] * len(plans)
        allowed = history.told.allowed
        task = compute.task(units.changes, **self._said, allowed=None if allowed is None else list(allowed))
        asked = (Unit(_name(plan, makers, history, told[number]), (number,), _CHANGE) for number, plan in enumerate(plans))

        def load(numbers: Sequence[Any]) -> Iterator[Any]:
            read = _versions([plans[number] for (number,) in numbers], history)
            return ((tuple(makers), *one, told[number]) for (number,), one in zip(numbers, read, strict=True))

        return self.map(task, asked, load)

    def mended(self, repository: Repository, plans: Sequence[Planned]) -> frozenset[str]:
        """Ids of the commits, oldest first, of which the next one, which says that it mends, changes little but what they wrote."""
        pairs = slips.pairs(plans)
        asked = (Unit(_key(*pair[1:]), (pair.old, pair.now, pair.new), _CHANGE) for pair in pairs)

        def load(versions: Sequence[Any]) -> Iterator[Any]:
            blobs = repository.repeated(oid for three in versions for oid in three if oid)
            return ([next(blobs)[1] if oid else b"" for oid in three] for three in versions)

        found = self.map(compute.task(units.reworked, code=self._said["code"]), asked, load)
        sources = {plan.change.commit: plan.change.source for plan in plans}
        told = ((pair.commit, sources[pair.commit]) for pair in pairs)
        known = self._known("slips", told, (False if one == Failed("missing") else one for one in found), False, "commits")
        return frozenset(pair.commit for pair, one in zip(pairs, known, strict=True) if one)

    def signs(self, documents: Sequence[Stored], asked: labelling.Asked) -> Iterator[frozenset[int] | None]:
        """Numbers of the signs that the text of each parsed document has; None where that cannot be said, which is counted."""
        outlines = self._results(self._outlines)

        def load(numbers: Sequence[Any]) -> Iterator[Any]:
            for one in (documents[number] for (number,) in numbers):
                yield one.language, one.data, outlines.of(_key(one.place.key, one.language))

        task = compute.task(units.signs, **self._reads, asked=[list(one) for one in asked])
        wanted = (Unit(_key(one.place.key, one.language), (number,), one.size) for number, one in enumerate(documents))
        known = self._known("signs", _files(documents), self.map(task, wanted, load), None)
        return (None if found is None else frozenset(found) for found in known)

    def signs_of(self, history: History, sides: Sequence[Side], asked: labelling.Asked) -> Iterator[frozenset[int] | None]:
        """The same, of the text that a commit left of each file."""

        def load(numbers: Sequence[Any]) -> Iterator[Any]:
            chosen = [sides[number] for (number,) in numbers]
            for side, (_, data) in zip(chosen, history.repository.blobs((side.new for side in chosen), history.max_bytes), strict=True):
                read = None if data is None else content(side.path, data, side.stated)
                yield None if read is None else ("", b"", b"") if isinstance(read, str) else (read.language, read.data, b"")

        task = compute.task(units.signs, **self._reads, asked=[list(one) for one in asked])
        wanted = (Unit(_key(history.max_bytes, *side), (number,), _CHANGE) for number, side in enumerate(sides))
        files = ((side.path, history.told.source.name) for side in sides)
        known = self._known("signs", files, (None if one == Failed("missing") else one for one in self.map(task, wanted, load)), None)
        return (None if found is None else frozenset(found) for found in known)

    def leaking(self, files: Sequence[Path], answers: Sequence[str]) -> dict[int, str]:
        """Answers, by place, that stand in files of lessons, each with how (`leaks.leaking`)."""
        found: dict[int, str] = {}
        for one in self._searched(compute.task(units.leaking, code=self._said["code"], answers=list(answers)), files):
            for place, how in one:
                if how == "in-training" or place not in found:
                    found[place] = how
        return found

    def guarded(self, files: Sequence[Path], probes: Sequence[guard.Probe]) -> Iterator[guard.Searched]:
        """`guard.search`, file by file on the engine."""
        task = compute.task(units.guarded, code=self._said["code"], sought=[list(one) for one in probes])
        for leaks, pieces in self._searched(task, files):
            yield guard.Searched([guard.Leak(*one) for one in leaks], pieces)

    def _searched(self, task: Task, files: Sequence[Path]) -> Iterator[Any]:
        asked = (Unit(samples.texts_digest(file), str(file), file.stat().st_size) for file in files)
        for file, found in zip(files, self.map(task, asked, lambda names: (Path(name).read_bytes() for name in names)), strict=True):
            if isinstance(found, Failed):  # a search that is not done is no search
                raise ResourceError(f"could not be searched for probes ({_why(found)})", where=str(file), next="please report it")
            yield found

    def map(self, task: Task, asked: Iterable[Unit], load: Load | None = None) -> Iterator[Any]:
        """The result of each unit; a failure that no input is to blame for is a ResourceError."""
        for found in compute.mapped(task, asked, self.store, self.engine, load):
            if isinstance(found, Failed) and found.reason in _CHANCE:
                raise ResourceError(
                    f"a worker was ended from outside ({_why(found)})",
                    next="see whether memory ran out, then start again; finished work is kept",
                )
            yield found

    def _known(
        self, step: str, asked: Iterable[tuple[str, str]], found: Iterable[Any], otherwise: Any, unit: str = "documents"
    ) -> Iterator[Any]:
        """The results, with `otherwise` where there is none; what was asked of, by name and source, goes to the funnel then."""
        for (what, source), one in zip(asked, found, strict=True):
            if isinstance(one, Failed):
                self.funnel.drop(step, unit, lost(one, what, source))
            yield otherwise if isinstance(one, Failed) else one

    def _results(self, task: Task) -> Results:
        self._open.append(Results(self.store, task))
        return self._open[-1]


class Results:
    """Results of one task, to be read again; opened when the first is asked for, when all of them stand."""

    def __init__(self, store: Store, task: Task) -> None:
        self.store, self.task = store, task
        self.shelf: Shelf | None = None

    def of(self, key: str) -> Any:
        """The result of a unit."""
        self.shelf = self.shelf or self.store.shelf(self.task)
        row = self.shelf.get(key)
        if row is None:
            raise ResourceError(
                "a result that was just written cannot be read", where=str(self.shelf.folder), next="check the disk, then start again"
            )
        return decoded(row)

    def text_of(self, key: str) -> Callable[[], bytes]:
        """What reads the bytes of a `Text`."""
        return lambda: bytes(self.of(key)[1])

    def close(self) -> None:
        """Close the files."""
        if self.shelf:
            self.shelf.close()


def _versions(plans: Sequence[Planned], history: History) -> Iterator[tuple[dict[str, Any], list[tuple[Any, ...]]]]:
    """What `units.changes` is given of some commits, their blobs read in one go."""
    oids = (oid for plan in plans for side in plan.sides for oid in (side.old, side.new) if oid)
    blobs = history.repository.repeated(oids, limit=history.max_bytes)
    for plan in plans:
        about = {name: value for name, value in vars(plan.change).items() if name not in _OURS} | {"said": _said(plan.change)}
        texts = [(next(blobs)[1] if side.old else b"", next(blobs)[1] if side.new else b"") for side in plan.sides]
        both = zip(plan.sides, texts, strict=True)
        yield about, [(side.path, side.old, before, side.new, after, tuple(side.stated)) for side, (before, after) in both]


def _files(documents: Iterable[Stored]) -> Iterator[tuple[str, str]]:
    """Path and source of each."""
    return ((one.path, one.source) for one in documents)


def _content(found: Any) -> Content | str:
    """What was read, as `sources.refused` wants it."""
    if isinstance(found, Failed):
        return found.reason
    if isinstance(found, str):
        return found
    text = Text(*found)
    return Content(text.language, text.data, text.licence, text.pieces, text.flags)


def _parsed(document: Stored, outlines: Results) -> Parsed:
    outline = outlines.of(_key(document.place.key, document.language))
    replaced = tuple((*one,) for one in document.replaced)
    return Parsed(document.path, document.role, document.language, document.data, document.pieces, replaced, outline)


def _rows(looked: Mapping[str, Any]) -> tuple[Any, ...]:
    """What tools found in the files of a commit, as plain values."""
    return tuple((path, [[[(*vars(one).values(),) for one in some] for some in both] for both in found]) for path, found in looked.items())


def _name(plan: Planned, makers: Sequence[str], history: History, looked: Sequence[Any]) -> str:
    change = plan.change
    forge = _said(change), change.passed, change.pull
    return _key(*makers, history.max_bytes, change.commit, change.parent, change.role, change.reviewed, *forge, plan.sides, *looked)


def _said(change: Change) -> list[tuple[Any, ...]]:
    """What was said of a change, as plain values, less what only the coordinator knows."""
    return [tuple(one._replace(time=0, author="")) for one in change.said]


def _key(*parts: object) -> str:
    """The name of a unit: a digest of all that is particular to it."""
    return hashlib.sha256("\0".join(map(str, parts)).encode("utf-8", "surrogateescape")).hexdigest()


def lost(found: Failed, what: str, source: str) -> Dropped:
    """What a unit that has no result is counted as."""
    return Dropped(reason=FAULT if found.reason == "error" else DIED, what=what, source=source, detail=_why(found))


def _why(found: Failed) -> str:
    return f"{found.reason}: {found.detail}" if found.detail else found.reason
