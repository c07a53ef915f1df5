"""Grade the answers that people rated and the current grader has not seen, a bounded number."""

import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from sqlmodel import Session

from rft_app import graders as kinds
from rft_app.domain.calibration import NUM_ASKED, NUM_LOCAL
from rft_app.domain.entity import Entity
from rft_app.domain.grader import GraderSpec, GraderVersion, list_asking
from rft_app.domain.grading import (
    NO_ANSWER,
    FailureKind,
    FailureOrigin,
    GradingFailure,
    Outcome,
)
from rft_app.domain.paid import PaidTotals
from rft_app.domain.rollout import Rollout, RolloutKey
from rft_app.graders import open_grader
from rft_app.graders._asked import Hope
from rft_app.graders._asking import AskingSession
from rft_app.pipeline.dry_run import grade_rollouts
from rft_app.pipeline.grader import require_grader
from rft_app.services.calibration import list_lacking
from rft_app.services.generation_costs import MAX_SAMPLED
from rft_app.services.grader_trial import TRIAL_ATTEMPTS
from rft_app.services.judge_costs import JudgeEstimate, estimate_grading
from rft_app.storage import calibration
from rft_app.storage.catalogue import read_catalogue
from rft_app.storage.datasets import get_dataset_row
from rft_app.storage.paid_calls import StoredPaidCalls, sum_paid_calls
from rft_app.storage.rollouts import load_rollouts
from rft_app.storage.session import reading, unit_of_work

MAX_GRADED = 1000
_CHUNK_ASKED, _CHUNK_LOCAL = 25, 250
"""Grades that are stored together; what is cut off loses at most so many."""
_SEED = 0
_UNASKED = {
    *(kind for kind in FailureKind if kind.origin is FailureOrigin.PROVIDER),
    FailureKind.NO_REPLY,
}
"""No fault of the answer: such a failure is told and not stored, so that it can be tried again."""


class GradedLacking(Entity):
    """What one go did."""

    num_graded: int
    """Answers with a stored grade, abstention or failure now."""
    num_unanswered: int
    """Answers that the model's provider did not judge, or was not asked about because that would
    have failed, too; they can be tried again."""
    num_left: int
    """Rated answers still without a grade."""
    problem: str = ""
    """What the provider said of the first that it did not judge, with the remedy."""
    is_stopped: bool = False
    """Whether it stopped early, because further calls would only have failed, too."""
    paid: PaidTotals | None = None
    """What calls about this version's calibration cost so far; `None` where no model is asked."""


def estimate_lacking(
    session: Session, dataset_id: str, limit: int | None = None
) -> JudgeEstimate | None:
    """What grading them would ask of a judge; `None` where the grader asks no model.

    Raises:
        NotFoundError: There is no such dataset.
        ConflictError: It has no grader.
        InvalidInputError: There is no such model.
    """
    get_dataset_row(session, dataset_id)
    version = require_grader(session, dataset_id)
    if not list_asking(version.spec):
        return None
    seqs, _ = _choose(session, dataset_id, version, limit)
    few = _load(session, dataset_id, seqs[:MAX_SAMPLED])
    return estimate_grading(session, version.spec, few, len(seqs))


def grade_lacking(dataset_id: str, limit: int | None = None) -> GradedLacking:
    """Grade rated answers without a grade of the current version, drawn by lot, and store that.

    Opens its own transactions, because grading may take long.  A reply is in the ledger before it
    is read, under the version and the record: none is paid twice.

    Args:
        dataset_id: Whose.
        limit: Most answers; `NUM_ASKED` or `NUM_LOCAL` unless given.

    Raises:
        NotFoundError: There is no such dataset.
        ConflictError: It has no grader.
        InvalidInputError: The grader cannot work, e.g. a script fails while it is loaded.
        NotAvailableError: This system cannot isolate scripts, or has no provider for a judge.
    """
    with reading() as session:
        get_dataset_row(session, dataset_id)
        version = require_grader(session, dataset_id)
        seqs, num_lacking = _choose(session, dataset_id, version, limit)
    num_graded, problems, hope = 0, list[str](), Hope()
    for chunk, outcomes in _grade(dataset_id, version, seqs, hope):
        known: dict[int, Outcome] = {}
        for seq, outcome in zip(chunk, outcomes, strict=True):
            if isinstance(outcome, GradingFailure) and outcome.failure_kind in _UNASKED:
                problems.append(outcome.message)
            else:
                known[seq] = outcome
        with unit_of_work() as session:
            calibration.add_grades(session, version.id, known)
        num_graded += len(known)
    return GradedLacking(
        num_graded=num_graded,
        num_unanswered=len(seqs) - num_graded,
        num_left=num_lacking - num_graded,
        problem=hope.problem or (problems[0] if problems else ""),
        is_stopped=bool(hope.problem),
        paid=_sum_paid(version),
    )


def _choose(
    session: Session, dataset_id: str, version: GraderVersion, limit: int | None
) -> tuple[list[int], int]:
    """Keys of those to grade, and how many lack a grade; by lot, so that a part stands for all."""
    lacking = list_lacking(session, dataset_id, version)
    usual = NUM_ASKED if list_asking(version.spec) else NUM_LOCAL
    random.Random(_SEED).shuffle(lacking)
    return lacking[: min(usual if limit is None else limit, MAX_GRADED)], len(lacking)


def _load(session: Session, dataset_id: str, seqs: Sequence[int]) -> list[Rollout]:
    return load_rollouts(session, dataset_id, [RolloutKey(seq, None, None) for seq in seqs])


def _grade(
    dataset_id: str, version: GraderVersion, seqs: Sequence[int], hope: Hope
) -> Iterator[tuple[Sequence[int], list[Outcome]]]:
    """Outcomes of some records at a time, until there is no hope for more."""
    if not seqs:
        return
    if not list_asking(version.spec):
        with open_grader(version.spec) as grading:
            for chunk, rollouts in _read_chunks(dataset_id, seqs, _CHUNK_LOCAL):
                yield chunk, grade_rollouts(grading, rollouts)
        return
    with _open_judge(dataset_id, version.spec, _scope(version)) as judge:
        for chunk, rollouts in _read_chunks(dataset_id, seqs, _CHUNK_ASKED):
            yield chunk, _ask(judge, rollouts, hope)
            if hope.problem:
                return


def _read_chunks(
    dataset_id: str, seqs: Sequence[int], size: int
) -> Iterator[tuple[Sequence[int], list[Rollout]]]:
    for start in range(0, len(seqs), size):
        chunk = seqs[start : start + size]
        with reading() as session:
            rollouts = _load(session, dataset_id, chunk)
        yield chunk, rollouts


def _open_judge(dataset_id: str, spec: GraderSpec, scope: str) -> AskingSession:
    with reading() as session:
        hasty = read_catalogue(session).limit_attempts(TRIAL_ATTEMPTS)
    return kinds.open_asking(spec, StoredPaidCalls(scope, dataset_id), hasty)


def _ask(judge: AskingSession, rollouts: Sequence[Rollout], hope: Hope) -> list[Outcome]:
    def ask(rollout: Rollout) -> Outcome:
        if not rollout.has_output:
            return NO_ANSWER
        key = str(rollout.key.record_seq)
        return hope.ask(lambda: judge.ask(key, rollout.sample, rollout.item))

    with ThreadPoolExecutor(judge.num_at_once, "calibration") as pool:
        return list(pool.map(ask, rollouts))


def _scope(version: GraderVersion) -> str:
    """Names the ledger of everything that is asked to calibrate one version."""
    return f"calibration-{version.id}"


def _sum_paid(version: GraderVersion) -> PaidTotals | None:
    if not list_asking(version.spec):
        return None
    with reading() as session:
        return sum_paid_calls(session, _scope(version))
