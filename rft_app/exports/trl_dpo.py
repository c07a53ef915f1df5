"""TRL direct preference optimisation, conversational with an explicit prompt, as JSONL.

One line:

    {"prompt":[{"role":"user","content":"2+2?"}],"chosen":[{"role":"assistant","content":"4"}],"rejected":[{"role":"assistant","content":"5"}]}

Prompts of `max_length` tokens (1,024 unless set) and more are dropped by TRL without a word.

Source: https://huggingface.co/docs/trl/dataset_formats#preference; read by TRL 1.16.
"""

from dataclasses import dataclass

from rft_app.domain.example import Pair, Unit
from rft_app.domain.export import Lack, Need
from rft_app.exports._answers import convert
from rft_app.exports._context import Encode, FileContext
from rft_app.exports._messages import MessageStyle
from rft_app.exports._rows import tools_pair
from rft_app.exports._trl import TrlExporter
from rft_app.exports._trl_messages import trl_style


@dataclass(frozen=True, kw_only=True)
class TrlDpo(TrlExporter):
    """A prompt with a better and a worse answer."""

    name: str = "trl_dpo"
    variant: str = "DPO"
    label: str = "Hugging Face TRL DPO"
    description: str = "Prompts with a better and a worse answer, for TRL's DPOTrainer."
    unit: Unit = Unit.PAIR
    has_ids: bool = False
    needs: tuple[Need, ...] = (Need.PAIR,)
    max_tokens: int | None = 1024
    limit_option: str = "DPOConfig(max_length={})"

    def encoder(self, context: FileContext) -> Encode:
        """Prompt, both answers and tools."""
        style = trl_style(context.options.tool_arguments)
        return lambda example: _encode(example, style)


def _encode(example: Pair, style: MessageStyle) -> bytes | Lack:
    record = example.record
    parts = convert(record.input, example.chosen, example.rejected, style=style)
    if isinstance(parts, Lack):
        return parts
    return b'{"prompt":%b,"chosen":%b,"rejected":%b%b}\n' % (*parts, tools_pair(record))
