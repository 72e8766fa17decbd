from __future__ import annotations

import json

import pytest

from idiolect.dataset.makers.gold import folders, row, rows
from idiolect.types import Dropped, File, Message, Sample

PAIR = {"before": "PRINT 1\n", "after": "print(1)\n", "language": "basic", "to": "python"}


def test_a_line_is_a_pair_with_the_files_of_its_check() -> None:
    value = {**PAIR, "instruction": "To Python, please.", "labels": {"generation": "gui"}, "files": {"expected/out.txt": "1\n"}}
    data = (json.dumps(value) + "\n").encode()
    (made,) = rows(data, "gold.jsonl", "pairs")
    assert isinstance(made, Sample) and made.prompt == (Message(role="user", content="To Python, please.\n\n```basic\nPRINT 1\n```"),)
    assert (made.kind, made.maker, made.answer) == ("migrate", "gold", "```python\nprint(1)\n```")
    assert made.files == (File(path="expected/out.txt", text="1\n"),)
    assert made.labels == {"language": ("python",), "generation": ("gui",)}
    assert data[made.origins[0].start : made.origins[0].end] + b"\n" == data


def test_a_row_that_is_none_is_told_with_its_line_and_the_others_are_kept() -> None:
    good, half = json.dumps(PAIR).encode(), json.dumps({"before": "x"}).encode()
    data = b"\n".join([good, b"", b"{", b"[]", b"\xff", b"[" * 9000, half, good])
    found = list(rows(data, "gold.jsonl", "pairs"))
    assert [isinstance(one, Sample) for one in found] == [True, False, False, False, False, False, True]
    assert [one.detail.split(":")[0] for one in found if isinstance(one, Dropped)] == ["line 3", "line 4", "line 5", "line 6", "line 7"]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({**PAIR, "befor": "x"}, "`befor` is no key of a pair"),
        ({**PAIR, "after": " "}, "`after` is missing or empty"),
        ({**PAIR, "after": 3}, "`after` should be text"),
        ({**PAIR, "files": {"a": 1}}, "the text of `a` should be text"),
        ({**PAIR, "labels": {"era": 1}}, "the label `era` should be text"),
    ],
)
def test_what_is_wrong_is_said(value: object, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        row(value)


def test_a_folder_holds_a_pair_its_inputs_and_what_is_expected() -> None:
    files = {
        "pay/before.js": b"var a = 1\n", "pay/after.py": b"a = 1\n", "pay/instruction.md": b"To Python.\n", "pay/inputs/a.txt": b"1",
        "pay/expected/a.txt": b"2", "half/before.js": b"x\n", "odd/before.js": b"\xff", "odd/after.js": b"x",
    }  # fmt: skip
    made, *others = sorted(folders(files, "pairs"), key=lambda one: isinstance(one, Dropped))
    assert isinstance(made, Sample) and made.answer == "```python\na = 1\n```" and isinstance(made.prompt, tuple)
    assert made.prompt == (Message(role="user", content="To Python.\n\n```javascript\nvar a = 1\n```"),)
    assert [one.path for one in made.files] == ["expected/a.txt", "inputs/a.txt"]
    assert {span.path for span in made.origins} == {path for path in files if path.startswith("pay/")}
    assert [(one.what, one.detail[:13]) for one in others if isinstance(one, Dropped)] == [
        ("half", "holds no file"),
        ("odd", "'utf-8' codec"),
    ]
