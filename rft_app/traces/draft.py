"""From the fields of a row to a trace: what all row shapes have in common."""

from collections.abc import Iterable
from typing import Any

import msgspec

from rft_app.domain.trace import FILE_SOURCE, ParsedTrace, RewardFault, TraceStatus
from rft_app.domain.validity_check import find_fault, last_turn
from rft_app.traces.chat import Chat, count_tools, first_user_text, system_text
from rft_app.traces.conversation import measure_growth
from rft_app.traces.line import Row, as_text, is_null, require_plain, starts_with
from rft_app.traces.moment import find_moment
from rft_app.traces.tags import find_tags

ID_FIELDS = ("record_id", "id", "trace_id")
GROUP_FIELDS = ("trace_id", "session_id", "conversation_id")
REFERENCE_FIELDS = ("reference_answer", "reference", "ground_truth")
REWARD_FIELDS = ("reward", "feedback")
TITLE_LENGTH = 140
_MOST_TOKENS = 1 << 53

_row_decoder = msgspec.json.Decoder(Row)
_encode = msgspec.json.Encoder().encode
_BOOLEANS = frozenset({b"true", b"false"})
_NOTHING = frozenset({b"null", b"{}", b'""'})
_BODY_FIELDS = ("tool_choice", "parallel_tool_calls", "finish_reason", "usage", "latency_ms")


class Draft(msgspec.Struct, gc=False):
    """A row on its way: what a shape has understood of it, and the fields that are left."""

    chat: Chat
    rest: Row
    """Fields not used yet; `finish` takes the common ones, the others become metadata."""
    num_prompt_messages: int | None = None
    """Messages that were given to the model; `None` means every assistant turn is an answer."""
    reference: str | None = None
    external_id: str | None = None
    group: str | None = None
    model: str | None = None
    reward: float | None = None
    reward_fault: RewardFault | None = None
    """Why what is recorded cannot be the reward."""
    body: Row = msgspec.field(default_factory=dict[str, msgspec.Raw])
    """Parts of the canonical JSON beside messages and metadata."""
    source: str = FILE_SOURCE
    status: TraceStatus = TraceStatus.OK
    is_call: bool = False
    """Whether it is one call, of a conversation that others may go on with."""
    shape: str | None = None
    """Who understood the row, where that is another shape than the one asked."""


def finish(draft: Draft, max_tokens: int) -> ParsedTrace:
    """Take the fields that mean the same in every shape, check the conversation, join the JSON."""
    _take_identity(draft)
    _take_tools(draft)
    _take_body_fields(draft.rest, draft.body)
    if draft.reward is None:
        _take_reward(draft)
    messages = draft.chat.messages
    first_answer = draft.num_prompt_messages or 0
    roles = [message.role for message in messages]
    usage = _read_usage(draft.body.get("usage"))
    turn = last_turn(messages, first_answer)
    checked = messages if turn is None else messages[: turn + 1]
    trace = ParsedTrace(
        body=_join_body(draft),
        external_id=draft.external_id,
        group=draft.group,
        model=draft.model,
        title=make_title(first_user_text(messages)),
        num_messages=len(messages),
        num_turns=roles[first_answer:].count("assistant"),
        reward=draft.reward,
        reason=find_fault(
            checked, turn, max_tokens=max_tokens, num_bytes=len(memoryview(draft.chat.raw))
        ),
        reward_fault=draft.reward_fault if draft.reward is None else None,
        system_prompt=make_title(system_text(messages)),
        num_user_turns=roles.count("user"),
        num_tools=count_tools(messages),
        recorded_at=find_moment(draft.rest),
        source=draft.source,
        status=draft.status,
        input_tokens=_first_known(usage.prompt_tokens, usage.input_tokens),
        output_tokens=_first_known(usage.completion_tokens, usage.output_tokens),
        latency_ms=_read_latency(draft.body.get("latency_ms")),
        tags=find_tags(draft.rest),
    )
    if not draft.is_call:
        return trace
    return trace._replace(growth=measure_growth(messages, first_answer))


def open_ended(draft: Draft) -> bool:
    """Whether the conversation ends with a turn that asks for an answer."""
    messages = draft.chat.messages
    return bool(messages) and messages[-1].role in {"user", "tool"}


def make_title(text: str) -> str:
    """One line of at most 140 characters."""
    head = text[:TITLE_LENGTH]
    if head.isprintable() and "  " not in head and head[:1] != " ":  # mostly, nothing to mend
        return head.rstrip()
    return clean(" ".join(text[: 4 * TITLE_LENGTH].split()))[:TITLE_LENGTH]


def clean(text: str) -> str:
    """Text that both databases can hold in a column: Postgres refuses U+0000."""
    return text.replace("\0", "") if "\0" in text else text


def find_reference(row: Row) -> str | None:
    """The accepted answer as text, by any of its names."""
    for name in REFERENCE_FIELDS:
        if name in row and (text := as_text(row[name])) is not None:
            return text
    return None


def _take_identity(draft: Draft) -> None:
    """Read the row's ids and model; they stay metadata, too: graders read them by these names."""
    rest = draft.rest
    if draft.group is None:
        draft.group = find_id(rest, GROUP_FIELDS)
    if draft.external_id is None:
        draft.external_id = find_id(rest, ID_FIELDS)
    if draft.model is None and starts_with(rest.get("model"), b'"'):
        draft.model = clean(as_text(rest["model"]) or "")


def find_id(rest: Row, names: tuple[str, ...]) -> str | None:
    """The id in the first field that holds one."""
    for name in names:
        if name in rest and (text := _id_text(rest[name])):
            return text
    return None


def _id_text(raw: msgspec.Raw) -> str | None:
    """An id: a text or a number."""
    return None if memoryview(raw)[0] in b"{[n" else clean(as_text(raw) or "")


def _take_body_fields(rest: Row, body: Row) -> None:
    for name in _BODY_FIELDS:
        if name in rest and name not in body:
            raw = rest.pop(name)
            if not is_null(raw):
                body[name] = raw


def _take_tools(draft: Draft) -> None:
    raw = draft.rest.get("tools")
    if raw is None or "tools" in draft.body:
        return
    if starts_with(raw, b'"'):
        raw = _parse_array(as_text(raw) or "")
    if raw is not None and (starts_with(raw, b"[") or is_null(raw)):
        del draft.rest["tools"]
        if not is_null(raw):
            draft.body["tools"] = raw


def _parse_array(text: str) -> msgspec.Raw | None:
    """Tools written as JSON text, as some trainers want them."""
    try:
        raw = msgspec.json.encode(msgspec.json.decode(text, type=list[msgspec.Raw]))
    except (msgspec.DecodeError, RecursionError):
        return None
    require_plain(raw)
    return msgspec.Raw(raw)


def _take_reward(draft: Draft) -> None:
    """The recorded reward; a plain number is used up, a boolean or object stays metadata, too."""
    for name in REWARD_FIELDS:
        raw = draft.rest.get(name)
        if raw is None:
            continue
        draft.reward = read_reward(raw)
        if draft.reward is not None:
            if not starts_with(raw, b"{") and bytes(raw) not in _BOOLEANS:
                del draft.rest[name]
            return
        draft.reward_fault = draft.reward_fault or find_reward_fault(raw)


def read_reward(raw: msgspec.Raw) -> float | None:
    """What `find_number` finds, when it lies in [0, 1]."""
    value = find_number(raw)
    return value if value is not None and 0 <= value <= 1 else None


def find_reward_fault(raw: msgspec.Raw) -> RewardFault | None:
    """Why `read_reward` finds nothing in what it was asked; `None` where nothing is recorded."""
    if bytes(raw) in _NOTHING:
        return None
    return RewardFault.NOT_A_NUMBER if find_number(raw) is None else RewardFault.OUT_OF_RANGE


def find_number(raw: msgspec.Raw) -> float | None:
    """A number or a boolean; of an object its only number or, where it has none, only boolean."""
    if not starts_with(raw, b"{"):
        return _number(raw)
    values = msgspec.json.decode(raw, type=Row).values()
    found = _numbers(value for value in values if bytes(value) not in _BOOLEANS)
    found = found or _numbers(values)
    return found[0] if len(found) == 1 else None


def _numbers(values: Iterable[msgspec.Raw]) -> list[float]:
    return [number for number in map(_number, values) if number is not None]


def _number(raw: msgspec.Raw) -> float | None:
    text = bytes(raw)
    if text in _BOOLEANS:
        return float(text == b"true")
    try:
        return msgspec.json.decode(text, type=float)
    except msgspec.DecodeError:
        return None


class _Usage(msgspec.Struct, gc=False):
    """Tokens of a call, by either of their names."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None


_UNKNOWN = _Usage()
_decode_usage = msgspec.json.Decoder(_Usage).decode


def _read_usage(raw: msgspec.Raw | None) -> _Usage:
    if raw is None:
        return _UNKNOWN
    try:
        return _decode_usage(raw)
    except msgspec.DecodeError:
        return _UNKNOWN


def _first_known(number: int | None, other: int | None) -> int | None:
    known = other if number is None else number
    return None if known is None or not 0 <= known <= _MOST_TOKENS else known


def _read_latency(raw: msgspec.Raw | None) -> float | None:
    latency_ms = None if raw is None else _number(raw)
    return latency_ms if latency_ms is not None and latency_ms >= 0 else None


def _join_body(draft: Draft) -> bytes:
    body: dict[str, Any] = {"messages": draft.chat.raw}
    if draft.num_prompt_messages is not None:
        body["num_prompt_messages"] = draft.num_prompt_messages
    body |= draft.body
    if draft.reference is not None:
        body["reference"] = draft.reference
    if draft.rest:
        body["metadata"] = _open_metadata(draft.rest)
    return _encode(body)


def _open_metadata(rest: Row) -> Row:
    """The fields that are left; a row's own `metadata` object is opened where no name collides."""
    own = rest.get("metadata")
    if own is None or not starts_with(own, b"{"):
        return rest
    fields = _row_decoder.decode(own)
    if not fields.keys().isdisjoint(rest):
        return rest
    fields |= rest
    del fields["metadata"]
    return fields
