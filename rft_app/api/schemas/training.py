"""Datasets as training sees them, on the wire."""

from rft_app.api.schemas._base import Wire
from rft_app.domain.dataset import Dataset
from rft_app.domain.record import SourceType
from rft_app.services.export_counts import Qualifying
from rft_app.services.training_summary import TrainingSummary, recommend


class FormatCount(Wire):
    """How many records one export format can take."""

    format: str
    qualifying: int
    looked_at: int
    is_exact: bool
    """Whether every usable record was looked at."""
    lacks: list[str]
    """What the others lack, most frequent first."""


class TrainingDataset(Wire):
    """What one dataset brings to training."""

    id: str
    name: str
    usable: int
    """Valid records that repeat no earlier one."""
    left_out: int
    sources: dict[SourceType, int]
    agents: list[str]
    """Who answered, most frequent first; the dataset's name where no record names its agent."""
    badge: str
    """The richest of SFT, KTO, DPO and RFT that it fills; empty where it fills none."""
    recommended: str
    """The format to start with."""
    feedback: int
    formats: list[FormatCount]

    @classmethod
    def of(
        cls,
        dataset: Dataset,
        summary: TrainingSummary,
        found: tuple[Qualifying, ...],
        feedback: int,
    ) -> "TrainingDataset":
        """Convert from the use cases."""
        return cls(
            id=dataset.id,
            name=dataset.name,
            usable=summary.num_usable,
            left_out=summary.num_left_out,
            sources=summary.sources,
            agents=list(summary.agents),
            badge=summary.badge,
            recommended=recommend(found),
            feedback=feedback,
            formats=[
                FormatCount(
                    format=one.format,
                    qualifying=one.num_qualifying,
                    looked_at=one.num_looked_at,
                    is_exact=one.is_exact,
                    lacks=list(one.lacks),
                )
                for one in found
            ],
        )
