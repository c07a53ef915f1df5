"""New one-turn records: a request and its answer."""

from rft_app.domain.candidate import GeneratedDraft
from rft_app.domain.message import Message
from rft_app.llm.schemas import Schema, fields, list_of, text
from rft_app.llm.structured import Reply
from rft_app.strategies._base import (
    SMALL_TEXT_LENGTH,
    Brief,
    count_text_tokens,
    narrow_reference,
    read_each,
    render_examples,
    require_reference,
    require_text,
    setting_messages,
)

DEFAULT_TOKENS = 250
"""Length of a record where there is none to go by."""


class NewRecord(Reply):
    """One request with its answer."""

    user: str
    answer: str
    reference: str | None


class NewRecords(Reply):
    """What is asked for."""

    records: list[NewRecord]


def describe_reply(brief: Brief) -> str:
    """What each field must hold."""
    reference = (
        "`reference` the accepted answer in its shortest form, as a grader compares it"
        if brief.wants_reference
        else "`reference` null"
    )
    return (
        f"Write {brief.count} new records. In each, `user` is the request, `answer` the "
        f"assistant's whole reply, and {reference}."
    )


def narrow_records(brief: Brief) -> Schema:
    """As many as are wanted, all short."""
    record = fields(
        user=text(SMALL_TEXT_LENGTH),
        answer=text(SMALL_TEXT_LENGTH),
        reference=narrow_reference(brief),
    )
    return fields(records=list_of(record, brief.count, brief.count))


def read_records(brief: Brief, reply: NewRecords) -> list[GeneratedDraft]:
    """One draft a record, with the setting's instructions and tools."""
    setting = brief.setting

    def make(new: NewRecord) -> GeneratedDraft:
        user = Message(role="user", content=require_text(new.user, "user"))
        answer = Message(role="assistant", content=require_text(new.answer, "answer"))
        return GeneratedDraft(
            input=(*setting_messages(setting), user),
            output=(answer,),
            tools=() if setting is None else setting.tools,
            tool_choice=None if setting is None else setting.tool_choice,
            reference=require_reference(brief, new.reference),
        )

    return read_each(reply.records, brief.count, make)


def estimate_tokens(brief: Brief) -> int:
    """As long as the examples are on average."""
    lengths = [count_text_tokens(render_examples([record])) for record in brief.examples]
    mean = sum(lengths) // len(lengths) if lengths else DEFAULT_TOKENS
    return brief.count * (mean + 30)
