"""The dialog that reads a file of traces for no dataset."""

from typing import Any

import reflex as rx

from rft_app.domain.imports import GivenFile
from rft_app.services.trace_imports import MAX_JOINED, start_trace_import
from rft_app.ui.state.file_import import FileImport


class TraceImportState(FileImport, rx.State):
    """One visitor's log or export; the list behind the dialog follows what is stored by itself."""

    upload_id = "trace_file"
    max_files = MAX_JOINED

    async def _begin(self, file: GivenFile) -> Any:  # noqa: ANN401  # for `tell`
        return lambda session: start_trace_import(session, path=file.path, file_name=file.name)
