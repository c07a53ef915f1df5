"""The review: the list at the left, the open record beside its source at the right."""

import reflex as rx

from rft_app.ui.components.badge import badge
from rft_app.ui.components.button import button, icon_button, text_button
from rft_app.ui.components.choice import segment, segmented
from rft_app.ui.components.empty_state import empty_panel, empty_state
from rft_app.ui.components.icon import icon
from rft_app.ui.components.job_notice import job_notice
from rft_app.ui.components.keys import keys
from rft_app.ui.components.notice import notice
from rft_app.ui.components.progress import progress_bar
from rft_app.ui.components.review_comparison import comparison
from rft_app.ui.components.review_edit import edit_form
from rft_app.ui.components.review_footer import IS_EDITING, is_remade
from rft_app.ui.components.skeleton import skeleton, skeleton_lines
from rft_app.ui.components.status import status_glyph
from rft_app.ui.content import Content, has_items
from rft_app.ui.state.dataset import DatasetState
from rft_app.ui.state.modal import GENERATE, ModalState
from rft_app.ui.state.review import ACCEPTED, FAULTY, PASSING, REJECTED, WAITING, ReviewState
from rft_app.ui.state.review_view import CandidateRow, CheckView
from rft_app.ui.theme import CARD_TITLE, LINK, WITNESS

_VIEW, _PROGRESS = ReviewState.view, ReviewState.progress
_NEAR = "font-mono shrink-0"


def review_panel() -> rx.Component:
    """Everything between header and footer."""
    return rx.el.div(
        keys(
            letters="jkareg",
            active=ReviewState.open_id,
            on_press=lambda key: ReviewState.press(key, ReviewState.open_id),
        ),
        _notices(),
        rx.cond(
            ReviewState.is_loading,
            _skeleton(),
            rx.cond(
                _PROGRESS.total == 0,
                _empty(),
                rx.el.div(
                    _list(),
                    rx.cond(ReviewState.open_id != "", _detail(), rx.el.div()),
                    class_name="grow min-h-0 grid grid-cols-[380px_minmax(0,1fr)]"
                    " max-wide:grid-cols-1",
                ),
            ),
        ),
        on_mount=ReviewState.load,
        on_unmount=ReviewState.leave,
        class_name="flex flex-col min-h-full wide:h-full",
    )


def _notices() -> rx.Component:
    return rx.el.div(
        rx.cond(ReviewState.fault != "", notice(ReviewState.fault, tone="bad")),
        rx.cond(ReviewState.is_running, job_notice(ReviewState, ReviewState.job_title)),
        class_name="grid gap-3 px-5 py-3 border-b border-line empty:hidden max-wide:px-4",
    )


def _empty() -> rx.Component:
    return empty_state(
        "No generated records yet",
        "What a run makes waits here. Each new record stands beside its source, and only what you"
        " accept becomes a record.",
        button(
            "Plan a run",
            variant="primary",
            icon="sparkles",
            on_click=ModalState.open_dialog(GENERATE),
        ),
        icon_name="list-checks",
    )


def _skeleton() -> rx.Component:
    return rx.el.div(
        rx.el.div(*(skeleton("h-11") for _ in range(8)), class_name="grid gap-2 content-start"),
        rx.el.div(
            skeleton("h-24 mb-3"), skeleton("h-40"), skeleton_lines("Loading generated records")
        ),
        class_name="grid grid-cols-[300px_minmax(0,1fr)] gap-5 p-5 max-wide:grid-cols-1"
        " max-wide:p-4",
    )


def _list() -> rx.Component:
    return rx.el.aside(
        rx.el.div(
            rx.el.div(
                rx.el.b(_PROGRESS.reviewed, class_name="font-semibold tabular-nums"),
                rx.el.span(
                    _decided(_PROGRESS.num_accepted, "accepted", ACCEPTED),
                    _decided(_PROGRESS.num_rejected, "rejected", REJECTED),
                    class_name="ml-auto flex gap-3 text-small",
                ),
                class_name="flex items-baseline gap-2",
            ),
            progress_bar(_PROGRESS.percent, "Reviewed", tone="ok"),
            segmented(
                _shown("Waiting", WAITING, _PROGRESS.num_pending),
                _shown("Pass", PASSING, _PROGRESS.num_passing),
                _shown("Faults", FAULTY, _PROGRESS.num_faulty),
                label="Which records",
                class_name="justify-self-start",
            ),
            class_name="grid gap-2 p-3 border-b border-line",
        ),
        rx.cond(
            has_items(ReviewState.rows),
            rx.el.ul(
                rx.foreach(ReviewState.rows, _row),
                aria_label="Generated records",
                class_name="grow min-h-0 overflow-auto m-0 p-0 list-none",
            ),
            _none_here(),
        ),
        _pager(),
        aria_label="Generated records",
        class_name=rx.cond(
            ReviewState.is_reading,
            "flex flex-col min-h-0 border-r border-line max-wide:hidden",
            "flex flex-col min-h-0 border-r border-line max-wide:border-r-0",
        ),
    )


def _decided(number: Content, words: str, name: str) -> rx.Component:
    return rx.cond(
        number == 0,
        rx.el.span(f"0 {words}", class_name=WITNESS),
        text_button(
            f"{number} {words}",
            on_click=ReviewState.choose_shown(name),
            aria_pressed=ReviewState.shown == name,
            class_name="tabular-nums aria-pressed:underline",
        ),
    )


def _shown(words: str, name: str, number: Content) -> rx.Component:
    return segment(
        words,
        is_on=ReviewState.shown == name,
        count=number,
        on_click=ReviewState.choose_shown(name),
    )


def _none_here() -> rx.Component:
    return rx.el.div(
        rx.match(
            ReviewState.shown,
            (WAITING, empty_panel("All reviewed", "No generated record waits for you.")),
            (PASSING, empty_panel("None passes", "No record that waits passes every check.")),
            (FAULTY, empty_panel("No faults", "Every record that waits passes every check.")),
            (ACCEPTED, empty_panel("None accepted yet", "Accepted ones are among the records.")),
            empty_panel("None rejected", "Rejected ones can be taken back here."),
        ),
        class_name="grow",
    )


_ROW = "w-full text-left grid gap-0.5 px-3.5 py-2 min-w-0"


def _row(row: CandidateRow) -> rx.Component:
    is_on = ReviewState.open_id == row.id
    return rx.el.li(
        rx.el.button(
            rx.el.span(row.title, title=row.title, class_name="truncate"),
            rx.el.span(
                status_glyph(row.status, 13),
                rx.el.span(
                    rx.cond(is_remade(row.id), "being made again", row.words),
                    class_name="text-ink-2 shrink-0",
                ),
                rx.el.span(row.topic, class_name="truncate ml-auto"),
                class_name="flex items-center gap-1.5 text-label text-ink-3 min-w-0",
            ),
            type="button",
            aria_current=rx.cond(is_on, "true", "false"),
            on_click=ReviewState.open_candidate(row.id),
            custom_attrs={"data-row": row.id},
            class_name=rx.cond(
                is_on,
                f"{_ROW} bg-accent-soft shadow-[inset_2px_0_0_var(--accent-text)]",
                f"{_ROW} hover:bg-hover",
            ),
        ),
        class_name="border-b border-line",
        key=row.id,
    )


def _pager() -> rx.Component:
    return rx.el.div(
        rx.cond(
            _PROGRESS.num_passing > 0,
            button(
                f"Accept all {_PROGRESS.num_passing} that pass",
                size="sm",
                icon="check-check",
                on_click=ReviewState.accept_passing,
                disabled=ReviewState.is_running | IS_EDITING,
            ),
        ),
        rx.cond(
            ReviewState.has_next | ReviewState.has_previous,
            rx.el.div(
                _turn("chevron-left", "Previous page", ReviewState.previous_page, ~_PAGES[0]),
                _turn("chevron-right", "Next page", ReviewState.next_page, ~_PAGES[1]),
                class_name="ml-auto flex gap-1",
            ),
        ),
        class_name="flex items-center gap-2 min-h-11 px-3 py-1.5 border-t border-line shrink-0"
        " empty:hidden",
    )


_PAGES = (ReviewState.has_previous, ReviewState.has_next)


def _turn(icon_name: str, label: str, on_click: Content, is_off: Content) -> rx.Component:
    return icon_button(
        icon_name, label, size="sm", variant="default", on_click=on_click, disabled=is_off
    )


def _detail() -> rx.Component:
    return rx.el.section(
        _head(),
        rx.el.div(
            rx.cond(IS_EDITING, edit_form(), comparison()),
            class_name="grow min-h-0 overflow-auto",
        ),
        aria_label="The record beside its source",
        class_name=rx.cond(
            ReviewState.is_reading,
            "flex flex-col min-h-0 min-w-0",
            "flex flex-col min-h-0 min-w-0 max-wide:hidden",
        ),
    )


def _head() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            icon_button(
                "arrow-left",
                "Back to the list",
                size="sm",
                on_click=ReviewState.show_list,
                class_name="wide:hidden -ml-2",
            ),
            rx.el.h3(_VIEW.title, title=_VIEW.title, class_name=f"{CARD_TITLE} truncate min-w-0"),
            rx.cond(
                _VIEW.topic_path != "",
                badge(_VIEW.topic, title=_VIEW.topic_path, class_name="ml-auto"),
            ),
            class_name="flex items-center gap-2 min-w-0",
        ),
        rx.el.p(
            rx.el.span(_VIEW.id, class_name="font-mono"),
            f" · {_VIEW.made_by} · {_VIEW.size}",
            class_name=f"{WITNESS} truncate",
        ),
        rx.el.ul(
            rx.foreach(_VIEW.checks, _check),
            aria_label="Checks",
            class_name="m-0 mt-1.5 p-0 list-none flex flex-wrap gap-x-5 gap-y-1 text-small",
        ),
        class_name="grid grid-cols-[minmax(0,1fr)] gap-0.5 px-[18px] pt-3 pb-2.5 border-b"
        " border-line min-w-0 max-wide:px-4",
    )


def _check(check: CheckView) -> rx.Component:
    return rx.el.li(
        status_glyph(check.status, 14),
        rx.el.span(check.name, class_name="sr-only"),
        rx.el.span(check.words, class_name="text-ink-2 shrink-0"),
        rx.cond(check.near_id != "", _near(check)),
        class_name="flex items-center gap-1.5 min-w-0 max-w-full",
    )


def _near(check: CheckView) -> rx.Component:
    """What it resembles: a record opens in a tab of its own, so that the review stays as it is."""
    return rx.fragment(
        rx.cond(
            check.is_near_record,
            rx.el.a(
                check.near_id,
                icon("external-link", 12),
                href=f"/optimization/{DatasetState.id}?records=all&record={check.near_id}",
                target="_blank",
                aria_label=f"Open {check.near_id} in a new tab",
                class_name=f"{LINK} {_NEAR} inline-flex items-center gap-1",
            ),
            text_button(
                check.near_id,
                on_click=ReviewState.open_candidate(check.near_id),
                class_name=_NEAR,
            ),
        ),
        rx.el.q(check.near_text, title=check.near_text, class_name="text-ink-3 truncate min-w-0"),
    )
