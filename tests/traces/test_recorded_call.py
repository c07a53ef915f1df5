"""Calls as the gateway recorded them: streams in odd pieces, and answers that are none."""

import time
import zlib
from typing import Any

import orjson
import pytest

from rft_app.domain.intake import Outcome
from rft_app.traces import recorded_call
from rft_app.traces.otlp import read_span
from rft_app.traces.otlp.call import Call
from rft_app.traces.otlp.span import BrokenRequestError, Span
from rft_app.traces.recorded_call import RecordedCall, encode_batch, read_calls, to_span
from tests.gateway.upstream import chunk, complete

ASKED = {"model": "small", "messages": [{"role": "user", "content": "Hi"}]}
STREAM = "text/event-stream; charset=utf-8"


def record(*pieces: bytes, **changes: Any) -> Span:
    """The span of a call whose answer came in pieces, one each millisecond."""
    values: dict[str, Any] = {
        "trace_id": "ab" * 16,
        "span_id": "cd" * 8,
        "parent_id": "",
        "started_ns": 1_760_000_000_000_000_000,
        "took_us": 9_000,
        "path": "chat/completions",
        "provider": "default",
        "request": orjson.dumps(ASKED),
        "status": 200,
        "content_type": "application/json",
        "content_encoding": "",
        "pieces": [(1_000 * place, piece) for place, piece in enumerate(pieces, 1)],
        "fault": None,
        "session": "",
        "tags": [],
    }
    return to_span(RecordedCall(**{**values, **changes}))


def read(span: Span) -> Call:
    found = read_span(span)
    assert found.outcome is Outcome.CALL
    assert found.call is not None
    return found.call


def event(value: object) -> bytes:
    return b"data: " + orjson.dumps(value) + b"\r\n\r\n"


def test_events_that_are_cut_anywhere_are_put_together() -> None:
    whole = b": hello\r\n\r\n" + b"".join(
        map(
            event,
            (chunk({"role": "assistant", "content": ""}), chunk({"content": "grüße"}, "stop")),
        )
    )
    for size in (1, 7, 64, 10_000):
        pieces = [whole[at : at + size] for at in range(0, len(whole), size)]

        call = read(record(*pieces, content_type=STREAM))

        assert call.answers[0].messages == [{"role": "assistant", "content": "grüße"}]
        assert call.answers[0].finish_reason == "stop"


def test_the_first_token_is_the_first_that_says_something() -> None:
    frame, word = chunk({"role": "assistant", "content": ""}), chunk({"content": "Hi"})

    call = read(record(event(frame), event(word), event(word), content_type=STREAM))

    assert call.first_token_ms == 2.0


def test_lists_beside_the_text_go_on_from_piece_to_piece() -> None:
    pieces = [
        chunk({"content": word, "reasoning_details": [{"text": word}]}) for word in ("Hi", "!")
    ]
    for piece, word in zip(pieces, ("Hi", "!"), strict=True):
        piece["choices"][0]["logprobs"] = {"content": [{"token": word}], "refusal": None}

    span = record(*map(event, pieces), content_type=STREAM)

    (choice,) = orjson.loads(span.attributes["gateway.response"])["choices"]
    assert choice["message"]["reasoning_details"] == [{"text": "Hi"}, {"text": "!"}]
    assert choice["logprobs"] == {"content": [{"token": "Hi"}, {"token": "!"}], "refusal": None}


def test_an_error_in_the_middle_of_a_stream_is_kept_with_what_was_said() -> None:
    error = {"error": {"message": "overloaded", "type": "server_error"}}

    span = record(event(chunk({"content": "Half"})), event(error), content_type=STREAM)

    assert (span.has_failed, span.status_message) == (True, "overloaded")
    assert read(span).answers[0].messages[0]["content"] == "Half"


def test_an_error_behind_a_response_that_says_it_has_none_is_told() -> None:
    created = {"type": "response.created", "response": {"id": "r", "error": None}}
    delta = {"type": "response.output_text.delta", "delta": "Half"}
    error = {"type": "error", "code": "server_error", "message": "overloaded"}

    pieces = map(event, (created, delta, error))
    span = record(*pieces, content_type=STREAM, path="responses")

    assert (span.has_failed, span.status_message) == (True, "overloaded")
    assert span.attributes["error.type"] == "server_error"
    assert read(span).answers[0].messages[0]["content"] == "Half"


def test_a_stream_of_several_lines_per_event_without_its_kind_is_read() -> None:
    told = chunk({"content": "Hi"}, "stop")
    del told["object"]
    lines = orjson.dumps(told, option=orjson.OPT_INDENT_2).splitlines()

    span = record(*(b"data: " + line + b"\n" for line in lines), b"\n", content_type=STREAM)

    assert read(span).answers[0].messages[0]["content"] == "Hi"


def test_json_that_is_called_a_stream_is_read_as_it_is() -> None:
    refusal = orjson.dumps({"error": {"message": "slow down"}})

    assert read(record(orjson.dumps(complete()), content_type=STREAM)).answers
    assert record(refusal, content_type=STREAM, status=429).status_message == "slow down"


def test_a_stream_that_nobody_knows_keeps_its_bytes() -> None:
    told = b'data: {"token":"Hi"}\n\n'

    span = record(told, content_type=STREAM)

    assert (span.attributes["gateway.response"], span.has_failed) == (told.decode(), True)


def test_an_error_in_a_stream_that_nobody_knows_is_told_beside_what_came_before() -> None:
    told = b'data: {"token":"Half"}\n\n'
    error = event({"error": {"message": "overloaded", "type": "server_error"}})

    span = record(told, error, content_type=STREAM)

    assert span.attributes["gateway.response"] == (told + error).decode()
    assert (span.has_failed, span.status_message) == (True, "overloaded")
    assert span.attributes["error.type"] == "server_error"
    assert not read(span).answers


def test_a_long_line_in_small_pieces_takes_no_longer_than_in_one() -> None:
    line = event(chunk({"content": "x" * 16_000_000}, "stop"))
    started_at = time.process_time()

    span = record(
        *(line[at : at + 1_000] for at in range(0, len(line), 1_000)), content_type=STREAM
    )

    assert len(read(span).answers[0].messages[0]["content"]) == 16_000_000
    assert time.process_time() - started_at < 5


@pytest.mark.parametrize("coding", ["deflate", "DEFLATE "])
def test_a_compressed_stream_is_read(coding: str) -> None:
    packed = zlib.compress(event(chunk({"content": "Hi"}, "stop")))

    span = record(packed[:20], packed[20:], content_type=STREAM, content_encoding=coding)

    assert read(span).answers[0].messages[0]["content"] == "Hi"


@pytest.mark.parametrize(
    ("body", "changes", "told"),
    [
        (b"no gzip", {"content_encoding": "gzip"}, "The answer cannot be unpacked"),
        (b"x", {"content_encoding": "br"}, "it is compressed by br"),
        (b": nothing\n\n", {"content_type": STREAM}, "The provider's stream held no answer."),
        (b"[1]", {}, "The provider answered application/json: [1]"),
        (b"", {"fault": ("upstream_timeout", "silent"), "status": None}, "silent"),
        (b"gone", {"status": 502}, "gone"),
    ],
)
def test_what_is_no_answer_is_told(body: bytes, changes: dict[str, Any], told: str) -> None:
    span = record(body, **changes)

    assert span.has_failed
    assert told in span.status_message
    assert read(span).answers == []


def make_call(**changes: Any) -> RecordedCall:
    values: dict[str, Any] = {
        **dict.fromkeys(("parent_id", "content_encoding", "session"), ""),
        "trace_id": "ab" * 16,
        "span_id": "cd" * 8,
        "started_ns": 1,
        "took_us": 2,
        "path": "chat/completions",
        "provider": "p",
        "request": orjson.dumps(ASKED),
        "status": 200,
        "content_type": "application/json",
        "pieces": [(1, orjson.dumps(complete()))],
        "fault": None,
        "tags": ["a"],
    }
    return RecordedCall(**{**values, **changes})


def test_calls_survive_the_queue_and_other_bytes_are_refused() -> None:
    call = make_call()

    assert read_calls(encode_batch([call])) == [to_span(call)]
    with pytest.raises(BrokenRequestError):
        read_calls(b"\x93\x01")


def test_a_call_that_breaks_the_reader_stops_no_other_and_keeps_its_bytes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(_pieces: object) -> None:
        raise AttributeError("a defect")

    monkeypatch.setattr(recorded_call, "assemble", fail)
    told = event(chunk({"content": "Hi"}, "stop"))
    odd = make_call(span_id="ef" * 8, content_type=STREAM, pieces=[(1, told)])

    broken, fine = read_calls(encode_batch([odd, make_call()]))

    assert read_span(broken) == ("gateway", Outcome.UNREADABLE, None)
    assert broken.attributes["gateway.response"] == told.decode()
    assert broken.attributes["gateway.fault"] == "AttributeError: a defect"
    assert read(fine).answers
