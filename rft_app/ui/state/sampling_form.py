"""Whose answers the next dry run grades: recorded ones, or those of a model."""

from typing import Any

import reflex as rx

from rft_app.domain.dry_run import DryRunSettings
from rft_app.domain.sampling import Sampling
from rft_app.errors import InvalidInputError
from rft_app.services.judge_costs import JudgeEstimate
from rft_app.services.models import list_models
from rft_app.services.sampling_costs import SamplingEstimate
from rft_app.ui.state.asking import ask
from rft_app.ui.state.generation_view import ModelOption, find_demo
from rft_app.ui.state.judge_view import describe_amounts, describe_estimate, describe_price
from rft_app.ui.state.step_modal import read_whole
from rft_app.ui.words import count

RECORDED = ""
"""Stands for recorded and imported answers where a model would be named."""
_USUAL = Sampling(model="any")


def read_amount(text: str, name: str, *, least: float = 0.0, most: float = 1e6) -> float | None:
    """A number that a person typed; `None` where the field is empty.

    Raises:
        InvalidInputError: It is none, or out of its range.

    Example:
        >>> read_amount(" 0,5 ", "temperature"), read_amount("", "budget")
        (0.5, None)
    """
    if not text.strip():
        return None
    try:
        value = float(text.replace(",", ".").strip().removeprefix("$"))
    except ValueError:
        value = -1.0
    if not least <= value <= most:
        raise InvalidInputError(
            f"The {name} must be a number from {least:g} to {most:,.0f}, not {text.strip()!r}."
        )
    return value


def describe_sampling(found: SamplingEstimate | None) -> str:
    """What the answers will ask and cost, and how long they take; empty for recorded ones."""
    if found is None:
        return ""
    amounts = describe_amounts(found.tokens, found.time)
    return f"Answers: asks {found.model} {count(found.num_calls, 'time')}, " + (
        f"{describe_price(found.cost)}{amounts}."
    )


def describe_effect(answers: SamplingEstimate | None, judge: JudgeEstimate | None) -> str:
    """What the next dry run asks and costs, for answers and for grades."""
    if answers is None:
        return describe_estimate(judge)
    asked = describe_sampling(answers)
    return asked if judge is None else f"{asked} Judge: {describe_estimate(judge)}"


def describe_formulas(answers: SamplingEstimate | None, judge: JudgeEstimate | None) -> str:
    """How the figures come about; empty where no model is asked."""
    parts = [
        f"{one.cost.formula} {one.time.formula if one.time else ''}".rstrip()
        for one in (answers, judge)
        if one is not None
    ]
    return f"Estimates. {' '.join(parts)}" if parts else ""


class SamplingForm(rx.State, mixin=True):
    """The fields; whoever shows them lets the cost be worked out after a change."""

    sampler: str = RECORDED
    """The model that is asked; empty for recorded answers."""
    temperature: str = ""
    max_tokens: str = ""
    budget: str = ""
    """In USD; empty for no limit."""
    models: list[ModelOption] = []
    models_hint: str = ""
    """Why there is no model to choose; empty where there is one."""

    @rx.var
    def is_sampled(self) -> bool:
        """Whether a model is asked."""
        return self.sampler != RECORDED

    @rx.var
    def has_unknown_model(self) -> bool:
        """Whether the model of the last run is not configured any more."""
        return self.sampler not in {RECORDED, *(model.name for model in self.models)}

    @rx.var
    def sampler_hint(self) -> str:
        """What to know of the choice."""
        if self.sampler == RECORDED:
            return self.models_hint or "as they were recorded or imported; free"
        return find_demo(self.models, self.sampler) or "sampled anew, each kept as a rollout"

    @rx.event
    def set_sampler(self, name: str) -> None:
        """Whose answers are graded."""
        self.sampler = name

    @rx.event
    def set_temperature(self, text: str) -> None:
        """How the model draws its answers."""
        self.temperature = text

    @rx.event
    def set_max_tokens(self, text: str) -> None:
        """How long an answer may be."""
        self.max_tokens = text

    @rx.event
    def set_budget(self, text: str) -> None:
        """What the run may cost."""
        self.budget = text

    def _fields(self, settings: DryRunSettings) -> dict[str, Any]:
        """What the fields show for stored settings."""
        sampling = settings.sampling or _USUAL
        temperature, budget = sampling.temperature, settings.budget_usd
        return {
            "sampler": settings.sampling.model if settings.sampling else RECORDED,
            "temperature": "" if temperature is None else f"{temperature:g}",
            "max_tokens": str(sampling.max_tokens),
            "budget": "" if budget is None else f"{budget:g}",
        }

    def _read_sampling(self) -> dict[str, Any]:
        """The settings that the fields stand for.

        Raises:
            InvalidInputError: A field holds something that cannot be a setting.
        """
        sampling = None
        if self.sampler != RECORDED:
            sampling = {
                "model": self.sampler,
                "temperature": read_amount(self.temperature, "temperature", most=2),
                "max_tokens": read_whole(self.max_tokens, "longest answer"),
            }
        return {"sampling": sampling, "budget_usd": self._read_budget()}

    def _read_budget(self) -> float | None:
        return read_amount(self.budget, "budget", least=0.01)

    async def _show_models(self) -> None:
        found = await ask(list_models)
        self.models = [ModelOption.of(model) for model in found.models]
        self.models_hint = found.how_to
