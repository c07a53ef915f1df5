"""Snapshots: who is in them, that they stay, and how they are packed."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session

from rft_app.domain.facet import Facet
from rft_app.domain.record import RecordFilter, Selection, SourceType, record_id
from rft_app.domain.snapshot import SnapshotPurpose
from rft_app.domain.split import Split
from rft_app.domain.validity import Reason
from rft_app.errors import InvalidInputError, NotFoundError
from rft_app.storage.record_counts import refresh_counts
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.snapshots import (
    Members,
    freeze_snapshot,
    get_snapshot,
    iterate_members,
    load_members,
    pack_members,
    unpack_members,
)
from rft_app.storage.tables import DatasetRow
from tests.builders import make_dataset_row, make_record_row

EXPORT = SnapshotPurpose.EXPORT


@pytest.fixture
def dataset(database: Path) -> str:
    """Forty good records; then an invalid one, a duplicate and an archived one."""
    with unit_of_work() as session:
        session.add(make_dataset_row("ds_a"))
        session.flush()
        session.add_all(make_record_row(seq) for seq in range(1, 41))
        session.add(make_record_row(41, facet=Facet(reason=Reason.TOO_LONG)))
        session.add(make_record_row(42, facet=Facet(is_duplicate=True)))
        session.add(make_record_row(43, facet=Facet(is_archived=True)))
        session.flush()
        refresh_counts(session, "ds_a")
    return "ds_a"


def keys(session: Session, snapshot_id: str) -> list[int]:
    return [member.seq for member in iterate_members(session, snapshot_id)]


def test_a_snapshot_holds_the_records_that_can_be_trained_on(dataset: str) -> None:
    with unit_of_work() as session:
        snapshot = freeze_snapshot(session, dataset, purpose=EXPORT)
    with reading() as session:
        assert keys(session, snapshot.id) == list(range(1, 41))
        assert get_snapshot(session, snapshot.id) == snapshot
    assert (snapshot.num_records, snapshot.num_train, snapshot.num_test) == (40, 32, 8)


def test_a_snapshot_stays_as_it_was_when_the_dataset_grows(dataset: str) -> None:
    with unit_of_work() as session:
        snapshot = freeze_snapshot(session, dataset, purpose=EXPORT)
        before = list(iterate_members(session, snapshot.id))
        session.add(make_record_row(50))
        session.flush()
        assert list(iterate_members(session, snapshot.id)) == before
        after = freeze_snapshot(session, dataset, purpose=EXPORT)
    assert (after.num_records, after.content_hash == snapshot.content_hash) == (41, False)


def test_an_equal_snapshot_is_used_again_and_another_purpose_gets_its_own(dataset: str) -> None:
    with unit_of_work() as session:
        first = freeze_snapshot(session, dataset, purpose=EXPORT)
        assert freeze_snapshot(session, dataset, purpose=EXPORT) == first
        assert freeze_snapshot(session, dataset, purpose="dry_run").id != first.id
        assert freeze_snapshot(session, dataset, purpose=EXPORT, seed=3).id != first.id


def test_only_these_and_all_but_these(dataset: str) -> None:
    two = (record_id(3), record_id(41))
    with unit_of_work() as session:
        only = freeze_snapshot(session, dataset, purpose=EXPORT, selection=Selection(only=two))
        rest = freeze_snapshot(session, dataset, purpose=EXPORT, selection=Selection(excluded=two))
        assert keys(session, only.id) == [3]
        assert keys(session, rest.id) == [seq for seq in range(1, 41) if seq != 3]


def test_a_filter_narrows_a_snapshot(dataset: str) -> None:
    with unit_of_work() as session:
        generated = Facet(source_type=SourceType.GENERATED)
        session.add(make_record_row(60, facet=generated))
        session.flush()
        refresh_counts(session, dataset)
        wanted = RecordFilter(source_types=(SourceType.GENERATED,))
        snapshot = freeze_snapshot(
            session, dataset, purpose=EXPORT, selection=Selection(filter=wanted)
        )
        assert keys(session, snapshot.id) == [60]


def test_generated_records_are_only_trained_on(dataset: str) -> None:
    with unit_of_work() as session:
        generated = Facet(source_type=SourceType.GENERATED)
        session.add_all(make_record_row(seq, facet=generated) for seq in range(100, 140))
        session.flush()
        snapshot = freeze_snapshot(session, dataset, purpose=EXPORT, train_ratio=0.1)
        members = load_members(session, snapshot.id)
    assert members.of(Split.TEST).tolist() == list(range(1, 41))
    assert members.of(Split.TRAIN).tolist() == list(range(100, 140))


def test_nothing_to_freeze_is_refused(database: Path) -> None:
    with unit_of_work() as session:
        session.add(make_dataset_row("ds_b"))
        session.flush()
        with pytest.raises(InvalidInputError, match="No record can be used"):
            freeze_snapshot(session, "ds_b", purpose=EXPORT)


def test_an_unknown_snapshot_is_not_found(database: Path) -> None:
    with reading() as session, pytest.raises(NotFoundError, match="snap_x"):
        get_snapshot(session, "snap_x")


@given(st.sets(st.integers(1, 2**40), max_size=300), st.randoms(use_true_random=False))
def test_members_come_back_as_they_were_packed(seqs: set[int], random: object) -> None:
    ordered = np.array(sorted(seqs), dtype=np.int64)
    is_test = ordered % 3 == 0
    unpacked = unpack_members(pack_members(Members(ordered, is_test)))
    assert list(unpacked) == list(Members(ordered, is_test))


def test_a_million_members_are_small() -> None:
    rng = np.random.default_rng(0)
    packed = pack_members(Members(np.arange(10**6), rng.random(10**6) < 0.2))
    assert len(packed) < 200_000


def test_deleting_a_dataset_deletes_its_snapshots(dataset: str) -> None:
    with unit_of_work() as session:
        snapshot = freeze_snapshot(session, dataset, purpose=EXPORT)
    with unit_of_work() as session:
        session.delete(session.get_one(DatasetRow, dataset))
    with reading() as session, pytest.raises(NotFoundError):
        get_snapshot(session, snapshot.id)
