"""Calls of models behind an alias: what they took, and what was thought of their answers."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import text
from sqlmodel import Session

from rft_app.storage.sequences import reserve

_CALLS, _GRADES = "deployment_call", "deployment_grade"
WAITING = "waiting"
LEFT_WAITING = "client_left_waiting"
"""The error of calls whose client went away before anything was said."""


def _count(condition: str) -> str:
    return f"SUM(CASE WHEN {condition} THEN 1 ELSE 0 END)"


_COUNTED = ", ".join(
    map(
        _count,
        (
            "is_shadow",
            "outcome = 'error'",
            "outcome = 'cancelled'",
            f"error = '{LEFT_WAITING}'",
            "assigned <> variant",
        ),
    )
)
_GRADED = ", ".join(
    _count(f"grade_state = '{state}'") for state in ("waiting", "failed", "abstained", "skipped")
)
_SUM = text(
    f"SELECT variant, COUNT(*), {_COUNTED}, COALESCE(SUM(input_tokens), 0), "
    "COALESCE(SUM(output_tokens), 0), COUNT(output_tokens), COUNT(feedback), "
    f"COALESCE(SUM(feedback), 0), {_GRADED} FROM deployment_call WHERE deployment_id = :id "
    "GROUP BY variant"
)


class NewCall(NamedTuple):
    """A call that ended."""

    deployment_id: str
    variant: str
    assigned: str
    is_shadow: bool
    request_id: str
    outcome: str
    started_ms: int
    took_ms: float
    first_token_ms: float | None
    input_tokens: int | None
    output_tokens: int | None
    error: str | None
    trace_seq: int | None
    grade_state: str | None


class VariantTotals(NamedTuple):
    """What one variant did."""

    variant: str
    num_requests: int
    num_shadow: int
    num_errors: int
    num_cancelled: int
    num_left_waiting: int
    """Of them, those whose client had heard nothing yet."""
    num_fallbacks: int
    """Calls that the other variant should have answered."""
    input_tokens: int
    output_tokens: int
    num_counted: int
    """Calls whose tokens are known."""
    num_feedback: int
    feedback: float
    """Sum of what was said, as rewards."""
    num_waiting: int
    num_failed: int
    num_abstained: int
    num_skipped: int

    @classmethod
    def of_nothing(cls, variant: str) -> "VariantTotals":
        """Of a variant that nobody asked."""
        return cls._make([variant, *[0] * 15])


class WaitingCall(NamedTuple):
    """An answer that a grader should look at."""

    seq: int
    deployment_id: str
    request_id: str
    trace_seq: int
    body: bytes | None
    """Its trace; `None` where that is gone."""


class GradedCall(NamedTuple):
    """What became of one."""

    seq: int
    state: str
    reward: float | None
    note: str
    grader_version: int | None


def add_calls(session: Session, calls: Sequence[NewCall]) -> None:
    """Add calls; those of deployments that are gone are left out."""
    if not calls:
        return
    names = sorted({call.deployment_id for call in calls})
    places = ", ".join(f":p{number}" for number in range(len(names)))
    known = set(
        session.connection()
        .execute(
            text(f"SELECT id FROM deployment WHERE id IN ({places})"),
            {f"p{number}": name for number, name in enumerate(names)},
        )
        .scalars()
    )
    kept = [call for call in calls if call.deployment_id in known]
    if not kept:
        return
    columns = ("seq", *NewCall._fields)
    statement = text(
        f"INSERT INTO deployment_call ({', '.join(columns)}, claimed_until_ms, grade_note) "
        f"VALUES ({', '.join(':' + name for name in columns)}, 0, '')"
    )
    first = reserve(session, _CALLS, len(kept))
    rows = [{"seq": seq, **call._asdict()} for seq, call in enumerate(kept, first)]
    session.connection().execute(statement, rows)


def note_feedback(session: Session, trace_seq: int, reward: float | None) -> None:
    """Keep what was said of the answer of a trace."""
    statement = text("UPDATE deployment_call SET feedback = :reward WHERE trace_seq = :seq")
    session.connection().execute(statement, {"reward": reward, "seq": trace_seq})


def sum_calls(session: Session, deployment_id: str) -> list[VariantTotals]:
    """The figures of each variant that was asked at least once."""
    rows = session.connection().execute(_SUM, {"id": deployment_id})
    return [
        VariantTotals._make([row[0], *map(int, row[1:11]), float(row[11]), *map(int, row[12:])])
        for row in rows
    ]


def read_latency(
    session: Session, deployment_id: str, variant: str, shares: Sequence[float]
) -> list[float]:
    """How long answers took that came, in milliseconds, at some shares of them.

    Empty without any.
    """
    connection = session.connection()
    values = {"id": deployment_id, "variant": variant}
    where = (
        "FROM deployment_call WHERE deployment_id = :id AND variant = :variant AND outcome = 'ok'"
    )
    number = connection.execute(text(f"SELECT COUNT(*) {where}"), values).scalar_one()
    if not number:
        return []
    nth = text(f"SELECT took_ms {where} ORDER BY took_ms LIMIT 1 OFFSET :nth")
    return [
        float(
            connection.execute(
                nth, {**values, "nth": min(int(share * number), number - 1)}
            ).scalar_one()
        )
        for share in shares
    ]


def list_rewards(
    session: Session, deployment_id: str
) -> list[tuple[str, str, float, int | None, bool]]:
    """Rewards of answers in the order in which they became known.

    Returns:
        Variant, request, reward, version of the grader, and whether that variant was meant.
    """
    statement = text(
        "SELECT variant, request_id, reward, grader_version, assigned = variant OR is_shadow "
        "FROM deployment_call WHERE deployment_id = :id AND graded_seq IS NOT NULL "
        "AND reward IS NOT NULL ORDER BY graded_seq"
    )
    rows = session.connection().execute(statement, {"id": deployment_id})
    return [(row[0], row[1], float(row[2]), row[3], bool(row[4])) for row in rows]


def list_errors(session: Session, deployment_id: str, limit: int = 5) -> list[tuple[str, str, int]]:
    """Variant, kind and number of what went wrong, the most frequent first."""
    statement = text(
        "SELECT variant, error, COUNT(*) AS number FROM deployment_call "
        "WHERE deployment_id = :id AND outcome = 'error' AND error IS NOT NULL "
        "GROUP BY variant, error ORDER BY number DESC, error LIMIT :limit"
    )
    rows = session.connection().execute(statement, {"id": deployment_id, "limit": limit})
    return [(row[0], row[1], int(row[2])) for row in rows]


def list_skips(session: Session, deployment_id: str) -> list[tuple[str, str, int]]:
    """Variant, reason and number of answers in the sample that were not graded."""
    statement = text(
        "SELECT variant, grade_note, COUNT(*) FROM deployment_call WHERE deployment_id = :id "
        "AND grade_state = 'skipped' GROUP BY variant, grade_note ORDER BY variant, grade_note"
    )
    rows = session.connection().execute(statement, {"id": deployment_id})
    return [(row[0], row[1], int(row[2])) for row in rows]


def claim_waiting(session: Session, now_ms: int, until_ms: int, limit: int) -> list[WaitingCall]:
    """Take answers to grade, the oldest first; nobody else gets them before `until_ms`."""
    claim = text(
        "UPDATE deployment_call SET claimed_until_ms = :until WHERE seq IN (SELECT seq FROM "
        "deployment_call WHERE grade_state = 'waiting' AND claimed_until_ms < :now "
        "ORDER BY seq LIMIT :limit) AND claimed_until_ms < :now RETURNING seq"
    )
    connection = session.connection()
    values = {"until": until_ms, "now": now_ms, "limit": limit}
    seqs = sorted(connection.execute(claim, values).scalars())
    if not seqs:
        return []
    read = text(
        "SELECT c.seq, c.deployment_id, c.request_id, c.trace_seq, b.body FROM deployment_call c "
        "LEFT JOIN trace_body b ON b.seq = c.trace_seq "
        f"WHERE c.seq IN ({', '.join(map(str, seqs))}) ORDER BY c.seq"
    )
    return [
        WaitingCall(row[0], row[1], row[2], row[3], None if row[4] is None else bytes(row[4]))
        for row in connection.execute(read)
    ]


def keep_grades(session: Session, graded: Iterable[GradedCall], now_ms: int) -> None:
    """Store what became of answers; one that has an outcome keeps it."""
    rows = [each._asdict() for each in graded]
    if not rows:
        return
    first = reserve(session, _GRADES, len(rows))
    statement = text(
        "UPDATE deployment_call SET grade_state = :state, reward = :reward, grade_note = :note, "
        "grader_version = :grader_version, graded_seq = :graded_seq, graded_ms = :now "
        "WHERE seq = :seq AND grade_state = 'waiting'"
    )
    values = [{**row, "graded_seq": seq, "now": now_ms} for seq, row in enumerate(rows, first)]
    session.connection().execute(statement, values)


def count_graded_since(session: Session, deployment_id: str, since_ms: int) -> int:
    """How many answers a grader looked at since a moment."""
    statement = text(
        "SELECT COUNT(*) FROM deployment_call WHERE deployment_id = :id AND graded_ms >= :since "
        "AND graded_seq IS NOT NULL AND grade_state <> 'skipped'"
    )
    values = {"id": deployment_id, "since": since_ms}
    return int(session.connection().execute(statement, values).scalar_one())
