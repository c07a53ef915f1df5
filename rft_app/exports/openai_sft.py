"""OpenAI-compatible supervised fine-tuning, as JSONL.

One line:

    {"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello!"}],"tools":[{"type":"function","function":{"name":"find_flight","parameters":{"type":"object","properties":{}}}}],"parallel_tool_calls":true}

Only these three keys: services differ in what they do with others.  Roles are system, user,
assistant and tool; a tool call's arguments are JSON text; `parallel_tool_calls` stands beside
`tools` only.

Source: `FineTuneChatRequestInput` in OpenAI's OpenAPI document of July 2025,
https://github.com/openai/openai-openapi
"""  # a real line

from dataclasses import dataclass
from typing import Final

from rft_app.domain.export import Lack, Need
from rft_app.domain.record import RecordBytes
from rft_app.exports._base import Exporter
from rft_app.exports._context import Encode, FileContext
from rft_app.exports._openai_messages import openai_style

_STYLE: Final = openai_style("system")


@dataclass(frozen=True, kw_only=True)
class OpenAISft(Exporter):
    """The conversation with its recorded answer."""

    name: str = "openai_sft"
    family: str = "openai"
    variant: str = "SFT"
    label: str = "OpenAI-compatible SFT"
    description: str = "Conversations with their answers, for fine-tuning services."
    consumer: str = "Azure · Together"
    has_ids: bool = False
    needs: tuple[Need, ...] = (Need.OUTPUT,)
    snippet: str = (
        "from openai import OpenAI\n\n"
        'OpenAI().files.create(file=open("train.jsonl", "rb"), purpose="fine-tune")'
    )

    def encoder(self, context: FileContext) -> Encode:
        """Messages, tools and whether calls may run in parallel."""
        return _encode


def _encode(record: RecordBytes) -> bytes | Lack:
    messages = _STYLE.conversation(record)
    if isinstance(messages, Lack):
        return messages
    pieces = [b'{"messages":', messages]
    if record.tools is not None:
        pieces += (b',"tools":', record.tools)
        if record.parallel_tool_calls is not None:
            pieces += (b',"parallel_tool_calls":', record.parallel_tool_calls)
    pieces.append(b"}\n")
    return b"".join(pieces)
