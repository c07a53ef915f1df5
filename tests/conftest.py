"""Fixtures everybody shares: a clean data directory, both databases, the data sets beside us."""

import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import SQLModel

from rft_app.settings import get_settings
from rft_app.storage import tables  # noqa: F401  # fills the metadata
from rft_app.storage.session import get_engine, make_engine

pytest_plugins = ["tests.postgres"]

ROOT = Path(__file__).resolve().parents[1]
SHARED_DATA = ROOT.parent / "shared" / "data"


def forget_environment() -> None:
    """Drop what the process remembers of the environment."""
    if get_engine.cache_info().currsize:
        get_engine().dispose()
    get_engine.cache_clear()
    get_settings.cache_clear()


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty data directory that this process and its children use."""
    for name in [name for name in os.environ if name.startswith("RFT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("RFT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("RFT_MAX_CACHE_BYTES", "0")  # tests count calls; those of the cache set it
    monkeypatch.setenv("RFT_EMBEDDED_MODEL", "off")  # tests that ask it switch it on
    forget_environment()
    yield tmp_path / "data"
    forget_environment()


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite database with the current schema, to be copied."""
    path = tmp_path_factory.mktemp("schema") / "rft.db"
    engine = make_engine(f"sqlite:///{path}")
    create_schema(engine)
    engine.dispose()
    return path


@pytest.fixture
def database(data_dir: Path, empty_database: Path) -> Path:
    """An empty SQLite database with the current schema; returns the data directory."""
    data_dir.mkdir()
    shutil.copy(empty_database, data_dir)
    return data_dir


def create_schema(engine: Engine | None = None) -> None:
    """Create every table and the search index in a database, the current one unless told."""
    from rft_app.storage.search import create_index
    from rft_app.storage.trace_search import TRACES

    with (engine or get_engine()).begin() as connection:
        SQLModel.metadata.create_all(connection)
        create_index(connection)
        TRACES.create(connection)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data sets; the test is skipped where there is none."""
    if not SHARED_DATA.is_dir():
        pytest.skip("The data sets are not beside this checkout.")
    return SHARED_DATA


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where the data sets are, a test that needs them may not be skipped."""
    report = yield
    if (
        report.skipped
        and SHARED_DATA.is_dir()
        and "shared_data" in getattr(item, "fixturenames", ())
    ):
        report.outcome = "failed"
        report.longrepr = f"Skipped although the data sets are there: {report.longrepr}"
    return report
