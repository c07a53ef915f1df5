"""State of the create page: a file, and the dataset it will become."""

from functools import partial
from pathlib import Path

import reflex as rx

from rft_app.domain.imports import FilePreview
from rft_app.errors import RftError
from rft_app.services.creation import Upload, create_from_upload
from rft_app.ui.state.asking import tell
from rft_app.ui.state.upload import FileUpload
from rft_app.ui.state.upload_view import suggest_name


class CreateState(FileUpload, rx.State):
    """One visitor's draft of a dataset."""

    upload_id = "dataset_file"

    name: str = ""
    objective: str = ""
    mode: str = "last"
    is_creating: bool = False
    create_error: str = ""

    @rx.var
    def blocker(self) -> str:
        """Why the dataset cannot be created yet; empty when it can."""
        checks = (
            (bool(blocker := self._file_blocker()), blocker),
            (not self.name.strip(), "Give the dataset a name."),
            (not self.objective.strip(), "Say what the model should get better at."),
        )
        return next((words for applies, words in checks if applies), "")

    @rx.event
    def begin(self) -> None:
        """Start with an empty page; an unfinished upload of an earlier visit is dropped."""
        self._forget_file()
        self.reset()

    def _take_look(self, preview: FilePreview) -> None:
        self.name = self.name or suggest_name(preview.file_name)

    @rx.event
    def set_name(self, text: str) -> None:
        """The dataset's name."""
        self.name, self.create_error = text, ""

    @rx.event
    def set_objective(self, text: str) -> None:
        """What the model should get better at."""
        self.objective, self.create_error = text, ""

    @rx.event
    def set_mode(self, mode: str) -> None:
        """Which answers become records."""
        self.mode = mode

    @rx.event
    async def create(self) -> rx.event.EventSpec | None:
        """Create the dataset, start the import and go to the canvas, where both can be seen."""
        if self.blocker or self.is_creating:
            return None
        self.is_creating, self.create_error = True, ""
        upload = Upload(
            path=Path(self._path),
            file_name=self.file_name,
            mapping=self._mapping(),
        )
        create = partial(
            create_from_upload,
            name=self.name,
            objective=self.objective,
            upload=upload,
            extract={"mode": self.mode},
        )
        try:
            dataset = await tell(create)
        except RftError as error:
            self.is_creating, self.create_error = False, error.message
            return None
        self.reset()
        return rx.redirect(f"/optimization/{dataset.id}")
