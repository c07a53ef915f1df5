"""A PostgreSQL server for the session, started from Debian's binaries; both databases by name."""

import ctypes
import getpass
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from rft_app.storage.session import make_engine

INSTALLED = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
START_TIMEOUT_S = 60
EMPTY = """
DO $$ DECLARE found record; BEGIN
  SET LOCAL session_replication_role = replica;  -- rows go in any order
  FOR found IN SELECT * FROM pg_namespace
      WHERE nspname !~ '^pg_' AND nspname NOT IN ('public', 'information_schema') LOOP
    EXECUTE format('DROP SCHEMA %I CASCADE', found.nspname);  -- that of the queue
  END LOOP;
  FOR found IN SELECT * FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('DELETE FROM %I', found.tablename);
  END LOOP;
  FOR found IN SELECT * FROM pg_sequences LOOP
    EXECUTE format('ALTER SEQUENCE %I.%I RESTART', found.schemaname, found.sequencename);
  END LOOP;
END $$"""
"""Twenty times as fast as a database of its own for each test."""


class PostgresServer:
    """A running server with one superuser, `rft`, who needs no password on loopback."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self._count = 0

    def new_database(self) -> str:
        """Create an empty database; returns its name."""
        self._count += 1
        name = f"test_{self._count}"
        self.execute(f"CREATE DATABASE {name}")
        return name

    def empty(self, name: str) -> None:
        """Delete all rows of a database and begin to number anew; who is connected is cut off."""
        self.execute(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        )
        self.execute(EMPTY, name)

    def url(self, name: str) -> str:
        """The SQLAlchemy URL of a database."""
        return f"postgresql+psycopg://rft@127.0.0.1:{self.port}/{name}"

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Run one statement outside of transactions."""
        dsn = f"host=127.0.0.1 port={self.port} user=rft dbname={database} connect_timeout=2"
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(statement.encode())

    def wait(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until it answers."""
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            if process.poll() is not None:
                break
            try:
                self.execute("SELECT 1")
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        log = (self.folder / "log").read_text(errors="replace")
        raise RuntimeError(f"PostgreSQL did not start.\n{log}")


def owner() -> str:
    """Who runs the server: it refuses to be root."""
    if os.getuid() != 0:
        return getpass.getuser()
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def end_with_parent() -> None:
    """Ask the kernel to stop the server when the tests are killed."""
    ctypes.CDLL(None).prctl(1, signal.SIGINT, 0, 0, 0)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One server for all tests; they are skipped where PostgreSQL is not installed."""
    if not INSTALLED:
        pytest.skip("PostgreSQL is not installed (Debian: apt install postgresql).")
    with running_server() as server:
        yield server


@contextmanager
def running_server() -> Generator[PostgresServer]:
    """A server until the block ends; it must be installed."""
    binaries = INSTALLED[-1].parent
    folder = Path(tempfile.mkdtemp(prefix="rft-postgres-"))
    user = pwd.getpwnam(owner())
    os.chown(folder, user.pw_uid, user.pw_gid)
    is_root = os.getuid() == 0
    run_as, run_group = (user.pw_uid, user.pw_gid) if is_root else (None, None)
    data = folder / "data"
    subprocess.run(
        [binaries / "initdb", "-D", data, "-U", "rft", "-A", "trust", "-E", "UTF8", "--no-sync"],
        check=True,
        capture_output=True,
        cwd=folder,
        user=run_as,
        group=run_group,
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = (
        "fsync=off",
        "full_page_writes=off",
        "synchronous_commit=off",
        "listen_addresses=127.0.0.1",
        f"unix_socket_directories={folder}",
        f"port={port}",
    )
    command = [str(binaries / "postgres"), "-D", str(data)]
    command += [part for option in options for part in ("-c", option)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command,
            stdout=log,
            stderr=log,
            cwd=folder,
            user=run_as,
            group=run_group,
            preexec_fn=end_with_parent,
        )
    server = PostgresServer(folder, port)
    try:
        server.wait(process)
        yield server
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_database(postgres_server: PostgresServer) -> str:
    """The name of a database with the current schema, for one test after the other."""
    from tests.conftest import create_schema

    name = postgres_server.new_database()
    engine = make_engine(postgres_server.url(name))
    create_schema(engine)
    engine.dispose()
    return name


@pytest.fixture
def postgres_url(
    postgres_server: PostgresServer,
    postgres_database: str,
    data_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[str]:
    """An empty Postgres database with the current schema, which this process and children use."""
    from tests.conftest import forget_environment

    postgres_server.empty(postgres_database)
    monkeypatch.setenv("RFT_DATABASE_URL", postgres_server.url(postgres_database))
    forget_environment()
    yield postgres_server.url(postgres_database)
    forget_environment()


@pytest.fixture(
    params=[
        pytest.param("sqlite", id="sqlite"),
        pytest.param("postgres", id="postgres", marks=pytest.mark.postgres),
    ]
)
def any_database(request: pytest.FixtureRequest) -> str:
    """Run the test on SQLite and on Postgres; returns which it is."""
    request.getfixturevalue("postgres_url" if request.param == "postgres" else "database")
    return request.param
