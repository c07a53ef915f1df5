"""A file on its way in: stored chunk by chunk, looked at, its columns mapped where needed."""

import asyncio
import logging
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import reflex as rx

from rft_app.domain.imports import FilePreview
from rft_app.errors import RftError
from rft_app.services.imports import preview_file
from rft_app.settings import get_settings
from rft_app.storage.ids import new_id
from rft_app.ui.state.guard import off_loop
from rft_app.ui.state.upload_view import UploadView, mapping_of
from rft_app.ui.words import size

TARGETS = ("input", "output", "reference", "reward")
EMPTY, UPLOADING, CHECKING, READY, FAILED = "empty", "uploading", "checking", "ready", "failed"

_log = logging.getLogger(__name__)


def _write(path: Path, offset: int, data: bytes) -> None:
    with path.open("r+b" if path.exists() else "w+b") as file:
        file.seek(offset)
        file.write(data)


class FileUpload(rx.State, mixin=True):
    """One visitor's file; what becomes of it is the business of who mixes this in."""

    upload_id: ClassVar[str]
    """Of the drop zone in the page."""

    stage: str = EMPTY
    file_name: str = ""
    progress_words: str = ""
    percent: int = 0
    upload_error: str = ""
    view: UploadView = UploadView()
    mapping: dict[str, str] = dict.fromkeys(TARGETS, "")
    is_mapping: bool = False
    is_showing_faults: bool = False
    _path: str = ""
    _is_cancelled: bool = False
    """Progress of a cancelled upload may still arrive."""

    @rx.var
    def limit_words(self) -> str:
        """The largest file that is taken."""
        return size(get_settings().max_file_bytes)

    def _file_blocker(self) -> str:
        """Why the file cannot be used yet; empty when it can."""
        checks = (
            (self.stage in {UPLOADING, CHECKING}, "Wait until the file is here."),
            (self.stage != READY, "Choose a file first."),
            (not self.view.is_readable, self._unreadable_words()),
        )
        return next((words for applies, words in checks if applies), "")

    def _unreadable_words(self) -> str:
        if self.view.columns:
            return "No row can be read yet. Map its columns."
        return "No row of this file can be read. Mend it or choose another."

    @rx.event(background=True)
    async def take_file(self, chunks: rx.UploadChunkIterator) -> None:
        """Store the file chunk by chunk, then look at its head."""
        path = get_settings().folder("uploads") / new_id("upl")
        async with self:
            self._forget_file()
            self._path, self.view, self._is_cancelled = str(path), UploadView(), False
            self.stage, self.percent, self.file_name = UPLOADING, 0, ""
            self.upload_error = self.progress_words = ""
        is_wanted = False
        try:
            is_whole = await self._store(chunks, path)
            async with self:
                is_wanted = is_whole and self._path == str(path)
        finally:
            if not is_wanted:
                path.unlink(missing_ok=True)
        if is_wanted:
            await self._look(is_new=True)

    async def _store(self, chunks: rx.UploadChunkIterator, path: Path) -> bool:
        """Write all chunks; whether the whole file is there."""
        try:
            return await self._write_chunks(chunks, path)
        except asyncio.CancelledError:  # the browser closed the connection
            await self._refuse(path, "The upload broke off. Choose the file again.")
            raise
        except OSError as error:
            _log.exception("An upload could not be stored.")
            return await self._refuse(path, f"The disk refused it: {error.strerror}.")

    async def _write_chunks(self, chunks: rx.UploadChunkIterator, path: Path) -> bool:
        limit, num_bytes, file_name = get_settings().max_file_bytes, 0, ""
        async for chunk in chunks:
            if not file_name:
                file_name = Path(chunk.filename or "upload").name
                async with self:
                    self.file_name = file_name
            num_bytes = max(num_bytes, chunk.offset + len(chunk.data))
            if num_bytes > limit:
                continue
            await rx.run_in_thread(partial(_write, path, chunk.offset, chunk.data))
        if num_bytes > limit:
            return await self._refuse(
                path,
                f"It has {size(num_bytes)}; at most {size(limit)} are taken (RFT_MAX_FILE_BYTES).",
            )
        if not num_bytes:
            return await self._refuse(path, "The file is empty.")
        return True

    async def _refuse(self, path: Path, reason: str) -> bool:
        async with self:
            if self._path == str(path):
                self.stage, self.upload_error = FAILED, reason
        return False

    @rx.event
    def show_progress(self, progress: dict[str, Any]) -> None:
        """How much of the file has been sent; may come late, when the server has it all."""
        if self._is_cancelled or self.stage not in {UPLOADING, EMPTY}:
            return
        loaded, total = int(progress.get("loaded", 0)), int(progress.get("total", 0))
        self.stage = UPLOADING
        self.percent = int(100 * loaded / total) if total else 0
        self.progress_words = f"{size(loaded)} of {size(total)}"

    @rx.event
    def cancel_upload(self) -> rx.event.EventSpec:
        """Stop sending; what was sent is dropped, and another file can be chosen at once."""
        self._forget_file()
        self.stage, self.file_name, self._is_cancelled = EMPTY, "", True
        return rx.cancel_upload(self.upload_id)

    @rx.event
    def remove_file(self) -> None:
        """Drop the file; everything else stays."""
        self._clear_file()

    def _clear_file(self) -> None:
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
            preview = await off_loop(lambda: self._preview(path, file_name, mapping))
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
            self._take_look(preview)
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

    def _preview(self, path: str, file_name: str, mapping: dict[str, str]) -> FilePreview:
        """Look at the head of the file; runs in a thread.

        Raises:
            RftError: It cannot be read.
        """
        return preview_file(path, file_name=file_name, mapping=mapping)

    def _take_look(self, preview: FilePreview) -> None:
        """A new file was looked at."""

    def _mapping(self) -> dict[str, str]:
        """The columns that were chosen by hand; empty where the shape is used."""
        return mapping_of(self.mapping) if self.is_mapping else {}
