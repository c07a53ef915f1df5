"""Rollouts: answers of a model to records, and what a grader is shown of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypedDict

Json = dict[str, Any]

Item = dict[str, Any]
"""The record's side, see `make_item`."""


class Sample(TypedDict):
    """The answer's side of a grading call."""

    output_text: str
    """All text of the answer; empty where the model only called tools."""
    output_json: Any
    """`output_text` read as JSON; `None` where it is not JSON."""
    output_tools: list[Json]
    """The answer's tool calls."""
    messages: list[Json]
    """The answer as messages."""


class RolloutKey(NamedTuple):
    """One planned rollout: whose answer, and which one."""

    record_seq: int
    rollout_seq: int | None
    """`None` for the record's own recorded answer."""
    topic_id: int | None


@dataclass(frozen=True, slots=True)
class Rollout:
    """One answer with its record, ready to be graded."""

    key: RolloutKey
    sample: Sample
    item: Item
    model: str | None = None
    """Model of an imported answer, where known."""

    @property
    def question(self) -> str:
        """Text of the last user message; empty where there is none."""
        turns = [turn for turn in self.item.get("messages", ()) if turn.get("role") == "user"]
        return _text(turns[-1].get("content")) if turns else ""

    @property
    def has_output(self) -> bool:
        """Whether there is an answer at all."""
        return bool(self.sample["messages"])


def make_sample(messages: Sequence[Json], output_json: object) -> Sample:
    """Lay out an answer for a grader.

    Args:
        messages: The answer's messages, usually one assistant turn.
        output_json: The answer's text as JSON, `None` where it is not.
    """
    return Sample(
        output_text=output_text(messages),
        output_json=output_json,
        output_tools=[call for message in messages for call in message.get("tool_calls") or ()],
        messages=list(messages),
    )


def output_text(messages: Sequence[Json]) -> str:
    """The text of the assistant's turns, parts that are not text left out.

    Example:
        >>> output_text([{"role": "assistant", "content": [{"type": "text", "text": "Hi"}]}])
        'Hi'
    """
    return "\n".join(
        text
        for message in messages
        if message.get("role") == "assistant" and (text := _text(message.get("content")))
    )


def _text(content: Any) -> str:  # noqa: ANN401  # as it came from outside
    if isinstance(content, str):
        return content
    texts: list[object] = [part.get("text") for part in content or ()]
    return "\n".join(text for text in texts if isinstance(text, str))


def make_item(
    metadata: Json, fields: Json, reward: float | None, *, is_imported: bool = False
) -> Item:
    """Lay out a record for a grader: its metadata at top level, our own fields over it.

    The source's own `id` is the exception: it stays, and ours is always `rec_id`.

    Args:
        metadata: Every field of the source row that has no place of its own.
        fields: `id`, `messages`, `tools`, `topic`, `reference`.
        reward: The reward recorded with this very answer, in [0, 1].
        is_imported: Whether the answer was imported for the record. A `reward` of the row is not
            its own: without one of its own the key is absent, so that a script that needs it
            fails instead of reading a number that nobody gave.
    """
    item = metadata | fields
    item["rec_id"] = fields["id"]
    item["id"] = metadata.get("id", fields["id"])
    item["reference_answer"] = fields["reference"]
    if is_imported:
        item.pop("reward", None)
    if reward is not None:
        item["reward"] = reward
    return item
