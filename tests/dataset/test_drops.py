"""What was dropped can be read: from its source, at the run's commits, without secrets, and nothing that is forgotten."""

import random
from pathlib import Path

import pytest

from idiolect import recipe, samples
from idiolect.dataset import drops
from idiolect.registry import Run
from idiolect.types import Sample
from tests import planted, repositories

CODE = b'"""Prices."""\n\n\nclass Till:\n    def total(self):\n        return 1\n\n\ndef tax(amount):\n    return amount\n'
LATER = CODE.replace(b"return amount", b"return amount * 2")
SECRET = planted.STRUCTURED["github-personal"](random.Random(1))


class Shop:
    """A repository with a cut, a commit after it, and a run that dropped things of both."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        files = {"till.py": CODE, "env.lock": f'token = "{SECRET}"\n'.encode(), "icon.bin": b"\xff\xfe\x00\x01"}
        repositories.made(folder / "shop", files)
        self.cut = repositories.git(folder / "shop", "rev-parse", "HEAD")
        self.head = repositories.commit(folder / "shop", {"till.py": LATER, "gone.py": b"x = 1\n"}, "Double the tax\n\nIt was too low.")
        cuts = {"shop": {"commit": self.cut, "head": self.head}}
        self.run = Run(folder / "run", "dataset", 1, "key", info={"metrics": {"cuts": cuts}})

    def shown(self, what: str, *without: str, **row: str) -> drops.Shown:
        sources = [{"path": "shop"}, {"path": "rows/a.jsonl", "name": "rows"}, {"path": "shop", "name": "new"}]
        told = recipe.parse({"name": "a", "source": sources, "dataset": {"without": list(without)}}, folder=self.folder)
        row = {"step": "read", "reason": "vendored", "what": what, "source": "shop", "detail": "", **row}
        return next(drops.shown(told, self.run, [row]))


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    (tmp_path / "rows").mkdir()
    (tmp_path / "rows/a.jsonl").write_text('{"prompt": "p", "completion": "c"}\n')
    return Shop(tmp_path)


def test_a_file_is_shown_as_it_stood_at_the_cut_and_a_unit_alone(shop: Shop) -> None:
    whole = shop.shown("till.py")
    assert (whole.text, whole.language, whole.note) == (CODE.decode(), "python", f"as it stood at {shop.cut[:12]}")
    unit = shop.shown("till.py", step="make write", detail="total")
    assert unit.text == "    def total(self):\n        return 1" and unit.note.startswith("total, ")
    assert shop.shown("till.py", detail="some words").text == CODE.decode()


def test_a_commit_is_shown_with_its_message_and_diff(shop: Shop) -> None:
    found = shop.shown(shop.head, step="make diff", reason="bot")
    assert found.language == "diff" and found.text.startswith("Double the tax\n\nIt was too low.\n")
    assert "-    return amount\n+    return amount * 2\n" in found.text


@pytest.mark.parametrize(("split", "text"), [("time", b"amount * 2"), ("cluster", b"amount\n")])
def test_a_probe_is_shown_as_it_stood_where_it_was_taken(shop: Shop, split: str, text: bytes) -> None:
    data = LATER if split == "time" else CODE
    start = data.rindex(text)
    found = shop.shown(f"till.py:{start}-{start + len(text)}", step="probes", reason="in-training", detail=split)
    assert found.text == text.decode()
    assert "does not say at which commit" in shop.shown("till.py:0-5", step="probes").note


def test_no_secret_is_shown(shop: Shop) -> None:
    found = shop.shown("env.lock", reason="generated")
    assert "token = " in found.text and SECRET not in found.text
    probe = shop.shown("env.lock:2-30", step="probes", detail="cluster")
    assert (probe.text, "holds a secret" in probe.note) == ("", True)
    commit = repositories.commit(shop.folder / "shop", {"env.lock": b"", "new.py": f'key = "{SECRET}"\n'.encode()}, "Move the key")
    assert "Move the key" in shop.shown(commit).text and SECRET not in shop.shown(commit).text


def test_nothing_that_is_forgotten_is_shown(shop: Shop) -> None:
    for word, what in (
        ("path=till.py", "till.py"), ("path=till.py", shop.head), ("path=till.py", "till.py:0-5"), ("source=shop", "till.py"),
        ("author=ada@example.org", shop.head), ("author=ada@example.org", "till.py"),
    ):  # fmt: skip
        found = shop.shown(what, word, step="probes", detail="time")
        assert (found.text, found.note) == ("", "cannot be shown: it is forgotten"), (word, what)


def test_what_cannot_be_shown_says_why(shop: Shop) -> None:
    for what, row, why in (
        ("nowhere.py", {}, "no file of this name"),
        ("gone.py", {}, "no file of this name"),
        ("icon.bin", {}, "no text in UTF-8"),
        ("f" * 40, {}, "no such commit"),
        ("a.jsonl:1", {"source": "rows"}, "it is a row"),
        ("till.py", {"source": "sold"}, "has no source 'sold'"),
        ("till.py", {"source": "new"}, "no commit of the source 'new'"),
        ("e" * 32, {"reason": "too long"}, "are not stored"),
    ):
        found = shop.shown(what, **row)
        assert found.text == "" and found.sample is None and why in found.note, (what, found.note)


def test_of_a_merged_or_near_sample_the_one_that_was_kept_is_shown(shop: Shop) -> None:
    kept = Sample(answer="x = 1\n", kind="raw", maker="raw")
    samples.write(shop.run.folder, "train", [kept])
    assert shop.shown(kept.id, step="merge", reason="merged").sample == kept
    near = shop.shown("e" * 32, step="near-duplicates", reason="near-duplicate", detail=f"of {kept.id}")
    assert near.sample == kept and "stands for it" in near.note
