"""Route `/optimization/{id}/training/{run}`: one training, live and afterwards."""

import reflex as rx

from rft_app.ui.components.badge import badge
from rft_app.ui.components.button import button, button_link
from rft_app.ui.components.card import card
from rft_app.ui.components.empty_state import empty_state
from rft_app.ui.components.notice import notice
from rft_app.ui.components.progress import progress_bar
from rft_app.ui.components.shell import crumbs, page_body, shell
from rft_app.ui.components.skeleton import skeleton, skeleton_lines
from rft_app.ui.components.training_answers import (
    answers_card,
    checkpoints_card,
    comparison_card,
    log_card,
    serving_card,
    side_by_side_card,
    topics_card,
)
from rft_app.ui.components.training_curves import curves_card, remarks_card
from rft_app.ui.content import has_items
from rft_app.ui.state.figure import Figure
from rft_app.ui.state.training_run import TrainingRunState
from rft_app.ui.theme import PAGE_TITLE

_RUN = TrainingRunState.run


def training_run_page() -> rx.Component:
    """The run in its frame; a skeleton while it loads, and what to do where it is not there."""
    return shell(
        rx.cond(
            TrainingRunState.is_loaded,
            rx.cond(
                TrainingRunState.is_missing,
                _missing(),
                rx.cond(_RUN.id == "", page_body(_unreadable()), _body()),
            ),
            page_body(
                skeleton("h-7 w-48 mb-4"),
                skeleton("h-[300px] w-full mb-4"),
                skeleton_lines("Loading the training"),
            ),
        ),
        place=crumbs(
            ("Datasets", "/optimization"),
            (TrainingRunState.dataset_name, f"/optimization/{TrainingRunState.dataset_id}"),
            current=rx.cond(_RUN.name != "", _RUN.name, "Training"),
        ),
        actions=_actions(),
        is_narrow=True,
    )


def _actions() -> rx.Component:
    return rx.cond(
        TrainingRunState.is_loaded & (_RUN.id != ""),
        rx.cond(
            _RUN.is_live,
            rx.el.div(
                rx.cond(
                    _RUN.can_finish,
                    button(
                        "Finish now",
                        icon="flag",
                        disabled=TrainingRunState.is_asking | (TrainingRunState.wish != ""),
                        on_click=TrainingRunState.finish,
                        title=rx.cond(
                            TrainingRunState.wish != "",
                            "It was asked already and ends after this step",
                            "No further step: the best checkpoint is compared with the base",
                        ),
                    ),
                ),
                button(
                    "Stop run",
                    icon="square",
                    variant="danger",
                    disabled=TrainingRunState.is_asking | (TrainingRunState.wish == "stop"),
                    on_click=TrainingRunState.stop,
                    title=rx.cond(
                        _RUN.is_service,
                        "Asks the service to stop its job",
                        "Stops after this step without a comparison; the best checkpoint is kept",
                    ),
                ),
                class_name="flex items-center gap-2",
            ),
            rx.el.div(
                rx.cond(
                    _RUN.can_resume,
                    button(
                        "Go on",
                        icon="play",
                        disabled=TrainingRunState.is_asking,
                        on_click=TrainingRunState.resume,
                        title=rx.cond(
                            _RUN.is_service,
                            "Follows the service's job again; orders it where it was not",
                            "Goes on from the last checkpoint",
                        ),
                    ),
                ),
                rx.cond(
                    _RUN.playground_href != "",
                    button_link(
                        "Try it",
                        href=_RUN.playground_href,
                        icon="message-square",
                        title="One prompt to the base and to this model, side by side",
                    ),
                ),
                class_name="flex items-center gap-2",
            ),
        ),
    )


def _missing() -> rx.Component:
    return rx.el.main(
        empty_state(
            "This training is not there",
            "It was deleted with its dataset, or the address is wrong.",
            button_link("All datasets", href="/optimization", variant="primary", size="lg"),
            icon_name="search-x",
            tone="bad",
        ),
        class_name="grow flex items-center justify-center",
    )


def _unreadable() -> rx.Component:
    return notice(
        "The training could not be read.",
        TrainingRunState.error,
        tone="bad",
        action=button("Try again", size="sm", icon="refresh-cw", on_click=TrainingRunState.reload),
    )


def _body() -> rx.Component:
    return page_body(
        rx.el.div(
            rx.el.h1(_RUN.name, class_name=PAGE_TITLE),
            badge(_RUN.status, tone=_RUN.tone),
            rx.el.span(_RUN.meta, class_name="text-ink-3 min-w-0 [overflow-wrap:anywhere]"),
            class_name="flex flex-wrap items-center gap-2.5 mb-3",
        ),
        rx.cond(
            _RUN.is_live,
            rx.el.div(
                progress_bar(_RUN.percent, "Progress of the training"),
                rx.el.p(
                    _RUN.words,
                    rx.match(
                        TrainingRunState.wish,
                        ("finish", " · it finishes after this step, then compares"),
                        ("stop", " · it stops after this step"),
                        "",
                    ),
                    class_name="text-small text-ink-3 mt-1.5 tabular-nums",
                ),
                class_name="mb-4",
            ),
        ),
        rx.el.div(*_notices(), class_name="grid gap-2.5 mb-4 empty:hidden"),
        rx.el.div(
            rx.el.div(
                curves_card(),
                rx.cond(_RUN.has_comparison, side_by_side_card()),
                rx.cond(has_items(TrainingRunState.places), answers_card()),
                rx.cond(TrainingRunState.log != "", log_card()),
                class_name="grid gap-4 content-start min-w-0",
            ),
            rx.el.div(
                rx.cond(_RUN.has_comparison, comparison_card()),
                remarks_card(),
                rx.cond(TrainingRunState.serving.model != "", serving_card()),
                rx.cond(has_items(TrainingRunState.topics), topics_card()),
                rx.cond(has_items(TrainingRunState.checkpoints), checkpoints_card()),
                _facts(),
                rx.cond(_RUN.is_service, _events()),
                class_name="grid gap-4 content-start min-w-0",
            ),
            class_name="grid grid-cols-[minmax(0,1fr)_380px] gap-4 items-start"
            " max-desk:grid-cols-1",
        ),
        class_name="max-w-[1360px]",
    )


def _notices() -> list[rx.Component]:
    return [
        rx.cond(
            TrainingRunState.error != "",
            notice(
                "What is shown may be old.",
                TrainingRunState.error,
                tone="warn",
                action=button("Try again", size="sm", on_click=TrainingRunState.reload),
            ),
        ),
        rx.cond(
            TrainingRunState.fault != "",
            notice("That did not work.", TrainingRunState.fault, tone="bad"),
        ),
        rx.cond(_RUN.error != "", notice("The training ended early.", _RUN.error, tone="bad")),
        rx.cond(
            _RUN.notice != "",
            notice("A provider trains this one.", _RUN.notice, tone="warn"),
        ),
        _not_compared(),
        rx.cond(_RUN.ended != "", notice("It stopped before its last step.", _RUN.ended)),
        rx.cond(
            _RUN.against != "",
            notice("Started against the dry run's verdict.", _RUN.against, tone="warn"),
        ),
    ]


def _not_compared() -> rx.Component:
    again = TrainingRunState.again
    title = rx.cond(
        _RUN.has_comparison, "The comparison is not whole.", "The models were not compared."
    )
    return rx.cond(
        again.gaps != "",
        notice(
            title,
            again.gaps,
            tone="warn",
            action=rx.cond(
                again.words != "",
                rx.el.span(again.words, class_name="text-small tabular-nums", role="status"),
                button(
                    "Compare again",
                    size="sm",
                    icon="refresh-cw",
                    on_click=TrainingRunState.compare_again,
                    disabled=TrainingRunState.is_asking,
                ),
            ),
        ),
        rx.cond(
            _RUN.not_compared != "",
            notice("The models were not compared.", _RUN.not_compared, tone="warn"),
        ),
    )


def _facts() -> rx.Component:
    return card(
        rx.el.dl(
            rx.foreach(_RUN.facts, _fact),
            class_name="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-2 m-0",
        ),
        title="This run",
    )


def _events() -> rx.Component:
    return card(
        rx.cond(
            has_items(TrainingRunState.events),
            rx.el.ol(
                rx.foreach(
                    TrainingRunState.events,
                    lambda line: rx.el.li(line, class_name="[overflow-wrap:anywhere]"),
                ),
                class_name="grid gap-1 list-none p-0 m-0 max-h-[320px] overflow-y-auto font-mono"
                " text-small text-ink-2",
                tab_index=0,
                aria_label="Events of the service",
            ),
            rx.el.p("The service has said nothing yet.", class_name="text-ink-3"),
        ),
        title="Events",
        witness="newest first, as the service says them",
    )


def _fact(fact: Figure) -> rx.Component:
    return rx.fragment(
        rx.el.dt(fact.name, class_name="text-ink-3"),
        rx.el.dd(fact.value, class_name="m-0 tabular-nums [overflow-wrap:anywhere]"),
    )
