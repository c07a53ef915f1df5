"""Calls of one conversation: which of them a longer one continues.

A client sends the whole conversation with each call, so that an agent's run of ten calls holds its
beginning ten times.  A call continues another when what it was given begins with all that the other
said, answer included.  The last call stands for those that it continues: they stay, but lists and
selections leave them out.  Two calls may continue the same one; both stand for themselves then.

Calls are compared within what they came with: one import, or all that arrived by itself.  What is
stored in the end does not depend on the order in which they came.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from sqlalchemy import bindparam, text
from sqlmodel import Session

from rft_app.domain.hashing import text_hash
from rft_app.domain.trace import Growth, ParsedTrace
from rft_app.storage.copying import insert_rows
from rft_app.storage.keys import split_keys


class Link(NamedTuple):
    """What is stored of a call; the names are those of the columns."""

    conversation: int | None = None
    continued_by: int | None = None
    num_earlier: int = 0


UNLINKED = Link()
"""Of a row that is no call."""


class _Call(NamedTuple):
    seq: int
    whole: int
    prefixes: tuple[int, ...]
    num_answers: int


class _Known(NamedTuple):
    """A call that is stored."""

    seq: int
    continued_by: int | None
    num_answers: int
    """With those of the calls that it continues."""


class MaybeCall(Protocol):
    """A trace; with `growth` it is a call that others may continue."""

    @property
    def growth(self) -> Growth | None: ...  # noqa: D102
    @property
    def num_turns(self) -> int: ...  # noqa: D102


def link_calls(
    session: Session, import_id: str, traces: Iterable[tuple[int, MaybeCall]]
) -> dict[int, Link]:
    """Compare calls with each other and with those that are stored, and change the latter.

    Args:
        session: A unit of work.
        import_id: What the calls came with.
        traces: By key; those that are no calls are passed over.

    Returns:
        What to store of each call.
    """
    calls = [_salt(seq, trace, import_id) for seq, trace in traces if trace.growth is not None]
    return _Linking(session, calls).link() if calls else {}


def link_answered(session: Session, traces: Sequence[tuple[int, ParsedTrace]]) -> None:
    """Link calls that arrived by themselves and whose answers became known since."""
    connection = session.connection()
    statement = text(
        "SELECT seq FROM trace WHERE seq IN :seqs AND conversation IS NULL"
    ).bindparams(bindparam("seqs", expanding=True))
    unlinked = {
        seq
        for part in split_keys([seq for seq, _ in traces])
        for seq in connection.execute(statement, {"seqs": part}).scalars()
    }
    links = link_calls(session, "", [each for each in traces if each[0] in unlinked])
    if links:
        names = ", ".join(f"{name} = :{name}" for name in Link._fields)
        values = [{"seq": seq, **link._asdict()} for seq, link in links.items()]
        connection.execute(text(f"UPDATE trace SET {names} WHERE seq = :seq"), values)


def _salt(seq: int, trace: MaybeCall, import_id: str) -> _Call:
    """A call with fingerprints that differ from those of the same call in another import."""
    assert trace.growth is not None
    whole, prefixes = trace.growth
    salt = text_hash(import_id)
    return _Call(seq, whole ^ salt, tuple(key ^ salt for key in prefixes), trace.num_turns)


class _Linking:
    """Calls that are to be stored, and the stored ones that they have to do with."""

    def __init__(self, session: Session, calls: Sequence[_Call]) -> None:
        self._session = session
        self._calls = {call.seq: call for call in calls}
        self._new: dict[int, list[int]] = {}
        for call in calls:
            self._new.setdefault(call.whole, []).append(call.seq)
        open_keys = {key for call in calls for key in self._find_open(call, self._new)}
        self._known = self._find_known(open_keys | self._new.keys())
        self._said = self._new.keys() | self._known.keys()
        self._next: dict[int, int] = {}
        """A call that continues another, by the other."""
        self._missing: list[tuple[int, int]] = []
        """Beginnings that nobody said, and who has them."""

    def link(self) -> dict[int, Link]:
        """Find what continues what, and store it as far as it is about stored calls."""
        for call in self._calls.values():
            self._link_earlier(call)
        self._link_later()
        earlier = self._count_earlier()
        self._store(earlier)
        return {
            seq: Link(call.whole, self._find_last(seq), earlier.get(seq, 0))
            for seq, call in self._calls.items()
        }

    def _find_open(self, call: _Call, said: Collection[int]) -> list[int]:
        """Beginnings longer than any that was said; of those that are shorter, others take care."""
        found: list[int] = []
        for key in reversed(call.prefixes):
            if key in said:
                break
            found.append(key)
        return found

    def _link_earlier(self, call: _Call) -> None:
        """Let the call continue all that said the longest of its beginnings."""
        open_keys = self._find_open(call, self._said)
        if len(open_keys) < len(call.prefixes):
            key = call.prefixes[-1 - len(open_keys)]
            for seq in self._new.get(key, ()):
                self._next.setdefault(seq, call.seq)
            for known in self._known.get(key, ()):
                if known.continued_by is None:
                    self._next.setdefault(known.seq, call.seq)
        self._missing += [(key, call.seq) for key in open_keys]

    def _link_later(self) -> None:
        """Let those that came first continue the calls that they were waiting for."""
        waiting = self._find_waiting()
        for whole, seqs in self._new.items():  # calls that say the same may be thousands
            same = (known.continued_by for known in self._known.get(whole, ()))
            last = next(filter(None, same), waiting.get(whole))
            if last is None:
                continue
            for seq in seqs:
                if seq != last:
                    self._next.setdefault(seq, last)

    def _find_last(self, seq: int) -> int | None:
        """The end of what continues a call."""
        last, seen = seq, {seq}
        while (after := self._next.get(last)) is not None and after not in seen:
            last = after
            seen.add(last)
        return None if last == seq else last

    def _count_earlier(self) -> Counter[int]:
        answers = {call.seq: call.num_answers for call in self._calls.values()}
        answers |= {each.seq: each.num_answers for known in self._known.values() for each in known}
        earlier: Counter[int] = Counter()
        for seq in self._next:
            if (last := self._find_last(seq)) is not None:
                earlier[last] += answers[seq]
        return earlier

    def _store(self, earlier: Mapping[int, int]) -> None:
        """Change the calls that are stored, and keep what the new ones wait for."""
        insert_rows(self._session, "trace_prefix", ("conversation", "seq"), self._missing)
        moved = [
            {"old": seq, "last": self._find_last(seq)}
            for seq in self._next
            if seq not in self._calls
        ]
        grown = [
            {"seq": seq, "number": number}
            for seq, number in earlier.items()
            if seq not in self._calls
        ]
        connection = self._session.connection()
        if moved:
            point = "UPDATE trace SET continued_by = :last WHERE seq = :old OR continued_by = :old"
            connection.execute(text(point), moved)
        if grown:
            grow = "UPDATE trace SET num_earlier = num_earlier + :number WHERE seq = :seq"
            connection.execute(text(grow), grown)

    def _find_known(self, keys: Collection[int]) -> dict[int, list[_Known]]:
        """Stored calls by what they said."""
        found: dict[int, list[_Known]] = {}
        for key, *row in self._select(
            "SELECT conversation, seq, continued_by, num_turns + num_earlier FROM trace "
            "WHERE conversation IN ({keys}) ORDER BY seq",
            keys,
        ):
            if row[0] not in self._calls:
                found.setdefault(key, []).append(_Known(*row))
        return found

    def _find_waiting(self) -> dict[int, int]:
        """The last calls of stored conversations that begin as a new one."""
        rows = self._select(
            "SELECT p.conversation, COALESCE(t.continued_by, t.seq) FROM trace_prefix p "
            "JOIN trace t ON t.seq = p.seq WHERE p.conversation IN ({keys}) ORDER BY t.seq DESC",
            self._new,
        )
        return dict(map(tuple, rows))

    def _select(self, statement: str, keys: Collection[int]) -> Iterator[Sequence[Any]]:
        for part in split_keys(keys):
            named = statement.format(keys=", ".join(map(str, part)))
            yield from self._session.connection().exec_driver_sql(named)
