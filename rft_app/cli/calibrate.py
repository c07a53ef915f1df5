"""`rft grader calibrate`."""

from typing import TYPE_CHECKING, Annotated

import typer

from rft_app.cli.dataset_argument import DatasetArgument, resolve_dataset
from rft_app.cli.output import JsonOption, note, write_json, write_line, write_table

if TYPE_CHECKING:
    from rft_app.domain.calibration import Coefficient
    from rft_app.services.calibration import Calibration
    from rft_app.services.calibration_grading import GradedLacking


def calibrate(
    dataset: DatasetArgument,
    *,
    grade: Annotated[
        bool, typer.Option("--grade", help="First grade rated answers that lack a grade.")
    ] = False,
    limit: Annotated[
        int | None,
        typer.Option(min=1, max=1000, help="Most answers of --grade; 50 by a judge, else 1,000."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the bootstrap intervals.")] = 0,
    json: JsonOption = False,
) -> None:
    """Compare the saved grader with what people said of the same answers."""
    from rft_app.api.schemas.calibration import CalibrationGrading, GraderCalibration
    from rft_app.services.calibration import get_calibration
    from rft_app.storage.session import reading

    dataset_id = resolve_dataset(dataset)
    done = _grade(dataset_id, limit) if grade else None
    with reading() as session:
        found = get_calibration(session, dataset_id, seed)
    if json:
        told = CalibrationGrading.of(done, found) if done else GraderCalibration.of(found)
        write_json(told.to_json())
    else:
        _write(found)
    if done is not None and done.is_stopped:
        raise typer.Exit(1)


def _grade(dataset_id: str, limit: int | None) -> "GradedLacking":
    """Say what a judge will cost, then grade."""
    from rft_app.cli.costs import tell_judge
    from rft_app.domain.words import count
    from rft_app.services.calibration_grading import estimate_lacking, grade_lacking
    from rft_app.storage.session import reading

    with reading() as session:
        tell_judge(estimate_lacking(session, dataset_id, limit))
    done = grade_lacking(dataset_id, limit)
    note(f"{count(done.num_graded, 'answer')} graded, {done.num_left:,} left")
    if done.num_unanswered:
        note(f"{count(done.num_unanswered, 'answer')} not judged, try again: {done.problem}")
    return done


def _write(found: "Calibration") -> None:
    from rft_app.domain.words import count

    if found.grader is None:
        note("This dataset has no grader yet; `rft run --grader FILE` saves one.")
    stale = f" · out of date, the grader is {found.current} now" if found.is_stale else ""
    write_line(
        f"{found.grader or 'no grader'} · {count(found.num_judged, 'rated record')}: "
        f"{found.num_graded} graded, {found.num_abstained} abstained, {found.num_failed} failed, "
        f"{found.num_ungraded} without a grade{stale}"
    )
    own = "the grader's own" if found.is_own_threshold else "the default"
    write_line(f"passed from {found.threshold:.2f}, {own}")
    table = found.confusion
    write_table(
        ("people", "passed", "not passed"),
        [
            ("good", str(table.good_passed), str(table.good_refused)),
            ("bad", str(table.bad_passed), str(table.bad_refused)),
        ],
    )
    write_line(f"Cohen's kappa (good, bad): {_describe(found.kappa)}")
    write_line(f"Spearman (ratings 1-5): {_describe(found.spearman)}")
    for line in (*found.warnings, found.notice, found.more):
        if line:
            write_line(line)
    if found.disagreements:
        write_table(
            ("record", "people", "reward", "reason"),
            [
                (
                    one.grade.record_id,
                    "of two minds" if one.label is None else "good" if one.label else "bad",
                    f"{getattr(one.grade.outcome, 'reward', 0):.2f}",
                    getattr(one.grade.outcome, "reason", None) or "",
                )
                for one in found.disagreements
            ],
        )
    if found.num_to_grade and found.current is not None:
        note(f"{count(found.num_to_grade, 'rated answer')} without a grade; --grade grades them.")


def _describe(found: "Coefficient") -> str:
    if found.value is None:
        return found.note
    between = "" if found.low is None else f", 95% interval {found.low:.2f} to {found.high:.2f}"
    told = f" {found.note}" if found.note else ""
    return f"{found.value:.2f}{between}, n = {found.n:,}.{told}"
