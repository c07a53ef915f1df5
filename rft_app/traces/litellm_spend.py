"""`{"request_id": "…", "startTime": "…", "spend": 0.1, "messages": […], "response": {…}}`.

A row of LiteLLM's table `LiteLLM_SpendLogs`.  It holds what was said only where the proxy runs with
`store_prompts_in_spend_logs`; JSON columns may be written as text.
"""

import msgspec

from rft_app.domain.trace import TraceStatus
from rft_app.traces.draft import Draft
from rft_app.traces.exchange import draft_exchange, open_object, pack, tell
from rft_app.traces.line import Row, WrongShapeError, as_text, starts_with
from rft_app.traces.litellm import tell_error
from rft_app.traces.moment import read_moment
from rft_app.traces.otlp.attributes import try_json
from rft_app.traces.otlp.parts import is_list

_TOKENS = ("prompt_tokens", "completion_tokens", "total_tokens")


class LiteLlmSpend:
    """The request as the proxy got it, else its messages alone."""

    name = "litellm_spend"
    label = "LiteLLM spend logs"

    def matches(self, row: Row) -> bool:
        """The columns that name a call and what it cost."""
        return "request_id" in row and "startTime" in row and "spend" in row

    def draft(self, row: Row) -> Draft:
        """Columns of the row are taken where the response does not say it."""
        if not self.matches(row):
            raise WrongShapeError("`request_id`, `startTime` or `spend` is missing.")
        request = _take_request(row)
        details = open_object(row.get("metadata")) or {}
        row |= {key: raw for key, raw in details.items() if key == "error_information"}
        tell(
            row,
            id="request_id",
            timestamp="startTime",
            tags="request_tags",
            user_id="end_user",
        )
        tell_error(row)
        _open_tags(row)
        draft = draft_exchange(request, row.pop("response", None), row)
        if "usage" not in draft.body:
            draft.body["usage"] = pack({name: row[name] for name in _TOKENS if name in row})
        _take_times(draft, row)
        if "failure" in {as_text(row.get("status")), as_text(details.get("status"))}:
            draft.status = TraceStatus.ERROR
        return draft


def _take_request(row: Row) -> Row:
    request = open_object(row.get("proxy_server_request")) or {}
    request = open_object(request.get("body")) or request
    messages = try_json(as_text(row.pop("messages", None)))
    if "messages" not in request and "input" not in request and is_list(messages) and messages:
        request["messages"] = pack(messages)
    if "messages" not in request and "input" not in request:
        raise WrongShapeError(
            "The row holds no messages. LiteLLM stores them in spend logs only with "
            "`store_prompts_in_spend_logs: true`."
        )
    row.pop("proxy_server_request", None)
    if "model" not in request and starts_with(row.get("model"), b'"'):
        request["model"] = row["model"]
    return request


def _open_tags(row: Row) -> None:
    tags = try_json(as_text(row.get("tags")))
    if is_list(tags):
        row["tags"] = pack(tags)


def _take_times(draft: Draft, row: Row) -> None:
    """Latency and the time to the first token, by the moments that the row has."""
    started, first, ended = (
        None if row.get(name) is None else read_moment(row[name])
        for name in ("startTime", "completionStartTime", "endTime")
    )
    took = row.get("request_duration_ms", msgspec.Raw(b"null"))
    if bytes(took) != b"null":
        draft.body["latency_ms"] = took
    elif started is not None and ended is not None and ended >= started:
        draft.body["latency_ms"] = pack(ended - started)
    if started is None or first is None or ended is None:
        return
    if started <= first < ended:
        draft.rest["time_to_first_token_ms"] = pack(first - started)
