"""What can be done with the selected records; it stands where records are selected."""

import reflex as rx

from rft_app.ui.components.button import button, text_button
from rft_app.ui.components.check_box import check_box
from rft_app.ui.content import Content
from rft_app.ui.state.records import RecordsState

_NUMBER = RecordsState.selected_text


_BAR = (
    "flex flex-wrap items-center gap-x-4 gap-y-2 px-5 py-2 shrink-0 border-b border-accent-line"
    " bg-accent-soft max-wide:order-last max-wide:border-b-0 max-wide:border-t max-wide:px-3"
)


def bulk_bar() -> rx.Component:
    """How many are selected, the offer to take all, and the actions; on phones at the bottom."""
    return rx.cond(
        RecordsState.num_selected > 0,
        rx.el.div(
            rx.el.div(
                check_box(
                    checked=True,
                    on_change=RecordsState.clear_selection,
                    aria_label="Clear the selection",
                ),
                rx.el.p(
                    rx.el.b(f"{_NUMBER} selected", class_name="font-semibold tabular-nums"),
                    rx.cond(
                        RecordsState.selection_words != "",
                        rx.el.span(
                            RecordsState.selection_words, class_name="text-small text-ink-2"
                        ),
                    ),
                    role="status",
                    class_name="flex items-baseline gap-2 whitespace-nowrap",
                ),
                rx.cond(
                    RecordsState.can_take_all,
                    text_button(
                        RecordsState.take_all_words,
                        on_click=RecordsState.take_all,
                        class_name="text-small whitespace-nowrap max-wide:min-h-9",
                    ),
                ),
                text_button(
                    "Clear",
                    on_click=RecordsState.clear_selection,
                    aria_label="Clear selection",
                    class_name="text-small whitespace-nowrap max-wide:min-h-9 max-wide:ml-auto",
                ),
                class_name="flex items-center gap-x-3 min-w-0 max-wide:flex-wrap",
            ),
            _actions(),
            aria_label="Selected records",
            role="region",
            class_name=rx.cond(RecordsState.open_id != "", f"{_BAR} max-wide:hidden", _BAR),
        ),
    )


_PHONE = "max-wide:flex-col max-wide:!h-[52px] max-wide:!px-0.5 max-wide:!gap-1 max-wide:text-label"


def _actions() -> rx.Component:
    return rx.cond(RecordsState.shows_deleted, _restore(), _act())


def _restore() -> rx.Component:
    return button(
        f"Restore {_NUMBER}",
        size="sm",
        icon="archive-restore",
        variant="primary",
        on_click=RecordsState.restore_selected,
        disabled=RecordsState.is_running,
        title="Restoring can be undone",
        aria_label=f"Restore {RecordsState.selected_words}",
        class_name="ml-auto max-wide:w-full max-wide:!min-h-11",
    )


def _act() -> rx.Component:
    is_busy = RecordsState.is_running
    return rx.el.div(
        button(
            "Tag…",
            size="sm",
            icon="tag",
            on_click=RecordsState.ask_tag,
            disabled=is_busy,
            class_name=_PHONE,
        ),
        button(
            _words("Move to topic…", "Move…"),
            size="sm",
            icon="folder-tree",
            on_click=RecordsState.ask_move,
            disabled=is_busy,
            class_name=_PHONE,
        ),
        button(
            _words(f"Export {_NUMBER}", "Export"),
            size="sm",
            icon="download",
            on_click=RecordsState.export_selected,
            aria_label=f"Export {RecordsState.selected_words}",
            class_name=_PHONE,
        ),
        button(
            _words(f"Delete {_NUMBER}", "Delete"),
            size="sm",
            icon="trash-2",
            variant="danger",
            on_click=RecordsState.delete_selected,
            disabled=is_busy,
            title="Deleted records can be brought back",
            aria_label=f"Delete {RecordsState.selected_words}",
            class_name=_PHONE,
        ),
        rx.cond(RecordsState.is_editing, _generate("default"), _generate("primary")),
        class_name="ml-auto flex items-center gap-2 max-wide:w-full max-wide:grid"
        " max-wide:grid-cols-5 max-wide:gap-1.5",
    )


def _generate(variant: str) -> rx.Component:
    return button(
        _words(f"Generate from {_NUMBER}", "Generate"),
        size="sm",
        icon="sparkles",
        variant=variant,
        on_click=RecordsState.generate_from_selected,
        aria_label=f"Generate from {RecordsState.selected_words}",
        class_name=_PHONE,
    )


def _words(wide: Content, phone: str) -> rx.Component:
    return rx.fragment(
        rx.el.span(wide, class_name="max-wide:hidden"),
        rx.el.span(phone, class_name="wide:hidden"),
    )
