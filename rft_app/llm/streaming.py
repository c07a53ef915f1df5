"""Ask a model and see its answer grow; for a person who waits, so nothing is tried twice."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any

import openai

from rft_app.errors import NotAvailableError
from rft_app.llm.arguments import to_arguments
from rft_app.llm.catalogue import Connection, Endpoint
from rft_app.llm.chat import ChatRequest, StreamedReply, find_cost
from rft_app.llm.client import read_count
from rft_app.llm.failures import CallFailure
from rft_app.llm.lines import Lines

USAGE = "stream_options"


async def stream_chat(
    endpoint: Endpoint, request: ChatRequest, clock: Callable[[], float] = time.monotonic
) -> AsyncGenerator[StreamedReply]:
    """The answer as it grows; the last one is done or has failed.

    Closing the generator closes the connection, which providers take as an order to stop.

    Args:
        endpoint: Whom to ask.
        request: What to ask.
        clock: In seconds.
    """
    lines = Lines(endpoint)
    growing = _Growing(endpoint, lines, request, clock)
    try:
        connection = await asyncio.to_thread(lines.connect, request.model)
    except NotAvailableError as error:
        yield growing.fail(lines.explain_unready(error).failure)
        return
    options = lines.to_options(connection)
    client = await asyncio.to_thread(lambda: openai.AsyncOpenAI(**options))
    growing.begin()
    async with client:
        try:
            stream = await _open(client, request, connection, lines)
            async with stream, aclosing(stream.__aiter__()) as pieces:
                async for piece in pieces:
                    if growing.take(piece):
                        yield growing.reply
        except openai.APIError as error:
            yield growing.fail(lines.explain(error, connection).failure)
            return
        except ValueError as error:  # an event that is no JSON
            yield growing.fail(lines.explain_body(str(error).encode(), "stream of events"))
            return
    yield growing.finish()


async def _open(
    client: openai.AsyncOpenAI, request: ChatRequest, connection: Connection, lines: Lines
) -> Any:  # noqa: ANN401  # the library's stream
    """The stream, asked for again without each parameter that the provider refuses.

    Raises:
        openai.APIError: There is none.
    """
    left_out: set[str] = set()
    create: Any = client.chat.completions.create
    while True:
        usage = {} if USAGE in left_out else {USAGE: {"include_usage": True}}
        arguments = {**to_arguments(request, left_out), **usage, "stream": True}
        try:
            return await create(**arguments, extra_body=connection.more or None)
        except openai.APIStatusError as error:
            refused = lines.explain(error, connection).refused_parameter
            if refused is None or refused in left_out:
                raise
            left_out.add(refused)


class _Growing:
    """An answer that is put together."""

    def __init__(
        self, endpoint: Endpoint, lines: Lines, request: ChatRequest, clock: Callable[[], float]
    ) -> None:
        self._lines = lines
        self._models = {model.name: model for model in endpoint.provider.models}
        self._name, self._clock = request.model, clock
        self._begun = clock()
        self._texts: list[str] = []
        self._refusals: list[str] = []
        self._calls: dict[int, dict[str, Any]] = {}
        self._finish: str | None = None
        self._first_s: float | None = None
        self._tokens: tuple[int | None, int | None] = (None, None)
        self._has_choice = False

    def begin(self) -> None:
        """The question is sent now: making ready is nobody's latency."""
        self._begun = self._clock()

    def take(self, piece: Any) -> bool:  # noqa: ANN401  # the library's
        """Take a piece in; whether there is more to show."""
        if (usage := getattr(piece, "usage", None)) is not None:
            self._tokens = (
                read_count(getattr(usage, "prompt_tokens", None)),
                read_count(getattr(usage, "completion_tokens", None)),
            )
        choices: list[Any] = getattr(piece, "choices", None) or []
        if not choices:
            return False
        self._has_choice = True
        self._finish = getattr(choices[0], "finish_reason", None) or self._finish
        delta = getattr(choices[0], "delta", None)
        content, refusal = getattr(delta, "content", None), getattr(delta, "refusal", None)
        calls: list[Any] = getattr(delta, "tool_calls", None) or []
        self._texts += [content] if isinstance(content, str) else []
        self._refusals += [refusal] if isinstance(refusal, str) else []
        for call in calls:
            self._add_call(call)
        has_more = bool(content or refusal or calls)
        if has_more and self._first_s is None:
            self._first_s = self._clock() - self._begun
        return has_more

    def _add_call(self, piece: Any) -> None:  # noqa: ANN401  # the library's
        index = getattr(piece, "index", None) or 0
        known = self._calls.setdefault(
            index, {"id": "", "type": "function", "function": {"name": "", "arguments": ""}}
        )
        known["id"] = getattr(piece, "id", None) or known["id"]
        function = getattr(piece, "function", None)
        for part in ("name", "arguments"):
            known["function"][part] += getattr(function, part, None) or ""

    @property
    def reply(self) -> StreamedReply:
        """What there is now."""
        calls = [
            {**call, "function": dict(call["function"])} for _, call in sorted(self._calls.items())
        ]
        return StreamedReply(
            text=self._lines.hide("".join(self._texts)),
            refusal=self._lines.hide("".join(self._refusals)),
            tool_calls=tuple(calls),
            finish_reason=self._finish,
            first_s=self._first_s,
            total_s=self._clock() - self._begun,
            num_prompt_tokens=self._tokens[0],
            num_completion_tokens=self._tokens[1],
            cost_usd=find_cost(self._models.get(self._name), *self._tokens),
        )

    def fail(self, failure: CallFailure) -> StreamedReply:
        """What came, and why no more does."""
        return self.reply.model_copy(update={"is_done": True, "failure": failure})

    def finish(self) -> StreamedReply:
        """The whole answer; a stream without any piece of one is none."""
        if not self._has_choice:
            return self.fail(self._lines.explain_body(b"", "chat completion"))
        return self.reply.model_copy(update={"is_done": True})
