from hypothesis import given
from hypothesis import strategies as st

from rft_app.domain.dry_run import make_report
from rft_app.domain.grade import Grade
from rft_app.domain.grading import FailureKind
from rft_app.domain.record_pick import apportion, pick_records

TOPICS = {1: "Book", 2: "Pay"}


def grades(*groups: list[float | None], topic_id: int | None = 1) -> list[Grade]:
    """One record per list; `None` is a failure."""
    return [
        Grade(
            record_seq=record_seq,
            topic_id=topic_id,
            reward=reward,
            failure_kind=FailureKind.TIMEOUT if reward is None else None,
        )
        for record_seq, rewards in enumerate(groups)
        for reward in rewards
    ]


def test_a_grading_failure_is_not_a_zero() -> None:
    report = make_report(grades([1.0, None], [1.0, None]), TOPICS)
    assert report.statistics is not None
    assert (report.statistics.mean, report.failure_rate) == (1.0, 0.5)
    assert (report.num_graded, report.num_failed) == (2, 2)
    assert report.failures == {FailureKind.TIMEOUT: 2}
    assert sum(report.histogram) == 2


def test_the_first_failure_of_each_kind_is_told_with_its_record() -> None:
    failed = [
        Grade(
            record_seq=seq, failure_kind=FailureKind.EXCEPTION, failure_message=f"KeyError: {seq}"
        )
        for seq in (10, 11)
    ]
    report = make_report([*grades([1.0]), *failed], TOPICS)
    assert report.failure_examples == {FailureKind.EXCEPTION: "rec_a: KeyError: 10"}


def test_where_everything_fails_there_are_no_statistics() -> None:
    report = make_report(grades([None], [None]), TOPICS)
    assert report.statistics is None
    assert report.topics[0].mean is None
    assert report.verdict == "NO_GO"


def test_the_learnable_share_counts_records_whose_rewards_differ() -> None:
    report = make_report(grades([1.0, 0.0], [1.0, 1.0], [0.0, 0.0], [0.2, 0.9]), TOPICS)
    assert (report.num_groups, report.num_learnable, report.learnable_share) == (4, 2, 0.5)


def test_a_record_with_one_graded_rollout_has_no_part_in_the_learnable_share() -> None:
    report = make_report(grades([1.0, 0.0], [1.0, None], [0.0]), TOPICS)
    assert (report.num_groups, report.learnable_share) == (1, 1.0)


def test_one_answer_per_record_has_no_learnable_share() -> None:
    report = make_report(grades([1.0], [0.0]), TOPICS)
    assert (report.learnable_share, report.max_rollouts_per_record) == (None, 1)


def test_topics_are_reported_by_name_and_records_without_one_apart() -> None:
    report = make_report(grades([1.0]) + grades([0.0], topic_id=None), TOPICS)
    assert [(t.topic, t.mean) for t in report.topics] == [("(no topic)", 0.0), ("Book", 1.0)]


def test_the_report_survives_storage() -> None:
    report = make_report(grades([1.0, 0.0, None], [0.5]), TOPICS)
    assert type(report).model_validate(report.model_dump(mode="json")) == report


def test_the_same_seed_picks_the_same_records_and_another_seed_others() -> None:
    topic_of = {seq: seq % 3 for seq in range(300)}
    first = pick_records(topic_of, 30, seed=1)
    assert pick_records(dict(reversed(topic_of.items())), 30, seed=1) == first
    assert pick_records(topic_of, 30, seed=2) != first


def test_asking_for_more_than_there_are_gives_all() -> None:
    assert pick_records({3: None, 1: None}, 10, seed=0) == [1, 3]


@given(
    st.dictionaries(st.integers(0, 20), st.integers(0, 50), min_size=1),
    st.floats(0, 1),
)
def test_seats_add_up_and_stay_within_one_of_the_exact_share(
    sizes: dict[int, int], fraction: float
) -> None:
    whole = sum(sizes.values())
    total = int(whole * fraction)
    if whole == 0:
        return
    seats = apportion(sizes, total)
    assert sum(seats.values()) == total
    for key, size in sizes.items():
        assert abs(seats[key] - size * total / whole) < 1
        assert seats[key] <= size


@given(st.integers(1, 200), st.integers(1, 100), st.integers())
def test_a_choice_has_the_size_asked_for_and_no_record_twice(
    num_records: int, wanted: int, seed: int
) -> None:
    chosen = pick_records({seq: seq % 7 or None for seq in range(num_records)}, wanted, seed)
    assert len(set(chosen)) == len(chosen) == min(wanted, num_records)
    assert chosen == sorted(chosen)


def test_a_threshold_of_zero_is_one() -> None:
    found = make_report(grades([0.0, 1.0]), TOPICS, 0.0)
    assert (found.pass_threshold, found.num_passed) == (0.0, 2)
    assert found.pass_rates is not None
    assert (found.pass_rates.threshold, found.pass_rates.pass_at_1) == (0.0, 1.0)
