"""Which agent answered, as far as a source row says it."""

from typing import Final

import msgspec

from rft_app.domain.record import RecordBytes

_FIELDS: Final = ("agent_name", "agent", "gen_ai.agent.name", "service.name", "service")
"""Where a source row names the agent, the plainest first."""
split_object: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
"""The fields of a JSON object, their values as they are."""


def find_agent(record: RecordBytes) -> bytes | None:
    """Its name as JSON text; `None` where the row names none."""
    if record.metadata is None:
        return None
    fields = split_object(record.metadata)
    named = (bytes(fields[name]) for name in _FIELDS if name in fields)
    return next((raw for raw in named if raw.startswith(b'"')), None)
