"""The contract every export format keeps."""

from typing import Protocol

from rft_app.domain.export import Lack, Need
from rft_app.domain.record import RecordBytes
from rft_app.registry import Named


class Exporter(Named, Protocol):
    """Writes records in one file format, one line each."""

    @property
    def suffix(self) -> str:
        """File extension, with the dot."""
        ...

    @property
    def description(self) -> str:
        """One sentence for the card: what reads this format."""
        ...

    @property
    def needs(self) -> tuple[Need, ...]:
        """What a record must have."""
        ...

    @property
    def snippet(self) -> str:
        """Python that loads the unzipped `train.jsonl` with the format's usual reader."""
        ...

    def encode(self, record: RecordBytes) -> bytes | Lack:
        r"""The record's line, ending in `\n`; or what it lacks.

        The line is UTF-8 JSON without a line break inside.  Stored bytes are copied wherever the
        format takes them as they are.
        """
        ...
