"""How many records each export format could write."""

from collections import Counter, deque
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import orjson
from sqlmodel import Session

from rft_app.domain.entity import Entity
from rft_app.domain.example import Unit
from rft_app.domain.export import ExportOptions
from rft_app.domain.record import RecordBytes, Selection
from rft_app.errors import InvalidInputError
from rft_app.exports import EXPORTERS, Exporter, FileContext
from rft_app.exports.agents import find_agent
from rft_app.services.export_examples import ExampleReader, Found
from rft_app.services.export_lines import Account, encode_examples, encode_records
from rft_app.services.export_plans import Kept, get_plan, plan_key
from rft_app.services.export_preview import spread, with_dry_run
from rft_app.storage.feedback import count_feedback
from rft_app.storage.records import iterate_record_bytes
from rft_app.storage.rollouts import find_newest
from rft_app.storage.splits import Ints

_JUDGING = {"snapshot_id", "template", "margin", "threshold", "dry_run_id"}
"""Options that decide whether a record gives a row."""


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
_agents: Kept[tuple[str, ...]] = Kept(100)


def count_qualifying(
    session: Session,
    dataset_id: str,
    selection: Selection = Selection(),  # noqa: B008  # frozen
    options: ExportOptions = ExportOptions(),  # noqa: B008
) -> tuple[Qualifying, ...]:
    """One count per format, in the order of the menu.

    Many records are judged by some that are spread over them; then the counts are not exact.

    Args:
        session: Any.
        dataset_id: Whose records.
        selection: Which of them.
        options: Snapshot, template, margin and threshold; others do not matter.

    Raises:
        NotFoundError: There is no such dataset or snapshot.
        InvalidInputError: The template has a fault.
    """
    judging = options.model_dump(include=_JUDGING)
    options = with_dry_run(session, dataset_id, ExportOptions(train_ratio=1.0, **judging))
    key = (
        *plan_key(session, dataset_id, selection, options),
        options.model_dump_json(exclude_defaults=True),
        str(find_newest(session, dataset_id)),
        count_feedback(session, dataset_id).model_dump_json(),
    )
    return _counts.get(key, lambda: _count(session, dataset_id, selection, options))


def _count(
    session: Session, dataset_id: str, selection: Selection, options: ExportOptions
) -> tuple[Qualifying, ...]:
    seqs = _find_usable(session, dataset_id, selection, options)
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


def find_agents(session: Session, dataset_id: str) -> tuple[str, ...]:
    """Agents that its records name, most frequent first; of many records, some are looked at.

    Raises:
        NotFoundError: There is no such dataset.
    """
    options = ExportOptions(train_ratio=1.0)

    def find() -> tuple[str, ...]:
        seqs = spread(_find_usable(session, dataset_id, Selection(), options))
        records = iterate_record_bytes(session, dataset_id, seqs.tolist())
        named = Counter(filter(None, map(find_agent, records)))
        return tuple(orjson.loads(name) for name, _ in named.most_common())

    return _agents.get(plan_key(session, dataset_id, Selection(), options), find)


def _find_usable(
    session: Session, dataset_id: str, selection: Selection, options: ExportOptions
) -> Ints:
    """Keys of the records that an export could hold."""
    try:
        return get_plan(session, dataset_id, selection, options).members.seqs
    except InvalidInputError:
        return np.zeros(0, dtype=np.int64)


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
        unit = exporter.unit_for(self.options)
        if unit is Unit.RECORD:
            lines = encode_records(encode, self._records, account)
        else:
            found = self._pairs if unit is Unit.PAIR else self._labels
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
