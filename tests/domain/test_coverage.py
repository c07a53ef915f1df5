"""The arithmetic of coverage, by hand-made cases and by properties."""

import random
from fractions import Fraction

import pytest

from rft_app.domain.coverage import (
    CoverageRating,
    CoverageReport,
    CoverageStatus,
    add_together,
    analyse_coverage,
    percent,
    rate,
    records_to_add,
    resolve_targets,
)
from rft_app.errors import InvalidInputError


def test_equal_topics_are_in_perfect_balance() -> None:
    report = analyse_coverage({"a": 10, "b": 10, "c": 10}, {})
    assert report.balance == 1.0
    assert report.rating is CoverageRating.GOOD
    assert report.recommendations == ()
    assert {topic.status for topic in report.topics} == {CoverageStatus.OK}


def test_one_topic_is_in_balance_with_itself() -> None:
    report = analyse_coverage({"all": 7}, {})
    assert (report.balance, report.set_by, report.division) == (1.0, "all", "100% ÷ 100%")
    assert report.topics[0].gap == 0


def test_an_empty_topic_sets_the_balance_to_nothing() -> None:
    report = analyse_coverage({"a": 10, "b": 0}, {})
    assert (report.balance, report.rating, report.set_by) == (0.0, CoverageRating.POOR, "b")
    assert report.topics[1].gap == 10
    assert report.summary == "0.00 balance · Poor"


def test_the_report_names_the_division_that_made_the_balance() -> None:
    counts = {f"t{number}": 104 for number in range(11)} | {"Insurance claim": 54}
    report = analyse_coverage(counts, {})
    assert report.set_by == "Insurance claim"
    assert report.division == "4.5% ÷ 8.3%"
    assert report.balance == pytest.approx(54 / 1198 * 12)
    assert report.summary == "0.54 balance · Fair"
    assert report.recommendations[0] == (
        "Add 50 records to Insurance claim: it holds 4.5%, its target is 8.3%."
    )


@pytest.mark.parametrize("num_smallest", range(1, 40))
def test_the_division_as_shown_comes_to_the_balance_as_shown(num_smallest: int) -> None:
    others = {f"t{number}": 300 + number for number in range(7)}
    report = analyse_coverage({"smallest": num_smallest, **others}, {})
    share, target = (float(part.removesuffix("%")) for part in report.division.split(" ÷ "))
    assert f"{share / target:.2f}" == f"{report.balance:.2f}"


def test_targets_that_are_set_leave_the_rest_to_the_others_in_equal_parts() -> None:
    report = analyse_coverage({"a": 50, "b": 25, "c": 25}, {"a": 0.5, "b": None})
    assert [topic.target_share for topic in report.topics] == [0.5, 0.25, 0.25]
    assert report.balance == 1.0


def test_a_topic_that_should_hold_nothing_never_sets_the_balance() -> None:
    report = analyse_coverage({"a": 9, "noise": 1}, {"noise": 0.0})
    assert (report.balance, report.set_by) == (0.9, "a")
    assert report.topics[1].status is CoverageStatus.OVER
    empty = analyse_coverage({"a": 9, "noise": 0}, {"noise": 0.0})
    assert (empty.balance, empty.topics[1].status) == (1.0, CoverageStatus.OK)


def test_a_target_no_number_of_records_reaches_has_no_gap() -> None:
    report = analyse_coverage({"a": 7, "b": 3}, {"a": 1.0})
    assert report.topics[0].gap is None
    assert report.recommendations[0].startswith("Lower the target of a")


def test_the_borders_of_the_statuses_belong_to_ok() -> None:
    report = analyse_coverage({"a": 40, "b": 50, "c": 60, "d": 50}, {})
    assert [topic.status.value for topic in report.topics] == ["ok", "ok", "ok", "ok"]
    report = analyse_coverage({"a": 39, "b": 47, "c": 64, "d": 50}, {})
    assert [topic.status.value for topic in report.topics] == ["under", "ok", "over", "ok"]


def test_the_borders_of_the_ratings_belong_to_the_better_word() -> None:
    assert [rate(balance).value for balance in (0.6, 0.599, 0.4, 0.399)] == [
        "Good",
        "Fair",
        "Fair",
        "Poor",
    ]


def test_records_without_a_topic_are_told_beside_the_shares() -> None:
    report = analyse_coverage({"a": 5, "b": 5}, {}, num_without_topic=3)
    assert report.num_records == 10
    assert report.recommendations == (
        "3 records have no topic and no share here: run Topics again.",
    )


def test_only_the_worst_topics_are_advised_one_by_one() -> None:
    counts = {"big": 1000} | {f"t{number}": number for number in range(9)}
    report = analyse_coverage(counts, {})
    assert "Add" in report.recommendations[0]
    assert "t0" in report.recommendations[0]
    assert "4 more topics lack records." in report.recommendations
    assert report.recommendations[-1].startswith("big holds 96.5% of the records")


@pytest.mark.parametrize(
    "counts",
    [
        {"a": 60, "b": 20, "c": 12, "d": 8},
        {"big": 1000, **{f"t{number}": number for number in range(9)}},
        {"a": 39, "b": 47, "c": 64, "d": 50},
    ],
)
def test_what_is_advised_reaches_the_targets_when_all_of_it_is_done(counts: dict[str, int]) -> None:
    added = add_together(analyse_coverage(counts, {}).topics)
    after = analyse_coverage({key: n + (added.get(key) or 0) for key, n in counts.items()}, {})
    assert all(topic.status is not CoverageStatus.UNDER for topic in after.topics)
    reached = [topic for topic in after.topics if topic.key in added]
    assert [topic.ratio for topic in reached] == pytest.approx([1.0] * len(added), abs=0.02)


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        ({"a": 1.2}, "must lie between"),
        ({"a": -0.1}, "must lie between"),
        ({"a": 0.7, "b": 0.6}, "may add up to 100% at most|must add up to 100%"),
        ({"a": 0.5, "b": 0.2, "c": 0.2}, "add up to 90%; they must add up to 100%"),
    ],
)
def test_impossible_targets_are_refused(targets: dict[str, float | None], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        resolve_targets(("a", "b", "c"), targets)


def test_nothing_to_analyse_is_an_error_and_not_a_zero() -> None:
    for counts in ({}, {"a": 0, "b": 0}):
        with pytest.raises(InvalidInputError, match="Run Topics"):
            analyse_coverage(counts, {})


def test_topics_that_tie_for_the_balance_are_all_named_whatever_their_order() -> None:
    report = analyse_coverage({"d": 1, "b": 1, "a": 8, "c": 1}, {})

    assert (report.set_by, report.tied_with) == ("b", ("c", "d"))
    assert analyse_coverage({"c": 1, "b": 1, "a": 8, "d": 1}, {}).set_by == "b"
    assert analyse_coverage({"a": 8, "b": 2}, {}).tied_with == ()


def test_the_report_survives_storage() -> None:
    report = analyse_coverage({"a": 3, "b": 9}, {"a": 0.3})
    assert CoverageReport.model_validate(report.model_dump(mode="json")) == report


def test_the_gap_is_the_smallest_number_that_reaches_the_target() -> None:
    chance = random.Random(7)
    for _ in range(3000):
        num_records = chance.randint(1, 100_000)
        count = chance.randint(0, num_records)
        target = Fraction(chance.randint(1, 99), 100)
        gap = records_to_add(count, num_records, float(target))
        assert gap is not None
        assert Fraction(count + gap, num_records + gap) >= target
        if gap:
            assert Fraction(count + gap - 1, num_records + gap - 1 or 1) < target


def test_the_balance_always_lies_between_nothing_and_one() -> None:
    chance = random.Random(8)
    for _ in range(500):
        keys = [f"t{number}" for number in range(chance.randint(1, 20))]
        counts = {key: chance.randint(0, 50) for key in keys} | {keys[0]: 1}
        targets = {key: chance.random() / len(keys) for key in keys[1:] if chance.random() < 0.5}
        report = analyse_coverage(counts, targets)
        assert 0 <= report.balance <= 1
        assert sum(topic.share for topic in report.topics) == pytest.approx(1)
        assert sum(topic.target_share for topic in report.topics) == pytest.approx(1)
        assert (report.balance == 0) == any(
            topic.count == 0 and topic.target_share > 0 for topic in report.topics
        )


def test_shares_read_in_two_digits() -> None:
    assert [percent(share) for share in (0, 0.00001, 0.045, 0.0996, 0.5)] == [
        "0%",
        "<0.01%",
        "4.5%",
        "10%",
        "50%",
    ]
