"""What goes into the file of an export: one data file, or a zip with its description."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sqlmodel import Session

from rft_app.domain.export import Export
from rft_app.domain.split import Split
from rft_app.services.export_description import (
    ExportSource,
    count_skipped,
    count_zero_reward,
    describe_export,
)
from rft_app.services.export_files import (
    Writes,
    WrittenFile,
    hash_file,
    open_archive,
    whole_file,
    write_lines,
)
from rft_app.services.export_lines import Account, encode_lines
from rft_app.storage.records import iterate_record_bytes
from rft_app.storage.splits import Ints

Report = Callable[[int], None]
"""Called with the number of records read so far, at last with that of all."""


def write_export(session: Session, source: ExportSource, path: Path, report: Report) -> Export:
    """Write the file and return the export with its figures.

    Raises:
        InvalidInputError: No record has what the format needs.
        ConflictError: The disk is full.
    """
    writing = _Writing(session, source, Account(), report)
    with whole_file(path) as file:
        if source.export.options.is_archive:
            files = writing.write_archive(file)
        else:
            files = [writing.write_rows(source.members.seqs, path.name, file)]
            writing.account.require_rows(files[0].num_rows)
    return source.export.model_copy(
        update={
            "snapshot_id": source.snapshot.id,
            "size_bytes": path.stat().st_size,
            "sha256": hash_file(path) if source.export.options.is_archive else files[0].sha256,
            "num_train": files[0].num_rows,
            "num_test": files[1].num_rows if len(files) > 1 else 0,
            "skipped": count_skipped(source, writing.account),
            "num_zero_reward": count_zero_reward(source, writing.account),
            "is_done": True,
        }
    )


@dataclass(frozen=True, slots=True)
class _Writing:
    session: Session
    source: ExportSource
    account: Account
    report: Report

    def write_archive(self, file: IO[bytes]) -> list[WrittenFile]:
        options = self.source.export.options
        with open_archive(file, options.compression_level) as archive:
            files: list[WrittenFile] = []
            for split in Split if options.include_test else (Split.TRAIN,):
                name = f"{split}{self.source.exporter.suffix}"
                seqs = self.source.members.of(split)
                with archive.open(name, "w", force_zip64=True) as entry:
                    files.append(self.write_rows(seqs, name, entry))
            self.account.require_rows(sum(part.num_rows for part in files))
            if options.include_metadata:
                with archive.open("metadata.json", "w") as entry:
                    entry.write(describe_export(self.source, self.account, files))
        return files

    def write_rows(self, seqs: Ints, name: str, target: Writes) -> WrittenFile:
        dataset_id = self.source.export.dataset_id
        records = iterate_record_bytes(self.session, dataset_id, seqs)
        lines = encode_lines(self.source.exporter, records, self.account)
        return write_lines(target, name, lines, lambda: self.report(self.account.num_read))
