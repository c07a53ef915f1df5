"""Plan and start generation: how many records for which topic, from what, at what cost."""

from typing import Any

from sqlmodel import Session

from rft_app.domain.entity import Entity
from rft_app.domain.generation import GenerationPlan, GenerationReport, GenerationSettings, Unit
from rft_app.domain.job import Job
from rft_app.domain.paid import PaidTotals
from rft_app.domain.record import Selection
from rft_app.errors import ConflictError
from rft_app.jobs.queue import enqueue
from rft_app.pipeline._scopes import sampling_scope
from rft_app.services.generation_costs import estimate_choice, estimate_tokens
from rft_app.services.generation_orders import Orders, find_orders
from rft_app.services.generation_units import make_units
from rft_app.services.settings_reading import validate_settings
from rft_app.storage import generation_runs
from rft_app.storage.catalogue import read_catalogue
from rft_app.storage.datasets import get_dataset_row
from rft_app.storage.paid_calls import sum_paid_calls
from rft_app.strategies import STRATEGIES

GENERATE = "generate"


class StrategyChoice(Entity):
    """One strategy for a menu."""

    name: str
    label: str
    description: str
    needs_source: bool
    """Whether it starts from records; then a topic without any gets none."""
    needs_tools: bool


def list_strategies() -> tuple[StrategyChoice, ...]:
    """All strategies, in the order a person sees them."""
    return tuple(
        StrategyChoice(
            name=strategy.name,
            label=strategy.label,
            description=strategy.description,
            needs_source=strategy.needs_source,
            needs_tools=strategy.needs_tools,
        )
        for strategy in STRATEGIES
    )


def plan_generation(
    session: Session,
    dataset_id: str,
    settings: GenerationSettings,
    selection: Selection | None = None,
) -> GenerationPlan:
    """What a run would do; nothing is asked or written.

    Args:
        session: Any.
        dataset_id: Which dataset.
        settings: What was chosen.
        selection: Records to start from; `None` fills the topics' gaps.

    Raises:
        NotFoundError: There is no such dataset.
        ConflictError: There are no topics whose gaps could be filled.
        InvalidInputError: The model is not configured, or no topic has the path given.
    """
    get_dataset_row(session, dataset_id)
    orders = find_orders(session, dataset_id, settings, selection)
    strategy = STRATEGIES.get(settings.strategy)
    units = make_units(strategy, settings, orders.orders)
    tokens = estimate_tokens(session, dataset_id, strategy, settings, units)
    catalogue = read_catalogue(session)
    choice = catalogue.find(settings.model)
    return GenerationPlan(
        settings=settings,
        model=None if choice is None else catalogue.name_of(choice),
        topics=orders.topics,
        num_to_generate=sum(order.count for order in orders.orders),
        num_allowed=orders.num_allowed,
        num_calls=len(units),
        tokens=tokens,
        cost=estimate_choice(choice, tokens, len(units)),
        notes=orders.notes,
    )


def start_generation(
    session: Session,
    dataset_id: str,
    settings: GenerationSettings,
    selection: Selection | None = None,
) -> Job:
    """Start a run as a job; what it makes waits for review.

    Raises:
        NotAvailableError: No provider is configured; the message says how to.
        NotFoundError: There is no such dataset.
        ConflictError: There is nothing to generate, or a run is on its way.
        InvalidInputError: The model is not configured, or no topic has the path given.
    """
    catalogue = read_catalogue(session)
    model = catalogue.name_of(catalogue.choose(settings.model))
    get_dataset_row(session, dataset_id)
    orders = find_orders(session, dataset_id, settings, selection)
    require_work(orders)
    args = {
        "settings": settings.model_copy(update={"model": model}).model_dump(mode="json"),
        "selection": None if selection is None else selection.model_dump(mode="json"),
    }
    return enqueue(session, GENERATE, dataset_id, args)


def require_work(orders: Orders) -> None:
    """Refuse a run that would make nothing.

    Raises:
        ConflictError: It would; the message says why.
    """
    if any(order.count for order in orders.orders):
        return
    reasons = [*orders.notes, *(topic.note for topic in orders.topics if topic.note)]
    why = " ".join(dict.fromkeys(reasons)) or "Every topic has reached its target."
    raise ConflictError(f"There is nothing to generate. {why}")


def prepare_units(session: Session, dataset_id: str, args: dict[str, Any]) -> list[Unit]:
    """The calls of a job that is about to begin.

    Raises:
        ConflictError: Nothing is left to generate.
    """
    settings = read_settings(args["settings"])
    selection = args.get("selection")
    chosen = None if selection is None else Selection.model_validate(selection)
    orders = find_orders(session, dataset_id, settings, chosen)
    require_work(orders)
    return make_units(STRATEGIES.get(settings.strategy), settings, orders.orders)


def read_settings(values: dict[str, Any]) -> GenerationSettings:
    """Validate settings that come from outside.

    Raises:
        InvalidInputError: A name is unknown or a value impossible; the message names it.
    """
    return validate_settings(GenerationSettings, values)


def find_last_report(session: Session, dataset_id: str) -> GenerationReport | None:
    """What the last finished run came to; `None` before the first."""
    return generation_runs.find_last_report(session, dataset_id)


def find_paid(session: Session, job_id: str) -> PaidTotals:
    """What a job paid for so far, whatever became of it."""
    return sum_paid_calls(session, job_id, sampling_scope(job_id))
