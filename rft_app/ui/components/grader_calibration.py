"""The saved grader beside people: a table, two figures, the worst disagreements."""

import reflex as rx

from rft_app.ui.components.badge import badge
from rft_app.ui.components.button import button, button_link, link
from rft_app.ui.components.card import card
from rft_app.ui.components.empty_state import empty_panel
from rft_app.ui.components.graded_rollout import graded_rollout
from rft_app.ui.components.notice import notice
from rft_app.ui.components.skeleton import skeleton
from rft_app.ui.components.table import cell, head, table
from rft_app.ui.content import has_items
from rft_app.ui.state.calibration_view import CoefficientView, DisagreementView
from rft_app.ui.state.grader import GraderState
from rft_app.ui.state.grader_calibration import GraderCalibrationState
from rft_app.ui.theme import LABEL, TABLE_CELL

_LINE = "px-3 py-2 m-0 text-small text-ink-3 tabular-nums border-b border-line"
_VIEW = GraderCalibrationState.view


def grader_calibration(dataset_id: rx.Var[str] | str) -> rx.Component:
    """The card; it is about the saved version, not about the text as it is.

    Args:
        dataset_id: Whose feedback the links lead to.
    """
    feedback = f"/training?tab=feedback&dataset={dataset_id}"
    return rx.el.div(
        card(
            _faults(),
            rx.cond(
                GraderCalibrationState.is_loading,
                rx.el.div(
                    *(skeleton("h-[34px] w-full") for _ in range(3)), class_name="grid gap-2 p-3"
                ),
                rx.cond(
                    GraderCalibrationState.fault == "",
                    rx.cond(
                        _VIEW.is_judged,
                        rx.cond(_VIEW.grader != "", _compared(feedback), _no_grader()),
                        _nobody(feedback),
                    ),
                ),
            ),
            title="Compare with people",
            witness=rx.cond(_VIEW.is_judged & (_VIEW.grader != ""), _VIEW.grader, ""),
            action=_action(),
            body_class="",
        ),
        on_mount=GraderCalibrationState.load,
        on_unmount=GraderCalibrationState.leave,
        class_name="min-w-0",
    )


def _action() -> rx.Component:
    is_told = GraderCalibrationState.estimate != ""
    return rx.cond(
        _VIEW.grade != "",
        button(
            rx.cond(
                GraderCalibrationState.is_grading,
                "Grading…",
                rx.cond(is_told, "Ask the judge", _VIEW.grade),
            ),
            size="sm",
            icon="play",
            title="Grades rated answers with the saved version, at most 1,000 at a time, and 50"
            " where a model is asked; what that costs is told first",
            on_click=GraderCalibrationState.grade_it,
            disabled=GraderCalibrationState.is_grading,
        ),
    )


def _faults() -> rx.Component:
    return rx.fragment(
        rx.cond(
            GraderCalibrationState.fault != "",
            rx.el.div(
                notice(
                    "The comparison could not be read.",
                    GraderCalibrationState.fault,
                    tone="bad",
                    action=button(
                        "Try again",
                        size="sm",
                        icon="refresh-cw",
                        on_click=GraderCalibrationState.read_again,
                    ),
                ),
                class_name="m-3",
            ),
        ),
        rx.cond(
            GraderCalibrationState.grade_fault != "",
            rx.el.div(
                notice("Not graded.", GraderCalibrationState.grade_fault, tone="bad"),
                class_name="m-3",
            ),
        ),
        *(
            rx.cond(words != "", rx.el.p(words, role="status", class_name=_LINE))
            for words in (GraderCalibrationState.estimate, GraderCalibrationState.done)
        ),
    )


def _compared(feedback: rx.Var[str] | str) -> rx.Component:
    return rx.fragment(
        rx.cond(
            _VIEW.stale != "",
            rx.el.p(
                badge("Out of date", tone="warn"),
                f"These are figures of {_VIEW.grader}; the grader is {_VIEW.stale} now.",
                class_name=f"{_LINE} flex flex-wrap items-center gap-2",
            ),
        ),
        rx.el.p(
            rx.el.span(_VIEW.counted, class_name="text-ink-2"),
            rx.cond(_VIEW.rest != "", f" · {_VIEW.rest}", ""),
            class_name=_LINE,
        ),
        rx.el.dl(
            _figure("Cohen's kappa", "good or bad, beyond chance", _VIEW.kappa),
            _figure("Spearman", "order of ratings 1 to 5", _VIEW.spearman),
            aria_label="Agreement",
            class_name="grid grid-cols-2 m-0 border-b border-line",
        ),
        rx.foreach(
            _VIEW.warnings,
            lambda words: rx.el.p(words, role="note", class_name=f"{_LINE} !text-warn"),
        ),
        rx.cond(_VIEW.agreed != "", _confusion()),
        rx.cond(
            _VIEW.more != "",
            rx.el.p(
                _VIEW.more,
                " ",
                link("Open the queue", href=feedback, class_name="text-accent-text font-medium"),
                class_name=_LINE,
            ),
        ),
        rx.cond(has_items(_VIEW.disagreements), _disagreements()),
    )


def _figure(name: str, meaning: str, found: CoefficientView) -> rx.Component:
    return rx.el.div(
        rx.el.dt(name, class_name=LABEL, title=meaning),
        rx.el.dd(
            rx.el.span(
                found.value,
                class_name=rx.match(
                    found.tone,
                    ("ok", "text-title font-semibold tabular-nums text-ok"),
                    ("warn", "text-title font-semibold tabular-nums text-warn"),
                    ("bad", "text-title font-semibold tabular-nums text-bad"),
                    "text-title font-semibold tabular-nums text-ink-3",
                ),
            ),
            rx.cond(
                found.interval != "",
                rx.el.p(
                    found.interval,
                    title="95% bootstrap interval, and on how many records it rests",
                    class_name="m-0 text-small text-ink-2 tabular-nums",
                ),
            ),
            rx.cond(found.note != "", rx.el.p(found.note, class_name="m-0 text-small text-ink-3")),
            class_name="m-0",
        ),
        class_name="px-3 py-2.5 min-w-0 border-l border-line first:border-l-0",
    )


def _confusion() -> rx.Component:
    return rx.el.div(
        table(
            head(""),
            head("Grader: passed", is_number=True),
            head("not passed", is_number=True),
            rows=rx.fragment(
                _row("People: good", _VIEW.good_passed, _VIEW.good_refused, is_good=True),
                _row("People: bad", _VIEW.bad_passed, _VIEW.bad_refused, is_good=False),
            ),
            label="People and grader",
        ),
        rx.el.p(f"{_VIEW.agreed}. {_VIEW.rule}", class_name=f"{_LINE} border-t"),
    )


def _row(
    name: str, passed: rx.Var[str] | str, refused: rx.Var[str] | str, *, is_good: bool
) -> rx.Component:
    agreed, apart = "font-semibold text-ink", "text-ink-2"
    return rx.el.tr(
        rx.el.th(
            name,
            scope="row",
            class_name=f"{TABLE_CELL} text-left font-normal pl-3.5 text-ink-2"
            f"{'' if is_good else ' border-b-0'}",
        ),
        cell(passed, is_number=True, class_name=agreed if is_good else f"{apart} border-b-0"),
        cell(refused, is_number=True, class_name=apart if is_good else f"{agreed} border-b-0"),
    )


def _disagreements() -> rx.Component:
    return rx.fragment(
        rx.el.p(_VIEW.disagreed, class_name=f"{_LINE} first-letter:uppercase"),
        rx.el.div(
            rx.foreach(_VIEW.disagreements, _disagreement),
            role="region",
            aria_label="Disagreements",
            class_name="grid gap-3 p-3",
        ),
    )


def _disagreement(row: DisagreementView) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            badge(row.people, tone=row.tone),
            rx.foreach(
                row.opinions,
                lambda said: rx.el.span(said, class_name="[overflow-wrap:anywhere] min-w-0"),
            ),
            class_name="flex flex-wrap items-center gap-x-2.5 gap-y-0.5 mb-1 text-small text-ink-2",
        ),
        graded_rollout(row.answer, opens_from="all"),
        class_name="min-w-0",
    )


def _no_grader() -> rx.Component:
    return empty_panel(
        "No grader to compare",
        f"Save as {GraderState.next_version} first: the comparison is of a saved version.",
    )


def _nobody(feedback: rx.Var[str] | str) -> rx.Component:
    return empty_panel(
        "Nobody rated an answer yet",
        "Thumbs, ratings and corrections of recorded answers show how far the grader agrees with"
        " people. From 20 labels on there are figures.",
        button_link("Rate answers", href=feedback, size="sm", icon="thumbs-up"),
    )
