"""What a dataset brings to training: its sources, what it can teach, which format to start with."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from sqlmodel import Session

from rft_app.domain.entity import Entity
from rft_app.domain.record import SourceType
from rft_app.services.export_counts import Qualifying, count_qualifying, find_agents
from rft_app.services.export_preview import has_grades
from rft_app.storage.datasets import get_dataset_row
from rft_app.storage.record_counts import count_facets

BADGES: Final = {"openai_rft": "RFT", "openai_dpo": "DPO", "trl_kto": "KTO", "openai_sft": "SFT"}
"""What a dataset can teach, richest first, by the format whose rows prove it."""
RECOMMENDED: Final = {"RFT": "trl_grpo", "DPO": "trl_dpo", "KTO": "trl_kto", "SFT": "trl_sft"}
ENOUGH: Final = 0.5
"""Share of the records that makes a badge true of a dataset."""


class TrainingSummary(Entity):
    """One dataset as training sees it."""

    num_usable: int
    """Valid, current records that repeat no earlier one."""
    num_left_out: int
    sources: dict[SourceType, int]
    """Usable records of each."""
    agents: tuple[str, ...]
    """Who answered, most frequent first; the dataset's name where no record names its agent."""
    badge: str
    """The richest of SFT, KTO, DPO and RFT that it fills; empty where it fills none."""
    has_grades: bool
    """Whether a dry run has graded it: else grades are the recorded rewards."""


def summarise_training(session: Session, dataset_id: str) -> TrainingSummary:
    """Describe one dataset.

    Raises:
        NotFoundError: There is no such dataset.
    """
    found = count_qualifying(session, dataset_id)
    usable, num_left_out = _count_sources(session, dataset_id)
    return TrainingSummary(
        num_usable=usable.total(),
        num_left_out=num_left_out,
        sources=usable,
        agents=find_agents(session, dataset_id) or (get_dataset_row(session, dataset_id).name,),
        badge=find_badge(found),
        has_grades=has_grades(session, dataset_id),
    )


def find_badge(found: Sequence[Qualifying]) -> str:
    """The richest badge that most records earn, else the one that most of them earn.

    Example:
        >>> counts = {"openai_sft": 9, "trl_kto": 6, "openai_dpo": 2, "openai_rft": 0}
        >>> find_badge(
        ...     [Qualifying(format=f, num_qualifying=n, num_looked_at=10, num_records=10)
        ...      for f, n in counts.items()]
        ... )
        'KTO'
    """
    by_format = {one.format: one for one in found if one.num_qualifying}
    earned = [(badge, by_format[name]) for name, badge in BADGES.items() if name in by_format]
    for badge, one in earned:
        if one.num_qualifying >= ENOUGH * one.num_looked_at:
            return badge
    return max(earned, key=lambda pair: pair[1].num_qualifying)[0] if earned else ""


def recommend(found: Sequence[Qualifying]) -> str:
    """Name of the format to start with, for records that qualify so."""
    return RECOMMENDED.get(find_badge(found), "trl_grpo")


def _count_sources(session: Session, dataset_id: str) -> tuple[Counter[SourceType], int]:
    """Usable records by source, and how many current ones are left out."""
    usable: Counter[SourceType] = Counter()
    num_left_out = 0
    for _, facet, number in count_facets(session, dataset_id):
        if facet.reason is None and not facet.is_duplicate:
            usable[facet.source_type] += number
        else:
            num_left_out += number
    return usable, num_left_out
