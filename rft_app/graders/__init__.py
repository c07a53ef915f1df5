"""Grader kinds, one module each: from a rollout to an outcome."""

from contextlib import suppress
from typing import Any

from rft_app.domain.grader import GraderSpec, list_asking
from rft_app.errors import InvalidInputError, NotAvailableError
from rft_app.graders._asking import AskingSession
from rft_app.graders._base import AnyGraderKind, GraderSession
from rft_app.graders.json_schema import JsonSchemaGrader
from rft_app.graders.judge import JudgeGrader
from rft_app.graders.multi import MultiGrader
from rft_app.graders.rubric import RubricGrader
from rft_app.graders.script import ScriptGrader
from rft_app.graders.string_check import StringCheckGrader
from rft_app.graders.text_similarity import TextSimilarityGrader
from rft_app.graders.tool_calls import ToolCallsGrader
from rft_app.llm.catalogue import Catalogue
from rft_app.llm.chat import PaidCalls
from rft_app.registry import Registry

_PARTS: tuple[AnyGraderKind, ...] = (
    ScriptGrader(),
    StringCheckGrader(),
    TextSimilarityGrader(),
    JsonSchemaGrader(),
    ToolCallsGrader(),
    JudgeGrader(),
    RubricGrader(),
)
"""Those that a combination may hold."""
GRADERS: Registry[AnyGraderKind] = Registry(
    "grader kind", (*_PARTS, MultiGrader(Registry("grader kind", _PARTS)))
)


def check_grader(spec: GraderSpec) -> None:
    """Find the faults of a spec that can be seen without grading anything.

    Raises:
        InvalidInputError: It cannot work; details have `line` and `column` where known.
    """
    GRADERS.get(spec.kind).check(spec)


def load_grader(spec: GraderSpec) -> None:
    """Open a grader once and close it, to see what only shows then; may take seconds.

    Where this system cannot run it, e.g. because no provider is configured, it is checked as far as
    `check_grader` does.

    Raises:
        InvalidInputError: It cannot work; details have `line` and `column` where known.
    """
    with suppress(NotAvailableError), open_grader(spec):
        pass


def open_grader(spec: GraderSpec) -> GraderSession:
    """A grader ready to judge, to be used in a `with` block.

    Raises:
        InvalidInputError: The spec cannot work.
        NotAvailableError: This system cannot run such a grader.
    """
    return GRADERS.get(spec.kind).open(spec)


def open_asking(spec: GraderSpec, ledger: PaidCalls, catalogue: Catalogue) -> AskingSession:
    """A grader that asks models, ready to be asked; each reply is kept before it is read.

    Raises:
        InvalidInputError: The spec cannot work, there is no such model, or it asks none.
        NotAvailableError: There is no model to ask; the message says how to get one.
    """
    if not list_asking(spec):
        raise InvalidInputError(f"A grader of the kind {spec.kind} asks no model.", kind=spec.kind)
    kind: Any = GRADERS.get(spec.kind)
    session: AskingSession = kind.open(spec, ledger, catalogue)
    return session
