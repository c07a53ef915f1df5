"""Traces of files that belong to no dataset: none is stored twice, however often a file comes.

A row is known by its source and its own id, as long as it asks the same; one without an id by all
that it says, and by how often it stands in its file.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

import msgspec
from sqlalchemy import bindparam, text
from sqlmodel import Session

from rft_app.domain.hashing import content_hash
from rft_app.domain.trace import ParsedTrace
from rft_app.storage.bodies import split_body
from rft_app.storage.keys import split_keys
from rft_app.storage.traces import add_traces, replace_traces, to_storable

_FIELDS: Final = ("key", "seq", "digest", "given", "import_id", "num_stored", "num_seen")
_NOTHING_GIVEN: Final = 0


class Fate(StrEnum):
    """What became of a row that could be read."""

    NEW = "new"
    CHANGED = "changed"
    """Its trace was there and said something else; it says the same now."""
    DUPLICATE = "duplicate"
    """Its trace was there; nothing changed."""


class Arrival(NamedTuple):
    """A trace that may be there already."""

    line_number: int
    trace: ParsedTrace
    own_key: int | None
    """Fingerprint of the source and its id; `None` where the row has none of its own."""
    content_key: int
    digest: int
    given: int
    """Fingerprint of what the model was given; 0 where the row does not say it."""

    @classmethod
    def of(cls, line_number: int, trace: ParsedTrace, own_id: str | None) -> "Arrival":
        """What a trace is known by."""
        source, body = trace.source.encode(), trace.body
        key = None if own_id is None else content_hash([source, own_id.encode(errors="replace")])
        parts = split_body(body)
        given = [bytes(raw) for raw in parts.messages[: parts.num_given]]
        columns = repr(trace._replace(body=b"", growth=None)).encode(errors="replace")
        return cls(
            line_number=line_number,
            trace=trace,
            own_key=key,
            content_key=content_hash([source, body, columns]),
            digest=content_hash([body, columns]),
            given=content_hash(given) if given else _NOTHING_GIVEN,
        )


class _Known(msgspec.Struct):
    """A row of the table."""

    key: int
    seq: int
    digest: int
    given: int
    import_id: str
    num_stored: int = 1
    num_seen: int = 1


def add_arrivals(
    session: Session, import_id: str, arrivals: Sequence[Arrival], now_ms: int
) -> Counter[tuple[str, Fate]]:
    """Store the traces that are not there, and change those that say something else now.

    Returns:
        How many of each source had each fate.
    """
    sorting = _Sorting(session, import_id, arrivals)
    for arrival in arrivals:
        sorting.sort(arrival)
    sorting.store(now_ms)
    return sorting.fates


class _Sorting:
    """Which of some rows are new."""

    def __init__(self, session: Session, import_id: str, arrivals: Sequence[Arrival]) -> None:
        self._session = session
        self._import_id = import_id
        keys = {each.content_key for each in arrivals}
        keys |= {each.own_key for each in arrivals if each.own_key is not None}
        self._known = {each.key: each for each in _find_known(session, keys)}
        self._touched: dict[int, _Known] = {}
        self._new: list[tuple[Arrival, _Known | None]] = []
        self._changed: dict[int, ParsedTrace] = {}
        self.fates: Counter[tuple[str, Fate]] = Counter()

    def sort(self, arrival: Arrival) -> None:
        """Say what becomes of a row."""
        if arrival.own_key is not None:
            fate = self._sort_named(arrival, arrival.own_key)
        else:
            fate = self._sort_unnamed(arrival)
        self.fates[arrival.trace.source, fate] += 1

    def _sort_named(self, arrival: Arrival, key: int) -> Fate:
        known = self._known.get(key)
        if known is None:
            return self._add(arrival, key)
        if known.digest == arrival.digest:
            return self._mark(known)
        is_other = known.given not in {arrival.given, _NOTHING_GIVEN}
        if is_other or known.import_id == self._import_id:  # an id that several share names nobody
            return self._sort_unnamed(arrival)
        known.digest, known.given = arrival.digest, arrival.given
        self._changed[known.seq] = arrival.trace
        self._mark(known)
        return Fate.CHANGED

    def _sort_unnamed(self, arrival: Arrival) -> Fate:
        known = self._known.get(arrival.content_key)
        if known is None:
            return self._add(arrival, arrival.content_key)
        known.num_seen = known.num_seen + 1 if known.import_id == self._import_id else 1
        self._mark(known)
        if known.num_seen <= known.num_stored:
            return Fate.DUPLICATE
        known.num_stored = known.num_seen
        self._new.append((arrival, None))
        return Fate.NEW

    def _add(self, arrival: Arrival, key: int) -> Fate:
        known = _Known(key, 0, arrival.digest, arrival.given, self._import_id)
        self._known[key] = known
        self._mark(known)
        self._new.append((arrival, known))
        return Fate.NEW

    def _mark(self, known: _Known) -> Fate:
        known.import_id = self._import_id
        self._touched[known.key] = known
        return Fate.DUPLICATE

    def store(self, now_ms: int) -> None:
        """Write all of it."""
        replace_traces(self._session, list(self._changed.items()), now_ms)
        rows = [(each.line_number, to_storable(each.trace, now_ms)) for each, _ in self._new]
        first = add_traces(self._session, None, "", rows, now_ms)
        for place, (_, known) in enumerate(self._new):
            if known is not None:
                known.seq = first + place
        _save(self._session, self._touched.values())


def _find_known(session: Session, keys: Collection[int]) -> list[_Known]:
    """What is known by some keys and whose traces are still there."""
    statement = text(
        f"SELECT {', '.join(f'k.{name}' for name in _FIELDS)} FROM trace_key k "
        "JOIN trace t ON t.seq = k.seq WHERE k.key IN :keys"
    ).bindparams(bindparam("keys", expanding=True))
    return [
        _Known(*row)
        for part in split_keys(keys)
        for row in session.connection().execute(statement, {"keys": part})
    ]


def _save(session: Session, known: Iterable[_Known]) -> None:
    names = ", ".join(_FIELDS)
    values = ", ".join(f":{name}" for name in _FIELDS)
    others = ", ".join(f"{name} = excluded.{name}" for name in _FIELDS[1:])
    rows = [msgspec.structs.asdict(each) for each in known]
    if rows:
        statement = f"INSERT INTO trace_key ({names}) VALUES ({values}) "
        statement += f"ON CONFLICT (key) DO UPDATE SET {others}"
        session.connection().execute(text(statement), rows)
