"""Agent Lightning's own server takes each row as the input of a rollout and gives it back."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.consumers.files import Exported, each, load_consumer

pytestmark = pytest.mark.consumers
NEEDS = "it needs Python 3.12 and an environment of its own"
START_S = 30
KEY = "tests"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A client of a server of its own on loopback."""
    load_consumer("agentlightning", NEEDS)
    httpx = load_consumer("httpx")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [Path(sys.executable).with_name("agl-server"), "host=127.0.0.1", f"port={port}"]
    folder = tmp_path_factory.mktemp("server")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, f"key={KEY}"], cwd=folder, stdout=log, stderr=subprocess.STDOUT
        )
    url, headers = f"http://127.0.0.1:{port}", {"Authorization": f"Bearer {KEY}"}
    try:
        with httpx.Client(base_url=url, headers=headers, timeout=60) as client:
            _wait(client, httpx.TransportError)
            yield client
    finally:
        process.terminate()
        process.wait(10)


def _wait(client: Any, not_there: type[Exception]) -> None:
    deadline = time.monotonic() + START_S
    while True:
        try:
            client.get("/api/rollouts")
        except not_there:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return


@each("agent_lightning", "trips", "school", "airline")
def test_rows_become_rollouts_and_their_fields_variables(exported: Exported, server: Any) -> None:
    schemas = load_consumer("agentlightning.schemas", NEEDS)
    reconciler = load_consumer("agentlightning.controller.local_reconciler", NEEDS)
    variables = {"QUESTION": "input.question"}
    config = {"local": {"agent_class": "a.Agent", "env_map": variables}}
    rows = exported.rows()[:100]
    asked = [
        schemas.RolloutCreate(input=row, is_train=True, config=config, metadata={}) for row in rows
    ]
    answer = server.post(
        "/api/rollouts", json=[one.model_dump(mode="json", exclude_none=True) for one in asked]
    )
    answer.raise_for_status()
    rollouts = [schemas.Rollout.model_validate(one) for one in answer.json()]
    assert [rollout.input for rollout in rollouts] == rows
    for row in rows:
        assert reconciler._build_env_from_map(row, variables) == {"QUESTION": row["question"]}
