"""Dry runs killed again and again, by a provider that misbehaves in every way it can.

Each question says by its text how the provider behaves.  A gate lets so many requests through and
holds the others: a worker cannot be done before it is killed, however quick the machine is.
"""

import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlmodel import col, select

from rft_app.domain.dry_run import DryRunReport
from rft_app.domain.grader import JudgeSpec, StringCheckSpec
from rft_app.domain.grading import FailureKind
from rft_app.domain.job import Job, JobStatus
from rft_app.domain.pipeline import StepName
from rft_app.pipeline._scopes import sampling_scope
from rft_app.services.dry_runs import get_dry_run
from rft_app.services.pipeline import queue_step
from rft_app.settings import get_settings
from rft_app.storage.dry_runs import load_plan
from rft_app.storage.grades import iterate_grades
from rft_app.storage.migrations import migrate
from rft_app.storage.paid_calls import sum_paid_calls
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.tables import LlmCallRow, RolloutRow
from tests.durability.test_generation import read_job, wait_for
from tests.llm.provider import (
    PAGE,
    FakeProvider,
    Json,
    Served,
    refuse,
    say,
    say_json,
    say_no_choice,
)
from tests.pipeline.graded_dataset import DATASET, add_records, configure

pytestmark = pytest.mark.durability

NUM_AT_ONCE = 2
KILLED_AFTER = (8, 22, 37)
"""Requests that are let through before the worker is killed, in all."""
EACH = 3
"""Rollouts of each mode."""
A_MOMENT = refuse(429, "slow down", headers={"Retry-After": "0.05"})
FENCED = '```json\n{"reasoning": "Fine.", "score": 0.5}\n```'


@dataclass(frozen=True)
class Mode:
    """One way to behave, and what must come of it."""

    first: Served | None
    """What a question gets the first time; `None` for what it gets always."""
    always: Served
    num_paid: int = 1
    """Replies that are paid in the end: questions and repairs."""
    failure: FailureKind | None = None
    """Why there is no grade; `None` where there is one."""


GOOD = say_json({"reasoning": "Fine.", "score": 0.5})
CUT = Served(say("x" * 5000).body, is_cut=True)
PAGE_SERVED = Served(PAGE, headers={"Content-Type": "text/html"})
JUDGED = {
    "good": Mode(None, GOOD),
    "patience": Mode(A_MOMENT, GOOD),
    "fault": Mode(refuse(500, "broken"), GOOD),
    "fence": Mode(None, say(FENCED)),
    "broken": Mode(None, refuse(500, "broken"), 0, FailureKind.PROVIDER_REFUSED),
    "shape": Mode(None, say_json({"stars": "many"}), 2, FailureKind.BAD_REPLY),
    "range": Mode(None, say_json({"reasoning": "!", "score": 7}), 1, FailureKind.OUT_OF_RANGE),
    "silence": Mode(None, say_no_choice(), 2, FailureKind.NO_REPLY),
    "refusal": Mode(None, say(None, refusal="I will not."), 1, FailureKind.DECLINED),
    "page": Mode(None, PAGE_SERVED, 0, FailureKind.NO_COMPLETION),
    "cut": Mode(CUT, GOOD),
}
YES = say("yes")
SAMPLED = {
    "good": Mode(None, YES),
    "patience": Mode(A_MOMENT, YES),
    "fault": Mode(refuse(500, "broken"), YES),
    "fence": Mode(None, say("```\nyes\n```")),
    "broken": Mode(None, refuse(500, "broken"), 0, FailureKind.NOT_SAMPLED),
    "other": Mode(None, say("no")),
    "silence": Mode(None, say_no_choice(), 1, FailureKind.NOT_SAMPLED),
    "refusal": Mode(None, say(None, refusal="I will not.")),
    "page": Mode(None, PAGE_SERVED, 0, FailureKind.NOT_SAMPLED),
    "cut": Mode(CUT, YES),
}


class Gate:
    """Behaves as each question's mode says, and lets only so many requests through."""

    def __init__(self, modes: dict[str, Mode]) -> None:
        self.use(modes)
        self.num_held = 0
        self._num_let = 0
        self._asked: Counter[str] = Counter()
        self._changed = threading.Condition()

    def use(self, modes: dict[str, Mode]) -> None:
        """Behave in these modes, one after the other, again and again."""
        self.modes = modes
        self.questions = [f"{mode} {number}" for number in range(EACH) for mode in modes]

    def find_question(self, request: Json) -> str:
        """The mode and number that a request is about; a sampled one names its record's number."""
        said = next(turn["content"] for turn in request["messages"] if turn["role"] == "user")
        kind, number = said.split()
        return self.questions[int(number) - 1] if kind == "Question" else said

    def find_mode(self, question: str) -> Mode:
        """How it behaves."""
        return self.modes[question.split()[0]]

    def let(self, number: int) -> None:
        """Let requests through up to that one, also those that are held."""
        with self._changed:
            self._num_let, self.num_held = number, 0
            self._changed.notify_all()

    def behave(self, request: Json, number: int) -> Served:
        """The answer to one request, once it is let through."""
        with self._changed:
            if number >= self._num_let:
                self.num_held += 1
                self._changed.wait_for(lambda: number < self._num_let)
            question = self.find_question(request)
            self._asked[question] += 1
            mode = self.find_mode(question)
            is_first = self._asked[question] == 1
        return mode.first if is_first and mode.first is not None else mode.always


def is_repair(request: Json) -> bool:
    """Whether it asks once more, with the fault named."""
    return len(request["messages"]) > 1


@pytest.fixture
def gate() -> Gate:
    """The gate of a judge's provider."""
    return Gate(JUDGED)


@pytest.fixture
def provider(data_dir: Path, monkeypatch: pytest.MonkeyPatch, gate: Gate) -> Iterator[FakeProvider]:
    """The provider behind the gate."""
    with FakeProvider(gate.behave).running() as found:
        monkeypatch.setenv("RFT_LLM_BASE_URL", found.url)
        monkeypatch.setenv("RFT_LLM_MODELS", "good=1/10")
        monkeypatch.setenv("RFT_LLM_CONCURRENCY", str(NUM_AT_ONCE))
        monkeypatch.setenv("RFT_LLM_MAX_ATTEMPTS", "2")
        get_settings.cache_clear()
        yield found
        gate.let(10**9)


StartWorker = Callable[[], "subprocess.Popen[bytes]"]


class Killed:
    """A dry run that is killed on its way, and what was in the ledger each time."""

    def __init__(self, provider: FakeProvider, gate: Gate, start_worker: StartWorker) -> None:
        self.provider, self.gate, self.start_worker = provider, gate, start_worker
        self.stored: list[tuple[int, set[str]]] = []
        """After each kill: requests so far, and the keys of the replies that were stored."""

    def run(self, job: Job, scope: str) -> None:
        """Kill it after each so many requests, then let it end."""
        for number in KILLED_AFTER:
            self.gate.let(number)
            worker = self.start_worker()
            wait_for(lambda: self.gate.num_held or read_job(job).status.is_settled)
            worker.kill()
            worker.wait()
            assert read_job(job).status is JobStatus.RUNNING, "It was killed in the middle."
            self.stored.append((len(self.provider.requests), list_keys(scope)))
        self.gate.let(10**9)
        self.start_worker()
        wait_for(lambda: read_job(job).status.is_settled)
        assert read_job(job).status is JobStatus.DONE, read_job(job).error

    def require_nothing_twice(self, places: dict[str, int]) -> None:
        """No call was made whose reply was in the ledger."""
        assert self.stored[-1][1], "Something was paid before the last kill."
        for num_before, keys in self.stored:
            for request in self.provider.requests[num_before:]:
                question = self.gate.find_question(request)
                mode, place = self.gate.find_mode(question), places[question]
                known = {f"{place}", f"{place}.repair"} & keys
                assert len(known) < max(1, mode.num_paid), f"{question}: all of it was paid"
                if known == {f"{place}"} and mode.failure is FailureKind.BAD_REPLY:
                    assert is_repair(request), f"{question}: only its repair was left"


def map_places(questions: list[str]) -> dict[str, int]:
    """The place in the plan of each question."""
    with reading() as session:
        keys = load_plan(session, get_dry_run(session, DATASET).id)
    return {questions[key.record_seq - 1]: place for place, key in enumerate(keys)}


def list_keys(scope: str) -> set[str]:
    """Keys of the replies in the ledger."""
    with reading() as session:
        return set(session.exec(select(LlmCallRow.key).where(col(LlmCallRow.scope) == scope)))


def expect_keys(places: dict[str, int], gate: Gate) -> set[str]:
    """What the ledger holds in the end."""
    paid = [(place, gate.find_mode(one).num_paid) for one, place in places.items()]
    first = {f"{place}" for place, num_paid in paid if num_paid}
    return first | {f"{place}.repair" for place, num_paid in paid if num_paid > 1}


def require_outcomes(gate: Gate) -> DryRunReport:
    """Every rollout has its grade once, or its failure once with the right reason."""
    with reading() as session:
        run = get_dry_run(session, DATASET)
        grades = list(iterate_grades(session, run.id))
    found = {grade.record_seq: grade for grade in grades}
    assert len(grades) == len(found) == len(gate.questions)
    for seq, question in enumerate(gate.questions, 1):
        grade, wanted = found[seq], gate.find_mode(question).failure
        assert grade.failure_kind is wanted, (question, grade)
        assert (grade.reward is None) is (wanted is not None), question
        assert bool(grade.failure_message) is (wanted is not None), question
    assert run.report is not None
    return run.report


def require_spend(scope: str, keys: set[str]) -> None:
    """What was paid is what is in the ledger, and calls that were cut off are told beside it."""
    with reading() as session:
        paid = sum_paid_calls(session, scope)
    assert list_keys(scope) == keys
    assert paid.num_calls == len(keys)
    assert paid.cost_usd == pytest.approx(len(keys) * 0.002)
    assert 1 <= paid.num_lost <= EACH, "the last cut came after the last kill"


def test_a_judge_that_misbehaves_is_paid_once_through_kills(
    provider: FakeProvider, gate: Gate, start_worker: StartWorker
) -> None:
    migrate()
    add_records([*gate.questions])
    configure(JudgeSpec(prompt="{{sample.output_text}}"))
    with unit_of_work() as session:
        job = queue_step(session, DATASET, StepName.DRY_RUN)
    killed = Killed(provider, gate, start_worker)
    killed.run(job, job.id)
    places = map_places(gate.questions)
    killed.require_nothing_twice(places)
    report = require_outcomes(gate)
    assert report.judge is not None
    require_spend(job.id, expect_keys(places, gate))


def test_a_model_that_misbehaves_is_paid_once_for_each_answer_through_kills(
    provider: FakeProvider, gate: Gate, start_worker: StartWorker
) -> None:
    gate.use(SAMPLED)
    migrate()
    add_records([*gate.questions])
    configure(StringCheckSpec(reference="yes"))
    settings = {"sampling": {"model": "good", "max_tokens": 40}, "num_rollouts": 1}
    with unit_of_work() as session:
        job = queue_step(session, DATASET, StepName.DRY_RUN, settings)
    killed, scope = Killed(provider, gate, start_worker), sampling_scope(job.id)
    killed.run(job, scope)
    places = map_places(gate.questions)
    killed.require_nothing_twice(places)
    report = require_outcomes(gate)
    assert report.sampler is not None
    keys = expect_keys(places, gate)
    require_spend(scope, keys)
    with reading() as session:
        rollouts = session.exec(select(RolloutRow.seq)).all()
    assert len(rollouts) == len(keys) - EACH, "one for each reply that holds an answer"
