"""No source may drown the others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from idiolect.types import Sample


class Weighed(NamedTuple):
    """A sample, by what decides whether its source has too many."""

    id: str
    source: str
    size: int
    """Bytes of answer."""


def over(samples: Sequence[Weighed], share: float) -> set[str]:
    """Ids of what is to go where a source gives more than `share` of the bytes of answer and there are several.

    Which ones is decided by the order of their ids, so that a source that grows keeps its lessons. With so few sources that even
    equal ones exceed the share, they are made equal.
    """
    sizes: dict[str, int] = defaultdict(int)
    for sample in samples:
        sizes[sample.source] += sample.size
    return _beyond(samples, sizes, allowed(list(sizes.values()), share))


def above(samples: Sequence[Weighed], share: float, beside: int) -> set[str]:
    """Ids of what is to go of each source that gives more than `share` of its own bytes and `beside` together."""
    sizes: dict[str, int] = defaultdict(int)
    for sample in samples:
        sizes[sample.source] += sample.size
    return _beyond(samples, sizes, share / (1 - share) * beside) if share < 1 else set()


def _beyond(samples: Sequence[Weighed], sizes: Mapping[str, int], limit: float) -> set[str]:
    out: set[str] = set()
    taken: dict[str, int] = defaultdict(int)
    for sample in sorted(samples) if limit < max(sizes.values(), default=0) else ():
        if sizes[sample.source] > limit and taken[sample.source] + sample.size > limit:
            out.add(sample.id)
        else:
            taken[sample.source] += sample.size
    return out


def allowed(sizes: Sequence[int], share: float) -> float:
    """The largest size L such that no source, cut to L, has more than `share` of what is then left."""
    if len(sizes) < 2:
        return float("inf")
    share = max(share, 1 / len(sizes))
    ordered = sorted(sizes, reverse=True)
    for cut in range(len(ordered)):
        # the `cut` largest are cut to L = share * (cut * L + rest)
        rest = sum(ordered[cut:])
        limit = share * rest / (1 - share * cut) if share * cut < 1 else float(ordered[cut])
        if (cut and limit >= ordered[cut]) or (not cut and ordered[0] <= share * rest):
            return limit if cut else float("inf")
    return float(ordered[-1])


def weighed(sample: Sample) -> Weighed:
    """A sample's id, source and size."""
    answer = sample.answer or sample.rejected or ""
    return Weighed(sample.id, sample.origins[0].source if sample.origins else "", len(answer.encode()))
