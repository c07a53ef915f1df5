"""Step 3: how the trainable records spread over the topics against their targets."""

from pydantic import BaseModel, ConfigDict

from rft_app.domain.coverage import analyse_coverage
from rft_app.domain.pipeline import StepName, StepResult, StepStatus
from rft_app.errors import ConflictError
from rft_app.jobs.context import JobContext
from rft_app.pipeline._base import fingerprint
from rft_app.storage.session import reading
from rft_app.storage.step_inputs import StepInputs
from rft_app.storage.topics import count_trainable, get_tree


class CoverageSettings(BaseModel):
    """Nothing: targets belong to the topics."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class CoverageStep:
    """Measures shares, gaps and balance; counts are kept, so it takes no scan."""

    name = StepName.COVERAGE
    settings_type = CoverageSettings

    def input_hash(self, inputs: StepInputs, settings: BaseModel) -> str:
        """The records, the topics and their targets."""
        return fingerprint(records=inputs.records, topics=inputs.topics, targets=inputs.targets)

    def run(self, context: JobContext, dataset_id: str, settings: BaseModel) -> StepResult:
        """Analyse; the facts are the report.

        Raises:
            ConflictError: There are no topics yet.
            InvalidInputError: No record has a topic, or the targets do not add up.
        """
        with reading() as session:
            tree = get_tree(session, dataset_id)
            counts = count_trainable(session, dataset_id)
        if not tree.nodes:
            raise ConflictError("There are no topics yet. Run Topics & Category first.")
        report = analyse_coverage(counts.by_leaf, tree.targets, counts.num_without_topic)
        context.progress(report.num_records, report.num_records)
        return StepResult(
            outcome=StepStatus.COMPLETE,
            summary=report.summary,
            facts=report.model_dump(mode="json"),
        )
