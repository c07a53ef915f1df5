"""What a dry run will cost, on the wire."""

from rft_app.api.schemas._base import Wire
from rft_app.api.schemas.generation import CostRange
from rft_app.services import sampling_costs
from rft_app.services.judge_costs import JudgeEstimate


class SamplingEstimate(Wire):
    """What asking a model for the answers will cost, as far as that can be known."""

    model: str
    calls: int
    prompt_tokens: int
    reply_tokens: int
    tokens_of: int | None
    """The number of the earlier run whose use they go by; `null` where they are assumed."""
    cost_range: CostRange | None
    """`null` where the model's prices are not known."""
    cost_formula: str
    prices_date: str | None
    seconds: float
    """An estimate like the rest; see `timeFormula`."""
    time_formula: str
    """By the pace of an earlier run by this model, else what is assumed."""
    paced_by: int | None
    """The number of that run; `null` where there is none."""

    @classmethod
    def of(cls, found: sampling_costs.SamplingEstimate) -> "SamplingEstimate":
        """Convert from the use case's value."""
        return cls(
            model=found.model,
            calls=found.num_calls,
            prompt_tokens=found.tokens.num_prompt_tokens,
            reply_tokens=found.tokens.num_reply_tokens,
            tokens_of=found.tokens_of,
            cost_range=CostRange.of(found.cost),
            cost_formula=found.cost.formula,
            prices_date=found.cost.prices_date,
            seconds=found.time.seconds,
            time_formula=found.time.formula,
            paced_by=found.time.paced_by,
        )


class DryRunEstimate(Wire):
    """What a dry run will ask of models and cost, as far as that can be known.

    All but `answers` is about a judge; a grader that asks no model makes no call.
    """

    model: str | None
    """Who judges; `null` while no provider is configured, and for graders that ask no model."""
    calls: int
    """At most, but for replies that have to be asked for twice."""
    prompt_tokens: int
    reply_tokens: int
    tokens_of: int | None
    """The number of the earlier run whose use they go by; `null` where they are assumed."""
    cost_range: CostRange | None
    """`null` where the model's prices are not known."""
    cost_formula: str
    prices_date: str | None
    seconds: float | None
    """An estimate of the judge's part; `null` where no model can be asked."""
    time_formula: str
    """By the pace of an earlier run by this model, else what is assumed."""
    paced_by: int | None
    """The number of that run; `null` where there is none."""
    obstacle: str
    """Why the run cannot start; mostly empty."""

    answers: SamplingEstimate | None = None
    """`null` where recorded answers are graded."""

    @classmethod
    def of(
        cls, found: JudgeEstimate | None, answers: sampling_costs.SamplingEstimate | None
    ) -> "DryRunEstimate | None":
        """Convert from the use cases' values; `None` where no model is asked."""
        sampling = answers and SamplingEstimate.of(answers)
        if found is None:
            return sampling and cls(
                model=None,
                calls=0,
                prompt_tokens=0,
                reply_tokens=0,
                tokens_of=None,
                cost_range=None,
                cost_formula="The grader asks no model.",
                prices_date=None,
                seconds=None,
                time_formula="",
                paced_by=None,
                obstacle="",
                answers=sampling,
            )
        return cls(
            answers=sampling,
            model=found.model,
            calls=found.num_calls,
            prompt_tokens=found.tokens.num_prompt_tokens,
            reply_tokens=found.tokens.num_reply_tokens,
            tokens_of=found.tokens_of,
            cost_range=CostRange.of(found.cost),
            cost_formula=found.cost.formula,
            prices_date=found.cost.prices_date,
            seconds=found.time and found.time.seconds,
            time_formula=found.time.formula if found.time else "",
            paced_by=found.time and found.time.paced_by,
            obstacle=found.obstacle,
        )
