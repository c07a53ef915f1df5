"""How one trace is laid out."""

from typing import Any

import pytest

from rft_app.domain.intake import Outcome
from rft_app.domain.trace import TraceId, TraceStatus
from rft_app.domain.trace_detail import TraceDetail, TraceSpan
from rft_app.ui.state.trace_line import TraceLine
from rft_app.ui.state.trace_view import DEEPEST, view_spans, view_trace
from tests.ui.test_trace_list_state import make_summary


def make_span(number: int, parent: int | None = None, **changes: Any) -> TraceSpan:
    values: dict[str, Any] = {
        "id": f"{number:016x}",
        "parent_id": None if parent is None else f"{parent:016x}",
        "name": f"span {number}",
        "scope": "",
        "outcome": Outcome.NO_CALL,
        "trace_id": None,
        "offset_ms": 0.0,
        "duration_ms": 1.0,
        "has_failed": False,
        "status_message": "",
        "attributes": {},
    }
    return TraceSpan(**values | changes)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("otel_genai", "otel_genai, as OTLP"),
        ("gateway", "through the gateway"),
        ("file", "from a file"),
        ("litellm", "litellm, sent or from a file"),
        ("helicone", "helicone, from a file"),
        ("langfuse", "langfuse, sent or from a file"),
    ],
)
def test_a_trace_without_a_dataset_says_how_it_came(source: str, words: str) -> None:
    came = make_summary("trc_1").model_copy(update={"source": source})
    assert TraceLine.of(came).dataset == words
    kept = came.model_copy(update={"dataset_id": "ds_a", "dataset_name": "Orders"})
    assert TraceLine.of(kept).dataset == "Orders"


def test_bars_lie_on_one_scale() -> None:
    root = make_span(1, duration_ms=200.0)
    call = make_span(2, 1, offset_ms=50.0, duration_ms=100.0, trace_id=TraceId("trc_1"))
    bars = view_spans([root, call], "trc_1")
    assert [(bar.left, bar.width, bar.took) for bar in bars] == [
        ("0.00%", "100.00%", "200 ms"),
        ("25.00%", "50.00%", "100 ms"),
    ]
    assert [(bar.indent, bar.is_this) for bar in bars] == [("0px", False), ("14px", True)]


def test_a_span_without_a_length_is_a_mark_and_its_time_unknown() -> None:
    (_, bar) = view_spans([make_span(1), make_span(2, offset_ms=1.0, duration_ms=None)], "trc_1")
    assert bar.took == "–"
    assert float(bar.left[:-1]) + float(bar.width[:-1]) <= 100


@pytest.mark.parametrize("parent", [99, 1])
def test_a_parent_that_never_came_and_a_loop_of_parents_end(parent: int) -> None:
    spans = [make_span(1, 2), make_span(2, parent)]
    indents = [bar.indent for bar in view_spans(spans, "trc_1")]
    assert indents[1] == ("0px" if parent == 99 else f"{14 * DEEPEST}px")


def test_a_call_whose_attributes_were_let_go_says_so() -> None:
    told, trimmed = (
        make_span(number, outcome=Outcome.CALL, attributes=attributes)
        for number, attributes in enumerate(({"a": 1}, {}), 1)
    )
    bars = view_spans([told, trimmed, make_span(3)], "trc_1")
    assert ["in the trace" in bar.note for bar in bars] == [False, True, False]


def test_nothing_took_no_time_at_all() -> None:
    (bar,) = view_spans([make_span(1, duration_ms=0.0)], "trc_1")
    assert (bar.left, bar.took) == ("0.00%", "< 1 ms")


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        ({"response": {"error": {"message": "Rate limit reached"}}}, "Rate limit reached"),
        ({"error": {"message": "No such model", "type": "x"}}, "No such model"),
        ({"error": "timed out"}, "timed out"),
        ({"error": {"message": None}, "response": None}, ""),
        ({"response": {"error": [1]}}, ""),
        ({}, ""),
    ],
)
def test_a_failed_call_says_what_its_provider_said(metadata: dict[str, Any], words: str) -> None:
    failed = make_summary("a").model_copy(update={"status": TraceStatus.ERROR})
    parts: dict[str, Any] = {"messages": (), "num_given": 0, "other": {"metadata": metadata}}
    none = {"spans": (), "num_spans": 0, "records": (), "num_records": 0}
    assert view_trace(TraceDetail(summary=failed, **parts, **none)).fault == words
