"""Keys in the intake panel: those that are accepted, a new one, one less."""

import reflex as rx

from rft_app.domain.intake_key import MAX_NAME
from rft_app.ui.components.button import button
from rft_app.ui.components.confirm import confirm_dialog
from rft_app.ui.components.field import text_input
from rft_app.ui.components.skeleton import skeleton_lines
from rft_app.ui.content import has_items
from rft_app.ui.state.intake_keys import IntakeKeysState, KeyLine
from rft_app.ui.theme import CODE, WITNESS


def intake_keys() -> rx.Component:
    """The list and its form; they load themselves."""
    state = IntakeKeysState
    return rx.el.div(
        rx.cond(
            state.is_loaded,
            rx.fragment(
                rx.cond(
                    has_items(state.keys),
                    rx.el.ul(
                        rx.foreach(state.keys, _key),
                        aria_label="Keys that are accepted",
                        class_name="m-0 p-0 list-none border-y border-line",
                    ),
                    rx.el.p(state.who_may_send, class_name="text-small text-ink-2"),
                ),
                rx.cond(state.created != "", _created()),
                _form(),
            ),
            rx.cond(state.fault == "", skeleton_lines("Loading keys")),
        ),
        rx.cond(
            state.fault != "",
            rx.el.p(state.fault, role="alert", class_name="text-small text-bad"),
        ),
        _confirm(),
        on_mount=state.load,
        class_name="grid grid-cols-[minmax(0,1fr)] gap-2.5",
    )


def _key(key: rx.vars.ObjectVar[KeyLine]) -> rx.Component:
    return rx.el.li(
        rx.el.span(
            rx.el.span(
                rx.el.b(key.name, class_name="font-medium"),
                rx.el.code(key.beginning, class_name="font-mono text-[12px] text-ink-3"),
                class_name="flex flex-wrap items-baseline gap-x-2 [overflow-wrap:anywhere]",
            ),
            rx.el.span(key.about, class_name="block text-small text-ink-3"),
            class_name="min-w-0 grow",
        ),
        rx.cond(
            key.id != "",
            button(
                "Revoke",
                size="sm",
                variant="ghost",
                aria_label=f"Revoke {key.name}",
                on_click=IntakeKeysState.ask_revoke(key.id),
            ),
        ),
        class_name="flex items-center gap-3.5 py-2 border-b border-line last:border-b-0",
    )


def _created() -> rx.Component:
    state = IntakeKeysState
    return rx.el.div(
        rx.el.p(
            "The key of ",
            rx.el.b(state.created_name, class_name="font-medium"),
            ", shown this once. Put it in the place of KEY in the lines above.",
            role="status",
            class_name="text-small [overflow-wrap:anywhere]",
        ),
        rx.el.code(
            state.created,
            role="group",
            aria_label="New key",
            class_name=f"{CODE} px-3 py-2 [overflow-wrap:anywhere]",
        ),
        rx.el.div(
            button(
                "Copy",
                size="sm",
                icon="copy",
                variant="primary",
                on_click=[rx.set_clipboard(state.created), rx.toast.success("Key copied")],
            ),
            button("Done", size="sm", on_click=state.put_away),
            class_name="flex gap-2",
        ),
        class_name="grid grid-cols-[minmax(0,1fr)] gap-2 p-3 rounded-card border border-accent-line"
        " bg-accent-soft",
    )


def _form() -> rx.Component:
    state = IntakeKeysState
    return rx.fragment(
        rx.el.form(
            rx.el.label("Who sends with it", html_for="key-name"),
            text_input(
                id="key-name",
                value=state.name,
                on_change=state.set_name,
                placeholder="checkout-prod",
                max_length=MAX_NAME,
                auto_complete="off",
                class_name="grow basis-40 max-w-60",
            ),
            button("Create key", type="submit", disabled=state.name.strip() == ""),
            on_submit=lambda _: state.create(),
            class_name="flex flex-wrap items-center gap-2.5",
        ),
        rx.el.p(
            "A client sends it as its api_key, as Authorization: Bearer KEY or as x-api-key.",
            class_name=WITNESS,
        ),
    )


def _confirm() -> rx.Component:
    state = IntakeKeysState
    return confirm_dialog(
        rx.el.p(
            "Whoever sends with ",
            rx.el.code(state.revoking.beginning, class_name="font-mono text-[12px]"),
            " is refused from now on, and the key cannot be brought back. Traces that came with it"
            " stay.",
        ),
        rx.el.p(state.consequence),
        is_open=state.revoking.id != "",
        title=f"Revoke {state.revoking.name}?",
        confirm=button("Revoke", variant="destroy", on_click=state.revoke),
        on_cancel=state.stop_asking,
    )
