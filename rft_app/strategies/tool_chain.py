"""New conversations in which the assistant calls its tools, one result leading to the next."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

import orjson
from pydantic import BeforeValidator

from rft_app.domain.candidate import GeneratedDraft
from rft_app.domain.message import FunctionCall, Message, ToolCall
from rft_app.llm.chat import ChatMessage
from rft_app.llm.schemas import NULL, Schema, fields, list_of, one_of, row_of, text
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
from rft_app.strategies._tool_calls import Parameters, narrow_arguments, read_tools, require_call

MAX_TURNS = 24


def _as_text(value: object) -> object:
    return orjson.dumps(value).decode() if isinstance(value, dict) else value


class ChainCall(Reply):
    """One call of a tool."""

    name: str
    arguments: Annotated[str, BeforeValidator(_as_text)]
    """A JSON object as text; one that is given as it is, is taken, too."""


class ChainTurn(Reply):
    """One turn; an assistant turn says something or calls tools."""

    role: Literal["user", "assistant", "tool"]
    content: str | None
    tool_calls: list[ChainCall] | None


class Chain(Reply):
    """One conversation."""

    messages: list[ChainTurn]
    reference: str | None


class Chains(Reply):
    """What is asked for."""

    chains: list[Chain]


class ToolChain:
    """Keeps a record's tools and makes new use of them."""

    name = "tool_chain"
    label = "Tool chain"
    description = "Writes conversations that call a record's tools, with their results."
    needs_source = True
    needs_tools = True
    needs_examples = True
    num_examples = 0
    reply_type = Chains

    def prompt(self, brief: Brief) -> tuple[ChatMessage, ...]:
        """The record, its tools, and the form of a chain."""
        tools = brief.source.tools if brief.source else ()
        if brief.is_small:
            tools = [_choose_tool(brief)]
        aim = (
            "The user wants the same kind of thing as in the recorded conversation."
            if brief.preserve_intent
            else "The user wants something else that these tools can do within the topic."
        )
        reference = (
            "`reference` is the accepted answer in its shortest form."
            if brief.wants_reference
            else "`reference` is null."
        )
        rules = (
            f"Write {brief.count} new conversations with other details. {aim} Each uses at least "
            "one tool, better two or more in a row where one result leads to the next call. "
            "`messages` starts with a user turn and ends with an assistant turn that answers in "
            "words. An assistant turn either has `content` or `tool_calls`; `arguments` is a JSON "
            "object written as a string that fits the tool's parameters. Directly after a turn "
            "with calls comes one `tool` turn for each call, in order, with the result as "
            f"`content`. At most {MAX_TURNS} turns. {reference}"
        )
        shown = render_examples([brief.source] if brief.source else [], brief.example_length)
        definitions = f"The tools:\n{orjson.dumps(tools).decode()}"
        return make_prompt(brief, rules, definitions, f"A recorded conversation.\n{shown}")

    def narrow(self, brief: Brief) -> Schema:
        """One call of one tool, with its result and an answer."""
        tool = _choose_tool(brief)
        ((name, parameters),) = read_tools([tool]).items()
        call = fields(name=one_of([name]), arguments=narrow_arguments(parameters))
        said = text(SMALL_TEXT_LENGTH)
        turns = row_of(
            fields(role=one_of(["user"]), content=said, tool_calls=NULL),
            fields(role=one_of(["assistant"]), content=NULL, tool_calls=row_of(call)),
            fields(role=one_of(["tool"]), content=said, tool_calls=NULL),
            fields(role=one_of(["assistant"]), content=said, tool_calls=NULL),
        )
        chain = fields(messages=turns, reference=narrow_reference(brief))
        return fields(chains=list_of(chain, brief.count, brief.count))

    def read(self, brief: Brief, reply: Chains) -> list[GeneratedDraft]:
        """One draft a chain; every call has an id, fits its tool, and has its result."""
        source = brief.source
        if source is None:
            raise ValueError("This strategy starts from a record.")
        tools = read_tools(source.tools)

        def make(chain: Chain) -> GeneratedDraft:
            turns = tuple(_Reader(tools).read(chain))
            return GeneratedDraft(
                input=(*setting_messages(source), *turns[:-1]),
                output=turns[-1:],
                tools=source.tools,
                tool_choice=source.tool_choice,
                reference=require_reference(brief, chain.reference),
            )

        return read_each(reply.chains, brief.count, make)

    def estimate_reply_tokens(self, brief: Brief) -> int:
        """Somewhat longer than the record."""
        shown = render_examples([brief.source] if brief.source else [])
        return brief.count * (count_text_tokens(shown) * 3 // 2 + 200)


def _choose_tool(brief: Brief) -> Mapping[str, Any]:
    """Another one for each part; of those that can be called."""
    tools = brief.source.tools if brief.source else ()
    usable = [tool for tool in tools if read_tools([tool])]
    if not usable:
        raise BadReplyError("The record has no tool that can be called.")
    return usable[brief.part % len(usable)]


class _Reader:
    """Reads one chain from its first turn to its last."""

    def __init__(self, tools: Mapping[str, Parameters]) -> None:
        self._tools = tools
        self._open: list[str] = []
        """Ids of calls whose results have not come."""
        self._num_calls = 0

    def read(self, chain: Chain) -> Iterator[Message]:
        """The turns, each checked against those before it."""
        self._require_frame(chain.messages)
        for turn in chain.messages:
            if self._open and turn.role != "tool":
                raise BadReplyError("Each tool call needs its tool turn right after it.")
            yield self._read_turn(turn)
        if not self._num_calls:
            raise BadReplyError("No turn calls a tool.")

    def _require_frame(self, turns: list[ChainTurn]) -> None:
        if not turns or turns[0].role != "user":
            raise BadReplyError("messages must start with a user turn.")
        if turns[-1].role != "assistant" or turns[-1].tool_calls:
            raise BadReplyError("messages must end with an assistant turn in words.")
        if len(turns) > MAX_TURNS:
            raise BadReplyError(f"messages holds {len(turns)} turns; at most {MAX_TURNS} fit.")

    def _read_turn(self, turn: ChainTurn) -> Message:
        if turn.role == "tool":
            return self._read_result(turn)
        if not turn.tool_calls:
            return Message(role=turn.role, content=require_text(turn.content, "content"))
        if turn.role != "assistant":
            raise BadReplyError("Only assistant turns call tools.")
        calls = tuple(map(self._read_call, turn.tool_calls))
        return Message(role="assistant", content=turn.content or None, tool_calls=calls)

    def _read_result(self, turn: ChainTurn) -> Message:
        if not self._open:
            raise BadReplyError("A tool turn answers no call.")
        content = require_text(turn.content, "content of a tool turn")
        return Message(role="tool", content=content, tool_call_id=self._open.pop(0))

    def _read_call(self, call: ChainCall) -> ToolCall:
        require_call(self._tools, call.name, call.arguments)
        self._num_calls += 1
        self._open.append(f"call_{self._num_calls}")
        function = FunctionCall(name=call.name, arguments=call.arguments)
        return ToolCall(id=self._open[-1], type="function", function=function)
