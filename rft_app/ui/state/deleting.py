"""Delete a dataset after its name was typed; the list and the settings page share it."""

from typing import Any

import reflex as rx

from rft_app.errors import RftError
from rft_app.services.datasets import delete_dataset
from rft_app.ui.state.asking import tell


class Deleting(rx.State, mixin=True):
    """The dataset that somebody may want to delete."""

    doomed_id: str = ""
    doomed_name: str = ""
    doomed_words: str = ""
    """How many records go with it."""
    typed_name: str = ""
    delete_error: str = ""
    is_deleting: bool = False

    @rx.var
    def can_delete(self) -> bool:
        """Whether the typed name is the dataset's."""
        return self.typed_name.strip() == self.doomed_name and not self.is_deleting

    @rx.event
    def set_typed_name(self, text: str) -> None:
        """What the visitor typed to confirm."""
        self.typed_name, self.delete_error = text, ""

    @rx.event
    def keep(self) -> None:
        """Close the confirm dialog."""
        self.doomed_id = ""

    @rx.event
    async def delete(self) -> Any:  # noqa: ANN401  # events
        """Delete the dataset that the dialog is about."""
        dataset_id, name = self.doomed_id, self.doomed_name
        if not dataset_id or self.typed_name.strip() != name:
            return None
        self.is_deleting = True
        try:
            await tell(lambda session: delete_dataset(session, dataset_id))
        except RftError as error:
            self.delete_error = error.message
            return None
        finally:
            self.is_deleting = False
        self.doomed_id = ""
        return [rx.toast.success(f"Deleted {name}"), *self._after_delete(dataset_id)]

    def _doom(self, dataset_id: str, name: str, records: str) -> None:
        self.doomed_id, self.doomed_name, self.doomed_words = dataset_id, name, records
        self.typed_name = self.delete_error = ""

    def _after_delete(self, dataset_id: str) -> list[Any]:
        """What follows once it is gone."""
        return []
