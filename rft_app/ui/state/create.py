"""State of the create page: a file on its way in, and the dataset it will become."""

import logging
from functools import partial
from pathlib import Path
from typing import Any

import reflex as rx

from rft_app.errors import RftError
from rft_app.services.creation import Upload, create_from_upload
from rft_app.services.imports import preview_file
from rft_app.settings import get_settings
from rft_app.storage.ids import new_id
from rft_app.ui.state.asking import tell
from rft_app.ui.state.guard import off_loop
from rft_app.ui.state.upload_view import UploadView, mapping_of, suggest_name
from rft_app.ui.words import size

UPLOAD_ID = "dataset_file"
TARGETS = ("input", "output", "reference", "reward")
EMPTY, UPLOADING, CHECKING, READY, FAILED = "empty", "uploading", "checking", "ready", "failed"

_log = logging.getLogger(__name__)


def _write(path: Path, offset: int, data: bytes) -> None:
    with path.open("r+b" if path.exists() else "w+b") as file:
        file.seek(offset)
        file.write(data)


class CreateState(rx.State):
    """One visitor's draft of a dataset."""

    stage: str = EMPTY
    file_name: str = ""
    progress_words: str = ""
    percent: int = 0
    upload_error: str = ""
    view: UploadView = UploadView()
    mapping: dict[str, str] = dict.fromkeys(TARGETS, "")
    is_mapping: bool = False
    is_showing_faults: bool = False
    name: str = ""
    objective: str = ""
    mode: str = "last"
    is_creating: bool = False
    create_error: str = ""
    _path: str = ""

    @rx.var
    def blocker(self) -> str:
        """Why the dataset cannot be created yet; empty when it can."""
        checks = (
            (self.stage in {UPLOADING, CHECKING}, "Wait until the file is here."),
            (self.stage != READY, "Choose a file first."),
            (not self.view.is_readable, self._unreadable_words()),
            (not self.name.strip(), "Give the dataset a name."),
            (not self.objective.strip(), "Say what the model should get better at."),
        )
        return next((words for applies, words in checks if applies), "")

    def _unreadable_words(self) -> str:
        if self.view.columns:
            return "No row can be read yet. Map its columns."
        return "No row of this file can be read. Mend it or choose another."

    @rx.var
    def limit_words(self) -> str:
        """The largest file that is taken."""
        return size(get_settings().max_file_bytes)

    @rx.event
    def begin(self) -> None:
        """Start with an empty page; an unfinished upload of an earlier visit is dropped."""
        self._forget_file()
        self.reset()

    @rx.event(background=True)
    async def take_file(self, chunks: rx.UploadChunkIterator) -> None:
        """Store the file chunk by chunk, then look at its head."""
        path = get_settings().folder("uploads") / new_id("upl")
        async with self:
            self._forget_file()
            self._path = str(path)
            self.stage, self.percent, self.file_name = UPLOADING, 0, ""
            self.upload_error = self.progress_words = ""
        is_whole = False
        try:
            is_whole = await self._store(chunks, path)
        finally:
            if not is_whole:
                path.unlink(missing_ok=True)
        if is_whole:
            await self._look(is_new=True)

    async def _store(self, chunks: rx.UploadChunkIterator, path: Path) -> bool:
        limit, num_bytes, file_name = get_settings().max_file_bytes, 0, ""
        async for chunk in chunks:
            if not file_name:
                file_name = Path(chunk.filename or "upload").name
                async with self:
                    self.file_name = file_name
            num_bytes = max(num_bytes, chunk.offset + len(chunk.data))
            if num_bytes > limit:
                continue
            try:
                await rx.run_in_thread(partial(_write, path, chunk.offset, chunk.data))
            except OSError as error:
                _log.exception("An upload could not be stored.")
                return await self._refuse(f"The disk refused it: {error.strerror}.")
        if num_bytes > limit:
            return await self._refuse(
                f"It has {size(num_bytes)}; at most {size(limit)} are taken (RFT_MAX_FILE_BYTES)."
            )
        if not num_bytes:
            return await self._refuse("The file is empty.")
        return True

    async def _refuse(self, reason: str) -> bool:
        async with self:
            self.stage, self.upload_error = FAILED, reason
        return False

    @rx.event
    def show_progress(self, progress: dict[str, Any]) -> None:
        """How much of the file has been sent; may come late, when the server has it all."""
        if self.stage not in {UPLOADING, EMPTY}:
            return
        loaded, total = int(progress.get("loaded", 0)), int(progress.get("total", 0))
        self.stage = UPLOADING
        self.percent = int(100 * loaded / total) if total else 0
        self.progress_words = f"{size(loaded)} of {size(total)}"

    @rx.event
    def cancel_upload(self) -> rx.event.EventSpec:
        """Stop sending."""
        self._forget_file()
        self.stage = EMPTY
        return rx.cancel_upload(UPLOAD_ID)

    @rx.event
    def remove_file(self) -> None:
        """Drop the file; name and objective stay."""
        self._forget_file()
        self.stage, self.view = EMPTY, UploadView()
        self.is_mapping = self.is_showing_faults = False
        self.mapping = dict.fromkeys(TARGETS, "")

    def _forget_file(self) -> None:
        if self._path:
            Path(self._path).unlink(missing_ok=True)
            self._path = ""

    async def _look(self, *, is_new: bool) -> None:
        """Read the head of the stored file, with the mapping where one is being made."""
        async with self:
            self.stage = CHECKING if is_new else self.stage
            path, file_name = self._path, self.file_name
            mapping = {} if is_new else mapping_of(self.mapping) if self.is_mapping else {}
        try:
            preview = await off_loop(
                lambda: preview_file(path, file_name=file_name, mapping=mapping)
            )
        except RftError as error:
            async with self:
                if is_new:
                    self._forget_file()
                    self.stage = FAILED
                self.upload_error = error.message
            return
        async with self:
            self.stage, self.upload_error, self.view = READY, "", UploadView.of(preview)
            if not is_new:
                return
            self.name = self.name or suggest_name(file_name)
            suggested = preview.suggested_mapping
            self.mapping = {target: suggested.get(target, "") for target in TARGETS}
            self.is_mapping = not self.view.is_readable and bool(self.view.columns)
            self.is_showing_faults = not self.view.is_readable and not self.is_mapping
        if is_new and self.is_mapping and mapping_of(self.mapping):
            await self._look(is_new=False)

    @rx.event(background=True)
    async def map_column(self, target: str, column: str) -> None:
        """Say which column holds what, and read the head again."""
        async with self:
            self.mapping = {**self.mapping, target: column}
        await self._look(is_new=False)

    @rx.event(background=True)
    async def toggle_mapping(self) -> None:
        """Map columns by hand although the shape is known, or stop that."""
        async with self:
            self.is_mapping = not self.is_mapping
        await self._look(is_new=False)

    @rx.event
    def toggle_faults(self) -> None:
        """Show or hide the bad lines."""
        self.is_showing_faults = not self.is_showing_faults

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
            mapping=mapping_of(self.mapping) if self.is_mapping else {},
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
