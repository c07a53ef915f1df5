"""Parsers, one module per row shape: a source row in, a trace out."""

from rft_app.domain.trace import ParsedTrace
from rft_app.domain.validity import Reason
from rft_app.registry import Registry
from rft_app.traces.anthropic import Anthropic
from rft_app.traces.draft import finish
from rft_app.traces.gateway_call import GatewayCall
from rft_app.traces.helicone import Helicone
from rft_app.traces.langfuse_export import LangfuseExport
from rft_app.traces.line import LineFault, Row, WrongShapeError, decode_row, require_plain
from rft_app.traces.litellm import LiteLlm
from rft_app.traces.litellm_spend import LiteLlmSpend
from rft_app.traces.messages import Messages
from rft_app.traces.openai_batch import OpenAiBatch
from rft_app.traces.openai_dpo import OpenAiDpo
from rft_app.traces.openai_rft import OpenAiRft
from rft_app.traces.openai_stored import OpenAiStored
from rft_app.traces.otlp import UNREADABLE
from rft_app.traces.prompt_completion import PromptCompletion
from rft_app.traces.question_answer import QuestionAnswer
from rft_app.traces.shape import TraceShape
from rft_app.traces.tensorzero import TensorZero
from rft_app.traces.trajectory import Trajectory
from rft_app.traces.trl_dpo import TrlDpo

SHAPES: Registry[TraceShape] = Registry(
    "row shape",
    (
        OpenAiDpo(),
        TrlDpo(),
        OpenAiBatch(),
        GatewayCall(),
        LiteLlm(),
        LiteLlmSpend(),
        LangfuseExport(),
        Helicone(),
        OpenAiStored(),
        Anthropic(),
        TensorZero(),
        Trajectory(),
        OpenAiRft(),
        Messages(),
        PromptCompletion(),
        QuestionAnswer(),
    ),
)
"""In the order they are tried: the first that matches reads the row."""

_IN_ORDER = tuple(SHAPES)


def detect_shape(row: Row) -> TraceShape | None:
    """The shape of a row by its content; `None` when it is none we know."""
    for shape in _IN_ORDER:
        if shape.matches(row):
            return shape
    return None


def parse_line(
    line: bytes, shape: TraceShape | None, max_tokens: int
) -> tuple[ParsedTrace, str] | LineFault:
    """Turn one source row into a trace and the name of its shape, or say why it cannot be one.

    Args:
        line: One JSON object.
        shape: The only shape accepted; `None` finds each row's own.
        max_tokens: Longer records are marked `too_long`.
    """
    row = decode_row(line)
    if isinstance(row, LineFault):
        return row
    chosen = shape or detect_shape(row)
    if chosen is None:
        return LineFault(Reason.WRONG_SHAPE, describe_unknown(row))
    try:
        require_plain(line)
        draft = chosen.draft(row)
        return finish(draft, max_tokens), draft.shape or chosen.name
    except WrongShapeError as error:
        return LineFault(Reason.WRONG_SHAPE, str(error))
    except UNREADABLE as error:
        return LineFault(Reason.WRONG_SHAPE, f"A field has an unexpected value: {error}.")


def describe_unknown(row: Row) -> str:
    """What to say of a row of no known shape."""
    if "resourceSpans" in row or "resourceLogs" in row:
        return (
            "The line is OTLP. Import the file among the traces (Import at /traces, or rft traces "
            "import), then make a dataset of them."
        )
    names = ", ".join(f"`{name[:40]}`" for name in list(row)[:8])
    return f"No known row shape has the fields {names or '(none)'}. Map its columns."
