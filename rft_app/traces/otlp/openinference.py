"""OpenInference (Arize, Phoenix): raw bodies of the provider first, flat attributes where none are.

    openinference.span.kind  LLM
    input.value              {"model":"…","messages":[…],"tools":[…],"tool_choice":"auto"}
    llm.input_messages.0.message.role, llm.output_messages.0.message.tool_calls.0.tool_call.id

The raw bodies lose nothing; the flat attributes know no tool choice.
"""

from collections.abc import Sequence

from rft_app.traces.otlp.attributes import read_text, read_usage, try_json, unflatten
from rft_app.traces.otlp.bodies import is_request, is_response, read_bodies, take_response
from rft_app.traces.otlp.call import Answer, Call, read_finish, read_tool_choice, read_tools
from rft_app.traces.otlp.parts import Json, is_list, is_object
from rft_app.traces.otlp.span import MS_IN_NS, Attributes, Log, Span
from rft_app.traces.otlp.turns import read_messages

_INPUT, _OUTPUT = "input.value", "output.value"
_FIRST_TOKEN = "First Token Stream Event"
_FLAT = ("llm.input_messages.", "llm.output_messages.", "llm.tools.")


class OpenInference:
    """Spans of `openinference-instrumentation-*`."""

    name = "openinference"
    label = "OpenInference"

    def matches(self, span: Span) -> bool:
        """The kind that each of its spans has."""
        return "openinference.span.kind" in span.attributes

    def is_call(self, span: Span) -> bool:
        """Chains, agents, tools and retrievers are structure."""
        return span.attributes["openinference.span.kind"] == "LLM"

    def read(self, span: Span, logs: Sequence[Log]) -> Call:
        """Logs hold nothing for it."""
        known = span.attributes
        flat = _read_flat(known)
        call = _read_values(known, flat)
        call.tools = call.tools or flat.tools
        call.usage = call.usage or read_usage(
            known,
            prompt_tokens=("llm.token_count.prompt",),
            completion_tokens=("llm.token_count.completion",),
        )
        call.model = read_text(known, "llm.model_name") or call.model
        call.first_token_ms = _find_first_token(span)
        return call


def _read_values(known: Attributes, flat: Call) -> Call:
    """The raw bodies, else what is flat, else texts; values that were not read stay attributes."""
    request, response = try_json(known.get(_INPUT)), try_json(known.get(_OUTPUT))
    raw = read_bodies(request, None) if is_request(request) else Call(prompt=[])
    is_raw = bool(raw.prompt)
    call, used = (raw, [*_FLAT, "input."]) if is_raw else (flat, [*_FLAT])
    if not call.prompt:
        call.prompt = _read_texts(known, "llm.prompts", "prompt")
    if not call.prompt:
        call.prompt = _read_said(known, _INPUT, "user")
        used += ["input."] if call.prompt else []
    is_answer = call.prompt and not flat.answers and is_response(response)
    if is_object(response) and (is_raw or is_answer):
        take_response(call, response)
        used += ["output."]
    call.answers = call.answers or flat.answers
    if not call.answers and call.prompt:
        call.answers = [Answer([each]) for each in _read_texts(known, "llm.choices", "completion")]
    if not call.answers and call.prompt:
        call.answers = [Answer([each]) for each in _read_said(known, _OUTPUT, "assistant")]
        used += ["output."] if call.answers else []
    call.used = tuple(used)
    return call


def _read_texts(known: Attributes, prefix: str, name: str) -> list[Json]:
    """Texts of a completion; older spans have them as one list."""
    role = "user" if name == "prompt" else "assistant"
    told = known.get(prefix)
    inner = (flat.get(name) for flat in unflatten(known, prefix))
    texts = told if is_list(told) else [each.get("text") for each in inner if is_object(each)]
    return [{"role": role, "content": text} for text in texts if isinstance(text, str)]


def _read_said(known: Attributes, name: str, role: str) -> list[Json]:
    """A value that is messages or a text; none of another kind."""
    told = known.get(name)
    value = try_json(told)
    if is_object(value) or is_list(value):
        items = value if is_list(value) else [value]
        is_said = all(
            isinstance(each, str) or (is_object(each) and "role" in each) for each in items
        )
        return read_messages(items, role) if is_said else []
    return read_messages(told, role) if isinstance(told, str) and told.strip() else []


def _read_flat(known: Attributes) -> Call:
    settings = try_json(known.get("llm.invocation_parameters"))
    choice, parallel = read_tool_choice(
        settings.get("tool_choice") if is_object(settings) else None
    )
    reason = read_finish(known.get("llm.finish_reason"))
    return Call(
        prompt=read_messages([_message(flat) for flat in unflatten(known, "llm.input_messages")]),
        answers=[
            Answer(read_messages([_message(flat, "assistant")]), reason)
            for flat in unflatten(known, "llm.output_messages")
        ],
        tools=read_tools([_schema(flat) for flat in unflatten(known, "llm.tools")]),
        tool_choice=choice,
        parallel_tool_calls=parallel,
    )


def _message(flat: Json, role: str = "user") -> Json:
    """One message; what calls say twice, in `contents` and `tool_calls`, is taken once."""
    found = flat.get("message")
    said: Json = found if is_object(found) else {}
    calls = said.get("tool_calls")
    message: Json = {"role": said.get("role") or role, "content": said.get("content")}
    if is_list(said.get("contents")):
        parts = [_part(each) for each in said["contents"]]
        message["content"] = [
            part for part in parts if not (calls and part.get("type") == "tool_use")
        ]
        message["type"] = "message"  # its parts are put together
    if is_list(calls):
        message["tool_calls"] = [each.get("tool_call", {}) for each in calls if is_object(each)]
    for name in ("tool_call_id", "name"):
        if name in said:
            message[name] = said[name]
    return message


def _part(flat: object) -> Json:
    found = flat.get("message_content") if is_object(flat) else None
    part: Json = dict(found) if is_object(found) else {"type": "text", "text": ""}
    image = part.get("image")
    if is_object(image):
        inner = image.get("image", image)
        return {"type": "image_url", "image_url": inner if is_object(inner) else {"url": inner}}
    return part


def _schema(flat: Json) -> object:
    tool = flat.get("tool")
    return try_json(tool.get("json_schema")) if is_object(tool) else None


def _find_first_token(span: Span) -> float | None:
    times = (event.time_ns for event in span.events if event.name == _FIRST_TOKEN)
    first_ns = next(times, None)
    if first_ns is None or first_ns < span.start_ns:
        return None
    return (first_ns - span.start_ns) / MS_IN_NS
