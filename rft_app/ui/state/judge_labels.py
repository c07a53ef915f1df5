"""What follows in a judge's form from the labels that are typed: the schema of its reply."""

import orjson
from pydantic_core import to_json

from rft_app.domain.grader import default_output_schema, label_schema


def follow_labels(schema: str, labels: str, field: str) -> str:
    """The output schema for a table of labels; one that a person wrote stays as it is.

    Args:
        schema: As it is in the form.
        labels: As typed, perhaps not finished; empty for a judge that gives a score.
        field: The property of the reply that holds score or label.

    Example:
        >>> found = follow_labels(write(default_output_schema()), '{"good": 1, "bad": 0}', "score")
        >>> orjson.loads(found)["properties"]["score"]
        {'type': 'string', 'enum': ['good', 'bad']}
        >>> follow_labels(found, "", "score") == write(default_output_schema())
        True
        >>> follow_labels(found, '{"good": 1, "b', "score") == found
        True
    """
    if not _is_ours(schema, field):
        return schema
    if not labels.strip():
        return write(default_output_schema())
    try:
        found = orjson.loads(labels)
    except orjson.JSONDecodeError:
        return schema
    return write(label_schema([*found], field)) if isinstance(found, dict) and found else schema


def write(schema: object) -> str:
    """As it stands in the form."""
    return to_json(schema, indent=2).decode()


def _is_ours(schema: str, field: str) -> bool:
    try:
        found = orjson.loads(schema)
    except orjson.JSONDecodeError:
        return False
    if found == default_output_schema():
        return True
    try:
        return found == label_schema(found["properties"][field]["enum"], field)
    except (KeyError, TypeError):
        return False
