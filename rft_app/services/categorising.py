"""Put records into the topics that are there: by words, by meaning, and by a model if asked."""

from collections import Counter
from collections.abc import Generator, Mapping
from contextlib import ExitStack, closing, contextmanager
from math import ceil
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field
from sqlmodel import Session

from rft_app.domain.entity import Entity
from rft_app.domain.job import Job
from rft_app.domain.topic import Method, method_kind
from rft_app.domain.words import count
from rft_app.errors import ConflictError, InvalidInputError
from rft_app.jobs.context import JobContext
from rft_app.jobs.queue import enqueue
from rft_app.pipeline._place_asking import PER_CALL, PlaceAsker
from rft_app.pipeline.topics import choose_kind
from rft_app.services.topic_locks import CATEGORIZE, require_idle
from rft_app.services.topic_results import refresh_result
from rft_app.storage.catalogue import read_catalogue
from rft_app.storage.datasets import get_dataset_row, touch
from rft_app.storage.paid_calls import StoredPaidCalls, sum_paid_calls
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.topic_assignments import count_manual, read_methods
from rft_app.storage.topics import get_tree

if TYPE_CHECKING:
    from rft_app.pipeline._categorising import MakeAsker

Mode = Literal["unlabeled_only", "recategorize_all"]


class CategoriseSettings(Entity):
    """Which records are placed."""

    mode: Mode = "unlabeled_only"
    """Only records without a topic, or all."""
    includes_manual: bool = False
    """Also records that a person placed; only with `recategorize_all`."""
    is_confirmed: bool = False
    """The person knows that their own placements are overwritten."""
    seed: int = Field(default=0, ge=0, lt=2**32)
    """Of the text features."""
    model: str | None = None
    """A configured model that is asked about records that stay unsure; `None` asks none."""


class CategoriseCounts(Entity):
    """How many records each choice is about, duplicates included."""

    num_unlabeled: int
    num_all: int
    """All valid, current records."""
    num_manual: int
    """Those of `num_all` that a person placed."""


class CategoriseReport(Entity):
    """What a run came to."""

    categorized: int
    low_confidence: int
    """Records that a person should look at."""
    model: str | None = None
    """Who was asked about unsure records."""
    num_calls: int = 0
    """Replies paid."""
    cost_usd: float | None = 0.0
    """Of all replies, `None` where any of them has no known cost."""
    failures: Mapping[str, int] = Field(default_factory=dict[str, int])
    """Calls without a usable reply, by kind; their records are where meaning put them."""
    failure_messages: Mapping[str, str] = Field(default_factory=dict[str, str])
    """The first message of each kind, with its remedy."""


def count_categorisable(session: Session, dataset_id: str) -> CategoriseCounts:
    """What a dialog shows beside its choices.

    Raises:
        NotFoundError: There is no such dataset.
    """
    row = get_dataset_row(session, dataset_id)
    return CategoriseCounts(
        num_unlabeled=get_tree(session, dataset_id).num_without_topic,
        num_all=row.num_records - row.num_invalid,
        num_manual=count_manual(session, dataset_id),
    )


def count_calls(num_records: int, *, is_demo: bool = False) -> int:
    """Most calls of a model for so many unsure records; the embedded one takes one at a time.

    Example:
        >>> count_calls(41), count_calls(41, is_demo=True)
        (3, 41)
    """
    return num_records if is_demo else ceil(num_records / PER_CALL)


def count_by_method(session: Session, dataset_id: str) -> Mapping[Method, int]:
    """How the records that have a topic came to it; methods without a record are left out.

    Raises:
        NotFoundError: There is no such dataset.
    """
    get_dataset_row(session, dataset_id)
    found: Counter[Method] = Counter()
    for method, number in read_methods(session, dataset_id).items():
        found[method_kind(method) or "embedding"] += number
    return found


def start_categorise(
    session: Session, dataset_id: str, settings: CategoriseSettings | None = None
) -> Job:
    """Start it as a job; its result is a `CategoriseReport`.

    Raises:
        NotFoundError: There is no such dataset.
        ConflictError: There are no topics, or a job works on them.
        InvalidInputError: Records that a person placed would be overwritten without a
            confirmation, or although only records without a topic were asked for; or there
            is no such model.
        NotAvailableError: A model is named and no provider is configured.
    """
    asked = settings or CategoriseSettings()
    get_dataset_row(session, dataset_id)
    if asked.model is not None:
        read_catalogue(session).choose(asked.model)
    require_idle(session, dataset_id)
    if not get_tree(session, dataset_id).nodes:
        raise ConflictError("There are no topics yet. Add, import or generate some first.")
    if asked.includes_manual and asked.mode == "unlabeled_only":
        raise InvalidInputError("Records that a person placed have a topic; choose all records.")
    if asked.includes_manual and not asked.is_confirmed:
        number = count_manual(session, dataset_id)
        records = count(number, "record")
        raise InvalidInputError(
            f"This overwrites what a person chose for {records}. Confirm it first.",
            num_manual=number,
        )
    return enqueue(session, CATEGORIZE, dataset_id, asked.model_dump(mode="json"))


class Categorize:
    """Places records, a batch a transaction; each keeps its method and confidence."""

    name = CATEGORIZE
    label = "Categorisation"

    def run(self, context: JobContext) -> dict[str, Any]:
        """Go on where the last run ended.

        Raises:
            ConflictError: There are no topics.
            ProviderError: The model could not be asked; what was placed stays.
            JobCancelledError: Somebody asked to stop; what was placed stays, and can be undone.
        """
        from rft_app.pipeline._categorising import CategoriseRun, Wish

        dataset_id = context.required_dataset_id
        asked = CategoriseSettings.model_validate(context.args)
        wish = Wish(
            is_everything=asked.mode == "recategorize_all",
            takes_manual=asked.includes_manual,
            features=choose_kind("auto"),
            seed=asked.seed,
        )
        is_done = False
        try:
            with ExitStack() as stack:
                ask = stack.enter_context(_asking(context, asked.model)) if asked.model else None
                done = CategoriseRun(context, dataset_id, wish, ask).run()
            is_done = True
        finally:
            with unit_of_work() as session:
                refresh_result(session, dataset_id, is_current=is_done)
                touch(session, dataset_id)
        with reading() as session:
            paid = sum_paid_calls(session, context.job_id)
        report = CategoriseReport(
            categorized=done.num_placed,
            low_confidence=done.num_unsure,
            model=asked.model,
            num_calls=paid.num_calls,
            cost_usd=paid.cost_usd,
            failures=done.failures,
            failure_messages=done.failure_messages,
        )
        return report.model_dump(mode="json")


@contextmanager
def _asking(context: JobContext, model: str) -> "Generator[MakeAsker]":
    """A client of the provider while the block runs; replies go into the job's ledger."""
    from rft_app.llm.client import ChatClient

    dataset_id = context.required_dataset_id
    with reading() as session:
        objective = get_dataset_row(session, dataset_id).objective
        choice = read_catalogue(session).choose(model)
    ledger = StoredPaidCalls(context.job_id, dataset_id)
    with closing(ChatClient(choice.endpoint, ledger.lose)) as client:
        yield lambda leaves, failures: PlaceAsker(
            context=context,
            client=client,
            ledger=ledger,
            model=choice.model.name,
            objective=objective,
            leaves=leaves,
            num_at_once=choice.endpoint.provider.concurrency,
            failures=failures,
            is_small=choice.endpoint.provider.is_demo,
        )
