"""The versions of a grader: what each changed, compare, restore."""

import reflex as rx

from rft_app.ui.components.badge import badge
from rft_app.ui.components.button import button, icon_button, text_button
from rft_app.ui.components.card import card
from rft_app.ui.components.empty_state import empty_panel
from rft_app.ui.content import has_items
from rft_app.ui.state.grader import GraderState
from rft_app.ui.state.grader_draft import VersionRow
from rft_app.ui.state.grader_file import GraderFileState
from rft_app.ui.state.grader_versions import GraderVersionsState


def grader_versions() -> rx.Component:
    """The card, newest first."""
    return card(
        rx.cond(
            has_items(GraderState.versions),
            rx.el.ul(
                rx.foreach(GraderState.versions, _version),
                rx.cond(
                    GraderState.has_more_versions,
                    rx.el.li(
                        button("Show older versions", size="sm", on_click=GraderState.show_older),
                        class_name="p-2.5 text-center",
                    ),
                ),
                tab_index=0,
                aria_label="Versions",
                class_name="m-0 p-0 list-none max-h-[236px] overflow-auto",
            ),
            empty_panel("No version yet", "Each save makes one; none is ever changed."),
        ),
        title="Versions",
        action=rx.cond(has_items(GraderState.versions), _downloads(), rx.fragment()),
        body_class="",
    )


def _downloads() -> rx.Component:
    """The current version for other tools."""
    return rx.el.div(
        text_button(
            "Python file",
            title="The current version as code with functions that TRL and verl call",
            on_click=GraderFileState.download_python,
        ),
        text_button(
            "OpenAI JSON",
            title="The current version as OpenAI's fine-tuning API takes it",
            on_click=GraderFileState.download_openai,
        ),
        class_name="flex items-center gap-3 text-small",
    )


def _version(row: VersionRow) -> rx.Component:
    return rx.el.li(
        rx.el.span(row.label, class_name="font-medium whitespace-nowrap"),
        rx.cond(row.is_current, badge("current", tone="ok")),
        rx.el.span(
            f"{row.change} · {row.made}",
            title=row.change,
            class_name="truncate grow text-small text-ink-3",
        ),
        icon_button(
            "git-compare",
            f"Compare {row.label}",
            size="sm",
            on_click=GraderVersionsState.compare(row.version),
        ),
        rx.cond(
            row.is_current,
            rx.fragment(),
            icon_button(
                "rotate-ccw",
                f"Restore {row.label} as {GraderState.next_version}",
                size="sm",
                on_click=GraderState.restore(row.version),
            ),
        ),
        key=row.version,
        class_name="flex items-center gap-1.5 min-h-10 pl-3.5 pr-2 border-b border-line"
        " last:border-b-0",
    )
