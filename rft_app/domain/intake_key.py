"""Keys of those who may send, as far as they may be told."""

from datetime import datetime
from typing import Final

from rft_app.domain.entity import Entity

MAX_NAME: Final = 100
SETTING: Final = "RFT_OTLP_KEYS"
"""The name that keys of the settings go by."""


class IntakeKey(Entity):
    """One key, without itself."""

    id: str | None = None
    """`None` for a key of the settings, which only they can take back."""
    name: str
    beginning: str = ""
    """Its first characters, to be recognized by; empty for a key of the settings."""
    created_at: datetime | None = None
    last_used_at: datetime | None = None
    """To the minute; `None` where it was never used, or nobody keeps count."""
    revoked_at: datetime | None = None

    @property
    def is_active(self) -> bool:
        """Whether it is accepted."""
        return self.revoked_at is None
