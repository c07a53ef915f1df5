"""`metadata.json`: where an export comes from, what is in it, how to load it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Final

import orjson

from rft_app.domain.export import Export, ExportOptions, Need
from rft_app.domain.snapshot import Snapshot
from rft_app.exports import EXPORTERS, Exporter
from rft_app.services.export_files import WrittenFile
from rft_app.services.export_lines import CHARACTERS_PER_TOKEN, Account
from rft_app.services.export_rows import RowSource
from rft_app.storage.members import Members

FORMAT_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class ExportSource:
    """Everything that decides the bytes of a file."""

    export: Export
    dataset_name: str
    snapshot: Snapshot
    members: Members
    left_out: Mapping[str, int]
    """Selected records that cannot be trained on, by reason."""

    @property
    def exporter(self) -> Exporter:
        """The format."""
        return EXPORTERS.get(self.export.format)


def describe_inside(rows: RowSource, content_hash: str) -> bytes:
    """What a table says of itself where readers of its rows do not look, as JSON.

    Args:
        rows: What writes it.
        content_hash: Of its snapshot.
    """
    dataset = {"id": rows.dataset_id, "name": rows.context.dataset_name}
    return orjson.dumps(
        {
            "format": rows.exporter.name,
            "format_version": FORMAT_VERSION,
            "dataset": dataset,
            "snapshot": {"content_hash": content_hash},
        }
    )


def describe_export(source: ExportSource, account: Account, files: Sequence[WrittenFile]) -> bytes:
    """The bytes of `metadata.json`; nothing in it depends on when or where it is written."""
    snapshot, exporter = source.snapshot, source.exporter
    description: dict[str, Any] = {
        "format": exporter.name,
        "format_version": FORMAT_VERSION,
        "consumer": exporter.consumer,
        "options": _describe_options(source.export.options),
        "program": f"rft-app {version('rft-app')}",
        "created_at": snapshot.created_at.isoformat(),
        "dataset": {"id": source.export.dataset_id, "name": source.dataset_name},
        "snapshot": {"id": snapshot.id, "content_hash": snapshot.content_hash},
        "selection": snapshot.selection.model_dump(mode="json"),
        "split": snapshot.rule.model_dump(mode="json"),
        "counts": {
            "selected": account.num_read,
            "written": account.num_rows,
            "skipped": count_skipped(source, account),
            "tools_inferred": account.num_tools_inferred,
        },
        "files": {file.name: _describe_file(file) for file in files},
        "longest_row": {
            "bytes": account.longest_row_bytes,
            "estimated_tokens": account.longest_row_tokens,
            "consumer_takes": account.max_tokens,
            "rows_above": account.num_too_long,
        },
        "warnings": [
            *_warnings(exporter, account),
            *_name_absent(source.export.options, files),
        ],
        "load": exporter.snippet_for(account.longest_row_tokens),
    }
    return orjson.dumps(description, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _describe_file(file: WrittenFile) -> dict[str, Any]:
    rows = {} if file.num_rows is None else {"rows": file.num_rows}
    return {**rows, "bytes": file.num_bytes, "sha256": file.sha256}


def _describe_options(options: ExportOptions) -> dict[str, Any]:
    """What differs from the defaults, beside split and selection."""
    elsewhere = {"train_ratio", "seed", "test_generated", "compression_level", "snapshot_id"}
    return options.model_dump(mode="json", exclude_defaults=True, exclude=elsewhere)


def count_skipped(source: ExportSource, account: Account) -> dict[str, int]:
    """Selected records that are not in the file, by reason."""
    lacks = {lack.value: count for lack, count in sorted(account.skipped.items())}
    return {**source.left_out, **lacks}


def count_zero_reward(exporter: Exporter, account: Account) -> int:
    """Rows that teach an answer recorded with a reward of 0; none where no answer is taught."""
    return account.num_zero_reward if Need.OUTPUT in exporter.needs else 0


def _name_absent(options: ExportOptions, files: Sequence[WrittenFile]) -> list[str]:
    """Which sides have no file."""
    names = {file.name.partition(".")[0] for file in files}
    return [
        f"There is no {split} file: no record of that side has what the format needs."
        for split in options.splits
        if split not in names
    ]


def _warnings(exporter: Exporter, account: Account) -> list[str]:
    warnings = [
        f"{count:,} records were left out: they have {lack.message}."
        for lack, count in sorted(account.skipped.items())
    ]
    if num_zero_reward := count_zero_reward(exporter, account):
        warnings.append(
            f"In {num_zero_reward:,} rows the answer was recorded with a reward of 0: training on "
            "them teaches what did not work. A smallest grade leaves them out of an export."
        )
    if account.num_too_long:
        warnings.append(
            f"{account.num_too_long:,} rows are longer than {account.max_tokens:,} tokens, about "
            f"{CHARACTERS_PER_TOKEN} characters each: unless it is told otherwise the consumer "
            f"cuts or drops them. {exporter.raise_limit(account.longest_row_tokens)} keeps them."
        )
    if account.num_tools_inferred:
        warnings.append(
            f"In {account.num_tools_inferred:,} rows the tool definitions were derived from the "
            "calls, because the source has none: names and argument types are those seen, "
            "descriptions are missing. Replace them with the real definitions if you have them."
        )
    return warnings
