"""What an export would hold, before it is made: its first rows, and estimates from a sample."""

import math
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Final, NamedTuple

import numpy as np
from sqlmodel import Session

from rft_app.domain.entity import Entity
from rft_app.domain.export import ExportOptions, Lack
from rft_app.domain.record import Selection
from rft_app.domain.snapshot import SnapshotPurpose
from rft_app.domain.split import Split
from rft_app.exports import EXPORTERS, LINES, Exporter, FileContext
from rft_app.services.export_description import count_zero_reward, describe_inside
from rft_app.services.export_lines import CHARACTERS_PER_TOKEN, Account
from rft_app.services.export_plans import get_plan
from rft_app.services.export_rows import RowSource, describe_provenance
from rft_app.services.export_sizes import FileSample, Runs, count_bytes
from rft_app.storage.datasets import get_dataset_row
from rft_app.storage.dry_runs import find_last_finished
from rft_app.storage.members import Members
from rft_app.storage.snapshots import SnapshotPlan, find_equal, get_snapshot
from rft_app.storage.splits import Ints

PROBED_RECORDS: Final = 20_000
"""A preview looks at no more records than this for its rows."""
SAMPLED_RECORDS: Final = 1_000
"""Evenly spread; their rows estimate all others."""
METADATA_BYTES: Final = 900
"""About what `metadata.json` comes to in an archive."""
BYTES_PER_FILE: Final = 125
"""What an archive says of each of its files."""


class ExportPreview(Entity):
    """What an export would hold."""

    rows: tuple[bytes, ...]
    """The first lines of the file, byte for byte; of a table, what a reader gets."""
    side: Split
    """Whose file they begin."""
    is_time_open: bool
    """Whether they hold the time of a snapshot that is only frozen when the export starts: then
    they show the time of this preview."""
    num_train: int
    num_test: int
    """Rows of each data file."""
    num_sampled: int
    """Records looked at for all that follows."""
    num_lacking: int
    """Of those, the records that will be left out."""
    lacks: dict[Lack, int]
    estimated_rows: int
    estimated_bytes: int
    """Of all data files, not compressed."""
    estimated_file_bytes: int
    """Of the file that is downloaded."""
    tokens_per_row: int
    """Mean, by the estimate of 4 characters a token."""
    longest_row_tokens: int
    max_tokens: int | None
    """Longest row that the consumer takes unless it is told otherwise."""
    num_too_long: int
    """Rows of the sample above that."""
    limit_option: str
    """What has the consumer take them; empty where there are none."""
    num_zero_reward: int
    """Rows of the sample that teach an answer recorded with a reward of 0."""
    is_exact: bool
    """Whether every record of the files was looked at."""
    file_names: tuple[str, ...]


def describe_preview(
    session: Session,
    *,
    dataset_id: str,
    format: str,
    options: ExportOptions = ExportOptions(),  # noqa: B008  # frozen
    selection: Selection = Selection(),  # noqa: B008
    limit: int = 3,
) -> ExportPreview:
    """The first rows, and how many there would be.

    Raises:
        NotFoundError: There is no such dataset or snapshot.
        InvalidInputError: There is no such format, its options have a fault, or nothing can be
            exported in it.
    """
    exporter = EXPORTERS.get(format)
    options = with_dry_run(session, dataset_id, options)
    plan = get_plan(session, dataset_id, selection, options)
    has_time = exporter.has_time(options)
    frozen_at = _find_time(session, dataset_id, options, plan) if has_time else None
    context = FileContext(
        options=options,
        dataset_name=get_dataset_row(session, dataset_id).name,
        created_at=(frozen_at or datetime.now(UTC)).isoformat(),
    )
    source = RowSource(session, dataset_id, exporter, context)
    first = _first_rows(source, plan.members, limit)
    if first.account.num_read == sum(len(plan.members.of(split)) for split in options.splits):
        first.account.require_rows()
    is_time_open = has_time and frozen_at is None
    return _Sample.take(source, plan).describe(first, is_time_open=is_time_open)


def with_dry_run(session: Session, dataset_id: str, options: ExportOptions) -> ExportOptions:
    """The options with the dry run whose grades count: the last one, unless they name one."""
    last = None if options.dry_run_id else find_last_finished(session, dataset_id)
    return options if last is None else options.model_copy(update={"dry_run_id": last.id})


def has_grades(session: Session, dataset_id: str) -> bool:
    """Whether a dry run has said what a record's grade is; else it is the recorded reward."""
    return find_last_finished(session, dataset_id) is not None


def _find_time(
    session: Session, dataset_id: str, options: ExportOptions, plan: SnapshotPlan
) -> datetime | None:
    """When the snapshot was frozen that the export will hold; `None` where it is still to be."""
    if options.snapshot_id is not None:
        return get_snapshot(session, options.snapshot_id).created_at
    equal = find_equal(session, dataset_id, plan, SnapshotPurpose.EXPORT)
    return equal and equal.created_at


class _First(NamedTuple):
    """The first lines of the first file that has any."""

    rows: tuple[bytes, ...]
    side: Split
    account: Account
    """What was looked at for them."""


def _first_rows(source: RowSource, members: Members, limit: int) -> _First:
    account = Account()
    for split in source.options.splits:
        seqs = members.of(split)
        if not source.options.shuffle:
            seqs = seqs[:PROBED_RECORDS]
        if rows := list(islice(source.rows(seqs, split, account), limit)):
            shown = source.exporter.layout(source.options).show(rows)
            return _First(tuple(shown), split, account)
    return _First((), Split.TRAIN, account)


class _Side(NamedTuple):
    """Some rows of one data file, and where they come from."""

    split: Split
    rows: FileSample
    notes: FileSample


@dataclass(frozen=True, slots=True)
class _Sample:
    """Some rows of every data file, and what they say of all."""

    source: RowSource
    account: Account
    sides: Sequence[_Side]
    about: bytes
    """What a file says of itself."""

    @classmethod
    def take(cls, source: RowSource, plan: SnapshotPlan) -> "_Sample":
        """Encode some records of each data file."""
        wanted = {split: plan.members.of(split) for split in source.options.splits}
        num_wanted = sum(map(len, wanted.values()))
        account = Account(source.exporter.max_tokens)
        sides = [
            _read_side(source, seqs, split, account, num_wanted) for split, seqs in wanted.items()
        ]
        return cls(source, account, sides, describe_inside(source, plan.content_hash))

    @property
    def file_names(self) -> tuple[str, ...]:
        """The files that will be there, as far as that is known."""
        source = self.source
        empty = [side.split for side in self.sides if side.rows.is_empty]
        name = source.context.dataset_name
        return list_file_names(name, source.exporter, source.options, empty)

    def count_bytes(self) -> tuple[int, int]:
        """About how long the data files are, and the file that is downloaded."""
        source, options = self.source, self.source.options
        layout, level = source.exporter.layout(options), options.compression_level
        files = [side.rows.estimate(layout, level, self.about) for side in self.sides]
        num_bytes = round(sum(file.num_bytes for file in files))
        if not options.is_archive:
            return num_bytes, num_bytes
        if options.include_metadata and not source.exporter.has_ids:
            files += [side.notes.estimate(LINES, level) for side in self.sides]
        num_packed = round(sum(file.num_packed for file in files))
        extra = METADATA_BYTES if options.include_metadata else 0
        return num_bytes, num_packed + extra + BYTES_PER_FILE * len(self.file_names)

    def describe(self, first: _First, *, is_time_open: bool) -> ExportPreview:
        """Scale the sample up."""
        account = self.account
        rows = [row for side in self.sides for row in side.rows.lines]
        mean = sum(map(len, rows)) / len(rows) if rows else 0.0
        num_train, *num_test = map(_estimate_rows, self.sides)
        num_bytes, num_file_bytes = self.count_bytes()
        return ExportPreview(
            rows=first.rows,
            side=first.side,
            is_time_open=is_time_open,
            num_train=num_train,
            num_test=sum(num_test),
            num_sampled=account.num_read,
            num_lacking=account.skipped.total(),
            lacks=dict(account.skipped.most_common()),
            estimated_rows=num_train + sum(num_test),
            estimated_bytes=num_bytes,
            estimated_file_bytes=num_file_bytes,
            tokens_per_row=round(mean / CHARACTERS_PER_TOKEN),
            longest_row_tokens=account.longest_row_tokens,
            max_tokens=account.max_tokens,
            num_too_long=account.num_too_long,
            limit_option=self.source.exporter.raise_limit(account.longest_row_tokens),
            num_zero_reward=count_zero_reward(self.source.exporter, account),
            is_exact=all(side.rows.factor == 1 for side in self.sides),
            file_names=self.file_names,
        )


def _estimate_rows(side: _Side) -> int:
    return round(len(side.rows.lines) * side.rows.factor)


def _read_side(
    source: RowSource, seqs: Ints, split: Split, account: Account, num_wanted: int
) -> _Side:
    origins: list[bytes] = []
    note = None if source.exporter.has_ids else origins.append
    chosen = spread(seqs, num_wanted)
    lines = list(source.rows(chosen, split, account, note))
    file = f"{split}{source.exporter.layout(source.options).suffix}"
    notes = [describe_provenance(origin, file, line) for line, origin in enumerate(origins, 1)]
    factor = len(seqs) / len(chosen) if len(chosen) else 1.0
    runs = [] if factor == 1 else _read_runs(source, seqs, split, lines)
    return _Side(split, FileSample(lines, factor, runs), FileSample(notes, factor))


def _read_runs(
    source: RowSource, seqs: Ints, split: Split, lines: Sequence[bytes]
) -> list[list[bytes]]:
    """Lines that follow each other; none where nothing packs them or neighbours are drawn."""
    layout, options = source.exporter.layout(source.options), source.options
    if options.shuffle or not lines or not (options.is_archive or layout.rows_at_once):
        return []
    chosen = Runs.choose(seqs, layout, count_bytes(lines) / len(lines))
    account = Account()
    runs: list[list[bytes]] = [[] for _ in range(len(chosen.seqs) // chosen.size)]
    for line in source.rows(chosen.seqs, split, account):
        runs[(account.num_read - 1) // chosen.size].append(line)
    return runs


def spread(seqs: Ints, num_all: int | None = None) -> Ints:
    """Some of the keys, evenly spread, so that all files together have `SAMPLED_RECORDS`.

    Args:
        seqs: Of one file.
        num_all: Of all files; as many as in this one unless given.
    """
    share = len(seqs) / (num_all or len(seqs) or 1)
    wanted = math.ceil(SAMPLED_RECORDS * share)
    if len(seqs) <= wanted:
        return seqs
    return seqs[np.linspace(0, len(seqs) - 1, wanted).astype(np.int64)]


def name_file(dataset_name: str, exporter: Exporter, options: ExportOptions) -> str:
    """The name of the file that is downloaded, in characters that every file system takes."""
    stem = re.sub(r"[^a-z0-9]+", "-", dataset_name.lower()).strip("-")[:60] or "dataset"
    suffix = ".zip" if options.is_archive else exporter.layout(options).suffix
    return f"{stem}-{exporter.name}{suffix}"


def list_file_names(
    dataset_name: str, exporter: Exporter, options: ExportOptions, empty: Collection[Split]
) -> tuple[str, ...]:
    """The files in an archive, without those of sides that are `empty`; else the data file."""
    suffix = exporter.layout(options).suffix
    if not options.is_archive:
        return (name_file(dataset_name, exporter, options),)
    names = [f"{split}{suffix}" for split in options.splits if split not in empty]
    names += exporter.more_files(names)
    if options.include_metadata:
        names += ["metadata.json"] if exporter.has_ids else ["provenance.jsonl", "metadata.json"]
    return tuple(names)
