"""Rows broken on purpose, at least one for every reason code."""

from random import Random

import orjson

from rft_app.services.demo.talk import Json

_LONG_TEXT = "Attached is the whole itinerary again, as the printer made it. " * 9_000


def broken_lines(rng: Random, rows: list[Json]) -> list[bytes]:
    """Sixteen bad lines made of sixteen good rows."""
    breakers = (
        *(_no_messages, _no_messages, _bad_role, _bad_role, _no_user_turn, _no_user_turn),
        *(_empty_content, _empty_content, _empty_content, _bad_arguments, _bad_arguments),
        *(_result_without_call, _result_without_call, _too_long),
    )
    lines = [orjson.dumps(breaks(row)) for breaks, row in zip(breakers, rows, strict=False)]
    cut = orjson.dumps(rows[-2])
    lines.append(cut[: rng.randrange(400, 900)])
    lines.append(orjson.dumps({"event": "heartbeat", "agent": "wayfinch", "open_chats": 12}))
    return lines


def _no_messages(row: Json) -> Json:
    return {**row, "messages": []}


def _bad_role(row: Json) -> Json:
    first, second, *rest = row["messages"]
    return {**row, "messages": [first, {**second, "role": "customer"}, *rest]}


def _no_user_turn(row: Json) -> Json:
    return {**row, "messages": [m for m in row["messages"] if m["role"] != "user"]}


def _empty_content(row: Json) -> Json:
    *before, last = row["messages"]
    return {**row, "messages": [*before, {**last, "content": ""}]}


def _bad_arguments(row: Json) -> Json:
    text = orjson.dumps(row["messages"]).decode()
    head, arguments, tail = text.partition('"arguments":"{')
    return {**row, "messages": orjson.loads(head + arguments + tail.replace('}"', '"', 1))}


def _result_without_call(row: Json) -> Json:
    messages = [message for message in row["messages"] if not message.get("tool_calls")]
    stray = {"role": "tool", "tool_call_id": "call_lost", "content": '{"ok":true}'}
    return {**row, "messages": [*messages[:2], stray, *messages[2:]]}


def _too_long(row: Json) -> Json:
    first, second, *rest = row["messages"]
    return {**row, "messages": [first, {**second, "content": _LONG_TEXT}, *rest]}
