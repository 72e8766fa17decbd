"""What holds for every maker alike, on the code of this repository's own package."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

import idiolect
from idiolect.dataset.census import length
from idiolect.dataset.makers import BUDGET, MAKERS, OF_CHANGES, OF_CHECKS, OF_GENERATIONS, OF_THREADS
from idiolect.types import Change, Document, Dropped, Edit, Said, Sample

ROOT = Path(idiolect.__file__).parent
TEST = "from idiolect.files import digest_bytes, write_text\n\n\ndef test_it():\n    assert digest_bytes(b'') and write_text\n"
KEYS = """from idiolect.key import calculate_the_key


def test_the_key_that_we_calculate_knows_no_order_of_its_parts():
    assert calculate_the_key([1, 2]) == calculate_the_key([2, 1])


def test_the_key_that_we_calculate_is_another_for_other_parts():
    assert calculate_the_key([1]) != calculate_the_key([2])
"""
GUIDE = b"""# Idiolect

## How it learns

It reads what a team wrote. It reads what a team wrote. It reads what a team wrote. It reads it all again.

## Parts of a `Sample`

Whatever is learned from is a `Sample`, and every one of them names the bytes of the team that stand in it.

## A key

Runs are told from one another by `calculate_the_key`, which takes the digest of all that goes into them.
"""
RUN = "def calculate_the_key(parts):\n    found = sorted(parts)\n    return digest(found)\n"
NAMES = [name for name in MAKERS if name not in (*OF_CHECKS, *OF_GENERATIONS)]  # which make nothing without a pack, or of one generation
KINDS = {
    "implement": "spec", "tested": "write", "linked": "explain", "described": "write", "next_edit": "diff", "added": "write",
    "templated": "write",
    "near": "fim", "infill": "diff", "mutate": "bugfix", "passed": "review", "followup": "review",
}  # fmt: skip
MORE = {"refactor": BUDGET, "feature": BUDGET}
"""Bytes that some makers may take beyond the budget."""


@cache
def material() -> tuple[Document | Change, ...]:
    paths = [ROOT / name for name in ("registry.py", "files.py", "types.py", "errors.py", "pack.py", "plots.py")]
    files = {f"src/idiolect/{path.name}": path.read_bytes() for path in paths}
    files |= {
        "tests/test_files.py": TEST.encode(),
        "tests/test_key.py": KEYS.encode(),
        "README.md": GUIDE,
        "src/idiolect/key.py": RUN.encode(),
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
    renamed = before.replace(b"digest_bytes", b"hash_of_bytes")
    new = Edit("src/idiolect/key.py", "python", b"", RUN.encode())
    refuse = _change("d", "Refuse a path without a name", Edit("src/idiolect/files.py", "python", before, after))
    return (
        *documents,
        refuse,
        _change("e", "Call it what it is", Edit("src/idiolect/files.py", "python", before, renamed)),
        _change("f", "Calculate the key of a run from all that it reads", new),
        *_changes(),
        *of_reviews(refuse),
    )


def _change(digit: str, subject: str, *edits: Edit, body: str = "") -> Change:
    return Change("own", "team", digit * 40, 1_700_000_000, "p1", subject, body, edits, "Apache-2.0")


def _changes() -> Iterator[Change]:
    """A fault that was mended, code that moved, something new, and functions that were brought to another form."""
    sound = (ROOT / "files.py").read_bytes()
    faulty = sound.replace(b"    with disk_errors(path):\n", b"    with disk_errors(path.parent):\n", 1)
    wrong = Edit("src/idiolect/files.py", "python", faulty, sound)
    yield _change("1", "Fix what an error of the disk names", wrong, body="It named the folder, and nobody knew which file was meant.")
    errors = (ROOT / "errors.py").read_bytes()
    half = errors.index(b"\nclass ", len(errors) // 2)
    moved = (Edit("src/idiolect/more.py", "python", b"", errors[half:]), Edit("src/idiolect/errors.py", "python", errors, errors[:half]))
    yield _change("2", "Move half of the errors to a file of their own", *moved)
    new = (Edit("src/idiolect/errors.py", "python", b"", errors), Edit("README.md", "markdown", b"One\n", b"One\n\nTwo\n"))
    yield _change("3", "Add errors that say what happened, where it did and what to do next, each with a code to exit with", *new)
    old = b"".join(
        b"def t_%d(self):\n    found = go(%d)\n    self.assertEquals(found.size, 3, found.name)\n\n\n" % (n, n) for n in range(3)
    )
    today = re.sub(rb"self.assertEquals\((.*), 3, (.*)\)", rb"assert \1 == 3, \2", old)
    yield _change("4", "Use plain asserts in the tests", Edit("src/idiolect/types.py", "python", old, today))


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
def made(name: str) -> tuple[Sample | Dropped, ...]:
    return tuple(MAKERS[name](material()))


def samples(name: str) -> list[Sample]:
    return [one for one in made(name) if isinstance(one, Sample)]


@pytest.mark.parametrize("name", NAMES)
def test_every_maker_makes_samples_of_its_kind_with_its_name(name: str) -> None:
    assert samples(name)
    for one in samples(name):
        assert (
            one.kind == KINDS.get(name, name) and one.maker.split(".")[0] == name and one.labels["language"] in {("python",), ("markdown",)}
        )


@pytest.mark.parametrize("name", NAMES)
def test_the_same_material_gives_the_same_samples(name: str) -> None:
    assert tuple(MAKERS[name](list(material()))) == made(name)


@pytest.mark.parametrize("name", NAMES)
def test_prompt_and_answer_keep_to_the_budget(name: str) -> None:
    assert all(length(one) <= BUDGET + MORE.get(name, 0) + 400 for one in samples(name))


@pytest.mark.parametrize("name", NAMES)
def test_origins_name_bytes_that_exist_with_time_authors_and_licence(name: str) -> None:
    sizes = {one.path: len(one.data) for one in material() if isinstance(one, Document)}
    sizes |= {"src/idiolect/more.py": sizes["src/idiolect/types.py"], "comments.json": 50}
    for one in samples(name):
        assert one.origins
        for span in one.origins:
            assert 0 <= span.start < span.end <= sizes[span.path] + 300 * (name in (*OF_CHANGES, *OF_THREADS))
            assert (span.source, span.time, span.authors, span.licence) == ("own", 1_700_000_000, ("p1",), "Apache-2.0")


@pytest.mark.parametrize("name", NAMES)
def test_legacy_code_is_never_an_answer(name: str) -> None:
    assert list(MAKERS[name]([replace(one, role="legacy") for one in material()])) == []


@pytest.mark.parametrize("name", NAMES)
def test_nothing_gives_nothing(name: str) -> None:
    assert list(MAKERS[name]([])) == []


@pytest.mark.parametrize("name", NAMES)
def test_hostile_text_is_a_reason_or_a_sample_but_never_an_error(name: str) -> None:
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
            assert all(isinstance(one, Sample | Dropped) for one in MAKERS[name]([document, change]))
