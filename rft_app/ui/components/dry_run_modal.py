"""The dialog of step 5: the verdict with its rules, the rewards, every grade beside its answer."""

import reflex as rx

from rft_app.ui.components.button import button, icon_button
from rft_app.ui.components.choice import segment, segmented
from rft_app.ui.components.empty_state import empty_panel
from rft_app.ui.components.field import field, select, text_input
from rft_app.ui.components.graded_rollout import graded_rollout
from rft_app.ui.components.icon import icon
from rft_app.ui.components.modal import modal_footer
from rft_app.ui.components.notice import notice
from rft_app.ui.components.reward_charts import histogram_card, topics_card
from rft_app.ui.components.status import status_glyph
from rft_app.ui.components.step_dialog import run_button, run_effect, step_dialog
from rft_app.ui.components.table import cell, head, table
from rft_app.ui.content import Content
from rft_app.ui.state.dry_run import DryRunState
from rft_app.ui.state.dry_run_view import RuleView
from rft_app.ui.state.modal import ModalState
from rft_app.ui.theme import CARD, PAGE_TITLE, SECTION_TITLE, WITNESS

_REPORT = DryRunState.report
_LIMIT = "text-small text-ink-3 whitespace-nowrap max-wide:hidden"


def dry_run_modal() -> rx.Component:
    """Whether training could learn anything from this grader's rewards."""
    return step_dialog(
        DryRunState,
        rx.cond(
            DryRunState.is_settings_open,
            rx.el.div(_settings(), class_name="px-5 py-4 border-b border-line bg-inset"),
        ),
        rx.el.div(
            rx.el.div(
                _verdict(), _rules(), _rollouts(), class_name="grid gap-3.5 content-start min-w-0"
            ),
            rx.el.div(
                histogram_card(), topics_card(), class_name="grid gap-3.5 content-start min-w-0"
            ),
            class_name="grid grid-cols-[minmax(0,1fr)_minmax(0,1fr)] gap-5 p-5"
            " max-desk:grid-cols-1 max-wide:p-4",
        ),
        witness=rx.cond(DryRunState.has_result, rx.fragment(_REPORT.witness)),
        actions=rx.cond(DryRunState.has_result, _history()),
        settings=_settings(),
        footer=modal_footer(
            run_effect(
                DryRunState,
                rx.cond(
                    DryRunState.has_result,
                    f"Snapshot {_REPORT.snapshot} · {_REPORT.settings} · free, runs on this "
                    "machine",
                    "Grades recorded answers with the saved grader. Free, runs on this machine.",
                ),
            ),
            rx.cond(
                DryRunState.has_result,
                rx.fragment(
                    _open_blamed(),
                    button(
                        "Settings",
                        icon="settings-2",
                        on_click=DryRunState.toggle_settings,
                        aria_expanded=DryRunState.is_settings_open,
                    ),
                ),
            ),
            run_button(DryRunState),
        ),
    )


def _open_blamed() -> rx.Component:
    return rx.fragment(
        rx.cond(
            _REPORT.blames_data,
            button("Open coverage", on_click=ModalState.open_step("coverage")),
        ),
        rx.cond(
            _REPORT.blames_grader,
            button("Open grader", on_click=ModalState.open_step("grader")),
        ),
    )


def _history() -> rx.Component:
    return select(
        rx.foreach(DryRunState.runs, lambda run: rx.el.option(run.label, value=run.id)),
        value=DryRunState.chosen_run,
        on_change=DryRunState.choose_run,
        aria_label="Which run",
        class_name="!min-h-7 text-small max-w-[340px] max-wide:max-w-[150px] max-wide:!min-h-10",
    )


def _settings() -> rx.Component:
    return rx.el.div(
        _number(
            "Records",
            DryRunState.num_records,
            DryRunState.set_num_records,
            DryRunState.records_hint,
        ),
        _number(
            "Rollouts per record",
            DryRunState.num_rollouts,
            DryRunState.set_num_rollouts,
            "at most; recorded and imported answers",
        ),
        _number("Seed", DryRunState.seed, DryRunState.set_seed, "the same seed, the same records"),
        class_name="flex flex-wrap gap-x-8 gap-y-4",
    )


def _number(label: str, value: Content, on_change: Content, hint: Content) -> rx.Component:
    name = f"dry-run-{label.lower().replace(' ', '-')}"
    return field(
        label,
        text_input(
            id=name, value=value, on_change=on_change, input_mode="numeric", class_name="!w-28"
        ),
        html_for=name,
        hint=hint,
    )


def _verdict() -> rx.Component:
    body = rx.el.div(
        rx.el.div(
            rx.el.b(_REPORT.verdict, class_name=PAGE_TITLE),
            rx.el.span(_REPORT.ruling, class_name=WITNESS),
            class_name="flex items-baseline gap-2",
        ),
        rx.cond(
            _REPORT.sentences,
            rx.foreach(_REPORT.sentences, lambda words: rx.el.p(words, class_name="text-ink-2")),
            rx.el.p(_REPORT.praise, class_name="text-ink-2"),
        ),
        rx.foreach(
            _REPORT.remedies,
            lambda words: rx.el.p(words, class_name="text-small text-ink-2 mt-1"),
        ),
        rx.el.p(
            _quality(_REPORT.data_status, _REPORT.data_words),
            _quality(_REPORT.grader_status, _REPORT.grader_words),
            class_name="flex flex-wrap gap-4 mt-2 text-small text-ink-2",
        ),
        class_name="grow min-w-0",
    )
    frame = "flex gap-3.5 px-4 py-3.5 rounded-card border"
    return rx.el.section(
        rx.match(
            _REPORT.tone,
            ("ok", icon("circle-check", 22, "mt-0.5 text-ok")),
            ("warn", icon("triangle-alert", 22, "mt-0.5 text-warn")),
            icon("octagon-x", 22, "mt-0.5 text-bad"),
        ),
        body,
        aria_label="Verdict",
        class_name=rx.match(
            _REPORT.tone,
            ("ok", f"{frame} bg-ok-soft border-ok-line"),
            ("warn", f"{frame} bg-warn-soft border-warn-line"),
            f"{frame} bg-bad-soft border-bad-line",
        ),
    )


def _quality(status: Content, words: Content) -> rx.Component:
    return rx.el.span(
        status_glyph(status, 14), words, class_name="inline-flex items-center gap-1.5"
    )


def _rules() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            table(
                head("Rule"),
                head("Value", is_number=True),
                head("CAUTION", class_name="max-wide:hidden"),
                head("NO_GO", class_name="max-wide:hidden"),
                head("Blames", class_name="max-wide:hidden"),
                head(),
                rows=rx.foreach(_REPORT.rules, _rule),
                label="Rules of the verdict",
            ),
            class_name="overflow-x-auto",
        ),
        class_name=CARD,
    )


def _rule(row: RuleView) -> rx.Component:
    ink = rx.match(
        row.status,
        ("attention", "font-medium text-warn"),
        ("failed", "font-medium text-bad"),
        "font-medium",
    )
    return rx.el.tr(
        cell(
            rx.el.span(row.label, class_name="font-medium"),
            rx.el.span(
                rx.cond(
                    row.no_go == "–",
                    f"CAUTION {row.caution}",
                    f"CAUTION {row.caution} · NO_GO {row.no_go}",
                ),
                class_name="block text-label text-ink-3 wide:hidden",
            ),
            rx.cond(
                row.note != "",
                rx.el.span(row.note, class_name="block text-label text-ink-3 font-normal"),
            ),
            class_name="py-1",
        ),
        cell(rx.el.span(row.value, class_name=ink), is_number=True, class_name="whitespace-nowrap"),
        cell(row.caution, class_name=_LIMIT),
        cell(row.no_go, class_name=_LIMIT),
        cell(row.blames, class_name="text-small text-ink-3 max-wide:hidden"),
        cell(
            rx.el.span(
                status_glyph(row.status),
                rx.el.span(row.words, class_name="sr-only"),
                title=row.words,
                class_name="inline-flex justify-end align-middle",
            ),
            class_name="text-right w-8",
        ),
        class_name=rx.match(
            row.status,
            ("attention", "bg-warn-soft [&:last-child>td]:border-b-0"),
            ("failed", "bg-bad-soft [&:last-child>td]:border-b-0"),
            "[&:last-child>td]:border-b-0",
        ),
    )


def _rollouts() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.h3("Rollouts", class_name=SECTION_TITLE),
            segmented(
                _order("Best", "best"),
                _order("Worst", "worst"),
                _order("Split", "split", _REPORT.num_learnable),
                _order("Failed", "failed", _REPORT.num_failed),
                label="Which rollouts",
            ),
            class_name="flex items-center justify-between gap-2 flex-wrap",
        ),
        rx.cond(DryRunState.rollouts_fault != "", notice(DryRunState.rollouts_fault, tone="bad")),
        rx.cond(
            DryRunState.rollouts,
            rx.fragment(rx.foreach(DryRunState.rollouts, graded_rollout)),
            empty_panel(
                "None here",
                rx.match(
                    DryRunState.order,
                    ("failed", "Every rollout was graded."),
                    ("split", "No record has rollouts with different rewards."),
                    "No rollout has a reward.",
                ),
            ),
        ),
        rx.cond(
            DryRunState.has_next | DryRunState.has_previous,
            rx.el.div(
                icon_button(
                    "chevron-left",
                    "Previous rollouts",
                    size="sm",
                    variant="default",
                    on_click=DryRunState.previous_page,
                    disabled=~DryRunState.has_previous,
                ),
                icon_button(
                    "chevron-right",
                    "Next rollouts",
                    size="sm",
                    variant="default",
                    on_click=DryRunState.next_page,
                    disabled=~DryRunState.has_next,
                ),
                class_name="flex justify-end gap-1",
            ),
        ),
        class_name="grid gap-2 min-w-0",
    )


def _order(words: str, name: str, number: Content = None) -> rx.Component:
    return segment(
        words,
        is_on=DryRunState.order == name,
        count=number,
        on_click=DryRunState.choose_order(name),
    )
