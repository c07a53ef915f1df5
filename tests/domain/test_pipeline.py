"""Statuses of the seven nodes."""

import pytest

from rft_app.domain.pipeline import (
    Node,
    StepName,
    StepState,
    StepStatus,
    describe_nodes,
    next_step,
    require_startable,
)
from rft_app.errors import ConflictError

RESULTS = {
    StepName.EXTRACT: StepStatus.COMPLETE,
    StepName.TOPICS: StepStatus.COMPLETE,
    StepName.COVERAGE: StepStatus.COMPLETE,
    StepName.GRADER: StepStatus.CONFIGURED,
    StepName.DRY_RUN: StepStatus.PASSED,
}


def nodes_after(*done: StepName, processing: StepName | None = None, **stale: str) -> list[Node]:
    states = {
        name: StepState(
            name=name,
            outcome=RESULTS[name] if name in done else None,
            is_processing=name is processing,
        )
        for name in StepName
    }
    return list(describe_nodes(states, {StepName(name): why for name, why in stale.items()}))


def statuses(nodes: list[Node]) -> list[str]:
    return [node.status.value for node in nodes]


def test_an_empty_dataset_is_ready_to_extract_and_nothing_else() -> None:
    assert statuses(nodes_after()) == ["ready"] + ["waiting"] * 6


def test_a_step_is_ready_once_every_earlier_one_has_a_result() -> None:
    nodes = nodes_after(StepName.EXTRACT, StepName.TOPICS)
    assert statuses(nodes)[:4] == ["complete", "complete", "ready", "waiting"]


def test_a_grader_saved_early_does_not_make_the_dry_run_ready() -> None:
    nodes = nodes_after(StepName.EXTRACT, StepName.GRADER)
    assert statuses(nodes)[:5] == ["complete", "ready", "waiting", "configured", "waiting"]


def test_a_failed_result_still_lets_the_next_step_start() -> None:
    states = {name: StepState(name=name) for name in StepName}
    states[StepName.EXTRACT] = StepState(name=StepName.EXTRACT, outcome=StepStatus.FAILED)
    assert describe_nodes(states, {})[1].status is StepStatus.READY


def test_an_out_of_date_result_says_so_and_stays_usable() -> None:
    nodes = nodes_after(StepName.EXTRACT, StepName.TOPICS, topics="Records changed after this ran.")
    assert (nodes[1].status, nodes[1].status_label) == (StepStatus.ATTENTION, "Out of date")
    assert nodes[2].status is StepStatus.READY


def test_a_running_step_is_not_out_of_date() -> None:
    nodes = nodes_after(
        StepName.EXTRACT, StepName.TOPICS, processing=StepName.TOPICS, topics="Records changed."
    )
    assert (nodes[1].status, nodes[1].stale_reason) == (StepStatus.PROCESSING, None)


def test_steps_that_are_not_built_wait() -> None:
    states = {name: StepState(name=name, outcome=RESULTS.get(name)) for name in StepName}
    built_later = frozenset({StepName.TRAIN, StepName.DEPLOY})
    nodes = describe_nodes(states, {}, built_later)
    assert statuses(list(nodes))[5:] == ["waiting", "waiting"]


def test_the_next_step_is_the_first_that_wants_work() -> None:
    assert next_step(tuple(nodes_after())) is StepName.EXTRACT
    stale = nodes_after(*RESULTS, coverage="Topics changed after this ran.")
    assert next_step(tuple(stale)) is StepName.COVERAGE
    assert next_step(tuple(nodes_after(processing=StepName.EXTRACT))) is None


def test_starting_too_early_names_the_step_to_do_first() -> None:
    with pytest.raises(ConflictError, match="Dry Run needs a result of Extract Data first"):
        require_startable(StepName.DRY_RUN, tuple(nodes_after()))


@pytest.mark.parametrize("step", [StepName.EXTRACT, StepName.TOPICS, StepName.DRY_RUN])
def test_nothing_starts_while_another_step_runs(step: StepName) -> None:
    running = nodes_after(*RESULTS, processing=StepName.COVERAGE)
    with pytest.raises(ConflictError, match="Coverage Analysis is running") as caught:
        require_startable(step, tuple(running))
    assert caught.value.details["step"] == "coverage"


def test_starting_twice_is_refused() -> None:
    running = nodes_after(processing=StepName.EXTRACT)
    with pytest.raises(ConflictError, match="already running"):
        require_startable(StepName.EXTRACT, tuple(running))
