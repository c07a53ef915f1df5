"""Figures that verl prints become reports of a training."""

from typing import Any

import pytest

from rft_app.domain.training_run import METRICS
from rft_app.trainers.verl_log import VerlLog, parse_line

FIRST = "step:0 - val-aux/rft/reward/mean@1:np.float64(0.25) - val-core/rft/acc/mean@1:0.125\n"
STEP = (
    "\x1b[36m(TaskRunnerV1 pid=812, ip=10.0.0.2)\x1b[0m step:{step} - actor/pg_loss:-0.0125 - "
    "actor/grad_norm:0.5 - actor/lr:1e-05 - actor/entropy:0.31 - actor/kl_loss:0.002 - "
    "training/epoch:2 - critic/score/mean:0.42 - critic/rewards/mean:0.4 - "
    "response_length/mean:31.5 - response_length/clip_ratio:0.125 - num_turns/min:np.int32(2) - "
    "timing_s/step:12.5"
)
SAVED = STEP + " - val-aux/rft/reward/mean@1:{reward} - timing_s/save_checkpoint:1.5\n"


def read(*pieces: str) -> list[dict[str, Any]]:
    log = VerlLog()
    return [event for piece in pieces for event in log.read(piece, at=7.0)]


def test_figures_have_our_names() -> None:
    [event] = read(STEP.format(step=3) + "\n")
    assert event == {
        "type": "metrics",
        "at": 7.0,
        "step": 3,
        "values": {
            "loss": -0.0125,
            "grad_norm": 0.5,
            "learning_rate": 1e-5,
            "entropy": 0.31,
            "kl": 0.002,
            "reward": 0.42,
            "length": 31.5,
            "clipped_share": 0.125,
            "step_s": 12.5,
        },
    }
    assert event["values"].keys() <= METRICS.keys()


def test_the_base_model_is_validated_before_the_first_step() -> None:
    [event] = read(FIRST)
    assert (event["step"], event["values"]) == (0, {"validation_reward": 0.25})


def test_the_best_checkpoint_is_the_one_with_the_highest_reward() -> None:
    log = VerlLog()
    rewards = {20: 0.0, 40: 0.5, 60: 0.5, 80: 0.25}
    text = "".join(SAVED.format(step=step, reward=reward) for step, reward in rewards.items())
    saved = [one for one in log.read(text, at=7.0) if one["type"] == "checkpoint"]
    assert [(one["step"], one["reward"], one["is_best"]) for one in saved] == [
        (20, 0.0, True),
        (40, 0.5, True),
        (60, 0.5, False),
        (80, 0.25, False),
    ]
    assert (log.best_step, log.num_steps) == (40, 80)


def test_checkpoints_that_nobody_graded_are_known_the_last_being_the_best() -> None:
    log = VerlLog()
    text = "".join(SAVED.format(step=step, reward="nan") for step in (20, 40))
    saved = [one for one in log.read(text, at=7.0) if one["type"] == "checkpoint"]
    assert [one["reward"] for one in saved] == [None, None]
    assert log.best_step == 40
    log.read(SAVED.format(step=60, reward=0.125), at=7.0)
    log.read(SAVED.format(step=80, reward="nan"), at=7.0)
    assert log.best_step == 60


@pytest.mark.parametrize("size", [1, 7, 100])
def test_a_line_that_comes_in_pieces_is_read_once_it_is_whole(size: int) -> None:
    text = FIRST + SAVED.format(step=1, reward=0.5) + STEP.format(step=2)
    log = VerlLog()
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    events = [event for piece in pieces for event in log.read(piece, at=7.0)]
    assert [event["step"] for event in events] == [0, 1, 1]
    assert [event["step"] for event in log.finish(at=8.0)] == [2]
    assert log.finish(at=9.0) == []


@pytest.mark.parametrize(
    "line",
    [
        "",
        "step:",
        "step:3",
        "step:3 of 4",
        "step:x - actor/lr:1",
        "laststep:3 - actor/lr:1",
        "Initial validation metrics: {'val-aux/rft/reward/mean@1': np.float64(0.5)}",
        "Training Progress:  10%|#         | 1/10 [00:12<01:48, 12.1s/it]",
    ],
)
def test_other_lines_are_no_reports(line: str) -> None:
    assert read(line + "\n") == []


@pytest.mark.parametrize(
    ("figures", "known"),
    [
        ("critic/score/mean:nan - actor/lr:0.1", {"actor/lr": 0.1}),
        ("critic/score/mean:inf - actor/grad_norm:-inf - actor/lr:0.1", {"actor/lr": 0.1}),
        ("critic/score/mean:np.float32(nan) - actor/lr:np.float64(0.1)", {"actor/lr": 0.1}),
        ("critic/score/mean:0.4.2 - actor/lr:0.1", {"actor/lr": 0.1}),
        ("critic/score/mean: - actor/lr:0.1", {"actor/lr": 0.1}),
        ("critic/score - actor/lr:0.1", {"actor/lr": 0.1}),
        ("critic/score/mean:True - actor/lr:0.1", {"actor/lr": 0.1}),
        ("val-aux/my:data/reward/mean@1:0.5 - actor/l", {"val-aux/my:data/reward/mean@1": 0.5}),
    ],
)
def test_a_broken_figure_is_left_out_and_is_no_zero(figures: str, known: dict[str, float]) -> None:
    assert parse_line(f"step:3 - {figures}") == (3, known)


def test_a_step_without_any_figure_of_ours_counts_as_a_step_and_reports_nothing() -> None:
    log = VerlLog()
    assert log.read("step:5 - perf/mfu/actor:0.1\n", at=7.0) == []
    assert log.num_steps == 5


def test_a_progress_bar_before_the_figures_hides_nothing() -> None:
    [event] = read("Training Progress:  50%|#####\r" + STEP.format(step=4) + "\r\n")
    assert event["step"] == 4


def test_a_line_without_end_does_not_fill_the_memory() -> None:
    log = VerlLog()
    for _ in range(3):
        assert log.read("x" * 900_000, at=7.0) == []
    assert log.read("\nstep:1 - actor/lr:0.5\n", at=7.0)[0]["values"] == {"learning_rate": 0.5}
