"""Lines of menus, and the dataset that a page starts with."""

from collections.abc import Sequence
from dataclasses import dataclass

from rft_app.domain.dataset import Dataset, DatasetName
from rft_app.domain.record_page import FilterOption
from rft_app.ui.words import count

NO_TOPIC = "none"
"""In a menu, where the empty string cannot be told from "any"."""


@dataclass(frozen=True)
class Choice:
    """One line of a menu."""

    value: str
    label: str

    @classmethod
    def of(cls, option: FilterOption) -> "Choice":
        """The option with how many records it matches."""
        value = option.value or NO_TOPIC
        return cls(value, f"{option.label.replace('/', ' › ')} ({option.num_records:,})")

    @classmethod
    def of_dataset(cls, dataset: Dataset) -> "Choice":
        """Its name and size."""
        return cls(dataset.id, f"{dataset.name} · {count(dataset.stats.num_records, 'record')}")

    @classmethod
    def of_name(cls, dataset: DatasetName) -> "Choice":
        """The same, of one that is only named."""
        return cls(dataset.id, f"{dataset.name} · {count(dataset.num_records, 'record')}")


def pick_dataset(datasets: Sequence[Dataset | DatasetName], wanted: str) -> str:
    """Id of the dataset that an address names by id or name, else of the only one there is.

    Example:
        >>> pick_dataset([], "trips"), pick_dataset([], "")
        ('', '')
    """
    if wanted:
        return next((one.id for one in datasets if wanted in {one.id, one.name}), "")
    return datasets[0].id if len(datasets) == 1 else ""
