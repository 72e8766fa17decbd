r"""An index of the text that a base model was trained on, small enough to ship: a Bloom filter over windows of lines.

A text's fingerprints are its runs of three lines; one of fewer lines has its single lines as fingerprints. Lines are stripped,
blank ones are skipped, and what is shorter than 25 characters says nothing and is left out. Case, order and punctuation count.

File: the magic `IDFP1\n`, then little-endian the number of probes (uint32), of bits (uint64) and of fingerprints (uint64), then
the bits, lowest of each byte first. Fingerprint `f` sets the bits `(a + i * (b | 1)) mod bits` for `i` below the number of probes;
`a` and `b` are the two little-endian halves of the 16-byte BLAKE2b of its UTF-8. (Bloom 1970, doi:10.1145/362686.362692.)
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from pathlib import Path

from idiolect.errors import DigestError
from idiolect.files import atomic

MAGIC = b"IDFP1\n"
HEADER = struct.Struct("<6sIQQ")
LINES = 3
SHORTEST = 25
BITS_EACH = 12
"""Bits per fingerprint: with `PROBES` probes about one fingerprint in 300 is found that is not there."""
PROBES = 8


def windows(text: str) -> Iterator[str]:
    """Yield a text's fingerprints before hashing, repeated ones repeatedly."""
    lines = _lines(text)
    if len(lines) < LINES:
        yield from (line for line in lines if len(line) >= SHORTEST)
        return
    for start in range(len(lines) - LINES + 1):
        window = "\n".join(lines[start : start + LINES])
        if len(window) >= SHORTEST:
            yield window


class Fingerprints:
    """The index opened for reading."""

    def __init__(self, bits: bytes, size: int, probes: int) -> None:
        self._bits, self._size, self._probes = bits, size, probes

    @classmethod
    def load(cls, path: Path) -> Fingerprints:
        """Read an index; raise `DigestError` where the file is not one or is cut short."""
        data = path.read_bytes()
        if len(data) >= HEADER.size:
            magic, probes, size, _ = HEADER.unpack_from(data)
            if magic == MAGIC and len(data) == HEADER.size + (size + 7) // 8:
                return cls(data[HEADER.size :], size, probes)
        raise DigestError("this is no fingerprint index, or it is cut short", where=str(path), next="build it again with `make seedling`")

    def share(self, text: str) -> float:
        """Return the share of the text's fingerprints that stand in the index, 0 where it has none."""
        found = [window in self for window in windows(text)]
        return sum(found) / len(found) if found else 0.0

    def __contains__(self, window: str) -> bool:
        """Whether a window was put in; wrongly so about once in 300 times."""
        return all(self._bits[place >> 3] >> (place & 7) & 1 for place in _places(_key(window), self._size, self._probes))


def build(path: Path, texts: Iterable[str]) -> int:
    """Write the index of the texts, their single lines included; return the number of distinct fingerprints."""
    keys: set[bytes] = set()
    for text in texts:
        keys.update(map(_key, windows(text)))
        keys.update(_key(line) for line in _lines(text) if len(line) >= SHORTEST)
    size = max(64, len(keys) * BITS_EACH)
    bits = bytearray((size + 7) // 8)
    for key in keys:
        for place in _places(key, size, PROBES):
            bits[place >> 3] |= 1 << (place & 7)
    with atomic(path) as temporary:
        temporary.write_bytes(HEADER.pack(MAGIC, PROBES, size, len(keys)) + bytes(bits))
    return len(keys)


def _lines(text: str) -> list[str]:
    return [line for line in (raw.strip() for raw in text.splitlines()) if line]


def _key(window: str) -> bytes:
    return blake2b(window.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _places(key: bytes, size: int, probes: int) -> Iterator[int]:
    first, second = int.from_bytes(key[:8], "little"), int.from_bytes(key[8:], "little") | 1
    return ((first + i * second) % size for i in range(probes))
