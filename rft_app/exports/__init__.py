"""Export formats.  To add one: write a module with an `Exporter` and list it in `EXPORTERS`."""

from rft_app.exports._base import Exporter
from rft_app.exports.openai_rft import OpenAIRft
from rft_app.exports.openai_sft import OpenAISft
from rft_app.exports.trl_grpo import TrlGrpo
from rft_app.exports.trl_sft import TrlSft
from rft_app.registry import Registry

EXPORTERS: Registry[Exporter] = Registry(
    "export format",
    (
        OpenAISft(),
        OpenAIRft(),
        TrlSft(),
        TrlGrpo(),
    ),
)

__all__ = ["EXPORTERS", "Exporter"]
