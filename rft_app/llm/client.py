"""The provider's client: retries, a common pause when it is busy, failures by name.

The library's own retries are off: they know neither a job's cancellation nor that the other calls
in flight had better wait as well.  Replies are read from their bytes, because the library hands
through bodies of any shape unchecked.
"""

import random
import threading
import time
from collections.abc import Mapping
from typing import Any

import msgspec
import openai

from rft_app.domain.provider import hide_credentials
from rft_app.errors import JobCancelledError, NotAvailableError
from rft_app.llm._errors import read_status_failure
from rft_app.llm.catalogue import Connection, Endpoint
from rft_app.llm.chat import ChatReply, ChatRequest, find_cost
from rft_app.llm.failures import CallFailure, CallFailureKind

FIRST_WAIT_S, LONGEST_BACKOFF_S = 0.5, 20.0
LONGEST_WAIT_S = 120.0
"""A provider that asks for more patience than this fails the call."""
CONNECT_TIMEOUT_S = 10.0
_NO_KEY = "none"
"""Sent where no key is set; the library insists on one."""


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _Message(msgspec.Struct):
    content: str | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: str | None = None


class _Completion(msgspec.Struct):
    choices: list[_Choice]
    usage: _Usage | None = None


_decode = msgspec.json.Decoder(_Completion).decode


class _Lines:
    """The library's client, made anew when the provider is reached in another way."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout = openai.Timeout(timeout_s, connect=min(CONNECT_TIMEOUT_S, timeout_s))
        self._lock = threading.Lock()
        self._clients: dict[Connection, openai.OpenAI] = {}

    def to(self, connection: Connection) -> Any:  # noqa: ANN401  # its type is that of all APIs
        """What makes a call there."""
        with self._lock:
            client = self._clients.get(connection)
            if client is None:
                client = self._clients[connection] = openai.OpenAI(
                    base_url=connection.base_url,
                    api_key=connection.api_key or _NO_KEY,
                    max_retries=0,
                    timeout=self._timeout,
                )
        return client.chat.completions.with_raw_response.create

    def close(self) -> None:
        """Give the connections back."""
        for client in self._clients.values():
            client.close()


class ChatClient:
    """Asks one provider; one for all threads of a piece of work."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Prepare; nothing is sent."""
        self._endpoint = endpoint
        self._provider = endpoint.provider
        self._models = {model.name: model for model in self._provider.models}
        self._stop = threading.Event()
        self._not_before = 0.0
        self._left_out: set[str] = set()
        self._lines = _Lines(self._provider.timeout_s)

    @property
    def left_out(self) -> frozenset[str]:
        """Parameters that the provider refused and that are not sent any more."""
        return frozenset(self._left_out)

    def stop(self) -> None:
        """Begin no further attempt: calls that wait raise `JobCancelledError`."""
        self._stop.set()

    def close(self) -> None:
        """Give the connections back."""
        self._lines.close()

    def chat(self, request: ChatRequest) -> ChatReply | CallFailure:
        """Ask, and ask again while the failure may pass.

        Raises:
            JobCancelledError: `stop` was called before an attempt.
        """
        for attempt in range(self._provider.max_attempts):
            self._wait_for_turn()
            outcome, retry_after_s = self._attempt(request)
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

    def _attempt(self, request: ChatRequest) -> tuple[ChatReply | CallFailure, float | None]:
        while True:
            try:
                connection = self._endpoint.connect()
            except NotAvailableError as error:
                return CallFailure(kind=CallFailureKind.NOT_READY, message=error.message), None
            try:
                answer = self._lines.to(connection)(**self._to_arguments(request))
                body: bytes = answer.http_response.content
            except openai.APITimeoutError:
                limit = f"No answer within {self._provider.timeout_s:g} s."
                return CallFailure(kind=CallFailureKind.TIMEOUT, message=limit), None
            except openai.APIConnectionError as error:
                where = f"{connection.base_url}: {error.__cause__ or error}"
                message = hide_credentials(where)[:300]
                return CallFailure(kind=CallFailureKind.UNREACHABLE, message=message), None
            except openai.APIStatusError as error:
                found = read_status_failure(error)
                if found.refused_parameter and found.refused_parameter not in self._left_out:
                    self._left_out.add(found.refused_parameter)
                    continue
                return found.failure, found.retry_after_s
            return self._read(request, body), None

    def _to_arguments(self, request: ChatRequest) -> dict[str, Any]:
        messages = [message.model_dump() for message in request.messages]
        arguments: dict[str, Any] = {"model": request.model, "messages": messages}
        schema = request.reply_schema
        if request.temperature is not None and "temperature" not in self._left_out:
            arguments["temperature"] = request.temperature
        if "max_tokens" not in self._left_out:
            arguments["max_tokens"] = request.max_tokens
        elif "max_completion_tokens" not in self._left_out:
            arguments["max_completion_tokens"] = request.max_tokens
        if schema is not None and "response_format" in self._left_out:
            messages.append({"role": "user", "content": _describe(schema)})
        elif schema is not None:
            arguments["response_format"] = _to_format(schema)
        return arguments

    def _read(self, request: ChatRequest, body: bytes) -> ChatReply | CallFailure:
        try:
            completion = _decode(body)
            choice = completion.choices[0]
        except (msgspec.DecodeError, UnicodeDecodeError, IndexError):
            shown = body[:120].decode(errors="replace") or "nothing"
            message = f"The provider answered with no chat completion: {shown}"
            return CallFailure(kind=CallFailureKind.NO_COMPLETION, message=message)
        usage = completion.usage or _Usage()
        tokens = usage.prompt_tokens, usage.completion_tokens
        return ChatReply(
            model=request.model,
            text=choice.message.content or "",
            finish_reason=choice.finish_reason,
            refusal=choice.message.refusal,
            num_prompt_tokens=tokens[0],
            num_completion_tokens=tokens[1],
            cost_usd=find_cost(self._models.get(request.model), *tokens),
        )


def _to_format(schema: Mapping[str, Any]) -> dict[str, Any]:
    is_strict = schema.get("additionalProperties") is False
    named = {"name": "reply", "strict": is_strict, "schema": dict(schema)}
    return {"type": "json_schema", "json_schema": named}


def _describe(schema: Mapping[str, Any]) -> str:
    """For providers that enforce no schema."""
    shown = msgspec.json.encode(schema).decode()
    return f"Reply with one JSON object that matches this JSON schema, and nothing else:\n{shown}"


def _too_patient(failure: CallFailure, retry_after_s: float) -> CallFailure:
    message = f"The provider asks to wait {retry_after_s:,.0f} s. {failure.message}"[:300]
    return CallFailure(kind=failure.kind, message=message)
