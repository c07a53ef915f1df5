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
from rft_app.exports._rows import copy_conversation
from rft_app.exports._trl_messages import decode_plain, to_trl_messages


@dataclass(frozen=True)
class TrlSft:
    """The conversation with its recorded answer."""

    name: str = "trl_sft"
    label: str = "Hugging Face TRL SFT"
    description: str = "Conversations with their answers, for TRL's SFTTrainer."
    suffix: str = ".jsonl"
    needs: tuple[Need, ...] = (Need.OUTPUT,)
    snippet: str = (
        "from datasets import load_dataset\n\n"
        'train = load_dataset("json", data_files="train.jsonl", split="train")'
    )

    def encode(self, record: RecordBytes) -> bytes | Lack:
        """Messages and tools."""
        messages = copy_conversation(record, decode_plain)
        if messages is None:
            if not record.output:
                return Lack.NO_OUTPUT
            messages = to_trl_messages(record.input + record.output)
            if messages is None:
                return Lack.UNSUPPORTED_CONTENT
        tools = b"" if record.tools is None else b',"tools":' + record.tools
        return b"".join((b'{"messages":', messages, tools, b"}\n"))
