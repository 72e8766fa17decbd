"""What became of the code of a commit: which units moved, were extracted, renamed or taken in elsewhere, by their tokens.

The method is that of refactoring miners (RefactoringMiner, Tsantalis et al. 2018), on outlines in place of full trees: what went and
what came is matched, equal bodies first, then bodies of the same name that are alike.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Literal, NamedTuple

from rapidfuzz.distance import LCSseq

from idiolect.dataset.makers import blocks
from idiolect.dataset.makers.editing import Part, lines
from idiolect.syntax import Unit, read, units

What = Literal["move", "extract", "rename", "inline"]
KINDS = frozenset({"function", "method", "class", "module", "interface", "enum", "struct", "type", "trait", "impl", "macro", "namespace"})
FEWEST_TOKENS = 15
"""A body of fewer stands elsewhere by chance."""
ALIKE = 0.7
"""Share of the tokens in common from which on a unit of the same name is the same unit."""
TAKEN = 0.6
"""Share of a unit's lines that went elsewhere in the same commit from which on it was extracted."""
FEWEST_LINES = 2
RENAMED_PLACES = 3
_TOKEN = re.compile(r"\w+|[^\w\s]")
_NAME = re.compile(r"[A-Za-z_]\w*[?!]?")
_CLOSER = re.compile(r"[\W_]*(?:end|else|begin|ensure|try|finally|do|then|pass|fi|done|esac|return)?[\W_]*")


class Symbol(NamedTuple):
    """A unit of one version of a file."""

    path: str
    name: str
    parents: tuple[str, ...]
    start: int
    end: int
    tokens: tuple[str, ...]
    """With its own name left open."""
    rows: tuple[str, ...]
    """The lines of its body that say something, without blanks around them."""


class Found(NamedTuple):
    """One thing that became of the code."""

    what: What
    name: str
    new_name: str
    """The same but for a rename."""
    path: str
    """Empty where a name was put for another in several files."""
    new_path: str


class Versions(NamedTuple):
    """The units of some files before and after a commit, those that stayed as they were left out."""

    before: list[Symbol]
    after: list[Symbol]
    old_names: set[str]
    """Of all units before, those that stayed too."""
    new_names: set[str]


def versions(parts: Sequence[Part]) -> Versions:
    """What the commit touched of the units of its files; nothing of those that have no grammar."""
    every = Versions([], [], set(), set())
    for one in parts:
        old, new = _units(one.edit.language, one.edit.before), _units(one.edit.language, one.edit.after)
        was = {(unit.parents, unit.name): one.edit.before[unit.start : unit.end] for unit in old}
        became = {(unit.parents, unit.name): one.edit.after[unit.start : unit.end] for unit in new}
        every.old_names.update(unit.name for unit in old)
        every.new_names.update(unit.name for unit in new)
        for unit in old:
            if became.get((unit.parents, unit.name)) != one.edit.before[unit.start : unit.end]:
                every.before.append(_symbol(one.edit.path, unit, one.edit.before))
        for unit in new:
            if was.get((unit.parents, unit.name)) != one.edit.after[unit.start : unit.end]:
                every.after.append(_symbol(one.edit.path, unit, one.edit.after))
    return every


def found(parts: Sequence[Part], both: Versions) -> list[Found]:
    """What happened to the units of these files, the surest first, and to the names in them."""
    before, after = both.before, both.after
    gone, came = _without(before, after), _without(after, before)
    matched = _matched(gone, came)
    olds, news = {old for old, _ in matched}, {new for _, new in matched}
    left = _unknown([one for one in gone if not _held(one, olds) and not _holds(one, olds)], both.new_names)
    fresh = _unknown([one for one in came if not _held(one, news) and not _holds(one, news)], both.old_names)
    other_names = _other_names(left, fresh)
    left, fresh = [one for one in left if one not in other_names], [one for one in fresh if one not in other_names.values()]
    rows = {one.edit.path: lines(one) for one in parts}
    taken = {path: Counter(_saying(old)) | _lost(before, after, path) for path, (old, _) in rows.items()}
    given = {path: Counter(_saying(new)) | _lost(after, before, path) for path, (_, new) in rows.items()}
    came_in, went_in = _naming(given.values()), _naming(taken.values())
    defined = _defined(parts)
    everywhere = [pair for pair in renamed(parts) if pair[0] in defined]
    outer = set(_outermost(olds))
    made = [_told(old, new) for old, new in matched if old in outer and (old.path != new.path or old.name != new.name)]
    made += [_told(old, new) for old, new in other_names.items() if _same_rows(old, new, max) >= TAKEN]
    made = [one for one in made if (one.name, one.new_name) not in everywhere]
    made += [Found("extract", one.name, one.name, path, one.path) for one in fresh if (path := _came_from(one, taken, came_in))]
    made += [Found("inline", one.name, one.name, one.path, path) for one in left if (path := _came_from(one, given, went_in))]
    renames = [*(one for one in made if one.what == "rename"), *(Found("rename", old, new, "", "") for old, new in everywhere)]
    said = {("inline", _last(one.name)) for one in renames} | {("extract", _last(one.new_name)) for one in renames}
    return list(dict.fromkeys([*(one for one in made if (one.what, _last(one.name)) not in said), *renames]))


def may(parts: Sequence[Part]) -> bool:
    """Whether enough lines went from one place and came to another, or one name for another, that it is worth a parse."""
    gone: Counter[str] = Counter()
    came: Counter[str] = Counter()
    for one in parts:
        old, new = lines(one)
        gone.update(_saying(old))
        came.update(_saying(new))
    return (gone & came).total() >= FEWEST_LINES or bool(renamed(parts))


def share(parts: Sequence[Part], versions: Versions, names: Iterable[Found] = ()) -> float:
    """How much of what went came back elsewhere, 0 to 1, new names put for old ones; the rest is other work.

    Counted by the lines that differ and by those that functions lost and won: of one that was cut in two, lines stay where they are.
    """
    new_names = {one.name: one.new_name for one in names if one.what == "rename"}
    rows = [lines(one) for one in parts]
    gone = Counter(row for old, _ in rows for row in _saying(_put(row, new_names) for row in old))
    came = Counter(row for _, new in rows for row in _saying(new))
    gone, came = gone | _lost(versions.before, versions.after), came | _lost(versions.after, versions.before)
    every = gone.total() + came.total()
    return 2 * (gone & came).total() / every if every else 0.0


def renamed(parts: Sequence[Part]) -> list[tuple[str, str]]:
    """Names that were put for others throughout, in three places or more and in two files or more."""
    places: Counter[tuple[str, str]] = Counter()
    files: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in parts:
        for pair in swapped(one):
            places[pair] += 1
            files[pair].add(one.edit.path)
    pairs = [pair for pair, count in places.most_common() if count >= RENAMED_PLACES and len(files[pair]) > 1]
    if not pairs:
        return []
    left = {name for one in parts for row in one.after for name in _NAME.findall(row)}
    known = {name for one in parts for row in one.before for name in _NAME.findall(row)}
    return [(old, new) for old, new in pairs if old not in left and new not in known]


def swapped(one: Part) -> list[tuple[str, str]]:
    """Names that stand in place of others, line by line, where all else of a line stayed; once for each place."""
    pairs = []
    for hunk in blocks.hunks(one.before, one.after, near=0):
        if hunk.end - hunk.start != hunk.new_end - hunk.new_start:
            continue
        for old, new in zip(one.before[hunk.start : hunk.end], one.after[hunk.new_start : hunk.new_end], strict=True):
            was, became = _TOKEN.findall(old), _TOKEN.findall(new)
            if len(was) == len(became):
                differ = [(a, b) for a, b in zip(was, became, strict=True) if a != b]
                pairs += [pair for pair in differ if all(_NAME.fullmatch(name) for name in pair)] if len(set(differ)) == 1 else []
    return pairs


def saying(row: str) -> bool:
    """Whether a line is more than a closer."""
    return not _CLOSER.fullmatch(row.strip())


def _units(language: str, data: bytes) -> list[Unit]:
    return [unit for unit in units(language, data) if unit.kind in KINDS and unit.name and unit.sound] if data else []


def _symbol(path: str, unit: Unit, data: bytes) -> Symbol:
    text = data[unit.start : unit.end].decode()
    body = data[unit.body_start : unit.body_end].decode() if unit.body_start is not None and unit.body_end is not None else ""
    own = _last(unit.name)
    tokens = tuple("" if token == own else token for token in _TOKEN.findall(text))
    return Symbol(path, unit.name, unit.parents, unit.start, unit.end, tokens, tuple(_saying(body.split("\n"))))


def _last(name: str) -> str:
    """Of `Server.prototype.close` what is called."""
    return name.rpartition(".")[2]


def _saying(rows: Iterable[str]) -> list[str]:
    return [row.strip() for row in rows if saying(row)]


def _without(these: Sequence[Symbol], others: Sequence[Symbol]) -> list[Symbol]:
    """The symbols that the other side has not, at the same place and by the same name."""
    known = {(one.path, one.parents, one.name) for one in others}
    return [one for one in these if (one.path, one.parents, one.name) not in known]


def _matched(gone: Sequence[Symbol], came: Sequence[Symbol]) -> list[tuple[Symbol, Symbol]]:
    """Which of what came is which of what went, outermost units only; each is taken once."""
    pairs: list[tuple[Symbol, Symbol]] = []
    old_taken: set[Symbol] = set()
    new_taken: set[Symbol] = set()
    exact: dict[tuple[str, ...], list[Symbol]] = defaultdict(list)
    named: dict[str, list[Symbol]] = defaultdict(list)
    for one in came:
        exact[one.tokens].append(one)
        named[_last(one.name)].append(one)
    ways: tuple[Callable[[Symbol], list[Symbol]], ...] = (
        lambda old: exact[old.tokens],
        lambda old: [new for new in named[_last(old.name)] if alike(old.tokens, new.tokens) >= ALIKE],
    )
    for way in ways:
        for old in gone:
            if len(old.tokens) < FEWEST_TOKENS or _held(old, old_taken):
                continue
            free = [new for new in way(old) if not _held(new, new_taken)]
            if free:
                new = min(free, key=lambda one: (one.name != old.name, one.path == old.path))
                pairs.append((old, new))
                old_taken.add(old)
                new_taken.add(new)
    return pairs


def alike(tokens: Sequence[str], others: Sequence[str]) -> float:
    """Share of tokens in common, in order, 0 to 1."""
    return float(LCSseq.normalized_similarity(tokens, others))


def _held(one: Symbol, others: Iterable[Symbol]) -> bool:
    """Whether a symbol is one of others, or lies in one."""
    return any(one.path == other.path and other.start <= one.start and one.end <= other.end for other in others)


def _holds(one: Symbol, others: Iterable[Symbol]) -> bool:
    return any(_held(other, [one]) for other in others)


def _defined(parts: Sequence[Part]) -> set[str]:
    """Names that the files before define: what else is put for something else is another choice, not another name."""
    found = (read(one.edit.language, one.edit.before) for one in parts)
    return {name.name for each in found if each for name in each.defined}


def _unknown(these: Sequence[Symbol], names: Collection[str]) -> list[Symbol]:
    """Of these the outermost whose name the other version has nowhere: a namespace that is opened again is nothing new."""
    return [one for one in _outermost(these) if one.name not in names]


def _outermost(these: Collection[Symbol]) -> list[Symbol]:
    found: list[Symbol] = []
    for one in sorted(these, key=lambda one: (one.path, one.start, -one.end)):
        if not found or found[-1].path != one.path or one.end > found[-1].end:
            found.append(one)
    return found


def _lost(before: Sequence[Symbol], after: Sequence[Symbol], path: str = "") -> Counter[str]:
    """Lines that the functions of one version have and the same ones of the other have not, in one file or in all."""
    others = {(one.path, one.parents, one.name): one for one in after}
    holding = {(one.path, one.parents) for one in before}
    found: Counter[str] = Counter()
    for one in before:
        if (not path or one.path == path) and (one.path, (*one.parents, one.name)) not in holding:
            other = others.get((one.path, one.parents, one.name))
            found += Counter(one.rows) - Counter(other.rows if other else ())
    return found


def _naming(rows: Iterable[Counter[str]]) -> Counter[str]:
    """In how many lines each name stands."""
    return Counter(name for each in rows for row in each for name in set(_NAME.findall(row)))


def _other_names(left: Sequence[Symbol], fresh: Sequence[Symbol]) -> dict[Symbol, Symbol]:
    """What went and what came at the same place with most of the lines of one of both: neither taken in nor extracted.

    With most of the lines of both it is only called otherwise; else nobody can say in a word what became of it.
    """
    found: dict[Symbol, Symbol] = {}
    for old in left:
        near = [new for new in fresh if (new.path, new.parents) == (old.path, old.parents) and new not in found.values()]
        best = max(near, key=lambda new: _same_rows(old, new), default=None)
        if best and _same_rows(old, best) >= TAKEN:
            found[old] = best
    return found


def _same_rows(old: Symbol, new: Symbol, of: Callable[[int, int], int] = min) -> float:
    """Share of the lines of the shorter, or with `max` the longer, that the other has too, or of the tokens of both."""
    size = of(len(old.rows), len(new.rows))
    rows = (Counter(old.rows) & Counter(new.rows)).total() / size if size else 0.0
    return max(rows, alike(old.tokens, new.tokens) if min(len(old.tokens), len(new.tokens)) >= FEWEST_TOKENS else 0.0)


def _came_from(one: Symbol, taken: dict[str, Counter[str]], given: Counter[str]) -> str:
    """The file that most of a new unit's lines were taken from, where it is named in what came besides itself; else empty.

    `given` says in how many of the lines that came each name stands.
    """
    own = Counter(one.rows)
    if own.total() < FEWEST_LINES or len(one.tokens) < FEWEST_TOKENS:
        return ""
    shares = {path: (own & rows).total() for path, rows in taken.items()}
    path = max(shares, key=lambda name: (shares[name], name))
    return path if shares[path] >= TAKEN * own.total() and given[_last(one.name)] > 1 else ""


def _told(old: Symbol, new: Symbol) -> Found:
    what: What = "move" if old.name == new.name else "rename"
    return Found(what, old.name, new.name, old.path, new.path)


def _put(row: str, names: dict[str, str]) -> str:
    return _NAME.sub(lambda match: names.get(match[0], match[0]), row) if names else row
