"""What the comparison of a training lacks, and the job that compares again."""

from dataclasses import dataclass

from sqlmodel import Session

from rft_app.domain.training_run import TrainingRun
from rft_app.services.comparing_again import describe_gaps, find_comparing


@dataclass(frozen=True)
class AgainView:
    """Ready to show."""

    gaps: str = ""
    """What has no grade, and why; empty where nothing is lacking."""
    words: str = ""
    """How far the job is that compares again; empty where none runs."""

    @classmethod
    def read(cls, session: Session, run: TrainingRun) -> "AgainView":
        """As it is now."""
        job = find_comparing(session, run)
        words = "" if job is None else job.progress_label or "waiting to begin"
        return cls(describe_gaps(session, run), words)

    @staticmethod
    def name_state(run: TrainingRun) -> str:
        """Another text whenever the comparison is another one; empty where there is none."""
        found = None if run.outcome is None else run.outcome.comparison
        return (
            "" if found is None else f"{run.id} {found.n} {found.difference} {found.num_ungraded}"
        )
