"""Where two people judged the same records: how far they agree."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from sqlmodel import Session

from rft_app.domain.agreement import Kappa, cohen_kappa, weighted_kappa
from rft_app.domain.entity import Entity
from rft_app.domain.feedback import label
from rft_app.storage.datasets import get_dataset_row
from rft_app.storage.feedback import OpinionPair, iterate_opinion_pairs

Counts = Counter[tuple[int, int]]


class Agreement(Entity):
    """How far two people agree."""

    reviewers: tuple[str, str]
    """In a fixed order."""
    num_records: int
    """Records that both spoke of."""
    labels: Kappa
    """Good or bad, by thumb or rating."""
    ratings: Kappa
    """1 to 5, where a distance counts by its square."""


def list_agreement(session: Session, dataset_id: str) -> list[Agreement]:
    """Every pair of people with records in common, most records first.

    Raises:
        NotFoundError: There is no such dataset.
    """
    get_dataset_row(session, dataset_id)
    found: defaultdict[tuple[str, str], _Common] = defaultdict(_Common)
    for pair in iterate_opinion_pairs(session, dataset_id):
        found[pair.reviewers].add(pair)
    agreements = [
        Agreement(
            reviewers=reviewers,
            num_records=common.num_records,
            labels=cohen_kappa(common.labels),
            ratings=weighted_kappa(common.ratings),
        )
        for reviewers, common in found.items()
    ]
    return sorted(agreements, key=lambda one: (-one.num_records, one.reviewers))


@dataclass(slots=True)
class _Common:
    """What two people said of the same records."""

    num_records: int = 0
    labels: Counts = field(default_factory=Counts)
    ratings: Counts = field(default_factory=Counts)

    def add(self, pair: OpinionPair) -> None:
        """Records of which the two said just this."""
        first, second, number = pair.first, pair.second, pair.num_records
        self.num_records += number
        _count(self.labels, (label(first), label(second)), number)
        _count(self.ratings, (first.rating, second.rating), number)


def _count(counts: Counts, said: tuple[int | None, int | None], number: int) -> None:
    first, second = said
    if first is not None and second is not None:
        counts[int(first), int(second)] += number
