"""Grader kinds, one module each: from a rollout to an outcome."""

from contextlib import suppress

from rft_app.domain.grader import GraderSpec
from rft_app.errors import NotAvailableError
from rft_app.graders._base import AnyGraderKind, GraderSession
from rft_app.graders.json_schema import JsonSchemaGrader
from rft_app.graders.judge import JudgeGrader
from rft_app.graders.multi import MultiGrader
from rft_app.graders.script import ScriptGrader
from rft_app.graders.string_check import StringCheckGrader
from rft_app.graders.text_similarity import TextSimilarityGrader
from rft_app.graders.tool_calls import ToolCallsGrader
from rft_app.registry import Registry

_PARTS: tuple[AnyGraderKind, ...] = (
    ScriptGrader(),
    StringCheckGrader(),
    TextSimilarityGrader(),
    JsonSchemaGrader(),
    ToolCallsGrader(),
)
"""Those that a combination may hold: they ask no model, so that nothing has to be paid."""
GRADERS: Registry[AnyGraderKind] = Registry(
    "grader kind", (*_PARTS, MultiGrader(Registry("grader kind", _PARTS)), JudgeGrader())
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
