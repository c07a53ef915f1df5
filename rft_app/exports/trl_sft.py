"""TRL supervised fine-tuning, conversational, as JSONL.

One line:

    {"messages":[{"role":"user","content":"Paris?"},{"role":"assistant","content":"","tool_calls":[{"id":"call_1","type":"function","function":{"name":"find_flight","arguments":{"to":"Paris"}}}]}],"tools":[{"type":"function","function":{"name":"find_flight"}}]}

Unlike in OpenAI's rows a tool call's arguments are an object and content is never null.

Source: https://huggingface.co/docs/trl/dataset_formats#language-modeling and `#tool-calling`;
read by TRL 1.16.
"""  # a real line

from dataclasses import dataclass

from rft_app.domain.export import Lack, Need
from rft_app.domain.record import RecordBytes
from rft_app.exports._answers import convert
from rft_app.exports._context import Encode, FileContext
from rft_app.exports._messages import MessageStyle
from rft_app.exports._rows import tools_pair
from rft_app.exports._trl import TrlExporter
from rft_app.exports._trl_messages import trl_style


@dataclass(frozen=True, kw_only=True)
class TrlSft(TrlExporter):
    """The conversation with its recorded answer."""

    name: str = "trl_sft"
    variant: str = "SFT"
    label: str = "Hugging Face TRL SFT"
    description: str = "Conversations with their answers, for TRL's SFTTrainer."
    max_tokens: int | None = 1024
    limit_option: str = "SFTConfig(max_length={})"
    has_ids: bool = False
    needs: tuple[Need, ...] = (Need.OUTPUT,)

    def encoder(self, context: FileContext) -> Encode:
        """Messages, or prompt and completion, and tools."""
        style = trl_style(context.options.tool_arguments)
        encode = _encode_parts if context.options.as_completion else _encode
        return lambda record: encode(record, style)


def _encode(record: RecordBytes, style: MessageStyle) -> bytes | Lack:
    messages = style.conversation(record)
    if isinstance(messages, Lack):
        return messages
    return b"".join((b'{"messages":', messages, tools_pair(record), b"}\n"))


def _encode_parts(record: RecordBytes, style: MessageStyle) -> bytes | Lack:
    if not record.output:
        return Lack.NO_OUTPUT
    parts = convert(record.input, record.output, style=style)
    if isinstance(parts, Lack):
        return parts
    return b'{"prompt":%b,"completion":%b%b}\n' % (*parts, tools_pair(record))
