"""The first half of a dry run by a model: its answers, each paid for once.

A reply is in the ledger before it becomes a rollout, and a rollout's key is taken with the plan.
Work that is killed therefore asks only for what has no reply yet.  A call that brings nothing gives
no rollout: that says nothing of the grader, and is no zero.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from rft_app.domain.dry_run import DryRun
from rft_app.domain.grading import FailureKind, GradingFailure
from rft_app.domain.paid import JudgeUse, PaidTotals
from rft_app.domain.rollout import Json, RolloutKey
from rft_app.domain.sampling import Sampling
from rft_app.domain.words import count
from rft_app.errors import JobCancelledError, ProviderError
from rft_app.jobs.calls import Calls
from rft_app.jobs.context import JobContext
from rft_app.llm.chat import CUT_OFF, NO_CHOICE, ChatReply, ChatRequest
from rft_app.llm.failures import CallFailure, FailureTally
from rft_app.pipeline._budget import Budget
from rft_app.pipeline._scopes import sampling_scope
from rft_app.storage.catalogue import read_catalogue
from rft_app.storage.paid_calls import (
    RunningTotals,
    StoredPaidCalls,
    count_replies,
    sum_paid_calls,
)
from rft_app.storage.paid_work import paid_work
from rft_app.storage.records import iterate_record_bytes
from rft_app.storage.rollouts import NewRollout
from rft_app.storage.sampled_rollouts import add_sampled, find_missing
from rft_app.storage.session import reading, unit_of_work

ROWS_AT_ONCE = 32


class Sampler:
    """Asks a model for the rollouts of a plan that are not there yet."""

    def __init__(
        self,
        context: JobContext,
        run: DryRun,
        keys: Sequence[RolloutKey],
        sampling: Sampling,
        num_graded: int,
    ) -> None:
        """Prepare; answers before position `num_graded` have their grade, or will have none."""
        from rft_app.llm.client import ChatClient  # openai takes a second to import

        self._context, self._dataset_id = context, run.dataset_id
        self._keys, self._sampling = keys, sampling
        self._scope = sampling_scope(context.job_id)
        totals = RunningTotals(context.job_id, self._scope)
        self._ledger = StoredPaidCalls(self._scope, run.dataset_id, totals)
        self._budget = Budget(run.settings.budget_usd, totals)
        with reading() as session:
            catalogue = read_catalogue(session)
            choice = catalogue.choose(sampling.model)
            self._missing = find_missing(
                session, [seq for _, seq, _ in keys[num_graded:] if seq is not None]
            )
        self._name, self._model = catalogue.name_of(choice), choice.model.name
        self._num_at_once = choice.endpoint.provider.concurrency
        self._most_charged = 0 if choice.endpoint.provider.is_demo else self._num_at_once
        self._client = ChatClient(choice.endpoint, self._ledger.lose)
        self._budget.stop_when_spent(self._client.stop)
        self._failures = FailureTally()
        self._num_each = run.settings.num_rollouts
        self._failed: dict[int, GradingFailure] = {}
        self._ready: dict[int, NewRollout] = {}

    def work(self) -> tuple[JudgeUse, Mapping[int, GradingFailure]]:
        """Ask for what is missing.

        Returns:
            What was asked of whom, and by position in the plan why there is no answer.

        Raises:
            ProviderError: All further calls would only fail, too, or the budget is spent.
            JobCancelledError: Somebody asked to stop; what was paid is kept.
        """
        left = [at for at, key in enumerate(self._keys) if key.rollout_seq in self._missing]
        calls = Calls(
            self._context,
            num_at_once=self._num_at_once,
            make=lambda number: self._ask(left[number]),
            take=lambda number, reply: self._take(left[number], reply),
            report=self._report_progress,
            stop=self._client.stop,
        )
        try:
            with paid_work(self._scope, self._dataset_id, self._most_charged):
                calls.run(len(left), lambda: self._failures.is_hopeless or self._budget.is_spent())
        finally:
            self._store()
            self._client.close()
        self._require_all()
        return self._sum_up(), self._failed

    def _ask(self, position: int) -> ChatReply | CallFailure:
        if (kept := self._ledger.find(str(position))) is not None:
            return kept
        request = self._request(position)
        reply = self._client.chat(request)
        if isinstance(reply, ChatReply):
            self._ledger.keep(str(position), reply)
            self._client.remember(request, reply)
        return reply

    def _request(self, position: int) -> ChatRequest:
        seqs = [self._keys[position].record_seq]
        with reading() as session:
            record = next(iterate_record_bytes(session, self._dataset_id, seqs), None)
        if record is None:
            raise JobCancelledError  # The dataset is being deleted.
        return ChatRequest(
            model=self._model,
            messages=(),
            conversation=tuple(map(msgspec.json.decode, record.given)),
            tools=tuple(msgspec.json.decode(record.tools)) if record.tools else (),
            tool_choice=_decode(record.tool_choice),
            parallel_tool_calls=_decode(record.parallel_tool_calls),
            temperature=self._sampling.temperature,
            max_tokens=self._sampling.max_tokens,
            variant=position % self._num_each,
        )

    def _take(self, position: int, reply: ChatReply | CallFailure) -> None:
        key = self._keys[position]
        assert key.rollout_seq is not None
        if isinstance(reply, CallFailure):
            self._failures.note(reply)
            self._failed[position] = _to_failure(reply)
            return
        if reply.finish_reason == NO_CHOICE:
            self._failed[position] = GradingFailure(
                failure_kind=FailureKind.NOT_SAMPLED,
                message="The reply holds no answer. Its tokens were counted, so it was paid.",
            )
            return
        self._failures.note_success()
        messages = msgspec.json.encode([_to_message(reply)])
        self._ready[key.rollout_seq] = NewRollout(key.record_seq, messages, self._name)
        if len(self._ready) >= ROWS_AT_ONCE:
            self._store()

    def _store(self) -> None:
        with unit_of_work() as session:
            add_sampled(session, self._dataset_id, self._ready)
        self._missing.difference_update(self._ready)
        self._ready.clear()

    def _report_progress(self) -> None:
        num_left = len(self._missing) - len(self._ready) - len(self._failed)
        num_done = len(self._keys) - num_left
        label = f"{num_done:,} of {count(len(self._keys), 'answer')} by {self._name}"
        if self._failures.total:
            label += f", {count(self._failures.total, 'call')} failed"
        if spent := self._budget.describe():
            label += f", {spent}"
        self._context.progress(num_done, len(self._keys), label)

    def _require_all(self) -> None:
        if self._failures.is_hopeless:
            raise ProviderError(
                f"{self._name} stopped with {count(len(self._missing), 'answer')} left, because "
                f"further calls would fail, too. {self._failures.describe()}"[:1000]
                + " Once that is mended, try again: nothing is paid twice.",
                failures=dict(self._failures.counts),
            )
        if num_left := len(self._missing) - len(self._failed):
            raise self._budget.spent_error(num_left, "answer")

    def _sum_up(self) -> JudgeUse:
        notes: list[str] = []
        with reading() as session:
            num_cut = count_replies(session, self._scope, CUT_OFF)
        if num_cut:
            cut = count(num_cut, "answer")
            notes.append(f"{cut} cut off at {self._sampling.max_tokens:,} tokens, graded as such.")
        if "temperature" in self._client.left_out:
            notes.append("The model takes no temperature and used its own.")
        return JudgeUse(
            model=self._name, paid=self._sum_paid(), note=" ".join(notes), num_cut=num_cut
        )

    def _sum_paid(self) -> PaidTotals:
        with reading() as session:
            return sum_paid_calls(session, self._scope)


def _to_message(reply: ChatReply) -> Json:
    """The answer as a trainer would see it; a refusal is an answer, too."""
    message: Json = {"role": "assistant", "content": reply.text or reply.refusal or ""}
    if reply.tool_calls:
        message["tool_calls"] = list(reply.tool_calls)
    return message


def _to_failure(failure: CallFailure) -> GradingFailure:
    message = f"{failure.kind.words.capitalize()}: {failure.explanation}".replace("\x00", "")
    return GradingFailure(failure_kind=FailureKind.NOT_SAMPLED, message=message)


def _decode(value: bytes | None) -> Any:  # noqa: ANN401  # JSON
    return None if value is None else msgspec.json.decode(value)
