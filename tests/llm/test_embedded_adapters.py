"""Trained adapters on the embedded model, really served: base and tuned on one server."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from rft_app.errors import NotAvailableError
from rft_app.llm import embedded
from rft_app.llm.adapter_files import convert
from rft_app.llm.catalogue import Connection, Endpoint, Scale
from rft_app.llm.chat import ChatMessage, ChatReply, ChatRequest
from rft_app.llm.client import ChatClient
from rft_app.llm.embedded import EmbeddedModel, TunedModel, connect, embedded_endpoint
from rft_app.settings import Settings
from tests.llm.adapters import make_weights, write_adapter

TUNED = f"{embedded.MODEL}:run-1-abcdef"


@pytest.fixture
def model(data_dir: Path) -> Iterator[EmbeddedModel]:
    (data_dir / "embedded").mkdir(parents=True)
    found = EmbeddedModel(data_dir / "embedded")
    yield found
    found.stop()


def make_endpoint(folder: Path) -> Endpoint:
    found = embedded_endpoint(Settings(), [TunedModel(TUNED, "trained here", folder)])
    assert found is not None
    return found


def ask(client: ChatClient, model: str, **more: Any) -> str:
    message = ChatMessage(role="user", content="Name three colours.")
    request = ChatRequest(
        model=model, messages=(message,), max_tokens=24, temperature=0.0, may_repeat=False, **more
    )
    reply = client.chat(request)
    assert isinstance(reply, ChatReply), reply
    return reply.text


def test_base_and_tuned_answer_on_one_server(model: EmbeddedModel, tmp_path: Path) -> None:
    folder = write_adapter(tmp_path / "best", make_weights())
    with closing(ChatClient(make_endpoint(folder))) as client:
        alone = ask(client, embedded.MODEL)
        first = model.find_or_start(600)
        assert first.adapters == ()
        tuned = ask(client, TUNED)
        second = model.find_or_start(600)
        beside = ask(client, embedded.MODEL)
        assert ask(client, TUNED) == tuned
    assert beside == alone
    assert tuned != alone
    assert second.pid != first.pid
    assert second.adapters == (str(convert(folder)),)
    assert model.find_or_start(600) == second
    assert connect().adapters == (Scale(0, 0.0),)
    assert connect(folder).more == {"lora": [{"id": 0, "scale": 1.0}]}


def test_a_server_holds_those_asked_for_last(
    model: EmbeddedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "MAX_ADAPTERS", 2)
    folders = [
        write_adapter(tmp_path / str(number), make_weights(layers=range(number, 30)))
        for number in (27, 28, 29)
    ]
    for folder in folders:
        connect(folder)
    held = model.find_or_start(600).adapters
    assert held == (str(convert(folders[2])), str(convert(folders[1])))
    assert connect(folders[1]).adapters == (Scale(0, 0.0), Scale(1, 1.0))


def test_an_adapter_that_the_engine_refuses_does_not_take_the_base_model_with_it(
    model: EmbeddedModel, tmp_path: Path
) -> None:
    bad, good = (write_adapter(tmp_path / name, make_weights()) for name in ("bad", "good"))
    convert(bad).write_bytes(b"GGUF, but no more")
    with pytest.raises(NotAvailableError, match=r"could not load the adapter.*server\.log"):
        connect(bad)
    assert connect().adapters == ()
    assert connect(good).adapters == (Scale(0, 1.0),)
    assert model.find_or_start(600).adapters == (str(convert(good)),)


def test_without_its_files_a_model_fails_by_name_and_the_base_answers(tmp_path: Path) -> None:
    endpoint = make_endpoint(tmp_path / "gone")
    with pytest.raises(NotAvailableError, match="files are gone"):
        endpoint.connect_to(TUNED)


def test_each_adapter_is_named_with_its_scale() -> None:
    connection = Connection("http://a", "k", (Scale(0, 0.0), Scale(1, 1.0)))
    assert connection.more == {"lora": [{"id": 0, "scale": 0.0}, {"id": 1, "scale": 1.0}]}
    assert Connection("http://a", "k").more == {}
