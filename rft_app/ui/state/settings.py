"""State of a dataset's settings: name and objective, figures, and the two dangerous buttons."""

from dataclasses import dataclass
from typing import Any

import reflex as rx
from sqlmodel import Session

from rft_app.domain.dataset import Dataset
from rft_app.domain.pipeline import StepName
from rft_app.errors import RftError
from rft_app.services.datasets import get_dataset, update_dataset
from rft_app.services.resetting import reset_pipeline
from rft_app.ui.state.asking import tell
from rft_app.ui.state.dataset_page import DatasetPage
from rft_app.ui.state.deleting import Deleting
from rft_app.ui.state.leaving import Leaving
from rft_app.ui.words import ago, count, reward, share

UNKNOWN = "–"


@dataclass(frozen=True)
class Statistic:
    """One figure with what it is of, or why it is unknown."""

    name: str
    value: str
    witness: str = ""


def describe_statistics(dataset: Dataset) -> list[Statistic]:
    """The spec's figures and a few more; what nobody measured is a dash with the reason."""
    stats = dataset.stats
    has_topics = bool(dataset.nodes[StepName.TOPICS.number - 1].summary)
    of_all = f"{share(stats.invalid_share)} of all" if stats.num_records else ""
    return [
        Statistic("Records", f"{stats.num_records:,}", f"from {count(stats.num_traces, 'trace')}"),
        Statistic("Valid", f"{stats.num_valid:,}"),
        Statistic("Invalid", f"{stats.num_invalid:,}", of_all),
        Statistic("Repeated", f"{stats.num_duplicates:,}", "valid, but equal to an earlier one"),
        Statistic("Generated", f"{stats.num_generated:,}"),
        Statistic(
            "Topics",
            f"{stats.num_topics:,}" if has_topics else UNKNOWN,
            "" if has_topics else "Topics did not run yet",
        ),
        Statistic(
            "Balance",
            UNKNOWN if stats.balance is None else f"{stats.balance:.2f}",
            "Coverage did not run yet" if stats.balance is None else "",
        ),
        Statistic(
            "Mean reward",
            reward(stats.dry_run_mean),
            "No dry run yet"
            if stats.dry_run_verdict is None
            else f"of the last dry run, {stats.dry_run_verdict}",
        ),
        Statistic("Training runs", f"{stats.num_trainings:,}"),
    ]


class SettingsState(DatasetPage, Deleting, Leaving, rx.State):
    """One visitor's view of one dataset's settings."""

    id: str = ""
    name: str = ""
    objective: str = ""
    saved_name: str = ""
    saved_objective: str = ""
    dates: str = ""
    statistics: list[Statistic] = []
    records: str = ""
    is_saving: bool = False
    is_resetting: bool = False
    is_asking_reset: bool = False
    save_error: str = ""
    reset_error: str = ""

    @rx.var
    def is_changed(self) -> bool:
        """Whether something is not saved yet that still could be."""
        typed = self.name, self.objective
        return typed != (self.saved_name, self.saved_objective) and not self.is_missing

    def _enter(self, dataset_id: str) -> None:
        """What was typed on an earlier visit and not saved is gone."""
        self.reset()
        self._current_id = self.id = dataset_id

    def _read(self, session: Session, dataset_id: str) -> Dataset:
        return get_dataset(session, dataset_id)

    def _lose(self) -> None:
        super()._lose()
        self.doomed_id = ""

    def _show(self, dataset: Dataset, /) -> None:
        is_changed = self.is_loaded and self.is_changed
        self.saved_name, self.saved_objective = dataset.name, dataset.objective
        if not is_changed:
            self.name, self.objective = dataset.name, dataset.objective
        self.records = count(dataset.stats.num_records, "record")
        self.statistics = describe_statistics(dataset)
        self.dates = f"Created {ago(dataset.created_at)} · updated {ago(dataset.updated_at)}"

    @rx.event
    def set_name(self, text: str) -> None:
        """The dataset's name."""
        self.name, self.save_error = text, ""

    @rx.event
    def set_objective(self, text: str) -> None:
        """What the model should get better at."""
        self.objective, self.save_error = text, ""

    @rx.event
    def discard(self) -> None:
        """Take back what was typed."""
        self.name, self.objective, self.save_error = self.saved_name, self.saved_objective, ""

    @rx.event
    async def save(self) -> Any:  # noqa: ANN401  # an event
        """Store name and objective."""
        dataset_id, name, objective = self.id, self.name, self.objective
        self.is_saving = True
        try:
            dataset = await tell(
                lambda session: update_dataset(session, dataset_id, name=name, objective=objective)
            )
        except RftError as error:
            self.save_error = error.message
            return None
        finally:
            self.is_saving = False
        self.name, self.objective = dataset.name, dataset.objective
        self._show(dataset)
        return rx.toast.success("Saved")

    @rx.event
    def ask_reset(self) -> None:
        """Open the reset dialog."""
        self.is_asking_reset, self.reset_error = True, ""

    @rx.event
    def keep_pipeline(self) -> None:
        """Close the reset dialog."""
        self.is_asking_reset = False

    @rx.event
    async def reset_pipeline(self) -> Any:  # noqa: ANN401  # events
        """Clear the results of every step, and go to the canvas."""
        dataset_id = self.id
        self.is_resetting = True
        try:
            await tell(lambda session: reset_pipeline(session, dataset_id))
        except RftError as error:
            self.reset_error = error.message
            return None
        finally:
            self.is_resetting = False
        self.is_asking_reset = False
        self.discard()
        return [
            rx.toast.success("The pipeline was reset"),
            rx.redirect(f"/optimization/{dataset_id}"),
        ]

    @rx.event
    def ask_delete(self) -> None:
        """Open the delete dialog."""
        self._doom(self.id, self.saved_name, self.records)

    def _after_delete(self, dataset_id: str) -> list[Any]:
        self.name, self.objective = self.saved_name, self.saved_objective
        self._watch += 1
        return [rx.redirect("/optimization")]
