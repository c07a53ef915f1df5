"""`rft train metrics`, `checkpoints`, `rollouts`, `topics`, `log`: what a training left behind."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from rft_app.cli.output import JsonOption, note, write_json, write_line, write_table
from rft_app.cli.training import RunId
from rft_app.domain.training_run import METRICS, Phase

if TYPE_CHECKING:
    from rft_app.domain.training_run import TrainingRollout

SHOWN = ("reward", "validation_reward", "flat_share", "failure_share", "loss", "kl", "length")
"""Columns unless others are asked for; those that no step has are left out."""
SHOWN_CHARACTERS = 60


def metrics(
    run: RunId,
    metric: Annotated[
        list[str] | None, typer.Option(help="Only this one, e.g. entropy; repeatable.")
    ] = None,
    after: Annotated[int, typer.Option(min=-1, help="Only steps behind this one.")] = -1,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Most steps.")] = 1_000,
    json: JsonOption = False,
) -> None:
    """What each training step reported; step 0 is the base model. --json has all figures."""
    if unknown := sorted({*(metric or ())} - {*METRICS}):
        raise typer.BadParameter(
            f"There is no metric {unknown[0]!r}. Choose of: {', '.join(METRICS)}."
        )
    from rft_app.api.schemas.training_run import TrainingMetric
    from rft_app.cli.installation import ensure_schema
    from rft_app.services.training_runs import list_metrics
    from rft_app.storage.session import reading

    ensure_schema()
    with reading() as session:
        found = list_metrics(session, run, after=after, limit=limit)
    if json:
        write_json([TrainingMetric(step=one.step, values=one.values).to_json() for one in found])
    elif not found:
        note("No step has reported anything.")
    else:
        known = {name for one in found for name in one.values}
        names = metric or [name for name in SHOWN if name in known]
        write_table(
            ("STEP", *(name.replace("_", " ").upper() for name in names)),
            [(str(one.step), *(_figure(one.values.get(name)) for name in names)) for one in found],
        )
    if len(found) == limit:
        note(f"There may be more: --after {found[-1].step}")


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"


def checkpoints(run: RunId, json: JsonOption = False) -> None:
    """The saved states with their validation rewards, and which of them is the best."""
    from rft_app.api.schemas.training_run import Checkpoint
    from rft_app.cli.installation import ensure_schema
    from rft_app.services.training_runs import list_checkpoints
    from rft_app.storage.session import reading

    ensure_schema()
    with reading() as session:
        found = list_checkpoints(session, run)
    if json:
        write_json([Checkpoint(**one.model_dump()).to_json() for one in found])
        return
    if not found:
        note("There is no checkpoint yet.")
        return
    write_table(
        ("STEP", "VALIDATION REWARD", "GRADED", "BEST", "MADE (UTC)", "MODEL"),
        [
            (
                str(one.step),
                "–" if one.validation_reward is None else f"{one.validation_reward:.3f}",
                "–" if one.num_graded is None else f"{one.num_graded:,}",
                "best" if one.is_best else "",
                f"{one.created_at:%Y-%m-%d %H:%M}",
                one.model,
            )
            for one in found
        ],
    )


def rollouts(
    run: RunId,
    step: Annotated[
        int | None, typer.Option(min=0, help="Of this step; the last with answers unless given.")
    ] = None,
    phase: Annotated[Phase, typer.Option(help="What they were given for.")] = Phase.TRAIN,
    cursor: Annotated[str | None, typer.Option(help="As the page before said.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="Most of them.")] = 20,
    json: JsonOption = False,
) -> None:
    """Answers of a training step beside their grades, a page at a time."""
    from rft_app.api.schemas.training_run import TrainingAnswer
    from rft_app.cli.installation import ensure_schema
    from rft_app.services.training_runs import AnswerPage, list_answered_steps, list_answers
    from rft_app.storage.session import reading

    ensure_schema()
    with reading() as session:
        steps = [one.step for one in list_answered_steps(session, run) if one.phase is phase]
        page = AnswerPage(rows=(), next_cursor=None)
        if (chosen := step if step is not None else max(steps, default=None)) is not None:
            page = list_answers(session, run, phase, chosen, cursor=cursor, limit=limit)
    if json:
        write_json([TrainingAnswer.of(row).to_json() for row in page.rows])
    elif not page.rows:
        told = f" There are some of steps {min(steps)} to {max(steps)}." if steps else ""
        note(f"There is no such {phase.value} answer.{told}")
    else:
        note(f"{phase.value.capitalize()} answers of step {chosen}")
        write_table(("RECORD", "TOPIC", "REWARD", "ANSWER", "REASON"), map(_describe, page.rows))
    if page.next_cursor is not None:
        note(f"More: --phase {phase.value} --step {chosen} --cursor {page.next_cursor}")


def _describe(row: "TrainingRollout") -> tuple[str, ...]:
    if row.is_abstention:
        grade, reason = "abstained", row.reason
    elif row.reward is None:
        grade, reason = "failed", row.failure_message
    else:
        grade, reason = f"{row.reward:.3f}", row.reason
    return row.record_id, row.topic or "–", grade, _shorten(row.text), _shorten(reason or "")


def _shorten(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= SHOWN_CHARACTERS else f"{plain[: SHOWN_CHARACTERS - 1]}…"


def topics(run: RunId, json: JsonOption = False) -> None:
    """Each topic's rewards in the first training steps and in the last ones."""
    from rft_app.api.schemas.training_run import TrainingTopics
    from rft_app.cli.installation import ensure_schema
    from rft_app.domain.words import count
    from rft_app.services.training_runs import get_training
    from rft_app.services.training_topics import compare_topics
    from rft_app.storage.session import reading

    ensure_schema()
    with reading() as session:
        found = compare_topics(session, get_training(session, run))
    if json:
        write_json(TrainingTopics.of(found).to_json())
        return
    if not found.num_steps:
        note("There are too few training steps to compare; it takes four.")
        return
    write_table(
        ("TOPIC", "FIRST", "GRADED", "LAST", "GRADED", "DIFFERENCE"),
        [
            (
                one.topic,
                _figure(one.first),
                f"{one.num_first:,}",
                _figure(one.last),
                f"{one.num_last:,}",
                "–" if one.first is None or one.last is None else f"{one.last - one.first:+.3f}",
            )
            for one in found.topics
        ],
    )
    note(f"Mean rewards of the first and of the last {count(found.num_steps, 'training step')}.")


def log(
    run: RunId,
    whole: Annotated[bool, typer.Option("--all", help="All of it, not its end alone.")] = False,
    json: JsonOption = False,
) -> None:
    """What the trainer printed, and its notes."""
    from rft_app.api.schemas.training_run import TrainingLog
    from rft_app.cli.installation import ensure_schema
    from rft_app.services.training_runs import find_log, read_log
    from rft_app.storage.session import reading

    ensure_schema()
    with reading() as session:
        path = find_log(session, run) if whole else None
        text = read_log(session, run) if path is None else ""
    if path is not None and not json:
        with path.open(encoding="utf-8", errors="replace") as lines:
            sys.stdout.writelines(lines)
        return
    if path is not None:
        text = path.read_text(encoding="utf-8", errors="replace")
    if json:
        write_json(TrainingLog(text=text).to_json())
    elif text:
        write_line(text)
    else:
        note("It has printed nothing yet.")
