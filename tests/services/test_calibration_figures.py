"""Kappa and Spearman with known answers, and intervals that a seed decides."""

import numpy as np
import pytest

from rft_app.domain.agreement import cohen_kappa
from rft_app.domain.calibration import (
    MIN_RECORDS,
    TARGET_WIDTH,
    Judgement,
    Said,
    sum_up,
    warn,
)
from rft_app.domain.feedback import Thumb
from rft_app.services.calibration_figures import (
    NUM_RESAMPLES,
    find_kappa,
    find_spearman,
    kappa_of_counts,
)

# Cohen's textbook table: 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no.
# Observed 35/50 = 0.7; expected 25/50 * 30/50 + 25/50 * 20/50 = 0.5; kappa (0.7 - 0.5) / 0.5.
TEXTBOOK = [
    *[(True, True)] * 20,
    *[(True, False)] * 5,
    *[(False, True)] * 10,
    *[(False, False)] * 15,
]
# Ranks of people 1, 2.5, 2.5, 4 and of rewards 1, 2, 3.5, 3.5: 3.75 / 4.5.
TIED = [(1.0, 0.0), (2.0, 0.5), (2.0, 1.0), (3.0, 1.0)]


def test_kappa_of_the_textbook_is_two_fifths() -> None:
    found = find_kappa(TEXTBOOK, seed=0)
    assert (found.value, found.n) == (0.4, 50)
    assert found.low is not None
    assert found.high is not None
    assert 0.1 < found.low < 0.2  # 0.4 +- 1.96 * 0.127, the large-sample error of Fleiss
    assert 0.6 < found.high < 0.7
    width = found.high - found.low
    assert found.num_more == int(np.ceil(50 * (width / TARGET_WIDTH) ** 2)) - 50


def test_kappa_agrees_with_that_of_two_people() -> None:
    generator = np.random.default_rng(5)
    for counts in generator.integers(1, 40, (20, 4)).tolist():
        pairs = dict(zip([(0, 0), (0, 1), (1, 0), (1, 1)], counts, strict=True))
        assert kappa_of_counts(np.array([counts]))[0] == pytest.approx(cohen_kappa(pairs).value)


def test_equal_values_share_their_rank() -> None:
    assert find_spearman(TIED * 5, seed=0).value == pytest.approx(3.75 / 4.5)
    falling = [(float(place), -float(place)) for place in range(30)]
    assert find_spearman(falling, seed=0).value == -1.0


def test_a_seed_decides_the_interval() -> None:
    pairs = [(people + 0.0, reward) for people, reward in TIED * 10]
    first, again, other = (find_spearman(pairs, seed) for seed in (1, 1, 2))
    assert first == again
    assert (first.low, first.high) != (other.low, other.high)
    assert find_kappa(TEXTBOOK, seed=3) == find_kappa(TEXTBOOK[::-1], seed=3)


def test_a_resample_is_what_drawing_records_one_by_one_gives() -> None:
    generator = np.random.default_rng(0)
    cells = np.sort(np.array([2 * good + passed for good, passed in TEXTBOOK]))
    drawn = cells[generator.integers(0, 50, (NUM_RESAMPLES, 50))]
    kappas: list[float] = []
    for row in drawn.tolist():
        pairs = {(cell // 2, cell % 2): row.count(cell) for cell in set(row)}
        kappas.append(cohen_kappa(pairs).value or 0.0)
    low, high = np.percentile(kappas, [2.5, 97.5])
    found = find_kappa(TEXTBOOK, seed=0)
    assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high))


def test_below_the_least_number_a_figure_is_unknown_and_no_zero() -> None:
    few = TEXTBOOK[: MIN_RECORDS - 1]
    found = find_kappa(few, seed=0)
    assert (found.value, found.low, found.num_more) == (None, None, 1)
    assert found.note == "Unknown below 20 records; there are 19."
    assert find_spearman([], seed=0).value is None


def test_one_kind_of_answer_says_nothing_of_agreement() -> None:
    found = find_kappa([(True, True)] * 25 + [(True, False)] * 5, seed=0)
    assert (found.value, found.num_more) == (None, None)
    assert "good" in found.note
    flat = find_spearman([(float(place % 5), 0.5) for place in range(25)], seed=0)
    assert (flat.value, flat.note) == (None, "Unknown: all rewards are equal, so no order shows.")


def test_full_agreement_is_no_certainty() -> None:
    found = find_kappa([(True, True)] * 10 + [(False, False)] * 10, seed=0)
    assert (found.value, found.low, found.high, found.num_more) == (1.0, None, None, 10)
    assert "15%" in found.note


def test_a_grader_that_lets_all_pass_agrees_with_nobody() -> None:
    found = find_kappa([(True, True)] * 15 + [(False, True)] * 10, seed=0)
    assert (found.value, found.num_more, found.more) == (None, None, "")
    assert found.note == "Unknown: the grader lets all of them pass."


def test_the_number_of_labels_to_add_says_what_it_is() -> None:
    assert "at least 20 labels are needed" in find_kappa(TEXTBOOK[:3], seed=0).more
    found = find_kappa(TEXTBOOK, seed=0)
    assert found.low is not None
    assert found.high is not None
    assert f"the interval's present width of {found.high - found.low:.2f}" in found.more
    agreed = find_kappa([(True, True)] * 10 + [(False, False)] * 10, seed=0)
    assert agreed.more == (
        "Label about 10 more: none differs so far; if none will, at most 10% of all others can."
    )


def judged(thumbs: str, ratings: str = "") -> list[Judgement]:
    """By a letter for each: `u`p or `d`own, or a rating."""
    said = [Said("Ada", Thumb.UP if one == "u" else Thumb.DOWN) for one in thumbs]
    said += [Said("Ada", rating=int(one)) for one in ratings]
    return [one for each in said if (one := sum_up([each])) is not None]


@pytest.mark.parametrize(
    ("people", "rewards", "told"),
    [
        (judged("uuddu"), [0.4] * 5, ["All 5 rewards are 0.40"]),
        (judged("uuddu"), [0.6, 0.7, 0.8, 0.9, 1.0], ["All 5 answers pass at 0.50"]),
        (judged("uuuuu"), [0.1, 0.9, 0.9, 0.9, 0.9], ["People call all 5 answers good"]),
        (
            judged("", "44444"),
            [0.1, 0.9, 0.9, 0.9, 0.9],
            ["People call all 5 answers good", "All 5 ratings are 4"],
        ),
        (judged("uuuu"), [1.0] * 4, []),
        (judged("uuddu", "15"), [0.1, 0.9, 0.9, 0.9, 0.9, 0.0, 1.0], []),
    ],
)
def test_what_is_all_alike_is_warned_of(
    people: list[Judgement], rewards: list[float], told: list[str]
) -> None:
    found = warn(list(zip(people, rewards, strict=True)), 0.5)
    assert len(found) == len(told)
    assert all(said.startswith(wanted) for said, wanted in zip(found, told, strict=True))


def test_one_rare_answer_has_no_interval() -> None:
    found = find_kappa([(True, True)] * 39 + [(False, False)], seed=0)
    assert (found.value, found.low) == (1.0, None)
    assert found.note.startswith("No interval")
