"""Answers of a training step with their grades, ready to show."""

from collections.abc import Sequence
from dataclasses import dataclass

from rft_app.domain.advantage import scale_rewards
from rft_app.domain.training_run import Phase, TrainingRollout
from rft_app.ui.state.rollout_view import shorten
from rft_app.ui.state.training_comparison_view import signed

UNKNOWN = "–"
_Advantages = dict[int, float | None]


@dataclass(frozen=True)
class AnswerView:
    """One answer of a training step."""

    key: str
    question: str
    text: str
    reward: str
    advantage: str
    tone: str
    note: str

    @classmethod
    def list_of(cls, rollouts: Sequence[TrainingRollout]) -> list["AnswerView"]:
        """Answers with the advantage that each was trained with; held-out ones have none."""
        groups: dict[str, list[TrainingRollout]] = {}
        for one in rollouts:
            if one.phase is Phase.TRAIN:
                groups.setdefault(one.record_id, []).append(one)
        advantages: _Advantages = {
            one.position: advantage
            for group in groups.values()
            for one, advantage in zip(
                group, scale_rewards([one.reward for one in group]), strict=True
            )
        }
        return [cls._of(one, advantages.get(one.position)) for one in rollouts]

    @classmethod
    def _of(cls, one: TrainingRollout, advantage: float | None) -> "AnswerView":
        failure = "abstained" if one.is_abstention else one.failure_message or "could not be graded"
        is_ignored = one.reward is None and one.phase is Phase.TRAIN
        unknown = "ignored" if is_ignored else UNKNOWN
        return cls(
            key=f"{one.step}-{one.position}",
            question=shorten(one.question),
            text=one.text or "(empty)",
            reward=UNKNOWN if one.reward is None else f"{one.reward:.2f}",
            advantage=unknown if advantage is None else signed(advantage),
            tone=_tone(advantage or 0.0),
            note=(one.reason or "") if one.reward is not None else failure,
        )


def _tone(advantage: float) -> str:
    if abs(advantage) < 0.005:
        return ""
    return "good" if advantage > 0 else "bad"
