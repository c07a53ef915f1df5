"""Composition root of the web server: pages, REST on the same port, the database watcher."""

import reflex as rx

from rft_app.ui.pages.dataset import dataset_page
from rft_app.ui.pages.datasets import datasets_page
from rft_app.ui.state.dataset import DatasetState
from rft_app.ui.state.datasets import DatasetsState
from rft_app.ui.state.live import watch_database
from rft_app.ui.state.modal import ModalState
from rft_app.ui.state.shell import ShellState

app = rx.App(
    stylesheets=["/tokens.css"],
    head_components=[
        rx.el.script(src="/theme.js"),
        rx.el.link(rel="icon", href="/favicon.svg", type="image/svg+xml"),
    ],
    html_lang="en",
)
app.register_lifespan_task(watch_database)
app.add_page(
    datasets_page,
    route="/optimization",
    title="Datasets · RFT Pipeline",
    on_load=[ShellState.follow, DatasetsState.follow],
)
app.add_page(
    dataset_page,
    route="/optimization/[dataset_id]",
    title="Dataset · RFT Pipeline",
    on_load=[ShellState.follow, DatasetState.follow, ModalState.follow_address],
)
