import random
from collections import Counter

import pytest

from rft_app.domain.agreement import Pairs, cohen_kappa, weighted_kappa


def test_kappa_of_a_textbook_table() -> None:
    """Fleiss, Levin and Paik, Statistical Methods for Rates and Proportions, table 18.1."""
    table = {
        (0, 0): 75, (0, 1): 1, (0, 2): 4,
        (1, 0): 5, (1, 1): 4, (1, 2): 1,
        (2, 0): 0, (2, 1): 0, (2, 2): 10,
    }  # fmt: skip
    found = cohen_kappa(table)
    assert found.value == pytest.approx(0.676, abs=0.0005)
    assert (found.n, found.share_equal) == (100, 0.89)


@pytest.mark.parametrize("pairs", [{}, {(1, 1): 5}, {(0, 0): 1}])
def test_where_chance_would_always_agree_kappa_is_undefined(pairs: Pairs) -> None:
    assert cohen_kappa(pairs).value is None
    assert weighted_kappa(pairs).value is None


def test_without_a_common_record_no_share_is_made_up() -> None:
    assert cohen_kappa({}).share_equal is None


def test_total_disagreement_of_two_classes_is_minus_one() -> None:
    assert cohen_kappa({(0, 1): 5, (1, 0): 5}).value == -1


def test_near_misses_on_a_scale_weigh_less_than_far_ones() -> None:
    near = weighted_kappa({(1, 1): 4, (5, 5): 4, (4, 5): 2}).value
    far = weighted_kappa({(1, 1): 4, (5, 5): 4, (1, 5): 2}).value
    assert near is not None
    assert far is not None
    assert near > 0.9 > 0.7 > far


def test_people_who_guess_agree_as_often_as_chance() -> None:
    rng = random.Random(3)
    pairs = Counter((rng.randint(1, 5), rng.randint(1, 5)) for _ in range(20_000))
    for found in (cohen_kappa(pairs), weighted_kappa(pairs)):
        assert found.value == pytest.approx(0, abs=0.03)


def test_the_order_of_the_two_does_not_matter() -> None:
    pairs = {(1, 2): 3, (4, 4): 2, (5, 1): 1}
    turned = {(second, first): number for (first, second), number in pairs.items()}
    assert weighted_kappa(pairs) == weighted_kappa(turned)
