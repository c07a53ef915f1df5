"""Feedback of people, one record a row.

{"record_id": "rec_1f", "reviewer": "Ann", "thumb": "up", "note": "polite"}
{"trace_id": "call-7", "reviewer": "Ann", "rating": 2, "output": "The refund is on its way."}
{"record_id": "rec_1f", "reviewer": "Bob", "chosen": "roll_a", "rejected": "recorded"}

A row of CSV has the same fields as columns.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from pydantic import ValidationError

from rft_app.domain.feedback import (
    MAX_NOTE_LENGTH,
    MAX_RATING,
    MIN_RATING,
    AnswerId,
    FeedbackDraft,
    Thumb,
)
from rft_app.domain.message import Message
from rft_app.domain.validity import Reason
from rft_app.traces.draft import ID_FIELDS, clean
from rft_app.traces.line import (
    LineFault,
    Row,
    WrongShapeError,
    as_text,
    decode_row,
    is_null,
    require_plain,
    starts_with,
)

SAID_FIELDS = ("thumb", "rating", "output", "chosen", "rejected", "note")
CSV_FAULT = "csv_fault"
"""Field of a row that was no good row of CSV: why."""
FIELDS = (*ID_FIELDS, "reviewer", *SAID_FIELDS)
_THUMBS: Mapping[str, Thumb] = {
    **dict.fromkeys(("up", "1", "+1", "true", "yes", "👍"), Thumb.UP),
    **dict.fromkeys(("down", "-1", "false", "no", "👎"), Thumb.DOWN),
}


@dataclass(frozen=True, slots=True)
class FeedbackLine:
    """What a row says."""

    ids: tuple[str, ...]
    """Our record id or the source's own, the likeliest first."""
    reviewer: str
    """Empty where the row names nobody."""
    draft: FeedbackDraft
    corrected: Message | None
    """The right answer, where the row has one."""


def parse_feedback(line: bytes) -> FeedbackLine | LineFault:
    """Read one row of feedback."""
    row = decode_row(line)
    if isinstance(row, LineFault):
        return row
    try:
        require_plain(line)
        return _read(row)
    except WrongShapeError as error:
        return LineFault(Reason.WRONG_SHAPE, str(error))
    except msgspec.DecodeError as error:
        return LineFault(Reason.WRONG_SHAPE, f"A field has an unexpected value: {error}. Mend it.")


def _read(row: Row) -> FeedbackLine:
    if fault := _text(row, CSV_FAULT):
        raise WrongShapeError(fault)
    ids = tuple(text for name in ID_FIELDS if (text := _text(row, name)))
    if not ids:
        raise WrongShapeError("The row names no record. Fill in `record_id` or `trace_id`.")
    draft = FeedbackDraft(
        thumb=_read_thumb(row),
        rating=_read_rating(row),
        chosen=_read_answer(row, "chosen"),
        rejected=_read_answer(row, "rejected"),
        note=_read_note(row),
    )
    corrected = _read_output(row)
    if draft.is_empty and corrected is None:
        known = ", ".join(SAID_FIELDS)
        raise WrongShapeError(f"The row says nothing. Fill in at least one of: {known}.")
    return FeedbackLine(ids, _text(row, "reviewer"), draft, corrected)


def _text(row: Row, name: str) -> str:
    """A field as text without space at its ends; empty where it is absent, null or blank."""
    return clean(as_text(row.get(name)) or "").strip()


def _read_thumb(row: Row) -> Thumb | None:
    text = _text(row, "thumb")
    if text and text.lower() not in _THUMBS:
        raise WrongShapeError(f"`thumb` is {text[:40]!r}. Write up or down.")
    return _THUMBS[text.lower()] if text else None


def _read_rating(row: Row) -> int | None:
    text = _text(row, "rating")
    if not text:
        return None
    try:
        rating = float(text)
    except ValueError:
        rating = float("nan")
    if rating not in range(MIN_RATING, MAX_RATING + 1):
        raise WrongShapeError(
            f"`rating` is {text[:40]!r}. Write a whole number from {MIN_RATING} to {MAX_RATING}."
        )
    return int(rating)


def _read_answer(row: Row, name: str) -> AnswerId | None:
    text = _text(row, name)
    return AnswerId(text) if text else None


def _read_note(row: Row) -> str:
    note = _text(row, "note")
    if len(note) > MAX_NOTE_LENGTH:
        raise WrongShapeError(
            f"`note` has {len(note):,} characters. Shorten it to {MAX_NOTE_LENGTH:,}."
        )
    return note


def _read_output(row: Row) -> Message | None:
    """The corrected answer: a text, an assistant message, or a list of one."""
    raw = row.get("output")
    if raw is None or is_null(raw):
        return None
    if starts_with(raw, b"["):
        elements = msgspec.json.decode(raw, type=list[msgspec.Raw])
        if len(elements) != 1:
            raise WrongShapeError(f"`output` has {len(elements)} messages. Give exactly one.")
        raw = elements[0]
    if not starts_with(raw, b"{"):
        text = as_text(raw) or ""
        return Message(role="assistant", content=text) if text.strip() else None
    try:
        return Message.model_validate_json(bytes(raw))
    except ValidationError as error:
        raise WrongShapeError(
            "`output` is no message. Write the answer as text, or as an object with `role` "
            "and `content`."
        ) from error
