"""The Feedback tab: the filter above, the record at the left, what one says of it at the right."""

import reflex as rx

from rft_app.ui.components.badge import badge, key_hint
from rft_app.ui.components.button import button, button_link, text_button
from rft_app.ui.components.empty_state import empty_panel, empty_state
from rft_app.ui.components.feedback_import_dialog import feedback_import_dialog
from rft_app.ui.components.feedback_record import record_card
from rft_app.ui.components.feedback_verdict import phone_verdict, verdict_card
from rft_app.ui.components.field import field, options, select, text_input
from rft_app.ui.components.icon import icon
from rft_app.ui.components.keys import keys
from rft_app.ui.components.notice import notice
from rft_app.ui.components.progress import progress_bar
from rft_app.ui.components.skeleton import skeleton, skeleton_lines
from rft_app.ui.content import Content, has_items
from rft_app.ui.state.feedback import COMPARE, KEYS, FeedbackState
from rft_app.ui.state.feedback_import import FeedbackImportState
from rft_app.ui.state.feedback_view import AgreementView
from rft_app.ui.theme import CARD, CARD_TITLE, SECTION_TITLE, WITNESS

_ITEM = FeedbackState.item


def feedback_tab() -> rx.Component:
    """Everything below the tabs."""
    return rx.el.div(
        keys(
            letters=KEYS,
            active=rx.cond(FeedbackState.mode == COMPARE, COMPARE, _ITEM.id),
            on_press=lambda key: FeedbackState.press(key, _ITEM.id),
            on_escape=FeedbackState.close_mode,
        ),
        rx.cond(FeedbackState.fault != "", _failed()),
        rx.cond(
            FeedbackState.is_loading,
            _loading(),
            rx.cond(has_items(FeedbackState.datasets), _queue(), _no_datasets()),
        ),
        feedback_import_dialog(),
        on_mount=FeedbackState.open,
        on_unmount=FeedbackState.leave,
        class_name="grid grid-cols-[minmax(0,1fr)] gap-3.5",
    )


def _failed() -> rx.Component:
    return notice(
        FeedbackState.fault,
        tone="bad",
        action=button("Try again", size="sm", icon="refresh-cw", on_click=FeedbackState.open),
    )


def _loading() -> rx.Component:
    return rx.el.div(
        skeleton("h-8 mb-3.5"),
        rx.el.div(
            rx.el.div(skeleton_lines("Loading the next record"), class_name=CARD),
            skeleton("h-80"),
            class_name="grid grid-cols-[minmax(0,1fr)_348px] gap-3.5 max-desk:grid-cols-1",
        ),
    )


def _no_datasets() -> rx.Component:
    return rx.el.section(
        empty_state(
            "No records to review yet",
            "Feedback is what people say of records. Make a dataset from recorded conversations"
            " first; each of its records waits here then.",
            button_link(
                "Create dataset",
                href="/optimization/new",
                variant="primary",
                size="lg",
                icon="plus",
            ),
            icon_name="message-square-heart",
        ),
        class_name=CARD,
    )


def _queue() -> rx.Component:
    return rx.fragment(
        _toolbar(),
        rx.cond(
            (FeedbackState.reviewer == "") | FeedbackState.is_naming,
            _name_form(),
            rx.el.div(
                rx.el.div(
                    rx.cond(_ITEM.id != "", record_card(), _all_done()),
                    class_name="min-w-0",
                ),
                rx.el.aside(
                    rx.cond(_ITEM.id != "", verdict_card()),
                    _progress(),
                    _people(),
                    aria_label="Your verdict and how far you are",
                    class_name="grid gap-3.5 content-start wide:sticky wide:top-0",
                ),
                class_name="grid grid-cols-[minmax(0,1fr)_348px] gap-3.5 items-start"
                " max-desk:grid-cols-[minmax(0,1fr)]",
            ),
        ),
        rx.cond((_ITEM.id != "") & ~FeedbackState.is_naming, phone_verdict()),
    )


def _toolbar() -> rx.Component:
    return rx.el.div(
        select(
            options(FeedbackState.datasets),
            value=FeedbackState.dataset_id,
            on_change=FeedbackState.choose_dataset,
            aria_label="Dataset",
            class_name="basis-[260px] grow min-w-0 max-wide:col-span-2",
        ),
        text_input(
            icon="search",
            suffix=key_hint("/"),
            placeholder="Words in the record",
            aria_label="Search records",
            default_value=FeedbackState.search,
            key=f"search-{FeedbackState.num_clears}",
            on_change=lambda text: FeedbackState.set_filter("search", text).debounce(300),
            type="search",
            custom_attrs={"data-search": ""},
            class_name="basis-[180px] grow min-w-0 max-wide:col-span-2",
        ),
        rx.cond(
            has_items(FeedbackState.topics),
            _choice("topic", "Any topic", FeedbackState.topic, FeedbackState.topics),
        ),
        _choice("source", "Any source", FeedbackState.source, FeedbackState.sources),
        select(
            rx.el.option("Any recorded reward", value=""),
            rx.el.option("With a recorded reward", value="any"),
            rx.el.option("Recorded up to 0.5", value="low"),
            rx.el.option("Recorded from 0.5", value="high"),
            value=FeedbackState.reward,
            on_change=lambda value: FeedbackState.set_filter("reward", value),
            aria_label="Recorded reward",
            class_name="basis-[150px] grow min-w-0",
        ),
        rx.cond(
            FeedbackState.has_filter,
            button("Show all", variant="ghost", icon="x", on_click=FeedbackState.clear_filter),
        ),
        button("Import feedback", icon="upload", on_click=FeedbackImportState.open),
        role="search",
        class_name="flex flex-wrap items-center gap-2 max-wide:grid max-wide:grid-cols-2",
    )


def _choice(name: str, anything: str, value: Content, choices: Content) -> rx.Component:
    return select(
        rx.el.option(anything, value=""),
        options(choices),
        value=value,
        on_change=lambda text: FeedbackState.set_filter(name, text),
        aria_label=name.capitalize(),
        class_name="basis-[130px] grow min-w-0",
    )


def _name_form() -> rx.Component:
    return rx.el.form(
        rx.el.h2("Who reviews?", class_name=CARD_TITLE),
        rx.el.p(
            "Your name stands beside what you say, so that two people can be compared. It is no"
            " login; this browser remembers it.",
            class_name="text-ink-2",
        ),
        field(
            "Name",
            text_input(
                id="reviewer",
                name="reviewer",
                default_value=FeedbackState.reviewer,
                max_length=80,
                auto_complete="name",
                auto_focus=True,
            ),
            error=FeedbackState.name_fault,
            html_for="reviewer",
        ),
        rx.el.div(
            button("Start reviewing", variant="primary", type="submit"),
            rx.cond(FeedbackState.is_naming, button("Cancel", on_click=FeedbackState.keep_name)),
            class_name="flex gap-2",
        ),
        on_submit=FeedbackState.set_reviewer,
        class_name=f"{CARD} p-5 grid gap-3 max-w-[460px] mx-auto my-10 w-full",
    )


def _all_done() -> rx.Component:
    return rx.el.div(
        rx.cond(
            FeedbackState.num_skipped > 0,
            empty_panel(
                "That was the last one",
                f"{FeedbackState.num_skipped} that you skipped still wait.",
                button("Show the skipped ones", icon="rotate-ccw", on_click=FeedbackState.restart),
            ),
            rx.cond(
                FeedbackState.has_filter,
                empty_panel(
                    "Nothing left that matches",
                    "You said something of every record that this filter shows.",
                    button("Show all records", icon="x", on_click=FeedbackState.clear_filter),
                ),
                empty_panel(
                    "All reviewed",
                    "You said something of every record of this dataset. New records come here by"
                    " themselves the next time.",
                ),
            ),
        ),
        rx.cond(
            FeedbackState.said != "",
            rx.el.div(
                button("Back", key_hint("K"), icon="arrow-left", on_click=FeedbackState.back),
                button("Undo", key_hint("Z"), icon="undo-2", on_click=FeedbackState.undo),
                class_name="flex justify-center gap-2 pb-8 -mt-3",
            ),
        ),
        class_name=CARD,
    )


def _progress() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.b(FeedbackState.progress.words, class_name="font-semibold tabular-nums"),
            class_name="flex items-baseline gap-2",
        ),
        progress_bar(FeedbackState.progress.percent, "Done by you", tone="ok"),
        rx.el.p(
            icon("user-round", 13),
            rx.el.span(FeedbackState.reviewer, class_name="truncate text-ink-2"),
            text_button("Change", on_click=FeedbackState.rename),
            class_name=f"{WITNESS} flex items-center gap-1.5 min-w-0",
        ),
        aria_label="Progress",
        class_name=f"{CARD} p-3.5 grid gap-2",
    )


def _people() -> rx.Component:
    return rx.el.section(
        rx.el.h2("Agreement", class_name=SECTION_TITLE),
        rx.cond(
            has_items(FeedbackState.agreements),
            rx.el.ul(
                rx.foreach(FeedbackState.agreements, _agreement),
                class_name="m-0 p-0 list-none grid gap-2.5",
            ),
            rx.el.p(
                "Once two people judged the same records, it shows here how far they agree.",
                class_name=WITNESS,
            ),
        ),
        rx.cond(
            FeedbackState.more_pairs != "", rx.el.p(FeedbackState.more_pairs, class_name=WITNESS)
        ),
        rx.cond(
            FeedbackState.people != "",
            rx.el.p(
                FeedbackState.people,
                class_name=f"{WITNESS} border-t border-line pt-2.5 tabular-nums",
            ),
        ),
        aria_label="Agreement",
        class_name=f"{CARD} p-3.5 grid gap-2.5",
    )


def _agreement(pair: rx.vars.ObjectVar[AgreementView]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.span(pair.people, class_name="truncate min-w-0"),
            badge(
                "κ ",
                pair.kappa,
                title="Cohen's kappa: 1 is full agreement, 0 is chance",
                class_name="ml-auto",
            ),
            class_name="flex items-center gap-2",
        ),
        rx.el.p(pair.words, class_name=WITNESS),
        rx.cond(pair.rating != "", rx.el.p(pair.rating, class_name=WITNESS)),
        key=pair.people,
    )
