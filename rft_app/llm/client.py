"""The provider's client: retries, a common pause when it is busy, failures by name.

The library's own retries are off: they know neither a job's cancellation nor that the other calls
in flight had better wait as well.  Replies are read from their bytes, because the library hands
through bodies of any shape unchecked.
"""

import random
import threading
import time
from collections.abc import Callable
from typing import Any

import msgspec

from rft_app.errors import JobCancelledError
from rft_app.llm.arguments import to_arguments
from rft_app.llm.cache import cache_key, may_repeat
from rft_app.llm.catalogue import Endpoint
from rft_app.llm.chat import NO_CHOICE, ChatReply, ChatRequest, find_cost
from rft_app.llm.failures import CallFailure, CallFailureKind
from rft_app.llm.lines import Lines
from rft_app.llm.pace import estimate_tokens, find_pace

FIRST_WAIT_S, LONGEST_BACKOFF_S = 0.5, 20.0
LONGEST_WAIT_S = 120.0
"""A provider that asks for more patience than this fails the call."""


class _Usage(msgspec.Struct):
    prompt_tokens: Any = None
    completion_tokens: Any = None

    @property
    def counts(self) -> tuple[int | None, int | None]:
        """Both, `None` where it is no number that a call can have."""
        return read_count(self.prompt_tokens), read_count(self.completion_tokens)


class _Part(msgspec.Struct):
    text: str | None = None


class _Message(msgspec.Struct):
    content: str | list[_Part] | None = None
    refusal: str | None = None
    tool_calls: list[dict[str, Any]] | None = None


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: str | None = None


class _Completion(msgspec.Struct):
    choices: list[_Choice]
    usage: _Usage | None = None


MAX_TOKENS_TOLD = 10**9
"""What is more is no count of a call."""
_decode = msgspec.json.Decoder(_Completion).decode


OnLost = Callable[[str, str], None]
"""Takes the model and what went wrong."""


def _forget(_model: str, _message: str) -> None:
    """For who keeps no ledger."""


class ChatClient:
    """Asks one provider; one for all threads of a piece of work."""

    def __init__(self, endpoint: Endpoint, on_lost: OnLost = _forget) -> None:
        """Prepare; nothing is sent.

        Args:
            endpoint: Whom to ask.
            on_lost: Told of each attempt whose reply never came whole, though the provider may
                have charged for it; in the thread that asks.
        """
        self._on_lost = on_lost
        self._provider = endpoint.provider
        self._models = {model.name: model for model in self._provider.models}
        self._stop = threading.Event()
        self._not_before = 0.0
        self._left_out: set[str] = set()
        self._lines = Lines(endpoint)
        self._cache = endpoint.cache
        self._pace = find_pace(self._provider)

    @property
    def left_out(self) -> frozenset[str]:
        """Parameters that the provider refused and that are not sent any more."""
        return frozenset(self._left_out)

    def stop(self) -> None:
        """Begin no further attempt: calls that wait raise `JobCancelledError`."""
        self._stop.set()

    def close(self) -> None:
        """Give the connections back, and write replies that serve again."""
        self._lines.close()
        if self._cache is not None:
            self._cache.flush()

    def remember(self, request: ChatRequest, reply: ChatReply) -> None:
        """Let a reply that could be used serve again, where the request may repeat."""
        if self._cache is not None and not reply.is_cached and may_repeat(request):
            self._cache.keep(cache_key(self._provider, request), reply)

    def _find_kept(self, request: ChatRequest) -> ChatReply | None:
        if self._cache is None or not may_repeat(request):
            return None
        kept = self._cache.find(cache_key(self._provider, request))
        return None if kept is None else kept.model_copy(update={"is_cached": True})

    def chat(self, request: ChatRequest) -> ChatReply | CallFailure:
        """Ask, and ask again while the failure may pass.

        Raises:
            JobCancelledError: `stop` was called before an attempt.
        """
        if (kept := self._find_kept(request)) is not None:
            return kept
        for attempt in range(self._provider.max_attempts):
            self._wait_for_turn()
            outcome, retry_after_s = self._attempt_in_turn(request)
            if isinstance(outcome, ChatReply) or not outcome.kind.is_retryable:
                return outcome
            if retry_after_s is not None and retry_after_s > LONGEST_WAIT_S:
                return _too_patient(outcome, retry_after_s)
            if attempt + 1 == self._provider.max_attempts:
                return outcome
            self._pause(outcome, attempt, retry_after_s)
        raise AssertionError("There is at least one attempt.")

    def _pause(self, failure: CallFailure, attempt: int, retry_after_s: float | None) -> None:
        longest_s = min(FIRST_WAIT_S * 2**attempt, LONGEST_BACKOFF_S)
        wait_s = longest_s * random.uniform(0.5, 1.0) if retry_after_s is None else retry_after_s
        if failure.kind is CallFailureKind.RATE_LIMITED:
            self._not_before = max(self._not_before, time.monotonic() + wait_s)
        elif self._stop.wait(wait_s):
            raise JobCancelledError

    def _wait_for_turn(self) -> None:
        while (left_s := self._not_before - time.monotonic()) > 0:
            if self._stop.wait(left_s):
                break
        if self._stop.is_set():
            raise JobCancelledError

    def _attempt_in_turn(
        self, request: ChatRequest
    ) -> tuple[ChatReply | CallFailure, float | None]:
        """An attempt that keeps the provider's pace, which learns what it really used."""
        with self._pace.turn(estimate_tokens(request), self._stop) as turn:
            self._wait_for_turn()
            outcome, retry_after_s = self._attempt(request)
            self._note_lost(request, outcome)
            turn.num_used = _count_used(outcome)
        return outcome, retry_after_s

    def _note_lost(self, request: ChatRequest, outcome: ChatReply | CallFailure) -> None:
        if isinstance(outcome, ChatReply) or self._provider.is_demo:
            return
        if outcome.may_be_charged:
            self._on_lost(request.model, outcome.message)

    def _attempt(self, request: ChatRequest) -> tuple[ChatReply | CallFailure, float | None]:
        while True:
            found = self._lines.complete(to_arguments(request, self._left_out))
            if isinstance(found, bytes):
                return self._read(request, found), None
            if not found.refused_parameter or found.refused_parameter in self._left_out:
                return found.failure, found.retry_after_s
            self._left_out.add(found.refused_parameter)

    def _read(self, request: ChatRequest, body: bytes) -> ChatReply | CallFailure:
        """A reply; one without any choice that counts its tokens was paid, so it is one, too."""
        try:
            completion = _decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return self._lines.explain_completion(body)
        if not completion.choices and completion.usage is None:
            return self._lines.explain_completion(body)
        choice = completion.choices[0] if completion.choices else _Choice(_Message(), NO_CHOICE)
        tokens = (completion.usage or _Usage()).counts
        return ChatReply(
            model=request.model,
            text=_join_text(choice.message.content),
            finish_reason=choice.finish_reason,
            refusal=choice.message.refusal,
            tool_calls=tuple(choice.message.tool_calls or ()),
            num_prompt_tokens=tokens[0],
            num_completion_tokens=tokens[1],
            cost_usd=find_cost(self._models.get(request.model), *tokens),
        )


def read_count(value: object) -> int | None:
    """Tokens, also where they are told as a text or with a decimal point.

    Example:
        >>> read_count("12"), read_count(12.0), read_count(-1), read_count(10**20)
        (12, 12, None, None)
    """
    try:
        number = int(value) if isinstance(value, int | float | str) else -1
    except (ValueError, OverflowError):
        return None
    return number if 0 <= number <= MAX_TOKENS_TOLD else None


def _join_text(content: str | list[_Part] | None) -> str:
    """What was said; some servers send it in parts.

    Example:
        >>> _join_text([_Part("4 of "), _Part(), _Part("5")])
        '4 of 5'
    """
    if isinstance(content, list):
        return "".join(part.text or "" for part in content)
    return content or ""


def _count_used(outcome: ChatReply | CallFailure) -> int | None:
    """Tokens; a call that timed out may have used some."""
    if isinstance(outcome, CallFailure):
        return None if outcome.kind is CallFailureKind.TIMEOUT else 0
    given, taken = outcome.num_prompt_tokens, outcome.num_completion_tokens
    return None if given is None or taken is None else given + taken


def _too_patient(failure: CallFailure, retry_after_s: float) -> CallFailure:
    message = f"The provider asks to wait {retry_after_s:,.0f} s. {failure.message}"[:300]
    return failure.model_copy(update={"message": message})
