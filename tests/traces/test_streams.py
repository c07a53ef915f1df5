"""Pieces of streams as providers send them, and as nobody should."""

from typing import Any

import pytest

from rft_app.traces.streams import assemble, read_events

Json = dict[str, Any]


def chat(*deltas: object) -> Json:
    """The message that deltas of one choice make."""
    chunks = [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas]
    body = assemble(chunks)
    assert body is not None
    return body["choices"][0]["message"]


def called(*pieces: Json) -> list[tuple[str | None, str, str]]:
    """Id, name and arguments of the calls that pieces make."""
    calls = chat(*({"tool_calls": [piece]} for piece in pieces))["tool_calls"]
    assert not any("index" in call for call in calls)
    return [
        (call.get("id"), call["function"]["name"], call["function"]["arguments"]) for call in calls
    ]


def piece(index: int | None, call_id: str | None, name: str | None, arguments: object) -> Json:
    return {"index": index, "id": call_id, "function": {"name": name, "arguments": arguments}}


THOUGHT = [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}]


def test_thoughts_in_a_list_and_texts_behind_or_before_them_are_kept() -> None:
    whole = [*THOUGHT, {"type": "text", "text": "Hi!"}]

    assert chat({"content": THOUGHT}, {"content": "Hi"}, {"content": "!"})["content"] == whole
    assert chat({"content": "Hi"}, {"content": THOUGHT})["content"] == [
        {"type": "text", "text": "Hi"},
        *THOUGHT,
    ]


def test_thoughts_that_come_piece_by_piece_are_one() -> None:
    def thought(text: str) -> Json:
        return {"type": "thinking", "thinking": [{"type": "text", "text": text}]}

    message = chat({"content": [thought("H")]}, {"content": [thought("m")]})

    assert message["content"] == [thought("Hm")]


@pytest.mark.parametrize(
    "odd",
    [
        {"choices": [None, {"index": None, "delta": None}]},
        {"choices": 3},
        {"choices": {"delta": "x"}},
        {"choices": [{"index": "x", "delta": [], "message": "odd"}]},
        {"choices": [{"delta": {"tool_calls": {"function": None}}}]},
        {"choices": [{"delta": {"content": 3, "tool_calls": [None, 4]}}]},
        {"choices": [{"message": {"tool_calls": [None, {"function": 3}]}}]},
    ],
)
def test_what_is_no_piece_changes_nothing(odd: Json) -> None:
    said = [{"choices": [{"index": 0, "delta": {"content": word}}]} for word in ("Hi", "!")]

    for pieces in ([said[0], odd, said[1]], [odd, *said], [*said, odd]):
        body = assemble(pieces)

        assert body is not None
        assert body["choices"][0]["message"]["content"] == "Hi!"


def test_a_delta_that_is_a_text_is_said() -> None:
    assert chat("Hi", "!")["content"] == "Hi!"


@pytest.mark.parametrize(
    ("pieces", "calls"),
    [
        (
            [piece(0, "a", "f", '{"a"'), piece(0, None, None, ":1}"), piece(0, "b", "f", "{}")],
            [("a", "f", '{"a":1}'), ("b", "f", "{}")],
        ),
        (
            [piece(1, "b", "g", "{"), piece(0, "a", "f", "{}"), piece(1, None, None, "}")],
            [("a", "f", "{}"), ("b", "g", "{}")],
        ),
        ([piece(0, "a", "f", "{"), piece(0, "a", "f", "}")], [("a", "f", "{}")]),
        ([piece(0, "a", "f", "{"), piece(0, "x", None, "}")], [("a", "f", "{}")]),
        (
            [piece(None, None, "f", {"a": 1}), piece(None, None, "g", "{}")],
            [(None, "f", '{"a":1}'), (None, "g", "{}")],
        ),
        ([piece(None, "a", "f", "{"), piece(None, None, None, "}")], [("a", "f", "{}")]),
    ],
    ids=["all-0", "crossed", "named-again", "other-id", "no-index", "no-index-goes-on"],
)
def test_parallel_calls_stay_apart(
    pieces: list[Json], calls: list[tuple[str | None, str, str]]
) -> None:
    assert called(*pieces) == calls


@pytest.mark.parametrize(
    "odd",
    [
        {"type": "message_start", "message": "odd"},
        {"type": "content_block_start", "index": None, "content_block": 3},
        {"type": "content_block_delta", "index": {}, "delta": "odd"},
        {"type": "content_block_delta", "index": 7, "delta": {"type": ["text_delta"]}},
        {"type": "message_delta", "delta": 3, "usage": "odd"},
        {"type": {}},
    ],
)
def test_odd_events_of_anthropic_stop_nothing(odd: Json) -> None:
    start = {"type": "message_start", "message": {"role": "assistant"}}
    said = {
        "type": "content_block_delta",
        "index": 1,
        "delta": {"type": "text_delta", "text": "Hi"},
    }

    body = assemble([odd, start, odd, said])

    assert body is not None
    assert {"text": "Hi"} in body["content"]


CREATED = {"type": "response.created", "response": {"id": "r", "error": None, "output": []}}


def says(kind: str, delta: object, **places: int) -> Json:
    return {"type": f"response.{kind}.delta", "delta": delta, **places}


def test_a_broken_stream_of_responses_keeps_what_was_said() -> None:
    item = {"type": "function_call", "call_id": "c", "name": "f", "arguments": ""}
    events = [
        CREATED,
        says("reasoning_summary_text", "Hm", output_index=0, summary_index=0),
        says("output_text", "Hel", output_index=1, content_index=0),
        says("output_text", "lo", output_index=1, content_index=0),
        says("output_text", None, output_index=1, content_index=0),
        {"type": ["response."], "response": None},
        {"type": "response.output_item.added", "output_index": 2, "item": item},
        says("function_call_arguments", '{"a', output_index=2),
    ]

    body = assemble(events)

    assert body == {
        "id": "r",
        "error": None,
        "output": [
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm"}]},
            {
                "type": "message",
                "role": "assistant",
                "content": [{"type": "output_text", "text": "Hello"}],
            },
            {**item, "arguments": '{"a'},
        ],
    }


def test_an_item_that_is_done_stands_for_its_pieces_and_the_end_for_all() -> None:
    done = {"type": "message", "content": [{"type": "output_text", "text": "Hello"}]}
    events = [
        CREATED,
        says("output_text", "Hel"),
        {"type": "response.output_item.done", "item": done},
    ]
    failed = {"type": "response.failed", "response": {"id": "r", "output": []}}
    whole = {"type": "response.completed", "response": {"id": "r", "output": [1]}}

    assert assemble(events) == {"id": "r", "error": None, "output": [done]}
    assert assemble([*events, failed]) == {"id": "r", "output": [done]}
    assert assemble([*events, whole]) == {"id": "r", "output": [1]}


@pytest.mark.parametrize(
    ("text", "events"),
    [
        ('data: {\ndata: "a": 1\ndata: }\n\ndata: {"b":2}', [{"a": 1}, {"b": 2}]),
        ('data: {"cut\ndata: {"b":2}\n', [{"b": 2}]),
        ('data: {"cut\r\n\r\ndata: {"b":2}\r\n', [{"b": 2}]),
        ("data: [1]\n\n: comment\n\n", []),
    ],
    ids=["several-lines", "cut", "cut-event", "none"],
)
def test_events_may_have_several_lines(text: str, events: list[Json]) -> None:
    assert read_events(text) == events


def custom(index: int, text: str, **begin: object) -> Json:
    named = {"name": begin.pop("name")} if "name" in begin else {}
    return {"index": index, **begin, "custom": {**named, "input": text}}


def test_calls_of_custom_tools_grow_beside_those_of_functions() -> None:
    message = chat(
        {"tool_calls": [custom(0, "", id="c", type="custom", name="run")]},
        {"tool_calls": [custom(0, "print("), piece(1, "f", "g", "{")]},
        {"tool_calls": [piece(1, None, None, "}"), custom(0, "1)")]},
    )

    assert message["tool_calls"] == [
        {"type": "custom", "custom": {"name": "run", "input": "print(1)"}, "id": "c"},
        {"type": "function", "function": {"name": "g", "arguments": "{}"}, "id": "f"},
    ]


@pytest.mark.parametrize("odd", [{"index": 0, "type": "custom"}, {"index": 0, "custom": 3}])
def test_a_call_that_changes_its_kind_goes_on(odd: Json) -> None:
    assert called(piece(0, "a", "f", "{"), odd, piece(0, None, None, "}")) == [("a", "f", "{}")]


def test_spoken_answers_and_legacy_calls_are_joined() -> None:
    message = chat(
        {"audio": {"id": "a", "transcript": "Hel"}},
        {"audio": {"data": "QUJD"}},
        {"audio": {"transcript": "lo", "data": "REVG"}},
        {"audio": {"expires_at": 9}},
        {"function_call": {"name": "f", "arguments": '{"a'}},
        {"function_call": {"name": None, "arguments": '":1}'}},
    )

    spoken = {"id": "a", "transcript": "Hello", "data": "QUJDREVG", "expires_at": 9}
    assert message["audio"] == spoken
    assert message["function_call"] == {"name": "f", "arguments": '{"a":1}'}


def test_citations_stay_with_the_text_they_are_of() -> None:
    def cites(title: str) -> Json:
        delta = {"type": "citations_delta", "citation": {"title": title}}
        return {"type": "content_block_delta", "index": 0, "delta": delta}

    start = {"type": "message_start", "message": {"role": "assistant"}}
    block = {"type": "text", "text": "", "citations": []}
    said = {"type": "text_delta", "text": "Hi"}

    body = assemble(
        [
            start,
            {"type": "content_block_start", "index": 0, "content_block": block},
            {"type": "content_block_delta", "index": 0, "delta": said},
            cites("A"),
            cites("B"),
        ]
    )

    assert body is not None
    citations = [{"title": "A"}, {"title": "B"}]
    assert body["content"] == [{"type": "text", "text": "Hi", "citations": citations}]
