"""What the dialogs say of an import that has ended."""

from datetime import UTC, datetime

import pytest

from rft_app.domain.imports import ImportReport
from rft_app.domain.job import Job, JobError, JobStatus
from rft_app.ui.state.extract import ImportView
from rft_app.ui.state.import_records import describe_result

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CUT = "Stopped after line 2: the file is cut off. Import it again whole."


def make_report(
    kind: str = "traces", damage: str | None = None, num_answered: int | None = None
) -> ImportReport:
    return ImportReport(
        id="imp_a",
        dataset_id="ds_a",
        kind=kind,
        file_name="rows.jsonl.gz",
        size_bytes=9,
        shape=None,
        mapping={},
        num_lines=3,
        num_parsed=2,
        num_valid=2,
        num_invalid=1 if damage else 0,
        num_answered=num_answered,
        reasons={"damaged": 1} if damage else {},
        damage=damage,
        is_done=True,
        created_at=NOW,
        job_id="job_a",
    )


def make_job(status: JobStatus = JobStatus.DONE, error: str | None = None) -> Job:
    return Job(
        id="job_a",
        kind="import_traces",
        status=status,
        error=None if error is None else JobError(code="invalid_input", message=error),
        created_at=NOW,
        updated_at=NOW,
    )


@pytest.mark.parametrize(
    ("kind", "noun"), [("traces", "rows"), ("rollouts", "answers"), ("feedback", "rows")]
)
def test_a_file_that_is_not_whole_is_no_success(kind: str, noun: str) -> None:
    whole = describe_result(make_job(), make_report(kind))
    cut = describe_result(make_job(), make_report(kind, CUT))

    assert (whole.title, whole.is_failed) == (f"2 {noun} imported.", False)
    assert (cut.title, cut.is_failed) == (f"2 {noun} imported, but the file is not whole.", True)
    assert cut.words.startswith(CUT)
    assert cut.num_bad == "1"


def test_a_failure_and_a_cancellation_say_what_stays() -> None:
    failed = describe_result(make_job(JobStatus.FAILED, "No row."), make_report())
    cancelled = describe_result(make_job(JobStatus.CANCELLED), make_report("feedback"))

    assert (failed.words, failed.is_failed) == ("No row.", True)
    assert (cancelled.words, cancelled.is_failed) == ("2 rows read before stay.", True)


def test_the_import_report_shows_why_the_file_is_not_whole() -> None:
    assert ImportView.of(make_report(damage=CUT)).damage == CUT
    assert ImportView.of(make_report()).damage == ""


@pytest.mark.parametrize(
    ("num_answered", "begins"), [(0, "None of the 2 rows holds"), (1, "1 of 2 rows holds no")]
)
def test_rows_without_answers_are_told_with_what_it_means(num_answered: int, begins: str) -> None:
    report = make_report(num_answered=num_answered)
    for words in (
        describe_result(make_job(), report).without_answers,
        ImportView.of(report).without_answers,
    ):
        assert words.startswith(begins)
        assert "rft import-rollouts" in words


@pytest.mark.parametrize("num_answered", [2, None])
def test_where_every_row_has_its_answer_nothing_is_said(num_answered: int | None) -> None:
    report = make_report(num_answered=num_answered)
    assert describe_result(make_job(), report).without_answers == ""


def test_only_lines_that_became_nothing_are_unreadable() -> None:
    counted = {"wrong_shape": 2, "not_json": 1, "too_long": 4, "damaged": 1, "replaced_phone": 30}
    report = make_report().model_copy(update={"reasons": counted})
    assert report.num_unreadable == 3
