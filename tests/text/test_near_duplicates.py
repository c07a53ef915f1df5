import random
import subprocess
import sys
from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from rft_app.text.near_duplicates import NearGroup, find_near_duplicates, sketch
from rft_app.text.similarity import read_shingles, similarity

THRESHOLD = 0.8


def find(
    texts: Sequence[str], threshold: float = THRESHOLD, origins: Sequence[int] | None = None
) -> list[NearGroup]:
    def read(numbers: Sequence[int]) -> Iterator[str]:
        return (texts[number] for number in numbers)

    own = None if origins is None else np.array(origins)
    return find_near_duplicates(sketch(texts), threshold, read, origins=own)


def make_texts(count: int, seed: int = 1) -> list[str]:
    chance = random.Random(seed)
    return [
        " ".join(f"word{chance.randrange(400)}" for _ in range(chance.randint(12, 60)))
        for _ in range(count)
    ]


def change_a_word(text: str, chance: random.Random) -> str:
    words = text.split()
    words[chance.randrange(len(words))] = "another"
    return " ".join(words)


def test_texts_that_differ_in_a_word_are_found_among_strangers() -> None:
    chance = random.Random(2)
    texts = make_texts(1500)
    near = [(kept, change_a_word(texts[kept], chance)) for kept in range(0, 1500, 10)]
    wanted = {
        (kept, 1500 + place)
        for place, (kept, text) in enumerate(near)
        if similarity(read_shingles(texts[kept]), read_shingles(text)) >= THRESHOLD
    }
    groups = find([*texts, *(text for _, text in near)])
    found = {(group.kept, other) for group in groups for other, _ in group.others}
    assert len(wanted) > 100
    assert found == wanted


def test_every_member_is_near_the_one_that_is_kept() -> None:
    chance = random.Random(3)
    chain = [make_texts(1, seed=9)[0]]
    while len(chain) < 12:
        chain.append(change_a_word(chain[-1], chance))
    groups = find([*chain, *make_texts(50)])
    assert len(groups) > 1
    for group in groups:
        for other, how_near in group.others:
            exact = similarity(read_shingles(chain[group.kept]), read_shingles(chain[other]))
            assert how_near == exact >= THRESHOLD


def test_the_first_of_equal_texts_is_kept_and_the_largest_group_leads() -> None:
    (one, two) = make_texts(2)
    groups = find([two, one, one, two, one])
    assert [(group.kept, group.others) for group in groups] == [
        (1, ((2, 1.0), (4, 1.0))),
        (0, ((3, 1.0),)),
    ]


def test_texts_of_one_origin_are_never_each_others_duplicates() -> None:
    text = make_texts(1)[0]
    assert find([text, text], origins=[7, 7]) == []
    (group,) = find([text, text, text], origins=[7, 7, 8])
    assert (group.kept, group.others) == (0, ((2, 1.0),))


def test_short_texts_are_compared_too() -> None:
    groups = find(["cancel my flight", "What is 2 + 2?", "Cancel my flight!", "What is 3 + 3?"])
    assert [(group.kept, group.others) for group in groups] == [(0, ((2, 1.0),))]


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_texts_have_no_duplicates(count: int) -> None:
    assert find(["alone"] * count) == []


def test_a_check_can_stop_the_search() -> None:
    def stop(done: int) -> None:
        raise InterruptedError

    texts = ["the same words"] * 3
    with pytest.raises(InterruptedError):
        find_near_duplicates(sketch(texts), THRESHOLD, lambda _: texts, check=stop)


def test_sketches_are_the_same_in_every_process() -> None:
    code = "from rft_app.text.near_duplicates import sketch; print(sketch(['one two three']).sum())"
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)]
    assert int(runs[0].stdout) == sketch(["one two three"]).sum()
