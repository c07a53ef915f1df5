"""What the intake panel says of what arrived, without a browser."""

import re

import pytest

from rft_app.domain.intake import IntakeCount, Outcome
from rft_app.domain.intake_overview import IntakeMinute, IntakeOverview
from rft_app.services.intake_overview import NUM_MINUTES
from rft_app.ui.state.intake_setup import SETUPS, write_setup
from rft_app.ui.state.intake_view import NUM_COLORS, view_intake

NOW = 29_000_000


def overview(*minutes: IntakeMinute, **changes: object) -> IntakeOverview:
    values = {"counts": (), "num_keys": 0, "retention_days": 0}
    return IntakeOverview.model_validate(
        {"this_minute": NOW, "minutes": minutes, **values, **changes}
    )


def came(number: int, source: str = "genai", minutes_ago: int = 0) -> IntakeMinute:
    return IntakeMinute(minute=NOW - minutes_ago, source=source, number=number)


def test_an_hour_is_drawn_to_the_scale_of_its_highest_minute() -> None:
    view = view_intake(overview(came(5, minutes_ago=59), came(15), came(5, "langfuse")))
    assert len(view.bars) == NUM_MINUTES
    assert [part.height for part in view.bars[0].parts] == ["25.0%"]
    assert [part.height for part in view.bars[-1].parts] == ["75.0%", "25.0%"]
    assert view.bars[-1].words.endswith(": 15 genai, 5 langfuse")
    assert view.bars[1].words.endswith(": nothing")
    assert (view.summary, view.most) == ("25 traces in the last hour", "20")
    assert [(each.name, each.number) for each in view.sources] == [
        ("genai", "20"),
        ("langfuse", "5"),
    ]


def test_rare_sources_share_a_color() -> None:
    view = view_intake(overview(*(came(9 - place, f"s{place}") for place in range(8))))
    assert [each.color for each in view.sources] == [0, 1, 2, 3, *([NUM_COLORS - 1] * 4)]


def test_what_was_skipped_is_told_with_its_reason() -> None:
    counts = [
        IntakeCount(source="genai", outcome=Outcome.CALL, number=3),
        IntakeCount(source="genai", outcome=Outcome.NO_CONTENT, number=1_200),
        IntakeCount(source="gateway", outcome=Outcome.FEEDBACK, number=4),
    ]
    [skip] = view_intake(overview(counts=tuple(counts))).skips
    assert (skip.number, skip.outcome) == ("1,200", "no content")
    assert "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT" in skip.meaning
    assert not view_intake(overview()).has_arrived


@pytest.mark.parametrize("name", SETUPS)
def test_lines_to_copy_name_this_server_and_a_key_where_one_is_asked_for(name: str) -> None:
    lines = write_setup(name, "http://rft.example:3000", has_keys=True)
    assert "http://rft.example:3000/" in lines
    assert re.search(r"\bKEY\b", lines)
    without = write_setup(name, "http://rft.example:3000", has_keys=False)
    assert not re.search(r"\bKEY\b", without)
    assert "{" not in without
