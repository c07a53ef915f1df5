"""A model's suggestion of name and objective for a dataset about to be created."""

from collections.abc import Sequence
from contextlib import closing
from hashlib import blake2b

from rft_app.domain.entity import Entity
from rft_app.domain.pattern import Pattern
from rft_app.llm.chat import ChatMessage, ChatRequest, PaidCalls
from rft_app.llm.schemas import Schema, fields, text
from rft_app.llm.structured import Asks, BadReplyError, Question, Reply, ask, require_answer
from rft_app.services.datasets import NAME_LENGTH, OBJECTIVE_LENGTH
from rft_app.storage.catalogue import read_catalogue
from rft_app.storage.paid_calls import StoredPaidCalls
from rft_app.storage.session import reading

SCOPE = "suggestion"
"""Under this the ledger keeps suggestions: the same question is paid once."""
MAX_PROMPT_CHARACTERS = 4000
MAX_QUESTIONS, MAX_QUESTION_CHARACTERS = 20, 300
MAX_REPLY_TOKENS = 1024
SMALL_PROMPT_CHARACTERS = 2000
"""All that a small model is told, instead."""
_SMALL = fields(name=text(50), objective=text(300))
_RULES = (
    "You name a dataset of recorded conversations of an application that calls language models. "
    "`name` is a short noun phrase of at most 6 words, without the word dataset. `objective` says "
    "in one to three sentences what a good answer of this application must achieve, so that it "
    "could be graded. Write in English."
)


class Suggestion(Entity):
    """What to call a dataset, and what it is for."""

    name: str
    objective: str


class SuggestionReply(Reply):
    """What is asked for."""

    name: str
    objective: str


def suggest_dataset(pattern: Pattern, questions: Sequence[str] = ()) -> Suggestion:
    """Ask the preferred model; takes seconds, so call it outside of transactions and event loops.

    Args:
        pattern: What was found in the data.
        questions: Some of the users' requests, for more than the pattern tells.

    Raises:
        NotAvailableError: No provider is configured; the message says how to.
        ProviderError: It did not help; the message says why.
    """
    from rft_app.llm.client import ChatClient  # openai takes a second to import

    with reading() as session:
        choice = read_catalogue(session).choose(None)
    ledger = StoredPaidCalls(SCOPE, None)
    with closing(ChatClient(choice.endpoint, ledger.lose)) as client:
        about = _describe(pattern, questions)
        narrow = None
        if choice.endpoint.provider.is_demo:
            about, narrow = about[:SMALL_PROMPT_CHARACTERS], _SMALL
        return _ask(client, choice.model.name, ledger, about, narrow)


def _ask(
    client: Asks, model: str, ledger: PaidCalls, about: str, narrow: Schema | None
) -> Suggestion:
    request = ChatRequest(
        model=model,
        messages=(
            ChatMessage(role="system", content=_RULES),
            ChatMessage(role="user", content=about),
        ),
        temperature=0.2,
        max_tokens=MAX_REPLY_TOKENS,
    )
    key = blake2b(f"{request.model}\n{about}".encode("utf-8", "replace"), digest_size=16)
    question = Question(
        key=key.hexdigest(),
        request=request,
        reply_type=SuggestionReply,
        narrow_schema=narrow,
    )
    return require_answer(ask(client, ledger, question, _read))


def _describe(pattern: Pattern, questions: Sequence[str]) -> str:
    tools = ", ".join(f"{tool.name} ({tool.num_calls} calls)" for tool in pattern.tools)
    requests = "\n".join(f"- {text[:MAX_QUESTION_CHARACTERS]}" for text in questions)
    parts = {
        "System prompt": pattern.system_prompt[:MAX_PROMPT_CHARACTERS],
        "What was seen": ", ".join(pattern.capabilities),
        "Tools": tools,
        "Some requests": "\n".join(requests.split("\n")[:MAX_QUESTIONS]),
        "First guess": f"{pattern.suggested_name}. {pattern.suggested_objective}",
    }
    return "\n\n".join(f"{label}:\n{text}" for label, text in parts.items() if text.strip(" .\n"))


def _read(reply: SuggestionReply) -> Suggestion:
    name, objective = " ".join(reply.name.split()), reply.objective.replace("\x00", "").strip()
    for what, said, longest in (
        ("name", name, NAME_LENGTH),
        ("objective", objective, OBJECTIVE_LENGTH),
    ):
        if not 0 < len(said) <= longest:
            raise BadReplyError(f"{what} must have 1 to {longest:,} characters.")
    return Suggestion(name=name, objective=objective)
