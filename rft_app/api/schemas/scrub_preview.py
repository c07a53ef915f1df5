"""What would be taken out of traces, on the wire."""

from pydantic import Field

from rft_app.api.schemas._base import Wire
from rft_app.api.schemas.scrubbing import ScrubRules
from rft_app.api.schemas.trace import TraceSelection
from rft_app.domain import scrubbing as domain
from rft_app.services.scrub_preview import MAX_PREVIEWED


class ScrubPreviewRequest(ScrubRules):
    """Rules, and the stored traces to try them on."""

    traces: int = Field(default=100, ge=1, le=MAX_PREVIEWED)
    """How many to look at, the newest first."""
    selection: TraceSelection | None = None
    """Of which traces; `null` for all."""


class Replacement(Wire):
    """One value that would be replaced."""

    trace_id: str
    """Of a file, the line."""
    placeholder: str
    value: str
    number: int
    """How often it stands in the trace."""


class ScrubPreview(Wire):
    """What rules would do; nothing is changed."""

    traces: int
    """Traces, or rows of the file, that were looked at."""
    touched: int
    """Those of them that would change."""
    counts: dict[str, int]
    """Values by kind."""
    replacements: list[Replacement]
    """The first ones."""

    @classmethod
    def of(cls, found: domain.ScrubPreview) -> "ScrubPreview":
        """Convert from the domain."""
        return cls(
            traces=found.num_traces,
            touched=found.num_touched,
            counts=dict(found.counts),
            replacements=[Replacement(**each.model_dump()) for each in found.replacements],
        )
