"""The dialog of snapshots while the records change, without a browser."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import reflex as rx

from rft_app.domain.snapshot import SnapshotDifference
from rft_app.storage.datasets import get_dataset_row
from rft_app.storage.session import unit_of_work
from rft_app.ui.state import snapshots
from rft_app.ui.state.snapshots import SnapshotsState
from tests.builders import SOME_DAY, make_dataset_row

DATASET = "ds_a"


@pytest.fixture
def dialog(database: Path) -> SnapshotsState:
    """The dialog of a dataset, a snapshot of it chosen."""
    with unit_of_work() as session:
        session.add(make_dataset_row(DATASET))
    root = rx.State(_reflex_internal_init=True)  # pyright: ignore[reportCallIssue]
    found = root.get_substate(SnapshotsState.get_full_name().split("."))
    assert isinstance(found, SnapshotsState)
    found._dataset_id, found._is_open, found.chosen = DATASET, True, "snp_1"
    return found


def look(dialog: SnapshotsState) -> bool:
    """Look at what there is now; whether the records are to be compared again."""
    return asyncio.run(dialog._refresh()) is not None


def change_records(days: int) -> None:
    with unit_of_work() as session:
        get_dataset_row(session, DATASET).updated_at = SOME_DAY + timedelta(days=days)


def test_a_snapshot_is_compared_again_once_the_records_of_today_change(
    dialog: SnapshotsState,
) -> None:
    assert [look(dialog), look(dialog)] == [True, False]
    change_records(1)
    assert [look(dialog), look(dialog)] == [True, False]
    dialog.other = "snp_other"
    change_records(2)
    assert not look(dialog)


def test_only_the_last_comparison_shows(
    dialog: SnapshotsState, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(dialog)
    numbers = iter((1, 2))

    async def ask(_question: Callable[..., object]) -> SnapshotDifference:
        number = next(numbers)
        await asyncio.sleep(0.05 if number == 1 else 0)
        return SnapshotDifference(num_same=number, num_added=0, num_removed=0)

    async def compare_twice() -> None:
        await asyncio.gather(*(SnapshotsState.compare.fn(dialog) for _ in range(2)))

    monkeypatch.setattr(snapshots, "ask", ask)
    asyncio.run(compare_twice())
    assert dialog.difference.same == "2"
