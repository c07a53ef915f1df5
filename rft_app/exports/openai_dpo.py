"""OpenAI-compatible direct preference optimisation, as JSONL.

One line:

    {"input":{"messages":[{"role":"user","content":"Hi"}]},"preferred_output":[{"role":"assistant","content":"Hello!"}],"non_preferred_output":[{"role":"assistant","content":"What?"}]}

One assistant message on each side.  OpenAI's published schema calls the sides
`preferred_completion` and `non_preferred_completion`; its guide, Azure and Together read the names
used here.

Source: `FineTunePreferenceRequestInput` in OpenAI's OpenAPI document of July 2025,
https://github.com/openai/openai-openapi; names as in
https://learn.microsoft.com/azure/ai-foundry/openai/how-to/fine-tuning-direct-preference-optimization
"""  # a real line

from dataclasses import dataclass
from typing import Final

from rft_app.domain.example import Pair, Unit
from rft_app.domain.export import Lack, Need
from rft_app.exports._answers import convert
from rft_app.exports._base import Exporter
from rft_app.exports._context import Encode, FileContext
from rft_app.exports._openai_messages import openai_style

_STYLE: Final = openai_style("system")


@dataclass(frozen=True, kw_only=True)
class OpenAIDpo(Exporter):
    """A question with a better and a worse answer."""

    name: str = "openai_dpo"
    family: str = "openai"
    variant: str = "DPO"
    label: str = "OpenAI-compatible DPO"
    description: str = "Questions with a better and a worse answer, for fine-tuning services."
    consumer: str = "Azure · Together"
    unit: Unit = Unit.PAIR
    has_ids: bool = False
    needs: tuple[Need, ...] = (Need.PAIR,)
    snippet: str = (
        "from openai import OpenAI\n\n"
        'OpenAI().files.create(file=open("train.jsonl", "rb"), purpose="fine-tune")'
    )

    def encoder(self, context: FileContext) -> Encode:
        """Input and both answers."""
        return _encode


def _encode(example: Pair) -> bytes | Lack:
    record = example.record
    if len(example.chosen) != 1 or len(example.rejected) != 1:
        return Lack.SEVERAL_TURNS
    parts = convert(record.input, example.chosen, example.rejected, style=_STYLE)
    if isinstance(parts, Lack):
        return parts
    pieces = [b'{"input":{"messages":', parts[0]]
    if record.tools is not None:
        pieces += (b',"tools":', record.tools)
        if record.parallel_tool_calls is not None:
            pieces += (b',"parallel_tool_calls":', record.parallel_tool_calls)
    pieces += (b'},"preferred_output":', parts[1], b',"non_preferred_output":', parts[2], b"}\n")
    return b"".join(pieces)
