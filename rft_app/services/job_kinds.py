"""Every kind of job there is."""

from rft_app.domain.pipeline import STEPS as STEP_INFOS
from rft_app.domain.pipeline import StepName
from rft_app.jobs.kind import JobKind
from rft_app.pipeline.jobs import StepJob
from rft_app.pipeline.steps import STEPS
from rft_app.registry import Registry
from rft_app.services.auto_improve import AutoRunWatch, CheckGrader
from rft_app.services.categorising import Categorize
from rft_app.services.comparing_again import CompareAgain
from rft_app.services.duplication import DuplicateDataset
from rft_app.services.export_jobs import ExportJob
from rft_app.services.generation_accepting import AcceptGenerated
from rft_app.services.generation_jobs import GenerateRecords, RegenerateRecords
from rft_app.services.import_jobs import (
    ImportArrivals,
    ImportFeedback,
    ImportRollouts,
    ImportTraces,
)
from rft_app.services.near_duplicate_jobs import FindNearDuplicates
from rft_app.services.record_change_runs import ChangeRecords
from rft_app.services.restore_jobs import RestoreSnapshot
from rft_app.services.retention import CleanTraces
from rft_app.services.search_jobs import SEARCH_INDEX, IndexSearch, IndexTraces
from rft_app.services.topic_generation import GenerateTopics
from rft_app.services.topic_splitting import SplitTopic
from rft_app.services.trace_jobs import CopyTraces
from rft_app.services.training_jobs import Train

FOLLOW_UPS = {StepName.EXTRACT: SEARCH_INDEX}

JOB_KINDS: tuple[JobKind, ...] = (
    ImportTraces(),
    ImportRollouts(),
    ImportFeedback(),
    ImportArrivals(),
    CopyTraces(),
    *(
        StepJob(step, STEP_INFOS[step.name].title, FOLLOW_UPS.get(step.name), AutoRunWatch())
        for step in STEPS
    ),
    CheckGrader(),
    Train(),
    CompareAgain(),
    GenerateTopics(),
    Categorize(),
    SplitTopic(),
    IndexSearch(),
    IndexTraces(),
    FindNearDuplicates(),
    ExportJob(),
    GenerateRecords(),
    RegenerateRecords(),
    AcceptGenerated(),
    DuplicateDataset(),
    RestoreSnapshot(),
    ChangeRecords(),
    CleanTraces(),
)


def all_job_kinds() -> Registry[JobKind]:
    """The kinds by name, for whoever runs jobs."""
    return Registry("job kind", JOB_KINDS)
