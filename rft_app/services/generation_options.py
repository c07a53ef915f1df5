"""Which strategies a dataset's records allow, and what each starts from."""

from typing import Any

from sqlmodel import Session

from rft_app.domain.entity import Entity
from rft_app.domain.record import SourceType
from rft_app.storage.datasets import get_dataset_row
from rft_app.storage.record_counts import count_facets
from rft_app.strategies import STRATEGIES, Strategy


class StrategyOption(Entity):
    """One strategy as this dataset can use it."""

    name: str
    label: str
    description: str
    """What it makes, and when to choose it."""
    needs: str
    """What it starts from, with how many there are."""
    obstacle: str
    """Why it cannot be used here; empty when it can."""


class _Materials(Entity):
    """Trainable records that were not generated themselves."""

    num_records: int
    num_with_tools: int


def list_strategy_options(session: Session, dataset_id: str) -> tuple[StrategyOption, ...]:
    """All strategies, in the order a person sees them.

    Raises:
        NotFoundError: There is no such dataset.
    """
    get_dataset_row(session, dataset_id)
    found = _count_materials(session, dataset_id)
    return tuple(
        StrategyOption(
            name=strategy.name,
            label=strategy.label,
            description=strategy.description,
            needs=_describe_needs(strategy, found),
            obstacle=_find_obstacle(strategy, found),
        )
        for strategy in STRATEGIES
    )


def _count_materials(session: Session, dataset_id: str) -> _Materials:
    found = [
        (facet.has_tools, number)
        for _, facet, number in count_facets(session, dataset_id)
        if facet.reason is None
        and not facet.is_duplicate
        and facet.source_type is not SourceType.GENERATED
    ]
    return _Materials(
        num_records=sum(number for _, number in found),
        num_with_tools=sum(number for has_tools, number in found if has_tools),
    )


def _describe_needs(strategy: Strategy[Any], found: _Materials) -> str:
    if strategy.needs_tools:
        return (
            f"Needs records with tools: {found.num_with_tools:,} of {found.num_records:,} have them"
        )
    if strategy.needs_source:
        return f"Starts from one record each: {found.num_records:,} to choose from"
    if strategy.needs_examples:
        return "Starts from a few records of the topic"
    return "Needs no record"


def _find_obstacle(strategy: Strategy[Any], found: _Materials) -> str:
    if strategy.needs_tools and not found.num_with_tools:
        return "No valid record of this dataset has tools."
    if strategy.needs_examples and not found.num_records:
        return "This dataset has no valid record to start from."
    return ""
