"""Full-text search over stored traces.

The index holds all that a trace says: prompts, conversation, tool calls, reference and id.  It is
filled by a job, in the order of keys, up to a mark; nothing behind the mark can be found.  Copies
share the entry of the trace they were made of, by its key, also when that was deleted.
"""

from typing import NamedTuple

import msgspec
from sqlalchemy import text
from sqlmodel import Session

from rft_app.storage.bodies import split_body
from rft_app.storage.sequences import move_mark, read_mark
from rft_app.storage.text_index import TextIndex
from rft_app.storage.turns import decode_all_turns, searchable_text

TRACES = TextIndex("trace")
_MARK = "trace_search"
_BUFFERED = 100


class Unindexed(NamedTuple):
    """The next texts for the index."""

    texts: list[tuple[int, str]]
    """Key of the entry, and what it holds; ascending."""
    start: int
    """The mark that they follow."""
    end: int
    """With them the index holds everything before this key."""


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
    start = read_mark(session, _MARK)
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
    return Unindexed(sorted(texts.items()), start, end) if end > start else None


def add_texts(session: Session, found: Unindexed) -> None:
    """Index what was read, unless another job did so meanwhile."""
    if move_mark(session, _MARK, found.start, found.end) and found.texts:
        TRACES.add(session, found.texts)


def forget_texts(session: Session, dataset_id: str) -> None:
    """Forget the traces of a dataset that is about to be deleted, but for those with copies."""
    own = (
        "SELECT t.seq FROM trace t WHERE t.dataset_id = :dataset_id AND NOT EXISTS (SELECT 1 "
        "FROM trace c WHERE c.origin_seq = t.seq AND c.dataset_id IS DISTINCT FROM t.dataset_id)"
    )
    TRACES.forget(session, own, {"dataset_id": dataset_id})


def _read_text(body: bytes, external_id: str | None) -> str:
    try:
        turns = decode_all_turns(body)
    except msgspec.ValidationError:
        turns = ()
    return searchable_text(turns, split_body(body).reference, external_id, with_prompts=True)
