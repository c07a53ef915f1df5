import pytest

from rft_app.domain.pattern import Pattern, ToolUse
from rft_app.errors import NotAvailableError, ProviderError
from rft_app.services.suggestions import Suggestion, suggest_dataset
from tests.llm.provider import in_turn, refuse, say_json
from tests.services.generation_world import World
from tests.services.generation_world import world as world

PATTERN = Pattern(
    title="Airline desk",
    system_prompt="You are the desk of an airline.",
    num_sharing=40,
    num_read=40,
    num_selected=40,
    capabilities=("Multi-turn, median 9",),
    tools=(ToolUse(name="rebook", num_traces=10, num_calls=12, share=0.25),),
    suggested_name="Airline desk",
    suggested_objective="Help passengers.",
)
GOOD = {"name": "Airline  rebooking", "objective": "Rebook passengers correctly."}


def test_the_model_sees_the_pattern_and_is_paid_once(world: World) -> None:
    with world.provider(in_turn(say_json(GOOD))) as provider:
        found = suggest_dataset(PATTERN, ["Move me to LX 8."])
        assert suggest_dataset(PATTERN, ["Move me to LX 8."]) == found
        assert len(provider.requests) == 1
    assert found == Suggestion(name="Airline rebooking", objective=GOOD["objective"])
    asked = provider.requests[0]["messages"][1]["content"]
    for part in ("desk of an airline", "rebook (12 calls)", "median 9", "LX 8", "Help passengers"):
        assert part in asked


def test_a_name_that_does_not_fit_is_asked_for_again(world: World) -> None:
    too_long = say_json({**GOOD, "name": "x" * 200})
    with world.provider(in_turn(too_long, say_json(GOOD))):
        assert suggest_dataset(PATTERN).name == "Airline rebooking"


def test_without_help_it_says_why(world: World) -> None:
    with pytest.raises(NotAvailableError, match="RFT_LLM_BASE_URL"):
        suggest_dataset(PATTERN)
    failing = world.provider(in_turn(refuse(404, "no such model")))
    with failing, pytest.raises(ProviderError, match=r"no such model.*RFT_LLM_MODELS"):
        suggest_dataset(PATTERN)
