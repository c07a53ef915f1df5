"""`rft dry-runs`: the dry runs of a dataset, two of them compared, answers with their grades."""

from typing import TYPE_CHECKING, Annotated

import typer

from rft_app.cli.dataset_argument import DatasetArgument, resolve_dataset
from rft_app.cli.output import JsonOption, note, write_json, write_line, write_table
from rft_app.domain.grading import FailureKind, GradeOrder

if TYPE_CHECKING:
    from rft_app.domain.dry_run import DryRun
    from rft_app.domain.dry_run_comparison import DryRunComparison, FigurePair, RecordPair
    from rft_app.services.dry_run_comparison import RecordPairs
    from rft_app.services.dry_runs import GradedRollout

app = typer.Typer(
    help="Dry runs of a dataset: list, show, compare, rollouts.", no_args_is_help=True
)
RUN_HELP = "Number or id; see `rft dry-runs list`."
SHOWN_CHARACTERS = 60


@app.command("list")
def list_runs(
    dataset: DatasetArgument,
    before: Annotated[
        int | None, typer.Option(min=1, help="Only those before the one of this number.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="Most of them.")] = 50,
    json: JsonOption = False,
) -> None:
    """Dry runs newest first, running and cancelled ones included."""
    from rft_app.api.schemas.dry_run_history import DryRunSummary
    from rft_app.services.dry_runs import list_dry_runs
    from rft_app.services.grader_versions import label_versions
    from rft_app.storage.session import reading

    dataset_id = resolve_dataset(dataset)
    with reading() as session:
        found = list_dry_runs(session, dataset_id, before=before, limit=limit)
        labels = label_versions(session, {run.grader_version_id for run in found})
    if json:
        write_json([DryRunSummary.of(run).to_json() for run in found])
        return
    if not found:
        note("There is no such dry run. `rft run DATASET` makes one.")
        return
    write_table(
        ("NUMBER", "ID", "GRADER", "VERDICT", "MEAN", "FAILED", "DONE"),
        (_describe_run(run, labels.get(run.grader_version_id, "–")) for run in found),
    )
    if len(found) == limit and found[-1].number > 1:
        note(f"More: --before {found[-1].number}")


@app.command()
def show(
    dataset: DatasetArgument,
    run: Annotated[
        str | None, typer.Argument(metavar="RUN", help=f"{RUN_HELP} The last finished one else.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """The verdict of one, as `rft run` prints it."""
    from rft_app.cli.verdict import print_verdict
    from rft_app.cli.wire import dry_run_json
    from rft_app.services.dry_runs import get_named_run
    from rft_app.storage.session import reading

    dataset_id = resolve_dataset(dataset)
    with reading() as session:
        found = get_named_run(session, dataset_id, run)
    if json:
        write_json(dry_run_json(found))
    else:
        print_verdict(found)


@app.command()
def compare(
    dataset: DatasetArgument,
    first: Annotated[str, typer.Argument(metavar="FIRST", help=RUN_HELP)],
    second: Annotated[str, typer.Argument(metavar="SECOND", help=RUN_HELP)],
    records: Annotated[
        bool, typer.Option("--records", help="Every record that both graded, largest falls first.")
    ] = False,
    cursor: Annotated[int, typer.Option(min=0, help="As the page before said.")] = 0,
    json: JsonOption = False,
) -> None:
    """How the second of two finished dry runs differs from the first."""
    from rft_app.api.schemas.dry_run_history import DryRunComparison
    from rft_app.services.dry_run_comparison import compare_dry_runs, list_record_pairs
    from rft_app.services.dry_runs import get_named_run
    from rft_app.storage.session import reading

    dataset_id = resolve_dataset(dataset)
    with reading() as session:
        ours, theirs = (get_named_run(session, dataset_id, name) for name in (first, second))
        if records:
            runs = (ours.id, theirs.id)
            page = list_record_pairs(session, dataset_id, runs, offset=cursor)
            _print_pairs(page, (f"RUN {ours.number}", f"RUN {theirs.number}"), is_json=json)
            return
        found = compare_dry_runs(session, dataset_id, ours.id, theirs.id)
    if json:
        write_json(DryRunComparison.of(found).to_json())
    else:
        _print_comparison(found)


@app.command()
def rollouts(  # noqa: PLR0913  # options of a command
    dataset: DatasetArgument,
    run: Annotated[
        str | None, typer.Argument(metavar="RUN", help=f"{RUN_HELP} The last finished one else.")
    ] = None,
    order: Annotated[GradeOrder, typer.Option(help="Which, and in what order.")] = GradeOrder.ALL,
    error_kind: Annotated[
        FailureKind | None, typer.Option(help="Only failures of this kind.")
    ] = None,
    topic: Annotated[str | None, typer.Option(help="Only those of this topic.")] = None,
    lot: Annotated[bool, typer.Option("--lot", help="Some picked by lot, of all.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of --lot.")] = 0,
    cursor: Annotated[str | None, typer.Option(help="As the page before said.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="Most of them.")] = 20,
    json: JsonOption = False,
) -> None:
    """Answers of a dry run beside their grades, a page at a time."""
    from rft_app.api.schemas.graded import GradedRollout
    from rft_app.services import dry_runs as use_cases
    from rft_app.storage.session import reading

    if lot and (cursor or error_kind or order is not GradeOrder.ALL):
        raise typer.BadParameter("--lot picks of all: leave out --order, --error-kind, --cursor.")
    dataset_id = resolve_dataset(dataset)
    with reading() as session:
        found = use_cases.get_named_run(session, dataset_id, run)
        if lot:
            rows = use_cases.pick_graded_rollouts(
                session, found.id, topic=topic, seed=seed, limit=limit
            )
            page = use_cases.GradedPage(rows=tuple(rows), next_cursor=None)
        else:
            wanted = use_cases.WantedRollouts(order=order, kind=error_kind, topic=topic)
            page = use_cases.list_graded_rollouts(
                session, found.id, wanted, cursor=cursor, limit=limit
            )
    if json:
        write_json([GradedRollout.of(row).to_json() for row in page.rows])
    elif not page.rows:
        note(f"Dry run {found.number} has none of these.")
    else:
        write_table(("RECORD", "REWARD", "ANSWER", "REASON"), map(_describe_rollout, page.rows))
    if page.next_cursor is not None:
        note(f"More: --cursor {page.next_cursor}")


def _describe_run(run: "DryRun", grader: str) -> tuple[str, ...]:
    report = run.report
    mean = None if report is None or report.statistics is None else report.statistics.mean
    return (
        str(run.number),
        run.id,
        grader,
        "unfinished" if report is None else report.verdict.value,
        "–" if mean is None else f"{mean:.3f}",
        "–" if report is None else f"{report.num_failed:,}",
        f"{run.num_done:,} of {run.num_planned:,}",
    )


def _print_comparison(found: "DryRunComparison") -> None:
    names = [f"RUN {run.number}" for run in (found.first, found.second)]
    write_table(("FIGURE", *names, "DIFFERENCE"), map(_describe_figure, found.figures))
    for rule in found.rules:
        if rule.is_changed:
            ours, theirs = rule.status(rule.first), rule.status(rule.second)
            write_line(f"{rule.label}: {ours.value} → {theirs.value}".replace("_", " "))
    write_line()
    if (pairs := found.paired) is None:
        write_line("No record was graded in both.")
        return
    low, high = pairs.low, pairs.high
    between = "" if low is None or high is None else f", 95% interval {low:+.3f} to {high:+.3f}"
    write_line(
        f"{pairs.n:,} records graded in both: mean difference {pairs.mean:+.3f}{between}; "
        f"{pairs.num_better:,} better, {pairs.num_worse:,} worse, {pairs.num_same:,} as good"
    )
    if changed := [*pairs.most_better, *pairs.most_worse]:
        write_table(("RECORD", *names, "DIFFERENCE"), map(_describe_pair, changed))


def _print_pairs(page: "RecordPairs", names: tuple[str, str], *, is_json: bool) -> None:
    if is_json:
        from rft_app.api.schemas.dry_run_history import RecordPair

        write_json([RecordPair(**pair.model_dump()).to_json() for pair in page.pairs])
    else:
        write_table(("RECORD", *names, "DIFFERENCE"), map(_describe_pair, page.pairs))
    if page.next_offset is not None:
        note(f"More: --records --cursor {page.next_offset}")


def _describe_pair(pair: "RecordPair") -> tuple[str, ...]:
    return pair.record_id, f"{pair.first:.3f}", f"{pair.second:.3f}", f"{pair.difference:+.3f}"


def _describe_figure(pair: "FigurePair") -> tuple[str, ...]:
    def write(value: float | None, sign: str = "") -> str:
        if value is None:
            return "–"
        form = {"count": ",.0f", "share": ".1%"}.get(pair.unit, ".3f")
        return format(value, f"{sign}{form}")

    return (
        pair.name.replace("_", " "),
        write(pair.first),
        write(pair.second),
        write(pair.difference, "+"),
    )


def _describe_rollout(row: "GradedRollout") -> tuple[str, ...]:
    from rft_app.domain.grading import Abstention, FailureKind, GradingFailure

    outcome = row.outcome
    if isinstance(outcome, GradingFailure):
        is_missing = outcome.failure_kind is FailureKind.NOT_SAMPLED
        grade = "not given" if is_missing else "failed"
        reason = f"{outcome.failure_kind.value}: {outcome.message}"
    elif isinstance(outcome, Abstention):
        grade, reason = "abstained", outcome.reason or ""
    else:
        grade, reason = f"{outcome.reward:.3f}", outcome.reason or ""
    return row.record_id, grade, _shorten(row.output_text), _shorten(reason)


def _shorten(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= SHOWN_CHARACTERS else f"{plain[: SHOWN_CHARACTERS - 1]}…"
