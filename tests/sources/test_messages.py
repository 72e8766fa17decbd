"""What a commit says of itself."""

from __future__ import annotations

import pytest

from idiolect.sources import messages
from idiolect.sources.gitlog import Commit


def commit(
    subject: str, body: str = "", *, id: str = "a" * 40, parents: tuple[str, ...] = ("b" * 40,), name: str = "Ada", email: str = "ada@x.org"
) -> Commit:
    return Commit(id, parents, name, email, 1, 1, subject, body, ())


@pytest.mark.parametrize(
    ("subject", "body", "number"),
    [
        ("Add greetings (#12)", "", "#12"), ("Fix #3: greet (#45)", "", "#45"), ("Fix #3", "", ""), ("Add greetings (!7)", "", "#7"),
        ("Merge pull request #9 from ada/greet", "Greet", "#9"),
        ("Merge branch 'greet' into 'main'", "Greet\n\nSee merge request shop/app!31", "#31"),
        ("Merged in greet (pull request #5)", "", "#5"), ("Auto merge of #77 - ada:greet, r=bob", "", "#77"),
        ("Add (#1) more words (#2)", "", "#2"),
        ("Greet (GH-8)", "", "#8"), ("Greet", "PR-URL: https://example.org/pull/88", "#88"), ("Use colour #123456", "", ""),
    ],
)  # fmt: skip
def test_a_squash_or_merge_names_its_request(subject: str, body: str, number: str) -> None:
    assert messages.pull(commit(subject, body)) == number


@pytest.mark.parametrize(
    ("subject", "body", "what"),
    [
        ('Revert "Add greetings"', f"This reverts commit {'c' * 40}.", "c" * 40), ('Revert "Add greetings" (#12)', "", "Add greetings"),
        ("Revert the greeting", "", "?"), ("revert 29fb97a1f; greet again", "", "29fb97a1f"), ("Add greetings", "", ""),
        ("Squash (#3)", "* Greet\n\n* Revert x\n\nThis reverts commit 1234567.", ""), ("Reverting polynomials is hard: explain", "", "?"),
        ("Add reverse and revert helpers", "", ""),
    ],
)  # fmt: skip
def test_a_revert_names_what_it_takes_back(subject: str, body: str, what: str) -> None:
    assert messages.reverts(commit(subject, body)) == what


@pytest.mark.parametrize(
    ("subject", "name", "email", "fits"),
    [
        ("Bump rack from 1.0 to 2.0", "dependabot[bot]", "49699333+dependabot[bot]@users.noreply.github.com", True),
        ("Add", "Ada", "1+ada@users.noreply.github.com", False),
        ("Bump rack from 1.0 to 2.0", "Ada", "ada@x.org", True), ("Update", "Renovate Bot", "bot@renovateapp.com", True),
        ("Add a bot", "Ada", "ada@x.org", False),
        ("Release", "semantic-release", "x@y.org", True), ("Talk", "Abbott", "abbott@x.org", False), ("Sync", "shop-bot", "x@y.org", True),
        ("Bump the volume", "Ada", "ada@x.org", False), ("[pre-commit.ci] fixes", "Ada", "a@x.org", True),
        ("Build", "Jenkins", "a@x.org", True),
    ],
)  # fmt: skip
def test_a_program_is_known_by_its_name_address_or_words(subject: str, name: str, email: str, fits: bool) -> None:
    assert messages.bot(commit(subject, name=name, email=email)) is fits


def test_reviewed_is_what_a_merge_brought_what_was_squashed_and_what_was_signed() -> None:
    log = [
        commit("Merge branch 'main' of example.org:shop", id="9", parents=("8", "p")),
        commit("Pulled", id="p", parents=("3",)),
        commit("Merge branch 'greet'", id="8", parents=("7", "g2")),
        commit("Greet twice", id="g2", parents=("g1",)),
        commit("Greet once", id="g1", parents=("3",)),
        commit("Squashed (#4)", id="7", parents=("6",)),
        commit("Signed", "Text\n\nReviewed-by: Bob <bob@x.org>", id="6", parents=("3",)),
        commit("Plain", id="3", parents=()),
    ]
    assert messages.reviewed(log) == {"g1", "g2", "7", "6"}
    assert messages.reviewed([]) == frozenset()


def test_a_mailmap_names_who_stands_for_an_address() -> None:
    lines = ("# people", "Ada Love <ada@new.org> <Ada@Old.org>", "Ada Love <ada@new.org> Ada <ada@shared.org>", "Bob <bob@x.org>")
    data = "\n".join([*lines, "<cid@new.org> <cid@old.org>", "broken <"]).encode() + b"\n\xff\n"
    assert messages.mailmap(data) == {
        "ada@old.org": ("Ada Love", "ada@new.org"), "ada@shared.org": ("Ada Love", "ada@new.org"), "cid@old.org": ("", "cid@new.org"),
    }  # fmt: skip
