"""The events of a streamed answer of OpenAI's Responses API, put together to its body."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from rft_app.traces.otlp.parts import Json, is_list, is_object

_ENDS: Final = frozenset({"response.completed", "response.incomplete", "response.failed"})
_ITEM_TEXTS: Final = {
    "response.function_call_arguments.delta": ("function_call", "arguments"),
    "response.mcp_call_arguments.delta": ("mcp_call", "arguments"),
    "response.custom_tool_call_input.delta": ("custom_tool_call", "input"),
    "response.code_interpreter_call_code.delta": ("code_interpreter_call", "code"),
}
"""Events that add to a text of an item: the item's type and the text's name."""


class _PartText(NamedTuple):
    """Where an event's text belongs."""

    item: str
    parts: str
    """The item's list."""
    place: str
    """The event's name of the place in that list."""
    part: str
    text: str


_PART_TEXTS: Final = {
    "response.output_text.delta": _PartText(
        "message", "content", "content_index", "output_text", "text"
    ),
    "response.refusal.delta": _PartText(
        "message", "content", "content_index", "refusal", "refusal"
    ),
    "response.reasoning_text.delta": _PartText(
        "reasoning", "content", "content_index", "reasoning_text", "text"
    ),
    "response.reasoning_summary_text.delta": _PartText(
        "reasoning", "summary", "summary_index", "summary_text", "text"
    ),
}


def assemble_response(events: Sequence[Json]) -> Json:
    """The last event holds the whole body; without it, what was said until then counts."""
    body: Json = {}
    output = _Output()
    for event in events:
        kind, response = str(event.get("type")), event.get("response")
        if is_object(response) and (kind in _ENDS or not body):
            body = dict(response)
        if kind in _ENDS:
            break
        output.take(event)
    return body if body.get("output") else {**body, "output": output.items}


class _Output:
    """Items, as far as they were said."""

    def __init__(self) -> None:
        self._items: dict[int, Json] = {}
        self._num_done = 0

    @property
    def items(self) -> list[Json]:
        """In the order of their places."""
        return [self._items[place] for place in sorted(self._items)]

    def take(self, event: Json) -> None:
        """Go on with what an event says, if it says something."""
        kind, item = str(event.get("type")), event.get("item")
        place = _index(event, "output_index", self._num_done)
        if kind == "response.output_item.added" and is_object(item):
            self._items[place] = dict(item)
        elif kind == "response.output_item.done" and is_object(item):
            self._items[place] = dict(item)
            self._num_done += 1
        elif kind in _ITEM_TEXTS:
            name, text = _ITEM_TEXTS[kind]
            _add_text(self._items.setdefault(place, {"type": name}), text, event)
        elif kind in _PART_TEXTS:
            name = _PART_TEXTS[kind].item
            _add_to_part(self._items.setdefault(place, {"type": name}), _PART_TEXTS[kind], event)


def _add_to_part(item: Json, where: _PartText, event: Json) -> None:
    if where.item == "message":
        item.setdefault("role", "assistant")
    known = item.get(where.parts)
    parts: list[Any] = known if is_list(known) else []
    item[where.parts] = parts
    place = min(_index(event, where.place, 0), len(parts))
    if place == len(parts):
        parts.append({"type": where.part})
    elif not is_object(parts[place]):
        parts[place] = {"type": where.part}
    _add_text(parts[place], where.text, event)


def _add_text(into: Json, name: str, event: Json) -> None:
    known, more = into.get(name), event.get("delta")
    into[name] = (known if isinstance(known, str) else "") + (more if isinstance(more, str) else "")


def _index(event: Json, name: str, default: int) -> int:
    index = event.get(name)
    return index if isinstance(index, int) and index >= 0 else default
