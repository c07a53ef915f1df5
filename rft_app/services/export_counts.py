"""How many records each export format could write."""

from collections import deque
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from sqlmodel import Session

from rft_app.domain.entity import Entity
from rft_app.domain.example import Unit
from rft_app.domain.export import ExportOptions
from rft_app.domain.record import RecordBytes, Selection
from rft_app.errors import InvalidInputError
from rft_app.exports import EXPORTERS, Exporter, FileContext
from rft_app.services.export_examples import ExampleReader, Found
from rft_app.services.export_lines import Account, encode_examples, encode_records
from rft_app.services.export_plans import Kept, get_plan, plan_key
from rft_app.services.export_preview import spread, with_dry_run
from rft_app.storage.feedback import count_feedback
from rft_app.storage.records import iterate_record_bytes
from rft_app.storage.rollouts import find_newest


class Qualifying(Entity):
    """The records of a dataset that have what one format needs."""

    format: str
    num_qualifying: int
    num_looked_at: int
    num_records: int
    """Those that can be used: valid ones that repeat no earlier one."""
    lacks: tuple[str, ...] = ()
    """What the others lack, most frequent first, in words."""

    @property
    def is_exact(self) -> bool:
        """Whether every record was looked at."""
        return self.num_looked_at == self.num_records


_counts: Kept[tuple[Qualifying, ...]] = Kept(100)


def count_qualifying(
    session: Session,
    dataset_id: str,
    selection: Selection = Selection(),  # noqa: B008  # frozen
    snapshot_id: str | None = None,
) -> tuple[Qualifying, ...]:
    """One count per format, in the order of the menu, with the formats' own options.

    Many records are judged by some that are spread over them; then the counts are not exact.

    Args:
        session: Any.
        dataset_id: Whose records.
        selection: Which of them.
        snapshot_id: Those of this snapshot instead.

    Raises:
        NotFoundError: There is no such dataset or snapshot.
    """
    options = ExportOptions(train_ratio=1.0, snapshot_id=snapshot_id)
    options = with_dry_run(session, dataset_id, options)
    key = (
        *plan_key(session, dataset_id, selection, options),
        options.dry_run_id or "",
        str(find_newest(session, dataset_id)),
        count_feedback(session, dataset_id).model_dump_json(),
    )
    return _counts.get(key, lambda: _count(session, dataset_id, selection, options))


def _count(
    session: Session, dataset_id: str, selection: Selection, options: ExportOptions
) -> tuple[Qualifying, ...]:
    try:
        seqs = get_plan(session, dataset_id, selection, options).members.seqs
    except InvalidInputError:
        seqs = np.zeros(0, dtype=np.int64)
    sample = _Sample(session, dataset_id, spread(seqs).tolist(), options)
    counts: list[Qualifying] = []
    for exporter in EXPORTERS:
        account = sample.try_out(exporter)
        counts.append(
            Qualifying(
                format=exporter.name,
                num_qualifying=account.num_read - account.skipped.total(),
                num_looked_at=account.num_read,
                num_records=len(seqs),
                lacks=tuple(lack.message for lack, _ in account.skipped.most_common()),
            )
        )
    return tuple(counts)


@dataclass(frozen=True)
class _Sample:
    """Some records and their examples, read once for all formats."""

    session: Session
    dataset_id: str
    seqs: list[int]
    options: ExportOptions

    def try_out(self, exporter: Exporter) -> Account:
        """What would happen to the records in one format."""
        account, encode = Account(), exporter.encoder(FileContext(options=self.options))
        if exporter.unit is Unit.RECORD:
            lines = encode_records(encode, self._records, account)
        else:
            found = self._pairs if exporter.unit is Unit.PAIR else self._labels
            lines = encode_examples(encode, found, account)
        deque(lines, maxlen=0)
        return account

    @cached_property
    def _records(self) -> list[RecordBytes]:
        return list(iterate_record_bytes(self.session, self.dataset_id, self.seqs))

    @cached_property
    def _pairs(self) -> list[Found]:
        return self._read(Unit.PAIR)

    @cached_property
    def _labels(self) -> list[Found]:
        return self._read(Unit.LABEL)

    def _read(self, unit: Unit) -> list[Found]:
        dry_run_id = self.options.dry_run_id
        reader = ExampleReader(self.session, self.dataset_id, unit, self.options, dry_run_id)
        return list(reader.read(self.seqs))
