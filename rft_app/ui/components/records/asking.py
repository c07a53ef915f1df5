"""The dialogs over the list: where to move the selected records, how to tag them."""

import reflex as rx

from rft_app.ui.components.button import button
from rft_app.ui.components.empty_state import empty_panel
from rft_app.ui.components.field import field, text_input
from rft_app.ui.components.icon import icon
from rft_app.ui.components.modal import modal_frame
from rft_app.ui.components.notice import notice
from rft_app.ui.content import Content, has_items
from rft_app.ui.state.modal import ModalState
from rft_app.ui.state.record_asking import MOVE, OUT, TAG
from rft_app.ui.state.record_change_view import TagOption, TopicOption
from rft_app.ui.state.records import RecordsState
from rft_app.ui.theme import PAGE_TITLE, RADIO, WITNESS

_LIST = "m-0 p-0 list-none border border-line rounded-control overflow-auto max-h-[320px]"


def asking_dialogs(is_open: Content) -> rx.Component:
    """One of them shows at most, over the records overlay only."""
    return rx.fragment(
        _move(is_open & (RecordsState.asking == MOVE)), _tag(is_open & (RecordsState.asking == TAG))
    )


def _fault() -> rx.Component:
    return rx.cond(RecordsState.asking_fault != "", notice(RecordsState.asking_fault, tone="bad"))


def _move(is_open: Content) -> rx.Component:
    return modal_frame(
        rx.el.div(
            rx.el.h2(f"Move {RecordsState.selected_words}", class_name=PAGE_TITLE),
            _fault(),
            rx.cond(has_items(RecordsState.leaves), _leaves(), _no_topics()),
            rx.cond(
                RecordsState.move_note != "",
                rx.el.p(RecordsState.move_note, class_name="text-small text-warn"),
            ),
            class_name="grid gap-3 p-5 overflow-auto",
        ),
        rx.el.footer(
            button("Cancel", on_click=RecordsState.stop_asking),
            button(
                rx.cond(
                    RecordsState.move_words != "", RecordsState.move_words, "No record can move"
                ),
                variant="primary",
                on_click=RecordsState.move_selected,
                disabled=(RecordsState.target == "") | (RecordsState.move_words == ""),
            ),
            class_name="flex justify-end gap-2 px-5 pb-5",
        ),
        is_open=is_open,
        on_close=RecordsState.stop_asking,
        title="Move to a topic",
        width="small",
    )


def _leaves() -> rx.Component:
    return rx.fragment(
        text_input(
            icon="search",
            placeholder="Find a topic",
            aria_label="Find a topic",
            on_change=RecordsState.search_leaves.debounce(150),
            custom_attrs={"data-autofocus": "true"},
        ),
        rx.el.div(
            rx.foreach(RecordsState.found_leaves, _leaf),
            rx.cond(RecordsState.leaf_search == "", _radio(OUT, "No topic", "", "")),
            role="radiogroup",
            aria_label="Topics",
            class_name=_LIST,
        ),
    )


def _leaf(leaf: TopicOption) -> rx.Component:
    return _radio(leaf.key, leaf.name, leaf.path, leaf.num_records)


def _radio(key: Content, name: Content, path: Content, number: Content) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="radio",
            name="move-target",
            value=key,
            checked=RecordsState.target == key,
            on_change=RecordsState.choose_target(key),
            class_name=RADIO,
        ),
        rx.el.span(
            rx.el.span(name, class_name="block truncate"),
            rx.cond(path != "", rx.el.span(path, class_name=f"{WITNESS} block truncate")),
            class_name="grow min-w-0",
        ),
        rx.el.span(number, class_name=f"{WITNESS} tabular-nums"),
        class_name="flex items-center gap-2.5 px-3 min-h-10 py-1 cursor-pointer border-b"
        " border-line last:border-b-0 hover:bg-hover max-wide:min-h-11",
    )


def _no_topics() -> rx.Component:
    return empty_panel(
        "No topics yet",
        "Find topics in step 2 first; then records can be moved between them.",
        button("Open Topics", size="sm", on_click=ModalState.open_step("topics")),
    )


def _tag(is_open: Content) -> rx.Component:
    return modal_frame(
        rx.el.div(
            rx.el.h2(f"Tag {RecordsState.selected_words}", class_name=PAGE_TITLE),
            _fault(),
            rx.el.form(
                field(
                    "New tag",
                    rx.el.div(
                        text_input(
                            id="new-tag",
                            name="tag",
                            placeholder="e.g. to check",
                            max_length=40,
                            custom_attrs={"data-autofocus": "true"},
                            class_name="grow !w-0 min-w-0",
                        ),
                        button("Add tag", icon="tag", type="submit", variant="primary"),
                        class_name="flex gap-2",
                    ),
                    html_for="new-tag",
                ),
                on_submit=RecordsState.add_new_tag,
            ),
            rx.cond(
                has_items(RecordsState.tag_options),
                rx.el.div(
                    rx.el.h3(
                        "Tags of this dataset", class_name="text-small font-medium text-ink-2"
                    ),
                    rx.el.ul(
                        rx.foreach(RecordsState.tag_options, _tag_line),
                        aria_label="Tags of this dataset",
                        class_name=_LIST,
                    ),
                    class_name="grid gap-1.5",
                ),
            ),
            class_name="grid gap-4 p-5 overflow-auto",
        ),
        rx.el.footer(
            button("Close", on_click=RecordsState.stop_asking),
            class_name="flex justify-end gap-2 px-5 pb-5",
        ),
        is_open=is_open,
        on_close=RecordsState.stop_asking,
        title="Tag records",
        width="small",
    )


def _tag_line(tag: TagOption) -> rx.Component:
    return rx.el.li(
        icon("tag", 13, "text-ink-3"),
        rx.el.span(tag.name, title=tag.name, class_name="grow min-w-0 truncate"),
        rx.cond(
            tag.remove != "",
            button(tag.remove, size="sm", on_click=RecordsState.remove_tag(tag.name)),
        ),
        rx.cond(tag.add != "", button(tag.add, size="sm", on_click=RecordsState.add_tag(tag.name))),
        class_name="flex items-center gap-2 px-3 min-h-10 py-1 border-b border-line"
        " last:border-b-0",
    )
