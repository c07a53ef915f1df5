"""The job that trains: it grades, listens, stores, and finds a trainer that outlived a worker."""

from collections.abc import Callable
from typing import Any

from sqlmodel import Session

from rft_app.domain.job import Job, JobError
from rft_app.domain.pipeline import StepName, StepResult, StepStatus
from rft_app.domain.training_comparison import Pair, compare_pairs
from rft_app.domain.training_run import Phase, TrainingOutcome, TrainingRun
from rft_app.jobs.context import JobContext
from rft_app.pipeline._base import fingerprint
from rft_app.services.training_comparing import compare_at_service
from rft_app.services.training_following import Following
from rft_app.services.training_prompts import write_order
from rft_app.services.training_runs import TRAIN
from rft_app.services.training_upload import write_upload
from rft_app.services.training_verl import VERL, write_verl_order
from rft_app.storage import graders, training_runs
from rft_app.storage.datasets import has_dataset
from rft_app.storage.records import read_groups
from rft_app.storage.rollouts import RolloutKey, load_rollouts
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.step_inputs import get_inputs
from rft_app.storage.steps import abandon_step, begin_step, fail_step, finish_step, get_step_row
from rft_app.storage.training_runs import Place
from rft_app.trainers import TRAINERS, RunsScript
from rft_app.trainers.grading import TrainingGrader
from rft_app.trainers.rewards import LOOPBACK, RewardEndpoint
from rft_app.trainers.run_folder import Event, RunFolder


class Train:
    """One training from its order to its comparison; goes on where the last run ended."""

    name = TRAIN
    label = "Training"

    def run(self, context: JobContext) -> dict[str, Any]:
        """Train unless that is done, compare, store.

        Raises:
            RftError: The training cannot go on; checkpoints are kept, and it can be resumed.
            JobCancelledError: Somebody cancelled it, or this worker ends and the trainer goes on.
        """
        with reading() as session:
            run = training_runs.get_run(session, str(context.args["run_id"]))
            spec = graders.get_version(session, run.grader_version_id).spec
        folder = RunFolder.of(run.id)
        if not folder.is_ordered:
            context.progress(0, run.total_steps, "writing the prompts")
            with reading() as session:
                _find_writer(run)(session, run, folder)
        trainer = TRAINERS.get(run.trainer)
        host = trainer.grading_host if isinstance(trainer, RunsScript) else LOOPBACK
        with (
            TrainingGrader(run.dataset_id, run.id, context.job_id, spec) as grader,
            RewardEndpoint(grader.grade, host) as endpoint,
        ):
            folder.forget_cancel()
            folder.announce(endpoint.url, endpoint.token)
            training = trainer.open(run)
            done = Following(context, run, training).follow()
            if run.remote is not None:
                seqs = folder.read_compared()
                done |= compare_at_service(context, run, seqs, grader, done)
        outcome = conclude(run, done, is_held_out=folder.is_held_out())
        return _store(run, outcome)

    def on_started(self, session: Session, job: Job) -> None:
        """Show it on the node."""
        if job.dataset_id is not None and has_dataset(session, job.dataset_id):
            begin_step(session, job.dataset_id, StepName.TRAIN, job.id)

    def on_failed(self, session: Session, job: Job, error: JobError) -> None:
        """Show the failure on the node."""
        if job.dataset_id is not None and has_dataset(session, job.dataset_id):
            fail_step(session, job.dataset_id, StepName.TRAIN, error.message)

    def on_cancelled(self, session: Session, job: Job) -> None:
        """What the node showed before counts again."""
        if job.dataset_id is not None and has_dataset(session, job.dataset_id):
            abandon_step(session, job.dataset_id, StepName.TRAIN)


def _find_writer(run: TrainingRun) -> Callable[[Session, TrainingRun, RunFolder], None]:
    if run.remote is not None:
        return write_upload
    return write_verl_order if run.trainer == VERL else write_order


def conclude(run: TrainingRun, done: Event, *, is_held_out: bool) -> TrainingOutcome:
    """What the trainer's last report and the grades of both models come to."""
    with reading() as session:
        base = training_runs.list_answers(session, run.id, Place(Phase.BASE, 0))
        tuned = training_runs.list_answers(
            session, run.id, Place(Phase.TUNED, int(done["best_step"]))
        )
        keys = [RolloutKey(row.record_seq, None, None) for row in base]
        topics = {
            one.key.record_seq: one.item.get("topic")
            for start in range(0, len(keys), 500)
            for one in load_rollouts(session, run.dataset_id, keys[start : start + 500])
        }
        groups = read_groups(session, run.dataset_id, [row.record_seq for row in base])
    rewards = {row.record_seq: row.reward for row in tuned}
    pairs = [
        Pair(seq, topics.get(seq), row.reward, after, groups.get(seq))
        for row in base
        if row.reward is not None and (after := rewards.get(seq := row.record_seq)) is not None
    ]
    known = {name: value for name, value in done.items() if name in TrainingOutcome.model_fields}
    if run.remote is None:
        known.setdefault("adapter", "best")
    return TrainingOutcome(
        **known,
        is_held_out=is_held_out,
        comparison=compare_pairs(pairs, len(base) - len(pairs)),
    )


def _store(run: TrainingRun, outcome: TrainingOutcome) -> dict[str, Any]:
    found = outcome.comparison
    facts = {
        "run_id": run.id,
        "number": run.number,
        "best_step": outcome.best_step,
        "num_steps": outcome.num_steps,
        "improvement": None if found is None else found.difference,
        "low": None if found is None else found.low,
        "high": None if found is None else found.high,
        "finding": None if found is None else found.finding.value,
    }
    words = "not compared" if found is None else f"{found.difference:+.2f} · {found.finding}"
    result = StepResult(
        outcome=StepStatus.COMPLETE,
        summary=f"{outcome.num_steps} steps · {words}",
        facts=facts,
    )
    with unit_of_work() as session:
        training_runs.finish_run(session, run.id, outcome)
        inputs = get_inputs(session, run.dataset_id)
        finish_step(
            session,
            run.dataset_id,
            StepName.TRAIN,
            result,
            settings=get_step_row(session, run.dataset_id, StepName.TRAIN).settings,
            input_hash=fingerprint(
                records=inputs.records, topics=inputs.topics, grader=inputs.grader
            ),
        )
    return facts
