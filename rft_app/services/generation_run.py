"""One generation run: many calls at a time, each reply kept, read, checked and stored.

The calls are written down first, replies go into the ledger before they are read, and candidates
have their place in the run as key.  A run that is killed therefore goes on where it was: what was
paid is read again and nothing is stored twice.
"""

from collections import Counter
from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing

from rft_app.domain.candidate import CandidateState, GeneratedDraft, candidate_id
from rft_app.domain.generation import GenerationReport
from rft_app.errors import JobCancelledError, ProviderError
from rft_app.jobs.context import JobContext
from rft_app.llm.chat import ChatRequest
from rft_app.llm.client import ChatClient
from rft_app.llm.failures import CallFailure, CallFailureKind
from rft_app.llm.structured import Answer, Question, ask
from rft_app.services.generation_checks import Checker, describe_draft
from rft_app.services.generation_units import make_brief
from rft_app.settings import get_settings
from rft_app.storage.candidates import (
    NewCandidate,
    add_candidates,
    count_run,
    has_candidate,
    list_places,
    settle_candidate,
)
from rft_app.storage.datasets import get_dataset_row
from rft_app.storage.generation_runs import GenerationRun, finish_run
from rft_app.storage.paid_calls import StoredPaidCalls, sum_paid_calls
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.topics import get_tree
from rft_app.strategies import STRATEGIES

MAX_FAILED_IN_A_ROW = 10
MIN_REPLY_TOKENS, MAX_REPLY_TOKENS = 1024, 16_000
POLL_S = 0.2

Outcome = Answer[list[GeneratedDraft]] | CallFailure


class Generation:
    """Does what a run wrote down."""

    def __init__(self, context: JobContext, run: GenerationRun) -> None:
        self._context = context
        self._run = run
        self._strategy = STRATEGIES.get(run.settings.strategy)
        self._ledger = StoredPaidCalls(context.job_id, run.dataset_id)
        self._checker = Checker(run.dataset_id)
        with reading() as session:
            self._objective = get_dataset_row(session, run.dataset_id).objective
            self._tree = get_tree(session, run.dataset_id)
            self._places = list_places(session, run.id)
        self._failures: Counter[CallFailureKind] = Counter()
        self._messages: dict[str, str] = {}
        self._num_failed_in_a_row = 0
        self._num_done = 0
        self._num_made = len(self._places)
        self._is_hopeless = False

    def work(self) -> GenerationReport:
        """Ask, store and report.

        Raises:
            ProviderError: Not one candidate came of it; the message says why.
            JobCancelledError: Somebody asked to stop; what was paid is stored.
        """
        settings = get_settings()
        with closing(ChatClient(settings)) as client:
            with ThreadPoolExecutor(settings.llm_concurrency, "generate") as pool:
                self._ask_all(client, pool, settings.llm_concurrency)
            left_out = client.left_out
        return self._report("temperature" in left_out)

    def _ask_all(self, client: ChatClient, pool: ThreadPoolExecutor, num_at_once: int) -> None:
        units = iter(range(len(self._run.units)))
        asked: dict[Future[Outcome], int] = {}
        try:
            while True:
                self._context.progress(self._num_made, self._run.num_planned, self._label())
                while len(asked) < num_at_once and not self._is_hopeless:
                    if (index := next(units, None)) is None:
                        break
                    self._context.check_cancelled(now=True)
                    asked[pool.submit(self._ask, client, index)] = index
                if not asked:
                    return
                done, _ = wait(asked, timeout=POLL_S, return_when=FIRST_COMPLETED)
                self._take(done, asked)
        except JobCancelledError:
            client.stop()
            self._take(wait(asked).done, asked)
            raise

    def _label(self) -> str:
        label = f"{self._num_made:,} of {self._run.num_planned:,} records generated"
        num_failed = self._failures.total()
        return f"{label}, {num_failed:,} calls failed" if num_failed else label

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
            )
        wanted = 3 * strategy.estimate_reply_tokens(brief) + 256
        request = ChatRequest(
            model=run.settings.model or "",
            messages=strategy.prompt(brief),
            temperature=run.settings.temperature,
            max_tokens=min(max(wanted, MIN_REPLY_TOKENS), MAX_REPLY_TOKENS),
        )
        question = Question(key=str(index), request=request, reply_type=strategy.reply_type)
        return ask(client, self._ledger, question, lambda reply: strategy.read(brief, reply))

    def _take(self, done: Iterable[Future[Outcome]], asked: dict[Future[Outcome], int]) -> None:
        """Store what came back; calls that were stopped in time brought nothing."""
        for future in done:
            index = asked.pop(future)
            if isinstance(future.exception(), JobCancelledError):
                continue
            outcome = future.result()
            self._num_done += 1
            if isinstance(outcome, CallFailure):
                self._note_failure(outcome)
            else:
                self._num_failed_in_a_row = 0
                self._store(index, outcome.value)

    def _note_failure(self, failure: CallFailure) -> None:
        self._failures[failure.kind] += 1
        self._messages.setdefault(failure.kind, f"{failure.message} {failure.kind.remedy}")
        self._num_failed_in_a_row += 1
        if failure.kind.is_fatal or self._num_failed_in_a_row >= MAX_FAILED_IN_A_ROW:
            self._is_hopeless = True

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
            raise ProviderError(self._explain_nothing(), failures=dict(self._failures))
        report = GenerationReport(
            run_id=run.id,
            num_planned=run.num_planned,
            num_generated=num_generated,
            num_passing=num_passing,
            num_calls=paid.num_calls,
            num_prompt_tokens=paid.num_prompt_tokens,
            num_completion_tokens=paid.num_completion_tokens,
            cost_usd=paid.cost_usd,
            failures={kind.value: number for kind, number in self._failures.items()},
            failure_messages=self._messages,
            note=" ".join(self._notes(num_generated, has_own_temperature)),
        )
        with unit_of_work() as session:
            finish_run(session, report)
        return report

    def _explain_nothing(self) -> str:
        if not self._failures:
            return "The model's replies held no record. Choose another model or strategy."
        shown = " ".join(f"{kind}: {message}" for kind, message in self._messages.items())
        return f"No record came of {self._num_done:,} calls. {shown}"[:1000]

    def _notes(self, num_generated: int, has_own_temperature: bool) -> Iterable[str]:
        num_calls = len(self._run.units)
        if num_failed := self._failures.total():
            kinds = ", ".join(f"{n:,} {kind}" for kind, n in self._failures.most_common())
            yield f"{num_failed:,} of {num_calls:,} calls brought nothing ({kinds})."
        if self._is_hopeless and (num_left := num_calls - self._num_done):
            yield f"{num_left:,} calls were not made, because the others would have failed, too."
        if CallFailureKind.TIMEOUT in self._failures:
            yield "The provider may charge for calls that timed out; they are in no figure here."
        if num_generated < self._run.num_planned and not num_failed:
            yield f"Replies held {num_generated:,} of {self._run.num_planned:,} records."
        if has_own_temperature:
            yield "The model takes no temperature and used its own."
