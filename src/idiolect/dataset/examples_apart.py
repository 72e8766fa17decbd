"""Rows of all sources divided: near-duplicates out, relatives tied together, whole clusters held out.

Rows have no time, so that a fifth of them by cluster is what the model is measured on. Two rows are near-duplicates only where their
answers are, too: many holes stand in one file, and many questions begin alike.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from idiolect.dataset import leaks
from idiolect.dataset.duplicates import near, shingles
from idiolect.dataset.duplicates.dedupe import NEAR, RELATED
from idiolect.dataset.examples import Examples
from idiolect.dataset.funnel import Funnel
from idiolect.dataset.splits import MOST_BYTES, SHARE, Clusters, Side
from idiolect.types import Dropped, Hole, Sample

HELD_OUT = 5
"""One of so many rows is held out."""
ENOUGH = 250
"""Rows, of which a fifth are 50 probes; of fewer beside repositories nothing is held out: those have probes of their own."""
ROUNDS = 5
"""How often others are tried in the place of those that stand in lessons."""
_FEW = 10
"""Rows of fewer none is for validation."""


Named = dict[str, list[int]]
"""Clusters by name, and the numbers of their samples."""


class Place(NamedTuple):
    """A sample of a source."""

    held: Examples
    at: int

    @property
    def sample(self) -> Sample:
        """As it is read now."""
        found: Sample = self.held.samples[self.at]
        return found


def divide(held: Sequence[Examples], held_out: str, most: int, funnel: Funnel, *, alone: bool) -> None:
    """Fill in the side and the cluster of every sample.

    `held_out` is a source that is a test set as a whole; of the others at most `most` samples are held out. `alone` says that there
    are no repositories.
    """
    ordered = sorted(held, key=lambda one: one.source.role not in ("team", "reference"))  # the team's own are kept of two
    places = [Place(one, index) for one in ordered for index in range(len(one.samples))]
    losers, clusters = related(places)
    dropped = [_duplicate(places[loser], places[winner]) for loser, winner in sorted(losers.items())]
    funnel.count("dedupe rows", "samples", len(places) - len(losers), dropped)
    members: dict[int, list[int]] = defaultdict(list)
    for number in range(len(places)):
        if number not in losers:
            members[clusters.root(number)].append(number)
    named = {min(places[number].sample.id for number in some): some for some in members.values()}
    sides = _sides(places, named, held_out, most if alone or len(places) - len(losers) >= ENOUGH else 0)
    for one in held:
        one.sides, one.clusters = [None] * len(one.samples), [""] * len(one.samples)
    for name, some in named.items():
        for number in some:
            place = places[number]
            place.held.sides[place.at] = "source" if place.held.source.name == held_out else sides[name]
            place.held.clusters[place.at] = name[:12]


def _sides(places: Sequence[Place], named: Named, held_out: str, most: int) -> dict[str, Side]:
    """The side of each cluster: in the order of a hash first those that are held out, then those for validation, up to their shares."""
    others = {name: some for name, some in named.items() if all(places[one].held.source.name != held_out for one in some)}
    own = {name: some for name, some in others.items() if all(_fit(places[one]) for one in some)}
    total = sum(map(len, own.values()))
    cluster = _held_out(places, named, own, min(total // HELD_OUT, most))
    left = {name: some for name, some in others.items() if name not in cluster}
    rest = {name: sum(places[one].held.samples.size(places[one].at) for one in some) for name, some in left.items()}
    target = min(SHARE * sum(rest.values()), MOST_BYTES) if len(rest) >= _FEW else 0
    validation = set(_taken(rest, target, ""))
    return {name: "cluster" if name in cluster else "validation" if name in validation else "train" for name in named}


def _held_out(places: Sequence[Place], every: Named, own: Named, target: int) -> set[str]:
    """Clusters to hold out. One with an answer that stands in a row outside would be no probe, so it is learned from, and another tried."""
    held: set[str] = set()
    waiting = {name: len(some) for name, some in own.items()}
    for _ in range(ROUNDS):
        taken = set(_taken(waiting, target - sum(len(own[name]) for name in held), "cluster"))
        if not taken:
            break
        waiting = {name: size for name, size in waiting.items() if name not in taken}
        held |= taken
        held -= _leaking(places, every, held)
    return held


def _leaking(places: Sequence[Place], every: Named, held: set[str]) -> set[str]:
    """Those of the held-out clusters of which an answer stands in a row outside of all of them, as `leaks` has it."""
    sought = [(name, places[number].sample.answer or "") for name in sorted(held) for number in every[name]]
    outside = (places[number].sample for name, some in every.items() if name not in held for number in some)
    found = leaks.leaking(leaks.Wanted([answer for _, answer in sought]), (text for sample in outside for text in leaks.texts(sample)))
    return {sought[place][0] for place in found}


def _taken(sizes: dict[str, int], target: float, salt: str) -> Iterator[str]:
    """Clusters in the order of a hash, which stays as rows come and go, without those that would exceed what is wanted."""
    taken = 0
    for name in sorted(sizes, key=lambda one: hashlib.sha256(f"{salt}\0{one}".encode()).digest()):
        if 0 < sizes[name] <= target - taken:
            taken += sizes[name]
            yield name


def _fit(place: Place) -> bool:
    """Whether it may be held out: one of the team's, with an answer that says something."""
    return place.held.source.role in ("team", "reference") and bool((place.sample.answer or "").strip())


def related(places: Sequence[Place]) -> tuple[dict[int, int], Clusters[int]]:
    """Near-duplicates, each with the better one that is kept; and who is related to whom. Equal samples are left to be merged."""
    texts = _Texts(places)
    keys = near.bands(texts, near.COARSE)
    losers: dict[int, int] = {}
    clusters: Clusters[int] = Clusters()
    for one in range(1, len(places)):
        before, after = places[one - 1], places[one]
        if before.held is after.held and before.held.rows[before.at] == after.held.rows[after.at]:
            clusters.tie(one - 1, one)

    def needed(better: int, worse: int) -> bool:
        return (better not in losers and worse not in losers) or clusters.root(better) != clusters.root(worse)

    for better, worse, jaccard in near.verified(texts, near.candidates(keys), RELATED, needed):
        clusters.tie(better, worse)
        if jaccard >= NEAR and better not in losers and worse not in losers and _alike(places[better].sample, places[worse].sample):
            losers[worse] = better
    return losers, clusters


def _alike(first: Sample, second: Sample) -> bool:
    """Whether the answers are near-duplicates; not of samples that are equal, for those become one."""
    answers = [(one.answer or one.rejected or "").encode() for one in (first, second)]
    found = shingles.of(answers)
    same = answers[0] == answers[1] or shingles.jaccard(found.row(0), found.row(1)) >= NEAR
    return same and first.id != second.id


class _Texts(Sequence[bytes]):
    """What each sample says, less the system's words, which many share; read when it is looked at."""

    def __init__(self, places: Sequence[Place]) -> None:
        self.places = places

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, index: Any) -> Any:
        sample = self.places[index].sample
        hole, answer = sample.prompt, sample.answer or sample.rejected or ""
        if isinstance(hole, Hole):
            return f"{hole.prefix}{hole.typed}{answer}{hole.suffix}".encode()
        return "\n".join([*(turn.content for turn in hole or () if turn.role != "system"), answer]).encode()


def _duplicate(loser: Place, winner: Place) -> Dropped:
    first, second = loser.sample, winner.sample.origins[0]
    return Dropped(reason="near-duplicate", what=first.id, source=loser.held.source.name, detail=f"of {second.source}/{second.path}")
