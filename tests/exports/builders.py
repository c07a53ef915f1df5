"""Records as stored bytes, with defaults."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from rft_app.domain.record import RecordBytes, SourceType
from rft_app.storage.bodies import split_array

FLIGHT_TOOL = {
    "type": "function",
    "function": {
        "name": "find_flight",
        "parameters": {"type": "object", "properties": {"to": {"type": "string"}}},
    },
}
CALL = {
    "role": "assistant",
    "content": None,
    "tool_calls": [
        {
            "id": "call_1",
            "type": "function",
            "function": {"name": "find_flight", "arguments": '{"to":"Oslo","via":null}'},
        }
    ],
}
SYSTEM = {"role": "system", "content": "You book trips."}
QUESTION = {"role": "user", "content": "A flight to Oslo, please."}
RESULT = {"role": "tool", "content": "SK 4711", "tool_call_id": "call_1", "name": "find_flight"}
ANSWER = {"role": "assistant", "content": "SK 4711 at 9:40."}

Message = Mapping[str, Any]


def make_record(
    given: Sequence[Message] = (QUESTION,),
    answer: Message | None = ANSWER,
    *,
    seq: int = 1,
    metadata: Mapping[str, Any] | None = None,
    tools: Sequence[Mapping[str, Any]] = (),
    **changes: Any,
) -> RecordBytes:
    """A record of one question and its answer."""
    values: dict[str, Any] = {
        "tool_choice": None,
        "parallel_tool_calls": None,
        "reference": None,
        "topic": None,
        "reward": None,
        "source_type": SourceType.UPLOAD,
        "trace_id": None,
        "tools_inferred": False,
    }
    return RecordBytes(
        seq=seq,
        messages=orjson.dumps([*given, *([] if answer is None else [answer])]),
        turn=len(given),
        split=split_array,
        tools=orjson.dumps(tools) if tools else None,
        metadata=None if metadata is None else orjson.dumps(metadata),
        **(values | changes),
    )


def make_variety() -> list[RecordBytes]:
    """One record of every kind that a format has to think about."""
    parts = [{"type": "text", "text": "A flight"}, {"type": "text", "text": "to Oslo."}]
    image = [{"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}]
    sound = [{"type": "input_audio", "input_audio": {"data": "", "format": "wav"}}]
    return [
        make_record(reference="SK 4711"),
        make_record([SYSTEM, QUESTION], seq=2, topic="Flights/Search", reward=0.5, reference="1"),
        make_record(
            [SYSTEM, QUESTION, CALL, RESULT],
            seq=3,
            tools=[FLIGHT_TOOL],
            parallel_tool_calls=b"false",
            trace_id="trace-3",
            reference="x",
            metadata={
                "trial": 2,
                "prompt": "taken",
                "item": "taken",
                "trace_id": "trace-3",
                "reward": 0.25,
            },
        ),
        make_record(
            answer=CALL,
            seq=4,
            tools=[FLIGHT_TOOL],
            tools_inferred=True,
            parallel_tool_calls=b"true",
        ),
        make_record(
            [{"role": "developer", "content": "Short."}, {"role": "user", "content": parts}],
            {**ANSWER, "refusal": None, "annotations": []},
            seq=5,
            reference="18",
            metadata={"reference_answer": 18, "ünï": {"a": [1, None]}},
        ),
        make_record(
            [{"role": "user", "content": 'a\u2028b "c" \\ 🛫\n'}], seq=6, reference='"quoted"\u2029'
        ),
        make_record([{"role": "user", "content": image}], seq=7, reference="1"),
        make_record([{"role": "user", "content": sound}], seq=8, reference="1"),
        make_record(answer=None, seq=9, reference="4"),
        make_record([QUESTION, ANSWER], seq=10, reference="4"),
        make_record([QUESTION, {**CALL, "content": ""}, RESULT], seq=11, tools=[FLIGHT_TOOL]),
        make_record(parallel_tool_calls=b"true", seq=12),
    ]
