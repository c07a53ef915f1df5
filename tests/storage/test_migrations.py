import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text

from rft_app.storage.migrations import ROOT, is_current, migrate, newest_revision
from rft_app.storage.session import reading, unit_of_work
from tests.builders import make_dataset_row
from tests.postgres import PostgresServer


@pytest.fixture(
    params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)],
)
def alembic_config(
    request: pytest.FixtureRequest, data_dir: object, monkeypatch: pytest.MonkeyPatch
) -> Config:
    """Migrations of a database that holds nothing, not even tables."""
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        monkeypatch.setenv("RFT_DATABASE_URL", server.url(server.new_database()))
    config = Config()
    config.set_main_option("script_location", str(ROOT / "alembic"))
    return config


def test_the_migrations_build_the_schema_of_the_tables(alembic_config: Config) -> None:
    migrate()
    assert is_current()
    command.check(alembic_config)


@pytest.mark.parametrize("alembic_config", ["sqlite"], indirect=True)  # only its index was remade
def test_an_older_search_index_is_filled_again(alembic_config: Config) -> None:
    command.upgrade(alembic_config, "0001")
    with unit_of_work() as session:
        session.add(make_dataset_row())
    migrate()
    with reading() as session:
        jobs = session.connection().execute(text("SELECT kind, dataset_id, status FROM job"))
        assert [tuple(row) for row in jobs] == [("search_index", "ds_a", "queued")]


def test_the_newest_migration_is_found_by_its_file_name(alembic_config: Config) -> None:
    assert ScriptDirectory.from_config(alembic_config).get_heads() == [newest_revision()]
