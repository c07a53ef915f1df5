import pytest

from rft_app.domain.dry_run import DryRunReport, make_report
from rft_app.domain.dry_run_comparison import (
    compare_figures,
    compare_rules,
    compare_topics,
    pair_records,
)
from rft_app.domain.grade import Grade
from rft_app.domain.grading import FailureKind
from rft_app.domain.record import record_id
from rft_app.domain.statistics import bootstrap_mean

NAMES = {1: "Book", 2: "Pay"}


def failed(record_seq: int) -> Grade:
    """A rollout that could not be graded."""
    return Grade(record_seq, failure_kind=FailureKind.TIMEOUT, failure_message="Too slow.")


def test_an_unknown_figure_has_no_difference() -> None:
    first = make_report([failed(1)], NAMES)
    second = make_report([Grade(1, 1, 0.5)], NAMES)
    figures = {pair.name: pair for pair in compare_figures(first, second)}
    assert (figures["mean"].first, figures["mean"].second) == (None, 0.5)
    assert figures["mean"].difference is None
    assert figures["failure_rate"].difference == -1.0
    assert figures["graded_rollouts"].difference == 1


def sampled(*rewards: float, k: int, threshold: float | None = None) -> DryRunReport:
    """The report of a run with K answers per record."""
    grades = [Grade(at // k, 1, reward) for at, reward in enumerate(rewards)]
    return make_report(grades, NAMES, threshold)


def test_pass_rates_have_a_difference_where_they_mean_the_same() -> None:
    def compare(second: DryRunReport) -> dict[str, tuple[float | None, ...]]:
        pairs = compare_figures(sampled(1, 0, 0, 0, k=2, threshold=0.5), second)
        rates = (pair for pair in pairs if pair.name.startswith("pass_at"))
        return {pair.name: (pair.first, pair.second, pair.difference) for pair in rates}

    same = compare(sampled(1, 0, 1, 0, k=2, threshold=0.5))
    assert same == {"pass_at_1": (0.25, 0.5, 0.25), "pass_at_k": (0.5, 1.0, 0.5)}
    other_k = compare(sampled(1, 0, 1, 0, k=4, threshold=0.5))
    assert other_k == {"pass_at_1": (0.25, 0.5, 0.25), "pass_at_k": (0.5, 1.0, None)}
    stricter = compare(sampled(1, 0, 1, 0, k=2, threshold=0.9))
    assert [difference for *_, difference in stricter.values()] == [None, None]
    assert compare(make_report([], NAMES))["pass_at_1"] == (0.25, None, None)


def test_what_was_not_given_is_a_figure_of_its_own() -> None:
    missing = Grade(2, failure_kind=FailureKind.NOT_SAMPLED, failure_message="too hot")
    pairs = compare_figures(make_report([Grade(1, 1, 0.5), missing], NAMES), make_report([], NAMES))
    figures = {pair.name: (pair.first, pair.second) for pair in pairs}
    assert figures["not_sampled_share"] == (0.5, None)
    assert figures["failure_rate"] == (0.0, None)


def test_topics_of_either_run_are_listed() -> None:
    first = make_report([Grade(1, 1, 0.25), Grade(2, 2, 1.0)], NAMES)
    second = make_report([Grade(1, 1, 0.75)], NAMES)
    book, pay = compare_topics(first, second)
    assert (book.topic, book.difference) == ("Book", 0.5)
    assert (pay.topic, pay.second_mean, pay.difference, pay.second_graded) == ("Pay", None, None, 0)


def test_rules_say_what_changed() -> None:
    first = make_report([Grade(seq, 1, 0.5) for seq in range(60)], NAMES)
    second = make_report([Grade(seq, 1, seq % 2) for seq in range(60)], NAMES)
    changed = [pair.measure.value for pair in compare_rules(first, second) if pair.is_changed]
    assert changed == ["sd"]


def test_records_are_paired_and_the_most_changed_named() -> None:
    pairs = [(seq, 0.5, 0.5 + seq / 100) for seq in range(1, 11)]
    pairs += [(20, 1.0, 0.0), (21, 0.5, 0.5)]
    found = pair_records(pairs)
    assert found is not None
    assert (found.n, found.num_better, found.num_worse, found.num_same) == (12, 10, 1, 1)
    better = [pair.record_id for pair in found.most_better]
    assert better == [record_id(n) for n in (10, 9, 8, 7, 6)]
    assert [pair.record_id for pair in found.most_worse] == [record_id(20)]
    assert found.mean == pytest.approx((0.55 - 1.0) / 12)
    differences = [second - first for _, first, second in pairs]
    assert (found.low, found.high) == bootstrap_mean(differences, num_resamples=1_000)


@pytest.mark.parametrize(("number", "is_known"), [(9, False), (10, True), (100, True)])
def test_the_interval_is_drawn_from_enough_records(number: int, is_known: bool) -> None:
    found = pair_records([(seq, 0.0, seq % 2) for seq in range(number)])
    assert pair_records([]) is None
    assert found is not None
    assert (found.low is not None, found.high is not None) == (is_known, is_known)


@pytest.mark.parametrize("number", [2_000, 2_002])
def test_many_records_have_the_interval_of_the_normal_approximation(number: int) -> None:
    found = pair_records([(seq, 0.0, seq % 2) for seq in range(number)])
    assert found is not None
    half = 1.96 * 0.5 / number**0.5
    assert found.low == pytest.approx(0.5 - half, abs=2e-3)
    assert found.high == pytest.approx(0.5 + half, abs=2e-3)


def test_records_that_did_not_change_are_not_among_the_most_changed() -> None:
    found = pair_records([(1, 0.5, 0.5), (2, 0.0, 0.25)])
    assert found is not None
    assert [pair.record_id for pair in found.most_better] == ["rec_2"]
    assert found.most_worse == ()
