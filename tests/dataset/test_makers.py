"""What holds for every maker alike, on the code of this repository's own package."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

import idiolect
from idiolect.dataset.census import length
from idiolect.dataset.makers import BUDGET, MAKERS, OF_CHECKS
from idiolect.types import Change, Document, Dropped, Edit, Kind, Said, Sample

ROOT = Path(idiolect.__file__).parent
TEST = "from idiolect.files import digest_bytes, write_text\n\n\ndef test_it():\n    assert digest_bytes(b'') and write_text\n"
KINDS = [name for name in MAKERS if name not in OF_CHECKS]  # which make nothing without a pack
OF: dict[str, Kind] = {"passed": "review", "followup": "review"}
"""The kind of what a maker makes, where it has another name."""


@cache
def material() -> tuple[Document | Change, ...]:
    paths = [ROOT / name for name in ("files.py", "types.py", "errors.py", "pack.py", "registry.py", "plots.py")]
    files = {f"src/idiolect/{path.name}": path.read_bytes() for path in paths}
    files |= {
        "tests/test_files.py": TEST.encode(),
        "README.md": b"# Idiolect\n\n## How it learns\n\n" + b"It reads what a team wrote. " * 9,
    }
    documents = [
        Document(
            "own", "team", "c" * 40, path, "markdown" if path.endswith(".md") else "python", data, 1_700_000_000, ("p1",), "Apache-2.0"
        )
        for path, data in files.items()
    ]
    before = files["src/idiolect/files.py"]
    after = before.replace(
        b"    with disk_errors(path):\n", b"    assert path.name\n    assert path.parent\n    # found\n    with disk_errors(path):\n"
    )
    edit = Edit("src/idiolect/files.py", "python", before, after)
    change = Change("own", "team", "d" * 40, 1_700_000_000, "p1", "Refuse a path without a name", "", (edit,), "Apache-2.0")
    return (*documents, change, *of_reviews(change))


def of_reviews(change: Change) -> tuple[Change, ...]:
    """A review comment, a follow-up, a file that a review let pass, and a fix of what somebody saw."""
    (edit,) = change.edits
    line = edit.before[: edit.before.index(b"    with disk_errors(path):\n")].count(b"\n") + 1
    said = Said("comment", "#1", "", "Please refuse a path without a name here.", "comments.json", 0, 50, 1_700_000_000, "p1", (line, line))
    first = Edit(edit.path, edit.language, edit.before.replace(b"    with disk_errors(path):\n", b""), edit.before)
    again = replace(edit, after=edit.before.replace(b"    with disk_errors(path):\n", b"    with disk_errors(path.parent):\n"))
    trace = "The empty path is refused by the disk.\n\nFileNotFoundError: [Errno 2] No such file or directory: ''"
    return (
        replace(change, parent="e" * 40, said=(said,)),
        replace(change, subject="Name the folder that the error is about", edits=(first, again)),
        replace(change, passed=(edit.path,)),
        replace(change, body=trace),
    )


@cache
def made(kind: Kind) -> tuple[Sample | Dropped, ...]:
    return tuple(MAKERS[kind](material()))


def samples(kind: Kind) -> list[Sample]:
    return [one for one in made(kind) if isinstance(one, Sample)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_maker_makes_samples_of_its_kind_with_its_name(kind: Kind) -> None:
    assert samples(kind)
    for one in samples(kind):
        assert one.kind == OF.get(kind, kind) and one.maker.split(".")[0] == kind and one.labels["language"] in {("python",), ("markdown",)}


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_material_gives_the_same_samples(kind: Kind) -> None:
    assert tuple(MAKERS[kind](list(material()))) == made(kind)


@pytest.mark.parametrize("kind", KINDS)
def test_prompt_and_answer_keep_to_the_budget(kind: Kind) -> None:
    assert all(length(one) <= BUDGET + 400 for one in samples(kind))


@pytest.mark.parametrize("kind", KINDS)
def test_origins_name_bytes_that_exist_with_time_authors_and_licence(kind: Kind) -> None:
    sizes = {one.path: len(one.data) for one in material() if isinstance(one, Document)} | {"comments.json": 50}
    for one in samples(kind):
        assert one.origins
        for span in one.origins:
            assert 0 <= span.start < span.end <= sizes[span.path] + 100 * (kind not in ("raw", "fim", "write", "explain", "spec"))
            assert (span.source, span.time, span.authors, span.licence) == ("own", 1_700_000_000, ("p1",), "Apache-2.0")


@pytest.mark.parametrize("kind", KINDS)
def test_legacy_code_is_never_an_answer(kind: Kind) -> None:
    assert list(MAKERS[kind]([replace(one, role="legacy") for one in material()])) == []


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_gives_nothing(kind: Kind) -> None:
    assert list(MAKERS[kind]([])) == []


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_text_is_a_reason_or_a_sample_but_never_an_error(kind: Kind) -> None:
    texts = (
        "(" * 5000,
        "def f(" * 800,
        "'''" * 999,
        "# \x00\u202e\n" * 300,
        "```\n" * 400,
        "def a():\n  '''" + "\\" * 900,
        "\r" * 50 + "x = 1",
    )
    for text in texts:
        for language, path in (("python", "a.py"), ("ruby", "a_spec.rb"), ("markdown", "a.md"), ("unknown", "test_a.zz")):
            document = Document("own", "team", "c" * 40, path, language, text.encode(), 1)
            change = Change(
                "own",
                "team",
                "d" * 40,
                1,
                "p",
                "Say " + text[:300],
                " -" * 50_000 + text,
                (Edit(path, language, text.encode(), b"x\n" + text.encode()),),
            )
            assert all(isinstance(one, Sample | Dropped) for one in MAKERS[kind]([document, change]))
