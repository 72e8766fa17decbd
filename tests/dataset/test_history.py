import subprocess
from pathlib import Path

import pytest

from idiolect.dataset import history


class Scratch:
    """A git repository that a test writes step by step."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.git("init", "-q", "-b", "main")

    def git(self, *arguments: str) -> bytes:
        settings = ("-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
        return subprocess.run(["git", *settings, *arguments], cwd=self.folder, check=True, capture_output=True).stdout

    def commit(self, files: dict[str, str | None]) -> str:
        for path, text in files.items():
            file = self.folder / path
            if text is None:
                file.unlink()
            else:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "x")
        return self.git("rev-parse", "HEAD").decode().strip()


@pytest.fixture
def scratch(tmp_path: Path) -> Scratch:
    return Scratch(tmp_path)


def anything(path: str) -> bool:
    return True


LINES = "".join(f"line {number}\n" for number in range(40))


def test_the_chain_counts_added_lines_of_admitted_files_and_a_move_adds_none(scratch: Scratch) -> None:
    first = scratch.commit({"a.py": LINES, "big.json": "{}\n" * 90})
    second = scratch.commit({"a.py": None, "b.py": LINES + "more\n", "picture.bin": "\0\1\2"})
    third = scratch.commit({})
    steps = history.chain(scratch.git, "HEAD", lambda path: path.endswith(".py"))
    assert [(step.commit, step.added) for step in steps] == [(first, 40), (second, 1), (third, 0)]


def test_a_merge_counts_as_what_it_brought_to_the_first_parent(scratch: Scratch) -> None:
    scratch.commit({"a.py": LINES})
    scratch.git("checkout", "-q", "-b", "side")
    scratch.commit({"b.py": "one\n"})
    scratch.commit({"b.py": "one\ntwo\n"})
    scratch.git("checkout", "-q", "main")
    scratch.git("merge", "-q", "--no-ff", "-m", "merge", "side")
    assert [step.added for step in history.chain(scratch.git, "HEAD", anything)] == [40, 2]


def test_new_lines_are_those_that_still_stand_whatever_the_file_is_called(scratch: Scratch) -> None:
    old = scratch.commit({"a.py": LINES, "gone.py": "x\n", "same.py": "same\n", 'quote".py': "q\n", "no_end.py": "a\nb"})
    scratch.commit({"a.py": LINES + "passing\n"})
    changed = LINES.replace("line 3\n", "line 3\n@@ -1,9 +1,9 @@\ndiff --git a/x b/x\n").replace("line 20\n", "")
    new = scratch.commit(
        {"a.py": None, "moved\té.py": changed, "gone.py": None, "new.py": "n1\nn2\n", 'quote".py': "q\n--- a\n", "no_end.py": "a\nb\nc"}
    )
    found = history.new_lines(scratch.git, old, new, anything)
    assert found == {
        "moved\té.py": (range(4, 6),),
        "new.py": (range(2),),
        'quote".py': (range(1, 2),),
        "no_end.py": (range(1, 3),),
    }
    assert set(history.new_lines(scratch.git, old, new, lambda path: path == "new.py")) == {"new.py"}
    assert history.new_lines(scratch.git, new, new, anything) == {}


def test_attributes_of_the_repository_have_no_say(scratch: Scratch) -> None:
    old = scratch.commit({".gitattributes": "*.py -diff binary\n", "a.py": "a\n"})
    new = scratch.commit({"a.py": "a\nb\n"})
    assert history.new_lines(scratch.git, old, new, anything) == {"a.py": (range(1, 2),)}
