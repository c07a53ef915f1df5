"""Traces: what one request, or one whole agent run, did at the gateway."""

from enum import StrEnum
from typing import NamedTuple, NewType

from rft_app.domain.public_id import make_id, parse_id
from rft_app.domain.validity import Reason

TraceId = NewType("TraceId", str)
"""`trc_` and the trace's sequence number in lower-case hexadecimal, e.g. `trc_7f3e10`."""


def trace_id(seq: int) -> TraceId:
    """The public id of the trace with database key `seq`.

    Example:
        >>> trace_id(255)
        'trc_ff'
    """
    return TraceId(make_id("trc", seq))


def parse_trace_id(text: str) -> int | None:
    """The database key behind a public id; `None` when `text` is not one.

    Example:
        >>> parse_trace_id("trc_ff"), parse_trace_id("rec_ff"), parse_trace_id("trc_-1")
        (255, None, None)
    """
    return parse_id("trc", text)


class RewardFault(StrEnum):
    """Why what is recorded as reward is not taken; codes of an import's notes."""

    OUT_OF_RANGE = "reward_out_of_range"
    NOT_A_NUMBER = "reward_not_a_number"

    @property
    def message(self) -> str:
        """What is wrong and what to do."""
        if self is RewardFault.OUT_OF_RANGE:
            return (
                "The reward is not between 0 and 1. It stays a field of the record; scale it to "
                "use it."
            )
        return (
            "The reward is neither a number nor an object with one number. It stays a field of "
            "the record; name a number inside it by a mapping, e.g. reward=feedback.score."
        )


class TraceStatus(StrEnum):
    """How the call ended, as far as its source says."""

    OK = "ok"
    ERROR = "error"


GOOD_FROM = 0.5
"""Rewards from here on are good ratings."""


class Rating(StrEnum):
    """What was thought of the answer, by the reward or feedback that came with it."""

    GOOD = "good"
    BAD = "bad"
    NONE = "none"


FILE_SOURCE = "file"
"""The source of traces that were imported."""


class Growth(NamedTuple):
    """What tells that one call goes on with the conversation of another, as fingerprints."""

    whole: int
    """Of the conversation with the call's answer."""
    prefixes: tuple[int, ...]
    """Of what was given, up to each answer in it; the longest last."""


class ParsedTrace(NamedTuple):
    """One source row, ready to store: the columns lists filter on, and its canonical JSON.

    `body` is an object with `messages` (OpenAI chat messages; a recorded answer is among them) and,
    where known: `num_prompt_messages` (only assistant turns from this index on are answers of this
    row; absent means all are), `tools`, `tool_choice`, `parallel_tool_calls`, `reference` (always
    text), `rejected` (messages of a worse answer), `finish_reason`, `usage`, `latency_ms`,
    `metadata` (object: every other field of the row, so that nothing is lost).
    """

    body: bytes
    external_id: str | None
    """The source's own id of the row (`record_id`, `id`, `trace_id`), to find it again."""
    group: str | None
    """Rows with the same group never straddle a split; `None` means the row is its own group."""
    model: str | None
    title: str
    """First user message, one line, at most 140 characters; empty when there is none."""
    num_messages: int
    num_turns: int
    """How many assistant turns are answers of this row."""
    reward: float | None
    """Recorded reward in [0, 1]; `None` when there is none or it has another scale."""
    reason: Reason | None
    """Why a record of its last turn would be invalid; `None` when it is valid."""
    reward_fault: RewardFault | None = None
    """Why what was recorded as reward is none; the row is valid all the same."""
    system_prompt: str = ""
    """Beginning of the first system message, one line, at most 140 characters."""
    num_user_turns: int = 0
    num_tools: int = 0
    """How many different tools it calls."""
    recorded_at: int | None = None
    """When the row says it happened, in milliseconds since 1970, UTC; `None` where it does not."""
    source: str = FILE_SOURCE
    """`file`, or the dialect of OTLP it arrived in."""
    status: TraceStatus = TraceStatus.OK
    input_tokens: int | None = None
    output_tokens: int | None = None
    latency_ms: float | None = None
    growth: Growth | None = None
    """Of one answered call; `None` where the row is no single call."""
    tags: tuple[str, ...] = ()
    """What its application sorts its calls by."""
