"""What arrives by itself, at a glance."""

from rft_app.domain.entity import Entity
from rft_app.domain.intake import IntakeCount


class IntakeMinute(Entity):
    """Traces that were made of what a source sent within a minute."""

    minute: int
    """Minutes since 1970, UTC."""
    source: str
    number: int


class IntakeOverview(Entity):
    """What arrived, who may send, how long it stays."""

    this_minute: int
    """Minutes since 1970, UTC."""
    minutes: tuple[IntakeMinute, ...]
    """Of the last hour."""
    counts: tuple[IntakeCount, ...]
    """Of the last day, the commonest first."""
    num_keys: int
    """Keys that are accepted; without any, everybody may send who reaches the server."""
    retention_days: int
    """0 keeps what arrives."""
