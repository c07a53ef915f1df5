"""Recorded answers that are the reference themselves: they flatter a grader that compares."""

from collections.abc import Sequence

from rft_app.domain.attack import compares_with_reference
from rft_app.domain.grader import GraderSpec
from rft_app.domain.rollout import Rollout

_LEAST_SHARE, _LEAST_NUMBER = 0.95, 5
INSTEAD = "Try it on the answers of a dry run by a model."
"""What to do about it where such answers can be chosen."""
IN_DRY_RUN = (
    "Mean, learnable share and pass rates are flattered. Let a model answer (Answers, under "
    "Settings; rft run --model), or import more answers of a model."
)
"""What it means for a dry run, and what to do."""


def is_own_reference(rollout: Rollout) -> bool:
    """Whether a recorded answer says, word for word, what the reference does."""
    reference = rollout.item.get("reference")
    if rollout.key.rollout_seq is not None or not isinstance(reference, str):
        return False
    said = rollout.sample["output_text"].strip()
    return bool(said) and said == reference.strip()


def are_placeholders(num_same: int, num_own: int) -> bool:
    """Whether own answers repeat the reference so often that no model gave them.

    Args:
        num_same: Own recorded answers that are the reference, word for word.
        num_own: All own recorded answers that were looked at.
    """
    return num_same >= max(_LEAST_NUMBER, _LEAST_SHARE * num_own)


def tell_left_out(num_left_out: int) -> str:
    """That own answers are no rollouts of a dry run; empty where none was left out."""
    if not num_left_out:
        return ""
    return (
        f"The recorded answers of {num_left_out:,} records are the reference itself, word for "
        "word: they were left out, and the imported answers graded."
    )


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
    return tell_share(spec, sum(map(is_own_reference, answered)), len(answered), remedy)


def tell_share(spec: GraderSpec, num_same: int, num_answered: int, remedy: str) -> str:
    """The same where the answers were counted before."""
    if not num_same or not compares_with_reference(spec):
        return ""
    part = "all" if num_same == num_answered else f"{num_same:,}"
    is_one = part == "1" or num_answered == 1
    return (
        f"Of {num_answered:,} recorded answers {part} {'is' if is_one else 'are'} the reference "
        "itself, word for word: a grader that compares with it praises "
        f"{'it' if is_one else 'them'}, whatever it is worth. {remedy}"
    )
