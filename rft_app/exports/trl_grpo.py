"""TRL group-relative policy optimisation, prompt-only and conversational, as JSONL.

One line:

    {"prompt":[{"role":"user","content":"2+2?"}],"reference_answer":"4","topic":"Sums"}

Every column beside `prompt` reaches the reward functions as a keyword argument, so none may have
the name of an argument that TRL passes itself.

Source: https://huggingface.co/docs/trl/dataset_formats#prompt-only and
https://huggingface.co/docs/trl/grpo_trainer#using-a-custom-reward-function; read by TRL 1.16.
"""

from dataclasses import dataclass
from typing import Final

from rft_app.domain.export import Lack, Need
from rft_app.domain.record import RecordBytes
from rft_app.exports._context import Encode, FileContext
from rft_app.exports._messages import MessageStyle
from rft_app.exports._rows import columns, tools_pair
from rft_app.exports._trl import TrlExporter
from rft_app.exports._trl_messages import trl_style

_RESERVED: Final = frozenset(
    {
        "prompt", "prompts", "completion", "completions", "completion_ids", "tools", "image",
        "images", "trainer_state", "log_extra", "log_metric", "environments",
        "chat_template_kwargs",
    }
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class TrlGrpo(TrlExporter):
    """The question, and columns for the reward functions."""

    name: str = "trl_grpo"
    variant: str = "GRPO"
    label: str = "Hugging Face TRL GRPO"
    description: str = "Questions with columns for reward functions, for TRL's GRPOTrainer."
    needs: tuple[Need, ...] = (Need.QUESTION,)

    def encoder(self, context: FileContext) -> Encode:
        """Prompt, tools and columns."""
        style = trl_style(context.options.tool_arguments)
        return lambda record: _encode(record, style)


def _encode(record: RecordBytes, style: MessageStyle) -> bytes | Lack:
    messages = style.question(record)
    if isinstance(messages, Lack):
        return messages
    more = columns(record, _RESERVED)
    return b"".join((b'{"prompt":', messages, tools_pair(record), more, b"}\n"))
