"""The dialog that makes new topics: settings, then the proposal before it replaces the tree."""

import reflex as rx

from rft_app.ui.components.badge import badge
from rft_app.ui.components.button import button
from rft_app.ui.components.card import card
from rft_app.ui.components.choice import segment, segmented
from rft_app.ui.components.field import checkbox, field, select, text_area, text_input
from rft_app.ui.components.job_notice import job_notice
from rft_app.ui.components.modal import modal_body, modal_footer, modal_frame, modal_header
from rft_app.ui.components.model_options import model_options, settings_button
from rft_app.ui.components.notice import notice
from rft_app.ui.components.topic_placing import IS_IN_FRONT
from rft_app.ui.content import has_items
from rft_app.ui.state.topic_making import AUTO, MODEL, TEMPLATE, ProposedTopic, TemplateCard
from rft_app.ui.state.topics import TopicsState
from rft_app.ui.theme import WITNESS

TITLE = "Suggest topics"
_HAS_PROPOSAL = has_items(TopicsState.proposal)


def making_dialog() -> rx.Component:
    """Settings at first, the proposal when there is one."""
    return modal_frame(
        modal_header(
            rx.cond(_HAS_PROPOSAL, TopicsState.proposal_title, TITLE),
            on_close=TopicsState.close_making,
        ),
        modal_body(
            rx.el.div(
                rx.cond(
                    TopicsState.making_fault != "", notice(TopicsState.making_fault, tone="bad")
                ),
                rx.cond(
                    TopicsState.is_running,
                    job_notice(
                        TopicsState,
                        rx.cond(
                            TopicsState.job.name != "",
                            TopicsState.job.name + " is running",
                            "A job is running",
                        ),
                    ),
                ),
                rx.cond(_HAS_PROPOSAL, _proposal(), _settings()),
                class_name="grid grid-cols-[minmax(0,1fr)] gap-4",
            ),
        ),
        _footer(),
        is_open=TopicsState.is_making & IS_IN_FRONT,
        on_close=TopicsState.close_making,
        title=TITLE,
        class_name=rx.cond(
            _HAS_PROPOSAL, "!w-[760px]", "!w-[760px] wide:!h-fit wide:min-h-[420px]"
        ),
    )


def _footer() -> rx.Component:
    return rx.cond(
        _HAS_PROPOSAL,
        modal_footer(
            "Nothing has changed yet. Taking it can be undone.",
            button("Back", on_click=TopicsState.drop_proposal),
            button(
                "Take these topics",
                variant="primary",
                on_click=TopicsState.take_proposal,
                disabled=TopicsState.is_applying | TopicsState.is_running,
            ),
        ),
        modal_footer(
            "You see the topics before they replace anything.",
            button("Cancel", on_click=TopicsState.close_making),
            button(
                rx.cond(
                    TopicsState.source == TEMPLATE,
                    "Preview the template",
                    rx.cond(TopicsState.source == MODEL, "Ask the model", "Find topics"),
                ),
                variant="primary",
                on_click=TopicsState.make,
                disabled=TopicsState.is_running
                | ((TopicsState.source == MODEL) & (TopicsState.no_model != "")),
            ),
        ),
    )


def _settings() -> rx.Component:
    source = TopicsState.source
    return rx.fragment(
        segmented(
            segment(
                "From the records",
                is_on=source == AUTO,
                on_click=TopicsState.set_wish("source", AUTO),
            ),
            segment(
                "Template",
                is_on=source == TEMPLATE,
                on_click=TopicsState.set_wish("source", TEMPLATE),
            ),
            segment("Model", is_on=source == MODEL, on_click=TopicsState.set_wish("source", MODEL)),
            label="What makes the topics",
            class_name="justify-self-start",
        ),
        rx.match(
            source,
            (TEMPLATE, _templates()),
            (MODEL, _model()),
            rx.el.div(
                rx.el.p(
                    "Groups what users ask for, on this machine. The same seed gives the same"
                    " topics.",
                    class_name="text-ink-2 w-full -mb-2",
                ),
                number_choice(),
                depth_choice(),
                _seed(),
                class_name="flex flex-wrap gap-x-8 gap-y-5",
            ),
        ),
    )


def _templates() -> rx.Component:
    return rx.fragment(
        rx.el.fieldset(
            rx.el.legend("Template", class_name="sr-only"),
            rx.foreach(TopicsState.templates, _template),
            class_name="grid grid-cols-2 gap-2.5 max-wide:grid-cols-1",
        ),
        depth_choice("1", "2"),
    )


def _template(template: rx.vars.ObjectVar[TemplateCard]) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="radio",
            name="topics-template",
            checked=TopicsState.template_id == template.id,
            on_change=TopicsState.set_wish("template_id", template.id),
            class_name="w-4 h-4 mt-0.5 shrink-0 accent-[var(--accent)] cursor-pointer",
        ),
        rx.el.span(
            rx.el.span(
                rx.el.b(template.name, class_name="font-semibold"),
                rx.el.span(template.size, class_name=f"{WITNESS} ml-auto shrink-0"),
                class_name="flex gap-2",
            ),
            rx.el.span(template.description, class_name="block text-small text-ink-2 mt-0.5"),
            class_name="grow min-w-0",
        ),
        class_name="flex gap-2.5 p-3 rounded-card border border-line cursor-pointer hover:bg-hover"
        " has-[:checked]:border-accent-line has-[:checked]:bg-accent-soft",
    )


def _model() -> rx.Component:
    return rx.cond(
        TopicsState.no_model != "",
        notice(
            "No model can be asked yet.",
            TopicsState.no_model,
            tone="info",
            action=settings_button(),
        ),
        rx.fragment(
            rx.cond(
                TopicsState.waiting_words != "",
                notice(
                    TopicsState.waiting_words,
                    action=button("Show it", on_click=TopicsState.show_waiting, size="sm"),
                    tone="info",
                ),
            ),
            rx.el.div(
                field(
                    "Model",
                    select(
                        model_options(TopicsState.models),
                        id="topics-model",
                        value=TopicsState.model,
                        on_change=TopicsState.set_wish("model"),
                    ),
                    html_for="topics-model",
                    hint=TopicsState.model_hint,
                ),
                number_choice(),
                depth_choice(),
                class_name="flex flex-wrap gap-x-8 gap-y-5",
            ),
            field(
                "Instructions",
                text_area(
                    id="topics-instructions",
                    rows=3,
                    value=TopicsState.instructions,
                    on_change=TopicsState.set_wish("instructions"),
                    placeholder="E.g. separate questions before and after the purchase",
                ),
                html_for="topics-instructions",
            ),
        ),
    )


def number_choice() -> rx.Component:
    """Find the number of topics, or say it."""
    return field(
        "Number of topics",
        rx.el.div(
            segmented(
                segment(
                    "Find it", is_on=TopicsState.is_auto, on_click=TopicsState.choose_auto(True)
                ),
                segment(
                    "Choose", is_on=TopicsState.is_chosen, on_click=TopicsState.choose_auto(False)
                ),
                label="Number of topics",
            ),
            rx.cond(
                TopicsState.is_auto,
                rx.fragment(),
                text_input(
                    value=TopicsState.wanted_topics,
                    on_change=TopicsState.set_wish("wanted_topics"),
                    input_mode="numeric",
                    aria_label="How many topics",
                    class_name="!w-20",
                ),
            ),
            class_name="flex items-center gap-2",
        ),
        hint=rx.cond(TopicsState.is_auto, "Finds up to 20.", "From 1 up."),
    )


def depth_choice(*levels: str) -> rx.Component:
    """How many levels the tree may have; 1 to 3 unless others are named."""
    return field(
        "Levels",
        segmented(
            *(
                segment(
                    level,
                    is_on=TopicsState.max_depth == level,
                    on_click=TopicsState.set_wish("max_depth", level),
                )
                for level in levels or ("1", "2", "3")
            ),
            label="Levels",
            class_name="justify-self-start",
        ),
        hint=rx.cond(TopicsState.max_depth == "1", "A flat list.", "Topics below topics."),
    )


def _seed() -> rx.Component:
    return field(
        "Seed",
        text_input(
            id="suggest-seed",
            value=TopicsState.seed,
            on_change=TopicsState.set_wish("seed"),
            input_mode="numeric",
            class_name="!w-24",
        ),
        html_for="suggest-seed",
    )


def _proposal() -> rx.Component:
    return rx.fragment(
        rx.cond(TopicsState.paid_words != "", rx.el.p(TopicsState.paid_words, class_name=WITNESS)),
        rx.cond(
            TopicsState.change_words != "",
            notice(
                f"Against the topics that are there: {TopicsState.change_words}.",
                rx.cond(
                    TopicsState.keeps_records,
                    TopicsState.records_words,
                    "All records are placed anew, also those that people placed.",
                ),
                tone="info",
            ),
        ),
        rx.cond(
            TopicsState.can_keep_records,
            checkbox(
                "Keep records where their topic is found again",
                checked=TopicsState.keeps_records,
                on_change=TopicsState.set_keeps_records,
            ),
        ),
        card(
            rx.el.ul(
                rx.foreach(TopicsState.proposal, _proposed),
                aria_label="Proposed topics",
                class_name="list-none m-0 p-0",
            ),
            body_class="",
        ),
    )


def _proposed(topic: rx.vars.ObjectVar[ProposedTopic]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.span(
                rx.el.b(topic.name, class_name="font-medium"),
                rx.cond(topic.is_new, badge("new", tone="accent")),
                rx.el.span(topic.share, class_name=f"{WITNESS} tabular-nums ml-auto"),
                class_name="flex items-center gap-2",
            ),
            rx.cond(
                topic.description != "",
                rx.el.p(topic.description, class_name="text-small text-ink-2"),
            ),
            rx.cond(
                topic.keywords != "",
                rx.el.p(topic.keywords, class_name="text-small text-ink-3 truncate"),
            ),
            class_name="py-2 pr-3.5 border-b border-line",
            style={"margin-left": f"calc(14px + {topic.depth} * 20px)"},
        ),
        class_name="[&:last-child>div]:border-b-0",
    )
