"""Any other row, read by a mapping such as `input=question,reference=answer`.

Targets: `input` and `output` (text or messages) or `messages`; `reference`, `reward`, `id`,
`group`, `tools`, `model`.  Sources are field names; `a.b` reaches into objects, `a.0` into lists.
A mapping of the latter targets alone, such as `group=task`, adds to a shape that is known.
"""

from collections.abc import Mapping

import msgspec

from rft_app.errors import InvalidInputError
from rft_app.traces import describe_unknown, detect_shape
from rft_app.traces.chat import chat_of, parse_chat
from rft_app.traces.draft import Draft, clean, find_reward_fault, open_ended, read_reward
from rft_app.traces.line import Row, WrongShapeError, as_text, is_null, starts_with
from rft_app.traces.shape import TraceShape

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
    """Check that a mapping makes sense.

    Raises:
        InvalidInputError: A target is unknown, the question is mapped twice, or an answer is
            mapped without its question.
    """
    for target, source in mapping.items():
        if target not in TARGETS or not source:
            known = ", ".join(TARGETS)
            raise InvalidInputError(f"Cannot map {target}={source}. Targets are: {known}.")
    if {"input", "messages"} <= mapping.keys():
        raise InvalidInputError("Map only one of `input` and `messages`, e.g. input=question.")
    if "output" in mapping and not has_question(mapping):
        raise InvalidInputError("Map the question of `output`, too, e.g. input=question.")


def has_question(mapping: Mapping[str, str]) -> bool:
    """Whether a mapping says where the question is, so that it needs no known shape."""
    return not mapping.keys().isdisjoint(("input", "messages"))


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
        columns = find_columns(row, self.mapping)
        draft = self._draft_chat(row)
        take_columns(draft, columns)
        for target in _MOVED:
            if target in self.mapping:
                draft.rest.pop(self.mapping[target], None)
        return draft

    def _draft_chat(self, row: Row) -> Draft:
        if (messages := self._find(row, "messages")) is not None:
            return Draft(parse_chat(messages, self.mapping["messages"]), row)
        given = ("user", self._find(row, "input"))
        chat = chat_of(given, ("assistant", self._find(row, "output")))
        return Draft(chat, row, len(chat_of(given).messages))

    def _find(self, row: Row, target: str) -> msgspec.Raw | None:
        source = self.mapping.get(target)
        return None if source is None else _find(row, source)


class Extended:
    """Rows of a known shape, some of whose columns a user named."""

    name = "extended"
    label = "A known shape with mapped columns"

    def __init__(self, mapping: Mapping[str, str], shape: TraceShape | None) -> None:
        require_mapping(mapping)
        self.mapping = dict(mapping)
        self._shape = shape
        """`None` finds each row's own."""

    def matches(self, row: Row) -> bool:
        """Whether the shape beneath does."""
        shape = self._shape or detect_shape(row)
        return shape is not None and shape.matches(row)

    def draft(self, row: Row) -> Draft:
        """What the shape understands; a mapped column that a row has not changes nothing."""
        shape = self._shape or detect_shape(row)
        if shape is None:
            raise WrongShapeError(f"{describe_unknown(row)} `input` or `messages` is needed.")
        columns = find_columns(row, self.mapping)
        draft = shape.draft(row)
        draft.shape = shape.name
        take_columns(draft, columns)
        return draft


def find_columns(row: Row, mapping: Mapping[str, str]) -> dict[str, msgspec.Raw]:
    """The values of the mapped columns; without those that are missing or null."""
    found = ((target, _find(row, source)) for target, source in mapping.items())
    return {target: raw for target, raw in found if raw is not None}


def take_columns(draft: Draft, columns: Mapping[str, msgspec.Raw]) -> None:
    """Put the values of mapped columns where they belong."""
    draft.external_id = _label(columns.get("id")) or draft.external_id
    draft.group = _label(columns.get("group")) or draft.group
    draft.model = _label(columns.get("model")) or draft.model
    if "reward" in columns:
        draft.reward = read_reward(columns["reward"])
        draft.reward_fault = find_reward_fault(columns["reward"])
    if starts_with(columns.get("tools"), b"["):
        draft.body["tools"] = columns["tools"]
    if "reference" in columns:
        _take_reference(draft, columns["reference"])


def _take_reference(draft: Draft, raw: msgspec.Raw) -> None:
    draft.reference = as_text(raw)
    if draft.num_prompt_messages is None and open_ended(draft):
        draft.num_prompt_messages = len(draft.chat.messages)


def _find(row: Row, source: str) -> msgspec.Raw | None:
    """The value of a column; `None` where it is missing or null."""
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
