"""Answers of a training step with their grades, ready to show."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from rft_app.domain.advantage import scale_rewards
from rft_app.domain.training_run import Phase, TrainingRollout
from rft_app.services.training_runs import MAX_PAGE, list_answers
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


def read_answers(session: Session, run_id: str, place: str) -> tuple[list[AnswerView], str]:
    """The first answers of a step, and where it has more, which these are."""
    phase, _, step = place.partition(":")
    if not place:
        return [], ""
    page = list_answers(session, run_id, Phase(phase), int(step), limit=MAX_PAGE)
    if page.next_cursor is None:
        return AnswerView.list_of(page.rows), ""
    rows = drop_cut_group(page.rows)
    return AnswerView.list_of(rows), f"the first {len(rows):,} of the step"


def drop_cut_group(rows: Sequence[TrainingRollout]) -> Sequence[TrainingRollout]:
    """Without the last record's answers, whose advantage needs those that a page has not."""
    if rows[-1].phase is not Phase.TRAIN:
        return rows
    return [one for one in rows if one.record_id != rows[-1].record_id] or rows


def _tone(advantage: float) -> str:
    if abs(advantage) < 0.005:
        return ""
    return "good" if advantage > 0 else "bad"
