"""The pure parts of a build: what is computed of one file, one commit or one pair of files, on whatever machine there is.

Each is a function of bytes and a path. It sees no name of a source, no time and no author: whoever asked knows those, and puts
them into the origins of what comes back (`lessons`). So equal files give equal results, whoever has them, and a result holds
until the bytes or our code change.
"""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple

from idiolect import pack, samples, syntax
from idiolect.compute import Failed, pure
from idiolect.dataset import alike, guard, labelling, leaks, probes, slips
from idiolect.dataset.difficulty import graded
from idiolect.dataset.duplicates.dedupe import printed
from idiolect.dataset.makers import MAKERS, OF_CHECKS, Maker, finding, links, pointers, reviewed
from idiolect.dataset.makers import commits as wishes
from idiolect.dataset.sent import Row, made
from idiolect.errors import ToolError
from idiolect.files import digest_bytes, digest_json
from idiolect.scrub import Scrubber, filters
from idiolect.scrub.rules import Rules
from idiolect.sources import commits, contents
from idiolect.types import Change, Document, Dropped, Edit, Finding, Hole, Replaced, Role, Said, Sample

SECRET_ANSWER = "secret-in-answer"
SECRET_PATH = "secret-path"
_FOLDERS = ("dataset", "scrub", "sources", "syntax")
_FILES = ("data/known.toml", "labels.py", "outline.py", "pack.py", "samples.py", "types.py")
_WHEELS = ("numpy", "pydantic", "rapidfuzz", "rensa", "tree-sitter")


Checks = Sequence[pack.Check | pack.Tool]


class Text(NamedTuple):
    """A file to learn from, less its secrets."""

    language: str
    data: bytes
    licence: str
    pieces: tuple[tuple[int, int, int, int], ...]
    flags: tuple[str, ...]
    replaced: tuple[tuple[int, int, int, int], ...]
    findings: tuple[str, ...]
    """Rules that found something."""
    exact: bytes
    bands: bytes
    """The text's `dedupe.Print`."""
    digest: str
    """Of all that makers see of the file."""


class Parsed(NamedTuple):
    """A text with its outline: what makers are given."""

    path: str
    role: Role
    language: str
    data: bytes
    pieces: Sequence[tuple[int, int, int, int]]
    replaced: Sequence[tuple[int, int, int, int]]
    outline: bytes

    def document(self) -> Document:
        """As a Document of nobody's; its outline is known from now on."""
        if self.outline:
            syntax.know(self.language, self.data, self.outline)
        pieces = tuple((here, there, size, line) for here, there, size, line in self.pieces)
        replaced = tuple(Replaced(*one) for one in self.replaced)
        return Document("", self.role, "", self.path, self.language, self.data, 0, pieces=pieces, replaced=replaced)


class Read(NamedTuple):
    """A commit that was read."""

    paths: tuple[str, ...]
    """Of the files whose edits are kept."""
    licence: str
    findings: tuple[tuple[str, tuple[str, ...]], ...]
    """Blob id, or nothing for the message, and the rules that found something there."""
    made: tuple[tuple[str, tuple[Row, ...]], ...]
    """Name of a maker, and what it made."""


@cache
def code() -> str:
    """Digest of all that decides what the functions here give, besides what they are given: our own code, and the libraries'."""
    root = Path(__file__).parents[1]
    files = [*(root / name for name in _FILES), *(file for folder in _FOLDERS for file in sorted((root / folder).rglob("*.py")))]
    wheels = [*_WHEELS, *sorted({row.module.replace("_", "-") for row in syntax.grammars.GRAMMARS.values()})]
    digests = [digest_bytes(file.read_bytes()) for file in (*files, filters.TOKENIZER)]
    return digest_json([digests, [importlib.metadata.version(name) for name in wheels]])


@pure(1)
def texts(files: Iterator[Any], *, code: str, scrub: str, packs: Mapping[str, str], folder: str) -> Iterator[Any]:
    """A `Text` of each path, bytes and what is stated of the file; or the reason why there is none."""
    _same(code)
    _bring(tuple(packs), folder)
    scrubber = _scrubber(scrub)
    for path, data, said in files:
        found = "missing" if data is None else contents.content(path, data, contents.Stated(*said))
        if isinstance(found, str):
            yield Failed(found) if found == "missing" else found
        elif scrubber.text(path) != path:
            yield SECRET_PATH
        else:
            clean = scrubber.scrub(found.data)
            rules = tuple(one.rule for one in clean.findings)
            replaced = tuple((*one,) for one in clean.replaced)
            seen = digest_bytes(repr((path, found.language, found.pieces, replaced)).encode() + b"\0" + clean.data)
            text = Text(found.language, clean.data, found.licence, found.pieces, found.flags, replaced, rules, *printed(clean.data), seen)
            yield tuple(text)


@pure(1)
def outlines(files: Iterator[tuple[str, bytes]], *, code: str, packs: Mapping[str, str], folder: str) -> Iterator[bytes]:
    """The packed outline of each language and text, empty where there is none to be had; a refusal where a pack's language fails."""
    _same(code)
    _bring(tuple(packs), folder)
    for language, data in files:
        yield syntax.outline(language, data)


@pure(1)
def holes(files: Iterator[tuple[Any, ...]], *, code: str, scrub: str, packs: Mapping[str, str], folder: str) -> Iterator[Any]:
    """The places of each `Parsed` file that could be probes, less those that held a secret: the fields of `probes.Unit`."""
    _same(code)
    _bring(tuple(packs), folder)
    scrubber = _scrubber(scrub)
    for values in files:
        document = Parsed(*values).document()
        found = (unit for unit in probes.units(document) if not scrubber.touches("", document.data[unit.start : unit.end].decode()))
        yield [(one.start, one.end, one.first, one.last, one.rank) for one in found]


@pure(1)
def pointed(files: Iterator[tuple[Any, ...]], *, code: str, packs: Mapping[str, str], folder: str) -> Iterator[Any]:
    """The fields of the `pointers.Links` of each `Parsed` file."""
    _same(code)
    _bring(tuple(packs), folder)
    for values in files:
        yield tuple(pointers.links(Parsed(*values).document()))


@pure(1)
def named(files: Iterator[tuple[Any, ...]], *, code: str, packs: Mapping[str, str], folder: str) -> Iterator[list[str]]:
    """Of each `Parsed` file the names of code that it mentions, if it is prose, or defines."""
    _same(code)
    _bring(tuple(packs), folder)
    for values in files:
        yield links.names(Parsed(*values).document())


@pure(1)
def lessons(groups: Iterator[Any], *, code: str, scrub: str, packs: Mapping[str, str], folder: str) -> Iterator[Any]:
    """What the makers of these names make of each group of `Parsed` files: name and rows, in the order of the names.

    Of the commits that touched files of a group they are told the paths.
    """
    _same(code)
    _bring(tuple(packs), folder)
    scrubber = _scrubber(scrub)
    for names, files, together in groups:
        material: list[Document | Change] = [*(Parsed(*values).document() for values in files), *map(_touching, together)]
        yield _made(names, material, scrubber)


@pure(1)
def changes(
    asked: Iterator[Any], *, code: str, scrub: str, packs: Mapping[str, str], folder: str, allowed: Sequence[str] | None
) -> Iterator[Any]:
    """A `Read` of each commit: names of makers, message and ids, and the versions of its files; or the reason why nothing is made of it.

    `allowed` are the licences that may be learned from.
    """
    _same(code)
    _bring(tuple(packs), folder)
    scrubber, checks = _scrubber(scrub), _checks(tuple(packs), folder)
    for names, about, versions, looked in asked:
        said = tuple(Said(*one) for one in about["said"])
        change = Change(**{**about, "said": said}, source="", time=0, author="", edits=())
        held = [(path, before, after, contents.Stated(*said)) for path, _, before, _, after, said in versions]
        found = commits.edited(change, held, allowed)
        if isinstance(found, str):
            yield Failed(found) if found == "missing" else found
            continue
        oids = {path: (old, new) for path, old, _, new, _, _ in versions}
        clean, findings = cleaned(found, oids, scrubber)
        paths = tuple(edit.path for edit in clean.edits)
        with syntax.here():
            told = {"looked": {path: [_both(*one) for one in some] for path, some in looked}} if looked else {"checks": checks}
            made = tuple(_made(names, [clean], scrubber, told)) if paths else ()
            yield tuple(Read(paths, clean.licence, findings, made)) if paths else SECRET_PATH


@pure(1)
def reworked(files: Iterator[Any], *, code: str) -> Iterator[Any]:
    """Of the three versions of each file, whether the last changes little but what the second brought (`slips.reworked`)."""
    _same(code)
    for old, now, new in files:
        yield Failed("missing") if old is None or now is None or new is None else slips.reworked(old, now, new)


@pure(1)
def signs(
    files: Iterator[tuple[str, bytes, bytes] | None], *, code: str, packs: Mapping[str, str], folder: str, asked: Sequence[Sequence[str]]
) -> Iterator[Any]:
    """Numbers of the signs that each text has (`labelling.found`), given its language, its bytes and its outline, if that is known.

    A text that is not there (None) is one today, and may be found another day: that is not kept.
    """
    _same(code)
    _bring(tuple(packs), folder)
    for text in files:
        if text is None:
            yield Failed("missing")
            continue
        language, data, outline = text
        syntax.know(language, data, outline or syntax.outline(language, data))
        found = labelling.found(asked, language, data)
        yield Failed("query", "takes too long") if found is None else found


@pure(1)
def leaking(parts: Iterator[bytes], *, code: str, answers: Sequence[str]) -> Iterator[list[tuple[int, str]]]:
    """Which answers, by place, stand in the lessons of a part's bytes, and how (`leaks.leaking`)."""
    _same(code)
    wanted = _wanted(tuple(answers))
    for data in parts:
        yield sorted(leaks.leaking(wanted, (text for lesson in samples.of_part(data) for text in leaks.texts(lesson))).items())


@pure(1)
def guarded(parts: Iterator[bytes], *, code: str, sought: Sequence[Sequence[str]]) -> Iterator[Any]:
    """What the guard finds of these probes (id and text) in the lessons of a part's bytes: a `guard.Searched`."""
    _same(code)
    watching = _guard(tuple(guard.Probe(*one) for one in sought))
    for data in parts:
        found = watching.search(samples.of_part(data))
        yield [tuple(leak) for leak in found.leaks], found.pieces


@lru_cache(maxsize=1)
def _wanted(answers: tuple[str, ...]) -> leaks.Wanted:
    return leaks.Wanted(answers)


@lru_cache(maxsize=1)
def _guard(sought: tuple[guard.Probe, ...]) -> guard.Guard:
    return guard.Guard(sought)


def cleaned(change: Change, oids: dict[str, tuple[str, str]], scrubber: Scrubber) -> tuple[Change, tuple[Any, ...]]:
    """The change without secrets, less the edits whose path holds one; and what was found where."""
    findings: list[tuple[str, tuple[str, ...]]] = []

    def clean(data: bytes, oid: str) -> tuple[bytes, tuple[Replaced, ...]]:
        found = scrubber.scrub(data)
        if found.findings:
            findings.append((oid, tuple(one.rule for one in found.findings)))
        return found.data, found.replaced

    edits = []
    for edit in change.edits:
        if scrubber.text(edit.path) == edit.path:
            before, was = clean(edit.before, oids[edit.path][0])
            after, became = clean(edit.after, oids[edit.path][1])
            edits.append(Edit(edit.path, edit.language, before, after, was, became))

    def words(text: str) -> str:
        return clean(text.encode("utf-8", "surrogatepass"), "")[0].decode("utf-8", "surrogatepass")

    said = tuple(one._replace(title=words(one.title), text=words(one.text), hunk=words(one.hunk)) for one in change.said)
    told = {"edits": tuple(edits), "subject": words(change.subject), "body": words(change.body), "said": said}
    return Change(**{**vars(change), **told}), tuple(findings)


def _both(*found: Iterable[Sequence[Any]]) -> tuple[list[Finding], ...]:
    """What a tool found in a file before and after, from plain values."""
    return tuple([Finding(**dict(zip(Finding.model_fields, one, strict=True))) for one in some] for some in found)


def _touching(paths: Iterable[str]) -> Change:
    """A commit of which nothing but the paths is known."""
    return Change("", "team", "", 0, "", "", "", tuple(Edit(path, "", b"", b"") for path in paths))


def _made(
    names: Iterable[str], material: Sequence[Document | Change], scrubber: Scrubber, told: Mapping[str, Any] | None = None
) -> list[tuple[str, tuple[Row, ...]]]:
    """The lessons of some material; one whose answer held a secret is dropped: the model may see a placeholder, not write one."""
    known: Maker = partial(finding, **(told or {}))
    makers = {name: known if name in OF_CHECKS else MAKERS[name] for name in names}
    found = [(name, [_credited(one, material) for one in maker(material)]) for name, maker in makers.items()]
    sketches = iter(alike.sketches([one for _, items in found for one in items if isinstance(one, Sample)]))
    return [(name, tuple(_row(one, sketches, scrubber) for one in items)) for name, items in found]


def _row(item: Sample | Dropped, sketches: Iterator[bytes], scrubber: Scrubber) -> Row:
    if not isinstance(item, Sample):
        return made(item)
    return made(graded(item), SECRET_ANSWER if teaches(item, scrubber) else "", next(sketches))


def _credited(item: Sample | Dropped, material: Sequence[Document | Change]) -> Sample | Dropped:
    """A lesson with the rows of a forge among its origins whose titles it repeats: a maker sees a commit's words, not whose they are."""
    said = [(one, words) for one in material if isinstance(one, Change) for words in one.said if words.title]
    if not said or isinstance(item, Dropped) or not isinstance(item.prompt, tuple):
        return item
    text = "\n".join([*(turn.content for turn in item.prompt), item.answer or ""])
    rows = [reviewed.of_forge(change, words) for change, words in said if wishes.clean(words.title) in text]
    return item.model_copy(update={"origins": tuple(dict.fromkeys((*item.origins, *rows)))}) if rows else item


def teaches(item: object, scrubber: Scrubber) -> bool:
    """Whether a placeholder stands in an answer."""
    if not isinstance(item, Sample):
        return False
    prompt = item.prompt
    before, after = (prompt.prefix + prompt.typed, prompt.suffix) if isinstance(prompt, Hole) else ("", "")
    return any(scrubber.touches(before, text, after) for text in (item.answer, item.rejected) if text)


def spoken(scrubber: Scrubber) -> str:
    """A scrubber as a parameter."""
    return json.dumps([scrubber.known.model_dump(mode="json", by_alias=True), scrubber.authors], sort_keys=True)


@cache
def _scrubber(text: str) -> Scrubber:
    known, people = json.loads(text)
    return Scrubber(Rules.model_validate(known), [(name, email) for name, email in people])


@cache
def _checks(packs: tuple[str, ...], folder: str) -> Checks:
    return tuple(check for name in packs for check in pack.load(name, Path(folder)).checks)


@cache
def _bring(packs: tuple[str, ...], folder: str) -> None:
    syntax.bring(pack.brought(packs, Path(folder)))


def _same(asked: str) -> None:
    """Refuse to work for somebody whose code is another."""
    if asked != code():
        raise ToolError("this machine has other code than the one that asks", next="install the same idiolect and libraries on both")
