"""The dialog that reads a file of feedback."""

from typing import Any

import reflex as rx

from rft_app.domain.imports import GivenFile
from rft_app.services.feedback_import import start_feedback_import
from rft_app.ui.state.feedback import FeedbackState
from rft_app.ui.state.file_import import FileImport


class FeedbackImportState(FileImport, rx.State):
    """One visitor's file of feedback."""

    upload_id = "feedback_file"

    async def _begin(self, file: GivenFile) -> Any:  # noqa: ANN401  # for `tell`
        queue = await self.get_state(FeedbackState)
        dataset_id, reviewer = queue.dataset_id, queue.reviewer
        return lambda session: start_feedback_import(
            session, dataset_id=dataset_id, path=file.path, file_name=file.name, reviewer=reviewer
        )

    def _finished(self) -> Any:  # noqa: ANN401  # an event
        return FeedbackState.restart
