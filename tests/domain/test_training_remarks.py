"""What is said of held-out records while a training goes on."""

import pytest

from rft_app.domain.training_remarks import Tone, remark_on


@pytest.mark.parametrize(
    ("rewards", "tone", "words"),
    [
        ([0.33, 0.5, 0.59], Tone.GOOD, "rose from 0.33 to 0.59"),
        ([0.33, 0.34], Tone.PLAIN, "where it began"),
        ([0.33, 0.7, 0.6], Tone.ALERT, "best at step 2, 0.70"),
    ],
)
def test_held_out_records_have_a_sentence(rewards: list[float], tone: Tone, words: str) -> None:
    found = remark_on(list(enumerate(rewards, start=1)))
    assert found is not None
    assert found.tone is tone
    assert words in found.text


def test_the_base_model_is_no_checkpoint_that_is_kept() -> None:
    found = remark_on([(0, 0.6), (20, 0.4), (40, 0.42)])
    assert found is not None
    assert (found.tone, found.text) == (
        Tone.ALERT,
        "The base model was better: 0.60 on held-out records, since then 0.42 at best, at step 40.",
    )


def test_one_look_says_nothing() -> None:
    assert remark_on([(0, 0.3)]) is None
