import pytest

from rft_app.domain.dry_run import make_report
from rft_app.domain.grade import Grade
from rft_app.domain.grading import (
    Abstention,
    FailureKind,
    GradingFailure,
    Outcome,
    Verdict,
    Votes,
)
from rft_app.domain.votes import VoteRule, count_votes

FAILED = GradingFailure(failure_kind=FailureKind.NO_REPLY, message="Late.")
ABSTAINED = Abstention(reason="No question.")


def vote(*rewards: float) -> list[Outcome]:
    return [Verdict(reward=reward, reason=f"It is {reward}.") for reward in rewards]


@pytest.mark.parametrize(
    ("rule", "rewards", "reward"),
    [
        (VoteRule.MEAN, (0.0, 0.5, 1.0, 1.0), 0.625),
        (VoteRule.MEDIAN, (0.0, 0.5, 1.0, 1.0), 0.75),
        (VoteRule.MAJORITY, (0.0, 1.0, 1.0), 1.0),
        (VoteRule.MEAN, (0.1, 0.1, 0.1), 0.1),
    ],
)
def test_votes_become_one_reward(rule: VoteRule, rewards: tuple[float, ...], reward: float) -> None:
    found = count_votes(vote(*rewards), rule)
    assert isinstance(found, Verdict)
    assert found.reward == pytest.approx(reward)
    assert found.votes is not None
    assert found.votes.rewards == rewards


def test_agreement_is_the_share_of_votes_near_the_grade_with_the_nearest_ones_reason() -> None:
    found = count_votes([*vote(1.0, 0.9, 0.2), FAILED], VoteRule.MEDIAN)
    assert isinstance(found, Verdict)
    assert (found.reward, found.reason) == (0.9, "It is 0.9.")
    assert found.votes is not None
    assert found.votes.sd == pytest.approx(0.355902608)
    assert found.votes == Votes(
        rewards=(1.0, 0.9, 0.2), num_failed=1, agreement=2 / 3, sd=found.votes.sd
    )


def test_without_a_majority_the_judge_abstains() -> None:
    found = count_votes(vote(0.0, 1.0), VoteRule.MAJORITY)
    assert found == Abstention(reason="No reward has a majority: 0.00, 1.00.")


def test_a_reward_needs_more_than_half_of_all_votes() -> None:
    assert isinstance(
        count_votes([*vote(1.0, 1.0), ABSTAINED, FAILED], VoteRule.MEAN), GradingFailure
    )
    assert isinstance(count_votes([*vote(1.0, 1.0), FAILED], VoteRule.MEAN), Verdict)
    told = count_votes([*vote(1.0), ABSTAINED, ABSTAINED, FAILED], VoteRule.MEAN)
    assert told == Abstention(reason="2 of 4 votes abstained, 1 failed. No question.")
    failed = count_votes([FAILED, ABSTAINED], VoteRule.MEAN)
    assert isinstance(failed, GradingFailure)
    assert failed.message == "1 of 2 votes abstained, 1 failed. Late."


def test_one_vote_is_the_grade() -> None:
    assert count_votes([ABSTAINED], VoteRule.MAJORITY) == ABSTAINED
    assert count_votes(vote(0.4), VoteRule.MEAN) == Verdict(reward=0.4, reason="It is 0.4.")


def test_the_report_tells_how_many_passed_and_how_far_votes_agree() -> None:
    grades = [
        Grade(record_seq=1, reward=0.6, agreement=1.0),
        Grade(record_seq=2, reward=0.59, agreement=0.5),
        Grade(record_seq=3, failure_kind=FailureKind.NO_REPLY),
        Grade(record_seq=4, is_abstention=True),
    ]
    report = make_report(grades, {}, pass_threshold=0.6)
    assert (report.num_passed, report.passed_share) == (1, 0.5)
    assert report.votes is not None
    assert (report.votes.mean_agreement, report.votes.num_unanimous) == (0.75, 1)
    plain = make_report([Grade(record_seq=1, reward=1.0)], {})
    assert (plain.passed_share, plain.votes) == (None, None)
    assert type(report).model_validate(report.model_dump(mode="json")) == report
