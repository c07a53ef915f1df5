"""Column types that both databases understand."""

from datetime import UTC, datetime

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, TypeDecorator

Big = BigInteger().with_variant(Integer, "sqlite")
"""64 bits in both databases; on SQLite only `INTEGER PRIMARY KEY` is the row id itself."""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment; comes back timezone-aware in UTC, also from SQLite, which stores none."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Say that it is UTC."""
        if value is None or value.tzinfo is None:
            return value and value.replace(tzinfo=UTC)
        return value.astimezone(UTC)


Utc = UtcDateTime()
