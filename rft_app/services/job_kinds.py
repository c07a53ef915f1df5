"""Every kind of job there is."""

from rft_app.domain.pipeline import STEPS as STEP_INFOS
from rft_app.domain.pipeline import StepName
from rft_app.jobs.kind import JobKind
from rft_app.pipeline.jobs import StepJob
from rft_app.pipeline.steps import STEPS
from rft_app.registry import Registry
from rft_app.services.duplication import DuplicateDataset
from rft_app.services.export_jobs import ExportJob
from rft_app.services.generation_jobs import GenerateRecords, RegenerateRecords
from rft_app.services.import_jobs import ImportRollouts, ImportTraces
from rft_app.services.restore_jobs import RestoreSnapshot
from rft_app.services.search_jobs import SEARCH_INDEX, IndexSearch

FOLLOW_UPS = {StepName.EXTRACT: SEARCH_INDEX}

JOB_KINDS: tuple[JobKind, ...] = (
    ImportTraces(),
    ImportRollouts(),
    *(StepJob(step, STEP_INFOS[step.name].title, FOLLOW_UPS.get(step.name)) for step in STEPS),
    IndexSearch(),
    ExportJob(),
    GenerateRecords(),
    RegenerateRecords(),
    DuplicateDataset(),
    RestoreSnapshot(),
)


def all_job_kinds() -> Registry[JobKind]:
    """The kinds by name, for whoever runs jobs."""
    return Registry("job kind", JOB_KINDS)
