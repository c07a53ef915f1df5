"""What a finished job returns on the wire: the spec's type of its operation."""

from collections.abc import Callable

from pydantic import JsonValue
from sqlmodel import Session

from rft_app.api.schemas._base import Wire
from rft_app.api.schemas.export import Export
from rft_app.api.schemas.feedback import FeedbackImported
from rft_app.api.schemas.generation import GenerationResult
from rft_app.api.schemas.imports import ImportedDataset, ImportReport, RolloutImport
from rft_app.api.schemas.job import Job
from rft_app.api.schemas.near_duplicate import NearDuplicateReport
from rft_app.api.schemas.snapshot import RestoredSnapshot
from rft_app.api.schemas.topics import CategorizationSummary, TopicHierarchy
from rft_app.api.schemas.training_run import TrainingJob
from rft_app.api.views import find_dry_run_report, view_coverage, view_dataset
from rft_app.domain import job as domain
from rft_app.domain.generation import GenerationReport
from rft_app.domain.topic import TopicTree
from rft_app.errors import NotFoundError
from rft_app.services.datasets import get_dataset
from rft_app.services.exports import find_export_of_job, get_export
from rft_app.services.generation import find_paid
from rft_app.services.imports import get_import
from rft_app.services.near_duplicates import find_report
from rft_app.services.topic_generation import get_proposal
from rft_app.services.topics import get_topics
from rft_app.services.training_runs import get_training


def view_job(session: Session, job: domain.Job) -> Job:
    """A job with what it returns and what it paid."""
    return Job.of(job, _view_result(session, job), find_paid(session, job.id))


def _view_result(session: Session, job: domain.Job) -> dict[str, JsonValue] | None:
    if job.status is not domain.JobStatus.DONE:
        return None
    view = _VIEWS.get(job.kind)
    if view is None:
        return job.result
    try:
        result = view(session, job)
    except NotFoundError:  # what it made was deleted since
        return None
    return None if result is None else result.to_json()


def _view_traces(session: Session, job: domain.Job) -> Wire:
    report = get_import(session, job.args["import_id"])
    dataset = view_dataset(session, get_dataset(session, job.dataset_id or ""))
    return ImportedDataset(
        **dict(dataset),
        imported=report.num_parsed,
        errors=report.num_invalid,
        extract_job_id=(job.result or {}).get("extract_job_id"),
    )


def _view_arrivals(session: Session, job: domain.Job) -> Wire:
    return ImportReport.of(get_import(session, job.args["import_id"]))


def _view_rollouts(session: Session, job: domain.Job) -> Wire:
    report = get_import(session, job.args["import_id"])
    return RolloutImport(imported=report.num_parsed, errors=report.num_invalid)


def _view_feedback(session: Session, job: domain.Job) -> Wire:
    report = get_import(session, job.args["import_id"])
    return FeedbackImported(
        imported=report.num_parsed, errors=report.num_invalid, import_id=report.id
    )


def _view_dataset(session: Session, job: domain.Job) -> Wire:
    return view_dataset(session, get_dataset(session, job.dataset_id or ""))


def _view_topics(session: Session, job: domain.Job) -> Wire | None:
    return TopicHierarchy.of(get_topics(session, job.dataset_id or ""))


def _view_made_topics(session: Session, job: domain.Job) -> Wire | None:
    """The dataset's tree where it was applied, else the proposal."""
    if (job.result or {}).get("is_applied"):
        return _view_topics(session, job)
    proposal = get_proposal(session, job.dataset_id or "", job.id)
    return TopicHierarchy.of_tree(TopicTree(nodes=proposal.nodes))


def _view_categorised(_session: Session, job: domain.Job) -> Wire:
    return CategorizationSummary.model_validate(job.result or {})


def _view_coverage(session: Session, job: domain.Job) -> Wire:
    return view_coverage(session, job.dataset_id or "")


def _view_dry_run(session: Session, job: domain.Job) -> Wire | None:
    run_id = (job.result or {}).get("run_id")
    return find_dry_run_report(session, job.dataset_id or "", run_id)


def _view_generation(_session: Session, job: domain.Job) -> Wire:
    return GenerationResult.of(GenerationReport.model_validate(job.result))


def _view_export(session: Session, job: domain.Job) -> Wire:
    return Export.of(get_export(session, find_export_of_job(job) or ""))


def _view_near_duplicates(session: Session, job: domain.Job) -> Wire | None:
    report = find_report(session, job.dataset_id or "")
    return None if report is None else NearDuplicateReport.of(report)


def _view_restore(session: Session, job: domain.Job) -> Wire:
    return RestoredSnapshot.model_validate(job.result or {})


def _view_training(session: Session, job: domain.Job) -> Wire:
    return TrainingJob.of(get_training(session, job.id))


_VIEWS: dict[str, Callable[[Session, domain.Job], Wire | None]] = {
    "import_traces": _view_traces,
    "import_arrivals": _view_arrivals,
    "copy_traces": _view_traces,
    "import_rollouts": _view_rollouts,
    "import_feedback": _view_feedback,
    "extract": _view_dataset,
    "topics": _view_topics,
    "generate_topics": _view_made_topics,
    "split_topic": _view_topics,
    "categorize": _view_categorised,
    "coverage": _view_coverage,
    "dry_run": _view_dry_run,
    "export": _view_export,
    "generate": _view_generation,
    "regenerate": _view_generation,
    "duplicate": _view_dataset,
    "restore": _view_restore,
    "train": _view_training,
    "near_duplicates": _view_near_duplicates,
}
