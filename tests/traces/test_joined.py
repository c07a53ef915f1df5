"""Requests and answers of batches: which belong together, and where nobody can say."""

from typing import Any

import orjson
import pytest

from rft_app.traces.joined import Joined, cut_parts, join_parts
from rft_app.traces.line import LineFault, decode_row


def question(text: str, custom_id: str | None = "r1") -> dict[str, Any]:
    return {"custom_id": custom_id, "body": {"messages": [{"role": "user", "content": text}]}}


def answer(text: str, custom_id: str | None = "r1") -> dict[str, Any]:
    return {"id": f"b-{text}", "custom_id": custom_id, "response": {"body": {"text": text}}}


def join(*lines: dict[str, Any]) -> list[Joined]:
    parts = []
    for number, line in enumerate(lines, 1):
        row = decode_row(orjson.dumps(line))
        assert not isinstance(row, LineFault)
        parts += cut_parts(row, number)
    return join_parts(parts)


def pairs(*lines: dict[str, Any]) -> list[tuple[str, str]]:
    found = [orjson.loads(each.data) for each in join(*lines)]
    return [
        (each["body"]["messages"][0]["content"], each["response"]["body"]["text"]) for each in found
    ]


@pytest.mark.parametrize(
    "lines",
    [
        (question("q1"), answer("a1"), question("q2"), answer("a2")),
        (answer("a1"), answer("a2"), question("q1"), question("q2")),
        (question("q1"), question("q2"), answer("a1"), answer("a1"), answer("a2")),
    ],
)
def test_batches_with_the_same_ids_are_paired_in_their_order(
    lines: tuple[dict[str, Any], ...],
) -> None:
    assert pairs(*lines) == [("q1", "a1"), ("q2", "a2")]


def test_a_request_that_was_sent_again_has_both_answers() -> None:
    assert pairs(question("q"), answer("a1"), question("q"), answer("a2")) == [
        *(("q", "a1"), ("q", "a2"))
    ]


def test_where_an_answer_is_missing_nothing_is_guessed() -> None:
    found = join(question("q1"), question("q2"), answer("a2"), answer("a2"))

    assert [each.line_number for each in found] == [1, 2, 3, 4]
    faults = [each.fault for each in found if each.fault is not None]
    assert len(faults) == 4
    assert faults[0].message.startswith("2 requests and 1 answers have the `custom_id` r1, so")


@pytest.mark.parametrize("custom_id", [None, ""])
def test_a_line_without_an_id_is_joined_with_none(custom_id: str | None) -> None:
    for line in (question("q", custom_id), answer("a", custom_id)):
        row = decode_row(orjson.dumps(line))
        assert not isinstance(row, LineFault)
        assert cut_parts(row, 1) == []
