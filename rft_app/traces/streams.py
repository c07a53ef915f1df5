"""The pieces of a streamed answer, put together to the body that would have come in one piece.

Three providers' streams are told apart by their pieces: those of Chat Completions (`choices` with a
`delta`), events of Anthropic's Messages API (`message_start` …) and events of OpenAI's Responses
API.  Whatever a piece holds in place of what is expected is left out; what the others say stays.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, Final

from rft_app.traces.otlp.attributes import try_json
from rft_app.traces.otlp.parts import Json, as_json_text, is_list, is_object
from rft_app.traces.response_stream import assemble_response

_JOINED: Final = frozenset({"content", "reasoning_content", "reasoning", "refusal", "arguments"})
"""Texts of a chat delta that grow piece by piece; `function.name` comes at once."""
_JOINED_WITHIN: Final = {
    "audio": frozenset({"data", "transcript"}),
    "function_call": frozenset({"arguments"}),
}
"""Objects of a chat delta, and their texts that grow piece by piece."""
_INPUTS: Final = {"function": "arguments", "custom": "input"}
"""Kinds of tool calls, and the text of each that grows piece by piece."""
_BLOCK_TEXTS: Final = {
    "text_delta": "text",
    "thinking_delta": "thinking",
    "signature_delta": "signature",
}
_DATA: Final = "data:"


def read_events(text: str) -> list[Json]:
    r"""The JSON of server-sent events; empty where a text holds none.

    Example:
        >>> read_events('data: {"a":1}\n\ndata: [DONE]\n\n')
        [{'a': 1}]
    """
    return [event for _, event in read_timed_events((0, line) for line in text.split("\n"))]


def read_timed_events(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, Json]]:
    """The JSON of server-sent events, each with the moment at which it was whole.

    Args:
        lines: Each with the moment at which it came.  An event may be one line, as providers send
            it, or several that end in an empty one.
    """
    open_lines: list[str] = []
    at = 0
    for at, line in lines:
        data = line.removeprefix(_DATA).strip() if line.startswith(_DATA) else None
        event = None if data is None or open_lines else try_json(data)
        if is_object(event):
            yield at, event
        elif data is not None:
            open_lines.append(data)
        elif not line.strip():
            yield from ((at, each) for each in _close_event(open_lines))
            open_lines = []
    yield from ((at, each) for each in _close_event(open_lines))


def _close_event(lines: Sequence[str]) -> list[Json]:
    """One event of several lines or, where they are none together, those that are one alone."""
    whole = try_json("\n".join(lines))
    return [whole] if is_object(whole) else _objects([try_json(line) for line in lines])


def assemble(pieces: Iterable[object]) -> Json | None:
    """The body that pieces of a stream make; `None` where they are none of a known stream.

    A stream that broke off gives what came of it.
    """
    found = [piece for piece in pieces if is_object(piece)]
    if any(map(_is_chunk, found)):
        return _assemble_chat(found)
    kinds = [kind for kind in (piece.get("type") for piece in found) if isinstance(kind, str)]
    if "message_start" in kinds:
        return _assemble_blocks(found)
    if any(kind.startswith("response.") for kind in kinds):
        return assemble_response(found)
    return None


def _is_chunk(piece: Json) -> bool:
    return piece.get("object") == "chat.completion.chunk" or any(
        "delta" in choice for choice in _objects(piece.get("choices"))
    )


def list_deltas(piece: Json) -> list[Json]:
    """What the choices of a piece of Chat Completions add to their messages."""
    return [_read_delta(choice) for choice in _objects(piece.get("choices"))]


def _read_delta(choice: Json) -> Json:
    delta = choice.get("delta")
    return {"content": delta} if isinstance(delta, str) else _fields(delta)


def _objects(value: object) -> list[Json]:
    return [each for each in value if is_object(each)] if is_list(value) else []


def _fields(value: object) -> Json:
    """A copy of an object; empty for anything else."""
    return dict(value) if is_object(value) else {}


def _place(piece: Json) -> int:
    index = piece.get("index")
    return index if isinstance(index, int) else 0


def _assemble_chat(chunks: Sequence[Json]) -> Json:
    body: Json = {}
    choices: dict[int, Json] = {}
    for chunk in chunks:
        body.update({key: value for key, value in chunk.items() if value is not None})
        for piece in _objects(chunk.get("choices")):
            choice = choices.setdefault(_place(piece), {"message": {}})
            _grow(choice["message"], _read_delta(piece))
            told = piece if is_object(piece.get("message")) else {**piece, "message": None}
            _extend(choice, {k: v for k, v in told.items() if k != "delta"})
    for choice in choices.values():
        _close_calls(choice["message"])
    body["object"] = "chat.completion"
    body["choices"] = [choices[index] for index in sorted(choices)]
    return body


def _grow(message: Json, delta: Json) -> None:
    for key, value in delta.items():
        if value is None:
            message.setdefault(key, None)
        elif key == "tool_calls" and is_list(value):
            _grow_calls(message, value)
        elif key in _JOINED:
            message[key] = _join(message.get(key), value)
        elif key in _JOINED_WITHIN and is_object(value):
            message[key] = _grow_within(_fields(message.get(key)), value, _JOINED_WITHIN[key])
        else:
            _extend(message, {key: value})


def _grow_within(known: Json, more: Json, texts: Collection[str]) -> Json:
    """An object that goes on: these texts grow, others stay or come."""
    for key, value in more.items():
        if key in texts:
            known[key] = _join(known.get(key), value)
        elif value or key not in known:
            known[key] = value
    return known


def _join(known: object, value: object) -> object:
    """A text that goes on; where either is a list of parts, such as thoughts, a list."""
    if not (isinstance(value, str) or is_list(value) or is_object(value)):
        return known
    if not known:
        return value
    if isinstance(known, str) and isinstance(value, str):
        return known + value
    parts = _as_parts(known)
    for part in _as_parts(value):
        _add_part(parts, part)
    return parts


def _as_parts(value: object) -> list[Any]:
    if is_list(value):
        return value
    if isinstance(value, str):
        return [{"type": "text", "text": value}] if value else []
    return [value]


def _add_part(parts: list[Any], part: object) -> None:
    """A part goes on where the one before it is of the same kind and both are texts or lists."""
    last = parts[-1] if parts else None
    if is_object(last) and is_object(part) and last.get("type") == part.get("type"):
        kind = str(part.get("type"))
        if last.keys() | part.keys() == {"type", kind}:
            last[kind] = _join(last[kind], part[kind])
            return
    parts.append(part)


def _extend(body: Json, piece: Json) -> None:
    """Add what a piece tells beside its texts: lists go on, such as those of log probabilities."""
    for key, value in piece.items():
        known = body.get(key)
        if is_list(known) and is_list(value):
            known.extend(value)
        elif is_object(known) and is_object(value):
            _extend(known, value)
        elif value is not None or key not in body:
            body[key] = value


def _grow_calls(message: Json, pieces: list[Any]) -> None:
    known = message.get("tool_calls")
    calls: list[Any] = known if is_list(known) else []
    message["tool_calls"] = calls
    for piece in _objects(pieces):
        call = _find_call(calls, piece)
        if call is None:
            index = piece["index"] if _has_index(piece) else len(calls)
            kind = "custom" if piece.get("type") == "custom" else _kind_of(piece)
            call = {"index": index, "type": kind, kind: Json()}
            calls.append(call)
        _grow_call(call, piece)


def _find_call(calls: list[Any], piece: Json) -> Json | None:
    """The call that a piece goes on; `None` where it begins one.

    Some providers number all calls 0, but name each by an id and its function; others name the
    function again and again, or each piece by another id.
    """
    begun = [call for call in _objects(calls) if is_object(call.get(_kind_of(call)))]
    if _has_index(piece):
        begun = [call for call in begun if call.get("index") == piece["index"]]
    last = begun[-1] if begun else None
    if last is None or not _fields(piece.get(_kind_of(piece))).get("name"):
        return last
    own_id, known_id = piece.get("id"), last.get("id")
    is_same = own_id == known_id if own_id and known_id else _has_index(piece)
    return last if is_same else None


def _kind_of(call: Json) -> str:
    """Of which kind a call is; it holds an object of this name."""
    return "custom" if is_object(call.get("custom")) else "function"


def _has_index(piece: Json) -> bool:
    return isinstance(piece.get("index"), int)


def _grow_call(call: Json, piece: Json) -> None:
    kind = _kind_of(call)
    added = {k: v for k, v in piece.items() if k not in {"index", kind} and v}
    call.update({**added, "id": call["id"]} if call.get("id") else added)
    told, function, text = _fields(piece.get(kind)), call[kind], _INPUTS[kind]
    function["name"] = told.get("name") or function.get("name") or ""
    function[text] = as_json_text(function.get(text)) + as_json_text(told.get(text))


def _close_calls(message: Json) -> None:
    """In the order of their numbers, which a whole answer does not tell."""
    calls = message.get("tool_calls")
    if is_list(calls):
        message["tool_calls"] = sorted(_objects(calls), key=_place)
        for call in message["tool_calls"]:
            call.pop("index", None)


def _assemble_blocks(events: Sequence[Json]) -> Json:
    body: Json = {}
    blocks: dict[int, Json] = {}
    for event in events:
        match event.get("type"):
            case "message_start":
                body = _fields(event.get("message"))
            case "content_block_start":
                blocks[_place(event)] = _fields(event.get("content_block"))
            case "content_block_delta":
                _grow_block(blocks.setdefault(_place(event), {}), _fields(event.get("delta")))
            case "message_delta":
                body.update(_fields(event.get("delta")))
                body["usage"] = _fields(body.get("usage")) | _fields(event.get("usage"))
            case "error":
                body["error"] = event.get("error")
            case _:
                pass
    body["content"] = [_close_block(blocks[index]) for index in sorted(blocks)]
    return body


def _grow_block(block: Json, delta: Json) -> None:
    kind = delta.get("type")
    if kind == "input_json_delta":
        told = as_json_text(delta.get("partial_json"))
        block["input_text"] = as_json_text(block.get("input_text")) + told
    elif kind == "citations_delta":
        known = block.get("citations")
        block["citations"] = [*(known if is_list(known) else ()), delta.get("citation")]
    elif isinstance(kind, str) and kind in _BLOCK_TEXTS:
        name = _BLOCK_TEXTS[kind]
        block[name] = _join(block.get(name), delta.get(name))


def _close_block(block: Json) -> Json:
    """A tool's input came as pieces of JSON text; what broke off stays a text."""
    text = block.pop("input_text", "")
    return {**block, "input": try_json(text)} if text else block
