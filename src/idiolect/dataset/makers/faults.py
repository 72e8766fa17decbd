"""Faults that are put into sound code: places in a unit where one word or one line decides, and what is then wrong.

The kinds are those of procedural mutation (SWE-smith, Yang et al. 2025; mutation testing before it), on the text of units with strings and
comments left out. Whether the code still parses is for the caller to see.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from idiolect.outline import Syntax, Unit

AND_OR = {"python": (b"and", b"or")}
_FLIPPED = {
    b"<": (b"<=", "the bound itself does not belong to it"), b"<=": (b"<", "the bound itself belongs to it"),
    b">": (b">=", "the bound itself does not belong to it"), b">=": (b">", "the bound itself belongs to it"),
    b"==": (b"!=", "the test is the wrong way round"), b"!=": (b"==", "the test is the wrong way round"),
    b"===": (b"!==", "the test is the wrong way round"), b"!==": (b"===", "the test is the wrong way round"),
    b"is not": (b"is", "the test is the wrong way round"), b"not in": (b"in", "the test is the wrong way round"),
}  # fmt: skip
_COMPARED = re.compile(rb"(?<= )(?:[<>]=?|[!=]==?|is not|not in)(?= )")
_JOINED = re.compile(rb"(?<= )(?:and|or|&&|\|\|)(?=[ \n])")
_NOT = re.compile(rb"(?<=\bif )not (?=\w)|(?<=\bif \()!(?=\w)|(?<=\bwhile )not (?=\w)")
_UNLESS = re.compile(rb"(?<=[ \t])unless(?= )")
_COUNTED = re.compile(rb"(?<=[+-] )1(?![\w.])|(?<=\[)[01](?=[\]:])|(?<=[<>]= )[0-9](?![\w.])|(?<=[<>] )[0-9](?![\w.])")
_RETURNED = re.compile(rb"(?<=\n)(?P<margin>[ \t]+)return (?=[\w\[({])")
_AWAITED = re.compile(rb"\bawait (?=\w)")
_CALLED = re.compile(rb"\b(?P<called>[A-Za-z_]\w*)\((?P<first>[a-z_]\w*), (?P<second>[a-z_]\w*)\)")
_EVEN = re.compile(rb"(?i)min|max|equal|add|plus|sum|merge|union|swap|gcd|zip|compare|print|log|isinstance|join")
_DEFINING = re.compile(rb"\b(?:def|function|func|fn|sub)\b[^(\n]*$|^[ \t]*(?:(?:public|private|protected|static|async|get|set)[ \t]+)*$")
"""What stands before a name on its line where its parameters follow, not arguments; the last way only before a brace."""
_ASSIGNED = re.compile(rb"(?:^|(?<=\n))[ \t]*(?:(?:const|let|var|auto|final|int|long|String|double)\s)?(?P<name>[a-z_]\w+) :?= ")
_PARAMETERS = re.compile(rb"\(([^()]*)\)")
_PARAMETER = re.compile(rb"(?:^|,)\s*(?:[\w<>\[\]]+\s)?(?P<name>[a-z_]\w+)\s*(?=[,=:]|$)")
_USED = re.compile(
    rb"(?<=[(,=] )(?P<name>[a-z_]\w+)(?=[,)\n])|(?<=\()(?P<alone>[a-z_]\w+)(?=[,)])|(?<=return )(?P<back>[a-z_]\w+)(?=[;\n])"
)
_GUARD = re.compile(rb"\s*(?:if\b|unless\b|(?:return|raise|next|break)\b.* (?:if|unless) )")
_LEAVES = re.compile(rb"\b(?:return|raise|throw|continue|next|break)\b")
_BRANCHES = re.compile(rb"\b(?:else|elif|elsif)\b")
_QUOTED = re.compile(rb"([\"'`])(?:\\.|(?!\1)[^\\\n])*+\1")
_SELF = frozenset(
    {b"self", b"this", b"cls", b"true", b"false", b"null", b"nil", b"none", b"super", b"new", b"not", b"await", b"undefined", b"lambda"}
)
_NAME = re.compile(rb"[A-Za-z_]\w*[?!]?")
_GUARDING = _SELF | {
    b"if", b"unless", b"return", b"raise", b"throw", b"continue", b"next", b"break", b"is", b"None", b"True", b"False", b"end", b"nil?",
    b"and", b"or", b"blank?", b"present?", b"empty?", b"length", b"size", b"typeof", b"instanceof", b"in",
}  # fmt: skip
_ASKED = re.compile(
    rb"(?:\b(?:if|elif|elsif|unless|while|and|or|not)|&&|\|\|) [(!]{0,3}(?P<alone>[A-Za-z_]\w*)(?![\w.\[(])"
    rb"|\b(?P<name>[A-Za-z_]\w*)(?: \?(?= )|&\.|\?\.| (?:\|\||or) )"
)
"""Where a name alone is a condition."""
_BRACE = re.compile(rb"[ \t]*+\{")
_BLANKS = re.compile(rb"(?:[ \t]*\r?\n)+")
MOST_GUARD = 4
"""Lines of a guard."""


class Fault(NamedTuple):
    """Bytes of a unit that become others, and what is then wrong."""

    kind: str
    start: int
    end: int
    wrong: bytes
    why: str
    """What must be told of it, with the right text in it."""


class Code(NamedTuple):
    """A unit, and its text with strings and comments as blanks, byte for byte at the same place."""

    language: str
    text: bytes
    masked: bytes
    guards: tuple[tuple[int, int], ...]
    """Statements that are an `if` of a few lines and leave."""


def faults(code: Code) -> dict[str, list[Fault]]:
    """All that can be put into a unit, by kind."""
    found: dict[str, list[Fault]] = {}
    for kind in KINDS:
        for fault in kind(code):
            found.setdefault(fault.kind, []).append(fault)
    return found


def code(language: str, data: bytes, unit: Unit, parsed: Syntax) -> Code:
    """A unit as faults are sought in it."""
    masked = bytearray(data[unit.start : unit.end])
    strings = [(span.start, span.end) for span in parsed.spans if span.kind == "string"]
    docs = [one.doc for one in parsed.units if one.doc]
    for start, end in (*strings, *parsed.comments, *docs):
        _blank(masked, start - unit.start, end - unit.start)
    for match in _QUOTED.finditer(bytes(masked)):
        _blank(masked, match.start(), match.end())
    inside = ((span.start - unit.start, span.end - unit.start) for span in parsed.spans if unit.start < span.start and span.end < unit.end)
    guards = [(start, end) for start, end in inside if _is_guard(bytes(masked[start:end]))]
    return Code(language, data[unit.start : unit.end], bytes(masked), tuple(dict.fromkeys(guards)))


def _blank(text: bytearray, start: int, end: int) -> None:
    start, end = max(0, start), min(len(text), end)
    if start < end:
        text[start:end] = b" " * (end - start)


def _is_guard(text: bytes) -> bool:
    few = text.count(b"\n") < MOST_GUARD
    return few and bool(_GUARD.match(text)) and bool(_LEAVES.search(text)) and not _BRANCHES.search(text)


def _compared(code: Code) -> Iterator[Fault]:
    for match in _COMPARED.finditer(code.masked):
        wrong, why = _FLIPPED[match[0]]
        yield Fault("comparison", match.start(), match.end(), wrong, f"`{_said(wrong)}` must be `{_said(match[0])}`: {why}")


def _joined(code: Code) -> Iterator[Fault]:
    both, one = AND_OR.get(code.language, (b"&&", b"||"))
    whys = {both: "both must hold, not one of them", one: "one of the two is enough"}
    for match in _JOINED.finditer(code.masked):
        if match[0] in whys:
            wrong = one if match[0] == both else both
            yield Fault("connective", match.start(), match.end(), wrong, f"`{_said(wrong)}` must be `{_said(match[0])}`: {whys[match[0]]}")


def _negated(code: Code) -> Iterator[Fault]:
    for match in _NOT.finditer(code.masked):
        why = f"the condition is the wrong way round: `{_said(match[0].strip())}` is missing"
        yield Fault("negation", match.start(), match.end(), b"", why)
    for match in _UNLESS.finditer(code.masked) if code.language == "ruby" else ():
        yield Fault("negation", match.start(), match.end(), b"if", "the condition is the wrong way round: `if` must be `unless`")


def _counted(code: Code) -> Iterator[Fault]:
    for match in _COUNTED.finditer(code.masked):
        number = int(match[0])
        wrong = b"%d" % (number + 1 if number < 2 else number - 1)
        yield Fault("constant", match.start(), match.end(), wrong, f"it is off by one: `{_said(wrong)}` must be `{number}`")


def _returned(code: Code) -> Iterator[Fault]:
    for match in _RETURNED.finditer(code.masked) if code.language not in ("ruby", "rust") else ():
        start = match.start() + len(match["margin"])
        yield Fault("return", start, match.end(), b"", "the result is computed and not returned: `return` is missing")


def _awaited(code: Code) -> Iterator[Fault]:
    for match in _AWAITED.finditer(code.masked):
        yield Fault(
            "await", match.start(), match.end(), b"", "what is called gives its result later and is not waited for: `await` is missing"
        )


def _swapped(code: Code) -> Iterator[Fault]:
    for match in _CALLED.finditer(code.masked):
        first, second = match["first"], match["second"]
        if first != second and not _EVEN.fullmatch(match["called"]) and not _is_defined(code.masked, match.start(), match.end()):
            why = f"the arguments of `{_said(match['called'])}` are the wrong way round: `{_said(first)}` comes before `{_said(second)}`"
            yield Fault("arguments", match.start("first"), match.end("second"), second + b", " + first, why)


def _is_defined(text: bytes, start: int, end: int) -> bool:
    """Whether what looks like a call at these bytes is the head of a function."""
    defining = _DEFINING.search(text[text.rfind(b"\n", 0, start) + 1 : start])
    return defining is not None and (bool(defining[0].strip()) or _BRACE.match(text, end) is not None)


def _confused(code: Code) -> Iterator[Fault]:
    """Another variable of the same unit stands in the place of one."""
    head = _PARAMETERS.search(code.masked)
    names = [match["name"] for match in _ASSIGNED.finditer(code.masked)]
    names += [match["name"] for match in _PARAMETER.finditer(head[1])] if head else []
    known = [name for name in dict.fromkeys(names) if name not in _SELF]
    for match in _USED.finditer(code.masked, head.end() if head else 0):
        name = match["name"] or match["alone"] or match["back"]
        group = "name" if match["name"] else "alone" if match["alone"] else "back"
        if name in known:
            for other in known:
                if other != name and code.masked.find(other) < match.start():
                    why = f"`{_said(other)}` stands where `{_said(name)}` is meant"
                    yield Fault("variable", match.start(group), match.end(group), other, why)


def _unguarded(code: Code) -> Iterator[Fault]:
    """A guard is gone, with its lines; one with words of its own nobody could know."""
    for start, stop in code.guards:
        rest = {*_NAME.findall(code.masked[:start]), *_NAME.findall(code.masked[stop:])}
        if code.masked[start:stop] != code.text[start:stop] or not set(_NAME.findall(code.masked[start:stop])) - _GUARDING <= rest:
            continue
        if _asked_again(code.masked[start:stop], code.masked[stop:]):
            continue
        first = code.text.rfind(b"\n", 0, start) + 1
        last = code.text.find(b"\n", stop)
        if last >= 0 and not code.text[first:start].strip() and not code.text[stop:last].strip(b" \t;"):
            said = " ".join(_said(code.text[start:stop]).split())
            blank = _BLANKS.match(code.text, last + 1)  # an empty line at the top of a body would give the place away
            yield Fault("guard", first, blank.end() if blank else last + 1, b"", f"a guard is missing: `{said}`")


def _asked_again(guard: bytes, rest: bytes) -> bool:
    """Whether the code after a guard asks about the same names: without the guard nothing would be wrong to be seen."""
    names = set(_NAME.findall(guard)) - _GUARDING
    return any((match["alone"] or match["name"]) in names for match in _ASKED.finditer(rest))


KINDS: Sequence[Callable[[Code], Iterator[Fault]]] = (
    _compared, _joined, _negated, _counted, _returned, _awaited, _swapped, _confused, _unguarded,
)  # fmt: skip


def _said(text: bytes) -> str:
    return text.decode("utf-8", "replace")
