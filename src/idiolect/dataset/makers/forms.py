"""The forms in which an answer edits files: search/replace blocks, unified hunks, the whole file. Each is proved before it is taught."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from idiolect.dataset.makers import blocks
from idiolect.dataset.makers.edits import Part
from idiolect.dataset.makers.scope import fenced

LONGEST_FILE = 200
"""Lines of a file that may be an answer as a whole."""
_DIFF = re.compile(r"^(?P<fence>`{3,})diff\n(?P<hunks>.*?)^(?P=fence)$", re.DOTALL | re.MULTILINE)
_OLD, _NEW = re.compile(r"^--- (?:a/(.*)|/dev/null)$"), re.compile(r"^\+\+\+ b/(.*)$")
_WHOLE = re.compile(r"^(?P<path>[^\n`]+)\n(?P<fence>`{3,})[^\n]*\n(?P<text>.*?)\n?^(?P=fence)$", re.DOTALL | re.MULTILINE)
_AT = "@@ @@"
"""Heads a hunk. It has no numbers of lines: what a prompt shows of a file has none, and a number that is wrong is worse than none."""


class Form(NamedTuple):
    """A way to write an edit down, and to read it back."""

    name: str
    asked: tuple[str, ...]
    """What a request says about it, with `{wish}` and `{code}`."""
    write: Callable[[Sequence[Part]], str]
    """The answer; empty where the form cannot say it."""
    apply: Callable[[str, Mapping[str, str]], dict[str, str]]
    """The files after an answer; what does not fit is a ValueError."""


def proved(form: Form, answer: str, parts: Sequence[Part]) -> bool:
    """Whether an answer, applied to the files before, gives the files after."""
    before = {one.edit.path: "".join(one.before) for one in parts}
    try:
        return bool(answer) and form.apply(answer, before) == {one.edit.path: "".join(one.after) for one in parts}
    except ValueError:
        return False


def _blocks(parts: Sequence[Part]) -> str:
    answer = "\n\n".join(blocks.write(one.edit.path, one.edit.language, one.before, one.after, one.regions) for one in parts)
    return answer if blocks.readable(answer, sum(len(one.regions) for one in parts)) else ""


def _hunks(parts: Sequence[Part]) -> str:
    lines = [line for one in parts for line in _of_file(one)]
    whole = all(line.endswith("\n") for line in lines)
    return fenced("".join(lines).rstrip("\n"), "diff") if whole and len(lines) < blocks.MOST_LINES else ""


def _of_file(one: Part) -> list[str]:
    path = one.edit.path
    found = [f"--- a/{path}\n" if one.before else "--- /dev/null\n", f"+++ b/{path}\n"]
    for region in one.regions:
        old, new = one.before[region.start : region.end], one.after[region.new_start : region.new_end]
        found += [f"{_AT}\n", *unified(old, new)]
    return found


def unified(old: Sequence[str], new: Sequence[str]) -> list[str]:
    """Lines that stay, go and come, each behind its sign."""
    found, at = [], 0
    for hunk in blocks.hunks(old, new, near=0):
        found += [f" {line}" for line in old[at : hunk.start]]
        found += [f"-{line}" for line in old[hunk.start : hunk.end]]
        found += [f"+{line}" for line in new[hunk.new_start : hunk.new_end]]
        at = hunk.end
    return [*found, *(f" {line}" for line in old[at:])]


def apply_hunks(answer: str, files: Mapping[str, str]) -> dict[str, str]:
    """The files after hunks without numbers; one whose lines do not stand in its file exactly once is a ValueError."""
    result = dict(files)
    for fence in _DIFF.finditer(answer):
        path, held = "", [""]
        for line in [*fence["hunks"].splitlines(keepends=True), f"{_AT}\n"]:
            bare = line.rstrip("\n")
            if (old := _OLD.match(bare)) or bare == _AT:
                _replace(result, path, held)
                held = []
                path = path if not old else ""
            elif not path and (new := _NEW.match(bare)):
                path = new[1]
            else:
                held.append(line)
    return result


def _replace(files: dict[str, str], path: str, held: Sequence[str]) -> None:
    if not path or not held:
        return
    search, replace = ("".join(line[1:] for line in held if line[:1] in signs) for signs in (" -", " +"))
    files[path] = blocks.replaced(files.get(path, ""), search, replace, path)


def _whole(parts: Sequence[Part]) -> str:
    if len(parts) != 1 or not parts[0].before or len(parts[0].after) > LONGEST_FILE:
        return ""
    (one,) = parts
    text = "".join(one.after)
    return f"{one.edit.path}\n{fenced(text[:-1], one.edit.language)}" if text.endswith("\n") and len(text) > 1 else ""


def apply_whole(answer: str, files: Mapping[str, str]) -> dict[str, str]:
    """The files after an answer that gives one as a whole."""
    return {**files, **{found["path"]: f"{found['text']}\n" for found in _WHOLE.finditer(answer)}}


BLOCKS = Form(
    "blocks",
    (
        "{wish}\n\nEdit these files with search/replace blocks.\n\n{code}",
        "{code}\n\n{wish} Answer with search/replace blocks.",
        "Change our code as search/replace blocks: {wish}\n\n{code}",
        "{wish}\n\nHere is the code as it stands:\n\n{code}\n\nGive the edit as search/replace blocks.",
        "Please make this change and answer in SEARCH/REPLACE form.\n\n{wish}\n\n{code}",
    ),
    _blocks,
    blocks.apply,
)
HUNKS = Form(
    "hunks",
    (
        "{wish}\n\nGive the change as a unified diff without line numbers.\n\n{code}",
        "{code}\n\n{wish} Answer with a diff; head each hunk with `@@ @@`.",
        "Write the patch for this, hunks without line numbers: {wish}\n\n{code}",
        "{wish}\n\nThe code as it stands:\n\n{code}\n\nShow me the diff, without line numbers.",
    ),
    _hunks,
    apply_hunks,
)
WHOLE = Form(
    "file",
    (
        "{wish}\n\nGive the whole file as it should be.\n\n{code}",
        "{code}\n\n{wish} Answer with the complete file.",
        "Rewrite this file in full: {wish}\n\n{code}",
        "{wish}\n\nHere is the file:\n\n{code}\n\nWrite all of it anew, with the change.",
    ),
    _whole,
    apply_whole,
)
FORMS = (BLOCKS, HUNKS, WHOLE)
