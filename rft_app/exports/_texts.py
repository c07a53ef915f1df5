"""Conversations as plain text, for formats that hold no messages."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson

from rft_app.domain.message import text_of


def plain_text(message: bytes) -> str:
    """All text of a message; empty where it only calls tools."""
    return text_of(orjson.loads(message).get("content"))


def is_only_text(messages: Sequence[bytes]) -> bool:
    """Whether no message holds an image, sound or a file."""
    return says_only_text(map(orjson.loads, messages))


def says_only_text(turns: Iterable[dict[str, Any]]) -> bool:
    """As `is_only_text`, of messages that are parsed."""
    contents: list[str | list[dict[str, Any]] | None] = [turn.get("content") for turn in turns]
    parts = (part for content in contents if isinstance(content, list) for part in content)
    return all(part.get("type") in {"text", "refusal"} for part in parts)


def last_question(given: Sequence[bytes]) -> str:
    """Text of the last user turn; empty where there is none."""
    turns: Iterator[dict[str, Any]] = map(orjson.loads, reversed(given))
    asked = (text_of(turn.get("content")) for turn in turns if turn["role"] == "user")
    return next(asked, "")


def transcript(given: Sequence[bytes]) -> str:
    """What was said after the instructions: a lone question as it is, else one turn a paragraph."""
    turns: list[dict[str, Any]] = list(map(orjson.loads, given))
    said = [turn for turn in turns if turn["role"] not in {"system", "developer"}]
    if len(said) == 1 and said[0]["role"] == "user":
        return text_of(said[0].get("content"))
    return "\n\n".join(line for turn in said for line in _lines(turn))


def _lines(turn: dict[str, Any]) -> list[str]:
    text = text_of(turn.get("content"))
    lines = [f"{turn['role']}: {text}"] if text else []
    calls = [call["function"] for call in turn.get("tool_calls") or ()]
    return [
        *lines,
        *(f"{turn['role']} calls {call['name']}({call['arguments']})" for call in calls),
    ]


def instructions(given: Sequence[bytes]) -> str:
    """Text of the system and developer turns."""
    turns: list[dict[str, Any]] = list(map(orjson.loads, given))
    texts = (
        text_of(turn.get("content")) for turn in turns if turn["role"] in {"system", "developer"}
    )
    return "\n\n".join(filter(None, texts))
