"""The dialog that adds or changes a provider."""

import reflex as rx

from rft_app.services.provider_drafts import PRESETS
from rft_app.ui.components.button import button, icon_button
from rft_app.ui.components.choice import segment, segmented
from rft_app.ui.components.field import checkbox, field, text_input
from rft_app.ui.components.modal import modal_body, modal_footer, modal_frame, modal_header
from rft_app.ui.components.notice import notice
from rft_app.ui.content import Content, has_items
from rft_app.ui.state.provider_form import KEEP, NO_KEY, PASTE, VARIABLE, ModelLine
from rft_app.ui.state.providers import ProvidersState
from rft_app.ui.theme import LABEL, SECTION_TITLE, WITNESS

_PAIR = "grid grid-cols-2 gap-4 max-wide:grid-cols-[minmax(0,1fr)]"
_LINE = "grid grid-cols-[minmax(0,1fr)_92px_92px_32px] gap-2 items-center"


def provider_dialog() -> rx.Component:
    """The whole dialog."""
    state = ProvidersState
    return modal_frame(
        modal_header(state.title, on_close=state.close),
        modal_body(
            rx.el.div(
                rx.cond(state.is_new, _presets()),
                _place(),
                _key(),
                _models(),
                _limits(),
                rx.cond(state.draft_test.of != "", test_result(state.draft_test)),
                class_name="grid grid-cols-[minmax(0,1fr)] gap-5",
            )
        ),
        modal_footer(
            rx.cond(
                state.form_fault != "",
                rx.el.p(state.form_fault, role="alert", class_name="text-bad"),
                rx.cond(state.is_asking, "Asking the provider …", ""),
            ),
            button(
                "Test",
                icon="plug-zap",
                disabled=state.is_asking | (state.form.base_url == ""),
                on_click=state.try_draft(True),
            ),
            button(
                rx.cond(state.is_new, "Add provider", "Save changes"),
                variant="primary",
                disabled=(state.form.name == "") | (state.form.base_url == ""),
                on_click=state.save,
            ),
        ),
        is_open=state.is_open,
        on_close=state.close,
        title=state.title,
        width="sheet",
    )


def test_result(test: Content) -> rx.Component:
    """What came back."""
    return rx.cond(
        test.is_ok,
        notice(test.title, test.words, tone="ok"),
        notice(test.title, test.words, tone="bad"),
    )


def _presets() -> rx.Component:
    return rx.el.div(
        rx.el.span("Fill in for", class_name=LABEL),
        *(
            button(preset.label, size="sm", on_click=ProvidersState.take_preset(preset.name))
            for preset in PRESETS
        ),
        role="group",
        aria_label="Known providers",
        class_name="flex flex-wrap items-center gap-1.5",
    )


def _place() -> rx.Component:
    state = ProvidersState
    return rx.el.div(
        field(
            "Name",
            text_input(
                id="provider-name",
                value=state.form.name,
                on_change=lambda text: state.edit("name", text),
                disabled=~state.is_new,
                placeholder="my-vllm",
                max_length=40,
                auto_complete="off",
            ),
            html_for="provider-name",
            hint="Models are named by it, as in my-vllm/llama. It stays.",
            error=_fault("name"),
        ),
        field(
            "Base URL",
            text_input(
                id="provider-url",
                value=state.form.base_url,
                on_change=lambda text: state.edit("base_url", text),
                placeholder="https://llm.example.com/v1",
                auto_complete="off",
                input_mode="url",
            ),
            html_for="provider-url",
            hint="Of its OpenAI-compatible interface; mostly ends in /v1.",
            error=_fault("base_url"),
        ),
        class_name=_PAIR,
    )


def _key() -> rx.Component:
    state = ProvidersState
    return rx.el.div(
        rx.el.span("Key", class_name="text-small font-medium text-ink-2"),
        segmented(
            rx.cond(state.has_stored_key, _mode("Keep it", KEEP)),
            _mode(rx.cond(state.has_stored_key, "Another", "Stored"), PASTE),
            _mode("Variable", VARIABLE),
            _mode("None", NO_KEY),
            label="Where the key is",
            class_name="max-w-full overflow-x-auto justify-self-start",
        ),
        rx.match(
            state.form.key_mode,
            (
                PASTE,
                field(
                    "The key",
                    text_input(
                        id="provider-key",
                        key=state.key_turn,
                        type="password",
                        on_change=state.type_key,
                        auto_complete="new-password",
                        spell_check=False,
                    ),
                    html_for="provider-key",
                    hint="Stored encrypted, and never shown again.",
                    error=_fault("key"),
                ),
            ),
            (
                VARIABLE,
                field(
                    "The variable's name",
                    text_input(
                        id="provider-variable",
                        value=state.form.key_variable,
                        on_change=lambda text: state.edit("key_variable", text),
                        placeholder="OPENAI_API_KEY",
                        auto_complete="off",
                        spell_check=False,
                    ),
                    html_for="provider-variable",
                    hint="Ends in _API_KEY or _MASTER_KEY; set it for the server and its workers.",
                    error=_fault("key_variable"),
                ),
            ),
            rx.el.p(
                rx.cond(state.fault_field == "key", state.form_fault, ""),
                class_name="text-small text-bad empty:hidden",
            ),
        ),
        class_name="grid grid-cols-[minmax(0,1fr)] gap-2",
    )


def _mode(words: Content, mode: str) -> rx.Component:
    state = ProvidersState
    return segment(words, is_on=state.form.key_mode == mode, on_click=state.choose_key(mode))


def _models() -> rx.Component:
    state = ProvidersState
    return rx.el.div(
        rx.el.div(
            rx.el.h3("Models", class_name=SECTION_TITLE),
            rx.el.span("the preferred one first", class_name=f"{WITNESS} mr-auto"),
            button(
                rx.cond(state.is_asking, "Asking", "Fetch models"),
                size="sm",
                icon="list-plus",
                disabled=state.is_asking | (state.form.base_url == ""),
                on_click=state.try_draft(False),
            ),
            class_name="flex items-center gap-2",
        ),
        rx.cond(has_items(state.listed), _listed()),
        rx.el.div(
            rx.el.div(
                rx.el.span("Name", class_name=LABEL),
                rx.el.span("$ in / M", class_name=f"{LABEL} text-right"),
                rx.el.span("$ out / M", class_name=f"{LABEL} text-right"),
                class_name=_LINE,
                aria_hidden="true",
            ),
            rx.foreach(state.models, _model),
            class_name="grid gap-1.5",
        ),
        rx.cond(
            state.fault_field == "models",
            rx.el.p(state.form_fault, class_name="text-small text-bad"),
        ),
        rx.el.div(
            button("Add a model", size="sm", icon="plus", on_click=state.add_model("")),
            rx.el.label(
                "Prices of",
                html_for="provider-day",
                class_name="ml-auto text-small text-ink-3",
            ),
            text_input(
                id="provider-day",
                type="date",
                value=state.form.prices_date,
                on_change=lambda text: state.edit("prices_date", text),
                class_name="!w-40",
            ),
            class_name="flex flex-wrap items-center gap-2",
        ),
        rx.el.p(
            "USD per million tokens. Without a price, costs read “unknown”.", class_name=WITNESS
        ),
        class_name="grid grid-cols-[minmax(0,1fr)] gap-2.5",
    )


def _listed() -> rx.Component:
    state = ProvidersState
    return rx.el.div(
        rx.el.div(
            rx.el.span(state.offered_words, role="status", class_name=f"{WITNESS} mr-auto"),
            text_input(
                icon="search",
                value=state.search,
                on_change=state.search_for,
                placeholder="Search",
                aria_label="Search the listed models",
                class_name="!w-44",
            ),
            class_name="flex flex-wrap items-center gap-2",
        ),
        rx.el.div(
            rx.foreach(
                state.offered,
                lambda name: button(
                    name,
                    size="sm",
                    icon="plus",
                    on_click=state.add_model(name),
                    class_name="max-w-full [overflow-wrap:anywhere]",
                ),
            ),
            class_name="flex flex-wrap gap-1.5 max-h-40 overflow-auto",
        ),
        class_name="grid grid-cols-[minmax(0,1fr)] gap-2 p-2.5 rounded-card border border-line",
    )


def _model(model: rx.vars.ObjectVar[ModelLine], index: rx.Var[int]) -> rx.Component:
    state, number = ProvidersState, rx.Var.create(index).to(int) + 1

    def box(name: str, value: rx.Var[str], label: str, **props: Content) -> rx.Component:
        return text_input(
            value=value,
            on_change=lambda text: state.edit_model(index, name, text),
            aria_label=f"{label} of model {number}",
            auto_complete="off",
            **props,
        )

    return rx.el.div(
        box("name", model.name, "Name", spell_check=False),
        box("given", model.given, "Price in", input_mode="decimal", placeholder="unknown"),
        box("taken", model.taken, "Price out", input_mode="decimal", placeholder="unknown"),
        icon_button("x", f"Take out model {number}", on_click=state.drop_model(index)),
        class_name=_LINE,
    )


def _limits() -> rx.Component:
    return rx.el.div(
        rx.el.h3("Limits", class_name=SECTION_TITLE),
        rx.el.div(
            _limit("concurrency", "Calls at a time", "all jobs of a process together"),
            _limit("requests_per_minute", "Requests a minute", "empty: no limit"),
            _limit("tokens_per_minute", "Tokens a minute", "prompt and reply; empty: no limit"),
            _limit("timeout_s", "Longest call", "seconds"),
            _limit("max_attempts", "Tries of a call", "that the provider could not serve"),
            class_name="grid grid-cols-3 gap-4 max-wide:grid-cols-2",
        ),
        checkbox(
            "Pay the same request once: replies at temperature 0 serve again",
            checked=ProvidersState.form.keeps_replies,
            on_change=ProvidersState.keep_replies,
        ),
        class_name="grid grid-cols-[minmax(0,1fr)] gap-2.5",
    )


def _limit(name: str, label: str, hint: str) -> rx.Component:
    state = ProvidersState
    return field(
        label,
        text_input(
            id=f"provider-{name}",
            value=getattr(state.form, name),
            on_change=lambda text: state.edit(name, text),
            input_mode="numeric",
            auto_complete="off",
        ),
        html_for=f"provider-{name}",
        hint=hint,
        error=_fault(name),
    )


def _fault(name: str) -> rx.Var[str]:
    state = ProvidersState
    return rx.cond(state.fault_field == name, state.form_fault, "")
