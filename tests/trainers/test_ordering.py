from collections import Counter
from itertools import pairwise

from rft_app.processes.training.ordering import lay_in_order


def make_rows(wanted: str, topics: str | None = None) -> list[dict[str, object]]:
    """One record for each letter."""
    return [
        {"key": number, "prompt": [], "wanted": one, "topic": topics and topics[number]}
        for number, one in enumerate(wanted)
    ]


def test_each_step_has_prompts_of_every_kind() -> None:
    rows = make_rows("a" * 40 + "b" * 40 + "c" * 40 + "d" * 40)
    for seed in range(5):
        keys = [row["key"] for row in lay_in_order(rows, 160, seed)]
        steps = [Counter(key // 40 for key in keys[at : at + 4]) for at in range(0, 160, 4)]
        assert all(len(step) >= 3 for step in steps)
        assert sorted(keys) == list(range(160))


def test_a_rare_kind_comes_at_even_distances() -> None:
    rows = make_rows("a" * 90 + "b" * 10)
    keys = [row["key"] for row in lay_in_order(rows, 100, 7)]
    places = [place for place, key in enumerate(keys) if key >= 90]
    distances = {later - earlier for earlier, later in pairwise(places)}
    assert distances <= {9, 10, 11}


def test_without_repeated_answers_topics_are_the_kinds() -> None:
    rows = make_rows("abcdefgh", "xxxxyyyy")
    keys = [row["key"] for row in lay_in_order(rows, 8, 0)]
    assert {key // 4 for key in keys[:2]} == {0, 1}


def test_epochs_differ_and_the_seed_decides() -> None:
    rows = make_rows("a" * 20)
    order = [row["key"] for row in lay_in_order(rows, 50, 3)]
    assert order[:20] != order[20:40]
    assert order[40:] != order[:10]
    assert order == [row["key"] for row in lay_in_order(rows, 50, 3)]
    assert order != [row["key"] for row in lay_in_order(rows, 50, 4)]
