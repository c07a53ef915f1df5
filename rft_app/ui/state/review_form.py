"""The text of a generated record in fields, so that a person can mend it before accepting."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from rft_app.domain.candidate import GeneratedDraft
from rft_app.domain.message import Message
from rft_app.errors import InvalidInputError

REFERENCE = "reference"


@dataclass(frozen=True)
class TextField:
    """One text of the record."""

    key: str
    """`2` for the text of the third turn, `2.0` for its first tool call, or `reference`."""
    label: str
    text: str
    is_code: bool = False


def read_fields(draft: GeneratedDraft) -> list[TextField]:
    """Every text that can be edited, in the order of the conversation.

    Example:
        >>> draft = GeneratedDraft(input=(Message(role="user", content="Hi"),), reference="Yo")
        >>> [(field.key, field.label, field.text) for field in read_fields(draft)]
        [('0', 'User', 'Hi'), ('reference', 'Reference', 'Yo')]
    """
    fields: list[TextField] = []
    for at, message in enumerate(draft.messages):
        fields += _read_message(at, message)
    return [*fields, _field(REFERENCE, "Reference", draft.reference or "")]


def _read_message(at: int, message: Message) -> list[TextField]:
    calls = message.tool_calls or ()
    label = message.role.capitalize()
    found = []
    if isinstance(message.content, str) or (message.content is None and not calls):
        found.append(_field(str(at), label, message.text))
    for place, call in enumerate(calls):
        name = f"{label} calls {call.function.name}"
        found.append(_field(f"{at}.{place}", name, call.function.arguments, is_code=True))
    return found


def _field(key: str, label: str, text: str, *, is_code: bool = False) -> TextField:
    return TextField(key, label, text, is_code)


def write_fields(draft: GeneratedDraft, fields: Sequence[TextField]) -> GeneratedDraft:
    """The draft with the texts of the fields.

    Raises:
        InvalidInputError: The arguments of a tool call are no JSON object; the message names it.

    Example:
        >>> draft = GeneratedDraft(input=(Message(role="user", content="Hi"),))
        >>> write_fields(draft, [TextField("0", "User", "Hello")]).input[0].content
        'Hello'
    """
    texts = {field.key: field.text for field in fields}
    for field in fields:
        if field.is_code:
            _require_object(field)
    messages = [_write(at, message, texts) for at, message in enumerate(draft.messages)]
    turn = len(draft.input)
    return draft.model_copy(
        update={
            "input": tuple(messages[:turn]),
            "output": tuple(messages[turn:]),
            "reference": texts.get(REFERENCE, draft.reference or "") or None,
        }
    )


def _write(at: int, message: Message, texts: dict[str, str]) -> Message:
    changes: dict[str, object] = {}
    if (text := texts.get(str(at), message.text)) != message.text:
        changes["content"] = text
    if message.tool_calls:
        changes["tool_calls"] = tuple(
            call.model_copy(
                update={
                    "function": call.function.model_copy(
                        update={"arguments": texts.get(f"{at}.{n}", call.function.arguments)}
                    )
                }
            )
            for n, call in enumerate(message.tool_calls)
        )
    return message.model_copy(update=changes)


def _require_object(field: TextField) -> None:
    try:
        msgspec.json.decode(field.text, type=dict[str, object])
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidInputError(
            f"{field.label}: the arguments must be a JSON object. {error}."
        ) from error
