import statistics as stdlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_app.domain.statistics import has_passed, histogram, percentile, summarise

rewards_st = st.lists(st.floats(0, 1), min_size=1, max_size=60)


def test_no_rewards_have_no_statistics() -> None:
    assert summarise([]) is None


def test_one_reward_spreads_by_nothing() -> None:
    found = summarise([0.3])
    assert found is not None
    assert (found.mean, found.sd, found.median, found.p10, found.p90) == (0.3, 0.0, 0.3, 0.3, 0.3)


@given(rewards_st)
def test_figures_agree_with_the_standard_library(rewards: list[float]) -> None:
    found = summarise(rewards)
    assert found is not None
    assert found.n == len(rewards)
    assert found.mean == pytest.approx(stdlib.fmean(rewards), abs=1e-12)
    assert found.sd == pytest.approx(stdlib.pstdev(rewards), abs=1e-9)
    assert found.median == pytest.approx(stdlib.median(rewards), abs=1e-12)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=60))
def test_percentiles_agree_with_the_inclusive_method(rewards: list[float]) -> None:
    cuts = stdlib.quantiles(rewards, n=100, method="inclusive")
    for percent in (10, 25, 50, 75, 90):
        expected = cuts[percent - 1]
        assert percentile(sorted(rewards), percent) == pytest.approx(expected, abs=1e-9)


@given(rewards_st)
def test_every_reward_is_in_one_bin_and_the_shares_count_them(rewards: list[float]) -> None:
    found = summarise(rewards)
    assert found is not None
    assert sum(histogram(rewards)) == len(rewards)
    assert found.share_positive == sum(reward > 0 for reward in rewards) / len(rewards)
    assert found.share_one == sum(has_passed(reward, 1) for reward in rewards) / len(rewards)


@pytest.mark.parametrize("number", range(10))
def test_a_bin_holds_its_lower_edge(number: int) -> None:
    assert histogram([number / 10])[number] == 1


def test_the_last_bin_holds_one() -> None:
    assert histogram([1.0, 0.9999, 0.9])[9] == 3


@given(st.lists(st.floats(0, 1), min_size=1))
def test_a_mean_never_leaves_the_range(rewards: list[float]) -> None:
    found = summarise(rewards)
    assert found is not None
    assert min(rewards) - 1e-15 <= found.mean <= max(rewards)


def test_full_marks_count_as_one_whatever_rounding_left_of_them() -> None:
    found = summarise([0.9999999999999999, 1.0, 0.999])
    assert found is not None
    assert found.share_one == pytest.approx(2 / 3)
    assert [has_passed(reward, 0.8) for reward in (0.1 + 0.7, 0.8, 0.7999)] == [True, True, False]
