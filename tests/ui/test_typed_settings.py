"""Settings that are being typed, against what is stored meanwhile, without a browser."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
import reflex as rx

from rft_app.domain.pipeline import StepName
from rft_app.storage.session import unit_of_work
from rft_app.storage.steps import keep_settings
from rft_app.ui.state.dry_run import DryRunState
from rft_app.ui.state.extract import ExtractState
from rft_app.ui.state.step_modal import StepModal
from rft_app.ui.state.topics import TopicsState
from tests.builders import make_dataset_row

EXTRACT = {"mode": "last", "max_tokens": 9000}
DRY_RUN = {"num_records": 200, "num_rollouts": 4, "seed": 0, "stratify": True}
TOPICS = {"num_topics": 5, "seed": 0, "max_depth": 1}

CASES = (
    (ExtractState, EXTRACT, "max_tokens", "max_tokens"),
    (DryRunState, DRY_RUN, "num_records", "num_records"),
    (TopicsState, TOPICS, "wanted_topics", "num_topics"),
)


@pytest.fixture
def root(database: Path) -> rx.State:
    """A visitor; there is one dataset."""
    with unit_of_work() as session:
        session.add(make_dataset_row("ds_a"))
    return rx.State(_reflex_internal_init=True)  # pyright: ignore[reportCallIssue]


def open_dialog(root: rx.State, kind: type[Any]) -> Any:  # a state
    """The state of a step's dialog."""
    found = root.get_substate(kind.get_full_name().split("."))
    assert isinstance(found, StepModal)
    found._dataset_id = "ds_a"
    return found


def store(step: StepName, settings: dict[str, Any]) -> None:
    """What a run elsewhere leaves."""
    with unit_of_work() as session:
        keep_settings(session, "ds_a", step, settings)


def refresh(state: StepModal) -> None:
    """What opening the dialog does, and a change in the database."""
    asyncio.run(state._refresh(is_forced=True))
    assert not state.fault


@pytest.mark.parametrize(("kind", "stored", "field", "setting"), CASES)
def test_what_is_typed_outlives_closing_and_changes_elsewhere(
    root: rx.State, kind: type[Any], stored: dict[str, Any], field: str, setting: str
) -> None:
    state = open_dialog(root, kind)
    store(kind.step, stored)
    refresh(state)
    setattr(state, field, "77")
    store(kind.step, {**stored, setting: 12})
    refresh(state)
    assert getattr(state, field) == "77"

    store(kind.step, {**stored, setting: 77})
    refresh(state)
    store(kind.step, {**stored, setting: 12})
    refresh(state)
    assert getattr(state, field) == "12", "Once it was run with, it follows what is stored."
