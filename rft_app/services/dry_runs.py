"""Look at dry runs: the verdict, the history, every grade beside its answer."""

import random
from collections.abc import Sequence

from sqlmodel import Session

from rft_app.domain.dry_run import NO_TOPIC, DryRun
from rft_app.domain.entity import Entity
from rft_app.domain.grading import FailureKind, GradeOrder, GradeOutcome, Verdict
from rft_app.domain.record import RecordId, parse_record_id, record_id
from rft_app.domain.rollout import Json, Rollout, RolloutKey
from rft_app.errors import NotFoundError
from rft_app.storage import dry_runs, grades, rollouts
from rft_app.storage.grades import GradeChoice
from rft_app.storage.record_plan import read_topic_keys
from rft_app.storage.tables import GradeRow

MAX_PAGE = 100
LARGEST = 2**31 - 2
"""Number of a dry run that databases still hold, with one more."""


class GradedRollout(Entity):
    """One answer of a dry run with its outcome."""

    item: int
    """Position in the dry run's plan."""
    record_id: RecordId
    topic: str | None
    question: str
    """Text of the last user message; empty where there is none."""
    reference: str | None
    is_recorded: bool
    """Whether it is the record's own answer rather than an imported one."""
    model: str | None
    """Model of an imported answer, where known."""
    output_text: str
    output_tools: tuple[Json, ...]
    outcome: GradeOutcome

    @property
    def reward(self) -> float | None:
        """The reward; `None` for a failure and an abstention."""
        return self.outcome.reward if isinstance(self.outcome, Verdict) else None


class GradedPage(Entity):
    """One page of them."""

    rows: tuple[GradedRollout, ...]
    next_cursor: str | None
    """`None` on the last page."""


def get_dry_run(session: Session, dataset_id: str, run_id: str | None = None) -> DryRun:
    """One dry run of a dataset; without `run_id` the last finished one.

    Raises:
        NotFoundError: There is none.
    """
    if run_id is None:
        run = dry_runs.find_last_finished(session, dataset_id)
    else:
        run = dry_runs.get_dry_run(session, run_id)
    if run is None or run.dataset_id != dataset_id:
        raise NotFoundError("This dataset has no such dry run. Start one in step 5.")
    return run


def get_named_run(session: Session, dataset_id: str, name: str | None) -> DryRun:
    """One by its number or id; without a name the last finished one.

    Raises:
        NotFoundError: There is none.
    """
    if name is None or not (name.isascii() and name.isdigit()):
        return get_dry_run(session, dataset_id, name)
    number = int(name) if len(name) < len(str(LARGEST)) else LARGEST
    found = list_dry_runs(session, dataset_id, before=number + 1, limit=1)
    if not found or found[0].number != number:
        raise NotFoundError(f"This dataset has no dry run {name}.")
    return found[0]


def list_dry_runs(
    session: Session, dataset_id: str, *, before: int | None = None, limit: int = 50
) -> list[DryRun]:
    """A page of them, newest first; running and cancelled ones have no report.

    Args:
        session: Any.
        dataset_id: Of which dataset.
        before: Number of the last run of the page before.
        limit: Most runs.
    """
    return dry_runs.list_dry_runs(session, dataset_id, before=before, limit=limit)


class WantedRollouts(Entity):
    """Which rollouts of a dry run a page is about."""

    order: GradeOrder = GradeOrder.ALL
    kind: FailureKind | None = None
    """Only failures of this kind."""
    topic: str | None = None
    """Only those of a topic, as the report names it."""


def list_graded_rollouts(
    session: Session,
    run_id: str,
    wanted: WantedRollouts | None = None,
    *,
    cursor: str | None = None,
    limit: int = 20,
) -> GradedPage:
    """One page of grades beside their answers, all in the order of the plan unless `wanted`.

    Raises:
        NotFoundError: There is no such dry run, or it graded nothing of the topic.
        InvalidInputError: The cursor is not one that a page gave.
    """
    limit = min(max(limit, 1), MAX_PAGE)
    run, wanted = dry_runs.get_dry_run(session, run_id), wanted or WantedRollouts()
    choice = GradeChoice(wanted.order, wanted.kind, _find_topic_ids(session, run, wanted.topic))
    rows = grades.list_grades(session, run_id, choice, cursor=cursor, limit=limit + 1)
    page, has_more = rows[:limit], len(rows) > limit
    return GradedPage(
        rows=tuple(_join(session, run.dataset_id, page)),
        next_cursor=grades.cursor_of(page[-1]) if has_more else None,
    )


def pick_graded_rollouts(
    session: Session, run_id: str, *, topic: str | None = None, seed: int = 0, limit: int = 10
) -> list[GradedRollout]:
    """Rollouts picked by lot, ungraded ones among them; the same seed picks the same ones.

    Raises:
        NotFoundError: There is no such dry run, or it graded nothing of the topic.
    """
    run = dry_runs.get_dry_run(session, run_id)
    ids = _find_topic_ids(session, run, topic)
    urn = range(run.num_done) if ids is None else grades.list_items(session, run_id, ids)
    items = random.Random(seed).sample(urn, min(max(limit, 1), MAX_PAGE, len(urn)))
    rows = grades.list_grades_at(session, run_id, items)
    return _join(session, run.dataset_id, sorted(rows, key=lambda row: items.index(row.item)))


def list_record_rollouts(
    session: Session, dataset_id: str, record: str
) -> tuple[DryRun | None, tuple[GradedRollout, ...]]:
    """The latest finished dry run and its grades of the record with that id; nothing before."""
    run = dry_runs.find_last_finished(session, dataset_id)
    seq = parse_record_id(record)
    if run is None or seq is None:
        return run, ()
    rows = grades.list_grades_of_record(session, run.id, seq)
    return run, tuple(_join(session, dataset_id, rows))


def _find_topic_ids(session: Session, run: DryRun, topic: str | None) -> Sequence[int] | None:
    """The keys behind a topic of the report; `None` where no topic is named."""
    if topic is None:
        return None
    topics = {} if run.report is None else {one.topic: one for one in run.report.topics}
    if topic not in topics:
        raise NotFoundError(
            f"Dry run {run.number} graded nothing of a topic {topic!r}. "
            "Its report lists the topics it graded."
        )
    return topics[topic].topic_ids or _find_ids_now(session, run.dataset_id, topic)


def _find_ids_now(session: Session, dataset_id: str, topic: str) -> Sequence[int]:
    """The keys by the tree as it is, for a report that does not hold them."""
    keys = {0: NO_TOPIC, **read_topic_keys(session, dataset_id)}
    return [topic_id for topic_id, key in keys.items() if key == topic]


def _join(session: Session, dataset_id: str, rows: list[GradeRow]) -> list[GradedRollout]:
    keys = [RolloutKey(row.record_seq, row.rollout_seq, row.topic_id) for row in rows]
    answers = rollouts.load_rollouts(session, dataset_id, keys)
    return [_to_graded(row, answer) for row, answer in zip(rows, answers, strict=True)]


def _to_graded(row: GradeRow, answer: Rollout) -> GradedRollout:
    return GradedRollout(
        item=row.item,
        record_id=record_id(row.record_seq),
        topic=answer.item.get("topic"),
        question=answer.question,
        reference=answer.item.get("reference"),
        is_recorded=row.rollout_seq is None,
        model=answer.model,
        output_text=answer.sample["output_text"],
        output_tools=tuple(answer.sample["output_tools"]),
        outcome=grades.to_outcome(row),
    )
