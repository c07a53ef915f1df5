"""Tags: words that people put on records."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from sqlalchemy import text
from sqlmodel import Session, col, select

from rft_app.domain.facet import ARCHIVED
from rft_app.storage.sequences import reserve
from rft_app.storage.splits import Ints
from rft_app.storage.tables import RecordTagRow, TagRow


def list_tag_rows(session: Session, dataset_id: str) -> list[TagRow]:
    """The tags of a dataset by name, unused ones included."""
    statement = select(TagRow).where(col(TagRow.dataset_id) == dataset_id)
    fresh = statement.order_by(col(TagRow.name)).execution_options(populate_existing=True)
    return list(session.exec(fresh))


def find_tag(session: Session, dataset_id: str, name: str) -> TagRow | None:
    """The tag of this name."""
    statement = select(TagRow).where(col(TagRow.dataset_id) == dataset_id, col(TagRow.name) == name)
    return session.exec(statement.execution_options(populate_existing=True)).first()


def ensure_tags(session: Session, dataset_id: str, names: Iterable[str]) -> Mapping[str, int]:
    """Ids of tags by name; those that are not there are made."""
    found: dict[str, int] = {}
    for name in dict.fromkeys(names):
        row = find_tag(session, dataset_id, name)
        if row is None:
            row = TagRow(id=reserve(session, "tag", 1), dataset_id=dataset_id, name=name)
            session.add(row)
            session.flush()
        found[name] = row.id
    return found


def read_tags(session: Session, seq: int) -> tuple[str, ...]:
    """Names of one record's tags, in alphabetical order."""
    return map_tags(session, [seq]).get(seq, ())


def map_tags(session: Session, seqs: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """Names of the tags of a page of records; those without any are left out."""
    if not seqs:
        return {}
    literal = ", ".join(str(int(seq)) for seq in seqs)
    statement = text(
        "SELECT rt.seq, t.name FROM record_tag rt JOIN tag t ON t.id = rt.tag_id "
        f"WHERE rt.seq IN ({literal}) ORDER BY rt.seq, t.name"
    )
    found: dict[int, tuple[str, ...]] = {}
    for seq, name in session.connection().execute(statement):
        found[seq] = (*found.get(seq, ()), name)
    return found


def count_tags_among(session: Session, dataset_id: str, seqs: Ints) -> dict[str, int]:
    """How many of some records have each tag of the dataset, unused tags included."""
    found: dict[str, int] = {}
    for row in list_tag_rows(session, dataset_id):
        tagged = select(col(RecordTagRow.seq)).where(col(RecordTagRow.tag_id) == row.id)
        keys = np.fromiter(session.exec(tagged), dtype=np.int64)
        found[row.name] = int(np.isin(keys, seqs, assume_unique=True).sum())
    return found


def put_tag(session: Session, tag_id: int, seqs: Sequence[int]) -> None:
    """Put a tag on a few records; those that have it keep it.  Counts are stale after this."""
    statement = text(
        "INSERT INTO record_tag (tag_id, seq) VALUES (:tag, :seq) ON CONFLICT DO NOTHING"
    )
    if seqs:
        values = [{"tag": tag_id, "seq": seq} for seq in seqs]
        session.connection().execute(statement, values)


def copy_tags(session: Session, source_id: str, target_id: str, shift: int) -> None:
    """Put a dataset's tags on the records of its copy, whose keys are larger by `shift`."""
    names = [row.name for row in list_tag_rows(session, source_id)]
    for name, tag_id in ensure_tags(session, target_id, names).items():
        statement = text(
            f"INSERT INTO record_tag (tag_id, seq) SELECT :tag, rt.seq + {int(shift)} "
            "FROM record_tag rt JOIN tag t ON t.id = rt.tag_id "
            "WHERE t.dataset_id = :source AND t.name = :name ON CONFLICT DO NOTHING"
        )
        values = {"tag": tag_id, "source": source_id, "name": name}
        session.connection().execute(statement, values)


def refresh_tag_counts(session: Session, dataset_id: str) -> None:
    """Repeat at the tags what their records are now, and count them; drops tags nothing has."""
    for statement in (_DROP, _REPEAT, _COUNT):
        session.connection().execute(text(statement), {"dataset_id": dataset_id})


def count_tagged(session: Session, dataset_id: str, condition: str) -> dict[int, int]:
    """How many of some records are repeated as current ones at each tag, by the tag's key.

    Args:
        session: Any.
        dataset_id: Whose.
        condition: Trusted SQL on records `r`, of this dataset alone.
    """
    statement = text(
        "SELECT rt.tag_id, COUNT(*) AS number FROM record r JOIN record_tag rt ON rt.seq = r.seq "
        f"WHERE {condition} AND rt.facet < {ARCHIVED} GROUP BY rt.tag_id"
    )
    rows = session.connection().execute(statement, {"dataset_id": dataset_id})
    return {row.tag_id: row.number for row in rows}


def repeat_at_tags(session: Session, dataset_id: str, condition: str) -> None:
    """Repeat at the tags what some of their records are now; `condition` as for `count_tagged`."""
    statement = text(
        f"UPDATE record_tag SET {_REPEATED} FROM record r WHERE r.seq = record_tag.seq "
        f"AND {condition}"
    )
    session.connection().execute(statement, {"dataset_id": dataset_id})


def shift_tag_counts(session: Session, before: Mapping[int, int], after: Mapping[int, int]) -> None:
    """Add the difference between two answers of `count_tagged` to the counts of the tags."""
    statement = text("UPDATE tag SET num_records = num_records + :more WHERE id = :tag")
    for tag_id in before.keys() | after.keys():
        more = after.get(tag_id, 0) - before.get(tag_id, 0)
        session.connection().execute(statement, {"tag": tag_id, "more": more})


_REPEATED = "facet = r.facet, topic_id = r.topic_id, reward = r.reward"
_DROP = (
    "DELETE FROM tag WHERE dataset_id = :dataset_id "
    "AND NOT EXISTS (SELECT 1 FROM record_tag rt WHERE rt.tag_id = tag.id)"
)
_REPEAT = (
    f"UPDATE record_tag SET {_REPEATED} FROM record r WHERE r.seq = record_tag.seq "
    "AND record_tag.tag_id IN (SELECT t.id FROM tag t WHERE t.dataset_id = :dataset_id) "
    "AND (r.facet <> record_tag.facet OR r.topic_id IS DISTINCT FROM record_tag.topic_id "
    "OR r.reward IS DISTINCT FROM record_tag.reward)"
)
_COUNT = (
    "UPDATE tag SET num_records = (SELECT COUNT(*) FROM record_tag rt "
    f"WHERE rt.tag_id = tag.id AND rt.facet < {ARCHIVED}) WHERE dataset_id = :dataset_id"
)
