"""The dialog that takes topics from a file."""

import reflex as rx

from rft_app.ui.components.button import button
from rft_app.ui.components.card import card
from rft_app.ui.components.examples import examples
from rft_app.ui.components.field import checkbox
from rft_app.ui.components.icon import icon
from rft_app.ui.components.job_notice import job_notice
from rft_app.ui.components.modal import modal_body, modal_footer, modal_frame, modal_header
from rft_app.ui.components.notice import notice
from rft_app.ui.components.skeleton import skeleton_lines
from rft_app.ui.components.upload_zone import drop_zone, refused, uploading
from rft_app.ui.state.import_topics import ImportTopicsState
from rft_app.ui.state.modal import IMPORT_TOPICS, ModalState
from rft_app.ui.theme import CARD, FIGURE, LABEL, WITNESS

TITLE = "Import topics"
_SHAPES = (
    (
        "As downloaded here",
        '{"version": "1", "topics": {"Changes": {…}, "Changes/Seat": {"keywords": [\u2026]}}}',
    ),
    ("Nested names", '{"Changes": {"Seat": {}, "Flight": {}}, "Bags": null}'),
    ("A list of paths", '["Changes/Seat", "Changes/Flight", "Bags"]'),
)


def import_topics_dialog() -> rx.Component:
    """File, preview, change."""
    state = ImportTopicsState
    return modal_frame(
        modal_header(TITLE, on_close=ModalState.close),
        modal_body(
            rx.el.div(
                rx.cond(state.fault != "", _fault()),
                rx.cond(state.is_running, job_notice(state, f"{state.job.name} is running")),
                rx.match(
                    state.stage,
                    ("uploading", uploading(state)),
                    (
                        "checking",
                        rx.el.div(skeleton_lines("Reading the topics"), class_name=CARD),
                    ),
                    ("ready", _preview()),
                    ("failed", rx.fragment(refused(state), _before())),
                    _before(),
                ),
                on_mount=state.load,
                on_unmount=state.leave,
                class_name="grid grid-cols-[minmax(0,1fr)] gap-4",
            )
        ),
        _footer(),
        is_open=ModalState.open_name == IMPORT_TOPICS,
        on_close=ModalState.close,
        title=TITLE,
        class_name="!w-[840px] wide:!h-fit wide:max-h-[calc(100vh-56px)]",
    )


def _fault() -> rx.Component:
    state = ImportTopicsState
    return rx.cond(
        state.is_conflict,
        notice(
            state.fault,
            tone="warn",
            action=button(
                "Compare the file again",
                size="sm",
                icon="refresh-cw",
                on_click=state.look_again,
            ),
        ),
        notice(state.fault, tone="bad"),
    )


def _before() -> rx.Component:
    return rx.fragment(
        drop_zone(ImportTopicsState, kinds="A JSON file", label="Choose a file of topics"),
        card(
            examples(_SHAPES),
            rx.el.p(
                "Descriptions, keywords and targets are read where the file has them. "
                "You see what changes before anything does.",
                class_name="mt-2.5 text-small text-ink-3",
            ),
            title="What a file may look like",
        ),
    )


def _preview() -> rx.Component:
    state = ImportTopicsState
    return rx.fragment(
        rx.el.div(
            icon("file-check-2", 16, "text-ok"),
            rx.el.b(state.file_name, class_name="font-mono font-medium truncate"),
            rx.el.span(state.num_topics, class_name=WITNESS),
            button("Choose another", size="sm", on_click=state.remove_file, class_name="ml-auto"),
            class_name="flex items-center gap-2.5 min-w-0",
        ),
        rx.el.dl(
            _figure("New", state.num_added, "text-ok"),
            _figure("Removed", state.num_removed, "text-warn"),
            _figure("Moved", state.num_moved, "text-info"),
            _figure("Kept", state.num_kept, ""),
            class_name=f"{CARD} grid grid-cols-4 m-0 divide-x divide-line max-wide:grid-cols-2",
        ),
        rx.cond(
            state.has_tree,
            rx.el.div(
                checkbox(
                    "Keep records in topics that are found again",
                    checked=state.keeps_records,
                    on_change=state.set_keeps_records,
                ),
                rx.el.p(
                    rx.cond(
                        state.keeps_records,
                        f"{state.records_kept} keep a topic; {state.records_without} have none "
                        "until you categorise them.",
                        "No record keeps its topic. Categorise them afterwards.",
                    ),
                    class_name=f"{WITNESS} pl-6",
                ),
            ),
            rx.el.p("Records have no topic until you categorise them.", class_name=WITNESS),
        ),
        _keys("New", state.added, "plus", "text-ok"),
        _keys("Removed", state.removed, "minus", "text-warn"),
        _keys("Moved", state.moved, "arrow-right", "text-info"),
    )


def _figure(words: str, value: rx.Var[int] | rx.Var[str] | int | str, ink: str) -> rx.Component:
    return rx.el.div(
        rx.el.dt(words, class_name=LABEL),
        rx.el.dd(value, class_name=f"{FIGURE} {ink} m-0"),
        class_name="px-3.5 py-2.5",
    )


def _keys(title: str, keys: rx.Var[list[str]] | list[str], sign: str, ink: str) -> rx.Component:
    return rx.cond(
        keys,
        card(
            rx.el.ul(
                rx.foreach(
                    keys,
                    lambda key: rx.el.li(
                        icon(sign, 13, f"mt-[3px] {ink}"),
                        rx.el.span(key, class_name="[overflow-wrap:anywhere]"),
                        class_name="flex gap-2",
                    ),
                ),
                tab_index=0,
                role="region",
                aria_label=f"{title} topics",
                class_name="list-none m-0 grid gap-1 max-h-[240px] overflow-auto p-3.5",
            ),
            title=title,
            body_class="",
        ),
    )


def _footer() -> rx.Component:
    state = ImportTopicsState
    is_ready = state.stage == "ready"
    return modal_footer(
        rx.cond(
            is_ready,
            rx.cond(
                state.has_tree,
                "Replaces the topics of this dataset. It can be undone in the topics dialog.",
                "",
            ),
            "Choose a file first.",
        ),
        button("Close", on_click=ModalState.close),
        button(
            rx.cond(is_ready, f"Import {state.num_topics}", "Import topics"),
            variant="primary",
            on_click=state.apply,
            disabled=~is_ready | state.is_applying | state.is_running | state.is_conflict,
        ),
    )
