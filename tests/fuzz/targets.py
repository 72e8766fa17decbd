"""What is fuzzed: readers of what strangers wrote, each as a function of bytes.

A target comes to its end, or raises an error that a person is shown (`errors`). Anything else is a fault, and so is a promise that
does not hold: bytes that are not those of the file, a window over its limit, a piece that is somewhere else.
"""

from __future__ import annotations

import gzip
import io
import json
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

from idiolect import recipe, rows, samples, scrub
from idiolect.dataset import benchmarks, locks
from idiolect.dataset.makers import (
    MAKERS,
    blocks,
    commits,
    diff,
    neighbours,
    pointers,
    prose,
    remarks,
    review,
    scope,
    sections,
    symptoms,
    windows,
)
from idiolect.dataset.makers.forms import FORMS
from idiolect.dataset.makers.intents import claimed
from idiolect.errors import DataError, RecipeError, SourceError
from idiolect.scrub import engines
from idiolect.scrub import rules as secrets
from idiolect.sources import (
    forge,
    gates,
    gitcopy,
    gitlog,
    globs,
    headers,
    hidden,
    languages,
    licences,
    messages,
    rules,
    snapshot,
    webpages,
)
from idiolect.sources.attributes import Attributes
from idiolect.types import Change, Document, Edit, Hole, Said, Sample

Target = Callable[[bytes], None]
LANGUAGES = ("markdown", "restructuredtext", "python", "ruby", "javascript", "cobol", "text", "c")


@cache
def folder() -> Path:
    """A folder of our own, gone with this process."""
    held = tempfile.TemporaryDirectory(prefix="idiolect-fuzz-")
    _HELD.append(held)
    return Path(held.name)


_HELD: list[tempfile.TemporaryDirectory[str]] = []


def utf8(data: bytes) -> bytes:
    """What sources admit: UTF-8 without NUL."""
    return data.decode("utf-8", "ignore").replace("\0", "").encode()


def fields(data: bytes, count: int) -> list[bytes]:
    """So many fields, cut at NULs; the last ones may be empty."""
    found = data.split(b"\0", count - 1)
    return [utf8(field) for field in found] + [b""] * (count - len(found))


def pieces_hold(whole: bytes, text: bytes, pieces: tuple[tuple[int, int, int, int], ...]) -> None:
    """Every piece of a text stands in the file where it says."""
    for at, start, size, line in pieces:
        assert text[at : at + size] == whole[start : start + size]
        assert line == whole.count(b"\n", 0, start)


def cut_windows(data: bytes) -> None:
    """Lines and windows tile a file and split no character."""
    data = utf8(data)
    rows = windows.lines(data)
    ends = [start for start, _ in rows[1:]] + [len(data)]
    assert b"".join(data[start:end] for (start, _), end in zip(rows, ends, strict=True)) == data
    starts = [section.start for section in sections.sections(data)]
    for limit in (16, 100, 6000):
        tiles = windows.cut(data, limit, [starts])
        assert b"".join(data[slice(*tile)] for tile in tiles) == data
        for start, end in tiles:
            assert end - start <= limit
            data[start:end].decode()
    for at in {windows.on_character(data, len(data) * eighth // 8) for eighth in range(9)}:
        for budget in (0, 3, 60):
            start, end = windows.before(data, at, budget), windows.after(data, at, budget)
            assert at - budget <= start <= at <= end <= at + budget
            data[start:end].decode()
        assert windows.line_start(data, at) <= windows.indented(data, at) <= at or not data[:at]
        assert windows.line_end(data, at) >= at
    windows.elided(data, [row for number, row in enumerate(rows) if number % 3 == 0])


def cut_sections(data: bytes) -> None:
    """Sections follow one another to the end of the file."""
    data = utf8(data)
    found = sections.sections(data)
    ends = [*(section.start for section in found[1:]), len(data)]
    for one, end in zip(found, ends if found else (), strict=True):
        assert one.title
        assert 0 <= one.start <= one.body <= one.end == end
        data[one.body : one.end].decode()


def read_prose(data: bytes) -> None:
    """Docstrings and comments."""
    text = prose.plain(utf8(data).decode())
    prose.refusal(text, text[:20])
    assert len(prose.opening(text)) <= 400
    prose.words_of(text)
    assert f"\n{text}\n" in scope.fenced(text, "python")


def make_lessons(data: bytes) -> None:
    """Every maker over a file in one of several languages: holes join to the bytes of their origin, raw text is a run of it."""
    known = LANGUAGES[data[0] % len(LANGUAGES)] if data else "text"
    document = Document("shop", "team", "c" * 40, "a/b", known, utf8(data[1:]), 0)
    other = Document("shop", "team", "c" * 40, "a/c", known, utf8(data[len(data) // 2 :]), 0)
    for name, maker in MAKERS.items():
        for made in maker([document, other] if name in ("near", "superseded") else [document]):
            if isinstance(made, Sample) and made.kind in ("fim", "raw"):
                span = made.origins[0]
                hole = made.prompt if isinstance(made.prompt, Hole) else Hole(path="", prefix="", suffix="")
                whole = hole.prefix + hole.typed + (made.answer or "") + hole.suffix
                assert whole.encode() == document.data[span.start : span.end]


def link_files(data: bytes) -> None:
    """Two files in one of several languages: each stands in its own group, and no file stands around itself."""
    known = list(pointers.READERS)[data[0] % len(pointers.READERS)] if data else "text"
    pieces = [utf8(data[1 : len(data) // 2]), utf8(data[len(data) // 2 :])]
    files = [Document("shop", "team", "c" * 40, f"src/{number}/models.py", known, piece, 0) for number, piece in enumerate(pieces)]
    groups = neighbours.around(files, {one.path: pointers.links(one) for one in files})
    assert [group[0] for group in groups] == (files if data else [])
    assert all(len(set(map(id, group))) == len(group) for group in groups)


def _change(message: bytes, before: bytes, after: bytes) -> Change:
    subject, _, body = message.decode().partition("\n")
    edits = (Edit("a/b.py", "python", before, after),)
    return Change("shop", "team", "c" * 40, 0, "a-1", subject, body, edits, parent="d" * 40)


def make_edits(data: bytes) -> None:
    """A commit's edit, applied in the form it has, gives lines of the file before or after and changes it; spans lie within the files."""
    message, before, after = fields(data, 3)
    change = _change(message or b"Handle an empty basket in the shop", before, after)
    for made in diff([change]):
        if isinstance(made, Sample):
            (read,) = (form.apply for form in FORMS if form.name == made.labels["form"][0])
            found = read(made.answer or "", {"a/b.py": before.decode()})["a/b.py"]
            assert found != before.decode()
            assert set(found.split("\n")) <= {*before.decode().split("\n"), *after.decode().split("\n")}
            for span in made.origins:
                assert 0 <= span.start <= span.end <= len(before if span.commit == change.parent else after)


def apply_blocks(data: bytes) -> None:
    """What a model answered, as an edit."""
    answer, text = fields(data, 2)
    with suppress(ValueError):
        blocks.apply(answer.decode(), {"a/b.py": text.decode()})


def read_messages(data: bytes) -> None:
    """Commit messages."""
    message, name, email = (field.decode() for field in fields(data, 3))
    subject, _, body = message.partition("\n")
    commit = gitlog.Commit("c" * 40, ("d" * 40,), name, email, 0, 0, subject, body, ())
    messages.pull(commit)
    messages.reverts(commit)
    messages.bot(commit)
    messages.reviewed([commit, commit])
    change = _change(message.encode(), b"", b"")
    asked = commits.wish(change)
    assert isinstance(asked, str) or asked.subject
    claimed(subject)
    commits.reverted([change])


def read_attributes(data: bytes) -> None:
    """`.gitattributes`, and what it says of some paths."""
    said = Attributes({".gitattributes": data, "a/.gitattributes": data[::-1]})
    path = data[-60:].decode("utf-8", "surrogateescape")
    for one in ("a.py", "a/b/c.min.js", "größe/x y.rb", "a.h", path):
        said.of(one)
        globs.matches(one, (path,))
        languages.bad_path(one)
        languages.language(one, data)
        rules.refusal(recipe.Source(path="x", name="x"), one, said)


def read_mailmap(data: bytes) -> None:
    """`.mailmap`."""
    for address, (name, mail) in messages.mailmap(data).items():
        assert address == address.lower()
        assert mail
        assert name == name.strip()


def read_licences(data: bytes) -> None:
    """Licence texts, SPDX headers and expressions."""
    licences.recognised(data)
    licences.allowed(licences.header(data), licences.PERMISSIVE)
    licences.allowed(data.decode("utf-8", "replace"), licences.PERMISSIVE)
    licences.Licences("", {"LICENSE": data, "a/COPYING": data[::-1]}).of("a/b/c.py", data)


def strip_headers(data: bytes) -> None:
    """Copyright headers: what stays are bytes of the file."""
    known = LANGUAGES[data[0] % len(LANGUAGES)] if data else "text"
    text, pieces = headers.stripped(data, known)
    assert b"".join(data[start : start + size] for _, start, size, _ in pieces) == text if pieces else text in (data, b"")
    pieces_hold(data, text, pieces)


def read_pages(data: bytes) -> None:
    """HTML becomes Markdown, in bytes of the page."""
    page = utf8(data)
    text, pieces = webpages.markdown(page)
    text.decode()
    pieces_hold(page, text, pieces)
    webpages.is_documentation("docs/a.html", page)


def judge_texts(data: bytes) -> None:
    """Gates, signals and hidden signs."""
    for known in ("python", "html", "json", "markdown"):
        gates.refusal(known, data)
    text = data.decode("utf-8", "replace")
    gates.signals(text)
    hidden.flags(data)
    assert not {"bidi", "tags"} & set(hidden.flags(hidden.visible(text).encode()))


@cache
def _scrubber() -> scrub.Scrubber:
    return scrub.Scrubber(secrets.together(), authors=[("Ada Lovelace", "ada@analytical.org")], engine=engines.by_keywords)


def scrub_texts(data: bytes) -> None:
    """No line more or less, and the way back leads to the bytes that stood there."""
    data = utf8(data)
    once = _scrubber().scrub(data, "config/a.yml")
    assert once.data.count(b"\n") == data.count(b"\n")
    at = back = 0
    for one in once.replaced:
        assert once.data[at : one.start] == data[back : one.original_start]
        at, back = one.end, one.original_end
    assert once.data[at:] == data[back:]


def read_rules(data: bytes) -> None:
    """A team's own rules in gitleaks' format; those that are taken work."""
    file = folder() / "rules.toml"
    file.write_bytes(data)
    with suppress(RecipeError):
        found = secrets.together((secrets.read(file),))
        scrub.Scrubber(found, engine=engines.by_keywords).scrub(b"the key is a = b\n" + data[:200], "a.py")


def read_recipes(data: bytes) -> None:
    """A recipe."""
    file = folder() / "idiolect.toml"
    file.write_bytes(data)
    with suppress(RecipeError):
        made = recipe.read(file)
        json.dumps(made.frozen())
        benchmarks.files(made.folder, made.dataset.benchmarks)


def read_benchmarks(data: bytes) -> None:
    """Files of rows, and of text, also compressed."""
    for name, content in (("a.jsonl", data), ("a.json", data), ("a.txt", data), ("a.json.gz", data), ("b.json.gz", gzip.compress(data, 1))):
        file = folder() / name
        file.write_bytes(content)
        with suppress(RecipeError):
            assert all(passage.row > 0 for passage in benchmarks.read(file))


def read_forge(data: bytes) -> None:
    """Exports of a forge: what is read has its place in the file, and lessons come of it or a reason."""
    for name in ("a.json", "a.jsonl"):
        file = folder() / name
        file.write_bytes(data)
        found = forge.read([(name, file)], b"key")
        for entry in (*found.pulls.values(), *found.issues.values(), *found.comments):
            assert 0 <= entry.where.start < entry.where.end <= len(data)
            remarks.refusal(remarks.clean(entry.text))
            symptoms.symptom(entry.text, inline=True)
        for one in found.comments:
            said = Said(
                "comment", one.pull, "", one.text, one.where.file, one.where.start, one.where.end, 0, "", (one.first, one.last), one.hunk
            )
            for before in (b"", b"a = 1\n" * 9):
                edit = Edit(one.path, "python", before, b"a = 1\nb = 2\n" * 5)
                list(review([Change("shop", "team", "c" * 40, 0, "a-1", "Say", "", (edit,), parent="d" * 40, said=(said,))]))


def read_locks(data: bytes) -> None:
    """Lock files: a version is text that begins with a digit."""
    for name in locks.READERS:
        with suppress(ValueError):
            assert all(not version or version[0].isdigit() for version in locks.versions(name, data).values())


def read_git(data: bytes) -> None:
    """What git says of a history and of a tree, and the files in its folder."""
    with suppress(SourceError):
        for commit in gitlog.read_log(gitlog.tokens(io.BytesIO(data), "shop"), "shop"):
            assert len(commit.touches) <= gitlog.MAX_ENTRIES
    with suppress(SourceError):
        list(gitlog.read_tree(gitlog.tokens(io.BytesIO(data), "shop"), "shop"))
    text = data.decode("utf-8", "replace")
    gitcopy.settings(text)
    gitcopy.valid_ref(text)


def _archive(suffix: str) -> Target:
    def read_archive(data: bytes) -> None:
        file = folder() / f"archive{suffix}"
        file.write_bytes(data)
        with suppress(SourceError):
            for item in snapshot.members(file):
                assert len(item.data) <= snapshot.MAX_FILE
                languages.bad_path(item.path)

    return read_archive


def _rows(suffix: str) -> Target:
    def read_rows(data: bytes) -> None:
        """Files of rows: every row lies in its file, and what is made of it is text that says something, also when it is written."""
        file = folder() / f"rows{suffix}"
        file.write_bytes(data)
        for item in rows.read(file, 100_000):
            assert item.line > 0
            with suppress(rows.Refused):
                if isinstance(item, rows.Row):
                    assert 0 <= item.start < item.end <= len(data)
                    for sample in rows.shaped(item.value).samples:
                        assert isinstance(sample.prompt, Hole) or (sample.answer or sample.rejected or "").strip()
                        json.dumps([form(sample) for form in (rows.FORMATS["idiolect"],)], ensure_ascii=False).encode()

    return read_rows


def read_samples(data: bytes) -> None:
    """A dataset's Parquet file."""
    file = folder() / "dataset" / "train" / "part-00000.parquet"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    with suppress(DataError):
        for sample in samples.read(folder() / "dataset", "train"):
            assert sample.id


TARGETS: dict[str, Target] = {
    "windows": cut_windows, "sections": cut_sections, "prose": read_prose, "lessons": make_lessons, "links": link_files,
    "edits": make_edits,
    "blocks": apply_blocks, "messages": read_messages, "attributes": read_attributes, "mailmap": read_mailmap,
    "licences": read_licences, "headers": strip_headers, "pages": read_pages, "texts": judge_texts, "scrub": scrub_texts,
    "rules": read_rules, "recipe": read_recipes, "benchmarks": read_benchmarks, "git": read_git,
    "locks": read_locks, "tar": _archive(".tar"),
    "tgz": _archive(".tar.gz"), "txz": _archive(".tar.xz"), "zip": _archive(".zip"), "parquet": read_samples, "forge": read_forge,
    "jsonl": _rows(".jsonl"), "json": _rows(".json"), "yaml": _rows(".yaml"), "columns": _rows(".parquet"),
}  # fmt: skip
