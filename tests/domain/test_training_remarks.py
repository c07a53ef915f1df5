"""Each alert about a training begins at its threshold and not before."""

import pytest

from rft_app.domain.training_remarks import WINDOW, Chart, Remark, Tone, find_in


def find(**series: list[float]) -> list[Remark]:
    return find_in(lambda name: list(enumerate(series.get(name, []), start=1)))


def flat(value: float, number: int = WINDOW) -> list[float]:
    return [value] * number


@pytest.mark.parametrize(
    ("series", "chart"),
    [
        ({"failure_share": flat(0.3)}, Chart.FAILURE_SHARE),
        ({"flat_share": flat(0.9)}, Chart.FLAT_SHARE),
        ({"entropy": flat(2.0) + flat(0.19)}, Chart.ENTROPY),
        ({"length": flat(40) + flat(81)}, Chart.LENGTH),
        ({"clipped_share": flat(0.5)}, Chart.LENGTH),
        ({"reward": flat(0.75), "validation_reward": [0.54]}, Chart.REWARD),
        ({"kl": [0.1, 0.5]}, Chart.KL),
        ({"validation_reward": [0.3, 0.6, 0.5]}, Chart.REWARD),
    ],
)
def test_an_alert_names_its_chart(series: dict[str, list[float]], chart: Chart) -> None:
    [found] = find(**series)
    assert (found.chart, found.tone) == (chart, Tone.ALERT)


@pytest.mark.parametrize(
    "series",
    [
        {},
        {"failure_share": flat(0.29), "flat_share": flat(0.89), "clipped_share": flat(0.49)},
        {"failure_share": flat(1.0, WINDOW - 1), "flat_share": flat(1.0, WINDOW - 1)},
        {"entropy": flat(2.0) + flat(0.2), "length": flat(40) + flat(80)},
        {"entropy": flat(2.0, 5) + flat(0.0)},
        {"reward": flat(0.75), "validation_reward": [0.55], "kl": [0.49]},
    ],
)
def test_below_the_threshold_or_with_too_few_steps_nothing_is_said(
    series: dict[str, list[float]],
) -> None:
    assert find(**series) == []


@pytest.mark.parametrize(
    ("rewards", "tone", "words"),
    [
        ([0.33, 0.5, 0.59], Tone.GOOD, "rose from 0.33 to 0.59"),
        ([0.33, 0.34], Tone.PLAIN, "where it began"),
        ([0.33, 0.7, 0.6], Tone.ALERT, "best at step 2, 0.70"),
    ],
)
def test_held_out_records_have_a_sentence(rewards: list[float], tone: Tone, words: str) -> None:
    [found] = find(validation_reward=rewards)
    assert found.tone is tone
    assert words in found.text


def test_alerts_come_first() -> None:
    found = find(validation_reward=[0.1, 0.6], flat_share=flat(1.0))
    assert [remark.tone for remark in found] == [Tone.ALERT, Tone.GOOD]
