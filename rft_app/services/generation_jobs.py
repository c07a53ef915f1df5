"""The jobs that ask a model for records."""

from typing import Any

from rft_app.domain.generation import GenerationReport
from rft_app.jobs.context import JobContext
from rft_app.services.generation import GENERATE, prepare_units, read_settings
from rft_app.services.regeneration import REGENERATE, prepare_regeneration
from rft_app.storage.generation_runs import GenerationRun, add_run, find_run_by_job
from rft_app.storage.session import unit_of_work


class GenerateRecords:
    """Makes candidates by a plan."""

    name = GENERATE
    label = "Generation of records"

    def run(self, context: JobContext) -> dict[str, Any]:
        """Plan unless this job has a plan, then ask for what is missing.

        Raises:
            ConflictError: Nothing is left to generate.
            ProviderError: Not one candidate came of it.
        """
        dataset_id = context.required_dataset_id
        with unit_of_work() as session:
            run = find_run_by_job(session, context.job_id)
            if run is None:
                units = prepare_units(session, dataset_id, context.args)
                settings = read_settings(context.args["settings"])
                run = add_run(session, dataset_id, context.job_id, settings, units)
        return _work(context, run).model_dump(mode="json")


class RegenerateRecords:
    """Makes some candidates again, each in the place of the old one."""

    name = REGENERATE
    label = "Generation again"

    def run(self, context: JobContext) -> dict[str, Any]:
        """As `GenerateRecords`, for the candidates that the job names."""
        dataset_id = context.required_dataset_id
        with unit_of_work() as session:
            run = find_run_by_job(session, context.job_id)
            if run is None:
                settings, units = prepare_regeneration(
                    session, dataset_id, context.args["candidate_ids"]
                )
                run = add_run(session, dataset_id, context.job_id, settings, units)
        return _work(context, run).model_dump(mode="json")


def _work(context: JobContext, run: GenerationRun) -> GenerationReport:
    from rft_app.services.generation_run import Generation  # openai takes a second to import

    return run.report or Generation(context, run).work()
