"""What the dialogs say of an import that has ended."""

from datetime import UTC, datetime

import pytest

from rft_app.domain.imports import ImportReport
from rft_app.domain.job import Job, JobError, JobStatus
from rft_app.ui.state.extract import ImportView
from rft_app.ui.state.import_records import describe_result

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CUT = "Stopped after line 2: the file is cut off. Import it again whole."


def make_report(kind: str = "traces", damage: str | None = None) -> ImportReport:
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
