"""No source may drown the others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from idiolect.types import Dropped, Sample


def cap(samples: Sequence[Sample], share: float) -> list[Sample | Dropped]:
    """Drop samples of a source that gives more than `share` of the bytes of answer, where there are several.

    Which ones is decided by the order of their ids, so that a source that grows keeps its lessons. With so few sources that even
    equal ones exceed the share, they are made equal.
    """
    sizes: dict[str, int] = defaultdict(int)
    for sample in samples:
        sizes[_source(sample)] += size(sample)
    limit = allowed(list(sizes.values()), share)
    out: dict[str, str] = {}
    taken: dict[str, int] = defaultdict(int)
    for sample in sorted(samples, key=lambda one: one.id):
        source = _source(sample)
        if sizes[source] > limit and taken[source] + size(sample) > limit:
            out[sample.id] = source
        else:
            taken[source] += size(sample)
    return [Dropped(reason="over-share", what=one.id, source=out[one.id]) if one.id in out else one for one in samples]


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


def size(sample: Sample) -> int:
    """Bytes of answer."""
    return len((sample.answer or sample.rejected or "").encode())


def _source(sample: Sample) -> str:
    return sample.origins[0].source if sample.origins else ""
