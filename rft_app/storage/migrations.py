"""Bring the database to the schema this code expects."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from rft_app.storage.session import get_engine

ROOT = Path(__file__).resolve().parents[2]


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "alembic"))
    return config


def is_current() -> bool:
    """Whether the database has the newest schema."""
    return _read_heads() == set(ScriptDirectory.from_config(_config()).get_heads())


def is_empty() -> bool:
    """Whether the database has no schema yet."""
    return not _read_heads()


def _read_heads() -> set[str]:
    with get_engine().connect() as connection:
        return set(MigrationContext.configure(connection).get_current_heads())


def migrate() -> None:
    """Upgrade the database where it is behind; does nothing when it is current."""
    if not is_current():
        command.upgrade(_config(), "head")
