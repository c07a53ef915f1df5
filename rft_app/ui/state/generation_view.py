"""What the generation dialog shows: strategies, models, the plan, the last run."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from rft_app.domain.generation import GenerationPlan, GenerationReport, TopicPlan
from rft_app.domain.job import Job, JobStatus
from rft_app.domain.paid import PaidTotals
from rft_app.domain.provider import DEMO_HINT, DEMO_QUALITY, FREE
from rft_app.services.generation_options import StrategyOption
from rft_app.services.models import ModelChoice
from rft_app.ui.state.judge_view import describe_cost
from rft_app.ui.words import ago, count, dollar_range, dollars


@dataclass(frozen=True)
class StrategyCard:
    """One way to generate."""

    name: str
    label: str
    description: str
    needs: str
    obstacle: str

    @classmethod
    def of(cls, option: StrategyOption) -> "StrategyCard":
        """Build the card."""
        return cls(**option.model_dump())


@dataclass(frozen=True)
class ModelOption:
    """One configured model with its prices."""

    name: str
    label: str
    provider: str = ""
    is_demo: bool = False

    @classmethod
    def of(cls, model: ModelChoice) -> "ModelOption":
        """Build the option.

        Example:
            >>> choice = ModelChoice(
            ...     name="m", provider="p", input_usd_per_million=0.25, output_usd_per_million=2
            ... )
            >>> ModelOption.of(choice).label
            'm · $0.25 in, $2 out per million tokens'
            >>> ModelOption.of(choice.model_copy(update={"is_demo": True})).label
            'm · free, runs here · demo quality'
        """
        words = f"{FREE} · {DEMO_QUALITY}" if model.is_demo else _price(model)
        shown = " · ".join(filter(None, (model.name, model.label, words)))
        return cls(model.name, shown, model.provider, model.is_demo)


def find_demo(models: Sequence[ModelOption], name: str) -> str:
    """What to know of the model before its work is used; empty for those that were configured."""
    return next((DEMO_HINT for model in models if model.name == name and model.is_demo), "")


def _price(model: ModelChoice) -> str:
    given, taken = model.input_usd_per_million, model.output_usd_per_million
    if given is None or taken is None:
        return "price unknown"
    return f"${given:g} in, ${taken:g} out per million tokens"


@dataclass(frozen=True)
class PlanRow:
    """One topic of the plan."""

    key: str
    name: str
    now: str
    waiting: str
    target: str
    to_generate: str
    note: str
    is_on: bool = True
    is_filled: bool = False
    """Whether it gets any."""

    @classmethod
    def of(cls, topic: TopicPlan) -> "PlanRow":
        """Build the row."""
        return cls(
            key=topic.key,
            name=topic.key.replace("/", " › ") or "No topic",
            now=f"{topic.current_count:,}",
            waiting=f"+{topic.num_pending:,}" if topic.num_pending else "",
            target=f"{topic.target_count:,}",
            to_generate=f"{topic.num_to_generate:,}" if topic.num_to_generate else "–",
            note=topic.note,
            is_filled=topic.num_to_generate > 0,
        )


@dataclass(frozen=True)
class PlanView:
    """What a run would do."""

    is_known: bool = False
    rows: list[PlanRow] = field(default_factory=list[PlanRow])
    num_topics: str = ""
    num_to_generate: int = 0
    records: str = ""
    calls: str = ""
    limit: str = ""
    cost: str = ""
    is_cost_known: bool = False
    formula: str = ""
    prices: str = ""
    notes: list[str] = field(default_factory=list[str])

    @classmethod
    def of(cls, plan: GenerationPlan, rows: list[PlanRow]) -> "PlanView":
        """Describe a plan; `rows` may hold topics that are left out."""
        filled = sum(topic.num_to_generate > 0 for topic in plan.topics)
        is_known = plan.cost.low_usd is not None
        return cls(
            is_known=True,
            rows=rows,
            num_topics=count(filled, "topic"),
            num_to_generate=plan.num_to_generate,
            records=count(plan.num_to_generate, "record"),
            calls=count(plan.num_calls, "call"),
            limit="" if plan.num_allowed is None else f"{plan.num_allowed:,}",
            cost=dollar_range(plan.cost.low_usd, plan.cost.high_usd),
            is_cost_known=is_known,
            formula=plan.cost.formula,
            prices=_prices(plan.cost.prices_date) if is_known else "",
            notes=list(plan.notes),
        )


def _prices(day: str | None) -> str:
    return f"Prices of {day}" if day else "Day of the prices unknown"


@dataclass(frozen=True)
class FailureRow:
    """Calls that failed in one way."""

    name: str
    calls: str
    message: str


@dataclass(frozen=True)
class RunView:
    """What the last run came to."""

    status: str = ""
    """Empty before the first."""
    when: str = ""
    title: str = ""
    words: str = ""
    failures: list[FailureRow] = field(default_factory=list[FailureRow])
    note: str = ""

    @classmethod
    def of(cls, job: Job, paid: PaidTotals) -> "RunView":
        """Describe a run that has ended."""
        when = ago(job.finished_at) if job.finished_at else ""
        if job.status is JobStatus.DONE and job.result is not None:
            return _done(GenerationReport.model_validate(job.result), when)
        spent = describe_paid(paid)
        if not paid.is_empty:
            spent += " What they brought is kept and waits for review."
        if job.status is JobStatus.CANCELLED:
            return cls("cancelled", when, "The run was cancelled.", spent)
        why = job.error.message if job.error else "It ended without a reason."
        return cls("failed", when, "The run failed.", f"{why} {spent}")


def _done(report: GenerationReport, when: str) -> RunView:
    failures = [
        FailureRow(
            name=kind.replace("_", " ").capitalize(),
            calls=count(number, "call"),
            message=report.failure_messages.get(kind, ""),
        )
        for kind, number in report.failures.items()
    ]
    made = f"{report.num_generated:,} of {count(report.num_planned, 'record')} made"
    cost = f"{dollars(report.cost_usd)} for {count(report.num_calls, 'call')}"
    return RunView(
        status="done" if report.num_generated >= report.num_planned else "partial",
        when=when,
        title=f"{made}, {report.num_passing:,} pass every check.",
        words=f"Cost: {cost}.",
        failures=failures,
        note="" if failures else report.note,
    )


def describe_paid(paid: PaidTotals) -> str:
    """What a run has paid for so far.

    Example:
        >>> describe_paid(PaidTotals(num_calls=3, cost_usd=0.02)), describe_paid(PaidTotals())
        ('3 calls paid, $0.02.', 'Nothing was paid.')
        >>> describe_paid(PaidTotals(num_calls=3))
        '3 calls, free.'
    """
    lost = f" {paid.lost}." if paid.lost else ""
    if not paid.num_calls:
        return f"Nothing was paid.{lost}"
    if paid.cost_usd == 0:
        return f"{count(paid.num_calls, 'call')}, free.{lost}"
    return f"{count(paid.num_calls, 'call')} paid, {describe_cost(paid)}.{lost}"
