"""Answers that grow: what is seen of them, and all that can go wrong on the way."""

import threading
from collections.abc import Callable, Iterator
from contextlib import aclosing
from typing import Any

import pytest

from rft_app.llm.chat import ChatMessage, ChatRequest, StreamedReply
from rft_app.llm.failures import CallFailureKind
from rft_app.llm.streaming import stream_chat
from tests.gateway.upstream import PATIENCE_S, Asked, Upstream, chunk
from tests.llm.conftest import make_endpoint

USAGE = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream().running() as found:
        yield found


def stream(*events: object) -> Callable[[Asked], None]:
    """Behave as a provider that streams these events."""

    def behave(asked: Asked) -> None:
        asked.begin_stream()
        for event in events:
            asked.send_event(event)
        asked.send(b"data: [DONE]\n\n")
        asked.end()

    return behave


def make_request(**changes: object) -> ChatRequest:
    said = (ChatMessage(role="user", content="Hello"),)
    values = {"model": "good", "messages": said, "max_tokens": 50, "temperature": 0.0, **changes}
    return ChatRequest.model_validate(values)


async def see(upstream: Upstream, **changes: object) -> list[StreamedReply]:
    """All that is seen of an answer."""
    endpoint = make_endpoint(upstream.url)
    return [seen async for seen in stream_chat(endpoint, make_request(**changes))]


async def test_an_answer_grows_and_ends_with_its_figures(upstream: Upstream) -> None:
    upstream.behave = stream(
        chunk({"role": "assistant", "content": ""}),
        chunk({"content": "On "}),
        chunk({"content": "its way."}),
        chunk({}, "stop"),
        {**chunk({}), "choices": [], "usage": USAGE},
    )
    seen = await see(upstream)
    assert [one.text for one in seen] == ["On ", "On its way.", "On its way."]
    last = seen[-1]
    assert [one.is_done for one in seen] == [False, False, True]
    assert (last.num_prompt_tokens, last.num_completion_tokens) == (1000, 100)
    assert last.cost_usd == pytest.approx(0.002)
    assert last.first_s is not None
    assert 0 < last.first_s <= last.total_s
    assert (last.failure, last.finish_reason) == (None, "stop")
    sent = upstream.asked[0].json
    assert (sent["stream"], sent["stream_options"]) == (True, {"include_usage": True})


async def test_a_key_that_comes_back_is_hidden(upstream: Upstream) -> None:
    upstream.behave = stream(chunk({"content": "Bearer sk-"}), chunk({"content": "secret"}, "stop"))
    assert (await see(upstream))[-1].text == "Bearer •••"


async def test_without_counts_there_are_none(upstream: Upstream) -> None:
    upstream.behave = stream(chunk({"content": "Hi"}, "stop"))
    last = (await see(upstream))[-1]
    assert (last.num_completion_tokens, last.cost_usd) == (None, None)


async def test_pieces_of_tool_calls_become_whole_ones(upstream: Upstream) -> None:
    def piece(**function: str) -> dict[str, Any]:
        return {"tool_calls": [{"index": 0, "id": "call_1", "function": function}]}

    upstream.behave = stream(
        chunk(piece(name="find", arguments='{"id"')),
        chunk(piece(arguments=": 7}")),
        chunk({}, "tool_calls"),
    )
    last = (await see(upstream))[-1]
    assert [call["function"] for call in last.tool_calls] == [
        {"name": "find", "arguments": '{"id": 7}'}
    ]


async def test_a_parameter_that_is_refused_is_left_out(upstream: Upstream) -> None:
    def behave(asked: Asked) -> None:
        refused = next(
            (name for name in ("stream_options", "temperature") if name in asked.json), ""
        )
        if refused:
            told = {"message": f"Unsupported parameter: '{refused}'", "param": refused}
            asked.answer_json({"error": told}, 400)
        else:
            stream(chunk({"content": "Hi"}, "stop"))(asked)

    upstream.behave = behave
    assert (await see(upstream))[-1].text == "Hi"


async def test_a_refusal_of_the_provider_is_a_failure_by_name(upstream: Upstream) -> None:
    upstream.behave = lambda asked: asked.answer_json({"error": {"message": "no sk-secret"}}, 401)
    (only,) = await see(upstream)
    assert only.failure is not None
    assert only.failure.kind is CallFailureKind.AUTH
    assert "sk-secret" not in only.failure.message
    assert only.is_done


async def test_what_came_before_a_break_stays(upstream: Upstream) -> None:
    def behave(asked: Asked) -> None:
        asked.begin_stream()
        asked.send_event(chunk({"content": "On its"}))
        asked.drop()

    upstream.behave = behave
    last = (await see(upstream))[-1]
    assert last.text == "On its"
    assert last.failure is not None
    assert last.failure.kind is CallFailureKind.UNREACHABLE


async def test_an_error_within_a_stream_is_told(upstream: Upstream) -> None:
    upstream.behave = stream(chunk({"content": "On"}), {"error": {"message": "The GPU is gone."}})
    last = (await see(upstream))[-1]
    assert last.failure is not None
    assert "The GPU is gone." in last.failure.message


async def test_a_page_is_no_answer(upstream: Upstream) -> None:
    upstream.behave = lambda asked: asked.answer(b"<html>Sign in</html>")
    last = (await see(upstream))[-1]
    assert last.failure is not None
    assert last.failure.kind is CallFailureKind.NO_COMPLETION


async def test_closing_the_stream_closes_the_connection(upstream: Upstream) -> None:
    is_closed = threading.Event()

    def behave(asked: Asked) -> None:
        asked.begin_stream()
        while not asked.is_lost.wait(0.01):
            asked.send_event(chunk({"content": "on and "}))
        is_closed.set()

    upstream.behave = behave
    endpoint = make_endpoint(upstream.url)
    async with aclosing(stream_chat(endpoint, make_request())) as seen:
        assert "on" in (await anext(seen)).text
    assert is_closed.wait(PATIENCE_S)
