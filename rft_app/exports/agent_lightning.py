"""Plain rows for Agent Lightning 1.0, as JSONL.

One line:

    {"id":"rec_1","question":"2+2?","messages":[{"role":"user","content":"2+2?"}],"result":"4","topic":"Sums"}

Version 1 has no format of its own: a row becomes the input of a rollout, and the agent reads its
fields through `env_map`, e.g. `{"QUESTION": "input.question"}`.

Source: `RolloutCreate` of https://github.com/microsoft/agent-lightning, version 1.0.2.
"""

from dataclasses import dataclass

import orjson

from rft_app.domain.export import Lack, Need
from rft_app.domain.record import RecordBytes, record_id
from rft_app.exports._base import Exporter
from rft_app.exports._context import Encode, FileContext
from rft_app.exports._messages import ends_with_question
from rft_app.exports._rows import array
from rft_app.exports._texts import last_question


@dataclass(frozen=True, kw_only=True)
class AgentLightning(Exporter):
    """The question as text and as messages, with its accepted answer."""

    name: str = "agent_lightning"
    family: str = "agent_lightning"
    label: str = "Agent Lightning"
    description: str = "Plain JSON rows, read by the version 1 controller."
    consumer: str = "Agent Lightning 1.0"
    needs: tuple[Need, ...] = (Need.QUESTION,)
    snippet: str = (
        "from datasets import load_dataset\n\n"
        'rows = load_dataset("json", data_files="train.jsonl", split="train").to_list()'
    )

    def encoder(self, context: FileContext) -> Encode:
        """Text, messages and what to compare with."""
        return _encode


def _encode(record: RecordBytes) -> bytes | Lack:
    given = record.input
    if not ends_with_question(given):
        return Lack.NO_QUESTION
    parts = {
        "id": orjson.dumps(record_id(record.seq)),
        "question": orjson.dumps(last_question(given)),
        "messages": array(given),
        "tools": record.tools,
        "result": None if record.reference is None else orjson.dumps(record.reference),
        "topic": None if record.topic is None else orjson.dumps(record.topic),
        "trace_id": None if record.trace_id is None else orjson.dumps(record.trace_id),
    }
    kept = (b'"%b":%b' % (name.encode(), raw) for name, raw in parts.items() if raw is not None)
    return b"{" + b",".join(kept) + b"}\n"
