"""Commit messages as requests: what is stripped, what is refused, and what a message says about the change."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from idiolect.types import Change, Edit

_NAMES = r"(?:UTF|ISO|SHA|MD|RFC|PEP|AES|TLS|SSL|HTTP|ECMA|CP|IE)"
_TICKET = rf"(?:GH-|#|(?-i:(?!{_NAMES}-)[A-Z]{{2,8}}-))\d+"
"""`UTF-8` has the form of a ticket and is none."""
_TICKETS = rf"{_TICKET}(?:\s*(?:,|and|&)?\s*{_TICKET})*"
_CLOSES = r"(?:(?:fix|close|resolve|implement)(?:e?[sd])?|refs?|see|re|part of)"
_NOISE = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\[(?:ci[ -]skip|skip[ -]\w+|no[ -]ci|wip|ci)\]",
        rf"\s*[(\[]\s*{_CLOSES}?:?\s*{_TICKETS}\s*[)\]]",
        rf"[\s,;.-]*\b(?:(?:this|it|that|which|and|also)\s+)?(?:{_CLOSES}|issue|for)\s*:?\s*{_TICKETS}",
        r"[\s,;]+(?:GH-|#)\d+\W*$",
        r"^(?:\s*:\w+:\s*)+",
        r"^\s*\[[^\]]{1,30}\]\s*",
        rf"^\s*{_TICKET}\s*[:,-]?\s*",
        r"^\s*(?!note|warning|todo)[a-z][\w./,-]{0,24}(?:\([\w./ ,-]+\))?!?:\s+(?=\S)",
    )
)
_TRAILER = re.compile(r"^\s*(?:[A-Z][\w-]+-(?:by|Id|Link)|Signed-off-by|Closes|Fixes|Refs?|See|Change-Id|cc)\s*[:#]?.*[@#:]", re.IGNORECASE)
_MERGE = re.compile(r"^merge (?:branch|pull request|remote|tag|commit|\S+ into)\b|^merged? ", re.IGNORECASE)
_REVERT = re.compile(r"^(?:revert|back(?:s|ed|ing)?[ -]?out)\b|^this reverts commit", re.IGNORECASE | re.MULTILINE)
_REVERTED_COMMIT = re.compile(r"reverts commit ([0-9a-f]{7,64})")
_ID = re.compile(r"[0-9a-f]{7,64}")
_REVERTED_SUBJECT = re.compile(r"^revert:?\s+[\"“](.+)[\"”]", re.IGNORECASE)
_BOT = re.compile(
    r"""\b(?:dependabot|renovate|greenkeeper|pre-commit[- ]ci|github-actions)\b|\[bot\]|pre-commit\ autoupdate|^auto[- ]?(?:commit|merge)
    |^(?:build\(deps\)|chore\(deps\)|bump|update|upgrade)\b.{0,200}\b(?:from|requirement)\b.{0,200}\bto\b|^bump\b.{0,200}\bto\b""",
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)
_RELEASE = re.compile(
    r"^(?:(?:prepare|bump|set|update)\s+)?(?:the\s+)?(?:v|version|release|changelog for)\W*\s*v?\d|^v?\d+\.\d+(?:\.\d+)?\W*$", re.IGNORECASE
)
_NOTHING = re.compile(
    r"""(?:(?:more|some|minor|small|tiny|another|further|quick|final|various|a|few|little|my|the|and|this|that|stuff|things?|up|of|to|on|in|for
    |wip|work|progress|fix(?:es|ed|up)?|bug(?:s|fix(?:es)?)?|typos?|tweak(?:s|ed)?|clean(?:s|ed)?|cleanups?|oops|lint(?:ing|er)?|format(?:ting)?
    |tests?|specs?|changes?|updates?|updated|improve(?:ments?|d)?|refactor(?:ing|ed)?|review|feedback|comments?|nits?|misc|checkpoint|save
    |initial|first|commit|temp|tmp|code|style|rubocop|black|ruff|prettier|eslint|standardrb|address(?:es|ed)?|ci|build|missed|forgot|squash
    |polish|add(?:s|ed|ing)?|another|cases?|testcases?|flaky|failing|failures?|broken|mov(?:e|es|ed|ing)|releas(?:e|es|ed|ing)
    |prepar(?:e|es|ed|ing)|docs?|documentation|changelog|readme|examples?|dep(?:endencie|endency)?s?|versions?)\b\W*)+""",
    re.IGNORECASE | re.VERBOSE,
)
_LINK = re.compile(r"https?://\S+")
_HANGING = re.compile(r"\s(?:from|in|at|see|via|per|on|of|by|to|with|and|as|re|cf)$", re.IGNORECASE)
"""What stands before an address at the end, and says nothing without it."""
_VERB = re.compile(
    r"""(?:add|adjust|allow|apply|avoid|bring|cache|call|change|check|clean|clarify|collapse|convert|correct|create|define|delete|deprecate
    |disable|display|do|document|don|drop|eliminate|enable|ensure|escape|expose|extend|extract|factor|filter|fix|follow|force|format|generate
    |give|guard|handle|hide|ignore|implement|import|improve|include|increase|inline|insert|introduce|keep|let|limit|link|load|log|make|mark
    |merge|migrate|move|name|normali[sz]e|optimi[sz]e|parse|pass|pin|prefer|prepare|preserve|prevent|provide|raise|read|record|reduce|refactor
    |refine|reject|remove|rename|render|reorder|reorgani[sz]e|replace|require|reset|respect|restore|restrict|retain|return|reuse|rewrite|run
    |send|set|show|simplify|skip|sort|specify|split|start|stop|store|support|swap|switch|test|tidy|treat|trim|tweak|undo|unify|update|upgrade
    |use|validate|warn|wrap|write)(?:e?s|e?d|ing)?\b""",
    re.IGNORECASE | re.VERBOSE,
)
_FILED = re.compile(r"(?:update|create|edit|delete|add)d? \S+\.\w+\.?", re.IGNORECASE)
"""What a website writes for somebody who gives no subject."""
_PLAIN = re.compile(r"[a-z][a-z'-]*[,:;.!?]?(?!\S)", re.IGNORECASE)
_TOUCHED = re.compile(
    r"""(?:(?:some|more|minor|small|slight|tiny|further|another|various|general|an?|few|couple|of|bit|lot|the|and)\ +){0,4}
    (?:updat|improv|reword|rephras|clean|touch|tweak|polish|expand|edit|adjust|modif|chang|enhanc|address|incorporat|refactor|tidy|tidie
    |rework|revamp|overhaul|simplif|(?:fix|correct)(?:e[sd])?\ (?:(?:some|a|an|few|the|minor|small|more)\ ){0,3}
    (?:typo|spelling|misspell))\w*\b(?!.{0,80}\b(?:to|so|from|because|instead|not|when|with|into|by|using|as|if|only)\b)""",
    re.IGNORECASE | re.VERBOSE,
)
"""How a subject begins that says that something was worked on, and no word of what was done to it."""
_SORT = re.compile(
    r"(?:\S+ ){0,4}(?:tweak|improvement|refactoring|clean-?up|touch-?up|refinement|update)s?"
    r"(?: (?:for|from|after) (?:the )?(?:previous|last)\b.*)?\W*",
    re.IGNORECASE,
)
_MORE = re.compile(
    r"(?:(?:add|writ|creat|includ|start)\w* )?(?:some|more|another|additional|further|extra|better)\b(?: \S+){0,3}? (?:tests?|specs?|docs?"
    r"|documentation|comments?|examples?|coverage)\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(rb"\d+(?:\.\d+)*")
FEWEST_WORDS, SHORTEST, LONGEST, BODY = 3, 12, 400, 500
NARROW = 50
"""Letters of a line below which it was not broken for its length."""


class Wish(NamedTuple):
    """A commit message as a request."""

    subject: str
    body: str
    """The first paragraph that says something; may be empty."""
    confidence: float
    """Higher with an imperative verb first, five words or more, and a body."""


def wish(change: Change) -> Wish | str:
    """The message as a request, or the reason why it is none; where it says nothing, the words of its pull request, else of its issue."""
    found = _wish(change)
    told = [said for form in ("pull", "issue") for said in change.said if said.form == form]
    if found == "message says nothing" and told:
        wishes = (_wish(replace(change, subject=said.title, body=said.text)) for said in told)
        return next((one for one in wishes if isinstance(one, Wish)), found)
    return found


def _wish(change: Change) -> Wish | str:
    if len(change.subject) > LONGEST:
        return "message says nothing"
    if reason := refused(change):
        return reason
    subject, body = clean(change.subject), _body(change.body)
    if _FILED.fullmatch(subject):
        subject, body = body, ""
    words = re.findall(r"[A-Za-z]+", subject)
    if len(words) < FEWEST_WORDS or len(subject) < SHORTEST or _NOTHING.fullmatch(subject):
        return "message says nothing"
    confidence = 0.6 + 0.2 * bool(_VERB.match(subject)) + 0.1 * (len(words) >= 5) + 0.1 * bool(body)
    return Wish(subject, body, round(confidence, 2))


def vague(request: Wish) -> bool:
    """Whether a message tells that something was worked on, or that there is more of it, and nobody could do it by these words."""
    said = request.subject
    return not request.body and bool(_TOUCHED.match(said) or _SORT.fullmatch(said) or _MORE.match(said))


def refused(change: Change) -> str:
    """Why nothing is to be learned from a commit, whatever it edits; empty where something may be."""
    subject = change.subject[: LONGEST + 1]
    message = f"{subject}\n{change.body}"
    if _MERGE.match(subject):
        return "merge"
    if change.reverts or _REVERT.search(message):
        return "revert"
    if change.bot or _BOT.search(message):
        return "bot"
    return "release" if _RELEASE.match(subject) else ""


def clean(subject: str) -> str:
    """A subject without ticket numbers, marks for the build server, scopes and emoji codes.

    It begins with a capital letter, unless its first word is a name in the code.
    """
    for noise in _NOISE:
        subject = noise.sub("", subject)
    bare = _LINK.sub("", subject)
    subject = " ".join((bare if bare == subject else _HANGING.sub("", bare.rstrip(" .,;:-()"))).split()).strip(" -:;,")
    return subject[:1].upper() + subject[1:] if _PLAIN.match(subject) else subject


def reverted(changes: Sequence[Change]) -> set[str]:
    """Ids of the commits, given oldest first, that a later one takes back; one that took back, and was taken back itself, took nothing.

    Without an id that is known it is the newest earlier commit of that subject: what landed again later stands.
    """
    ids = sorted({one.commit for one in changes})
    subjects: dict[str, list[int]] = defaultdict(list)
    for number, one in enumerate(changes):
        subjects[one.subject].append(number)
    taken: set[str] = set()
    for number, change in reversed([*enumerate(changes)]):
        if change.commit in taken:
            continue
        begun, subject = _takes_back(change)
        places = ((bisect_left(ids, start), start) for start in begun)
        found = {one for at, start in places for one in ids[at : at + 1] if one.startswith(start)}
        if subject and not found:
            earlier = bisect_left(subjects.get(subject, ()), number)
            found = {changes[other].commit for other in subjects.get(subject, ())[:earlier][-1:]}
        taken |= found
    return taken


def _takes_back(change: Change) -> tuple[list[str], str]:
    """How the ids of the commits begin that one takes back; and the subject that it names, empty where it names none."""
    begun = _REVERTED_COMMIT.findall(change.body)
    named = _REVERTED_SUBJECT.match(change.subject)
    if _ID.fullmatch(change.reverts):
        return [*begun, change.reverts], named[1] if named else ""
    return begun, named[1] if named else change.reverts


def format_only(edits: Iterable[Edit]) -> bool:
    """Whether every file has the same tokens before and after, quotes and trailing commas apart."""
    return all(tokens(edit.before) == tokens(edit.after) for edit in edits)


def numbers_only(edits: Iterable[Edit]) -> bool:
    """Whether nothing but digits differs, as where versions of libraries go up: nobody can know them."""
    return all(_NUMBER.sub(b"0", edit.before) == _NUMBER.sub(b"0", edit.after) for edit in edits)


def tokens(data: bytes) -> list[bytes]:
    """Words and signs of a file; quotes of both kinds are one, a comma before a closing bracket is none."""
    return re.findall(rb"\w+|[^\w\s]", re.sub(rb",(?=\s*[)\]}])", b"", data.replace(b"'", b'"')))


def _items(lines: Sequence[str]) -> str:
    """The lines of a paragraph as one; short ones without a sign at their ends are things of their own, which a line break kept apart."""
    said = [line for line in lines if line]
    apart = all(len(line) < NARROW and line[-1].isalnum() for line in said)
    return ("; " if apart else " ").join(said)


def _body(body: str) -> str:
    """The first paragraph in sentences; lists of squashed subjects, trailers and links do not count."""
    for paragraph in body.replace("\r\n", "\n").split("\n\n"):
        kept = [line.strip() for line in paragraph.split("\n") if not _TRAILER.match(line) and not _LINK.search(line)]
        kept = [line for line in kept if not re.match(r"(?:[*-]|\d+\.)\s", line)]
        text = " ".join(_items(kept).split())
        if len(text) <= BODY and len(re.findall(r"[A-Za-z]+", text := clean(text))) >= 5:
            return text
    return ""
