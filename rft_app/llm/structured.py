"""Replies of a given shape: ask, check, ask once more with the fault named."""

import re
from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from rft_app.domain.entity import Entity
from rft_app.errors import ProviderError
from rft_app.llm.chat import ChatMessage, ChatReply, ChatRequest, PaidCalls
from rft_app.llm.failures import CallFailure, CallFailureKind
from rft_app.llm.thoughts import strip_thoughts

REPAIR = "repair"
MORE_TOKENS = 2
"""How much longer a reply may be the second time when the first was cut off."""

_FENCE = re.compile(r"\A\s*```(?:json)?\s*\n(.*?)\n?\s*```\s*\Z", re.DOTALL)

_JSON = ("{", "[")
"""What replies begin with that are whole JSON; thoughts in their texts are quoted ones."""


class Reply(BaseModel):
    """Base of the shapes that are asked of models: all fields required, no others."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class BadReplyError(Exception):
    """A reply of the right shape whose content cannot work; the message goes to the model."""


class Asks(Protocol):
    """Who answers; `llm.client.ChatClient` is one."""

    def chat(self, request: ChatRequest) -> ChatReply | CallFailure:
        """Ask once, with retries."""
        ...

    def remember(self, request: ChatRequest, reply: ChatReply) -> None:
        """A reply could be used and may serve again."""
        ...


ReplyT = TypeVar("ReplyT", bound=Reply)
ReadT = TypeVar("ReadT")


class Answer(Entity, Generic[ReadT]):
    """What was made of a reply."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    value: ReadT
    is_repaired: bool = False
    """Whether the first reply could not be used."""


class Question(Entity, Generic[ReplyT]):
    """A prompt with the shape of its reply."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    key: str
    """Names the question in the ledger."""
    request: ChatRequest
    """`reply_schema` is filled in."""
    reply_type: type[ReplyT]
    narrow_schema: dict[str, Any] | None = None
    """What is asked for instead of all that `reply_type` takes (`llm.schemas`)."""


def ask(
    client: Asks,
    ledger: PaidCalls,
    question: Question[ReplyT],
    read: Callable[[ReplyT], ReadT],
) -> Answer[ReadT] | CallFailure:
    """Ask for a reply of a shape; one that cannot be used is asked for once more.

    What was paid before is read first.  Where that cannot be used either, e.g. because work that
    failed is done again, the question is asked anew.

    Args:
        client: Who answers.
        ledger: Where every reply is kept before it is read.
        question: What to ask.
        read: Makes the value; raises `BadReplyError` when the content cannot work.

    Returns:
        The value, or why there is none.

    Raises:
        JobCancelledError: The client was stopped before an attempt.
    """
    schema = question.narrow_schema or question.reply_type.model_json_schema()
    request = question.request.model_copy(update={"reply_schema": schema})

    def read_text(text: str) -> ReadT:
        try:
            return read(question.reply_type.model_validate_json(text))
        except ValidationError as error:
            raise BadReplyError(_describe(error)) from error

    num_before = 0
    while True:
        key = f"{question.key}.{num_before}" if num_before else question.key
        is_new = ledger.find(key) is None
        outcome = ask_once(client, ledger, key, request, read_text)
        if is_new or not isinstance(outcome, CallFailure):
            return outcome
        num_before += 1


def ask_once(
    client: Asks,
    ledger: PaidCalls,
    key: str,
    request: ChatRequest,
    read: Callable[[str], ReadT],
) -> Answer[ReadT] | CallFailure:
    """As `ask`, for any reader of the reply's text; what was paid is never asked anew.

    Args:
        client: Who answers.
        ledger: Where every reply is kept before it is read.
        key: Names the question in the ledger.
        request: What to ask.
        read: Makes the value of the text without thoughts and fence; raises `BadReplyError`.

    Raises:
        JobCancelledError: The client was stopped before an attempt.
    """
    reply = _pay(client, ledger, key, request)
    value = _read(reply, read)
    if not isinstance(value, CallFailure):
        _remember(client, request, reply)
        return Answer(value=value)
    again = _repair(request, reply, value)
    if again is None:
        return value
    repaired = _pay(client, ledger, f"{key}.{REPAIR}", again)
    value = _read(repaired, read)
    if isinstance(value, CallFailure):
        return value
    _remember(client, request, repaired)
    return Answer(value=value, is_repaired=True)


def require_answer(outcome: Answer[ReadT] | CallFailure) -> ReadT:
    """The value, for callers that cannot go on without it.

    Raises:
        ProviderError: There is none; the message says why and what to do.
    """
    if isinstance(outcome, CallFailure):
        raise ProviderError(
            f"The model could not help. {outcome.kind.words.capitalize()}: {outcome.explanation}",
            retryable=outcome.kind.is_retryable,
            kind=outcome.kind.value,
        )
    return outcome.value


def _pay(
    client: Asks, ledger: PaidCalls, key: str, request: ChatRequest
) -> ChatReply | CallFailure:
    if (kept := ledger.find(key)) is not None:
        return kept
    reply = client.chat(request)
    if isinstance(reply, ChatReply):
        ledger.keep(key, reply)
    return reply


def _remember(client: Asks, request: ChatRequest, reply: ChatReply | CallFailure) -> None:
    """A repaired reply serves the first request again, which needs no repair then."""
    if isinstance(reply, ChatReply):
        client.remember(request, reply)


def _read(reply: ChatReply | CallFailure, read: Callable[[str], ReadT]) -> ReadT | CallFailure:
    if isinstance(reply, CallFailure):
        return reply
    if (fault := _find_fault(reply)) is not None:
        return fault
    text = reply.text if reply.text.lstrip()[:1] in _JSON else strip_thoughts(reply.text)
    match = _FENCE.match(text)
    try:
        return read(match[1] if match else text)
    except BadReplyError as error:
        return _bad(str(error))


def _find_fault(reply: ChatReply) -> CallFailure | None:
    if reply.refusal or reply.finish_reason == "content_filter":
        said = reply.refusal or "The provider's content filter stopped the reply."
        return CallFailure(kind=CallFailureKind.REFUSED, message=said[:300])
    if reply.finish_reason == "length":
        count = reply.num_completion_tokens
        shown = f"The reply was cut off after {'its' if count is None else f'{count:,}'} tokens."
        return CallFailure(kind=CallFailureKind.TRUNCATED, message=shown)
    if not reply.text.strip():
        return CallFailure(kind=CallFailureKind.EMPTY, message="The model said nothing.")
    return None


def _bad(message: str) -> CallFailure:
    return CallFailure(kind=CallFailureKind.BAD_REPLY, message=message[:300])


def _describe(error: ValidationError) -> str:
    faults = error.errors(include_url=False, include_input=False)[:3]
    return "; ".join(
        f"{'.'.join(map(str, fault['loc'])) or 'reply'}: {fault['msg']}" for fault in faults
    )


def _repair(
    request: ChatRequest, reply: ChatReply | CallFailure, failure: CallFailure
) -> ChatRequest | None:
    """The second question; `None` when it could not help."""
    if failure.kind is CallFailureKind.TRUNCATED:
        return request.model_copy(update={"max_tokens": request.max_tokens * MORE_TOKENS})
    if failure.kind in {CallFailureKind.EMPTY, CallFailureKind.NO_COMPLETION}:
        return request
    if failure.kind is not CallFailureKind.BAD_REPLY or isinstance(reply, CallFailure):
        return None
    complaint = (
        f"Your reply cannot be used. {failure.message}\n"
        "Send the whole reply again as one JSON object that matches the schema, and nothing else."
    )
    more = (
        ChatMessage(role="assistant", content=reply.text),
        ChatMessage(role="user", content=complaint),
    )
    return request.model_copy(update={"messages": (*request.messages, *more)})
