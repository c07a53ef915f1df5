"""What goes into the file of an export: one data file, or a zip with its description."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, count
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO
from zipfile import ZipFile

from rft_app.children import return_memory
from rft_app.domain.export import Export
from rft_app.domain.split import Split
from rft_app.exports import Layout
from rft_app.services.export_blocks import Encoders
from rft_app.services.export_description import (
    ExportSource,
    count_skipped,
    count_zero_reward,
    describe_export,
    describe_inside,
)
from rft_app.services.export_files import (
    JOIN_BYTES,
    Writes,
    WrittenFile,
    hash_bytes,
    hash_file,
    open_archive,
    whole_file,
    write_pieces,
)
from rft_app.services.export_lines import Account
from rft_app.services.export_rows import Note, RowSource, describe_provenance

Report = Callable[[int], None]
"""Called with the number of records read so far, at last with that of all."""

PROVENANCE = "provenance.jsonl"


def write_export(
    rows: RowSource, source: ExportSource, path: Path, report: Report, encoders: Encoders | None
) -> Export:
    """Write the file and return the export with its figures.

    Args:
        rows: Makes the rows.
        source: What they are made from.
        path: The file; its folder is created.
        report: Hears of progress.
        encoders: Make the rows instead, where there are any.

    Raises:
        InvalidInputError: No record has what the format needs.
        ConflictError: The disk is full.
    """
    account = Account(source.exporter.max_tokens)
    writing = _Writing(rows, source, account, report, encoders)
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as file:
        if source.export.options.is_archive:
            files = writing.write_archive(file)
        else:
            files = [writing.write_file(Split.TRAIN, path.name, file)]
    is_archive = source.export.options.is_archive
    return source.export.model_copy(
        update={
            "snapshot_id": source.snapshot.id,
            "size_bytes": path.stat().st_size,
            "sha256": hash_file(path) if is_archive else files[0].sha256,
            "num_train": writing.num_rows[Split.TRAIN],
            "num_test": writing.num_rows[Split.TEST],
            "skipped": count_skipped(source, writing.account),
            "num_zero_reward": count_zero_reward(source.exporter, writing.account),
            "is_done": True,
        }
    )


@dataclass(frozen=True)
class _Writing:
    rows: RowSource
    source: ExportSource
    account: Account
    report: Report
    encoders: Encoders | None
    num_rows: Counter[Split] = field(default_factory=Counter[Split])
    """Of each side that has a file."""

    @cached_property
    def layout(self) -> Layout:
        """How rows become a file."""
        return self.source.exporter.layout(self.source.export.options)

    def write_archive(self, file: IO[bytes]) -> list[WrittenFile]:
        """Data files, what the format needs beside them, where rows come from, a description."""
        source, options = self.source, self.source.export.options
        with (
            open_archive(file, options.compression_level) as archive,
            SpooledTemporaryFile(max_size=JOIN_BYTES // 4) as provenance,
        ):
            files: list[WrittenFile] = []
            for split in options.splits:
                files += self._write_entry(archive, split, provenance)
            self.account.require_rows()
            names = [written.name for written in files]
            for name, content in source.exporter.more_files(names).items():
                with archive.open(name, "w") as entry:
                    entry.write(content)
                files.append(WrittenFile(name, None, len(content), hash_bytes(content)))
            if options.include_metadata:
                files += self._write_provenance(archive, provenance)
                with archive.open("metadata.json", "w") as entry:
                    entry.write(describe_export(source, self.account, files))
        return files

    def write_file(self, split: Split, name: str, target: Writes) -> WrittenFile:
        """The one data file.

        Raises:
            InvalidInputError: It would have no row.
        """
        written = self._write_rows(split, name, target, self._read(split, None))
        self.account.require_rows()
        return written

    def _write_entry(
        self, archive: ZipFile, split: Split, provenance: IO[bytes]
    ) -> list[WrittenFile]:
        """The data file of one side; none where that has no row, for readers refuse empty files."""
        name = f"{split}{self.layout.suffix}"
        note = None if self.source.exporter.has_ids else self._noter(provenance, name)
        rows = self._read(split, note)
        if (first := next(filter(None, rows), None)) is None:
            self.report(self.account.num_read)
            return []
        with archive.open(name, "w", force_zip64=True) as entry:
            return [self._write_rows(split, name, entry, chain([first], rows))]

    def _read(self, split: Split, note: Note | None) -> Iterator[bytes]:
        seqs = self.rows.in_order(self.source.members.of(split))
        return_memory()
        return iter((self.encoders or self.rows).rows(seqs, split, self.account, note))

    def _write_rows(
        self, split: Split, name: str, target: Writes, rows: Iterator[bytes]
    ) -> WrittenFile:
        about = describe_inside(self.rows, self.source.snapshot.content_hash)
        pieces = self.layout.frame(rows, about)
        num_bytes, sha256 = write_pieces(target, pieces, lambda: self.report(self.account.num_read))
        num_rows = self.num_rows[split] = self.account.num_rows - self.num_rows.total()
        return WrittenFile(name, num_rows, num_bytes, sha256)

    def _noter(self, target: Writes, name: str) -> Note:
        """What writes down where each row comes from."""
        numbers = count(1)

        def note(origin: bytes) -> None:
            target.write(describe_provenance(origin, name, next(numbers)))

        return note

    def _write_provenance(self, archive: ZipFile, noted: IO[bytes]) -> list[WrittenFile]:
        if self.source.exporter.has_ids:
            return []
        noted.seek(0)
        with archive.open(PROVENANCE, "w", force_zip64=True) as entry:
            pieces = iter(lambda: noted.read(JOIN_BYTES), b"")
            num_bytes, sha256 = write_pieces(entry, pieces, lambda: None)
        return [WrittenFile(PROVENANCE, None, num_bytes, sha256)]
