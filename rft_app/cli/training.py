"""`rft train` and `rft compare`."""

import shlex
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer._click import Command, Context
from typer.core import TyperGroup

from rft_app.cli.dataset_argument import DatasetArgument, resolve_dataset
from rft_app.cli.output import JsonOption, note, write_json, write_line, write_table

if TYPE_CHECKING:
    from rft_app.domain.training_comparison import TrainingComparison
    from rft_app.domain.training_remote import RemoteTraining
    from rft_app.domain.training_run import (
        Checkpoint,
        TrainingMetric,
        TrainingOutcome,
        TrainingRun,
    )
    from rft_app.services.training_orders import TrainingRequest
    from rft_app.services.tuned_models import AdapterPlace

START = "start"
RunId = Annotated[str, typer.Argument(metavar="RUN", help="The training, e.g. train_01k3….")]


class StartsByDefault(TyperGroup):
    """`rft train DATASET` means `rft train start DATASET`."""

    def resolve_command(
        self, ctx: Context, args: list[str]
    ) -> tuple[str | None, Command | None, list[str]]:
        """Take what is no verb for a dataset."""
        known = self.list_commands(ctx)
        return super().resolve_command(ctx, args if args[0] in known else [START, *args])


app = typer.Typer(
    cls=StartsByDefault,
    help="Train a model: `rft train DATASET`, or one of the verbs below.",
    no_args_is_help=True,
)


@app.command(START)
def start(  # noqa: PLR0913  # one parameter per option
    dataset: DatasetArgument,
    base_model: Annotated[
        str | None,
        typer.Option(
            "--base-model",
            "--model",
            help="A local folder; the embedded model unless given. Of a provider, its model.",
        ),
    ] = None,
    preset: Annotated[str, typer.Option(help="quick, standard or thorough.")] = "quick",
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="A value of the preset, e.g. learning_rate=1e-4; repeatable."),
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1, max=20, help="At most.")] = None,
    effort: Annotated[str | None, typer.Option(help="low, medium or high.")] = None,
    train_ratio: Annotated[
        float | None, typer.Option(min=0.5, max=0.95, help="Share of the records to train on.")
    ] = None,
    stratify: Annotated[
        bool | None,
        typer.Option("--stratify/--no-stratify", help="Split each topic by itself, or all alike."),
    ] = None,
    test_generated: Annotated[
        bool | None,
        typer.Option(
            "--test-generated/--no-test-generated",
            help="Whether generated records may be held out, too.",
        ),
    ] = None,
    reason: Annotated[str, typer.Option(help="Why to train against a NO_GO.")] = "",
    trainer: Annotated[
        str, typer.Option(help="Where: trl_local, openai_compatible, ray, ray_verl.")
    ] = "trl_local",
    provider: Annotated[
        str | None, typer.Option(help="Which provider trains; the first unless given.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Only tell what it would take.")] = False,
    json: JsonOption = False,
) -> None:
    """Train a model with the dataset's grader and compare it with its base (also without `start`).

    Interrupting it asks the training to stop; its best checkpoint is kept.
    """
    request = _read_request(
        trainer=trainer,
        provider=provider,
        preset=preset,
        settings=_read_settings(settings or []),
        base_model=base_model,
        train_ratio=train_ratio,
        stratify_by_topic=stratify,
        test_generated=test_generated,
        num_epochs=epochs,
        effort=effort,
        reason=reason,
    )
    from rft_app.cli.training_prospect import tell_prospect

    dataset_id = resolve_dataset(dataset)
    tell_prospect(dataset_id, request, is_check=check, is_json=json)
    if not check:
        _train(dataset_id, request, is_json=json)


def _read_settings(given: list[str]) -> dict[str, Any]:
    pairs = [one.partition("=") for one in given]
    for name, sign, _ in pairs:
        if not sign:
            raise typer.BadParameter(f"--set takes name=value, not {name!r}.")
    return {name.strip(): value.strip() for name, _, value in pairs}


def _read_request(**values: object) -> "TrainingRequest":
    from pydantic import ValidationError

    from rft_app.services.training_orders import TrainingRequest

    try:
        return TrainingRequest.model_validate(values)
    except ValidationError as error:
        fault = error.errors()[0]
        raise typer.BadParameter(f"{fault['loc'][0]}: {fault['msg']}.") from error


def _train(dataset_id: str, request: "TrainingRequest", *, is_json: bool) -> None:
    from rft_app.services.training_runs import start_training
    from rft_app.storage.session import unit_of_work

    with unit_of_work() as session:
        run = start_training(session, dataset_id, request)
    note(f"Training {run.id}")
    _follow(run, is_json=is_json)


def _follow(run: "TrainingRun", *, is_json: bool) -> None:
    from rft_app.cli.following import following
    from rft_app.jobs.queue import get_job
    from rft_app.services.training_runs import get_training
    from rft_app.storage.session import reading

    with reading() as session:
        job = get_job(session, run.job_id)
    with following() as follower:
        follower.follow(job, "Training")
    with reading() as session:
        _write(get_training(session, run.id), is_json=is_json)


def _write(run: "TrainingRun", *, is_json: bool) -> None:
    if is_json:
        from rft_app.api.schemas.training_run import TrainingJob

        write_json(TrainingJob.of(run).to_json())
        return
    from rft_app.services.training_runs import list_alerts, list_metrics
    from rft_app.storage.session import reading

    with reading() as session:
        alerts = list_alerts(session, run.id)
        before = list_metrics(session, run.id, limit=1)
    write_line(f"{run.id}  {run.status}  {_describe_course(run)}".rstrip())
    if run.error:
        write_line(run.error)
    _write_where(run)
    _write_tuned(run)
    if run.best is not None:
        write_line(f"best checkpoint: step {run.best.step}, {_describe_best(run.best, before)}")
    for alert in alerts:
        write_line(f"alert: {alert.finding} {alert.remedy}")
    if run.outcome is not None and run.outcome.stopped:
        write_line(f"stopped early: {run.outcome.stopped}")
    if run.outcome is not None:
        _write_outcome(run.outcome)


def _describe_course(run: "TrainingRun") -> str:
    """How far it is, or came."""
    if not run.status.is_settled:
        return run.words
    if not run.num_done:
        return ""
    total = f" of {run.total_steps:,}" if run.total_steps > run.num_done else ""
    return f"{run.num_done:,}{total} steps"


def _describe_best(best: "Checkpoint", before: "list[TrainingMetric]") -> str:
    """Its validation reward beside that of the base model, where the first metrics tell it."""
    if best.validation_reward is None:
        return "not validated"
    told = before[0].values if before and before[0].step == 0 else {}
    base = told.get("validation_reward")
    shown = f"validation reward {best.validation_reward:.3f}"
    return shown if base is None else f"{shown} (base model {base:.3f})"


def _write_outcome(outcome: "TrainingOutcome") -> None:
    if outcome.not_compared:
        write_line(f"not compared: {outcome.not_compared}")
    if outcome.paid is not None:
        told = outcome.paid.describe_spend()
        write_line(f"comparing: {outcome.paid.num_calls:,} calls{', ' + told if told else ''}")
    if outcome.comparison is not None:
        _write_comparison(outcome.comparison)


def _write_where(run: "TrainingRun") -> None:
    if run.place is not None:
        write_line(f"computes on: {run.place.describe()}")
    if run.remote is not None:
        _write_remote(run.remote)


def _write_remote(remote: "RemoteTraining") -> None:
    write_line(f"at {remote.provider}: {remote.job_id or 'no job yet'}  {remote.status}".rstrip())
    if remote.model:
        write_line(f"tuned model: {remote.provider}/{remote.model}")


def _write_tuned(run: "TrainingRun") -> None:
    from rft_app.services.tuned_models import find_place, name_tuned_model

    if (name := name_tuned_model(run)) is not None:
        write_line(f"tuned model: {name}")
    elif run.outcome is not None and (place := find_place(run)) is not None:
        _write_place(place)


def _write_place(place: "AdapterPlace") -> None:
    if not place.command:
        write_line(f"adapter: {place.folder}")
        write_line(f"tuned model: {place.model}, served here once its training has ended")
        return
    write_line(f"adapter: {place.folder}")
    write_line(f"serve it: {place.command}")
    write_line(
        "then: rft providers add tuned --url http://127.0.0.1:8000/v1 "
        f"--model {shlex.quote(place.base_model)} --model {place.model}"
    )


def _write_comparison(found: "TrainingComparison") -> None:
    write_line(found.words)
    for words in found.costs:
        write_line(words)
    write_line(
        f"base {found.base_mean:.3f}, tuned {found.tuned_mean:.3f}; {found.num_better} better, "
        f"{found.num_worse} worse, {found.num_same} the same, {found.num_ungraded} not graded"
    )
    write_table(
        ("TOPIC", "RECORDS", "BASE", "TUNED", "DIFFERENCE"),
        [
            (
                one.topic,
                str(one.n),
                *(f"{x:.3f}" for x in (one.base_mean, one.tuned_mean)),
                f"{one.difference:+.3f}",
            )
            for one in found.topics
        ],
    )


@app.command()
def status(run: RunId, json: JsonOption = False) -> None:
    """How a training stands."""
    from rft_app.cli.installation import ensure_schema
    from rft_app.services.training_runs import get_training
    from rft_app.storage.session import reading

    ensure_schema()
    with reading() as session:
        _write(get_training(session, run), is_json=json)


@app.command()
def adapter(run: RunId, json: JsonOption = False) -> None:
    """Where the best adapter of a training is, and what serves it."""
    from rft_app.api.schemas.training_comparison import Adapter
    from rft_app.cli.installation import ensure_schema
    from rft_app.services.training_runs import find_adapter
    from rft_app.storage.session import reading

    ensure_schema()
    with reading() as session:
        place = find_adapter(session, run)
    if json:
        write_json(Adapter.of(place).to_json())
    else:
        _write_place(place)


@app.command("list")
def list_all(dataset: DatasetArgument, json: JsonOption = False) -> None:
    """The trainings of a dataset, newest first."""
    from rft_app.api.schemas.training_run import TrainingJob
    from rft_app.services.training_runs import list_trainings
    from rft_app.storage.session import reading

    dataset_id = resolve_dataset(dataset)
    with reading() as session:
        found = list_trainings(session, dataset_id)
    if json:
        write_json([TrainingJob.of(run).to_json() for run in found])
        return
    write_table(
        ("ID", "STATUS", "STEP", "RESULT"),
        [
            (run.id, run.status.value, f"{run.num_done}/{run.total_steps}", _result(run))
            for run in found
        ],
    )


def _result(run: "TrainingRun") -> str:
    found = None if run.outcome is None else run.outcome.comparison
    return "–" if found is None else f"{found.difference:+.3f} {found.finding}"


@app.command()
def cancel(run: RunId) -> None:
    """Ask a training to stop; its best checkpoint is kept."""
    from rft_app.cli.installation import ensure_schema
    from rft_app.services.training_runs import cancel_training
    from rft_app.storage.session import unit_of_work

    ensure_schema()
    with unit_of_work() as session:
        found = cancel_training(session, run)
    write_line(f"{found.id} was asked to stop; its best checkpoint is kept.")


@app.command()
def finish(run: RunId) -> None:
    """Make no further step and compare the best checkpoint with the base model."""
    from rft_app.cli.installation import ensure_schema
    from rft_app.services.training_runs import finish_training
    from rft_app.storage.session import unit_of_work

    ensure_schema()
    with unit_of_work() as session:
        found = finish_training(session, run)
    write_line(f"{found.id} stops after this step; its best checkpoint is compared.")


@app.command()
def resume(run: RunId, json: JsonOption = False) -> None:
    """Go on with one that failed or was cancelled, from its last whole checkpoint."""
    from rft_app.cli.installation import ensure_schema
    from rft_app.services.training_runs import resume_training
    from rft_app.storage.session import unit_of_work

    ensure_schema()
    with unit_of_work() as session:
        found = resume_training(session, run)
    _follow(found, is_json=json)


def compare(
    run: RunId,
    again: Annotated[
        bool, typer.Option("--again", help="Judge again the answers that have no grade, first.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Base against tuned model on held-out records."""
    from rft_app.api.schemas.training_comparison import TrainingComparison
    from rft_app.cli.installation import ensure_schema
    from rft_app.services.training_runs import get_comparison
    from rft_app.storage.session import reading

    ensure_schema()
    if again:
        _compare_again(run)
    with reading() as session:
        found = get_comparison(session, run)
    if json:
        write_json(TrainingComparison.of(found).to_json())
    else:
        _write_comparison(found)


def _compare_again(run: str) -> None:
    from rft_app.cli.following import following
    from rft_app.services.comparing_again import compare_again
    from rft_app.storage.session import unit_of_work

    with unit_of_work() as session:
        job = compare_again(session, run)
    with following() as follower:
        follower.follow(job, "Comparison")
