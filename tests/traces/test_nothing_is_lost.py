"""Whatever a row holds can be found again."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_app.traces.mapped import Mapped
from tests.traces.reading_helpers import assistant, read, user

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
KNOWN = {
    *("messages", "metadata", "record_id", "id", "trace_id", "model", "tools", "tool_choice"),
    *("parallel_tool_calls", "finish_reason", "usage", "latency_ms", "reward", "feedback"),
    *("reference_answer", "reference", "ground_truth", "traj", "task_id", "trial", "request"),
    *("input", "preferred_output", "prompt", "completion", "question", "answer"),
    *("session_id", "conversation_id", "response", "choices", "non_preferred_output"),
    *("system", "custom_id", "object", "function_name", "request_id", "litellm_call_id"),
}
FIELDS = st.dictionaries(TEXTS.filter(lambda name: name not in KNOWN), VALUES, max_size=6)
SHAPES: list[dict[str, Any]] = [
    {"messages": [user(), assistant()]},
    {"messages": [user()], "reference": "r"},
    {"prompt": "p", "completion": "c"},
    {"question": "q", "answer": "a"},
    {"traj": [user(), assistant()]},
    {"request": {"messages": [user()]}, "response": None},
    {"input": {"messages": [user()]}, "preferred_output": [assistant()]},
]


@pytest.mark.parametrize("row", SHAPES)
@given(fields=FIELDS)
def test_unknown_fields_become_metadata(row: dict[str, Any], fields: dict[str, Any]) -> None:
    _, body, _ = read({**row, **fields})

    assert body.get("metadata", {}).items() >= fields.items()


@given(fields=FIELDS, own=st.dictionaries(TEXTS, VALUES, max_size=4))
def test_a_rows_own_metadata_is_kept(fields: dict[str, Any], own: dict[str, Any]) -> None:
    _, body, _ = read({"messages": [user()], "metadata": own, **fields})

    metadata = body["metadata"]
    if "metadata" in metadata and metadata["metadata"] == own:
        metadata = {**own, **metadata}
    assert metadata.items() >= {**own, **fields}.items()


@given(request=FIELDS, response=FIELDS)
def test_parts_of_a_gateway_call_are_kept(
    request: dict[str, Any], response: dict[str, Any]
) -> None:
    row = {
        "request": {"messages": [user()], **request},
        "response": {"choices": [{"message": assistant()}], **response},
    }
    _, body, _ = read(row)

    metadata = body.get("metadata", {})
    assert metadata.get("request", {}) == request
    assert metadata.get("response", {}) == {k: v for k, v in response.items() if k != "choices"}


@given(fields=FIELDS, question=TEXTS, answer=VALUES)
def test_mapping_keeps_what_it_does_not_use_up(
    fields: dict[str, Any], question: str, answer: object
) -> None:
    row = {**fields, "q": question, "a": answer}
    _, body, _ = read(row, Mapped({"input": "q", "reference": "a"}))

    assert body["messages"] == [user(question)]
    expected = answer if isinstance(answer, str) else orjson.dumps(answer).decode()
    assert body.get("reference") == (None if answer is None else expected)
    fields.pop("q", None)
    assert body["metadata"].items() >= {**fields, "a": answer}.items()
