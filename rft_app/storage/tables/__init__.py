"""The shape of the database, and nothing else.

Bodies live apart from the columns that lists and aggregates read: one page of a fat table holds
two rows, one page of a lean one a hundred.  Rows never leave `storage`; repositories convert.
"""

from rft_app.storage.tables.arrival import ImportPartRow, TraceKeyRow
from rft_app.storage.tables.auto_run import AutoRunRow
from rft_app.storage.tables.calibration import CalibrationGradeRow
from rft_app.storage.tables.change import (
    RecordChangeItemRow,
    RecordChangeRow,
    RecordTagRow,
    TagRow,
)
from rft_app.storage.tables.dataset import DatasetRow, SnapshotRow, StepRow, TopicRow
from rft_app.storage.tables.deployment import (
    DeploymentCallRow,
    DeploymentEventRow,
    DeploymentRow,
)
from rft_app.storage.tables.feedback import FeedbackRow
from rft_app.storage.tables.generation import (
    CandidateRow,
    GenerationRunRow,
    LlmCallRow,
    LlmReplyRow,
    LostCallRow,
    PaidWorkRow,
)
from rft_app.storage.tables.grading import (
    DryRunPlanRow,
    DryRunRow,
    GraderAttackRow,
    GradeRow,
    GraderVersionRow,
    RolloutRow,
)
from rft_app.storage.tables.intake import (
    IntakeBatchRow,
    IntakeCountRow,
    SpanLogRow,
    SpanRow,
    TraceRetentionRow,
    TraceSenderRow,
)
from rft_app.storage.tables.intake_key import IntakeKeyRow
from rft_app.storage.tables.near_duplicate import NearGroupRow, NearSearchRow
from rft_app.storage.tables.provider import ProviderRow
from rft_app.storage.tables.record import (
    FacetCountRow,
    FacetSumRow,
    RecordBodyRow,
    RecordRow,
)
from rft_app.storage.tables.scrub import ScrubCountRow, ScrubRulesRow
from rft_app.storage.tables.source import (
    ImportErrorRow,
    ImportRow,
    TraceBodyRow,
    TracePrefixRow,
    TraceRow,
    TraceTagRow,
)
from rft_app.storage.tables.topic import (
    TopicChangeRecordRow,
    TopicChangeRow,
    TopicChoiceRow,
    TopicTreeRow,
)
from rft_app.storage.tables.training import (
    TrainingCheckpointRow,
    TrainingMetricRow,
    TrainingRolloutRow,
    TrainingRunRow,
)
from rft_app.storage.tables.work import ExportRow, JobRow, SequenceRow, WorkerRow

__all__ = [
    "AutoRunRow",
    "CalibrationGradeRow",
    "CandidateRow",
    "DatasetRow",
    "DeploymentCallRow",
    "DeploymentEventRow",
    "DeploymentRow",
    "DryRunPlanRow",
    "DryRunRow",
    "ExportRow",
    "FacetCountRow",
    "FacetSumRow",
    "FeedbackRow",
    "GenerationRunRow",
    "GradeRow",
    "GraderAttackRow",
    "GraderVersionRow",
    "ImportErrorRow",
    "ImportPartRow",
    "ImportRow",
    "IntakeBatchRow",
    "IntakeCountRow",
    "IntakeKeyRow",
    "JobRow",
    "LlmCallRow",
    "LlmReplyRow",
    "LostCallRow",
    "NearGroupRow",
    "NearSearchRow",
    "PaidWorkRow",
    "ProviderRow",
    "RecordBodyRow",
    "RecordChangeItemRow",
    "RecordChangeRow",
    "RecordRow",
    "RecordTagRow",
    "RolloutRow",
    "ScrubCountRow",
    "ScrubRulesRow",
    "SequenceRow",
    "SnapshotRow",
    "SpanLogRow",
    "SpanRow",
    "StepRow",
    "TagRow",
    "TopicChangeRecordRow",
    "TopicChangeRow",
    "TopicChoiceRow",
    "TopicRow",
    "TopicTreeRow",
    "TraceBodyRow",
    "TraceKeyRow",
    "TracePrefixRow",
    "TraceRetentionRow",
    "TraceRow",
    "TraceSenderRow",
    "TraceTagRow",
    "TrainingCheckpointRow",
    "TrainingMetricRow",
    "TrainingRolloutRow",
    "TrainingRunRow",
    "WorkerRow",
]
