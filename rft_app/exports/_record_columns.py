"""Records as flat columns, for tables."""

from typing import Final

from rft_app.domain.record import RecordBytes, record_id
from rft_app.exports._rows import array
from rft_app.exports._texts import instructions, last_question, plain_text

COLUMNS: Final = (
    *("record_id", "trace_id", "source_type", "topic", "reward", "score", "reference"),
    *("system", "question", "answer", "messages", "tools", "metadata"),
)


def to_columns(record: RecordBytes, score: float | None) -> dict[str, str | float | None]:
    """A record by column; messages, tools and metadata as JSON text."""
    given, output = record.input, record.output
    values = (
        *(record_id(record.seq), record.trace_id, record.source_type.value, record.topic),
        *(record.reward, score, record.reference),
        *(instructions(given) or None, last_question(given) or None),
        plain_text(output[0]) if output else None,
        array((*given, *output)).decode(),
        None if record.tools is None else record.tools.decode(),
        None if record.metadata is None else record.metadata.decode(),
    )
    return dict(zip(COLUMNS, values, strict=True))
