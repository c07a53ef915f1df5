"""The dialog of step 7: the form of a deployment, then the deployment itself."""

import reflex as rx

from rft_app.ui.components.button import button, button_link
from rft_app.ui.components.card import card
from rft_app.ui.components.deployment_figures import figures_card, history_card
from rft_app.ui.components.field import field, number_field, select, text_input
from rft_app.ui.components.modal import modal_footer
from rft_app.ui.components.model_options import model_options, settings_button
from rft_app.ui.components.notice import notice
from rft_app.ui.components.step_dialog import step_dialog
from rft_app.ui.content import Content
from rft_app.ui.state.deployment import DeploymentState
from rft_app.ui.theme import WITNESS

_MODES = (
    ("ab_test", "A/B test", "The tuned model answers a share; a session keeps its model."),
    (
        "shadow",
        "Shadow",
        "The base answers. The tuned model is asked the same behind it, and only graded.",
    ),
    ("replace", "Replace", "The tuned model answers every call; the base where it cannot."),
    ("new_endpoint", "New endpoint", "The tuned model gets a name of its own."),
)
_GRID = (
    "grid grid-cols-[minmax(0,1fr)_340px] gap-5 items-start max-desk:grid-cols-1 p-5 max-wide:p-4"
)
_COLUMN = "grid gap-3.5 content-start min-w-0"


def deploy_modal() -> rx.Component:
    """Which model answers an alias of the gateway, and how well."""
    view = DeploymentState.view
    return step_dialog(
        DeploymentState,
        rx.cond(
            view.is_active,
            rx.el.div(
                rx.el.div(figures_card(), history_card(), class_name=_COLUMN),
                rx.el.div(
                    _choice_card(),
                    _route_card(),
                    _change_card(),
                    class_name=f"{_COLUMN} max-desk:contents",
                ),
                class_name=_GRID,
            ),
            rx.fragment(_form(), rx.cond(view.id != "", _past())),
        ),
        witness=rx.cond(view.id != "", view.share, "nothing deployed"),
        footer=modal_footer(
            rx.cond(
                view.is_active,
                "A change counts at the gateway within a second.",
                "Clients of the alias get the tuned model within a second.",
            ),
            rx.cond(
                DeploymentState.playground_href != "",
                button_link(
                    "Try both", href=DeploymentState.playground_href, icon="message-square"
                ),
            ),
            rx.cond(
                view.is_active,
                button("Refresh", icon="refresh-cw", on_click=DeploymentState.read_again),
                button("Deploy", variant="primary", icon="rocket", on_click=DeploymentState.deploy),
            ),
        ),
    )


def _form() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.cond(
                DeploymentState.how_to != "",
                notice(
                    "There is no model to deploy.",
                    DeploymentState.how_to,
                    tone="warn",
                    action=settings_button(),
                ),
            ),
            _models_card(),
            _traffic_card(),
            class_name=_COLUMN,
        ),
        rx.el.div(_alias_card(), _grading_card(), class_name=_COLUMN),
        class_name=_GRID,
    )


def _models_card() -> rx.Component:
    return card(
        rx.el.div(
            _model(
                "Base model",
                "deploy-base",
                DeploymentState.base_model,
                DeploymentState.set_base_model,
                "answers now",
            ),
            _model(
                "Tuned model",
                "deploy-tuned",
                DeploymentState.tuned_model,
                DeploymentState.set_tuned_model,
                "shall answer",
            ),
            class_name="grid grid-cols-2 gap-4 max-wide:grid-cols-1",
        ),
        title="Models",
        witness="of the providers in Settings",
    )


def _model(label: str, id_: str, value: Content, on_change: Content, hint: str) -> rx.Component:
    return field(
        label,
        select(
            rx.el.option("Choose a model", value=""),
            model_options(DeploymentState.models),
            id=id_,
            value=value,
            on_change=on_change,
        ),
        html_for=id_,
        hint=hint,
    )


def _traffic_card() -> rx.Component:
    return card(
        rx.el.div(
            *(_mode(*mode) for mode in _MODES),
            role="radiogroup",
            aria_label="How the model takes traffic",
            class_name="grid gap-2",
        ),
        rx.cond(
            DeploymentState.mode == "ab_test",
            rx.el.div(
                number_field(
                    "Share of the calls",
                    id="deploy-share",
                    value=DeploymentState.percent,
                    on_commit=DeploymentState.set_percent,
                    unit="%",
                    hint="1 to 99% go to the tuned model",
                ),
                class_name="mt-4",
            ),
        ),
        title="Traffic",
    )


def _mode(value: str, name: str, words: str) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="radio",
            name="deploy-mode",
            value=value,
            checked=DeploymentState.mode == value,
            on_change=lambda _value: DeploymentState.set_mode(value),
            class_name="w-4 h-4 mt-0.5 shrink-0 accent-[var(--accent)] cursor-pointer",
        ),
        rx.el.span(
            rx.el.span(name, class_name="font-medium"),
            rx.el.span(words, class_name="block text-small text-ink-3"),
        ),
        class_name="flex gap-2.5 px-3 py-2.5 rounded-card border border-line cursor-pointer"
        " hover:bg-hover has-[:checked]:border-accent-line has-[:checked]:bg-accent-soft",
    )


def _alias_card() -> rx.Component:
    return card(
        rx.el.div(
            field(
                "Alias",
                text_input(
                    id="deploy-alias",
                    default_value=DeploymentState.alias,
                    key=DeploymentState.alias,
                    on_blur=DeploymentState.set_alias,
                    placeholder=rx.cond(
                        DeploymentState.mode == "new_endpoint",
                        "the dataset's name",
                        "the base model's name",
                    ),
                    max_length=100,
                    auto_complete="off",
                ),
                html_for="deploy-alias",
                hint="what clients send as model, at /gateway/v1; their code does not change",
            ),
            _reason("first try, agreed with support"),
            class_name="grid gap-4",
        ),
        title="Endpoint",
    )


def _grading_card() -> rx.Component:
    return card(
        number_field(
            "Answers to grade",
            id="deploy-graded",
            value=DeploymentState.graded_percent,
            on_commit=DeploymentState.set_graded_percent,
            unit="%",
            hint="a sample of both models' answers; a judge sees 200 a day at most",
        ),
        rx.cond(
            DeploymentState.grading_note != "",
            notice(
                "Live answers will not be graded.",
                DeploymentState.grading_note,
                tone="warn",
                class_name="mt-3",
            ),
        ),
        title="Live grading",
        witness="by the dataset's grader",
    )


def _reason(example: str) -> rx.Component:
    return field(
        "Reason",
        text_input(
            id="deploy-reason",
            default_value=DeploymentState.reason,
            key=DeploymentState.reason_key,
            on_blur=DeploymentState.set_reason,
            placeholder=example,
            max_length=1000,
            auto_complete="off",
        ),
        html_for="deploy-reason",
        hint="is kept in the history",
        error=DeploymentState.reason_fault,
    )


def _choice_card() -> rx.Component:
    """Which of several deployments of the dataset is shown."""
    return rx.cond(
        DeploymentState.others,
        card(
            field(
                "Deployment",
                select(
                    rx.foreach(
                        DeploymentState.others, lambda one: rx.el.option(one.words, value=one.id)
                    ),
                    id="deploy-chosen",
                    value=DeploymentState.view.id,
                    on_change=DeploymentState.choose,
                    title=f"{DeploymentState.view.alias} · {DeploymentState.view.share}",
                ),
                html_for="deploy-chosen",
                hint="this dataset has several",
            ),
            class_name="max-desk:order-first",
        ),
    )


def _route_card() -> rx.Component:
    view = DeploymentState.view
    return card(
        rx.el.dl(
            _line("Alias", rx.el.code(view.alias, class_name="font-mono break-all")),
            _line("Mode", rx.el.span(view.mode)),
            _line("Tuned model", rx.el.span(view.share)),
            _line("Since", rx.el.span(view.since)),
            class_name="grid gap-2.5",
        ),
        button_link(
            "New dataset from this traffic",
            href=view.next_href,
            icon="database",
            class_name="mt-4 w-full justify-center",
        ),
        title="Endpoint",
        witness="/gateway/v1",
    )


def _line(label: str, value: rx.Component) -> rx.Component:
    return rx.el.div(
        rx.el.dt(label, class_name="text-ink-2 shrink-0"),
        rx.el.dd(value, class_name="m-0 font-medium text-right min-w-0"),
        class_name="flex items-center justify-between gap-3 min-h-6",
    )


def _change_card() -> rx.Component:
    view = DeploymentState.view
    return card(
        rx.el.div(
            _reason("no complaints since Monday"),
            rx.el.div(
                rx.cond(
                    view.can_share,
                    number_field(
                        "Tuned share",
                        id="deploy-new-share",
                        value=DeploymentState.new_percent,
                        on_commit=DeploymentState.set_new_percent,
                        unit="%",
                        hint=rx.cond(
                            view.is_ab_test,
                            "1 to 99% of the calls",
                            "1 to 99% of the calls make it an A/B test",
                        ),
                    ),
                ),
                number_field(
                    "Answers to grade",
                    id="deploy-new-graded",
                    value=DeploymentState.new_graded_percent,
                    on_commit=DeploymentState.set_new_graded_percent,
                    unit="%",
                    hint="0 to 100% of its answers",
                ),
                class_name="grid grid-cols-2 gap-4",
            ),
            button("Adjust", on_click=DeploymentState.adjust),
            rx.el.div(
                rx.cond(
                    view.can_promote,
                    button(
                        "Promote",
                        icon="trending-up",
                        on_click=DeploymentState.promote,
                        class_name="grow",
                    ),
                ),
                button(
                    "Roll back",
                    variant="danger",
                    icon="undo-2",
                    on_click=DeploymentState.roll_back,
                    class_name="grow",
                ),
                class_name="flex gap-2",
            ),
            rx.el.p(
                rx.cond(view.can_promote, "Promote gives the tuned model all calls. ", ""),
                rx.cond(
                    view.can_share,
                    "Roll back gives all calls to the base.",
                    "Roll back closes the endpoint: its calls answer 404.",
                ),
                class_name=WITNESS,
            ),
            class_name="grid gap-4",
        ),
        title="Change",
    )


def _past() -> rx.Component:
    """The last deployment, which was rolled back."""
    return rx.el.div(
        rx.el.div(figures_card(), history_card(), class_name=_COLUMN),
        class_name="px-5 pb-5 max-wide:px-4",
    )
