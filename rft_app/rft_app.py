"""Composition root of the web server: pages, REST on the same port, the database watcher."""

import reflex as rx
from reflex_base.config import get_config

from rft_app.api.app import create_api
from rft_app.ui.origin import is_same_origin
from rft_app.ui.pages.app_settings import app_settings_page
from rft_app.ui.pages.create import create_page
from rft_app.ui.pages.dataset import dataset_page
from rft_app.ui.pages.datasets import datasets_page
from rft_app.ui.pages.grader import grader_page
from rft_app.ui.pages.not_found import not_found_page, root_page
from rft_app.ui.pages.playground import playground_page
from rft_app.ui.pages.settings import settings_page
from rft_app.ui.pages.traces import traces_page
from rft_app.ui.pages.training import training_page
from rft_app.ui.pages.training_run import training_run_page
from rft_app.ui.state.auto_improve import AutoImproveState
from rft_app.ui.state.create import CreateState
from rft_app.ui.state.dataset import DatasetState
from rft_app.ui.state.datasets import DatasetsState
from rft_app.ui.state.export_tab import ExportTabState
from rft_app.ui.state.feedback_import import FeedbackImportState
from rft_app.ui.state.grader_page import GraderPageState
from rft_app.ui.state.intake import IntakeState
from rft_app.ui.state.live import watch_database
from rft_app.ui.state.modal import ModalState
from rft_app.ui.state.playground import PlaygroundState
from rft_app.ui.state.providers import ProvidersState
from rft_app.ui.state.settings import SettingsState
from rft_app.ui.state.shell import ShellState
from rft_app.ui.state.trace_import import TraceImportState
from rft_app.ui.state.traces import TracesState
from rft_app.ui.state.training_page import TrainingPageState
from rft_app.ui.state.training_run import TrainingRunState

app = rx.App(
    stylesheets=["/tokens.css"],
    head_components=[
        rx.el.script(src="/theme.js"),
        rx.el.link(rel="icon", href="/favicon.svg", type="image/svg+xml"),
    ],
    html_lang="en",
    api_transformer=create_api(),
    toaster=rx.toast.provider(position="top-center", offset="56px"),
)
if app.sio is not None and "*" not in get_config().cors_allowed_origins:
    app.sio.eio.cors_allowed_origins = is_same_origin
app.register_lifespan_task(watch_database)
app.add_page(
    datasets_page,
    route="/optimization",
    title="Datasets · RFT App",
    on_load=[ShellState.follow, DatasetsState.follow],
)
app.add_page(
    dataset_page,
    route="/optimization/[dataset_id]",
    title="Dataset · RFT App",
    on_load=[
        *(ShellState.follow, DatasetState.follow, ModalState.follow_address),
        FeedbackImportState.follow,  # again, after the connection was lost
    ],
)
app.add_page(
    settings_page,
    route="/optimization/[dataset_id]/settings",
    title="Settings · RFT App",
    on_load=[ShellState.follow, SettingsState.follow],
)
app.add_page(
    grader_page,
    route="/optimization/[dataset_id]/grader",
    title="Grader · RFT App",
    on_load=[ShellState.follow, ModalState.follow_address, GraderPageState.follow],
)
app.add_page(
    training_run_page,
    route="/optimization/[dataset_id]/training/[run_id]",
    title="Training · RFT App",
    on_load=[ShellState.follow, TrainingRunState.follow],
)
app.add_page(
    playground_page,
    route="/optimization/[dataset_id]/playground",
    title="Playground · RFT App",
    on_load=[ShellState.follow, PlaygroundState.arrive],
)
app.add_page(
    create_page,
    route="/optimization/new",
    title="New dataset · RFT App",
    on_load=[ShellState.follow, CreateState.begin],
)
app.add_page(
    traces_page,
    route="/traces",
    title="Traces · RFT App",
    on_load=[
        ShellState.follow,
        TracesState.follow_address,
        IntakeState.follow_address,
        TracesState.follow,
        TraceImportState.follow,  # again, after the connection was lost
    ],
)
app.add_page(
    training_page,
    route="/training",
    title="Training · RFT App",
    on_load=[
        *(ShellState.follow, TrainingPageState.follow_address, TrainingPageState.follow),
        *(ExportTabState.follow, AutoImproveState.follow),  # again, after the connection was lost
    ],
)
app.add_page(
    app_settings_page,
    route="/settings",
    title="Settings · RFT App",
    on_load=[ShellState.follow, ProvidersState.load],
)
app.add_page(root_page, route="/", title="RFT App", on_load=rx.redirect("/optimization"))
app.add_page(not_found_page, route="404", title="Not found · RFT App")
