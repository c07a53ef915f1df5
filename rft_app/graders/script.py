"""Python scripts: `grade(sample, item)`, run in a confined process of their own.

They return a number from 0 to 1; or `{"reward": 0.5, "criteria": {"tone": 3}, "reason": "…"}`; or
`{"abstain": True, "reason": "…"}`.

`sample` has `output_text`, `output_json`, `output_tools`, `messages`; `item` has the record's
metadata at top level and `id`, `messages`, `tools`, `topic`, `reference`, `reference_answer` and,
where one was recorded with the answer, `reward`.  Both are dicts whose keys are attributes too.
The standard library can be imported; files, network, processes and threads cannot be used.
"""

import ast
import math
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Annotated, Self

import msgspec

from rft_app.domain.grader import ScriptSpec
from rft_app.domain.grading import Abstention, FailureKind, GradingFailure, Outcome, Verdict
from rft_app.domain.rollout import Item, Sample
from rft_app.errors import InvalidInputError
from rft_app.graders.sandbox import Limits, Reply, Status, Worker, explain, pack
from rft_app.settings import get_settings

MAX_REASON, MAX_CRITERIA, MAX_NAME = 1000, 30, 60
"""Of what a script tells: letters, criteria, letters of one's name."""
MAX_CALLS = 256
MAX_BYTES = 1 << 20
"""What travels to the process at once; the child starts while the rest is still being packed."""


class ScriptGrader:
    """Kind `script`."""

    name = "script"
    label = "Python script"

    def check(self, spec: ScriptSpec) -> None:
        """Compile the script and look for `grade(sample, item)`."""
        check_source(spec.source)

    def open(self, spec: ScriptSpec) -> "ScriptSession":
        """Start the confined process; the installation's limits apply on top of the spec's."""
        self.check(spec)
        settings = get_settings()
        limits = Limits(
            timeout_s=min(spec.timeout_s, settings.script_timeout_s),
            memory_mb=min(spec.memory_mb, settings.script_memory_mb),
        )
        allow = settings.allow_unisolated_scripts
        return ScriptSession(spec.source, limits, allow_unisolated=allow)


class ScriptSession:
    """One script's process, started again whenever a call brings it down."""

    def __init__(self, source: str, limits: Limits, *, allow_unisolated: bool) -> None:
        self._source = source
        self._limits = limits
        self._allow_unisolated = allow_unisolated
        self._worker: Worker | None = None

    def __enter__(self) -> Self:
        self._running()
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop()

    def grade(self, batch: Sequence[tuple[Sample, Item]]) -> list[Outcome]:
        """Judge a batch; a call that kills the process costs its own grade and no other."""
        outcomes: list[Outcome] = []
        while len(outcomes) < len(batch):
            outcomes += self._grade_some([*_packed(batch, start=len(outcomes))])
        return outcomes

    def _grade_some(self, calls: list[bytes]) -> list[Outcome]:
        """Judge at least the first call: all of them unless the process has to be replaced."""
        exchange = self._running().call(calls)
        outcomes: list[Outcome] = []
        for reply in exchange.replies:
            outcomes.append(judge(reply, self._limits))
            if reply.status is Status.MEMORY:
                self._stop()
                return outcomes
        if exchange.failure is not None:
            self._stop()
            outcomes.append(exchange.failure)
        return outcomes

    def _running(self) -> Worker:
        if self._worker is None:
            self._worker = Worker(
                self._source, self._limits, allow_unisolated=self._allow_unisolated
            )
        return self._worker

    def _stop(self) -> None:
        if self._worker is not None:
            self._worker.close()
            self._worker = None


def _packed(batch: Sequence[tuple[Sample, Item]], *, start: int) -> Iterator[bytes]:
    """As many calls as travel at once, at least one."""
    num_bytes = 0
    for sample, item in batch[start : start + MAX_CALLS]:
        call = pack(sample, item)
        num_bytes += len(call)
        yield call
        if num_bytes >= MAX_BYTES:
            return


def judge(reply: Reply, limits: Limits) -> Outcome:
    """Turn what the process says into an outcome; only a number in [0, 1] is a verdict."""
    match reply.status:
        case Status.NUMBER:
            return _judge_number(reply.value)
        case Status.FIELDS:
            return _judge_fields(reply.text)
        case _:
            return _explain_failure(reply, limits)


def _explain_failure(reply: Reply, limits: Limits) -> GradingFailure:
    match reply.status:
        case Status.NOT_A_NUMBER:
            return _failure(
                FailureKind.NOT_A_NUMBER,
                f"The script returned {reply.text}; it must return a number from 0 to 1, or a "
                "dict with it as `reward`.",
            )
        case Status.MEMORY:
            return _failure(
                FailureKind.MEMORY, f"The call needed more than {limits.memory_mb} MB of memory."
            )
        case _:
            return _failure(FailureKind.EXCEPTION, explain(reply.text))


def _judge_number(value: float) -> Verdict | GradingFailure:
    if not math.isfinite(value):
        return _failure(FailureKind.NOT_FINITE, f"The script returned {value}.")
    if not 0.0 <= value <= 1.0:
        shown = repr(value).removesuffix(".0")
        message = f"The script returned {shown}, which is outside 0 to 1."
        return _failure(FailureKind.OUT_OF_RANGE, message)
    return Verdict(reward=value)


class _Fields(msgspec.Struct, forbid_unknown_fields=True):
    """What a script may return in the place of a number."""

    reward: float | None = None
    criteria: Annotated[dict[str, float], msgspec.Meta(max_length=MAX_CRITERIA)] | None = None
    reason: str | None = None
    abstain: bool = False


def _judge_fields(text: str) -> Outcome:
    try:
        told = msgspec.json.decode(text, type=_Fields)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        return _failure(FailureKind.NOT_A_NUMBER, f"The script returned a dict: {error}.")
    reason = (told.reason or "").replace("\x00", "").strip()[:MAX_REASON] or None
    if told.abstain:
        return Abstention(reason=reason)
    if told.reward is None:
        message = "The script returned a dict without a number as `reward`."
        return _failure(FailureKind.NOT_A_NUMBER, message)
    outcome = _judge_number(told.reward)
    if isinstance(outcome, GradingFailure):
        return outcome
    criteria = {
        name.replace("\x00", "")[:MAX_NAME]: score for name, score in (told.criteria or {}).items()
    }
    return Verdict(reward=outcome.reward, criteria=criteria, reason=reason)


def _failure(kind: FailureKind, message: str) -> GradingFailure:
    return GradingFailure(failure_kind=kind, message=message)


def _parse(source: str) -> ast.Module:
    """The source's tree; parsed once more where the interpreter lost its own count of depth.

    CPython 3.11 does so where something that is collected meanwhile parses, too (gh-106905).
    """
    try:
        return ast.parse(source)
    except SystemError:
        return ast.parse(source)


def check_source(source: str) -> None:
    """Check that the source compiles and defines `grade` for two arguments.

    Raises:
        InvalidInputError: It does not; details have `line` and `column`, counted from 1.
    """
    try:
        module = _parse(source)
        compile(module, "<grader>", "exec")
    except SyntaxError as error:
        raise _fault(error.msg, error.lineno, error.offset) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise _fault(str(error) or "too deeply nested", None, None) from error
    binders = [node for node in module.body if "grade" in _bound_names(node)]
    if not binders:
        raise _fault("it defines no function `grade(sample, item)`", None, None)
    _require_two_arguments(binders[-1])


def _bound_names(node: ast.stmt) -> set[str]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return {node.name}
        case ast.Import() | ast.ImportFrom():
            return {alias.asname or alias.name for alias in node.names}
        case _:
            names = (inner for inner in ast.walk(node) if isinstance(inner, ast.Name))
            return {name.id for name in names if isinstance(name.ctx, ast.Store)}


def _require_two_arguments(node: ast.stmt) -> None:
    if isinstance(node, ast.AsyncFunctionDef):
        raise _fault("`grade` must be a plain `def`, not async", node.lineno, node.col_offset + 1)
    if not isinstance(node, ast.FunctionDef):
        return
    positional = len(node.args.posonlyargs) + len(node.args.args)
    required = positional - len(node.args.defaults)
    takes_two = required <= 2 and (positional >= 2 or node.args.vararg is not None)
    if not takes_two:
        message = "`grade` must take two arguments, `sample` and `item`"
        raise _fault(message, node.lineno, node.col_offset + 1)


def _fault(message: str, line: int | None, column: int | None) -> InvalidInputError:
    place = "" if line is None else f" in line {line}, column {column}"
    return InvalidInputError(
        f"The script cannot be used: {message}{place}.", line=line, column=column
    )
