"""How the upload forms look in the OpenAPI document; they are parsed by hand."""

from typing import Any, Final

_FILE: Final = {"type": "string", "format": "binary"}


def form(max_files: int = 1, **fields: str) -> dict[str, Any]:
    """The `requestBody` of a multipart form with a file and text fields.

    Args:
        max_files: How many parts `file` it may have.
        fields: Description by name; a trailing `?` marks an optional field.
    """
    several = {"type": "array", "items": _FILE, "minItems": 1, "maxItems": max_files}
    properties: dict[str, Any] = {"file": _FILE if max_files == 1 else several}
    for name, description in fields.items():
        properties[name] = {"type": "string", "description": description.removesuffix("?")}
    required = ["file", *(name for name, text in fields.items() if not text.endswith("?"))]
    schema = {"type": "object", "properties": properties, "required": required}
    return {
        "requestBody": {
            "required": True,
            "content": {"multipart/form-data": {"schema": schema}},
        }
    }
