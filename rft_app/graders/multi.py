"""Several graders as one: a weighted mean, a product, the least, or a formula of their rewards.

A spec such as

    {"kind": "multi", "combine": "weighted_mean", "gates": {"format": 1},
     "graders": {
       "format": {"kind": "json_schema", "json_schema": {"type": "object"}, "weight": 0},
       "answer": {"kind": "string_check", "field": "output_json.answer", "weight": 2},
       "tone": {"kind": "script", "source": "def grade(sample, item): ..."}}}

grades with each of them.  An answer below a gate gets 0, whatever the others say, also where they
say nothing.  Else, where one of them cannot judge, nobody knows the reward of the whole: that is a
grading failure and names it; where none fails and one abstains, the whole abstains.  Graders that
ask a model come last, those with a gate before the others, and none is asked any more once the
outcome is settled.
"""

import math
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from rft_app.domain.grader import Combination, JudgeSpec, MultiSpec, RubricSpec
from rft_app.domain.grading import Abstention, FailureKind, GradingFailure, Outcome, Verdict
from rft_app.domain.rollout import Item, Sample
from rft_app.errors import InvalidInputError
from rft_app.graders._asking import NO_LEDGER, NO_MODELS, Asked, AskingSession
from rft_app.graders._base import AnyGraderKind, GraderSession
from rft_app.graders.judge import JudgeGrader
from rft_app.graders.portable.formula import Formula, FormulaError
from rft_app.graders.portable.multi import is_closed, trim, weigh
from rft_app.graders.rubric import RubricGrader
from rft_app.llm.catalogue import Catalogue
from rft_app.llm.chat import PaidCalls
from rft_app.llm.failures import CallFailure
from rft_app.registry import Registry

MAX_REASON = 500

Rewards = Mapping[str, float]
Combine = Callable[[Rewards], float]


class MultiGrader:
    """Kind `multi`."""

    name = "multi"
    label = "Combination"

    def __init__(self, kinds: Registry[AnyGraderKind]) -> None:
        self._kinds = kinds

    def check(self, spec: MultiSpec) -> None:
        """Check each grader, the names that gates and formula use, and the weights."""
        for name, part in spec.graders.items():
            try:
                self._kinds.get(part.kind).check(part)
            except InvalidInputError as error:
                message = f"The grader {name!r} cannot work. {error.message}"
                raise InvalidInputError(message, field="graders") from error
        _require_known(spec.gates, spec, "gates")
        choose_combine(spec)

    def open(
        self, spec: MultiSpec, ledger: PaidCalls = NO_LEDGER, catalogue: Catalogue = NO_MODELS
    ) -> "MultiSession | AskingMultiSession":
        """Make all graders ready; those that ask a model choose it from the catalogue.

        Raises:
            InvalidInputError: The spec cannot work, or there is no such model.
            NotAvailableError: There is no model to ask, or scripts cannot run here.
        """
        self.check(spec)
        local: dict[str, GraderSession] = {}
        asking: dict[str, AskingSession] = {}
        for name, part in spec.graders.items():
            if isinstance(part, JudgeSpec):
                asking[name] = JudgeGrader().open(part, ledger, catalogue)
            elif isinstance(part, RubricSpec):
                asking[name] = RubricGrader().open(part, ledger, catalogue)
            else:
                local[name] = self._kinds.get(part.kind).open(part)
        session = MultiSession(spec, local)
        return AskingMultiSession(session, asking, spec.gates) if asking else session


class MultiSession:
    """Graders that are ready to judge together."""

    def __init__(self, spec: MultiSpec, parts: Mapping[str, GraderSession]) -> None:
        self._names = list(spec.graders)
        self._gates = spec.gates
        self._combine = choose_combine(spec)
        self._parts = parts
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._parts = {name: stack.enter_context(one) for name, one in self._parts.items()}
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.__exit__(exception_type, exception, traceback)

    def grade(self, batch: Sequence[tuple[Sample, Item]]) -> list[Outcome]:
        """Judge a batch with all graders, one after the other."""
        columns = [part.grade(batch) for part in self._parts.values()]
        rows = zip(*columns, strict=True)
        return [self.join(dict(zip(self._parts, row, strict=True))) for row in rows]

    def grade_parts(self, sample: Sample, item: Item) -> dict[str, Outcome]:
        """What each of its own graders says of one answer."""
        return {name: part.grade([(sample, item)])[0] for name, part in self._parts.items()}

    def is_settled(self, found: Mapping[str, Outcome]) -> bool:
        """Whether the other parts cannot change the outcome.

        A gate is closed, or there is no reward and no gate left that could close.
        """
        if self._find_closed(found):
            return True
        has_all = all(isinstance(one, Verdict) for one in found.values())
        return not has_all and self._gates.keys() <= found.keys()

    def _find_closed(self, found: Mapping[str, Outcome]) -> list[str]:
        return [
            name
            for name, least in self._gates.items()
            if isinstance(one := found.get(name), Verdict) and is_closed(one.reward, least)
        ]

    def join(self, found: Mapping[str, Outcome]) -> Outcome:
        """The outcome of the whole, by those of its parts, in the order of the settings.

        Parts may be left out where those that are there settle it.
        """
        unasked = [name for name in self._names if name not in found]
        found = {name: found[name] for name in self._names if name in found}
        verdicts = {name: one for name, one in found.items() if isinstance(one, Verdict)}
        rewards = {name: one.reward for name, one in verdicts.items()}
        reason = _describe(verdicts)
        if closed := self._find_closed(found):
            silent = [name for name in found if name not in verdicts]
            left = f" Without a reward: {', '.join(silent)}." if silent else ""
            left += f" Not asked: {', '.join(unasked)}." if unasked else ""
            told = f"Below the gate of {', '.join(closed)}.{left} {reason}"
            return Verdict(reward=0.0, reason=told[:MAX_REASON], criteria=rewards)
        if (without := _find_without_reward(found)) is not None:
            return without
        return self._compute(rewards, reason)

    def _compute(self, rewards: Rewards, reason: str) -> Verdict | GradingFailure:
        try:
            reward = trim(self._combine(rewards))
        except ArithmeticError as error:
            return _failure(FailureKind.NOT_FINITE, f"The formula has no value: {error}.", reason)
        if not math.isfinite(reward):
            return _failure(FailureKind.NOT_FINITE, f"The formula gave {reward}.", reason)
        if not 0 <= reward <= 1:
            return _failure(
                FailureKind.OUT_OF_RANGE, f"The formula gave {reward:g}, not 0 to 1.", reason
            )
        return Verdict(reward=reward, reason=reason, criteria=dict(rewards))


class AskingMultiSession(AskingSession):
    """A combination of which some graders ask a model; may be asked from several threads."""

    def __init__(
        self,
        local: MultiSession,
        asking: Mapping[str, AskingSession],
        gates: Collection[str],
    ) -> None:
        """Those that ask a model and have a gate come first: a closed one spares the others."""
        super().__init__([asker for one in asking.values() for asker in one.askers])
        self._local = local
        self._asking = dict(sorted(asking.items(), key=lambda part: part[0] not in gates))
        self._lock = threading.Lock()
        """Graders that own a process judge one answer at a time."""

    def __enter__(self) -> Self:
        self._local.__enter__()
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        super().__exit__(exception_type, exception, traceback)
        self._local.__exit__(exception_type, exception, traceback)

    def ask(self, key: str, sample: Sample, item: Item) -> Asked:
        """Judge one answer; each part has its own keys in the ledger.

        A part is asked only where it can still change the reward.

        Raises:
            JobCancelledError: `stop` was called before an attempt.
        """
        with self._lock:
            found = self._local.grade_parts(sample, item)
        calls: list[CallFailure | None] = []
        for name, one in self._asking.items():
            if self._local.is_settled(found):
                break
            asked = one.ask(f"{key}.{name}", sample, item)
            found[name] = asked.outcome
            calls += asked.calls
        return Asked(self._local.join(found), tuple(calls))


def choose_combine(spec: MultiSpec) -> Combine:
    """What makes one reward of several.

    Raises:
        InvalidInputError: Weights or formula cannot work.
    """
    if spec.formula is not None and spec.combine is not Combination.FORMULA:
        raise InvalidInputError(
            f"There is a formula, but `combine` is {spec.combine}. Make it `formula`, or leave the "
            "formula out.",
            field="formula",
        )
    match spec.combine:
        case Combination.WEIGHTED_MEAN:
            return _weigh(spec)
        case Combination.PRODUCT:
            return lambda rewards: math.prod(rewards.values())
        case Combination.MINIMUM:
            return lambda rewards: min(rewards.values())
        case Combination.FORMULA:
            formula = _read_formula(spec.formula or "")
            _require_known(formula.names, spec, "formula")
            return formula.compute


def _read_formula(text: str) -> Formula:
    try:
        return Formula(text)
    except FormulaError as error:
        raise InvalidInputError(str(error), field="formula", column=error.column) from error


def _weigh(spec: MultiSpec) -> Combine:
    weights = {name: part.weight for name, part in spec.graders.items()}
    if all(weight == 0 for weight in weights.values()):
        raise InvalidInputError(
            "All weights are 0, so there is no mean. Give at least one grader a weight.",
            field="graders",
        )
    return lambda rewards: weigh(rewards, weights)


def _require_known(names: Collection[str], spec: MultiSpec, field: str) -> None:
    unknown = sorted(set(names) - spec.graders.keys())
    if unknown:
        raise InvalidInputError(
            f"There is no grader {unknown[0]!r}, which `{field}` names; there are "
            f"{', '.join(spec.graders)}.",
            field=field,
        )


def _find_without_reward(found: Mapping[str, Outcome]) -> Outcome | None:
    """The first failure, else the first abstention, with the name of its grader."""
    for name, outcome in found.items():
        if isinstance(outcome, GradingFailure):
            return outcome.model_copy(update={"message": f"{name}: {outcome.message}"})
    for name, outcome in found.items():
        if isinstance(outcome, Abstention):
            return Abstention(reason=f"{name}: {outcome.reason or 'abstains.'}"[:MAX_REASON])
    return None


def _describe(verdicts: Mapping[str, Verdict]) -> str:
    rewards = " · ".join(f"{name} {one.reward:.2f}" for name, one in verdicts.items())
    reasons = " ".join(f"{name}: {one.reason}" for name, one in verdicts.items() if one.reason)
    return (f"{rewards}. {reasons}" if reasons else f"{rewards}.")[:MAX_REASON]


def _failure(kind: FailureKind, message: str, reason: str) -> GradingFailure:
    return GradingFailure(failure_kind=kind, message=f"{message} {reason}"[:MAX_REASON])
