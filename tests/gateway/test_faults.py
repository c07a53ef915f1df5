"""Providers, callers and settings that misbehave: what is answered, and what is kept of it."""

import gzip
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import httpx2
import openai
import orjson
import pytest

from rft_app.domain.trace import TraceStatus
from rft_app.domain.trace_detail import TraceSender
from rft_app.services.intake_keys import create_key, revoke_key
from rft_app.storage.session import unit_of_work
from tests.gateway.conftest import Running, Start, eventually, read_counts, read_traces
from tests.gateway.upstream import PATIENCE_S, Asked, Upstream, chunk, complete

SAID: list[Any] = [{"role": "user", "content": "Hi"}]
BODY = {"model": "small", "messages": SAID}
CHAT = "/chat/completions"


def ask(running: Running, **more: Any) -> httpx2.Response:
    return running.http.post(CHAT, json=BODY, **more)


def read_error(running: Running) -> dict[str, Any]:
    """Why the only trace has no whole answer."""
    (trace,) = read_traces(running)
    assert trace.summary.status is TraceStatus.ERROR
    return trace.other["metadata"]["error"]


def test_a_provider_that_hangs_is_given_up(start: Start, upstream: Upstream) -> None:
    is_over = threading.Event()
    upstream.behave = lambda asked: is_over.wait(PATIENCE_S)
    gateway = start(GATEWAY_TIMEOUT_S="0.2")

    with pytest.raises(openai.InternalServerError) as refused:
        gateway.client().chat.completions.create(model="small", messages=SAID)
    is_over.set()

    assert (refused.value.status_code, refused.value.code) == (504, "upstream_timeout")
    assert read_error(gateway)["type"] == "upstream_timeout"


def test_a_provider_that_falls_silent_in_the_middle_is_cut_off(
    start: Start, upstream: Upstream
) -> None:
    is_over = threading.Event()

    def behave(asked: Asked) -> None:
        asked.begin_stream()
        asked.send_event(chunk({"role": "assistant", "content": "Half"}))
        is_over.wait(PATIENCE_S)

    upstream.behave = behave
    gateway = start(GATEWAY_TIMEOUT_S="0.2")
    with pytest.raises(httpx2.RemoteProtocolError):
        gateway.http.post(CHAT, json={**BODY, "stream": True})
    is_over.set()

    assert read_error(gateway)["type"] == "upstream_timeout"


def test_a_page_of_html_comes_as_it_is(gateway: Running, upstream: Upstream) -> None:
    page = b"<html>Sign in</html>"
    upstream.behave = lambda asked: asked.answer(page, headers=[("Content-Type", "text/html")])

    answer = ask(gateway)

    assert (answer.status_code, answer.content) == (200, page)
    assert answer.headers["content-type"] == "text/html"
    error = read_error(gateway)
    assert (error["type"], error["message"]) == (
        "no_json",
        "The provider answered text/html: <html>Sign in</html>",
    )


def test_a_provider_that_stops_in_the_middle_is_seen_to(
    gateway: Running, upstream: Upstream
) -> None:
    def behave(asked: Asked) -> None:
        asked.begin_stream()
        asked.send_event(chunk({"role": "assistant", "content": "Half"}))
        asked.drop()

    upstream.behave = behave
    got = b""
    with (
        pytest.raises(httpx2.RemoteProtocolError),
        gateway.http.stream("POST", CHAT, json={**BODY, "stream": True}) as answer,
    ):
        for piece in answer.iter_raw():
            got += piece

    assert b"Half" in got
    (trace,) = read_traces(gateway)
    assert trace.messages[-1].content == "Half"
    assert trace.summary.status is TraceStatus.ERROR
    assert trace.other["metadata"]["error"]["type"] == "upstream_broken"


def test_a_caller_that_leaves_stops_the_provider(gateway: Running, upstream: Upstream) -> None:
    def behave(asked: Asked) -> None:
        asked.begin_stream()
        while not asked.is_lost.wait(0.01):
            asked.send_event(chunk({"content": "on "}))

    upstream.behave = behave
    with gateway.http.stream("POST", CHAT, json={**BODY, "stream": True}) as answer:
        next(answer.iter_raw())

    assert upstream.asked[0].is_lost.wait(PATIENCE_S)
    (trace,) = read_traces(gateway)
    assert str(trace.messages[-1].content).startswith("on ")
    assert trace.other["metadata"]["error"]["type"] == "client_disconnected"


def test_a_caller_that_does_not_wait_for_the_first_word_is_noticed(
    gateway: Running, upstream: Upstream
) -> None:
    is_over = threading.Event()
    upstream.behave = lambda asked: is_over.wait(PATIENCE_S)

    with suppress(httpx2.TimeoutException):
        ask(gateway, timeout=0.2)

    eventually(lambda: gateway.status()["waiting"] == 0 and bool(read_traces(gateway)))
    is_over.set()
    assert read_error(gateway)["type"] == "client_disconnected"


def test_a_provider_that_is_not_there_is_named(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    gateway = start(LLM_BASE_URL=f"http://127.0.0.1:{port}/v1")

    answer = ask(gateway)

    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "upstream_unreachable")
    assert "'default' cannot be reached" in answer.json()["error"]["message"]
    assert read_error(gateway)["type"] == "upstream_unreachable"


def test_a_proxy_that_refuses_is_told_without_its_password(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Upstream().running() as proxy:
        proxy.behave = lambda asked: asked.answer(b"", 502)
        at = proxy.url.removeprefix("http://").removesuffix("/v1")
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:secret@{at}")
        gateway = start(LLM_BASE_URL="https://provider.example/v1")

        message = ask(gateway).json()["error"]["message"]
        monkeypatch.setenv("HTTP_PROXY", f"http://user:secret@{at}")
        ask(start(LLM_BASE_URL="http://provider.example/v1"))

    told = [asked.headers["proxy-authorization"] for asked in proxy.asked]
    assert told == ["Basic dXNlcjpzZWNyZXQ="] * 2
    assert "its proxy answered 502" in message
    kept = [trace.other["metadata"]["error"] for trace in read_traces(gateway)]
    assert "secret" not in message + str(kept)


def test_without_a_provider_the_remedy_is_told_once(start: Start) -> None:
    gateway = start(LLM_BASE_URL="")

    with pytest.raises(openai.InternalServerError, match="Add one in Settings") as refused:
        gateway.client(max_retries=5).chat.completions.create(model="small", messages=SAID)

    assert (refused.value.status_code, refused.value.code) == (503, "no_provider")
    eventually(lambda: read_counts() == {"no_provider": 1})


def test_calls_go_where_their_model_is(start: Start, upstream: Upstream) -> None:
    with Upstream().running() as other:
        other.behave = lambda asked: asked.answer_json(
            {"data": [{"id": "big-1"}]} if asked.method == "GET" else complete("Big")
        )
        upstream.behave = lambda asked: asked.answer_json({"data": [{"id": "small-1"}]})
        gateway = start(
            GATEWAY_PROVIDERS=f"other={other.url} big-* huge, ours={upstream.url} small*",
            GATEWAY_PROVIDER_KEYS="other=sk-other",
            LLM_BASE_URL="",
        )
        reply = gateway.client().chat.completions.create(model="big-1", messages=SAID)
        assert reply.choices[0].message.content == "Big"
        assert {each.id for each in gateway.client().models.list()} == {"big-1", "small-1"}
        keys = {asked.headers["authorization"] for asked in other.asked}
    assert keys == {"Bearer sk-other"}
    assert {each.headers["authorization"] for each in upstream.asked} == {"Bearer sk-caller"}

    with pytest.raises(openai.NotFoundError, match=r"other: big-\* huge; ours: small\*") as refused:
        gateway.client().chat.completions.create(model="tiny", messages=SAID)
    assert refused.value.code == "model_not_found"
    eventually(lambda: read_counts().get("no_model") == 1)


def test_models_of_several_are_asked_for_unpacked_and_with_one_s_own_key(
    start: Start, upstream: Upstream
) -> None:
    def behave(asked: Asked) -> None:
        listed = orjson.dumps({"data": [{"id": "small-1"}]})
        packs = "gzip" in asked.headers["accept-encoding"]
        packed = [("Content-Encoding", "gzip")] if packs else []
        asked.answer(gzip.compress(listed) if packs else listed, headers=packed)

    upstream.behave = behave
    with Upstream().running() as other:
        other.behave = behave
        both = f"first={upstream.url} small*, other={other.url} big-*"
        gateway = start(GATEWAY_PROVIDERS=both, LLM_BASE_URL="")
        own = gateway.client(key="sk-own", default_headers={"x-api-key": "own-too"})
        assert [each.id for each in own.models.list()] == ["small-1", "small-1"]
        (told,) = other.asked

    assert upstream.asked[0].headers["authorization"] == "Bearer sk-own"
    assert not {"authorization", "x-api-key"} & set(told.headers)


def test_a_key_of_ours_is_asked_for_and_never_passed_on(start: Start, upstream: Upstream) -> None:
    gateway = start(OTLP_KEYS="rft-key", LLM_API_KEY="")

    with pytest.raises(openai.AuthenticationError, match="RFT_OTLP_KEYS"):
        gateway.client(key="other").chat.completions.create(model="small", messages=SAID)
    gateway.client(key="rft-key").chat.completions.create(model="small", messages=SAID)
    both = {"x-api-key": "rft-key"}
    own = gateway.client(key="sk-own", default_headers=both)
    own.chat.completions.create(model="small", messages=SAID)

    twice = {**both, "api-key": "rft-key", "x-own": "kept"}
    gateway.client(key="rft-key", default_headers=twice).models.list()

    without, with_own, with_ours = upstream.asked
    assert "authorization" not in without.headers
    assert with_own.headers["authorization"] == "Bearer sk-own"
    assert "x-api-key" not in with_own.headers
    assert "rft-key" not in str(with_ours.headers)
    assert with_ours.headers["x-own"] == "kept"
    assert gateway.http.get("/models").status_code == 401
    eventually(lambda: read_counts().get("no_key") == 2)


def test_a_key_that_is_created_or_revoked_counts_without_a_restart(
    gateway: Running, upstream: Upstream
) -> None:
    assert ask(gateway).status_code == 200
    with unit_of_work() as session:
        created, key = create_key(session, "checkout")
    assert ask(gateway).status_code == 401
    assert ask(gateway, headers={"x-api-key": key}).status_code == 200
    assert "x-api-key" not in upstream.asked[-1].headers
    with unit_of_work() as session:
        revoke_key(session, str(created.id))
    assert ask(gateway).status_code == 200
    sender = TraceSender(id=str(created.id), name="checkout")
    found = read_traces(gateway)
    assert [trace.sender for trace in found] == [None, sender, None]
    assert key not in found[1].model_dump_json()
    assert "gateway.key_id" not in found[1].other["metadata"]


@pytest.mark.parametrize(
    "told",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"host": "evil.example:3000"},
        {"host": "127.evil.example"},
        {"host": "[::1"},
    ],
)
def test_pages_of_other_addresses_are_refused(
    gateway: Running, upstream: Upstream, told: dict[str, str]
) -> None:
    assert ask(gateway, headers=told).status_code == 403
    assert upstream.asked == []


@pytest.mark.parametrize("told", ["localhost:3000", "[::1]:3000", "127.0.0.1"])
def test_a_machine_is_called_by_any_of_its_own_names(gateway: Running, told: str) -> None:
    assert ask(gateway, headers={"host": told, "sec-fetch-site": "same-origin"}).status_code == 200


@pytest.mark.parametrize("model", ["%2e%2e/files", "a/%2e%2e/%2e%2e/files", "%2e", "a%2f..%2fb"])
def test_the_name_of_a_model_leads_nowhere_else(
    gateway: Running, upstream: Upstream, model: str
) -> None:
    assert gateway.http.get(f"/models/{model}").status_code == 404
    assert upstream.asked == []


def test_the_name_of_a_model_is_quoted_again(gateway: Running, upstream: Upstream) -> None:
    gateway.http.get("/models/ft:org%2Fbig%3Fa=b%23c?limit=1")

    assert upstream.asked[0].path == "/v1/models/ft:org/big%3Fa%3Db%23c?limit=1"


def test_a_huge_request_is_refused_and_a_huge_answer_is_not_recorded(
    start: Start, upstream: Upstream
) -> None:
    gateway = start(MAX_GATEWAY_BYTES="100000")
    long = "x" * 200_000

    refused = gateway.http.post(CHAT, json={**BODY, "user": long})
    assert (refused.status_code, refused.json()["error"]["code"]) == (413, "too_large")
    assert upstream.asked == []
    upstream.behave = lambda asked: asked.answer_json(complete(long))
    assert ask(gateway).json()["choices"][0]["message"]["content"] == long

    assert read_traces(gateway) == []
    eventually(lambda: read_counts() == {"too_large": 1, "not_recorded": 1})


def test_more_large_requests_than_fit_are_asked_to_come_again(
    start: Start, upstream: Upstream
) -> None:
    is_over = threading.Event()

    def behave(asked: Asked) -> None:
        is_over.wait(PATIENCE_S)
        asked.answer_json(complete())

    upstream.behave = behave
    gateway = start(MAX_GATEWAY_BYTES="100000")
    large = {**BODY, "user": "x" * 90_000}
    with ThreadPoolExecutor(5) as pool:
        held = [pool.submit(gateway.http.post, CHAT, json=large) for _ in range(4)]
        eventually(lambda: len(upstream.asked) == 4)

        refused = gateway.http.post(CHAT, json=large)
        pieces = gateway.http.post(CHAT, content=iter([orjson.dumps(large)]))
        small = pool.submit(ask, gateway)
        eventually(lambda: len(upstream.asked) == 5)
        is_over.set()

        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        assert pieces.status_code == 503
        assert {each.result().status_code for each in (*held, small)} == {200}
    assert gateway.http.post(CHAT, json=large).status_code == 200


@pytest.mark.parametrize("told", ["content-length: 1000000000", "transfer-encoding: chunked"])
def test_an_upload_that_is_not_taken_turns_nobody_away(start: Start, told: str) -> None:
    gateway = start(MAX_GATEWAY_BYTES="100000")
    at = httpx2.URL(gateway.url)
    head = f"POST /gateway/v1{CHAT} HTTP/1.1\r\nhost: 127.0.0.1\r\n{told}\r\n\r\n"
    piece = b"x" * 99_000
    with socket.create_connection(("127.0.0.1", at.port or 0)) as sender:
        sender.sendall(head.encode())
        for _ in range(8):
            sender.sendall(b"%x\r\n%b\r\n" % (len(piece), piece))

        answer = gateway.http.post(CHAT, json={**BODY, "user": "x" * 90_000})

    assert answer.status_code == 200


def test_what_is_no_request_goes_to_the_provider_and_is_counted(
    gateway: Running, upstream: Upstream
) -> None:
    told = {"error": {"message": "We could not parse the JSON body of your request."}}
    upstream.behave = lambda asked: asked.answer_json(told, 400)

    answer = gateway.http.post(CHAT, content=b'{"model": "small", \xff')

    assert (answer.status_code, answer.json()) == (400, told)
    assert upstream.asked[0].body == b'{"model": "small", \xff'
    assert read_traces(gateway) == []
    assert read_counts() == {"unreadable": 1}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", CHAT, 405), ("POST", "/completions", 404), ("DELETE", "/models/small", 404)],
)
def test_other_addresses_say_what_there_is(
    gateway: Running, method: str, path: str, status: int
) -> None:
    answer = gateway.http.request(method, path)

    assert answer.status_code == status
    assert "/gateway/v1/" in answer.json()["error"]["message"]
