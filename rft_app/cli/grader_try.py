"""`rft grader try`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rft_app.cli.dataset_argument import DatasetArgument, resolve_dataset
from rft_app.cli.output import JsonOption, note, write_json, write_line, write_table

if TYPE_CHECKING:
    from rft_app.domain.grading import GradeOutcome
    from rft_app.services.grader_trial import Trial, TriedGrade

_LONGEST = 60
"""Characters of an answer, and of a reason, in the table; `--json` has all."""


def try_(  # noqa: PLR0913  # options of a command
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
    records: Annotated[
        str, typer.Option(help="Ids of records between commas, e.g. rec_12,rec_40.")
    ] = "",
    sample_size: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=20,
            help="Records that are drawn by lot; 5 unless given, none beside --records.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same records for the same seed.")] = 0,
    answers_of: Annotated[
        str | None,
        typer.Option(
            metavar="RUN",
            help="Number or id of a dry run whose answers are graded; recorded ones unless given.",
        ),
    ] = None,
    *,
    json: JsonOption = False,
) -> None:
    """Grade the answers of a few records; no grade is stored. A judge's calls are paid."""
    from rft_app.api.schemas.grader import GraderTest, GraderTestRequest
    from rft_app.api.views import saved_spec
    from rft_app.cli.costs import tell_judge
    from rft_app.cli.pipeline_run import read_grader, require_grader_file
    from rft_app.services.grader_trial import estimate_trial, read_records, try_grader
    from rft_app.storage.session import reading

    chosen = read_records(records)
    require_grader_file(grader)
    dataset_id = resolve_dataset(dataset)
    spec = read_grader(grader) if grader else saved_spec(dataset_id)
    asked = GraderTestRequest(
        sample_size=sample_size, seed=seed, record_ids=list(chosen), answers_of=answers_of
    )
    with reading() as session:
        tell_judge(estimate_trial(session, dataset_id, spec, asked.to_choice()))
    trial = try_grader(dataset_id, spec, asked.to_choice())
    if json:
        write_json(GraderTest.of(trial).to_json())
    else:
        _write(trial)


def _write(trial: "Trial") -> None:
    from rft_app.domain.words import count
    from rft_app.services.grader_trial import sum_up

    write_table(
        ("record", "reward", "answer", "reason", "ms", "cost"),
        [(each.record_id, *_tell(each)) for each in trial.grades],
    )
    spread = sum_up([each.outcome for each in trial.grades])
    if spread is None:
        write_line("None of these answers could be graded, so there is no mean.")
    else:
        others = {"failed": spread.num_failed, "abstained": spread.num_abstained}
        told = "".join(f", {number} {name}" for name, number in others.items() if number)
        write_line(
            f"mean {spread.mean:.2f}, {spread.low:.2f} to {spread.high:.2f}, n = {spread.n}{told}"
        )
    if trial.notice:
        write_line(trial.notice)
    if (latency := trial.latency) is not None:
        write_line(f"latency p50 {latency.p50_ms:,.1f} ms, p95 {latency.p95_ms:,.1f} ms")
    if trial.paid is not None:
        note(f"{count(trial.paid.num_calls, 'call')} paid, {_price(trial.paid.cost_usd)}")


def _tell(each: "TriedGrade") -> tuple[str, ...]:
    from rft_app.domain.grading import Verdict

    reward = f"{each.outcome.reward:.2f}" if isinstance(each.outcome, Verdict) else "–"
    latency = "–" if each.latency_ms is None else f"{each.latency_ms:,.1f}"
    cost = "–" if each.paid is None else _price(each.paid.cost_usd)
    return reward, _shorten(each.output_text), _shorten(_why(each.outcome)), latency, cost


def _why(outcome: "GradeOutcome") -> str:
    from rft_app.domain.grading import GradingFailure

    if isinstance(outcome, GradingFailure):
        return f"{outcome.failure_kind}: {outcome.message}"
    return outcome.reason or ""


def _price(cost_usd: float | None) -> str:
    return "cost unknown" if cost_usd is None else f"${cost_usd:.4f}"


def _shorten(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _LONGEST else f"{flat[:_LONGEST]} …"
