"""A form of the topics dialog while another tab edits the same tree, without a browser."""

import asyncio
from pathlib import Path

import pytest
import reflex as rx

from rft_app.services.topic_edits import delete_topics, rename_topic
from rft_app.services.topics import get_topics
from rft_app.storage.session import reading, unit_of_work
from rft_app.ui.state.topic_form import EDIT
from rft_app.ui.state.topics import TopicsState
from tests.services.topic_trees import DATASET, add_tree


@pytest.fixture
def typed(database: Path) -> TopicsState:
    """A visitor who has described the topic Bags and not saved it yet."""
    add_tree()
    root = rx.State(_reflex_internal_init=True)  # pyright: ignore[reportCallIssue]
    found = root.get_substate(TopicsState.get_full_name().split("."))
    assert isinstance(found, TopicsState)
    found._dataset_id = DATASET
    asyncio.run(found._open_form(EDIT, ["Bags"]))
    found.type_in("description", "Lost and late ones.")
    return found


def test_a_topic_renamed_elsewhere_is_told_and_followed(typed: TopicsState) -> None:
    with unit_of_work() as session:
        rename_topic(session, DATASET, "Bags", "Luggage")
    asyncio.run(typed.submit_form())
    assert "“Renamed Bags to Luggage”" in typed.form_fault
    assert typed.is_conflict

    asyncio.run(typed.reload_form())
    assert (typed.form.keys, typed.form.name) == (["Luggage"], "Luggage")
    assert not typed.is_conflict
    asyncio.run(typed.submit_form())
    with reading() as session:
        found = get_topics(session, DATASET).find("Luggage")
    assert found is not None
    assert found.description == "Lost and late ones."


def test_a_topic_deleted_elsewhere_cannot_be_saved(typed: TopicsState) -> None:
    with unit_of_work() as session:
        delete_topics(session, DATASET, ["Bags"])
    asyncio.run(typed.submit_form())
    assert "Deleted Bags" in typed.form_fault
    asyncio.run(typed.reload_form())
    assert typed.is_gone
    assert typed.form_fault == "Bags was deleted. What you typed stays here to copy."
    assert typed.form.description == "Lost and late ones."


def test_esc_asks_before_what_was_typed_is_lost_and_esc_again_goes_on(typed: TopicsState) -> None:
    typed.close_form()
    assert typed.is_discarding
    typed.close_form()
    assert (typed.is_discarding, typed.form.description) == (False, "Lost and late ones.")
    typed.close_form()
    typed.discard_form()
    assert typed.form.kind == ""
