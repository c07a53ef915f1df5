"""Whose answers a dry run grades, and how a model is asked for them."""

import reflex as rx

from rft_app.ui.components.field import field, select, text_input
from rft_app.ui.components.model_options import model_options
from rft_app.ui.content import Content
from rft_app.ui.state.dry_run import DryRunState


def sampling_fields() -> rx.Component:
    """The choice of answers; how a model is asked shows once one is chosen."""
    return rx.fragment(
        field(
            "Answers",
            select(
                rx.el.option("Recorded and imported", value=""),
                rx.cond(
                    DryRunState.has_unknown_model,
                    rx.el.option(
                        f"{DryRunState.sampler} · not configured", value=DryRunState.sampler
                    ),
                ),
                rx.el.optgroup(model_options(DryRunState.models), label="Ask a model"),
                id="dry-run-answers",
                value=DryRunState.sampler,
                on_change=[DryRunState.set_sampler, DryRunState.estimate],
            ),
            html_for="dry-run-answers",
            hint=DryRunState.sampler_hint,
            class_name="col-span-2",
        ),
        rx.cond(
            DryRunState.is_sampled,
            rx.fragment(
                _text(
                    "Temperature",
                    DryRunState.temperature,
                    DryRunState.set_temperature,
                    "of the answers",
                ),
                _text(
                    "Longest answer",
                    DryRunState.max_tokens,
                    [DryRunState.set_max_tokens, DryRunState.estimate],
                    "tokens; cut there",
                ),
            ),
        ),
    )


def budget_field() -> rx.Component:
    """What the run may cost, where it asks a model at all."""
    return rx.cond(
        DryRunState.is_sampled | (DryRunState.formula != ""),
        _text(
            "Stop at",
            DryRunState.budget,
            DryRunState.set_budget,
            "USD for answers and judge; empty: no limit",
        ),
    )


def _text(label: str, value: Content, on_change: Content, hint: str) -> rx.Component:
    name = f"dry-run-{label.lower().replace(' ', '-')}"
    return field(
        label,
        text_input(
            id=name, value=value, on_change=on_change, input_mode="decimal", class_name="!w-28"
        ),
        html_for=name,
        hint=hint,
    )
