"""What every export format is."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rft_app.domain.example import Unit
from rft_app.domain.export import ExportOptions, Need
from rft_app.exports._context import LINES, Encode, FileContext, Layout

LIMIT_STEP: Final = 1024
"""A longer limit is a multiple of this many tokens, for rows are measured by an estimate."""


@dataclass(frozen=True, kw_only=True)
class Exporter(ABC):
    """Writes records in one file format; a subclass gives its own values to the fields."""

    name: str
    label: str
    family: str
    """Formats of one family share a card."""
    variant: str = ""
    """What tells it from others of its family."""
    description: str
    """One sentence: what is in a row and who reads it."""
    consumer: str
    """What reads it, with the version it was tried with."""
    unit: Unit = Unit.RECORD
    needs: tuple[Need, ...] = ()
    """What a record must have."""
    max_tokens: int | None = None
    """Longest row that the consumer takes unless it is told otherwise, in tokens."""
    has_argument_choice: bool = False
    """Whether a tool call's arguments may be an object or text, as the user likes."""
    has_ids: bool = True
    """Whether rows name their record; else an archive has `provenance.jsonl` beside them."""
    snippet: str
    """Python that loads the unzipped training file with the format's usual reader."""
    limit_option: str = ""
    """What has the consumer take rows of `{}` tokens."""

    def unit_for(self, options: ExportOptions) -> Unit:
        """What a row stands for."""
        return self.unit

    def layout(self, options: ExportOptions) -> Layout:
        """How rows become a file."""
        return LINES

    def has_time(self, options: ExportOptions) -> bool:
        """Whether rows say when the export's snapshot was frozen."""
        return False

    def raise_limit(self, num_tokens: int) -> str:
        """What has the consumer take rows of so many tokens; empty where it does anyway."""
        if self.max_tokens is None or num_tokens <= self.max_tokens:
            return ""
        return self.limit_option.format(-(-num_tokens // LIMIT_STEP) * LIMIT_STEP)

    def snippet_for(self, num_tokens: int) -> str:
        """The snippet for a file whose longest row has so many tokens."""
        return self.snippet

    @abstractmethod
    def encoder(self, context: FileContext) -> Encode:
        r"""What writes the rows of one file, each a line of UTF-8 that ends in `\n`.

        Stored bytes are copied wherever the format takes them as they are.

        Raises:
            InvalidInputError: The options cannot work.
        """

    def more_files(self, names: Sequence[str]) -> dict[str, bytes]:
        """Files that an archive needs beside the data files of these names."""
        return {}
