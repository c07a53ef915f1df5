"""Coverage on the wire; shares are percentages from 0 to 100."""

from datetime import datetime

from rft_app.api.schemas._base import Wire
from rft_app.domain import coverage as domain


class TopicDistribution(Wire):
    """One leaf topic against its target."""

    count: int
    percentage: float
    target_percentage: float
    gap: int | None
    """Records to add to reach the target; `null` when no number would do."""
    status: domain.CoverageStatus


class CoverageReport(Wire):
    """How records spread over leaf topics."""

    timestamp: datetime
    total_records: int
    distribution: dict[str, TopicDistribution]
    balance_score: float
    recommendations: list[str]
    rating: domain.CoverageRating
    set_by: str
    """The topic with the lowest share against its target; of several the first by name."""
    tied_with: list[str]
    """Other topics with the same share against their target."""
    division: str
    """How the balance came about, e.g. `4.5% ÷ 8.3%`."""
    without_topic: int
    """Records in no topic; they are in no share."""

    @classmethod
    def of(cls, report: domain.CoverageReport, at: datetime) -> "CoverageReport":
        """Convert from the domain."""
        return cls(
            timestamp=at,
            total_records=report.num_records,
            distribution={topic.key: _to_topic(topic) for topic in report.topics},
            balance_score=report.balance,
            recommendations=list(report.recommendations),
            rating=report.rating,
            set_by=report.set_by,
            tied_with=list(report.tied_with),
            division=report.division,
            without_topic=report.num_without_topic,
        )


def _to_topic(topic: domain.TopicCoverage) -> TopicDistribution:
    return TopicDistribution(
        count=topic.count,
        percentage=topic.share * 100,
        target_percentage=topic.target_share * 100,
        gap=topic.gap,
        status=topic.status,
    )
