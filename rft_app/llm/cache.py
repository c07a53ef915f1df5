"""Replies that serve again: the same request is not paid twice, whoever asks."""

from hashlib import blake2b
from typing import Protocol

import msgspec

from rft_app.domain.provider import Provider
from rft_app.llm.chat import ChatReply, ChatRequest


class ReplyCache(Protocol):
    """Replies by the request that brought them; may be used from several threads."""

    def find(self, key: str) -> ChatReply | None:
        """The reply kept under `key`."""
        ...

    def keep(self, key: str, reply: ChatReply) -> None:
        """Keep a reply that could be used; it may be written later, or be lost in a crash."""
        ...

    def flush(self) -> None:
        """Write what waits."""
        ...


def may_repeat(request: ChatRequest) -> bool:
    """Whether one reply serves all who ask the same: at temperature 0, or where a caller says so.

    Example:
        >>> request = ChatRequest(model="m", messages=(), max_tokens=9, temperature=0.0)
        >>> may_repeat(request), may_repeat(request.model_copy(update={"temperature": None}))
        (True, False)
    """
    if request.may_repeat is not None:
        return request.may_repeat
    return request.temperature == 0


def cache_key(provider: Provider, request: ChatRequest) -> str:
    """Names a request to a provider: all that decides the reply."""
    asked = request.model_dump(mode="json", exclude={"may_repeat"})
    whole = msgspec.json.encode([provider.name, provider.base_url, asked], order="sorted")
    return blake2b(whole, digest_size=20).hexdigest()
