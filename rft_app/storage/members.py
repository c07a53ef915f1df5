"""The members of a snapshot: arrays in memory, one packed value in the database.

A million members take some 130 kB packed: keys are stored as differences, sides as bits, both
compressed.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import zstandard

from rft_app.domain.snapshot import Member
from rft_app.domain.split import Split
from rft_app.storage.splits import Bools, Ints

MEMBERS_PER_STRETCH: Final = 20_000
_HEADER: Final = struct.Struct("<BQQ")
_LAYOUT: Final = 1


@dataclass(frozen=True, slots=True)
class Members:
    """The keys of a snapshot's records in ascending order, and which are on the test side."""

    seqs: Ints
    is_test: Bools

    def __len__(self) -> int:
        return len(self.seqs)

    def __iter__(self) -> Iterator[Member]:
        for start in range(0, len(self.seqs), MEMBERS_PER_STRETCH):
            chunk = slice(start, start + MEMBERS_PER_STRETCH)
            for seq, is_test in zip(
                self.seqs[chunk].tolist(), self.is_test[chunk].tolist(), strict=True
            ):
                yield Member(seq, Split.TEST if is_test else Split.TRAIN)

    def of(self, split: Split) -> Ints:
        """The keys on one side."""
        is_asked = self.is_test == (split is Split.TEST)
        return self.seqs if is_asked.all() else self.seqs[is_asked]


def pack_members(members: Members) -> bytes:
    """The stored form: layout, number of members, length of the keys, keys, sides."""
    compress = zstandard.ZstdCompressor(level=3).compress
    keys = compress(np.diff(members.seqs, prepend=0).astype("<i8").tobytes())
    sides = compress(np.packbits(members.is_test).tobytes())
    return _HEADER.pack(_LAYOUT, len(members), len(keys)) + keys + sides


def unpack_members(packed: bytes) -> Members:
    """The opposite of `pack_members`."""
    layout, count, num_key_bytes = _HEADER.unpack_from(packed)
    if layout != _LAYOUT:
        raise ValueError(f"Members in layout {layout}; this program reads layout {_LAYOUT}.")
    decompress = zstandard.ZstdDecompressor().decompress
    start = _HEADER.size
    keys = np.frombuffer(decompress(packed[start : start + num_key_bytes]), dtype="<i8")
    sides = np.frombuffer(decompress(packed[start + num_key_bytes :]), dtype=np.uint8)
    is_test = np.unpackbits(sides, count=count).astype(np.bool_)
    return Members(np.cumsum(keys, dtype=np.int64), is_test)
