"""Confidence sequences: checked by hand, against their promise, and against what they can find."""

import math
import random

import pytest

from rft_app.domain.sequential import (
    Difference,
    Interval,
    bound_mean,
    compare_means,
    compare_pairs,
    describe_evidence,
)


def test_nothing_is_known_before_the_first_reward() -> None:
    assert bound_mean([]) == (0.0, 1.0)
    assert compare_means([], [0.5]) is None
    assert compare_means([0.5], []) is None
    assert compare_pairs([]) is None


def test_the_first_bets_are_those_of_the_formula() -> None:
    # By hand for alpha = 2 / e^0.01, so that ln(2 / alpha) = 0.01 and the first bet is below its
    # cap: bet_1 = sqrt(0.02 / (0.25 ln 2)) = 0.33973; x_1 = 0.6, m_0 = 0.5:
    # width_1 = (0.01 + 0.01 (-ln(0.66027) - 0.33973)) / 0.33973 = 0.03166.
    alpha = 2 / math.exp(0.01)
    bet = math.sqrt(0.02 / (0.25 * math.log(2)))
    assert bet == pytest.approx(0.33973, abs=1e-5)
    low, high = bound_mean([0.6], alpha)
    assert (low, high) == pytest.approx((0.6 - 0.03166, 0.6 + 0.03166), abs=2e-5)


def test_a_second_reward_narrows_by_the_formula() -> None:
    log_term = math.log(2 / 0.9)
    first = min(math.sqrt(2 * log_term / (0.25 * math.log(2))), 0.5)
    mean = (0.5 + 0.6) / 2
    variance = (0.25 + (0.6 - mean) ** 2) / 2
    second = min(math.sqrt(2 * log_term / (variance * 2 * math.log(3))), 0.5)
    spread = 0.1**2 * (-math.log(1 - first) - first)
    spread += (0.4 - mean) ** 2 * (-math.log(1 - second) - second)
    bets = first + second
    width = (log_term + spread) / bets
    centre = (first * 0.6 + second * 0.4) / bets
    found = bound_mean([0.6, 0.4], 0.9)
    one = bound_mean([0.6], 0.9)
    expected = max(centre - width, one.low), min(centre + width, one.high)
    assert found == pytest.approx(expected)


def test_looking_after_every_answer_finds_a_false_difference_in_less_than_alpha() -> None:
    """Two equal models, 400 answers each, a look after each: any finding at any look is false."""
    chance = random.Random(7)
    alpha, num_runs, num_false = 0.1, 200, 0
    for _ in range(num_runs):
        base = [float(chance.random() < 0.6) for _ in range(400)]
        tuned = [chance.betavariate(3, 2) for _ in range(400)]  # the same mean, another shape
        # Intervals only ever shrink, so that the last says whether any look found something.
        found = compare_means(base, tuned, alpha)
        assert found is not None
        num_false += found.is_better or found.is_worse
    assert num_false / num_runs <= alpha


def test_a_usual_interval_would_cheat_where_this_one_does_not() -> None:
    """The same looks with 95 % intervals of a fixed number find differences that are not there."""
    chance = random.Random(8)
    num_usual = num_ours = 0
    for _ in range(100):
        rewards = [float(chance.random() < 0.5) for _ in range(400)]
        total, is_usual_wrong = 0.0, False
        for number, reward in enumerate(rewards, 1):
            total += reward
            mean = total / number
            error = 1.96 * math.sqrt(max(mean * (1 - mean), 1e-9) / number)
            is_usual_wrong = is_usual_wrong or (number >= 20 and abs(mean - 0.5) > error)
        low, high = bound_mean(rewards)
        num_usual += is_usual_wrong
        num_ours += not low <= 0.5 <= high
    assert num_usual >= 15
    assert num_ours <= 5


def test_a_real_difference_is_found() -> None:
    chance = random.Random(9)
    base = [float(chance.random() < 0.4) for _ in range(400)]
    tuned = [float(chance.random() < 0.8) for _ in range(400)]
    found = compare_means(base, tuned)
    assert found is not None
    assert found.is_better
    assert found.interval.low < 0.4 < found.interval.high
    turned = compare_means(tuned, base)
    assert turned is not None
    assert turned.is_worse


def test_pairs_find_with_fewer_answers_what_two_groups_do_not_find() -> None:
    chance = random.Random(10)
    pairs = [(level, level + 0.1) for level in (0.9 * chance.random() for _ in range(150))]
    paired = compare_pairs(pairs)
    grouped = compare_means([base for base, _ in pairs], [tuned for _, tuned in pairs])
    assert paired is not None
    assert grouped is not None
    assert paired.is_better
    assert not grouped.is_better


def test_the_evidence_is_said_in_words() -> None:
    def told(low: float, high: float) -> str:
        return describe_evidence(Difference(0.0, Interval(low, high), False), "a", "b")

    assert told(0.1, 0.2) == "Enough evidence: b is better than a, by 0.10 to 0.20."
    assert told(-0.3, -0.1) == "Enough evidence: b is worse than a, by 0.10 to 0.30."
    assert told(-0.1, 0.2) == (
        "Not enough evidence yet: b may be 0.10 worse or 0.20 better than a."
    )
    assert describe_evidence(None, "a", "b").startswith("No evidence yet")
