"""`metadata.json`: where an export comes from, what is in it, how to load it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Final

import orjson

from rft_app.domain.export import Export, Need
from rft_app.domain.snapshot import Snapshot
from rft_app.exports import EXPORTERS, Exporter
from rft_app.services.export_files import WrittenFile
from rft_app.services.export_lines import Account
from rft_app.storage.members import Members

FORMAT_VERSION: Final = 1
CHARACTERS_PER_TOKEN: Final = 4


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


def describe_export(source: ExportSource, account: Account, files: Sequence[WrittenFile]) -> bytes:
    """The bytes of `metadata.json`; nothing in it depends on when or where it is written."""
    snapshot, exporter = source.snapshot, source.exporter
    description: dict[str, Any] = {
        "format": exporter.name,
        "format_version": FORMAT_VERSION,
        "program": f"rft-app {version('rft-app')}",
        "created_at": snapshot.created_at.isoformat(),
        "dataset": {"id": source.export.dataset_id, "name": source.dataset_name},
        "snapshot": {"id": snapshot.id, "content_hash": snapshot.content_hash},
        "selection": snapshot.selection.model_dump(mode="json"),
        "split": snapshot.rule.model_dump(mode="json"),
        "counts": {
            "selected": account.num_read,
            "written": sum(file.num_rows for file in files),
            "skipped": count_skipped(source, account),
            "tools_inferred": account.num_tools_inferred,
        },
        "files": {
            file.name: {"rows": file.num_rows, "bytes": file.num_bytes, "sha256": file.sha256}
            for file in files
        },
        "longest_row": {
            "bytes": account.longest_row_bytes,
            "estimated_tokens": account.longest_row_bytes // CHARACTERS_PER_TOKEN,
        },
        "warnings": _warnings(account, count_zero_reward(source, account)),
        "load": exporter.snippet,
    }
    return orjson.dumps(description, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def count_skipped(source: ExportSource, account: Account) -> dict[str, int]:
    """Selected records that are not in the file, by reason."""
    lacks = {lack.value: count for lack, count in sorted(account.skipped.items())}
    return {**source.left_out, **lacks}


def count_zero_reward(source: ExportSource, account: Account) -> int:
    """Rows that teach an answer recorded with a reward of 0; none where no answer is taught."""
    return account.num_zero_reward if Need.OUTPUT in source.exporter.needs else 0


def _warnings(account: Account, num_zero_reward: int) -> list[str]:
    warnings = [
        f"{count:,} records were left out: they have {lack.message}."
        for lack, count in sorted(account.skipped.items())
    ]
    if num_zero_reward:
        warnings.append(
            f"In {num_zero_reward:,} rows the answer was recorded with a reward of 0: training on "
            "them teaches what did not work."
        )
    if account.num_tools_inferred:
        warnings.append(
            f"In {account.num_tools_inferred:,} rows the tool definitions were derived from the "
            "calls, because the source has none: names and argument types are those seen, "
            "descriptions are missing. Replace them with the real definitions if you have them."
        )
    return warnings
