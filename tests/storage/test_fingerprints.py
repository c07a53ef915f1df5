"""Two bodies are the same when the same is said, however it was written."""

from typing import Any

import msgspec
import pytest

from rft_app.domain.trace import ParsedTrace
from rft_app.storage.fingerprints import hash_conversation
from rft_app.storage.traces import group_key

CALL = {"id": "c1", "type": "function", "function": {"name": "find", "arguments": '{"bag": 7}'}}
TALK: list[dict[str, Any]] = [
    {"role": "user", "content": "Où est mon sac ?"},
    {"role": "assistant", "content": None, "tool_calls": [CALL]},
    {"role": "tool", "content": "Oslo", "tool_call_id": "c1", "name": "find"},
    {"role": "assistant", "content": "In Oslo."},
]
TOOL = {"type": "function", "function": {"name": "find", "parameters": {"type": "object"}}}


def turned(value: Any) -> Any:
    """The same, with the keys of every object the other way round."""
    if isinstance(value, dict):
        return {key: turned(value[key]) for key in reversed(value)}
    return [turned(each) for each in value] if isinstance(value, list) else value


def compact(value: Any) -> bytes:
    return msgspec.json.encode(value)


def fingerprint(**body: Any) -> int:
    return hash_conversation(compact(body))


@pytest.mark.parametrize("more", [{}, {"mood": {"sour": 1, "sweet": 2**70}}, {"refusal": None}])
@pytest.mark.parametrize("parts", [None, [{"type": "text", "text": "a"}]])
def test_space_and_the_order_of_keys_say_nothing(
    more: dict[str, Any], parts: list[dict[str, Any]] | None
) -> None:
    messages = [{"role": "user", "content": parts or "a", **more}, *TALK]
    body = {"messages": messages, "tools": [TOOL], "reference": "Oslo"}
    written = [compact(body), msgspec.json.format(compact(body)), compact(turned(body))]
    assert len(set(written)) == 3
    assert len(set(map(hash_conversation, written))) == 1


@pytest.mark.parametrize("index", range(len(TALK)))
@pytest.mark.parametrize("empty", [{"refusal": None}, {"tool_calls": []}, {"annotations": []}])
def test_fields_that_say_nothing_change_nothing(index: int, empty: dict[str, Any]) -> None:
    messages = [*TALK[:index], empty | TALK[index], *TALK[index + 1 :]]
    assert fingerprint(messages=messages) == fingerprint(messages=TALK)


def test_an_answer_of_calls_alone_needs_no_content() -> None:
    calls = {"role": "assistant", "tool_calls": [CALL]}
    assert fingerprint(messages=[TALK[0], calls]) == fingerprint(messages=TALK[:2])


@pytest.mark.parametrize(
    "other",
    [
        {"messages": [TALK[0] | {"mood": "sour"}, *TALK[1:]]},
        {"messages": [*TALK[:2], TALK[2] | {"name": "seek"}, TALK[3]]},
        {"messages": [*TALK[:2], TALK[2] | {"tool_call_id": "c2"}, TALK[3]]},
        {"messages": TALK[:3]},
        {"messages": TALK, "reference": "Oslo"},
        {"messages": TALK, "tools": [TOOL]},
        {"messages": [*TALK[:3], TALK[3] | {"content": "In Oslo. "}]},
    ],
)
def test_whatever_is_said_counts(other: dict[str, Any]) -> None:
    assert fingerprint(**other) != fingerprint(messages=TALK)


def test_rows_without_a_name_that_say_the_same_share_a_group() -> None:
    def key(body: bytes, external_id: str | None = None) -> int:
        return group_key(ParsedTrace(body, external_id, None, None, "", 4, 2, None, None))

    plain = {"messages": TALK}
    noted = msgspec.json.format(compact(turned(plain) | {"metadata": {"n": 1}}))
    assert key(noted) == key(compact(plain))
    assert key(noted, "run-7") != key(compact(plain))
