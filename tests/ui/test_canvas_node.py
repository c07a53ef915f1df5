"""What a node of the canvas asks for."""

import pytest

from rft_app.domain.job import Job, JobStatus
from rft_app.domain.pipeline import StepName, StepState, StepStatus
from rft_app.services.canvas import Canvas, CanvasStep
from rft_app.ui.state.canvas_node import CanvasNode, describe_nodes
from tests.builders import SOME_DAY, make_dataset


def draw(share_sure: float, *jobs: Job) -> list[CanvasNode]:
    """The nodes of a dataset with 200 records whose only result is that of Topics."""
    summary = f"8 topics · {share_sure:.0%} sure · 3 without topic"
    topics = StepState(name=StepName.TOPICS, outcome=StepStatus.COMPLETE, summary=summary)
    dataset = make_dataset({StepName.TOPICS: topics}, num_records=200)
    facts = {"share_sure": share_sure, "num_unsure": round(200 * (1 - share_sure))}
    steps = tuple(
        CanvasStep(
            node=node,
            facts=facts if node.name is StepName.TOPICS else {},
            error=None,
            job_id=None,
            started_at=SOME_DAY,
            finished_at=SOME_DAY,
        )
        for node in dataset.nodes
    )
    canvas = Canvas(dataset=dataset, steps=steps, jobs=jobs, report=None)
    return describe_nodes(canvas)


def topics_node(share_sure: float) -> CanvasNode:
    """The node of the Topics step."""
    return draw(share_sure)[StepName.TOPICS.number - 1]


def test_few_sure_records_are_told_with_the_remedy() -> None:
    node = topics_node(0.29)
    assert (node.lead, node.alert) == ("8 topics · ", "29% sure · 3 without topic")
    assert node.notes[-1].startswith("142 records with an unsure topic: review them")


@pytest.mark.parametrize("share_sure", [0.5, 0.83])
def test_enough_sure_records_ask_for_nothing(share_sure: float) -> None:
    node = topics_node(share_sure)
    assert (node.lead, node.alert) == (node.summary, "")
    assert node.notes[-1].endswith("with an unsure topic")


def arriving(kind: str) -> Job:
    """An import at work."""
    return Job(
        id="job_1",
        kind=kind,
        status=JobStatus.RUNNING,
        progress_done=40_000,
        progress_total=60_000,
        progress_label="40,000 of 60,000 lines",
        created_at=SOME_DAY,
        updated_at=SOME_DAY,
    )


@pytest.mark.parametrize(
    ("kind", "step"),
    [
        ("import_traces", StepName.EXTRACT),
        ("copy_traces", StepName.EXTRACT),
        ("import_rollouts", StepName.DRY_RUN),
    ],
)
def test_the_step_that_reads_a_file_works_while_it_is_imported(kind: str, step: StepName) -> None:
    [node] = [node for node in draw(0.9, arriving(kind)) if node.status == "processing"]
    assert (node.id, node.status_label) == (step.value, "Importing")
    assert "40,000" in node.notes[0]
    assert all(node.status != "processing" for node in draw(0.9))


def test_training_that_nobody_has_to_do_here_waits_for_nothing() -> None:
    train, deploy = draw(0.83)[StepName.TRAIN.number - 1 : StepName.DEPLOY.number]
    assert (train.status_label, deploy.status_label) == ("", "Waiting")
