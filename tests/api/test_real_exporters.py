"""Real instrumentations and exporters against the running server."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from rft_app.domain.trace import TraceStatus
from rft_app.domain.trace_page import TraceFilter
from rft_app.services.intake_reading import read_waiting
from rft_app.services.trace_detail import get_trace
from rft_app.services.traces import list_traces
from rft_app.storage.session import reading
from tests.conftest import ROOT
from tests.llm.provider import FakeProvider, Json, Served, refuse, say

SECONDS_TO_START = 60
LITELLM_PYTHON = "LITELLM_PYTHON"
"""Names a Python of an environment of its own: `pip install "litellm[mcp]==1.106.2"
opentelemetry-sdk opentelemetry-exporter-otlp-proto-http`; LiteLLM pins too much for ours."""
CALL = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "get_weather", "arguments": '{"city": "Paris"}'},
}


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    """What a server started afterwards asks its senders for."""
    monkeypatch.setenv("RFT_OTLP_KEYS", "sk-rft")
    return "sk-rft"


@pytest.fixture
def endpoint(database: Path) -> Iterator[str]:
    """The server's OTLP address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ["granian", "--interface", "asgi", "--factory", "--port", str(port)]
    server = subprocess.Popen(
        [sys.executable, "-m", *command, "rft_app.api.app:create_api"],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(f"http://127.0.0.1:{port}/api/traces")
        yield f"http://127.0.0.1:{port}/otlp"
    finally:
        server.terminate()
        server.wait(30)


def wait_for(url: str) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            assert time.monotonic() < deadline, "The server did not start."
            time.sleep(0.1)


def tell_in_pieces(*texts: str) -> Served:
    """A stream."""
    frame = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "small"}
    last = {"index": 0, "delta": {}, "finish_reason": "stop"}
    choices = [*({"index": 0, "delta": {"content": text}} for text in texts), last]
    chunks = [orjson.dumps({**frame, "choices": [choice]}) for choice in choices]
    events = b"".join(b"data: %b\n\n" % chunk for chunk in (*chunks, b"[DONE]"))
    return Served(events, headers={"Content-Type": "text/event-stream"})


def behave(request: Json, _number: int) -> Served:
    """Ask for a tool, answer after its result, refuse what says boom."""
    last = request["messages"][-1]
    if last["content"] == "boom":
        return refuse(429, "slow down")
    if request.get("stream"):
        return tell_in_pieces("Once ", "upon a time.")
    if last["role"] == "tool":
        return say("Take a coat.", finish_reason="stop")
    return say(None, finish_reason="tool_calls", tool_calls=[CALL])


@pytest.mark.parametrize("name", ["otel_genai", "openinference", "traceloop"])
def test_an_instrumented_agent_is_seen(endpoint: str, name: str) -> None:
    with FakeProvider(behave).running() as provider:
        script = Path(__file__).parents[1] / "instrumented.py"
        agent = subprocess.run(
            [sys.executable, str(script), name, provider.url, endpoint],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
    assert agent.returncode == 0, agent.stderr
    while read_waiting():
        pass
    with reading() as session:
        failed, answered = list_traces(session, TraceFilter()).rows
        page = list_traces(session, TraceFilter(conversation=answered.id))
    answered, asked = page.rows
    assert {row.source for row in (failed, *page.rows)} == {name}
    assert failed.status is TraceStatus.ERROR
    assert (asked.title, asked.num_messages, asked.num_tools) == ("Weather in Paris?", 3, 1)
    assert (answered.num_messages, answered.num_tools) == (5, 1)
    assert (answered.input_tokens, answered.output_tokens) == (1000, 100)
    assert answered.system_prompt == "Be kind."


def test_an_agent_with_the_langfuse_sdk_is_seen(
    key: str, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANGFUSE_BASE_URL", endpoint)
    monkeypatch.setenv("LANGFUSE_PUBLIC_KEY", "pk-rft")
    monkeypatch.setenv("LANGFUSE_SECRET_KEY", key)
    with FakeProvider(behave).running() as provider:
        agent = subprocess.run(
            [sys.executable, "-m", "tests.langfuse_agent", provider.url],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
    assert agent.returncode == 0, agent.stderr
    while read_waiting():
        pass
    with reading() as session:
        rows = list_traces(session, TraceFilter()).rows
        told, failed, answered = (get_trace(session, row.id) for row in rows)
    assert {row.source for row in rows} == {"langfuse"}
    assert [row.status for row in rows] == [TraceStatus.OK, TraceStatus.ERROR, TraceStatus.OK]
    for trace in (told, failed, answered):
        about = trace.other["metadata"]
        assert (about["session_id"], about["user_id"]) == ("session-1", "ann")
        assert about["tags"] == ["travel"]
    assert failed.other["metadata"]["error"]["message"] == "Error code: 429 - slow down"
    assert (told.messages[-1].content, told.other["finish_reason"]) == (
        *("Once upon a time.", "stop"),
    )
    assert (answered.summary.num_messages, answered.summary.num_tools) == (5, 1)
    assert answered.other["usage"]["prompt_tokens"] == 1000
    assert [each.role for each in answered.messages] == [
        *("system", "user", "assistant", "tool", "assistant")
    ]
    assert answered.messages[3].tool_call_id == CALL["id"]


@pytest.mark.skipif(
    LITELLM_PYTHON not in os.environ, reason=f"{LITELLM_PYTHON} names no Python that has LiteLLM"
)
def test_an_agent_with_litellms_callback_is_seen(endpoint: str) -> None:
    with FakeProvider(behave).running() as provider:
        script = Path(__file__).parents[1] / "litellm_agent.py"
        agent = subprocess.run(
            [os.environ[LITELLM_PYTHON], str(script), provider.url, endpoint],
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
    assert agent.returncode == 0, agent.stderr
    while read_waiting():
        pass
    with reading() as session:
        rows = {row.title: row for row in list_traces(session, TraceFilter()).rows}
        answered = rows["Weather in Paris?"]
        page = list_traces(session, TraceFilter(conversation=answered.id))
        told = get_trace(session, rows["Tell a story"].id)
    assert set(rows) == {"Weather in Paris?", "Tell a story", "boom", "Weather in Rome?"}
    assert {row.source for row in rows.values()} == {"litellm"}
    assert {title for title, row in rows.items() if row.status is TraceStatus.ERROR} == {"boom"}
    assert [(row.num_messages, row.num_tools) for row in page.rows] == [(5, 1), (3, 1)]
    assert (answered.input_tokens, answered.output_tokens) == (1000, 100)
    assert answered.system_prompt == "Be kind."
    assert told.messages[-1].content == "Once upon a time."
