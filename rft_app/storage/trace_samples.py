"""What samples of stored traces are drawn from: keys, strata, titles."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import bindparam, text
from sqlmodel import Session

from rft_app.storage.keys import split_keys
from rft_app.storage.session import read_blocks
from rft_app.storage.trace_pages import Where

Keys = NDArray[np.int64]
_AT_ONCE = 10_000


def read_keys(session: Session, where: Where) -> Keys:
    """Keys of all traces that pass, ascending."""
    statement = text(f"SELECT t.seq FROM trace t WHERE {where.sql} ORDER BY +t.seq")
    blocks = read_blocks(session, statement, _AT_ONCE, where.parameters)
    return np.fromiter((row[0] for block in blocks for row in block), np.int64)


def read_strata(session: Session, where: Where) -> dict[tuple[str | None, int], list[int]]:
    """Keys of all traces that pass, ascending, by model and by how often their length doubled.

    The length is the number of messages: 1, 2 and 3, 4 to 7, 8 to 15, and so on.
    """
    statement = text(
        f"SELECT t.model, t.num_messages, t.seq FROM trace t WHERE {where.sql} ORDER BY +t.seq"
    )
    found: dict[tuple[str | None, int], list[int]] = {}
    for block in read_blocks(session, statement, _AT_ONCE, where.parameters):
        for model, num_messages, seq in block:
            found.setdefault((model, int(num_messages).bit_length()), []).append(seq)
    return found


def read_newest(session: Session, where: Where, size: int) -> list[int]:
    """Keys of the newest traces that pass."""
    statement = text(
        f"SELECT t.seq FROM trace t WHERE {where.sql} "
        "ORDER BY t.recorded_at DESC, t.seq DESC LIMIT :size"
    )
    found = session.connection().execute(statement, {**where.parameters, "size": size})
    return list(found.scalars())


def read_titles(session: Session, seqs: Sequence[int]) -> list[str]:
    """First user messages of some traces, in the order of their keys."""
    statement = text("SELECT seq, title FROM trace WHERE seq IN :seqs").bindparams(
        bindparam("seqs", expanding=True)
    )
    titles = {
        seq: title
        for part in split_keys(seqs)
        for seq, title in session.connection().execute(statement, {"seqs": part})
    }
    return [titles[seq] for seq in seqs]
