"""Pairs and labels from all that judges answers."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from rft_app.domain.example import Answer, Origin
from rft_app.domain.export import ExportOptions
from rft_app.domain.feedback import Thumb
from rft_app.services.export_examples import find_labels, find_pair
from rft_app.services.exports import open_export
from rft_app.storage.feedback import StoredFeedback
from rft_app.storage.judged_answers import OWN, Judged
from tests.exports.builders import make_record
from tests.services.feedback_dataset import ids, put
from tests.services.stored_dataset import export_here, make_dataset


def text(content: str) -> tuple[bytes, ...]:
    """An answer's messages."""
    return (orjson.dumps({"role": "assistant", "content": content}),)


def said(**changes: Any) -> StoredFeedback:
    """What somebody said of the record."""
    nothing: dict[str, Any] = dict.fromkeys(StoredFeedback._fields)
    return StoredFeedback(**nothing | {"record_seq": 1, "reviewer": "Ada"} | changes)


def judged(*rewards: float | None, **changes: Any) -> Judged:
    """A record with its own answer and rollouts, rewarded in this order."""
    answers = {key: Answer(key, text(f"answer {key}"), r) for key, r in enumerate(rewards)}
    return Judged(make_record(), answers, **changes)


@pytest.mark.parametrize(
    ("found", "sides", "origin"),
    [
        (judged(0.2, 1.0, 0.0, None), (1, 2), Origin.REWARD),
        (judged(0.5, 0.5, 0.5), None, None),
        (judged(0.5, 0.55), None, None),
        (judged(0.7, 0.6), (0, 1), Origin.REWARD),
        (judged(None, None), None, None),
        (
            judged(0.0, 1.0, feedback=[said(chosen_seq=0, rejected_seq=1)]),
            (0, 1),
            Origin.FEEDBACK,
        ),
        (
            judged(
                None,
                None,
                feedback=[
                    said(chosen_seq=0, rejected_seq=1),
                    said(chosen_seq=1, rejected_seq=0, reviewer="Bob"),
                ],
            ),
            (1, 0),
            Origin.FEEDBACK,
        ),
        (judged(0.0, 1.0, feedback=[said(chosen_seq=7, rejected_seq=0)]), (1, 0), Origin.REWARD),
    ],
    ids=[
        "rewards",
        "equal",
        "too near",
        "near enough but for rounding",
        "unknown",
        "a person",
        "the last person",
        "gone answer",
    ],
)
def test_the_strongest_source_makes_the_pair(
    found: Judged, sides: tuple[int, int] | None, origin: Origin | None
) -> None:
    pair = find_pair(found, 0.1)
    if sides is None:
        assert pair is None
        return
    assert pair is not None
    assert (pair.chosen, pair.rejected) == tuple(text(f"answer {key}") for key in sides)
    assert pair.origin is origin


def test_rewards_that_differ_by_rounding_alone_make_no_pair() -> None:
    assert 0.1 + 0.2 > 0.3
    assert find_pair(judged(0.3, 0.1 + 0.2), 1e-17) is None


def test_a_correction_is_better_than_what_it_corrects() -> None:
    pair = find_pair(judged(0.0, 1.0, original=text("wrong"), rejected=text("worse")), 0.1)
    assert pair is not None
    assert (pair.chosen, pair.rejected) == (text("answer 0"), text("wrong"))
    assert pair.origin is Origin.CORRECTION


def test_an_answer_that_a_row_rejects_is_the_worse_one() -> None:
    pair = find_pair(judged(0.0, 1.0, rejected=text("worse")), 0.1)
    assert pair is not None
    assert (pair.chosen, pair.origin) == (text("answer 0"), Origin.IMPORTED)


def labels_of(found: Judged, threshold: float = 0.5) -> list[tuple[bool, Origin]]:
    """The labels without the answers."""
    return [(one.is_good, one.origin) for one in find_labels(found, threshold)]


def test_rewards_label_each_answer_that_has_one() -> None:
    assert labels_of(judged(0.5, 0.4, None, 1.0)) == [
        (True, Origin.REWARD),
        (False, Origin.REWARD),
        (True, Origin.REWARD),
    ]
    assert labels_of(judged(0.5), threshold=0.6) == [(False, Origin.REWARD)]


def test_people_outvote_rewards_and_a_tie_says_nothing() -> None:
    down, up = said(thumb=Thumb.DOWN), said(rating=5, reviewer="Bob")
    assert labels_of(judged(1.0, feedback=[down])) == [(False, Origin.FEEDBACK)]
    assert labels_of(judged(1.0, feedback=[down, up])) == [(True, Origin.REWARD)]
    assert labels_of(judged(1.0, feedback=[said(rating=3)])) == [(True, Origin.REWARD)]


def test_a_preference_labels_both_answers() -> None:
    found = judged(None, None, feedback=[said(chosen_seq=1, rejected_seq=OWN)])
    assert labels_of(found) == [(False, Origin.FEEDBACK), (True, Origin.FEEDBACK)]


def test_a_corrected_answer_is_good_and_the_original_bad_unless_somebody_liked_it() -> None:
    assert labels_of(judged(None, original=text("wrong"))) == [
        (True, Origin.CORRECTION),
        (False, Origin.CORRECTION),
    ]
    liked = judged(None, original=text("fine"), original_feedback=[said(thumb=Thumb.UP)])
    assert labels_of(liked)[1] == (True, Origin.CORRECTION)


def test_a_correction_of_a_trace_that_was_written_in_another_way_makes_a_pair(
    database: Path, tmp_path: Path
) -> None:
    turns = [{"content": "2+2?", "role": "user"}, {"content": "5", "role": "assistant"}]
    dataset_id = make_dataset(tmp_path, {"messages": turns})
    put(dataset_id, ids(dataset_id)[0], corrected="4")
    options = ExportOptions(include_test=False, include_metadata=False, train_ratio=1.0)
    pairs = open_export(export_here(dataset_id, "trl_dpo", options)).read_bytes().splitlines()
    pair = orjson.loads(pairs[0])
    assert [pair["chosen"][-1]["content"], pair["rejected"][-1]["content"]] == ["4", "5"]
