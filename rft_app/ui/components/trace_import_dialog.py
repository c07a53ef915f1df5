"""The dialog that reads a log or an export among the traces."""

import reflex as rx

from rft_app.services.trace_imports import MAX_JOINED
from rft_app.ui.components.file_import import file_import_dialog
from rft_app.ui.state.trace_import import TraceImportState

_FORMATS = (
    "OTLP as JSON lines, as collectors write it",
    "LiteLLM: standard logging payloads, spend logs",
    "Langfuse and Helicone exports, TensorZero inferences",
    "OpenAI batches (choose input and output, both), stored completions",
    "Anthropic message logs, and rows with request and response",
)


def trace_import_dialog() -> rx.Component:
    """The whole dialog."""
    return file_import_dialog(
        TraceImportState,
        "Import traces",
        rx.el.ul(
            *map(rx.el.li, _FORMATS),
            class_name="list-disc pl-4 grid gap-1 text-small text-ink-2 marker:text-ink-off",
        ),
        kinds="JSONL or a JSON array, plain, gzip or zstd",
        effect="Its traces join the list and are kept as long as those that arrive by themselves."
        " The same file again changes nothing.",
        done="Show the traces",
        max_files=MAX_JOINED,
    )
