"""The environment, typed and read once per process."""

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rft_app.errors import InvalidInputError

PREFIX = "RFT_"


class Settings(BaseModel):
    """What may differ between two installations; each field is `RFT_<NAME>` in the environment."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    data_dir: Path = Path("~/.rft")
    """Databases, exports, uploads and checkpoints live below this folder."""
    database_url: str = ""
    """The app's database; empty means SQLite in `data_dir`. Postgres: `postgresql+psycopg://…`."""
    jobs_database_url: str = ""
    """DBOS's database; empty means SQLite in `data_dir`, or its own schema in a Postgres above."""
    host: str = "127.0.0.1"
    port: int = Field(default=3000, ge=1, le=65535)
    max_file_bytes: int = Field(default=5 * 1024**3, gt=0)
    """Largest file an import reads, in bytes, after decompression."""
    max_line_bytes: int = Field(default=4 * 1024**2, gt=0)
    max_records: int = Field(default=10_000_000, gt=0)
    """Most lines one import may hold."""
    max_record_tokens: int = Field(default=128_000, gt=0)
    """A record estimated above this is invalid with `too_long`."""
    script_timeout_s: float = Field(default=2.0, gt=0)
    """Longest time one call of a script grader may take."""
    script_memory_mb: int = Field(default=512, ge=64)
    allow_unisolated_scripts: bool = False
    """Run script graders even where the system cannot isolate them."""
    worker_concurrency: int = Field(default=2, ge=1)
    """Jobs one worker runs at a time."""
    text_features: str = Field(default="auto", pattern="^(auto|minilm|tfidf)$")
    """Text features of the topics step; `auto` takes MiniLM where it is installed."""

    @property
    def resolved_data_dir(self) -> Path:
        """`data_dir` with `~` resolved, absolute."""
        return self.data_dir.expanduser().resolve()

    @property
    def resolved_database_url(self) -> str:
        """The app's database as an SQLAlchemy URL."""
        return self.database_url or f"sqlite:///{self.resolved_data_dir / 'rft.db'}"

    @property
    def resolved_jobs_database_url(self) -> str:
        """DBOS's database as an SQLAlchemy URL; never the app's SQLite file."""
        if self.jobs_database_url:
            return self.jobs_database_url
        if self.database_url.startswith("postgresql"):
            return self.database_url
        return f"sqlite:///{self.resolved_data_dir / 'jobs.db'}"

    def folder(self, name: str) -> Path:
        """The folder `name` below the data directory, created when missing.

        Raises:
            InvalidInputError: Nothing can be written there.
        """
        return make_folder(self.resolved_data_dir / name)


def make_folder(path: Path) -> Path:
    """Create a folder of the installation when it is missing.

    Raises:
        InvalidInputError: Nothing can be written there.
    """
    reason = "it is not writable"
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
    if not os.access(path, os.W_OK | os.X_OK):
        raise InvalidInputError(
            f"The data directory cannot be used, {path.resolve()}: {reason}. "
            "Change its owner, or name another with RFT_DATA_DIR."
        )
    return path


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Build settings from environment variables.

    Raises:
        InvalidInputError: A variable has an impossible value; the message names it.
    """
    values = {
        name: environment[variable]
        for name in Settings.model_fields
        if (variable := PREFIX + name.upper()) in environment
    }
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        faults = "; ".join(
            f"{PREFIX}{str(fault['loc'][0]).upper()}: {fault['msg']}" for fault in error.errors()
        )
        raise InvalidInputError(f"The environment has unusable settings. {faults}.") from error


@cache
def get_settings() -> Settings:
    """This process's settings; tests call `get_settings.cache_clear()` after a change."""
    return read_settings(os.environ)
