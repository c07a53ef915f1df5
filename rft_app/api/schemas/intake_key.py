"""Keys of those who may send, on the wire."""

from datetime import datetime

from pydantic import Field

from rft_app.api.schemas._base import Wire, WireRequest
from rft_app.domain import intake_key as domain


class IntakeKey(Wire):
    """One key, without itself."""

    id: str | None
    """`null` for a key of RFT_OTLP_KEYS, which only the environment takes back."""
    name: str
    beginning: str
    """Its first characters, to be recognized by; empty for a key of RFT_OTLP_KEYS."""
    created_at: datetime | None
    last_used_at: datetime | None
    """To the minute; `null` where it was never used, and for a key of RFT_OTLP_KEYS."""
    revoked_at: datetime | None
    """`null` as long as it is accepted."""

    @classmethod
    def of(cls, key: domain.IntakeKey) -> "IntakeKey":
        """Convert from the domain."""
        return cls.model_validate(key.model_dump())


class CreatedKey(IntakeKey):
    """A key that was just created."""

    key: str
    """The key itself; nothing tells it again."""


class NewKey(WireRequest):
    """A key that is wanted."""

    name: str = Field(min_length=1, max_length=domain.MAX_NAME)
    """Who sends with it."""
