"""Rows of a dataset that has everything at once: tools, pairs, rewards, references, odd text."""

from collections.abc import Iterator
from typing import Any

NUM_TRIPS = 60
"""Times each kind of row: services want ten rows at least, on the test side as well."""
_CITIES = ("Oslo", "Rome", "Lima", "Cairo", "Quito", "Turin", "Paris", "Delhi", "Osaka", "Bern")
_TOOL = {
    "type": "function",
    "function": {
        "name": "find_flight",
        "description": "Find a flight.",
        "parameters": {
            "type": "object",
            "properties": {"to": {"type": "string"}, "via": {"type": "string"}},
            "required": ["to"],
        },
    },
}


def _call(key: str, to: str) -> dict[str, Any]:
    arguments = f'{{"to":"{to}","via":null}}'
    return {
        "id": key,
        "type": "function",
        "function": {"name": "find_flight", "arguments": arguments},
    }


def _say(role: str, content: Any, **more: Any) -> dict[str, Any]:
    return {"role": role, "content": content, **more}


def make_rows() -> Iterator[dict[str, Any]]:
    """Rows as an import takes them."""
    for number in range(NUM_TRIPS):
        city = f"{_CITIES[number % len(_CITIES)]} {number}"
        yield from _make_rows(city, number)


def _make_rows(city: str, number: int) -> Iterator[dict[str, Any]]:
    ask, answer = _say("user", f"A flight to {city}?"), _say("assistant", f"SK {number} at 9:40.")
    brief, found = _say("system", "You book trips."), f"SK {number}\u2028\U0001f6eb"
    known = {"reference": f"SK {number}", "reward": number % 3 / 2}
    yield {"messages": [brief, ask, answer], **known, "note": {"seat": None, "row": number}}
    yield {
        "messages": [
            *(_say("developer", "Short."), _say("user", [{"type": "text", "text": city}])),
            {"role": "assistant", "content": None, "tool_calls": [_call("c1", city)]},
            _say("tool", found, tool_call_id="c1", name="find_flight"),
            answer,
        ],
        "tools": [_TOOL],
        **known,
    }
    yield {
        "messages": [
            *(brief, _say("user", f'From "{city}" \\ and back\n')),
            {"role": "assistant", "content": "", "tool_calls": [_call("c1", city)]},
            *(_say("tool", "", tool_call_id="c1"), answer, _say("user", f"And {number} days on?")),
            {"role": "assistant", "content": None, "tool_calls": [_call("c2", "Bonn")]},
        ],
        "tools": [_TOOL],
        "parallel_tool_calls": False,
        **known,
    }
    yield {
        "messages": [
            *(brief, _say("user", f"{city} and Bonn, both")),
            {"role": "assistant", "tool_calls": [_call("c1", city), _call("c2", "Bonn")]},
            *(_say("tool", "7", tool_call_id="c1"), _say("tool", "8", tool_call_id="c2")),
            answer,
        ],
        "tools": [_TOOL],
        "reward": number % 2,
    }
    yield {
        "input": {"messages": [brief, _say("user", f"Which is nicer, {city} or Bonn?")]},
        "preferred_output": [_say("assistant", f"{city} by far.")],
        "non_preferred_output": [_say("assistant", "Bonn.")],
    }
