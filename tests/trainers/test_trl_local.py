"""The real trainer, where its environment is: one step on the embedded model."""

import pytest

from rft_app.domain.job import JobStatus
from rft_app.domain.training_run import Phase
from rft_app.services.training_runs import find_adapter, list_answers, list_metrics
from rft_app.storage.session import reading
from rft_app.trainers import TRAINERS, RunsScript
from tests.pipeline.graded_dataset import add_records, configure
from tests.services.training_world import order, work

LENGTH = "def grade(sample, item):\n    return min(len(sample.output_text), 100) / 100\n"
TINY = {
    "num_steps": 1,
    "prompts_per_step": 2,
    "rollouts_per_prompt": 4,
    "max_completion_tokens": 16,
    "lora_layers": 1,
    "num_validated": 2,
    "num_compared": 2,
}


def test_a_step_changes_the_model_and_leaves_an_adapter(database: object) -> None:
    trainer = TRAINERS.get("trl_local")
    if obstacle := trainer.find_obstacle():
        pytest.skip(obstacle)
    assert isinstance(trainer, RunsScript)
    trainer.describe_base("")
    add_records(["yes"] * 12)
    configure(LENGTH)
    run = work(order(settings=TINY))
    assert run.status is JobStatus.DONE, run.error
    assert run.outcome is not None
    assert (run.outcome.adapter_norm or 0) > 0
    assert run.outcome.base_hash != run.outcome.adapter_hash
    with reading() as session:
        assert find_adapter(session, run.id).is_finished
        assert len(list_answers(session, run.id, Phase.TRAIN, 1).rows) == 8
        figures = {metric.step: metric.values for metric in list_metrics(session, run.id)}
    assert {"reward", "loss", "entropy", "step_s", "kl"} <= figures[1].keys()
    assert figures[0].keys() == {"validation_reward", "validation_sd", "validation_graded"}
