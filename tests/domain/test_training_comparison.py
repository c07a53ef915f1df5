import pytest

from rft_app.domain.statistics import bootstrap_mean
from rft_app.domain.training_comparison import Finding, Pair, compare_pairs
from rft_app.domain.training_run import TrainingMetric, TrainingSettings
from rft_app.domain.training_watch import find_alerts


def pairs(*differences: float) -> list[Pair]:
    return [Pair(seq, f"t{seq % 2}", 0.5, 0.5 + one) for seq, one in enumerate(differences)]


@pytest.mark.parametrize(
    ("differences", "finding"),
    [
        ([0.3, 0.2, 0.4] * 5, Finding.BETTER),
        ([-0.3, -0.2, -0.4] * 5, Finding.WORSE),
        ([0.3, -0.3] * 10, Finding.UNPROVEN),
        ([0.3] * 9, Finding.UNPROVEN),
        ([0.0] * 20, Finding.UNPROVEN),
    ],
)
def test_what_the_interval_proves(differences: list[float], finding: Finding) -> None:
    found = compare_pairs(pairs(*differences))
    assert found is not None
    assert found.finding is finding
    assert found.low <= found.difference <= found.high


def test_regressions_come_first_and_every_record_is_counted_once() -> None:
    found = compare_pairs(pairs(0.1, -0.5, 0.0, 0.2), num_ungraded=3)
    assert found is not None
    assert [record.record_id for record in found.records[:2]] == ["rec_1", "rec_2"]
    assert (found.num_better, found.num_worse, found.num_same) == (2, 1, 1)
    assert [topic.topic for topic in found.topics] == ["t1", "t0"]
    assert found.num_ungraded == 3


def test_records_of_one_conversation_tell_less_than_as_many_of_several() -> None:
    swings = [0.5 if group % 3 else -0.4 for group in range(12) for _ in range(10)]
    alone = [Pair(seq, None, 0.0, one) for seq, one in enumerate(swings)]
    together = [pair._replace(group=seq // 10) for seq, pair in enumerate(alone)]
    apart, grouped = compare_pairs(alone), compare_pairs(together)
    assert apart is not None
    assert grouped is not None
    assert apart.difference == grouped.difference
    assert (apart.num_groups, grouped.num_groups) == (120, 12)
    assert grouped.high - grouped.low > 2 * (apart.high - apart.low)
    assert (apart.finding, grouped.finding) == (Finding.BETTER, Finding.UNPROVEN)


def test_few_conversations_prove_nothing_however_many_their_records() -> None:
    found = compare_pairs([Pair(seq, None, 0.0, 1.0, group=seq % 9) for seq in range(90)])
    assert found is not None
    assert found.finding is Finding.UNPROVEN
    assert "90 records of 9 conversations are too few" in found.words


def test_records_that_chose_the_checkpoint_are_called_so() -> None:
    found = compare_pairs(pairs(*[0.3] * 12))
    assert found is not None
    assert "chose the checkpoint" not in found.words
    chosen = found.model_copy(update={"is_held_out": False})
    assert chosen.words.startswith("The tuned model is better")
    assert "These records chose the checkpoint, too" in chosen.words


def test_without_a_pair_there_is_no_comparison() -> None:
    assert compare_pairs([]) is None


def test_the_interval_covers_the_mean_about_as_often_as_it_says() -> None:
    import random

    draw = random.Random(7)
    hits = 0
    for trial in range(100):
        sample = [draw.gauss(0.1, 0.3) for _ in range(60)]
        low, high = bootstrap_mean(sample, num_resamples=400, seed=trial)
        hits += low <= 0.1 <= high
    assert 88 <= hits <= 100


def steps(**curves: list[float]) -> list[TrainingMetric]:
    length = max(map(len, curves.values()))
    return [
        TrainingMetric(
            step=at + 1,
            values={name: curve[at] for name, curve in curves.items() if at < len(curve)},
        )
        for at in range(length)
    ]


@pytest.mark.parametrize(
    ("curves", "name"),
    [
        ({"entropy": [2.0] * 4 + [0.02] * 6}, "collapse"),
        ({"length": [10.0] * 5 + [30.0] * 5}, "length"),
        ({"clipped_share": [0.9] * 10}, "clipped"),
        ({"failure_share": [0.3]}, "failures"),
        ({"reward": [0.9] * 10, "validation_reward": [0.3, 0.4]}, "far_ahead"),
        ({"kl": [0.1, 2.0]}, "far_from_base"),
    ],
)
def test_a_curve_that_crosses_its_threshold_is_told(
    curves: dict[str, list[float]], name: str
) -> None:
    assert [alert.name for alert in find_alerts(steps(**curves))] == [name]


def test_an_entropy_that_its_floor_holds_is_no_collapse() -> None:
    floor = TrainingSettings().entropy_floor
    assert find_alerts(steps(entropy=[1.0] * 5 + [0.9 * floor] * 15)) == ()


def test_a_healthy_training_warns_of_nothing() -> None:
    healthy = steps(
        entropy=[1.0] * 20,
        length=[12.0] * 20,
        flat_share=[0.25] * 20,
        failure_share=[0.0] * 20,
        reward=[0.6] * 20,
        validation_reward=[0.4, 0.55],
        kl=[0.2],
    )
    assert find_alerts(healthy) == ()
