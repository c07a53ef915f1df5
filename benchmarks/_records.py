"""Synthetic chat records of about 1.5 kB, the same for the same seed."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

VOCABULARY = (
    *("account", "address", "agree", "airport", "amount", "answer", "arrive", "because"),
    *("before", "booking", "bring", "café", "change", "charge", "check", "cloud"),
    *("confirm", "country", "create", "date", "delay", "deliver", "detail", "email"),
    *("error", "every", "fare", "flight", "friend", "gateway", "hotel", "however"),
    *("invoice", "kilometre", "label", "letter", "limit", "little", "market", "message"),
    *("minute", "model", "naïve", "needle", "number", "offer", "often", "order"),
    *("payment", "people", "please", "policy", "question", "reason", "receipt", "refund"),
    *("repeat", "report", "request", "result", "review", "sample", "schedule", "search"),
    *("second", "señor", "service", "several", "shipment", "simple", "small", "status"),
    *("station", "street", "summary", "support", "system", "table", "ticket", "today"),
    *("token", "travel", "update", "value", "water", "weather", "without", "world"),
    *("zürich"),
)
TOOLS = ("find_order", "get_weather", "issue_refund", "run_query")


def make_record(rng: random.Random, number: int) -> dict[str, Any]:
    """A conversation of three to five questions; every fourth calls a tool."""
    uses_tool = rng.random() < 0.25
    messages: list[dict[str, Any]] = [{"role": "system", "content": _words(rng, 15)}]
    for turn in range(rng.randint(3, 5)):
        messages.append({"role": "user", "content": _words(rng, rng.randint(6, 14))})
        if uses_tool and turn == 0:
            messages += _tool_turns(rng, f"call_{number}")
        messages.append({"role": "assistant", "content": _words(rng, rng.randint(10, 24))})
    record = {
        "id": f"rec-{number:07}",
        "model": rng.choice(("small", "medium", "large")),
        "created": 1_760_000_000 + number,
        "messages": messages,
        "usage": {"prompt_tokens": rng.randint(50, 900), "completion_tokens": rng.randint(20, 400)},
        "metadata": {"user": f"u{rng.randint(1, 5000)}", "source": rng.choice(("api", "chat"))},
    }
    if uses_tool:
        record["tools"] = [_tool(name) for name in TOOLS[: rng.randint(1, 4)]]
    return record


def write_records(path: Path, count: int, seed: int = 1) -> None:
    """Write `count` records as JSON lines."""
    with path.open("wb") as file:
        for line in _lines(count, seed):
            file.write(line + b"\n")


def _lines(count: int, seed: int) -> Iterator[bytes]:
    rng = random.Random(seed)
    for number in range(count):
        yield orjson.dumps(make_record(rng, number))


def _words(rng: random.Random, count: int) -> str:
    return " ".join(rng.choices(VOCABULARY, k=count)).capitalize() + "."


def _tool_turns(rng: random.Random, call_id: str) -> list[dict[str, Any]]:
    arguments = orjson.dumps({"text": _words(rng, 3), "limit": rng.randint(1, 9)}).decode()
    function = {"name": rng.choice(TOOLS), "arguments": arguments}
    call = {"id": call_id, "type": "function", "function": function}
    return [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": call_id, "content": _words(rng, 12)},
    ]


def _tool(name: str) -> dict[str, Any]:
    properties = {"text": {"type": "string"}, "limit": {"type": "integer"}}
    parameters = {"type": "object", "properties": properties, "required": list(properties)}
    return {"type": "function", "function": {"name": name, "parameters": parameters}}
