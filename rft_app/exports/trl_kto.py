"""TRL Kahneman-Tversky optimisation, conversational, as JSONL.

One line:

    {"prompt":[{"role":"user","content":"2+2?"}],"completion":[{"role":"assistant","content":"4"}],"label":true}

Prompts of `max_length` tokens (1,024 unless set) and more are dropped by TRL without a word.

Source: https://huggingface.co/docs/trl/dataset_formats#unpaired-preference; read by TRL 1.16.
"""

from dataclasses import dataclass

from rft_app.domain.example import Labelled, Unit
from rft_app.domain.export import Lack, Need
from rft_app.exports._answers import convert
from rft_app.exports._context import Encode, FileContext
from rft_app.exports._messages import MessageStyle
from rft_app.exports._rows import tools_pair
from rft_app.exports._trl import TrlExporter
from rft_app.exports._trl_messages import trl_style


@dataclass(frozen=True, kw_only=True)
class TrlKto(TrlExporter):
    """A prompt with one answer that is good or bad."""

    name: str = "trl_kto"
    variant: str = "KTO"
    label: str = "Hugging Face TRL KTO"
    description: str = "Single answers called good or bad, for TRL's KTOTrainer."
    unit: Unit = Unit.LABEL
    has_ids: bool = False
    needs: tuple[Need, ...] = (Need.LABEL,)
    max_tokens: int | None = 1024
    limit_option: str = "KTOConfig(max_length={})"

    def encoder(self, context: FileContext) -> Encode:
        """Prompt, answer, label and tools."""
        style = trl_style(context.options.tool_arguments)
        return lambda example: _encode(example, style)


def _encode(example: Labelled, style: MessageStyle) -> bytes | Lack:
    record = example.record
    parts = convert(record.input, example.answer, style=style)
    if isinstance(parts, Lack):
        return parts
    label = b"true" if example.is_good else b"false"
    return b'{"prompt":%b,"completion":%b,"label":%b%b}\n' % (*parts, label, tools_pair(record))
