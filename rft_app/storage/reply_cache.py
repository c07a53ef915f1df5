"""Replies that serve again, in the database: the oldest make room."""

import threading
import time

from sqlalchemy import delete, func, text
from sqlmodel import Session, col, select

from rft_app.domain.paid import CacheUse
from rft_app.llm.chat import ChatReply
from rft_app.settings import get_settings
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.tables import LlmCallRow, LlmReplyRow

BATCH = 64
"""Replies that are written together; a crash loses fewer, which are then paid again."""
ROOM = 0.9
"""How full it is after the oldest made room."""
_INSERT = text(
    "INSERT INTO llm_reply (key, reply, num_bytes, created_at) VALUES "
    "(:key, :reply, :num_bytes, :created_at) ON CONFLICT (key) DO NOTHING"
)


class StoredReplyCache:
    """`rft_app.llm.cache.ReplyCache` of the app's database."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, ChatReply] = {}

    def find(self, key: str) -> ChatReply | None:
        """The reply kept under `key`."""
        if (waiting := self._waiting.get(key)) is not None:
            return waiting
        with reading() as session:
            row = session.get(LlmReplyRow, key)
            return None if row is None else ChatReply.model_validate_json(row.reply)

    def keep(self, key: str, reply: ChatReply) -> None:
        """Keep a reply; it is written with others."""
        with self._lock:
            self._waiting[key] = reply
            is_full = len(self._waiting) >= BATCH
        if is_full:
            self.flush()

    def flush(self) -> None:
        """Write what waits, and make room."""
        with self._lock:
            waiting, self._waiting = self._waiting, {}
        if waiting:
            with unit_of_work() as session:
                now_ms = time.time_ns() // 1_000_000
                rows = [_to_row(key, reply, now_ms) for key, reply in sorted(waiting.items())]
                session.connection().execute(_INSERT, rows)
                make_room(session, get_settings().max_cache_bytes)


def make_room(session: Session, max_bytes: int) -> None:
    """Delete the oldest where they hold more than that."""
    num_bytes = measure_cache(session).num_bytes
    if num_bytes <= max_bytes:
        return
    too_many, gone = num_bytes - ROOM * max_bytes, list[str]()
    oldest = select(LlmReplyRow.key, LlmReplyRow.num_bytes).order_by(
        col(LlmReplyRow.created_at), col(LlmReplyRow.key)
    )
    for key, size in session.exec(oldest):
        if too_many <= 0:
            break
        gone.append(key)
        too_many -= size
    for start in range(0, len(gone), 500):
        some = gone[start : start + 500]
        session.exec(delete(LlmReplyRow).where(col(LlmReplyRow.key).in_(some)))


def measure_cache(session: Session) -> CacheUse:
    """How much it holds, and how often it served."""
    size = func.coalesce(func.sum(LlmReplyRow.num_bytes), 0)
    num, num_bytes = session.exec(select(func.count(), size).select_from(LlmReplyRow)).one()
    served = select(func.count()).select_from(LlmCallRow).where(col(LlmCallRow.is_cached))
    num_served = session.exec(served).one()
    return CacheUse(num_replies=num, num_bytes=int(num_bytes), num_served=num_served)


def clear_cache(session: Session) -> None:
    """Delete all; what was paid for stays in the ledger."""
    session.exec(delete(LlmReplyRow))


def _to_row(key: str, reply: ChatReply, now_ms: int) -> dict[str, object]:
    written = reply.model_dump_json().replace("\\u0000", "")
    return {"key": key, "reply": written, "num_bytes": len(written.encode()), "created_at": now_ms}
