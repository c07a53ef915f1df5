"""A judge's part of the dry run: many calls at a time, outcomes stored in the order of the plan.

Each reply is in the ledger before it is read, under the job and the rollout's place in the plan.
Work that is killed therefore reads again what it paid, and asks only what has no reply yet.

The first questions are taken from all over the plan: where the provider refuses all of them it
would refuse the others, too; where it takes one, a refusal concerns only the answer it is about.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from rft_app.domain.dry_run import DryRun
from rft_app.domain.grader import GraderSpec
from rft_app.domain.grading import NO_ANSWER, GradingFailure, Outcome
from rft_app.domain.paid import JudgeUse, PaidTotals
from rft_app.domain.provider import NO_JUDGE
from rft_app.domain.rollout import Rollout, RolloutKey
from rft_app.domain.words import count
from rft_app.errors import ProviderError
from rft_app.graders import open_asking
from rft_app.graders._asking import Asked, AskingSession
from rft_app.jobs.calls import Calls
from rft_app.jobs.context import JobContext
from rft_app.llm.failures import (
    MAX_FAILED_IN_A_ROW,
    FailureTally,
)
from rft_app.pipeline._budget import Budget
from rft_app.pipeline._scopes import sampling_scope
from rft_app.storage.catalogue import read_catalogue
from rft_app.storage.paid_calls import RunningTotals, StoredPaidCalls, sum_paid_calls
from rft_app.storage.paid_work import paid_work
from rft_app.storage.rollouts import load_rollouts
from rft_app.storage.session import reading

Unsampled = Mapping[int, GradingFailure]
"""By position in the plan, why a model gave no answer that could be graded."""
Store = Callable[[int, Sequence[Outcome]], None]
"""Takes a position in the plan, and the outcomes from there on."""


STORE_EVERY_S = 0.2
READ_AT_ONCE = 64


class Rollouts:
    """Rollouts of a plan, read in blocks for threads that want one each."""

    def __init__(self, dataset_id: str, keys: Sequence[RolloutKey]) -> None:
        self._dataset_id = dataset_id
        self._keys = keys
        self._lock = threading.Lock()
        self._blocks: dict[int, list[Rollout]] = {}

    def load(self, position: int) -> Rollout:
        """The one at that position; those beside it come with it."""
        number, place = divmod(position, READ_AT_ONCE)
        with self._lock:
            if number not in self._blocks:
                while len(self._blocks) >= MAX_FAILED_IN_A_ROW + 2:
                    del self._blocks[next(iter(self._blocks))]
                self._blocks[number] = self._read(number * READ_AT_ONCE)
            return self._blocks[number][place]

    def _read(self, start: int) -> list[Rollout]:
        with reading() as session:
            wanted = self._keys[start : start + READ_AT_ONCE]
            return load_rollouts(session, self._dataset_id, wanted)


class Judging:
    """Asks about the rollouts of a plan that have no outcome yet."""

    def __init__(
        self,
        context: JobContext,
        run: DryRun,
        keys: Sequence[RolloutKey],
        store: Store,
        unsampled: Unsampled,
    ) -> None:
        self._context = context
        self._dataset_id = run.dataset_id
        self._keys = keys
        self._store = store
        self._unsampled = unsampled
        self._totals = RunningTotals(context.job_id, sampling_scope(context.job_id))
        self._budget = Budget(run.settings.budget_usd, self._totals)
        self._waiting: dict[int, Outcome] = {}
        """By position, until those before them are there."""
        self._held: dict[int, Outcome] = {}
        """Outcomes with failed calls: no grades until another shows that the provider works."""
        self._rollouts = Rollouts(run.dataset_id, keys)
        self._failures = FailureTally()
        self._store_at = 0.0
        self._num_stored = self._num_taken = 0

    def work(self, spec: GraderSpec, num_done: int) -> JudgeUse:
        """Ask about all from position `num_done` on.

        Raises:
            ProviderError: All further calls would only fail, too; the message says why.
            JobCancelledError: Somebody asked to stop; what was paid is kept.
        """
        self._num_stored = self._num_taken = num_done
        ledger = StoredPaidCalls(self._context.job_id, self._dataset_id, self._totals)
        if self._sum_paid().num_calls:
            self._failures.note_success()
        order = spread_first(range(num_done, len(self._keys)))
        with reading() as session:
            catalogue = read_catalogue(session)
        with open_asking(spec, ledger, catalogue) as judge:
            self._budget.stop_when_spent(judge.stop)
            calls = Calls(
                self._context,
                num_at_once=judge.num_at_once,
                make=lambda number: self._ask(judge, order[number]),
                take=lambda number, asked: self._take(order[number], asked),
                report=self._report_progress,
                stop=judge.stop,
            )
            with paid_work(self._context.job_id, self._dataset_id, judge.most_charged):
                calls.run(len(order), lambda: self._failures.is_hopeless or self._budget.is_spent())
            self._release()
            self._store_ready()
            self._require_all()
            return self._sum_up(judge)

    def _ask(self, judge: AskingSession, position: int) -> Asked:
        if (missing := self._unsampled.get(position)) is not None:
            return Asked(missing)
        rollout = self._rollouts.load(position)
        if not rollout.has_output:
            return Asked(NO_ANSWER)
        return judge.ask(str(position), rollout.sample, rollout.item)

    def _take(self, position: int, asked: Asked) -> None:
        self._num_taken += 1
        has_reply = is_unsettled = False
        for failure in asked.calls:
            if failure is None:
                self._failures.note_success()
            else:
                self._failures.note(failure)
            if failure is None or self._failures.concerns_one_call(failure.kind):
                has_reply = True
            else:
                is_unsettled = True
        (self._held if is_unsettled else self._waiting)[position] = asked.outcome
        if has_reply:
            self._release()
        if time.monotonic() >= self._store_at:  # a reply is safe before it becomes a grade
            self._store_ready()

    def _release(self) -> None:
        """Make grades of the failures held, unless they stop the run: a retry asks those again."""
        if not self._failures.is_hopeless:
            self._waiting.update(self._held)
            self._held.clear()

    def _store_ready(self) -> None:
        ready: list[Outcome] = []
        while (found := self._waiting.pop(self._num_stored + len(ready), None)) is not None:
            ready.append(found)
        if ready:
            self._store(self._num_stored, ready)
            self._num_stored += len(ready)
            self._store_at = time.monotonic() + STORE_EVERY_S

    def _report_progress(self) -> None:
        label = f"{self._num_taken:,} of {count(len(self._keys), 'rollout')} judged"
        if num_failed := self._failures.total:
            label += f", {count(num_failed, 'call')} failed"
        if spent := self._budget.describe():
            label += f", {spent}"
        self._context.progress(self._num_taken, len(self._keys), label)

    def _require_all(self) -> None:
        num_left = len(self._keys) - self._num_stored - len(self._waiting)
        if num_left and not self._failures.is_hopeless:
            raise self._budget.spent_error(num_left, "rollout")
        if num_left:
            raise ProviderError(
                f"The judge stopped with {count(num_left, 'rollout')} left, because "
                f"further calls would fail, too. {self._failures.describe()}"[:1000]
                + " Once that is mended, try again: nothing is paid twice.",
                failures=dict(self._failures.counts),
            )

    def _sum_paid(self) -> PaidTotals:
        with reading() as session:
            return sum_paid_calls(session, self._context.job_id)

    def _sum_up(self, judge: AskingSession) -> JudgeUse:
        note = " ".join(self._notes(judge))
        return JudgeUse(model=judge.model, paid=self._sum_paid(), note=note)

    def _notes(self, judge: AskingSession) -> Iterable[str]:
        if judge.is_demo:
            yield NO_JUDGE
        if judge.uses_own_temperature:
            yield "The model takes no temperature and used its own."


def spread_first(positions: Sequence[int]) -> list[int]:
    """The same ones, but as many as may fail in a row, from all over them, come first.

    Example:
        >>> spread_first(range(14))
        [0, 1, 2, 4, 5, 7, 8, 9, 11, 12, 3, 6, 10, 13]
    """
    num = MAX_FAILED_IN_A_ROW
    first = {positions[len(positions) * nth // num] for nth in range(num) if positions}
    return [*sorted(first), *(position for position in positions if position not in first)]
