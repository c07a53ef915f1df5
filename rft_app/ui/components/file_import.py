"""A dialog that reads a file: what it must look like, progress, result, bad rows."""

import reflex as rx

from rft_app.ui.components.button import button, icon_button
from rft_app.ui.components.card import card
from rft_app.ui.components.icon import icon
from rft_app.ui.components.modal import modal_body, modal_footer, modal_frame, modal_header
from rft_app.ui.components.notice import notice
from rft_app.ui.components.progress import progress_bar
from rft_app.ui.components.upload_preview import fault_line
from rft_app.ui.components.upload_zone import drop_zone, refused, uploading
from rft_app.ui.content import Content, has_items
from rft_app.ui.state.file_import import FileImport
from rft_app.ui.theme import CARD


def file_import_dialog(  # noqa: PLR0913  # the words of a dialog
    state: type[FileImport],
    title: str,
    about: Content,
    *,
    kinds: str,
    effect: str,
    done: str,
    max_files: int = 1,
) -> rx.Component:
    """The whole dialog.

    Args:
        state: Whose file.
        title: What is imported.
        about: What the file looks like.
        kinds: What it may be.
        effect: What the button will do.
        done: The way on after the import.
        max_files: As many files belong together.
    """
    return modal_frame(
        modal_header(title, on_close=state.close),
        modal_body(
            rx.cond(state.fault != "", notice(state.fault, tone="bad", class_name="mb-3")),
            rx.cond(
                state.is_running,
                _running(state),
                rx.cond(
                    state.result.title != "", _result(state), _file(state, about, kinds, max_files)
                ),
            ),
        ),
        _footer(state, effect, done),
        is_open=state.is_open,
        on_close=state.close,
        title=title,
        width="small",
    )


def _file(state: type[FileImport], about: Content, kinds: str, max_files: int) -> rx.Component:
    is_another = has_items(state.file_names)
    takes_several = max_files > 1
    prompt = (
        "Drop files here, or choose them" if takes_several else "Drop a file here, or choose one"
    )
    zone = rx.cond(
        state.can_add,
        drop_zone(
            state,
            kinds=f"{kinds}, at most {max_files} files at a time" if takes_several else kinds,
            label="Choose files" if takes_several else "Choose a file",
            prompt=rx.cond(is_another, "Add files that belong to these", prompt),
            takes_several=takes_several,
        ),
    )
    return rx.el.div(
        rx.cond(
            is_another,
            rx.el.ul(
                rx.foreach(state.file_names, lambda name, place: _ready(state, name, place)),
                aria_label="Chosen files",
                class_name="grid gap-2",
            ),
        ),
        rx.match(
            state.stage,
            ("uploading", uploading(state)),
            ("failed", rx.fragment(refused(state), zone)),
            zone,
        ),
        card(about, title="What the file looks like"),
        class_name="grid grid-cols-[minmax(0,1fr)] gap-3",
    )


def _ready(state: type[FileImport], name: rx.Var[str], place: rx.Var[int]) -> rx.Component:
    return rx.el.li(
        icon("file-check-2", 16, "text-accent-text"),
        rx.el.span(name, class_name="font-medium truncate min-w-0"),
        icon_button(
            "x",
            "Remove this file",
            size="sm",
            on_click=state.drop_file(place),
            class_name="ml-auto",
        ),
        class_name=f"{CARD} flex items-center gap-2.5 p-3.5",
    )


def _running(state: type[FileImport]) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.b("The file is read", class_name="font-semibold"),
            rx.el.span(state.job.words, class_name="text-small text-ink-2 tabular-nums"),
            class_name="flex items-center gap-2.5",
        ),
        progress_bar(state.job.percent, "The file is read"),
        role="status",
        class_name="grid gap-2.5 px-3 py-2.5 rounded-card border border-info-line bg-info-soft",
    )


def _result(state: type[FileImport]) -> rx.Component:
    result = state.result
    return rx.el.div(
        rx.cond(
            result.is_failed,
            notice(result.title, result.words, tone="bad"),
            notice(result.title, result.words, tone="ok"),
        ),
        rx.cond(
            result.missing_half != "",
            notice("Half of a batch is missing.", result.missing_half, tone="warn"),
        ),
        rx.cond(
            has_items(state.bad_lines),
            card(
                rx.el.ul(rx.foreach(state.bad_lines, fault_line), aria_label="Bad rows"),
                title="Rows with a fault",
                witness=result.num_bad,
                body_class="",
            ),
        ),
        class_name="grid grid-cols-[minmax(0,1fr)] gap-4",
    )


def _footer(state: type[FileImport], effect: str, done: str) -> rx.Component:
    return rx.cond(
        state.result.title != "",
        modal_footer(
            "",
            button("Import another file", on_click=state.again),
            button(done, variant="primary", on_click=state.close),
        ),
        modal_footer(
            rx.cond(state.is_running, "You may close this; the import goes on.", effect),
            button("Close", on_click=state.close),
            button(
                "Import",
                variant="primary",
                disabled=~has_items(state.file_names)
                | (state.stage == "uploading")
                | state.is_running,
                on_click=state.start,
            ),
        ),
    )
