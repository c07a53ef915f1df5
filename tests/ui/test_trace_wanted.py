"""What the controls of a list of traces mean."""

from datetime import UTC, datetime

from rft_app.ui.state.trace_wanted import CUSTOM, WantedTraces

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY_MS = 86_400_000


def find_range(wanted: WantedTraces) -> tuple[int | None, int | None]:
    found = wanted.to_filter(NOW, 9)
    return found.since, found.until


def test_a_period_between_two_days_holds_both() -> None:
    wanted = WantedTraces(period=CUSTOM, first_day="1970-01-02", last_day="1970-01-03")

    assert find_range(wanted) == (DAY_MS, 3 * DAY_MS)
    assert WantedTraces.of_query(dict(_pairs(wanted.to_query()))) == wanted
    assert wanted.num_set == 1


def test_either_day_may_be_missing_or_not_whole_yet() -> None:
    assert find_range(WantedTraces(period=CUSTOM, first_day="1970-01-02")) == (DAY_MS, None)
    assert find_range(WantedTraces(period=CUSTOM, last_day="1970-01-02")) == (None, 2 * DAY_MS)
    assert find_range(WantedTraces(period=CUSTOM, first_day="1970-", last_day="x")) == (None, None)
    assert find_range(WantedTraces(period=CUSTOM, last_day="9999-12-31"))[1] is not None


def test_days_that_are_the_wrong_way_round_are_told() -> None:
    wanted = WantedTraces(period=CUSTOM, first_day="2026-11-02", last_day="2026-11-01")

    assert wanted.days_fault == "The last day is before the first."
    assert not wanted.with_choice("last_day", "2026-11-02").days_fault


def test_days_go_with_their_period() -> None:
    wanted = WantedTraces(period=CUSTOM, first_day="2026-11-02").with_choice("period", "any")

    assert not wanted.is_filtered
    assert find_range(wanted) == (None, None)


def _pairs(query: str) -> list[tuple[str, str]]:
    return [(name, value) for name, _, value in (each.partition("=") for each in query.split("&"))]
