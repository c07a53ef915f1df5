"""Full-text search over stored traces.

The index holds all that a trace says: prompts, conversation, tool calls, reference and id.  It is
filled by a job, in the order of keys, up to a mark; nothing behind the mark can be found.  Copies
share the entry of the trace they were made of, by its key, also when that was deleted.

A trace may change while the job reads it.  Whoever changes traces counts that, and a job that finds
it counted since reads its traces once more, with changes locked out.
"""

from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import msgspec
from sqlalchemy import text
from sqlmodel import Session

from rft_app.storage.bodies import split_body
from rft_app.storage.sequences import move_mark, read_mark, reserve
from rft_app.storage.text_index import TextIndex
from rft_app.storage.turns import decode_all_turns, searchable_text

TRACES = TextIndex("trace")
_MARK = "trace_search"
_CHANGES = "trace_change"
_BUFFERED = 100


class Unindexed(NamedTuple):
    """The next texts for the index."""

    texts: list[tuple[int, str]]
    """Key of the entry, and what it holds; ascending."""
    start: int
    """The mark that they follow."""
    end: int
    """With them the index holds everything before this key."""
    change: int
    """Counted changes of traces when they were read."""


def count_behind(session: Session) -> int:
    """Traces that search cannot find yet."""
    statement = text("SELECT COUNT(*) FROM trace WHERE seq >= :next")
    values = {"next": read_mark(session, _MARK)}
    return session.connection().execute(statement, values).scalar_one()


def find_last_indexed(session: Session) -> int:
    """Key of the last trace that search can find, 0 without any."""
    return read_mark(session, _MARK) - 1


def read_unindexed(session: Session, *, max_traces: int, max_characters: int) -> Unindexed | None:
    """The next traces for the index; `None` when it holds all."""
    statement = text(
        "SELECT t.seq, COALESCE(t.origin_seq, t.seq), t.external_id, b.body, "
        f"t.origin_seq IS NOT NULL AND {TRACES.has(session, 't.origin_seq')} "
        "FROM trace t JOIN trace_body b ON b.seq = t.seq WHERE t.seq >= :next "
        "ORDER BY t.seq LIMIT :limit"
    )
    start, change = read_mark(session, _MARK), read_mark(session, _CHANGES)
    values = {"next": start, "limit": max_traces}
    options = {"stream_results": True, "max_row_buffer": _BUFFERED}
    texts: dict[int, str] = {}
    end, num_characters = start, 0
    with session.connection().execute(statement, values, execution_options=options) as rows:
        for seq, key, external_id, body, is_known in rows:
            end = seq + 1
            if not is_known:
                texts[key] = _read_text(body, external_id)
                num_characters += len(texts[key])
            if num_characters >= max_characters:
                break
    return Unindexed(sorted(texts.items()), start, end, change) if end > start else None


def add_texts(session: Session, found: Unindexed) -> None:
    """Index what was read, unless another job did so meanwhile."""
    has_changes = reserve(session, _CHANGES, 0) != found.change
    if not (move_mark(session, _MARK, found.start, found.end) and found.texts):
        return
    texts = dict(found.texts)
    if has_changes:
        texts |= _read_texts(session, texts)
    TRACES.add(session, sorted(texts.items()))


@contextmanager
def changing_traces(session: Session, seqs: Iterable[int]) -> Generator[None]:
    """Let search follow traces that change in the block: those it knows are found as they become.

    The traces must be there; nobody else may change them meanwhile.
    """
    reserve(session, _CHANGES, 1)
    before = _read_texts(session, seqs, f"AND {TRACES.has(session, 't.seq')}")
    yield
    if before:
        after = _read_texts(session, before)
        TRACES.replace(session, sorted(before.items()), sorted(after.items()))


def _read_texts(session: Session, seqs: Iterable[int], condition: str = "") -> dict[int, str]:
    keys = ", ".join(map(str, seqs)) or "NULL"
    statement = text(
        "SELECT t.seq, t.external_id, b.body FROM trace t JOIN trace_body b ON b.seq = t.seq "
        f"WHERE t.seq IN ({keys}) {condition}"
    )
    rows = session.connection().execute(statement)
    return {seq: _read_text(body, external_id) for seq, external_id, body in rows}


def forget_texts(session: Session, dataset_id: str) -> None:
    """Forget the traces of a dataset that is about to be deleted, but for those with copies."""
    own = (
        "SELECT t.seq FROM trace t WHERE t.dataset_id = :dataset_id AND NOT EXISTS (SELECT 1 "
        "FROM trace c WHERE c.origin_seq = t.seq AND c.dataset_id IS DISTINCT FROM t.dataset_id)"
    )
    TRACES.forget(session, own, {"dataset_id": dataset_id})


def forget_traces(session: Session, seqs: Sequence[int]) -> None:
    """Forget traces that are about to be deleted, but for those with copies."""
    own = (
        f"SELECT t.seq FROM trace t WHERE t.seq IN ({', '.join(map(str, seqs))}) "
        "AND NOT EXISTS (SELECT 1 FROM trace c WHERE c.origin_seq = t.seq)"
    )
    TRACES.forget(session, own, {})


def _read_text(body: bytes, external_id: str | None) -> str:
    try:
        turns = decode_all_turns(body)
    except msgspec.ValidationError:
        turns = ()
    return searchable_text(turns, split_body(body).reference, external_id, with_prompts=True)
