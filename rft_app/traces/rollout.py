"""Answers to records that are there already, one or several a row.

{"question": "…", "output": "…", "reward": 1, "model": "m"}
{"record_id": "…", "rollouts": [{"text": "…", "score": 0.5}, "…"]}
{"question": "…", "model a": {"solution": "…", "is_correct": true}, "model b": {…}}
"""

from dataclasses import dataclass

import msgspec

from rft_app.domain.message import text_of
from rft_app.domain.validity import Reason
from rft_app.traces.chat import Chat, LightMessage, chat_of, parse_chat
from rft_app.traces.draft import ID_FIELDS, clean, read_reward
from rft_app.traces.line import (
    LineFault,
    Row,
    WrongShapeError,
    as_text,
    decode_row,
    is_null,
    join_arrays,
    require_plain,
    starts_with,
)

LIST_FIELDS = ("rollouts", "completions", "outputs", "responses", "answers")
ANSWER_FIELDS = ("output", "completion", "solution", "response", "answer", "text")
REWARD_FIELDS = ("reward", "score", "is_correct")


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer."""

    messages: bytes
    """JSON array."""
    model: str | None
    reward: float | None
    has_bad_reward: bool
    """Whether a reward is there but is no number in [0, 1]."""


@dataclass(frozen=True, slots=True)
class AnsweredRow:
    """What a row says: which record, and its answers."""

    ids: tuple[str, ...]
    """Our record id or the source's own, the likeliest first."""
    question: str | None
    """Text of the last user message."""
    answers: tuple[Answer, ...]


def parse_rollouts(line: bytes) -> AnsweredRow | LineFault:
    """Read one row of answers."""
    row = decode_row(line)
    if isinstance(row, LineFault):
        return row
    try:
        require_plain(line)
        answers = tuple(_read_answers(row))
        if not answers:
            known = ", ".join((*ANSWER_FIELDS, *LIST_FIELDS))
            return LineFault(Reason.WRONG_SHAPE, f"No answer is there. It goes by one of: {known}.")
        return AnsweredRow(_read_ids(row), _read_question(row), answers)
    except WrongShapeError as error:
        return LineFault(Reason.WRONG_SHAPE, str(error))
    except msgspec.DecodeError as error:
        return LineFault(Reason.WRONG_SHAPE, f"A field has an unexpected value: {error}.")


def _read_ids(row: Row) -> tuple[str, ...]:
    texts = (as_text(row.get(name)) for name in ID_FIELDS)
    return tuple(clean(text) for text in texts if text)


def _read_question(row: Row) -> str | None:
    for name in ("question", "prompt", "messages"):
        raw = row.get(name)
        if raw is None or is_null(raw):
            continue
        messages = chat_of(("user", raw)).messages
        users = [text_of(message.content) for message in messages if message.role == "user"]
        if users:
            return users[-1]
    return None


def _read_answers(row: Row) -> list[Answer]:
    """The answers of a row, by the most telling fields it has."""
    for name in LIST_FIELDS:
        if starts_with(row.get(name), b"["):
            elements = msgspec.json.decode(row[name], type=list[msgspec.Raw])
            return [_of_element(raw, row) for raw in elements]
    named = [(name, fields) for name, raw in row.items() if (fields := _graded_object(raw))]
    if named:
        answers = (_of_fields(fields, row, clean(name)) for name, fields in named)
    else:
        answers = iter([_of_fields(row, row, None)])
    return [answer for answer in answers if answer is not None]


def _graded_object(raw: msgspec.Raw) -> Row | None:
    """The fields of an object with both an answer and a reward."""
    if not starts_with(raw, b"{"):
        return None
    fields = msgspec.json.decode(raw, type=Row)
    has_answer = any(name in fields for name in ANSWER_FIELDS)
    return fields if has_answer and any(name in fields for name in REWARD_FIELDS) else None


def _of_element(raw: msgspec.Raw, row: Row) -> Answer:
    fields = msgspec.json.decode(raw, type=Row) if starts_with(raw, b"{") else {"text": raw}
    if "role" in fields:
        fields = {"output": raw, **{k: v for k, v in fields.items() if k in REWARD_FIELDS}}
    answer = _of_fields(fields, row, None)
    if answer is None:
        raise WrongShapeError("An element of the list of answers holds no answer.")
    return answer


def _of_fields(fields: Row, row: Row, model: str | None) -> Answer | None:
    messages = _answer_messages(fields)
    if messages is None:
        return None
    values = (fields[name] for name in REWARD_FIELDS if name in fields)
    raw_reward = next((raw for raw in values if not is_null(raw)), None)
    reward = None if raw_reward is None else read_reward(raw_reward)
    own_model = as_text(fields.get("model")) or model or as_text(row.get("model"))
    return Answer(
        messages=messages,
        model=clean(own_model) if own_model else None,
        reward=reward,
        has_bad_reward=raw_reward is not None and reward is None,
    )


def _answer_messages(fields: Row) -> bytes | None:
    for name in ANSWER_FIELDS:
        raw = fields.get(name)
        if raw is not None and not is_null(raw):
            return _messages_of(raw)
    if starts_with(fields.get("messages"), b"["):
        return _tail(parse_chat(fields["messages"]))
    return None


def _messages_of(raw: msgspec.Raw) -> bytes:
    if starts_with(raw, b"{"):
        fields = msgspec.json.decode(raw, type=Row)
        if "choices" in fields:
            choices = msgspec.json.decode(fields["choices"], type=list[Row])
            if not choices or "message" not in choices[0]:
                raise WrongShapeError("`choices[0].message` is missing.")
            return _messages_of(choices[0]["message"])
        if "role" not in fields:
            return msgspec.json.encode([{"role": "assistant", "content": bytes(raw).decode()}])
    return bytes(chat_of(("assistant", raw)).raw)


def _tail(chat: Chat) -> bytes | None:
    """The turns after the last user message, when they end in an answer."""
    if not chat.messages or chat.messages[-1].role != "assistant":
        return None
    start = 1 + max((i for i, m in enumerate(chat.messages) if _is_question(m)), default=-1)
    elements = msgspec.json.decode(chat.raw, type=list[msgspec.Raw])[start:]
    return join_arrays(*(b"[" + bytes(raw) + b"]" for raw in elements))


def _is_question(message: LightMessage) -> bool:
    return message.role == "user"
