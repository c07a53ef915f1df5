"""Rows and values with defaults, so that a test names only what it is about."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from rft_app.domain.dataset import Dataset, DatasetStats
from rft_app.domain.facet import Facet
from rft_app.domain.pipeline import StepName, StepState, describe_nodes
from rft_app.storage.tables import DatasetRow, RecordRow, TraceBodyRow, TraceRow

SOME_DAY = datetime(2026, 11, 1, tzinfo=UTC)


def make_dataset_row(dataset_id: str = "ds_a", **changes: Any) -> DatasetRow:
    """An empty dataset."""
    values = {
        "name": "Bookings",
        "objective": "Book the trip",
        "source": "upload",
        "created_at": SOME_DAY,
        "updated_at": SOME_DAY,
    }
    return DatasetRow(id=dataset_id, **(values | changes))


def make_dataset(
    states: Mapping[StepName, StepState],
    unavailable: frozenset[StepName] = frozenset(),
    **stats: Any,
) -> Dataset:
    """A dataset as services give it; steps that are not named never ran."""
    every = {name: states.get(name) or StepState(name=name) for name in StepName}
    return Dataset(
        id="ds_1",
        name="N",
        objective="O",
        source="upload",
        created_at=SOME_DAY,
        updated_at=SOME_DAY,
        stats=DatasetStats(**stats),
        nodes=describe_nodes(every, {}, unavailable),
    )


def make_record_row(seq: int, *, facet: Facet | None = None, **changes: Any) -> RecordRow:
    """A valid record, each its own group and content."""
    known = facet or Facet()
    values = {
        "dataset_id": "ds_a",
        "trace_seq": seq,
        "turn": 1,
        "facet": known.pack(),
        "source_type": known.source_type.value,
        "reason": known.reason,
        "is_archived": known.is_archived,
        "duplicate_of": 1 if known.is_duplicate else None,
        "group_key": seq * 7919,
        "content_hash": seq * 104729,
        "question_hash": seq * 1299709,
        "title": f"Question {seq}",
        "num_messages": 2,
        "num_tokens": 10,
        "created_at": 0,
        "updated_at": 0,
    }
    return RecordRow(seq=seq, **(values | changes))


def make_trace_rows(
    seq: int, body: dict[str, Any], **changes: Any
) -> tuple[TraceRow, TraceBodyRow]:
    """A trace with its body."""
    values = {
        "dataset_id": "ds_a",
        "import_id": "imp_a",
        "line_number": seq,
        "group_key": seq * 7919,
        "num_messages": len(body["messages"]),
        "num_turns": 1,
        "created_at": 0,
    }
    row = TraceRow(seq=seq, **(values | changes))
    return row, TraceBodyRow(seq=seq, body=orjson.dumps(body))
