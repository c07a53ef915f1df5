"""What a deployment did: figures of each variant, and whether the tuned model is better."""

from collections.abc import Sequence
from math import fsum
from typing import NamedTuple

from sqlmodel import Session

from rft_app.domain.deployment import Deployment, DeploymentEvent, DeployMode, Variant
from rft_app.domain.entity import Entity
from rft_app.domain.sequential import (
    ALPHA,
    Difference,
    bound_mean,
    compare_means,
    compare_pairs,
    describe_evidence,
)
from rft_app.domain.words import count
from rft_app.services.graders import current_grader
from rft_app.storage.deployment_calls import (
    VariantTotals,
    list_errors,
    list_rewards,
    list_skips,
    read_latency,
    sum_calls,
)
from rft_app.storage.deployments import list_events


class VariantFigures(Entity):
    """What one model behind an alias did; unknown is `None` and never 0."""

    variant: Variant
    model: str | None
    num_requests: int
    """Calls that it was asked for, those behind other answers included."""
    num_shadow: int
    """Of them, those that nobody waited for."""
    num_errors: int
    num_cancelled: int
    """Calls whose client went away."""
    num_left_waiting: int
    """Of them, those whose client had heard nothing yet."""
    num_fallbacks: int
    """Of its requests, those that the other model should have answered and could not."""
    error_rate: float | None
    """Errors per request, in [0, 1]."""
    latency_p50_ms: float | None
    """Of answers that came."""
    latency_p95_ms: float | None
    input_tokens: int | None
    output_tokens: int | None
    num_counted: int
    """Requests whose tokens are known; the tokens are theirs."""
    num_feedback: int
    mean_feedback: float | None
    """Of what people said of answers, as rewards."""
    num_graded: int
    """Answers with a reward by the grader's last version."""
    mean_reward: float | None
    reward_low: float | None
    reward_high: float | None
    """Where the mean reward lies, however often somebody looks; `None` without rewards."""
    num_waiting: int
    num_failed: int
    """Answers that the grader could not judge; they are in no mean."""
    num_abstained: int
    num_skipped: int
    """Answers in the sample that were not graded: no grader, or the day's limit."""


class ErrorCount(Entity):
    """One kind of error and how often it came."""

    variant: Variant
    kind: str
    number: int


class DeploymentReport(Entity):
    """A deployment with everything that is known of it."""

    deployment: Deployment
    variants: tuple[VariantFigures, ...]
    grader: str | None
    """Who grades, e.g. `script v3`; `None` where the dataset has no grader."""
    difference: float | None
    """Mean reward of the tuned model less that of the base; `None` while one has none."""
    difference_low: float | None
    difference_high: float | None
    is_paired: bool
    """Whether the difference is that of answers to the same requests."""
    alpha: float
    """Chance that the interval is wrong at any time."""
    is_enough: bool
    """Whether there is enough evidence for a decision."""
    evidence: str
    """The same in words."""
    notes: tuple[str, ...]
    """What a reader should know of the figures."""
    errors: tuple[ErrorCount, ...]
    history: tuple[DeploymentEvent, ...]
    """The newest first."""


class _Reward(NamedTuple):
    """Of one answer; lists of them are in the order in which they became known."""

    variant: Variant
    request_id: str
    reward: float


def report_deployment(session: Session, deployment: Deployment) -> DeploymentReport:
    """All figures of a deployment, as they are now."""
    totals = {one.variant: one for one in sum_calls(session, deployment.id)}
    rewards, version = _read_rewards(session, deployment.id)
    figures = tuple(
        _describe(session, deployment, variant, totals.get(variant.value), _of(rewards, variant))
        for variant in (Variant.BASE, Variant.TUNED)
        if deployment.model_of(variant) is not None
    )
    difference = _compare(deployment, rewards)
    base, tuned = (deployment.model_of(one) or "no base" for one in (Variant.BASE, Variant.TUNED))
    grader = current_grader(session, deployment.dataset_id)
    return DeploymentReport(
        deployment=deployment,
        variants=figures,
        grader=None if grader is None else grader.label,
        difference=None if difference is None else difference.mean,
        difference_low=None if difference is None else difference.interval.low,
        difference_high=None if difference is None else difference.interval.high,
        is_paired=difference is not None and difference.is_paired,
        alpha=ALPHA,
        is_enough=difference is not None and (difference.is_better or difference.is_worse),
        evidence=describe_evidence(difference, base, tuned),
        notes=(
            *_list_notes(deployment, figures, version, has_grader=grader is not None),
            *_list_skips(session, deployment.id),
        ),
        errors=tuple(
            ErrorCount(variant=Variant(variant), kind=kind, number=number)
            for variant, kind, number in list_errors(session, deployment.id)
        ),
        history=tuple(list_events(session, deployment.id)),
    )


def _read_rewards(session: Session, deployment_id: str) -> tuple[list[_Reward], int | None]:
    """Rewards by the grader's last version that gave any: others are on another scale."""
    found = list_rewards(session, deployment_id)
    version = max((each[3] for each in found if each[3] is not None), default=None)
    rewards = [
        _Reward(Variant(variant), request_id, reward)
        for variant, request_id, reward, of_version, is_meant in found
        if of_version == version and is_meant
    ]
    return rewards, version


def _describe(
    session: Session,
    deployment: Deployment,
    variant: Variant,
    totals: VariantTotals | None,
    rewards: list[float],
) -> VariantFigures:
    totals = totals or VariantTotals.of_nothing(variant.value)
    latency = read_latency(session, deployment.id, variant.value, (0.5, 0.95))
    interval = bound_mean(rewards) if rewards else None
    counted = totals.num_counted
    return VariantFigures(
        variant=variant,
        model=deployment.model_of(variant),
        num_requests=totals.num_requests,
        num_shadow=totals.num_shadow,
        num_errors=totals.num_errors,
        num_cancelled=totals.num_cancelled,
        num_left_waiting=totals.num_left_waiting,
        num_fallbacks=totals.num_fallbacks,
        error_rate=totals.num_errors / totals.num_requests if totals.num_requests else None,
        latency_p50_ms=latency[0] if latency else None,
        latency_p95_ms=latency[1] if latency else None,
        input_tokens=totals.input_tokens if counted else None,
        output_tokens=totals.output_tokens if counted else None,
        num_counted=counted,
        num_feedback=totals.num_feedback,
        mean_feedback=totals.feedback / totals.num_feedback if totals.num_feedback else None,
        num_graded=len(rewards),
        mean_reward=fsum(rewards) / len(rewards) if rewards else None,
        reward_low=None if interval is None else interval.low,
        reward_high=None if interval is None else interval.high,
        num_waiting=totals.num_waiting,
        num_failed=totals.num_failed,
        num_abstained=totals.num_abstained,
        num_skipped=totals.num_skipped,
    )


def _compare(deployment: Deployment, rewards: Sequence[_Reward]) -> Difference | None:
    """Pairs under a shadow, where both answered the same; else two groups of requests."""
    if deployment.mode is DeployMode.SHADOW:
        return compare_pairs(_pair(rewards))
    return compare_means(_of(rewards, Variant.BASE), _of(rewards, Variant.TUNED))


def _of(rewards: Sequence[_Reward], variant: Variant) -> list[float]:
    return [each.reward for each in rewards if each.variant is variant]


def _pair(rewards: Sequence[_Reward]) -> list[tuple[float, float]]:
    """Base's and tuned model's rewards of the same requests, in the order of the later one."""
    known: dict[str, _Reward] = {}
    pairs: list[tuple[float, float]] = []
    for each in rewards:
        other = known.setdefault(each.request_id, each)
        if other.variant is Variant.BASE and each.variant is Variant.TUNED:
            pairs.append((other.reward, each.reward))
        elif other.variant is Variant.TUNED and each.variant is Variant.BASE:
            pairs.append((each.reward, other.reward))
    return pairs


def _list_notes(
    deployment: Deployment,
    figures: Sequence[VariantFigures],
    version: int | None,
    *,
    has_grader: bool,
) -> list[str]:
    notes: list[str] = []
    if not deployment.is_active:
        notes.append("It was rolled back. Calls of its alias since then are in no figure.")
    if not has_grader:
        notes.append("The dataset has no grader, so that answers get no rewards.")
    elif not deployment.graded_share:
        notes.append("No answers are graded: the graded share is 0.")
    elif any(one.num_graded for one in figures):
        notes.append(
            f"Rewards are those of a sample of {100 * deployment.graded_share:.3g} % of the "
            f"requests, by version {version} of the grader. Answers of one session count one by "
            "one."
        )
    notes += [
        f"{one.num_fallbacks:,} of the {one.variant} model's answers are in the place of the "
        "other model, which could not answer; they are in no comparison of rewards."
        for one in figures
        if one.num_fallbacks
    ]
    notes += [
        f"{count(one.num_left_waiting, 'client')} left while waiting for the {one.variant} model, "
        "before anything was said: it may be too slow, or hang."
        for one in figures
        if one.num_left_waiting
    ]
    notes += [
        f"{one.num_failed:,} answers of the {one.variant} model could not be graded; they are in "
        "no mean."
        for one in figures
        if one.num_failed
    ]
    return notes


def _list_skips(session: Session, deployment_id: str) -> list[str]:
    return [
        f"{count(number, 'answer')} of the {variant} model not graded. {why}"
        for variant, why, number in list_skips(session, deployment_id)
    ]
