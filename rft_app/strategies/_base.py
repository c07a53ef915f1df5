"""The shape all strategies share, and what their prompts have in common."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

from pydantic import Field

from rft_app.domain.candidate import GeneratedDraft
from rft_app.domain.entity import Entity
from rft_app.domain.message import Message
from rft_app.domain.record import Record
from rft_app.llm.chat import ChatMessage
from rft_app.llm.schemas import NULL, Schema, text
from rft_app.llm.structured import BadReplyError, Reply

EXAMPLE_LENGTH, SMALL_EXAMPLE_LENGTH = 4000, 700
"""Characters of one example that a prompt shows; the second to a small model."""
SMALL_PART_LENGTH = 2400
"""Characters of each part of a small model's prompt."""
SMALL_TEXT_LENGTH = 300
"""Characters of a text that a small model writes."""
_SETTING_ROLES = ("system", "developer")
_ANGLES = (
    "Vary tone and length: one terse, one chatty, one formal.",
    "Vary who is asking: a newcomer, an expert, someone in a hurry, someone upset.",
    "Vary the wording strongly: other verbs, other order, indirect questions, fragments.",
    "Vary how much is said at once: everything up front, or the main point last.",
    "Vary concrete details of daily life around the request.",
)


class Brief(Entity):
    """All that a strategy knows when it asks for records."""

    objective: str
    """What the application is for."""
    topic: str
    """Slash path; empty when the records have no topic."""
    topic_description: str = ""
    keywords: tuple[str, ...] = ()
    source: Record | None = None
    """The record to start from."""
    examples: tuple[Record, ...] = ()
    count: int = Field(ge=1)
    preserve_intent: bool = True
    part: int = 0
    """Which call about the same source this is; later ones are told to differ."""
    is_small: bool = False
    """Whether a small model is asked, which needs short prompts and bounded replies."""

    @property
    def setting(self) -> Record | None:
        """The record whose system prompt and tools the new ones share."""
        return self.source or next(iter(self.examples), None)

    @property
    def example_length(self) -> int:
        """Characters of one example that the prompt shows."""
        return SMALL_EXAMPLE_LENGTH if self.is_small else EXAMPLE_LENGTH

    @property
    def wants_reference(self) -> bool:
        """Whether graders of this dataset know accepted answers."""
        return self.setting is not None and self.setting.reference is not None


ReplyT = TypeVar("ReplyT", bound=Reply)


class Strategy(Protocol[ReplyT]):
    """One way to generate."""

    @property
    def name(self) -> str:
        """Machine name in `snake_case`."""
        ...

    @property
    def label(self) -> str:
        """The words in a menu."""
        ...

    @property
    def description(self) -> str:
        """One sentence: what it makes, and when to choose it."""
        ...

    @property
    def needs_source(self) -> bool:
        """Whether each call starts from one record."""
        ...

    @property
    def needs_tools(self) -> bool:
        """Whether that record must define tools."""
        ...

    @property
    def needs_examples(self) -> bool:
        """Whether a topic without a record gets nothing."""
        ...

    @property
    def num_examples(self) -> int:
        """Records of the topic that a call is given beside; fewer will do."""
        ...

    @property
    def reply_type(self) -> type[ReplyT]:
        """What the model is to reply."""
        ...

    def prompt(self, brief: Brief) -> tuple[ChatMessage, ...]:
        """What the model is asked."""
        ...

    def narrow(self, brief: Brief) -> Schema:
        """What a small model is to reply: the same, with bounds, and no choice of form."""
        ...

    def read(self, brief: Brief, reply: ReplyT) -> list[GeneratedDraft]:
        """Drafts of what can be used, at most `brief.count`.

        Raises:
            BadReplyError: Nothing can be used; the message says what is wrong.
        """
        ...

    def estimate_reply_tokens(self, brief: Brief) -> int:
        """How long a reply will be, by the length of what it is made from."""
        ...


ItemT = TypeVar("ItemT")


def read_each(
    items: Sequence[ItemT], count: int, make: Callable[[ItemT], GeneratedDraft]
) -> list[GeneratedDraft]:
    """Make a draft of each item that can be used, at most `count`.

    Raises:
        BadReplyError: None can.
    """
    drafts: list[GeneratedDraft] = []
    faults: list[str] = []
    for item in items[:count]:
        try:
            drafts.append(make(item))
        except BadReplyError as error:
            faults.append(str(error))
    if not drafts:
        raise BadReplyError(faults[0] if faults else "The list is empty.")
    return drafts


def require_text(said: str | None, what: str) -> str:
    """Text that says something, without control codes that databases refuse.

    Raises:
        BadReplyError: It is missing or blank.
    """
    cleaned = (said or "").replace("\x00", "").strip()
    if not cleaned:
        raise BadReplyError(f"{what} is missing or blank.")
    return cleaned


def require_reference(brief: Brief, reference: str | None) -> str | None:
    """The accepted answer where records of this dataset have one, else nothing.

    Raises:
        BadReplyError: It is missing.
    """
    return require_text(reference, "reference") if brief.wants_reference else None


def setting_messages(record: Record | None) -> tuple[Message, ...]:
    """The instructions before the conversation, word for word."""
    messages = () if record is None else record.input
    return tuple(message for message in messages if message.role in _SETTING_ROLES)


def render_conversation(messages: Iterable[Message]) -> str:
    """A conversation as a model reads it in a prompt."""
    return "\n".join(map(_render_message, messages))


def _render_message(message: Message) -> str:
    calls = [
        f"[calls {call.function.name}({call.function.arguments})]"
        for call in message.tool_calls or ()
    ]
    return f"{message.role.upper()}: {' '.join([*filter(None, [message.text]), *calls])}"


def cut(said: str, length: int) -> str:
    """The beginning, with a sign that there was more.

    Example:
        >>> cut("abcdef", 3)
        'abc …'
    """
    return said if len(said) <= length else f"{said[:length]} …"


def narrow_reference(brief: Brief) -> Schema:
    """An accepted answer where records of this dataset have one, else nothing."""
    return text(SMALL_TEXT_LENGTH) if brief.wants_reference else NULL


def render_examples(examples: Iterable[Record], length: int = EXAMPLE_LENGTH) -> str:
    """Examples, numbered, each cut to that many characters."""
    shown: list[str] = []
    for number, record in enumerate(examples, 1):
        turns = (m for m in (*record.input, *record.output) if m.role not in _SETTING_ROLES)
        shown.append(f"Example {number}\n{cut(render_conversation(turns), length)}")
    return "\n\n".join(shown)


def describe_topic(brief: Brief) -> str:
    """The topic in a line or two; empty without one."""
    if not brief.topic:
        return ""
    words = f" Typical words: {', '.join(brief.keywords)}." if brief.keywords else ""
    return f"Topic: {brief.topic}. {brief.topic_description}{words}".strip()


def describe_setting(brief: Brief) -> str:
    """The application's instructions, so that requests and answers fit them."""
    said = render_conversation(setting_messages(brief.setting))
    shown = cut(said, brief.example_length) if brief.is_small else said
    return f"The application runs with these instructions:\n{shown}" if shown else ""


def make_prompt(brief: Brief, rules: str, *parts: str) -> tuple[ChatMessage, ...]:
    """The common frame: who asks, the rules, then the material."""
    system = (
        "You write realistic data for training an assistant. What people send is written as "
        "real people write; what the assistant answers is correct, complete and in its style. "
        "Write in the language of the material. Never mention that this is generated.\n"
        f"The assistant's purpose: {cut(brief.objective, brief.example_length)}"
    )
    about = [describe_topic(brief), describe_setting(brief), *parts]
    if brief.is_small:
        about = [cut(part, SMALL_PART_LENGTH) for part in about]
    user = "\n\n".join(filter(None, [*about, rules, _angle(brief)]))
    return ChatMessage(role="system", content=system), ChatMessage(role="user", content=user)


def _angle(brief: Brief) -> str:
    differ = " Other calls asked for the same before: be different." if brief.part else ""
    return f"{_ANGLES[brief.part % len(_ANGLES)]}{differ}"


def count_text_tokens(said: str) -> int:
    """Estimate: four characters a token."""
    return len(said) // 4
