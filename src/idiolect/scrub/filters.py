"""What a rule has found is a secret, or a word after all: entropy, tokens, armour, addresses.

A check takes a text and the place of what was found in it, and answers with the places of what has to go: none where it is no secret,
several where a key is wrapped over lines. Words are told from secrets by the code tokenizer: it spells what it has never seen, and a word
takes few tokens (the idea is Betterleaks').
"""

from __future__ import annotations

import base64
import ipaddress
import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from idiolect.scrub.rules import compiled

Piece = tuple[int, int]
Check = Callable[[bytes, int, int], Sequence[Piece]]
TOKENIZER = Path(__file__).parent.parent / "data" / "seedling" / "tokenizer.json"


def entropy(text: bytes) -> float:
    """Shannon entropy in bits per byte."""
    counts = Counter(text).values()
    return -sum(count / len(text) * math.log2(count / len(text)) for count in counts) if text else 0.0


@cache
def _tokenizer() -> Any:
    from tokenizers import Tokenizer

    return Tokenizer.from_file(str(TOKENIZER))


@lru_cache(maxsize=4096)
def characters_per_token(text: bytes) -> float:
    """How many characters a token of the code tokenizer has here: about 1.1 in what is random, 3 and more in words."""
    said = text.decode("utf-8", "replace")
    return len(said) / max(1, len(_tokenizer().encode(said, add_special_tokens=False).ids))


_HASHED = re.compile(rb"\$(?:2[abxy]|1|5|6|y|argon2\w*|pbkdf2[\w-]*|scrypt)\$|pbkdf2_|bcrypt_?sha|\{S?SHA\d*\}|sha\d{1,3}[-:$]|md5[-:$]")
_PLACEHOLDER = compiled(
    r"(?i)^(?:my|the|your|our|some|new|old|user|admin|root|test|db|database|postgres|mysql|guest|default|super|top|very|strong|weak|wrong|bad"
    r"|good|valid|invalid|secret|secure|pass|password|passwd|passwort|pwd|token|key|api|login|value|string|here|none|null|true|false|demo|sample"
    r"|hunter|letmein|qwerty|welcome|foo|bar|baz|hello|world|again|and|or|is|too|short|long|[^A-Za-z])+$"
)
_CHAIN = re.compile(rb"@{0,2}[A-Za-z_$][\w$]*(?:(?:\.|::|->|&\.)[A-Za-z_$][\w$]*)+[!?]?$")
_CONSTANT = re.compile(rb"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$")
_BRACKETS = re.compile(rb"[\[\](){}<>]")
_LETTER = re.compile(rb"[A-Za-z]")
_WORDS = re.compile(rb"[\w.]{4,}")
_MARKS = re.compile(rb"[^A-Za-z0-9]+")
_RUN = re.compile(rb"[A-Za-z0-9+]+")
_MIXED = (re.compile(rb"[a-z]"), re.compile(rb"[A-Z]"), re.compile(rb"[0-9]"), re.compile(rb"[^\w.\-/]"))


def _nothing(value: bytes) -> bool:
    """Whether a literal says by its form that it is no secret: a hash, a placeholder, a variable, a path, a selector."""
    return bool(
        _HASHED.match(value)
        or _PLACEHOLDER.search(value)
        or (_CHAIN.match(value) and characters_per_token(value) > 1.5)
        or (_CONSTANT.match(value) and characters_per_token(value) > 1.5)
        or (value.startswith((b"/", b"#", b"%", b"$", b"@", b".", b"~")) and characters_per_token(value[1:]) > 1.5)
        or value.startswith((b"./", b"../", b"~/", b"http://", b"https://", b"file:"))
        or (any(mark in value for mark in (b"${", b"{{", b"#{", b"<%")) and _WORDS.search(value))
        or (len(_BRACKETS.findall(value)) > 2 and characters_per_token(_MARKS.sub(b"", value) or b"a") > 1.6)
        or value.isdigit()
    )


def password(data: bytes, start: int, end: int) -> Sequence[Piece]:
    """A literal that a name calls a password: what a person might have chosen counts too, a word does not."""
    value = data[start:end]
    if not _LETTER.search(value):
        return ()
    classes = sum(bool(kind.search(value)) for kind in _MIXED)
    most = 1.45 if classes == 1 else 1.7 if classes == 2 else 2.2
    return () if _nothing(value) or characters_per_token(value) > most else ((start, end),)


def literal(data: bytes, start: int, end: int) -> Sequence[Piece]:
    """A literal that a name calls a key or a token: one long run that no word explains."""
    value = data[start:end]
    if _nothing(value):
        return ()
    classes = sum(bool(kind.search(value)) for kind in _MIXED)
    run = max(_RUN.findall(value), key=len, default=b"")
    random = len(run) >= 8 and characters_per_token(run) <= 1.6 and not run.isdigit() and (classes > 1 or len(run) >= 16)
    mixed = classes == 4 or (classes == 3 and len(value) >= 12)
    return ((start, end),) if random or (mixed and characters_per_token(value) <= 1.3) else ()


def basic(data: bytes, start: int, end: int) -> Sequence[Piece]:
    """Base64 of a user and a password that is no word."""
    try:
        said = base64.b64decode(data[start:end] + b"=" * (-(end - start) % 4), validate=True)
    except ValueError:
        return ()
    chosen = said.partition(b":")[2]
    if said.isascii() and said.decode().isprintable():
        return ((start, end),) if password(chosen, 0, len(chosen)) else ()
    return ((start, end),) if _HEADER.search(data, max(0, start - 40), start) else ()


_HEADER = re.compile(rb"(?i)authorization\W")
_ARMOUR = re.compile(
    rb"\\[nrt]|([A-Za-z0-9+/=]{16,}|(?<=[\s\"'`nr|>#*])[A-Za-z0-9+/]*=[A-Za-z0-9+/=]*|(?<=[\s\"'`nr])[A-Za-z0-9+/]{1,15}(?=[\\\s\"'`]*-----))"
)
_HEADERS = r"(?:(?:Proc-Type|DEK-Info|Version|Comment|Subject|Hash|Charset): ?[^\n\\\"'`]{0,200})"
_STRICT = compiled(
    r"(?:(?:\\[nrt]|[\s\"'`+,.;|>#*\\-]|" + _HEADERS + r")*[A-Za-z0-9+/=]{16,})+(?:(?:\\[nrt]|[\s\"'`+])*[A-Za-z0-9+/]{0,15}={0,2})?"
)
FEWEST = 40
"""Characters of base64 below which there is no key."""


def armour(data: bytes, start: int, end: int) -> Sequence[Piece]:
    """The base64 of a key, line by line: quotes, newlines and comment marks between stay, so that the code still parses.

    Without an END line only what follows in an unbroken row counts.
    """
    if not data.startswith((b"-----END", b"---- END"), end):
        row = _STRICT.match(data, start, end)
        end = row.end() if row else start
    pieces = [found.span(1) for found in _ARMOUR.finditer(data, start, end) if found[1]]
    key = b"".join(data[one:other] for one, other in pieces)
    return pieces if len(key) >= FEWEST and entropy(key) > 3 and characters_per_token(key[:400]) <= 1.6 else ()


_TOP = frozenset(
    b"""com org net edu gov mil int info biz name pro dev app xyz online site tech cloud email blog shop store agency digital
    software solutions systems company studio design group team works world live life news media network global space
    website host press academy energy consulting engineering services support tools codes computer technology""".split()
)
_IN_URL = re.compile(rb"://[^\s/\"'<>]*$")


def address(data: bytes, start: int, end: int) -> Sequence[Piece]:
    """An e-mail address, not a user in a URL nor an operator between two names."""
    if _IN_URL.search(data, max(0, start - 100), start):
        return ()
    last = data[start:end].rpartition(b".")[2].lower()
    known = len(last) == 2 or last in _TOP
    quoted = data[max(0, start - 1) : start] in (b"<", b'"', b"'", b":", b"(") and data[end : end + 1] in (b">", b'"', b"'", b")")
    return ((start, end),) if known or quoted else ()


_VERSION_BEFORE = re.compile(
    rb"(?i)(?:version|ver|release|rel|build|gem|rails|ruby|python|node|chrome|firefox|safari|opera|edge|oid)\W{0,6}$|[/=~<>^v-]\s?$|\(\s?$"
)
_PLACE = re.compile(
    rb"(?i)\b(?:ip|addr|address|host|server|remote|client|peer|bind|listen|dns|gateway|subnet|cidr|proxy|allow|deny|forwarded|ssh|ping|curl)\w*\W"
)
_WELL_KNOWN = frozenset({"8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9", "208.67.222.222", "208.67.220.220"})


def ip(data: bytes, start: int, end: int) -> Sequence[Piece]:
    """A public address: not loopback, private, documentation or another reserved range, no public resolver, and no version."""
    try:
        found = ipaddress.ip_address(data[start:end].decode())
    except ValueError:
        return ()
    if not found.is_global or found.is_multicast or str(found) in _WELL_KNOWN:
        return ()
    return () if found.version == 4 and _version(data, start, end) else ((start, end),)


def _version(data: bytes, start: int, end: int) -> bool:
    """Whether four numbers are a version: something says so before them, or they are small and nothing speaks of a place."""
    line = data[data.rfind(b"\n", 0, start) + 1 : start][-120:]
    digits = sum(len(part) == 1 for part in data[start:end].split(b"."))
    if digits == 4 and not line.endswith(b"://") and data[end : end + 1] not in (b":", b"/"):
        return True
    if line.endswith(b"://") or data[end : end + 1] in (b":", b"/") or _PLACE.search(line):
        return bool(re.search(rb"(?i)(?:version|chrome/|safari/|edg/|opr/)\W{0,4}$", line))
    return digits >= 2 or bool(_VERSION_BEFORE.search(line))


def phone(data: bytes, start: int, end: int) -> Sequence[Piece]:
    """A number of 8 to 15 digits that is not one of those set aside for fiction."""
    digits = re.sub(rb"\D", b"", data[start:end])
    return ((start, end),) if 8 <= len(digits) <= 15 and b"5550" not in digits else ()


CHECKS: dict[str, Check] = {
    "armour": armour, "password": password, "literal": literal, "basic": basic, "address": address, "ip": ip, "phone": phone,
}  # fmt: skip
