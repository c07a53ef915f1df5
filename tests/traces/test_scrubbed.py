"""What is replaced in a trace, and what has to stay for the trace to work."""

from typing import Any

import orjson

from rft_app.domain.scrubbing import ScrubKind, ScrubRules
from rft_app.text.scrubbing import Placeholders, Scrubber
from rft_app.traces.otlp.span import Log, Span
from rft_app.traces.scrubbed import Scrubbed, scrub_log, scrub_span, scrub_trace
from tests.traces.reading_helpers import read, user

SCRUBBER = Scrubber(ScrubRules(kinds=tuple(ScrubKind)))
ROW: dict[str, Any] = {
    "id": "4111111111111111",
    "session_id": "s-1",
    "tags": ["a@example.com", "beta"],
    "timestamp": "2026-11-22T02:16:41Z",
    "request": {
        "model": "m-4111111111111111",
        "messages": [
            {"role": "system", "content": "Ask ops@example.com."},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "I am a@example.com"},
                    {
                        "type": "image_url",
                        "image_url": {"url": "data:image/png;base64,a@b.example"},
                    },
                ],
            },
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {
                        "id": "call-203.0.113.7",
                        "type": "function",
                        "function": {"name": "pay", "arguments": '{"id": "a@example.com"}'},
                    }
                ],
            },
            {"role": "tool", "tool_call_id": "call-203.0.113.7", "content": "b@example.com"},
        ],
    },
    "response": {"choices": [{"message": {"role": "assistant", "content": "Told b@example.com"}}]},
}


def scrub(row: dict[str, Any]) -> tuple[Scrubbed, dict[str, Any]]:
    found = scrub_trace(read(row)[0], SCRUBBER)
    return found, orjson.loads(found.trace.body)


def test_a_value_has_one_placeholder_in_all_of_a_trace() -> None:
    found, body = scrub(ROW)
    messages = body["messages"]

    assert messages[0]["content"] == "Ask <EMAIL_1>."
    assert messages[1]["content"][0]["text"] == "I am <EMAIL_2>"
    assert messages[2]["tool_calls"][0]["function"]["arguments"] == '{"id":"<EMAIL_2>"}'
    assert messages[3]["content"] == "<EMAIL_3>"
    assert messages[4]["content"] == "Told <EMAIL_3>"
    assert found.trace.tags == ("<EMAIL_2>", "beta")
    assert (found.trace.title, found.trace.system_prompt) == ("I am <EMAIL_2>", "Ask <EMAIL_1>.")
    assert found.placeholders.counts["email"] == 7


def test_what_others_rely_on_stays() -> None:
    before, _, _ = read(ROW)
    found, body = scrub(ROW)
    call, answer = body["messages"][2]["tool_calls"][0], body["messages"][3]

    assert call["id"] == answer["tool_call_id"] == "call-203.0.113.7"
    assert call["function"]["name"] == "pay"
    assert body["messages"][1]["content"][1]["image_url"]["url"].endswith("a@b.example")
    assert body["metadata"]["timestamp"] == "2026-11-22T02:16:41Z"
    assert body["num_prompt_messages"] == 4
    for name in ("external_id", "group", "model", "growth", "recorded_at", "num_turns"):
        assert getattr(found.trace, name) == getattr(before, name)


def test_names_of_fields_protect_nothing_that_somebody_said() -> None:
    customer = {"id": "bob@example.com", "name": "bob@example.com"}
    content = [{"type": "text", "text": "Hi", "name": "bob@example.com"}]
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    messages = [
        {"role": "user", "content": content, "customer": customer},
        {"role": "assistant", "content": None, "tool_calls": [{**call, "customer": customer}]},
    ]
    row = {"id": "r1", "request": {"messages": messages}, "response": None}
    found, body = scrub({**row, "customer": customer, "name": "bob@example.com", "type": customer})

    assert b"bob" not in found.trace.body
    assert body["metadata"]["customer"] == {"id": "<EMAIL_1>", "name": "<EMAIL_1>"}
    assert body["metadata"]["id"] == "r1"


def test_messages_of_spans_and_logs_keep_what_joins_them() -> None:
    own_id = "call-203.0.113.7"
    parts = [{"type": "tool_call", "id": own_id, "name": "f", "arguments": {"id": own_id}}]
    said = [{"role": "assistant", "parts": parts}]
    attributes = {"gen_ai.output.messages": said, "id": "bob@example.com"}
    span = Span("1", "1", "", "chat", 3, 0, 0, 0, "", dict(attributes), [], {}, "")
    log = Log("1", "1", "gen_ai.tool.message", 0, {"id": own_id, "content": own_id}, {})

    scrub_span(span, SCRUBBER, Placeholders())
    scrub_log(log, SCRUBBER, Placeholders())

    (part,) = span.attributes["gen_ai.output.messages"][0]["parts"]
    assert part == {**parts[0], "arguments": {"id": "call-<IP_1>"}}
    assert span.attributes["id"] == "<EMAIL_1>"
    assert log.body["id"] == own_id
    assert log.body["content"].startswith("call-<IP_")


def test_log_records_of_a_trace_never_make_two_people_one() -> None:
    def tell(trace_id: str, content: str) -> str:
        log = Log(trace_id, "1", "gen_ai.user.message", 0, {"content": content}, {})
        scrub_log(log, SCRUBBER, Placeholders())
        return log.body["content"]

    ann, bob = tell("1", "ann@example.com"), tell("1", "bob@example.com")

    assert len({ann, bob, tell("2", "ann@example.com")}) == 3
    assert tell("1", "Ann@example.com and bob@example.com") == f"{ann} and {bob}"
    assert SCRUBBER.scrub("c@example.com", Placeholders(ann)) == "<EMAIL_1>"


def test_tags_that_say_the_same_value_become_one() -> None:
    found, _ = scrub({**ROW, "tags": ["Bob@example.com", "bob@example.com"]})

    assert len(found.trace.tags) == 1
    assert found.trace.tags[0].startswith("<EMAIL_")


def test_a_trace_without_such_values_is_the_same_object() -> None:
    before = read({"request": {"messages": [user()]}, "temperature": 12.50})[0]

    assert scrub_trace(before, SCRUBBER).trace is before


def test_names_of_spans_and_of_fields_that_people_chose_are_scrubbed() -> None:
    attributes = {
        "gen_ai.operation.name": "chat",
        "seen by bob@example.com": 1,
        "seen by Bob@example.com": 2,
        "inner": {"ann@example.com": {"role": "user"}},
        "gen_ai.input.messages": [{"role": "user", "parts": []}],
    }
    span = Span("1", "1", "", "mail bob@example.com", 3, 0, 0, 0, "", attributes, [], {}, "")

    scrub_span(span, SCRUBBER, Placeholders())

    assert span.name == "mail <EMAIL_1>"
    seen = {name: told for name, told in span.attributes.items() if name.startswith("seen by")}
    assert sorted(seen.values()) == [1, 2]
    assert not any("example.com" in name for name in seen)
    assert span.attributes["inner"] == {"<EMAIL_2>": {"role": "user"}}
    assert span.attributes["gen_ai.input.messages"] == [{"role": "user", "parts": []}]
    assert span.attributes["gen_ai.operation.name"] == "chat"


def test_names_of_a_records_own_fields_stay_and_those_of_metadata_do_not() -> None:
    found, body = scrub({**ROW, "notes": {"ann@example.com": "liked it"}})

    assert b"ann@" not in found.trace.body
    assert list(body["metadata"]["notes"].values()) == ["liked it"]
    assert next(iter(body["metadata"]["notes"])).startswith("<EMAIL_")
