"""An HTTP status and its body as a named failure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import openai

from rft_app.llm._error_rules import Told, find_kind
from rft_app.llm.failures import CallFailure

OPTIONAL = (
    *("temperature", "response_format", "max_tokens", "max_completion_tokens"),
    "stream_options",
)
"""Parameters that a request can do without."""
MAX_MESSAGE = 300

HeaderLookup = Callable[[str], str | None]
"""Finds a header by its name in lower case."""
Hide = Callable[[str], str]

_NOT_TAKEN = ("support", "unknown", "unrecogni", "not permitted", "not allowed", "unexpected")


@dataclass(frozen=True)
class StatusFailure:
    """What an answer with an error status says."""

    failure: CallFailure
    retry_after_s: float | None = None
    refused_parameter: str | None = None
    """The optional parameter that the provider does not take."""


def read_status_failure(error: openai.APIStatusError, hide: Hide = str) -> StatusFailure:
    """Name the failure behind an error status; `hide` takes secrets out of what was said."""
    said = hide(str(error.message).removeprefix(f"Error code: {error.status_code} - "))
    shown = f"{error.status_code}: {said}"[:MAX_MESSAGE]
    kind = find_kind(error.status_code, Told.of(error.body) or Told(said))
    return StatusFailure(
        failure=CallFailure(kind=kind, message=shown),
        retry_after_s=read_retry_after(error.response.headers.get),
        refused_parameter=_find_refused(error, said),
    )


def _find_refused(error: openai.APIStatusError, said: str) -> str | None:
    """The parameter itself must be the fault; a bad value or a long prompt is not."""
    lowered = said.lower()
    if error.status_code not in {400, 422} or not any(sign in lowered for sign in _NOT_TAKEN):
        return None
    named = str(error.param or "").partition(".")[0]
    if named in OPTIONAL:
        return named
    if "json_schema" in lowered:
        return "response_format"
    return next((name for name in OPTIONAL if name in lowered), None)


def read_retry_after(find_header: HeaderLookup, now: datetime | None = None) -> float | None:
    """Seconds that the provider asks to wait: a number, a number of milliseconds, or a moment.

    Example:
        >>> read_retry_after({"retry-after": "7"}.get), read_retry_after({}.get)
        (7.0, None)
    """
    milliseconds, value = find_header("retry-after-ms"), find_header("retry-after")
    for text, scale in ((milliseconds, 0.001), (value, 1.0)):
        try:
            if text is not None:
                return max(0.0, float(text) * scale)
        except ValueError:
            continue
    return None if value is None else _until(value, now or datetime.now(UTC))


def _until(text: str, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
