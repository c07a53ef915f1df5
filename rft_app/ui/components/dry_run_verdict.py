"""The verdict of a dry run: the rules that made it, and what could not be graded."""

import reflex as rx

from rft_app.ui.components.badge import badge
from rft_app.ui.components.button import text_button
from rft_app.ui.components.card import card
from rft_app.ui.components.dry_run_rollouts import ROLLOUTS
from rft_app.ui.components.icon import icon
from rft_app.ui.components.status import status_glyph
from rft_app.ui.components.table import cell, head, table
from rft_app.ui.content import Content, has_items
from rft_app.ui.state.advice_view import AdviceView
from rft_app.ui.state.dataset import DatasetState
from rft_app.ui.state.dry_run import DryRunState
from rft_app.ui.state.dry_run_view import FailureGroup, RuleView
from rft_app.ui.theme import CARD, PAGE_TITLE, WITNESS

_REPORT = DryRunState.report
_LIMIT = "text-small text-ink-3 whitespace-nowrap max-wide:hidden"


def dry_run_verdict() -> rx.Component:
    """GO, CAUTION or NO_GO, why, and what to do."""
    body = rx.el.div(
        rx.el.div(
            rx.el.b(_REPORT.verdict, class_name=PAGE_TITLE),
            rx.el.span(_REPORT.ruling, class_name=WITNESS),
            rx.cond(
                _REPORT.stale != "",
                badge("stale", tone="warn", title=f"Graded by {_REPORT.stale}"),
            ),
            class_name="flex items-baseline gap-2",
        ),
        rx.el.p(_REPORT.meaning, class_name="font-medium"),
        rx.cond(
            _REPORT.stale != "",
            rx.el.p(f"Graded by {_REPORT.stale}.", class_name="text-small text-warn"),
        ),
        rx.cond(
            _REPORT.sentences,
            rx.foreach(_REPORT.sentences, lambda words: rx.el.p(words, class_name="text-ink-2")),
            rx.el.p(_REPORT.praise, class_name="text-ink-2"),
        ),
        rx.cond(
            _REPORT.remedies,
            rx.el.ol(
                rx.foreach(_REPORT.remedies, _advice),
                aria_label="What to do, in this order",
                class_name="m-0 p-0 list-none grid gap-1 mt-1",
            ),
        ),
        rx.cond(
            _REPORT.notice != "",
            rx.el.p(_REPORT.notice, role="note", class_name="text-small text-warn mt-1"),
        ),
        rx.foreach(
            _REPORT.notes,
            lambda words: rx.el.p(words, class_name="text-small text-ink-2 tabular-nums mt-1"),
        ),
        rx.el.p(
            _quality(_REPORT.data_status, _REPORT.data_words),
            _quality(_REPORT.grader_status, _REPORT.grader_words),
            _attacks(),
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


def _advice(advice: AdviceView) -> rx.Component:
    return rx.el.li(
        icon("arrow-right", 14, "mt-1 shrink-0 text-ink-3"),
        rx.el.span(rx.el.b(advice.rules, class_name="font-medium text-ink"), ": ", advice.text),
        class_name="flex gap-1.5 text-small text-ink-2",
    )


def _quality(status: Content, words: Content) -> rx.Component:
    return rx.el.span(
        status_glyph(status, 14), words, class_name="inline-flex items-center gap-1.5"
    )


def _attacks() -> rx.Component:
    """The rules know nothing of attacks, so what was found stands beside the grader's quality."""
    return _quality(
        _REPORT.attack_status,
        rx.el.a(
            _REPORT.attack_words,
            href=f"/optimization/{DatasetState.id}/grader",
            class_name="underline decoration-line-2 underline-offset-2",
        ),
    )


def rules_card() -> rx.Component:
    """Every rule with its value."""
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
            class_name="grow overflow-x-auto [&>table]:h-full",
        ),
        class_name=f"{CARD} flex flex-col",
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


def failures_card() -> rx.Component:
    """What could not be graded, by kind, with what to do; nothing where all was graded."""
    return rx.cond(
        has_items(_REPORT.failures),
        card(
            rx.el.ul(
                rx.foreach(_REPORT.failures, _failure),
                aria_label="Failures by kind",
                class_name="m-0 p-0 list-none",
            ),
            title="Failures by kind",
            witness="in no mean, never a zero",
            body_class="",
        ),
    )


def abstentions_card() -> rx.Component:
    """What the grader would not judge; nothing where it judged all."""
    return rx.cond(
        _REPORT.abstentions != "",
        card(
            rx.el.div(
                rx.el.div(
                    rx.el.span("Abstained", class_name="font-medium"),
                    rx.el.span(_REPORT.abstentions, class_name="tabular-nums text-ink-2"),
                    text_button(
                        "Show",
                        rx.el.span(" Abstained", class_name="sr-only"),
                        on_click=[
                            DryRunState.choose_order("abstained"),
                            rx.scroll_to(ROLLOUTS),
                        ],
                        class_name="ml-auto text-small",
                    ),
                    class_name="flex items-center gap-2.5",
                ),
                rx.el.p(
                    "First: ",
                    _REPORT.abstention_example,
                    title=_REPORT.abstention_example,
                    class_name="text-small text-ink-3 line-clamp-2 [overflow-wrap:anywhere]",
                ),
                class_name="grid gap-0.5",
            ),
            title="Abstentions",
            witness="neither zeros nor failures",
        ),
    )


def _failure(group: FailureGroup) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.span(group.words, class_name="font-medium"),
            rx.el.span(group.number, class_name="tabular-nums font-medium text-bad"),
            text_button(
                "Show",
                rx.el.span(f" {group.words}", class_name="sr-only"),
                on_click=[DryRunState.choose_failure(group.kind), rx.scroll_to(ROLLOUTS)],
                class_name="ml-auto text-small",
            ),
            class_name="flex items-center gap-2.5",
        ),
        rx.el.p(group.remedy, class_name="text-small text-ink-2"),
        rx.cond(
            group.example != "",
            rx.el.p(
                "First: ",
                group.example,
                title=group.example,
                class_name="text-small text-ink-3 line-clamp-2 [overflow-wrap:anywhere]",
            ),
        ),
        class_name="grid gap-0.5 px-3.5 py-2.5 border-b border-line last:border-b-0",
    )
