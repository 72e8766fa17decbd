"""What sort of change a commit is: what its message claims, where the shape of its edit bears that out."""

from __future__ import annotations

import re
from collections.abc import Sequence

from idiolect.dataset.makers import blocks, edits
from idiolect.dataset.makers.commits import tokens
from idiolect.dataset.makers.sections import CHANGELOG, PROSE
from idiolect.sources.testpaths import is_test
from idiolect.types import Edit

_CLAIMS = (
    ("style", re.compile(r"\b(?:lint(?:ing|er)?|style|format(?:ting|ted)?|whitespace|indent(?:ation)?)\b", re.IGNORECASE)),
    ("fix", re.compile(r"\b(?:fix|bug|crash|regression|broken|wrong|incorrect|prevent|avoid|handle)", re.IGNORECASE)),
    ("refactor", re.compile(r"^(?:refactor|rename|extract|move|split|inline|simplif|tidy|clean|reorgani[sz]e|remove|drop)", re.IGNORECASE)),
    ("test", re.compile(r"\b(?:tests?|specs?|coverage)\b", re.IGNORECASE)),
    ("docs", re.compile(r"\b(?:docs?|documentation|readme|changelog)\b", re.IGNORECASE)),
    ("feature", re.compile(r"^(?:add|support|allow|implement|introduce|enable|expose|let)", re.IGNORECASE)),
)  # fmt: skip
_REMARK = re.compile(r"^\s*(?:#(?!\[|include|define|if|else|end)|//|/?\*|--\s|<!--|\"\"\"|''')")
_STYLED = 0.9
"""Share of the tokens that an edit of mere style leaves as they are."""


def claimed(subject: str) -> str:
    """What a subject says that the change is; `other` where it does not say."""
    return next((name for name, pattern in _CLAIMS if pattern.search(subject)), "other")


def intent(subject: str, found: Sequence[Edit]) -> str:
    """fix, feature, refactor, test, docs, style or other.

    `test` and `docs` where nothing else is changed, whatever the message says. Of the others what the message claims, if the edit can
    be that: a feature adds more lines than it takes away, style leaves nearly all tokens as they are.
    """
    code = [edit for edit in found if edit.language not in PROSE and not CHANGELOG.search(edit.path)]
    ours = [edit for edit in code if not is_test(edit.path)]
    if not code or all(_only_remarks(edit) for edit in code):
        return "docs"
    if not ours:
        return "test"
    said = claimed(subject)
    return said if said not in ("test", "docs") and _can_be(said, ours) else "other"


def _can_be(said: str, code: Sequence[Edit]) -> bool:
    if said == "feature":
        return sum(hunk.new_end - hunk.new_start - hunk.end + hunk.start for edit in code for hunk in edits.hunks(edit)) > 0
    return said != "style" or all(_alike(edit) for edit in code)


def _alike(edit: Edit) -> bool:
    before, after = tokens(edit.before), tokens(edit.after)
    same = len(before) - sum(hunk.end - hunk.start for hunk in _of_tokens(before, after))
    return same >= _STYLED * max(len(before), len(after))


def _of_tokens(before: Sequence[bytes], after: Sequence[bytes]) -> list[blocks.Hunk]:
    return blocks.hunks([one.decode("latin-1") for one in before], [one.decode("latin-1") for one in after], near=0)


def _only_remarks(edit: Edit) -> bool:
    """Whether all lines that come and go are comments or blank."""
    before, after = edits.rows(edit.before), edits.rows(edit.after)
    apart = blocks.hunks(before, after, near=0)
    lines = [line for hunk in apart for line in (*before[hunk.start : hunk.end], *after[hunk.new_start : hunk.new_end])]
    return all(_REMARK.match(line) or not line.strip() for line in lines)
