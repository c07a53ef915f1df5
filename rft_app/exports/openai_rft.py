"""OpenAI-compatible reinforcement fine-tuning, as JSONL.

One line:

    {"messages":[{"role":"developer","content":"Answer with a number."},{"role":"user","content":"2+2?"}],"reference_answer":"4","topic":"Sums"}

The last message is the question that the model answers.  Every key beside `messages` and `tools`
is a column that graders read as `{{ item.<key> }}`; `reference_answer` is always text, because
readers guess one type for the whole column.  The role for instructions is `developer`.

Source: `FineTuneReinforcementRequestInput` in OpenAI's OpenAPI document of July 2025,
https://github.com/openai/openai-openapi; the same rows are read by Azure and Bedrock.
"""  # noqa: E501  # a real line

from dataclasses import dataclass
from typing import Final

from rft_app.domain.export import Lack, Need
from rft_app.domain.record import RecordBytes
from rft_app.exports._base import Exporter
from rft_app.exports._context import Encode, FileContext
from rft_app.exports._openai_messages import openai_style
from rft_app.exports._rows import columns, tools_pair

_STYLE: Final = openai_style("developer")
_RESERVED: Final = frozenset({"messages", "tools", "item", "sample"})


@dataclass(frozen=True, kw_only=True)
class OpenAIRft(Exporter):
    """The question, its reference answer, and columns for the grader."""

    name: str = "openai_rft"
    family: str = "openai"
    variant: str = "RFT"
    label: str = "OpenAI-compatible RFT"
    description: str = "Questions with reference answers, for reinforcement fine-tuning services."
    consumer: str = "Azure · Bedrock · Fireworks"
    needs: tuple[Need, ...] = (Need.QUESTION, Need.REFERENCE)
    snippet: str = (
        "from openai import OpenAI\n\n"
        'OpenAI().files.create(file=open("train.jsonl", "rb"), purpose="fine-tune")'
    )

    def encoder(self, context: FileContext) -> Encode:
        """Messages, tools and columns."""
        return _encode


def _encode(record: RecordBytes) -> bytes | Lack:
    if record.reference is None:
        return Lack.NO_REFERENCE
    messages = _STYLE.question(record)
    if isinstance(messages, Lack):
        return messages
    more = columns(record, _RESERVED)
    return b"".join((b'{"messages":', messages, tools_pair(record), more, b"}\n"))
