"""verl reinforcement learning data, as Parquet.

One row:

    {"data_source":"booking-agent","prompt":[{"role":"user","content":"2+2?"}],"ability":"Sums","reward_model":{"style":"rule","ground_truth":"4"},"extra_info":{"split":"train","index":0,"record_id":"rec_1","item":"{}"}}

A prompt holds text only: verl's reader takes a list of role and content.  `extra_info.item` is JSON
text with the source row's other fields, for a reward function of your own.

Source: https://verl.readthedocs.io/en/latest/preparation/prepare_data.html ; read by verl 0.9.1.
"""  # a real line

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

import orjson

from rft_app.domain.export import ExportOptions, Lack, Need
from rft_app.domain.message import text_of
from rft_app.domain.record import RecordBytes, record_id
from rft_app.exports._base import Exporter
from rft_app.exports._context import Encode, FileContext, Layout
from rft_app.exports._messages import ends_with_question
from rft_app.exports._parquet import Kind, ParquetLayout
from rft_app.exports._texts import is_only_text

NO_TOPIC: Final = "general"


_COLUMNS: Final[dict[str, Kind]] = {
    "data_source": str,
    "prompt": [{"role": str, "content": str}],
    "ability": str,
    "reward_model": {"style": str, "ground_truth": str},
    "extra_info": {
        "split": str,
        "index": int,
        "record_id": str,
        "trace_id": str,
        "topic": str,
        "reward": float,
        "item": str,
    },
}


@dataclass(frozen=True, kw_only=True)
class Verl(Exporter):
    """The question with its ground truth."""

    name: str = "verl"
    family: str = "verl"
    label: str = "verl"
    description: str = "Parquet with the ground truth for rewards, for Ray clusters."
    consumer: str = "verl 0.9"
    needs: tuple[Need, ...] = (Need.QUESTION, Need.REFERENCE)
    max_tokens: int | None = 1024
    limit_option: str = "data.max_prompt_length={}"
    snippet: str = (
        "import pandas\n\n"
        'rows = pandas.read_parquet("train.parquet")  # or data.train_files=train.parquet'
    )

    def snippet_for(self, num_tokens: int) -> str:
        """With the setting of the trainer's command line."""
        return f"{self.snippet} {self.raise_limit(num_tokens)}".rstrip()

    def layout(self, options: ExportOptions) -> Layout:
        """A table."""
        return ParquetLayout(_COLUMNS)

    def encoder(self, context: FileContext) -> Encode:
        """Rows that count from 0."""
        numbers = count()

        def encode(record: RecordBytes) -> bytes | Lack:
            row = _to_row(record)
            if isinstance(row, Lack):
                return row
            row["extra_info"] |= {"split": context.split.value, "index": next(numbers)}
            named = {"data_source": context.dataset_name, **row}
            return orjson.dumps(named, option=orjson.OPT_APPEND_NEWLINE)

        return encode


def _to_row(record: RecordBytes) -> dict[str, Any] | Lack:
    given = record.input
    if record.reference is None:
        return Lack.NO_REFERENCE
    if not ends_with_question(given):
        return Lack.NO_QUESTION
    if not is_only_text(given):
        return Lack.UNSUPPORTED_CONTENT
    if (prompt := _to_prompt(given)) is None:
        return Lack.TOOLS_IN_PROMPT
    return {
        "prompt": prompt,
        "ability": record.topic or NO_TOPIC,
        "reward_model": {"style": "rule", "ground_truth": record.reference},
        "extra_info": {
            "record_id": record_id(record.seq),
            "trace_id": record.trace_id,
            "topic": record.topic,
            "reward": record.reward,
            "item": (record.metadata or b"{}").decode(),
        },
    }


def _to_prompt(given: Sequence[bytes]) -> list[dict[str, str]] | None:
    """Role and text of each turn; `None` where a turn is more than text."""
    turns: list[dict[str, Any]] = [orjson.loads(raw) for raw in given]
    if any(turn["role"] == "tool" or turn.get("tool_calls") for turn in turns):
        return None
    return [
        {
            "role": "system" if turn["role"] == "developer" else turn["role"],
            "content": text_of(turn.get("content")),
        }
        for turn in turns
    ]
