from hypothesis import given
from hypothesis import strategies as st

from rft_app.domain.facet import ARCHIVED, Facet, Match, match_facet, reward_bin, unpack
from rft_app.domain.record import RecordFilter, SourceType
from rft_app.domain.validity import Reason

rewards = st.none() | st.floats(0, 1) | st.sampled_from([0.0, 0.1, 0.3, 0.7, 0.9, 1.0])
edges = st.none() | st.floats(-0.5, 1.5) | st.sampled_from([0.0, 0.1, 0.3, 0.7, 1.0])
facets = st.builds(
    Facet,
    reason=st.none() | st.sampled_from(Reason),
    source_type=st.sampled_from(SourceType),
    is_duplicate=st.booleans(),
    has_tools=st.booleans(),
    is_archived=st.booleans(),
    reward_bin=rewards.map(reward_bin),
)
filters = st.builds(
    RecordFilter,
    is_valid=st.none() | st.booleans(),
    reasons=st.lists(st.sampled_from(Reason), max_size=2).map(tuple),
    source_types=st.lists(st.sampled_from(SourceType), max_size=2).map(tuple),
    is_duplicate=st.none() | st.booleans(),
    has_tools=st.none() | st.booleans(),
    min_reward=edges,
    max_reward=edges,
)


@given(facets)
def test_a_facet_survives_packing(facet: Facet) -> None:
    assert unpack(facet.pack()) == facet


@given(facets, facets)
def test_different_facets_have_different_numbers(one: Facet, other: Facet) -> None:
    assert (one == other) == (one.pack() == other.pack())


@given(facets)
def test_archived_facets_are_exactly_those_from_a_bound_on(facet: Facet) -> None:
    assert (facet.pack() >= ARCHIVED) == facet.is_archived


@given(rewards, edges, edges)
def test_a_bin_never_says_all_or_none_of_a_reward_it_misjudges(
    reward: float | None, low: float | None, high: float | None
) -> None:
    facet = Facet(reward_bin=reward_bin(reward)).pack()
    match = match_facet(facet, RecordFilter(min_reward=low, max_reward=high))
    passes = (low is None and high is None) or (
        reward is not None and (low is None or reward >= low) and (high is None or reward <= high)
    )
    assert match is Match.SOME or (match is Match.ALL) == passes


@given(facets, filters)
def test_archived_records_match_no_filter(facet: Facet, record_filter: RecordFilter) -> None:
    if facet.is_archived:
        assert match_facet(facet.pack(), record_filter) is Match.NONE


@given(facets)
def test_the_empty_filter_takes_every_current_record(facet: Facet) -> None:
    wanted = Match.NONE if facet.is_archived else Match.ALL
    assert match_facet(facet.pack(), RecordFilter()) is wanted
