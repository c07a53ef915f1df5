"""JSON schema: whether a part of the answer has the form that was asked for.

A spec such as

    {"kind": "json_schema", "field": "output_json",
     "json_schema": {"type": "object", "required": ["answer"]}}

gives 1 where the part is valid, else 0 with the first fault as the reason.  An answer that is no
JSON is a zero, too: the model had to write some.  Patterns run in an engine that gives up instead
of searching for ever, and no schema is fetched from elsewhere.
"""

from typing import Any

import jsonschema_rs

from rft_app.domain.grader import JsonSchemaSpec
from rft_app.domain.grading import GradingFailure, Verdict
from rft_app.domain.rollout import Item, Sample
from rft_app.errors import InvalidInputError
from rft_app.graders._pure import PureSession, check_field, miss
from rft_app.graders.portable.json_schema import open_schema
from rft_app.graders.portable.lookup import find_value

MAX_REASON = 500


class JsonSchemaGrader:
    """Kind `json_schema`."""

    name = "json_schema"
    label = "JSON schema"

    def check(self, spec: JsonSchemaSpec) -> None:
        """Check the field and the schema."""
        check_field(spec.field)
        _open_schema(spec)

    def open(self, spec: JsonSchemaSpec) -> PureSession:
        """Make ready; the schema is compiled once."""
        check_field(spec.field)
        validator = _open_schema(spec)

        def grade(sample: Sample, item: Item) -> Verdict | GradingFailure:
            found = find_value(sample, spec.field)
            return miss(spec.field, sample) if found is None else judge(validator, found)

        return PureSession(grade)


def judge(validator: jsonschema_rs.Validator, value: object) -> Verdict:
    """Whether a value is valid, with the first fault."""
    fault = next(iter(validator.iter_errors(value)), None)
    if fault is None:
        return Verdict(reward=1.0)
    place = "/".join(map(str, fault.instance_path))
    reason = f"At {place}: {fault.message}" if place else fault.message
    return Verdict(reward=0.0, reason=reason[:MAX_REASON])


def _open_schema(spec: JsonSchemaSpec) -> Any:  # noqa: ANN401  # one of a class per draft
    try:
        return open_schema(spec.json_schema)
    except (ValueError, jsonschema_rs.ReferencingError) as error:
        message = str(error).partition("\n")[0]
        raise InvalidInputError(
            f"The JSON schema cannot be used: {message}.", field="json_schema"
        ) from error
