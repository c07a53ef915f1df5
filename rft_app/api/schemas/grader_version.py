"""Versions of a grader on the wire."""

from datetime import datetime

from rft_app.api.schemas._base import Wire
from rft_app.api.schemas.grader import GraderConfig
from rft_app.domain import grader_difference as domain
from rft_app.domain.grader import GraderVersion as StoredVersion


class GraderVersion(Wire):
    """One version; none is ever changed."""

    id: str
    version: int
    """Counts from 1 within the dataset."""
    created_at: datetime
    config: GraderConfig

    @classmethod
    def of(cls, stored: StoredVersion) -> "GraderVersion":
        """Convert from the domain."""
        return cls(
            id=stored.id,
            version=stored.version,
            created_at=stored.created_at,
            config=GraderConfig.of(stored),
        )


class SettingDifference(Wire):
    """One setting that differs."""

    name: str
    first: str | None
    """`null` where a grader of this kind has no such setting."""
    second: str | None


class DiffLine(Wire):
    """One line of either script or prompt."""

    kind: domain.LineKind
    first_number: int | None
    """Counted from 1; `null` for an added line."""
    second_number: int | None
    """The same; `null` for a removed line."""
    text: str


class GraderDifference(Wire):
    """How the second grader differs from the first."""

    settings: list[SettingDifference]
    """Those that differ, script and prompt left out."""
    lines: list[DiffLine]
    """Every line of both scripts or prompts; empty where they are equal."""
    added: int
    removed: int

    @classmethod
    def of(cls, found: domain.GraderDifference) -> "GraderDifference":
        """Convert from the domain."""
        return cls(
            settings=[SettingDifference(**one.model_dump()) for one in found.settings],
            lines=[DiffLine(**line.model_dump()) for line in found.lines],
            added=found.num_added,
            removed=found.num_removed,
        )
