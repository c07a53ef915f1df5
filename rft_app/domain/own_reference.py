"""Recorded answers that are the reference themselves: they flatter a grader that compares."""

from collections.abc import Sequence

from rft_app.domain.attack import compares_with_reference
from rft_app.domain.grader import GraderSpec
from rft_app.domain.rollout import Rollout

INSTEAD = "Try it on the answers of a dry run by a model."
"""What to do about it where such answers can be chosen."""


def is_own_reference(rollout: Rollout) -> bool:
    """Whether a recorded answer says, word for word, what the reference does."""
    reference = rollout.item.get("reference")
    if rollout.key.rollout_seq is not None or not isinstance(reference, str):
        return False
    said = rollout.sample["output_text"].strip()
    return bool(said) and said == reference.strip()


def tell_own_references(
    spec: GraderSpec, rollouts: Sequence[Rollout], remedy: str = INSTEAD
) -> str:
    """That figures on recorded answers flatter the grader; empty where they do not.

    Args:
        spec: One that does not compare with the reference is not flattered.
        rollouts: The answers that the figures are of.
        remedy: What to do, a sentence.
    """
    answered = [rollout for rollout in rollouts if rollout.has_output]
    num_same = sum(map(is_own_reference, answered))
    if not num_same or not compares_with_reference(spec):
        return ""
    part = "all" if num_same == len(answered) else f"{num_same:,}"
    return (
        f"Of {len(answered):,} recorded answers {part} are the reference itself, word for word: a "
        f"grader that compares with it praises them, whatever it is worth. {remedy}"
    )
