"""Answers of a training, judged by the dataset's grader."""

import hashlib
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from rft_app.domain.grader import GraderSpec, list_asking
from rft_app.domain.grading import Abstention, GradingFailure, Outcome, Verdict
from rft_app.domain.rollout import Item, RolloutKey, Sample, make_sample, output_text
from rft_app.graders import open_asking, open_grader
from rft_app.graders._asking import AskingSession
from rft_app.graders._base import GraderSession
from rft_app.storage.catalogue import read_catalogue
from rft_app.storage.paid_calls import StoredPaidCalls
from rft_app.storage.rollouts import load_rollouts, parse_output
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.training_runs import Answer, Place, put_answers
from rft_app.trainers.rewards import AnswerText, Graded, GradeRequest
from rft_app.trainers.tool_calls import read_answer


class TrainingGrader:
    """Grades what the trainer sends and keeps it; a context manager, for it may own a process.

    Judges are asked once for equal answers to a record: their replies are kept under the job.
    """

    def __init__(self, dataset_id: str, run_id: str, job_id: str, spec: GraderSpec) -> None:
        self._dataset_id = dataset_id
        self._run_id = run_id
        self._job_id = job_id
        self._spec = spec
        self._items: dict[int, Item] = {}
        self._session: GraderSession | AskingSession
        self._stack = ExitStack()
        self.num_graded = self.num_failed = 0
        self.message = ""
        """Why the last answer without a reward has none."""

    def __enter__(self) -> Self:
        if list_asking(self._spec):
            ledger = StoredPaidCalls(self._job_id, self._dataset_id)
            with reading() as session:
                catalogue = read_catalogue(session)
            opened: GraderSession | AskingSession = open_asking(self._spec, ledger, catalogue)
        else:
            opened = open_grader(self._spec)
        self._session = self._stack.enter_context(opened)
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.close()

    def grade(self, request: GradeRequest) -> Graded:
        """Judge answers, store them with their outcomes, and give their rewards."""
        outcomes = self._judge(request.answers)
        rows = [
            Answer(answer.key, answer.text, outcome)
            for answer, outcome in zip(request.answers, outcomes, strict=True)
        ]
        with unit_of_work() as session:
            place = Place(request.phase, request.step)
            put_answers(session, self._run_id, place, request.first, rows)
        self._count(outcomes)
        rewards = [one.reward if isinstance(one, Verdict) else None for one in outcomes]
        num_abstained = sum(isinstance(one, Abstention) for one in outcomes)
        return Graded(
            rewards=tuple(rewards), num_abstained=num_abstained, message=explain(outcomes)
        )

    def _judge(self, answers: Sequence[AnswerText]) -> list[Outcome]:
        self._load({answer.key for answer in answers} - self._items.keys())
        items = [self._items[one.key] for one in answers]
        pairs = [
            (make_answer(one.text, has_tools=bool(item.get("tools"))), item)
            for one, item in zip(answers, items, strict=True)
        ]
        grading = self._session
        if not isinstance(grading, AskingSession):
            return grading.grade(pairs)
        keys = [f"{one.key}:{hashlib.sha256(one.text.encode()).hexdigest()}" for one in answers]
        return _ask_all(grading, keys, pairs)

    def _load(self, seqs: set[int]) -> None:
        if not seqs:
            return
        with reading() as session:
            keys = [RolloutKey(seq, None, None) for seq in sorted(seqs)]
            found = load_rollouts(session, self._dataset_id, keys)
        for rollout in found:
            item = {name: value for name, value in rollout.item.items() if name != "reward"}
            self._items[rollout.key.record_seq] = item  # a recorded reward is another answer's

    def _count(self, outcomes: Sequence[Outcome]) -> None:
        self.num_graded += sum(isinstance(one, Verdict) for one in outcomes)
        failures = [one for one in outcomes if isinstance(one, GradingFailure)]
        self.num_failed += len(failures)
        self.message = failures[-1].message if failures else self.message


def _ask_all(
    judge: AskingSession, keys: Sequence[str], pairs: Sequence[tuple[Sample, Item]]
) -> list[Outcome]:
    """Ask about each pair once, however often it is there."""
    first = dict(zip(keys, pairs, strict=True))
    lock = threading.Lock()
    outcomes: dict[str, Outcome] = {}

    def ask(key: str) -> None:
        found = judge.ask(key, *first[key]).outcome
        with lock:
            outcomes[key] = found

    with ThreadPoolExecutor(judge.num_at_once, "judge") as pool:
        list(pool.map(ask, first))
    return [outcomes[key] for key in keys]


def make_answer(text: str, *, has_tools: bool) -> Sample:
    """A text as a grader sees it; calls are looked for where the model was shown tools."""
    message = read_answer(text) if has_tools else {"role": "assistant", "content": text}
    return make_sample([message], parse_output(output_text([message])))


def explain(outcomes: Sequence[Outcome]) -> str:
    """Why the first one without a reward has none; empty where each has one."""
    for outcome in outcomes:
        if isinstance(outcome, GradingFailure):
            return outcome.message
        if isinstance(outcome, Abstention):
            return f"The grader abstained: {outcome.reason or 'no reason given'}"
    return ""
