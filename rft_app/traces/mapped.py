"""Any other row, read by a mapping such as `input=question,reference=answer`.

Targets: `input` and `output` (text or messages) or `messages`; `reference`, `reward`, `id`,
`group`, `tools`, `model`.  Sources are field names; `a.b` reaches into objects, `a.0` into lists.
"""

from collections.abc import Mapping

import msgspec

from rft_app.errors import InvalidInputError
from rft_app.traces.chat import chat_of, parse_chat
from rft_app.traces.draft import Draft, clean, find_number, open_ended, read_reward
from rft_app.traces.line import Row, WrongShapeError, as_text, is_null, starts_with

TARGETS = ("input", "output", "messages", "reference", "reward", "id", "group", "tools", "model")

_MOVED = ("input", "output", "messages", "tools")
"""Targets whose column is used up; the others stay metadata, too."""


def parse_mapping(text: str) -> dict[str, str]:
    """Read `input=question,reference=answer`.

    Raises:
        InvalidInputError: A part is not `target=column`, or `require_mapping` refuses it.

    Example:
        >>> parse_mapping("input=question, reference=meta.answer")
        {'input': 'question', 'reference': 'meta.answer'}
    """
    mapping: dict[str, str] = {}
    for part in text.split(","):
        target, equals, source = (piece.strip() for piece in part.partition("="))
        if not (target and equals and source):
            raise InvalidInputError(f"{part.strip()!r} is not of the form target=column.")
        mapping[target] = source
    require_mapping(mapping)
    return mapping


def require_mapping(mapping: Mapping[str, str]) -> None:
    """Check that a mapping says where the question is.

    Raises:
        InvalidInputError: A target is unknown, or neither `input` nor `messages` is mapped.
    """
    for target, source in mapping.items():
        if target not in TARGETS or not source:
            known = ", ".join(TARGETS)
            raise InvalidInputError(f"Cannot map {target}={source}. Targets are: {known}.")
    if ("input" in mapping) == ("messages" in mapping):
        raise InvalidInputError("Map exactly one of `input` and `messages`, e.g. input=question.")


class Mapped:
    """Rows of one user's own shape."""

    name = "mapped"
    label = "Mapped columns"

    def __init__(self, mapping: Mapping[str, str]) -> None:
        require_mapping(mapping)
        self.mapping = dict(mapping)

    def matches(self, row: Row) -> bool:
        """Whether the question is there."""
        return self._find(row, "input") is not None or self._find(row, "messages") is not None

    def draft(self, row: Row) -> Draft:
        """Build the conversation of the mapped columns."""
        if not self.matches(row):
            source = self.mapping.get("input") or self.mapping.get("messages")
            raise WrongShapeError(f"The mapped column `{source}` is missing or null.")
        draft = self._draft_chat(row)
        self._take_columns(draft, row)
        for target in _MOVED:
            if target in self.mapping:
                draft.rest.pop(self.mapping[target], None)
        return draft

    def _draft_chat(self, row: Row) -> Draft:
        reference = as_text(self._find(row, "reference"))
        if (messages := self._find(row, "messages")) is not None:
            draft = Draft(parse_chat(messages, self.mapping["messages"]), row, reference=reference)
            if reference is not None and open_ended(draft):
                draft.num_prompt_messages = len(draft.chat.messages)
            return draft
        given = ("user", self._find(row, "input"))
        chat = chat_of(given, ("assistant", self._find(row, "output")))
        return Draft(chat, row, len(chat_of(given).messages), reference)

    def _take_columns(self, draft: Draft, row: Row) -> None:
        draft.external_id = _label(self._find(row, "id"))
        draft.group = _label(self._find(row, "group"))
        draft.model = _label(self._find(row, "model"))
        if (reward := self._find(row, "reward")) is not None:
            draft.reward = read_reward(reward)
            draft.has_bad_reward = find_number(reward) is not None
        tools = self._find(row, "tools")
        if starts_with(tools, b"["):
            draft.body["tools"] = bytes(tools or b"")

    def _find(self, row: Row, target: str) -> msgspec.Raw | None:
        """The value of a target's column; `None` where it is not mapped, missing or null."""
        source = self.mapping.get(target)
        if source is None:
            return None
        raw = row.get(source)
        if raw is None and "." in source:
            raw = _reach(row, source.split("."))
        return None if is_null(raw) else raw


def _label(raw: msgspec.Raw | None) -> str | None:
    text = as_text(raw)
    return clean(text) if text else None


def _reach(row: Row, path: list[str]) -> msgspec.Raw | None:
    raw = row.get(path[0])
    for name in path[1:]:
        if raw is not None and starts_with(raw, b"{"):
            raw = msgspec.json.decode(raw, type=Row).get(name)
        elif raw is not None and starts_with(raw, b"[") and name.isdecimal():
            elements = msgspec.json.decode(raw, type=list[msgspec.Raw])
            raw = elements[int(name)] if int(name) < len(elements) else None
        else:
            return None
    return raw
