"""The steps this version can do, in order."""

from rft_app.pipeline._base import Step
from rft_app.pipeline.coverage import CoverageStep
from rft_app.pipeline.dry_run import DryRunStep
from rft_app.pipeline.extract import ExtractStep
from rft_app.pipeline.grader import GraderStep
from rft_app.pipeline.topics import TopicsStep

STEPS: tuple[Step, ...] = (
    ExtractStep(),
    TopicsStep(),
    CoverageStep(),
    GraderStep(),
    DryRunStep(),
)
