"""What to do about the rules of a dry run, by what happened.

Failures of a provider are not mended in the grader, answers that were cut off are no poor answers,
and where no answer was ever right a more lenient grader would teach wrong ones.
"""

from typing import NamedTuple

from rft_app.domain.entity import Entity
from rft_app.domain.grading import REMEDIES, FailureOrigin, MainFailures
from rft_app.domain.measured import FEW_GRADED, MOSTLY_CUT, WHOLE_MEAN, Measure, Measured
from rft_app.domain.words import count, share

HARDLY_EVER = 0.02
"""Below this share of records that were ever solved, the model may be too weak for them."""
ALL_RIGHT = 0.95
"""From this mean on hardly an answer is wrong."""
_MODEL_IS_TO_ANSWER = (
    "Nearly all recorded answers are right, and what is always right teaches nothing. Let the "
    "model that is to be trained answer (Answers, under Settings; rft run --model), and try the "
    "grader on answers that are wrong."
)
_TOLD_BY_MEAN = {Measure.MEAN, Measure.SD, Measure.LEARNABLE_SHARE}
"""What answers cut off, hardly ever right or always right make extreme, whatever the grader and the
data are."""


class Advice(Entity):
    """One thing to do, and the rules that it is about."""

    text: str
    measures: tuple[Measure, ...]
    labels: tuple[str, ...]
    """The rules' names, as the table of rules shows them."""

    @property
    def sentence(self) -> str:
        """The advice behind the rules' names."""
        return f"{' · '.join(self.labels)}: {self.text}"


class Remedy(NamedTuple):
    """What to do about one rule."""

    first: str
    """What comes before the remedy of any rule; mostly empty."""
    usual: str

    @property
    def text(self) -> str:
        """Both."""
        return f"{self.first} {self.usual}".strip()


def find_remedy(measure: Measure, usual: str, measured: Measured) -> Remedy:
    """What to do about a rule, by what happened.

    Args:
        measure: What the rule looks at.
        usual: What to do where nothing explains the value.
        measured: The figures.
    """
    if measure in _TOLD_BY_MEAN and measured.answers is None and _is_high(measured.mean):
        return Remedy(_MODEL_IS_TO_ANSWER, "")
    if measure in _TOLD_BY_MEAN:
        return _explain_low_mean(measure, usual, measured)
    if measure is Measure.FAILURE_RATE:
        usual = _mend_failures(measured.main_failures) or usual
    elif measure is Measure.NUM_GRADED:
        usual = _raise_graded(measured) or usual
    return Remedy("", usual)


def _is_high(mean: float | None) -> bool:
    return mean is not None and mean > ALL_RIGHT


def _explain_low_mean(measure: Measure, usual: str, measured: Measured) -> Remedy:
    usual = _ask_for_strength(measured) or usual
    advice, answers = measured.advice_on_cut, measured.answers
    if advice and answers and answers.cut_share >= MOSTLY_CUT:
        return Remedy(advice, "")
    return Remedy(advice if measure is Measure.MEAN else "", usual)


def _ask_for_strength(measured: Measured) -> str:
    """What to ask where hardly a record was ever solved; empty elsewhere."""
    rates, mean = measured.pass_rates, measured.mean
    if rates is None or rates.k == 1 or rates.pass_at_k >= HARDLY_EVER:
        return ""
    if mean is None or mean >= WHOLE_MEAN:
        return ""
    never = "No record was" if rates.pass_at_k == 0 else "Hardly any record was"
    return (
        f"{never} ever solved (pass@{rates.k} {share(rates.pass_at_k)} of "
        f"{count(rates.num_groups, 'record')}): is the model too weak for them? Read the best "
        "answers. Where they are wrong, take a stronger model or easier records: a grader that is "
        "more lenient would teach wrong answers. Where they are right, the grader is too strict."
    )


def _raise_graded(measured: Measured) -> str:
    """What to do where there would be enough, had all been given and graded; else empty."""
    num_failed = sum(measured.failures.values())
    num_not_given = measured.num_not_given
    num_planned = measured.num_graded + num_failed + num_not_given
    if not measured.num_graded < FEW_GRADED <= num_planned:
        return ""
    told = measured.tell_ungraded()
    return f"{told}: mend that first, then there are enough." if told else ""


def _mend_failures(found: MainFailures | None) -> str:
    """What to do about failures that are not the grader's own; empty for those that are."""
    if found is None or found.origin is FailureOrigin.GRADER:
        return ""
    return REMEDIES[found.kind]
