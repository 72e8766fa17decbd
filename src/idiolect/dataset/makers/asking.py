"""A commit's words as a request: nothing that only its ticket, another commit or somebody who was there can tell."""

from __future__ import annotations

import re

_STUB = re.compile(
    r"""(?<=[.!?;])\s(?:(?:this|it)(?:\ (?:also\ )?(?:fixes|closes|resolves|addresses))?
    |fix(?:es)?|closes?|resolves?|address(?:es)?|see|refs?)\W*$""",
    re.IGNORECASE | re.VERBOSE,
)
"""What is left of a sentence whose ticket was taken out."""
_POINTER = re.compile(r"(?:#|GH-)\d{1,9}|(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{7,40}")
_POINTING = frozenset(
    re.findall(r"\w+", "from in to for of by since after per see via and at with commit commits issue issues ticket bug pr ref refs re")
)
_ELSEWHERE = re.compile(
    r"""^(?:fixup|squash|amend|oops|whoops)\b|\bfollow[- ]?up\b
    |\b(?:previous|prior|last|earlier|preceding)\ (?:commits?|changes?|patch(?:es)?|prs?|fix(?:es)?)\b
    |\b(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{7,40}\b|\b(?:2to3|pyupgrade|codemod|auto-?(?:correct|fix)(?:ed|ions?)?)\b
    |\bissues?\ (?:\#?\d|number\b)|\b\d+(?:st|nd|rd|th)\ (?:issue|bug|ticket)\b""",
    re.IGNORECASE | re.VERBOSE,
)
_DONE = re.compile(r"(?:Add|Fix|Implement|Allow|Support|Correct|Prevent|Avoid|Convert|Expose|Extend|Refactor|Return|Extract)(?=ed\b)")
_DONE_E = re.compile(r"(?:Remove|Change|Move|Rename|Update|Handle|Introduce|Enable|Disable|Replace|Improve|Simplify|Use|Ensure)(?=d\b)")


def elsewhere(subject: str) -> bool:
    """Whether it speaks of another commit, names what is wrong by a number, or says that a tool did it."""
    return bool(_ELSEWHERE.search(subject))


def imperative(text: str) -> str:
    """A subject that says what was done, as one that says what is to be done."""
    if match := _DONE.match(text):
        return match[0] + text[match.end() + 2 :]
    return match[0] + text[match.end() + 1 :] if (match := _DONE_E.match(text)) else text


def plain(text: str) -> str:
    """Text without numbers of tickets and commits, the words that point to them, and what they leave of a sentence."""
    kept: list[str] = []
    for word in text.split():
        if not _POINTER.fullmatch(word.strip("()[],.;:!")):
            kept.append(word)
            continue
        while kept and kept[-1].lower().strip("(") in _POINTING:
            kept.pop()
        if kept and word[-1] in ".;!" and kept[-1][-1] not in ".;!?":
            kept[-1] = kept[-1].rstrip(",") + word[-1]
    return _STUB.sub("", " ".join(kept)).rstrip(" ,;")
