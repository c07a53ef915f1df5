"""What the page of a training shows of a real one, made by a trainer that follows a script."""

import asyncio

import pytest
import reflex as rx

from rft_app.domain.job import JobStatus
from rft_app.domain.training_run import TrainingRun, TrainingSettings
from rft_app.errors import NotFoundError
from rft_app.services.datasets import get_dataset
from rft_app.storage.session import reading
from rft_app.ui.charts.palette import DARK
from rft_app.ui.charts.training_curves import RewardCurves, reward_curves, small_line, thin
from rft_app.ui.state.training import Parameter, RunLine
from rft_app.ui.state.training_run import TrainingRunState
from rft_app.ui.state.training_run_view import AnswerView, SmallCurve
from tests.pipeline.graded_dataset import DATASET
from tests.services.training_world import order, prepare, work


@pytest.fixture
def run(database: object, monkeypatch: pytest.MonkeyPatch) -> TrainingRun:
    prepare(monkeypatch)
    found = work(order())
    assert found.status is JobStatus.DONE
    return found


def open_page(run_id: str, dataset_id: str = DATASET) -> TrainingRunState:
    """The page of a training, read once."""
    root = rx.State(_reflex_internal_init=True)  # pyright: ignore[reportCallIssue]
    page = root.get_substate(TrainingRunState.get_full_name().split("."))
    assert isinstance(page, TrainingRunState)
    page._arrive(f"/optimization/{dataset_id}/training/{run_id}")
    refresh(page)
    return page


def refresh(page: TrainingRunState) -> None:
    with reading() as session:
        page._show(page._read(session))


def test_a_training_that_is_done_is_shown_whole(run: TrainingRun) -> None:
    page = open_page(run.id)
    assert (page.run.name, page.run.status, page.run.is_live) == ("Run 1", "Trained", False)
    assert page.has_curve
    assert page.curve_words.startswith("Mean reward by training step: training from")
    assert [curve.name for curve in page.smalls][:2] == ["KL to base", "Entropy"]
    assert page.checkpoints[0].step == f"{run.settings.num_steps}"
    assert [one.is_best for one in page.checkpoints].count(True) == 1
    assert page.run.has_comparison
    comparison = run.outcome and run.outcome.comparison
    assert comparison
    assert page.num_compared == len(page.compared) == comparison.n
    assert page.shown_place == page.places[-1].value
    assert page.answers
    with reading() as session:
        assert get_dataset(session, DATASET).stats.num_trainings == 1
    line = RunLine.of(run)
    assert line.href == f"/optimization/{DATASET}/training/{run.id}"
    assert line.status == "Trained"


@pytest.mark.parametrize(
    ("run_id", "dataset_id"), [("train_none", DATASET), ("", DATASET), (None, "ds_other")]
)
def test_a_training_of_elsewhere_is_not_there(
    run: TrainingRun, run_id: str | None, dataset_id: str
) -> None:
    with pytest.raises(NotFoundError):
        open_page(run.id if run_id is None else run_id, dataset_id)


def test_answers_of_another_step_can_be_looked_at(run: TrainingRun) -> None:
    page = open_page(run.id)
    first = page.places[0].value
    asyncio.run(page.choose_place(first))
    assert (page.place, page.shown_place) == (first, first)
    refresh(page)
    assert page.shown_place == first
    asyncio.run(page.choose_place(page.places[-1].value))
    assert page.place == ""


def test_an_answer_without_a_reward_has_no_advantage(run: TrainingRun) -> None:
    page = open_page(run.id)
    for answer in page.answers:
        assert (answer.reward == "–") == (answer.advantage == "ignored")
    assert isinstance(page.answers[0], AnswerView)


def test_long_curves_are_thinned_to_what_a_screen_shows() -> None:
    series = [(step, step / 10_000) for step in range(1, 10_001)]
    points = thin(series)
    assert len(points) == 400
    assert points[-1][0] == 10_000
    assert sum(value for _, value in points) / 400 == pytest.approx(0.50005)
    figure = reward_curves(RewardCurves(train=series, spread=series, num_steps=10_000), DARK)
    assert max(len(trace["x"]) for trace in figure.to_dict()["data"]) <= 800
    assert small_line(series).count("L") == 199
    assert small_line([(1, 0.5)]) == ""


def test_every_value_of_a_preset_can_be_set_by_itself() -> None:
    used = TrainingSettings(max_completion_tokens=16)
    parameters = {one.name: one for one in Parameter.list_of(used, {"num_steps": "9"})}
    assert (parameters["num_steps"].value, parameters["num_steps"].preset) == ("9", "100")
    assert parameters["learning_rate"].preset == "0.0002"
    assert parameters["max_completion_tokens"].preset == "16"


def test_abstentions_have_a_curve_where_there_are_some() -> None:
    def names(abstained: float) -> list[str]:
        series = {"abstention_share": [(1, 0.0), (2, abstained)], "learning_rate": [(1, 1e-4)]}
        return [one.name for one in SmallCurve.list_of(lambda key: series.get(key, []))]

    assert "Abstentions" not in names(0.0)
    assert "Abstentions" in names(0.5)
    assert len(names(0.0)) == len(names(0.5)) == 8
