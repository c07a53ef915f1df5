"""Messages of any provider or instrumentation as chat messages of the OpenAI Chat Completions API.

Four vocabularies meet here, and their words hardly collide, so that one reader takes them all,
even mixed: content parts of Chat Completions, blocks of Anthropic's Messages API, items of OpenAI's
Responses API, and the parts of OpenTelemetry's GenAI conventions.  What is a chat message already
stays as it is, with every key; parts of unknown types stay, too.
"""

from typing import Any

from rft_app.domain.message import ROLES
from rft_app.traces.line import WrongShapeError
from rft_app.traces.otlp.parts import Json, as_part, is_list, is_object, read_call, read_result

_CHAT_PARTS = {
    "text": "text",
    "image_url": "image_url",
    "input_audio": "input_audio",
    "file": "file",
    "refusal": "refusal",
}
"""Types of content parts, and the key that each has."""
_CALLS = frozenset({"tool_call", "tool_use", "function_call", "custom_tool_call"})
_RESULTS = frozenset(
    {"tool_call_response", "tool_result", "function_call_output", "custom_tool_call_output"}
)
_THOUGHTS = frozenset({"reasoning", "thinking", "redacted_thinking"})
_OPAQUE = ("signature", "encrypted_content", "data")
"""What makes a thought more than its text: a provider wants it back as it was."""
_ROLES = {"human": "user", "ai": "assistant", "model": "assistant", "function": "tool"}
_PLAIN = frozenset({"role", "parts", "name", "finish_reason"})
_READ = frozenset(
    {"role", "content", "parts", "tool_calls", "type", "id", "status", "finish_reason"}
)


def read_messages(value: object, role: str = "user") -> list[Json]:
    """Everything that was said, in order.

    Args:
        value: A text, one message, or a list of messages, items, parts or texts; nothing gives
            nothing.
        role: Who says what names nobody.

    Raises:
        WrongShapeError: It is nothing of that.
    """
    turns = _Turns(role)
    for item in value if is_list(value) else [] if value is None else [value]:
        turns.add(item)
    return turns.finish()


class _Turns:
    """Chat messages in the making."""

    def __init__(self, role: str) -> None:
        self._messages: list[Json] = []
        self._built: set[int] = set()
        """Places of the messages that were put together of parts."""
        self._default_role = role
        self._role = role
        self._open: Json | None = None
        """The message that the next part of the same speaker belongs to."""

    def add(self, item: object) -> None:
        """Take a message, an item or a part."""
        if isinstance(item, str):
            item = {"role": self._default_role, "content": item}
        if not is_object(item):
            raise WrongShapeError("A message is neither an object nor a text.")
        if not item.get("role"):
            is_own = item.get("type") in _CALLS or item.get("type") in _THOUGHTS
            self._speak("assistant" if is_own else self._default_role)
            self._add_part(item)
        elif _is_chat(item):
            self._role, self._open = item["role"], dict(item)
            self._messages.append(self._open)
        elif (text := _plain_text(item)) is not None:
            self._role = _ROLES.get(str(item["role"]), str(item["role"]))
            self._open = {"role": self._role, "content": text}
            self._messages.append(self._open)
        else:
            self._add_message(item)

    def finish(self) -> list[Json]:
        """The messages; content of one text alone is a text."""
        for place in self._built:
            self._messages[place]["content"] = _close(self._messages[place])
        return self._messages

    def _speak(self, role: str) -> None:
        if role != self._role:
            self._role, self._open = role, None

    def _add_message(self, item: Json) -> None:
        self._speak(_ROLES.get(str(item["role"]), str(item["role"])))
        if item.get("type") != "message" or not _awaits_content(self._open):
            self._open = None
        num_before = len(self._messages)
        for part in _parts_of(item):
            self._add_part(part)
        for call in item.get("tool_calls") or ():
            _add_call(self._turn(), call)
        if len(self._messages) == num_before and self._open is None:
            self._turn()
        said = {key: value for key, value in item.items() if key not in _READ and value is not None}
        if said:
            self._messages[-1].update(said)

    def _turn(self) -> Json:
        """The message that the speaker goes on with."""
        if self._open is None:
            self._open = {"role": self._role, "content": []}
            self._built.add(len(self._messages))
            self._messages.append(self._open)
        return self._open

    def _add_part(self, part: object) -> None:
        if isinstance(part, str):
            part = {"type": "text", "text": part}
        if not is_object(part):
            raise WrongShapeError("A part of a message is neither an object nor a text.")
        kind = part.get("type")
        if kind in _CALLS:
            _add_call(self._turn(), part)
        elif kind in _RESULTS:
            self._messages.append(read_result(part))
            self._open = None
        elif kind in _THOUGHTS:
            _add_thought(self._turn(), part)
        else:
            _add_content(self._turn(), as_part(part))


def _add_call(turn: Json, call: object) -> None:
    turn["tool_calls"] = [*(turn.get("tool_calls") or ()), read_call(call)]


def _add_content(turn: Json, part: Json) -> None:
    content = turn.get("content")
    if not is_list(content):
        content = [] if content is None else [{"type": "text", "text": content}]
    turn["content"] = [*content, part]


def _add_thought(turn: Json, part: Json) -> None:
    text = _thought_text(part)
    if text:
        turn["reasoning_content"] = turn.get("reasoning_content", "") + text
    if any(part.get(name) for name in _OPAQUE):
        turn["reasoning_details"] = [*turn.get("reasoning_details", ()), part]


def _thought_text(part: Json) -> str:
    for name in ("content", "thinking", "text", "summary"):
        value = part.get(name)
        if isinstance(value, str) and value:
            return value
        if is_list(value) and value:
            return "\n".join(str(each.get("text", "")) for each in value if is_object(each))
    return ""


def _parts_of(item: Json) -> list[Any]:
    parts = item["parts"] if "parts" in item else item.get("content")
    if parts is None:
        return []
    return parts if is_list(parts) else [parts]


def _plain_text(item: Json) -> str | None:
    """The text of a message of the GenAI conventions that says nothing else: most of them."""
    parts = item.get("parts")
    if not is_list(parts) or len(parts) != 1 or not item.keys() <= _PLAIN:
        return None
    part = parts[0]
    is_plain = is_object(part) and len(part) == 2 and part.get("type") == "text"
    text = part.get("content") if is_plain and item.get("name") is None else None
    return text if isinstance(text, str) else None


def _awaits_content(turn: Json | None) -> bool:
    """Whether a turn holds only thoughts so far."""
    return turn is not None and not turn["content"] and not turn.get("tool_calls")


def _close(message: Json) -> object:
    content: list[Any] = message["content"]
    texts = [part for part in content if is_object(part) and part.keys() == {"type", "text"}]
    if message.get("tool_calls") and texts == content and not any(t["text"] for t in texts):
        return None
    if not content:
        return ""
    return texts[0]["text"] if len(content) == len(texts) == 1 else content


def _is_chat(item: Json) -> bool:
    """Whether it is a chat message as it stands."""
    if item["role"] not in ROLES or "parts" in item or item.get("type"):
        return False
    content = item.get("content")
    is_plain = content is None or isinstance(content, str)
    if not is_plain and not (is_list(content) and all(map(_is_chat_part, content))):
        return False
    if item["role"] == "tool" and not item.get("tool_call_id"):
        return False
    return all(map(_is_chat_call, item.get("tool_calls") or ()))


def _is_chat_call(call: object) -> bool:
    return is_object(call) and call.get("type") == "function" and is_object(call.get("function"))


def _is_chat_part(part: object) -> bool:
    return is_object(part) and _CHAT_PARTS.get(str(part.get("type")), "") in part
