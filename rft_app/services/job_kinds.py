"""Every kind of job there is."""

from rft_app.jobs.kind import JobKind
from rft_app.registry import Registry

JOB_KINDS: tuple[JobKind, ...] = ()


def all_job_kinds() -> Registry[JobKind]:
    """The kinds by name, for whoever runs jobs."""
    return Registry("job kind", JOB_KINDS)
