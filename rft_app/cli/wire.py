"""The spec's JSON of things, as REST sends them."""

from typing import Any

from pydantic.alias_generators import to_camel
from sqlmodel import Session

from rft_app.cli.verdict import require_report
from rft_app.domain.dataset import Dataset
from rft_app.domain.dry_run import DryRun


def dataset_json(session: Session, dataset: Dataset) -> dict[str, Any]:
    """The dataset with its statistics and nodes."""
    fields = dataset.model_dump(mode="json", exclude={"stats"})
    stats = {to_camel(key): value for key, value in dataset.stats.model_dump().items()}
    return {**{to_camel(key): value for key, value in fields.items()}, "stats": stats}


def dry_run_json(dry_run: DryRun) -> dict[str, Any]:
    """The spec's `DryRunReport`; figures are null where nothing was graded."""
    report = require_report(dry_run)
    found = report.statistics.model_dump() if report.statistics else {}
    return {
        "timestamp": (dry_run.finished_at or dry_run.created_at).isoformat(),
        "samplesEvaluated": report.num_graded,
        "statistics": {
            "mean": found.get("mean"),
            "std": found.get("sd"),
            "median": found.get("median"),
            "percentiles": {name: found.get(name) for name in ("p10", "p25", "p75", "p90")},
            "scoreFractions": {
                "gtZero": found.get("share_positive"),
                "eqOne": found.get("share_one"),
            },
        },
        "distribution": {
            f"{edge / 10:.1f}-{(edge + 1) / 10:.1f}": count
            for edge, count in enumerate(report.histogram)
        },
        "byTopic": {
            topic.topic: {"mean": topic.mean, "count": topic.num_graded} for topic in report.topics
        },
        "diagnosis": {
            "datasetQuality": report.dataset_quality,
            "graderQuality": report.grader_quality,
            "verdict": report.verdict.value,
            "warnings": list(report.warnings),
            "recommendations": list(report.recommendations),
        },
    }
