"""The rows of an export: records are read, made into examples and encoded, in the order wanted."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import orjson
from sqlmodel import Session

from rft_app.domain.example import Labelled, Pair, Unit
from rft_app.domain.export import ExportOptions, Lack, ToolArguments
from rft_app.domain.record import RecordBytes, record_id
from rft_app.domain.split import Split
from rft_app.errors import InvalidInputError
from rft_app.exports import Encode, Exporter, FileContext
from rft_app.services.export_examples import ExampleReader
from rft_app.services.export_lines import Account, encode_examples, encode_records
from rft_app.storage.record_means import RecordMeans, read_means
from rft_app.storage.records import iterate_record_bytes
from rft_app.storage.splits import Ints, order_keys

SHUFFLED_AT_ONCE = 5_000
"""Records in memory while rows are written in another order than that of the keys."""

Example = RecordBytes | Pair | Labelled
Note = Callable[[bytes], None]
"""Takes where a row comes from, as `describe_origin` says it."""


@dataclass(frozen=True)
class RowSource:
    """Writes the records of a dataset as rows of one format."""

    session: Session
    dataset_id: str
    exporter: Exporter
    context: FileContext
    """Its split and scores are filled in here."""

    @property
    def options(self) -> ExportOptions:
        """How the file is made."""
        return self.context.options

    def rows(
        self, seqs: Ints, split: Split, account: Account, note: Note | None = None
    ) -> Iterator[bytes]:
        """The lines of one file.

        Args:
            seqs: Keys of records in ascending order.
            split: The side that they are on.
            account: Counts what happens.
            note: Called for each line.

        Raises:
            InvalidInputError: The options do not fit the format.
        """
        require_fitting(self.exporter, self.options)
        context = replace(self.context, split=split, score_of=self.score_of)
        encode = self.exporter.encoder(context)
        if note is not None:
            encode = _noting(encode, note, self.score_of)
        seqs = self.in_order(seqs)
        unit = self.exporter.unit_for(self.options)
        if unit is not Unit.RECORD:
            reader = ExampleReader(
                self.session, self.dataset_id, unit, self.options, self.options.dry_run_id
            )
            return encode_examples(encode, reader.read(seqs.tolist()), account)
        return encode_records(encode, self._read(seqs), account)

    def in_order(self, seqs: Ints) -> Ints:
        """The keys in the order of their rows."""
        if not self.options.shuffle:
            return seqs
        return seqs[order_keys(seqs, self.options.seed).argsort()]

    def score_of(self, seq: int) -> float | None:
        """Mean reward of a record in the dry run that the options name."""
        return self._means.get(seq)

    @cached_property
    def _means(self) -> RecordMeans:
        return read_means(self.session, self.options.dry_run_id)

    def _read(self, seqs: Ints) -> Iterable[RecordBytes]:
        if not self.options.shuffle:
            return iterate_record_bytes(self.session, self.dataset_id, seqs)
        return self._read_shuffled(seqs)

    def _read_shuffled(self, seqs: Ints) -> Iterator[RecordBytes]:
        for start in range(0, len(seqs), SHUFFLED_AT_ONCE):
            some = seqs[start : start + SHUFFLED_AT_ONCE].tolist()
            records = iterate_record_bytes(self.session, self.dataset_id, some)
            found = {record.seq: record for record in records}
            yield from (found[seq] for seq in some if seq in found)


def require_fitting(exporter: Exporter, options: ExportOptions) -> None:
    """Check options that only some formats have.

    Raises:
        InvalidInputError: They do not fit the format, or a template has a fault.
    """
    if options.tool_arguments is not ToolArguments.DEFAULT and not exporter.has_argument_choice:
        raise InvalidInputError(
            f"{exporter.label} takes a tool call's arguments in one way only; leave "
            "`tool_arguments` at its default.",
            field="tool_arguments",
        )
    exporter.encoder(FileContext(options=options))


def _noting(encode: Encode, note: Note, score_of: Callable[[int], float | None]) -> Encode:
    def encode_and_note(example: Example) -> bytes | Lack:
        line = encode(example)
        if isinstance(line, bytes):
            note(describe_origin(example, score_of))
        return line

    return encode_and_note


def describe_origin(example: Example, score_of: Callable[[int], float | None]) -> bytes:
    """Where one row comes from, as a line of JSON."""
    record = example if isinstance(example, RecordBytes) else example.record
    values = {
        "record_id": record_id(record.seq),
        "trace_id": record.trace_id,
        "source_type": record.source_type.value,
        "topic": record.topic,
        "reward": record.reward,
        "score": score_of(record.seq),
    }
    if not isinstance(example, RecordBytes):
        values["judged_by"] = example.origin.value
    kept = {name: value for name, value in values.items() if value is not None}
    return orjson.dumps(kept, option=orjson.OPT_APPEND_NEWLINE)


def describe_provenance(origin: bytes, file: str, line: int) -> bytes:
    """Where the row of this line comes from, as a line of `provenance.jsonl`."""
    return b'{"file":%b,"line":%d,%b' % (orjson.dumps(file), line, origin[1:])
