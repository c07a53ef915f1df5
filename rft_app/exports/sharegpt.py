"""ShareGPT conversations as LLaMA-Factory reads them, as a JSON array with `dataset_info.json`.

One element:

    {"conversations":[{"from":"human","value":"2+2?"},{"from":"gpt","value":"4"}],"system":"Be brief."}

Turns alternate strictly: the first, third, … are `human` or `observation`, the others `gpt` or
`function_call`; LLaMA-Factory drops every other row without a word.  Several calls of one turn
are a JSON list in one `function_call`, their results a JSON list in one `observation`.  A turn of
both text and calls has no place here.

Source: https://github.com/hiyouga/LLaMA-Factory/blob/main/data/README.md ; read by 0.9.5.
"""  # noqa: E501  # a real line

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final, NamedTuple

import orjson

from rft_app.domain.export import ExportOptions, Lack, Need
from rft_app.domain.message import text_of
from rft_app.domain.record import RecordBytes
from rft_app.exports._base import Exporter
from rft_app.exports._context import ARRAY, Encode, FileContext, Layout
from rft_app.exports._texts import says_only_text

_ASKING: Final = frozenset({"human", "observation"})


@dataclass(frozen=True, kw_only=True)
class ShareGpt(Exporter):
    """The conversation in turns of two sides."""

    name: str = "sharegpt"
    family: str = "sharegpt"
    label: str = "ShareGPT"
    description: str = "Conversations in alternating turns, for LLaMA-Factory."
    consumer: str = "LLaMA-Factory 0.9"
    needs: tuple[Need, ...] = (Need.OUTPUT,)
    has_ids: bool = False
    snippet: str = (
        "from llamafactory.train.tuner import run_exp\n\n"
        'run_exp({"stage": "sft", "dataset": "train", "dataset_dir": "."})'
    )

    def layout(self, options: ExportOptions) -> Layout:
        """One array."""
        return ARRAY

    def encoder(self, context: FileContext) -> Encode:
        """Turns, instructions and tools."""
        return _encode

    def more_files(self, names: Sequence[str]) -> dict[str, bytes]:
        """The `dataset_info.json` by which LLaMA-Factory finds the files."""
        columns = {"messages": "conversations", "system": "system", "tools": "tools"}
        info = {
            name.partition(".")[0]: {
                "file_name": name,
                "formatting": "sharegpt",
                "columns": columns,
            }
            for name in names
        }
        return {"dataset_info.json": orjson.dumps(info, option=orjson.OPT_INDENT_2)}


class _Turn(NamedTuple):
    speaker: str
    value: str


def _encode(record: RecordBytes) -> bytes | Lack:
    output = record.output
    if not output:
        return Lack.NO_OUTPUT
    messages: list[dict[str, Any]] = [orjson.loads(raw) for raw in record.input + output]
    system = [text_of(m.get("content")) for m in messages if m["role"] in {"system", "developer"}]
    said = [message for message in messages if message["role"] not in {"system", "developer"}]
    if not says_only_text(messages):
        return Lack.UNSUPPORTED_CONTENT
    if any(map(_is_mixed, said)):
        return Lack.TEXT_BESIDE_CALLS
    turns = list(_merge(map(_to_turn, said)))
    sides = [turn.speaker in _ASKING for turn in turns]
    if sides != [number % 2 == 0 for number in range(len(sides))] or len(sides) % 2:
        return Lack.NOT_ALTERNATING
    row: dict[str, Any] = {
        "conversations": [{"from": turn.speaker, "value": turn.value} for turn in turns]
    }
    if system:
        row["system"] = "\n\n".join(system)
    if record.tools is not None:
        row["tools"] = record.tools.decode()
    return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)


def _is_mixed(message: dict[str, Any]) -> bool:
    """Whether it both says something and calls tools."""
    return bool(message.get("tool_calls")) and bool(text_of(message.get("content")))


def _to_turn(message: dict[str, Any]) -> _Turn:
    calls = message.get("tool_calls")
    if calls:
        named = [_to_call(call["function"]) for call in calls]
        return _Turn("function_call", named[0] if len(named) == 1 else f"[{','.join(named)}]")
    speaker = {"user": "human", "tool": "observation"}.get(message["role"], "gpt")
    return _Turn(speaker, text_of(message.get("content")))


def _to_call(function: dict[str, Any]) -> str:
    """Name and arguments as one object; the arguments are JSON text already."""
    return f'{{"name":{_dump(function["name"])},"arguments":{function["arguments"]}}}'


def _merge(turns: Iterable[_Turn]) -> Iterable[_Turn]:
    """Join turns of one speaker that follow each other."""
    for speaker, run in groupby(turns, lambda turn: turn.speaker):
        values = [turn.value for turn in run]
        if speaker == "function_call":
            yield from (_Turn(speaker, value) for value in values)
        elif speaker == "observation" and len(values) > 1:
            yield _Turn(speaker, _dump(values))
        else:
            yield _Turn(speaker, "\n\n".join(values))


def _dump(value: Any) -> str:  # noqa: ANN401  # any JSON
    return orjson.dumps(value).decode()
