"""Near-duplicates: search, and review of one group after the other, side by side."""

import reflex as rx

from rft_app.domain.near_duplicate import NearState
from rft_app.ui.components.badge import badge
from rft_app.ui.components.button import button, icon_button
from rft_app.ui.components.card import card
from rft_app.ui.components.confirm import confirm_dialog
from rft_app.ui.components.field import select
from rft_app.ui.components.job_notice import job_notice
from rft_app.ui.components.notice import notice
from rft_app.ui.components.skeleton import skeleton_lines
from rft_app.ui.components.text_piece import text_piece
from rft_app.ui.content import has_items
from rft_app.ui.state.near_duplicates import THRESHOLDS, NearDuplicatesState
from rft_app.ui.state.near_view import MemberView
from rft_app.ui.theme import WITNESS

_BOX = "w-4 h-4 shrink-0 accent-[var(--accent)] cursor-pointer disabled:opacity-45"
_IS_OPEN = NearDuplicatesState.group.state == NearState.OPEN.value


def near_duplicates_card() -> rx.Component:
    """The card; it loads itself."""
    state = NearDuplicatesState
    return card(
        rx.el.div(
            rx.el.div(
                rx.el.p(
                    "Records that ask nearly the same, by the words the users said. Nothing is"
                    " removed before you look at it.",
                    class_name="text-small text-ink-2 grow basis-64",
                ),
                _search(),
                class_name="flex flex-wrap items-center gap-3",
            ),
            rx.cond(state.fault != "", notice(state.fault, tone="bad")),
            rx.cond(state.error != "", notice("The last search failed.", state.error, tone="bad")),
            rx.cond(state.is_running, job_notice(state, "Looking for near-duplicates")),
            rx.cond(
                state.is_loading,
                skeleton_lines("Loading near-duplicates"),
                rx.cond(state.has_report, _result()),
            ),
            _confirm(),
            on_mount=state.load,
            on_unmount=state.leave,
            class_name="grid grid-cols-[minmax(0,1fr)] gap-3",
        ),
        title="Near-duplicates",
        witness=rx.cond(state.has_report, state.report.witness, ""),
    )


def _search() -> rx.Component:
    state = NearDuplicatesState
    return rx.el.div(
        rx.el.label(
            rx.el.span("At least", class_name="text-small text-ink-3"),
            select(
                *(rx.el.option(f"{float(value):.0%} alike", value=value) for value in THRESHOLDS),
                value=state.threshold,
                on_change=state.set_threshold,
                aria_label="Least similarity",
                class_name="!w-32",
            ),
            class_name="flex items-center gap-2",
        ),
        button(
            rx.cond(state.has_report, "Search again", "Find near-duplicates"),
            icon="copy",
            on_click=state.search,
            disabled=state.is_running | state.is_loading,
        ),
        class_name="flex flex-wrap items-center gap-2.5",
    )


def _result() -> rx.Component:
    state = NearDuplicatesState
    return rx.fragment(
        rx.cond(
            state.report.is_outdated,
            notice("Out of date.", "Records have changed since. Search again.", tone="warn"),
        ),
        rx.el.div(
            rx.el.b(state.report.summary, role="status", class_name="font-semibold"),
            rx.cond(
                state.report.num_open > 0,
                button(
                    f"Keep all suggestions, archive {state.report.removable}",
                    size="sm",
                    on_click=state.ask_for_all,
                    class_name="ml-auto",
                ),
            ),
            class_name="flex flex-wrap items-center gap-2.5 pt-3 border-t border-line",
        ),
        rx.cond(has_items(state.group.members), _group()),
    )


def _group() -> rx.Component:
    state = NearDuplicatesState
    return rx.el.section(
        rx.el.div(
            rx.el.h4(state.group.title, class_name="font-medium"),
            rx.el.span(
                f"group {state.group.position} of {state.report.num_groups}",
                class_name=f"{WITNESS} tabular-nums",
            ),
            rx.cond(state.group.state_words != "", badge(state.group.state_words)),
            rx.el.div(
                icon_button(
                    "chevron-left",
                    "Previous group",
                    size="sm",
                    variant="default",
                    on_click=state.previous_group,
                    disabled=~state.has_previous,
                ),
                icon_button(
                    "chevron-right",
                    "Next group",
                    size="sm",
                    variant="default",
                    on_click=state.next_group,
                    disabled=~state.has_next,
                ),
                class_name="ml-auto flex gap-1",
            ),
            class_name="flex flex-wrap items-center gap-2.5",
        ),
        rx.el.ul(
            rx.foreach(state.group.members, _member),
            class_name="grid grid-cols-2 gap-2.5 max-desk:grid-cols-1",
        ),
        rx.cond(state.group.more != "", rx.el.p(state.group.more, class_name=WITNESS)),
        rx.el.div(
            rx.cond(
                _IS_OPEN,
                rx.fragment(
                    button("Keep all", on_click=state.keep_all),
                    button(
                        state.keep_words,
                        variant="danger",
                        on_click=state.keep_chosen,
                        disabled=~state.can_keep,
                    ),
                ),
                button("Take back", icon="undo-2", on_click=state.take_back),
            ),
            class_name="flex flex-wrap justify-end gap-2",
        ),
        aria_label="Group of near-duplicates",
        class_name="grid grid-cols-[minmax(0,1fr)] gap-2.5",
    )


def _member(member: rx.vars.ObjectVar[MemberView]) -> rx.Component:
    is_kept = rx.Var.create(NearDuplicatesState.kept).contains(member.id)
    return rx.el.li(
        rx.el.div(
            rx.el.input(
                type="checkbox",
                aria_label=member.label,
                checked=rx.cond(_IS_OPEN, is_kept, member.is_current),
                disabled=NearDuplicatesState.group.state != NearState.OPEN.value,
                on_change=NearDuplicatesState.toggle_kept(member.id),
                class_name=_BOX,
            ),
            rx.el.code(member.id, class_name="font-mono text-small text-ink-2"),
            rx.el.span(member.facts, class_name=f"{WITNESS} truncate tabular-nums"),
            class_name="flex items-center gap-2.5 min-w-0",
        ),
        rx.el.p(
            rx.foreach(member.pieces, text_piece),
            class_name="mt-1.5 text-small whitespace-pre-wrap [overflow-wrap:anywhere]"
            " max-h-[180px] overflow-auto",
            tab_index=0,
        ),
        class_name=rx.cond(
            member.is_suggested,
            "p-3 rounded-card border border-accent-line bg-accent-soft min-w-0",
            "p-3 rounded-card border border-line min-w-0",
        ),
    )


def _confirm() -> rx.Component:
    state = NearDuplicatesState
    return confirm_dialog(
        rx.el.p(
            "Each open group keeps its suggested record: the one with the best recorded reward,"
            " then the oldest. The others leave every list and count. They are archived, not"
            " deleted: take a group back and its records return."
        ),
        is_open=state.is_confirming,
        title=f"Archive {state.report.removable} near-duplicates?",
        confirm=button(
            f"Archive {state.report.removable}", variant="primary", on_click=state.keep_suggested
        ),
        on_cancel=state.stop_asking,
    )
