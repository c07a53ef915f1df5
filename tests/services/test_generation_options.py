"""Which strategies a dataset's records allow."""

import pytest

from rft_app.errors import NotFoundError
from rft_app.services.generation_options import StrategyOption, list_strategy_options
from rft_app.storage.session import reading, unit_of_work
from tests.builders import make_dataset_row
from tests.services.generation_world import DATASET, World
from tests.services.generation_world import world as world


def read_options(dataset_id: str) -> dict[str, StrategyOption]:
    with reading() as session:
        return {option.name: option for option in list_strategy_options(session, dataset_id)}


def test_each_strategy_says_what_it_starts_from(world: World) -> None:
    options = read_options(DATASET)
    assert options["tool_chain"].needs == "Needs records with tools: 10 of 10 have them"
    assert options["message_variation"].needs.endswith("10 to choose from")
    assert not any(option.obstacle for option in options.values())


def test_without_records_only_a_topics_description_is_left(world: World) -> None:
    with unit_of_work() as session:
        session.add(make_dataset_row("ds_empty"))
    options = read_options("ds_empty")
    assert options["tool_chain"].obstacle == "No valid record of this dataset has tools."
    assert [name for name, option in options.items() if not option.obstacle] == [
        "topic_description"
    ]


def test_a_dataset_that_is_gone_is_not_found(world: World) -> None:
    with reading() as session, pytest.raises(NotFoundError):
        list_strategy_options(session, "ds_gone")
