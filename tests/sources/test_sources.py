"""Sources: documents and changes with their times, authors and reasons; paths are labels."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from idiolect import sources
from idiolect.errors import SourceError
from idiolect.recipe import Source
from idiolect.sources import gitread, people, rules
from idiolect.types import Change, Document, Dropped
from tests.repositories import PYTHON, RUBY, blob, commit, commit_of_tree, git, made
from tests.sources.test_licences import APACHE, MIT

DAY = 86_400
START = 1_700_000_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "repository"


def read(folder: Path, *, at: str = "", **values: object) -> tuple[dict[str, Document], dict[str, Dropped]]:
    """What a source of this repository keeps and drops, by path."""
    repository = opened(folder)
    items = list(sources.read(Source.model_validate({"path": "x", **values}), repository, at or repository.head))
    kept = {item.path: item for item in items if isinstance(item, Document)}
    return kept, {item.what: item for item in items if isinstance(item, Dropped)}


def opened(folder: Path) -> gitread.Repository:
    return sources.opened(folder, folder.parent / "cache")


def changes(folder: Path) -> Iterator[Change | Dropped]:
    repository = opened(folder)
    return sources.changes(Source(path="x", name="x"), repository, repository.head)


def test_documents_are_the_files_as_they_stood_at_a_commit(folder: Path) -> None:
    made(folder)
    first = git(folder, "rev-parse", "HEAD")
    commit(folder, {"app/greet.py": PYTHON * 2, "app/thing.rb": None}, "Change")
    (folder / "app" / "greet.py").write_text("the work tree is never read")
    kept, _ = read(folder, at=first, licence="MIT", role="reference", name="shop")
    assert {path: one.data for path, one in kept.items()} == {"app/greet.py": PYTHON, "app/thing.rb": RUBY}
    assert {one.language for one in kept.values()} == {"python", "ruby"}
    assert {(one.source, one.role, one.licence, one.commit) for one in kept.values()} == {("shop", "reference", "MIT", first)}
    assert {path: one.data for path, one in read(folder)[0].items()} == {"app/greet.py": PYTHON * 2}


def test_a_documents_time_is_that_of_its_last_author_and_its_authors_are_all_who_touched_it(folder: Path) -> None:
    made(folder)
    commit(folder, {"app/greet.py": PYTHON * 2}, "Change", author="Bob", time=START + DAY)
    git(folder, "mv", "app/greet.py", "app/hello.py")
    commit(folder, {}, "Move\n\nCo-authored-by: Cid <cid@example.org>", author="Eve", time=START + 2 * DAY)
    middle = git(folder, "rev-parse", "HEAD")
    commit(folder, {"app/hello.py": PYTHON}, "Later", author="Zoe", time=START + 3 * DAY)
    repository = opened(folder)
    kept, _ = read(folder, at=middle)
    names = {name: people.pseudonym(name, f"{name.lower()}@example.org", repository.key) for name in ("Ada", "Bob", "Cid", "Eve", "Zoe")}
    assert kept["app/hello.py"].time == START + 2 * DAY
    assert kept["app/hello.py"].authors == tuple(sorted(names[name] for name in ("Ada", "Bob", "Cid", "Eve")))
    assert kept["app/thing.rb"].time == START
    assert kept["app/thing.rb"].authors == (names["Ada"],)


def test_everything_in_a_tree_is_kept_or_dropped_with_a_reason(folder: Path) -> None:
    files = {
        "a.py": PYTHON, "vendor/b.py": PYTHON, "Gemfile.lock": b"x", "c.png": b"\x89PNG", "d.py": b"", "e.py": b"\0", "f.py": b"\xff\xfe",
        "g.py": b"x = 1\n" * 300_000, "h.py": b"x = '" + b"a b " * 400 + b"'\n", "skip/i.py": PYTHON, "j.min.js": b"x", "k.rb": RUBY,
    }  # fmt: skip
    made(folder, files)
    (folder / "link.py").symlink_to("/etc/passwd")
    commit(folder, {}, "Link")
    kept, dropped = read(folder, exclude=("skip/**",))
    assert set(kept) == {"a.py", "k.rb"}
    assert {path: item.reason for path, item in dropped.items()} == {
        "vendor/b.py": "vendored", "Gemfile.lock": "generated", "c.png": "no-language", "d.py": "empty", "e.py": "binary",
        "f.py": "not-utf8",
        "g.py": "oversized", "h.py": "long-lines", "skip/i.py": "excluded", "j.min.js": "minified", "link.py": "symlink",
    }  # fmt: skip
    assert set(read(folder, include=("**/*.rb",))[0]) == {"k.rb"}


def test_max_bytes_decides_what_is_oversized(folder: Path) -> None:
    made(folder)
    repository = opened(folder)
    kept, dropped = sources.documents(Source(path="x"), repository, repository.head, max_bytes=len(RUBY))
    assert [one.path for one in kept] == ["app/thing.rb"]
    assert [item.reason for item in dropped] == ["oversized"]


@pytest.mark.parametrize(
    "name",
    [
        b"..",
        b".git",
        b".GIT",
        b"git~1",
        b".git ",
        b"a\\b.py",
        b"C:x.py",
        b"x\x01.py",
        b"x\n.py",
        b"n" * 4000 + b".py",
        b"\xff\xfe.py",
        b".",
    ],
)
def test_odd_names_in_a_tree_are_bad_paths_and_nothing_is_written(folder: Path, name: bytes) -> None:
    made(folder, {"a.py": PYTHON})
    oid = blob(folder, PYTHON)
    commit_of_tree(folder, sorted([("100644", name, oid), ("100644", b"good.py", oid)], key=lambda entry: entry[1]))
    before = sorted(folder.parent.rglob("*"))
    kept, dropped = read(folder)
    assert set(kept) == {"good.py"}
    assert [item.reason for item in dropped.values()] == ["bad-path"]
    assert all(item.detail and item.what.isprintable() for item in dropped.values())
    assert [path for path in sorted(folder.parent.rglob("*")) if not path.is_relative_to(folder.parent / "cache")] == before


def test_folders_with_odd_names_are_bad_paths_too(folder: Path) -> None:
    made(folder, {"a.py": PYTHON})
    oid = git(folder, "rev-parse", "HEAD^{tree}")
    commit_of_tree(folder, [("40000", b"..", oid), ("40000", b".git", oid), ("40000", b"ok", oid)])
    kept, dropped = read(folder)
    assert set(kept) == {"ok/a.py"}
    assert set(dropped) == {"../a.py", ".git/a.py"}


def test_names_that_differ_in_case_or_composition_alone_are_reported(folder: Path) -> None:
    made(folder, {})
    oid = blob(folder, PYTHON)
    names = ["Read.py", "read.py", unicodedata.normalize("NFC", "é.py"), unicodedata.normalize("NFD", "é.py")]
    commit_of_tree(folder, sorted(("100644", name.encode(), oid) for name in names))
    kept, dropped = read(folder)
    assert len(kept) == 2
    assert [item.reason for item in dropped.values()] == ["path-collision"] * 2
    assert "the same as Read.py" in dropped["read.py"].detail


def test_a_missing_blob_is_a_counted_reason(folder: Path) -> None:
    made(folder)
    oid = git(folder, "rev-parse", "HEAD:app/greet.py")
    (folder / ".git" / "objects" / oid[:2] / oid[2:]).unlink()
    kept, dropped = read(folder)
    assert set(kept) == {"app/thing.rb"}
    assert dropped["app/greet.py"].reason == "missing"


def test_an_object_that_holds_other_bytes_than_its_id_says_is_not_believed(folder: Path) -> None:
    made(folder)
    wanted, other = git(folder, "rev-parse", "HEAD:app/greet.py"), blob(folder, b"evil = True\n" * 9)
    place = folder / ".git" / "objects"
    (place / wanted[:2] / wanted[2:]).unlink()
    (place / wanted[:2] / wanted[2:]).write_bytes((place / other[:2] / other[2:]).read_bytes())
    assert read(folder)[1]["app/greet.py"].reason == "missing"


def test_a_missing_tree_names_the_repository(folder: Path) -> None:
    made(folder)
    oid = git(folder, "rev-parse", "HEAD:app")
    (folder / ".git" / "objects" / oid[:2] / oid[2:]).unlink()
    with pytest.raises(SourceError, match="git cannot read it") as caught:
        read(folder)
    assert caught.value.where == str(folder)


def test_a_damaged_blob_does_not_hide_those_after_it(folder: Path) -> None:
    made(folder, {f"f{number}.py": PYTHON + b"# %d\n" % number for number in range(30)})
    for number in (3, 4, 20):
        oid = git(folder, "rev-parse", f"HEAD:f{number}.py")
        file = folder / ".git" / "objects" / oid[:2] / oid[2:]
        file.chmod(0o600)
        file.write_bytes(file.read_bytes()[:-8])
    kept, dropped = read(folder)
    assert len(kept) == 27
    assert {item.what for item in dropped.values()} == {"f3.py", "f4.py", "f20.py"}


def test_without_a_blob_only_exact_renames_are_followed_and_that_is_said(folder: Path) -> None:
    body = b"".join(b"line_%d = %d\n" % (number, number) for number in range(40))
    made(folder, {"old.py": body, "same.py": PYTHON})
    git(folder, "mv", "old.py", "new.py")
    git(folder, "mv", "same.py", "moved.py")
    commit(folder, {"new.py": body + b"more = 1\n"}, "Move")
    assert {touch.status for touch in opened(folder).commits()[0].touches} == {"R"}
    oid = git(folder, "rev-parse", "HEAD:new.py")
    (folder / ".git" / "objects" / oid[:2] / oid[2:]).unlink()
    git(folder, "update-ref", "refs/heads/again", "HEAD")
    repository = opened(folder)
    touches = {touch.path: touch.status for touch in repository.commits()[0].touches}
    assert touches == {"old.py": "D", "new.py": "A", "moved.py": "R"}
    assert "only renames without a change" in sources.remarks(repository)[0]


def test_the_log_gives_every_commit_with_its_part_in_every_file(folder: Path) -> None:
    made(folder, {"a.py": PYTHON, "b.py": RUBY})
    git(folder, "switch", "-q", "-c", "side")
    commit(folder, {"c.py": PYTHON * 3}, "Side\n\nWith a body\x01\nand more", author="Bob", time=START + DAY)
    git(folder, "switch", "-q", "main")
    commit(folder, {"a.py": PYTHON * 2, "b.py": None}, "Main", time=START + 2 * DAY)
    git(folder, "merge", "-q", "--no-ff", "-m", "Merge side", "side")
    repository = opened(folder)
    assert [one.subject for one in repository.first_parents()] == ["Begin", "Main", "Merge side"]
    log = {one.subject: one for one in repository.commits()}
    assert [(touch.status, touch.path) for touch in log["Main"].touches] == [("M", "a.py"), ("D", "b.py")]
    assert [(touch.status, touch.path) for touch in log["Merge side"].touches] == [("A", "c.py")]
    assert log["Side"].body == "With a body\x01\nand more"
    assert (log["Side"].name, log["Side"].email, log["Side"].time) == ("Bob", "bob@example.org", START + DAY)
    assert len(log["Merge side"].parents) == 2
    assert [one.subject for one in repository.commits(log["Main"].id)] == ["Main", "Begin"]
    assert repository.commits(log["Main"].id) == opened(folder).commits(log["Main"].id)


def test_changes_hold_both_sides_of_each_edit_and_every_commit_is_accounted_for(folder: Path) -> None:
    made(folder, {"a.py": PYTHON, "logo.png": b"\0"})
    commit(folder, {"a.py": PYTHON * 2, "logo.png": b"\0\0"}, "Double it\n\nBecause.", author="Bob", time=START + DAY)
    commit(folder, {"logo.png": b"\0\0\0"}, "Logo")
    commit(folder, {f"{number}.py": PYTHON for number in range(30)}, "Sweep")
    commit(folder, {"a.py": None}, "Remove")
    items = list(changes(folder))
    assert Counter(item.reason for item in items if isinstance(item, Dropped)) == {"no-edits": 1, "many-files": 1}
    begin, double, remove = (item for item in items if isinstance(item, Change))
    assert (double.subject, double.body, double.time) == ("Double it", "Because.", START + DAY)
    assert [(edit.path, edit.language, edit.before, edit.after) for edit in double.edits] == [("a.py", "python", PYTHON, PYTHON * 2)]
    assert begin.edits[0].before == b""
    assert remove.edits[0].after == b""
    assert double.author.startswith("a-")


def test_commits_that_are_not_among_the_newest_are_dropped_unread(folder: Path) -> None:
    made(folder)
    commit(folder, {"a.py": PYTHON}, "Second", time=START + DAY)
    commit(folder, {"a.py": PYTHON * 2}, "Third", time=START + 2 * DAY)
    repository = opened(folder)
    items = list(sources.changes(Source(path="x"), repository, repository.head, newest=1))
    assert [item.subject if isinstance(item, Change) else item.reason for item in items] == ["old-commit", "old-commit", "Third"]


def test_a_link_that_becomes_a_file_is_an_addition(folder: Path) -> None:
    made(folder, {"b.py": PYTHON})
    (folder / "a.py").symlink_to("/etc/passwd")
    commit(folder, {}, "Link")
    (folder / "a.py").unlink()
    commit(folder, {"a.py": PYTHON}, "File")
    found = opened(folder).commits()
    assert [(touch.status, touch.path, touch.old) for touch in found[0].touches] == [("A", "a.py", "")]
    assert found[1].touches == ()


def test_a_tree_that_refers_to_itself_many_times_is_refused(folder: Path) -> None:
    made(folder, {})
    oid = blob(folder, PYTHON)
    mode = "100644"
    for _ in range(9):
        tree = b"".join(f"{mode} {letter}.py".encode() + b"\0" + bytes.fromhex(oid) for letter in "abcdefghij")
        oid = git(folder, "hash-object", "-t", "tree", "-w", "--literally", "--stdin", data=tree)
        mode = "40000"
    git(folder, "update-ref", "refs/heads/main", git(folder, "commit-tree", oid, "-m", "Bomb"))
    repository = gitread.Repository(opened(folder).folder, b"key", memory=50 << 20)
    with pytest.raises(SourceError, match="has more than 10,000 files"):
        repository.tree(repository.head, most=10_000)
    with pytest.raises(SourceError, match="git cannot read it"):
        repository.commits()


def test_git_runs_plumbing_only(folder: Path) -> None:
    made(folder)
    repository = opened(folder)
    assert repository.git("rev-parse", "HEAD").decode().strip() == repository.head
    for word in ("status", "checkout", "archive", "fetch", "grep"):
        with pytest.raises(ValueError, match="no plumbing"):
            repository.git(word)
    with pytest.raises(SourceError, match="git cannot read it"):
        repository.git("rev-parse", "--verify", "nowhere")


def test_pseudonyms_depend_on_the_key_and_the_address_and_do_not_show_them() -> None:
    one = people.pseudonym("Ada", "Ada@Example.org ", b"k")
    assert one == people.pseudonym("Ada L.", "ada@example.org", b"k")
    assert one != people.pseudonym("Ada", "ada@example.org", b"other")
    assert one != people.pseudonym("Ada", "", b"k")
    assert people.pseudonym("Ada ", "", b"k") == people.pseudonym("ada", "", b"k")
    assert len(one) == 12
    assert "ada" not in one


def test_the_key_is_made_once(tmp_path: Path) -> None:
    assert people.key(tmp_path / "cache") == people.key(tmp_path / "cache")
    assert people.key(tmp_path / "cache") != people.key(tmp_path / "other")
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["authors.key"]


def test_whether_a_path_is_admitted_needs_no_file() -> None:
    source = Source(path="x", include=("app/**",), exclude=("**/old/*.py",))
    assert not rules.refusal(source, "app/a.py")
    assert [rules.refusal(source, path) for path in ("lib/a.py", "app/old/a.py", "app/vendor/a.py", "app/../a.py", "app/a.png")] == [
        "excluded", "excluded", "vendored", "bad-path", "no-language",
    ]  # fmt: skip


LICENSED = b"# SPDX-License-Identifier: GPL-3.0-only\n# Copyright 2024 A Team\n\n"


def test_a_licence_is_told_per_path_and_the_gate_drops_by_it(folder: Path) -> None:
    made(folder, {"LICENSE": MIT.encode(), "a.py": PYTHON, "gpl.py": LICENSED + PYTHON, "theirs/COPYING": APACHE, "theirs/b.py": PYTHON})
    kept, dropped = read(folder)
    assert {path: one.licence for path, one in kept.items()} == {"a.py": "MIT", "gpl.py": "GPL-3.0-only", "theirs/b.py": "Apache-2.0"}
    assert {path: one.licence for path, one in read(folder, licence="private")[0].items()}["a.py"] == "private"
    kept, dropped = read(folder, licences=("MIT",))
    assert set(kept) == {"a.py"}
    assert {path: (one.reason, one.detail) for path, one in dropped.items() if one.reason == "licence"} == {
        "gpl.py": ("licence", "GPL-3.0-only"), "theirs/b.py": ("licence", "Apache-2.0"),
    }  # fmt: skip
    assert set(read(folder, licence="private", licences=("private",))[0]) == {"a.py"}


def test_of_a_public_source_only_what_is_permissive_or_vouched_for_is_read(folder: Path) -> None:
    made(folder, {"a.py": PYTHON, "gpl.py": LICENSED + PYTHON, "mit.py": LICENSED.replace(b"GPL-3.0-only", b"MIT") + PYTHON})
    assert set(read(folder)[0]) == {"a.py", "gpl.py", "mit.py"}
    assert set(read(folder, role="public")[0]) == {"mit.py"}
    assert set(read(folder, role="public", licence="ours")[0]) == {"mit.py", "a.py"}
    with pytest.raises(SourceError, match="say so: licence"):
        sources.documents(Source(path="x", role="public", include=("a.py",)), opened(folder), opened(folder).head)


def test_a_copyright_header_stays_out_and_spans_name_the_bytes_of_the_file(folder: Path) -> None:
    made(folder, {"gpl.py": LICENSED + PYTHON})
    document = read(folder)[0]["gpl.py"]
    assert document.data == PYTHON
    assert document.licence == "GPL-3.0-only"
    span = document.span(3, 20)
    assert (LICENSED + PYTHON)[span.start : span.end] == PYTHON[3:20]


def test_an_edit_of_nothing_but_the_header_is_none_and_of_a_barred_licence_neither(folder: Path) -> None:
    made(folder, {"gpl.py": LICENSED + PYTHON})
    commit(folder, {"gpl.py": LICENSED.replace(b"2024", b"2025") + PYTHON}, "Another year", time=START + DAY)
    commit(folder, {"gpl.py": LICENSED + PYTHON * 2}, "More", time=START + 2 * DAY)
    repository = opened(folder)
    items = list(sources.changes(Source(path="x"), repository, repository.head))
    assert [item.licence if isinstance(item, Change) else item.reason for item in items] == ["GPL-3.0-only", "no-edits", "GPL-3.0-only"]
    items = list(sources.changes(Source(path="x", licences=("MIT",)), repository, repository.head))
    assert [item.reason for item in items if isinstance(item, Dropped)] == ["no-edits"] * 3


def test_attributes_of_the_commits_own_tree_decide_for_files_and_for_commits(folder: Path) -> None:
    made(folder, {"app/a.py": PYTHON, "made.rb": RUBY, "x.dsl": b"order tea\n" * 5})
    first = git(folder, "rev-parse", "HEAD")
    commit(folder, {".gitattributes": b"app/** linguist-vendored\n*.dsl linguist-language=Ruby\nmade.rb linguist-generated\n"}, "Say so")
    assert set(read(folder, at=first)[0]) == {"app/a.py", "made.rb"}
    kept, dropped = read(folder)
    assert {path: one.language for path, one in kept.items()} == {"x.dsl": "ruby"}
    assert (dropped["app/a.py"].reason, dropped["made.rb"].reason) == ("vendored", "generated")
    begin = next(item for item in changes(folder) if isinstance(item, Change))
    assert [edit.path for edit in begin.edits] == ["x.dsl"]


def test_attributes_that_cannot_be_read_are_named(folder: Path) -> None:
    made(folder, {"a.py": PYTHON, ".gitattributes": b"a.py linguist-vendored\n", "LICENSE": MIT.encode()})
    oid = git(folder, "rev-parse", "HEAD:.gitattributes")
    (folder / ".git" / "objects" / oid[:2] / oid[2:]).unlink()
    repository = opened(folder)
    assert rules.of(Source(path="x"), repository, repository.head).lacking == (".gitattributes",)


def test_a_file_that_the_team_says_it_wrote_may_carry_a_generators_marker(folder: Path) -> None:
    made(folder, {"a.py": b"# autogenerated once, ours since\n" + PYTHON})
    assert read(folder)[1]["a.py"].reason == "generated"
    commit(folder, {".gitattributes": b"a.py -linguist-generated\n"}, "Ours")
    assert set(read(folder)[0]) == {"a.py"}


def test_pages_of_documentation_are_read_as_prose_and_templates_as_they_stand(folder: Path) -> None:
    page = b"<!DOCTYPE html><html><body><main><h1>Greeting</h1><p>" + b"How we greet people here. " * 8 + b"</p></main></body></html>\n"
    made(folder, {"docs/greeting.html": page, "app/show.html": page.replace(b"How we", b"{{ how }} we")})
    kept, _ = read(folder)
    assert kept["docs/greeting.html"].language == "markdown"
    assert kept["docs/greeting.html"].text.startswith("# Greeting\n\nHow we greet people here.")
    span = kept["docs/greeting.html"].span(2, 10)
    assert page[span.start : span.end] == b"Greeting"
    assert (kept["app/show.html"].language, kept["app/show.html"].pieces) == ("html", ())
    commit(folder, {".gitattributes": b"docs/*.html -linguist-documentation\n"}, "No docs")
    assert read(folder)[0]["docs/greeting.html"].language == "html"


def test_changelogs_and_decisions_are_prose(folder: Path) -> None:
    made(
        folder,
        {
            "CHANGELOG": b"# 1.0\n\n" + b"- Greets people by name.\n" * 600,
            "docs/adr/0001-greet.md": b"# 1. Greet\n\n## Context\n\nPeople come.\n",
        },
    )
    assert {path: one.language for path, one in read(folder)[0].items()} == {"CHANGELOG": "markdown", "docs/adr/0001-greet.md": "markdown"}


def test_the_mailmap_makes_one_author_of_two_addresses(folder: Path) -> None:
    made(folder)
    commit(folder, {"app/greet.py": PYTHON * 2}, "Change", author="Bob")
    assert len(read(folder)[0]["app/greet.py"].authors) == 2
    commit(folder, {".mailmap": b"Ada <ada@example.org> <bob@example.org>\n"}, "Bob is Ada")
    assert len(read(folder)[0]["app/greet.py"].authors) == 1
    assert len({item.author for item in changes(folder) if isinstance(item, Change)}) == 1


def test_a_change_tells_its_request_its_revert_its_bot_and_its_review(folder: Path) -> None:
    made(folder)
    commit(folder, {"app/greet.py": PYTHON * 2}, "Greet twice (#12)")
    commit(folder, {"app/greet.py": PYTHON}, 'Revert "Greet twice (#12)"')
    commit(folder, {"app/greet.py": PYTHON * 3}, "Bump", author="dependabot[bot]")
    _, squashed, revert, bump = (item for item in changes(folder) if isinstance(item, Change))
    assert (squashed.pull, squashed.reviewed, squashed.reverts, squashed.bot) == ("#12", True, "", False)
    assert (revert.reverts, bump.bot, bump.pull) == ("Greet twice (#12)", True, "")


def test_several_repositories_are_opened_at_once_in_their_order(tmp_path: Path) -> None:
    places = [made(tmp_path / f"shop{number}", {"a.py": PYTHON * (number + 1)}) for number in range(6)]
    found = sources.all_opened(places, tmp_path / "cache")
    assert [one.notes.origin for one in found] == [str(place) for place in places]
    assert len({one.key for one in found}) == 1
    with pytest.raises(SourceError, match="does not exist"):
        sources.all_opened([*places, tmp_path / "nowhere"], tmp_path / "cache")


@pytest.mark.parametrize("most", [0, 100, 1 << 20])
def test_a_blob_that_is_asked_for_again_is_the_same_however_little_is_held(folder: Path, most: int) -> None:
    made(folder, {f"{number}.py": PYTHON + b"# %d\n" % number for number in range(5)})
    repository = opened(folder)
    oids = [entry.oid for entry in repository.tree(repository.head)]
    wanted = [*oids, *oids[::-1], "0" * 40, oids[0], "0" * 40]
    assert list(repository.repeated(wanted, most=most)) == list(repository.blobs(wanted))
