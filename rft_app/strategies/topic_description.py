"""New records from nothing but what a topic is about: the only way into an empty topic."""

from rft_app.domain.candidate import GeneratedDraft
from rft_app.llm.chat import ChatMessage
from rft_app.llm.schemas import Schema
from rft_app.strategies._base import Brief, make_prompt
from rft_app.strategies._single_turn import (
    NewRecords,
    describe_reply,
    estimate_tokens,
    narrow_records,
    read_records,
)


class TopicDescription:
    """Writes from the topic's name, description and words."""

    name = "topic_description"
    label = "Topic description"
    description = "Writes from what a topic is about; the only choice where it has no record yet."
    needs_source = False
    needs_tools = False
    needs_examples = False
    num_examples = 1
    reply_type = NewRecords

    def prompt(self, brief: Brief) -> tuple[ChatMessage, ...]:
        """The topic; the one record beside only lends its instructions and tools."""
        nearness = (
            "Each is a typical request of this topic."
            if brief.preserve_intent
            else "Cover the topic's edges, too: unusual, incomplete and difficult requests."
        )
        return make_prompt(brief, f"{describe_reply(brief)} {nearness}")

    def narrow(self, brief: Brief) -> Schema:
        """Short records."""
        return narrow_records(brief)

    def read(self, brief: Brief, reply: NewRecords) -> list[GeneratedDraft]:
        """One draft a record."""
        return read_records(brief, reply)

    def estimate_reply_tokens(self, brief: Brief) -> int:
        """As long as the record that lends its setting."""
        return estimate_tokens(brief)
