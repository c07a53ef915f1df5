"""The real worker, which also writes down every rollout it is about to have graded."""

import sys
from collections.abc import Sequence

from rft_app.domain.grading import Outcome
from rft_app.domain.rollout import Rollout
from rft_app.graders._base import GraderSession
from rft_app.pipeline import dry_run
from rft_app.services.job_kinds import all_job_kinds
from rft_app.settings import get_settings
from rft_app.worker import run_worker

grade_rollouts = dry_run.grade_rollouts


def grade_and_note(grading: GraderSession, chunk: Sequence[Rollout]) -> list[Outcome]:
    """Note the chunk on one line, outside of database and sandbox, then grade it."""
    with (get_settings().folder("notes") / "attempts").open("a") as notes:
        notes.write(" ".join(f"{rollout.key.record_seq}" for rollout in chunk) + "\n")
    return grade_rollouts(grading, chunk)


if __name__ == "__main__":
    dry_run.grade_rollouts = grade_and_note
    run_worker(all_job_kinds(), parent_pid=int(sys.argv[1]))
