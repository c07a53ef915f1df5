from typing import Any

import orjson
import pytest

from rft_app.domain.grader import JsonSchemaSpec, parse_spec
from rft_app.domain.grading import Verdict
from rft_app.domain.rollout import make_sample
from rft_app.errors import InvalidInputError
from rft_app.graders import check_grader, open_grader

SCHEMA = {
    "type": "object",
    "properties": {"answer": {"type": "integer", "minimum": 1}},
    "required": ["answer"],
    "additionalProperties": False,
}


def grade(text: str, schema: dict[str, Any], field: str = "output_json") -> Verdict:
    try:
        parsed = orjson.loads(text)
    except orjson.JSONDecodeError:
        parsed = None
    sample = make_sample([{"role": "assistant", "content": text}], parsed)
    with open_grader(JsonSchemaSpec(json_schema=schema, field=field)) as grading:
        [found] = grading.grade([(sample, {})])
    assert isinstance(found, Verdict)
    return found


def test_a_valid_answer_is_one() -> None:
    assert grade('{"answer": 3}', SCHEMA) == Verdict(reward=1.0)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("three", "The answer is not JSON."),
        ('{"answer": 0}', "At answer: 0 is less than the minimum of 1"),
        ("{}", '"answer" is a required property'),
        ('{"answer": 1, "x": 2}', "Additional properties are not allowed"),
    ],
)
def test_an_invalid_answer_is_zero_and_says_why(text: str, reason: str) -> None:
    found = grade(text, SCHEMA)
    assert found.reward == 0
    assert found.reason is not None
    assert found.reason.startswith(reason)


def test_a_part_of_the_answer_can_be_checked() -> None:
    assert grade('{"answer": 3}', {"type": "integer"}, "output_json.answer").reward == 1
    assert grade("Hi", {"type": "string", "maxLength": 2}, "output_text").reward == 1
    missing = grade('{"answer": 3}', {"type": "integer"}, "output_json.total")
    assert missing == Verdict(reward=0.0, reason="The answer has no `output_json.total`.")


def test_a_pattern_that_would_search_for_ever_is_given_up() -> None:
    found = grade("a" * 60 + "!", {"type": "string", "pattern": "^(a+)+$"}, "output_text")
    assert found.reward == 0


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "nonsense"},
        {"pattern": "("},
        {"$ref": "https://example.com/schema.json"},
        {"$ref": "#/missing"},
    ],
)
def test_a_schema_that_cannot_be_used_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError, match="JSON schema cannot be used") as caught:
        check_grader(JsonSchemaSpec(json_schema=schema))
    assert caught.value.details["field"] == "json_schema"


def test_a_long_answer_does_not_make_a_long_reason() -> None:
    found = grade(orjson.dumps(["x" * 100_000]).decode(), {"type": "object"})
    assert found.reason is not None
    assert len(found.reason) <= 500


def test_it_is_read_from_settings() -> None:
    spec = parse_spec({"kind": "json_schema", "json_schema": SCHEMA})
    assert isinstance(spec, JsonSchemaSpec)
    with pytest.raises(InvalidInputError, match="json_schema"):
        parse_spec({"kind": "json_schema"})
