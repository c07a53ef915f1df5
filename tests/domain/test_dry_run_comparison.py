import pytest

from rft_app.domain.dry_run import Grade, make_report
from rft_app.domain.dry_run_comparison import (
    compare_figures,
    compare_rules,
    compare_topics,
    pair_records,
)
from rft_app.domain.grading import FailureKind
from rft_app.domain.record import record_id

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
    assert found.low is None


def test_the_interval_needs_thirty_records() -> None:
    assert pair_records([]) is None
    few = pair_records([(seq, 0.0, seq % 2) for seq in range(29)])
    many = pair_records([(seq, 0.0, seq % 2) for seq in range(100)])
    assert few is not None and many is not None
    assert few.high is None
    assert many.low == pytest.approx(0.5 - 1.959964 * 0.050252, abs=1e-4)
    assert many.high == pytest.approx(0.5 + 1.959964 * 0.050252, abs=1e-4)


def test_records_that_did_not_change_are_not_among_the_most_changed() -> None:
    found = pair_records([(1, 0.5, 0.5), (2, 0.0, 0.25)])
    assert found is not None
    assert [pair.record_id for pair in found.most_better] == ["rec_2"]
    assert found.most_worse == ()
