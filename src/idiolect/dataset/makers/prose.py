"""Human prose inside code: docstrings and comments as plain words, and the reasons to refuse them."""

from __future__ import annotations

import re
from textwrap import dedent

_PYTHON_DOC = re.compile(r"^[rRbBuUfF]{0,2}(\"\"\"|'''|\"|')(.*)\1$", re.DOTALL)
_BLOCK = re.compile(r"^\s*(?:/\*++!?|<!--|=begin\b|--\[\[)(.*?)(?:(?<!\*)\*+/|-->|^=end\b|\]\])\s*$", re.DOTALL | re.MULTILINE)
_LINE_MARK = re.compile(r"^[ \t]*(?:#+|//+!?|--+|;+|\*+|%+|'|[Rr][Ee][Mm]\b)(?:[ \t]|$)?", re.MULTILINE)
_ROW = re.compile(r"\s*(?:#(?!')|//(?![/!])|--(?!\[\[)|;|%|'(?!'')|[Rr][Ee][Mm]\b)")
_STAR = re.compile(r"^[ \t]*\*+(?:[ \t]|$)?", re.MULTILINE)
_DIRECTIVE = re.compile(
    r"""\s*(?:rubocop:|noqa|type:\s*ignore|pragma|eslint|prettier|pylint|mypy:|frozen_string_literal|encoding:|coding[:=]|typed:|sorbet|!/|-\*-
    |:nodoc:|:call-seq:|==\s*schema|@ts-|@flow|istanbul|jshint|nolint|go:|\+build|fmt:|isort:|@(?:api|since|version|author)\b)""",
    re.IGNORECASE | re.VERBOSE,
)
_BOILERPLATE = re.compile(
    r"""copyright\s+(?:\(c\)|©|\d|by\b|notice|holder)|this\ migration\ comes\ from
    |only\ allow\ a\ (?:list\ of\ )?trusted\ parameter|use\ callbacks\ to\ share\ common\ setup|licen[cs]ed?\ under|all\ rights\ reserved
    |permission\ is\ hereby\ granted|spdx-|generated\ (?:by|from)|do\ not\ edit
    |table\ name:|see\ (?:the\ )?(?:https?://\S++|documentation)\W*$""",
    re.IGNORECASE | re.VERBOSE,
)
_VAGUE = re.compile(
    r"""(?:todo|fixme|xxx|hack|nodoc|see|same\ as|ditto|overrid(?:e|es|den)|inherit|constructor|initiali[sz]e|deprecated|internal|private
    |helpers?|getters?|setters?|stub|not\ implemented|no-?op|test(?:s|ing)?)\b[\w\s.,:\#()`'-]{0,40}$""",
    re.IGNORECASE | re.VERBOSE,
)
_MARKER = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")
_CODE = re.compile(
    r"^\s*+(?:(?:def|class|module|if|elsif|else|end|return|import|from|require|puts|print|raise|var|let|const|public|private|@\w+)\b[^.]*+"
    r"|.*[;{}]|[\w.@:]+\([^()]*\)|[\w.@:\[\]]+\s*(?:[-+|]?=|<<|=>)\s*\S.*|</?\w.*>|%\w.*)\s*$"
)  # fmt: skip
_TAG = re.compile(
    r"\s*@(?:param|returns?|raises?|throws|examples?|options?|api|private|public|protected|see|type|yields?\w*|since|note|deprecated|overload"
    r"|template|typedef|prop(?:erty)?|callback|async|static|memberof)\b"
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z`\"'(])")
_SECTION = re.compile(
    r"""^[^\S\n]*+(?:@\w+|:\w+[^:\n]*:(?!`)|>>>|```|\.\.\ |={3,}|-{3,}|==\s
    |(?:args|arguments|parameters|params|returns?|raises|yields?|examples?|usage|options|notes?|see\ also)[^\S\n]*+:?:?[^\S\n]*+$)""",
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)
_LISTED = re.compile(r"(?:[-*+]|\d+[.)])\s|<|\||```")
_LINK = re.compile(r"\bhttps?://\S+")
_FENCE = re.compile(r"[^\S\n]*(?:```|~~~)")
_CODE_FOLLOWS = re.compile(r"\.\. (?:code|code-block|sourcecode|parsed-literal|prompt|highlight)::")
_PROMPT = re.compile(r"[^\S\n]*(?:>>>|\.\.\.|\$) ")
_VERSION = re.compile(r"([^\S\n]*)\.\. (?:version(?:added|changed|removed)|deprecated)::")
_THEN = re.compile(
    r"""\b(?:originally|formerly|used\ to\ (?:be|do)|some\ ?day|sometime|the\ (?:previous|old)\ (?:system|version|way|code|approach)
    |(?:could|can|should|will)\ (?:be|get|go)\ (?:dropped|removed|deleted|away))\b""",
    re.IGNORECASE | re.VERBOSE,
)
"""Words of how it was or will be: no explanation of what it is."""
_ELSEWHERE = re.compile(r"\bI(?:'\w+)?\b(?!/)|https?://|(?<!\w)#\d{2,}\b|\b(?=[0-9a-f]*\d)[0-9a-f]{8,40}\b")
"""Somebody's own doings, an address, an issue, a commit."""
_WORDS = re.compile(r"[A-Za-z]+")
_HUMP = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+")
_EMPTY_WORD = re.compile(
    r"an?|and|as|at|be|by|for|from|gets?|given|has|if|in|into|is|its?|of|on|or|returns?|sets?|that|the|this|to|used?|value|with",
    re.IGNORECASE,
)
SHORTEST = 25
FEWEST_WORDS = 5
REMARK = 300
"""Characters: a comment of no more is about one thing."""


def plain(comment: str) -> str:
    """The words of a docstring or a run of comments, without marks, common indentation and directives to tools."""
    text = comment.replace("\r\n", "\n").replace("\r", "\n").strip()
    if match := _PYTHON_DOC.match(text):
        first, _, rest = match[2].partition("\n")
        text = f"{first.strip()}\n{dedent(rest)}"
    elif match := _BLOCK.match(text):
        text = dedent(_STAR.sub("", match[1]))
    else:
        text = dedent(_LINE_MARK.sub("", text))
    kept = [line.rstrip() for line in text.split("\n") if not _DIRECTIVE.match(line)]
    return "\n".join(kept).strip()


def refusal(text: str, name: str = "") -> str | None:
    """Why `text` explains nothing of what is called `name`; None: it may be an answer."""
    said = _LINK.sub("", text)
    if len(said) < SHORTEST or len(_WORDS.findall(said)) < FEWEST_WORDS:
        return "prose too short"
    if _BOILERPLATE.search(text):
        return "boilerplate prose"
    if commented_out(text):
        return "commented-out code"
    if _VAGUE.match(text) or _MARKER.search(text):
        return "vague prose"
    if sum(character.isalpha() or character.isspace() for character in text) < 0.6 * len(text):
        return "not prose"
    return "prose repeats the name" if name and _repeats(text, name) else None


def unquoted(text: str) -> str:
    """The words around the examples: less what is fenced, typed at a prompt, or indented after a blank line or a colon."""
    kept: list[str] = []
    margin, opened, fenced = 0, False, False
    for line in text.split("\n"):
        indent = len(line) - len(line.lstrip())
        if _FENCE.match(line):
            fenced = not fenced
        elif not line.strip():
            opened = True
        elif fenced or _PROMPT.match(line) or (opened and indent > margin + 1 and kept):
            continue
        else:
            kept.append(line)
            code = bool(_CODE_FOLLOWS.match(line.lstrip()))
            box = line.lstrip().startswith(".. ") and not code
            margin = indent + 4 if box else indent
            opened = code or (line.rstrip().endswith(":") and not box)
    return "\n".join(kept)


def unversioned(text: str) -> str:
    """The text less what reStructuredText says of the versions that brought or changed something: nobody can know that from the code."""
    kept: list[str] = []
    within: int | None = None
    for line in text.split("\n"):
        if match := _VERSION.match(line):
            within = len(match[1])
        elif within is not None and line.strip() and len(line) - len(line.lstrip()) <= within:
            within = None
        if within is None:
            kept.append(line)
    return "\n".join(kept).strip()


def tagged(text: str) -> bool:
    """Whether every line begins with a tag: types and names, and no sentence."""
    return all(_TAG.match(line) for line in text.split("\n") if line.strip())


def passing(text: str) -> bool:
    """Whether a short comment says how something was or will be, what its author did, or sends its reader elsewhere."""
    return len(text) <= REMARK and bool(_THEN.search(text) or _ELSEWHERE.search(text))


def note(text: str) -> bool:
    """Whether a comment is jotted down, in lower case: a remark that describes nothing."""
    return text.lstrip()[:1].islower()


def of_rows(comment: str) -> bool:
    """Whether it is a run of line comments that no tool reads: what an author writes to say what something is, or anything else."""
    return bool(_ROW.match(comment)) and not _PYTHON_DOC.match(comment)


def commented_out(text: str) -> bool:
    """Whether at least half of the lines look like statements; tags such as `@param` are neither these nor words."""
    rows = [line for line in text.split("\n") if line.strip() and not _TAG.match(line)]
    return sum(bool(_CODE.match(line)) for line in rows) * 2 >= max(1, len(rows))


def opening(text: str, limit: int = 400) -> str:
    """The first sentences of the first paragraph, at most `limit` characters; what comes after a list of parameters is not meant."""
    section = _SECTION.search(text)
    head = text[: section.start()] if section else text
    paragraph = " ".join(head.strip().split("\n\n")[0].split())
    sentences = _SENTENCE.split(paragraph)
    while sentences and sentences[-1].endswith(":"):  # announces what is not shown
        sentences.pop()
    if not sentences:
        return ""
    kept = sentences[0]
    for sentence in sentences[1:]:
        if len(kept) + len(sentence) >= limit:
            break
        kept += " " + sentence
    return kept if len(kept) <= limit else ""


def whole(text: str, limit: int = 900) -> str:
    """The opening and the paragraphs after it that are prose too, at most `limit` characters; what comes after an example is not meant."""
    section = _SECTION.search(text)
    first, *rest = (text[: section.start()] if section else text).strip().split("\n\n")
    kept = [opening(first)]
    for paragraph in rest if kept[0] == " ".join(first.split()) else ():
        said = " ".join(paragraph.split())
        prose = not paragraph[:1].isspace() and not _LISTED.match(paragraph) and not said.endswith(":") and not commented_out(paragraph)
        if not prose or sum(map(len, kept)) + len(said) > limit:
            break
        kept.append(said)
    return "\n\n".join(kept)


def words_of(name: str) -> list[str]:
    """The words of an identifier: `parse_HTTPUrl` is parse, http, url."""
    return [word.lower() for word in _HUMP.findall(name)]


def _repeats(text: str, name: str) -> bool:
    said = {word.lower().rstrip("s") for word in _WORDS.findall(text) if not _EMPTY_WORD.fullmatch(word)}
    return said <= {word.rstrip("s") for word in words_of(name)}
