"""The split: where the cut is, who may be tested, what never straddles."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rft_app.domain.split import SplitRule
from rft_app.storage.splits import SplitColumns, find_test_side, order_keys

Row = tuple[int, int, bool]
"""Group, topic, whether it is generated."""

rows_of_a_dataset = st.lists(
    st.tuples(
        st.integers(-(2**63), 2**63 - 1) | st.integers(0, 6), st.integers(0, 3), st.booleans()
    ),
    max_size=60,
)
rules = st.builds(
    SplitRule,
    seed=st.integers(-5, 5),
    train_ratio=st.sampled_from([0.1, 0.5, 0.75, 0.8, 0.9, 1.0]),
    test_generated=st.booleans(),
)


def split(rows: list[Row], rule: SplitRule) -> list[bool]:
    columns = SplitColumns(
        groups=np.array([row[0] for row in rows], dtype=np.int64),
        topics=np.array([row[1] for row in rows], dtype=np.int32),
        is_generated=np.array([row[2] for row in rows], dtype=np.bool_),
    )
    return find_test_side(columns, rule).tolist()


def split_slowly(rows: list[Row], rule: SplitRule) -> list[bool]:
    """The rule's sentence, word by word."""
    topic_of: dict[int, int] = {}
    members: dict[int, list[Row]] = {}
    for row in rows:
        topic_of.setdefault(row[0], row[1])
        members.setdefault(row[0], []).append(row)
    test_groups: set[int] = set()
    for topic in set(topic_of.values()):
        groups = [group for group in members if topic_of[group] == topic]
        pinned = {g for g in groups if any(r[2] for r in members[g]) and not rule.test_generated}
        keys = {g: int(order_keys(np.array([g], dtype=np.int64), rule.seed)[0]) for g in groups}
        ordered = sorted(groups, key=lambda g: (g not in pinned, keys[g]))
        total = sum(len(members[group]) for group in groups)
        distances: list[float] = []
        for cut in range(len(ordered) + 1):
            num_before = sum(len(members[group]) for group in ordered[:cut])
            distances.append(abs(num_before - rule.train_ratio * total))
        nearest = max(cut for cut, value in enumerate(distances) if value == min(distances))
        test_groups.update(ordered[max(nearest, len(pinned)) :])
    return [row[0] in test_groups for row in rows]


@settings(max_examples=300, deadline=None)
@given(rows_of_a_dataset, rules)
def test_the_split_is_the_rule_of_the_design(rows: list[Row], rule: SplitRule) -> None:
    assert split(rows, rule) == split_slowly(rows, rule)


@given(rows_of_a_dataset, rules)
def test_a_group_never_straddles_the_split(rows: list[Row], rule: SplitRule) -> None:
    sides: dict[int, bool] = {}
    for row, is_test in zip(rows, split(rows, rule), strict=True):
        assert sides.setdefault(row[0], is_test) is is_test


@given(rows_of_a_dataset, rules)
def test_generated_records_stay_out_of_the_test_side_unless_asked(
    rows: list[Row], rule: SplitRule
) -> None:
    if not rule.test_generated:
        sides = split(rows, rule)
        assert not any(side for row, side in zip(rows, sides, strict=True) if row[2])


def test_every_topic_is_cut_at_the_ratio() -> None:
    rows = [(group, group % 2, False) for group in range(200)]
    sides = split(rows, SplitRule(train_ratio=0.8))
    assert [sum(sides[topic::2]) for topic in (0, 1)] == [20, 20]


def test_another_seed_gives_other_sides() -> None:
    rows = [(group, 0, False) for group in range(200)]
    assert split(rows, SplitRule(seed=0)) != split(rows, SplitRule(seed=1))


def test_records_added_to_one_topic_leave_the_others_as_they_were() -> None:
    rows = [(group, 1, False) for group in range(50)]
    more = rows + [(group, 2, False) for group in range(50, 90)]
    assert split(more, SplitRule())[:50] == split(rows, SplitRule())


@pytest.mark.parametrize("seed", [0, 7])
def test_no_two_groups_share_a_place_in_the_order(seed: int) -> None:
    groups = np.arange(-5_000, 5_000, dtype=np.int64)
    assert len(np.unique(order_keys(groups, seed))) == len(groups)
