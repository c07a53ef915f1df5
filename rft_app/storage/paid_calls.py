"""The ledger of paid calls in the database: what a provider answered, kept before it is used."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Row, bindparam, func, text
from sqlmodel import Session, col, select

from rft_app.domain.paid import PaidTotals
from rft_app.errors import BusyError
from rft_app.llm.chat import ChatReply
from rft_app.storage.group_commit import GroupCommit
from rft_app.storage.paid_work import note_killed
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.tables import LlmCallRow, LostCallRow

_TOGETHER = GroupCommit()
"""Replies that come at the same moment share a transaction: each waits for a disk."""
_FIND = text(
    "SELECT model, text, finish_reason, refusal, tool_calls, num_prompt_tokens, "
    "num_completion_tokens, cost_usd, is_cached FROM llm_call WHERE scope = :scope AND key = :key"
)
_INSERT = text(
    "INSERT INTO llm_call (scope, key, dataset_id, model, text, finish_reason, refusal, "
    "tool_calls, num_prompt_tokens, num_completion_tokens, cost_usd, is_cached, created_at) "
    "VALUES (:scope, :key, :dataset_id, :model, :text, :finish_reason, :refusal, :tool_calls, "
    ":num_prompt_tokens, :num_completion_tokens, :cost_usd, :is_cached, :created_at) "
    "ON CONFLICT (scope, key) DO NOTHING"
)

_SUM = text(
    "SELECT COUNT(*) AS num_calls, COUNT(num_prompt_tokens) AS num_prompt, "
    "COUNT(num_completion_tokens) AS num_reply, COUNT(cost_usd) AS num_cost, "
    "COALESCE(SUM(num_prompt_tokens), 0) AS prompt, "
    "COALESCE(SUM(num_completion_tokens), 0) AS reply, "
    "COALESCE(SUM(cost_usd), 0) AS cost, (SELECT COUNT(*) FROM llm_call WHERE scope IN :scopes AND "
    "is_cached) AS num_cached, "
    "(SELECT COUNT(*) FROM llm_lost WHERE scope IN :scopes) AS num_lost, "
    "(SELECT COALESCE(SUM(most_under_way), 0) FROM llm_work WHERE scope IN :scopes AND "
    "NOT is_open) AS most_killed "
    "FROM llm_call WHERE scope IN :scopes AND NOT is_cached"
).bindparams(bindparam("scopes", expanding=True))


_EACH = text(
    "SELECT key, num_prompt_tokens, num_completion_tokens, cost_usd, is_cached FROM llm_call "
    "WHERE scope = :scope"
)


class StoredPaidCalls:
    """The ledger of one piece of work (`rft_app.llm.chat.PaidCalls`).

    Each call opens its own short transaction: a reply must be safe before its use, whatever
    becomes of the work around it.
    """

    def __init__(
        self, scope: str, dataset_id: str | None, totals: "RunningTotals | None" = None
    ) -> None:
        """Prepare; `totals` is told of every reply that is kept."""
        self._scope = scope
        self._dataset_id = dataset_id
        self._totals = totals

    def find(self, key: str) -> ChatReply | None:
        """The reply kept under `key`, if there is one."""
        with reading() as session:
            found = session.connection().execute(_FIND, {"scope": self._scope, "key": key})
            row = found.mappings().one_or_none()
        if row is None:
            return None
        calls = msgspec.json.decode(row["tool_calls"]) if row["tool_calls"] else ()
        return ChatReply.model_validate({**row, "tool_calls": calls})

    def keep(self, key: str, reply: ChatReply) -> None:
        """Store a reply; one that is there already stays."""
        values = reply.model_dump()
        values |= {"scope": self._scope, "key": key, "dataset_id": self._dataset_id}
        values["text"] = _storable(reply.text)
        values["refusal"] = None if reply.refusal is None else _storable(reply.refusal)
        calls = msgspec.json.encode(reply.tool_calls).decode() if reply.tool_calls else None
        values["tool_calls"] = None if calls is None else _storable(calls)
        values["created_at"] = datetime.now(UTC)

        is_new = False

        def insert(session: Session) -> None:
            nonlocal is_new
            is_new = bool(session.connection().execute(_INSERT, values).rowcount)

        try:
            _TOGETHER.write(insert)
        except BusyError:  # another thread's writing broke the transaction of all
            with unit_of_work() as session:
                insert(session)
        if self._totals is not None:
            self._totals.add(reply, is_new=is_new)

    def lose(self, model: str, message: str) -> None:
        """Note an attempt whose reply never came whole."""
        with unit_of_work() as session:
            session.add(
                LostCallRow(
                    scope=self._scope,
                    dataset_id=self._dataset_id,
                    model=model,
                    message=_storable(message),
                    created_at=datetime.now(UTC),
                )
            )
        if self._totals is not None:
            self._totals.add_lost()


class RunningTotals:
    """What a piece of work paid so far: read from the ledger once, then counted as replies come.

    The ledger has one writer for each piece of work.  Where another one shows, because a worker
    that was given up for dead still asks, the ledger is read each time from then on.
    """

    def __init__(self, *scopes: str) -> None:
        """Read what was paid before; nothing may be under way yet."""
        self._scopes = scopes
        with unit_of_work() as session:
            note_killed(session, *scopes)
        self._lock = threading.Lock()
        self._is_alone = True
        self._totals = self._read()
        self._look: Callable[[], None] = lambda: None

    def follow(self, look: Callable[[], None]) -> None:
        """Call `look` after every reply, in the thread that brought it."""
        self._look = look

    def add(self, reply: ChatReply, *, is_new: bool) -> None:
        """Count a reply that was kept; one that is not new was kept by another writer before."""
        with self._lock:
            self._totals = _add(self._totals, reply)
            self._is_alone = self._is_alone and is_new
        self._look()

    def add_lost(self) -> None:
        """Count a call without a whole reply."""
        with self._lock:
            paid = self._totals
            self._totals = paid.model_copy(update={"num_lost": paid.num_lost + 1})

    def sum_up(self) -> PaidTotals:
        """What was paid so far."""
        return self._totals if self._is_alone else self._read()

    def _read(self) -> PaidTotals:
        with reading() as session:
            return sum_paid_calls(session, *self._scopes)


def _add(paid: PaidTotals, reply: ChatReply | Row[Any]) -> PaidTotals:
    """What was paid with one reply more."""
    if reply.is_cached:
        return paid.model_copy(update={"num_cached": paid.num_cached + 1})
    return PaidTotals(
        num_calls=paid.num_calls + 1,
        num_cached=paid.num_cached,
        num_prompt_tokens=_plus(paid.num_prompt_tokens, reply.num_prompt_tokens),
        num_completion_tokens=_plus(paid.num_completion_tokens, reply.num_completion_tokens),
        cost_usd=_plus(paid.cost_usd, reply.cost_usd),
        num_unpriced=paid.num_unpriced + (reply.cost_usd is None),
        known_usd=paid.known_usd + (reply.cost_usd or 0.0),
        num_lost=paid.num_lost,
        most_killed=paid.most_killed,
    )


N = TypeVar("N", int, float)


def _plus(first: N | None, second: N | None) -> N | None:
    """The sum; unknown where one is."""
    return None if first is None or second is None else first + second


def sum_paid_calls(session: Session, *scopes: str) -> PaidTotals:
    """What pieces of work paid for so far, all together."""
    row = session.connection().execute(_SUM, {"scopes": scopes}).one()
    return PaidTotals(
        num_calls=row.num_calls,
        num_cached=row.num_cached,
        num_prompt_tokens=int(row.prompt) if row.num_prompt == row.num_calls else None,
        num_completion_tokens=int(row.reply) if row.num_reply == row.num_calls else None,
        cost_usd=float(row.cost) if row.num_cost == row.num_calls else None,
        num_unpriced=row.num_calls - row.num_cost,
        known_usd=float(row.cost),
        num_lost=row.num_lost,
        most_killed=int(row.most_killed),
    )


def sum_paid_each(session: Session, scope: str) -> dict[str, PaidTotals]:
    """The same by what stands before the first dot of the calls' keys."""
    found: dict[str, PaidTotals] = {}
    for row in session.connection().execute(_EACH, {"scope": scope}):
        name = row.key.partition(".")[0]
        found[name] = _add(found.get(name, PaidTotals()), row)
    return found


def count_replies(session: Session, scope: str, finish_reason: str) -> int:
    """Replies of a piece of work that ended in one way."""
    query = select(func.count()).where(
        col(LlmCallRow.scope) == scope, col(LlmCallRow.finish_reason) == finish_reason
    )
    return session.exec(query).one()


def list_paid_moments(session: Session, scope: str) -> list[datetime]:
    """When each reply that a piece of work paid for came, in order."""
    query = select(LlmCallRow.created_at).where(
        col(LlmCallRow.scope) == scope, col(LlmCallRow.is_cached).is_(False)
    )
    return list(session.exec(query.order_by(col(LlmCallRow.created_at))))


def _storable(said: str) -> str:
    """Postgres takes neither NUL nor lone surrogates in a text."""
    return said.replace("\x00", "").encode("utf-8", "replace").decode()
