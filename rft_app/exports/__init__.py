"""Export formats.  To add one: write a module with an `Exporter` and list it in `EXPORTERS`."""

from rft_app.exports._base import Exporter
from rft_app.exports._context import LINES, Encode, FileContext, Layout
from rft_app.exports.agent_lightning import AgentLightning
from rft_app.exports.csv import Csv
from rft_app.exports.custom import Custom
from rft_app.exports.dspy import Dspy
from rft_app.exports.openai_dpo import OpenAIDpo
from rft_app.exports.openai_rft import OpenAIRft
from rft_app.exports.openai_sft import OpenAISft
from rft_app.exports.parquet import Parquet
from rft_app.exports.sharegpt import ShareGpt
from rft_app.exports.trl_dpo import TrlDpo
from rft_app.exports.trl_grpo import TrlGrpo
from rft_app.exports.trl_kto import TrlKto
from rft_app.exports.trl_sft import TrlSft
from rft_app.exports.verl import Verl
from rft_app.registry import Registry

EXPORTERS: Registry[Exporter] = Registry(
    "export format",
    (
        OpenAISft(),
        OpenAIDpo(),
        OpenAIRft(),
        TrlSft(),
        TrlDpo(),
        TrlKto(),
        TrlGrpo(),
        Dspy(),
        AgentLightning(),
        Custom(),
        ShareGpt(),
        Verl(),
        Parquet(),
        Csv(),
    ),
)

__all__ = ["EXPORTERS", "LINES", "Encode", "Exporter", "FileContext", "Layout"]
