"""The embedded model, really started: weights and engine are installed with everything else."""

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest

from rft_app.domain.provider import ProviderKind
from rft_app.errors import NotAvailableError
from rft_app.llm import embedded
from rft_app.llm.catalogue import Endpoint
from rft_app.llm.chat import ChatMessage, ChatReply, ChatRequest
from rft_app.llm.client import ChatClient
from rft_app.llm.embedded import EmbeddedModel, connect, embedded_endpoint, is_healthy
from rft_app.llm.embedded_files import Served, is_held
from rft_app.llm.failures import CallFailure, CallFailureKind
from rft_app.settings import Settings

ASK = "from rft_app.llm.embedded import connect; print(*connect()[:2])"


@pytest.fixture
def model(data_dir: Path) -> Iterator[EmbeddedModel]:
    """The model of an empty data directory; what it started is ended."""
    (data_dir / "embedded").mkdir(parents=True)
    found = EmbeddedModel(data_dir / "embedded")
    yield found
    found.stop()


def say(text: str, **more: Any) -> ChatRequest:
    message = ChatMessage(role="user", content=text)
    return ChatRequest(model=embedded.MODEL, messages=(message,), max_tokens=40, **more)


def require(endpoint: Endpoint | None) -> Endpoint:
    assert endpoint is not None
    return endpoint


def eventually(holds: Callable[[], bool], within_s: float = 30.0) -> None:
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def ask_elsewhere() -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", ASK], stdout=subprocess.PIPE, text=True)


def test_processes_that_ask_at_once_share_one_server(model: EmbeddedModel) -> None:
    asking = [ask_elsewhere() for _ in range(4)]
    answers = {process.communicate(timeout=120)[0] for process in asking}
    served = model.find_or_start(600)
    assert answers == {f"http://127.0.0.1:{served.port}/v1 {served.token}\n"}
    mode = (model.files.folder / "served.json").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_only_who_has_the_token_is_answered(model: EmbeddedModel) -> None:
    url, token, _ = connect()
    served = model.find_or_start(600)
    assert url == f"http://127.0.0.1:{served.port}/v1"
    request = {"model": embedded.MODEL, "messages": [{"role": "user", "content": "Hi"}]}
    with httpx2.Client() as client:
        refused = client.post(f"{url}/chat/completions", json=request)
        listed = client.get(f"{url}/models", headers={"Authorization": f"Bearer {token}"})
    assert refused.status_code == 401
    assert [one["id"] for one in listed.json()["data"]] == [embedded.MODEL]
    assert not is_healthy(served.model_copy(update={"token": "another"}))


def test_a_server_that_was_killed_or_hangs_is_replaced(
    model: EmbeddedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "HEALTHY_S", 0.0)
    first = model.find_or_start(600)
    os.kill(first.pid, signal.SIGKILL)
    eventually(lambda: not is_held(model.files.serving))
    assert model.files.read_served() == first
    second = model.find_or_start(600)
    assert second.pid != first.pid
    assert is_healthy(second)
    monkeypatch.setattr(embedded, "HEALTH_TIMEOUT_S", 0.2)
    monkeypatch.setattr(embedded, "HUNG_S", 0.5)
    os.kill(second.pid, signal.SIGSTOP)
    eventually(lambda: not is_healthy(second))
    third = model.find_or_start(600)
    assert third.pid != second.pid
    eventually(lambda: is_healthy(third))


def test_a_server_ends_when_it_is_idle_and_starts_again_when_asked(model: EmbeddedModel) -> None:
    first = model.find_or_start(0.2)
    eventually(lambda: not is_held(model.files.serving))
    assert model.files.read_served() is None
    assert model.find_or_start(600).pid != first.pid


def test_what_a_crash_leaves_in_the_file_names_no_server(model: EmbeddedModel) -> None:
    model.files.write_served(Served(pid=os.getpid(), port=9, token="stale"))
    assert model.find_or_start(600).pid != os.getpid()


def test_a_server_goes_with_its_folder(model: EmbeddedModel) -> None:
    served = model.find_or_start(600)
    (model.files.folder / "served.json").unlink()
    eventually(lambda: not is_held(model.files.serving))
    assert not is_healthy(served)


def test_it_keeps_to_a_schema_and_a_call_that_finds_it_gone_is_made_again(
    model: EmbeddedModel,
) -> None:
    endpoint = require(embedded_endpoint(Settings()))
    schema = {
        "type": "object",
        "properties": {"topic": {"type": "string", "enum": ["cards", "loans"]}},
        "required": ["topic"],
        "additionalProperties": False,
    }
    request = say("Which topic? My card is lost.", reply_schema=schema)
    with closing(ChatClient(endpoint)) as client:
        first = client.chat(request)
        os.kill(model.find_or_start(600).pid, signal.SIGKILL)
        second = client.chat(request)
    for reply in (first, second):
        assert isinstance(reply, ChatReply), reply
        assert orjson.loads(reply.text)["topic"] in {"cards", "loans"}
        assert reply.cost_usd == 0


def test_a_prompt_beyond_its_context_fails_at_once_and_by_name(model: EmbeddedModel) -> None:
    endpoint = require(embedded_endpoint(Settings()))
    with closing(ChatClient(endpoint)) as client:
        failure = client.chat(say("word " * 6000))
    assert isinstance(failure, CallFailure)
    assert failure.kind is CallFailureKind.TOO_LONG
    assert "4096" in failure.message


def test_it_is_offered_unless_it_is_switched_off() -> None:
    offered = require(embedded_endpoint(Settings())).provider
    assert (offered.kind, offered.is_demo) == (ProviderKind.EMBEDDED, True)
    assert embedded_endpoint(Settings(embedded_model="off")) is None


def test_what_is_not_installed_is_named(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        embedded, "find_spec", lambda name: None if name == "xllamacpp" else find_spec(name)
    )
    assert embedded_endpoint(Settings()) is None
    with pytest.raises(NotAvailableError, match=r"xllamacpp missing.*pip install.*xllamacpp`"):
        connect()


def test_a_system_that_it_cannot_start_on_is_told_with_what_it_said(
    model: EmbeddedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "MAIN", "rft_app.processes.nothing_of_that_name")
    with pytest.raises(NotAvailableError, match=r"ended with 1: .*nothing_of_that_name(.|\n)*off"):
        model.find_or_start(600)
