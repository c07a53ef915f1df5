"""What the page of a training shows of a real one, made by a trainer that follows a script."""

import asyncio

import pytest
import reflex as rx

from rft_app.domain.job import JobStatus
from rft_app.domain.record import record_id
from rft_app.domain.training_run import (
    Phase,
    TrainingMetric,
    TrainingRollout,
    TrainingRun,
    TrainingSettings,
)
from rft_app.domain.training_watch import find_alerts
from rft_app.errors import NotFoundError
from rft_app.jobs.running import JobRunner
from rft_app.services.comparing_again import compare_again
from rft_app.services.datasets import get_dataset
from rft_app.services.job_kinds import all_job_kinds
from rft_app.services.training_runs import (
    AnsweredStep,
    cancel_training,
    finish_training,
    list_alerts,
)
from rft_app.services.tuned_models import find_place, name_tuned_model
from rft_app.storage import jobs
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.tables import TrainingMetricRow, TrainingRunRow
from rft_app.text.difference import Change, Piece
from rft_app.ui.charts.palette import DARK
from rft_app.ui.charts.training_curves import (
    HEIGHT,
    MAX_POINTS,
    WIDTH,
    RewardCurves,
    bin_steps,
    describe_points,
    find_width,
    keep_extremes,
    reward_curves,
    small_line,
)
from rft_app.ui.state.comparing_view import AgainView
from rft_app.ui.state.training import RunLine
from rft_app.ui.state.training_answer_view import AnswerView, drop_cut_group
from rft_app.ui.state.training_comparison_view import SideBySide
from rft_app.ui.state.training_curves_view import SmallCurve, read_curves
from rft_app.ui.state.training_parameters import Parameter
from rft_app.ui.state.training_places import MAX_PLACES, find_nearest, list_places
from rft_app.ui.state.training_run import TrainingRunState
from tests.pipeline.graded_dataset import DATASET
from tests.services.training_world import lose, order, prepare, work


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


def test_what_a_comparison_lacks_is_said_until_it_is_whole(run: TrainingRun) -> None:
    assert open_page(run.id).again == AgainView()
    lose(run, [0])
    page = open_page(run.id)
    assert page.again.gaps.startswith("1 held-out answer has no grade")
    shown = page.num_compared
    with unit_of_work() as session:
        job = compare_again(session, run.id)
    refresh(page)
    assert page.again.words == "waiting to begin"
    JobRunner(all_job_kinds(), "wk_test").run(job.id, 0)
    refresh(page)
    assert (page.again, page.num_compared) == (AgainView(), shown + 1)


def test_a_few_steps_have_a_tick_each_and_none_between() -> None:
    def tick(num_steps: int) -> object:
        series = [(step, 0.5) for step in range(1, num_steps + 1)]
        figure = reward_curves(RewardCurves(train=series, num_steps=num_steps), DARK)
        return figure.to_dict()["layout"]["xaxis"].get("dtick")

    assert (tick(4), tick(100)) == (1, None)


def test_what_the_comparison_costs_and_who_serves_the_model_is_shown(run: TrainingRun) -> None:
    page = open_page(run.id)
    assert page.run.comparison.costs[0] == "Tokens of an answer: base 4.0, tuned 2.5."
    assert "chose the checkpoint, too" in page.run.comparison.words
    assert page.run.comparison.words.startswith("The tuned model is better on held-out records.")
    assert (page.serving.model, page.serving.command) == (name_tuned_model(run), "")
    place = find_place(run)
    assert place
    assert "".join(page.serving.folder_parts) == str(place.folder)
    assert all(part.endswith("/") for part in page.serving.folder_parts[:-1])
    with unit_of_work() as session:
        row = session.get_one(TrainingRunRow, run.id)
        row.base_model = "/models/larger"
        session.add(row)
    refresh(page)
    assert page.serving.command.startswith("vllm serve /models/larger --enable-lora")


def test_words_that_differ_are_marked_unless_nearly_all_do() -> None:
    def mark(base: str, tuned: str) -> SideBySide:
        texts = {"base_text": base, "tuned_text": tuned, "question": "", "id": "rec_1"}
        alone = {"base_pieces": [Piece(Change.SAME, base)], "tuned_pieces": []}
        rest = dict.fromkeys(("topic", "base", "tuned", "difference", "tone"), "")
        return SideBySide(**texts, **alone, **rest).marked

    found = mark("Your card is on its way", "Your parcel is on its way")
    assert [one.text for one in found.base_pieces if one.change is Change.REMOVED] == ["card"]
    assert [one.text for one in found.tuned_pieces if one.change is Change.ADDED] == ["parcel"]
    assert mark("lost", "cancelled").base_pieces == [Piece(Change.SAME, "lost")]


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


def answered(position: int, reward: float | None, phase: Phase = Phase.TRAIN) -> TrainingRollout:
    return TrainingRollout(
        phase=phase,
        step=1,
        position=position,
        record_id=record_id(position // 4 + 1),
        topic=None,
        question="Where is my card?",
        reference=None,
        text="On its way.",
        reward=reward,
        reason=None,
        failure_kind=None,
        failure_message=None,
        is_abstention=False,
    )


def test_the_advantage_is_what_is_trained_with() -> None:
    rewards = [0.94, 0.21, 0.52, None, 0.5, 0.5, 0.5, 0.5]
    shown = AnswerView.list_of([answered(n, reward) for n, reward in enumerate(rewards)])
    assert [one.advantage for one in shown] == [
        *("+1.05", "−0.95", "−0.10", "ignored"),
        *("0.00",) * 4,
    ]
    assert [one.tone for one in shown[:4]] == ["good", "bad", "bad", ""]


def test_a_group_that_a_page_cuts_is_left_out() -> None:
    cut = [answered(position, 0.5) for position in range(6)]
    assert [one.position for one in drop_cut_group(cut)] == [0, 1, 2, 3]
    assert len(drop_cut_group(cut[:3])) == 3, "all of one record: better a part than nothing"
    held_out = [answered(position, 0.5, Phase.VALIDATION) for position in range(6)]
    assert len(drop_cut_group(held_out)) == 6


def test_a_held_out_answer_has_no_advantage() -> None:
    shown = AnswerView.list_of([answered(0, 0.9, Phase.VALIDATION), answered(1, None, Phase.BASE)])
    assert [one.advantage for one in shown] == ["–", "–"]


def test_long_curves_are_thinned_to_what_a_screen_shows() -> None:
    series = [(step, step / 10_000) for step in range(1, 10_001)]
    bins = bin_steps(series, find_width(series))
    assert len(bins) == 295
    assert (bins[0].first, bins[0].last, bins[-1].last) == (1, 34, 10_000)
    assert bins[0].mean == pytest.approx(0.00175)
    curves = RewardCurves(train=series, spread=series, validation=series, num_steps=10_000)
    figure = reward_curves(curves, DARK)
    assert max(len(trace["x"]) for trace in figure.to_dict()["data"]) <= 2 * MAX_POINTS
    assert describe_points(curves) == (
        "10,000 steps, shown as 295 means of 34 with a faint line through the least and the "
        "largest of each"
    )
    assert small_line(series).count("L") <= WIDTH
    assert small_line([(1, 0.5)]) == ""


def test_one_step_of_ten_thousand_that_jumps_is_seen() -> None:
    series = [(step, 0.5) for step in range(1, 10_001)]
    series[6_999] = (7_000, 0.05)
    assert (7_000, 0.05) in keep_extremes(series)
    figure = reward_curves(RewardCurves(train=series, num_steps=10_000), DARK).to_dict()
    faint, means = figure["data"][-2:]
    assert min(faint["y"]) == 0.05
    assert min(means["y"]) > 0.4
    assert [text for text in means["text"] if "0.05 to 0.50" in text] == [
        ", 0.05 to 0.50 since step 6,971"
    ]
    heights = [float(place.partition(",")[2]) for place in small_line(series)[1:].split("L")]
    assert (min(heights), max(heights)) == (2.0, HEIGHT - 2)


def test_the_best_of_many_validations_and_the_base_stay_on_the_chart() -> None:
    validation = [(step, 0.4) for step in range(0, 10_001, 10)]
    validation[0], validation[500] = (0, 0.31), (5_000, 0.93)
    curves = RewardCurves(validation=validation, num_steps=10_000)
    figure = reward_curves(curves, DARK).to_dict()
    shown = figure["data"][-1]
    assert (5_000, 0.93) in list(zip(shown["x"], shown["y"], strict=True))
    assert figure["layout"]["shapes"][0]["y0"] == 0.31


def test_the_band_is_drawn_where_some_steps_have_no_spread() -> None:
    train = [(step, 0.5) for step in range(1, 10_001)]
    spread = [(step, 0.1) for step, _ in train if step % 7]
    band = reward_curves(RewardCurves(train=train, spread=spread, num_steps=10_000), DARK)
    assert len(band.to_dict()["data"][0]["x"]) == 2 * 295


def test_a_menu_of_ten_thousand_steps_is_short_and_any_step_can_be_typed() -> None:
    steps = [AnsweredStep(phase=Phase.TRAIN, step=n, num_answers=8) for n in range(1, 10_001)]
    places = list_places(steps, "train:4999")
    names = [place.value for place in places]
    assert len(names) <= MAX_PLACES + 1
    assert {"train:1", "train:4999", "train:9901", "train:10000"} <= set(names)
    assert names == sorted(names, key=lambda name: int(name.partition(":")[2]))
    assert find_nearest(steps, 4_321) == "train:4321"
    assert find_nearest(steps, 99_999) == "train:10000"
    assert find_nearest([], 3) == ""
    assert [one.label for one in list_places(steps[:2], "")] == [
        "Step 1, training",
        "Step 2, training",
    ]


def test_a_typed_step_leads_to_its_answers_or_is_refused(run: TrainingRun) -> None:
    page = open_page(run.id)
    asyncio.run(page.go_to_step({"step": "two"}))
    assert page.fault == "A step is a whole number, not 'two'."
    asyncio.run(page.go_to_step({"step": " 1 "}))
    assert (page.fault, page.shown_place) == ("", "train:1")
    assert page.answers
    asyncio.run(page.go_to_step({"step": "999"}))
    assert page.shown_place == f"train:{run.settings.num_steps}"


def test_what_did_not_change_is_not_sent_again(run: TrainingRun) -> None:
    page = open_page(run.id)
    page._clean()
    refresh(page)
    assert page.dirty_vars <= {"_metrics", "_steps"}


def test_a_long_training_is_read_whole_with_the_alerts_of_its_end(run: TrainingRun) -> None:
    num_steps = 10_400
    with unit_of_work() as session:
        session.add_all(
            TrainingMetricRow(
                run_id=run.id,
                step=step,
                figures={"reward": 0.5, "failure_share": 0.4 if step > 10_390 else 0.0},
            )
            for step in range(run.settings.num_steps + 1, num_steps + 1)
        )
    page = open_page(run.id)
    assert len(page._metrics) >= num_steps
    assert page.remarks[0].text.startswith("The grader could not judge 40% of the answers")
    with reading() as session:
        assert [alert.name for alert in list_alerts(session, run.id)] == ["failures"]
    failures = next(one for one in page.smalls if one.name == "Grading failures")
    assert failures.value == "40%"


def test_what_was_asked_is_shown_until_it_comes_to_pass(
    database: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(monkeypatch)
    run = order()
    with unit_of_work() as session:
        jobs.begin_job(session, run.job_id, 0, "w1")
    page = open_page(run.id)
    assert (page.wish, page.run.can_finish) == ("", True)
    with unit_of_work() as session:
        finish_training(session, run.id)
    refresh(page)
    assert page.wish == "finish"
    with unit_of_work() as session:
        cancel_training(session, run.id)
    refresh(page)
    assert page.wish == "stop"
    with unit_of_work() as session:
        jobs.settle_job(session, run.job_id, "w1", JobStatus.CANCELLED)
    refresh(page)
    assert page.wish == ""


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

    assert names(0.5) == [*names(0.0)[:6], "Abstentions", "Loss", "Learning rate"]


def test_a_crossed_threshold_is_drawn_at_its_curve() -> None:
    metrics = [TrainingMetric(step=n, values={"kl": 2.0, "length": 40.0}) for n in range(1, 9)]
    alerts = {one.metric: one for one in find_alerts(metrics)}
    shown = {one.name: one for one in SmallCurve.list_of(read_curves(metrics), alerts)}
    assert shown["KL to base"].alert.startswith("The model is 2.00 nats a token from its base")
    assert (shown["KL to base"].path[:9], shown["KL to base"].level) == ("M0.0,2.0L", "M0,34.0H200")
    assert (shown["Answer length"].alert, shown["Answer length"].level) == ("", "")


def test_a_reward_far_above_held_out_is_marked_on_the_chart() -> None:
    curves = RewardCurves(
        train=[(step, 0.9) for step in range(1, 9)],
        validation=[(0, 0.4), (8, 0.5)],
        validation_spread=[(0, 0.2), (8, 0.6)],
        gap=0.4,
        num_steps=8,
    )
    figure = reward_curves(curves, DARK).to_dict()
    bar = figure["layout"]["shapes"][-1]
    assert (bar["x0"], bar["y0"], bar["y1"]) == (8, 0.5, 0.9)
    assert "0.40 apart" in [one["text"] for one in figure["layout"]["annotations"]]
    assert list(figure["data"][0]["y"]) == [0.6, 1.0, 0.0, 0.2]
