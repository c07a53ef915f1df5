"""`rft grader attack`."""

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rft_app.cli.dataset_argument import DatasetArgument, resolve_dataset
from rft_app.cli.output import JsonOption, note, write_json, write_line, write_table

if TYPE_CHECKING:
    from collections.abc import Generator

    from rft_app.domain.grader import GraderSpec
    from rft_app.domain.paid import PaidTotals
    from rft_app.services.grader_attacks import AttackFinding, AttackReport, Spread
    from rft_app.services.grading_watch import OnProgress


def attack(
    dataset: DatasetArgument,
    grader: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            readable=True,
            help="A .py script or a .json file; the saved grader unless given.",
        ),
    ] = None,
    sample_size: Annotated[int, typer.Option(min=1, max=10, help="Records that are attacked.")] = 5,
    seed: Annotated[int, typer.Option(help="The same records for the same seed.")] = 0,
    *,
    json: JsonOption = False,
) -> None:
    """Grade answers that no good model gives, and mark rewards that are suspicious."""
    from rft_app.api.schemas.grader_attack import GraderAttack
    from rft_app.api.views import saved_spec
    from rft_app.cli.pipeline_run import read_grader, require_grader_file
    from rft_app.services.grader_attacks import attack_grader, describe_problem
    from rft_app.services.grading_watch import Watch

    require_grader_file(grader)
    dataset_id = resolve_dataset(dataset)
    spec = read_grader(grader) if grader else saved_spec(dataset_id)
    _tell_cost(dataset_id, spec, sample_size, seed)
    with _shown() as show:
        watch = Watch(show)
        try:
            report = attack_grader(dataset_id, spec, sample_size, seed, watch)
        except KeyboardInterrupt:
            _tell_paid(watch.paid)
            raise
    if json:
        write_json(GraderAttack.of(report).to_json())
    else:
        _write(report)
    if report.problem:
        note(f"Stopped: {describe_problem(report)}")
        raise typer.Exit(1)


def _tell_cost(dataset_id: str, spec: "GraderSpec", sample_size: int, seed: int) -> None:
    """Say what a judge will cost, before anybody is asked."""
    from rft_app.cli.costs import tell_judge
    from rft_app.services.grader_attacks import estimate_attack
    from rft_app.storage.session import reading

    with reading() as session:
        tell_judge(estimate_attack(session, dataset_id, spec, sample_size, seed))


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
    if report.notice:
        write_line(report.notice)
    _tell_paid(report.paid)


def _tell_paid(paid: "PaidTotals | None") -> None:
    from rft_app.cli.verdict import describe_cost
    from rft_app.domain.words import count

    if paid is not None:
        lost = f"; {paid.lost}" if paid.lost else ""
        note(f"{count(paid.num_calls, 'call')} paid, {describe_cost(paid)}{lost}")


@contextmanager
def _shown() -> "Generator[OnProgress]":
    """A bar on a terminal, which goes when it is over; else nothing, for it takes seconds."""
    if not sys.stderr.isatty():
        yield lambda _num_done, _num_all: None
        return
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress

    columns = (*Progress.get_default_columns(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("Answers graded", total=None)
        yield lambda num_done, num_all: progress.update(bar, completed=num_done, total=num_all)


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
