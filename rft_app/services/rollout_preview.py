"""Look at the head of a file of answers before it is imported."""

from pathlib import Path
from statistics import fmean

import msgspec

from rft_app.domain.imports import FilePreview, ImportFault, PreviewMessage, PreviewRow
from rft_app.domain.message import text_of
from rft_app.services.file_preview import (
    MAX_BYTES,
    MAX_ROWS,
    NUM_FAULTS,
    NUM_SHOWN,
    TEXT_LENGTH,
)
from rft_app.settings import get_settings
from rft_app.traces.line import LineFault
from rft_app.traces.reading import fault_of, find_row_fault
from rft_app.traces.rollout import Answer, AnsweredRow, parse_rollouts
from rft_app.traces.rows import SourceRow
from rft_app.traces.source import Limits, Source


def preview_rollouts(path: Path | str, *, file_name: str) -> FilePreview:
    """Read the head of a file: its first rows, what is wrong with others.

    Whether its rows name records of a dataset is found out by the import.

    Raises:
        InvalidInputError: The file is empty, binary or damaged.
    """
    settings = get_settings()
    limits = Limits(settings.max_file_bytes, settings.max_line_bytes)
    rows: list[tuple[SourceRow, AnsweredRow]] = []
    faults: list[ImportFault] = []
    num_bytes, is_whole = 0, True
    with Source(Path(path), limits, name=file_name) as source:
        for row in source.rows():
            if len(rows) + len(faults) == MAX_ROWS or num_bytes > MAX_BYTES:
                is_whole = False
                break
            num_bytes += len(row.data)
            found = _read(row)
            if isinstance(found, ImportFault):
                faults.append(found)
            else:
                rows.append((row, found))
        return _describe(rows, faults, file_name, source.size_bytes, is_whole_file=is_whole)


def _read(row: SourceRow) -> AnsweredRow | ImportFault:
    if (fault := find_row_fault(row)) is not None:
        return fault
    found = parse_rollouts(row.data)
    if isinstance(found, LineFault):
        return fault_of(row, found.reason, found.message)
    return found


def _describe(
    rows: list[tuple[SourceRow, AnsweredRow]],
    faults: list[ImportFault],
    file_name: str,
    size_bytes: int,
    *,
    is_whole_file: bool,
) -> FilePreview:
    answers = [answer for _, row in rows for answer in row.answers]
    rewards = [answer.reward for answer in answers if answer.reward is not None]
    reasons: dict[str, int] = {}
    for fault in faults:
        reasons[fault.code] = reasons.get(fault.code, 0) + 1
    return FilePreview(
        file_name=file_name,
        size_bytes=size_bytes,
        shape="rollouts" if rows else None,
        shape_label="Answers to records" if rows else None,
        rows=tuple(_show(row.number, found) for row, found in rows[:NUM_SHOWN]),
        columns=(),
        suggested_mapping={},
        num_lines=len(rows) + len(faults),
        num_parsed=len(rows),
        num_valid=len(rows),
        num_invalid=len(faults),
        reasons=reasons,
        faults=tuple(faults[:NUM_FAULTS]),
        fewest_messages=min((len(row.answers) for _, row in rows), default=None),
        most_messages=max((len(row.answers) for _, row in rows), default=None),
        num_rewarded=len(rewards),
        mean_reward=fmean(rewards) if rewards else None,
        is_whole_file=is_whole_file,
    )


def _show(number: int, row: AnsweredRow) -> PreviewRow:
    named = row.question or f"Record {row.ids[0]}" if row.ids or row.question else ""
    return PreviewRow(
        line_number=number,
        messages=(PreviewMessage(role="user", text=named[:TEXT_LENGTH]), *map(_say, row.answers)),
        reference=None,
        reward=row.answers[0].reward,
        reason=None,
    )


def _say(answer: Answer) -> PreviewMessage:
    messages = msgspec.json.decode(answer.messages)
    words = text_of(messages[-1].get("content")) if messages else ""
    return PreviewMessage(role="assistant", text=words[:TEXT_LENGTH])
