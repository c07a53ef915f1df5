"""Which records an export holds."""

from pathlib import Path

import pytest

from rft_app.domain.export import ExportOptions
from rft_app.domain.facet import Facet
from rft_app.domain.record import Selection
from rft_app.domain.snapshot import SnapshotPurpose
from rft_app.domain.validity import Reason
from rft_app.errors import ConflictError, NotFoundError
from rft_app.storage.export_members import plan_export
from rft_app.storage.record_counts import refresh_counts
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.snapshots import add_whole_snapshot
from rft_app.storage.tables import TopicRow
from tests.builders import make_dataset_row, make_record_row

BALANCED = ExportOptions(balance=True)
SIZES = {1: 40, 2: 10, 3: 0}


@pytest.fixture
def dataset(database: Path) -> str:
    """Topics of 40, 10 and no records, and five records without a topic."""
    with unit_of_work() as session:
        session.add(make_dataset_row("ds_a"))
        session.flush()
        for topic, size in SIZES.items():
            share = 0.0 if size == 0 else None
            session.add(TopicRow(id=topic, dataset_id="ds_a", key=f"T{topic}", target_share=share))
            session.add_all(
                make_record_row(topic * 100 + n, topic_id=topic, topic_confidence=1.0)
                for n in range(size)
            )
        session.add_all(make_record_row(900 + n) for n in range(5))
        session.add(make_record_row(950, facet=Facet(reason=Reason.EMPTY_CONTENT)))
        session.flush()
        refresh_counts(session, "ds_a")
    return "ds_a"


def seqs_of(options: ExportOptions) -> list[int]:
    """Keys of the records of an export."""
    with reading() as session:
        return plan_export(session, "ds_a", Selection(), options).members.seqs.tolist()


def set_target(topic_id: int, share: float | None) -> None:
    with unit_of_work() as session:
        session.get_one(TopicRow, topic_id).target_share = share


def test_balancing_keeps_the_largest_part_with_every_topic_at_its_target(dataset: str) -> None:
    kept = seqs_of(BALANCED)
    assert [sum(seq // 100 == topic for seq in kept) for topic in SIZES] == [10, 10, 0]
    assert len(kept) == 20
    set_target(1, 0.75)
    kept = seqs_of(BALANCED)
    assert [sum(seq // 100 == topic for seq in kept) for topic in SIZES] == [30, 10, 0]


def test_balancing_is_drawn_with_the_seed(dataset: str) -> None:
    assert seqs_of(BALANCED) == seqs_of(BALANCED)
    assert seqs_of(BALANCED) != seqs_of(ExportOptions(balance=True, seed=1))


def test_an_empty_topic_is_named_when_balancing_leaves_nothing(dataset: str) -> None:
    set_target(3, None)
    with pytest.raises(ConflictError, match="“T3” has no record"):
        seqs_of(BALANCED)


def test_a_whole_snapshot_gives_its_usable_records_only(dataset: str) -> None:
    with unit_of_work() as session:
        snapshot = add_whole_snapshot(session, "ds_a", SnapshotPurpose.MANUAL)
    assert snapshot.num_records == 56
    assert len(seqs_of(ExportOptions(snapshot_id=snapshot.id))) == 55


def test_a_snapshot_of_another_dataset_is_refused(dataset: str) -> None:
    with unit_of_work() as session:
        session.add(make_dataset_row("ds_b"))
        session.flush()
        snapshot = add_whole_snapshot(session, "ds_a", SnapshotPurpose.MANUAL)
    with reading() as session, pytest.raises(NotFoundError, match="no snapshot"):
        plan_export(session, "ds_b", Selection(), ExportOptions(snapshot_id=snapshot.id))
