"""A dataset with answers in the database, ready for a dry run."""

from typing import Any

import orjson

from rft_app.domain.dry_run import DryRun, DryRunReport, DryRunSettings
from rft_app.domain.grader import GraderSpec, ScriptSpec
from rft_app.domain.job import JobStatus
from rft_app.domain.pipeline import StepResult
from rft_app.jobs.context import JobContext
from rft_app.pipeline.dry_run import DryRunStep
from rft_app.services.dry_runs import get_dry_run
from rft_app.services.graders import save_grader
from rft_app.storage import jobs
from rft_app.storage.record_counts import refresh_counts
from rft_app.storage.rollouts import NewRollout, add_rollouts
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.tables import TopicRow
from tests.builders import make_dataset_row, make_record_row, make_trace_rows

DATASET = "ds_a"
REWARD_OF_ITEM = "def grade(sample, item):\n    return item['reward']\n"
NUMBER_OF_TEXT = "def grade(sample, item):\n    return float(sample.output_text)\n"


def add_records(answers: list[str | None], **changes: Any) -> None:
    """One record per answer, keys from 1; `None` has no recorded answer."""
    with unit_of_work() as session:
        session.add(make_dataset_row(DATASET))
        session.flush()
        for number, topic in enumerate(("Book", "Pay"), 1):
            session.add(TopicRow(id=number, dataset_id=DATASET, key=topic, position=number))
        for seq, answer in enumerate(answers, 1):
            messages = [{"role": "user", "content": f"Question {seq}"}]
            if answer is not None:
                messages.append({"role": "assistant", "content": answer})
            body = {"messages": messages, "reference": str(seq), "metadata": {"task": seq}}
            session.add_all(make_trace_rows(seq, body))
            session.add(make_record_row(seq, **changes))
        session.flush()
        refresh_counts(session, DATASET)


def add_answers(record_seq: int, *answers: str, reward: float | None = None) -> None:
    """Import rollouts of one record."""
    with unit_of_work() as session:
        new = [
            NewRollout(
                record_seq,
                orjson.dumps([{"role": "assistant", "content": answer}]),
                model="some-model",
                reward=reward,
            )
            for answer in answers
        ]
        add_rollouts(session, DATASET, new)


def configure(spec: GraderSpec | str) -> None:
    """Save a grader; text is a script."""
    with unit_of_work() as session:
        save_grader(session, DATASET, ScriptSpec(source=spec) if isinstance(spec, str) else spec)


def begin_job(kind: str = "dry_run") -> JobContext:
    """A job that runs now."""
    with unit_of_work() as session:
        job = jobs.add_job(session, kind, DATASET, {})
        jobs.begin_job(session, job.id, 0, "w1")
    return JobContext(job_id=job.id, dataset_id=DATASET, args={}, worker_id="w1")


def run_dry(context: JobContext | None = None, **settings: Any) -> StepResult:
    """Run the dry-run step."""
    context = context or begin_job()
    result = DryRunStep().run(context, DATASET, DryRunSettings(**settings))
    with unit_of_work() as session:
        jobs.settle_job(session, context.job_id, "w1", JobStatus.DONE)
    return result


def last_run() -> tuple[DryRun, DryRunReport]:
    """The newest finished dry run with its report."""
    with reading() as session:
        run = get_dry_run(session, DATASET)
    assert run.report is not None
    return run, run.report
