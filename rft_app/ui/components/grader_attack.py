"""Answers that no good model gives, with what they get and what of it is suspicious."""

import reflex as rx

from rft_app.ui.components.badge import badge
from rft_app.ui.components.button import button
from rft_app.ui.components.card import card
from rft_app.ui.components.empty_state import empty_panel
from rft_app.ui.components.graded_rollout import graded_rollout
from rft_app.ui.components.icon import icon
from rft_app.ui.components.notice import notice
from rft_app.ui.components.progress import progress_bar
from rft_app.ui.components.skeleton import skeleton
from rft_app.ui.content import has_items
from rft_app.ui.state.attack_view import AttackRow
from rft_app.ui.state.grader import GraderState
from rft_app.ui.state.grader_attack import GraderAttackState

_LINE = "px-3 py-2 m-0 text-small text-ink-3 tabular-nums border-b border-line"


def grader_attack() -> rx.Component:
    """The card; nothing of it is stored."""
    is_told = GraderAttackState.estimated == GraderState.draft_mark
    return card(
        rx.cond(
            GraderAttackState.fault != "",
            rx.el.div(
                notice("The attack did not run.", GraderAttackState.fault, tone="bad"),
                class_name="m-3",
            ),
        ),
        rx.cond(
            GraderAttackState.problem != "",
            rx.el.div(
                notice("The attack stopped early.", GraderAttackState.problem, tone="bad"),
                class_name="m-3",
            ),
        ),
        rx.cond(
            is_told & ~GraderAttackState.is_attacking,
            rx.el.p(GraderAttackState.estimate, role="status", class_name=_LINE),
        ),
        rx.cond(GraderAttackState.is_attacking, _progress()),
        rx.cond(
            GraderAttackState.stopped != "",
            rx.el.p(GraderAttackState.stopped, role="status", class_name=_LINE),
        ),
        rx.cond(
            GraderAttackState.is_attacking & ~has_items(GraderAttackState.rows),
            rx.el.div(
                *(skeleton("h-[34px] w-full") for _ in range(4)), class_name="grid gap-2 p-3"
            ),
            rx.cond(has_items(GraderAttackState.rows), _attacked(), _not_attacked()),
        ),
        title="Attack it",
        witness=rx.cond(
            GraderAttackState.attacked == GraderState.draft_mark,
            GraderAttackState.summary,
            rx.cond(GraderAttackState.summary != "", "before your last edit", ""),
        ),
        action=_action(is_told),
        body_class="",
    )


def _action(is_told: rx.Var[bool] | bool) -> rx.Component:
    """One button, so that the focus stays where it is while the words change."""
    is_attacking = GraderAttackState.is_attacking
    return button(
        rx.cond(is_attacking, icon("x", 13), icon("shield-alert", 13)),
        rx.cond(
            is_attacking,
            rx.cond(GraderAttackState.is_stopping, "Cancelling…", "Cancel attack"),
            rx.cond(is_told, "Ask the judge", "Attack it"),
        ),
        size="sm",
        on_click=rx.cond(is_attacking, GraderAttackState.cancel, GraderAttackState.attack_it),
        disabled=rx.cond(
            is_attacking, GraderAttackState.is_stopping, GraderState.fault_message != ""
        ),
    )


def _progress() -> rx.Component:
    return rx.el.div(
        rx.el.p(
            rx.cond(
                GraderAttackState.progress != "", GraderAttackState.progress, "Preparing answers…"
            ),
            role="status",
            class_name="m-0 mb-1.5 text-small text-ink-3 tabular-nums",
        ),
        progress_bar(GraderAttackState.percent, "Progress of the attack"),
        class_name="px-3 py-2 border-b border-line",
    )


def _attacked() -> rx.Component:
    return rx.fragment(
        rx.el.p(GraderAttackState.rule, class_name=_LINE),
        rx.cond(
            GraderAttackState.notice != "",
            rx.el.p(GraderAttackState.notice, role="note", class_name=f"{_LINE} !text-warn"),
        ),
        rx.cond(GraderAttackState.cost != "", rx.el.p(GraderAttackState.cost, class_name=_LINE)),
        rx.el.div(
            rx.foreach(GraderAttackState.rows, _row),
            role="region",
            aria_label="Attacks",
            class_name=rx.cond(GraderAttackState.is_attacking, "opacity-45", ""),
        ),
    )


def _row(row: AttackRow) -> rx.Component:
    edge = "border-b border-line last:border-b-0"
    return rx.cond(
        row.is_applicable,
        rx.el.details(
            rx.el.summary(
                _head(row),
                class_name="list-none cursor-pointer block px-3 py-2 hover:bg-hover"
                " [&::-webkit-details-marker]:hidden",
            ),
            rx.el.div(rx.foreach(row.answers, graded_rollout), class_name="grid gap-2 px-3 pb-3"),
            custom_attrs={"data-attack": row.label},
            class_name=f"{edge} group/attack",
        ),
        rx.el.div(
            _head(row), custom_attrs={"data-attack": row.label}, class_name=f"{edge} px-3 py-2"
        ),
    )


def _head(row: AttackRow) -> rx.Component:
    return rx.el.div(
        rx.el.span(
            rx.cond(
                row.is_applicable,
                icon("chevron-right", 13, "group-open/attack:rotate-90 text-ink-3"),
            ),
            class_name="w-[13px] shrink-0 mt-[3px]",
        ),
        rx.el.div(
            rx.el.div(
                rx.el.span(row.label, class_name="font-medium"),
                rx.cond(row.suspicion != "", badge("Suspicious", tone="warn")),
                class_name="flex items-center gap-2 min-w-0",
            ),
            rx.el.p(row.meaning, class_name="m-0 text-small text-ink-3"),
            rx.cond(
                row.suspicion != "",
                rx.el.p(row.suspicion, class_name="m-0 text-small text-warn"),
            ),
            rx.cond(
                row.note != "",
                rx.el.p(row.note, class_name="m-0 text-small text-ink-3 tabular-nums"),
            ),
            class_name="grow min-w-0",
        ),
        rx.el.b(row.reward, class_name="shrink-0 font-semibold tabular-nums"),
        class_name="flex items-start gap-2",
    )


def _not_attacked() -> rx.Component:
    return rx.cond(
        GraderAttackState.fault == "",
        empty_panel(
            "Not attacked yet",
            "Grades answers that no good model gives, for five records: empty, an echo, a refusal,"
            " stuffed with keywords and more. What gets 0.5, or as much as the recorded answers,"
            " is marked. No grade is stored; what a judge costs is told first.",
        ),
    )
