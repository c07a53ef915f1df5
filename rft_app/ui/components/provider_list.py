"""The providers of models in the settings, one card each."""

import reflex as rx

from rft_app.ui.components.badge import badge
from rft_app.ui.components.button import button
from rft_app.ui.components.card import card
from rft_app.ui.components.confirm import confirm_dialog
from rft_app.ui.components.empty_state import empty_state
from rft_app.ui.components.notice import notice
from rft_app.ui.components.provider_dialog import provider_dialog, test_result
from rft_app.ui.components.skeleton import skeleton_lines
from rft_app.ui.components.table import ROW, cell, head, table
from rft_app.ui.content import Content, has_items
from rft_app.ui.state.provider_view import PricedModel, ProviderCard
from rft_app.ui.state.providers import ProvidersState
from rft_app.ui.theme import CARD, SECTION_TITLE, WITNESS


def provider_list() -> rx.Component:
    """The cards with their dialogs; the page loads them."""
    state = ProvidersState
    return rx.el.section(
        rx.el.div(
            rx.el.div(
                rx.el.h2("Providers of models", class_name=SECTION_TITLE),
                rx.el.p(
                    "Judges, dry runs, generation, topics and the gateway ask their models. A plain"
                    " name means the first provider that has it.",
                    class_name=WITNESS,
                ),
                class_name="min-w-0 grow",
            ),
            button("Add provider", variant="primary", icon="plus", on_click=state.open_new),
            class_name="flex flex-wrap items-center gap-x-4 gap-y-3 mb-3",
        ),
        rx.cond(state.fault != "", notice(state.fault, tone="bad", class_name="mb-3")),
        rx.cond(
            state.is_loaded,
            rx.cond(
                has_items(state.cards),
                rx.el.div(
                    rx.foreach(state.cards, _card),
                    class_name="grid grid-cols-[minmax(0,1fr)] gap-4",
                ),
                rx.el.div(_nobody(), class_name=CARD),
            ),
            rx.cond(
                state.fault == "",
                rx.el.div(skeleton_lines("Loading providers"), class_name=CARD),
            ),
        ),
        rx.cond(state.is_loaded, _kept()),
        provider_dialog(),
        _confirm(),
        aria_label="Providers of models",
    )


def _kept() -> rx.Component:
    state = ProvidersState
    return rx.el.div(
        rx.el.div(
            rx.el.h3("Replies that serve again", class_name="font-medium"),
            rx.el.p(state.kept_words, class_name=WITNESS),
            class_name="min-w-0 grow",
        ),
        button("Delete kept replies", disabled=~state.has_kept, on_click=state.clear_cache),
        class_name=f"{CARD} flex flex-wrap items-center gap-3 p-3.5 mt-4",
    )


def _nobody() -> rx.Component:
    return empty_state(
        "No provider yet",
        "Any server with OpenAI's chat API can be asked: OpenAI, Anthropic, Azure, vLLM, Ollama,"
        " LiteLLM and others.",
        button("Add a provider", variant="primary", icon="plus", on_click=ProvidersState.open_new),
        icon_name="plug-zap",
    )


def _card(one: rx.vars.ObjectVar[ProviderCard]) -> rx.Component:
    state = ProvidersState
    return card(
        rx.el.dl(
            _fact("Base URL", rx.el.code(one.base_url, class_name="font-mono text-[12px]")),
            _fact("Key", one.key),
            _fact("Limits", one.limits),
            _fact("Models", one.models_words),
            rx.cond(one.used_by != "", _fact("Judges of", one.used_by)),
            class_name="grid gap-1.5 p-3.5",
        ),
        rx.cond(one.about != "", rx.el.p(one.about, class_name=f"{WITNESS} px-3.5 pb-3")),
        rx.cond(
            one.key_fault != "",
            rx.el.div(
                notice("Its key cannot be read.", one.key_fault, tone="warn"),
                class_name="px-3.5 pb-3.5",
            ),
        ),
        rx.cond(
            state.test.of == one.name,
            rx.el.div(test_result(state.test), class_name="px-3.5 pb-3.5"),
        ),
        rx.cond(has_items(one.models), _models(one), _no_models(one)),
        title=one.name,
        witness=rx.cond(one.kind != "", badge(one.kind), ""),
        action=_actions(one),
        body_class="",
    )


def _actions(one: rx.vars.ObjectVar[ProviderCard]) -> rx.Component:
    state = ProvidersState
    return rx.el.div(
        button(
            rx.cond(state.testing == one.name, "Testing", "Test"),
            size="sm",
            disabled=state.testing != "",
            aria_label=f"Test {one.name}",
            on_click=state.try_one(one.name),
        ),
        rx.cond(
            one.can_change,
            rx.fragment(
                button(
                    "Edit",
                    size="sm",
                    aria_label=f"Edit {one.name}",
                    on_click=state.open_one(one.name),
                ),
                button(
                    "Remove",
                    size="sm",
                    variant="ghost",
                    aria_label=f"Remove {one.name}",
                    on_click=state.ask_remove(one.name),
                ),
            ),
        ),
        class_name="flex items-center gap-1.5",
    )


def _fact(name: str, value: Content) -> rx.Component:
    return rx.el.div(
        rx.el.dt(name, class_name="text-small text-ink-3 w-20 shrink-0"),
        rx.el.dd(value, class_name="min-w-0 text-small [overflow-wrap:anywhere]"),
        class_name="flex gap-3",
    )


def _models(one: rx.vars.ObjectVar[ProviderCard]) -> rx.Component:
    return rx.el.div(
        table(
            head("Model"),
            head("$ in / M", is_number=True, class_name="w-28 max-wide:w-20"),
            head("$ out / M", is_number=True, class_name="w-28 max-wide:w-20"),
            rows=rx.foreach(one.models.to(list[PricedModel]), _model),
            label=f"Models of {one.name}",
        ),
        class_name="border-t border-line max-h-[300px] overflow-auto",
    )


def _model(model: rx.vars.ObjectVar[PricedModel]) -> rx.Component:
    return rx.el.tr(
        cell(model.name, class_name="font-mono text-[12px] [overflow-wrap:anywhere]"),
        cell(model.given, is_number=True),
        cell(model.taken, is_number=True),
        class_name=ROW,
    )


def _no_models(one: rx.vars.ObjectVar[ProviderCard]) -> rx.Component:
    return rx.el.p(
        "It has no models yet: no list offers it, and the gateway sends it every other call. ",
        rx.cond(one.can_change, "Fetch or add some with Edit.", ""),
        class_name=f"{WITNESS} px-3.5 py-3 border-t border-line",
    )


def _confirm() -> rx.Component:
    state = ProvidersState
    return confirm_dialog(
        rx.el.p("Its settings and its key are deleted for good. What it answered so far stays."),
        rx.el.p(state.consequence),
        is_open=state.removing != "",
        title=f"Remove {state.removing}?",
        confirm=button("Remove", variant="destroy", on_click=state.remove),
        on_cancel=state.stop_asking,
    )
