"""Auto-Improve, with real jobs, up to the verdict."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from rft_app.domain.auto_run import AutoRun, AutoState
from rft_app.domain.grader import JudgeSpec, ScriptSpec, StringCheckSpec
from rft_app.domain.pipeline import StepName
from rft_app.errors import ConflictError
from rft_app.jobs.running import JobRunner
from rft_app.services.auto_improve import (
    CHECK_GRADER,
    cancel_auto_run,
    get_auto_run,
    list_auto_runs,
    start_auto_run,
)
from rft_app.services.datasets import create_dataset
from rft_app.services.grader_trial import Trial, try_grader
from rft_app.services.graders import current_grader, save_grader
from rft_app.services.imports import start_import
from rft_app.services.job_kinds import all_job_kinds
from rft_app.storage import jobs
from rft_app.storage.session import reading, unit_of_work

Work = Callable[[], None]
SUBJECTS = ("refund my broken kettle", "track the parcel to Oslo")


@pytest.fixture
def work(database: Path) -> Work:
    """Runs every waiting job to its end, those that they start included."""
    runner = JobRunner(all_job_kinds(), "wk_test")

    def run() -> None:
        while True:
            with reading() as session:
                waiting = jobs.list_active(session)
            if not waiting:
                return
            for job in waiting:
                runner.run(job.id, 0)

    return run


def row(number: int, **changes: Any) -> dict[str, Any]:
    """A good row."""
    return {
        "messages": [
            {"role": "user", "content": f"Please {SUBJECTS[number % 2]}, number {number}."},
            {"role": "assistant", "content": f"It is {number}."},
        ],
        **changes,
    }


def make_dataset(folder: Path, rows: list[dict[str, Any]]) -> str:
    """A dataset whose import waits."""
    path = folder / "rows.jsonl"
    path.write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in rows))
    with unit_of_work() as session:
        dataset = create_dataset(session, name="Shop", objective="Answer")
        start_import(session, dataset_id=dataset.id, path=path, file_name=path.name)
    return dataset.id


def improve(dataset_id: str, work: Work) -> AutoRun:
    """A run to its end."""
    with unit_of_work() as session:
        run = start_auto_run(session, dataset_id)
    work()
    with reading() as session:
        return get_auto_run(session, run.id)


def spec_of(dataset_id: str) -> object:
    """The dataset's grader."""
    with reading() as session:
        version = current_grader(session, dataset_id)
    return version and version.spec


def test_numbers_as_references_lead_to_a_verdict(tmp_path: Path, work: Work) -> None:
    rows = [row(n, reference=str(n if n % 3 else n + 1)) for n in range(60)]
    dataset_id = make_dataset(tmp_path, rows)
    run = improve(dataset_id, work)  # begins while the file is still to be read
    assert run.state is AutoState.DONE, run.outcome
    assert [one.step for one in run.decisions] == list(StepName)[:5]
    assert not any(one.is_kept for one in run.decisions)
    assert "is a number" in run.decisions[3].reason
    assert run.verdict in {"GO", "CAUTION", "NO_GO"}
    assert "0.67" in run.outcome
    assert isinstance(spec_of(dataset_id), ScriptSpec)


def test_a_second_run_keeps_what_is_current(tmp_path: Path, work: Work) -> None:
    dataset_id = make_dataset(tmp_path, [row(n, reference=str(n)) for n in range(40)])
    improve(dataset_id, work)
    again = improve(dataset_id, work)
    assert again.state is AutoState.DONE
    assert all(one.is_kept for one in again.decisions)
    with reading() as session:
        assert len(list_auto_runs(session, dataset_id)) == 2


def test_labels_as_references_are_compared_whole(tmp_path: Path, work: Work) -> None:
    rows = [row(n, reference=("refund", "track")[n % 2]) for n in range(40)]
    dataset_id = make_dataset(tmp_path, rows)
    run = improve(dataset_id, work)
    assert run.state is AutoState.DONE
    assert isinstance(spec_of(dataset_id), StringCheckSpec)


def test_recorded_rewards_are_read_and_said_to_grade_no_new_answer(
    tmp_path: Path, work: Work
) -> None:
    dataset_id = make_dataset(tmp_path, [row(n, reward=n % 2) for n in range(60)])
    run = improve(dataset_id, work)
    assert run.state is AutoState.DONE
    assert "not new ones" in run.decisions[3].reason
    assert "0.50" in run.outcome


def test_the_dataset_s_own_grader_is_used(tmp_path: Path, work: Work) -> None:
    dataset_id = make_dataset(tmp_path, [row(n, reference=str(n)) for n in range(40)])
    own = ScriptSpec(source="def grade(sample, item):\n    return 0.5\n")
    with unit_of_work() as session:
        save_grader(session, dataset_id, own)
    improve(dataset_id, work)
    assert spec_of(dataset_id) == own


def test_it_stops_before_it_spends_money_on_a_judge(tmp_path: Path, work: Work) -> None:
    dataset_id = make_dataset(tmp_path, [row(n) for n in range(40)])
    with unit_of_work() as session:
        save_grader(session, dataset_id, JudgeSpec(prompt="{{sample.output_text}}"))
    run = improve(dataset_id, work)
    assert run.state is AutoState.STOPPED
    assert "its calls are paid" in run.outcome
    assert [one.step for one in run.decisions] == list(StepName)[:4]


def test_without_a_grader_it_stops_and_says_what_is_needed(tmp_path: Path, work: Work) -> None:
    dataset_id = make_dataset(tmp_path, [row(n) for n in range(40)])
    run = improve(dataset_id, work)
    assert run.state is AutoState.STOPPED
    assert "Write a grader" in run.outcome
    assert [one.step for one in run.decisions] == list(StepName)[:3]
    assert run.verdict is None


def test_a_step_that_fails_ends_the_run_with_its_reason(tmp_path: Path, work: Work) -> None:
    rows = [row(n, reference=str(n)) for n in range(30)]
    for one in rows:
        del one["messages"][1]
    dataset_id = make_dataset(tmp_path, rows)
    for _ in range(2):  # a step that failed is no result to keep
        run = improve(dataset_id, work)
        assert run.state is AutoState.FAILED
        assert run.outcome.startswith("Dry Run: ")
        assert run.verdict is None


def test_one_run_at_a_time_and_it_can_be_stopped(tmp_path: Path, work: Work) -> None:
    dataset_id = make_dataset(tmp_path, [row(n, reference=str(n)) for n in range(30)])
    with unit_of_work() as session:
        run = start_auto_run(session, dataset_id)
    with unit_of_work() as session, pytest.raises(ConflictError, match="not ended"):
        start_auto_run(session, dataset_id)
    with unit_of_work() as session:
        assert cancel_auto_run(session, run.id).state is AutoState.CANCELLED
    work()
    with reading() as session:
        after = get_auto_run(session, run.id)
    assert (after.state, after.decisions) == (AutoState.CANCELLED, ())
    with unit_of_work() as session, pytest.raises(ConflictError, match="nothing to stop"):
        cancel_auto_run(session, run.id)


def test_a_script_that_fails_on_every_record_stops_the_run_before_the_dry_run(
    tmp_path: Path, work: Work
) -> None:
    dataset_id = make_dataset(tmp_path, [row(n) for n in range(40)])
    with unit_of_work() as session:
        save_grader(
            session,
            dataset_id,
            ScriptSpec(source="def grade(sample, item):\n    return item['nowhere']\n"),
        )
    run = improve(dataset_id, work)
    assert run.state is AutoState.STOPPED
    assert "failed on each of 5 records" in run.outcome
    assert "nowhere" in run.outcome
    with reading() as session:
        started = {job.kind for job in jobs.list_jobs(session, dataset_id, 50)}
    assert "check_grader" in started
    assert "dry_run" not in started


JUDGE = JudgeSpec(prompt="{{sample.output_text}}")
HALF = "def grade(sample, item):\n    return 0.5\n"


@pytest.fixture
def checking(tmp_path: Path, work: Work) -> tuple[AutoRun, str]:
    """A run whose grader waits to be tried, and that job."""
    dataset_id = make_dataset(tmp_path, [row(n, reference=str(n)) for n in range(40)])
    improve(dataset_id, work)
    with unit_of_work() as session:
        save_grader(session, dataset_id, ScriptSpec(source=HALF))
        run = start_auto_run(session, dataset_id)
    return run, find_check(dataset_id)


def find_check(dataset_id: str) -> str:
    """The trial that waits."""
    with reading() as session:
        (job,) = jobs.list_active(session, dataset_id)
    assert job.kind == CHECK_GRADER
    return job.id


def test_a_judge_chosen_before_the_trial_is_not_asked(
    checking: tuple[AutoRun, str], work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, _ = checking
    with unit_of_work() as session:
        save_grader(session, run.dataset_id, JUDGE)
    monkeypatch.setattr("rft_app.services.auto_improve.try_grader", pytest.fail)
    work()
    with reading() as session:
        ended = get_auto_run(session, run.id)
    assert (ended.state, "its calls are paid" in ended.outcome) == (AutoState.STOPPED, True)


def test_a_judge_chosen_during_the_trial_starts_no_dry_run(
    checking: tuple[AutoRun, str], work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, _ = checking

    def choose_judge(dataset_id: str, spec: object) -> Trial:
        with unit_of_work() as session:
            save_grader(session, dataset_id, JUDGE)
        return try_grader(dataset_id, ScriptSpec(source=HALF))

    monkeypatch.setattr("rft_app.services.auto_improve.try_grader", choose_judge)
    work()
    with reading() as session:
        ended = get_auto_run(session, run.id)
    assert (ended.state, "its calls are paid" in ended.outcome) == (AutoState.STOPPED, True)


def test_a_check_without_a_run_tries_nothing(
    checking: tuple[AutoRun, str], work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    with unit_of_work() as session:
        cancel_auto_run(session, checking[0].id)
    monkeypatch.setattr("rft_app.services.auto_improve.try_grader", pytest.fail)
    work()


def test_a_run_outlives_the_cancelled_trial_of_the_one_before(
    checking: tuple[AutoRun, str], work: Work
) -> None:
    run, check = checking
    with unit_of_work() as session:
        cancel_auto_run(session, run.id)
        again = start_auto_run(session, run.dataset_id)
    JobRunner(all_job_kinds(), "wk_test").cancel_waiting(check)
    assert find_check(run.dataset_id) != check
    work()
    with reading() as session:
        assert get_auto_run(session, again.id).state is AutoState.DONE
