"""What a model answered in training, and base beside tuned on held-out records."""

import reflex as rx

from rft_app.text.difference import Piece
from rft_app.ui.components.badge import badge
from rft_app.ui.components.button import button, button_link
from rft_app.ui.components.card import card
from rft_app.ui.components.field import options, select, text_input
from rft_app.ui.components.table import ROW, cell, head, table
from rft_app.ui.components.text_piece import text_piece
from rft_app.ui.content import has_items
from rft_app.ui.state.training_answer_view import AnswerView
from rft_app.ui.state.training_comparison_view import SideBySide, TopicDifference
from rft_app.ui.state.training_run import TrainingRunState
from rft_app.ui.state.training_run_view import CheckpointView, TopicReward
from rft_app.ui.theme import CODE, LABEL

_TEXT = "line-clamp-2 [overflow-wrap:anywhere] whitespace-pre-wrap"
_SERVING = TrainingRunState.serving
_PAIR_TEXT = "line-clamp-6 [overflow-wrap:anywhere] whitespace-pre-wrap"
_PAIRS = (
    "overflow-x-auto wide:[&_table]:min-w-[720px] max-wide:[&_table]:block"
    " max-wide:[&_thead]:sr-only max-wide:[&_tbody]:block max-wide:[&_tr]:block"
    " max-wide:[&_tr]:py-2 max-wide:[&_tr]:border-b max-wide:[&_tr]:border-line"
    " max-wide:[&_td]:block max-wide:[&_td]:h-auto max-wide:[&_td]:w-full"
    " max-wide:[&_td]:border-b-0 max-wide:[&_td]:px-3.5 max-wide:[&_td]:text-left"
)
"""A table; on a phone each row is a card."""
_COMPARISON = TrainingRunState.run.comparison


def _signed(words: str, tone: str) -> rx.Component:
    return rx.el.span(
        words,
        class_name=rx.match(
            tone, ("good", "text-ok font-medium"), ("bad", "text-bad font-medium"), "text-ink-3"
        ),
    )


def answers_card() -> rx.Component:
    """Rollouts of a training step with their grades."""
    return card(
        rx.el.div(
            table(
                head("Answer"),
                head("Reward", is_number=True),
                head("Advantage", is_number=True),
                rows=rx.foreach(TrainingRunState.answers, _answer),
                label="Answers of a training step",
            ),
            class_name="max-h-[420px] overflow-auto",
            tab_index=0,
            role="region",
            aria_label="Answers of a training step",
        ),
        title="Answers",
        witness=rx.cond(
            TrainingRunState.answers_note != "",
            TrainingRunState.answers_note,
            rx.el.span(
                "advantage = (reward − the group's mean) ÷ its standard deviation",
                class_name="max-wide:hidden",
            ),
        ),
        action=rx.el.div(
            rx.cond(
                TrainingRunState.has_more_places,
                rx.el.form(
                    text_input(
                        name="step",
                        placeholder="step",
                        aria_label="Go to step",
                        title="The menu has the last steps and some others. Type any, then Enter.",
                        input_mode="numeric",
                        auto_complete="off",
                        class_name="!w-20 max-wide:!w-16",
                    ),
                    on_submit=TrainingRunState.go_to_step,
                    reset_on_submit=True,
                ),
            ),
            select(
                options(TrainingRunState.places),
                value=TrainingRunState.shown_place,
                on_change=TrainingRunState.choose_place,
                aria_label="Training step",
            ),
            class_name="flex items-center gap-2 min-w-0 max-wide:py-1.5",
        ),
        body_class="",
    )


def _answer(answer: AnswerView) -> rx.Component:
    return rx.el.tr(
        cell(
            rx.el.div(answer.question, class_name="text-small text-ink-3 truncate"),
            rx.el.div(answer.text, class_name=_TEXT, title=answer.text),
            rx.cond(
                answer.note != "", rx.el.div(answer.note, class_name="text-small text-ink-3 mt-0.5")
            ),
            class_name="max-w-0 w-full py-2",
        ),
        cell(answer.reward, is_number=True, class_name="font-medium align-top py-2"),
        cell(_signed(answer.advantage, answer.tone), is_number=True, class_name="align-top py-2"),
        class_name=ROW,
    )


def topics_card() -> rx.Component:
    """Rewards in training by topic, from its start to now."""
    return card(
        rx.el.div(
            table(
                head("Topic"),
                head("Start", is_number=True),
                head("Now", is_number=True),
                head("Difference", is_number=True),
                head("Graded", is_number=True),
                rows=rx.foreach(TrainingRunState.topics, _topic_reward),
                label="Rewards in training by topic",
            ),
            class_name="max-h-[300px] overflow-auto",
            tab_index=0,
            role="region",
            aria_label="Rewards in training by topic",
        ),
        title="By topic",
        witness=TrainingRunState.topics_witness,
        body_class="",
    )


def _topic_reward(topic: TopicReward) -> rx.Component:
    return rx.el.tr(
        cell(topic.name, class_name="truncate max-w-[110px]", title=topic.name),
        cell(topic.first, is_number=True),
        cell(topic.last, is_number=True),
        cell(_signed(topic.difference, topic.tone), is_number=True),
        cell(topic.num, is_number=True, class_name="text-ink-3"),
        class_name=ROW,
    )


def log_card() -> rx.Component:
    """The last that the trainer printed, and all of it as a file."""
    return card(
        rx.el.div(
            rx.el.pre(
                TrainingRunState.log,
                class_name=f"{CODE} m-0 p-3 whitespace-pre-wrap [overflow-wrap:anywhere]",
            ),
            tab_index=0,
            role="region",
            aria_label="Log of the trainer",
            class_name="flex flex-col-reverse max-h-[260px] overflow-auto",
        ),
        title="Log",
        witness="the last lines",
        action=button(
            "Download",
            size="sm",
            icon="download",
            title="All that the trainer printed",
            on_click=TrainingRunState.download_log,
        ),
    )


def serving_card() -> rx.Component:
    """The tuned model's name, and the command that serves it where this product does not."""
    return card(
        rx.el.p(_SERVING.words, class_name="text-ink-2"),
        rx.el.p(_SERVING.model, class_name="mt-1 font-mono text-small [overflow-wrap:anywhere]"),
        rx.cond(
            _SERVING.command != "",
            rx.el.div(
                rx.el.pre(
                    _SERVING.command,
                    tab_index=0,
                    role="region",
                    aria_label="Command that serves it",
                    class_name=f"{CODE} px-3 py-2.5 overflow-x-auto whitespace-pre-wrap"
                    " [overflow-wrap:anywhere]",
                ),
                rx.el.div(
                    button(
                        "Copy",
                        size="sm",
                        icon="copy",
                        on_click=[
                            rx.set_clipboard(_SERVING.command),
                            rx.toast.success("Command copied"),
                        ],
                    ),
                    button_link("Add as provider", href="/settings", size="sm", icon="plus"),
                    class_name="flex flex-wrap gap-2",
                ),
                class_name="grid grid-cols-[minmax(0,1fr)] gap-2 mt-2",
            ),
        ),
        rx.el.p(
            "Adapter: ",
            rx.el.code(
                rx.foreach(
                    _SERVING.folder_parts,
                    lambda part: rx.fragment(part, rx.el.wbr()),
                ),
                class_name="[overflow-wrap:anywhere]",
            ),
            class_name="mt-2 text-small text-ink-3",
        ),
        title="Tuned model",
    )


def checkpoints_card() -> rx.Component:
    """Saved states with their reward on held-out records."""
    return card(
        rx.el.div(
            table(
                head("Step", is_number=True, class_name="w-16"),
                head("Held-out reward", is_number=True),
                head(""),
                rows=rx.foreach(TrainingRunState.checkpoints, _checkpoint),
                label="Checkpoints",
            ),
            class_name="max-h-[300px] overflow-auto",
            tab_index=0,
            role="region",
            aria_label="Checkpoints",
        ),
        title="Checkpoints",
        witness=rx.cond(
            TrainingRunState.checkpoints_witness != "",
            TrainingRunState.checkpoints_witness,
            "the best one is kept",
        ),
        body_class="",
    )


def _checkpoint(checkpoint: CheckpointView) -> rx.Component:
    return rx.el.tr(
        cell(checkpoint.step, is_number=True),
        cell(checkpoint.reward, is_number=True, class_name="font-medium"),
        cell(
            rx.cond(
                checkpoint.is_best,
                badge("best", tone="ok"),
                rx.el.span(checkpoint.note, class_name="text-small text-ink-3"),
            )
        ),
        class_name=ROW,
    )


def comparison_card() -> rx.Component:
    """Better, worse or unproven, by topic."""
    return card(
        rx.el.p("Mean difference on held-out records", class_name="text-small text-ink-3"),
        rx.el.p(
            rx.el.span(
                _COMPARISON.difference,
                class_name=rx.match(
                    _COMPARISON.tone,
                    ("ok", "text-[26px] leading-9 font-semibold text-ok tabular-nums"),
                    ("bad", "text-[26px] leading-9 font-semibold text-bad tabular-nums"),
                    "text-[26px] leading-9 font-semibold tabular-nums",
                ),
            ),
            " ",
            rx.el.span(_COMPARISON.span, class_name="text-ink-3 tabular-nums"),
        ),
        rx.el.p(_COMPARISON.words, class_name="mt-1 text-ink-2"),
        rx.el.p(_COMPARISON.tally, class_name="mt-1 text-small text-ink-3 tabular-nums"),
        rx.foreach(
            _COMPARISON.costs,
            lambda words: rx.el.p(words, class_name="mt-1 text-small text-ink-3 tabular-nums"),
        ),
        rx.cond(
            _COMPARISON.ungraded != "",
            rx.el.p(_COMPARISON.ungraded, class_name="mt-1 text-small text-ink-3"),
        ),
        rx.cond(
            has_items(_COMPARISON.topics),
            rx.el.div(
                table(
                    head("Topic"),
                    head("n", is_number=True),
                    head("Base", is_number=True),
                    head("Tuned", is_number=True),
                    head("Difference", is_number=True),
                    rows=rx.foreach(_COMPARISON.topics, _topic),
                    label="Difference by topic",
                ),
                class_name="mt-3 -mx-3.5 -mb-3.5 border-t border-line overflow-x-auto",
            ),
        ),
        title="Against the base model",
    )


def _topic(topic: TopicDifference) -> rx.Component:
    return rx.el.tr(
        cell(topic.name, class_name="truncate max-w-[160px]"),
        cell(topic.num, is_number=True),
        cell(topic.base, is_number=True),
        cell(topic.tuned, is_number=True),
        cell(_signed(topic.difference, topic.tone), is_number=True),
        class_name=ROW,
    )


def side_by_side_card() -> rx.Component:
    """Both answers to each compared record, the largest fall first."""
    return card(
        rx.el.div(
            table(
                head("Question"),
                head("Base"),
                head("Tuned"),
                head("Difference", is_number=True),
                rows=rx.foreach(TrainingRunState.compared, _pair),
                label="Base and tuned answers",
            ),
            class_name=_PAIRS,
            tab_index=0,
            role="region",
            aria_label="Base and tuned answers",
        ),
        rx.cond(
            TrainingRunState.has_more,
            rx.el.div(
                button("Show more", size="sm", on_click=TrainingRunState.show_more),
                class_name="p-3 text-center border-t border-line",
            ),
        ),
        title="Base beside tuned",
        witness=f"{TrainingRunState.num_compared} held-out records, largest fall first · "
        "words that differ are marked",
        body_class="",
    )


def _pair(pair: SideBySide) -> rx.Component:
    def answer(name: str, text: str, pieces: list[Piece], reward: str) -> rx.Component:
        return cell(
            _phone_label(name),
            rx.el.div(rx.foreach(pieces, text_piece), class_name=_PAIR_TEXT, title=text),
            rx.el.div(reward, class_name="text-small text-ink-3 tabular-nums mt-0.5"),
            class_name="align-top wide:w-1/3 py-2",
        )

    return rx.el.tr(
        cell(
            rx.el.div(pair.question, class_name=_TEXT, title=pair.question),
            rx.el.div(pair.topic, class_name="text-small text-ink-3 mt-0.5"),
            class_name="align-top wide:w-1/3 py-2",
        ),
        answer("Base", pair.base_text, pair.base_pieces, pair.base),
        answer("Tuned", pair.tuned_text, pair.tuned_pieces, pair.tuned),
        cell(
            _phone_label("Difference"),
            _signed(pair.difference, pair.tone),
            is_number=True,
            class_name="align-top py-2",
        ),
        class_name=ROW,
    )


def _phone_label(name: str) -> rx.Component:
    """The name of a column where there are none."""
    return rx.el.div(name, class_name=f"{LABEL} wide:hidden")
