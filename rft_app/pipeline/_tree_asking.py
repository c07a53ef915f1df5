"""Ask a model for a topic tree that fits some records."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import Field

from rft_app.domain.entity import Entity
from rft_app.domain.topic import SEPARATOR, TopicNode, TopicTree
from rft_app.domain.topic_draft import require_description, require_keywords
from rft_app.errors import InvalidInputError
from rft_app.jobs.calls import Calls
from rft_app.jobs.context import JobContext
from rft_app.llm.chat import ChatMessage, ChatRequest, PaidCalls
from rft_app.llm.failures import CallFailure
from rft_app.llm.schemas import Schema, fields, list_of, text
from rft_app.llm.structured import Answer, BadReplyError, Question, Reply, ask, require_answer
from rft_app.storage.paid_work import paid_work

if TYPE_CHECKING:
    from rft_app.llm.client import ChatClient

SHOWN = 120
"""Records in the prompt."""
SHOWN_CHARACTERS = 240
MAX_TOKENS = 6000
MAX_LEAVES = 60
SHOWN_SMALL, SHOWN_SMALL_CHARACTERS = 24, 120
"""The same for a small model, whose context and patience are short."""
MAX_SMALL_TOKENS, MAX_SMALL_LEAVES = 900, 12

_SYSTEM = (
    "You sort the requests that users send to an application into a topic tree. Topics say what "
    "users want, not how they say it; they do not overlap, and together they cover the requests. "
    "Names are short noun phrases or verbs with an object, in the language of the requests, "
    "without a slash. Every topic has one sentence of description; every topic without topics "
    "below it has 3 to 8 keywords that its requests contain."
)


class TreeWish(Entity):
    """What the tree should be like."""

    max_depth: int = 2
    num_topics: int | None = None
    instructions: str = ""


class _Topic(Reply):
    path: list[str] = Field(min_length=1, description="Names from the top level down to the topic.")
    description: str
    keywords: list[str]


class _Topics(Reply):
    topics: list[_Topic]


@dataclass(frozen=True)
class TreeAsker:
    """Asks one model, and lets go when the job is cancelled."""

    context: JobContext
    client: "ChatClient"
    ledger: PaidCalls
    model: str
    is_small: bool = False
    """Whether the model needs short prompts and bounded replies; it gets one level."""

    def ask(self, objective: str, intents: Sequence[str], wish: TreeWish) -> tuple[TopicNode, ...]:
        """A tree, parents first.

        Raises:
            ProviderError: The model did not give a usable tree; the message says why.
            JobCancelledError: Somebody asked to stop; a reply that came is in the ledger.
        """
        question = self._write(objective, intents, wish)
        found: list[Answer[tuple[TopicNode, ...]] | CallFailure] = []
        calls = Calls(
            self.context,
            num_at_once=1,
            make=lambda _number: ask(
                self.client, self.ledger, question, lambda reply: _read(reply, wish.max_depth)
            ),
            take=lambda _number, outcome: found.append(outcome),
            report=lambda: self.context.progress(0, label=f"Asking {self.model} for topics"),
            stop=self.client.stop,
        )
        with paid_work(self.context.job_id, self.context.dataset_id, 0 if self.is_small else 1):
            calls.run(1, lambda: False)
        self.context.check_cancelled(now=True)
        return require_answer(found[0])

    def _write(self, objective: str, intents: Sequence[str], wish: TreeWish) -> "Question[_Topics]":
        narrow: Schema | None = None
        if self.is_small:
            wish = wish.model_copy(update={"max_depth": 1})
            objective = objective[:SHOWN_SMALL_CHARACTERS]
            intents = [intent[:SHOWN_SMALL_CHARACTERS] for intent in intents[:SHOWN_SMALL]]
            narrow = _narrow(min(wish.num_topics or MAX_SMALL_LEAVES, MAX_SMALL_LEAVES))
        request = ChatRequest(
            model=self.model,
            messages=(
                ChatMessage(role="system", content=_SYSTEM),
                ChatMessage(role="user", content=_describe(intents, objective, wish)),
            ),
            temperature=0.2,
            max_tokens=MAX_SMALL_TOKENS if self.is_small else MAX_TOKENS,
        )
        return Question(key="topics", request=request, reply_type=_Topics, narrow_schema=narrow)


def _narrow(most: int) -> Schema:
    words = list_of(text(24), 2, 4)
    topic = fields(path=list_of(text(40), 1, 1), description=text(80), keywords=words)
    return fields(topics=list_of(topic, min(2, most), most))


def _describe(intents: Sequence[str], objective: str, wish: TreeWish) -> str:
    levels = "one level" if wish.max_depth == 1 else f"at most {wish.max_depth} levels"
    number = f"about {wish.num_topics}" if wish.num_topics else f"4 to {MAX_LEAVES // 3}"
    requests = "\n".join(f"- {intent[:SHOWN_CHARACTERS]}" for intent in intents)
    parts = [
        f"The application's objective: {objective}",
        f"Make {number} topics without topics below them, on {levels}.",
        wish.instructions and f"Instructions: {wish.instructions}",
        f"Requests:\n{requests}",
    ]
    return "\n\n".join(filter(None, parts))


def _read(reply: _Topics, max_depth: int) -> tuple[TopicNode, ...]:
    made: dict[str, TopicNode] = {}
    for topic in reply.topics:
        names = [" ".join(name.replace(SEPARATOR, " or ").split()) for name in topic.path]
        if len(names) > max_depth:
            raise BadReplyError(f"{topic.path} is deeper than {max_depth} levels.")
        for depth in range(1, len(names)):
            key = SEPARATOR.join(names[:depth])
            made.setdefault(key, TopicNode(key=key))
        _add(made, SEPARATOR.join(names), topic)
    try:
        tree = TopicTree.of(_parents_first(made))
    except InvalidInputError as error:
        raise BadReplyError(error.message) from error
    if not 1 <= len(tree.leaves) <= MAX_LEAVES:
        raise BadReplyError(f"There are {len(tree.leaves)} topics; 1 to {MAX_LEAVES} are wanted.")
    return tree.nodes


def _add(made: dict[str, TopicNode], key: str, topic: _Topic) -> None:
    try:
        made[key] = TopicNode(
            key=key,
            description=require_description(topic.description),
            keywords=require_keywords(topic.keywords[:20]),
        )
    except InvalidInputError as error:
        raise BadReplyError(error.message) from error


def _parents_first(made: dict[str, TopicNode]) -> list[TopicNode]:
    ordered: list[TopicNode] = []

    def walk(above: str | None) -> None:
        for node in made.values():
            if node.parent_key == above:
                ordered.append(node)
                walk(node.key)

    walk(None)
    return ordered
