"""The dialog that takes topics from a file: what it would change, then the change."""

from pathlib import Path
from typing import Any

import reflex as rx

from rft_app.domain.topic import TopicNode
from rft_app.errors import ConflictError, RftError
from rft_app.jobs.queue import list_active_jobs
from rft_app.services.topic_edits import BUSY_KINDS
from rft_app.services.topic_files import (
    MAX_FILE_BYTES,
    TopicImportPreview,
    import_topics,
    preview_import,
    read_topic_file,
)
from rft_app.services.topics import get_topics
from rft_app.ui.state.asking import ask, tell
from rft_app.ui.state.following import Following
from rft_app.ui.state.guard import off_loop
from rft_app.ui.state.modal import ModalState
from rft_app.ui.state.progress import JobProgress
from rft_app.ui.state.topic_row import spaced
from rft_app.ui.state.upload import CHECKING, FAILED, READY, FileUpload
from rft_app.ui.words import count, size

SHOWN = 200
"""Topics of each kind that the preview lists."""


def _read(path: str) -> tuple[TopicNode, ...]:
    return read_topic_file(Path(path).read_bytes())


class ImportTopicsState(Following, FileUpload, rx.State):
    """One visitor's file of topics."""

    upload_id = "import_topics_file"

    num_topics: str = ""
    """In the file."""
    has_tree: bool = False
    """Whether the dataset has topics that the file would replace."""
    added: list[str] = []
    removed: list[str] = []
    moved: list[str] = []
    num_kept: str = ""
    num_added: int = 0
    num_removed: int = 0
    num_moved: int = 0
    records_kept: str = ""
    records_without: str = ""
    keeps_records: bool = True
    is_applying: bool = False
    is_conflict: bool = False
    _version: int = 0

    @rx.var
    def limit_words(self) -> str:
        """The largest file of topics."""
        return size(MAX_FILE_BYTES)

    @rx.event
    def set_keeps_records(self, keeps: bool) -> None:
        """Whether records stay where their topic is found again."""
        self.keeps_records = keeps

    @rx.event
    async def look_again(self) -> None:
        """After a conflict: compare the file with the topics as they are now."""
        self.fault, self.is_conflict = "", False
        await self._compare()

    @rx.event
    async def apply(self) -> Any:  # noqa: ANN401  # events
        """Put the file's topics in the place of those that are there."""
        if self.stage != READY or self.is_applying:
            return None
        self.is_applying, self.fault = True, ""
        dataset_id, path, version, keeps = (
            self._dataset_id,
            self._path,
            self._version,
            self.keeps_records,
        )
        try:
            nodes = await off_loop(lambda: _read(path))
            edit = await tell(
                lambda session: import_topics(
                    session, dataset_id, nodes, keeps_records=keeps, version=version
                )
            )
        except RftError as error:
            self.fault, self.is_conflict = error.message, isinstance(error, ConflictError)
            return None
        finally:
            self.is_applying = False
        self._clear_file()
        records = f"{count(edit.num_records, 'record')} have another topic now, or none. "
        toast = rx.toast.success(edit.label, description=f"{records}It can be undone there.")
        return [toast, ModalState.open_step("topics")]

    async def _look(self, *, is_new: bool) -> None:
        async with self:
            self.stage, self.is_conflict, self.fault = CHECKING, False, ""
        async with self:
            await self._compare()

    async def _compare(self) -> None:
        path, dataset_id = self._path, self._dataset_id
        try:
            nodes = await off_loop(lambda: _read(path))
            preview = await ask(lambda session: preview_import(session, dataset_id, nodes))
        except RftError as error:
            self._forget_file()
            self.stage, self.upload_error = FAILED, error.message
            return
        self.stage, self.upload_error = READY, ""
        self._show_preview(preview)

    def _show_preview(self, preview: TopicImportPreview) -> None:
        self._version, self.num_topics = preview.version, count(preview.num_topics, "topic")
        self.added = [spaced(key) for key in preview.added[:SHOWN]]
        self.removed = [spaced(key) for key in preview.removed[:SHOWN]]
        self.moved = [
            f"{spaced(move.before)} → {spaced(move.after)}" for move in preview.moved[:SHOWN]
        ]
        self.num_added, self.num_removed = len(preview.added), len(preview.removed)
        self.num_moved, self.num_kept = len(preview.moved), f"{len(preview.kept):,}"
        self.has_tree = bool(preview.kept or preview.removed or preview.moved)
        self.records_kept = count(preview.num_records_kept, "record")
        self.records_without = count(preview.num_records_without, "record")

    async def _refresh(self, *, is_forced: bool = False) -> None:
        dataset_id = self._dataset_id
        try:
            tree = await ask(lambda session: get_topics(session, dataset_id))
            jobs = await ask(lambda session: list_active_jobs(session, dataset_id))
        except RftError as error:
            self.fault, self.is_loading = error.message, False
            return
        busy = next((job for job in jobs if job.kind in BUSY_KINDS), None)
        self.is_running = busy is not None
        self.job = JobProgress.of(busy) if busy is not None else JobProgress()
        self.has_tree, self.is_loading = bool(tree.nodes), False
