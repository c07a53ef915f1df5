"""Bring the database to the schema this code expects.

Most processes find it current, so Alembic is loaded only where there is something to do: it costs
a fifth of a second.
"""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from rft_app.storage.session import get_engine

ROOT = Path(__file__).resolve().parents[2]
_SCRIPTS = ROOT / "alembic"


def is_current() -> bool:
    """Whether the database has the newest schema."""
    return _read_heads() == {newest_revision()}


def is_empty() -> bool:
    """Whether the database has no schema yet."""
    return not _read_heads()


def newest_revision() -> str:
    """The last of the numbered migrations; each file begins with its revision."""
    return max(path.name.partition("_")[0] for path in _SCRIPTS.glob("versions/[0-9]*_*.py"))


def migrate() -> None:
    """Upgrade the database where it is behind; does nothing when it is current."""
    if is_current():
        return
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    command.upgrade(config, "head")


def _read_heads() -> set[str]:
    with get_engine().connect() as connection:
        return set(_select_heads(connection)) if _is_versioned(connection) else set()


def _is_versioned(connection: Connection) -> bool:
    return inspect(connection).has_table("alembic_version")


def _select_heads(connection: Connection) -> list[str]:
    return list(connection.scalars(text("SELECT version_num FROM alembic_version")))
