"""What a node of the canvas asks for."""

from datetime import UTC, datetime

import pytest

from rft_app.domain.dataset import Dataset, DatasetStats
from rft_app.domain.job import Job, JobStatus
from rft_app.domain.pipeline import StepName, StepState, StepStatus, describe_nodes
from rft_app.services.canvas import Canvas, CanvasStep
from rft_app.ui.state.canvas_node import CanvasNode
from rft_app.ui.state.canvas_node import describe_nodes as view_nodes

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def draw(share_sure: float, *jobs: Job) -> list[CanvasNode]:
    """The nodes of a dataset with 200 records whose only result is that of Topics."""
    summary = f"8 topics · {share_sure:.0%} sure · 3 without topic"
    states = {name: StepState(name=name) for name in StepName}
    states[StepName.TOPICS] = StepState(
        name=StepName.TOPICS, outcome=StepStatus.COMPLETE, summary=summary
    )
    nodes = describe_nodes(states, {})
    facts = {"share_sure": share_sure, "num_unsure": round(200 * (1 - share_sure))}
    steps = tuple(
        CanvasStep(
            node=node,
            facts=facts if node.name is StepName.TOPICS else {},
            error=None,
            job_id=None,
            started_at=NOW,
            finished_at=NOW,
        )
        for node in nodes
    )
    dataset = Dataset(
        id="ds_1",
        name="N",
        objective="O",
        source="upload",
        created_at=NOW,
        updated_at=NOW,
        stats=DatasetStats(num_records=200),
        nodes=nodes,
    )
    canvas = Canvas(dataset=dataset, steps=steps, jobs=jobs, report=None)
    return view_nodes(canvas)


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


def test_step_1_works_while_a_file_is_imported() -> None:
    job = Job(
        id="job_1",
        kind="import_traces",
        status=JobStatus.RUNNING,
        progress_done=40_000,
        progress_total=60_000,
        progress_label="40,000 of 60,000 lines",
        created_at=NOW,
        updated_at=NOW,
    )
    extract, topics = draw(0.9, job)[:2]
    assert (extract.status, extract.status_label) == ("processing", "Importing")
    assert "40,000" in extract.notes[0]
    assert topics.status != "processing"
    assert draw(0.9)[0].status != "processing"
