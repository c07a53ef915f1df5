"""Export a dataset from the command line."""

from collections.abc import Mapping
from pathlib import Path

import typer

from rft_app.api.schemas.export import Export as WireExport
from rft_app.cli.dataset_argument import resolve_dataset
from rft_app.cli.following import following
from rft_app.cli.output import write_json, write_line
from rft_app.domain.export import Export, ExportOptions
from rft_app.domain.record import Selection
from rft_app.errors import InvalidInputError
from rft_app.exports import EXPORTERS
from rft_app.services.export_paths import (
    export_to_path,
    locate_copy,
    options_for_path,
    require_writable,
)
from rft_app.services.export_preview import has_grades
from rft_app.storage.session import reading

_WORDS = {
    "duplicate": "duplicates",
    "no_output": "without an answer",
    "no_reference": "without a reference",
    "no_question": "without a question",
    "unsupported_content": "with unsupported content",
    "no_answer": "without an answer in text",
    "no_pair": "without a better and a worse answer",
    "no_label": "without an answer known to be good or bad",
    "abstained": "that the grader would not judge",
    "failed": "that the grader could not judge",
    "several_turns": "with an answer of several turns",
    "not_alternating": "with turns that do not alternate",
    "tools_in_prompt": "with tool calls in the prompt",
    "text_beside_calls": "with a turn of both text and tool calls",
    "calls_left_open": "with tool calls without a result",
    "balance": "to keep topics at their targets",
}


def run_export(
    dataset: str,
    format_name: str,
    options: ExportOptions,
    min_grade: float | None,
    out: Path,
    *,
    is_json: bool,
) -> None:
    """Export into `out` and print what was written.

    Raises:
        BadParameter: The ending of `out` does not fit what is asked for.
        RftError: The export failed; nothing was written to `out`.
    """
    try:
        options_for_path(out, options, EXPORTERS.get(format_name).layout(options).suffix)
    except InvalidInputError as error:
        raise typer.BadParameter(f"--out {out}: {error.message}") from error
    require_writable(out)
    dataset_id = resolve_dataset(dataset)
    with reading() as session:
        selection = Selection().graded_from(min_grade, has_grades=has_grades(session, dataset_id))
    with following() as follower:
        made = export_to_path(
            dataset_id=dataset_id,
            format=format_name,
            path=out,
            options=options,
            selection=selection,
            follow=lambda job: follower.follow(job, "Export"),
        )
    _print(made, locate_copy(made, out), is_json=is_json)


def _print(made: Export, target: Path, *, is_json: bool) -> None:
    if is_json:
        write_json({**WireExport.of(made).to_json(), "path": str(target.absolute())})
        return
    size = f"{made.size_bytes:,} bytes" if made.size_bytes is not None else "unknown size"
    left_out = describe_skipped(made.skipped or {})
    rows = f"{made.num_train:,} train, {made.num_test:,} test"
    write_line(f"{target}: {rows}{left_out}; {size}")
    if made.num_zero_reward:
        write_line(f"{made.num_zero_reward:,} of these rows have a recorded reward of 0.")
        if made.options.snapshot_id is None:  # a snapshot is taken as it is
            write_line("--min-grade leaves answers out by their grade, e.g. --min-grade 0.5.")


def describe_skipped(skipped: Mapping[str, int]) -> str:
    """The counts of what is not in the file; empty where everything is."""
    counts = [f"{n:,} {_WORDS.get(reason, reason)}" for reason, n in skipped.items() if n]
    return f"; left out: {', '.join(counts)}" if counts else ""
