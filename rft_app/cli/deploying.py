"""`rft deploy`, `rft deployments`, `rft adjust`, `rft promote`, `rft rollback`."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from rft_app.cli.dataset_argument import DatasetArgument, resolve_dataset
from rft_app.cli.output import JsonOption, note, write_json, write_line, write_table
from rft_app.domain.words import count

if TYPE_CHECKING:
    from rft_app.domain.deployment import Deployment
    from rft_app.services.deployment_figures import DeploymentReport, VariantFigures

Named = Annotated[str, typer.Argument(metavar="ALIAS", help="Alias or id of the deployment.")]
Reason = Annotated[str, typer.Option(help="Why; it is kept in the history.")]
_HEADER = (
    "MODEL",
    "REQUESTS",
    "ERRORS",
    "P50",
    "P95",
    "TOKENS IN",
    "TOKENS OUT",
    "FEEDBACK",
    "REWARD",
)


class Mode(StrEnum):
    """How a deployment takes traffic."""

    REPLACE = "replace"
    NEW_ENDPOINT = "new_endpoint"
    AB_TEST = "ab_test"
    SHADOW = "shadow"


def deploy(  # noqa: PLR0913  # each is an option
    dataset: DatasetArgument,
    *,
    tuned: Annotated[str, typer.Option(help="The tuned model, as PROVIDER/MODEL.")],
    base: Annotated[str, typer.Option(help="The model it is compared with.")] = "",
    alias: Annotated[
        str, typer.Option(help="Model name that clients send; the base's own unless given.")
    ] = "",
    mode: Annotated[
        Mode, typer.Option(help="shadow: the base answers, the tuned model is asked behind it.")
    ] = Mode.AB_TEST,
    ratio: Annotated[
        float, typer.Option(help="Share of the tuned model in an A/B test, 0 to 1.")
    ] = 0.1,
    graded: Annotated[
        float, typer.Option(help="Share of the answers that the grader looks at, 0 to 1.")
    ] = 0.1,
    max_graded_per_day: Annotated[
        int, typer.Option(help="Most answers in a day for a grader that asks a model.")
    ] = 200,
    reason: Annotated[str, typer.Option(help="Why; it is kept in the history.")] = "",
    json: JsonOption = False,
) -> None:
    """Let an alias of the gateway go to a tuned model."""
    from pydantic import ValidationError

    from rft_app.domain.deployment import DeploymentDraft, DeployMode, explain_fault
    from rft_app.services import deployments as use_cases
    from rft_app.services.traffic_grading import tell_live_grading
    from rft_app.storage.session import unit_of_work

    try:
        draft = DeploymentDraft(
            mode=DeployMode(mode.value),
            ab_test_share=ratio,
            alias=alias,
            base_model=base,
            tuned_model=tuned,
            graded_share=graded,
            max_graded_per_day=max_graded_per_day,
        )
    except ValidationError as error:
        raise typer.BadParameter(explain_fault(error).message) from error
    dataset_id = resolve_dataset(dataset)
    with unit_of_work() as session:
        made = use_cases.deploy(session, dataset_id, draft, reason=reason)
        ungraded = tell_live_grading(session, dataset_id) if graded else ""
    if not json:
        note(f"Clients that call {made.alias} at /gateway/v1 get it within a second.")
    if ungraded:
        note(f"Live answers will not be graded. {ungraded}")
    _write(made, is_json=json)


def deployments(
    name: Annotated[
        str, typer.Argument(metavar="[ALIAS]", help="Show the figures of this one.")
    ] = "",
    json: JsonOption = False,
) -> None:
    """All deployments; with a name, what each of its models did."""
    from rft_app.cli.installation import ensure_schema
    from rft_app.services import deployments as use_cases
    from rft_app.services.deployment_figures import report_deployment
    from rft_app.storage import deployments as stored
    from rft_app.storage.session import reading

    ensure_schema()
    if name:
        with reading() as session:
            report = report_deployment(session, use_cases.get_deployment(session, name))
        _write_report(report, is_json=json)
        return
    with reading() as session:
        found = stored.list_deployments(session)
    if json:
        from rft_app.api.schemas.deployment import Deployment

        write_json([Deployment.of(one).to_json() for one in found])
        return
    if not found:
        note("Nothing is deployed. `rft deploy DATASET --base MODEL --tuned MODEL` begins.")
        return
    write_table(
        ("ALIAS", "MODE", "TRAFFIC", "BASE", "TUNED", "STATE", "DATASET"),
        (
            (
                one.alias,
                one.mode.value,
                one.summary,
                one.base_model or "–",
                one.tuned_model,
                one.state.value.replace("_", " "),
                one.dataset_id,
            )
            for one in found
        ),
    )


def adjust(
    name: Named,
    *,
    reason: Reason,
    ratio: Annotated[float | None, typer.Option(help="Share of the tuned model, 0 to 1.")] = None,
    graded: Annotated[
        float | None, typer.Option(help="Share of the answers that the grader looks at.")
    ] = None,
    max_graded_per_day: Annotated[
        int | None, typer.Option(help="Most answers in a day for a grader that asks a model.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Change the share of the tuned model, or how much is graded."""
    from rft_app.cli.installation import ensure_schema
    from rft_app.domain.deployment import DeploymentChange
    from rft_app.services import deployments as use_cases
    from rft_app.storage.session import unit_of_work

    ensure_schema()
    change = DeploymentChange(
        ab_test_share=ratio, graded_share=graded, max_graded_per_day=max_graded_per_day
    )
    with unit_of_work() as session:
        changed = use_cases.adjust(session, name, change, reason=reason)
    _write(changed, is_json=json)


def promote(name: Named, *, reason: Reason, json: JsonOption = False) -> None:
    """Let the tuned model answer all of an alias."""
    from rft_app.cli.installation import ensure_schema
    from rft_app.services import deployments as use_cases
    from rft_app.storage.session import unit_of_work

    ensure_schema()
    with unit_of_work() as session:
        changed = use_cases.promote(session, name, reason=reason)
    _write(changed, is_json=json)


def rollback(name: Named, *, reason: Reason, json: JsonOption = False) -> None:
    """Let the base answer all of an alias again."""
    from rft_app.cli.installation import ensure_schema
    from rft_app.services import deployments as use_cases
    from rft_app.storage.session import unit_of_work

    ensure_schema()
    with unit_of_work() as session:
        changed = use_cases.roll_back(session, name, reason=reason)
    _write(changed, is_json=json)


def _write(deployment: "Deployment", *, is_json: bool) -> None:
    if is_json:
        from rft_app.api.schemas.deployment import Deployment

        write_json(Deployment.of(deployment).to_json())
        return
    write_line(f"{deployment.alias}: {deployment.summary} ({deployment.id})")


def _write_report(report: "DeploymentReport", *, is_json: bool) -> None:
    if is_json:
        from rft_app.api.schemas.deployment import DeploymentReport

        write_json(DeploymentReport.of(report).to_json())
        return
    _write(report.deployment, is_json=False)
    write_table(_HEADER, map(_describe, report.variants))
    write_line(report.evidence)
    for error in report.errors:
        write_line(f"{count(error.number, 'error')} of the {error.variant} model: {error.kind}")
    for told in report.notes:
        note(told)
    for event in report.history:
        why = f": {event.reason}" if event.reason else ""
        doing = event.action.value.replace("_", " ")
        write_line(f"{event.at:%Y-%m-%d %H:%M} UTC  {event.actor} {doing}{why}")


def _describe(one: "VariantFigures") -> tuple[str, ...]:
    reward = "–"
    if one.mean_reward is not None:
        reward = f"{one.mean_reward:.3f} ({one.reward_low:.3f} to {one.reward_high:.3f})"
    return (
        f"{one.variant.value} {one.model}",
        f"{one.num_requests:,}",
        f"{one.num_errors:,}",
        _tell_ms(one.latency_p50_ms),
        _tell_ms(one.latency_p95_ms),
        _tell_number(one.input_tokens),
        _tell_number(one.output_tokens),
        "–" if one.mean_feedback is None else f"{one.mean_feedback:.2f} ({one.num_feedback:,})",
        reward,
    )


def _tell_number(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"


def _tell_ms(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f} ms"
