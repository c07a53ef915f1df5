"""The coverage dialog: shares against targets, and what set the balance."""

from dataclasses import dataclass
from typing import ClassVar

import plotly.graph_objects as go
import reflex as rx

from rft_app.domain.coverage import (
    CoverageReport,
    CoverageStatus,
    TopicCoverage,
    name_few,
)
from rft_app.domain.pipeline import StepName
from rft_app.services.pipeline import StepView
from rft_app.ui.charts.palette import DARK, LIGHT
from rft_app.ui.charts.treemap import Tile, topic_treemap
from rft_app.ui.state.coverage_targets import CoverageTargets
from rft_app.ui.words import count

_WORDS = {
    CoverageStatus.UNDER: "under target",
    CoverageStatus.OK: "on target",
    CoverageStatus.OVER: "over target",
}
_TONES = {"Good": "ok", "Fair": "warn", "Poor": "warn"}


@dataclass(frozen=True)
class CoverageRow:
    """One leaf topic."""

    key: str
    name: str
    num_records: str
    share: str
    target: str
    width: float
    """Of the bar, in percent of its track."""
    mark: float
    """Of the target line, in percent of the track."""
    gap: str
    status: str
    words: str
    finding: str
    """The row in one sentence, for those who do not see the bar."""

    @classmethod
    def of(cls, topic: TopicCoverage, report: CoverageReport, scale: float) -> "CoverageRow":
        """Build the row; `scale` is the share at the right end of the track."""
        share, target = report.show(topic.share), report.show(topic.target_share)
        return cls(
            key=topic.key,
            name=topic.key.replace("/", " › "),
            num_records=f"{topic.count:,}",
            share=share,
            target=target,
            width=round(100 * topic.share / scale, 2),
            mark=round(100 * topic.target_share / scale, 2),
            gap=_gap(topic.gap),
            status=topic.status.value,
            words=_WORDS[topic.status],
            finding=f"{topic.key}: {share} of the records, target {target}, {_WORDS[topic.status]}",
        )


def _gap(gap: int | None) -> str:
    if gap is None:
        return "unreachable"
    return f"+{gap:,}" if gap else "–"


class CoverageState(CoverageTargets, rx.State):
    """How the trainable records spread over the leaf topics."""

    step: ClassVar[StepName] = StepName.COVERAGE

    balance: str = ""
    balance_percent: float = 0.0
    rating: str = ""
    rating_tone: str = "neutral"
    division: str = ""
    set_by: str = ""
    num_records: str = ""
    num_without_topic: str = ""
    has_gaps: bool = False
    """Whether a topic is under its target."""
    rows: list[CoverageRow] = []
    recommendations: list[str] = []
    shape: str = "bars"
    """How shares are shown: `bars`, `map` or `table`."""
    map_dark: go.Figure = go.Figure()
    map_light: go.Figure = go.Figure()
    map_finding: str = ""

    @rx.event
    def show_as(self, shape: str) -> None:
        """Show shares as bars, as a map of areas, or as a table of figures."""
        self.shape = shape

    async def _show(self, step: StepView) -> None:
        await self._mark_unsaved()
        if not step.facts:
            return
        report = CoverageReport.model_validate(step.facts)
        scale = max(max(topic.share, topic.target_share) for topic in report.topics) or 1.0
        self.balance = f"{report.balance:.2f}"
        self.balance_percent = round(100 * report.balance, 1)
        self.rating = report.rating.value
        self.rating_tone = _TONES[report.rating.value]
        self.division = report.division
        topics = (report.set_by, *report.tied_with)
        self.set_by = name_few([topic.replace("/", " › ") for topic in topics])
        self.num_records = count(report.num_records, "record")
        self.num_without_topic = (
            count(report.num_without_topic, "record") if report.num_without_topic else ""
        )
        self.has_gaps = any(topic.status is CoverageStatus.UNDER for topic in report.topics)
        self.rows = [CoverageRow.of(topic, report, scale) for topic in report.topics]
        self.recommendations = list(report.recommendations)
        self._draw(report)

    def _draw(self, report: CoverageReport) -> None:
        tiles = [
            Tile(
                key=topic.key,
                num_records=topic.count,
                status=topic.status.value,
                ratio=topic.ratio,
                figures=(
                    f"{topic.count:,} · {report.show(topic.share)}",
                    f"target {report.show(topic.target_share)}",
                ),
                words=f"{topic.key.replace('/', ' › ')}<br>{count(topic.count, 'record')}, "
                f"{report.show(topic.share)}; target {report.show(topic.target_share)}",
            )
            for topic in report.topics
        ]
        self.map_dark, self.map_light = topic_treemap(tiles, DARK), topic_treemap(tiles, LIGHT)
        largest = max(report.topics, key=lambda topic: topic.count)
        under = sum(topic.status is CoverageStatus.UNDER for topic in report.topics)
        self.map_finding = (
            f"Map of {count(len(report.topics), 'topic')}: the largest is {largest.key} with "
            f"{report.show(largest.share)}; {under} below their target. The table says the same."
        )
