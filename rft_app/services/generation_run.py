"""One generation run: many calls at a time, each reply kept, read, checked and stored.

The calls are written down first, replies go into the ledger before they are read, and candidates
have their place in the run as key.  A run that is killed therefore goes on where it was: what was
paid is read again and nothing is stored twice.
"""

from collections.abc import Iterable
from contextlib import closing

from rft_app.domain.candidate import CandidateState, GeneratedDraft, candidate_id
from rft_app.domain.generation import GenerationReport
from rft_app.domain.provider import DEMO_QUALITY
from rft_app.domain.words import count
from rft_app.errors import ProviderError
from rft_app.jobs.calls import Calls
from rft_app.jobs.context import JobContext
from rft_app.llm.chat import ChatRequest
from rft_app.llm.client import ChatClient
from rft_app.llm.failures import CallFailure, CallFailureKind, FailureTally
from rft_app.llm.structured import Answer, Question, ask
from rft_app.services.generation_checks import Checker, describe_draft
from rft_app.services.generation_units import make_brief
from rft_app.storage.candidates import (
    NewCandidate,
    add_candidates,
    count_run,
    has_candidate,
    list_places,
    settle_candidate,
)
from rft_app.storage.catalogue import read_catalogue
from rft_app.storage.datasets import get_dataset_row
from rft_app.storage.generation_runs import GenerationRun, finish_run
from rft_app.storage.paid_calls import RunningTotals, StoredPaidCalls, sum_paid_calls
from rft_app.storage.paid_work import paid_work
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.topics import get_tree
from rft_app.strategies import STRATEGIES

MIN_REPLY_TOKENS, MAX_REPLY_TOKENS = 1024, 16_000
MAX_SMALL_TOKENS = 2048
"""Of a small model: half of its context."""

Outcome = Answer[list[GeneratedDraft]] | CallFailure


class Generation:
    """Does what a run wrote down."""

    def __init__(self, context: JobContext, run: GenerationRun) -> None:
        self._context = context
        self._run = run
        self._strategy = STRATEGIES.get(run.settings.strategy)
        self._totals = RunningTotals(context.job_id)
        self._ledger = StoredPaidCalls(context.job_id, run.dataset_id, self._totals)
        self._checker = Checker(run.dataset_id)
        with reading() as session:
            self._objective = get_dataset_row(session, run.dataset_id).objective
            self._tree = get_tree(session, run.dataset_id)
            self._places = list_places(session, run.id)
            self._choice = read_catalogue(session).choose(run.settings.model)
        self._is_small = self._choice.endpoint.provider.is_demo
        self._most_tokens = MAX_SMALL_TOKENS if self._is_small else MAX_REPLY_TOKENS
        self._failures = FailureTally()
        self._num_done = 0
        self._num_made = len(self._places)

    def work(self) -> GenerationReport:
        """Ask, store and report.

        Raises:
            ProviderError: Not one candidate came of it; the message says why.
            JobCancelledError: Somebody asked to stop; what was paid is stored.
        """
        endpoint = self._choice.endpoint
        with closing(ChatClient(endpoint, self._ledger.lose)) as client:
            calls = Calls(
                self._context,
                num_at_once=endpoint.provider.concurrency,
                make=lambda index: self._ask(client, index),
                take=self._take,
                report=self._report_progress,
                stop=client.stop,
            )
            most_charged = 0 if self._is_small else endpoint.provider.concurrency
            with paid_work(self._context.job_id, self._run.dataset_id, most_charged):
                calls.run(len(self._run.units), lambda: self._failures.is_hopeless)
            left_out = client.left_out
        return self._report("temperature" in left_out)

    def _report_progress(self) -> None:
        label = f"{self._num_made:,} of {count(self._run.num_planned, 'record')} generated"
        if num_failed := self._failures.total:
            label += f", {count(num_failed, 'call')} failed"
        if spent := self._totals.sum_up().describe_spend():
            label += f", {spent}"
        self._context.progress(self._num_made, self._run.num_planned, label)

    def _ask(self, client: ChatClient, index: int) -> Outcome:
        run, strategy = self._run, self._strategy
        with reading() as session:
            brief = make_brief(
                session,
                run.dataset_id,
                run.units[index],
                objective=self._objective,
                tree=self._tree,
                preserve_intent=run.settings.preserve_intent,
            ).model_copy(update={"is_small": self._is_small})
        wanted = 3 * strategy.estimate_reply_tokens(brief) + 256
        request = ChatRequest(
            model=self._choice.model.name,
            messages=strategy.prompt(brief),
            temperature=run.settings.temperature,
            max_tokens=min(max(wanted, MIN_REPLY_TOKENS), self._most_tokens),
        )
        question = Question(
            key=str(index),
            request=request,
            reply_type=strategy.reply_type,
            narrow_schema=strategy.narrow(brief) if self._is_small else None,
        )
        return ask(client, self._ledger, question, lambda reply: strategy.read(brief, reply))

    def _take(self, index: int, outcome: Outcome) -> None:
        self._num_done += 1
        if isinstance(outcome, CallFailure):
            self._failures.note(outcome)
        else:
            self._failures.note_success()
            self._store(index, outcome.value)

    def _store(self, index: int, drafts: list[GeneratedDraft]) -> None:
        for place, draft in enumerate(drafts):
            if (index, place) not in self._places:
                self._store_draft(index, place, draft)

    def _store_draft(self, index: int, place: int, draft: GeneratedDraft) -> None:
        """One transaction a candidate, so that the next one is compared with it."""
        run, unit = self._run, self._run.units[index]
        title, num_tokens = describe_draft(draft)
        new = NewCandidate(
            run_id=run.id,
            unit=index,
            place=place,
            strategy=run.settings.strategy,
            model=run.settings.model or "",
            topic_id=unit.topic_id,
            topic_key=unit.topic_key,
            source_seq=unit.source_seq,
            draft=draft,
            title=title,
            num_tokens=num_tokens,
            checks=self._checker.check(draft, unit.topic_key),
        )
        with unit_of_work() as session:
            if has_candidate(session, run.id, index, place):
                return  # another worker took this job over
            (seq,) = add_candidates(session, run.dataset_id, [new])
            if unit.replaces is not None:
                settle_candidate(session, candidate_id(unit.replaces), CandidateState.REPLACED)
        self._checker.remember(seq, draft)
        self._num_made += 1

    def _report(self, has_own_temperature: bool) -> GenerationReport:
        run = self._run
        with reading() as session:
            num_generated, num_passing = count_run(session, run.id)
            paid = sum_paid_calls(session, self._context.job_id)
        if not num_generated:
            raise ProviderError(self._explain_nothing(), failures=dict(self._failures.counts))
        report = GenerationReport(
            run_id=run.id,
            num_planned=run.num_planned,
            num_generated=num_generated,
            num_passing=num_passing,
            num_calls=paid.num_calls,
            num_prompt_tokens=paid.num_prompt_tokens,
            num_completion_tokens=paid.num_completion_tokens,
            cost_usd=paid.cost_usd,
            failures=self._failures.counts,
            failure_messages=self._failures.messages,
            note=" ".join(self._notes(num_generated, has_own_temperature)),
        )
        with unit_of_work() as session:
            finish_run(session, report)
        return report

    def _explain_nothing(self) -> str:
        if not self._failures.total:
            return "The model's replies held no record. Choose another model or strategy."
        calls = count(self._num_done, "call")
        return f"No record came of {calls}. {self._failures.describe()}"[:1000]

    def _notes(self, num_generated: int, has_own_temperature: bool) -> Iterable[str]:
        num_calls = len(self._run.units)
        failures = self._failures
        if self._is_small:
            yield f"By the embedded model ({DEMO_QUALITY}); long prompts were cut to its context."
        if failures.total:
            kinds = ", ".join(
                f"{n:,} {CallFailureKind(kind).words}" for kind, n in failures.counts.most_common()
            )
            yield f"{failures.total:,} of {count(num_calls, 'call')} brought nothing ({kinds})."
        if failures.is_hopeless and (num_left := num_calls - self._num_done):
            not_made = count(num_left, "call was", "calls were")
            yield f"{not_made} not made after these failures."
        if lost := self._totals.sum_up().lost:
            yield f"{lost}."
        if num_generated < self._run.num_planned and not failures.total:
            yield f"Replies held {num_generated:,} of {count(self._run.num_planned, 'record')}."
        if has_own_temperature:
            yield "The model takes no temperature and used its own."
