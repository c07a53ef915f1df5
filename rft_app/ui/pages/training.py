"""Route `/training`: what is made of datasets, one tab each; `?tab=` names the open one."""

from collections.abc import Callable
from typing import NamedTuple

import reflex as rx

from rft_app.ui.components.auto_improve_tab import auto_improve_tab
from rft_app.ui.components.choice import tab, tabs
from rft_app.ui.components.export_tab import export_tab
from rft_app.ui.components.feedback_tab import feedback_tab
from rft_app.ui.components.icon import icon
from rft_app.ui.components.shell import TRAINING, crumbs, page_body, shell
from rft_app.ui.components.skeleton import skeleton, skeleton_lines
from rft_app.ui.components.training_datasets import training_datasets
from rft_app.ui.content import Content
from rft_app.ui.state.figure import Figure
from rft_app.ui.state.training_page import TABS, TrainingPageState


class TrainingTab(NamedTuple):
    """One tab of the page."""

    name: str
    """One of `TABS`."""
    words: str
    content: Callable[[], rx.Component]


_WORDS = ("Feedback", "Datasets", "Export", "Auto-Improve")
_CONTENT = (feedback_tab, training_datasets, export_tab, auto_improve_tab)
_TABS = tuple(map(TrainingTab, TABS, _WORDS, _CONTENT))
_ADDRESS = rx.Var("(new URLSearchParams(globalThis.location?.search ?? '').get('tab') ?? '')")
"""The tab that the address names now, in the browser."""


def training_page() -> rx.Component:
    """Figures of the whole, the tabs, and the open one."""
    return shell(
        page_body(
            rx.el.h1("Training", class_name="sr-only"),
            rx.el.div(
                tabs(*map(_tab, _TABS), label="Training", class_name="grow min-w-0"),
                _figures(),
                class_name="flex items-stretch mb-4 max-wide:flex-col-reverse",
            ),
            rx.el.div(_content(), role="tabpanel", class_name="min-w-0"),
            class_name="max-w-[1320px] wide:-my-4",
        ),
        place=crumbs(("Training", "/training"), current=_open_words()),
        section=TRAINING,
    )


def _tab(one: TrainingTab) -> rx.Component:
    is_on = rx.Var.create(TrainingPageState.tab).to(str) == one.name
    return tab(one.words, is_on=is_on, on_click=TrainingPageState.open_tab(one.name))


def _open_words() -> Content:
    return rx.match(TrainingPageState.tab, *((one.name, one.words) for one in _TABS), "")


def _content() -> Content:
    """The open tab and never, not for a moment, the one of an earlier address."""
    shown = ((one.name, one.content()) for one in _TABS)
    return rx.cond(
        _ADDRESS.to(str) == TrainingPageState.named,
        rx.fragment(rx.match(TrainingPageState.tab, *shown, _loading())),
        _loading(),
    )


def _loading() -> rx.Component:
    return rx.el.div(skeleton("h-9"), skeleton_lines("Loading the tab"), class_name="grid gap-3")


def _figures() -> rx.Component:
    """How much there is at each place from the gateway to a file."""
    return rx.el.dl(
        rx.foreach(TrainingPageState.figures, _figure),
        aria_label="How much there is",
        class_name="m-0 pl-5 flex items-center gap-3 border-b border-line text-small"
        " max-wide:grid max-wide:grid-cols-4 max-wide:border-b-0 max-wide:pl-0 max-wide:pb-2"
        " empty:hidden",
    )


def _figure(figure: rx.vars.ObjectVar[Figure], place: Content) -> rx.Component:
    return rx.el.div(
        rx.cond(
            place > 0,
            icon("chevron-right", 13, "text-ink-off self-center mr-1.5 max-wide:hidden"),
        ),
        rx.el.dd(figure.value, class_name="m-0 font-semibold tabular-nums"),
        rx.el.dt(figure.name, class_name="text-ink-3"),
        class_name="flex items-baseline gap-1 whitespace-nowrap max-wide:flex-col max-wide:gap-0",
        key=figure.name,
    )
