"""How long the files of an export will be, told from some of their rows.

Rows spread over a file tell how much it holds.  How well that packs is told by rows that follow
each other: packing looks back a little, and neighbours are alike where rows far apart are not.
"""

import math
import zlib
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import numpy as np

from rft_app.exports import Layout
from rft_app.storage.splits import Ints

LOOKS_BACK: Final = 1 << 15
"""Bytes that deflate looks back."""
RUN_BYTES: Final = 3 * LOOKS_BACK
"""About how long a run is: the first bytes are what the others look back at."""
MAX_RUNS: Final = 48
MAX_RECORDS: Final = 1_000
"""In the runs of one file; or one run, where that is longer."""
TABLE_BYTES: Final = 1 << 23


class FileSize(NamedTuple):
    """How long a file is."""

    num_bytes: float
    num_packed: float
    """In an archive."""


class FileSample(NamedTuple):
    """Some lines of one file."""

    lines: Sequence[bytes]
    """Of records that are evenly spread over the file."""
    factor: float
    """Records of the file for each one that was read; 1 where these are all."""
    runs: Sequence[Sequence[bytes]] = ()
    """Lines that follow each other; without any, `lines` do."""

    @property
    def is_empty(self) -> bool:
        """Whether there is no row for the file, and so no file."""
        return self.factor == 1 and not self.lines

    def estimate(self, layout: Layout, level: int, about: bytes = b"") -> FileSize:
        """About how long the file is; exactly where `lines` are all there are."""
        if self.is_empty:
            return FileSize(0, 0)
        runs = [run for run in self.runs if run] or [self.lines]
        framed = [b"".join(layout.frame(run, about)) for run in runs]
        if self.factor == 1:
            return FileSize(len(framed[0]), len(zlib.compress(framed[0], level)))
        near = sum(map(count_bytes, runs)) or 1
        num_bytes = count_bytes(self.lines) * self.factor * count_bytes(framed) / near
        looks_back = 0 if layout.rows_at_once else LOOKS_BACK
        return FileSize(num_bytes, num_bytes * _packed_share(framed, level, looks_back))


class Runs(NamedTuple):
    """Stretches of a file, evenly spread."""

    seqs: Ints
    """Keys of their records, one run after the other."""
    size: int
    """Records in each."""

    @classmethod
    def choose(cls, seqs: Ints, layout: Layout, row_bytes: float) -> "Runs":
        """Few of short rows and more of long ones; of a table one, which it packs at once.

        Args:
            seqs: Keys of the file's records.
            layout: How they become the file.
            row_bytes: Mean length of a line.
        """
        if layout.rows_at_once:
            size, number = min(layout.rows_at_once, math.ceil(TABLE_BYTES / row_bytes)), 1
        else:
            size = math.ceil(RUN_BYTES / row_bytes)
            number = min(MAX_RUNS, MAX_RECORDS // size)
        size = min(size, len(seqs))
        number = max(1, min(number, len(seqs) // size))
        starts = np.linspace(0, len(seqs) - size, number + 2)[1:-1].astype(np.int64)
        return cls(seqs[(starts[:, None] + np.arange(size)).ravel()], size)


def _packed_share(contents: Iterable[bytes], level: int, looks_back: int) -> float:
    """What becomes of a byte in an archive.

    The first bytes of each stretch have less to look back at than they would have in the file, so
    they are not counted.
    """
    num_bytes = num_packed = 0
    for content in contents:
        head = content[:looks_back] if len(content) > looks_back else b""
        num_bytes += len(content) - len(head)
        num_packed += len(zlib.compress(content, level)) - len(zlib.compress(head, level))
    return num_packed / max(1, num_bytes)


def count_bytes(pieces: Iterable[bytes]) -> int:
    """How long they are together."""
    return sum(map(len, pieces))
