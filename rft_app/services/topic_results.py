"""Keep the topics step's result in agreement with the tree after it was changed by hand."""

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from rft_app.domain.pipeline import StepName
from rft_app.pipeline._topics_result import describe_topics
from rft_app.pipeline.topics import TopicsSettings, TopicsStep
from rft_app.storage.step_inputs import get_inputs
from rft_app.storage.steps import finish_step, get_step_row
from rft_app.storage.topic_counts import refresh_topic_counts

BY_HAND: Mapping[str, Any] = {"method": "manual", "seed": 0}
"""Origin of a tree that nothing found."""


def refresh_result(
    session: Session,
    dataset_id: str,
    *,
    is_current: bool = False,
    origin: Mapping[str, Any] | None = None,
) -> None:
    """Recount who is in which topic, and store the figures of the tree as it is now.

    Args:
        session: A unit of work.
        dataset_id: Whose.
        is_current: Whether every record was looked at just now; else the result stays out of date
            if it was.
        origin: `method` and `seed` of a tree that was just made; else they stay.
    """
    figures = refresh_topic_counts(session, dataset_id)
    step = TopicsStep()
    row = get_step_row(session, dataset_id, StepName.TOPICS)
    settings = TopicsSettings.model_validate(row.settings)
    started_at, finished_at, was_processing = row.started_at, row.finished_at, row.is_processing
    fresh = step.input_hash(get_inputs(session, dataset_id), settings)
    finish_step(
        session,
        dataset_id,
        StepName.TOPICS,
        describe_topics(session, dataset_id, origin or row.facts or BY_HAND, figures),
        settings=settings.model_dump(mode="json"),
        input_hash=fresh if is_current or row.input_hash is None else row.input_hash,
    )
    row = get_step_row(session, dataset_id, StepName.TOPICS)
    row.is_processing = was_processing
    if not is_current and finished_at is not None:
        row.started_at, row.finished_at = started_at, finished_at
    session.add(row)
    session.flush()
