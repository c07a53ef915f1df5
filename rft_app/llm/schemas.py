"""JSON schemas with bounds, for a small model: without, its replies go on until they are cut off.

What enforces a schema token by token enforces these, too, so that a reply has the right form even
where little sense is in it.
"""

from collections.abc import Sequence
from typing import Any

Schema = dict[str, Any]

NULL: Schema = {"type": "null"}


def text(max_characters: int) -> Schema:
    """Something, and not too much of it."""
    return {"type": "string", "minLength": 1, "maxLength": max_characters}


def one_of(values: Sequence[str]) -> Schema:
    """One of these texts."""
    return {"type": "string", "enum": list(values)}


def list_of(item: Schema, least: int, most: int) -> Schema:
    """Some of the same kind."""
    return {"type": "array", "items": item, "minItems": least, "maxItems": most}


def row_of(*items: Schema) -> Schema:
    """Exactly these, in this order."""
    return {
        "type": "array",
        "prefixItems": list(items),
        "minItems": len(items),
        "maxItems": len(items),
    }


def fields(**properties: Schema) -> Schema:
    """An object with all of these and no others.

    Example:
        >>> fields(topic=one_of(["a", "b"]))["required"]
        ['topic']
    """
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def bound_texts(schema: Schema, max_characters: int) -> Schema:
    """The same object, but its texts have an end where nobody set one.

    Example:
        >>> schema = fields(reason={"type": "string"}, score={"type": "number"})
        >>> bound_texts(schema, 9)["properties"]["reason"]
        {'type': 'string', 'maxLength': 9}
    """
    parts: Schema = schema.get("properties") or {}
    return {
        **schema,
        "properties": {name: _bound(part, max_characters) for name, part in parts.items()},
    }


def _bound(part: Schema, max_characters: int) -> Schema:
    is_endless = part.get("type") == "string" and not {"maxLength", "enum", "const"} & set(part)
    return {**part, "maxLength": max_characters} if is_endless else part
