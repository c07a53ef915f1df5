"""Base against tuned model where a service trained: both answer held-out records at its provider.

A reply is in the ledger before it is graded, so that a killed worker pays for nothing twice.  The
tuned model is asked first: some services serve it only after one more step of somebody, and then
nothing is paid for its base.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlmodel import Session

from rft_app.domain.grading import FailureKind, GradingFailure
from rft_app.domain.record import RecordBytes
from rft_app.domain.training_remote import RemoteTraining
from rft_app.domain.training_run import Phase, TrainingRun
from rft_app.domain.words import count
from rft_app.errors import RftError
from rft_app.jobs.calls import Calls
from rft_app.jobs.context import JobContext
from rft_app.llm.catalogue import Endpoint
from rft_app.llm.chat import NO_CHOICE, ChatReply, ChatRequest
from rft_app.llm.failures import CallFailure, FailureTally
from rft_app.storage.paid_calls import RunningTotals, StoredPaidCalls
from rft_app.storage.records import iterate_record_bytes
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.training_runs import Answer, Place, put_answers
from rft_app.trainers.grading import TrainingGrader
from rft_app.trainers.openai_compatible import find_endpoint
from rft_app.trainers.rewards import AnswerText, GradeRequest
from rft_app.trainers.run_folder import Event
from rft_app.trainers.tool_calls import write_answer

PER_GRADING = 32
NOBODY = Event(not_compared="No held-out record was set aside for it (num_compared).")


class Answers(NamedTuple):
    """What came of one model, by the record's key."""

    replies: dict[int, ChatReply]
    failures: dict[int, str]
    """Why there is no answer."""
    why: str
    """What went wrong, in words; empty where nothing did."""

    @property
    def mean_tokens(self) -> float | None:
        """Mean length; `None` where any reply was not counted."""
        told = [one.num_completion_tokens for one in self.replies.values()]
        known = [one for one in told if one is not None]
        return sum(known) / len(known) if known and len(known) == len(told) else None


def compare_at_service(
    context: JobContext,
    run: TrainingRun,
    seqs: Sequence[int],
    grader: TrainingGrader,
    done: Event,
) -> Event:
    """Have both models answer the held-out records; answers are graded and stored.

    Args:
        context: The training's job, or one that compares again.
        run: A training at a service.
        seqs: Keys of the records.
        grader: The dataset's.
        done: The trainer's last report.

    Returns:
        What is known of the answers, or why the models are not compared.

    Raises:
        JobCancelledError: Somebody asked to stop; what was paid is kept.
    """
    remote, tuned = run.remote or RemoteTraining(provider=""), str(done["model"])
    if not seqs:
        return NOBODY
    if tuned == run.base_model:
        told = f"The service names {tuned} itself as what it tuned: a model is not compared with"
        return {"not_compared": f"{told} itself."}
    try:
        endpoint = find_endpoint(remote.provider)
    except RftError as error:
        return {"not_compared": error.message}
    asking = _Asking(context, run, endpoint, seqs)
    try:
        return _compare(asking, run, grader, tuned, int(done["best_step"]))
    finally:
        asking.close()


def _compare(
    asking: "_Asking", run: TrainingRun, grader: TrainingGrader, tuned: str, best_step: int
) -> Event:
    known: Event = {}
    for name, model, place in (
        ("tuned", tuned, Place(Phase.TUNED, best_step)),
        ("base", run.base_model, Place(Phase.BASE, 0)),
    ):
        found = asking.ask(place.phase, model)
        known |= {"paid": asking.totals.sum_up()}
        if not found.replies:
            return {**known, "not_compared": f"{model} gave no answer. {found.why}".strip()}
        _grade(grader, run.id, place, found)
        known |= {f"{name}_tokens": found.mean_tokens}
    return known


def _grade(grader: TrainingGrader, run_id: str, place: Place, found: Answers) -> None:
    """Store all with their grades; what was not answered comes last, and is no zero."""
    texts = [AnswerText(key=seq, text=_to_text(reply)) for seq, reply in found.replies.items()]
    for first in range(0, len(texts), PER_GRADING):
        some = tuple(texts[first : first + PER_GRADING])
        grader.grade(GradeRequest(phase=place.phase, step=place.step, first=first, answers=some))
    unanswered = [
        Answer(seq, "", GradingFailure(failure_kind=FailureKind.NOT_SAMPLED, message=why))
        for seq, why in found.failures.items()
    ]
    with unit_of_work() as session:
        put_answers(session, run_id, place, len(texts), unanswered)


def _to_text(reply: ChatReply) -> str:
    """An answer as trainers write it; a refusal is an answer, too."""
    return write_answer(reply.text or reply.refusal or "", reply.tool_calls)


class _Asking:
    """Asks models of one provider for answers to the same records."""

    def __init__(
        self, context: JobContext, run: TrainingRun, endpoint: Endpoint, seqs: Sequence[int]
    ) -> None:
        from rft_app.llm.client import ChatClient  # openai takes a second to import

        self._context = context
        scope = comparing_scope(run.job_id)
        self.totals = RunningTotals(scope)
        self._ledger = StoredPaidCalls(scope, run.dataset_id, self.totals)
        self._num_at_once = endpoint.provider.concurrency
        self._client = ChatClient(endpoint, self._ledger.lose)
        settings = (run.remote or RemoteTraining(provider="")).settings
        with reading() as session:
            self._asked = _read_requests(
                session, run.dataset_id, seqs, settings.max_completion_tokens
            )
        self._seqs = list(self._asked)

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    def ask(self, phase: Phase, model: str) -> Answers:
        """Ask one model about all records, or about those until it is hopeless."""
        tally = FailureTally()
        replies: dict[int, ChatReply] = {}
        failures: dict[int, str] = {}

        def take(number: int, reply: ChatReply | CallFailure) -> None:
            if isinstance(reply, CallFailure):
                tally.note(reply)
                failures[self._seqs[number]] = reply.explanation
            elif reply.finish_reason == NO_CHOICE:
                failures[self._seqs[number]] = "The reply holds no answer, and was paid."
            else:
                tally.note_success()
                replies[self._seqs[number]] = reply

        def report() -> None:
            self._context.progress(len(replies), len(self._seqs), describe())

        def describe() -> str:
            told = f"comparing: {len(replies):,} of {count(len(self._seqs), 'answer')} by {model}"
            lost = f", {count(len(failures), 'call')} failed" if failures else ""
            spent = self.totals.sum_up().describe_spend()
            return f"{told}{lost}{', ' + spent if spent else ''}"

        calls = Calls(
            self._context,
            num_at_once=self._num_at_once,
            make=lambda number: self._ask(phase, model, self._seqs[number]),
            take=take,
            report=report,
            stop=self._client.stop,
        )
        calls.run(len(self._seqs), lambda: tally.is_hopeless)
        ordered = {seq: replies[seq] for seq in self._seqs if seq in replies}
        missing = {
            seq: failures.get(seq, "It was not asked: the calls before had failed.")
            for seq in self._seqs
            if seq not in replies
        }
        return Answers(ordered, missing, tally.describe())

    def _ask(self, phase: Phase, model: str, seq: int) -> ChatReply | CallFailure:
        key = f"{phase.value}:{seq}"
        if (kept := self._ledger.find(key)) is not None:
            return kept
        request = self._asked[seq].model_copy(update={"model": model})
        reply = self._client.chat(request)
        if isinstance(reply, ChatReply):
            self._ledger.keep(key, reply)
            self._client.remember(request, reply)
        return reply


def _read_requests(
    session: Session, dataset_id: str, seqs: Sequence[int], max_tokens: int
) -> Mapping[int, ChatRequest]:
    """What is asked of each record that is still there, without chance."""
    return {
        record.seq: _make_request(record, max_tokens)
        for record in iterate_record_bytes(session, dataset_id, seqs)
    }


def _make_request(record: RecordBytes, max_tokens: int) -> ChatRequest:
    return ChatRequest(
        model="",
        messages=(),
        conversation=tuple(map(msgspec.json.decode, record.given)),
        tools=tuple(msgspec.json.decode(record.tools)) if record.tools else (),
        tool_choice=_decode(record.tool_choice),
        parallel_tool_calls=_decode(record.parallel_tool_calls),
        temperature=0.0,
        max_tokens=max_tokens,
    )


def _decode(value: bytes | None) -> Any:  # noqa: ANN401  # JSON
    return None if value is None else msgspec.json.decode(value)


def comparing_scope(job_id: str) -> str:
    """Where the ledger keeps the answers of a comparison; a judge's replies are under the job."""
    return f"{job_id}:compared"
