"""New records like some examples of the topic."""

from rft_app.domain.candidate import GeneratedDraft
from rft_app.llm.chat import ChatMessage
from rft_app.llm.schemas import Schema
from rft_app.strategies._base import Brief, make_prompt, render_examples
from rft_app.strategies._single_turn import (
    NewRecords,
    describe_reply,
    estimate_tokens,
    narrow_records,
    read_records,
)


class FewShot:
    """Learns from a handful of records of a topic."""

    name = "few_shot"
    label = "Few-shot examples"
    description = "Writes new requests like a few of the topic's; best for variety within a topic."
    needs_source = False
    needs_tools = False
    needs_examples = True
    num_examples = 4
    reply_type = NewRecords

    def prompt(self, brief: Brief) -> tuple[ChatMessage, ...]:
        """The examples, and how near to them the new records stay."""
        nearness = (
            "Stay with what the examples want; change everything around it."
            if brief.preserve_intent
            else "Go beyond the examples: other wishes that belong to the same topic."
        )
        rules = f"{describe_reply(brief)} Repeat no example. {nearness}"
        return make_prompt(brief, rules, render_examples(brief.examples, brief.example_length))

    def narrow(self, brief: Brief) -> Schema:
        """Short records."""
        return narrow_records(brief)

    def read(self, brief: Brief, reply: NewRecords) -> list[GeneratedDraft]:
        """One draft a record."""
        return read_records(brief, reply)

    def estimate_reply_tokens(self, brief: Brief) -> int:
        """As long as the examples."""
        return estimate_tokens(brief)
