"""From examples to the lines of one file, with an account of what was left out."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from rft_app.domain.export import Lack
from rft_app.domain.record import RecordBytes
from rft_app.errors import InvalidInputError
from rft_app.exports import Encode
from rft_app.services.export_examples import Found

CHARACTERS_PER_TOKEN = 4


@dataclass(slots=True)
class Account:
    """What happened to the records of an export."""

    max_tokens: int | None = None
    """Longest row that the consumer takes unless it is told otherwise."""
    num_read: int = 0
    skipped: Counter[Lack] = field(default_factory=Counter[Lack])
    num_tools_inferred: int = 0
    """Rows whose tool definitions were derived from the calls."""
    num_zero_reward: int = 0
    """Rows whose answer was recorded with a reward of 0."""
    num_rows: int = 0
    longest_row_bytes: int = 0
    num_too_long: int = 0
    """Rows above `max_tokens`, by the estimate."""

    @property
    def longest_row_tokens(self) -> int:
        """By the estimate, rounded up."""
        return -(-self.longest_row_bytes // CHARACTERS_PER_TOKEN)

    def require_rows(self) -> None:
        """Check that there is something to export.

        Raises:
            InvalidInputError: There is not; the message says what the records lack.
        """
        if self.num_rows:
            return
        reasons = "; ".join(
            f"{count:,} of {self.num_read:,} records have {lack.message}"
            for lack, count in self.skipped.most_common()
        )
        raise InvalidInputError(
            f"Nothing can be exported in this format: {reasons or 'no record was selected'}.",
            skipped={lack.value: count for lack, count in self.skipped.items()},
        )

    def add(self, other: "Account") -> None:
        """Count in what happened to other records."""
        self.num_read += other.num_read
        self.skipped += other.skipped
        self.num_tools_inferred += other.num_tools_inferred
        self.num_zero_reward += other.num_zero_reward
        self.num_rows += other.num_rows
        self.longest_row_bytes = max(self.longest_row_bytes, other.longest_row_bytes)
        self.num_too_long += other.num_too_long

    def measure(self, line: bytes) -> None:
        """Count a row in."""
        self.num_rows += 1
        size = len(line)
        if size > self.longest_row_bytes:
            self.longest_row_bytes = size
        if self.max_tokens is not None and size > self.max_tokens * CHARACTERS_PER_TOKEN:
            self.num_too_long += 1


def encode_records(
    encode: Encode, records: Iterable[RecordBytes], account: Account
) -> Iterator[bytes]:
    """The lines of the records that have what the format needs, in their order."""
    for record in records:
        account.num_read += 1
        line = encode(record)
        if isinstance(line, Lack):
            account.skipped[line] += 1
            continue
        if record.tools_inferred:
            account.num_tools_inferred += 1
        if record.reward == 0:
            account.num_zero_reward += 1
        account.measure(line)
        yield line


def encode_examples(encode: Encode, found: Iterable[Found], account: Account) -> Iterator[bytes]:
    """The lines of the examples that records give; a record without any line is left out once."""
    for examples in found:
        account.num_read += 1
        if isinstance(examples, Lack):
            account.skipped[examples] += 1
            continue
        lines = [encode(example) for example in examples]
        written = [line for line in lines if isinstance(line, bytes)]
        if not written:
            account.skipped[next(line for line in lines if isinstance(line, Lack))] += 1
        elif examples[0].record.tools_inferred:
            account.num_tools_inferred += len(written)
        for line in written:
            account.measure(line)
            yield line
