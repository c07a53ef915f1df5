"""`rft run`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from rft_app.cli.dataset_argument import DatasetArgument
from rft_app.cli.output import JsonOption


class Goal(StrEnum):
    """The step that `rft run` stops after."""

    EXTRACT = "extract"
    TOPICS = "topics"
    COVERAGE = "coverage"
    GRADER = "grader"
    DRY_RUN = "dry_run"


def run(  # noqa: PLR0913  # one parameter per option
    dataset: DatasetArgument,
    until: Annotated[Goal, typer.Option(help="The last step to run.")] = Goal.DRY_RUN,
    grader: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            readable=True,
            help="Script (.py with grade(sample, item) -> float) or settings (.json).",
        ),
    ] = None,
    sample_size: Annotated[int | None, typer.Option(min=1, help="Records to dry-run.")] = None,
    rollouts: Annotated[int | None, typer.Option(min=1, help="Rollouts of each record.")] = None,
    model: Annotated[
        str | None,
        typer.Option(help="Ask this model for the answers; without it recorded ones are graded."),
    ] = None,
    recorded: Annotated[
        bool, typer.Option("--recorded", help="Grade recorded answers, whatever the last run did.")
    ] = False,
    temperature: Annotated[
        float | None, typer.Option(min=0, max=2, help="Of the answers; 1 unless told.")
    ] = None,
    max_tokens: Annotated[
        int | None, typer.Option(min=1, help="Of an answer; 512 unless told.")
    ] = None,
    budget: Annotated[
        float | None, typer.Option(min=0.01, help="Stop the dry run at this cost, in USD.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Of the topics and of the dry run.")] = None,
    pass_reward: Annotated[
        float | None,
        typer.Option(min=0.001, max=1, help="The reward from which an answer passes; 1 first."),
    ] = None,
    stratify: Annotated[
        bool | None,
        typer.Option(
            "--stratify/--no-stratify",
            help="Choose records in proportion to their topics, or from all alike.",
        ),
    ] = None,
    num_topics: Annotated[int | None, typer.Option(min=1, help="Found by itself.")] = None,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Only tell the dry run's tokens, cost and time.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Run the steps that lack a current result, and print the verdict.

    The verdict is a result, not an error: GO, CAUTION and NO_GO all exit with 0; read it from the
    output or from `diagnosis.verdict` with --json. Exit code 1 means that a step failed.
    """
    if estimate and grader is not None:
        raise typer.BadParameter(
            "--estimate is about the saved grader. Save this one with --until grader instead of "
            "--estimate; then ask for the estimate without --grader."
        )
    from rft_app.cli.pipeline_run import RunPlan, run_pipeline

    topics: dict[str, Any] = {"seed": seed, "num_topics": num_topics}
    dry_run: dict[str, Any] = {
        "num_records": sample_size,
        "num_rollouts": rollouts,
        "seed": seed,
        "sampling": _to_sampling(model, temperature=temperature, max_tokens=max_tokens),
        "budget_usd": budget,
        "pass_reward": pass_reward,
        "stratify": stratify,
    }
    settings = {name: value for name, value in dry_run.items() if value is not None}
    if recorded:
        settings["sampling"] = None
    plan = RunPlan(
        dataset_id=dataset,
        until=until.value,
        grader=grader,
        settings={
            "topics": {name: value for name, value in topics.items() if value is not None},
            "dry_run": settings,
        },
        is_estimate=estimate,
    )
    run_pipeline(plan, is_json=json)


def _to_sampling(model: str | None, **options: float | None) -> dict[str, Any] | None:
    given = {name: value for name, value in options.items() if value is not None}
    if model is None:
        if given:
            option = next(iter(given)).replace("_", "-")
            raise typer.BadParameter(f"It needs --model: --{option} is about sampled answers.")
        return None
    return {"model": model, **given}
