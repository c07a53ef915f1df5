"""What is taken out of traces that arrive, and how often that happened."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from sqlalchemy import text
from sqlmodel import Session, select

from rft_app.domain.scrubbing import ScrubRules
from rft_app.storage.copying import insert_rows
from rft_app.storage.tables import JobRow, ScrubRulesRow

_DAY_MS: Final = 86_400_000


def read_rules(session: Session) -> ScrubRules:
    """What was chosen; nothing where nobody chose."""
    row = session.get(ScrubRulesRow, 1)
    return ScrubRules() if row is None else ScrubRules.model_validate(row.rules)


def save_rules(session: Session, rules: ScrubRules) -> None:
    """Choose."""
    row = session.get(ScrubRulesRow, 1) or ScrubRulesRow(id=1, rules={})
    row.rules = rules.model_dump(mode="json")
    session.add(row)


def list_dataset_rules(session: Session, dataset_id: str) -> list[ScrubRules]:
    """What was chosen where traces of a dataset were imported or copied."""
    jobs = session.exec(select(JobRow).where(JobRow.dataset_id == dataset_id))
    found = (job.args.get("scrub") for job in jobs)
    return [ScrubRules.model_validate(rules) for rules in found if rules]


def add_counts(session: Session, counts: Mapping[str, int], at_ms: int) -> None:
    """Count what was replaced, by kind."""
    statement = text(
        "INSERT INTO scrub_count (day, kind, number) VALUES (:day, :kind, :number) "
        "ON CONFLICT (day, kind) DO UPDATE SET number = scrub_count.number + excluded.number"
    )
    rows = [
        {"day": at_ms // _DAY_MS, "kind": kind, "number": number}
        for kind, number in sorted(counts.items())
        if number
    ]
    if rows:
        session.connection().execute(statement, rows)


def list_counts(session: Session, since_ms: int) -> dict[str, int]:
    """What was replaced since the day of a moment, the commonest first."""
    statement = text(
        "SELECT kind, SUM(number) FROM scrub_count WHERE day >= :day GROUP BY kind "
        "ORDER BY 2 DESC, 1"
    )
    rows = session.connection().execute(statement, {"day": since_ms // _DAY_MS})
    return {kind: int(number) for kind, number in rows}


class CopiedTrace(NamedTuple):
    """A trace of a dataset, before anything else is made of it."""

    seq: int
    body: bytes
    tags: tuple[str, ...]
    title: str = ""
    system_prompt: str = ""


def list_copies(session: Session, import_id: str, after_seq: int) -> list[CopiedTrace]:
    """The traces that an import brought after a key, with their bodies and tags alone."""
    copied = "WHERE t.seq > :after AND t.import_id = :id ORDER BY t.seq"
    bodies = f"SELECT t.seq, b.body FROM trace t JOIN trace_body b ON b.seq = t.seq {copied}"
    named = f"SELECT t.seq, g.tag FROM trace t JOIN trace_tag g ON g.seq = t.seq {copied}, g.tag"
    connection = session.connection()
    values = {"after": after_seq, "id": import_id}
    tags: defaultdict[int, tuple[str, ...]] = defaultdict(tuple)
    for seq, tag in connection.execute(text(named), values):
        tags[seq] += (tag,)
    rows = connection.execute(text(bodies), values)
    return [CopiedTrace(seq, bytes(body), tags[seq]) for seq, body in rows]


def replace_copies(session: Session, traces: Sequence[CopiedTrace]) -> None:
    """Change what traces say; no search may know them yet."""
    rows = [trace._asdict() for trace in traces]
    if not rows:
        return
    for statement in (
        "UPDATE trace_body SET body = :body WHERE seq = :seq",
        "UPDATE trace SET title = :title, system_prompt = :system_prompt WHERE seq = :seq",
        "DELETE FROM trace_tag WHERE seq = :seq",
    ):
        session.connection().execute(text(statement), rows)
    tags = [(tag, trace.seq) for trace in traces for tag in trace.tags]
    insert_rows(session, "trace_tag", ("tag", "seq"), tags)
