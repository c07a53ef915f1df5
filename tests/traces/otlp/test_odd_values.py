"""A stranger's span may hold anything; none stops those behind it."""

import random
from collections import Counter
from typing import Any

import orjson

from rft_app.domain.intake import Outcome
from rft_app.storage.bodies import split_body
from rft_app.storage.turns import decode_all_turns
from rft_app.traces.otlp import UNREADABLE, read_span
from rft_app.traces.otlp.span import decode_span, encode
from rft_app.traces.otlp.trace import make_trace, read_session
from tests.captured import read_capture

FOLDERS = ("genai_openai_event", "openinference", "traceloop_0.40_legacy", "langfuse_sdk_otlp")
NUM_SPANS = 1500
ODD: tuple[Any, ...] = (
    *(None, True, 0, -1, 1.5, float("nan"), 10**18, -(2**63), "", "x", "\0a", "[", "[null]", "1"),
    *(["a", {"b": [1]}], {"k": {"v": None}}, [[[]]], "{}", '"a"', '[{"role":1}]'),
    '[{"role":"user","content":{"a":1}}]',
    '[{"role":"user","parts":[{"type":"tool_call"}]}]',
    '[{"role":"user","parts":[{"type":"text","content":null}]}]',
    '[{"role":"tool","parts":[{"type":"tool_call_response"}]}]',
    '[{"role":"assistant","content":[{"type":"thinking","thinking":null}]}]',
    '{"messages":[{"role":"user","content":[{"type":"text"}]}]}',
    '{"messages":[{"role":"assistant","tool_calls":[1]}],"model":"m"}',
    '{"model":"m","input":[{"type":"reasoning","summary":"x"},{"type":"function_call"}]}',
    '{"tool_choice":{"type":"tool"},"messages":[],"model":"m"}',
    '{"choices":[{"message":null}]}',
    '{"output":[{"type":"x"}]}',
    '{"type":"message","content":[{"type":"tool_use"}]}',
    '{"usage":{"prompt_tokens":"x"},"choices":[]}',
)


def spoil(attributes: dict[str, Any], chance: random.Random) -> None:
    """Change some attributes: another value, gone, or split."""
    for _ in range(chance.randint(1, 4)):
        if not attributes:
            return
        name, way = chance.choice(list(attributes)), chance.random()
        if way < 0.6:
            attributes[name] = chance.choice(ODD)
        elif way < 0.8:
            del attributes[name]
        else:
            attributes[name + chance.choice([".0", ".0.role", ".1.content", ".x"])] = chance.choice(
                ODD
            )


def test_every_span_is_a_readable_trace_or_none() -> None:
    chance = random.Random(20261122)
    captured = [read_capture(folder) for folder in FOLDERS]
    spans = [(span, logs.get(span.key, [])) for found, logs in captured for span in found]
    outcomes: Counter[Outcome] = Counter()
    for _ in range(NUM_SPANS):
        original, logs = chance.choice(spans)
        span = decode_span(encode(original))
        spoil(span.attributes, chance)
        found = read_span(span, logs)
        outcomes[found.outcome] += 1
        if found.call is None:
            continue
        try:
            trace = make_trace(span, found.call, found.source, read_session(span), 1000)
        except UNREADABLE:
            continue
        assert orjson.loads(trace.body)["metadata"]["span_id"] == span.span_id
        assert split_body(trace.body).num_given <= len(decode_all_turns(trace.body))
        assert "\0" not in f"{trace.title}{trace.model}{trace.system_prompt}"
    assert outcomes[Outcome.CALL] > NUM_SPANS / 4
    assert outcomes[Outcome.UNREADABLE] > 0
