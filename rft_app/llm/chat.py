"""What is asked of a model, what comes back, and the ledger of what was paid."""

from typing import Any, Literal, Protocol

from rft_app.domain.entity import Entity
from rft_app.domain.provider import Model
from rft_app.llm.failures import CallFailure

CUT_OFF = "length"
"""How providers call an answer that reached the longest length."""
NO_CHOICE = "no_choice"
"""What we call a reply that counts its tokens and holds no answer at all."""


class ChatMessage(Entity):
    """One turn of a prompt."""

    role: Literal["system", "user", "assistant"]
    content: str


class ChatRequest(Entity):
    """One call of a chat model."""

    model: str
    messages: tuple[ChatMessage, ...]
    conversation: tuple[dict[str, Any], ...] = ()
    """Turns of a record as they were recorded, before `messages`."""
    tools: tuple[dict[str, Any], ...] = ()
    tool_choice: Any = None
    parallel_tool_calls: bool | None = None
    """As the record has them; `None` leaves them to the provider."""
    temperature: float | None = None
    max_tokens: int
    reply_schema: dict[str, Any] | None = None
    """JSON schema that the reply must match."""
    variant: int = 0
    """Which of several answers to the same question is asked for; providers do not see it."""
    may_repeat: bool | None = None
    """Whether a reply may serve again in other work; `None` where the temperature is 0."""


class ChatReply(Entity):
    """What a model answered; everything in it was paid, whether or not it can be used."""

    model: str
    text: str
    """Empty when the model said nothing or declined."""
    finish_reason: str | None = None
    refusal: str | None = None
    tool_calls: tuple[dict[str, Any], ...] = ()
    num_prompt_tokens: int | None = None
    num_completion_tokens: int | None = None
    """Tokens are `None` where the provider does not count them."""
    cost_usd: float | None = None
    """`None` where the tokens or the prices are not known."""
    is_cached: bool = False
    """Whether it was paid by earlier work, so that it costs nothing now."""


class StreamedReply(Entity):
    """What there is of an answer so far."""

    text: str = ""
    refusal: str = ""
    tool_calls: tuple[dict[str, Any], ...] = ()
    finish_reason: str | None = None
    first_s: float | None = None
    """Seconds from the question to the first of the answer; `None` while there is nothing."""
    total_s: float = 0.0
    """Seconds from the question until now, or until it ended."""
    num_prompt_tokens: int | None = None
    num_completion_tokens: int | None = None
    """Tokens are `None` where the provider does not count them."""
    cost_usd: float | None = None
    """`None` where the tokens or the prices are not known."""
    is_done: bool = False
    failure: CallFailure | None = None
    """Why there is no whole answer; what came before it stays."""


class PaidCalls(Protocol):
    """The ledger of one piece of work: each reply is kept before anything is made of it.

    Work that runs again after a crash finds under the same key what it paid for the first time.
    The methods may be called from several threads.
    """

    def find(self, key: str) -> ChatReply | None:
        """The reply kept under `key`, if there is one."""
        ...

    def keep(self, key: str, reply: ChatReply) -> None:
        """Store a reply for good before returning; the first one kept under a key stays."""
        ...

    def lose(self, model: str, message: str) -> None:
        """Note an attempt whose reply never came whole: the provider may have charged for it."""
        ...


def find_cost(
    model: Model | None, num_prompt_tokens: int | None, num_completion_tokens: int | None
) -> float | None:
    """What a call costs in USD; `None` where a price or a count is not known.

    Example:
        >>> model = Model(name="m", input_usd_per_million=1.0, output_usd_per_million=10.0)
        >>> find_cost(model, 1000, 200), find_cost(Model(name="m"), 1000, 200)
        (0.003, None)
    """
    if model is None or num_prompt_tokens is None or num_completion_tokens is None:
        return None
    given, taken = model.input_usd_per_million, model.output_usd_per_million
    if given is None or taken is None:
        return None
    return (num_prompt_tokens * given + num_completion_tokens * taken) / 1e6
