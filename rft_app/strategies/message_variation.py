"""Say the same in other words: the user's messages are rewritten, all else stays."""

from typing import Any

from rft_app.domain.candidate import GeneratedDraft
from rft_app.domain.message import Message
from rft_app.domain.record import Record
from rft_app.llm.chat import ChatMessage
from rft_app.llm.schemas import NULL, Schema, fields, list_of, text
from rft_app.llm.structured import BadReplyError, Reply
from rft_app.strategies._base import (
    SMALL_TEXT_LENGTH,
    Brief,
    count_text_tokens,
    make_prompt,
    read_each,
    render_conversation,
    require_text,
)

_KEEP = (
    "Rewrite the USER turns in {count} ways. Every rewrite wants exactly the same: keep all "
    "facts, names, numbers, dates, codes and conditions, so that the assistant's turns still fit "
    "and the same answer is right. `user_messages` holds the {num_turns} rewritten USER turns in "
    "order, nothing else; `answer` is null."
)
_CHANGE = (
    "Rewrite the USER turns in {count} ways that ask for something related within the same "
    "topic: details may change as long as the assistant's turns between them still fit. "
    "`user_messages` holds the {num_turns} USER turns in order; `answer` is the assistant's "
    "reply to the last of them."
)


class Variation(Reply):
    """One rewrite."""

    user_messages: list[str]
    answer: str | None


class Variations(Reply):
    """What is asked for."""

    variations: list[Variation]


class MessageVariation:
    """Rewords the user's messages of a record."""

    name = "message_variation"
    label = "Message variation"
    description = "Rewords what the user says in a record; best where a topic needs more phrasings."
    needs_source = True
    needs_tools = False
    needs_examples = True
    num_examples = 0
    reply_type = Variations

    def prompt(self, brief: Brief) -> tuple[ChatMessage, ...]:
        """The conversation, and which turns to rewrite."""
        source = _require_source(brief)
        turns = _user_turns(source)
        rules = (_KEEP if brief.preserve_intent else _CHANGE).format(
            count=brief.count, num_turns=len(turns)
        )
        messages = (*source.input, *source.output)
        shown = [message for message in messages if message.role not in {"system", "developer"}]
        return make_prompt(brief, rules, f"The conversation:\n{render_conversation(shown)}")

    def narrow(self, brief: Brief) -> Schema:
        """As many texts as there are turns; an answer only where one is wanted."""
        num_turns = len(_user_turns(_require_source(brief)))
        said = text(SMALL_TEXT_LENGTH)
        answer = NULL if brief.preserve_intent else said
        variation = fields(user_messages=list_of(said, num_turns, num_turns), answer=answer)
        return fields(variations=list_of(variation, brief.count, brief.count))

    def read(self, brief: Brief, reply: Variations) -> list[GeneratedDraft]:
        """The source with its user turns replaced; where the intent stays, so does the answer."""
        source = _require_source(brief)
        num_turns = len(_user_turns(source))

        def make(variation: Variation) -> GeneratedDraft:
            if len(variation.user_messages) != num_turns:
                raise BadReplyError(
                    f"user_messages holds {len(variation.user_messages)} texts; the conversation "
                    f"has {num_turns} USER turns."
                )
            return _vary(brief, source, variation)

        return read_each(reply.variations, brief.count, make)

    def estimate_reply_tokens(self, brief: Brief) -> int:
        """As long as what is rewritten."""
        source = _require_source(brief)
        said = [message.text for message in _user_turns(source)]
        if not brief.preserve_intent:
            said += [message.text for message in source.output]
        return brief.count * (count_text_tokens("\n".join(said)) + 30)


def _vary(brief: Brief, source: Record, variation: Variation) -> GeneratedDraft:
    texts = iter(variation.user_messages)
    rewritten = tuple(
        _reword(message, require_text(next(texts), "A text of user_messages"))
        if message.role == "user"
        else message
        for message in source.input
    )
    keeps = brief.preserve_intent
    output = source.output if keeps else (_answer(variation),)
    return GeneratedDraft(
        input=rewritten,
        output=output,
        tools=source.tools,
        tool_choice=source.tool_choice,
        reference=source.reference if keeps else None,
        metadata=source.metadata if keeps else {},
    )


def _answer(variation: Variation) -> Message:
    return Message(role="assistant", content=require_text(variation.answer, "answer"))


def _reword(message: Message, said: str) -> Message:
    """Other words in the same turn; images and the like stay where they were."""
    if not isinstance(message.content, list):
        return message.model_copy(update={"content": said})
    others: list[dict[str, Any]] = [part for part in message.content if part.get("type") != "text"]
    content = [{"type": "text", "text": said}, *others]
    return message.model_copy(update={"content": content})


def _user_turns(source: Record) -> list[Message]:
    return [message for message in source.input if message.role == "user"]


def _require_source(brief: Brief) -> Record:
    if brief.source is None:
        raise ValueError("This strategy starts from a record.")
    return brief.source
