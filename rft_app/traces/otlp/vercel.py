"""Vercel's AI SDK (`experimental_telemetry`): the spans of its calls of a provider.

    ai.operationId         ai.generateText.doGenerate
    ai.prompt.messages     [{"role":"user","content":[{"type":"text","text":"Hi"}]}]
    ai.prompt.tools        ['{"type":"function","name":"f","parameters":{…}}']
    ai.response.text       Hello
    ai.response.toolCalls  [{"toolCallId":"c1","toolName":"f","args":"{}"}]

The span around them, `ai.generateText`, says the same once more and is structure.
"""

from collections.abc import Sequence

from rft_app.traces.otlp.attributes import read_number, read_text, read_usage, try_json
from rft_app.traces.otlp.call import Answer, Call, read_finish, read_tool_choice, read_tools
from rft_app.traces.otlp.genai import read_tokens
from rft_app.traces.otlp.parts import Json, as_json_text, is_list, is_object
from rft_app.traces.otlp.span import Attributes, Log, Span
from rft_app.traces.otlp.turns import read_messages

_OPERATION = "ai.operationId"
_CALLS = (".doGenerate", ".doStream")
_USED = (
    *("ai.prompt.messages", "ai.prompt.tools", "ai.prompt.toolChoice"),
    *("ai.response.text", "ai.response.toolCalls", "ai.response.object"),
    *("ai.response.reasoning", "ai.usage.promptTokens", "ai.usage.completionTokens"),
)
_FINISH = {"tool-calls": "tool_calls", "content-filter": "content_filter"}


class Vercel:
    """Spans of the package `ai`."""

    name = "vercel"
    label = "Vercel AI SDK"

    def matches(self, span: Span) -> bool:
        """The name of the operation that each has."""
        return _OPERATION in span.attributes

    def is_call(self, span: Span) -> bool:
        """Calls of a provider; embeddings end otherwise."""
        return str(span.attributes[_OPERATION]).endswith(_CALLS)

    def read(self, span: Span, logs: Sequence[Log]) -> Call:
        """Logs hold nothing for it."""
        known = span.attributes
        choice, parallel = read_tool_choice(_read_choice(known.get("ai.prompt.toolChoice")))
        tools = known.get("ai.prompt.tools")
        return Call(
            prompt=_read_prompt(try_json(known.get("ai.prompt.messages"))),
            answers=_read_answer(known),
            tools=read_tools([try_json(each) for each in tools] if is_list(tools) else None),
            tool_choice=choice,
            parallel_tool_calls=parallel,
            model=read_text(known, "ai.response.model", "gen_ai.response.model", "ai.model.id"),
            usage=read_tokens(known)
            or read_usage(
                known,
                prompt_tokens=("ai.usage.promptTokens", "ai.usage.inputTokens"),
                completion_tokens=("ai.usage.completionTokens", "ai.usage.outputTokens"),
            ),
            first_token_ms=read_number(known.get("ai.response.msToFirstChunk")),
            used=_USED,
        )


def _read_choice(value: object) -> object:
    """`{"type": "auto"}`, `{"type": "required"}` or `{"type": "tool", "toolName": "f"}`."""
    choice = try_json(value)
    if not is_object(choice):
        return choice
    if choice.get("type") == "required":
        return "required"
    return {"type": choice.get("type"), "name": choice.get("toolName")}


def _read_prompt(messages: object) -> list[Json]:
    said = messages if is_list(messages) else []
    return read_messages(
        [
            {**each, "content": [_part(part) for part in each["content"]]}
            if is_object(each) and is_list(each.get("content"))
            else each
            for each in said
        ]
    )


def _part(part: object) -> object:
    """A part of a message in the words that others have for it."""
    if not is_object(part):
        return part
    kind, own_id = part.get("type"), part.get("toolCallId")
    if kind == "tool-call":
        return _call(part)
    if kind == "tool-result":
        output = part.get("output")
        given = output.get("value") if is_object(output) else part.get("result", output)
        return {"type": "tool_result", "tool_use_id": own_id, "content": given}
    image = part.get("image", part.get("data"))
    is_image = kind == "image" or str(part.get("mediaType")).startswith("image/")
    if not is_image or not isinstance(image, str):
        return part
    if not image.startswith(("http:", "https:", "data:")):
        image = (
            f"data:{part.get('mediaType') or part.get('mimeType') or 'image/png'};base64,{image}"
        )
    return {"type": "image_url", "image_url": {"url": image}}


def _call(part: Json) -> Json:
    given = part.get("args", part.get("input"))
    named = {"id": part.get("toolCallId"), "name": part.get("toolName")}
    return {"type": "tool_use", **named, "input": given}


def _read_answer(known: Attributes) -> list[Answer]:
    text = as_json_text(known.get("ai.response.text", known.get("ai.response.object")))
    calls = try_json(known.get("ai.response.toolCalls"))
    thoughts = read_text(known, "ai.response.reasoning")
    parts: list[Json] = [{"type": "reasoning", "content": thoughts}] if thoughts else []
    parts += [{"type": "text", "text": text}] if text else []
    parts += [_call(each) for each in calls if is_object(each)] if is_list(calls) else []
    reason = known.get("ai.response.finishReason")
    if not parts:
        return []
    said = read_messages([{"role": "assistant", "content": parts}])
    return [Answer(said, read_finish(_FINISH.get(str(reason), reason)))]
