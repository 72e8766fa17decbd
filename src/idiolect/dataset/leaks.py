"""Which probes stand in the training text: the filter, by hashes over whole batches of text.

A probe leaks where, in one training text,
- its text stands, each run of white space taken as one blank; or
- a window of words has a Jaccard of 5-word shingles with it of 0.7 or more, the window at most 1 / 0.7 times as long; a probe of
  fewer than five words counts as one shingle; or
- a run of as many words shares two in a row with it at the same place, and differs in one word put for another throughout, or
  in at most 3 of 17 words: the share from which on a Jaccard of words is 0.7 (for probes of RENAMED words and more); or
- ten of its words in a row, or half of its patterns, stand there: `contamination`, the rules for public benchmarks.

`guard` finds the same in another way, in what was written to disk.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from idiolect.dataset import contamination
from idiolect.dataset.duplicates import shingles
from idiolect.dataset.duplicates.index import Index, numbered
from idiolect.dataset.duplicates.shingles import Hashes, Rows
from idiolect.types import Hole, Message, Sample

RENAMED = 6
"""Words. One word of n changed leaves a Jaccard of words of (n - 1) / (n + 1): 0.7 or more from six on."""
_SEED = 2
_KEY = 20
_BATCH = 1_000_000

Places = npt.NDArray[np.int64]


def texts(sample: Sample) -> Iterator[str]:
    """What a model sees of a sample, as pieces of running text; a hole is put together again."""
    prompt = sample.prompt
    said = [text for text in (sample.answer, sample.rejected) if text is not None]
    if isinstance(prompt, Hole):
        yield from (prompt.prefix + prompt.typed + text + prompt.suffix for text in said)
        yield from (file.text for file in prompt.files)
        return
    yield from (turn.content for turn in prompt or () if isinstance(turn, Message))
    yield from said


def normal(text: str) -> str:
    """Each run of white space as one blank."""
    return " ".join(text.split())


def leaking(wanted: Wanted, training: Iterable[str]) -> dict[int, str]:
    """Probes, by place, that leak, each with `in-training`, `near-training`, `words-in-training` or `syntax-in-training`."""
    found: dict[int, str] = {}
    for batch in _batches(training):
        for place in wanted.exact(batch):
            found[place] = "in-training"
        rows = shingles.tokens(batch)
        for place in {*wanted.near(rows), *wanted.renamed(rows)}:
            found.setdefault(place, "near-training")
        for _, place, how in wanted.parts.search(batch):
            found.setdefault(place, f"{how}-in-training")
    return found


class Wanted:
    """Probes, prepared for searching."""

    def __init__(self, probes: Sequence[str]) -> None:
        self.parts = contamination.Wanted([probe.encode("utf-8", "surrogatepass") for probe in probes])
        self.plain = [normal(probe).encode("utf-8", "surrogatepass") for probe in probes]
        self.words = shingles.tokens(self.plain)
        self.lengths = np.diff(self.words.offsets)
        rows = shingles.shingles(self.words)
        self.sets = [set(rows.row(place).tolist()) for place in range(len(rows))]
        self.keys: dict[int, Index] = {}
        self.shingles: dict[int, Index] = {}
        self._index_keys()
        for width in np.unique(np.minimum(self.lengths, shingles.WIDTH)):
            if width:
                chosen = [place for place in range(len(rows)) if min(int(self.lengths[place]), shingles.WIDTH) == width]
                self.shingles[int(width)] = numbered([np.unique(rows.row(place)) for place in chosen], chosen)
        self.seeds, self.offsets = self._index_seeds()

    def _index_keys(self) -> None:
        by_width = defaultdict(list)
        for place, plain in enumerate(self.plain):
            by_width[min(len(plain), _KEY)].append(place)
        for width, places in by_width.items():
            if width:
                self.keys[width] = numbered([shingles.grams(self.plain[place][:width], width) for place in places], places)

    def _index_seeds(self) -> tuple[Index, Places]:
        """Two words in a row, at every place of every probe that is long enough: number -> probe * 2^20 + place in it."""
        chosen = [place for place, length in enumerate(self.lengths.tolist()) if length >= RENAMED]
        runs = [shingles.shingles(Rows(self.words.row(place), np.array([0, self.lengths[place]])), _SEED).hashes for place in chosen]
        numbers = [np.arange(len(run), dtype=np.int64) + (place << 20) for run, place in zip(runs, chosen, strict=True)]
        return Index(_joined(runs), _joined_places(numbers)), np.array(chosen)

    def exact(self, batch: Sequence[bytes]) -> set[int]:
        """Probes whose text stands in one of these."""
        data = b"\0".join(normal(text.decode("utf-8", "surrogatepass")).encode("utf-8", "surrogatepass") for text in batch)
        found: set[int] = set()
        for width, index in self.keys.items():
            starts, places = index.find(shingles.grams(data, width))
            for start, place in zip(starts.tolist(), places.tolist(), strict=True):
                if place not in found and data.startswith(self.plain[place], start):
                    found.add(place)
        return found

    def near(self, rows: Rows) -> set[int]:
        """Probes that have a near-duplicate window in one of these texts."""
        found: set[int] = set()
        for width, index in self.shingles.items():
            runs = shingles.windows(rows.hashes, width)
            starts, places = index.find(runs)
            for place, at in _grouped(places, starts):
                if self._dense(place, at, rows, runs, width):
                    found.add(place)
        return found

    def _dense(self, place: int, at: Places, rows: Rows, runs: Hashes, width: int) -> bool:
        """Whether some window that begins at one of these hits is near enough; hits that lie too thinly are passed over at once."""
        size = len(self.sets[place])
        text = np.searchsorted(rows.offsets, at, "right") - 1
        whole = at + width <= rows.offsets[text + 1]
        at, text = at[whole], text[whole]
        least, longest = -(-7 * size // 10), 10 * size // 7
        if len(at) < least:
            return False
        last = at[least - 1 :]
        first = at[: len(last)]
        starts = first[(last - first < longest) & (text[least - 1 :] == text[: len(last)])]
        for start in starts.tolist():
            stop = min(start + longest, int(rows.offsets[np.searchsorted(rows.offsets, start, "right")]) - width + 1)
            if _near(self.sets[place], runs[start:stop].tolist()):
                return True
        return False

    def renamed(self, rows: Rows) -> set[int]:
        """Probes that stand in one of these texts with one word put for another."""
        found: set[int] = set()
        starts, numbers = self.seeds.find(shingles.windows(rows.hashes, _SEED))
        begins = starts - (numbers & ((1 << 20) - 1))
        for place, hits in _grouped(numbers >> 20, begins):
            length = int(self.lengths[place])
            at = np.unique(hits)
            at = at[(at >= 0) & (at + length <= len(rows.hashes))]
            at = at[at + length <= rows.offsets[np.searchsorted(rows.offsets, at, "right")]]
            if len(at) and self._alike(place, rows.hashes[at[:, None] + np.arange(length)]):
                found.add(place)
        return found

    def _alike(self, place: int, runs: npt.NDArray[np.uint64]) -> bool:
        """Whether a row of `runs` is the probe with one word put for another, or with at most 3 of 17 words changed."""
        words = self.words.row(place)
        differs = runs != words
        first = differs.argmax(axis=1)
        here, there = words[first], runs[np.arange(len(runs)), first]
        one = (~differs | ((words == here[:, None]) & (runs == there[:, None]))).all(axis=1)
        return bool((one | (17 * differs.sum(axis=1) <= 3 * len(words))).any())


def _grouped(owners: Places, values: Places) -> Iterator[tuple[int, Places]]:
    """The values of each owner, in their order."""
    order = np.argsort(owners, kind="stable")
    names, begins = np.unique(owners[order], return_index=True)
    yield from zip(names.tolist(), np.split(values[order], begins[1:]), strict=True) if len(names) else ()


def _near(wanted: set[int], window: Sequence[int]) -> bool:
    """Whether some beginning of the window has a Jaccard of at least 0.7 with the probe's shingles."""
    seen: set[int] = set()
    shared = 0
    for one in window:
        if one not in seen:
            seen.add(one)
            shared += one in wanted
            if 10 * shared >= 7 * (len(wanted) + len(seen) - shared):
                return True
    return False


def _joined(rows: Sequence[Hashes]) -> Hashes:
    return np.concatenate([np.zeros(0, np.uint64), *rows])


def _joined_places(rows: Sequence[Places]) -> Places:
    return np.concatenate([np.zeros(0, np.int64), *rows])


def _batches(training: Iterable[str]) -> Iterator[list[bytes]]:
    """Different texts, a few megabytes at a time."""
    seen: set[bytes] = set()
    batch: list[bytes] = []
    size = 0
    for text in training:
        data = text.encode("utf-8", "surrogatepass")
        key = hashlib.blake2b(data, digest_size=16).digest()
        if key in seen:
            continue
        seen.add(key)
        batch.append(data)
        size += len(data)
        if size > _BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
