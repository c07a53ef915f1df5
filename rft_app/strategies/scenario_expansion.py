"""A record's situation taken further: other circumstances, several turns."""

from typing import Literal

from rft_app.domain.candidate import GeneratedDraft
from rft_app.domain.message import Message
from rft_app.llm.chat import ChatMessage
from rft_app.llm.schemas import Schema, fields, list_of, one_of, row_of, text
from rft_app.llm.structured import BadReplyError, Reply
from rft_app.strategies._base import (
    SMALL_TEXT_LENGTH,
    Brief,
    count_text_tokens,
    make_prompt,
    narrow_reference,
    read_each,
    render_examples,
    require_reference,
    require_text,
    setting_messages,
)

MAX_TURNS = 12


class ScenarioTurn(Reply):
    """One turn."""

    role: Literal["user", "assistant"]
    content: str


class Scenario(Reply):
    """One new situation, played out."""

    scenario: str
    messages: list[ScenarioTurn]
    reference: str | None


class Scenarios(Reply):
    """What is asked for."""

    scenarios: list[Scenario]


class ScenarioExpansion:
    """Plays a record again under other circumstances."""

    name = "scenario_expansion"
    label = "Scenario expansion"
    description = "Puts a record into other circumstances, over several turns; best for hard cases."
    needs_source = True
    needs_tools = False
    needs_examples = True
    num_examples = 0
    reply_type = Scenarios

    def prompt(self, brief: Brief) -> tuple[ChatMessage, ...]:
        """The record as it was, and what may change."""
        shown = render_examples([brief.source] if brief.source else [], brief.example_length)
        aim = (
            "The user's aim stays the same; circumstances, details and obstacles change: missing "
            "information, a change of mind, a special case, a limit that applies."
            if brief.preserve_intent
            else "Let something related happen to the same kind of user: another aim within the "
            "topic, with its own details."
        )
        reference = (
            "`reference` is the accepted answer in its shortest form."
            if brief.wants_reference
            else "`reference` is null."
        )
        rules = (
            f"Write {brief.count} new scenarios. {aim} `scenario` says in one sentence what is "
            "different. `messages` starts with the user, alternates, and ends with the "
            f"assistant's final reply; at most {MAX_TURNS} turns. {reference}"
        )
        return make_prompt(brief, rules, f"A recorded conversation.\n{shown}")

    def narrow(self, brief: Brief) -> Schema:
        """A question and its answer each."""
        said = text(SMALL_TEXT_LENGTH)
        turns = [fields(role=one_of([role]), content=said) for role in ("user", "assistant")]
        scenario = fields(
            scenario=text(SMALL_TEXT_LENGTH // 2),
            messages=row_of(*turns),
            reference=narrow_reference(brief),
        )
        return fields(scenarios=list_of(scenario, brief.count, brief.count))

    def read(self, brief: Brief, reply: Scenarios) -> list[GeneratedDraft]:
        """One draft a scenario; its last turn is the answer."""

        def make(scenario: Scenario) -> GeneratedDraft:
            turns = _read_turns(scenario)
            setting = brief.setting
            return GeneratedDraft(
                input=(*setting_messages(setting), *turns[:-1]),
                output=turns[-1:],
                tools=() if setting is None else setting.tools,
                tool_choice=None if setting is None else setting.tool_choice,
                reference=require_reference(brief, scenario.reference),
                metadata={"scenario": require_text(scenario.scenario, "scenario")},
            )

        return read_each(reply.scenarios, brief.count, make)

    def estimate_reply_tokens(self, brief: Brief) -> int:
        """Somewhat longer than the record."""
        shown = render_examples([brief.source] if brief.source else [])
        return brief.count * (count_text_tokens(shown) * 5 // 4 + 60)


def _read_turns(scenario: Scenario) -> tuple[Message, ...]:
    roles = [turn.role for turn in scenario.messages]
    wanted = ["user", "assistant"] * (len(roles) // 2)
    if not roles or roles != wanted:
        raise BadReplyError("messages must alternate from user to assistant and end with it.")
    if len(roles) > MAX_TURNS:
        raise BadReplyError(f"messages holds {len(roles)} turns; at most {MAX_TURNS} fit.")
    return tuple(
        Message(role=turn.role, content=require_text(turn.content, "content"))
        for turn in scenario.messages
    )
