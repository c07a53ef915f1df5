"""Near-duplicates on the wire."""

from datetime import datetime

from pydantic import Field

from rft_app.api.schemas._base import Wire, WireRequest
from rft_app.domain import near_duplicate as domain
from rft_app.text.near_duplicates import MAX_THRESHOLD, MIN_THRESHOLD


class NearDuplicateSearch(WireRequest):
    """How to look for near-duplicates."""

    threshold: float = Field(default=domain.DEFAULT_THRESHOLD, ge=MIN_THRESHOLD, le=MAX_THRESHOLD)
    """Least similarity to the record that is kept."""


class NearDuplicateReport(Wire):
    """What the last search found, and how far its review is."""

    threshold: float
    compared: int
    """Valid records, exact duplicates left out."""
    groups: int
    open_groups: int
    removable: int
    """Records that would go if each open group kept its suggested one."""
    finished_at: datetime
    is_outdated: bool
    """Whether records have changed since, other than by this review."""

    @classmethod
    def of(cls, report: domain.NearReport) -> "NearDuplicateReport":
        """Convert from the domain."""
        return cls(
            threshold=report.threshold,
            compared=report.num_compared,
            groups=report.num_groups,
            open_groups=report.num_open,
            removable=report.num_removable,
            finished_at=report.finished_at,
            is_outdated=report.is_outdated,
        )


class NearDuplicate(Wire):
    """One record of a group."""

    record_id: str
    title: str
    text: str
    """What the user said, one message a line."""
    similarity: float
    """To the suggested record, in [0, 1]."""
    reward: float | None
    is_suggested: bool
    is_current: bool


class NearDuplicateGroup(Wire):
    """Records that ask nearly the same."""

    position: int
    """Its name until the next search."""
    state: domain.NearState
    members: list[NearDuplicate]
    """The suggested one first; of a large group only the first ones."""
    member_count: int

    @classmethod
    def of(cls, group: domain.NearGroup) -> "NearDuplicateGroup":
        """Convert from the domain."""
        members = [
            NearDuplicate(**member.model_dump(exclude={"num_messages"})) for member in group.members
        ]
        return cls(
            position=group.position,
            state=group.state,
            members=members,
            member_count=group.num_members,
        )


class KeptRecords(WireRequest):
    """Which records of a group stay."""

    record_ids: list[str]


class ArchivedDuplicates(Wire):
    """What keeping the suggested records did."""

    change_id: str
    """Takes it back."""
    records: int
    """Records that were archived, or will be by the job."""
    job_id: str | None
