"""The dialog of step 2: the tree, the chosen topic with its records, and the review queue."""

import reflex as rx

from rft_app.ui.components.badge import key_hint
from rft_app.ui.components.button import button, icon_button, text_button
from rft_app.ui.components.choice import segment, segmented
from rft_app.ui.components.empty_state import empty_panel
from rft_app.ui.components.field import field, text_input
from rft_app.ui.components.menu import menu, menu_item, menu_separator
from rft_app.ui.components.modal import modal_footer
from rft_app.ui.components.notice import notice
from rft_app.ui.components.step_dialog import run_button, run_effect, step_dialog
from rft_app.ui.components.topic_forms import topic_forms
from rft_app.ui.components.topic_making import depth_choice, making_dialog, number_choice
from rft_app.ui.components.topic_panel import topic_panel
from rft_app.ui.components.topic_placing import placing_dialog
from rft_app.ui.components.topic_review import review_panel
from rft_app.ui.components.topic_tree import topic_tree
from rft_app.ui.state.modal import IMPORT_TOPICS, ModalState
from rft_app.ui.state.topic_form import ADD, DELETE, MERGE, MOVE, SPLIT
from rft_app.ui.state.topics import REVIEW, TOPIC, TREE, TopicsState
from rft_app.ui.theme import WITNESS


def topics_modal() -> rx.Component:
    """What users ask for, and every way to change it."""
    return rx.fragment(
        step_dialog(
            TopicsState,
            _notes(),
            _few_sure(),
            _panes(),
            rx.el.div(
                _list(),
                _part(TOPIC, topic_panel(), "flex flex-col min-h-0 min-w-0"),
                _part(
                    REVIEW,
                    review_panel(),
                    "flex flex-col min-h-0 border-l border-line bg-inset max-desk:border-l-0"
                    " max-desk:border-t max-desk:col-span-2 max-wide:border-t-0",
                ),
                class_name="grow min-h-0 grid grid-cols-[304px_minmax(0,1fr)_320px]"
                " grid-rows-[minmax(0,1fr)] max-desk:grid-cols-[280px_minmax(0,1fr)]"
                " max-desk:grid-rows-[minmax(0,3fr)_minmax(0,2fr)] max-wide:grid-cols-1"
                " max-wide:grid-rows-none",
            ),
            witness=rx.cond(
                TopicsState.has_result,
                rx.fragment(
                    f"{TopicsState.num_topics} · {TopicsState.num_records}",
                    rx.cond(TopicsState.share_sure != "–", f" · {TopicsState.share_sure} sure", ""),
                ),
            ),
            actions=rx.cond(TopicsState.has_result, _actions()),
            settings=_first_settings(),
            footer=_footer(),
            width="list",
        ),
        topic_forms(),
        making_dialog(),
        placing_dialog(),
    )


def _actions() -> rx.Component:
    return rx.fragment(
        icon_button(
            "undo-2",
            rx.cond(
                TopicsState.undo_words != "", "Undo: " + TopicsState.undo_words, "Nothing to undo"
            ),
            on_click=TopicsState.undo,
            disabled=(TopicsState.undo_words == "") | TopicsState.is_running,
        ),
        icon_button(
            "redo-2",
            rx.cond(
                TopicsState.redo_words != "", "Redo: " + TopicsState.redo_words, "Nothing to redo"
            ),
            on_click=TopicsState.redo,
            disabled=(TopicsState.redo_words == "") | TopicsState.is_running,
        ),
        button(
            "Import topics",
            size="sm",
            icon="upload",
            on_click=ModalState.open_dialog(IMPORT_TOPICS),
            class_name="max-wide:hidden",
        ),
        button(
            rx.el.span("Suggest topics", class_name="max-wide:sr-only"),
            size="sm",
            icon="wand-sparkles",
            on_click=TopicsState.open_making,
        ),
    )


def _footer() -> rx.Component:
    return modal_footer(
        run_effect(
            TopicsState,
            rx.cond(
                TopicsState.has_result,
                rx.el.span(
                    rx.cond(TopicsState.method != "", TopicsState.method + " · ", ""),
                    f"seed {TopicsState.used_seed} · mean confidence "
                    f"{TopicsState.mean_confidence}. Changes are saved at once and mark coverage "
                    "as out of date.",
                ),
                "Runs on this machine; the same seed gives the same topics.",
            ),
        ),
        rx.cond(
            TopicsState.has_result,
            rx.fragment(
                rx.cond(TopicsState.stale_reason != "", run_button(TopicsState, variant="default")),
                rx.cond(
                    TopicsState.num_without_topic != "",
                    _categorise("primary"),
                    _categorise("default"),
                ),
            ),
            rx.fragment(
                button(
                    "Template or model",
                    on_click=[TopicsState.set_wish("source", "template"), TopicsState.open_making],
                    disabled=TopicsState.is_loading
                    | TopicsState.is_running
                    | (TopicsState.status == "waiting"),
                ),
                run_button(TopicsState),
            ),
        ),
    )


def _categorise(variant: str) -> rx.Component:
    return button(
        "Categorise records",
        icon="tags",
        variant=variant,
        on_click=TopicsState.open_placing,
        disabled=TopicsState.is_running | ~TopicsState.has_topics,
    )


def _notes() -> rx.Component:
    def note(tone: str) -> rx.Component:
        return notice(
            TopicsState.work_note,
            tone=tone,
            action=button("Close", size="sm", on_click=TopicsState.forget_note),
        )

    return rx.cond(
        TopicsState.work_note != "",
        rx.el.div(
            rx.match(
                TopicsState.work_tone,
                ("ok", note("ok")),
                ("warn", note("warn")),
                note("bad"),
            ),
            class_name="px-5 py-3 border-b border-line max-wide:px-4",
        ),
    )


def _few_sure() -> rx.Component:
    """What to do where few records are sure of their topic."""
    return rx.cond(
        (TopicsState.few_sure != "") & ~TopicsState.is_running,
        rx.el.div(
            notice(
                TopicsState.few_sure,
                "Decide the unsure ones in the review queue; or give the topics keywords, or choose"
                " a model, and categorise again.",
                tone="warn",
            ),
            class_name="px-5 py-3 border-b border-line max-wide:px-4",
        ),
    )


def _panes() -> rx.Component:
    """On phones one part shows at a time."""
    pane = TopicsState.pane
    return rx.el.div(
        segmented(
            segment("Topics", is_on=pane == TREE, on_click=TopicsState.choose_pane(TREE)),
            segment("Records", is_on=pane == TOPIC, on_click=TopicsState.choose_pane(TOPIC)),
            segment(
                "Review",
                is_on=pane == REVIEW,
                count=TopicsState.num_left,
                on_click=TopicsState.choose_pane(REVIEW),
            ),
            label="Part of the dialog",
        ),
        class_name="wide:hidden px-4 py-2.5 border-b border-line",
    )


def _part(name: str, content: rx.Component, class_name: str) -> rx.Component:
    return rx.el.div(
        content,
        class_name=rx.cond(TopicsState.pane == name, class_name, f"{class_name} max-wide:hidden"),
    )


def _list() -> rx.Component:
    return _part(
        TREE,
        rx.fragment(
            rx.el.div(
                text_input(
                    icon="search",
                    suffix=key_hint("/"),
                    placeholder="Filter topics",
                    aria_label="Filter topics",
                    default_value=TopicsState.search,
                    on_change=TopicsState.search_for.debounce(150),
                    custom_attrs={"data-search": "true"},
                    class_name="!min-h-8 max-wide:!min-h-10",
                ),
                class_name="p-3",
            ),
            rx.el.div(
                rx.el.span("Topic", class_name="grow"),
                rx.el.span("Records"),
                rx.el.span("Sure", class_name="w-[46px] text-right"),
                class_name="flex gap-2 px-4 pb-1 text-label font-medium text-ink-3",
            ),
            rx.cond(
                TopicsState.rows,
                rx.el.div(
                    topic_tree(
                        rows=TopicsState.rows,
                        chosen=TopicsState.chosen,
                        checked=TopicsState.checked,
                        label="Topics",
                        is_busy=TopicsState.is_running,
                        on_choose=TopicsState.open_topic,
                        on_check=TopicsState.check,
                        on_rename=TopicsState.rename,
                        on_delete=TopicsState.open_form_for(DELETE),
                        on_undo=TopicsState.undo,
                        on_redo=TopicsState.redo,
                    ),
                    class_name="grow min-h-0 overflow-auto",
                ),
                rx.el.div(
                    rx.cond(
                        TopicsState.has_topics,
                        empty_panel("No topic matches", "Change the filter."),
                        empty_panel(
                            "No topics yet",
                            "Add the first one, or let some be suggested.",
                        ),
                    ),
                    class_name="grow",
                ),
            ),
            _without_topic(),
            _tree_bar(),
        ),
        "flex flex-col min-h-0 border-r border-line max-wide:border-r-0",
    )


def _without_topic() -> rx.Component:
    return rx.cond(
        TopicsState.num_without_topic != "",
        rx.el.p(
            f"{TopicsState.num_without_topic} in no topic. ",
            text_button("Show", on_click=ModalState.open_records("topic:")),
            class_name=f"{WITNESS} px-4 py-2 border-t border-line",
        ),
    )


def _tree_bar() -> rx.Component:
    num = rx.Var.create(TopicsState.checked).to(list).length()
    is_off = TopicsState.is_running
    is_empty = ~TopicsState.has_topics
    return rx.el.div(
        button(
            "Add topic",
            size="sm",
            icon="plus",
            on_click=TopicsState.open_form(ADD),
            disabled=is_off,
            class_name="grow",
        ),
        button(
            rx.cond(num > 1, f"Merge {num}", "Merge"),
            size="sm",
            icon="merge",
            on_click=TopicsState.open_form(MERGE),
            disabled=is_off | is_empty,
        ),
        button(
            "Split",
            size="sm",
            icon="split",
            on_click=TopicsState.open_form(SPLIT),
            disabled=is_off | ~TopicsState.chosen_topic.is_leaf | is_empty,
            title=rx.cond(
                TopicsState.chosen_topic.is_leaf,
                "Split the chosen topic",
                "Only a topic without topics below it can be split",
            ),
        ),
        menu(
            menu_item("Move…", icon_name="folder-input", on_click=TopicsState.open_form(MOVE)),
            rx.cond(
                num > 0,
                menu_item(f"Unmark {num}", icon_name="square", on_click=TopicsState.uncheck_all),
            ),
            menu_separator(),
            menu_item(
                rx.cond(num > 1, f"Delete {num} topics…", "Delete…"),
                icon_name="trash-2",
                is_destructive=True,
                on_click=TopicsState.open_form(DELETE),
            ),
            label="More for the chosen topics",
        ),
        class_name="flex items-center gap-2 px-3 py-2.5 border-t border-line",
    )


def _first_settings() -> rx.Component:
    """What can be set before the first run."""
    return rx.el.div(
        number_choice(),
        depth_choice(),
        field(
            "Seed",
            text_input(
                id="topics-seed",
                value=TopicsState.seed,
                on_change=TopicsState.set_wish("seed"),
                input_mode="numeric",
                class_name="!w-28",
            ),
            html_for="topics-seed",
            hint="The same seed gives the same topics.",
        ),
        class_name="flex flex-wrap gap-8",
    )
