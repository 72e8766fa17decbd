"""One pass over finished samples: what the dataset card counts, and which samples it measures and shows."""

from __future__ import annotations

from bisect import insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from idiolect.types import SPLITS, Dropped, Hole, Kind, Sample, Split

DRAWN = 100
"""Samples of each kind that the card looks into; each is read and its tokens are counted, which the build must not wait for."""
EXAMPLES = 3
"""Dropped items named for each reason."""
DAY = 86_400


@dataclass
class Census:
    """What stands in a dataset. Its size does not grow with the number of samples."""

    samples: Counter[tuple[Kind, Split]] = field(default_factory=Counter)
    makers: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    """Of training samples, like the next four."""
    labels: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """Of every other label's name its values."""
    sources: Counter[str] = field(default_factory=Counter)
    lengths: Counter[int] = field(default_factory=Counter)
    """Upper end of the length's class in bytes, a power of two -> samples."""
    size: int = 0
    """Bytes of prompts and answers."""
    licences: Counter[str] = field(default_factory=Counter)
    days: dict[tuple[str, bool], Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    """(source, is a time probe) -> the day that the newest byte was written, in seconds -> samples."""
    reasons: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Reason -> what was dropped for it, the first few."""
    drawn: dict[tuple[Kind, Split], list[str]] = field(default_factory=lambda: defaultdict(list))
    """The least ids of training and of validation, sorted: as good as drawn by lot, and the same each time."""

    @property
    def kinds(self) -> list[Kind]:
        """The kinds that stand in it, by name."""
        return sorted({kind for kind, _ in self.samples})

    def add(self, split: Split, sample: Sample) -> None:
        """Count a sample."""
        _count(self, split, sample)

    def drop(self, one: Dropped) -> None:
        """Count something that was dropped, and keep the first few of each reason."""
        self.reasons[one.reason] += 1
        if len(named := self.examples[one.reason]) < EXAMPLES and one.what not in named:
            named.append(one.what)

    def by_kind(self) -> dict[str, dict[str, int]]:
        """Samples of each kind in each split."""
        return {kind: {split: self.samples[kind, split] for split in SPLITS if self.samples[kind, split]} for kind in self.kinds}

    def splits(self) -> dict[Split, int]:
        """Samples in each split."""
        counts: Counter[Split] = Counter()
        for (_, split), count in self.samples.items():
            counts[split] += count
        return dict(counts)


def take(splits: Mapping[Split, Iterable[Sample]], dropped: Iterable[Dropped] = ()) -> Census:
    """Count every sample of every split, and what was dropped."""
    census = Census()
    for split, samples in splits.items():
        for sample in samples:
            census.add(split, sample)
    for one in dropped:
        census.drop(one)
    return census


def _count(census: Census, split: Split, sample: Sample) -> None:
    census.samples[sample.kind, split] += 1
    written = max((span.time for span in sample.origins), default=0)
    source = sample.origins[0].source if sample.origins else "rows"
    if split in ("train", "time"):
        census.days[source, split == "time"][written - written % DAY] += 1
    if split in ("train", "validation"):
        _draw(census.drawn[sample.kind, split], sample.id)
    if split != "train":
        return
    size = length(sample)
    census.size += size
    census.makers[sample.maker] += 1
    census.languages[next(iter(sample.labels.get("language", ())), "unknown")] += 1
    for name, values in sample.labels.items():
        if name != "language":
            census.labels[name].update(values)
    census.sources[source] += 1
    census.lengths[upper(size)] += 1
    census.licences.update({span.licence for span in sample.origins if span.licence})


def _draw(drawn: list[str], name: str) -> None:
    if len(drawn) < DRAWN or name < drawn[-1]:
        insort(drawn, name)
        del drawn[DRAWN:]


def upper(size: int) -> int:
    """Upper end of a length's class: a power of two, at least 32."""
    return 1 << max(5, (size - 1).bit_length())


def length(sample: Sample) -> int:
    """Bytes of prompt and answer."""
    return sum(len(text.encode()) for text in texts(sample))


def texts(sample: Sample) -> list[str]:
    """All that prompt and answer are made of."""
    prompt = sample.prompt or ()
    if isinstance(prompt, Hole):
        asked = [prompt.prefix, prompt.typed, prompt.suffix, *(file.text for file in prompt.files)]
    else:
        asked = [message.content for message in prompt]
    return [*asked, sample.answer or ""]
