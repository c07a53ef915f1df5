from typing import Any

import pytest

from rft_app.domain.generation import GenerationPlan, GenerationSettings, StrategyName
from rft_app.domain.record import RecordId, Selection
from rft_app.errors import ConflictError, InvalidInputError, NotAvailableError, NotFoundError
from rft_app.services.generation import plan_generation, start_generation
from rft_app.services.models import list_models
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.tables import TopicRow
from tests.services.generation_world import BAGS, DATASET, World
from tests.services.generation_world import world as world

FREE: dict[str, Any] = {"max_synthetic_ratio": 1.0}


def plan(selection: Selection | None = None, **settings: object) -> GenerationPlan:
    with reading() as session:
        chosen = GenerationSettings.model_validate(settings)
        return plan_generation(session, DATASET, chosen, selection)


def counts(found: GenerationPlan) -> dict[str, int]:
    return {topic.key: topic.num_to_generate for topic in found.topics}


def test_the_gap_of_a_topic_is_filled(world: World) -> None:
    found = plan(variations_per_record=5, **FREE)
    assert counts(found) == {"Flights": 0, "Bags": 6}
    (_, bags) = found.topics
    assert (bags.current_count, bags.target_count, bags.num_sources) == (2, 8, 2)
    assert (found.num_to_generate, found.num_calls) == (6, 2)


def test_the_largest_synthetic_share_limits_it_and_says_so(world: World) -> None:
    found = plan(variations_per_record=5, max_synthetic_ratio=0.3)
    assert (found.num_to_generate, found.num_allowed) == (4, 4)
    assert "at most 30% allows 4 more" in found.notes[0]


def test_a_topic_gets_no_more_than_its_records_give(world: World) -> None:
    found = plan(variations_per_record=2, **FREE)
    assert counts(found)["Bags"] == 4
    assert found.topics[1].note == "Its 2 records give 4 at 2 each."


def test_an_empty_topic_needs_another_strategy(world: World) -> None:
    with unit_of_work() as session:
        session.add(TopicRow(id=9, dataset_id=DATASET, key="Meals", position=9))
    varied = plan(variations_per_record=20, **FREE)
    assert counts(varied)["Meals"] == 0
    assert "Topic description" in varied.topics[2].note
    described = plan(strategy=StrategyName.TOPIC_DESCRIPTION, **FREE)
    assert counts(described) == {"Flights": 0, "Bags": 6, "Meals": 8}
    assert described.num_calls == 2 + 3


def test_only_chosen_topics_are_filled(world: World) -> None:
    assert counts(plan(topics=("Flights",), **FREE)) == {"Flights": 0}
    with pytest.raises(InvalidInputError, match="'Hotels'"):
        plan(topics=("Hotels",))


def test_chosen_records_are_varied_whatever_the_gaps(world: World) -> None:
    chosen = Selection(only=(RecordId("rec_1"), RecordId("rec_2"), RecordId("rec_65")))
    found = plan(chosen, variations_per_record=2, **FREE)
    assert counts(found) == {"Bags": 2, "Flights": 4}
    assert found.num_calls == 3


def test_chosen_records_share_what_is_allowed(world: World) -> None:
    found = plan(Selection(), variations_per_record=1, max_synthetic_ratio=0.3)
    assert found.num_to_generate == 4


def test_without_topics_there_are_no_gaps(world: World) -> None:
    with unit_of_work() as session:
        for topic_id in (1, BAGS):
            session.delete(session.get_one(TopicRow, topic_id))
    with pytest.raises(ConflictError, match="no topics"):
        plan()


def test_without_a_provider_the_plan_stands_and_its_cost_is_unknown(world: World) -> None:
    found = plan(**FREE)
    assert found.model is None
    assert found.tokens.num_prompt_tokens > 0
    assert (found.cost.low_usd, found.cost.high_usd) == (None, None)
    assert "no model is configured" in found.cost.formula
    with reading() as session:
        assert not list_models(session).is_configured
    with unit_of_work() as session, pytest.raises(NotAvailableError, match="RFT_LLM_BASE_URL"):
        start_generation(session, DATASET, GenerationSettings())


def test_a_known_price_gives_a_range_with_formula_and_date(world: World) -> None:
    world.configure(BASE_URL="http://127.0.0.1:9/v1", MODELS="good=1/10", PRICES_DATE="2026-11-01")
    cost = plan(**FREE).cost
    assert cost.low_usd is not None
    assert cost.high_usd is not None
    assert 0 < cost.low_usd < cost.high_usd
    assert "$1/M" in cost.formula
    assert cost.prices_date == "2026-11-01"


def test_an_unknown_price_is_no_zero(world: World) -> None:
    world.configure(BASE_URL="http://127.0.0.1:9/v1", MODELS="local")
    cost = plan(**FREE).cost
    assert (cost.low_usd, cost.high_usd) == (None, None)
    assert "local has no known price" in cost.formula
    with pytest.raises(InvalidInputError, match="Choose one of: local"):
        plan(model="other")


def test_a_deleted_dataset_is_named(world: World) -> None:
    with reading() as session, pytest.raises(NotFoundError):
        plan_generation(session, "ds_gone", GenerationSettings())


def test_a_run_that_would_make_nothing_is_refused(world: World) -> None:
    world.configure(BASE_URL="http://127.0.0.1:9/v1", MODELS="local")
    chosen = GenerationSettings(topics=("Flights",))
    with unit_of_work() as session, pytest.raises(ConflictError, match="reached its target"):
        start_generation(session, DATASET, chosen)
