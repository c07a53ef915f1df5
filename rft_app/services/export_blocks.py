"""Rows of a large export, made by as many processes as there are processors, in their order.

A process is forked before this one holds a thread or an open database, and after it gave back the
memory of what it froze, which the other would keep; it reads and encodes one block of records at a
time and ends with this one.  What a block gives does not depend on who made it, so
the bytes are those that one process writes.

Lines that make the file as they are lie in memory that all processes see: a pipe would copy them
three times, and the first process, which hashes and writes them all, has the least time.
"""

import os
import sys
from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from mmap import mmap
from multiprocessing import get_context
from typing import ClassVar, Final

# np.unique imports it when it is first called: here once, not in every forked process
import numpy.ma  # noqa: F401  # pyright: ignore[reportUnusedImport]
from sqlmodel import Session

from rft_app.children import die_with_parent, return_memory
from rft_app.domain.split import Split
from rft_app.exports import Exporter, FileContext
from rft_app.services.export_lines import Account
from rft_app.services.export_rows import Note, RowSource
from rft_app.storage.session import forgo_mapping, get_engine, reading
from rft_app.storage.splits import Ints

LEAST_RECORDS: Final = 20_000
"""Below that one process is as fast."""
MOST_PROCESSES: Final = 4
BLOCK_BYTES: Final = 3 << 19
SLOT_BYTES: Final = 2 * BLOCK_BYTES
"""Room for the lines of one block; those beyond take the pipe."""
FIRST_BLOCK, SMALLEST_BLOCK, LARGEST_BLOCK = 200, 10, 5_000
"""Records at once, of the first block and of those after it."""


@dataclass(frozen=True, slots=True)
class Block:
    """What some records gave."""

    account: Account
    num_bytes: int
    """Of the rows that lie in the block's slot, which are the first."""
    rows: list[bytes]
    """The others."""
    origins: list[bytes] = field(default_factory=list[bytes])
    """Where the rows come from, if that was asked."""


@contextmanager
def open_encoders(
    dataset_id: str, exporter: Exporter, context: FileContext, num_records: int
) -> Generator["Encoders | None"]:
    """Processes that encode records in a format; `None` where they would not help.

    No connection to the database may be in use.
    """
    count = min(os.cpu_count() or 1, MOST_PROCESSES)
    if sys.platform != "linux" or count == 1 or num_records < LEAST_RECORDS:
        yield None
        return
    get_engine().dispose()
    return_memory()
    num_slots = 2 * count
    with mmap(-1, num_slots * SLOT_BYTES) as memory:
        begin = _Encoder.begin, (os.getpid(), memory, dataset_id, exporter, context)
        with ProcessPoolExecutor(count, get_context("fork"), *begin) as pool:
            pool.submit(_Encoder.wait).result()  # all of them are forked now
            yield Encoders(pool, memory, num_slots)


@dataclass(frozen=True)
class Encoders:
    """The processes, seen from the one that writes the file."""

    pool: ProcessPoolExecutor
    memory: mmap
    num_slots: int
    """Blocks on their way at a time."""

    def rows(
        self, seqs: Ints, split: Split, account: Account, note: Note | None = None
    ) -> Iterator[bytes]:
        """The lines of one file, as of `RowSource.rows`; `seqs` in the order of the lines."""
        waiting: deque[tuple[Future[Block], int]] = deque()
        free = list(range(self.num_slots))
        start, size = 0, FIRST_BLOCK
        while waiting or start < len(seqs):
            while start < len(seqs) and free:
                some, slot = seqs[start : start + size], free.pop()
                order = self.pool.submit(_Encoder.encode, some, split, slot, note is not None)
                waiting.append((order, slot))
                start += size
            order, slot = waiting.popleft()
            block = order.result()
            size = _next_size(block)
            account.add(block.account)
            if note is not None:
                for origin in block.origins:
                    note(origin)
            begin = slot * SLOT_BYTES
            piece = self.memory[begin : begin + block.num_bytes]
            free.append(slot)
            if piece:
                yield piece
            yield from block.rows


def _next_size(block: Block) -> int:
    """How many records fill a block, by one that is there: long ones take more memory."""
    num_bytes = block.num_bytes + sum(map(len, block.rows))
    bytes_each = num_bytes / max(block.account.num_read, 1)
    wanted = int(BLOCK_BYTES / (bytes_each + 1))
    return min(max(wanted, SMALLEST_BLOCK), LARGEST_BLOCK)


class _Encoder:
    """The side of a process that was forked."""

    memory: ClassVar[mmap]
    view: ClassVar[AbstractContextManager[Session]]
    """Open as long as the process lives; Python would end the transaction with the last name."""
    source: ClassVar[RowSource]

    @classmethod
    def begin(
        cls,
        parent_pid: int,
        memory: mmap,
        dataset_id: str,
        exporter: Exporter,
        context: FileContext,
    ) -> None:
        """Open the database anew, for the whole life of the process."""
        die_with_parent(parent_pid)
        get_engine.cache_clear()
        cls.view = reading()
        session = cls.view.__enter__()
        forgo_mapping(session)
        cls.memory = memory
        cls.source = RowSource(session, dataset_id, exporter, context)

    @staticmethod
    def wait() -> None:
        """Nothing; done when a process has begun."""

    @classmethod
    def encode(cls, seqs: Ints, split: Split, slot: int, with_origins: bool) -> Block:
        """The lines of a block."""
        origins: list[bytes] = []
        account = Account(cls.source.exporter.max_tokens)
        noted = origins.append if with_origins else None
        rows = cls.source.rows(seqs, split, account, noted)
        if cls.source.exporter.layout(cls.source.options).copies_rows:
            num_bytes, more = cls.fill(slot, rows)
        else:
            num_bytes, more = 0, list(rows)
        return Block(account, num_bytes, more, origins)

    @classmethod
    def fill(cls, slot: int, rows: Iterator[bytes]) -> tuple[int, list[bytes]]:
        """Write lines into a slot as they come; gives the bytes there, and lines without room."""
        memory, room = cls.memory, SLOT_BYTES
        memory.seek(slot * SLOT_BYTES)
        for row in rows:
            if len(row) > room:
                return SLOT_BYTES - room, [row, *rows]
            room -= memory.write(row)
        return SLOT_BYTES - room, []
