"""Try a provider: what models it lists, and one tiny call."""

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import msgspec

from rft_app.domain.entity import Entity
from rft_app.domain.words import count
from rft_app.llm.catalogue import Endpoint
from rft_app.llm.chat import ChatMessage, ChatReply, ChatRequest
from rft_app.llm.client import ChatClient
from rft_app.llm.failures import CallFailure
from rft_app.llm.lines import Lines

LONGEST_S = 30.0
MAX_TOKENS = 16
MAX_LISTED = 1_000
MAX_SHOWN = 200


class Probe(Entity):
    """What came back."""

    listed: tuple[str, ...]
    """Models that it lists, sorted; empty where it lists none."""
    list_fault: str = ""
    """Why there is no list; providers need not have one."""
    model: str | None = None
    """Who was asked; `None` where only the list was."""
    reply: str = ""
    """The beginning of what it said."""
    latency_ms: int | None = None
    """From the question to the whole reply."""
    num_prompt_tokens: int | None = None
    num_completion_tokens: int | None = None
    """`None` where the provider does not count them."""
    cost_usd: float | None = None
    fault: str = ""
    """Why no reply came, and what to do; empty where one came, or nothing was asked."""

    @property
    def is_ok(self) -> bool:
        """Whether the model answered or, where none was asked, there is a list."""
        return not (self.fault if self.model else self.list_fault)

    def describe(self) -> list[str]:
        """What came back, a sentence a line."""
        listed = f"It lists {count(len(self.listed), 'model')}."
        lines = [f"No list of models. {self.list_fault}" if self.list_fault else listed]
        if self.fault:
            lines.append(f"{self.model} did not answer. {self.fault}")
        elif self.model is not None:
            lines.append(f"{self.model} answered in {self.latency_ms:,} ms: {self.reply or '–'}")
        return lines


class _Listed(msgspec.Struct):
    id: str


class _List(msgspec.Struct):
    data: list[_Listed]


_decode = msgspec.json.Decoder(_List).decode


def probe(
    endpoint: Endpoint, model: str | None, clock: Callable[[], float] = time.monotonic
) -> Probe:
    """Ask for the list of models, then a model for a word; at most a minute.

    Args:
        endpoint: Whom to ask, once each, whatever its settings say of attempts.
        model: Whom to ask for a word; `None` asks nobody.
        clock: In seconds.
    """
    provider = endpoint.provider
    limits = {"timeout_s": min(provider.timeout_s, LONGEST_S), "max_attempts": 1}
    hasty = replace(endpoint, provider=provider.model_copy(update=limits))
    found = _list(hasty)
    listed = () if isinstance(found, CallFailure) else found
    list_fault = found.explanation if isinstance(found, CallFailure) else ""
    if model is None:
        return Probe(listed=listed, list_fault=list_fault)
    asked_at = clock()
    with closing(ChatClient(hasty)) as client:
        outcome = client.chat(_ask(model))
    if isinstance(outcome, CallFailure):
        return Probe(listed=listed, list_fault=list_fault, model=model, fault=outcome.explanation)
    return Probe(
        listed=listed,
        list_fault=list_fault,
        model=model,
        reply=_shorten(outcome),
        latency_ms=round(1000 * (clock() - asked_at)),
        num_prompt_tokens=outcome.num_prompt_tokens,
        num_completion_tokens=outcome.num_completion_tokens,
        cost_usd=outcome.cost_usd,
    )


def _ask(model: str) -> ChatRequest:
    asked = ChatMessage(role="user", content="Say: ready")
    return ChatRequest(model=model, messages=(asked,), max_tokens=MAX_TOKENS)


def _shorten(reply: ChatReply) -> str:
    return " ".join((reply.text or reply.refusal or "").split())[:MAX_SHOWN]


def _list(endpoint: Endpoint) -> tuple[str, ...] | CallFailure:
    with closing(Lines(endpoint)) as lines:
        found = lines.send(lambda client: client.models.with_raw_response.list())
        if not isinstance(found, bytes):
            return found.failure
        try:
            return tuple(sorted({one.id for one in _decode(found).data if one.id}))[:MAX_LISTED]
        except (msgspec.DecodeError, UnicodeDecodeError):
            return lines.explain_body(found, "list of models")
