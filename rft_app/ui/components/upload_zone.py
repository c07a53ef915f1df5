"""The way in of a file: drop zone, what it must look like, progress, refusal."""

from typing import Any

import reflex as rx
from reflex.style import Style

from rft_app.ui.components.button import button
from rft_app.ui.components.card import card
from rft_app.ui.components.examples import examples
from rft_app.ui.components.format_guide import format_guide_button
from rft_app.ui.components.icon import icon
from rft_app.ui.components.marked import marked
from rft_app.ui.components.notice import notice
from rft_app.ui.components.progress import progress_bar
from rft_app.ui.components.skeleton import skeleton_lines
from rft_app.ui.content import Content
from rft_app.ui.state.upload import FileUpload
from rft_app.ui.theme import BUTTON, BUTTON_SIZES, BUTTON_VARIANTS, CARD, WITNESS, classes

_LABEL = "Choose a file of traces"
_KINDS = "JSONL or a JSON array, plain, gzip or zstd"
_ROLLOUTS = (
    ("One answer", '{"question": "…", "output": "…", "reward": 1, "model": "m"}'),
    ("Several answers", '{"record_id": "…", "rollouts": [{"text": "…", "score": 0.5}, "…"]}'),
)


def drop_zone(
    state: type[FileUpload],
    *,
    kinds: str = _KINDS,
    label: str = _LABEL,
    prompt: Content = "Drop a file here, or choose one",
    takes_several: bool = False,
) -> rx.Component:
    """Takes one file, dropped or chosen, or several at a time; `kinds` says what it may be."""
    zone = rx.upload(
        rx.el.div(
            rx.el.div(
                icon("upload", 20),
                class_name="w-11 h-11 rounded-[12px] flex items-center justify-center mx-auto mb-3"
                " text-accent-text bg-accent-soft shadow-[inset_0_0_0_1px_var(--accent-line)]",
            ),
            rx.el.p(prompt, class_name="text-title font-semibold"),
            rx.el.p(
                f"{kinds}, up to ",
                state.limit_words,
                ". It stays on this machine.",
                class_name="mt-1 text-small text-ink-3",
            ),
            class_name="text-center px-6 py-10",
        ),
        id=state.upload_id,
        multiple=takes_several,
        max_files=0 if takes_several else 1,
        on_drop=state.take_file(
            rx.upload_files_chunk(upload_id=state.upload_id, on_upload_progress=state.show_progress)
        ),
        drag_active_style=Style(
            {"border_color": "var(--accent-text)", "background": "var(--accent-soft)"}
        ),
        border="1px dashed var(--line-strong)",
        padding="0",
        text_align="center",
        class_name="block w-full rounded-card bg-inset cursor-pointer hover:bg-hover"
        " focus-visible:shadow-focus",
        custom_attrs={"aria-label": label, "role": "button"},
    )
    # The component gives no other way to name the hidden input inside.
    if isinstance(field := zone.children[0].children[0], rx.Component):
        field.custom_attrs["aria-label"] = label
    return zone


def file_button(
    words: str,
    *,
    upload_id: str,
    on_file: Any,  # noqa: ANN401  # an event handler
    hint: str,
) -> rx.Component:
    """A small button that takes one file."""
    chooser = rx.upload(
        icon("upload", 13),
        words,
        id=upload_id,
        multiple=False,
        no_drag=True,
        on_drop=on_file(rx.upload_files(upload_id=upload_id)),
        border="",
        padding="",
        text_align="",
        class_name=classes(BUTTON, BUTTON_VARIANTS["default"], BUTTON_SIZES["sm"]),
        custom_attrs={"aria-label": words, "role": "button", "title": hint},
    )
    # As above.
    if isinstance(field := chooser.children[0].children[0], rx.Component):
        field.custom_attrs["aria-label"] = hint
    return chooser


def format_requirements() -> rx.Component:
    """What a file must look like, with the shapes that are known."""
    return card(
        rx.el.ul(
            rx.el.li("One JSON object per line, or one JSON array of objects."),
            rx.el.li(
                marked(
                    "Each object holds a conversation: `messages[]`, or one of the shapes of the"
                    " guide."
                )
            ),
            rx.el.li(
                marked(
                    "Optional: `reference`, the right answer that a grader can compare with;"
                    " `tools[]`, `tool_choice`, `reward` from 0 to 1. All other fields are kept as"
                    " metadata."
                )
            ),
            class_name="list-disc pl-4 grid gap-1 text-small text-ink-2 marker:text-ink-off",
        ),
        format_guide_button(),
        title="Format requirements",
    )


def uploading(state: type[FileUpload]) -> rx.Component:
    """The file on its way."""
    return rx.el.div(
        rx.el.div(
            icon("file-up", 16, "text-ink-3"),
            rx.el.span(
                rx.cond(state.file_name != "", state.file_name, "Uploading"),
                class_name="font-medium truncate",
            ),
            rx.el.span(state.progress_words, class_name=f"{WITNESS} tabular-nums"),
            button("Cancel", size="sm", on_click=state.cancel_upload, class_name="ml-auto"),
            class_name="flex items-center gap-2.5 mb-3",
        ),
        progress_bar(state.percent, "Upload"),
        class_name=f"{CARD} p-3.5",
        role="status",
    )


def checking() -> rx.Component:
    """The file is here and its head is being read."""
    return rx.el.div(skeleton_lines("Reading the first rows"), class_name=CARD)


def refused(state: type[FileUpload]) -> rx.Component:
    """The file could not be taken."""
    return notice(
        rx.cond(
            state.file_name != "",
            f"{state.file_name} cannot be imported.",
            "The file cannot be imported.",
        ),
        state.upload_error,
        tone="bad",
        class_name="mb-3",
    )


def rollout_requirements() -> rx.Component:
    """What a file of answers must look like."""
    return card(
        rx.el.p(
            "One JSON object per line. It names a record by its id or its question, and holds one"
            " answer or several.",
            class_name="text-small text-ink-2",
        ),
        examples(_ROLLOUTS, "mt-2.5"),
        title="Format requirements",
    )
