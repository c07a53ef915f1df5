"""`rft grader attack`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rft_app.cli.output import JsonOption, note, write_json, write_line, write_table

if TYPE_CHECKING:
    from rft_app.domain.grader import GraderSpec
    from rft_app.services.grader_attacks import AttackFinding, AttackReport, Spread


def attack(
    dataset: Annotated[str, typer.Argument(help="Id or name.")],
    grader: Annotated[
        Path | None,
        typer.Option(help="A .py script or a .json file; the saved grader unless given."),
    ] = None,
    sample_size: Annotated[int, typer.Option(min=1, max=10, help="Records that are attacked.")] = 5,
    seed: Annotated[int, typer.Option(help="The same records for the same seed.")] = 0,
    *,
    json: JsonOption = False,
) -> None:
    """Grade answers that no good model gives, and mark rewards that are suspicious."""
    from rft_app.api.schemas.grader_attack import GraderAttack
    from rft_app.api.views import saved_spec
    from rft_app.cli.installation import ensure_schema
    from rft_app.cli.pipeline_run import read_grader
    from rft_app.services.datasets import get_dataset
    from rft_app.services.grader_attacks import attack_grader
    from rft_app.storage.session import reading

    ensure_schema()
    with reading() as session:
        dataset_id = get_dataset(session, dataset).id
    spec = read_grader(grader) if grader else saved_spec(dataset_id)
    _tell_cost(dataset_id, spec, sample_size, seed)
    report = attack_grader(dataset_id, spec, sample_size, seed)
    if json:
        write_json(GraderAttack.of(report).to_json())
    else:
        _write(report)


def _tell_cost(dataset_id: str, spec: "GraderSpec", sample_size: int, seed: int) -> None:
    """Say what a judge will cost, before anybody is asked."""
    from rft_app.cli.pipeline_run import describe_price
    from rft_app.services.grader_attacks import estimate_attack
    from rft_app.storage.session import reading

    with reading() as session:
        found = estimate_attack(session, dataset_id, spec, sample_size, seed)
    if found is not None and not found.obstacle:
        price = describe_price(found.cost)
        note(f"Judge: asks {found.model}, estimated cost {price}. {found.cost.formula}")


def _write(report: "AttackReport") -> None:
    from rft_app.domain.words import count

    own = report.recorded.mean
    told = "no recorded answer was graded" if own is None else f"recorded answers get {own:.2f}"
    write_line(
        f"{count(report.num_records, 'record')} · {told} · suspicious from {report.limit:.2f}"
    )
    write_table(
        ("attack", "mean", "graded", "suspicious"),
        [(one.label, _mean(one.spread), _describe(one), one.suspicion) for one in report.findings],
    )
    if report.paid is not None:
        cost = report.paid.cost_usd
        paid = "cost unknown" if cost is None else f"${cost:.4f}"
        note(f"{count(report.paid.num_calls, 'call')} paid, {paid}")


def _mean(spread: "Spread") -> str:
    return "–" if spread.mean is None else f"{spread.mean:.2f}"


def _describe(finding: "AttackFinding") -> str:
    spread = finding.spread
    others = {
        "failed": spread.num_failed,
        "abstained": spread.num_abstained,
        "not applicable": finding.num_not_applicable,
    }
    return ", ".join(
        [
            str(len(spread.rewards)),
            *(f"{number} {name}" for name, number in others.items() if number),
        ]
    )
