"""What git says, read where it is not what git would say."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest

from idiolect.errors import SourceError
from idiolect.sources import gitlog
from idiolect.sources.gitlog import Entry, Touch

HEAD = b"\x01" + b"c" * 40 + b"\0\0Ada\0ada@example.org\x001700000000\x001700000000\0Begin\n\0"


def log(data: bytes) -> list[gitlog.Commit]:
    return list(gitlog.read_log(gitlog.tokens(io.BytesIO(data), "shop"), "shop"))


def tree(data: bytes, most: int = 9) -> list[Entry]:
    return list(gitlog.read_tree(gitlog.tokens(io.BytesIO(data), "shop"), "shop", most))


def test_a_log_and_a_tree_are_read_and_what_is_cut_off_at_the_end_is_left_out() -> None:
    (commit,) = log(HEAD + b"\n:000000 100644 0 b A\0\x01odd.py\0:100644 1006")
    assert (commit.subject, commit.touches) == ("Begin", (Touch("A", "", "b", "\x01odd.py", "\x01odd.py"),))
    assert tree(b"100644 blob a      12\ta.py\x00160000 commit b       -\tsub\x00100644 blo") == [
        Entry("100644", "a", 12, "a.py"), Entry("160000", "b", None, "sub"),
    ]  # fmt: skip


@pytest.mark.parametrize("data", [b":\0", b"\n:100644 100644\0a\0", b":1 2 3 4 M\0a\0", HEAD + b":\xff \xff\0", HEAD + b": a b c\0x\0"])
def test_a_garbled_log_is_a_sentence(data: bytes) -> None:
    with pytest.raises(SourceError, match="shop: git says what cannot be read"):
        log(data)


@pytest.mark.parametrize("data", [b"\0", b"100644 blob\ta\0", b"\xff\xff\0", b"a b c d e\tx\0"])
def test_a_garbled_tree_is_a_sentence(data: bytes) -> None:
    with pytest.raises(SourceError, match="shop: git says what cannot be read"):
        tree(data)


@pytest.mark.parametrize("time", [b"\xc2\xb2", b"9" * 5000, b"-1", b"", b"1e9"])
def test_a_time_that_is_none_is_the_beginning_of_time(time: bytes) -> None:
    (commit,) = log(HEAD.replace(b"1700000000", time))
    assert commit.time == 0


def test_a_time_beyond_every_calendar_is_the_last_that_there_is() -> None:
    (commit,) = log(HEAD.replace(b"1700000000", b"300000000000"))
    assert datetime.fromtimestamp(commit.time, UTC).year == 9999


def test_too_many_entries_are_a_sentence() -> None:
    with pytest.raises(SourceError, match="more than 2 files"):
        tree(b"100644 blob a 1\ta\0" * 3, most=2)
