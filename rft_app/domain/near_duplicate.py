"""Near-duplicates: records that ask nearly the same, in groups, for a person to decide."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from rft_app.domain.entity import Entity
from rft_app.domain.record import RecordId

DEFAULT_THRESHOLD = 0.8


class NearState(StrEnum):
    """What became of a group."""

    OPEN = "open"
    SETTLED = "settled"
    """Some of its records were archived."""
    DISMISSED = "dismissed"
    """All of its records stay."""


class NearMember(Entity):
    """One record of a group."""

    record_id: RecordId
    title: str
    text: str
    """What the user said, one message a line."""
    similarity: float = Field(ge=0, le=1)
    """Words and pairs of words in common with the suggested record, among all of both."""
    reward: float | None = None
    num_messages: int
    is_suggested: bool
    """Whether it is the one to keep: the best recorded reward, then the oldest."""
    is_current: bool = True
    """False once it is archived."""


class NearGroup(Entity):
    """Records that ask nearly the same."""

    position: int
    """Its place in the list, the largest group first; also its name."""
    members: tuple[NearMember, ...]
    """The suggested one first."""
    num_members: int
    """All of them, where `members` is a part."""
    state: NearState = NearState.OPEN
    change_id: str | None = None


class NearReport(Entity):
    """The last search."""

    threshold: float
    num_compared: int
    """Valid records that were compared, exact duplicates left out."""
    num_groups: int
    num_open: int
    num_removable: int
    """Records that would go if each open group kept its suggested one."""
    finished_at: datetime
    is_outdated: bool
    """Whether records have come, gone or changed since, other than by this review."""
