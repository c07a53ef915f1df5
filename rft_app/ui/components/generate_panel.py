"""The settings of a generation run, and beside them what they would do."""

import reflex as rx

from rft_app.ui.components.button import button
from rft_app.ui.components.field import checkbox, field, select, text_input
from rft_app.ui.components.generation_plan import last_run, plan_card
from rft_app.ui.components.icon import icon
from rft_app.ui.components.job_notice import job_notice
from rft_app.ui.components.marked import marked
from rft_app.ui.components.model_options import model_options, settings_button
from rft_app.ui.components.notice import notice
from rft_app.ui.components.skeleton import skeleton, skeleton_lines
from rft_app.ui.content import Content
from rft_app.ui.state.generate import GenerateState
from rft_app.ui.state.generation_view import StrategyCard
from rft_app.ui.theme import SECTION_TITLE, WITNESS

_FORM = GenerateState.form
_COLUMN = "grid grid-cols-[minmax(0,1fr)]"


def generate_panel() -> rx.Component:
    """Everything between header and footer."""
    return rx.el.div(
        _notices(),
        rx.cond(
            GenerateState.is_loading,
            _skeleton(),
            rx.el.div(
                rx.el.div(
                    _strategies(),
                    _settings(),
                    class_name="grid grid-cols-[minmax(0,1fr)] gap-5 content-start",
                ),
                rx.el.div(
                    plan_card(),
                    last_run(),
                    class_name="grid grid-cols-[minmax(0,1fr)] gap-4 content-start",
                ),
                class_name="grid grid-cols-[minmax(0,1fr)_minmax(0,600px)] gap-7 p-5"
                " max-desk:grid-cols-1 max-wide:p-4",
            ),
        ),
        on_mount=GenerateState.load,
        on_unmount=GenerateState.leave,
    )


def generate_footer() -> rx.Component:
    """What the button will do, or why it is off; and the button."""
    plan = GenerateState.plan
    is_nothing = plan.is_known & (plan.num_to_generate == 0)
    return rx.el.div(
        rx.el.div(
            rx.cond(
                GenerateState.is_running,
                "Running. What is made waits for review, also when you close this dialog.",
                rx.cond(
                    ~GenerateState.is_configured,
                    "Off until a model provider is configured; the plan works without one.",
                    rx.cond(
                        GenerateState.has_faults,
                        "A setting is out of its range; the line below it says which.",
                        rx.cond(
                            is_nothing,
                            "Nothing to generate: the plan says why.",
                            "Nothing becomes a record before you accept it.",
                        ),
                    ),
                ),
            ),
            class_name="grow min-w-0",
        ),
        button(
            rx.cond(plan.num_to_generate > 0, f"Generate {plan.records}", "Generate records"),
            variant="primary",
            icon="sparkles",
            on_click=GenerateState.start,
            disabled=GenerateState.is_loading
            | GenerateState.is_running
            | GenerateState.is_planning
            | ~GenerateState.is_configured
            | ~plan.is_known
            | is_nothing
            | GenerateState.has_faults,
            class_name="max-wide:w-full",
        ),
        class_name="flex items-center gap-3 max-wide:flex-col max-wide:items-stretch",
    )


def _notices() -> rx.Component:
    return rx.el.div(
        rx.cond(GenerateState.fault != "", notice(GenerateState.fault, tone="bad")),
        rx.cond(
            GenerateState.is_running,
            rx.el.div(
                job_notice(GenerateState, "Records are being generated"),
                rx.el.p(
                    GenerateState.paid,
                    " Cancelling keeps what was paid for.",
                    class_name=f"{WITNESS} px-3",
                ),
                class_name="grid gap-1.5",
            ),
        ),
        rx.cond(
            ~GenerateState.is_loading & ~GenerateState.is_configured,
            notice(
                "No model provider is configured.",
                marked(
                    "Add one in Settings, or set `RFT_LLM_BASE_URL`, `RFT_LLM_API_KEY` and"
                    " `RFT_LLM_MODELS` and start the server again. Or let the embedded model"
                    " answer: docs/embedded-model.md. The plan below is worked out all the same;"
                    " its cost is unknown."
                ),
                tone="warn",
                action=settings_button(),
            ),
        ),
        class_name="grid gap-3 px-5 pt-4 empty:hidden max-wide:px-4",
    )


def _strategies() -> rx.Component:
    return rx.el.section(
        rx.el.h3("How", class_name=f"{SECTION_TITLE} mb-2"),
        rx.el.div(
            rx.foreach(GenerateState.strategies, _strategy),
            role="radiogroup",
            aria_label="Strategy",
            class_name=f"{_COLUMN} gap-2",
        ),
    )


_CARD = (
    "grid grid-cols-[16px_minmax(0,1fr)] gap-x-2.5 px-3 py-2.5 rounded-card border min-w-0"
    " has-[:focus-visible]:shadow-focus"
)


def _strategy(card: StrategyCard) -> rx.Component:
    is_on, is_off = _FORM.strategy == card.name, card.obstacle != ""
    return rx.el.label(
        rx.el.input(
            type="radio",
            name="strategy",
            value=card.name,
            checked=is_on,
            disabled=is_off,
            on_change=GenerateState.choose_strategy(card.name),
            class_name="appearance-none w-4 h-4 m-0 mt-0.5 rounded-full border border-ink-off"
            " bg-inset cursor-pointer checked:border-[5px] checked:border-accent"
            " disabled:cursor-not-allowed disabled:opacity-45",
        ),
        rx.el.span(
            rx.el.span(
                rx.el.b(
                    card.label,
                    class_name=rx.cond(is_off, "font-semibold text-ink-3", "font-semibold"),
                ),
                rx.cond(
                    is_off,
                    rx.fragment(),
                    rx.el.span(
                        card.needs, class_name="text-label text-ink-3 tabular-nums ml-auto truncate"
                    ),
                ),
                class_name="flex items-baseline gap-x-3 min-w-0 max-wide:flex-col"
                " max-wide:[&>span]:ml-0",
            ),
            rx.el.span(card.description, class_name="text-small text-ink-2"),
            rx.cond(
                is_off,
                rx.el.span(
                    icon("triangle-alert", 12, "mt-[3px]"),
                    rx.el.span(card.obstacle),
                    class_name="flex gap-1.5 text-small text-warn",
                ),
            ),
            class_name="grid gap-0.5 min-w-0",
        ),
        class_name=rx.cond(
            is_on,
            f"{_CARD} border-accent-text bg-accent-soft cursor-pointer",
            rx.cond(
                is_off,
                f"{_CARD} border-line bg-surface-1 cursor-not-allowed",
                f"{_CARD} border-line bg-surface-1 hover:border-line-strong cursor-pointer",
            ),
        ),
    )


def _settings() -> rx.Component:
    return rx.el.section(
        rx.el.h3("Settings", class_name=f"{SECTION_TITLE} mb-2"),
        rx.el.div(
            _number(
                "Variations per record",
                "variations",
                _FORM.variations,
                GenerateState.set_variations,
                "1 to 20",
            ),
            _number(
                "Temperature",
                "temperature",
                _FORM.temperature,
                GenerateState.set_temperature,
                "0 to 2; higher is freer",
            ),
            _number(
                "Largest synthetic share",
                "share",
                _FORM.share,
                GenerateState.set_share,
                "of all trainable records",
                suffix="%",
            ),
            class_name="grid grid-cols-3 gap-4 max-wide:grid-cols-1",
        ),
        rx.el.div(
            checkbox(
                "Preserve intent: a new record wants the same as its source, so its answer and"
                " reference still hold",
                checked=_FORM.preserve_intent,
                on_change=GenerateState.toggle_intent,
            ),
            class_name="mt-3 text-ink-2",
        ),
        rx.cond(GenerateState.is_configured, _model()),
    )


def _number(
    label: str, name: str, value: Content, on_change: Content, hint: str, suffix: str = ""
) -> rx.Component:
    fault = GenerateState.faults[name]
    return field(
        label,
        text_input(
            id=f"generate-{name}",
            value=value,
            on_change=on_change,
            input_mode="decimal",
            aria_invalid=rx.cond(fault, "true", "false"),
            suffix=rx.el.span(suffix, class_name="text-ink-3") if suffix else None,
        ),
        html_for=f"generate-{name}",
        hint=hint,
        error=fault,
        class_name="grid-cols-[minmax(0,1fr)]",
    )


def _model() -> rx.Component:
    return field(
        "Model",
        select(
            model_options(GenerateState.models),
            id="generate-model",
            value=_FORM.model,
            on_change=GenerateState.choose_model,
        ),
        html_for="generate-model",
        hint=GenerateState.model_hint,
        class_name="mt-3",
    )


def _skeleton() -> rx.Component:
    return rx.el.div(
        rx.el.div(*(skeleton("h-[62px]") for _ in range(5)), class_name="grid gap-2"),
        rx.el.div(skeleton("h-[300px]"), skeleton_lines("Working out a plan", "w-1/2")),
        class_name="grid grid-cols-2 gap-7 p-5 max-desk:grid-cols-1 max-wide:p-4",
    )
