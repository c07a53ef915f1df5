"""From records to the lines of one file, with an account of what was left out."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from rft_app.domain.export import Lack
from rft_app.domain.record import RecordBytes
from rft_app.errors import InvalidInputError
from rft_app.exports import Exporter


@dataclass(slots=True)
class Account:
    """What happened to the records of an export."""

    num_read: int = 0
    skipped: Counter[Lack] = field(default_factory=Counter[Lack])
    num_tools_inferred: int = 0
    """Rows whose tool definitions were derived from the calls."""
    num_zero_reward: int = 0
    """Rows whose answer was recorded with a reward of 0."""
    longest_row_bytes: int = 0

    def require_rows(self, num_rows: int) -> None:
        """Check that there is something to export.

        Raises:
            InvalidInputError: There is not; the message says what the records lack.
        """
        if num_rows:
            return
        reasons = "; ".join(
            f"{count:,} of {self.num_read:,} records have {lack.message}"
            for lack, count in self.skipped.most_common()
        )
        raise InvalidInputError(
            f"Nothing can be exported in this format: {reasons or 'no record was selected'}.",
            skipped={lack.value: count for lack, count in self.skipped.items()},
        )


def encode_lines(
    exporter: Exporter, records: Iterable[RecordBytes], account: Account
) -> Iterator[bytes]:
    """The lines of the records that have what the format needs, in their order."""
    for record in records:
        account.num_read += 1
        line = exporter.encode(record)
        if isinstance(line, Lack):
            account.skipped[line] += 1
            continue
        if record.tools_inferred:
            account.num_tools_inferred += 1
        if record.reward == 0:
            account.num_zero_reward += 1
        if len(line) > account.longest_row_bytes:
            account.longest_row_bytes = len(line)
        yield line
