import pytest

from rft_app.domain.feedback import (
    RECORDED,
    AnswerId,
    FeedbackDraft,
    Thumb,
    clean_reviewer,
    label,
    require_preference,
)
from rft_app.errors import InvalidInputError


@pytest.mark.parametrize(
    ("draft", "expected"),
    [
        (FeedbackDraft(), None),
        (FeedbackDraft(rating=1), False),
        (FeedbackDraft(rating=2), False),
        (FeedbackDraft(rating=3), None),
        (FeedbackDraft(rating=4), True),
        (FeedbackDraft(rating=1, thumb=Thumb.UP), True),
        (FeedbackDraft(note="odd"), None),
    ],
)
def test_a_thumb_counts_before_the_rating_and_three_says_neither(
    draft: FeedbackDraft, expected: bool | None
) -> None:
    assert label(draft) is expected


def test_a_draft_that_says_nothing_is_empty() -> None:
    assert FeedbackDraft().is_empty
    assert not FeedbackDraft(note="see the policy").is_empty


@pytest.mark.parametrize(
    ("chosen", "rejected", "words"),
    [
        (RECORDED, None, "also needs the rejected answer"),
        (None, RECORDED, "also needs the chosen answer"),
        (AnswerId("roll_1"), AnswerId("roll_1"), "choose between two"),
    ],
)
def test_a_preference_is_between_two_different_answers(
    chosen: AnswerId | None, rejected: AnswerId | None, words: str
) -> None:
    with pytest.raises(InvalidInputError, match=words):
        require_preference(FeedbackDraft(chosen=chosen, rejected=rejected))


@pytest.mark.parametrize("name", ["", " \t ", "x" * 81, "a\x00b"])
def test_a_reviewers_name_is_one_line_of_words(name: str) -> None:
    with pytest.raises(InvalidInputError):
        clean_reviewer(name)
