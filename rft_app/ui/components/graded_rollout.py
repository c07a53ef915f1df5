"""One graded answer: the grade, the question, the answer, the reason."""

import reflex as rx

from rft_app.ui.components.badge import badge
from rft_app.ui.components.button import text_button
from rft_app.ui.components.icon import icon
from rft_app.ui.content import Content, has_items
from rft_app.ui.state.figure import Figure
from rft_app.ui.state.modal import ModalState
from rft_app.ui.state.rollout_view import OutputCall, RolloutView
from rft_app.ui.theme import CARD

_REWARD = "text-title font-semibold tabular-nums"
_RECORD_ID = "ml-auto font-mono text-label shrink-0"
CORNER = (
    "absolute right-3 top-[11px] h-5 inline-flex items-center gap-0.5 font-mono text-label"
    " max-wide:top-[3px] max-wide:h-9"
)
"""Where a control stands that takes the place of the id: a summary must not hold a button."""
_CLAMP = "line-clamp-2 [overflow-wrap:anywhere] group-open:line-clamp-none"


def graded_rollout(rollout: RolloutView, *, opens_from: str = "") -> rx.Component:
    """The card; a click unfolds long texts.

    Args:
        rollout: What is shown.
        opens_from: The preset that the records overlay opens with when the record's id is pressed;
            empty where the id is text.
    """
    if not opens_from:
        return _card(rollout, hides_id=False)
    return cornered_rollout(rollout, _opener(rollout, opens_from))


def cornered_rollout(rollout: RolloutView, corner: rx.Component) -> rx.Component:
    """The card with a control over the place of the record's id."""
    return rx.el.div(_card(rollout, hides_id=True), corner, class_name="relative min-w-0")


def _card(rollout: RolloutView, *, hides_id: bool) -> rx.Component:
    return rx.el.details(
        rx.el.summary(
            _head(rollout, hides_id=hides_id),
            _line("User", rollout.question, "text-ink"),
            rx.cond(rollout.answer != "", _line("Answer", rollout.answer, "text-ink-2")),
            rx.foreach(rollout.calls, _call),
            rx.cond(rollout.has_output, rx.fragment(), _line("Answer", "none", "text-ink-3")),
            rx.cond(
                has_items(rollout.criteria),
                rx.el.dl(
                    rx.foreach(rollout.criteria, _criterion),
                    aria_label="Criteria",
                    class_name="flex flex-wrap gap-x-3.5 gap-y-0.5 mt-[5px] mb-0 text-small",
                ),
            ),
            rx.cond(
                rollout.votes != "",
                rx.el.p(rollout.votes, class_name="mt-[5px] text-small text-ink-3 tabular-nums"),
            ),
            rx.cond(
                rollout.took != "",
                rx.el.p(
                    icon("timer", 13, "mt-[3px]"),
                    rx.el.span(rollout.took, class_name="tabular-nums"),
                    title="How long the grader needed for this answer",
                    class_name="flex gap-1.5 mt-[5px] text-small text-ink-3",
                ),
            ),
            rx.cond(
                rollout.reason != "",
                rx.el.p(
                    icon("scale", 13, "mt-[3px]"),
                    rx.el.span(rollout.reason, class_name=_CLAMP),
                    class_name="flex gap-1.5 mt-[5px] text-small text-ink-3",
                ),
            ),
            class_name="list-none cursor-pointer block px-3 py-2.5"
            " [&::-webkit-details-marker]:hidden",
        ),
        rx.el.div(
            rx.cond(
                rollout.reference != "",
                _line("Reference", rollout.reference, "text-ink-2"),
                rx.el.p("No reference", class_name="text-small text-ink-3"),
            ),
            class_name="px-3 pb-2.5",
        ),
        custom_attrs={"data-item": "true"},
        class_name=f"{CARD} group h-full hover:border-line-strong",
    )


def _head(rollout: RolloutView, *, hides_id: bool) -> rx.Component:
    return rx.el.div(
        rx.cond(
            rollout.is_graded,
            rx.el.b(
                rollout.reward,
                class_name=rx.match(
                    rollout.tone,
                    ("ok", f"{_REWARD} text-ok"),
                    ("warn", f"{_REWARD} text-warn"),
                    f"{_REWARD} text-bad",
                ),
            ),
            rx.cond(
                rollout.is_abstained,
                badge(icon("circle-help", 11), "Abstained", tone="neutral"),
                badge(icon("octagon-x", 11), f"Not graded · {rollout.failure}", tone="bad"),
            ),
        ),
        rx.cond(rollout.topic != "", badge(rollout.topic)),
        rx.cond(
            rollout.origin != "",
            rx.el.span(rollout.origin, class_name="text-small text-ink-3 truncate"),
        ),
        rx.el.span(
            rollout.record_id,
            aria_hidden=hides_id,
            class_name=f"{_RECORD_ID} invisible pr-4" if hides_id else f"{_RECORD_ID} text-ink-3",
        ),
        class_name="flex items-center gap-2 min-w-0 mb-1.5",
    )


def _opener(rollout: RolloutView, opens_from: str) -> rx.Component:
    return text_button(
        rollout.record_id,
        icon("chevron-right", 12),
        title="Open this record",
        on_click=ModalState.open_record(opens_from, rollout.record_id),
        class_name=CORNER,
    )


def _criterion(criterion: Figure) -> rx.Component:
    return rx.el.div(
        rx.el.dt(criterion.name, class_name="text-ink-3 [overflow-wrap:anywhere]"),
        rx.el.dd(criterion.value, class_name="m-0 tabular-nums text-ink-2"),
        class_name="inline-flex items-baseline gap-1.5 min-w-0",
    )


def _line(who: str, text: Content, ink: str) -> rx.Component:
    return rx.el.p(
        rx.el.span(f"{who} ", class_name="text-ink-3"), text, class_name=f"{_CLAMP} {ink}"
    )


def _call(call: OutputCall) -> rx.Component:
    return rx.el.p(
        icon("wrench", 12, "inline mr-1.5 text-ink-3 align-[-1px]"),
        rx.el.span(call.name, class_name="font-mono text-small text-ink"),
        rx.el.span(f" {call.arguments}", class_name="font-mono text-small text-ink-3"),
        class_name=_CLAMP,
    )
